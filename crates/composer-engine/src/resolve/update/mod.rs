//! A whole update, from root and lock to the packages of the new lock: what Composer's `Installer` does before it writes.

pub(crate) mod entangled;
mod fewest_moves;
mod involved;
pub mod narrow;
pub mod operations;

use super::candidate::{Candidate, CandidateId, Candidates, Origin};
use super::explain::explained_pool::ExplainedPool;
use super::explain::missing_package::MissingPackage;
use super::explain::problem::{Context, Explanation};
use super::platform::PlatformFilter;
use super::pool::builder;
use super::pool::builder::LoadRules;
use super::pool::filter;
use super::pool::optimizer::{self, Optimizer, Purpose};
use super::pool::policy::Policy;
use super::pool::{Literal, Pool};
use super::request::{Request, Requirement, UpdateScope};
use super::solver::{self, SolveError, Unsolvable, contradiction};
use super::stability_filter::StabilityFilter;
use super::world::{NoRepositories, StandIns, Unavailable, World};
use crate::format::constraint::Constraint;
use crate::format::package::Package;
use crate::format::package::links::Link;
use crate::format::package::platform::is_platform_package;
use crate::format::root::{RootAlias, RootPackage};
use crate::phase;
use crate::repository::{PackageSource, RepositoryError};
use crate::resolve::blocking::Blocking;
use entangled::Entangled;
use fewest_moves::{Question, put_back};
use indexmap::IndexMap;
use involved::{names_beyond, names_involved};
use rustc_hash::{FxHashMap, FxHashSet};
use std::slice;
use std::sync::Arc;
use std::time::Instant;
use tracing::{debug, debug_span};

/// The packages of an old lock.
#[derive(Debug, Clone, Default)]
pub struct LockedPackages {
    /// What `packages` of the lock holds.
    pub packages: Vec<Arc<Package>>,
    /// What `packages-dev` of the lock holds.
    pub packages_dev: Vec<Arc<Package>>,
    /// The inline aliases in use when the lock was written.
    pub aliases: Vec<RootAlias>,
}

impl LockedPackages {
    /// All packages, those for development last.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Package>> {
        self.packages.iter().chain(&self.packages_dev)
    }
}

/// The choices of an update, as the flags of `composer update` make them.
#[derive(Debug, Clone, Default)]
pub struct UpdateOptions {
    /// Names and patterns to update; everything when empty.
    pub update_only: Vec<Arc<str>>,
    /// Which packages may move.
    pub scope: UpdateScope,
    /// Whether what is locked is preferred, as with `--minimal-changes`.
    pub minimal_changes: bool,
    /// Whether stable versions are preferred.
    pub prefer_stable: bool,
    /// Whether the lowest versions are preferred.
    pub prefer_lowest: bool,
    /// `--lock`: the locked versions, with fresh metadata.
    pub metadata_only: bool,
    /// `--with`: further constraints on names, for this update.
    pub temporary: Vec<(Arc<str>, Requirement)>,
    /// The requirements of the platform that are left out.
    pub filter: PlatformFilter,
    /// The packages of the platform: PHP, extensions, Composer's APIs.
    pub platform: Vec<Arc<Package>>,
    /// Packages of the platform that `config.platform` hides, for a hint about missing extensions.
    pub hidden_platform: Vec<String>,
    /// The ini files of the PHP that the platform was read from, for a hint about missing extensions.
    pub ini_files: Vec<String>,
    /// When locked packages may stay although no repository gives them.
    pub stand_ins: StandIns,
    /// The packages that goes for; all when it does not say.
    pub may_stay: Option<FxHashSet<Arc<str>>>,
    /// Names for which only the locked version is looked at, where it goes with what every solution requires. When that leads
    /// nowhere, the update ends with [`UpdateError::TooNarrow`].
    pub keep: FxHashSet<Arc<str>>,
    /// Whether to look at every version before giving up. Of versions that depend on the same, the optimizer keeps the one that
    /// is preferred for each constraint alone; with `--minimal-changes` that may be none which satisfies two constraints
    /// together, so that Composer finds no solution where there is one.
    pub thorough: bool,
    /// Whether the reasons do not matter when there is no solution. They cost as much as finding out that there is none.
    pub unexplained: bool,
    /// Names that go back to their locked version when they moved without need; none leaves Composer's answer as it is.
    pub put_back: Option<FxHashSet<Arc<str>>>,
    /// Which versions are not taken because of what is published against them.
    pub blocking: Blocking,
}

