//! Distributions, editions, and the targets a switch can lead to.

use serde::Deserialize;
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

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.word() == word)
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
    /// A version or a Composer constraint (`3.4.0`, `3.*`), as written; none for the default release.
    pub release: Option<String>,
}

/// A `--to` that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SpecError {
    #[error(
        "unknown target `{word}`; the targets are mage-os, mage-os-minimal, magento, commerce and commerce-cloud"
    )]
    UnknownTarget { word: String },
    #[error("`{spec}` names no release after the `@`; leave the `@` out for the default release")]
    EmptyRelease { spec: String },
}

impl TargetSpec {
    /// Reads `TARGET` or `TARGET@RELEASE` (`mage-os@3.*`).
    pub fn parse(spec: &str) -> Result<Self, SpecError> {
        let spec = spec.trim();
        let (word, release) = match spec.split_once('@') {
            Some((word, release)) => (word.trim_end(), Some(release.trim())),
            None => (spec, None),
        };
        let target = Target::from_word(word).ok_or_else(|| SpecError::UnknownTarget {
            word: word.to_owned(),
        })?;
        match release {
            Some("") => Err(SpecError::EmptyRelease {
                spec: spec.to_owned(),
            }),
            release => Ok(Self {
                target,
                release: release.map(str::to_owned),
            }),
        }
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
        assert_eq!(
            TargetSpec::parse("mageos"),
            Err(SpecError::UnknownTarget {
                word: "mageos".into()
            })
        );
        assert!(matches!(
            TargetSpec::parse("magento@ "),
            Err(SpecError::EmptyRelease { .. })
        ));
    }
}
