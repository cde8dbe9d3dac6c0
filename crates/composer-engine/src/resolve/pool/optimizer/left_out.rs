//! What was left out of a pool, for messages: Composer names the versions for which one that was kept stands.
//!
//! Few packages are ever named, so it is found out for these alone. Which groups a package stands for depends on the groups of
//! its own names and of those that its aliases have, and on no other.

use super::{Grouping, Known, Optimizer, Policy};
use crate::format::constraint::Constraint;
use crate::resolve::candidate::{CandidateId, Candidates, DEFAULT_BRANCH_ALIAS, NameId};
use crate::resolve::pool::{Literal, Pool, RemovedVersions};
use crate::resolve::request::Request;
use rustc_hash::FxHashMap;
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// By package: the groups for each of which it stands.
type Represented = FxHashMap<CandidateId, Vec<Arc<[CandidateId]>>>;

/// What an optimized pool lacks of the one it was made from. Candidates may be added while it is asked.
pub(crate) struct LeftOut<'a> {
    /// The pool as it was loaded.
    loaded: &'a Pool,
    request: &'a Request,
    policy: &'a Policy,
    known: Rc<Known>,
    /// By name: the places of its members in the lists of those that are alike.
    by_name: OnceCell<FxHashMap<NameId, Vec<usize>>>,
    /// By names, ascending: what packages of exactly these stand for.
    represented: RefCell<FxHashMap<Vec<NameId>, Rc<Represented>>>,
}

impl<'a> Optimizer<'_, 'a> {
    /// What is left out where these versions are preferred.
    pub(crate) fn left_out(&self, policy: &'a Policy) -> LeftOut<'a> {
        LeftOut {
            loaded: self.pool,
            request: self.request,
            policy,
            known: self.known.clone(),
            by_name: OnceCell::new(),
            represented: RefCell::default(),
        }
    }
}

impl LeftOut<'_> {
    /// The versions of a name that match and are not in the optimized pool, in the order in which they were loaded.
    pub(crate) fn removed_versions(
        &self,
        name: &str,
        constraint: &Constraint,
        optimized: &Pool,
        candidates: &Candidates,
    ) -> RemovedVersions {
        let Some(name) = candidates.name_id(name) else {
            return RemovedVersions::new();
        };
        let of_name = self.loaded.of_name(candidates, name).iter();
        of_name
            .map(|provider| self.loaded.candidate(provider.literal))
            .filter(|&id| optimized.literal(id).is_none())
            .map(|id| &candidates[id])
            .filter(|candidate| candidate.name_id() == name)
            .filter(|candidate| constraint.matches_version(candidate.version()))
            .map(|candidate| {
                let pretty = candidate.package.pretty_version.clone();
                (candidate.version().clone(), pretty)
            })
            .collect()
    }

    /// The versions that a package stands for, in the order they were noted.
    pub(crate) fn represented_versions(
        &self,
        id: CandidateId,
        candidates: &Candidates,
    ) -> RemovedVersions {
        let Some(literal) = self.loaded.literal(id) else {
            return RemovedVersions::new();
        };
        let represented = self.represented(literal, candidates);
        let groups = represented.get(&id).into_iter().flatten();
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

    /// What packages with the names of this one stand for.
    fn represented(&self, literal: Literal, candidates: &Candidates) -> Rc<Represented> {
        let unit = self.known.unit(candidates, self.loaded, literal);
        let mut names: Vec<NameId> = unit
            .iter()
            .flat_map(|&member| candidates[self.loaded.candidate(member)].name_ids(false))
            .copied()
            .collect();
        names.sort_unstable();
        names.dedup();
        if let Some(known) = self.represented.borrow().get(&names) {
            return known.clone();
        }
        let optimizer = Optimizer {
            candidates,
            pool: self.loaded,
            request: self.request,
            known: self.known.clone(),
        };
        // In the order of the whole list.
        let mut places: Vec<usize> = names
            .iter()
            .filter_map(|name| self.by_name().get(name))
            .flatten()
            .copied()
            .collect();
        places.sort_unstable();
        let alike = places.into_iter().map(|place| &self.known.alike[place]);
        let groups = optimizer.groups(alike, Grouping::Represented);
        let mut remainder = optimizer.nothing_kept();
        remainder.represented = Some(Represented::default());
        optimizer.remove_equivalent(&groups, self.policy, &mut remainder);
        let represented = Rc::new(remainder.represented.unwrap_or_default());
        let known = &mut self.represented.borrow_mut();
        known.insert(names, represented.clone());
        represented
    }

    fn by_name(&self) -> &FxHashMap<NameId, Vec<usize>> {
        self.by_name.get_or_init(|| {
            let mut by_name: FxHashMap<NameId, Vec<usize>> = FxHashMap::default();
            for (place, (name, _)) in self.known.alike.iter().enumerate() {
                by_name.entry(*name).or_default().push(place);
            }
            by_name
        })
    }
}