/// A package of the new lock.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The package in its version.
    pub package: Arc<Package>,
    /// Where it comes from.
    pub origin: Origin,
    /// The commit that the root demands in place of the package's own.
    pub reference: Option<Arc<str>>,
}

impl Chosen {
    pub(super) fn of(candidate: &Candidate) -> Self {
        Chosen {
            package: candidate.package.clone(),
            origin: candidate.origin,
            reference: candidate.reference.clone(),
        }
    }
}

/// The outcome of an update.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// For `packages` of the lock.
    pub packages: Vec<Chosen>,
    /// For `packages-dev` of the lock.
    pub packages_dev: Vec<Chosen>,
    /// The root's inline aliases that are in use, sorted by package.
    pub aliases: Vec<RootAlias>,
    /// Composer's warnings about a partial update.
    pub warnings: Vec<String>,
    /// What could not be asked for.
    pub unavailable: Vec<Unavailable>,
}

/// Why there is no new lock.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// No set of packages satisfies the root.
    #[error("Your requirements could not be resolved to an installable set of packages.")]
    Unsolvable {
        /// Why.
        explanation: Explanation,
        /// What Composer would warn of.
        warnings: Vec<String>,
        /// The repositories that could not be asked.
        unavailable: Vec<Unavailable>,
        /// Whether [`StandIns::Missing`] and [`StandIns::All`] are different questions here. Where no repository lacks a version
        /// that is locked and fits, they are the same, and so is their answer.
        stand_ins_matter: bool,
        /// The names of packages that contradict each other in all their versions, whatever else the root requires; none
        /// where that is not known. A [`thorough`](UpdateOptions::thorough) look finds them out.
        among: Box<[Arc<str>]>,
    },
    /// No set of packages satisfies the root while these and other packages are kept as they are locked.
    #[error("the locked versions of {} packages stand in the way", .involved.len())]
    TooNarrow {
        /// The packages that take part in what stands in the way; none where that has nothing to do with what is kept.
        involved: FxHashSet<Arc<str>>,
        /// The kept packages that some version of these would have in another version.
        beyond: FxHashSet<Arc<str>>,
    },
    /// There is a set, but without the packages for development there is none.
    /// What is found does not hold without the packages for development.
    #[error(
        "Unable to find a compatible set of packages based on your non-dev requirements alone."
    )]
    UnsolvableWithoutDev {
        /// Why.
        explanation: Explanation,
    },
    /// A partial update, and one of metadata alone, needs a lock.
    /// There is no lock to update in part.
    #[error(
        "Cannot update {} without a lock file present. Run `composer update` to generate a lock file.",
        if *.metadata_only { "lock file information" } else { "only a partial set of packages" }
    )]
    NoLock {
        /// Whether only the metadata of the lock were to be made anew.
        metadata_only: bool,
    },
    /// What is published against versions could not be asked for, and the policy does not let that pass.
    #[error("{0}")]
    Unreachable(Arc<RepositoryError>),
    /// Packages contradict each other in more ways than are tried.
    #[error(transparent)]
    Entangled(Entangled),
    /// The resolver contradicts itself, which is a fault of this crate.
    #[error("internal error while resolving: {0}")]
    Internal(String),
}

/// Finds the packages of the new lock.
pub fn update(
    source: &dyn PackageSource,
    root: &RootPackage,
    locked: Option<&LockedPackages>,
    options: &UpdateOptions,
) -> Result<Update, UpdateError> {
    match options.stand_ins {
        StandIns::WhereNeeded => update_where_needed(source, root, locked, options),
        _ => Ok(update_once(source, root, locked, options)?.update),
    }
}

/// Looks with all stand-ins first: where they are needed, and where there is no solution at all, that says all. Only an answer
/// that could do without them is found anew, as it would be if nobody had offered them.
fn update_where_needed(
    source: &dyn PackageSource,
    root: &RootPackage,
    locked: Option<&LockedPackages>,
    options: &UpdateOptions,
) -> Result<Update, UpdateError> {
    let answer = update_once(source, root, locked, options)?;
    if answer.needs_stand_ins {
        return Ok(answer.update);
    }
    let without = UpdateOptions {
        stand_ins: StandIns::Missing,
        unexplained: true,
        ..options.clone()
    };
    match update_once(source, root, locked, &without) {
        Ok(answer) => Ok(answer.update),
        Err(UpdateError::Unsolvable { .. } | UpdateError::UnsolvableWithoutDev { .. }) => {
            Ok(answer.update)
        }
        Err(error) => Err(error),
    }
}

