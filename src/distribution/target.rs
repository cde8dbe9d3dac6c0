//! Distributions, editions, and the targets a switch can lead to.

use super::release::bundled;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;
use thiserror::Error;

/// Who builds the core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Distribution {
    MageOs,
    Magento,
    Commerce,
}

impl Distribution {
    pub const ALL: [Self; 3] = [Self::MageOs, Self::Magento, Self::Commerce];

    /// The word in JSON and on the command line.
    pub fn id(self) -> &'static str {
        match self {
            Self::MageOs => "mage-os",
            Self::Magento => "magento",
            Self::Commerce => "commerce",
        }
    }

    /// The distribution of this word.
    pub fn of_id(id: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|distribution| distribution.id() == id)
    }

    /// The name people use.
    pub fn name(self) -> &'static str {
        match self {
            Self::MageOs => "Mage-OS",
            Self::Magento => "Magento Open Source",
            Self::Commerce => "Adobe Commerce",
        }
    }

    /// The vendor of the distribution's core packages (`magento`, `mage-os`).
    pub fn vendor(self) -> &'static str {
        match self {
            Self::MageOs => "mage-os",
            Self::Magento | Self::Commerce => "magento",
        }
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

/// A product a store can be, or be switched to: a distribution in one of its editions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

    /// The target of a distribution that has everything it ships.
    pub fn full(distribution: Distribution) -> Self {
        match distribution {
            Distribution::MageOs => Self::MageOs,
            Distribution::Magento => Self::Magento,
            Distribution::Commerce => Self::Commerce,
        }
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
        match self {
            Self::MageOs => "mage-os",
            Self::MageOsMinimal => "mage-os-minimal",
            Self::Magento => "magento",
            Self::Commerce => "commerce",
            Self::CommerceCloud => "commerce-cloud",
        }
    }

    /// The name people use.
    pub fn name(self) -> &'static str {
        match self {
            Self::MageOs => "Mage-OS",
            Self::MageOsMinimal => "Mage-OS minimal",
            Self::Magento => "Magento Open Source",
            Self::Commerce => "Adobe Commerce",
            Self::CommerceCloud => "Adobe Commerce on Cloud",
        }
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

    pub fn facts(self) -> &'static TargetFacts {
        // `Target::ALL` and the file have the same order; a test holds them together.
        &DATA.target[self as usize]
    }

    pub fn distribution(self) -> Distribution {
        self.facts().distribution
    }

    pub fn edition(self) -> Edition {
        self.facts().edition
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The packages and the repository of a target.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TargetFacts {
    pub word: String,
    /// Other words that people type for it, in lower case with hyphens.
    pub aliases: Vec<String>,
    pub distribution: Distribution,
    pub edition: Edition,
    /// The project package: the root's `name` after `create-project`.
    pub project: String,
    /// The metapackage that *is* the distribution.
    pub product: String,
    /// The packages whose files are copied into the store's root.
    pub base: Vec<String>,
    /// Composer plugins that the project template requires in the root.
    pub plugins: Vec<String>,
    /// Where the core comes from unless the store says otherwise.
    pub repository: String,
    /// Whether that repository asks for keys.
    pub credentials: bool,
}

/// A Composer repository known to serve a core.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct HostFacts {
    pub host: String,
    pub path: Option<String>,
    pub serves: Vec<Distribution>,
    #[serde(default = "yes")]
    pub releases: bool,
    #[serde(default)]
    pub marketplace: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Data {
    pub keys: Vec<String>,
    pub accounts: Vec<String>,
    target: Vec<TargetFacts>,
    pub host: Vec<HostFacts>,
}

pub(super) static DATA: LazyLock<Data> = LazyLock::new(|| {
    toml::from_str(include_str!("targets.toml")).expect("the bundled targets.toml is valid")
});

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
        "unknown target `{word}`; the targets are mage-os, mage-os-minimal, magento, commerce and commerce-cloud{}",
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
    let Some((last, others)) = words.split_last() else {
        return String::new();
    };
    let others = match others.is_empty() {
        true => String::new(),
        false => format!("{} or ", others.join(", ")),
    };
    format!(". Did you mean {others}{last}?")
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
    fn the_data_file_has_every_target_in_order() {
        assert_eq!(DATA.target.len(), Target::ALL.len());
        for target in Target::ALL {
            assert_eq!(target.facts().word, target.word());
            assert_eq!(Target::from_product(&target.facts().product), Some(target));
        }
    }

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
