//! Takes out of a pool what cannot matter: versions that differ from a preferred one in nothing that anybody asks
//! about, and versions that a locked package rules out (`PoolOptimizer`). This is not only for speed: which versions are
//! left decides some answers.

use super::policy::Policy;
use super::{Literal, Pool};
use crate::format::package::links::Link;
use crate::resolve::candidate::{Candidate, CandidateId, Candidates, IdSet, NameId, Section};
use crate::resolve::request::Request;
use indexmap::{IndexMap, IndexSet};
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

mod left_out;
mod tables;

pub(crate) use left_out::LeftOut;
use tables::{ConstraintId, DemandId, Demands, DependencyId, Tables};

/// What an optimized pool is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Composer's answer.
    Answer,
    /// Any answer. Composer keeps the preferred version for each constraint alone, so that none may be left that satisfies two
    /// together; here the preferred one of those that satisfy the same constraints is kept.
    Solvability,
}

/// The pool without what cannot matter, renumbered.
pub(crate) fn optimize(
    candidates: &Candidates,
    pool: &Pool,
    request: &Request,
    policy: &Policy,
    purpose: Purpose,
) -> Pool {
    Optimizer::new(candidates, pool, request).optimized(policy, purpose)
}

/// The place of a literal's package in lists by number.
fn place(literal: Literal) -> usize {
    literal.unsigned_abs() as usize
}

/// A set in the order of insertion.
type FxIndexSet<T> = IndexSet<T, FxBuildHasher>;

/// A map in the order of insertion.
type FxIndexMap<K, V> = IndexMap<K, V, FxBuildHasher>;

/// What is asked about a version, in the order Composer writes it into its group key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Asked {
    Required(ConstraintId),
    Conflicting(ConstraintId),
}

/// What is asked about every name: alternatives of constraints, each once.
struct Asking {
    by_name: Vec<Vec<ConstraintId>>,
    /// What has been noted: most links of a pool are shared.
    noted: IdSet,
    /// Sections of which all links have been noted.
    sections: IdSet,
}

impl Asking {
    fn new(names: usize) -> Self {
        Asking {
            by_name: vec![Vec::new(); names],
            noted: IdSet::default(),
            sections: IdSet::default(),
        }
    }

    fn note_section<'c>(
        &mut self,
        tables: &mut Tables,
        section: &Section,
        links: impl Iterator<Item = (NameId, &'c Link)>,
    ) {
        if !section.names.is_empty() && self.sections.insert(section.id) {
            let Tables {
                constraints,
                demands,
                ..
            } = tables;
            for &demand in &*demands.of_section(constraints, section, links) {
                self.note(demands, demand);
            }
        }
    }

    fn note(&mut self, demands: &Demands, demand: DemandId) {
        if self.noted.insert(demand) {
            let (name, alternatives) = demands.get(demand);
            let of_name = &mut self.by_name[name as usize];
            for alternative in alternatives {
                if !of_name.contains(alternative) {
                    of_name.push(*alternative);
                }
            }
        }
    }

    fn about(&self, name: NameId) -> &[ConstraintId] {
        self.by_name.get(name as usize).map_or(&[], Vec::as_slice)
    }
}

/// Lists that occur often, by a number.
#[derive(Default)]
struct Lists(FxHashMap<Vec<Asked>, u32>);

impl Lists {
    fn number(&mut self, list: Vec<Asked>) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry(list).or_insert(next)
    }
}

/// Versions that have a name, or stand in for it, and that depend on the same: the only ones of which one can stand for
/// another.
#[derive(Default)]
struct Alike {
    /// Name, and what the versions depend on.
    keys: FxIndexSet<(NameId, DependencyId)>,
    /// By key: how many there are.
    sizes: Vec<usize>,
    /// The key of each entry, the package, and the place of the name among those that the package has.
    entries: Vec<(usize, Literal, usize)>,
}