/// What a question leads to.
struct Answer {
    update: Update,
    /// Of a question with [`StandIns::WhereNeeded`]: whether there is no solution without those beside other versions.
    needs_stand_ins: bool,
}

fn update_once(
    source: &dyn PackageSource,
    root: &RootPackage,
    locked: Option<&LockedPackages>,
    options: &UpdateOptions,
) -> Result<Answer, UpdateError> {
    let _span = debug_span!("update").entered();
    if locked.is_none() && (options.metadata_only || !options.update_only.is_empty()) {
        return Err(UpdateError::NoLock {
            metadata_only: options.metadata_only,
        });
    }
    let mut world = World::new(source);
    let mut request = full_request(&mut world, root, locked, options);
    request.update_only = options.update_only.clone();
    request.scope = options.scope;
    let rules = load_rules(root, options);
    let loading = debug_span!(phase::POOL).entered();
    let built = builder::build(&mut world, &mut request, &rules);
    if built.is_hopeless {
        debug!("what is certain contradicts itself");
        return Err(UpdateError::TooNarrow {
            involved: FxHashSet::default(),
            beyond: FxHashSet::default(),
        });
    }
    let stand_ins_matter = built.stand_ins_matter;
    let mut warnings = built.warnings;
    let (pool, about_blocking) = filter::remove_blocked(
        &world,
        built.pool,
        &request,
        &options.blocking,
        options.metadata_only,
    )
    .map_err(UpdateError::Unreachable)?;
    warnings.extend(about_blocking);
    let full_pool = pool;
    debug!(versions = full_pool.len(), "loaded");
    let policy = policy(root, locked, options);
    let optimizer = Optimizer::new(&world.candidates, &full_pool, &request);
    let optimize = |purpose: Purpose| optimizer.optimized(&policy, purpose);
    let mut pool = optimize(Purpose::Answer);
    drop(loading);
    let solve = |pool: &Pool| {
        let begun = Instant::now();
        let answer = solver::solution(&world.candidates, pool, &policy, &request, &options.filter);
        debug!(versions = pool.len(), solved = answer.is_ok(), took = ?begun.elapsed(), "solved");
        answer
    };
    let mut answer = solve(&pool);
    // Where only locked versions are looked at, the view is widened first.
    let is_last = options.thorough && options.keep.is_empty();
    let among = match &answer {
        Err(SolveError::Unsolvable(unsolvable)) if is_last => {
            let Unsolvable { problems, rules } = &**unsolvable;
            let names = names_involved(&world.candidates, &pool, problems, rules);
            let (candidates, filter) = (&world.candidates, &options.filter);
            contradiction::is_among(&names, candidates, &full_pool, &request, filter)
                .then_some(names)
        }
        _ => None,
    };
    if is_last && among.is_none() && matches!(answer, Err(SolveError::Unsolvable(_))) {
        let wider = optimize(Purpose::Solvability);
        if let Ok(solution) = solve(&wider) {
            pool = wider;
            answer = Ok(solution);
        }
    }
    let among = among.into_iter().flatten().collect();
    let solution = match answer {
        Ok(solution) => solution,
        Err(SolveError::Internal(message)) => return Err(UpdateError::Internal(message)),
        Err(SolveError::Endless(at_fault)) => {
            let entangled = Entangled::of(&at_fault, &world.candidates, source);
            return Err(UpdateError::Entangled(entangled));
        }
        Err(SolveError::Unsolvable(unsolvable)) if !options.keep.is_empty() => {
            let Unsolvable { problems, rules } = *unsolvable;
            let names = |problem| {
                names_involved(&world.candidates, &pool, slice::from_ref(problem), &rules)
            };
            let involved: Vec<FxHashSet<Arc<str>>> = problems.iter().map(names).collect();
            // Where no kept package takes part in one of them, it stays however much is looked at.
            let is_kept = |name: &Arc<str>| world.kept(name).is_some();
            let involved = match involved.iter().all(|names| names.iter().any(is_kept)) {
                true => involved.into_iter().flatten().collect(),
                false => FxHashSet::default(),
            };
            let beyond = names_beyond(&world, &full_pool, &involved);
            return Err(UpdateError::TooNarrow { involved, beyond });
        }
        Err(SolveError::Unsolvable(_)) if options.unexplained => {
            return Err(UpdateError::Unsolvable {
                explanation: Explanation::default(),
                warnings,
                unavailable: world.unavailable,
                stand_ins_matter,
                among,
            });
        }
        Err(SolveError::Unsolvable(unsolvable)) => {
            let pool = ExplainedPool::optimized(&pool, optimizer.left_out(&policy));
            let explanation =
                explanation(&unsolvable, &mut world, &pool, &request, &rules, options);
            return Err(UpdateError::Unsolvable {
                explanation,
                warnings,
                unavailable: world.unavailable,
                stand_ins_matter,
                among,
            });
        }
    };
    let mut installed: Vec<CandidateId> = solution
        .literals
        .iter()
        .map(|&literal| pool.candidate(literal))
        .collect();
    if let (Some(names), Some(locked)) = (&options.put_back, locked) {
        let question = Question {
            candidates: &world.candidates,
            loaded: &optimizer,
            optimized: &pool,
            request: &request,
            policy: &policy,
            filter: &options.filter,
        };
        let may_stay = locked
            .all()
            .filter(|package| names.contains(&package.name))
            .map(|package| (package.name.clone(), package.version.clone()))
            .collect();
        installed = debug_span!(phase::FEWEST_MOVES)
            .in_scope(|| put_back(&question, installed, solution.rules, &may_stay));
    }
    // Whatever they alone brought into the pool is still there: a "yes" is sure, and after a "no" it is asked anew.
    let needs_stand_ins = options.stand_ins == StandIns::WhereNeeded
        && installed.iter().any(|id| built.beside_others.contains(id))
        && {
            let others = full_pool.without(&built.beside_others, &world.candidates);
            let (candidates, purpose) = (&world.candidates, Purpose::Solvability);
            solve(&optimizer::optimize(
                candidates, &others, &request, &policy, purpose,
            ))
            .is_err()
        };
    let chosen =
        |id: &CandidateId| !request.fixed.contains(id) && !world.candidates[*id].is_alias();
    let result: Vec<CandidateId> = installed.iter().copied().filter(chosen).collect();
    let without_dev = match root.dev_requires.is_empty() {
        true => None,
        false => Some(needed_without_dev(
            &world.candidates,
            root,
            locked,
            options,
            &policy,
            &result,
        )?),
    };
    let (packages, packages_dev) = lists(&world.candidates, &result, without_dev.as_ref());
    Ok(Answer {
        update: Update {
            packages,
            packages_dev,
            aliases: used_aliases(&world.candidates, &installed, &root.aliases),
            warnings,
            unavailable: world.unavailable,
        },
        needs_stand_ins,
    })
}

