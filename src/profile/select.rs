//! From a profile and the user's own wishes to requirements and replacements in the root.

use super::definition::full_name;
use super::in_release::{InRelease, Replacer, twin};
use super::selection::{Base, KeptOut, Selection, SelectionError, Wanted};
use super::{FeatureSet, Library, Safety};
use std::collections::{BTreeMap, BTreeSet};

/// Applies a profile, and on top of it the user's own wishes, to a release. A feature set of the profile that the release
/// lacks is passed over; one that the user names is an error.
pub fn select(
    library: &Library,
    wish: Wanted<'_>,
    base: Base<'_>,
) -> Result<Selection, SelectionError> {
    let Wanted {
        profile,
        with,
        without,
        sample_data,
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
    let release = InRelease::of(base, library);
    if let Some(name) = with
        .iter()
        .chain(without)
        .find(|name| library.set(name).is_some_and(|set| !release.has(set)))
    {
        return Err(SelectionError::NotInRelease(name.clone()));
    }
    let with = with_needs(library, wanted(&profile.with, with, without), without);
    let mut without = wanted(
        &profile.without,
        without,
        &with.iter().cloned().collect::<Vec<_>>(),
    );
    // What the root itself requires is the owner's own wish, which a profile does not know.
    let asks_for = |set: &FeatureSet| {
        let mut requirers = set.full_names(release.vendor);
        requirers.find_map(|name| base.requirer(&name).map(str::to_owned))
    };
    let mut kept: Vec<(String, String)> = without
        .iter()
        .filter(|name| !wish.without.contains(name))
        .filter_map(|name| Some((name.clone(), asks_for(library.set(name)?)?)))
        .collect();
    without.retain(|name| kept.iter().all(|(known, _)| known != name));
    loop {
        let choosing = Choosing {
            library,
            base,
            release: &release,
            with: &with,
            without: &without,
        };
        let mut selection = choosing.selection();
        let replaces: Vec<String> = selection.replaces.iter().cloned().collect();
        // What the profile alone would take out stays where the release cannot do without it.
        let mut open = BTreeMap::new();
        let after = release.after(base, &selection);
        for (requirer, missing) in after.requirers(&replaces) {
            for name in missing {
                let sets = library.sets_of(&name, base.distribution.vendor());
                let of_profile = sets
                    .filter(|set| without.contains(&set.name) && !wish.without.contains(&set.name));
                open.extend(of_profile.map(|set| (set.name.clone(), requirer.clone())));
            }
        }
        if open.is_empty() {
            selection.kept = std::mem::take(&mut kept);
            for kept_out in &mut selection.kept_out {
                kept_out.is_asked_for = wish.with.contains(&kept_out.set);
            }
            if sample_data {
                let suggested = after.sample_data(|name| selection.replaces.contains(name));
                selection.lacks_sample_data = suggested.is_empty();
                let is_new = |name: &String| base.requires.iter().all(|(known, _)| known != name);
                let new = suggested.into_iter().filter(|(name, _)| is_new(name));
                selection.requires.extend(new);
            }
            return Ok(selection);
        }
        without.retain(|name| !open.contains_key(name));
        kept.extend(open);
    }
}

/// What is wanted and, as far as the user does not refuse it, what that needs.
fn with_needs(
    library: &Library,
    mut with: BTreeSet<String>,
    refused: &[String],
) -> BTreeSet<String> {
    loop {
        let sets = with.iter().filter_map(|name| library.set(name));
        let missing: Vec<String> = sets
            .flat_map(|set| &set.needs)
            .filter(|name| !with.contains(*name) && !refused.contains(*name))
            .cloned()
            .collect();
        if missing.is_empty() {
            return with;
        }
        with.extend(missing);
    }
}

/// What is wanted of a list of the profile's, with what the user wants on top.
fn wanted(list: &[String], own: &[String], against: &[String]) -> BTreeSet<String> {
    list.iter()
        .filter(|name| !against.contains(name))
        .chain(own)
        .cloned()
        .collect()
}

/// Feature sets that are wanted and such that are not, on a release.
struct Choosing<'a> {
    library: &'a Library,
    base: Base<'a>,
    release: &'a InRelease<'a>,
    with: &'a BTreeSet<String>,
    without: &'a BTreeSet<String>,
}

