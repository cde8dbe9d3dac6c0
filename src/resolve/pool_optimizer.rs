//! Takes out of a pool what cannot matter: versions that differ from a preferred one in nothing that anybody asks
//! about, and versions that a locked package rules out (`PoolOptimizer`). This is not only for speed: which versions are
//! left decides some answers.

use super::candidate::{CandidateId, Candidates, DEFAULT_BRANCH_ALIAS};
use super::policy::Policy;
use super::pool::{Literal, Pool, RemovedVersions};
use super::request::Request;
use crate::composer::constraint::Constraint;
use crate::composer::intervals;
use crate::composer::package::Link;
use indexmap::{IndexMap, IndexSet};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// The pool without what cannot matter, renumbered. With `explain`, it also knows which versions stand for which, as
/// messages about a contradiction need.
pub fn optimize(
    candidates: &Candidates,
    pool: &Pool,
    request: &Request,
    policy: &Policy,
    explain: bool,
) -> Pool {
    let mut optimizer = Optimizer {
        candidates,
        pool,
        explain,
        irremovable: FxHashSet::default(),
        constraints: ConstraintTable::default(),
        required: FxHashMap::default(),
        conflicting: FxHashMap::default(),
        aliases: FxHashMap::default(),
        removed: vec![false; pool.len() + 1],
        represented: FxHashMap::default(),
    };
    optimizer.collect(request);
    optimizer.remove_equivalent(policy);
    optimizer.remove_impossible(request);
    let (removed, represented) = (optimizer.removed, optimizer.represented);
    let mut kept = Vec::new();
    let mut versions: FxHashMap<Arc<str>, RemovedVersions> = FxHashMap::default();
    for literal in pool.literals() {
        let id = pool.candidate(literal);
        if removed[literal.unsigned_abs() as usize] {
            let package = &candidates[id].package;
            let of_name = versions.entry(package.name.clone()).or_default();
            of_name.insert(package.version.clone(), package.pretty_version.clone());
        } else {
            kept.push(id);
        }
    }
    let mut optimized = Pool::new(kept, candidates);
    optimized.unacceptable = pool.unacceptable.clone();
    optimized.blocked = pool.blocked.clone();
    optimized.removed = versions;
    optimized.represented = represented;
    optimized
}

/// Index of a constraint in the [`ConstraintTable`].
type ConstraintId = u32;

/// Every constraint once, with the alternatives it falls apart into.
#[derive(Default)]
struct ConstraintTable {
    constraints: IndexSet<Constraint>,
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

fn insert(constraints: &mut IndexSet<Constraint>, constraint: Constraint) -> ConstraintId {
    constraints.insert_full(constraint).0 as ConstraintId
}

/// What is asked about a version, in the order Composer writes it into its group key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Asked {
    Required(ConstraintId),
    Conflicting(ConstraintId),
}

/// All links of a package, so that two versions with the same ones can be told.
type Dependencies = Vec<(u8, Arc<str>, ConstraintId)>;

/// By name: what is asked → dependencies → the packages that agree in both.
type Groups = IndexMap<Arc<str>, IndexMap<Vec<Asked>, IndexMap<u32, Vec<Literal>>>>;

struct Optimizer<'a> {
    candidates: &'a Candidates,
    pool: &'a Pool,
    explain: bool,
    irremovable: FxHashSet<Literal>,
    constraints: ConstraintTable,
    required: FxHashMap<Arc<str>, IndexSet<ConstraintId>>,
    conflicting: FxHashMap<Arc<str>, IndexSet<ConstraintId>>,
    aliases: FxHashMap<Literal, Vec<Literal>>,
    removed: Vec<bool>,
    represented: FxHashMap<CandidateId, RemovedVersions>,
}