/// Why there is no solution, in Composer's words.
fn explanation(
    unsolvable: &Unsolvable,
    world: &mut World<'_>,
    pool: &ExplainedPool<'_>,
    request: &Request,
    load: &LoadRules,
    options: &UpdateOptions,
) -> Explanation {
    let _span = debug_span!(phase::REASONS).entered();
    let missing = MissingPackage {
        world,
        load,
        root: &root_requirements(request),
        last: &request.locked_repository,
        hidden: &options.hidden_platform,
    };
    let mut context = Context {
        missing,
        pool,
        request,
        rules: &unsolvable.rules,
        ini_files: &options.ini_files,
        without_dev: false,
    };
    Explanation::new(&unsolvable.problems, &mut context)
}

/// The packages of the lock and those for development alone, each list in the order of the lock.
fn lists(
    candidates: &Candidates,
    result: &[CandidateId],
    without_dev: Option<&FxHashSet<Arc<str>>>,
) -> (Vec<Chosen>, Vec<Chosen>) {
    let chosen = result.iter().map(|&id| Chosen::of(&candidates[id]));
    let is_needed =
        |chosen: &Chosen| without_dev.is_none_or(|needed| needed.contains(&chosen.package.name));
    let (mut packages, mut packages_dev): (Vec<_>, Vec<_>) = chosen.partition(is_needed);
    for list in [&mut packages, &mut packages_dev] {
        list.sort_by(|a, b| {
            let (a, b) = (&a.package, &b.package);
            (&a.name, &a.pretty_version).cmp(&(&b.name, &b.pretty_version))
        });
    }
    (packages, packages_dev)
}

