//! The other parts of a verdict: how long the target gets fixes, extensions, notes, files, and where there is more.

use super::super::changes;
use super::super::layout::{Layout, is_lock, line, put, table, wrap};
use super::room::Room;
use crate::distribution::ReleaseCatalog;
use crate::plan::background::Support;
use crate::plan::census::Census;
use crate::plan::sentence;
use crate::plan::{Change, ChangeKind, Edit, Finding, Lines, Plan, Severity, Side};
use composer_engine::format::version::moves_with_its_branch;
use console::measure_text_width;

/// Whether the plan makes a project where there was none.
pub(super) fn is_new(plan: &Plan) -> bool {
    let lock = Census::lock_edit(plan);
    plan.source == plan.target && lock.is_some_and(|edit| edit.before_sha256.is_none()) && {
        let root = plan.edits.iter().find(|edit| !is_lock(&edit.path));
        root.is_some_and(|edit| edit.before_sha256.is_none())
    }
}

/// How long the two releases get fixes, or since when they get none, as far as that is known.
pub(super) fn support(plan: &Plan, today: &str) -> Option<String> {
    let catalog = ReleaseCatalog::bundled();
    let end = |side: &Side, known: &Option<Support>| {
        let version = side.release.as_deref()?;
        let bundled = || catalog.facts(side.target()?, version)?.support_end.clone();
        let regular = match known {
            Some(known) => known.regular.clone(),
            None => bundled(),
        };
        match regular {
            Some(end) if *end < *today => Some(format!("{version} ended on {end}")),
            Some(end) => Some(format!("{version} until {end}")),
            None if known.as_ref().is_some_and(|known| known.until_next) => {
                Some(format!("{version} until the next release"))
            }
            None => None,
        }
    };
    let background = &plan.background;
    let target = end(&plan.target, &background.target_support);
    let ends: Vec<String> = match plan.source == plan.target {
        true => target.into_iter().collect(),
        false => end(&plan.source, &background.source_support)
            .into_iter()
            .chain(target)
            .collect(),
    };
    (!ends.is_empty()).then(|| format!("Regular support: {}", ends.join(", ")))
}

/// What becomes of what the distribution does not build: extensions first, and of libraries above all the older ones.
pub(super) fn extensions(
    out: &mut String,
    plan: &Plan,
    census: &Census,
    layout: &Layout,
    room: Room,
) {
    let is_new = plan.source == plan.target && census.kept_extensions + census.kept_libraries == 0;
    let mut others: Vec<&Change> = plan.changes.iter().filter(|change| !change.core).collect();
    others.sort_by_key(|change| (weight(change.kind), change.package.as_str()));
    let (extensions, libraries): (Vec<&Change>, Vec<&Change>) = others
        .into_iter()
        .partition(|change| census.is_extension(&change.package));
    // What is blocked keeps everything, which says nothing.
    let moves = !extensions.is_empty() || !libraries.is_empty();
    if !moves && (census.kept_extensions == 0 || plan.is_blocked() || !plan.changes_files()) {
        return;
    }
    out.push('\n');
    for (title, rows, kept, limit) in [
        (
            "Extensions",
            extensions,
            census.kept_extensions,
            room.extensions,
        ),
        (
            "Libraries",
            libraries,
            census.kept_libraries,
            room.libraries,
        ),
    ] {
        let counts = counts(&rows, kept);
        if counts.is_empty() {
            continue;
        }
        for (index, text) in wrap(&format!("{title}  {counts}"), layout.width)
            .iter()
            .enumerate()
        {
            let rest = text.strip_prefix(title).filter(|_| index == 0);
            let text = rest.map_or(text.clone(), |rest| layout.paint.bold(title) + rest);
            line(out, &text);
        }
        // Of a new project everything is new.
        let limit = if is_new { 0 } else { limit };
        table(out, &rows[..rows.len().min(limit)], layout);
        if limit > 0 && rows.len() > limit {
            let text = format!("  and {} more (--packages)", rows.len() - limit);
            line(out, &layout.paint.dim(text));
        }
    }
}

/// What is to be seen first comes first.
fn weight(kind: ChangeKind) -> u8 {
    match kind {
        ChangeKind::Downgrade => 0,
        ChangeKind::Remove => 1,
        ChangeKind::Rename => 2,
        ChangeKind::Update => 3,
        ChangeKind::Add => 4,
    }
}

