//! Distributions, editions, and the targets a switch can lead to.

use super::facts::{DATA, DistributionFacts, TargetFacts};
use super::family::Family;
use super::host::host_and_path;
use super::release::bundled;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Who builds the core. A variant is one line here and in [`Distribution::ALL`]; all that is known of it stands in
/// `targets.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Distribution {
    MageOs,
    Magento,
    Commerce,
}

impl Distribution {
    /// Every distribution, in the order in which they are listed.
    pub const ALL: [Self; 3] = [Self::MageOs, Self::Magento, Self::Commerce];

    /// What a new project is made of unless somebody says otherwise.
    pub const RECOMMENDED: Self = Self::MageOs;

    /// The distribution by whose package names extensions know the core.
    pub const UPSTREAM: Self = Self::Magento;

    /// What is known of it.
    pub fn facts(self) -> &'static DistributionFacts {
        // `Distribution::ALL` and the file have the same order; a test holds them together.
        &DATA.distribution[self as usize]
    }

    /// The word in JSON and on the command line.
    pub fn id(self) -> &'static str {
        &self.facts().id
    }

    /// The distribution of this word.
    pub fn of_id(id: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|distribution| distribution.id() == id)
    }

    /// The name people use.
    pub fn name(self) -> &'static str {
        &self.facts().name
    }

    /// The vendor of the distribution's core packages (`magento`, `mage-os`).
    pub fn vendor(self) -> &'static str {
        &self.facts().vendor
    }

    /// The vendors of all distributions, each once.
    pub fn vendors() -> Vec<&'static str> {
        let mut vendors: Vec<&str> = Self::ALL.into_iter().map(Self::vendor).collect();
        let mut seen = std::collections::HashSet::new();
        vendors.retain(|vendor| seen.insert(*vendor));
        vendors
    }

    /// The names of all distributions, to put into a sentence.
    pub fn names() -> Vec<&'static str> {
        Self::ALL.into_iter().map(Self::name).collect()
    }

    /// The distribution whose sources it builds, under names and with release numbers of its own.
    pub fn rebuilds(self) -> Option<Self> {
        self.facts().rebuilds
    }

    /// Whether all of another distribution's core is in this one. A distribution includes itself.
    pub fn includes(self, other: Self) -> bool {
        self == other || self.facts().includes.contains(&other)
    }

    /// Whether every target of this distribution has a trait.
    pub fn is_in(self, family: Family) -> bool {
        match family {
            Family::Rebuild => self.rebuilds().is_some(),
            family => self.facts().families.contains(&family),
        }
    }

    /// A package's name without the vendor, if that is this distribution's.
    pub fn short_name(self, name: &str) -> Option<&str> {
        name.strip_prefix(self.vendor())?.strip_prefix('/')
    }

    /// A name of the distribution's own.
    pub fn full_name(self, short: &str) -> String {
        format!("{}/{short}", self.vendor())
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which product of a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Edition {
    Community,
    Minimal,
    Enterprise,
    Cloud,
}

impl Edition {
    /// The word in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Self::Community => "community",
            Self::Minimal => "minimal",
            Self::Enterprise => "enterprise",
            Self::Cloud => "cloud",
        }
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// A product a store can be, or be switched to: a distribution in one of its editions. A variant is called as its word on
/// the command line; all that is known of it stands in `targets.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    MageOs,
    MageOsMinimal,
    Magento,
    Commerce,
    CommerceCloud,
}

impl Target {
    pub const ALL: [Self; 5] = [
        Self::MageOs,
        Self::MageOsMinimal,
        Self::Magento,
        Self::Commerce,
        Self::CommerceCloud,
    ];

    /// The target of a distribution that has everything it ships and nothing around it.
    pub fn full(distribution: Distribution) -> Self {
        let is_full = |target: &Self| {
            let facts = target.facts();
            facts.distribution == distribution && facts.minimal_of.or(facts.wraps).is_none()
        };
        Self::ALL
            .into_iter()
            .find(is_full)
            .expect("every distribution has a target; a test holds it")
    }

