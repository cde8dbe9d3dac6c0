//! From a profile and the user's own wishes to requirements and replacements in the root.

use super::definition::full_name;
use super::offer::Offer;
use super::{FeatureSet, Library, Profile, Safety};
use crate::distribution::{Belongs, Distribution, belongs, is_core, upstream_name};
use composer_engine::format::package::Package;
use composer_engine::repository::PackageSource;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use thiserror::Error;

/// What a selection means for the root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// What to require on top, with constraints, by name.
    pub requires: Vec<(String, String)>,
    /// The names that the root replaces, so that nothing brings them in; for Mage-OS under both vendors.
    pub replaces: BTreeSet<String>,
    /// The version at which the root replaces a name, where a package that stays conflicts with some versions of it.
    pub replaced_at: BTreeMap<String, String>,
    /// Feature sets that are taken out and that the release has, by name.
    pub taken_out: Vec<String>,
    /// Feature sets that are added, by name.
    pub added: Vec<String>,
    /// Feature sets that are taken out although a shop is known not to work without them, with the evidence.
    pub unsafe_sets: Vec<(String, String)>,
    /// Feature sets that are taken out although nobody is known to have tried it.
    pub untested_sets: Vec<String>,
    /// Feature sets that are not there and that another one, which is, needs: the needed one, and the one that needs it.
    pub needed: Vec<(String, String)>,
    /// Feature sets that the profile would take out, but that a package of this release, or composer.json, requires: set and
    /// what requires it.
    pub kept: Vec<(String, String)>,
    /// Feature sets that are added and whose packages come from a repository that only the buyer can name: set and hosts.
    pub own_repositories: Vec<(String, Vec<String>)>,
    /// Whether sample data were wanted and no package suggests any.
    pub lacks_sample_data: bool,
    /// Names that the root replaced so far and that are wanted now.
    pub restored: BTreeSet<String>,
    /// Feature sets that are wanted and that packages of the store keep out by replacing what is in them.
    pub kept_out: Vec<KeptOut>,
}

/// A feature set that does not come, wholly or in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptOut {
    /// The set's name.
    pub set: String,
    /// The names of the set that another package replaces.
    pub names: Vec<String>,
    /// That package, with its version; or the file that composer.json includes and whose `replace` has the names.
    pub by: String,
    /// Whether it is a file.
    pub is_file: bool,
    /// Whether the user named the set; else a profile did.
    pub is_asked_for: bool,
}

impl Selection {
    /// What the root says about a name that it replaces.
    pub fn replaced_version(&self, name: &str) -> &str {
        self.replaced_at.get(name).map_or("*", String::as_str)
    }
}

/// A wish that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SelectionError {
    /// A feature set was named that no library has.
    #[error("there is no feature set `{name}`{}", .nearest.as_ref().map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default())]
    UnknownSet {
        /// As typed.
        name: String,
        /// The set that may be meant; none when no name is near.
        nearest: Option<String>,
    },
    /// The named set exists, but none of its packages in the release.
    #[error("this release has no feature set `{0}`")]
    NotInRelease(String),
    /// The set of this name was asked for with `--with` and with `--without`.
    #[error("the feature set `{0}` is both wanted and not wanted")]
    Contradiction(String),
    /// An answer was given that the question does not have.
    #[error("there is no {question} `{name}`, only {known}")]
    UnknownChoice {
        /// What was asked: `theme` or `checkout`.
        question: &'static str,
        /// As typed.
        name: String,
        /// The answers that there are, as a list to read.
        known: String,
    },
    /// No package of the release brings this language.
    #[error("there is no language pack for `{locale}`, only for {known}")]
    UnknownLanguage {
        /// As typed.
        locale: String,
        /// The locales that there are, as a list to read.
        known: String,
    },
}

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The profile that the rest is on top of.
    pub profile: &'a Profile,
    /// Feature sets that the user wants, whatever the profile says.
    pub with: &'a [String],
    /// Feature sets that the user does not want, whatever the profile says.
    pub without: &'a [String],
    /// Whether to require the sample data that the packages suggest, as `bin/magento sampledata:deploy` does.
    pub sample_data: bool,
}

/// What it is wanted of.
#[derive(Clone, Copy)]
pub struct Base<'a> {
    /// Whose release it is: its vendor names the packages.
    pub distribution: Distribution,
    /// The repositories that the packages are looked up in.
    pub source: &'a dyn PackageSource,
    /// What a store has, which goes before what repositories offer; for a new project nothing.
    pub locked: &'a [Arc<Package>],
    /// The requirements of the root as its template has them, with constraints.
    pub requires: &'a [(String, String)],
    /// The product that has all feature sets, and its release.
    pub full: (&'a str, &'a str),
    /// The names that the root replaces already.
    pub replaced: &'a BTreeSet<String>,
    /// The files that composer-merge-plugin adds to the root.
    pub files: &'a [FileLinks],
}

