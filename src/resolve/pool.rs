//! The packages a solve chooses from, numbered in Composer's order.

use super::candidate::{Candidate, CandidateId, Candidates};
use super::pool_filter::Blocked;
use crate::composer::constraint::Constraint;
use crate::composer::version::Version;
use indexmap::IndexMap;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// A package's number in a pool, from 1. Negated it is the literal "not installed".
pub type Literal = i32;

/// Normalised version → the version as shown, in the order they were noted.
pub type RemovedVersions = IndexMap<Version, Arc<str>>;

/// The packages a solve chooses from. The numbers decide ties, so their order is Composer's.
#[derive(Debug, Default, Clone)]
pub struct Pool {
    members: Vec<CandidateId>,
    literals: FxHashMap<CandidateId, Literal>,
    by_name: FxHashMap<Arc<str>, Vec<Literal>>,
    /// Fixed or locked packages that the minimum stability keeps out.
    pub unacceptable: FxHashSet<CandidateId>,
    /// What the optimizer took out, by name: for messages.
    pub removed: FxHashMap<Arc<str>, RemovedVersions>,
    /// The versions that a package which was kept stands for: for messages.
    pub represented: FxHashMap<CandidateId, RemovedVersions>,
    /// What a policy keeps out.
    pub blocked: Arc<Blocked>,
}

impl Pool {
    /// Numbers the candidates in the order given.
    pub fn new(members: Vec<CandidateId>, candidates: &Candidates) -> Self {
        let mut literals = FxHashMap::default();
        let mut by_name: FxHashMap<Arc<str>, Vec<Literal>> = FxHashMap::default();
        for (&id, literal) in members.iter().zip(1..) {
            literals.insert(id, literal);
            for name in candidates[id].names(true) {
                match by_name.get_mut(name) {
                    Some(list) => list.push(literal),
                    None => {
                        by_name.insert(name.clone(), vec![literal]);
                    }
                }
            }
        }
        Pool {
            members,
            literals,
            by_name,
            ..Pool::default()
        }
    }

    /// How many packages there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The numbers of all packages, ascending.
    pub fn literals(&self) -> impl Iterator<Item = Literal> + use<> {
        (1..).take(self.members.len())
    }

    /// The candidate behind a literal of either sign.
    pub fn candidate(&self, literal: Literal) -> CandidateId {
        self.members[literal.unsigned_abs() as usize - 1]
    }

    /// The number of a candidate; none when it is not in the pool.
    pub fn literal(&self, id: CandidateId) -> Option<Literal> {
        self.literals.get(&id).copied()
    }

    /// The packages that are, replace or provide `name` in a version that matches, ascending (`Pool::whatProvides`).
    pub fn providers(
        &self,
        candidates: &Candidates,
        name: &str,
        constraint: &Constraint,
    ) -> Vec<Literal> {
        let Some(literals) = self.by_name.get(name) else {
            return Vec::new();
        };
        let matches =
            |literal: &Literal| satisfies(&candidates[self.candidate(*literal)], name, constraint);
        literals.iter().copied().filter(matches).collect()
    }

    /// The removed versions of a name that match, in the order they were noted.
    pub fn removed_versions(&self, name: &str, constraint: &Constraint) -> RemovedVersions {
        let removed = self.removed.get(name).into_iter().flatten();
        removed
            .filter(|(version, _)| constraint.matches_version(version))
            .map(|(version, pretty)| (version.clone(), pretty.clone()))
            .collect()
    }
}

/// Whether a candidate is `name` in a version that matches, or replaces or provides such a one (`Pool::match`).
pub fn satisfies(candidate: &Candidate, name: &str, constraint: &Constraint) -> bool {
    let package = &*candidate.package;
    if &*package.name == name {
        return constraint.matches_version(&package.version);
    }
    let links = package.provides.iter().chain(&package.replaces);
    links
        .filter(|link| &*link.target == name)
        .any(|link| constraint.matches(&link.constraint))
}
