//! How a plan is laid out on a terminal: its width and detail, and the lines that every view of it has.

use super::changes::{self};
use super::name::side_name;
use super::paint::Paint;
use crate::plan::sentence;
use crate::plan::{Change, ChangeKind, Plan, Severity};
use crate::project::root_files::RootFiles;
use console::measure_text_width;
use std::fmt::Write;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Blockers, warnings and the sum.
    Brief,
    /// The verdict: what fits one screen.
    Normal,
    /// All findings with all they say, the diffs, every package and the reason of every change.
    Full,
}

/// How a plan is laid out.
#[derive(Debug, Clone, Copy)]
pub struct Layout<'a> {
    /// The names of root and lock, for what is said whatever the plan.
    pub files: &'a RootFiles,
    /// Columns of the terminal.
    pub width: usize,
    /// Whether, and how, text is coloured.
    pub paint: Paint,
    /// How much of it is shown.
    pub detail: Detail,
    /// Whether the diffs of files other than the lock are shown.
    pub diff: bool,
    /// Whether every package is shown.
    pub packages: bool,
    /// Whether the lock's diff is shown, too, which may have tens of thousands of lines.
    pub lock_diff: bool,
    /// The day that is told, as `YYYY-MM-DD`: whether support ends or has ended.
    pub today: &'a str,
}

/// Wider names do not widen the column.
const WIDEST_NAME: usize = 48;

/// `Magento Open Source 2.4.8 → Mage-OS 2.2.1 (based on Magento 2.4.8-p4)`.
pub(super) fn heading(plan: &Plan) -> String {
    if plan.source == plan.target {
        side_name(&plan.target)
    } else {
        format!("{} → {}", side_name(&plan.source), side_name(&plan.target))
    }
}

/// The heading, with the target in a line of its own when it does not fit.
pub(super) fn heading_lines(plan: &Plan, width: usize) -> Vec<String> {
    let heading = heading(plan);
    match heading.split_once(" → ") {
        Some((source, target)) if measure_text_width(&heading) > width => {
            vec![source.to_owned(), format!("→ {target}")]
        }
        _ => vec![heading],
    }
}

/// Adds a line.
pub(super) fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

/// Writing to a string cannot fail.
pub(super) fn put(out: &mut String, arguments: std::fmt::Arguments) {
    let _ = out.write_fmt(arguments);
}

/// Whether a file is a lock, whose diff is shown on request only.
pub(super) fn is_lock(path: &str) -> bool {
    path.ends_with(".lock")
}

/// The [sign](changes::sign) of a change: green for what comes, red for what goes, yellow for what moves.
pub(super) fn coloured_sign(kind: ChangeKind, paint: Paint) -> String {
    let sign = changes::sign(kind);
    match kind {
        ChangeKind::Add => paint.green(sign),
        ChangeKind::Remove => paint.red(sign),
        ChangeKind::Update | ChangeKind::Downgrade | ChangeKind::Rename => paint.yellow(sign),
    }
}

/// Changes in aligned columns: name, version before, version after, and with `-v` the reason.
pub(super) fn table(out: &mut String, rows: &[&Change], layout: &Layout) {
    let column = |text: &dyn Fn(&Change) -> usize, cap| {
        rows.iter()
            .map(|row| text(row))
            .filter(|&width| width <= cap)
            .max()
            .unwrap_or(0)
    };
    let name_width = column(&|row| measure_text_width(&row.package), WIDEST_NAME);
    let from_width = column(
        &|row| row.from.as_deref().map_or(0, measure_text_width),
        WIDEST_NAME / 2,
    );
    for row in rows {
        let from = row.from.as_deref().unwrap_or_default();
        let versions = match (&row.to, row.kind) {
            (Some(to), ChangeKind::Update | ChangeKind::Rename) => {
                format!("{from:<from_width$} → {to}")
            }
            (Some(to), ChangeKind::Downgrade) => {
                format!("{from:<from_width$} → {to} (downgrade)")
            }
            (Some(to), _) => to.clone(),
            (None, _) => from.to_owned(),
        };
        let text = format!("{:<name_width$}  {versions}", row.package);
        let reason = match row.kind {
            _ if layout.detail < Detail::Full || row.reason.is_empty() => String::new(),
            ChangeKind::Rename => format!("was {}", row.reason),
            _ => row.reason.clone(),
        };
        put(
            out,
            format_args!(
                "  {} {}",
                coloured_sign(row.kind, layout.paint),
                text.trim_end()
            ),
        );
        if reason.is_empty() {
            out.push('\n');
        } else if 4 + measure_text_width(&text) + 2 + measure_text_width(&reason) <= layout.width {
            put(out, format_args!("  {}\n", layout.paint.dim(reason)));
        } else {
            out.push('\n');
            wrapped(out, &reason, "      ", layout, |line| {
                layout.paint.dim(line)
            });
        }
    }
}

