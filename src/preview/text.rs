//! A plan on a terminal: what changes in the root, what in the lock, what to know, and the sum of it.

use super::changes::{Changes, Fold};
use super::diff;
use super::hiding::mask::Masker;
use super::layout::{
    Detail, Layout, coloured_sign, heading_lines, is_lock, line, put, sum, table, wrap, wrapped,
};
use super::shown::{Shown, shown_finding};
use super::verdict;
use crate::plan::census::Census;
use crate::plan::{ChangeKind, Finding, Plan, Severity};

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
