//! What a resolution is asked for.

use super::candidate::CandidateId;
use crate::format::constraint::Constraint;
use crate::format::package::links::Link;
use indexmap::{IndexMap, IndexSet};
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// How far a partial update may reach (`Request::UPDATE_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UpdateScope {
    /// The listed packages alone.
    #[default]
    Listed,
    /// Their dependencies too, but for those the root requires itself (`--with-dependencies`).
    WithDependencies,
    /// All their dependencies (`--with-all-dependencies`).
    WithAllDependencies,
}

/// A root requirement.
#[derive(Debug, Clone)]
pub struct Requirement {
    /// The versions that do.
    pub constraint: Arc<Constraint>,
    /// As written in composer.json.
    pub pretty_constraint: Arc<str>,
}

impl From<Link> for Requirement {
    fn from(link: Link) -> Self {
        Requirement {
            constraint: link.constraint,
            pretty_constraint: link.pretty_constraint,
        }
    }
}

/// The packages that must be there, those that may stay, and what is to be updated.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// What the root asks for, by name.
    pub requires: IndexMap<Arc<str>, Requirement>,
    /// The root and the platform: always installed, never changed.
    pub fixed: IndexSet<CandidateId>,
    /// Locked packages outside a partial update: kept unless something unlocks them, dropped when nothing needs them.
    pub locked: IndexSet<CandidateId>,
    /// Locked packages that are fixed, too: for checking that a lock can be installed.
    pub fixed_locked: IndexSet<CandidateId>,
    /// Every package of the old lock, aliases included; none without a lock.
    pub locked_repository: Vec<CandidateId>,
    /// Names and patterns (`acme/*`) of a partial update; empty for a full one.
    pub update_only: Vec<Arc<str>>,
    /// Which packages may move.
    pub scope: UpdateScope,
    /// Further constraints that the root may be given on names, for a pool that several roots are asked about in.
    pub variants: Vec<(Arc<str>, Requirement)>,
    /// Names of what is required that some of those roots do not require. Others may then have them in any version.
    pub optional: FxHashSet<Arc<str>>,
}

impl Request {
    /// Fixed and locked packages, in that order.
    pub fn fixed_or_locked(&self) -> Vec<CandidateId> {
        self.fixed.union(&self.locked).copied().collect()
    }

    /// Locked packages, fixed ones included.
    pub fn all_locked(&self) -> Vec<CandidateId> {
        self.locked.union(&self.fixed_locked).copied().collect()
    }

    /// Whether a candidate is the one that is locked.
    pub fn is_locked(&self, id: CandidateId) -> bool {
        self.locked.contains(&id) || self.fixed_locked.contains(&id)
    }

    /// Whether dependencies of updated packages are updated with them. A full update counts as such.
    pub fn updates_dependencies(&self) -> bool {
        self.update_only.is_empty() || self.scope != UpdateScope::Listed
    }

    /// Whether that goes for dependencies which the root requires itself.
    pub fn updates_root_dependencies(&self) -> bool {
        !self.update_only.is_empty() && self.scope == UpdateScope::WithAllDependencies
    }
}
