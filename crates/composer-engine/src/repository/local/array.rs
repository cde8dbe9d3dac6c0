//! Repositories that hold all their packages at once, as inline packages do.

use crate::format::package::Package;
use crate::format::package::loader;
use crate::repository::error::{ErrorKind, RepositoryError};
use crate::repository::metadata::versions::{Loaded, Record, Versions};
use rustc_hash::FxHashMap;
use serde_json::Value;
use std::sync::Arc;

/// Packages in the order of their repository, also found by name (`ArrayRepository`).
#[derive(Debug, Default)]
pub(crate) struct Packages {
    all: Vec<Arc<Package>>,
    by_name: FxHashMap<Arc<str>, Arc<Versions>>,
}

impl Packages {
    pub(crate) fn new(all: Vec<Arc<Package>>) -> Packages {
        let mut by_name: FxHashMap<Arc<str>, Versions> = FxHashMap::default();
        for package in &all {
            by_name
                .entry(package.name.clone())
                .or_default()
                .records
                .push(Record::loaded(package.clone()));
        }
        let by_name = by_name
            .into_iter()
            .map(|(name, versions)| (name, Arc::new(versions)))
            .collect();
        Packages { all, by_name }
    }

    pub(crate) fn all(&self) -> &[Arc<Package>] {
        &self.all
    }

    /// How many packages Composer counts: branch aliases are packages, too.
    pub(crate) fn count(&self) -> usize {
        let aliases = self
            .all
            .iter()
            .filter(|package| package.branch_alias.is_some());
        self.all.len() + aliases.count()
    }

    pub(crate) fn load(&self, name: &str) -> Loaded {
        self.by_name.get(name).map_or(Loaded::Absent, |versions| {
            Loaded::Versions(versions.clone())
        })
    }
}

/// The packages of an inline repository: `package` is one definition, or a list of them (which PHP also sees in an object
/// whose keys are numbers). One that cannot be loaded makes the whole repository unusable, as in Composer.
pub(crate) fn inline(
    definition: Option<&Value>,
    repository: &str,
) -> Result<Packages, RepositoryError> {
    let is_number = |key: &String| key.parse::<f64>().is_ok();
    let definitions: Vec<&Value> = match definition {
        Some(Value::Array(definitions)) => definitions.iter().collect(),
        Some(Value::Object(definitions)) if definitions.keys().next().is_some_and(is_number) => {
            definitions.values().collect()
        }
        Some(definition @ Value::Object(_)) => vec![definition],
        _ => {
            return Err(RepositoryError::new(
                ErrorKind::Configuration,
                repository,
                "`package` should be an object or a list",
            ));
        }
    };
    let packages = definitions.iter().map(|definition| {
        let package = loader::load(Arc::new((*definition).clone()));
        package.map(Arc::new).map_err(|error| {
            RepositoryError::new(ErrorKind::Malformed, repository, error.to_string())
        })
    });
    Ok(Packages::new(packages.collect::<Result<_, _>>()?))
}
