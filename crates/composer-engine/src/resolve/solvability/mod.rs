//! Whether roots have a solution that differ in nothing but what they require: one pool and one set of clauses serve all of
//! them.
//!
//! Looking for what stands in the way of a root takes dozens of such questions. Loading and optimizing a pool, and writing
//! down its rules, costs many times what an answer does. Here the rules of all that any root may need are written down once;
//! what a root requires, and what of the pool it does not reach, are assumptions.

mod reach;

use super::candidate::{CandidateId, Candidates, NameId, Origin};
use super::lock::verify::verify;
use super::platform::PlatformFilter;
use super::pool::builder;
use super::pool::optimizer::{Purpose, optimize};
use super::pool::policy::Policy;
use super::pool::{Literal, Pool};
use super::request::{Request, Requirement};
use super::solver::rule_generator::{effective, generate};
use super::solver::rules::{Reason, Rule, RuleShape};
use super::solver::satisfiable::Clauses;
use super::update::{
    Chosen, LockedPackages, UpdateOptions, full_request, load_rules, needed_without_dev, policy,
    used_aliases,
};
use super::world::{NoRepositories, World};
use crate::format::constraint::Constraint;
use crate::format::root::RootPackage;
use crate::phase;
use crate::repository::PackageSource;
use indexmap::IndexMap;
use reach::Reach;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tracing::{debug, debug_span};

/// What roots require: constraints by name.
pub type Requirements = IndexMap<Arc<str>, Requirement>;

/// A pool in which every root of a family is asked about.
pub struct Solvability {
    candidates: Candidates,
    pool: Pool,
    policy: Policy,
    options: UpdateOptions,
    reach: Reach,
    questions: Mutex<Questions>,
}

/// The clauses of a pool, and what was learned from the questions so far.
struct Questions {
    clauses: Clauses,
    /// What is assumed when a root requires a name in a constraint.
    wanted: FxHashMap<(NameId, Constraint), Literal>,
    /// What is assumed when somebody is or replaces a name, and who does. Only then a conflict with the name means those that
    /// provide it, too.
    present: Vec<(Literal, Vec<CandidateId>)>,
}

/// Roots that differ in nothing but what they require.
#[derive(Clone, Copy)]
pub struct RootFamily<'a> {
    /// One of them.
    pub root: &'a RootPackage,
    /// Other constraints that names have in others.
    pub variants: &'a [(Arc<str>, Requirement)],
    /// Names of what it requires that others do not require. What others require and it does not is known by its variants.
    pub optional: &'a FxHashSet<Arc<str>>,
}

impl Solvability {
    /// Loads what any root of a family needs. What is published against versions does not count.
    pub fn new(
        source: &dyn PackageSource,
        family: RootFamily<'_>,
        locked: Option<&LockedPackages>,
        options: &UpdateOptions,
    ) -> Self {
        let _span = debug_span!(phase::FAMILY).entered();
        let RootFamily {
            root,
            variants,
            optional,
        } = family;
        let mut world = World::new(source);
        let mut request = full_request(&mut world, root, locked, options);
        request.variants = variants.to_vec();
        let own = request.requires.clone();
        for (name, variant) in variants {
            let widest = match request.requires.get(name) {
                Some(own) => Constraint::multi(
                    vec![(*own.constraint).clone(), (*variant.constraint).clone()],
                    false,
                ),
                None => (*variant.constraint).clone(),
            };
            let widest = Requirement {
                pretty_constraint: variant.pretty_constraint.clone(),
                constraint: Arc::new(widest),
            };
            request.requires.insert(name.clone(), widest);
        }
        let required = request.requires.keys();
        let optional = required.filter(|name| optional.contains(*name) || !own.contains_key(*name));
        request.optional = optional.cloned().collect();
        let rules = load_rules(root, options);
        let built = builder::build(&mut world, &mut request, &rules);
        let widest = std::mem::replace(&mut request.requires, own);
        let policy = policy(root, locked, options);
        let pool = optimize(
            &world.candidates,
            &built.pool,
            &request,
            &policy,
            Purpose::Solvability,
        );
        let candidates = world.candidates;
        let always = request.fixed_or_locked();
        debug!(
            versions = built.pool.len(),
            kept = pool.len(),
            "loaded for a family of roots"
        );
        // Whatever any root requires is written down.
        request.requires = widest;
        let questions = Questions::new(&candidates, &pool, &request, &options.filter);
        Solvability {
            reach: Reach::new(&candidates, &pool, &always),
            questions: Mutex::new(questions),
            candidates,
            pool,
            policy,
            options: options.clone(),
        }
    }

    /// Whether a root of the family has a solution. It need not hold together without the packages for development.
    pub fn holds(&self, requires: &Requirements) -> bool {
        self.answer(&mut self.questions(), requires)
    }

