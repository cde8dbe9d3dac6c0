//! A plan on a terminal: what changes in the root, what in the lock, what to know, and the sum of it.

use super::changes::{self, Changes, Fold};
use super::diff;
use super::mask::Masker;
use super::name::side_name;
use super::paint::Paint;
use super::shown::{Shown, shown_finding};
use super::verdict;
use crate::plan::census::Census;
use crate::plan::sentence;
use crate::plan::{Change, ChangeKind, Finding, Plan, Severity};
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
    pub paint: Paint,
    pub detail: Detail,
    /// Whether the diffs of files other than the lock are shown.
    pub diff: bool,
    /// Whether every package is shown.
    pub packages: bool,
    /// Whether the lock's diff is shown, too, which may have tens of thousands of lines.
    pub lock_diff: bool,
}

/// Wider names do not widen the column.
const WIDEST_NAME: usize = 48;

/// The whole preview, with a final newline: the verdict, and what was asked for besides; or all of it.
pub fn render(shown: &Shown, census: &Census, layout: &Layout) -> String {
    let plan = shown.plan();
    let mut out = String::new();
    match layout.detail {
        Detail::Brief => {}
        Detail::Normal => {
            out.push_str(&verdict::render(plan, census, layout));
            let mut rest = String::new();
            if layout.packages {
                packages(&mut rest, plan, layout);
            }
            diffs(&mut rest, plan, layout);
            if !rest.is_empty() {
                out.push('\n');
                out.push_str(rest.trim_end_matches('\n'));
                out.push('\n');
            }
            return out;
        }
        Detail::Full => {
            for text in heading_lines(plan, layout.width) {
                line(&mut out, &layout.paint.bold(text));
            }
            out.push('\n');
            diffs(&mut out, plan, layout);
            packages(&mut out, plan, layout);
        }
    }
    all_findings(&mut out, &plan.findings, layout);
    sum(&mut out, plan, layout);
    out
}

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

pub(super) fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

/// Writing to a string cannot fail.
pub(super) fn put(out: &mut String, arguments: std::fmt::Arguments) {
    let _ = out.write_fmt(arguments);
}

fn diffs(out: &mut String, plan: &Plan, layout: &Layout) {
    for edit in &plan.edits {
        let is_wanted = match is_lock(&edit.path) {
            true => layout.lock_diff,
            false => layout.diff || layout.lock_diff || layout.detail == Detail::Full,
        };
        if is_wanted && !edit.diff.is_empty() {
            out.push_str(&diff::render(&edit.diff, layout.paint));
            out.push('\n');
        }
    }
}

/// Whether a file is a lock, whose diff is shown on request only.
pub(super) fn is_lock(path: &str) -> bool {
    path.ends_with(".lock")
}

fn packages(out: &mut String, plan: &Plan, layout: &Layout) {
    if plan.changes.is_empty() {
        return;
    }
    let changes = Changes::of(plan);
    line(out, &layout.paint.bold("Packages"));
    for fold in &changes.folds {
        fold_line(out, fold, plan, layout);
    }
    let mut rows = changes.others;
    rows.extend(changes.core);
    table(out, &rows, layout);
    out.push('\n');
}

fn fold_line(out: &mut String, fold: &Fold, plan: &Plan, layout: &Layout) {
    let release = |release: &Option<String>| {
        release
            .as_ref()
            .map(|release| format!(" {release}"))
            .unwrap_or_default()
    };
    let (from, to) = (release(&plan.source.release), release(&plan.target.release));
    let (before, after) = fold.vendors;
    let what = match fold.kind {
        ChangeKind::Rename => format!("{before}/*{from} → {after}/*{to}"),
        ChangeKind::Update => format!("{after}/*{from} →{to}"),
        // Some core packages may go back although the release is newer.
        ChangeKind::Downgrade => format!("{after}/* downgraded"),
        ChangeKind::Add => format!("{after}/* added"),
        ChangeKind::Remove => format!("{after}/* removed"),
    };
    let count = fold.packages.len();
    let noun = if count == 1 {
        "core package"
    } else {
        "core packages"
    };
    put(
        out,
        format_args!(
            "  {} {count} {noun}: {what}\n",
            coloured_sign(fold.kind, layout.paint)
        ),
    );
}

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

/// Findings without a plan, grouped as in one: notes, warnings, what concerns the data, blockers.
pub fn render_findings(list: &[Finding], masker: &Masker, layout: &Layout) -> String {
    let list: Vec<Finding> = list
        .iter()
        .map(|finding| shown_finding(finding, masker))
        .collect();
    let mut out = String::new();
    all_findings(&mut out, &list, layout);
    out
}

fn all_findings(out: &mut String, list: &[Finding], layout: &Layout) {
    let data = |finding: &Finding| finding.code().is_about_data();
    let severity = |wanted| move |finding: &Finding| finding.severity() == wanted && !data(finding);
    findings(out, "Notes", list, severity(Severity::Note), layout);
    findings(out, "Warnings", list, severity(Severity::Warning), layout);
    findings(out, "Data", list, data, layout);
    findings(out, "Blockers", list, severity(Severity::Blocker), layout);
}

fn findings(
    out: &mut String,
    title: &str,
    list: &[Finding],
    wanted: impl Fn(&Finding) -> bool,
    layout: &Layout,
) {
    let is_shown = |finding: &&Finding| {
        wanted(finding) && (layout.detail > Detail::Brief || finding.severity() < Severity::Note)
    };
    let mut group = list.iter().filter(is_shown).peekable();
    if group.peek().is_none() {
        return;
    }
    let paint = layout.paint;
    line(out, &paint.bold(title));
    for finding in group {
        let mut sign = match finding.severity() {
            Severity::Blocker => paint.red("×"),
            Severity::Warning => paint.yellow("!"),
            Severity::Note => paint.cyan("·"),
        };
        // The code is for looking things up.
        let code = format!("[{}]", finding.code());
        for text in wrap(
            &format!("{} {code}", finding.title),
            layout.width.saturating_sub(4),
        ) {
            let text = match text.strip_suffix(&code) {
                Some(text) => format!("{text}{}", paint.dim(&code)),
                None => text,
            };
            put(out, format_args!("  {sign} {text}\n"));
            sign = " ".to_owned();
        }
        if layout.detail > Detail::Brief || finding.is_blocker() {
            wrapped(out, &finding.detail, "    ", layout, |line| line.to_owned());
        }
    }
    out.push('\n');
}

/// Text in lines that fit, each behind `indent`; lines that are indented themselves stay so.
fn wrapped(
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
