//! Where a resolution takes its packages from: the repositories, and all candidates made from them so far.

use super::candidate::{CandidateId, Candidates, Origin};
use super::stability_filter::StabilityFilter;
use crate::format::constraint::Constraint;
use crate::format::constraint::prepared::PreparedConstraint;
use crate::format::lock::entry::Additions;
use crate::format::package::Package;
use crate::format::version::Version;
use crate::repository::{
    Loaded, PackageSource, Record, RepositoryError, RepositoryInfo, RepositoryKind,
};
use indexmap::IndexSet;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::{Arc, LazyLock};

/// A name that a repository could not be asked for.
#[derive(Debug, Clone)]
pub struct Unavailable {
    /// Index of the repository, in order of priority.
    pub repository: usize,
    /// `*` when the repository gives all its packages at once.
    pub package: Arc<str>,
    /// What the repository answered.
    pub error: Arc<RepositoryError>,
}

/// When the locked version of a package may stand in for what the repositories give. Composer never does this: it fails
/// when a repository cannot be reached or has lost a package, though the locked one could stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StandIns {
    /// When no repository gave the package, and one that may have it could not be reached.
    #[default]
    Unreachable,
    /// When no repository gave the package.
    Missing,
    /// Always, also next to other versions.
    All,
    /// Likewise, where there is no solution with those that are [`Missing`](Self::Missing) alone.
    WhereNeeded,
}

/// Names and versions that a repository has given already.
pub type KnownVersions = FxHashMap<Arc<str>, FxHashSet<Version>>;

/// Whether a version of a name may be taken at all.
pub(super) type Judge<'a> = Box<dyn Fn(&Record) -> bool + 'a>;

/// What a repository has of the names it was asked for.
#[derive(Debug, Default)]
pub struct Selection {
    /// The names that need not be looked for in repositories of lower priority.
    pub found: FxHashSet<Arc<str>>,
    /// The candidates of the name.
    pub packages: Vec<CandidateId>,
}

/// The repositories, the candidates, and what could not be reached.
pub struct World<'s> {
    /// Where packages are looked up.
    pub source: &'s dyn PackageSource,
    /// All candidates that were looked up.
    pub candidates: Candidates,
    /// What could not be asked.
    pub unavailable: Vec<Unavailable>,
    members: FxHashMap<usize, Arc<[CandidateId]>>,
    stand_ins: StandIns,
    kept: FxHashSet<Arc<str>>,
    locked: FxHashMap<Arc<str>, Arc<Package>>,
    unreachable_names: FxHashSet<Arc<str>>,
    /// What is in `unavailable`: many repositories may have nothing to say of many names.
    noted: FxHashSet<(usize, Arc<str>)>,
    unreachable_repositories: FxHashSet<usize>,
}

/// No repository at all.
pub struct NoRepositories;

impl PackageSource for NoRepositories {
    fn repositories(&self) -> &[RepositoryInfo] {
        &[]
    }

    fn load(&self, _repository: usize, names: &[Arc<str>]) -> Vec<Loaded> {
        vec![Loaded::Absent; names.len()]
    }

    fn all(&self, _repository: usize) -> Result<Vec<Arc<Package>>, Arc<RepositoryError>> {
        Ok(Vec::new())
    }

    fn prefetch(&self, _names: &[Arc<str>]) {}

    fn additions(&self, _repository: usize) -> &Additions {
        static NONE: LazyLock<Additions> = LazyLock::new(Additions::default);
        &NONE
    }
}

impl<'s> World<'s> {
    /// A world in which nothing was looked up yet.
    pub fn new(source: &'s dyn PackageSource) -> Self {
        World {
            source,
            candidates: Candidates::default(),
            unavailable: Vec::new(),
            members: FxHashMap::default(),
            stand_ins: StandIns::default(),
            kept: FxHashSet::default(),
            locked: FxHashMap::default(),
            unreachable_names: FxHashSet::default(),
            noted: FxHashSet::default(),
            unreachable_repositories: FxHashSet::default(),
        }
    }

    /// Says which packages may stay as they are locked although no repository gives them.
    pub fn offer_locked(
        &mut self,
        packages: impl Iterator<Item = Arc<Package>>,
        stand_ins: StandIns,
    ) {
        self.locked = packages
            .map(|package| (package.name.clone(), package))
            .collect();
        self.stand_ins = stand_ins;
    }

    /// Says for which locked packages no repository is to be asked while their locked version fits everybody.
    pub fn keep_locked(&mut self, names: FxHashSet<Arc<str>>) {
        self.kept = names;
    }

    /// The locked package of a name for which no repository is to be asked.
    pub fn kept(&self, name: &str) -> Option<&Arc<Package>> {
        self.kept
            .contains(name)
            .then(|| self.locked.get(name))
            .flatten()
    }

    /// Whether there are names for which no repository is to be asked.
    pub(super) fn keeps_any(&self) -> bool {
        !self.kept.is_empty()
    }

    /// Lets the repositories be asked for the names whose locked package is not one of these.
    pub(super) fn keep_only(&mut self, is_kept: impl Fn(&Package) -> bool) {
        let locked = &self.locked;
        let package = |name: &Arc<str>| locked.get(name).is_some_and(|package| is_kept(package));
        self.kept.retain(package);
    }

    /// The locked package of a name that may stay as it is.
    pub fn offered(&self, name: &str) -> Option<&Arc<Package>> {
        self.locked.get(name)
    }