/// A request for all that the root requires, and the lock put to its places.
pub(super) fn full_request(
    world: &mut World<'_>,
    root: &RootPackage,
    locked: Option<&LockedPackages>,
    options: &UpdateOptions,
) -> Request {
    let mut request = base_request(&mut world.candidates, root, options);
    if let Some(locked) = locked {
        request.locked_repository = add_locked(&mut world.candidates, locked);
        let may_stay = |package: &&Arc<Package>| {
            options
                .may_stay
                .as_ref()
                .is_none_or(|names| names.contains(&package.name))
        };
        world.offer_locked(locked.all().filter(may_stay).cloned(), options.stand_ins);
        world.keep_locked(options.keep.clone());
    }
    match locked {
        Some(locked) if options.metadata_only => {
            for package in locked.all() {
                require(&mut request, &package.name, exact_requirement(package));
            }
        }
        _ => require_root(&mut request, root.all_requires().into_values()),
    }
    request
}

/// A request with what is always there: the root, and the platform but for what the root itself provides.
pub(super) fn base_request(
    candidates: &mut Candidates,
    root: &RootPackage,
    options: &UpdateOptions,
) -> Request {
    let mut request = Request::default();
    request
        .fixed
        .insert(candidates.add(root.package.clone(), Origin::Root));
    for package in &options.platform {
        let provided = root
            .package
            .provides
            .iter()
            .find(|link| link.target == package.name);
        if provided.is_none_or(|link| !link.constraint.matches_version(&package.version)) {
            request
                .fixed
                .insert(candidates.add(package.clone(), Origin::Platform));
        }
    }
    request
}

/// The packages of a lock as its repository holds them: aliases before what they alias, inline aliases last.
pub(super) fn add_locked(candidates: &mut Candidates, locked: &LockedPackages) -> Vec<CandidateId> {
    let mut members = Vec::new();
    for package in locked.all() {
        members.extend(candidates.add_with_alias(package.clone(), Origin::Locked));
    }
    let bases: FxHashMap<Arc<str>, CandidateId> = members
        .iter()
        .filter(|&&id| !candidates[id].is_alias())
        .map(|&id| (candidates[id].name().clone(), id))
        .collect();
    for alias in &locked.aliases {
        if let Some(&base) = bases.get(&alias.package) {
            members.push(candidates.add_alias(base, &alias.alias_normalized, &alias.alias, true));
        }
    }
    members
}

/// The requirements that are no platform packages (`RepositorySet::getRootRequires`).
pub(super) fn root_requirements(request: &Request) -> IndexMap<Arc<str>, Requirement> {
    let requirements = request
        .requires
        .iter()
        .filter(|(name, _)| !is_platform_package(name));
    requirements
        .map(|(name, requirement)| (name.clone(), requirement.clone()))
        .collect()
}

pub(super) fn require_root(request: &mut Request, links: impl IntoIterator<Item = Link>) {
    for link in links {
        let name = link.target.clone();
        require(request, &name, link.into());
    }
}

fn require(request: &mut Request, name: &Arc<str>, requirement: Requirement) {
    request.requires.insert(name.clone(), requirement);
}

fn exact_requirement(package: &Package) -> Requirement {
    let constraint = Constraint::exactly(package.version.clone());
    Requirement {
        pretty_constraint: constraint.to_string().into(),
        constraint: Arc::new(constraint),
    }
}

pub(super) fn load_rules(root: &RootPackage, options: &UpdateOptions) -> LoadRules {
    let mut flags = root.stability_flags.clone();
    flags.insert(root.package.name.clone(), root.package.version.stability());
    LoadRules {
        stability: StabilityFilter {
            minimum: root.minimum_stability,
            flags,
        },
        aliases: root.aliases.clone(),
        references: root.references.clone(),
        temporary: options.temporary.clone(),
    }
}

