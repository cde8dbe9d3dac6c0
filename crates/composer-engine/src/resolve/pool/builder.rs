//! Loads into a pool every version that a resolution could need, as Composer's `PoolBuilder` does: the order in which
//! names are loaded, and the union of the constraints they are loaded with, decide the numbers of the packages, and
//! with them some answers.

use super::Pool;
use crate::format::constraint::Constraint;
use crate::format::package::Package;
use crate::format::package::links::Link;
use crate::format::package::platform::is_platform_package;
use crate::format::root::RootAlias;
use crate::format::version::Version;
use crate::resolve::candidate::{Candidate, CandidateId, Candidates, IdSet, NameId, Origin};
use crate::resolve::request::{Request, Requirement};
use crate::resolve::stability_filter::StabilityFilter;
use crate::resolve::world::{Judge, KnownVersions, World};
use certain::Certain;
use indexmap::IndexMap;
use need::Need;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::sync::Arc;

mod certain;
mod need;
mod partial;

/// A map in the order of insertion.
type FxIndexMap<K, V> = IndexMap<K, V, FxBuildHasher>;

/// Names per request to a repository (`PoolBuilder::LOAD_BATCH_SIZE` of Composer 2.9 and later).
const BATCH: usize = 50;

/// Package types that Composer itself never installs (`Installer::$ignoredTypes`).
const IGNORED_TYPES: [&str; 2] = ["php-ext", "php-ext-zend"];

/// What the root says about loading.
#[derive(Debug, Clone)]
pub(crate) struct LoadRules {
    pub stability: StabilityFilter,
    pub aliases: Vec<RootAlias>,
    pub references: BTreeMap<Arc<str>, Arc<str>>,
    /// `--with`: versions of these names that do not match are taken out again.
    pub temporary: Vec<(Arc<str>, Requirement)>,
}

impl LoadRules {
    fn root_alias(&self, name: &str, version: &Version) -> Option<&RootAlias> {
        // A later alias of the same version replaces an earlier one.
        self.aliases
            .iter()
            .rev()
            .find(|alias| &*alias.package == name && alias.version == *version)
    }
}

/// A pool before optimizing, with what a person should be told about how it came to be.
#[derive(Debug)]
pub(crate) struct Built {
    pub pool: Pool,
    pub warnings: Vec<String>,
    /// The locked packages beside which repositories gave other versions.
    pub beside_others: FxHashSet<CandidateId>,
    /// Whether there are such, or would be if they were offered.
    pub stand_ins_matter: bool,
    /// Whether nothing was loaded, as what is certain contradicts itself. Only a look at kept packages finds that out.
    pub is_hopeless: bool,
}

/// Builds the pool of an update. Unlocks packages of `request` that a partial update turns out to need.
pub(crate) fn build(world: &mut World<'_>, request: &mut Request, rules: &LoadRules) -> Built {
    let certain = world.keeps_any().then(|| {
        let certain = Certain::of(world, request, &rules.stability, &rules.aliases);
        world.keep_only(|package| certain.allows(package));
        certain
    });
    let is_hopeless = certain.as_ref().is_some_and(Certain::contradicts_itself);
    let mut builder = Builder {
        world,
        rules,
        to_load: FxIndexMap::default(),
        loaded: FxHashMap::default(),
        entries: Vec::new(),
        places: Vec::new(),
        aliases: FxHashMap::default(),
        skipped: FxHashMap::default(),
        unlocking: Vec::new(),
        unlocked_paths: FxHashSet::default(),
        marked: FxHashSet::default(),
        marked_sections: IdSet::default(),
        fully_loaded: FxHashSet::default(),
        unacceptable: FxHashSet::default(),
        warned: FxHashSet::default(),
        warnings: Vec::new(),
        beside_others: FxHashSet::default(),
        could_stand_beside: false,
        certain,
    };
    if !is_hopeless {
        builder.run(request);
    }
    let members = builder.entries.iter().flatten().copied().collect();
    let mut pool = Pool::new(members, &builder.world.candidates);
    pool.unacceptable = builder.unacceptable;
    Built {
        pool,
        warnings: builder.warnings,
        is_hopeless,
        stand_ins_matter: builder.could_stand_beside || !builder.beside_others.is_empty(),
        beside_others: builder.beside_others,
    }
}