impl Alike {
    fn add(&mut self, name: NameId, dependencies: DependencyId, literal: Literal, place: usize) {
        let (key, is_new) = self.keys.insert_full((name, dependencies));
        if is_new {
            self.sizes.push(0);
        }
        self.sizes[key] += 1;
        self.entries.push((key, literal, place));
    }

    /// The versions of each key in turn, in the order in which they were added, with the place of the name.
    fn members(&self) -> Vec<Vec<(Literal, usize)>> {
        let mut members: Vec<_> = self
            .sizes
            .iter()
            .map(|&size| Vec::with_capacity(size))
            .collect();
        for &(key, literal, place) in &self.entries {
            members[key].push((literal, place));
        }
        members
    }
}

/// Versions that are alike and agree in what is asked about the name.
struct Group {
    name: NameId,
    /// What is asked, by number, where the order of the groups matters.
    question: u32,
    /// Where the first version came up: its number, the place of the name, and that of what is asked.
    first: (Literal, usize, usize),
    literals: Vec<Literal>,
}

/// The groups as Composer goes through them: name by name, question by question, each where it first came up.
fn put_in_order(groups: &mut [Group]) {
    let mut names = FxHashMap::default();
    let mut questions = FxHashMap::default();
    for group in &*groups {
        let name = names.entry(group.name).or_insert(group.first);
        *name = group.first.min(*name);
        let question = questions
            .entry((group.name, group.question))
            .or_insert(group.first);
        *question = group.first.min(*question);
    }
    groups.sort_by_key(|group| {
        (
            names[&group.name],
            questions[&(group.name, group.question)],
            group.first,
        )
    });
}

/// A pool, and which of its versions one may stand for another, whatever is preferred.
pub(crate) struct Optimizer<'c, 'a> {
    candidates: &'c Candidates,
    pool: &'a Pool,
    request: &'a Request,
    known: Rc<Known>,
}

/// What was found out about a pool and all that is asked of its members.
struct Known {
    irremovable: Vec<bool>,
    tables: Tables,
    required: Asking,
    conflicting: Asking,
    aliases: FxHashMap<Literal, Vec<Literal>>,
    /// Versions that are alike, by name, with the place of the name among those that each has.
    alike: Vec<(NameId, Vec<(Literal, usize)>)>,
    /// By place of the literal: the constraints in which the package replaces anything, its own version included. Some
    /// replace dozens of names, and this is asked for each of them.
    replaced: Vec<OnceCell<Box<[ConstraintId]>>>,
    /// The groups for Composer's answer, which may be asked for with several preferences.
    for_answer: OnceCell<Vec<Group>>,
}

/// What is left of a pool.
struct Remainder {
    removed: Vec<bool>,
    /// By package: the groups that it stands for, where that is noted.
    represented: Option<FxHashMap<CandidateId, Vec<Arc<[CandidateId]>>>>,
}

/// Why groups are formed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grouping {
    /// To know what is kept: each group once, in whatever order.
    Kept(Purpose),
    /// To know what each version stands for: every group, in Composer's order.
    Represented,
}

impl Drop for Known {
    fn drop(&mut self) {
        std::mem::take(&mut self.tables).keep();
    }
}