pub(super) fn policy(
    root: &RootPackage,
    locked: Option<&LockedPackages>,
    options: &UpdateOptions,
) -> Policy {
    let preferred = locked
        .filter(|_| options.minimal_changes)
        .into_iter()
        .flat_map(LockedPackages::all);
    Policy {
        prefer_stable: options.prefer_stable || root.prefer_stable,
        prefer_lowest: options.prefer_lowest,
        preferred_versions: preferred
            .filter(|package| !options.update_only.contains(&package.name))
            .map(|package| (package.name.clone(), package.version.clone()))
            .collect(),
    }
}

/// Solves once more over nothing but the result, with the requirements for production alone, and gives the names that
/// are still needed (`Installer::extractDevPackages`).
pub(super) fn needed_without_dev(
    known: &Candidates,
    root: &RootPackage,
    locked: Option<&LockedPackages>,
    options: &UpdateOptions,
    policy: &Policy,
    result: &[CandidateId],
) -> Result<FxHashSet<Arc<str>>, UpdateError> {
    let mut candidates = Candidates::default();
    let mut request = base_request(&mut candidates, root, options);
    let mut members: Vec<CandidateId> = request.fixed.iter().copied().collect();
    for &id in result {
        let mut package = (*known[id].package).clone();
        // Composer loads the packages anew from what it would write into the lock, where links are sorted by name.
        for links in [
            &mut package.requires,
            &mut package.conflicts,
            &mut package.provides,
            &mut package.replaces,
        ] {
            *links = links.sorted();
        }
        for id in candidates.add_with_alias(Arc::new(package), Origin::Result) {
            members.push(id);
            let candidate = &candidates[id];
            let inline = root.aliases.iter().rev().find(|alias| {
                alias.package == *candidate.name() && alias.version == *candidate.version()
            });
            if let Some(alias) = inline {
                let base = candidate.alias_of.unwrap_or(id);
                members.push(candidates.add_alias(
                    base,
                    &alias.alias_normalized,
                    &alias.alias,
                    true,
                ));
            }
        }
    }
    match locked {
        Some(locked) if options.metadata_only => {
            for package in &locked.packages {
                require(&mut request, &package.name, exact_requirement(package));
            }
        }
        _ => require_root(&mut request, root.requires.iter().cloned()),
    }
    let pool = Pool::new(members.clone(), &candidates);
    match solver::solve(&candidates, &pool, policy, &request, &options.filter) {
        Ok(literals) => {
            let name = |literal: &Literal| candidates[pool.candidate(*literal)].name().clone();
            Ok(literals.iter().map(name).collect())
        }
        Err(SolveError::Internal(message)) => Err(UpdateError::Internal(message)),
        Err(SolveError::Endless(at_fault)) => {
            let entangled = Entangled::of(&at_fault, &candidates, &NoRepositories);
            Err(UpdateError::Entangled(entangled))
        }
        Err(SolveError::Unsolvable(unsolvable)) => {
            let Unsolvable { problems, rules } = *unsolvable;
            // Composer looks for explanations among the result alone.
            let mut small = World::new(&NoRepositories);
            small.candidates = candidates;
            let result: Vec<CandidateId> = members
                .into_iter()
                .filter(|&id| small.candidates[id].origin == Origin::Result)
                .collect();
            let load = load_rules(root, options);
            let missing = MissingPackage {
                world: &mut small,
                load: &load,
                root: &root_requirements(&request),
                last: &result,
                hidden: &options.hidden_platform,
            };
            let mut context = Context {
                missing,
                pool: &ExplainedPool::whole(&pool),
                request: &request,
                rules: &rules,
                ini_files: &options.ini_files,
                without_dev: true,
            };
            let explanation = Explanation::new(&problems, &mut context);
            Err(UpdateError::UnsolvableWithoutDev { explanation })
        }
    }
}

/// The root's aliases of packages of which an alias is installed (`LockTransaction::getAliases`).
pub(super) fn used_aliases(
    candidates: &Candidates,
    installed: &[CandidateId],
    aliases: &[RootAlias],
) -> Vec<RootAlias> {
    let mut open: Vec<Option<&RootAlias>> = aliases.iter().map(Some).collect();
    let mut used = Vec::new();
    for &id in installed.iter().filter(|&&id| candidates[id].is_alias()) {
        for slot in &mut open {
            if slot.is_some_and(|alias| alias.package == *candidates[id].name()) {
                used.extend(slot.take().cloned());
            }
        }
    }
    used.sort_by(|a, b| a.package.cmp(&b.package));
    used
}