struct Builder<'a, 'w> {
    world: &'a mut World<'w>,
    rules: &'a LoadRules,
    to_load: FxIndexMap<Arc<str>, Need>,
    loaded: FxHashMap<Arc<str>, Need>,
    /// In loading order; none where a package was taken out again.
    entries: Vec<Option<CandidateId>>,
    /// By name: the places in `entries` of those that have it as their own.
    places: Vec<Vec<usize>>,
    /// Base → its aliases, by place in `entries`.
    aliases: FxHashMap<CandidateId, Vec<usize>>,
    /// Name → locked packages that are it or replace it, whose remote versions a partial update has not looked at.
    skipped: FxHashMap<Arc<str>, Vec<CandidateId>>,
    /// Names whose replacers are being unlocked: a broken lock may have packages that replace each other.
    unlocking: Vec<Arc<str>>,
    /// Locked `path` packages: reloaded from disk, but without unlocking what they need.
    unlocked_paths: FxHashSet<Arc<str>>,
    /// Links, by the addresses of target and constraint, that have been marked: most links of a pool are shared, and what
    /// is marked once stays covered until its name is unlocked.
    marked: FxHashSet<(usize, usize)>,
    /// Sections of which all links are marked.
    marked_sections: IdSet,
    /// Root requirements, loaded with all that the root allows.
    fully_loaded: FxHashSet<Arc<str>>,
    unacceptable: FxHashSet<CandidateId>,
    warned: FxHashSet<String>,
    warnings: Vec<String>,
    beside_others: FxHashSet<CandidateId>,
    /// Whether a locked package that is not offered would be beside others.
    could_stand_beside: bool,
    /// What is certain, where it is not the last look.
    certain: Option<Certain>,
}

impl Builder<'_, '_> {
    fn candidates(&self) -> &Candidates {
        &self.world.candidates
    }

    fn package(&self, id: CandidateId) -> Arc<Package> {
        self.candidates()[id].package.clone()
    }

    fn run(&mut self, request: &mut Request) {
        if !request.update_only.is_empty() {
            self.lock_unlisted(request);
        }
        let any = Need::of(&Arc::new(Constraint::Any));
        for id in request.fixed_or_locked() {
            let package = self.package(id);
            self.loaded.insert(package.name.clone(), any.clone());
            for link in &package.replaces {
                self.loaded.insert(link.target.clone(), any.clone());
            }
            if self.is_acceptable(id) {
                self.add(request, id, false);
            } else {
                self.unacceptable.insert(id);
            }
        }
        for (name, requirement) in &request.requires {
            if !self.loaded.contains_key(name) {
                self.to_load
                    .insert(name.clone(), Need::of(&requirement.constraint));
                if !request.optional.contains(name) {
                    self.fully_loaded.insert(name.clone());
                }
            }
        }
        if request.update_only.is_empty() {
            self.prefetch_locked(request);
        }
        while !self.to_load.is_empty() {
            self.load_round(request);
        }
        self.apply_temporary_constraints();
    }

    /// Whether a fixed or locked package goes with the stabilities of the root. An alias does only with its package: in
    /// Composer, too, one without the other cannot be installed.
    fn is_acceptable(&self, id: CandidateId) -> bool {
        let candidate = &self.candidates()[id];
        let accepts = |candidate: &Candidate| {
            self.rules
                .stability
                .accepts(candidate.names(true), candidate.stability)
        };
        matches!(candidate.origin, Origin::Root | Origin::Platform)
            || accepts(candidate)
                && candidate
                    .alias_of
                    .is_none_or(|base| accepts(&self.candidates()[base]))
    }