    /// Whether the locked version of a name may stand in for what the repositories gave: nothing, or other versions.
    pub fn may_stand_in(&self, name: &str, was_found: bool) -> bool {
        let repositories = self.source.repositories();
        let hidden = || {
            self.unreachable_names.contains(name)
                || self
                    .unreachable_repositories
                    .iter()
                    .any(|&index| repositories[index].allows(name))
        };
        match self.stand_ins {
            StandIns::Unreachable => !was_found && hidden(),
            StandIns::Missing => !was_found,
            StandIns::All | StandIns::WhereNeeded => true,
        }
    }

    /// Every package of a repository that gives all at once, in its order, aliases before what they alias.
    pub fn members(&mut self, repository: usize) -> Arc<[CandidateId]> {
        if let Some(members) = self.members.get(&repository) {
            return members.clone();
        }
        let mut members = Vec::new();
        match self.source.all(repository) {
            Ok(packages) => {
                for package in packages {
                    members.extend(
                        self.candidates
                            .add_with_alias(package, Origin::Repository(repository)),
                    );
                }
            }
            Err(error) => {
                self.unreachable_repositories.insert(repository);
                self.unavailable.push(Unavailable {
                    repository,
                    package: "*".into(),
                    error,
                });
            }
        }
        let members: Arc<[CandidateId]> = members.into();
        self.members.insert(repository, members.clone());
        members
    }

    /// The versions of some names that match their constraints and, if there is a filter, pass it. Versions known
    /// already are left out, and so are those
    /// that are not allowed.
    pub(super) fn select<'a>(
        &mut self,
        repository: usize,
        wanted: &[(Arc<str>, Arc<Constraint>)],
        filter: Option<&StabilityFilter>,
        known: &KnownVersions,
        judge: &dyn Fn(&str) -> Judge<'a>,
    ) -> Selection {
        let info = &self.source.repositories()[repository];
        let (kind, canonical) = (info.kind, info.canonical);
        let allowed: Vec<&(Arc<str>, Arc<Constraint>)> = wanted
            .iter()
            .filter(|(name, _)| info.allows(name))
            .collect();
        let mut selection = match kind {
            RepositoryKind::Lazy => self.select_by_name(repository, &allowed, filter, known, judge),
            RepositoryKind::Array => {
                let members = self.members(repository);
                select_from(&self.candidates, &members, &allowed, filter, known)
            }
        };
        if !canonical {
            selection.found.clear();
        }
        selection
    }

    /// `ComposerRepository::loadAsyncPackages`
    fn select_by_name<'a>(
        &mut self,
        repository: usize,
        wanted: &[&(Arc<str>, Arc<Constraint>)],
        filter: Option<&StabilityFilter>,
        known: &KnownVersions,
        judge: &dyn Fn(&str) -> Judge<'a>,
    ) -> Selection {
        let names: Vec<Arc<str>> = wanted.iter().map(|(name, _)| name.clone()).collect();
        let mut selection = Selection::default();
        for ((name, constraint), loaded) in wanted.iter().zip(self.source.load(repository, &names))
        {
            let versions = match loaded {
                Loaded::Versions(versions) => versions,
                Loaded::Absent => continue,
                Loaded::Unavailable(error) => {
                    self.note_unavailable(repository, name, error);
                    continue;
                }
            };
            selection.found.insert(name.clone());
            let known = known.get(name);
            let least = filter.map(|filter| filter.least(name));
            let prepared = PreparedConstraint::new(constraint);
            let is_allowed = judge(name);
            for record in &versions.records {
                let acceptable = |version: &Version| {
                    least.is_none_or(|least| version.stability() <= least)
                        && prepared.matches(version.place(), || version)
                };
                let is_acceptable = acceptable(record.version())
                    || record
                        .branch_alias()
                        .is_some_and(|alias| acceptable(&alias.version));
                let is_known = || known.is_some_and(|known| known.contains(record.version()));
                if is_acceptable && !is_known() && is_allowed(record) {
                    let package = record.package().clone();
                    let added = self
                        .candidates
                        .add_with_alias(package, Origin::Repository(repository));
                    selection.packages.extend(added);
                }
            }
        }
        selection
    }

    /// Remembers that a name could not be asked for.
    pub fn note_unavailable(
        &mut self,
        repository: usize,
        name: &Arc<str>,
        error: Arc<RepositoryError>,
    ) {
        self.unreachable_names.insert(name.clone());
        if self.noted.insert((repository, name.clone())) {
            self.unavailable.push(Unavailable {
                repository,
                package: name.clone(),
                error,
            });
        }
    }
}

/// What a list of packages has of some names (`ArrayRepository::loadPackages`): with a package its aliases, with an
/// alias what it aliases.
pub fn select_from(
    candidates: &Candidates,
    members: &[CandidateId],
    wanted: &[&(Arc<str>, Arc<Constraint>)],
    filter: Option<&StabilityFilter>,
    known: &KnownVersions,
) -> Selection {
    let constraints: FxHashMap<&Arc<str>, &Constraint> = wanted
        .iter()
        .map(|(name, constraint)| (name, &**constraint))
        .collect();
    let mut found = FxHashSet::default();
    let mut selected = IndexSet::new();
    for &id in members {
        let candidate = &candidates[id];
        let Some(constraint) = constraints.get(candidate.name()) else {
            continue;
        };
        found.insert(candidate.name().clone());
        if constraint.matches_version(candidate.version())
            && filter
                .is_none_or(|filter| filter.accepts(candidate.names(true), candidate.stability))
            && !known
                .get(candidate.name())
                .is_some_and(|versions| versions.contains(candidate.version()))
        {
            selected.insert(id);
            selected.extend(candidate.alias_of);
        }
    }
    for &id in members {
        if candidates[id]
            .alias_of
            .is_some_and(|base| selected.contains(&base))
        {
            selected.insert(id);
        }
    }
    Selection {
        found,
        packages: selected.into_iter().collect(),
    }
}
