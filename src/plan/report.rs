//! What is known about a store without a plan: what it is, how its lock stands, and what it could become.

use crate::plan::{Finding, Side};
use serde::{Deserialize, Serialize};

/// How the lock stands to the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LockState {
    /// There is no file, or it locks nothing.
    Missing,
    /// Made from the root as it is.
    Fresh,
    /// The root was changed since.
    Stale,
}

/// A target, and whether there is a way to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TargetReport {
    /// With the release that the plan would lead to; without one where none was found.
    pub target: Side,
    /// Whether a plan without blockers leads there.
    pub reachable: bool,
    /// What it costs, or what stands against it, in one line.
    pub summary: String,
    /// How many packages of the core change.
    pub core_changes: usize,
    /// How many others do.
    pub other_changes: usize,
    /// Whether data of the shop are lost.
    pub data_loss: bool,
    /// What stands against it.
    pub blockers: Vec<Finding>,
    /// Whether it could not be found out: the way may be free or not.
    #[serde(skip)]
    pub is_unanswered: bool,
}

/// What is known about a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct StoreReport {
    /// What the store is now.
    pub store: Side,
    /// How its lock stands to its root.
    pub lock: LockState,
    /// What is wrong or worth knowing; a blocker means that the store cannot be worked with as it is.
    pub findings: Vec<Finding>,
    /// Those that were asked about, in that order; all that there are when none was.
    pub targets: Vec<TargetReport>,
}
