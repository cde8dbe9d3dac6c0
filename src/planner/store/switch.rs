//! What every part of the store looks at, and what it adds to the plan.

use crate::distribution::{Release, Target};
use crate::plan::{Change, Edit, Finding};
use crate::planner::survey::Survey;
use crate::planner::wish::NewModules;
use serde_json::Value;

/// A switch whose root and lock are planned.
pub(crate) struct Switch<'a> {
    pub survey: &'a Survey<'a>,
    pub target: Target,
    pub release: &'a Release,
    /// composer.json as it will be.
    pub root: &'a Value,
    /// composer.lock as it will be.
    pub lock: &'a Value,
    pub changes: &'a [Change],
    pub new_modules: NewModules,
    /// Nothing is wanted but what blocks the switch.
    pub only_blockers: bool,
}

/// What one part of the store adds to the plan.
#[derive(Debug, Default)]
pub(crate) struct Contribution {
    pub edits: Vec<Edit>,
    pub findings: Vec<Finding>,
}

impl Contribution {
    /// Adds what another part contributes.
    pub(crate) fn extend(&mut self, other: Contribution) {
        self.edits.extend(other.edits);
        self.findings.extend(other.findings);
    }
}
