//! Packages that a new lock has from the old one only, as no repository gives a version that fits.

use super::offered::{is_offered, versions_of};
use crate::plan::sentence::count;
use crate::plan::{Code, Finding};
use composer_engine::format::constraint::Constraint;
use composer_engine::format::package::Package;
use composer_engine::format::root::RootPackage;
use composer_engine::format::version::stability::Stability;
use composer_engine::repository::PackageSource;
use composer_engine::resolve::candidate::Origin;
use composer_engine::resolve::update::{Chosen, Update};
use std::sync::Arc;

/// Names the packages without which a later `composer update` of the same root may have no solution: it would have to find one
/// in which whatever requires them moves. Those of repositories that could not be asked are none of them: nobody knows what
/// is there.
pub(crate) fn findings(
    result: &Update,
    root: &RootPackage,
    source: &dyn PackageSource,
) -> Option<Finding> {
    let chosen = || result.packages.iter().chain(&result.packages_dev);
    let is_unknown = |name: &Arc<str>| {
        let repositories = source.repositories();
        result.unavailable.iter().any(|missing| {
            let info = repositories.get(missing.repository);
            missing.package == *name
                || &*missing.package == "*" && info.is_some_and(|info| info.allows(name))
        })
    };
    let of_lock: Vec<&Arc<Package>> = chosen()
        .filter(|chosen| chosen.origin == Origin::Locked)
        .map(|chosen| &chosen.package)
        .filter(|package| !is_unknown(&package.name))
        .collect();
    // Most of them nobody has asked for yet, as their locked versions fitted.
    let names: Vec<Arc<str>> = of_lock.iter().map(|package| package.name.clone()).collect();
    source.prefetch(&names);
    let mut lost: Vec<String> = of_lock
        .into_iter()
        .filter(|package| {
            if is_offered(source, package) && is_allowed(package, root) {
                // It goes with the rest: it is in the solution.
                return false;
            }
            let demands = demands(&package.name, root, chosen());
            let mut versions = versions_of(source, &package.name);
            !versions.any(|version| is_allowed(&version, root) && fits(&version, &demands))
        })
        .map(|package| format!("{} {}", package.pretty_name, package.pretty_version))
        .collect();
    lost.sort_unstable();
    lost.dedup();
    if lost.is_empty() {
        return None;
    }
    let (stay, they, versions) = match lost.len() {
        1 => ("stays", "It is", "a version that fits"),
        _ => ("stay", "They are", "versions of them that fit"),
    };
    Some(Finding::new(
        Code::OnlyLocked,
        format!(
            "{} {stay} only because composer.lock holds {}",
            count(lost.len(), "package"),
            if lost.len() == 1 { "it" } else { "them" }
        ),
        format!(
            "{}\nNo repository has {versions} any more. {they} installed from the lock all the same, but a later `composer update` of everything may find no solution: keep composer.lock, and update packages by name.",
            lost.join("\n")
        ),
    ))
}

/// What the root and the packages of the solution ask of a name.
fn demands<'a>(
    name: &Arc<str>,
    root: &'a RootPackage,
    chosen: impl Iterator<Item = &'a Chosen>,
) -> Vec<&'a Constraint> {
    let of_packages = chosen.flat_map(|chosen| chosen.package.requires.iter());
    root.requires
        .iter()
        .chain(&root.dev_requires)
        .chain(of_packages)
        .filter(|link| link.target == *name)
        .map(|link| &*link.constraint)
        .collect()
}

fn fits(package: &Package, demands: &[&Constraint]) -> bool {
    let is = Constraint::exactly(package.version.clone());
    let alias = package
        .branch_alias
        .as_ref()
        .map(|alias| Constraint::exactly(alias.version.clone()));
    demands.iter().all(|demand| {
        demand.matches(&is) || alias.as_ref().is_some_and(|alias| demand.matches(alias))
    })
}

fn is_allowed(package: &Package, root: &RootPackage) -> bool {
    let flag = root.stability_flags.get(&package.name);
    Stability::of(&package.pretty_version) <= *flag.unwrap_or(&root.minimum_stability)
}
