//! Packages that are written down, looked up name by name, as from a Composer repository.

use composer_engine::format::lock::entry::Additions;
use composer_engine::format::package::Package;
use composer_engine::repository::{
    Loaded, PackageSource, Record, RepositoryError, RepositoryInfo, RepositoryKind, RepositorySet,
    Versions,
};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// What repositories have that give all their packages at once, for those who ask by name.
pub(crate) struct ByName<'a> {
    all: &'a RepositorySet,
    repositories: Vec<RepositoryInfo>,
    asked: Mutex<BTreeSet<Arc<str>>>,
}

impl<'a> ByName<'a> {
    pub(crate) fn new(all: &'a RepositorySet) -> Self {
        let mut repositories = all.repositories().to_vec();
        for info in &mut repositories {
            info.kind = RepositoryKind::Lazy;
        }
        ByName {
            all,
            repositories,
            asked: Mutex::default(),
        }
    }

    /// The names that were asked for.
    pub(crate) fn asked(&self) -> BTreeSet<Arc<str>> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.clone()
    }
}

impl PackageSource for ByName<'_> {
    fn repositories(&self) -> &[RepositoryInfo] {
        &self.repositories
    }

    fn load(&self, repository: usize, names: &[Arc<str>]) -> Vec<Loaded> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.extend(names.iter().cloned());
        let all = self.all.all(repository);
        let versions = |name: &Arc<str>| {
            let packages = match &all {
                Ok(packages) => packages,
                Err(error) => return Loaded::Unavailable(error.clone()),
            };
            let named = packages.iter().filter(|package| package.name == *name);
            let records: Vec<Record> = named.cloned().map(Record::loaded).collect();
            match records.is_empty() {
                true => Loaded::Absent,
                false => Loaded::Versions(Arc::new(Versions {
                    records,
                    ..Versions::default()
                })),
            }
        };
        names.iter().map(versions).collect()
    }

    fn all(&self, _repository: usize) -> Result<Vec<Arc<Package>>, Arc<RepositoryError>> {
        Ok(Vec::new())
    }

    fn prefetch(&self, _names: &[Arc<str>]) {}

    fn additions(&self, repository: usize) -> &Additions {
        self.all.additions(repository)
    }
}
