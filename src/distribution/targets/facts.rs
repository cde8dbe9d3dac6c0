//! `targets.toml`: what is known of distributions, targets and the repositories behind them.

use super::family::Family;
use super::kind::{Distribution, Edition, Target};
use serde::Deserialize;
use std::sync::LazyLock;

/// What is known of a distribution.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DistributionFacts {
    /// The word in JSON and on the command line.
    pub id: String,
    /// The name people use.
    pub name: String,
    /// The vendor of its core packages.
    pub vendor: String,
    /// The distribution whose sources it builds, under names and with release numbers of its own.
    pub rebuilds: Option<Distribution>,
    /// Other distributions all of whose core is in it.
    #[serde(default)]
    pub includes: Vec<Distribution>,
    /// The distribution whose release numbers it shares.
    pub releases: Option<Distribution>,
    /// What it shares with others; see [`Family`].
    #[serde(default)]
    pub families: Vec<Family>,
    /// A repository that serves the same packages without keys.
    pub mirror: Option<String>,
    /// Whether support of one release ends with the next.
    #[serde(default)]
    pub only_newest_supported: bool,
    /// What a store keeps, or lacks, after it has left.
    #[serde(default)]
    pub when_left: WhenLeft,
    /// Data that no distribution can keep that does not include this one.
    pub data: Option<DataFacts>,
}

/// What a store keeps, or lacks, after it has left a distribution, as sentences.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct WhenLeft {
    /// What stays in the database, of no use.
    pub database: Option<String>,
    /// What its releases mend and others do not.
    pub patches: Option<String>,
}

/// What a distribution alone keeps data for.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DataFacts {
    /// What a distribution has that does not include this one: the end of a sentence.
    pub others: String,
    /// What goes besides when the B2B extension is there.
    pub b2b: String,
    /// What has to be done to the tables of a store that leaves, as a sentence.
    pub leaving: String,
    /// What becomes of the tables of a store that enters, as sentences.
    pub entering: String,
    /// What to save before leaving.
    pub export: String,
}

/// The packages and the repository of a target.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TargetFacts {
    /// The word on the command line.
    pub word: String,
    /// The name people use.
    pub name: String,
    /// Other words that people type for it, in lower case with hyphens.
    pub aliases: Vec<String>,
    /// Whose core it is.
    pub distribution: Distribution,
    /// How much of that.
    pub edition: Edition,
    /// What it shares with others beyond its distribution.
    #[serde(default)]
    pub families: Vec<Family>,
    /// The target whose product this one's requires.
    pub contains: Option<Target>,
    /// Likewise, where this product has patch numbers of its own: the release is that of the wrapped product.
    pub wraps: Option<Target>,
    /// The target with everything, of which this one is the small edition.
    pub minimal_of: Option<Target>,
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
pub(in crate::distribution) struct HostFacts {
    /// In lower case, without a port.
    pub(in crate::distribution) host: String,
    /// Where on the host the repository begins; none when all of the host is meant.
    pub(in crate::distribution) path: Option<String>,
    /// The distributions whose packages are there.
    pub(in crate::distribution) serves: Vec<Distribution>,
    /// Whether it has finished releases; otherwise builds between them only.
    #[serde(default = "yes")]
    pub(in crate::distribution) releases: bool,
    /// Whether it has extensions besides the core.
    #[serde(default)]
    pub(in crate::distribution) marketplace: bool,
}

fn yes() -> bool {
    true
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::distribution) struct Data {
    /// Hosts that serve nothing without keys; `*.` stands for any subdomain.
    pub(in crate::distribution) keys: Vec<String>,
    /// Accounts on GitHub in which the distributions publish.
    pub(in crate::distribution) accounts: Vec<String>,
    /// Names of the roots of the repositories in which a core is developed: such a folder is no store.
    pub(in crate::distribution) development: Vec<String>,
    /// In the order of [`Distribution::ALL`].
    pub(in crate::distribution) distribution: Vec<DistributionFacts>,
    /// In the order of [`Target::ALL`].
    pub(in crate::distribution) target: Vec<TargetFacts>,
    /// The first that fits an address counts.
    pub(in crate::distribution) host: Vec<HostFacts>,
}

/// The file, read once.
pub(in crate::distribution) static DATA: LazyLock<Data> = LazyLock::new(|| {
    toml::from_str(include_str!("targets.toml")).expect("the bundled targets.toml is valid")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_every_distribution_and_target_in_order() {
        // Ids and words are the names of the variants, by which facts speak of each other.
        let ids = DATA.distribution.iter().map(|facts| facts.id.clone());
        let named = ids.map(|id| serde_json::from_value(id.into()).unwrap());
        assert_eq!(named.collect::<Vec<Distribution>>(), Distribution::ALL);
        let words = DATA.target.iter().map(|facts| facts.word.clone());
        let named = words.map(|word| serde_json::from_value(word.into()).unwrap());
        assert_eq!(named.collect::<Vec<Target>>(), Target::ALL);
        for target in Target::ALL {
            let facts = target.facts();
            assert_eq!(Target::from_word(&facts.word), Some(target));
            assert_eq!(Target::from_product(&facts.product), Some(target));
        }
    }

    #[test]
    fn what_the_facts_say_of_each_other_agrees() {
        for distribution in Distribution::ALL {
            let facts = distribution.facts();
            for other in facts.rebuilds.iter().chain(&facts.includes) {
                assert!(other.facts().rebuilds.is_none(), "{distribution} {other}");
                let shares_vendor = other.vendor() == distribution.vendor();
                assert_eq!(shares_vendor, facts.includes.contains(other));
            }
            let full = Target::full(distribution);
            assert_eq!(full.distribution(), distribution);
        }
        for target in Target::ALL {
            for below in target.stack() {
                assert!(target.distribution().includes(below.distribution()));
                assert!(
                    below <= target,
                    "what is contained stands before what contains it"
                );
            }
            if let Some(full) = target.facts().minimal_of {
                assert_eq!(full.distribution(), target.distribution());
                assert_eq!(full.facts().repository, target.facts().repository);
            }
        }
    }
}
