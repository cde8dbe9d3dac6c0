//! One release of a distribution, and the bundled facts about it.

use super::numbers::line;
use crate::distribution::targets::Distribution;
use composer_engine::format::version::Version;
use composer_engine::format::version::stability::Stability;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// One version of a distribution.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Release {
    /// In the distribution's own numbering (`3.4.0`, `2.4.8-p4`).
    pub version: String,
    /// The Magento version it equals; of a Magento release the version itself. None when metadata does not say.
    #[serde(default)]
    pub upstream: Option<String>,
    /// `YYYY-MM-DD`.
    #[serde(default)]
    pub released: Option<String>,
    /// The core's requirement on PHP, as a Composer constraint.
    #[serde(default)]
    pub php: Option<String>,
    /// Versions of the services it is supported or tested with: `mysql`, `opensearch`, `composer`, ….
    #[serde(default)]
    pub services: BTreeMap<String, String>,
    /// Services whose versions differ on Adobe Commerce on Cloud.
    #[serde(default)]
    pub cloud: BTreeMap<String, String>,
    /// Wider ranges of service versions that it accepts, as Composer constraints.
    #[serde(default)]
    pub accepts: BTreeMap<String, String>,
    /// The day regular support ended or ends.
    #[serde(default)]
    pub support_end: Option<String>,
    /// The day paid extended support ends.
    #[serde(default)]
    pub extended_support_end: Option<String>,
    /// Whether it exists as Magento Open Source. False for extended-support releases that only Commerce customers get.
    #[serde(default = "yes")]
    pub open_source: bool,
    /// Whether it exists in the minimal edition.
    #[serde(default)]
    pub minimal: bool,
    /// What is known to be wrong with it, as a sentence; a fault that the next release mends.
    #[serde(default)]
    pub defect: Option<String>,
    /// Versions of `magento/extension-b2b` that go with it, the preferred one first.
    #[serde(default)]
    pub b2b: Vec<String>,
}

fn yes() -> bool {
    true
}

impl Release {
    /// A release of which only the version is known.
    pub fn unknown(version: &str) -> Self {
        Self {
            version: version.to_owned(),
            upstream: None,
            released: None,
            php: None,
            services: BTreeMap::new(),
            cloud: BTreeMap::new(),
            accepts: BTreeMap::new(),
            support_end: None,
            extended_support_end: None,
            open_source: true,
            minimal: false,
            defect: None,
            b2b: Vec::new(),
        }
    }

    /// The minor versions of PHP that its requirement names, oldest first: 8.3 and 8.4 of `~8.3.0||~8.4.0`.
    pub fn php_series(&self) -> Vec<String> {
        let constraint = self.php.as_deref().unwrap_or_default();
        let versions: BTreeSet<(u32, u32)> = constraint
            .split(|c: char| !c.is_ascii_digit() && c != '.')
            .filter_map(|text| {
                let mut parts = text.split('.');
                Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
            })
            .collect();
        versions
            .into_iter()
            .map(|(major, minor)| format!("{major}.{minor}"))
            .collect()
    }

    /// Whether it is a finished release, no beta and no nightly build.
    pub fn is_stable(&self) -> bool {
        Version::parse(&self.version).is_ok_and(|version| version.stability() == Stability::Stable)
            && self
                .version
                .split('-')
                .next()
                .is_some_and(|number| number.split('.').count() <= 3)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Data {
    /// `YYYY-MM`: when the sources were last read.
    as_of: String,
    /// Of each distribution that has numbers of its own.
    #[serde(flatten)]
    releases: BTreeMap<Distribution, Vec<Release>>,
}

static DATA: LazyLock<Data> = LazyLock::new(|| {
    let mut data: Data =
        toml::from_str(include_str!("releases.toml")).expect("the bundled releases.toml is valid");
    for (distribution, releases) in &mut data.releases {
        if distribution.rebuilds().is_none() {
            for release in releases {
                release.upstream = Some(release.version.clone());
            }
        }
    }
    data
});

/// The month (`YYYY-MM`) in which the bundled facts about releases were last compared with their sources. Repositories add the
/// releases since then, not what is known about them.
pub fn known_as_of() -> &'static str {
    &DATA.as_of
}

/// One version of a product metapackage in live metadata.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiveRelease {
    /// As the metadata have it.
    pub version: String,
    /// `extra.magento_version`, if it is there.
    pub upstream: Option<String>,
    /// The requirement on `php`, if there is one.
    pub php: Option<String>,
}

/// Every release this program knows of a distribution, oldest first.
pub(super) fn bundled(distribution: Distribution) -> &'static [Release] {
    let numbered = distribution.facts().releases.unwrap_or(distribution);
    DATA.releases.get(&numbered).map_or(&[], Vec::as_slice)
}

/// A release of live metadata with what the bundled data add: of the same release, or else of the newest one before it on
/// the same upstream line (support dates, services and B2B versions belong to a line).
pub(super) fn describe(distribution: Distribution, found: &LiveRelease) -> Release {
    let known = bundled(distribution);
    let mut release = known
        .iter()
        .find(|release| release.version == found.version)
        .cloned()
        .unwrap_or_else(|| {
            let mut release = Release::unknown(&found.version);
            if distribution.rebuilds().is_none() {
                release.upstream = Some(found.version.clone());
                let own = line(&found.version);
                if let Some(before) = known.iter().rfind(|before| line(&before.version) == own) {
                    release.support_end = before.support_end.clone();
                    release.extended_support_end = before.extended_support_end.clone();
                    release.php = before.php.clone();
                    release.b2b = before.b2b.clone();
                    release.services = before.services.clone();
                    release.cloud = before.cloud.clone();
                }
            } else if let Some(own) = found.upstream.as_deref().map(line) {
                let same_line =
                    |before: &&Release| before.upstream.as_deref().map(line).as_ref() == Some(&own);
                if let Some(before) = known.iter().rfind(same_line) {
                    release.services = before.services.clone();
                }
            }
            release
        });
    if found.upstream.is_some() {
        release.upstream = found.upstream.clone();
    }
    if found.php.is_some() {
        release.php = found.php.clone();
    }
    release
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_of_php() {
        let of = |constraint: &str| {
            let php = Some(constraint.to_owned());
            Release {
                php,
                ..Release::unknown("1")
            }
            .php_series()
        };
        assert_eq!(of("~8.3.0||~8.4.0||~8.5.0"), ["8.3", "8.4", "8.5"]);
        assert_eq!(of(">=7.4 <8.2"), ["7.4", "8.2"]);
        assert!(of("*").is_empty());
    }
}