    /// What is locked is likely to be asked for, sooner or later.
    fn prefetch_locked(&self, request: &Request) {
        let locked = request.locked_repository.iter();
        let locked = locked.map(|&id| self.candidates()[id].name());
        // A locked package that may not stay is on its way out, as the core of another vendor is.
        let likely = locked.filter(|name| self.world.offered(name).is_some());
        let names: Vec<Arc<str>> = self
            .to_load
            .keys()
            .chain(likely)
            .filter(|name| self.world.kept(name).is_none())
            .cloned()
            .collect();
        self.world.source.prefetch(&names);
    }

    fn mark_link(&mut self, request: &Request, link: &Link) {
        let key = (
            link.target.as_ptr() as usize,
            Arc::as_ptr(&link.constraint) as usize,
        );
        // The candidates keep their packages, and so these addresses.
        if self.marked.insert(key) {
            self.mark(request, &link.target, &link.constraint);
        }
    }

    /// Notes that `name` is needed in versions that match `constraint` (`markPackageNameForLoading`).
    fn mark(&mut self, request: &Request, name: &Arc<str>, constraint: &Arc<Constraint>) {
        if self.fully_loaded.contains(name) || is_platform_package(name) {
            return;
        }
        let root = request.requires.get(name);
        let root = root
            .filter(|_| !request.optional.contains(name))
            .map(|requirement| Need::of(&requirement.constraint));
        let mut need = Need::of(constraint);
        if let Some(root) = root
            && !root.covers(&need)
        {
            need = root;
        }
        // A version that does not go with what is kept is no choice; where nothing else is, the look was too narrow.
        let leaves = |package: &Arc<Package>| !fits(package, need.constraint());
        if self.world.kept(name).is_some_and(leaves) {
            return;
        }
        if let Some(loaded) = self.loaded.get(name) {
            if loaded.covers(&need) {
                return;
            }
            let wider = loaded.or(&need);
            self.loaded.remove(name);
            self.to_load.insert(name.clone(), wider);
            return;
        }
        match self.to_load.get_mut(name) {
            Some(pending) if pending.covers(&need) => {}
            Some(pending) => *pending = pending.or(&need),
            None => {
                self.to_load.insert(name.clone(), need);
            }
        }
    }