/// Text in lines that fit, each behind `indent`; lines that are indented themselves stay so.
pub(super) fn wrapped(
    out: &mut String,
    text: &str,
    indent: &str,
    layout: &Layout,
    paint: impl Fn(&str) -> String,
) {
    for paragraph in text.lines() {
        let own = paragraph.len() - paragraph.trim_start().len();
        let (own, paragraph) = paragraph.split_at(own);
        let mut hang = "";
        for text in wrap(
            paragraph,
            layout.width.saturating_sub(indent.len() + own.len() + 2),
        ) {
            put(out, format_args!("{indent}{own}{hang}{}\n", paint(&text)));
            hang = if paragraph.starts_with("- ") {
                "  "
            } else {
                ""
            };
        }
    }
}

/// Lines of at most `width` columns, broken only at spaces outside backticks: names and commands stay whole.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    const NO_BREAK: char = '\u{a0}';
    let width = width.max(20);
    let glue = |(index, part): (usize, &str)| match index % 2 {
        1 if measure_text_width(part) + 2 < width => part.replace(' ', &NO_BREAK.to_string()),
        _ => part.to_owned(),
    };
    let glued = text
        .split('`')
        .enumerate()
        .map(glue)
        .collect::<Vec<_>>()
        .join("`");
    let options = textwrap::Options::new(width)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .word_separator(textwrap::WordSeparator::AsciiSpace);
    textwrap::wrap(&glued, options)
        .into_iter()
        .map(|line| line.replace(NO_BREAK, " "))
        .collect()
}

/// Text of many lines in lines of at most `width` columns. Those that are indented stay as they are: they are to be copied.
pub(crate) fn wrap_lines(text: &str, width: usize) -> String {
    let lines = text.lines().flat_map(|line| {
        let is_kept = line.starts_with(' ') || measure_text_width(line) <= width;
        match is_kept {
            true => vec![line.to_owned()],
            false => wrap(line, width),
        }
    });
    let mut wrapped = lines.collect::<Vec<_>>().join("\n");
    if text.ends_with('\n') {
        wrapped.push('\n');
    }
    wrapped
}

/// The closing line: what is in the way, that nothing changes, or how many packages move and which files are written.
pub(super) fn sum(out: &mut String, plan: &Plan, layout: &Layout) {
    let paint = layout.paint;
    let count = |severity| {
        plan.findings
            .iter()
            .filter(|finding| finding.severity() == severity)
            .count()
    };
    let blockers = count(Severity::Blocker);
    if blockers > 0 {
        let text = format!(
            "Blocked: {} in the way, nothing can be applied.",
            sentence::count(blockers, "blocker")
        );
        return line(out, &paint.red(text));
    }
    if !plan.changes_files() {
        return line(out, &paint.green("Nothing to change."));
    }
    let files: Vec<&str> = plan
        .edits
        .iter()
        .filter(|edit| edit.changes_file())
        .map(|edit| edit.path.as_str())
        .collect();
    let mut parts = vec![changes::count(plan)];
    parts.push(match count(Severity::Warning) {
        0 => String::new(),
        warnings => sentence::count(warnings, "warning"),
    });
    parts.push(match files.as_slice() {
        [root, lock, others @ ..] if others.len() > 1 => {
            format!("writes {root}, {lock} and {} other files", others.len())
        }
        [root, lock, other] => format!("writes {root}, {lock} and {other}"),
        files => format!("writes {}", files.join(" and ")),
    });
    parts.retain(|part| !part.is_empty());
    let verb = if plan.applied { "Applied" } else { "Plan" };
    for (index, text) in wrap(&format!("{verb}: {}.", parts.join("; ")), layout.width)
        .iter()
        .enumerate()
    {
        let text = text
            .strip_prefix(verb)
            .filter(|_| index == 0)
            .map_or(text.clone(), |rest| paint.bold(verb) + rest);
        line(out, &text);
    }
}