    /// The target of an edition of a distribution, by the words that JSON has for them.
    pub fn of(distribution: &str, edition: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| {
            target.distribution().id() == distribution && target.edition().id() == edition
        })
    }

    /// The targets with everything that a host serves to who has keys for them, the smallest first.
    pub fn sold_at(host: &str) -> Vec<Self> {
        let full = Distribution::ALL.map(Self::full).into_iter();
        full.filter(|target| target.facts().credentials && target.host() == host)
            .collect()
    }

    /// Every other target.
    pub fn others(self) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |other| *other != self)
    }

    /// A root that names nothing but the repository of the target's core.
    pub fn repository_root(self) -> Value {
        json!({"repositories": [
            {"type": "composer", "url": self.facts().repository},
            {"packagist.org": false},
        ]})
    }

    /// The word on the command line.
    pub fn word(self) -> &'static str {
        &self.facts().word
    }

    /// The words of all targets, as part of a sentence.
    pub fn listed(conjunction: &str) -> String {
        listed(&Self::ALL.map(Self::word), conjunction)
    }

    /// The name people use.
    pub fn name(self) -> &'static str {
        &self.facts().name
    }

    /// The target with everything, where this one is a small edition; else itself.
    pub fn full_edition(self) -> Self {
        self.facts().minimal_of.unwrap_or(self)
    }

    /// The small edition of the same, if there is one.
    pub fn minimal_edition(self) -> Option<Self> {
        let full = self.full_edition();
        Self::ALL
            .into_iter()
            .find(|target| target.facts().minimal_of == Some(full))
    }

    /// Whether it is a small edition of another target.
    pub fn is_minimal(self) -> bool {
        self.facts().minimal_of.is_some()
    }

    /// The target whose product this one's is a shell around, with patch numbers of its own.
    pub fn wraps(self) -> Option<Self> {
        self.facts().wraps
    }

    /// The target whose product has the version that is the release: the wrapped one, else itself.
    pub fn numbered(self) -> Self {
        self.wraps().unwrap_or(self)
    }

    /// The target whose product this one's requires, other than one that it wraps.
    pub fn contains(self) -> Option<Self> {
        self.facts().contains
    }

    /// The targets whose products are in a lock of this one: itself, then what it wraps or contains, and so on.
    pub fn stack(self) -> Vec<Self> {
        let below = |target: &Self| target.wraps().or(target.contains());
        // No longer than there are targets, whatever the data say.
        std::iter::successors(Some(self), below)
            .take(Self::ALL.len())
            .collect()
    }

    /// Whether it has a trait, by itself or as all of its distribution do.
    pub fn is_in(self, family: Family) -> bool {
        self.distribution().is_in(family) || self.facts().families.contains(&family)
    }

    /// The host of the repository that its core comes from.
    pub fn host(self) -> &'static str {
        host_and_path(&self.facts().repository).map_or("", |(host, _)| host)
    }

    /// The target of this word, or of another word that people have for it, however it is written: `Mage-OS`, `mage_os`.
    pub fn from_word(word: &str) -> Option<Self> {
        let word = word.trim().to_lowercase().replace(['_', ' '], "-");
        Self::ALL
            .into_iter()
            .find(|target| target.word() == word || target.facts().aliases.contains(&word))
    }

    /// The target whose word is most like this one, if any is.
    fn like(word: &str) -> Option<Self> {
        let word = word.trim().to_lowercase();
        let likeness = |target: &Target| {
            let words = std::iter::once(target.word())
                .chain(target.facts().aliases.iter().map(String::as_str));
            words
                .map(|known| strsim::jaro_winkler(known, &word))
                .fold(0.0, f64::max)
        };
        Self::ALL
            .into_iter()
            .map(|target| (target, likeness(&target)))
            .filter(|(_, likeness)| *likeness > 0.8)
            .max_by(|(_, a), (_, b)| a.total_cmp(b))
            .map(|(target, _)| target)
    }

    /// The target whose product metapackage has this name.
    pub fn from_product(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|target| target.facts().product == name)
    }

    /// The target whose project template has this name.
    pub fn from_project(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|target| target.facts().project == name)
    }

    /// What is known of it.
    pub fn facts(self) -> &'static TargetFacts {
        // `Target::ALL` and the file have the same order; a test holds them together.
        &DATA.target[self as usize]
    }

    /// Whose core it is.
    pub fn distribution(self) -> Distribution {
        self.facts().distribution
    }

    /// How much of that.
    pub fn edition(self) -> Edition {
        self.facts().edition
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What `--to` asks for: a target, and which release of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetSpec {
    pub target: Target,
    /// A version or a Composer constraint (`3.4.0`, `3.*`), or [`LATEST`]; none for the default release.
    pub release: Option<String>,
}

/// A `--to` that cannot be read; the message has what to type in its place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SpecError {
    #[error(
        "unknown target `{word}`; the targets are {}{}",
        Target::listed("and"),
        did_you_mean(.like.as_slice())
    )]
    UnknownTarget { word: String, like: Vec<String> },
    #[error("`{release}` is a release and no target{}", did_you_mean(.like))]
    OnlyRelease { release: String, like: Vec<String> },
    #[error("`{spec}` names no release after the `@`; leave the `@` out for the default release")]
    EmptyRelease { spec: String },
}

/// `. Did you mean a, b or c?`; nothing without a guess.
fn did_you_mean(words: &[String]) -> String {
    match words {
        [] => String::new(),
        words => format!(". Did you mean {}?", listed(words, "or")),
    }
}

/// `a, b or c`.
pub(super) fn listed(words: &[impl AsRef<str>], conjunction: &str) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} {conjunction} {last}", others.join(", ")),
    }
}

/// The word after the `@` that stands for the newest release, as with npm and Docker.
pub const LATEST: &str = "latest";