/// `1 downgraded, 2 gone, 3 moved up, 12 kept`.
fn counts(rows: &[&Change], kept: usize) -> String {
    let of = |kind: ChangeKind| rows.iter().filter(|row| row.kind == kind).count();
    // To another commit, or from or to a branch, is neither up nor down.
    let is_branch =
        |version: &Option<String>| version.as_deref().is_some_and(moves_with_its_branch);
    let is_sideways = |row: &&&Change| {
        row.kind == ChangeKind::Update && (is_branch(&row.from) || is_branch(&row.to))
    };
    let sideways = rows.iter().filter(is_sideways).count();
    [
        (of(ChangeKind::Downgrade), "downgraded"),
        (of(ChangeKind::Remove), "gone"),
        (of(ChangeKind::Rename), "renamed"),
        (of(ChangeKind::Update) - sideways, "moved up"),
        (sideways, "on another commit"),
        (of(ChangeKind::Add), "added"),
        (kept, "kept"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, verb)| format!("{count} {verb}"))
    .collect::<Vec<_>>()
    .join(", ")
}

/// What else is worth knowing, by its titles; what the plan does to composer.json first.
pub(super) fn notes(out: &mut String, plan: &Plan, layout: &Layout, room: Room) {
    let mut all: Vec<&Finding> = plan
        .findings
        .iter()
        .filter(|finding| finding.severity() == Severity::Note && !finding.code().is_about_data())
        .collect();
    if all.is_empty() || room.notes == 0 || plan.is_blocked() {
        return;
    }
    all.sort_by_key(|finding| finding.path.as_deref() != Some(layout.files.root.as_str()));
    out.push('\n');
    line(out, &layout.paint.bold("Notes"));
    let width = layout.width.saturating_sub(4);
    for finding in all.iter().take(room.notes) {
        let title = layout.files.words(&finding.title);
        let mut sign = layout.paint.cyan("·");
        for text in wrap(&title, width) {
            put(out, format_args!("  {sign} {text}\n"));
            sign = " ".to_owned();
        }
    }
    if all.len() > room.notes {
        let text = format!("  and {} more (-v)", all.len() - room.notes);
        line(out, &layout.paint.dim(text));
    }
}

/// The files that change, with how many lines come and go.
pub(super) fn files(out: &mut String, plan: &Plan, layout: &Layout, room: Room) {
    let edits: Vec<&Edit> = plan
        .edits
        .iter()
        .filter(|edit| edit.changes_file())
        .collect();
    if edits.is_empty() || plan.is_blocked() {
        return;
    }
    out.push('\n');
    let total = sentence::count(edits.len(), "file");
    line(out, &format!("{}  {total}", layout.paint.bold("Files")));
    let shown = &edits[..edits.len().min(room.files)];
    let width = shown
        .iter()
        .map(|edit| measure_text_width(&edit.path))
        .max();
    let width = width
        .unwrap_or_default()
        .min(layout.width.saturating_sub(20));
    for edit in shown {
        put(
            out,
            format_args!("  {:<width$}  {}\n", edit.path, size(edit, layout)),
        );
    }
    if !shown.is_empty() && edits.len() > shown.len() {
        let text = format!("  and {} more (--diff)", edits.len() - shown.len());
        line(out, &layout.paint.dim(text));
    }
}

/// `+12 −3`, or what else becomes of a file.
fn size(edit: &Edit, layout: &Layout) -> String {
    let Some(Lines { come, go }) = edit.lines() else {
        return match (&edit.before_sha256, &edit.after_sha256) {
            (None, _) => "new".to_owned(),
            (_, None) => "removed".to_owned(),
            _ if is_lock(&edit.path) => "made anew".to_owned(),
            _ => "changed".to_owned(),
        };
    };
    let paint = layout.paint;
    format!(
        "{} {}",
        paint.green(format!("+{come}")),
        paint.red(format!("-{go}"))
    )
}

/// Where the rest is.
pub(super) fn more(out: &mut String, plan: &Plan, layout: &Layout) {
    let notes = plan
        .findings
        .iter()
        .filter(|finding| finding.severity() == Severity::Note && !finding.code().is_about_data())
        .count();
    let mut parts = Vec::new();
    if plan.edits.iter().any(Edit::changes_file) {
        parts.push("`--diff` the lines".to_owned());
    }
    if !changes::count(plan).is_empty() {
        parts.push("`--packages` every package".to_owned());
    }
    let all = match notes {
        0 => String::new(),
        notes => format!(", with {}", sentence::count(notes, "note")),
    };
    if parts.is_empty() && notes == 0 && plan.findings.is_empty() {
        return;
    }
    parts.push(format!("`-v` all{all}"));
    out.push('\n');
    for text in wrap(&format!("More: {}", parts.join(", ")), layout.width) {
        line(out, &layout.paint.dim(text));
    }
}
