//! The profiles and feature sets there are: those compiled in, and a file of the user's.

use super::definition::{Choice, FeatureSet, Profile, full_name};
use crate::distribution::Distribution;
use composer_engine::files::{self, FileError};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use thiserror::Error;

const PROFILES: [(&str, &str); 7] = [
    ("full", include_str!("../../profiles/full.toml")),
    ("minimal", include_str!("../../profiles/minimal.toml")),
    ("lite", include_str!("../../profiles/lite.toml")),
    ("b2c", include_str!("../../profiles/b2c.toml")),
    ("catalog", include_str!("../../profiles/catalog.toml")),
    ("headless", include_str!("../../profiles/headless.toml")),
    ("hyva", include_str!("../../profiles/hyva.toml")),
];

const SETS: [(&str, &str); 9] = [
    ("catalog", include_str!("../../profiles/sets/catalog.toml")),
    (
        "checkout",
        include_str!("../../profiles/sets/checkout.toml"),
    ),
    (
        "payment-and-shipping",
        include_str!("../../profiles/sets/payment-and-shipping.toml"),
    ),
    ("content", include_str!("../../profiles/sets/content.toml")),
    (
        "storefront",
        include_str!("../../profiles/sets/storefront.toml"),
    ),
    ("api", include_str!("../../profiles/sets/api.toml")),
    (
        "security",
        include_str!("../../profiles/sets/security.toml"),
    ),
    ("admin", include_str!("../../profiles/sets/admin.toml")),
    (
        "languages",
        include_str!("../../profiles/sets/languages.toml"),
    ),
];

const CHOICES: &str = include_str!("../../profiles/choices.toml");

/// The answers to questions that stand for feature sets, by name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Questions {
    theme: BTreeMap<String, Choice>,
    checkout: BTreeMap<String, Choice>,
}

/// Why there is no such profile.
#[derive(Debug, Error)]
pub enum LibraryError {
    /// No profile is called that, and it is not the name of a TOML file.
    #[error("there is no profile `{0}`")]
    Unknown(String),
    /// The TOML file of a profile cannot be read.
    #[error(transparent)]
    Unreadable(#[from] FileError),
    /// The file is no TOML, has a field that is not known, or brings along a set without packages.
    #[error("{path} is not a profile: {message}")]
    Invalid {
        /// As the user named the file.
        path: String,
        /// What is wrong, and where, in the words of the TOML reader.
        message: String,
    },
}

/// All profiles and feature sets, in the order in which they are listed: sets by group and name.
#[derive(Debug, Clone)]
pub struct Library {
    /// Those that the program has; a file of the user's does not join them.
    pub profiles: Vec<Profile>,
    /// Those that the program has, and those that a profile's file brought along.
    pub sets: Vec<FeatureSet>,
    /// Answers to which theme a new shop gets, by name.
    pub themes: Vec<Choice>,
    /// Answers to which checkout it gets, by name.
    pub checkouts: Vec<Choice>,
}

impl Library {
    /// What this program was built with.
    pub fn bundled() -> Self {
        let mut sets = Vec::new();
        for (group, text) in SETS {
            let file: BTreeMap<String, FeatureSet> =
                toml::from_str(text).expect("a bundled file of feature sets is valid");
            sets.extend(file.into_iter().map(|(name, set)| FeatureSet {
                name,
                group: group.to_owned(),
                ..set
            }));
        }
        let profiles = PROFILES.map(|(name, text)| {
            let profile: Profile = toml::from_str(text).expect("a bundled profile is valid");
            Profile {
                name: name.to_owned(),
                ..profile
            }
        });
        let questions: Questions =
            toml::from_str(CHOICES).expect("the bundled choices.toml is valid");
        let named = |choices: BTreeMap<String, Choice>| {
            let named = choices.into_iter();
            named
                .map(|(name, choice)| Choice { name, ..choice })
                .collect()
        };
        Self {
            profiles: profiles.to_vec(),
            sets,
            themes: named(questions.theme),
            checkouts: named(questions.checkout),
        }
    }

    /// The set of this name.
    pub fn set(&self, name: &str) -> Option<&FeatureSet> {
        self.sets.iter().find(|set| set.name == name)
    }

