//! Screens of a terminal, one after the other, as one SVG that moves without a script and loads nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use vt100::{Cell, Color, Screen};

/// The size of a character. A line is told how wide it is, whatever font there is.
const WIDE: f64 = 8.4;
const HIGH: f64 = 18.0;

/// Around the screen.
const MARGIN: f64 = 14.0;

/// Colours that stand out from the ground, by their number: the eight of a terminal, then the bright ones.
const COLOURS: [&str; 16] = [
    "#7d8590", "#ff7b72", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#d5dae0",
    "#9198a1", "#ffa198", "#7ee787", "#f2cc60", "#a5d6ff", "#e2c5ff", "#7ce6ee", "#ffffff",
];

/// A screen, and for how many tenths of a second it stands.
pub(crate) struct Frame {
    pub rows: Vec<Vec<Run>>,
    pub tenths: u32,
}

/// Neighbours that look the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Run {
    pub column: u16,
    pub text: String,
    class: String,
}

/// What a screen looks like now.
pub(crate) fn frame(screen: &Screen, tenths: u32) -> Frame {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let row = |row: u16| {
        let mut runs: Vec<Run> = Vec::new();
        for column in 0..columns {
            let Some(cell) = screen.cell(row, column) else {
                continue;
            };
            let text = match cell.contents() {
                "" => " ",
                text => text,
            };
            let class = class(cell);
            match runs.last_mut() {
                Some(last) if last.class == class => last.text.push_str(text),
                _ => runs.push(Run {
                    column,
                    text: text.to_owned(),
                    class,
                }),
            }
        }
        for run in &mut runs {
            run.text = run.text.trim_end().to_owned();
        }
        runs.retain(|run| !run.text.is_empty());
        runs
    };
    Frame {
        rows: (0..rows).map(row).collect(),
        tenths,
    }
}

fn class(cell: &Cell) -> String {
    let mut class = String::new();
    if let Color::Idx(number @ 0..16) = cell.fgcolor() {
        let _ = write!(class, "c{number} ");
    }
    for (is_so, name) in [(cell.bold(), "b "), (cell.dim(), "d ")] {
        class.push_str(if is_so { name } else { "" });
    }
    class.trim_end().to_owned()
}

/// The text of a frame.
pub(crate) fn text(frame: &Frame) -> String {
    let mut text = String::new();
    for row in &frame.rows {
        let mut line = String::new();
        for run in row {
            let gap = usize::from(run.column).saturating_sub(line.chars().count());
            line.push_str(&" ".repeat(gap));
            line.push_str(&run.text);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.trim_end().to_owned()
}

/// The SVG. `title` and `description` are for who does not see it. Who wants no motion sees the frame with this number.
pub(crate) fn svg(frames: &[Frame], title: &str, description: &str, still: usize) -> String {
    let columns = 80.0;
    let rows = frames.iter().map(|frame| frame.rows.len()).max();
    let rows = rows.unwrap_or(0) as f64;
    let (wide, high) = (columns * WIDE + 2.0 * MARGIN, rows * HIGH + 2.0 * MARGIN);
    let whole: u32 = frames.iter().map(|frame| frame.tenths).sum();
    let mut styles = String::new();
    for (number, colour) in COLOURS.iter().enumerate() {
        let _ = writeln!(styles, ".c{number}{{fill:{colour}}}");
    }
    let mut begun = 0;
    let mut groups = String::new();
    // A row that comes again is written once.
    let mut known: BTreeMap<Vec<Run>, usize> = BTreeMap::new();
    let mut shapes = String::new();
    for (number, frame) in frames.iter().enumerate() {
        let percent = |tenths: u32| f64::from(tenths) * 100.0 / f64::from(whole);
        let (from, to) = (percent(begun), percent(begun + frame.tenths));
        begun += frame.tenths;
        let before = match number {
            0 => String::new(),
            _ => format!("0%{{opacity:0}}{from:.3}%{{opacity:0}}"),
        };
        let after = match number + 1 == frames.len() {
            true => String::new(),
            false => format!("{to:.3}%{{opacity:0}}100%{{opacity:0}}"),
        };
        let from = if number == 0 { 0.0 } else { from + 0.001 };
        let to = if number + 1 == frames.len() {
            100.0
        } else {
            to - 0.001
        };
        let _ = writeln!(
            styles,
            "@keyframes f{number}{{{before}{from:.3}%{{opacity:1}}{to:.3}%{{opacity:1}}{after}}}\n#f{number}{{animation-name:f{number}}}"
        );
        let _ = write!(groups, "<g id=\"f{number}\" class=\"f\">");
        for (row, runs) in frame.rows.iter().enumerate() {
            if runs.is_empty() {
                continue;
            }
            let next = known.len();
            let shape = *known.entry(runs.clone()).or_insert(next);
            if shape == next {
                let _ = writeln!(shapes, "<g id=\"r{shape}\">{}</g>", words(runs));
            }
            let _ = write!(
                groups,
                "<use href=\"#r{shape}\" y=\"{}\"/>",
                row as f64 * HIGH
            );
        }
        groups.push_str("</g>\n");
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {high}\" width=\"{wide}\" height=\"{high}\" role=\"img\" aria-labelledby=\"t d\">\n\
         <title id=\"t\">{}</title>\n<desc id=\"d\">{}</desc>\n<style>\n\
         text{{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,\"DejaVu Sans Mono\",monospace;fill:#e6edf3;white-space:pre}}\n\
         .b{{font-weight:bold}}.d{{fill:#9198a1}}\n\
         .f{{opacity:0;animation:{}s step-end infinite}}\n{styles}\
         @media(prefers-reduced-motion:reduce){{.f{{animation:none}}#f{still}{{opacity:1}}}}\n\
         </style>\n<defs>\n{shapes}</defs>\n\
         <rect width=\"{wide}\" height=\"{high}\" rx=\"8\" fill=\"#0d1117\"/>\n\
         <g transform=\"translate({MARGIN} {MARGIN})\" aria-hidden=\"true\">\n{groups}</g>\n</svg>\n",
        escaped(title),
        escaped(description),
        f64::from(whole) / 10.0,
    )
}

fn words(runs: &[Run]) -> String {
    let mut out = String::new();
    for run in runs {
        let lead = run.text.chars().take_while(|c| *c == ' ').count();
        let text = run.text.trim_start();
        let x = (f64::from(run.column) + lead as f64) * WIDE;
        let long = text.chars().count() as f64 * WIDE;
        let class = match run.class.as_str() {
            "" => String::new(),
            class => format!(" class=\"{class}\""),
        };
        let _ = write!(
            out,
            "<text x=\"{x:.1}\" y=\"13\" textLength=\"{long:.1}\"{class}>{}</text>",
            escaped(text)
        );
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
