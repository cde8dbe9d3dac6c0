//! The three-way merge of a store's composer.json.
//!
//! Base is the root template of the store's own release, ours is the store's file, theirs is the template of the release it
//! goes to. What the owner never touched follows the target; what the owner changed stays, unless it names a core package,
//! which is then renamed or pinned to the target's numbering; where both changed, a [`Conflict`] asks, with a default.
//! Every edit is made in place in the text.

mod allow_plugins;
mod b2b;
mod conflict;
mod constraint_style;
mod extra;
mod findings;
mod identity;
mod included;
mod lock_facts;
mod names;
mod own_builds;
mod product;
mod replace;
mod repositories;
pub(super) mod repository_entry;
mod requirements;
mod scripts;
mod sections;
mod target_versions;

pub use conflict::{Answers, Choice, Conflict};
pub use names::names_to_ask;

use crate::distribution::{
    Detected, Direction, LiveFacts, Release, ReleaseCatalog, Target, template,
};
use crate::plan::Finding;
use crate::planner::merge_plugin::{Included, IncludedFile};
use crate::planner::own_builds::OwnBuild;
use composer_engine::format::json_document::{EditError, JsonDocument};
use findings::Tally;
use lock_facts::LockFacts;
use names::Names;
use product::admits;
use serde_json::{Map, Value};

/// Everything a merge looks at.
#[derive(Debug, Clone, Copy)]
pub struct RootMergeInput<'a> {
    /// The store's composer.json.
    pub root: &'a JsonDocument,
    /// The store's composer.lock, decoded.
    pub lock: Option<&'a Value>,
    pub source: &'a Detected,
    pub target: Target,
    /// The release of the target.
    pub release: &'a Release,
    pub catalog: &'a ReleaseCatalog,
    /// What the target's repositories said about the names of [`names_to_ask`].
    pub live: &'a LiveFacts,
    /// Core packages of the store that its distribution did not build.
    pub own_builds: &'a [OwnBuild],
    /// The files that composer-merge-plugin adds to the root.
    pub included: &'a Included,
    /// Decisions on conflicts, by path; a conflict without one takes its default.
    pub answers: &'a Answers,
}

/// The merged root.
#[derive(Debug, Clone)]
pub struct RootMerge {
    pub document: JsonDocument,
    pub findings: Vec<Finding>,
    /// What the store and the target's template both changed, in the order of the file.
    pub conflicts: Vec<Conflict>,
    /// The files that composer-merge-plugin adds to the root, edited likewise, in the order of the input.
    pub included: Vec<IncludedFile>,
    /// The own builds that the new lock has to hold as the store has them.
    pub kept_builds: Vec<OwnBuild>,
    /// Whether the template of the source release, and that of the target release, is the real one and not the nearest known.
    pub exact_templates: (bool, bool),
}

/// Merges. Fails only when a section of composer.json has a shape that Composer refuses, too (`require` as a list).
pub fn merge_root(input: &RootMergeInput<'_>) -> Result<RootMerge, EditError> {
    let mut merger = Merger::new(input);
    merger.report_included();
    if merger.is_there_already() {
        return Ok(merger.finish());
    }
    merger.merge_identity()?;
    merger.merge_own_builds()?;
    merger.merge_product()?;
    merger.merge_requirements("require")?;
    merger.merge_requirements("require-dev")?;
    merger.merge_replace()?;
    merger.merge_conflict()?;
    merger.merge_allow_plugins()?;
    merger.merge_sections()?;
    merger.merge_extra()?;
    merger.merge_scripts()?;
    merger.merge_included()?;
    merger.merge_repositories()?;
    merger.serve_kept_builds()?;
    merger.check_platform();
    Ok(merger.finish())
}

/// A merge under way.
struct Merger<'a> {
    input: &'a RootMergeInput<'a>,
    names: Names<'a>,
    lock: LockFacts<'a>,
    base: Map<String, Value>,
    theirs: Map<String, Value>,
    exact_templates: (bool, bool),
    doc: JsonDocument,
    included: Vec<IncludedFile>,
    tally: Tally,
    findings: Vec<Finding>,
    conflicts: Vec<Conflict>,
}

impl<'a> Merger<'a> {
    fn new(input: &'a RootMergeInput<'a>) -> Self {
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
            exact_templates: (base.exact, theirs.exact),
            doc: input.root.clone(),
            included: input.included.files.clone(),
            tally: Tally::default(),
            findings: Vec::new(),
            conflicts: Vec::new(),
        }
    }

    fn finish(mut self) -> RootMerge {
        self.report();
        RootMerge {
            kept_builds: self.kept_builds(),
            included: self.included,
            document: self.doc,
            findings: self.findings,
            conflicts: self.conflicts,
            exact_templates: self.exact_templates,
        }
    }

    /// Whether the root requires the target's product already, at the release the store is on.
    fn is_there_already(&self) -> bool {
        let require = self.doc.get("require").and_then(Value::as_object);
        let mut products = require
            .into_iter()
            .flatten()
            .filter(|(name, _)| Target::from_product(name).is_some());
        let only = products.next().filter(|_| products.next().is_none());
        self.is_same_release()
            && only.is_some_and(|(name, constraint)| {
                *name == self.input.target.facts().product
                    && constraint
                        .as_str()
                        .is_some_and(|constraint| admits(constraint, &self.input.release.version))
            })
    }

    /// Whether the store stays on the release it is on.
    fn is_same_release(&self) -> bool {
        Direction::new(self.input.source.target, self.input.target).stays_in_target()
            && self.input.source.release.as_deref() == Some(&self.input.release.version)
    }
}

#[cfg(test)]
mod tests;
