//! Profiles, feature sets and the answers that stand for some: what they are, as their files write them.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which product a profile starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BaseEdition {
    /// The product that the distribution ships; sets are taken out.
    Full,
    /// The minimal edition of Mage-OS; sets are added.
    Minimal,
}

/// A selection of packages for a new project.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Profile {
    /// As `--profile` takes it; for a file of the user's its path.
    #[serde(skip)]
    pub name: String,
    /// What the profile is for, in a line without a full stop.
    pub summary: String,
    /// What is there before sets are added or taken out.
    pub edition: BaseEdition,
    /// Names of feature sets to add.
    #[serde(default)]
    pub with: Vec<String>,
    /// Names of feature sets to take out.
    #[serde(default)]
    pub without: Vec<String>,
    /// The releases of Mage-OS with which a shop of this profile was installed, compiled and set up, and its pages answered.
    #[serde(default)]
    pub measured: Vec<String>,
    /// Further requirements of the root.
    #[serde(default)]
    pub require: BTreeMap<String, String>,
    /// Feature sets that the file brings along.
    #[serde(default)]
    pub(super) sets: BTreeMap<String, FeatureSet>,
}

/// Whether a shop works without a feature set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Safety {
    /// A shop without it works; releases that were tried or the evidence say how that is known.
    Yes,
    /// A shop without it does not work; the evidence says where it fails.
    No,
    /// Nobody is known to have tried.
    #[default]
    Untested,
}

/// Packages that come and go together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FeatureSet {
    /// As `--with` and `--without` take it: the key of its table.
    #[serde(skip_deserializing)]
    pub name: String,
    /// The file it is from: sets of a kind.
    #[serde(skip_deserializing)]
    pub group: String,
    /// What it does for a shop, in a line without a full stop.
    pub summary: String,
    /// Names without a vendor are of the distribution's own. Never empty; the first tells whether the set is there.
    pub packages: Vec<String>,
    /// The packages to require when the set is added; all that the release has when empty.
    #[serde(default)]
    pub require: Vec<String>,
    /// The constraint for packages that the distribution itself does not require.
    #[serde(default)]
    pub version: Option<String>,
    /// The hosts on which a buyer has a repository of their own with the packages, the usual one first. Empty when the
    /// distribution's own repositories have them.
    #[serde(default)]
    pub repositories: Vec<String>,
    /// Sets without which it does not work, where packages do not say so themselves.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Whether a shop works without it.
    #[serde(default)]
    pub safe: Safety,
    /// The releases of Mage-OS that were installed and compiled without it.
    #[serde(default)]
    pub measured: Vec<String>,
    /// What was seen when it was tried, or what a shop loses: a sentence without its full stop. May be empty unless it is
    /// unsafe to go without.
    #[serde(default)]
    pub evidence: String,
}

impl FeatureSet {
    /// Its packages with their vendors, in a distribution whose own vendor is `vendor`.
    pub fn full_names<'a>(&'a self, vendor: &'a str) -> impl Iterator<Item = String> + 'a {
        self.packages
            .iter()
            .map(move |name| full_name(name, vendor))
    }
}

/// One answer to a question such as which theme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Choice {
    /// As the option takes it: `hyva`.
    #[serde(skip_deserializing)]
    pub name: String,
    /// What the user gets, in a line without a full stop.
    pub summary: String,
    /// Names of feature sets that it needs.
    #[serde(default)]
    pub with: Vec<String>,
    /// Names of feature sets that it makes superfluous.
    #[serde(default)]
    pub without: Vec<String>,
}

/// A name with its vendor, which is that of the distribution unless it has one.
pub(super) fn full_name(name: &str, vendor: &str) -> String {
    if name.contains('/') {
        name.to_owned()
    } else {
        format!("{vendor}/{name}")
    }
}
