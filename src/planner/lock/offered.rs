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

/// Whether a repository that may give a package has its very version, under the same branch alias.
pub(crate) fn is_offered(source: &dyn PackageSource, package: &Package) -> bool {
    let repositories = source.repositories().iter().enumerate();
    let mut allowed = repositories.filter(|(_, info)| info.allows(&package.name));
    allowed.any(|(index, _)| {
        let answers = source.load(index, std::slice::from_ref(&package.name));
        answers.iter().any(|answer| match answer {
            Loaded::Versions(versions) => versions.records.iter().any(|record| {
                *record.version() == package.version
                    && record.branch_alias() == package.branch_alias.as_ref()
            }),
            Loaded::Absent | Loaded::Unavailable(_) => false,
        })
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