impl Known {
    fn collect(&mut self, candidates: &Candidates, pool: &Pool, request: &Request) {
        let mut fixed: FxHashMap<NameId, Vec<CandidateId>> = FxHashMap::default();
        for id in request.fixed_or_locked() {
            fixed.entry(candidates[id].name_id()).or_default().push(id);
        }
        let variants = request.variants.iter();
        let asked = request
            .requires
            .iter()
            .chain(variants.map(|(name, variant)| (name, variant)));
        let tables = &mut self.tables;
        for (name, requirement) in asked {
            // Nobody can be asked for a name that no candidate speaks of.
            if let Some(name) = candidates.name_id(name) {
                let Tables {
                    constraints,
                    demands,
                    ..
                } = &mut *tables;
                let demand = demands.of(constraints, name, &requirement.constraint);
                self.required.note(demands, demand);
            }
        }
        let mut met = IdSet::default();
        let mut replacing = IdSet::default();
        for literal in pool.literals() {
            let candidate = &candidates[pool.candidate(literal)];
            if met.insert(candidate.relations().id) {
                let [requires, conflicts, _, replaces] = candidate.sections();
                self.required
                    .note_section(tables, requires, candidate.requires());
                self.conflicting
                    .note_section(tables, conflicts, candidate.conflicts());
                if replacing.insert(replaces.id) {
                    let links = candidate.package.replaces.iter();
                    links.for_each(|link| {
                        tables.constraints.add(&link.constraint);
                    });
                }
            }
            if let Some(base) = candidate.alias_of.and_then(|base| pool.literal(base)) {
                self.aliases.entry(base).or_default().push(literal);
            }
        }
        for literal in pool.literals() {
            let candidate = &candidates[pool.candidate(literal)];
            let versions = fixed.get(&candidate.name_id()).into_iter().flatten();
            if versions
                .map(|&id| candidates[id].version())
                .any(|version| version == candidate.version())
            {
                for member in self.unit(candidates, pool, literal) {
                    self.irremovable[place(member)] = true;
                }
            }
        }
    }

    /// A package with all its aliases: they are kept or removed together.
    fn unit(&self, candidates: &Candidates, pool: &Pool, literal: Literal) -> Vec<Literal> {
        let base = candidates[pool.candidate(literal)]
            .alias_of
            .and_then(|base| pool.literal(base));
        let base = base.unwrap_or(literal);
        let mut unit = vec![literal, base];
        unit.extend(self.aliases.get(&base).into_iter().flatten());
        unit
    }

    /// The versions that depend on the same, by each name that is asked about.
    fn alike(
        &mut self,
        candidates: &Candidates,
        pool: &Pool,
    ) -> Vec<(NameId, Vec<(Literal, usize)>)> {
        let mut alike = Alike::default();
        for literal in pool.literals() {
            if self.irremovable[place(literal)] {
                continue;
            }
            let candidate = &candidates[pool.candidate(literal)];
            let own = self.tables.dependencies(candidate);
            for (place, &name) in candidate.name_ids(false).iter().enumerate() {
                if !self.required.about(name).is_empty() {
                    alike.add(name, own, literal, place);
                }
            }
        }
        let names = alike.keys.iter().map(|&(name, _)| name);
        names.zip(alike.members()).collect()
    }
}

impl<'c, 'a> Optimizer<'c, 'a> {
    pub(crate) fn new(candidates: &'c Candidates, pool: &'a Pool, request: &'a Request) -> Self {
        let mut known = Known {
            irremovable: vec![false; pool.len() + 1],
            tables: Tables::take(candidates),
            required: Asking::new(candidates.names()),
            conflicting: Asking::new(candidates.names()),
            aliases: FxHashMap::default(),
            alike: Vec::new(),
            replaced: vec![OnceCell::new(); pool.len() + 1],
            for_answer: OnceCell::new(),
        };
        known.collect(candidates, pool, request);
        known.alike = known.alike(candidates, pool);
        Optimizer {
            candidates,
            pool,
            request,
            known: Rc::new(known),
        }
    }

    /// The pool without what cannot matter when these versions are preferred, renumbered.
    pub(crate) fn optimized(&self, policy: &Policy, purpose: Purpose) -> Pool {
        let mut remainder = self.nothing_kept();
        let groups = || self.groups(&self.known.alike, Grouping::Kept(purpose));
        match purpose {
            Purpose::Answer => {
                let groups = self.known.for_answer.get_or_init(groups);
                self.remove_equivalent(groups, policy, &mut remainder);
            }
            Purpose::Solvability => self.remove_equivalent(&groups(), policy, &mut remainder),
        }
        self.remove_impossible(&mut remainder);
        let kept = self
            .pool
            .literals()
            .filter(|&literal| !remainder.removed[place(literal)]);
        let mut optimized = Pool::new(
            kept.map(|literal| self.pool.candidate(literal)).collect(),
            self.candidates,
        );
        optimized.unacceptable = self.pool.unacceptable.clone();
        optimized.blocked = self.pool.blocked.clone();
        optimized
    }