impl TargetSpec {
    /// Reads `TARGET` or `TARGET@RELEASE` (`mage-os@3.*`, `mage-os@latest`), and what people write in its place:
    /// `Mage-OS`, `mageos:2.2.2`, `magento 2.4.9`, `mage-os@v3.4.0`.
    pub fn parse(spec: &str) -> Result<Self, SpecError> {
        let spec = spec.trim();
        let (word, release) = split_release(spec);
        let Some(target) = Target::from_word(word) else {
            return Err(unknown(word, release));
        };
        match release {
            Some("") => Err(SpecError::EmptyRelease {
                spec: spec.to_owned(),
            }),
            release => Ok(Self {
                target,
                release: release.map(plain_release),
            }),
        }
    }
}

/// The two parts of a spec: at the first `@`, else at a colon, else where a word is followed by a number.
fn split_release(spec: &str) -> (&str, Option<&str>) {
    let is_number = |text: &str| {
        let text = text.trim_start().trim_start_matches(['v', 'V']);
        text.starts_with(|first: char| first.is_ascii_digit())
    };
    let parts = spec.split_once('@').or_else(|| spec.split_once(':'));
    let parts = parts.or_else(|| spec.rsplit_once(' ').filter(|(_, last)| is_number(last)));
    match parts {
        Some((word, release)) => (word.trim_end(), Some(release.trim())),
        None => (spec, None),
    }
}

/// A release as the metadata have it: `v3.4.0` is 3.4.0, and `LATEST` is `latest`.
fn plain_release(release: &str) -> String {
    if release.eq_ignore_ascii_case(LATEST) {
        return LATEST.to_owned();
    }
    let number = release.strip_prefix(['v', 'V']).unwrap_or(release);
    match number.starts_with(|first: char| first.is_ascii_digit()) {
        true => number.to_owned(),
        false => release.to_owned(),
    }
}

/// What is wrong with a word that is no target.
fn unknown(word: &str, release: Option<&str>) -> SpecError {
    let number = plain_release(word);
    if release.is_none() && number.starts_with(|first: char| first.is_ascii_digit()) {
        let has_it = |target: &Target| {
            bundled(target.distribution())
                .iter()
                .any(|known| known.version == number)
        };
        let like = Target::ALL.into_iter().filter(has_it);
        return SpecError::OnlyRelease {
            like: like
                .map(|target| format!("{target_word}@{number}", target_word = target.word()))
                .collect(),
            release: word.to_owned(),
        };
    }
    let like = Target::like(word).map(|target| TargetSpec {
        target,
        release: release
            .filter(|release| !release.is_empty())
            .map(plain_release),
    });
    SpecError::UnknownTarget {
        word: word.to_owned(),
        like: like.iter().map(ToString::to_string).collect(),
    }
}

impl FromStr for TargetSpec {
    type Err = SpecError;

    fn from_str(spec: &str) -> Result<Self, SpecError> {
        Self::parse(spec)
    }
}

impl fmt::Display for TargetSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.target.word())?;
        match &self.release {
            Some(release) => write!(f, "@{release}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_reads_and_prints() {
        for spec in ["mage-os", "mage-os@3.*", "commerce-cloud@>=2.4.8 <2.4.9"] {
            assert_eq!(TargetSpec::parse(spec).unwrap().to_string(), spec);
        }
    }

    #[test]
    fn what_people_write_is_read() {
        for (written, read) in [
            ("mageos", "mage-os"),
            ("Mage-OS", "mage-os"),
            ("mage_os:v2.2.2", "mage-os@2.2.2"),
            ("Adobe Commerce 2.4.9", "commerce@2.4.9"),
            ("cloud", "commerce-cloud"),
            ("Magento Open Source", "magento"),
            ("MAGE-OS@Latest", "mage-os@latest"),
            ("mage-os@>=2 <3", "mage-os@>=2 <3"),
        ] {
            assert_eq!(TargetSpec::parse(written).unwrap().to_string(), read);
        }
    }

    #[test]
    fn no_alias_stands_for_two_targets() {
        let mut words: Vec<&str> = Target::ALL
            .iter()
            .flat_map(|target| {
                let aliases = target.facts().aliases.iter().map(String::as_str);
                aliases.chain([target.word()])
            })
            .collect();
        words.sort_unstable();
        let all = words.len();
        words.dedup();
        assert_eq!(words.len(), all);
    }

    #[test]
    fn what_cannot_be_read_has_the_word_to_type() {
        let said = |spec: &str| TargetSpec::parse(spec).unwrap_err().to_string();
        assert!(said("mageso@3.*").ends_with("Did you mean mage-os@3.*?"));
        assert!(said("comerce").ends_with("Did you mean commerce?"));
        assert!(said("2.4.8-p4").ends_with(
            "Did you mean magento@2.4.8-p4, commerce@2.4.8-p4 or commerce-cloud@2.4.8-p4?"
        ));
        assert!(said("3.4.0").ends_with("Did you mean mage-os@3.4.0 or mage-os-minimal@3.4.0?"));
        assert!(said("shopware").ends_with("commerce-cloud"));
        assert!(matches!(
            TargetSpec::parse("magento@ "),
            Err(SpecError::EmptyRelease { .. })
        ));
    }
}
