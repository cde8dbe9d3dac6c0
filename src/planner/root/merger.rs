//! A merge under way, which every rule adds to.

use crate::distribution::template;
use crate::plan::{Code, Finding};
use crate::planner::composer_files::merge_plugin::IncludedFile;
use crate::planner::root::conflict::{Choice, Conflict};
use crate::planner::root::input::{RootMerge, RootMergeInput};
use crate::planner::root::lock_facts::LockFacts;
use crate::planner::root::names::Names;
use crate::planner::root::tally::Tally;
use composer_engine::format::json::document::JsonDocument;
use serde_json::{Map, Value};

/// A merge under way.
pub(super) struct Merger<'a> {
    /// What is merged.
    pub(super) input: &'a RootMergeInput<'a>,
    /// What core packages are called in the target.
    pub(super) names: Names<'a>,
    /// What is locked, and where from.
    pub(super) lock: LockFacts<'a>,
    /// The template of the store's own release; of the newest one where that is not known.
    pub(super) base: Map<String, Value>,
    /// The template of the target's release.
    pub(super) theirs: Map<String, Value>,
    /// The store's composer.json, as far as it is edited.
    pub(super) doc: JsonDocument,
    /// The files that composer-merge-plugin adds, likewise.
    pub(super) included: Vec<IncludedFile>,
    /// What happened, for the findings at the end.
    pub(super) tally: Tally,
    /// What was found on the way.
    pub(super) findings: Vec<Finding>,
    /// What both sides changed, so far.
    pub(super) conflicts: Vec<Conflict>,
}

impl<'a> Merger<'a> {
    /// A merge in which nothing is done yet.
    pub(super) fn new(input: &'a RootMergeInput<'a>) -> Self {
        let source = input.source;
        let known = source.release.as_deref().or(source.upstream.as_deref());
        let newest = || {
            input
                .catalog
                .newest(source.target)
                .map(|release| release.version.as_str())
        };
        let base = template(source.target, known.or_else(newest).unwrap_or_default());
        let theirs = template(input.target, &input.release.version);
        Self {
            input,
            names: Names::new(input),
            lock: LockFacts::new(input.lock),
            base: base.value,
            theirs: theirs.value,
            doc: input.root.clone(),
            included: input.included.files.clone(),
            tally: Tally::default(),
            findings: Vec::new(),
            conflicts: Vec::new(),
        }
    }

    /// Turns what was counted into findings, and hands over what was made.
    pub(super) fn finish(mut self) -> RootMerge {
        self.report();
        RootMerge {
            kept_builds: self.kept_builds(),
            included: self.included,
            document: self.doc,
            findings: self.findings,
            conflicts: self.conflicts,
        }
    }
}

impl Merger<'_> {
    /// Records a conflict and says how it is decided.
    pub(super) fn decide(&mut self, conflict: Conflict) -> Choice {
        let choice = self
            .input
            .answers
            .get(&conflict.path)
            .copied()
            .or(conflict.default)
            .unwrap_or(Choice::Ours);
        let (taken, other, whose) = match choice {
            Choice::Ours => (&conflict.ours, &conflict.theirs, "the store's value"),
            Choice::Theirs => (
                &conflict.theirs,
                &conflict.ours,
                "the value of the target's template",
            ),
        };
        self.findings.push(Finding::new(
            Code::RootConflict,
            format!("{} was changed in the store and by the target", conflict.path),
            format!(
                "The store has {}, the template of {} {} has {}. The plan takes {whose}, {taken}, not {other}.",
                conflict.ours, self.input.target, self.input.release.version, conflict.theirs
            ),
        )
        .in_file("composer.json"));
        self.conflicts.push(conflict);
        choice
    }
}
