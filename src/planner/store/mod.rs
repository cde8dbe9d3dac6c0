//! The rest of the store: what a switch means for everything besides composer.json and composer.lock.

pub mod code;
pub mod files;
pub mod modules;
pub mod packages;
pub mod patches;
pub mod paths;
mod places;
mod services;

pub(crate) use services::configured_php;

use crate::distribution::{Release, Target};
use crate::plan::{Change, Edit, Finding};
use crate::planner::data_effects::payment_methods;
use crate::planner::survey::Survey;
use crate::planner::wish::NewModules;
use serde_json::Value;

/// A switch whose root and lock are planned.
pub struct Switch<'a> {
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
pub struct Contribution {
    pub edits: Vec<Edit>,
    pub findings: Vec<Finding>,
}

impl Contribution {
    /// Adds what another part contributes.
    pub fn extend(&mut self, other: Contribution) {
        self.edits.extend(other.edits);
        self.findings.extend(other.findings);
    }
}

/// Looks through the rest of the store.
pub fn contribution(switch: &Switch<'_>) -> Contribution {
    let mut contribution = Contribution::default();
    if switch.only_blockers {
        contribution.findings = files::blockers(switch);
        return contribution;
    }
    contribution.extend(files::contribution(switch));
    contribution.findings.extend(services::findings(switch));
    let stays = switch.survey.is_at(switch.target, switch.release);
    contribution
        .findings
        .extend(payment_methods(switch.changes, switch.target, stays));
    contribution
}
