//! The packages a solve chooses from, numbered in Composer's order.

pub(crate) mod blocked;
pub(crate) mod builder;
pub(crate) mod filter;
pub(crate) mod optimizer;
pub(crate) mod policy;

use super::candidate::{Candidate, CandidateId, Candidates, NameId};
use crate::format::constraint::Constraint;
use crate::format::constraint::prepared::PreparedConstraint;
use crate::format::version::Version;
use blocked::Blocked;
use indexmap::IndexMap;
use rustc_hash::FxHashSet;
use std::sync::{Arc, OnceLock};

/// A package's number in a pool, from 1. Negated it is the literal "not installed".
pub(crate) type Literal = i32;

/// Normalised version → the version as shown, in the order they were noted.
pub(crate) type RemovedVersions = IndexMap<Version, Arc<str>>;

/// The packages a solve chooses from. The numbers decide ties, so their order is Composer's.
#[derive(Debug, Default, Clone)]
pub(crate) struct Pool {
    members: Vec<CandidateId>,
    /// By candidate; 0 for those that are no members.
    literals: Vec<Literal>,
    /// Found out when it is first asked for: of a pool that is only optimized, nobody asks.
    of_names: OnceLock<OfNames>,
    /// Fixed or locked packages that the minimum stability keeps out.
    pub unacceptable: FxHashSet<CandidateId>,
    /// What a policy keeps out.
    pub blocked: Arc<Blocked>,
}

/// A member of a pool that is, replaces or provides a name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Provider {
    /// Its number.
    pub literal: Literal,
    /// Whether the name is its own.
    is_it: bool,
    /// Its version as a number, where it has one.
    place: Option<u128>,
}

/// The members of a pool that are, replace or provide each name.
#[derive(Debug, Clone)]
struct OfNames {
    /// Name after name, each ascending.
    members: Vec<Provider>,
    /// By name: where its providers begin; and at the end, where the last one's end.
    starts: Vec<u32>,
}

impl OfNames {
    fn new(members: &[CandidateId], candidates: &Candidates) -> Self {
        let mut starts = vec![0_u32; candidates.names() + 1];
        let names = |id: CandidateId| candidates[id].name_ids(true).iter();
        for &id in members {
            names(id).for_each(|&name| starts[name as usize + 1] += 1);
        }
        for name in 1..starts.len() {
            starts[name] += starts[name - 1];
        }
        let mut next = starts.clone();
        let nobody = Provider {
            literal: 0,
            is_it: false,
            place: None,
        };
        let mut providers = vec![nobody; starts.last().map_or(0, |&end| end as usize)];
        for (&id, literal) in members.iter().zip(1..) {
            let candidate = &candidates[id];
            for &name in names(id) {
                providers[next[name as usize] as usize] = Provider {
                    literal,
                    is_it: candidate.name_id() == name,
                    place: candidate.place(),
                };
                next[name as usize] += 1;
            }
        }
        OfNames {
            members: providers,
            starts,
        }
    }
}

impl Pool {
    /// Numbers the candidates in the order given.
    pub(crate) fn new(members: Vec<CandidateId>, candidates: &Candidates) -> Self {
        let mut literals = vec![0; candidates.len()];
        for (&id, literal) in members.iter().zip(1..) {
            literals[id] = literal;
        }
        Pool {
            members,
            literals,
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
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// The numbers of all packages, ascending.
    pub(crate) fn literals(&self) -> impl Iterator<Item = Literal> + use<> {
        (1..).take(self.members.len())
    }

    /// The candidate behind a literal of either sign.
    pub(crate) fn candidate(&self, literal: Literal) -> CandidateId {
        self.members[literal.unsigned_abs() as usize - 1]
    }

    /// The number of a candidate; none when it is not in the pool.
    pub(crate) fn literal(&self, id: CandidateId) -> Option<Literal> {
        self.literals
            .get(id)
            .copied()
            .filter(|&literal| literal != 0)
    }

    /// The packages that are, replace or provide `name` in a version that matches, ascending (`Pool::whatProvides`).
    pub(crate) fn providers(
        &self,
        candidates: &Candidates,
        name: &str,
        constraint: &Constraint,
    ) -> Vec<Literal> {
        let id = candidates.name_id(name);
        id.map_or_else(Vec::new, |id| self.providers_of(candidates, id, constraint))
    }

    /// Likewise, for a name by its index.
    pub(crate) fn providers_of(
        &self,
        candidates: &Candidates,
        name: NameId,
        constraint: &Constraint,
    ) -> Vec<Literal> {
        let prepared = PreparedConstraint::new(constraint);
        let matches = |provider: &&Provider| {
            let candidate = || &candidates[self.candidate(provider.literal)];
            match provider.is_it {
                true => prepared.matches(provider.place, || candidate().version()),
                false => stands_in(candidate(), name, constraint),
            }
        };
        let of_name = self.of_name(candidates, name).iter();
        of_name
            .filter(matches)
            .map(|provider| provider.literal)
            .collect()
    }

    /// The packages that are, replace or provide a name in any version, ascending.
    pub(crate) fn of_name(&self, candidates: &Candidates, name: NameId) -> &[Provider] {
        let of_names = self
            .of_names
            .get_or_init(|| OfNames::new(&self.members, candidates));
        let bound = |name: usize| of_names.starts.get(name).map(|&start| start as usize);
        let name = name as usize;
        match (bound(name), bound(name + 1)) {
            (Some(start), Some(end)) => of_names.members.get(start..end).unwrap_or_default(),
            _ => &[],
        }
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
