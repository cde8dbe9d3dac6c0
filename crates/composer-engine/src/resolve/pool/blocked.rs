//! The versions that a policy keeps out of a pool, and why.

use crate::format::constraint::Constraint;
use crate::format::version::Version;
use crate::repository::{Advisory, ListEntry};
use indexmap::IndexMap;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Lists by package name.
pub(crate) type ByName<T> = FxHashMap<Arc<str>, Vec<T>>;

/// A version and what speaks against it.
type Against<T> = (Version, Vec<Arc<T>>);

/// What was taken out, and why: by the package's name and the names it replaces.
#[derive(Debug, Default)]
pub(crate) struct Blocked {
    /// Every advisory that concerns some version of a name, ignored ones included.
    pub advisories: ByName<Arc<Advisory>>,
    pub(crate) insecure: ByName<Against<Advisory>>,
    pub(crate) abandoned: ByName<Version>,
    pub(crate) listed: ByName<Against<ListEntry>>,
}

impl Blocked {
    /// The identifiers of the advisories against the first version that matches.
    pub(crate) fn advisory_ids(
        &self,
        name: &str,
        constraint: &Constraint,
    ) -> Option<Vec<Arc<str>>> {
        let versions = self.insecure.get(name)?;
        let (_, advisories) = versions
            .iter()
            .find(|(version, _)| constraint.matches_version(version))?;
        Some(
            advisories
                .iter()
                .map(|advisory| advisory.id.clone())
                .collect(),
        )
    }

    /// Whether a version that matches was taken out because it is abandoned.
    pub(crate) fn is_abandoned(&self, name: &str, constraint: &Constraint) -> bool {
        let versions = self.abandoned.get(name).into_iter().flatten();
        versions
            .into_iter()
            .any(|version| constraint.matches_version(version))
    }

    /// The list entries against the versions that match, by list.
    pub(crate) fn entries(
        &self,
        name: &str,
        constraint: &Constraint,
    ) -> IndexMap<Arc<str>, Vec<Arc<ListEntry>>> {
        let mut by_list: IndexMap<Arc<str>, Vec<Arc<ListEntry>>> = IndexMap::new();
        for (version, entries) in self.listed.get(name).into_iter().flatten() {
            for entry in entries
                .iter()
                .filter(|_| constraint.matches_version(version))
            {
                let of_list = by_list.entry(entry.list.clone()).or_default();
                if !of_list.contains(entry) {
                    of_list.push(entry.clone());
                }
            }
        }
        by_list
    }

    /// Whether a version is on a list that blocks it.
    pub(crate) fn is_listed(&self, name: &str, version: &Version) -> bool {
        let versions = self.listed.get(name).into_iter().flatten();
        versions.into_iter().any(|(listed, _)| listed == version)
    }
}
