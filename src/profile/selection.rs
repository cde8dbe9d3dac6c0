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
    /// What to require on top, with constraints, by name.
    pub requires: Vec<(String, String)>,
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
    /// Feature sets that the profile would take out, but that a package of this release requires: set and package.
    pub kept: Vec<(String, String)>,
    /// Feature sets that are added and whose packages come from a repository that only the buyer can name: set and host.
    pub own_repositories: Vec<(String, String)>,
}

/// A wish that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SelectionError {
    #[error("there is no feature set `{name}`{}", .nearest.as_ref().map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default())]
    UnknownSet {
        name: String,
        nearest: Option<String>,
    },
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
pub fn select(
    library: &Library,
    wish: Wish<'_>,
    base: Base<'_>,
) -> Result<Selection, SelectionError> {
    let Wish {
        profile,
        with,
        without,
    } = wish;
    for name in with.iter().chain(without) {
        if library.set(name).is_none() {
            let nearest = Library::nearest(library.sets.iter().map(|set| set.name.as_str()), name)
                .map(str::to_owned);
            return Err(SelectionError::UnknownSet {
                name: name.clone(),
                nearest,
            });
        }
    }
    if let Some(name) = with.iter().find(|name| without.contains(name)) {
        return Err(SelectionError::Contradiction(name.clone()));
    }
    let release = Release::of(base);
    if let Some(name) = with
        .iter()
        .chain(without)
        .find(|name| library.set(name).is_some_and(|set| !release.has(set)))
    {
        return Err(SelectionError::NotInRelease(name.clone()));
    }
    let with = wanted(&profile.with, with, without);
    let mut without = wanted(
        &profile.without,
        without,
        &with.iter().cloned().collect::<Vec<_>>(),
    );
    let mut kept = Vec::new();
    loop {
        let mut selection = choose(library, base, &release, &with, &without);
        let replaces: Vec<String> = selection.replaces.iter().cloned().collect();
        // What the profile alone would take out stays where the release cannot do without it.
        let mut open = BTreeMap::new();
        for (requirer, missing) in release.after(base, &selection).requirers(&replaces) {
            for name in missing {
                let sets = library.sets_of(&name, base.distribution.vendor());
                let of_profile = sets
                    .filter(|set| without.contains(&set.name) && !wish.without.contains(&set.name));
                open.extend(of_profile.map(|set| (set.name.clone(), requirer.clone())));
            }
        }
        if open.is_empty() {
            selection.kept = kept;
            return Ok(selection);
        }
        without.retain(|name| !open.contains_key(name));
        kept.extend(open);
    }
}

/// The feature sets of a release, and whether a wish has them.
pub fn states<'l>(
    library: &'l Library,
    profile: &Profile,
    base: Base<'_>,
) -> Vec<(&'l FeatureSet, bool)> {
    let release = Release::of(base);
    let is_on = |set: &FeatureSet| {
        profile.with.contains(&set.name)
            || release.is_there(set) && !profile.without.contains(&set.name)
    };
    library
        .sets
        .iter()
        .filter(|set| release.has(set))
        .map(|set| (set, is_on(set)))
        .collect()
}

/// What is wanted of a list of the profile's, with what the user wants on top.
fn wanted(list: &[String], own: &[String], against: &[String]) -> BTreeSet<String> {
    list.iter()
        .filter(|name| !against.contains(name))
        .chain(own)
        .cloned()
        .collect()
}

/// What a release has, in the edition that is started from and in the full one.
struct Release<'a> {
    before: Offer,
    whole: Offer,
    vendor: &'a str,
}

impl<'a> Release<'a> {
    fn of(base: Base<'a>) -> Self {
        let whole = Offer::follow(base.source, [base.full]);
        Self {
            before: follow(base, base.requires.iter()),
            whole,
            vendor: base.distribution.vendor(),
        }
    }

    /// Whether the edition that is started from has the set.
    fn is_there(&self, set: &FeatureSet) -> bool {
        set.packages
            .first()
            .is_some_and(|first| self.before.has(&full_name(first, self.vendor)))
    }

    /// Whether the set can be had.
    fn has(&self, set: &FeatureSet) -> bool {
        let mut names = set.full_names(self.vendor);
        set.version.is_some() || names.any(|name| self.whole.has(&name) || self.before.has(&name))
    }

    /// What the root leads to with a selection's requirements, before anything is taken out.
    fn after(&self, base: Base<'_>, selection: &Selection) -> Offer {
        if selection.requires.is_empty() {
            self.before.clone()
        } else {
            follow(base, base.requires.iter().chain(&selection.requires))
        }
    }
}

fn follow<'a>(base: Base<'_>, requires: impl Iterator<Item = &'a (String, String)>) -> Offer {
    Offer::follow(
        base.source,
        requires.map(|(name, constraint)| (name.as_str(), constraint.as_str())),
    )
}

/// Adds and takes out.
fn choose(
    library: &Library,
    base: Base<'_>,
    release: &Release<'_>,
    with: &BTreeSet<String>,
    without: &BTreeSet<String>,
) -> Selection {
    let vendor = release.vendor;
    let mut selection = Selection::default();
    let is_on = |set: &FeatureSet| {
        !without.contains(&set.name) && (with.contains(&set.name) || release.is_there(set))
    };
    for set in library
        .sets
        .iter()
        .filter(|set| with.contains(&set.name) && release.has(set) && !release.is_there(set))
    {
        let names = if set.require.is_empty() {
            &set.packages
        } else {
            &set.require
        };
        for name in names.iter().map(|name| full_name(name, vendor)) {
            // What connects two sets is there while both are.
            let is_wanted = library.sets_of(&name, vendor).all(is_on);
            let constraint = release
                .whole
                .constraint(&name)
                .map(|constraint| constraint.to_string())
                .or(set.version.clone());
            if let (true, false, Some(constraint)) =
                (is_wanted, release.before.has(&name), constraint)
            {
                selection.requires.push((name, constraint));
            }
        }
        selection.added.push(set.name.clone());
        selection
            .own_repositories
            .extend(set.repository.clone().map(|host| (set.name.clone(), host)));
    }
    selection.requires.sort();
    selection.requires.dedup();
    let after = release.after(base, &selection);
    for set in library
        .sets
        .iter()
        .filter(|set| without.contains(&set.name))
    {
        let there: Vec<String> = set
            .full_names(vendor)
            .filter(|name| after.has(name))
            .collect();
        if there.is_empty() {
            continue;
        }
        for name in there {
            let twin = name
                .strip_prefix("mage-os/")
                .filter(|_| belongs(&name) == Belongs::MageOsCore);
            selection
                .replaces
                .extend(twin.map(|short| format!("magento/{short}")));
            selection.replaces.insert(name);
        }
        match set.safe {
            Safety::Yes => {}
            Safety::No => selection
                .unsafe_sets
                .push((set.name.clone(), set.evidence.clone())),
            Safety::Untested => selection.untested_sets.push(set.name.clone()),
        }
        let needing = library
            .needed_by(&set.name)
            .filter(|needing| is_on(needing));
        selection
            .needed
            .extend(needing.map(|needing| (set.name.clone(), needing.name.clone())));
        selection.taken_out.push(set.name.clone());
    }
    selection
}
