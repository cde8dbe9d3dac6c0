//! Takes out of a pool what cannot matter: versions that differ from a preferred one in nothing that anybody asks
//! about, and versions that a locked package rules out (`PoolOptimizer`). This is not only for speed: which versions are
//! left decides some answers.

use super::candidate::{CandidateId, Candidates, NameId};
use super::policy::Policy;
use super::pool::{Literal, Pool};
use super::request::Request;
use crate::format::constraint::Constraint;
use crate::format::intervals;
use crate::format::package::Link;
use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use std::sync::Arc;

/// What an optimized pool is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Composer's answer.
    Answer,
    /// Messages about a contradiction: it also knows which versions stand for which.
    Reasons,
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
    let explain = purpose == Purpose::Reasons;
    let mut optimizer = Optimizer {
        candidates,
        pool,
        purpose,
        irremovable: vec![false; pool.len() + 1],
        constraints: ConstraintTable::default(),
        required: Asking::new(candidates.names()),
        conflicting: Asking::new(candidates.names()),
        aliases: FxHashMap::default(),
        removed: vec![false; pool.len() + 1],
        represented: FxHashMap::default(),
    };
    optimizer.collect(request);
    optimizer.remove_equivalent(policy);
    optimizer.remove_impossible(request);
    let (removed, represented) = (optimizer.removed, optimizer.represented);
    let is_removed = |literal: Literal| removed[place(literal)];
    let kept = pool.literals().filter(|&literal| !is_removed(literal));
    let mut optimized = Pool::new(
        kept.map(|literal| pool.candidate(literal)).collect(),
        candidates,
    );
    optimized.unacceptable = pool.unacceptable.clone();
    optimized.blocked = pool.blocked.clone();
    optimized.represented = represented;
    for literal in pool
        .literals()
        .filter(|&literal| explain && is_removed(literal))
    {
        let package = &candidates[pool.candidate(literal)].package;
        let of_name = optimized.removed.entry(package.name.clone()).or_default();
        of_name.insert(package.version.clone(), package.pretty_version.clone());
    }
    optimized
}

/// The place of a literal's package in lists by number.
fn place(literal: Literal) -> usize {
    literal.unsigned_abs() as usize
}

/// A set in the order of insertion.
type FxIndexSet<T> = IndexSet<T, FxBuildHasher>;

/// Index of a constraint in the [`ConstraintTable`].
type ConstraintId = u32;

/// Every constraint once, with the alternatives it falls apart into.
#[derive(Default)]
struct ConstraintTable {
    constraints: FxIndexSet<Constraint>,
    /// By address: a link's constraint is shared by all links of the same text.
    known: FxHashMap<*const Constraint, ConstraintId>,
    alternatives: FxHashMap<*const Constraint, Vec<ConstraintId>>,
}

impl ConstraintTable {
    fn id(&mut self, constraint: &Arc<Constraint>) -> ConstraintId {
        let constraints = &mut self.constraints;
        *self
            .known
            .entry(Arc::as_ptr(constraint))
            .or_insert_with(|| insert(constraints, (**constraint).clone()))
    }

    /// The alternatives of a constraint: `^2.14 || ^3.3` is asked for twice, so that the best version for each is kept.
    fn alternatives(&mut self, constraint: &Arc<Constraint>) -> &[ConstraintId] {
        let constraints = &mut self.constraints;
        self.alternatives
            .entry(Arc::as_ptr(constraint))
            .or_insert_with(|| match intervals::compact(constraint) {
                Constraint::Multi {
                    constraints: parts,
                    conjunctive: false,
                } => parts
                    .into_iter()
                    .map(|part| insert(constraints, part))
                    .collect(),
                whole => vec![insert(constraints, whole)],
            })
    }
}

fn insert(constraints: &mut FxIndexSet<Constraint>, constraint: Constraint) -> ConstraintId {
    constraints.insert_full(constraint).0 as ConstraintId
}

