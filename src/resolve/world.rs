//! Where a resolution takes its packages from: the repositories, and all candidates made from them so far.

use super::candidate::{CandidateId, Candidates, Origin};
use crate::composer::package::Package;
use crate::repository::{PackageSource, RepositoryError};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// A name that a repository could not be asked for.
#[derive(Debug, Clone)]
pub struct Unavailable {
    /// Index of the repository, in order of priority.
    pub repository: usize,
    /// `*` when the repository gives all its packages at once.
    pub package: Arc<str>,
    pub error: Arc<RepositoryError>,
}

/// The repositories, the candidates, and what could not be reached.
pub struct World<'s> {
    pub source: &'s dyn PackageSource,
    pub candidates: Candidates,
    pub unavailable: Vec<Unavailable>,
    members: FxHashMap<usize, Arc<[CandidateId]>>,
    locked: FxHashMap<Arc<str>, Arc<Package>>,
    unreachable_names: FxHashSet<Arc<str>>,
    unreachable_repositories: FxHashSet<usize>,
}

impl<'s> World<'s> {
    pub fn new(source: &'s dyn PackageSource) -> Self {
        World {
            source,
            candidates: Candidates::default(),
            unavailable: Vec::new(),
            members: FxHashMap::default(),
            locked: FxHashMap::default(),
            unreachable_names: FxHashSet::default(),
            unreachable_repositories: FxHashSet::default(),
        }
    }

    /// Lets the locked version of a package stand in where a repository that may have it cannot be reached.
    pub fn offer_locked(&mut self, packages: impl Iterator<Item = Arc<Package>>) {
        self.locked = packages.map(|package| (package.name.clone(), package)).collect();
    }

    /// The locked version of a name that a repository which could not be reached may have.
    pub fn stand_in(&self, name: &str) -> Option<Arc<Package>> {
        let repositories = self.source.repositories();
        let hidden = self.unreachable_names.contains(name)
            || self.unreachable_repositories.iter().any(|&index| repositories[index].allows(name));
        self.locked.get(name).filter(|_| hidden).cloned()
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
                    members.extend(self.candidates.add_with_alias(package, Origin::Repository(repository)));
                }
            }
            Err(error) => {
                self.unreachable_repositories.insert(repository);
                self.unavailable.push(Unavailable { repository, package: "*".into(), error });
            }
        }
        let members: Arc<[CandidateId]> = members.into();
        self.members.insert(repository, members.clone());
        members
    }

    /// Remembers that a name could not be asked for.
    pub fn note_unavailable(&mut self, repository: usize, name: &Arc<str>, error: Arc<RepositoryError>) {
        self.unreachable_names.insert(name.clone());
        if !self.unavailable.iter().any(|known| known.repository == repository && known.package == *name) {
            self.unavailable.push(Unavailable { repository, package: name.clone(), error });
        }
    }
}