    fn nothing_kept(&self) -> Remainder {
        Remainder {
            removed: self.known.irremovable.iter().map(|kept| !kept).collect(),
            represented: None,
        }
    }

    fn remove_equivalent(&self, groups: &[Group], policy: &Policy, remainder: &mut Remainder) {
        let explain = remainder.represented.is_some();
        let ids = |literals: &[Literal]| -> Arc<[CandidateId]> {
            let ids = literals.iter().map(|&literal| self.pool.candidate(literal));
            ids.collect()
        };
        for Group { name, literals, .. } in groups {
            let members = explain.then(|| ids(literals));
            let members = members.as_ref();
            match &**literals {
                [only] => self.keep(*only, *name, members, remainder),
                several => {
                    let is_settled = |&literal: &Literal| !remainder.removed[place(literal)];
                    if !explain && several.iter().all(is_settled) {
                        continue;
                    }
                    for preferred in policy.select(self.pool, self.candidates, several, None) {
                        self.keep(preferred, *name, members, remainder);
                    }
                }
            }
        }
    }

    /// Groups versions that answer alike to everything asked about their name, and depend on the same.
    fn groups<'k>(
        &self,
        alike: impl IntoIterator<Item = &'k (NameId, Vec<(Literal, usize)>)>,
        grouping: Grouping,
    ) -> Vec<Group> {
        let mut groups = Vec::new();
        let mut lists = Lists::default();
        for &(name, ref members) in alike {
            match (grouping, &**members) {
                (Grouping::Kept(_), &[(only, place)]) => {
                    if self.is_asked_for(only, name) {
                        groups.push(Group {
                            name,
                            question: 0,
                            first: (only, place, 0),
                            literals: vec![only],
                        });
                    }
                }
                (Grouping::Kept(Purpose::Solvability), _) => {
                    self.group_by_all(name, members, &mut lists, &mut groups);
                }
                (Grouping::Kept(Purpose::Answer) | Grouping::Represented, _) => {
                    self.group_by_each((name, members), grouping, &mut lists, &mut groups);
                }
            }
        }
        // What is kept does not depend on the order, only what it is said to stand for.
        if grouping == Grouping::Represented {
            put_in_order(&mut groups);
        }
        groups
    }

    /// Whether a package satisfies anything that is asked about a name of its.
    fn is_asked_for(&self, literal: Literal, name: NameId) -> bool {
        let candidate = &self.candidates[self.pool.candidate(literal)];
        let mut required = self.known.required.about(name).iter();
        required.any(|&id| self.known.tables.constraints.matches(id, candidate))
            || !self.rest(literal, name).is_empty()
    }

    /// What is asked about a package besides the requirement of a name: what it replaces, and conflicts with the name.
    fn rest(&self, literal: Literal, name: NameId) -> Vec<Asked> {
        let candidate = &self.candidates[self.pool.candidate(literal)];
        let replaced = self.replaced(literal, candidate).iter();
        let mut rest: Vec<Asked> = replaced.map(|&id| Asked::Required(id)).collect();
        let conflicting = self.known.conflicting.about(name).iter();
        let conflicting =
            conflicting.filter(|&&id| self.known.tables.constraints.matches(id, candidate));
        rest.extend(conflicting.map(|&id| Asked::Conflicting(id)));
        rest
    }

    /// By version, as a bit for each: which of the conflicts with a name it satisfies. None where that is not all that is asked
    /// besides requirements, as versions replace something, or where there are too many.
    fn conflicts_alone(&self, members: &[(Literal, usize)], name: NameId) -> Option<Vec<u64>> {
        let conflicting = self.known.conflicting.about(name);
        let candidate = |literal| &self.candidates[self.pool.candidate(literal)];
        let replaces =
            |&(literal, _): &(Literal, usize)| !candidate(literal).package.replaces.is_empty();
        if conflicting.len() > u64::BITS as usize || members.iter().any(replaces) {
            return None;
        }
        let numbers = members.iter().map(|&(literal, _)| {
            let candidate = candidate(literal);
            let satisfied = conflicting.iter().enumerate();
            satisfied
                .filter(|&(_, &id)| self.known.tables.constraints.matches(id, candidate))
                .fold(0, |number, (place, _)| number | 1 << place)
        });
        Some(numbers.collect())
    }

    fn replaced(&self, literal: Literal, candidate: &Candidate) -> &[ConstraintId] {
        let links = &candidate.package.replaces;
        if links.is_empty() {
            return &[];
        }
        self.known.replaced[place(literal)].get_or_init(|| {
            let own = links
                .iter()
                .filter(|link| link.constraint.matches_version(candidate.version()));
            own.filter_map(|link| self.known.tables.constraints.known(&link.constraint))
                .collect()
        })
    }

    /// Versions that are alike, by all that is asked and that they satisfy.
    fn group_by_all(
        &self,
        name: NameId,
        members: &[(Literal, usize)],
        lists: &mut Lists,
        groups: &mut Vec<Group>,
    ) {
        let mut by_list: FxIndexMap<u32, Group> = FxIndexMap::default();
        for &(literal, place) in members {
            let candidate = &self.candidates[self.pool.candidate(literal)];
            let required = self.known.required.about(name).iter().copied();
            let required =
                required.filter(|&id| self.known.tables.constraints.matches(id, candidate));
            let mut all: Vec<Asked> = required.map(Asked::Required).collect();
            all.extend(self.rest(literal, name));
            if all.is_empty() {
                continue;
            }
            let number = lists.number(all);
            let group = by_list.entry(number).or_insert_with(|| Group {
                name,
                question: 0,
                first: (literal, place, 0),
                literals: Vec::new(),
            });
            group.literals.push(literal);
        }
        groups.extend(by_list.into_values());
    }

    /// Versions that are alike, for each requirement alone: with it those that satisfy it, and once more those that do not
    /// satisfy some requirement, where anything else is asked about them.
    fn group_by_each(
        &self,
        (name, members): (NameId, &[(Literal, usize)]),
        grouping: Grouping,
        lists: &mut Lists,
        groups: &mut Vec<Group>,
    ) {
        let mut by_rest: FxIndexMap<Vec<Asked>, Vec<(Literal, usize)>> = FxIndexMap::default();
        match self.conflicts_alone(members, name) {
            // Those that agree in a number agree in what it stands for.
            Some(conflicts) => {
                let mut by_number: FxIndexMap<u64, Vec<(Literal, usize)>> = FxIndexMap::default();
                for (&member, number) in members.iter().zip(conflicts) {
                    by_number.entry(number).or_default().push(member);
                }
                by_rest.extend(by_number.into_values().map(|members| {
                    let first = members.first();
                    let rest = first.map_or_else(Vec::new, |&(first, _)| self.rest(first, name));
                    (rest, members)
                }));
            }
            None => {
                for &(literal, place) in members {
                    let rest = self.rest(literal, name);
                    by_rest.entry(rest).or_default().push((literal, place));
                }
            }
        }
        let required = self.known.required.about(name);
        for (rest, members) in by_rest {
            let is_anything_else = !rest.is_empty();
            let mut question = |required: Option<ConstraintId>| match grouping {
                Grouping::Represented => {
                    let required = required.map(Asked::Required).into_iter();
                    lists.number(required.chain(rest.iter().copied()).collect())
                }
                Grouping::Kept(_) => 0,
            };
            let candidates: Vec<&Candidate> = members
                .iter()
                .map(|&(literal, _)| &self.candidates[self.pool.candidate(literal)])
                .collect();
            // By member: the first requirement that it does not satisfy.
            let mut unmet: Vec<Option<usize>> = vec![None; members.len()];
            // By member: whether it satisfies the requirement, and whether it did the one before that anybody satisfies.
            let mut satisfies = vec![false; members.len()];
            let mut before = satisfies.clone();
            for (at, &constraint) in required.iter().enumerate() {
                let constraints = &self.known.tables.constraints;
                constraints.which_match(constraint, &candidates, &mut satisfies);
                if is_anything_else {
                    let left = unmet.iter_mut().zip(&satisfies).filter(|(_, met)| !**met);
                    left.for_each(|(unmet, _)| {
                        unmet.get_or_insert(at);
                    });
                }
                // Of the same versions the same are kept.
                if grouping != Grouping::Represented && satisfies == before {
                    continue;
                }
                let satisfying = members.iter().zip(&satisfies).filter(|(_, met)| **met);
                let mut satisfying = satisfying.map(|(&member, _)| member).peekable();
                if let Some(&(literal, place)) = satisfying.peek() {
                    groups.push(Group {
                        name,
                        question: question(Some(constraint)),
                        first: (literal, place, at),
                        literals: satisfying.map(|(literal, _)| literal).collect(),
                    });
                    before.clone_from(&satisfies);
                }
            }
            // Members are in the order of their numbers, each once.
            let mut unmet = members
                .iter()
                .zip(unmet)
                .filter_map(|(&(literal, place), at)| Some((literal, place, at?)))
                .peekable();
            if let Some(&first) = unmet.peek() {
                groups.push(Group {
                    name,
                    question: question(None),
                    first,
                    literals: unmet.map(|(literal, ..)| literal).collect(),
                });
            }
        }
    }

    /// Keeps a package and its aliases, and notes which versions it stands for.
    fn keep(
        &self,
        literal: Literal,
        name: NameId,
        group: Option<&Arc<[CandidateId]>>,
        remainder: &mut Remainder,
    ) {
        self.represent(literal, name, group, remainder);
        if !remainder.removed[place(literal)] {
            return;
        }
        for member in self.known.unit(self.candidates, self.pool, literal) {
            remainder.removed[place(member)] = false;
            self.represent(member, name, group, remainder);
        }
    }

    fn represent(
        &self,
        literal: Literal,
        name: NameId,
        group: Option<&Arc<[CandidateId]>>,
        remainder: &mut Remainder,
    ) {
        let id = self.pool.candidate(literal);
        if let (Some(represented), Some(group)) = (&mut remainder.represented, group)
            && self.candidates[id].name_ids(false).contains(&name)
        {
            represented.entry(id).or_default().push(group.clone());
        }
    }

    /// Takes out what a locked package that stays does not allow.
    fn remove_impossible(&self, remainder: &mut Remainder) {
        let request = self.request;
        let locked = request.all_locked();
        if locked.is_empty() {
            return;
        }
        let mut open: FxHashMap<NameId, Vec<Literal>> = FxHashMap::default();
        for literal in self.pool.literals() {
            let id = self.pool.candidate(literal);
            let candidate = &self.candidates[id];
            let removable = !self.known.irremovable[place(literal)]
                && !self.known.aliases.contains_key(&literal)
                && !candidate.is_alias()
                && !request.fixed.contains(&id)
                && !request.is_locked(id);
            if removable {
                open.entry(candidate.name_id()).or_default().push(literal);
            }
        }
        for id in locked {
            let candidate = &self.candidates[id];
            // A locked package that nothing requires may go, so what it requires does not count.
            let is_required = |name: NameId| !self.known.required.about(name).is_empty();
            if !candidate.name_ids(false).iter().copied().any(is_required) {
                continue;
            }
            for (name, link) in candidate.requires() {
                for &literal in open.get(&name).into_iter().flatten() {
                    let version = self.candidates[self.pool.candidate(literal)].version();
                    if !link.constraint.matches_version(version) {
                        remainder.removed[place(literal)] = true;
                    }
                }
            }
        }
    }
}
