//! What is wanted of which release, and what that means for the root.

use super::Profile;
use crate::distribution::Distribution;
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
    pub(super) fn all_requires(&self) -> impl Iterator<Item = &(String, String)> {
        let files = self.files.iter().flat_map(|file| &file.requires);
        self.requires.iter().chain(files)
    }

    /// Where a package is required that no other package has to bring: in the root, or in one of the files.
    pub(super) fn requirer(&self, name: &str) -> Option<&str> {
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
