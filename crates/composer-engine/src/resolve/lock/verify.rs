//! Checks a lock by itself, as `composer install` does before it installs anything.

use crate::format::package::Package;
use crate::format::package::links::Link;
use crate::format::package::platform::is_platform_package;
use crate::format::root::RootPackage;
use crate::repository::PackageSource;
use crate::resolve::candidate::{CandidateId, Candidates};
use crate::resolve::explain::explained_pool::ExplainedPool;
use crate::resolve::explain::missing_package::MissingPackage;
use crate::resolve::explain::problem::{Context, Explanation};
use crate::resolve::platform::PlatformFilter;
use crate::resolve::pool;
use crate::resolve::pool::Pool;
use crate::resolve::pool::builder::LoadRules;
use crate::resolve::pool::policy::Policy;
use crate::resolve::request::Request;
use crate::resolve::solver;
use crate::resolve::solver::{SolveError, Unsolvable};
use crate::resolve::stability_filter::StabilityFilter;
use crate::resolve::update::entangled::Entangled;
use crate::resolve::update::{
    LockedPackages, UpdateOptions, add_locked, base_request, root_requirements,
};
use crate::resolve::world::World;
use std::sync::Arc;

/// Why a lock cannot be installed.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Root requirements that the lock does not meet (`Locker::getMissingRequirementInfo`, Composer 2.5 and later).
    #[error("{}", .0.join("\n"))]
    MissingRequirements(Vec<String>),
    /// The locked packages contradict each other, the root or the platform.
    #[error("Your lock file does not contain a compatible set of packages.")]
    Incompatible(Explanation),
    /// Locked packages that nothing needs, so that Composer would want to remove them.
    #[error("the lock holds packages that nothing needs: {}", .0.join(", "))]
    Superfluous(Vec<String>),
    /// The locked packages contradict each other in more ways than are tried.
    #[error(transparent)]
    Entangled(Entangled),
    /// The resolver contradicts itself, which is a fault of this crate.
    #[error("internal error while verifying: {0}")]
    Internal(String),
}

/// Solves over the locked packages alone, all of them fixed.
pub fn verify(
    source: &dyn PackageSource,
    root: &RootPackage,
    locked: &LockedPackages,
    platform: &[Arc<Package>],
    filter: &PlatformFilter,
) -> Result<(), VerifyError> {
    let options = UpdateOptions {
        platform: platform.to_vec(),
        filter: filter.clone(),
        ..UpdateOptions::default()
    };
    let mut world = World::new(source);
    let mut request = base_request(&mut world.candidates, root, &options);
    let members = add_locked(&mut world.candidates, locked);
    let missing = missing_among(root, &world.candidates, &members);
    if !missing.is_empty() {
        return Err(VerifyError::MissingRequirements(missing));
    }
    request.locked_repository = members.clone();
    for &id in &members {
        request.fixed.insert(id);
        request.fixed_locked.insert(id);
    }
    for link in root
        .all_requires()
        .into_values()
        .filter(|link| is_platform_package(&link.target))
    {
        require(&mut request, link);
    }
    let fixed: Vec<_> = request.fixed.iter().copied().collect();
    let pool = Pool::new(fixed, &world.candidates);
    let policy = Policy {
        prefer_stable: root.prefer_stable,
        ..Policy::default()
    };
    let literals = match solver::solve(&world.candidates, &pool, &policy, &request, filter) {
        Ok(literals) => literals,
        Err(SolveError::Internal(message)) => return Err(VerifyError::Internal(message)),
        Err(SolveError::Endless(at_fault)) => {
            let entangled = Entangled::of(&at_fault, &world.candidates, source);
            return Err(VerifyError::Entangled(entangled));
        }
        Err(SolveError::Unsolvable(unsolvable)) => {
            let Unsolvable { problems, rules } = *unsolvable;
            let load = LoadRules {
                stability: StabilityFilter {
                    minimum: root.minimum_stability,
                    flags: root.stability_flags.clone(),
                },
                aliases: Vec::new(),
                references: root.references.clone(),
                temporary: Vec::new(),
            };
            let missing = MissingPackage {
                world: &mut world,
                load: &load,
                root: &root_requirements(&request),
                last: &members,
                hidden: &[],
            };
            let mut context = Context {
                missing,
                pool: &ExplainedPool::whole(&pool),
                request: &request,
                rules: &rules,
                ini_files: &[],
                without_dev: false,
            };
            return Err(VerifyError::Incompatible(Explanation::new(
                &problems,
                &mut context,
            )));
        }
    };
    let superfluous: Vec<String> = members
        .iter()
        .filter(|&&id| {
            pool.literal(id)
                .is_none_or(|literal| !literals.contains(&literal))
        })
        .map(|&id| world.candidates[id].pretty_string())
        .collect();
    if superfluous.is_empty() {
        Ok(())
    } else {
        Err(VerifyError::Superfluous(superfluous))
    }
}

fn require(request: &mut Request, link: Link) {
    request.requires.insert(link.target.clone(), link.into());
}

/// The sentences Composer prints for root requirements that no locked package satisfies, replaces or provides.
pub fn missing_requirements(root: &RootPackage, locked: &LockedPackages) -> Vec<String> {
    let mut candidates = Candidates::default();
    let members = add_locked(&mut candidates, locked);
    missing_among(root, &candidates, &members)
}

fn missing_among(
    root: &RootPackage,
    candidates: &Candidates,
    members: &[CandidateId],
) -> Vec<String> {
    let mut missing = Vec::new();
    for (links, section) in [
        (&root.requires, "Required"),
        (&root.dev_requires, "Required (in require-dev)"),
    ] {
        for link in links
            .iter()
            .filter(|link| !is_platform_package(&link.target))
        {
            if &*link.pretty_constraint == "self.version" {
                continue;
            }
            let own = &root.package;
            let by_root = own
                .replaces
                .iter()
                .chain(&own.provides)
                .any(|replaced| replaced.target == link.target);
            let is_met = |name| {
                members
                    .iter()
                    .any(|&id| pool::satisfies(&candidates[id], name, &link.constraint))
            };
            if by_root || candidates.name_id(&link.target).is_some_and(is_met) {
                continue;
            }
            let named = members
                .iter()
                .map(|&id| &candidates[id])
                .find(|candidate| *candidate.name() == link.target);
            missing.push(match named {
                Some(candidate) => format!(
                    "- {section} package \"{}\" is in the lock file as \"{}\" but that does not satisfy your constraint \"{}\".",
                    link.target, candidate.package.pretty_version, link.pretty_constraint
                ),
                None => format!("- {section} package \"{}\" is not present in the lock file.", link.target),
            });
        }
    }
    missing
}