/// What a file adds to the root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileLinks {
    /// Relative to the store.
    pub path: String,
    /// Its requirements, with constraints.
    pub requires: Vec<(String, String)>,
    /// The names that it replaces.
    pub replaces: BTreeSet<String>,
}

impl Base<'_> {
    /// What the root requires, and what files add to that.
    fn all_requires(&self) -> impl Iterator<Item = &(String, String)> {
        let files = self.files.iter().flat_map(|file| &file.requires);
        self.requires.iter().chain(files)
    }

    /// Where a package is required that no other package has to bring: in the root, or in one of the files.
    fn requirer(&self, name: &str) -> Option<&str> {
        let has = |links: &[(String, String)]| links.iter().any(|(required, _)| required == name);
        if has(self.requires) {
            return Some(ROOT);
        }
        let file = self.files.iter().find(|file| has(&file.requires));
        file.map(|file| &*file.path)
    }
}

/// What requires a package when no package does.
const ROOT: &str = "composer.json";

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
    let release = Release::of(base, library);
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
        let mut selection = choose(library, base, &release, &with, &without);
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

/// What stands for the packages that are in no feature set.
pub const CORE: &str = "core";

/// A feature set as a release has it.
#[derive(Debug, Clone)]
pub struct State<'l> {
    /// As the library has it.
    pub set: &'l FeatureSet,
    /// Whether the profile has it.
    pub is_on: bool,
    /// How many packages it has in this release.
    pub packages: usize,
    /// Other sets that the release cannot have without it, by name; what is in no set counts as [`CORE`].
    pub needed_by: BTreeSet<String>,
}

/// The feature sets of a release, with what they mean there.
pub fn states<'l>(library: &'l Library, profile: &Profile, base: Base<'_>) -> Vec<State<'l>> {
    let release = Release::of(base, library);
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

/// What a release has, in the edition that is started from and in the full one.
struct Release<'a> {
    before: Offer,
    whole: Offer,
    vendor: &'a str,
    replaced: &'a BTreeSet<String>,
    /// What packages of the store replace, and which of them does, with its version.
    replacers: BTreeMap<&'a str, &'a Package>,
    files: &'a [FileLinks],
    library: &'a Library,
}

/// Who keeps a name out.
enum Replacer<'r> {
    Package(&'r Package),
    File(&'r str),
}

impl<'a> Release<'a> {
    fn of(base: Base<'a>, library: &'a Library) -> Self {
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
    fn replacer(&self, name: &str) -> Option<Replacer<'_>> {
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
    fn is_there(&self, set: &FeatureSet) -> bool {
        set.packages.first().is_some_and(|first| {
            let first = full_name(first, self.vendor);
            self.before.has(&first)
                && !self.replaced.contains(&first)
                && self.replacer(&first).is_none()
        })
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
    let wanted = || {
        library
            .sets
            .iter()
            .filter(|set| with.contains(&set.name) && release.has(set))
    };
    for name in wanted().flat_map(|set| set.full_names(vendor)) {
        // What connects two sets stays away with either.
        if !library.sets_of(&name, vendor).all(is_on) {
            continue;
        }
        let both = twin(&name).into_iter().chain([name]);
        selection
            .restored
            .extend(both.filter(|name| base.replaced.contains(name)));
    }
    for set in wanted() {
        let mut by: BTreeMap<(bool, String), Vec<String>> = BTreeMap::new();
        for name in set.full_names(vendor) {
            let who = match release.replacer(&name) {
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
    for set in wanted().filter(|set| !release.is_there(set)) {
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
        selection.own_repositories.extend(
            (!set.repositories.is_empty()).then(|| (set.name.clone(), set.repositories.clone())),
        );
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
    for set in library
        .sets
        .iter()
        .filter(|set| release.has(set) && is_on(set))
    {
        let needed = set.needs.iter().filter_map(|name| library.set(name));
        let missing = needed.filter(|needed| release.has(needed) && !is_on(needed));
        selection
            .needed
            .extend(missing.map(|needed| (needed.name.clone(), set.name.clone())));
    }
    selection
}

/// The name that extensions know a core package of a rebuild by.
fn twin(name: &str) -> Option<String> {
    upstream_name(name).filter(|_| matches!(belongs(name), Belongs::Core(_)))
}
