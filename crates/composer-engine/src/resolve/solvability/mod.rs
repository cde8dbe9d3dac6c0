//! Whether roots have a solution that differ in nothing but what they require: one pool and one set of clauses serve all of
//! them.
//!
//! Looking for what stands in the way of a root takes dozens of such questions. Loading and optimizing a pool, and writing
//! down its rules, costs many times what an answer does. Here the rules of all that any root may need are written down once;
//! what a root requires, and what of the pool it does not reach, are assumptions.

mod reach;

use super::candidate::{CandidateId, Candidates, NameId};
use super::platform::PlatformFilter;
use super::pool::builder;
use super::pool::optimizer::{Purpose, optimize};
use super::pool::policy::Policy;
use super::pool::{Literal, Pool};
use super::request::{Request, Requirement};
use super::solver::rule_generator::{effective, generate};
use super::solver::rules::{Reason, Rule, RuleShape};
use super::solver::satisfiable::Clauses;
use super::update::{LockedPackages, UpdateOptions, full_request, load_rules, policy};
use super::world::World;
use crate::format::constraint::Constraint;
use crate::format::root::RootPackage;
use crate::phase;
use crate::repository::PackageSource;
use indexmap::IndexMap;
use reach::Reach;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tracing::{debug, debug_span};

/// What roots require: constraints by name.
pub type Requirements = IndexMap<Arc<str>, Requirement>;

/// A pool in which every root of a family is asked about.
pub struct Solvability {
    candidates: Candidates,
    pool: Pool,
    policy: Policy,
    filter: PlatformFilter,
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

impl Solvability {
    /// Loads what any root needs that requires some of what `root` requires, each with its own constraint or with one of
    /// `variants`. A solution need not hold together without the packages for development, and what is published against
    /// versions does not count.
    pub fn new(
        source: &dyn PackageSource,
        root: &RootPackage,
        variants: &[(Arc<str>, Requirement)],
        locked: Option<&LockedPackages>,
        options: &UpdateOptions,
    ) -> Self {
        let _span = debug_span!(phase::FAMILY).entered();
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
        let built = builder::build(&mut world, &mut request, &load_rules(root, options));
        let widest = std::mem::replace(&mut request.requires, own);
        let policy = policy(root, locked, options);
        let pool = optimize(
            &world.candidates,
            &built.pool,
            &request,
            &policy,
            Purpose::Solvability,
        );
        let (candidates, filter) = (world.candidates, options.filter.clone());
        let always = request.fixed_or_locked();
        debug!(
            versions = built.pool.len(),
            kept = pool.len(),
            "loaded for a family of roots"
        );
        // Whatever any root requires is written down.
        request.requires = widest;
        let questions = Questions::new(&candidates, &pool, &request, &filter);
        Solvability {
            reach: Reach::new(&candidates, &pool, &always),
            questions: Mutex::new(questions),
            candidates,
            pool,
            policy,
            filter,
        }
    }

    /// Whether a root of the family has a solution.
    pub fn holds(&self, requires: &Requirements) -> bool {
        let Solvability {
            candidates, pool, ..
        } = self;
        let reached = self.reach.from(candidates, requires);
        let is_reached = |id: CandidateId| reached[candidates[id].alias_of.unwrap_or(id)];
        let mut questions = self
            .questions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut assumptions = Vec::with_capacity(pool.len());
        for (name, requirement) in effective(requires, &self.filter) {
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
            let preferred = self.policy.select(pool, candidates, options, None);
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
