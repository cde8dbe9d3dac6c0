//! Constraints, and what versions depend on, by number. Both say nothing of what may be chosen, so that each thread keeps them
//! from one pool to the next, as it keeps the indices of names (see [`Candidates::vocabulary`]).

use crate::format::constraint::Constraint;
use crate::format::constraint::intervals;
use crate::format::constraint::prepared::Range;
use crate::format::package::links::Link;
use crate::resolve::candidate::{Candidate, Candidates, NameId, Section};
use indexmap::{IndexMap, IndexSet};
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::cell::RefCell;
use std::sync::Arc;

/// A map in the order of insertion.
type FxIndexMap<K, V> = IndexMap<K, V, FxBuildHasher>;

/// A set in the order of insertion.
type FxIndexSet<T> = IndexSet<T, FxBuildHasher>;

/// Index of a constraint in the [`ConstraintTable`].
pub(super) type ConstraintId = u32;

/// Index of what a section of links means.
type MeaningId = u32;

/// Index of what versions depend on.
pub(super) type DependencyId = u32;

/// How many constraints are kept before they are counted afresh; a large store asks with some 5,000.
const MAX_CONSTRAINTS: usize = 1 << 15;

/// How many a thread keeps: one for each vocabulary that may be in use.
const MAX_KEPT: usize = 2;

thread_local! {
    static KEPT: RefCell<Vec<Tables>> = const { RefCell::new(Vec::new()) };
}

/// Index of a name and what is asked about it in one constraint.
pub(super) type DemandId = u32;

/// What is found out once for all pools of a vocabulary.
#[derive(Default)]
pub(super) struct Tables {
    vocabulary: u64,
    pub constraints: ConstraintTable,
    pub demands: Demands,
    meanings: Meanings,
}

/// What sections of links ask of the packages they name.
#[derive(Default)]
pub(super) struct Demands {
    known: FxIndexMap<(NameId, ConstraintId), Arc<[ConstraintId]>>,
    /// By section, as far as they were met.
    of_sections: Vec<Option<Arc<[DemandId]>>>,
}

impl Demands {
    /// What the links of a section ask, in their order.
    pub(super) fn of_section<'c>(
        &mut self,
        constraints: &mut ConstraintTable,
        section: &Section,
        links: impl Iterator<Item = (NameId, &'c Link)>,
    ) -> Arc<[DemandId]> {
        let id = section.id as usize;
        if let Some(Some(known)) = self.of_sections.get(id) {
            return known.clone();
        }
        let demands: Arc<[DemandId]> = links
            .map(|(name, link)| self.of(constraints, name, &link.constraint))
            .collect();
        put(&mut self.of_sections, id, demands.clone());
        demands
    }

    /// What a constraint asks of a name.
    pub(super) fn of(
        &mut self,
        constraints: &mut ConstraintTable,
        name: NameId,
        constraint: &Arc<Constraint>,
    ) -> DemandId {
        let asked = constraints.add(constraint);
        let entry = self.known.entry((name, asked));
        let id = entry.index() as DemandId;
        entry.or_insert_with(|| constraints.alternatives(asked));
        id
    }

    /// The name that is meant, and the alternatives of the constraint.
    pub(super) fn get(&self, id: DemandId) -> (NameId, &[ConstraintId]) {
        let demand = self.known.get_index(id as usize);
        demand.map_or((0, &[]), |((name, _), alternatives)| {
            (*name, &**alternatives)
        })
    }
}

impl Tables {
    /// Those that the last pool of this thread and vocabulary left, or none.
    pub(super) fn take(candidates: &Candidates) -> Tables {
        let vocabulary = candidates.vocabulary();
        let kept = KEPT.with_borrow_mut(|kept| {
            let place = kept
                .iter()
                .position(|tables| tables.vocabulary == vocabulary)?;
            Some(kept.remove(place))
        });
        kept.unwrap_or_else(|| Tables {
            vocabulary,
            ..Tables::default()
        })
    }

    /// Leaves them for the next pool, unless they have become many. The oldest make room.
    pub(super) fn keep(self) {
        if self.constraints.len() > MAX_CONSTRAINTS {
            return;
        }
        // Not there any more while a thread ends.
        let _ = KEPT.try_with(|kept| {
            let mut kept = kept.borrow_mut();
            if kept.len() >= MAX_KEPT {
                kept.remove(0);
            }
            kept.push(self);
        });
    }

    /// What a candidate depends on: its requirements, conflicts, provided and replaced names, in whatever order.
    pub(super) fn dependencies(&mut self, candidate: &Candidate) -> DependencyId {
        self.meanings.of(&mut self.constraints, candidate)
    }
}

/// Every constraint once, with the alternatives it falls apart into.
#[derive(Default)]
pub(super) struct ConstraintTable {
    constraints: FxIndexSet<Constraint>,
    /// By constraint: the range that it is.
    ranges: Vec<Option<Range>>,
    /// By constraint: the alternatives, as far as they were asked for.
    alternatives: Vec<Option<Arc<[ConstraintId]>>>,
    /// By address: a link's constraint is shared by all links of the same text. What is found so is held.
    known: FxHashMap<*const Constraint, (Arc<Constraint>, ConstraintId)>,
}

