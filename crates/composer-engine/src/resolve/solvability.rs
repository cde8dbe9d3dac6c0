//! Whether roots have a solution that differ in nothing but what they require: one pool is loaded for all of them.
//!
//! Looking for what stands in the way of a root takes dozens of such questions. Loading and optimizing a pool costs several
//! times what solving over it does.

use super::candidate::{CandidateId, Candidates, NameId};
use super::platform::PlatformFilter;
use super::policy::Policy;
use super::pool::Pool;
use super::pool_builder;
use super::pool_optimizer::{Purpose, optimize};
use super::request::{Request, Requirement};
use super::solver::{SolveError, solve};
use super::update::{LockedPackages, UpdateError, UpdateOptions, full_request, load_rules, policy};
use super::world::World;
use crate::format::constraint::Constraint;
use crate::format::root_package::RootPackage;
use crate::repository::PackageSource;
use indexmap::IndexMap;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// What roots require: constraints by name.
pub type Requirements = IndexMap<Arc<str>, Requirement>;

/// A pool in which every root of a family is asked about.
pub struct Solvability {
    candidates: Candidates,
    pool: Pool,
    request: Request,
    policy: Policy,
    filter: PlatformFilter,
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
        let built = pool_builder::build(&mut world, &mut request, &load_rules(root, options));
        request.requires = own;
        let policy = policy(root, locked, options);
        let pool = optimize(
            &world.candidates,
            &built.pool,
            &request,
            &policy,
            Purpose::Solvability,
        );
        Solvability {
            candidates: world.candidates,
            pool,
            request,
            policy,
            filter: options.filter.clone(),
        }
    }

    /// Whether a root of the family has a solution.
    pub fn holds(&self, requires: Requirements) -> Result<bool, UpdateError> {
        let pool = self.part(&requires);
        let request = Request {
            requires,
            ..self.request.clone()
        };
        match solve(
            &self.candidates,
            &pool,
            &self.policy,
            &request,
            &self.filter,
        ) {
            Ok(_) => Ok(true),
            Err(SolveError::Unsolvable(_)) => Ok(false),
            Err(SolveError::Internal(message)) => Err(UpdateError::Internal(message)),
        }
    }

    /// The part of the pool that would have been loaded for these requirements: Composer installs no replacement that nobody
    /// names, in no version that nobody asks for.
    fn part(&self, requires: &Requirements) -> Pool {
        let candidates = &self.candidates;
        let base = |id: CandidateId| candidates[id].alias_of.unwrap_or(id);
        let members: Vec<CandidateId> = self
            .pool
            .literals()
            .map(|literal| self.pool.candidate(literal))
            .collect();
        let mut by_name: Vec<Vec<CandidateId>> = vec![Vec::new(); candidates.names()];
        for &id in &members {
            by_name[candidates[id].name_id() as usize].push(id);
        }
        let mut reached: FxHashSet<CandidateId> =
            self.request.fixed_or_locked().into_iter().collect();
        let mut open: Vec<CandidateId> = reached.iter().copied().collect();
        let mut asked: FxHashSet<(NameId, *const Constraint)> = FxHashSet::default();
        let required = requires.iter().filter_map(|(name, requirement)| {
            Some((candidates.name_id(name)?, &requirement.constraint))
        });
        let mut queue: Vec<(NameId, &Arc<Constraint>)> = required.collect();
        // What the root requires is loaded as the root requires it, whatever others would take.
        let of_root: FxHashSet<NameId> = queue.iter().map(|(name, _)| *name).collect();
        loop {
            while let Some((name, constraint)) = queue.pop() {
                if !asked.insert((name, Arc::as_ptr(constraint))) {
                    continue;
                }
                let of_name = by_name[name as usize].iter();
                for &id in
                    of_name.filter(|&&id| constraint.matches_version(candidates[id].version()))
                {
                    if reached.insert(base(id)) {
                        open.push(base(id));
                    }
                }
            }
            let Some(id) = open.pop() else { break };
            let links = candidates[id].requires();
            let links = links.filter(|(name, _)| !of_root.contains(name));
            queue.extend(links.map(|(name, link)| (name, &link.constraint)));
        }
        let is_reached = |id: &CandidateId| reached.contains(&base(*id));
        Pool::new(members.into_iter().filter(is_reached).collect(), candidates)
    }
}
