//! The packages a solve chooses from, numbered in Composer's order.

pub(crate) mod blocked;
pub(crate) mod builder;
pub(crate) mod filter;
pub(crate) mod optimizer;
pub(crate) mod policy;

use super::candidate::{Candidate, CandidateId, Candidates, DEFAULT_BRANCH_ALIAS, NameId};
use crate::format::constraint::Constraint;
use crate::format::constraint::prepared::PreparedConstraint;
use crate::format::version::Version;
use blocked::Blocked;
use indexmap::IndexMap;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// A package's number in a pool, from 1. Negated it is the literal "not installed".
pub(crate) type Literal = i32;

/// Normalised version → the version as shown, in the order they were noted.
pub(crate) type RemovedVersions = IndexMap<Version, Arc<str>>;

/// The packages a solve chooses from. The numbers decide ties, so their order is Composer's.
#[derive(Debug, Default, Clone)]
pub struct Pool {
    members: Vec<CandidateId>,
    /// By candidate; 0 for those that are no members.
    literals: Vec<Literal>,
    /// The members that are, replace or provide each name, name after name.
    of_names: Vec<Literal>,
    /// By name: where its providers begin; and at the end, where the last one's end.
    starts: Vec<u32>,
    /// Fixed or locked packages that the minimum stability keeps out.
    pub unacceptable: FxHashSet<CandidateId>,
    /// What the optimizer took out, by name: for messages.
    pub removed: FxHashMap<Arc<str>, RemovedVersions>,
    /// The groups of packages for each of which one that was kept stands: for messages.
    pub represented: FxHashMap<CandidateId, Vec<Arc<[CandidateId]>>>,
    /// What a policy keeps out.
    pub blocked: Arc<Blocked>,
}

impl Pool {
    /// Numbers the candidates in the order given.
    pub fn new(members: Vec<CandidateId>, candidates: &Candidates) -> Self {
        let mut literals = vec![0; candidates.len()];
        let mut starts = vec![0_u32; candidates.names() + 1];
        let names = |id: CandidateId| candidates[id].name_ids(true).map(|name| name as usize);
        for (&id, literal) in members.iter().zip(1..) {
            literals[id] = literal;
            names(id).for_each(|name| starts[name + 1] += 1);
        }
        for name in 1..starts.len() {
            starts[name] += starts[name - 1];
        }
        let mut next = starts.clone();
        let mut of_names = vec![0; starts.last().map_or(0, |&end| end as usize)];
        for (&id, literal) in members.iter().zip(1..) {
            for name in names(id) {
                of_names[next[name] as usize] = literal;
                next[name] += 1;
            }
        }
        Pool {
            members,
            literals,
            of_names,
            starts,
            ..Pool::default()
        }
    }

    /// The pool without some of its members, numbered anew, before anything was optimized out of it.
    pub(crate) fn without(
        &self,
        left_out: &FxHashSet<CandidateId>,
        candidates: &Candidates,
    ) -> Pool {
        let members = self.members.iter().copied();
        let kept = members.filter(|id| !left_out.contains(id));
        let mut pool = Pool::new(kept.collect(), candidates);
        pool.unacceptable = self.unacceptable.clone();
        pool.blocked = self.blocked.clone();
        pool
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
        self.literals
            .get(id)
            .copied()
            .filter(|&literal| literal != 0)
    }

    /// The packages that are, replace or provide `name` in a version that matches, ascending (`Pool::whatProvides`).
    pub fn providers(
        &self,
        candidates: &Candidates,
        name: &str,
        constraint: &Constraint,
    ) -> Vec<Literal> {
        let id = candidates.name_id(name);
        id.map_or_else(Vec::new, |id| self.providers_of(candidates, id, constraint))
    }

    /// Likewise, for a name by its index.
    pub fn providers_of(
        &self,
        candidates: &Candidates,
        name: NameId,
        constraint: &Constraint,
    ) -> Vec<Literal> {
        let prepared = PreparedConstraint::new(constraint);
        let matches = |literal: &Literal| {
            let candidate = &candidates[self.candidate(*literal)];
            match candidate.name_id() == name {
                true => prepared.matches(candidate.place(), candidate.version()),
                false => stands_in(candidate, name, constraint),
            }
        };
        let of_name = self.of_name(name).iter().copied();
        of_name.filter(matches).collect()
    }

    /// The packages that are, replace or provide a name in any version, ascending.
    fn of_name(&self, name: NameId) -> &[Literal] {
        let bound = |name: usize| self.starts.get(name).map(|&start| start as usize);
        let name = name as usize;
        match (bound(name), bound(name + 1)) {
            (Some(start), Some(end)) => self.of_names.get(start..end).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The versions that a package stands for, in the order they were noted.
    pub fn represented_versions(
        &self,
        id: CandidateId,
        candidates: &Candidates,
    ) -> RemovedVersions {
        let groups = self.represented.get(&id).into_iter().flatten();
        let version = |&other: &CandidateId| {
            let mut candidate = &candidates[other];
            if let Some(base) = candidate.alias_of
                && &*candidate.package.pretty_version == DEFAULT_BRANCH_ALIAS
            {
                candidate = &candidates[base];
            }
            let pretty = candidate.package.pretty_version.clone();
            (candidate.version().clone(), pretty)
        };
        groups.flat_map(|group| group.iter()).map(version).collect()
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

/// Whether a candidate is a name in a version that matches, or replaces or provides such a one (`Pool::match`).
pub(crate) fn satisfies(candidate: &Candidate, name: NameId, constraint: &Constraint) -> bool {
    match candidate.name_id() == name {
        true => constraint.matches_version(candidate.version()),
        false => stands_in(candidate, name, constraint),
    }
}

/// Whether a candidate of another name replaces or provides a name in a version that matches.
fn stands_in(candidate: &Candidate, name: NameId, constraint: &Constraint) -> bool {
    let links = candidate.provides().chain(candidate.replaces());
    links
        .filter(|(target, _)| *target == name)
        .any(|(_, link)| constraint.matches(&link.constraint))
}