    /// The packages of a solution that a root of the family has, in the versions that are preferred as far as there is a choice.
    /// They were verified as those of a lock are: they do hold together, and so do those for production by themselves. None where
    /// there is no solution, or what was found is none because the root is not quite like the family.
    pub fn solution(&self, root: &RootPackage) -> Option<Vec<Chosen>> {
        let Solvability {
            candidates,
            pool,
            policy,
            options,
            ..
        } = self;
        let requires = root.all_requires().into_iter();
        let requires = requires.map(|(name, link)| (name, link.into())).collect();
        let mut questions = self.questions();
        questions.clauses.forget_solution();
        if !self.answer(&mut questions, &requires) {
            return None;
        }
        let installed: Vec<CandidateId> = pool
            .literals()
            .filter(|&literal| questions.clauses.was_true(literal))
            .map(|literal| pool.candidate(literal))
            .collect();
        let is_there_anyway = |origin| matches!(origin, Origin::Root | Origin::Platform);
        let is_chosen = |id: &CandidateId| {
            !candidates[*id].is_alias() && !is_there_anyway(candidates[*id].origin)
        };
        let result: Vec<CandidateId> = installed.iter().copied().filter(is_chosen).collect();
        let chosen = result.iter().map(|&id| Chosen::of(&candidates[id]));
        let chosen: Vec<Chosen> = chosen.collect();
        let lock = LockedPackages {
            packages: chosen.iter().map(|it| it.package.clone()).collect(),
            packages_dev: Vec::new(),
            aliases: used_aliases(candidates, &installed, &root.aliases),
        };
        let UpdateOptions {
            platform, filter, ..
        } = options;
        verify(&NoRepositories, root, &lock, platform, filter).ok()?;
        if !root.dev_requires.is_empty() {
            needed_without_dev(candidates, root, None, options, policy, &result).ok()?;
        }
        Some(chosen)
    }

    fn questions(&self) -> MutexGuard<'_, Questions> {
        self.questions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, questions: &mut Questions, requires: &Requirements) -> bool {
        let Solvability {
            candidates,
            pool,
            policy,
            options,
            ..
        } = self;
        let reached = self.reach.from(candidates, requires);
        let is_reached = |id: CandidateId| reached[candidates[id].alias_of.unwrap_or(id)];
        let mut assumptions = Vec::with_capacity(pool.len());
        for (name, requirement) in effective(requires, &options.filter) {
            // Nobody provides a name that no candidate speaks of.
            let Some(name) = candidates.name_id(name) else {
                return false;
            };
            assumptions.push(questions.want(candidates, pool, name, &requirement.constraint));
        }
        for (literal, somebody) in &questions.present {
            if somebody.iter().any(|&id| is_reached(id)) {
                assumptions.push(*literal);
            }
        }
        let left_out = pool
            .literals()
            .filter(|&literal| !is_reached(pool.candidate(literal)));
        assumptions.extend(left_out.map(|literal| -literal));
        let choose = |options: &[Literal]| {
            let preferred = policy.select(pool, candidates, options, None);
            preferred.first().copied()
        };
        questions.clauses.hold(&assumptions, choose)
    }

    /// Whether some package of the pool has a link to a name.
    pub fn is_asked_for(&self, name: &str) -> bool {
        let Some(name) = self.candidates.name_id(name) else {
            return false;
        };
        self.pool.literals().any(|literal| {
            let candidate = &self.candidates[self.pool.candidate(literal)];
            let links = candidate.requires().chain(candidate.conflicts());
            let links = links
                .chain(candidate.provides())
                .chain(candidate.replaces());
            links.map(|(target, _)| target).any(|target| target == name)
        })
    }
}

impl Questions {
    /// Writes down the rules of a pool, as far as it can be reached from a request.
    fn new(
        candidates: &Candidates,
        pool: &Pool,
        request: &Request,
        filter: &PlatformFilter,
    ) -> Self {
        let rules = generate(candidates, pool, request, filter);
        let mut questions = Questions {
            clauses: Clauses::new(pool.len()),
            wanted: FxHashMap::default(),
            present: Vec::new(),
        };
        let mut presence: FxHashMap<NameId, Literal> = FxHashMap::default();
        for rule in rules.all() {
            let mut literals = rule.literals.to_vec();
            match (rule.shape, &rule.reason) {
                // What roots require is assumed.
                (_, Reason::RootRequire { .. }) => {}
                (RuleShape::AtMostOne, _) => {
                    let members = literals.into_iter().map(i32::abs).collect();
                    questions.clauses.at_most_one(members);
                }
                _ => {
                    if let Some(name) = provided_conflict(candidates, pool, rule) {
                        let presence = presence.entry(name).or_insert_with(|| {
                            let literal = questions.clauses.variable();
                            questions
                                .present
                                .push((literal, holders(candidates, pool, name)));
                            literal
                        });
                        literals.push(-*presence);
                    }
                    questions.clauses.add(literals);
                }
            }
        }
        questions
    }

    /// What is to be assumed for a name in a constraint.
    fn want(
        &mut self,
        candidates: &Candidates,
        pool: &Pool,
        name: NameId,
        constraint: &Constraint,
    ) -> Literal {
        let key = (name, constraint.clone());
        if let Some(&known) = self.wanted.get(&key) {
            return known;
        }
        let wanted = self.clauses.variable();
        let mut literals = pool.providers_of(candidates, name, constraint);
        literals.push(-wanted);
        self.clauses.add(literals);
        self.wanted.insert(key, wanted);
        wanted
    }
}

/// The name that a rule is about when it keeps a package from one that merely provides what it conflicts with.
fn provided_conflict(candidates: &Candidates, pool: &Pool, rule: &Rule) -> Option<NameId> {
    let Reason::Conflict { package, link } = &rule.reason else {
        return None;
    };
    let (name, _) = candidates[*package].conflicts().nth(*link)?;
    let other = rule
        .literals
        .iter()
        .map(|&literal| pool.candidate(literal))
        .find(|id| id != package)?;
    let is_it = candidates[other].name_ids(false).contains(&name);
    (!is_it).then_some(name)
}

/// Who is or replaces a name. Aliases do not count, save where what they alias is not there.
fn holders(candidates: &Candidates, pool: &Pool, name: NameId) -> Vec<CandidateId> {
    let all = pool.literals().map(|literal| pool.candidate(literal));
    all.filter(|&id| {
        let candidate = &candidates[id];
        let base = candidate.alias_of.and_then(|base| pool.literal(base));
        base.is_none() && candidate.name_ids(false).contains(&name)
    })
    .collect()
}
