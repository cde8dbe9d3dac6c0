//! What every part of the store looks at, and what it adds to the plan.

use crate::distribution::{Release, Target};
use crate::plan::{Change, Edit, Finding};
use crate::planner::survey::Survey;
use crate::planner::wish::NewModules;
use serde_json::Value;

/// A switch whose root and lock are planned.
pub(crate) struct Switch<'a> {
    /// The store.
    pub survey: &'a Survey<'a>,
    /// What it becomes.
    pub target: Target,
    /// The release of the target.
    pub release: &'a Release,
    /// composer.json as it will be.
    pub root: &'a Value,
    /// composer.lock as it will be.
    pub lock: &'a Value,
    /// The packages that the new lock has otherwise.
    pub changes: &'a [Change],
    /// What becomes of modules that the target brings along.
    pub new_modules: NewModules,
    /// Nothing is wanted but what blocks the switch.
    pub only_blockers: bool,
}

/// What one part of the store adds to the plan.
#[derive(Debug, Default)]
pub(crate) struct Contribution {
    /// Files of the store that get new texts; never root or lock.
    pub edits: Vec<Edit>,
    /// What a person should know, in the order in which it is shown.
    pub findings: Vec<Finding>,
}

impl Contribution {
    /// Adds what another part contributes.
    pub(crate) fn extend(&mut self, other: Contribution) {
        self.edits.extend(other.edits);
        self.findings.extend(other.findings);
    }
}
