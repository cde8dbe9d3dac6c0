//! What the repositories of a store offer of one package.

use composer_engine::format::package::Package;
use composer_engine::repository::{Loaded, PackageSource};
use std::sync::Arc;

/// The versions of a package, from every repository that may give it.
pub(crate) fn versions_of<'s>(
    source: &'s dyn PackageSource,
    name: &'s Arc<str>,
) -> impl Iterator<Item = Arc<Package>> + 's {
    let repositories = source.repositories().iter().enumerate();
    let allowed = repositories.filter(move |(_, info)| info.allows(name));
    let answers =
        allowed.flat_map(move |(index, _)| source.load(index, std::slice::from_ref(name)));
    answers
        .filter_map(|answer| match answer {
            Loaded::Versions(versions) => Some(versions),
            Loaded::Absent | Loaded::Unavailable(_) => None,
        })
        .flat_map(|versions| {
            let indices = 0..versions.records.len();
            indices.map(move |index| versions.records[index].package().clone())
        })
}

/// A version of a package, as written, from a repository that may give it.
pub(crate) fn find_version(
    source: &dyn PackageSource,
    name: &Arc<str>,
    version: &str,
) -> Option<Arc<Package>> {
    versions_of(source, name).find(|package| *package.pretty_version == *version)
}
