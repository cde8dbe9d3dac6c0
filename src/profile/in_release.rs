//! What a release has of packages and feature sets: in the edition that is started from, and in the full one.

use super::definition::full_name;
use super::offer::Offer;
use super::selection::{Base, FileLinks, Selection};
use super::{FeatureSet, Library};
use crate::distribution::{Belongs, belongs, is_core, upstream_name};
use composer_engine::format::package::Package;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a release has, in the edition that is started from and in the full one.
pub(super) struct InRelease<'a> {
    /// What the root leads to, before anything is added or taken out.
    pub(super) before: Offer,
    /// What the full edition has.
    pub(super) whole: Offer,
    /// That of the distribution's own packages.
    pub(super) vendor: &'a str,
    replaced: &'a BTreeSet<String>,
    /// What packages of the store replace, and which of them does, with its version.
    replacers: BTreeMap<&'a str, &'a Package>,
    files: &'a [FileLinks],
    library: &'a Library,
}

/// Who keeps a name out.
pub(super) enum Replacer<'r> {
    /// A package of the store, or one that is going to be there.
    Package(&'r Package),
    /// A file that composer-merge-plugin adds to the root, by its path.
    File(&'r str),
}

impl<'a> InRelease<'a> {
    /// Follows what the root requires, and the product of the full edition.
    pub(super) fn of(base: Base<'a>, library: &'a Library) -> Self {
        let whole = Offer::follow(library, base.source, base.locked, [base.full]);
        Self {
            before: follow(base, library, base.all_requires()),
            library,
            whole,
            vendor: base.distribution.vendor(),
            replaced: base.replaced,
            replacers: replacers(base.locked),
            files: base.files,
        }
    }

    /// Who keeps a name out by replacing it under either vendor's name: a package of the store, one that the root or the
    /// core is going to bring, or a file that adds to the root. For all of the planner this is the one place that asks so of a
    /// selection.
    pub(super) fn replacer(&self, name: &str) -> Option<Replacer<'_>> {
        let other = |replaced: &str| {
            let locked = self.replacers.get(replaced).copied();
            let package = locked.or_else(|| self.before.replacer(replaced));
            let package = package.filter(|package| *package.name != *name);
            let file = || {
                self.files
                    .iter()
                    .find(|file| file.replaces.contains(replaced))
            };
            let file = || file().map(|file| Replacer::File(&file.path));
            package.map(Replacer::Package).or_else(file)
        };
        other(name).or_else(|| other(&twin(name)?))
    }

    /// Whether the edition that is started from has the set.
    pub(super) fn is_there(&self, set: &FeatureSet) -> bool {
        set.packages.first().is_some_and(|first| {
            let first = full_name(first, self.vendor);
            self.before.has(&first)
                && !self.replaced.contains(&first)
                && self.replacer(&first).is_none()
        })
    }

    /// Whether the set can be had.
    pub(super) fn has(&self, set: &FeatureSet) -> bool {
        let mut names = set.full_names(self.vendor);
        set.version.is_some() || names.any(|name| self.whole.has(&name) || self.before.has(&name))
    }

    /// What the root leads to with a selection's requirements, before anything is taken out.
    pub(super) fn after(&self, base: Base<'_>, selection: &Selection) -> Offer {
        if selection.requires.is_empty() {
            self.before.clone()
        } else {
            follow(
                base,
                self.library,
                base.all_requires().chain(&selection.requires),
            )
        }
    }
}

/// What packages replace, without the packages that are there themselves. What core replaces goes where the core goes.
fn replacers(locked: &[Arc<Package>]) -> BTreeMap<&str, &Package> {
    let mut replacers: BTreeMap<&str, &Package> = BTreeMap::new();
    for package in locked.iter().filter(|package| !is_core(&package.name)) {
        for link in &package.replaces {
            replacers.entry(&*link.target).or_insert(package);
        }
    }
    for package in locked {
        replacers.remove(&*package.name);
    }
    replacers
}

fn follow<'a>(
    base: Base<'_>,
    library: &Library,
    requires: impl Iterator<Item = &'a (String, String)>,
) -> Offer {
    Offer::follow(
        library,
        base.source,
        base.locked,
        requires.map(|(name, constraint)| (name.as_str(), constraint.as_str())),
    )
}

/// The name that extensions know a core package of a rebuild by.
pub(super) fn twin(name: &str) -> Option<String> {
    upstream_name(name).filter(|_| matches!(belongs(name), Belongs::Core(_)))
}