/// What is asked about a version, in the order Composer writes it into its group key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Asked {
    Required(ConstraintId),
    Conflicting(ConstraintId),
}

/// What is asked about every name: alternatives of constraints, each once.
struct Asking {
    by_name: Vec<Vec<ConstraintId>>,
    /// Names and constraints, by address, that have been noted: most links of a pool are shared.
    noted: FxHashSet<(NameId, *const Constraint)>,
}

impl Asking {
    fn new(names: usize) -> Self {
        Asking {
            by_name: vec![Vec::new(); names],
            noted: FxHashSet::default(),
        }
    }

    fn note(
        &mut self,
        constraints: &mut ConstraintTable,
        name: NameId,
        constraint: &Arc<Constraint>,
    ) {
        if self.noted.insert((name, Arc::as_ptr(constraint))) {
            let of_name = &mut self.by_name[name as usize];
            for alternative in constraints.alternatives(constraint) {
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

/// All links of a package, so that two versions with the same ones can be told.
type Dependencies = Vec<(u8, NameId, ConstraintId)>;

/// Lists that occur often, by a number.
#[derive(Default)]
struct Lists(FxHashMap<Vec<Asked>, u32>);

impl Lists {
    fn number(&mut self, list: Vec<Asked>) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry(list).or_insert(next)
    }
}

/// Packages that agree in what is asked about a name of theirs, and in their dependencies.
#[derive(Default)]
struct Groups {
    /// Name, question and dependencies, by group.
    keys: FxIndexSet<(NameId, u32, u32)>,
    /// The group of each entry, and the package.
    entries: Vec<(usize, Literal)>,
}

impl Groups {
    fn add(&mut self, name: NameId, question: u32, dependencies: u32, literal: Literal) {
        let (group, _) = self.keys.insert_full((name, question, dependencies));
        self.entries.push((group, literal));
    }

    /// The packages of each group in turn, in the order in which they were added.
    fn literals(&self) -> (Vec<usize>, Vec<Literal>) {
        let mut starts = vec![0; self.keys.len() + 1];
        self.entries
            .iter()
            .for_each(|&(group, _)| starts[group + 1] += 1);
        for group in 1..starts.len() {
            starts[group] += starts[group - 1];
        }
        let mut next = starts.clone();
        let mut literals = vec![0; self.entries.len()];
        for &(group, literal) in &self.entries {
            literals[next[group]] = literal;
            next[group] += 1;
        }
        (starts, literals)
    }

    /// The groups as Composer goes through them: name by name, question by question, each where it first came up.
    fn in_order(&self) -> Vec<usize> {
        let mut names: FxHashMap<NameId, usize> = FxHashMap::default();
        let mut questions: FxHashMap<(NameId, u32), usize> = FxHashMap::default();
        for (group, &(name, question, _)) in self.keys.iter().enumerate() {
            names.entry(name).or_insert(group);
            questions.entry((name, question)).or_insert(group);
        }
        let mut order: Vec<usize> = (0..self.keys.len()).collect();
        order.sort_by_key(|&group| {
            let (name, question, _) = self.keys[group];
            (names[&name], questions[&(name, question)])
        });
        order
    }
}

struct Optimizer<'a> {
    candidates: &'a Candidates,
    pool: &'a Pool,
    purpose: Purpose,
    irremovable: Vec<bool>,
    constraints: ConstraintTable,
    required: Asking,
    conflicting: Asking,
    aliases: FxHashMap<Literal, Vec<Literal>>,
    removed: Vec<bool>,
    represented: FxHashMap<CandidateId, Vec<Arc<[CandidateId]>>>,
}

impl<'a> Optimizer<'a> {
    fn collect(&mut self, request: &'a Request) {
        let mut fixed: FxHashMap<NameId, Vec<CandidateId>> = FxHashMap::default();
        for id in request.fixed_or_locked() {
            fixed
                .entry(self.candidates[id].name_id())
                .or_default()
                .push(id);
        }
        let variants = request.variants.iter();
        let asked = request
            .requires
            .iter()
            .chain(variants.map(|(name, variant)| (name, variant)));
        for (name, requirement) in asked {
            // Nobody can be asked for a name that no candidate speaks of.
            if let Some(name) = self.candidates.name_id(name) {
                self.required
                    .note(&mut self.constraints, name, &requirement.constraint);
            }
        }
        for literal in self.pool.literals() {
            let candidate = &self.candidates[self.pool.candidate(literal)];
            for (name, link) in candidate.requires() {
                self.required
                    .note(&mut self.constraints, name, &link.constraint);
            }
            for (name, link) in candidate.conflicts() {
                self.conflicting
                    .note(&mut self.constraints, name, &link.constraint);
            }
            if let Some(base) = candidate.alias_of.and_then(|base| self.pool.literal(base)) {
                self.aliases.entry(base).or_default().push(literal);
            }
        }
        for literal in self.pool.literals() {
            let candidate = &self.candidates[self.pool.candidate(literal)];
            let versions = fixed.get(&candidate.name_id()).into_iter().flatten();
            if versions
                .map(|&id| self.candidates[id].version())
                .any(|version| version == candidate.version())
            {
                for member in self.unit(literal) {
                    self.irremovable[place(member)] = true;
                }
            }
        }
    }

    /// A package with all its aliases: they are kept or removed together.
    fn unit(&self, literal: Literal) -> Vec<Literal> {
        let base = self.candidates[self.pool.candidate(literal)]
            .alias_of
            .and_then(|base| self.pool.literal(base));
        let base = base.unwrap_or(literal);
        let mut unit = vec![literal, base];
        unit.extend(self.aliases.get(&base).into_iter().flatten());
        unit
    }

    fn remove_equivalent(&mut self, policy: &Policy) {
        let groups = self.group();
        let (starts, literals) = groups.literals();
        // What is kept does not depend on the order, only what it is said to stand for.
        let order = match self.purpose {
            Purpose::Reasons => groups.in_order(),
            Purpose::Answer | Purpose::Solvability => (0..groups.keys.len()).collect(),
        };
        for group in order {
            let (name, ..) = groups.keys[group];
            match &literals[starts[group]..starts[group + 1]] {
                [only] => self.keep(*only, name, &[*only]),
                several => {
                    for preferred in policy.select(self.pool, self.candidates, several, None) {
                        self.keep(preferred, name, several);
                    }
                }
            }
        }
    }

    /// Groups versions that answer alike to everything asked about their name, and depend on the same.
    fn group(&mut self) -> Groups {
        let mut dependencies: FxHashMap<Dependencies, u32> = FxHashMap::default();
        let mut groups = Groups::default();
        let mut lists = Lists::default();
        // A question is a requirement, if it matches, before the rest; found again without putting the list together.
        let mut questions: FxHashMap<(Option<ConstraintId>, u32), u32> = FxHashMap::default();
        for literal in self.pool.literals() {
            if self.irremovable[place(literal)] {
                continue;
            }
            self.removed[place(literal)] = true;
            let own = self.dependencies(literal);
            let next = dependencies.len() as u32;
            let own = *dependencies.entry(own).or_insert(next);
            let candidate = &self.candidates[self.pool.candidate(literal)];
            let version = candidate.version();
            let replaced = candidate.package.replaces.iter();
            let replaced: Vec<Asked> = replaced
                .filter(|link| link.constraint.matches_version(version))
                .map(|link| Asked::Required(self.constraints.id(&link.constraint)))
                .collect();
            let constraints = &self.constraints.constraints;
            let matches = |id: ConstraintId| constraints[id as usize].matches_version(version);
            for name in candidate.name_ids(false) {
                let required = self.required.about(name);
                if required.is_empty() {
                    continue;
                }
                let conflicting = self.conflicting.about(name).iter().copied();
                let conflicting = conflicting
                    .filter(|&id| matches(id))
                    .map(Asked::Conflicting);
                let rest: Vec<Asked> = replaced.iter().copied().chain(conflicting).collect();
                if self.purpose == Purpose::Solvability {
                    let asked = required.iter().copied().filter(|&id| matches(id));
                    let all: Vec<Asked> = asked.map(Asked::Required).chain(rest).collect();
                    if !all.is_empty() {
                        groups.add(name, lists.number(all), own, literal);
                    }
                    continue;
                }
                let rest_number = lists.number(rest.clone());
                for &constraint in required {
                    let asked = matches(constraint).then_some(constraint);
                    if asked.is_none() && rest.is_empty() {
                        continue;
                    }
                    let question = *questions.entry((asked, rest_number)).or_insert_with(|| {
                        let first = asked.map(Asked::Required);
                        lists.number(first.into_iter().chain(rest.iter().copied()).collect())
                    });
                    groups.add(name, question, own, literal);
                }
            }
        }
        groups
    }

    /// A package's links; of two with the same target in one section the later counts.
    fn dependencies(&mut self, literal: Literal) -> Dependencies {
        let candidate = &self.candidates[self.pool.candidate(literal)];
        let package = &candidate.package;
        let sections = [
            &package.requires,
            &package.conflicts,
            &package.replaces,
            &package.provides,
        ];
        let links = sections.iter().map(|section| section.len()).sum();
        let mut all = Dependencies::with_capacity(links);
        let mut add = |section: u8, (name, link): (NameId, &Link)| {
            all.push((section, name, self.constraints.id(&link.constraint)));
        };
        candidate.requires().for_each(|link| add(0, link));
        candidate.conflicts().for_each(|link| add(1, link));
        candidate.replaces().for_each(|link| add(2, link));
        candidate.provides().for_each(|link| add(3, link));
        all.sort_by_key(|&(section, name, _)| (section, name));
        all.reverse();
        all.dedup_by(|earlier, later| (earlier.0, earlier.1) == (later.0, later.1));
        all
    }

    /// Keeps a package and its aliases, and notes which versions it stands for.
    fn keep(&mut self, literal: Literal, name: NameId, group: &[Literal]) {
        let group: Option<Arc<[CandidateId]>> = (self.purpose == Purpose::Reasons).then(|| {
            let ids = group.iter().map(|&other| self.pool.candidate(other));
            ids.collect()
        });
        self.represent(literal, name, group.as_ref());
        if !self.removed[place(literal)] {
            return;
        }
        for member in self.unit(literal) {
            self.removed[place(member)] = false;
            self.represent(member, name, group.as_ref());
        }
    }

    fn represent(&mut self, literal: Literal, name: NameId, group: Option<&Arc<[CandidateId]>>) {
        let id = self.pool.candidate(literal);
        let mut own = self.candidates[id].name_ids(false);
        if let Some(group) = group.filter(|_| own.any(|own| own == name)) {
            self.represented.entry(id).or_default().push(group.clone());
        }
    }

    /// Takes out what a locked package that stays does not allow.
    fn remove_impossible(&mut self, request: &Request) {
        let locked = request.all_locked();
        if locked.is_empty() {
            return;
        }
        let mut open: FxHashMap<NameId, Vec<Literal>> = FxHashMap::default();
        for literal in self.pool.literals() {
            let id = self.pool.candidate(literal);
            let candidate = &self.candidates[id];
            let removable = !self.irremovable[place(literal)]
                && !self.aliases.contains_key(&literal)
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
            let is_required = |name: NameId| !self.required.about(name).is_empty();
            if !candidate.name_ids(false).any(is_required) {
                continue;
            }
            for (name, link) in candidate.requires() {
                for &literal in open.get(&name).into_iter().flatten() {
                    let version = self.candidates[self.pool.candidate(literal)].version();
                    if !link.constraint.matches_version(version) {
                        self.removed[place(literal)] = true;
                    }
                }
            }
        }
    }
}
