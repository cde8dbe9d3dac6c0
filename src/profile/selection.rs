//! From a profile and the user's own wishes to requirements and replacements in the root.

use super::library::full_name;
use super::offer::Offer;
use super::{FeatureSet, Library, Profile, Safety};
use crate::distribution::{Belongs, Distribution, belongs};
use crate::repository::PackageSource;
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// What a selection means for the root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// What to require on top, with constraints.
    pub requires: BTreeMap<String, String>,
    /// The names that the root replaces, so that nothing brings them in; for Mage-OS under both vendors.
    pub replaces: BTreeSet<String>,
    /// Feature sets that are taken out and that the release has, by name.
    pub taken_out: Vec<String>,
    /// Feature sets that are added, by name.
    pub added: Vec<String>,
    /// Feature sets that are taken out although a shop is known not to work without them, with the evidence.
    pub unsafe_sets: Vec<(String, String)>,
    /// Feature sets that are taken out although nobody is known to have tried it.
    pub untested_sets: Vec<String>,
    /// Feature sets taken out that another one, which stays, needs: the needed one, and the one that needs it.
    pub needed: Vec<(String, String)>,
    /// Feature sets that are added and whose packages come from a repository that only the buyer can name: set and host.
    pub own_repositories: Vec<(String, String)>,
}

/// A wish that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SelectionError {
    #[error("there is no feature set `{name}`{}", .nearest.as_ref().map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default())]
    UnknownSet { name: String, nearest: Option<String> },
    #[error("this release has no feature set `{0}`")]
    NotInRelease(String),
    #[error("the feature set `{0}` is both wanted and not wanted")]
    Contradiction(String),
}

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    pub profile: &'a Profile,
    /// Feature sets that the user wants, whatever the profile says.
    pub with: &'a [String],
    /// Feature sets that the user does not want, whatever the profile says.
    pub without: &'a [String],
}

/// What it is wanted of.
#[derive(Clone, Copy)]
pub struct Base<'a> {
    pub distribution: Distribution,
    pub source: &'a dyn PackageSource,
    /// The requirements of the root as its template has them, with constraints.
    pub requires: &'a [(String, String)],
    /// The product that has all feature sets, and its release.
    pub full: (&'a str, &'a str),
}

/// Applies a profile, and on top of it the user's own wishes, to a release. A feature set of the profile that the release
/// lacks is passed over; one that the user names is an error.
pub fn select(library: &Library, wish: Wish<'_>, base: Base<'_>) -> Result<Selection, SelectionError> {
    let Wish { profile, with, without } = wish;
    for name in with.iter().chain(without) {
        if library.set(name).is_none() {
            let nearest = Library::nearest(library.sets.iter().map(|set| set.name.as_str()), name).map(str::to_owned);
            return Err(SelectionError::UnknownSet { name: name.clone(), nearest });
        }
    }
    if let Some(name) = with.iter().find(|name| without.contains(name)) {
        return Err(SelectionError::Contradiction(name.clone()));
    }
    let vendor = base.distribution.vendor();
    let follow = |requirements: &[(String, String)]| {
        Offer::follow(base.source, requirements.iter().map(|(name, constraint)| (name.as_str(), constraint.as_str())))
    };
    let before = follow(base.requires);
    let whole = Offer::follow(base.source, [base.full]);
    let is_there = |set: &FeatureSet| set.packages.first().is_some_and(|first| before.has(&full_name(first, vendor)));
    let has = |set: &FeatureSet| {
        let mut names = set.packages.iter().map(|name| full_name(name, vendor));
        set.version.is_some() || names.any(|name| whole.has(&name) || before.has(&name))
    };
    if let Some(name) = with.iter().chain(without).find(|name| library.set(name).is_some_and(|set| !has(set))) {
        return Err(SelectionError::NotInRelease(name.clone()));
    }
    let wanted = |list: &[String], own: &[String], against: &[String]| -> BTreeSet<String> {
        list.iter().filter(|name| !against.contains(name)).chain(own).cloned().collect()
    };
    let with = wanted(&profile.with, with, without);
    let without = wanted(&profile.without, without, &with.iter().cloned().collect::<Vec<_>>());

    let mut selection = Selection::default();
    let is_on = |set: &FeatureSet| !without.contains(&set.name) && (with.contains(&set.name) || is_there(set));
    for set in library.sets.iter().filter(|set| with.contains(&set.name) && has(set) && !is_there(set)) {
        let names = if set.require.is_empty() { &set.packages } else { &set.require };
        for name in names.iter().map(|name| full_name(name, vendor)) {
            // What connects two sets is there while both are.
            let is_wanted = library.sets_of(&name, vendor).all(&is_on);
            let constraint = whole.constraint(&name).map(|constraint| constraint.to_string()).or(set.version.clone());
            if let (true, false, Some(constraint)) = (is_wanted, before.has(&name), constraint) {
                selection.requires.insert(name, constraint);
            }
        }
        selection.added.push(set.name.clone());
        selection.own_repositories.extend(set.repository.clone().map(|host| (set.name.clone(), host)));
    }
    let requires: Vec<(String, String)> = base.requires.iter().cloned().chain(selection.requires.clone()).collect();
    let after = follow(&requires);
    for set in library.sets.iter().filter(|set| without.contains(&set.name)) {
        let there: Vec<String> = set.packages.iter().map(|name| full_name(name, vendor)).filter(|name| after.has(name)).collect();
        if there.is_empty() {
            continue;
        }
        for name in there {
            let twin = name.strip_prefix("mage-os/").filter(|_| belongs(&name) == Belongs::MageOsCore);
            selection.replaces.extend(twin.map(|short| format!("magento/{short}")));
            selection.replaces.insert(name);
        }
        match set.safe {
            Safety::Yes => {}
            Safety::No => selection.unsafe_sets.push((set.name.clone(), set.evidence.clone())),
            Safety::Untested => selection.untested_sets.push(set.name.clone()),
        }
        let needing = library.needed_by(&set.name).filter(|needing| is_on(needing));
        selection.needed.extend(needing.map(|needing| (set.name.clone(), needing.name.clone())));
        selection.taken_out.push(set.name.clone());
    }
    Ok(selection)
}