    /// Loads everything marked, repository by repository; a name found in a canonical one is not looked for further.
    fn load_round(&mut self, request: &mut Request) {
        let marked = std::mem::take(&mut self.to_load);
        let round: Vec<(Arc<str>, Arc<Constraint>)> = marked
            .iter()
            .map(|(name, need)| (name.clone(), need.constraint().clone()))
            .collect();
        self.loaded.extend(marked);
        let names: Vec<Arc<str>> = round
            .iter()
            .map(|(name, _)| name.clone())
            .filter(|name| self.world.kept(name).is_none())
            .collect();
        self.world.source.prefetch(&names);
        let mut wanted = Vec::with_capacity(round.len());
        for (name, constraint) in &round {
            match self.world.kept(name).cloned() {
                Some(package) if fits(&package, constraint) && self.is_stable_enough(&package) => {
                    self.add_stand_in(request, package, constraint);
                }
                _ => wanted.push((name.clone(), constraint.clone())),
            }
        }
        for repository in 0..self.world.source.repositories().len() {
            if wanted.is_empty() {
                break;
            }
            let mut left = Vec::with_capacity(wanted.len());
            for batch in wanted.chunks(BATCH) {
                let filter = Some(&self.rules.stability);
                let known = self.known_versions(repository, batch);
                let certain = self.certain.as_ref();
                let judge = |name: &str| -> Judge<'_> {
                    match certain {
                        Some(certain) => certain.judge(name),
                        None => Box::new(|_| true),
                    }
                };
                let world = &mut *self.world;
                let selection = world.select(repository, batch, filter, &known, &judge);
                left.extend(
                    batch
                        .iter()
                        .filter(|(name, _)| !selection.found.contains(name))
                        .cloned(),
                );
                for id in selection.packages {
                    let package = self.package(id);
                    if !IGNORED_TYPES.contains(&&*package.kind) {
                        let propagate = !self.unlocked_paths.contains(&package.name);
                        self.add(request, id, propagate);
                    }
                }
            }
            wanted = left;
        }
        let missing: FxHashSet<Arc<str>> = wanted.into_iter().map(|(name, _)| name).collect();
        for (name, constraint) in round {
            let was_found = !missing.contains(&name);
            let locked = self.world.offered(&name).cloned();
            let Some(package) = locked.filter(|package| self.is_stable_enough(package)) else {
                continue;
            };
            if self.world.may_stand_in(&name, was_found) {
                let added = self.add_stand_in(request, package, &constraint);
                if was_found {
                    self.beside_others.extend(added);
                }
            } else if was_found && fits(&package, &constraint) && !self.has(&package) {
                self.could_stand_beside = true;
            }
        }
    }

    /// The versions that a repository has given already. Few names are loaded a second time.
    fn known_versions(
        &self,
        repository: usize,
        wanted: &[(Arc<str>, Arc<Constraint>)],
    ) -> KnownVersions {
        let given = |name: &Arc<str>| {
            let places = self.places.get(self.candidates().name_id(name)? as usize)?;
            if places.is_empty() {
                return None;
            }
            let candidates = places
                .iter()
                .filter_map(|&place| self.entries[place])
                .map(|id| &self.candidates()[id])
                .filter(|candidate| {
                    candidate.origin == Origin::Repository(repository) && !candidate.root_alias
                });
            let versions = candidates.map(|candidate| candidate.version().clone());
            Some((name.clone(), versions.collect()))
        };
        wanted.iter().filter_map(|(name, _)| given(name)).collect()
    }

    fn is_stable_enough(&self, package: &Package) -> bool {
        let names = [&package.name]
            .into_iter()
            .chain(package.replaces.iter().map(|link| &link.target));
        self.rules
            .stability
            .accepts(names, package.version.stability())
    }

    /// Adds a locked package, unless its version is there or does not match; what was added.
    fn add_stand_in(
        &mut self,
        request: &mut Request,
        package: Arc<Package>,
        constraint: &Constraint,
    ) -> Vec<CandidateId> {
        if !fits(&package, constraint) || self.has(&package) {
            return Vec::new();
        }
        let candidates = &mut self.world.candidates;
        let added: Vec<CandidateId> = candidates.add_with_alias(package, Origin::Locked).collect();
        for &id in &added {
            self.add(request, id, true);
        }
        added
    }

    /// Whether the pool has the version of a package.
    fn has(&self, package: &Package) -> bool {
        let Some(name) = self.candidates().name_id(&package.name) else {
            return false;
        };
        let places = self.places.get(name as usize).into_iter().flatten();
        places
            .filter_map(|&place| self.entries[place])
            .any(|id| *self.candidates()[id].version() == package.version)
    }

    /// Puts a candidate into the pool and marks what it requires (`loadPackage`). With `propagate`, a partial update
    /// unlocks the dependencies it may.
    fn add(&mut self, request: &mut Request, id: CandidateId, propagate: bool) {
        self.push(id);
        let package = self.package(id);
        if let Some(reference) = self.rules.references.get(&package.name)
            && !request.is_locked(id)
            && !request.fixed.contains(&id)
        {
            self.world.candidates.set_reference(id, reference);
        }
        if (propagate || self.unlocked_paths.contains(&package.name))
            && let Some(alias) = self.rules.root_alias(&package.name, &package.version)
        {
            let base = self.candidates()[id].alias_of.unwrap_or(id);
            let alias =
                self.world
                    .candidates
                    .add_alias(base, &alias.alias_normalized, &alias.alias, true);
            self.push(alias);
        }
        let may_unlock = propagate && request.updates_dependencies();
        // Of a full update nothing is skipped, and versions in a row require the same.
        let requires = self.candidates()[id].sections()[0].id;
        let is_marked = self.skipped.is_empty() && !self.marked_sections.insert(requires);
        let open = if is_marked { &[] } else { &*package.requires };
        for link in open {
            if !self.skipped.contains_key(&link.target) {
                self.mark_link(request, link);
            } else if may_unlock {
                if self.may_unlock(request, &link.target) {
                    self.unlock(request, &link.target);
                    self.mark(request, &link.target, &link.constraint);
                }
            } else if self.unlocked_paths.contains(&link.target)
                && !self.loaded.contains_key(&link.target)
            {
                self.mark(request, &link.target, &link.constraint);
            }
        }
        if !may_unlock {
            return;
        }
        for link in &package.replaces {
            let replaced = &link.target;
            if self.loaded.contains_key(replaced)
                && self.skipped.contains_key(replaced)
                && self.may_unlock(request, replaced)
            {
                self.unlock(request, replaced);
                self.mark_if_required(request, replaced);
            }
        }
    }

    fn push(&mut self, id: CandidateId) {
        if let Some(base) = self.candidates()[id].alias_of {
            self.aliases
                .entry(base)
                .or_default()
                .push(self.entries.len());
        }
        let name = self.candidates()[id].name_id() as usize;
        if self.places.len() <= name {
            self.places.resize(self.candidates().names(), Vec::new());
        }
        self.places[name].push(self.entries.len());
        self.entries.push(Some(id));
    }

    fn take_out(&mut self, id: CandidateId, place: usize) {
        self.entries[place] = None;
        for alias_place in self.aliases.remove(&id).unwrap_or_default() {
            self.entries[alias_place] = None;
        }
    }

    fn apply_temporary_constraints(&mut self) {
        let named = self.rules.temporary.iter();
        // Nothing goes by a name that no candidate speaks of.
        let temporary: Vec<(NameId, &Requirement)> = named
            .filter_map(|(name, requirement)| Some((self.candidates().name_id(name)?, requirement)))
            .collect();
        if temporary.is_empty() {
            return;
        }
        for place in 0..self.entries.len() {
            let Some(id) = self.entries[place] else {
                continue;
            };
            let candidate = &self.candidates()[id];
            let names = candidate.name_ids(true);
            if candidate.is_alias() || !temporary.iter().any(|(name, _)| names.contains(name)) {
                continue;
            }
            let mut places = vec![place];
            places.extend(self.aliases.get(&id).into_iter().flatten());
            let versions: Vec<&Version> = places
                .iter()
                .filter_map(|&place| self.entries[place])
                .map(|id| self.candidates()[id].version())
                .collect();
            let excluded = temporary
                .iter()
                .filter(|(name, _)| names.contains(name))
                .any(|(_, requirement)| {
                    !versions
                        .iter()
                        .any(|version| requirement.constraint.matches_version(version))
                });
            if excluded {
                for place in places {
                    self.entries[place] = None;
                }
            }
        }
    }
}

/// Whether a package, or its alias, matches.
pub(crate) fn fits(package: &Package, constraint: &Constraint) -> bool {
    let alias = package.branch_alias.as_ref().map(|alias| &alias.version);
    constraint.matches_version(&package.version)
        || alias.is_some_and(|version| constraint.matches_version(version))
}

/// A locked `path` package that is linked into `vendor`: Composer always reads it from disk.
pub(crate) fn is_symlinked_path(package: &Package) -> bool {
    let field = |section: &str, key: &str| {
        package
            .metadata
            .get(section)
            .and_then(|section| section.get(key).cloned())
    };
    field("dist", "type").is_some_and(|kind| kind == "path")
        && field("transport-options", "symlink").is_none_or(|symlink| symlink != false)
}
