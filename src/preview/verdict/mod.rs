//! The verdict on a plan, on one screen: what becomes what, what stands in the way and what to do about it, what happens to
//! extensions and data, and which files change. All else is for who asks for it.

mod feature_sets;
mod findings;
mod parts;
mod room;

use super::layout::{Layout, heading_lines, is_lock, line, sum, wrap};
use crate::plan::census::Census;
use crate::plan::{Edit, Finding, Plan, Severity};
use findings::findings;
use parts::{extensions, files, is_new, more, notes, support};
use room::{MOST_NAMES, ROOMS, Room};

/// Lines of a screen, less the command that is printed below the verdict.
const SCREEN: usize = 37;

/// The same where there is neither a blocker nor a warning.
const SMALL_SCREEN: usize = 21;

/// The lines that a diff may have to be shown in the verdict.
const SMALL_DIFF: usize = 24;

/// How many lines of a small diff go before lists of packages, notes and files.
const PEEK: usize = 11;

/// The verdict, with a final newline.
pub(super) fn render(plan: &Plan, census: &Census, layout: &Layout) -> String {
    let is_calm = |finding: &Finding| finding.severity() == Severity::Note;
    let screen = match plan.findings.iter().all(is_calm) {
        true => SMALL_SCREEN,
        false => SCREEN,
    };
    let small = small_edit(plan).filter(|_| !layout.diff);
    let reserved = small.map_or(0, |edit| (edit.diff.lines().count() + 1).min(PEEK));
    let mut end = String::new();
    more(&mut end, plan, layout);
    let screen = screen.saturating_sub(end.lines().count());
    let mut text = String::new();
    let fits = |text: &str| text.lines().count() + reserved <= screen;
    for room in ROOMS {
        text = with_room(plan, census, layout, room);
        if fits(&text) {
            // What is left goes to the names of findings that are told as one.
            let wider = (2..=MOST_NAMES).rev().map(|names| Room { names, ..room });
            let mut wider = wider.map(|room| with_room(plan, census, layout, room));
            text = wider.find(|text| fits(text)).unwrap_or(text);
            break;
        }
    }
    if let Some(edit) = small {
        peek(&mut text, edit, layout, screen);
    }
    text + &end
}

/// The file with the smallest change to what was there, where that is small enough to be shown in a glance.
fn small_edit(plan: &Plan) -> Option<&Edit> {
    let length = |edit: &&Edit| edit.diff.lines().count();
    plan.edits
        .iter()
        .filter(|edit| edit.before_sha256.is_some() && !is_lock(&edit.path))
        .filter(|edit| !plan.is_blocked() && (1..=SMALL_DIFF).contains(&length(edit)))
        .min_by_key(length)
}

/// The lines of a small change, as many as the screen has room for.
fn peek(text: &mut String, edit: &Edit, layout: &Layout, screen: usize) {
    let left = screen.saturating_sub(text.lines().count() + 1);
    let diff = super::diff::render(&edit.diff, layout.paint);
    let lines: Vec<&str> = diff.trim_end_matches('\n').lines().collect();
    let shown = if lines.len() <= left {
        lines.len()
    } else {
        left.saturating_sub(1)
    };
    // Less than this is file names only.
    if shown < 5 {
        return;
    }
    text.push('\n');
    for shown in &lines[..shown] {
        line(text, shown);
    }
    if shown < lines.len() {
        let more = format!("… {} more lines (--diff)", lines.len() - shown);
        line(text, &layout.paint.dim(more));
    }
}

fn with_room(plan: &Plan, census: &Census, layout: &Layout, room: Room) -> String {
    let mut out = String::new();
    for text in heading_lines(plan, layout.width) {
        line(&mut out, &layout.paint.bold(text));
    }
    if let Some(support) = support(plan, layout.today) {
        for text in wrap(&support, layout.width) {
            line(&mut out, &layout.paint.dim(text));
        }
    }
    sum(&mut out, plan, layout);
    for (title, severity) in [
        ("Blockers", Severity::Blocker),
        ("Warnings", Severity::Warning),
    ] {
        let wanted =
            |finding: &&Finding| finding.severity() == severity && !finding.code().is_about_data();
        findings(
            &mut out,
            title,
            plan.findings.iter().filter(wanted),
            layout,
            room,
        );
    }
    if is_new(plan) {
        feature_sets::render(&mut out, plan, layout);
    }
    extensions(&mut out, plan, census, layout, room);
    let data = |finding: &&Finding| finding.code().is_about_data();
    findings(
        &mut out,
        "Data",
        plan.findings.iter().filter(data),
        layout,
        room,
    );
    notes(&mut out, plan, layout, room);
    files(&mut out, plan, layout, room);
    out
}
