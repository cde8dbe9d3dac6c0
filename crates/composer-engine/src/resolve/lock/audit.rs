//! What is published against the packages of a new lock.

use crate::format::version::stability::Stability;
use crate::repository::{Advisory, PackageSource};
use crate::resolve::update::{Chosen, Update};
use std::sync::Arc;

/// A package of a new lock and an advisory that concerns its version.
#[derive(Debug, Clone, PartialEq)]
pub struct Concern {
    /// The package.
    pub package: Arc<str>,
    /// As shown.
    pub version: Arc<str>,
    /// What is known about its version.
    pub advisory: Advisory,
}

/// The advisories against the packages of an update, by package. A repository that does not answer has none: whoever needs
/// to know learns that when versions are chosen. `complete` has a repository asked about all names at once where it can be,
/// which gives details and needs no metadata of packages that were not looked at.
pub fn concerns(source: &dyn PackageSource, update: &Update, complete: bool) -> Vec<Concern> {
    let chosen = || update.packages.iter().chain(&update.packages_dev);
    let mut concerns = Vec::new();
    for (index, info) in source.repositories().iter().enumerate() {
        if !source.has_advisories(index) {
            continue;
        }
        let names: Vec<Arc<str>> = chosen()
            .map(|chosen| chosen.package.name.clone())
            .filter(|name| info.allows(name))
            .collect();
        for advisory in source
            .advisories(index, &names, complete)
            .unwrap_or_default()
        {
            let of_advisory = |chosen: &&Chosen| chosen.package.name == advisory.package;
            let package = chosen().find(of_advisory).map(|chosen| &chosen.package);
            if let Some(package) = package
                && package.version.stability() != Stability::Dev
                && advisory.affected.matches_version(&package.version)
            {
                concerns.push(Concern {
                    package: package.name.clone(),
                    version: package.pretty_version.clone(),
                    advisory,
                });
            }
        }
    }
    concerns.sort_by(|a, b| (&a.package, &a.advisory.id).cmp(&(&b.package, &b.advisory.id)));
    concerns.dedup_by(|a, b| a.package == b.package && a.advisory.id == b.advisory.id);
    concerns
}
