//! What a plan gets before it is shown: what writing it is going to meet, its diffs, and the names of the store's own files.

use crate::apply::foreseen;
use crate::plan::census::Census;
use crate::plan::{Code, Edit, Finding, Plan};
use crate::project::LOCK;
use crate::project::root_files::RootFiles;
use composer_engine::files;
use std::path::Path;

/// Adds what writing the plan is going to meet, and says everything with the names that root and lock have in this store.
pub(crate) fn foresee(plan: &mut Plan, store: &Path, files: &RootFiles) {
    let known: Vec<Code> = plan.findings.iter().map(|finding| finding.code()).collect();
    // A saved plan may have them already.
    plan.findings.extend(
        foreseen(store, plan)
            .into_iter()
            .filter(|finding| !known.contains(&finding.code())),
    );
    plan.findings.sort_by_key(Finding::severity);
    name_files(plan, files);
}

/// What is wanted of the diff of a file.
pub(crate) enum Wanted {
    /// The diff itself.
    Diff,
    /// How many lines it has.
    Lines,
    /// It is left empty.
    Nothing,
}

/// Fills in what is wanted of the diffs. A file that is no longer the one the plan was made from gets none.
pub(crate) fn add_diffs(plan: &mut Plan, store: &Path, wanted: impl Fn(&Edit) -> Wanted) {
    for edit in &mut plan.edits {
        let now = |edit: &Edit| files::read(&store.join(&edit.path), files::DATA).ok();
        match wanted(edit) {
            Wanted::Diff => edit.add_diff(now(edit).as_deref()),
            Wanted::Lines => edit.add_lines(now(edit).as_deref()),
            Wanted::Nothing => {}
        }
    }
}

/// The diffs of a document for people: that of a lock has tens of thousands of lines, which nobody reads there.
pub(crate) fn but_for_locks(edit: &Edit) -> Wanted {
    match edit.path.ends_with(".lock") {
        true => Wanted::Lines,
        false => Wanted::Diff,
    }
}

/// What the changes do not tell: which packages are extensions, and what stays.
pub(crate) fn census(plan: &Plan, store: &Path) -> Census {
    if let Some(told) = Census::told_by(plan) {
        return told;
    }
    let edit = Census::lock_edit(plan);
    let path = edit.map_or(LOCK, |edit| &edit.path);
    let before = files::read(&store.join(path), files::DATA).unwrap_or_default();
    Census::of(&before, edit.and_then(|edit| edit.after.as_deref()))
}

/// Says everything of a plan with the names that root and lock have in this store.
pub(crate) fn name_files(plan: &mut Plan, files: &RootFiles) {
    for finding in &mut plan.findings {
        *finding = named(finding, files);
    }
    for step in &mut plan.steps {
        *step = step.map(
            |command| files.command(&files.words(command)),
            |text| files.words(text).into_owned(),
        );
    }
}

/// A finding with the names that root and lock have in this store.
pub(crate) fn named(finding: &Finding, files: &RootFiles) -> Finding {
    let words = |text: &str| files.words(text).into_owned();
    let mut named = finding.clone();
    named.title = words(&finding.title);
    named.detail = words(&finding.detail);
    named.path = finding.path.as_deref().map(words);
    named
}