impl ConstraintTable {
    fn len(&self) -> usize {
        self.known.len()
    }

    /// The number of a constraint.
    pub(super) fn add(&mut self, constraint: &Arc<Constraint>) -> ConstraintId {
        let address = Arc::as_ptr(constraint);
        if let Some((_, id)) = self.known.get(&address) {
            return *id;
        }
        let id = self.insert((**constraint).clone());
        self.known.insert(address, (constraint.clone(), id));
        id
    }

    /// The number of a constraint that was added.
    pub(super) fn known(&self, constraint: &Arc<Constraint>) -> Option<ConstraintId> {
        let known = self.known.get(&Arc::as_ptr(constraint));
        known.map(|(_, id)| *id)
    }

    /// The alternatives of a constraint: `^2.14 || ^3.3` is asked for twice, so that the best version for each is kept.
    fn alternatives(&mut self, id: ConstraintId) -> Arc<[ConstraintId]> {
        if let Some(Some(known)) = self.alternatives.get(id as usize) {
            return known.clone();
        }
        let parts = match intervals::compact(&self.constraints[id as usize]) {
            Constraint::Multi {
                constraints: parts,
                conjunctive: false,
            } => parts,
            whole => vec![whole],
        };
        let alternatives: Arc<[ConstraintId]> =
            parts.into_iter().map(|part| self.insert(part)).collect();
        put(&mut self.alternatives, id as usize, alternatives.clone());
        alternatives
    }

    fn insert(&mut self, constraint: Constraint) -> ConstraintId {
        let range = Range::of(&constraint);
        let (id, is_new) = self.constraints.insert_full(constraint);
        if is_new {
            self.ranges.push(range);
        }
        id as ConstraintId
    }

    /// Which of some candidates have a version that matches.
    pub(super) fn which_match(
        &self,
        id: ConstraintId,
        candidates: &[&Candidate],
        matches: &mut [bool],
    ) {
        let range = self.ranges[id as usize];
        let constraint = &self.constraints[id as usize];
        for (candidate, matches) in candidates.iter().zip(matches) {
            *matches = match (range, candidate.place()) {
                (Some(range), Some(place)) => range.holds(place),
                _ => constraint.matches_version(candidate.version()),
            };
        }
    }

    /// Whether the version of a candidate matches.
    pub(super) fn matches(&self, id: ConstraintId, candidate: &Candidate) -> bool {
        match (self.ranges[id as usize], candidate.place()) {
            (Some(range), Some(place)) => range.holds(place),
            _ => self.constraints[id as usize].matches_version(candidate.version()),
        }
    }
}

/// What sections of links mean, in whatever order they are: of two links to the same name the later counts.
#[derive(Default)]
struct Meanings {
    /// By section, as far as they were met.
    of_sections: Vec<Option<MeaningId>>,
    known: FxHashMap<Vec<(NameId, ConstraintId)>, MeaningId>,
    /// By relations, as far as they were met.
    of_relations: Vec<Option<DependencyId>>,
    dependencies: FxHashMap<[MeaningId; 4], DependencyId>,
}

impl Meanings {
    fn of(&mut self, constraints: &mut ConstraintTable, candidate: &Candidate) -> DependencyId {
        let id = candidate.relations().id as usize;
        if let Some(&Some(known)) = self.of_relations.get(id) {
            return known;
        }
        let package = &*candidate.package;
        let [requires, conflicts, provides, replaces] = candidate.sections();
        let meanings = [
            self.of_section(constraints, requires, &package.requires),
            self.of_section(constraints, conflicts, &package.conflicts),
            self.of_section(constraints, provides, &package.provides),
            self.of_section(constraints, replaces, &package.replaces),
        ];
        let next = self.dependencies.len() as DependencyId;
        let found = *self.dependencies.entry(meanings).or_insert(next);
        put(&mut self.of_relations, id, found);
        found
    }

    fn of_section(
        &mut self,
        constraints: &mut ConstraintTable,
        section: &Section,
        links: &[Link],
    ) -> MeaningId {
        let id = section.id as usize;
        if let Some(&Some(known)) = self.of_sections.get(id) {
            return known;
        }
        let numbers = links.iter().map(|link| constraints.add(&link.constraint));
        let names = section.names.iter().copied();
        let mut meaning: Vec<(NameId, ConstraintId)> = names.zip(numbers).collect();
        meaning.reverse();
        meaning.sort_by_key(|&(name, _)| name);
        meaning.dedup_by_key(|(name, _)| *name);
        let next = self.known.len() as MeaningId;
        let meaning = *self.known.entry(meaning).or_insert(next);
        put(&mut self.of_sections, id, meaning);
        meaning
    }
}

fn put<T: Clone>(list: &mut Vec<Option<T>>, place: usize, entry: T) {
    if list.len() <= place {
        list.resize(place + 1, None);
    }
    list[place] = Some(entry);
}
