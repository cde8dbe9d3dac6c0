//! What a merge looks at, and what comes of it.

use crate::distribution::{Detected, LiveFacts, Release, ReleaseCatalog, Target};
use crate::plan::Finding;
use crate::planner::composer_files::merge_plugin::{Included, IncludedFile};
use crate::planner::composer_files::own_builds::OwnBuild;
use crate::planner::root::conflict::{Answers, Conflict};
use composer_engine::format::json::document::JsonDocument;
use serde_json::Value;

/// Everything a merge looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RootMergeInput<'a> {
    /// The store's composer.json.
    pub root: &'a JsonDocument,
    /// The store's composer.lock, decoded.
    pub lock: Option<&'a Value>,
    /// What the store is.
    pub source: &'a Detected,
    /// What it becomes.
    pub target: Target,
    /// The release of the target.
    pub release: &'a Release,
    /// The releases that are known, for the template of a store whose release is not.
    pub catalog: &'a ReleaseCatalog,
    /// What the target's repositories said about the names of [`names_to_ask`](super::names_to_ask).
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
pub(crate) struct RootMerge {
    /// The new composer.json.
    pub document: JsonDocument,
    /// What was done and what a person should know, without what becomes of conflicts that are still to be decided.
    pub findings: Vec<Finding>,
    /// What the store and the target's template both changed, in the order of the file.
    pub conflicts: Vec<Conflict>,
    /// The files that composer-merge-plugin adds to the root, edited likewise, in the order of the input.
    pub included: Vec<IncludedFile>,
    /// The own builds that the new lock has to hold as the store has them.
    pub kept_builds: Vec<OwnBuild>,
}
