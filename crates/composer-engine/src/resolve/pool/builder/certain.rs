//! What is certain before anything is chosen. A distribution pins its packages: a root that requires a product requires, step by
//! step, one version each of some hundred packages, and what these require holds in every solution. A version that goes against
//! that cannot be part of any, and neither it nor what it alone would need has to be loaded.
//!
//! It is for looks that need not be the last. That a package may be had through another one that merely provides it is not
//! thought of: whatever is found is a solution, but where nothing is found there may still be one.

use super::need::Need;
use crate::format::constraint::Constraint;
use crate::format::package::links::Link;
use crate::format::package::platform::is_platform_package;
use crate::format::package::{BranchAlias, Package};
use crate::format::root::RootAlias;
use crate::format::version::Version;
use crate::repository::{Loaded, PackageSource, Record, RepositoryKind};
use crate::resolve::request::Request;
use crate::resolve::stability_filter::StabilityFilter;
use crate::resolve::world::{Judge, World};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::sync::Arc;

/// Of up to so many versions of a package it is looked at what they have in common.
const MOST: usize = 100;

/// What every solution requires of names, and which names others take the place of.
#[derive(Debug, Default)]
pub(crate) struct Certain {
    wanted: FxHashMap<Arc<str>, Vec<Arc<Constraint>>>,
    /// Names that a package replaces which is in every solution, with the versions it stands for.
    replaced: FxHashMap<Arc<str>, Arc<Constraint>>,
    /// Names that every solution requires, and of which no version can be in any.
    impossible: FxHashSet<Arc<str>>,
    /// Whether links can be met, by the addresses of target and constraint, which are kept with the answer.
    known: RefCell<FxHashMap<(usize, usize), (Link, bool)>>,
}

impl Certain {
    /// Follows what a root requires, through packages of which there is one version, and as far as all versions of a package
    /// want the same. A locked package that is kept is not followed, as it may still have to move.
    pub(super) fn of(
        world: &World<'_>,
        request: &Request,
        stability: &StabilityFilter,
        aliases: &[RootAlias],
    ) -> Self {
        let mut left_alone = names_of_others(world, request, aliases);
        left_alone.extend(listed(world.source));
        let mut not_followed = FxHashSet::default();
        loop {
            let mut walk = Walk {
                world,
                stability,
                certain: Certain::default(),
                left_alone: &left_alone,
                not_followed: &not_followed,
                settled: FxHashSet::default(),
                open: Vec::new(),
            };
            for (name, requirement) in &request.requires {
                walk.want(name, &requirement.constraint);
            }
            while !walk.open.is_empty() {
                walk.step();
            }
            walk.look_again();
            // What another package takes the place of is not installed: what it requires itself does not count.
            let Walk {
                mut certain,
                settled,
                ..
            } = walk;
            certain.known.get_mut().clear();
            let before = not_followed.len();
            let replaced = certain.replaced.keys();
            not_followed.extend(replaced.filter(|name| settled.contains(*name)).cloned());
            if not_followed.len() == before {
                return certain;
            }
        }
    }

    /// Whether what every solution requires contradicts itself, so that there is hardly one.
    pub(super) fn contradicts_itself(&self) -> bool {
        let mut impossible = self.impossible.iter();
        impossible.any(|name| !self.replaced.contains_key(name))
    }

    /// Whether a package can be part of a solution, as far as is certain.
    pub(super) fn allows(&self, package: &Package) -> bool {
        let Package {
            name,
            version,
            branch_alias,
            ..
        } = package;
        self.about(name).allows(version, branch_alias.as_ref()) && self.can_be_had(package)
    }

    /// Likewise, of the versions of a name. Most are out by their number, without a look at the whole package.
    pub(super) fn judge(&self, name: &str) -> Judge<'_> {
        let about = self.about(name);
        Box::new(move |record| {
            about.allows(record.version(), record.branch_alias())
                && self.can_be_had(record.package())
        })
    }

    /// Whether all that a package requires can be in a solution.
    fn can_be_had(&self, package: &Package) -> bool {
        package.requires.iter().all(|link| self.can_be_met(link))
    }

    fn about(&self, name: &str) -> About<'_> {
        About {
            wanted: self.wanted.get(name).map_or(&[], Vec::as_slice),
            is_replaced: self.replaced.contains_key(name),
        }
    }

    /// Whether something that a link needs can be in a solution. The same few thousand links come again and again.
    fn can_be_met(&self, link: &Link) -> bool {
        let key = (
            link.target.as_ptr() as usize,
            Arc::as_ptr(&link.constraint) as usize,
        );
        if let Some((_, known)) = self.known.borrow().get(&key) {
            return *known;
        }
        let meets = |others: &Arc<Constraint>| link.constraint.matches(others);
        let wanted = self.wanted.get(&link.target);
        let can_be_met = match self.replaced.get(&link.target) {
            Some(versions) => meets(versions),
            None => wanted.is_none_or(|wanted| wanted.iter().all(meets)),
        };
        let answer = (link.clone(), can_be_met);
        self.known.borrow_mut().insert(key, answer);
        can_be_met
    }
}

/// What is certain of a name.
struct About<'a> {
    wanted: &'a [Arc<Constraint>],
    is_replaced: bool,
}

impl About<'_> {
    /// Whether a version of the name, or its alias, goes with all that is wanted of it.
    fn allows(&self, version: &Version, alias: Option<&BranchAlias>) -> bool {
        let fits = |version| {
            let mut wanted = self.wanted.iter();
            wanted.all(|wanted| wanted.matches_version(version))
        };
        !self.is_replaced && (fits(version) || alias.is_some_and(|alias| fits(&alias.version)))
    }
}

