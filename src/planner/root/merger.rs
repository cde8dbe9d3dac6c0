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
    pub(super) input: &'a RootMergeInput<'a>,
    pub(super) names: Names<'a>,
    pub(super) lock: LockFacts<'a>,
    pub(super) base: Map<String, Value>,
    pub(super) theirs: Map<String, Value>,
    pub(super) doc: JsonDocument,
    pub(super) included: Vec<IncludedFile>,
    pub(super) tally: Tally,
    pub(super) findings: Vec<Finding>,
    pub(super) conflicts: Vec<Conflict>,
}

impl<'a> Merger<'a> {
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