    /// Finds a profile by its name, or reads it when `name` is the path of a TOML file. Feature sets that a file brings along
    /// join the library, in place of those of the same name.
    pub fn profile(&mut self, name: &str) -> Result<Profile, LibraryError> {
        if let Some(profile) = self.profiles.iter().find(|profile| profile.name == name) {
            return Ok(profile.clone());
        }
        if !name.ends_with(".toml") {
            return Err(LibraryError::Unknown(name.to_owned()));
        }
        let text = files::text(Path::new(name), files::CONFIGURATION)?;
        let invalid = |message: String| LibraryError::Invalid {
            path: name.to_owned(),
            message,
        };
        let mut profile: Profile =
            toml::from_str(&text).map_err(|error| invalid(error.to_string()))?;
        profile.name = name.to_owned();
        for (own, set) in std::mem::take(&mut profile.sets) {
            if set.packages.is_empty() {
                return Err(invalid(format!("the set `{own}` has no packages")));
            }
            let set = FeatureSet {
                name: own.clone(),
                group: "own".to_owned(),
                ..set
            };
            match self.sets.iter_mut().find(|known| known.name == own) {
                Some(known) => *known = set,
                None => self.sets.push(set),
            }
        }
        Ok(profile)
    }

    /// The sets that a package is in, under the name that it has in a distribution with this vendor, or under Magento's, by
    /// which extensions know it.
    pub fn sets_of<'a>(
        &'a self,
        package: &'a str,
        vendor: &'a str,
    ) -> impl Iterator<Item = &'a FeatureSet> {
        let short = Distribution::UPSTREAM.short_name(package);
        self.sets.iter().filter(move |set| {
            set.packages
                .iter()
                .any(|name| full_name(name, vendor) == package || Some(name.as_str()) == short)
        })
    }

    /// All sets that need a set, as the data have it.
    pub fn needed_by<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a FeatureSet> {
        self.sets
            .iter()
            .filter(move |set| set.needs.iter().any(|needed| needed == name))
    }

    /// The known name that is nearest to a mistyped one.
    pub fn nearest<'a>(names: impl Iterator<Item = &'a str>, typed: &str) -> Option<&'a str> {
        let score = |name: &str| similar::TextDiff::from_chars(name, typed).ratio();
        let best = names
            .map(|name| (score(name), name))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        best.filter(|(score, _)| *score > 0.6).map(|(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_name_in_the_data_is_known() {
        let library = Library::bundled();
        let mut names = BTreeSet::new();
        for set in &library.sets {
            assert!(names.insert(&set.name), "{} is there twice", set.name);
            assert!(
                !set.packages.is_empty() && !set.summary.is_empty(),
                "{}",
                set.name
            );
            let packages: BTreeSet<_> = set.packages.iter().collect();
            assert_eq!(
                packages.len(),
                set.packages.len(),
                "{} names a package twice",
                set.name
            );
        }
        let profiles = library
            .profiles
            .iter()
            .flat_map(|profile| profile.with.iter().chain(&profile.without));
        for name in profiles.chain(library.sets.iter().flat_map(|set| &set.needs)) {
            assert!(names.contains(name), "{name}");
        }
    }

    /// "Works" is said of nothing that nobody measured, and no profile takes out what a shop does not run without.
    #[test]
    fn what_is_called_safe_was_measured() {
        let library = Library::bundled();
        for set in &library.sets {
            let is_safe = set.safe == crate::profile::Safety::Yes;
            assert!(
                !is_safe || !set.measured.is_empty() || !set.evidence.is_empty(),
                "{}",
                set.name
            );
            let is_unsafe = set.safe == crate::profile::Safety::No;
            assert!(!is_unsafe || !set.evidence.is_empty(), "{}", set.name);
        }
        let choices = library.themes.iter().chain(&library.checkouts);
        let lists = library.profiles.iter().map(|profile| &profile.without);
        for name in lists.chain(choices.map(|choice| &choice.without)).flatten() {
            assert_ne!(
                library.set(name).unwrap().safe,
                crate::profile::Safety::No,
                "{name}"
            );
        }
    }

    #[test]
    fn a_file_of_the_users_brings_its_own_sets() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("my.toml");
        std::fs::write(&path, "summary = 'mine'\nedition = 'full'\nwithout = ['dhl']\n[sets.blog]\nsummary = 'Blog'\npackages = ['acme/blog']\nversion = '^1'\n").unwrap();
        let mut library = Library::bundled();
        let profile = library.profile(path.to_str().unwrap()).unwrap();
        assert_eq!(profile.without, ["dhl"]);
        assert_eq!(library.set("blog").unwrap().version.as_deref(), Some("^1"));
        std::fs::write(&path, "summery = 'mine'").unwrap();
        assert!(matches!(
            library.profile(path.to_str().unwrap()),
            Err(LibraryError::Invalid { .. })
        ));
        assert!(matches!(
            library.profile("lit"),
            Err(LibraryError::Unknown(_))
        ));
        assert_eq!(
            Library::nearest(library.profiles.iter().map(|p| p.name.as_str()), "hedless"),
            Some("headless")
        );
    }
}
