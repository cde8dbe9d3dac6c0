//! The feature sets of a release as they can be chosen: which are on, how large they are, and what needs them.

use super::in_release::InRelease;
use super::selection::Base;
use super::{FeatureSet, Library, Profile};
use std::collections::BTreeSet;

/// What stands for the packages that are in no feature set.
pub const CORE: &str = "core";

/// A feature set as a release has it.
#[derive(Debug, Clone)]
pub struct State<'l> {
    /// As the library has it.
    pub set: &'l FeatureSet,
    /// Whether the profile has it.
    pub is_on: bool,
    /// How many packages it has in this release; 1 for a set of which the release has none, and which a requirement brings.
    pub packages: usize,
    /// Other sets that the release cannot have without it, by name; what is in no set counts as [`CORE`].
    pub needed_by: BTreeSet<String>,
}

/// The feature sets of a release, with what they mean there.
pub fn states<'l>(library: &'l Library, profile: &Profile, base: Base<'_>) -> Vec<State<'l>> {
    let release = InRelease::of(base, library);
    let is_on = |set: &FeatureSet| {
        profile.with.contains(&set.name)
            || release.is_there(set) && !profile.without.contains(&set.name)
    };
    let state = |set: &'l FeatureSet| {
        let names: Vec<String> = set
            .full_names(release.vendor)
            .filter(|name| release.whole.has(name) || release.before.has(name))
            .collect();
        let mut needed_by: BTreeSet<String> = library
            .needed_by(&set.name)
            .map(|set| set.name.clone())
            .collect();
        for (requirer, _) in release.whole.requirers(&names) {
            let mut sets = library.sets_of(&requirer, release.vendor).peekable();
            if sets.peek().is_none() {
                needed_by.insert(CORE.to_owned());
            }
            needed_by.extend(sets.map(|set| set.name.clone()));
        }
        State {
            set,
            is_on: is_on(set),
            packages: names.len().max(1),
            needed_by,
        }
    };
    library
        .sets
        .iter()
        .filter(|set| release.has(set))
        .map(state)
        .collect()
}