/// Names about which nothing is said: the root, the platform or a locked package may take their place, or an inline alias give
/// them another version.
fn names_of_others(
    world: &World<'_>,
    request: &Request,
    aliases: &[RootAlias],
) -> FxHashSet<Arc<str>> {
    let aliased = aliases.iter().map(|alias| alias.package.clone());
    let locked = request.locked_repository.iter();
    let locked = locked.filter(|&&id| world.offered(world.candidates[id].name()).is_some());
    let known = request.fixed.iter().chain(locked);
    let links = known.flat_map(|&id| {
        let package = &world.candidates[id].package;
        package.replaces.iter().chain(&package.provides)
    });
    aliased
        .chain(links.map(|link| link.target.clone()))
        .collect()
}

/// The names that repositories have which give all their packages at once: few, and one's own.
fn listed(source: &dyn PackageSource) -> FxHashSet<Arc<str>> {
    let mut names = FxHashSet::default();
    let repositories = source.repositories().iter().enumerate();
    for (place, _) in repositories.filter(|(_, info)| info.kind == RepositoryKind::Array) {
        // What one has that cannot be asked, this resolution does not get to know.
        for package in source.all(place).unwrap_or_default() {
            names.insert(package.name.clone());
            let links = package.replaces.iter().chain(&package.provides);
            names.extend(links.map(|link| link.target.clone()));
        }
    }
    names
}

/// A walk along what is certain.
struct Walk<'a, 'w> {
    world: &'a World<'w>,
    stability: &'a StabilityFilter,
    certain: Certain,
    left_alone: &'a FxHashSet<Arc<str>>,
    /// Names that another package takes the place of.
    not_followed: &'a FxHashSet<Arc<str>>,
    /// Names whose one version has been followed.
    settled: FxHashSet<Arc<str>>,
    /// Names of which something new is wanted.
    open: Vec<Arc<str>>,
}

impl Walk<'_, '_> {
    fn want(&mut self, name: &Arc<str>, constraint: &Arc<Constraint>) {
        if is_platform_package(name) || self.left_alone.contains(name) {
            return;
        }
        let wanted = self.certain.wanted.entry(name.clone()).or_default();
        if wanted.contains(constraint) {
            return;
        }
        wanted.push(constraint.clone());
        if !self.settled.contains(name) && !self.not_followed.contains(name) {
            self.open.push(name.clone());
        }
    }

    fn step(&mut self) {
        // More is certain by now. Within a step, what was thought to be met may not be: the next one finds out.
        self.certain.known.get_mut().clear();
        let mut names = std::mem::take(&mut self.open);
        names.sort_unstable();
        names.dedup();
        names.retain(|name| {
            let kept = self.world.kept(name);
            kept.is_none_or(|package| !self.certain.allows(package))
        });
        self.world.source.prefetch(&names);
        for name in names {
            self.follow(name);
        }
    }

    /// Looks once more, now that all is known that is certain, at what was required before it was.
    fn look_again(&mut self) {
        let wanted = self.certain.wanted.keys();
        let is_open = |name: &&Arc<str>| {
            !self.settled.contains(*name)
                && !self.not_followed.contains(*name)
                && !self.certain.replaced.contains_key(*name)
        };
        self.open = wanted.filter(is_open).cloned().collect();
        while !self.open.is_empty() {
            self.step();
        }
    }

    /// Wants what all versions want that a name may still have.
    fn follow(&mut self, name: Arc<str>) {
        let Some(versions) = self.possible(&name) else {
            return;
        };
        let Some((first, others)) = versions.split_first() else {
            let locked = self.world.offered(&name);
            if locked.is_none_or(|package| !self.certain.allows(package)) {
                self.certain.impossible.insert(name);
            }
            return;
        };
        if others.is_empty() {
            for link in &first.replaces {
                if link.target != first.name && !self.left_alone.contains(&link.target) {
                    let (target, versions) = (link.target.clone(), link.constraint.clone());
                    self.certain.replaced.insert(target, versions);
                }
            }
            self.settled.insert(name);
        }
        'links: for link in &*first.requires {
            let mut need = Need::of(&link.constraint);
            for other in others {
                let mut links = other.requires.iter();
                let Some(same) = links.find(|other| other.target == link.target) else {
                    continue 'links;
                };
                let same = Need::of(&same.constraint);
                if !need.covers(&same) {
                    need = need.or(&same);
                }
            }
            self.want(&link.target, need.constraint());
        }
    }

    /// The versions of a name that may be in a solution, as far as is certain by now; none where that cannot be told, or where
    /// there are too many.
    fn possible(&self, name: &Arc<str>) -> Option<Vec<Arc<Package>>> {
        let source = self.world.source;
        let least = self.stability.least(name);
        let about = self.certain.about(name);
        let repositories = source.repositories().iter().enumerate();
        // The names of lists are left alone.
        let repositories = repositories
            .filter(|(_, info)| info.kind != RepositoryKind::Array && info.allows(name));
        for (place, info) in repositories {
            let versions = match source.load(place, std::slice::from_ref(name)).pop() {
                Some(Loaded::Versions(versions)) if info.canonical => versions,
                Some(Loaded::Absent) => continue,
                _ => break,
            };
            let is_stable_enough = |version: &Version| version.stability() <= least;
            let fitting = versions.records.iter().filter(|record| {
                let (version, alias) = (record.version(), record.branch_alias());
                (is_stable_enough(version)
                    || alias.is_some_and(|alias| is_stable_enough(&alias.version)))
                    && about.allows(version, alias)
            });
            let fitting: Vec<&Record> = fitting.take(MOST + 1).collect();
            if fitting.len() > MOST {
                break;
            }
            let possible = fitting.iter().map(|record| record.package());
            let possible = possible.filter(|package| self.certain.can_be_had(package));
            return Some(possible.cloned().collect());
        }
        None
    }
}