impl Choosing<'_> {
    /// What it means for the root to add the ones and to take out the others.
    fn selection(&self) -> Selection {
        let mut selection = Selection::default();
        self.restore(&mut selection);
        self.note_kept_out(&mut selection);
        self.add(&mut selection);
        self.take_out(&mut selection);
        self.note_needed(&mut selection);
        selection
    }

    /// Whether a set is there in the end.
    fn is_on(&self, set: &FeatureSet) -> bool {
        !self.without.contains(&set.name)
            && (self.with.contains(&set.name) || self.release.is_there(set))
    }

    /// The sets that are wanted and can be had.
    fn wanted(&self) -> impl Iterator<Item = &FeatureSet> {
        let sets = self.library.sets.iter();
        sets.filter(|set| self.with.contains(&set.name) && self.release.has(set))
    }

    /// Whether all sets that a package is in are there in the end: what connects two sets stays away with either.
    fn is_wanted(&self, name: &str) -> bool {
        let mut sets = self.library.sets_of(name, self.release.vendor);
        sets.all(|set| self.is_on(set))
    }

    /// Takes what is wanted out of what the root replaces.
    fn restore(&self, selection: &mut Selection) {
        let names = self
            .wanted()
            .flat_map(|set| set.full_names(self.release.vendor));
        for name in names.filter(|name| self.is_wanted(name)) {
            let both = twin(&name).into_iter().chain([name]);
            let replaced = both.filter(|name| self.base.replaced.contains(name));
            selection.restored.extend(replaced);
        }
    }

    /// Notes who keeps out what is wanted.
    fn note_kept_out(&self, selection: &mut Selection) {
        let vendor = self.release.vendor;
        for set in self.wanted() {
            let mut by: BTreeMap<(bool, String), Vec<String>> = BTreeMap::new();
            for name in set.full_names(vendor) {
                let who = match self.release.replacer(&name) {
                    // What a set has in place of an older package of its own is no less the set.
                    Some(Replacer::Package(package))
                        if set.full_names(vendor).any(|own| *own == *package.name) =>
                    {
                        continue;
                    }
                    Some(Replacer::Package(package)) => {
                        let package = format!("{} {}", package.pretty_name, package.pretty_version);
                        (false, package)
                    }
                    Some(Replacer::File(path)) => (true, path.to_owned()),
                    None => continue,
                };
                by.entry(who).or_default().push(name);
            }
            let kept_out = by.into_iter().map(|((is_file, by), names)| KeptOut {
                set: set.name.clone(),
                names,
                by,
                is_file,
                is_asked_for: false,
            });
            selection.kept_out.extend(kept_out);
        }
    }

    /// Requires what is wanted and not there.
    fn add(&self, selection: &mut Selection) {
        let release = self.release;
        for set in self.wanted().filter(|set| !release.is_there(set)) {
            let names = match set.require.is_empty() {
                true => &set.packages,
                false => &set.require,
            };
            for name in names.iter().map(|name| full_name(name, release.vendor)) {
                let constraint = release
                    .whole
                    .constraint(&name)
                    .map(|constraint| constraint.to_string())
                    .or(set.version.clone());
                if let (true, false, Some(constraint)) =
                    (self.is_wanted(&name), release.before.has(&name), constraint)
                {
                    selection.requires.push((name, constraint));
                }
            }
            selection.added.push(set.name.clone());
            let hosts = (!set.repositories.is_empty()).then(|| set.repositories.clone());
            let own = hosts.map(|hosts| (set.name.clone(), hosts));
            selection.own_repositories.extend(own);
        }
        selection.requires.sort();
        selection.requires.dedup();
    }

    /// Replaces what is not wanted and would be there.
    fn take_out(&self, selection: &mut Selection) {
        let Self { base, release, .. } = self;
        let after = release.after(*base, selection);
        let unwanted = self.library.sets.iter();
        for set in unwanted.filter(|set| self.without.contains(&set.name)) {
            let there: Vec<String> = set
                .full_names(release.vendor)
                .filter(|name| after.has(name) && !base.replaced.contains(name))
                .filter(|name| release.replacer(name).is_none())
                .collect();
            if there.is_empty() {
                continue;
            }
            for name in there {
                let version = after.without_conflict(base.source, &name);
                selection
                    .replaced_at
                    .extend(version.map(|version| (name.clone(), version.to_string())));
                selection.replaces.extend(twin(&name));
                selection.replaces.insert(name);
            }
            match set.safe {
                Safety::Yes => {}
                Safety::No => selection
                    .unsafe_sets
                    .push((set.name.clone(), set.evidence.clone())),
                Safety::Untested => selection.untested_sets.push(set.name.clone()),
            }
            selection.taken_out.push(set.name.clone());
        }
    }

    /// Notes sets that are not there and that one which is needs.
    fn note_needed(&self, selection: &mut Selection) {
        let sets = self.library.sets.iter();
        for set in sets.filter(|set| self.release.has(set) && self.is_on(set)) {
            let needed = set.needs.iter().filter_map(|name| self.library.set(name));
            let missing = needed.filter(|needed| self.release.has(needed) && !self.is_on(needed));
            selection
                .needed
                .extend(missing.map(|needed| (needed.name.clone(), set.name.clone())));
        }
    }
}