impl<'a> Optimizer<'a> {
    fn collect(&mut self, request: &'a Request) {
        let mut fixed: FxHashMap<&Arc<str>, Vec<CandidateId>> = FxHashMap::default();
        for id in request.fixed_or_locked() {
            fixed
                .entry(self.candidates[id].name())
                .or_default()
                .push(id);
        }
        for (name, requirement) in &request.requires {
            let alternatives = self.constraints.alternatives(&requirement.constraint);
            self.required
                .entry(name.clone())
                .or_default()
                .extend(alternatives);
        }
        for literal in self.pool.literals() {
            let candidate = &self.candidates[self.pool.candidate(literal)];
            for link in &candidate.package.requires {
                note(&mut self.required, &mut self.constraints, link);
            }
            for link in &candidate.package.conflicts {
                note(&mut self.conflicting, &mut self.constraints, link);
            }
            if let Some(base) = candidate.alias_of.and_then(|base| self.pool.literal(base)) {
                self.aliases.entry(base).or_default().push(literal);
            }
        }
        for literal in self.pool.literals() {
            let candidate = &self.candidates[self.pool.candidate(literal)];
            let versions = fixed.get(candidate.name()).into_iter().flatten();
            if versions
                .map(|&id| self.candidates[id].version())
                .any(|version| version == candidate.version())
            {
                self.irremovable.extend(self.unit(literal));
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
        for (name, by_question) in &groups {
            for literals in by_question
                .values()
                .flat_map(|by_dependencies| by_dependencies.values())
            {
                match literals.as_slice() {
                    [only] => self.keep(*only, name, literals),
                    _ => {
                        for preferred in policy.select(self.pool, self.candidates, literals, None) {
                            self.keep(preferred, name, literals);
                        }
                    }
                }
            }
        }
    }

    /// Groups versions that answer alike to everything asked about their name, and depend on the same.
    fn group(&mut self) -> Groups {
        let mut dependencies: FxHashMap<Dependencies, u32> = FxHashMap::default();
        let mut groups = Groups::new();
        for literal in self.pool.literals() {
            if self.irremovable.contains(&literal) {
                continue;
            }
            self.removed[literal.unsigned_abs() as usize] = true;
            let candidate = &self.candidates[self.pool.candidate(literal)];
            let version = candidate.version();
            let own = self.dependencies(literal);
            let next = dependencies.len() as u32;
            let own = *dependencies.entry(own).or_insert(next);
            let replaced: Vec<Asked> = candidate
                .package
                .replaces
                .iter()
                .filter(|link| link.constraint.matches_version(version))
                .map(|link| Asked::Required(self.constraints.id(&link.constraint)))
                .collect();
            for name in candidate.names(false) {
                let Some(required) = self.required.get(name) else {
                    continue;
                };
                let matches = |id: &ConstraintId| {
                    self.constraints.constraints[*id as usize].matches_version(version)
                };
                let conflicting = self
                    .conflicting
                    .get(name)
                    .into_iter()
                    .flatten()
                    .copied()
                    .filter(&matches);
                let conflicting: Vec<Asked> = conflicting.map(Asked::Conflicting).collect();
                for constraint in required {
                    let mut asked = Vec::with_capacity(1 + replaced.len() + conflicting.len());
                    asked.extend(matches(constraint).then_some(Asked::Required(*constraint)));
                    asked.extend(&replaced);
                    asked.extend(&conflicting);
                    if !asked.is_empty() {
                        let by_question = groups.entry(name.clone()).or_default();
                        by_question
                            .entry(asked)
                            .or_default()
                            .entry(own)
                            .or_default()
                            .push(literal);
                    }
                }
            }
        }
        groups
    }

    /// A package's links; of two with the same target in one section the later counts.
    fn dependencies(&mut self, literal: Literal) -> Dependencies {
        let package = &self.candidates[self.pool.candidate(literal)].package;
        let sections = [
            &package.requires,
            &package.conflicts,
            &package.replaces,
            &package.provides,
        ];
        let mut links =
            Dependencies::with_capacity(sections.iter().map(|section| section.len()).sum());
        for (section, kind) in sections.into_iter().zip(0..) {
            let start = links.len();
            links.extend(section.iter().map(|link| {
                (
                    kind,
                    link.target.clone(),
                    self.constraints.id(&link.constraint),
                )
            }));
            if let Some(added) = links.get_mut(start..) {
                added.sort_by(|a, b| a.1.cmp(&b.1));
            }
        }
        links.reverse();
        links.dedup_by(|earlier, later| earlier.0 == later.0 && earlier.1 == later.1);
        links
    }

    /// Keeps a package and its aliases, and notes which versions it stands for.
    fn keep(&mut self, literal: Literal, name: &Arc<str>, group: &[Literal]) {
        self.represent(literal, name, group);
        if !self.removed[literal.unsigned_abs() as usize] {
            return;
        }
        for member in self.unit(literal) {
            self.removed[member.unsigned_abs() as usize] = false;
            self.represent(member, name, group);
        }
    }

    fn represent(&mut self, literal: Literal, name: &Arc<str>, group: &[Literal]) {
        let id = self.pool.candidate(literal);
        if !self.explain || !self.candidates[id].names(false).contains(&name) {
            return;
        }
        let versions = self.represented.entry(id).or_default();
        for &other in group {
            let mut candidate = &self.candidates[self.pool.candidate(other)];
            if let Some(base) = candidate.alias_of
                && &*candidate.package.pretty_version == DEFAULT_BRANCH_ALIAS
            {
                candidate = &self.candidates[base];
            }
            versions.insert(
                candidate.version().clone(),
                candidate.package.pretty_version.clone(),
            );
        }
    }

    /// Takes out what a locked package that stays does not allow.
    fn remove_impossible(&mut self, request: &Request) {
        let locked = request.all_locked();
        if locked.is_empty() {
            return;
        }
        let mut open: FxHashMap<&Arc<str>, Vec<Literal>> = FxHashMap::default();
        for literal in self.pool.literals() {
            let id = self.pool.candidate(literal);
            let candidate = &self.candidates[id];
            let removable = !self.irremovable.contains(&literal)
                && !self.aliases.contains_key(&literal)
                && !candidate.is_alias()
                && !request.fixed.contains(&id)
                && !request.is_locked(id);
            if removable {
                open.entry(candidate.name()).or_default().push(literal);
            }
        }
        for id in locked {
            let candidate = &self.candidates[id];
            // A locked package that nothing requires may go, so what it requires does not count.
            if !candidate
                .names(false)
                .iter()
                .any(|name| self.required.contains_key(*name))
            {
                continue;
            }
            for link in &candidate.package.requires {
                for &literal in open.get(&link.target).into_iter().flatten() {
                    let version = self.candidates[self.pool.candidate(literal)].version();
                    if !link.constraint.matches_version(version) {
                        self.removed[literal.unsigned_abs() as usize] = true;
                    }
                }
            }
        }
    }
}

fn note(
    asked: &mut FxHashMap<Arc<str>, IndexSet<ConstraintId>>,
    constraints: &mut ConstraintTable,
    link: &Link,
) {
    let alternatives = constraints.alternatives(&link.constraint);
    match asked.get_mut(&link.target) {
        Some(of_name) => of_name.extend(alternatives),
        None => {
            asked.insert(link.target.clone(), alternatives.iter().copied().collect());
        }
    }
}
