//! A root that has no solution, and the words that several reasons share.

use crate::distribution::Target;
use crate::plan::{Code, Finding};
use crate::planner::blocked::remedies::Diagnosis;
use crate::planner::composer_files::own_builds::OwnBuild;
use crate::planner::lock::question::Blocked;
use crate::planner::lock::unreachable::reason;
use composer_engine::format::root::RootPackage;
use composer_engine::repository::PackageSource;
use composer_engine::resolve::update::LockedPackages;
use composer_engine::resolve::world::Unavailable;
use std::collections::BTreeSet;

/// More of a kind than these are counted, not listed.
pub(super) const MAX_LISTED: usize = 4;

/// A root that has no solution.
pub(crate) struct Impasse<'a> {
    /// Composer's explanation, and what could not be asked.
    pub blocked: &'a Blocked,
    /// Where the store was to go.
    pub target: Target,
    /// The release of the target.
    pub release: &'a str,
    /// The new root.
    pub root: &'a RootPackage,
    /// What the store has.
    pub locked: Option<&'a LockedPackages>,
    /// The core packages that stay the store's own builds.
    pub own_builds: &'a [OwnBuild],
    /// What stands in the way, where that was looked into.
    pub diagnosis: Option<&'a Diagnosis>,
}

impl<'a> Impasse<'a> {
    /// The own build of a name, if one stays.
    pub(super) fn own_build(&self, name: &str) -> Option<&'a OwnBuild> {
        let mut builds = self.own_builds.iter();
        builds.find(|build| build.name.eq_ignore_ascii_case(name))
    }

    /// An own build that does not go with the target, which demands what is listed.
    pub(super) fn own_build_blocks(&self, build: &OwnBuild, demands: &BTreeSet<String>) -> Finding {
        let OwnBuild {
            name,
            version,
            origin,
        } = build;
        let demands = match demands.is_empty() {
            true => String::new(),
            false => format!(" {}.", listed(demands, "; ")),
        };
        blocker(
            Code::OwnBuild,
            format!(
                "the store's own build of {name} does not go with {} {}",
                self.target.name(),
                self.release
            ),
            format!(
                "{version} comes from {origin} and stays as it is.{demands} Serve a version there that fits, or let the \
                 target's package take its place, without your changes: `--take {name}`."
            ),
            Some(name),
        )
    }
}

/// A few of them in full, the rest counted.
pub(crate) fn listed(items: &BTreeSet<String>, separator: &str) -> String {
    let some: Vec<&str> = items.iter().take(MAX_LISTED).map(String::as_str).collect();
    match items.len().saturating_sub(MAX_LISTED) {
        0 => some.join(separator),
        more => format!("{} and {more} more", some.join(separator)),
    }
}

/// A blocker, about a package where one is named.
pub(crate) fn blocker(code: Code, title: String, detail: String, package: Option<&str>) -> Finding {
    let finding = Finding::new(code, title, detail);
    match package {
        Some(package) => finding.of_package(package),
        None => finding,
    }
}

/// A repository that could not be asked about a package, which has to move where the lock holds it.
pub(crate) fn unasked_repository(
    impasse: &Impasse<'_>,
    package: &str,
    missing: &Unavailable,
    source: &dyn PackageSource,
) -> Finding {
    let info = source.repositories().get(missing.repository);
    let name = info.map_or_else(String::new, |info| info.display().to_string());
    let mut locked = impasse.locked.into_iter().flat_map(LockedPackages::all);
    let has_to = match locked.any(|locked| *locked.name == *package) {
        true => "has to move",
        false => "is required",
    };
    blocker(
        Code::RepositoryMustBeAsked,
        format!("{package} {has_to}, but its repository cannot be asked"),
        format!(
            "{name} may have a version that fits: {}.",
            reason(&missing.error)
        ),
        Some(package),
    )
}

/// That no repository has a package in a version that fits `wanted`, which is what composer.json requires; of one that the lock
/// holds in another version, that this is all there is.
pub(crate) fn not_found(
    impasse: &Impasse<'_>,
    name: &str,
    wanted: Option<&str>,
    advice: &str,
) -> Finding {
    let mut locked = impasse.locked.into_iter().flat_map(LockedPackages::all);
    let fits = wanted.map_or_else(
        || "that fits".to_string(),
        |wanted| format!("that fits {wanted}"),
    );
    match locked.find(|package| *package.name == *name) {
        Some(package) => blocker(
            Code::LockedVersionDoesNotFit,
            format!(
                "{name} {} is locked, which is not what is required now",
                package.pretty_version
            ),
            format!("No repository of composer.json has a version {fits}. {advice}"),
            Some(name),
        ),
        None => blocker(
            Code::PackageNotFound,
            format!("{name} cannot be had as composer.json requires it"),
            format!(
                "No repository of composer.json has a version {fits}, and no lock holds one. {advice}"
            ),
            Some(name),
        ),
    }
}
