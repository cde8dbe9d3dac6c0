//! Which package belongs to which distribution, and what it is called in another one.
//!
//! Mage-OS builds `mage-os/x` from the sources of `magento/x` and lets it `replace` that name; everything that departs from
//! this rule is in `packages.toml`.

use super::live::LiveFacts;
use super::release::compare_versions;
use super::target::{Distribution, Target};
use serde::Deserialize;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Data {
    mage_os: MageOs,
    magento: Magento,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct MageOs {
    built: HashSet<String>,
    standalone: HashSet<String>,
    since: BTreeMap<String, String>,
    until: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Magento {
    absent_in_mage_os: HashSet<String>,
    commerce_only: HashSet<String>,
    cloud: HashSet<String>,
    services: Vec<String>,
    own_releases: HashSet<String>,
}

static DATA: LazyLock<Data> = LazyLock::new(|| {
    toml::from_str(include_str!("packages.toml")).expect("the bundled packages.toml is valid")
});

/// To whom a package belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Belongs {
    /// A product metapackage (`magento/product-community-edition`, `magento/magento-cloud-metapackage`, …).
    Product,
    /// Built by Mage-OS with its release.
    MageOsCore,
    /// A Mage-OS module with versions of its own that runs on every distribution.
    MageOsStandalone,
    /// In Magento Open Source and Adobe Commerce.
    MagentoCore,
    /// In Adobe Commerce only.
    CommerceCore,
    /// A tool of Adobe's cloud platform.
    CloudTool,
    /// A client of a hosted Adobe service that needs Commerce.
    CommerceService,
    /// An Adobe package with releases of its own (`magento/quality-patches`).
    OwnReleases,
    /// Not of the family.
    Extension,
}

/// To whom a package belongs, by its name alone. A `magento/` name nobody listed counts as core: names of older releases
/// are not all listed. A `mage-os/` name nobody listed counts as an extension: the vendor publishes such, too.
pub fn belongs(name: &str) -> Belongs {
    if Target::from_product(name).is_some() {
        return Belongs::Product;
    }
    let Some((vendor, short)) = name.split_once('/') else {
        return Belongs::Extension;
    };
    let listed = |names: &[String]| {
        names.iter().any(|entry| {
            entry
                .strip_suffix('*')
                .map_or(entry == name, |prefix| name.starts_with(prefix))
        })
    };
    let (mage_os, magento) = (&DATA.mage_os, &DATA.magento);
    match vendor {
        _ if magento.cloud.contains(name) => Belongs::CloudTool,
        "mage-os" if mage_os.standalone.contains(short) => Belongs::MageOsStandalone,
        "mage-os" if mage_os.built.contains(short) => Belongs::MageOsCore,
        "magento" | "adobe-commerce" if magento.commerce_only.contains(name) => {
            Belongs::CommerceCore
        }
        "magento" if listed(&magento.services) => Belongs::CommerceService,
        "magento" if magento.own_releases.contains(name) => Belongs::OwnReleases,
        "magento" | "adobe-commerce" => Belongs::MagentoCore,
        _ => Belongs::Extension,
    }
}

/// Whether a distribution builds this package.
pub fn is_core(name: &str) -> bool {
    Distribution::ALL
        .into_iter()
        .any(|distribution| is_core_of(distribution, name))
}

/// Whether this distribution builds this package. Commerce builds all of Open Source, too.
pub fn is_core_of(distribution: Distribution, name: &str) -> bool {
    match belongs(name) {
        Belongs::Product => Target::from_product(name).is_some_and(|target| {
            target.distribution() == distribution
                || (distribution == Distribution::Commerce && target == Target::Magento)
        }),
        Belongs::MageOsCore => distribution == Distribution::MageOs,
        Belongs::MagentoCore => distribution != Distribution::MageOs,
        Belongs::CommerceCore => distribution == Distribution::Commerce,
        Belongs::MageOsStandalone
        | Belongs::CloudTool
        | Belongs::CommerceService
        | Belongs::OwnReleases
        | Belongs::Extension => false,
    }
}

/// Whether Mage-OS builds the package with this release (any release, when none is given), by the bundled data.
fn mage_os_builds(short: &str, release: Option<&str>) -> bool {
    let mage_os = &DATA.mage_os;
    let reached = |bound: Option<&String>| match (bound, release) {
        (Some(bound), Some(release)) => compare_versions(release, bound) != Ordering::Less,
        _ => false,
    };
    mage_os.built.contains(short)
        && !reached(mage_os.until.get(short))
        && (release.is_none()
            || !mage_os.since.contains_key(short)
            || reached(mage_os.since.get(short)))
}

/// Whether a module (`Magento_GiftCardAccount`) is one of those that only Adobe Commerce has, by the name of its package:
/// `magento/module-gift-card-account`. Where a package's name has hyphens its module's has capitals, or nothing.
pub fn is_commerce_module(module: &str) -> bool {
    static MODULES: LazyLock<HashSet<String>> = LazyLock::new(|| {
        let packages = DATA.magento.commerce_only.iter();
        packages
            .filter_map(|package| package.split_once("/module-"))
            .map(|(_, name)| name.replace('-', ""))
            .collect()
    });
    module
        .strip_prefix("Magento_")
        .is_some_and(|name| MODULES.contains(&name.to_ascii_lowercase()))
}

/// Whether Magento Open Source has a package that Mage-OS never builds (`paypal/module-braintree`, `magento/services-id`).
pub fn is_absent_in_mage_os(name: &str) -> bool {
    DATA.magento.absent_in_mage_os.contains(name)
}

/// Whether a package is core that has no place in a store of this distribution: what a switch must not leave behind.
/// Adobe's packages that Open Source brings along and Mage-OS never builds run there as extensions do.
pub fn is_foreign_core(distribution: Distribution, name: &str) -> bool {
    is_core(name)
        && !is_core_of(distribution, name)
        && !(distribution == Distribution::MageOs && is_absent_in_mage_os(name))
}

/// What a core package of `from` is called in `to`, or none when it keeps its name or has no counterpart there.
///
/// `release` is the release of Mage-OS on the Mage-OS side, if known: a package may have come or gone with it.
/// Live facts win over the bundled data.
pub fn rename(
    name: &str,
    from: Distribution,
    to: Distribution,
    release: Option<&str>,
    live: &LiveFacts,
) -> Option<String> {
    if from.vendor() == to.vendor() {
        return None;
    }
    let short = name.strip_prefix(from.vendor())?.strip_prefix('/')?;
    let renamed = format!("{}/{short}", to.vendor());
    let (magento, mage_os) = if to == Distribution::MageOs {
        (name, renamed.as_str())
    } else {
        (renamed.as_str(), name)
    };
    let counterpart = match belongs(mage_os) {
        Belongs::MageOsStandalone => false,
        _ if live.replaces(mage_os, magento) => true,
        Belongs::Product => Target::from_product(magento).is_some(),
        // Only Mage-OS's own repositories have mage-os/ names; Magento's are also on mirrors and on Packagist.
        Belongs::MageOsCore if to == Distribution::MageOs => live
            .exists(&renamed)
            .unwrap_or_else(|| mage_os_builds(short, release)),
        Belongs::MageOsCore => true,
        _ => false,
    };
    counterpart.then_some(renamed)
}

#[cfg(test)]
mod tests {
    use super::super::live::LivePackage;
    use super::*;
    use Distribution::{Commerce, MageOs, Magento};

    fn there(name: &str) -> Option<String> {
        rename(name, Magento, MageOs, Some("3.4.0"), &LiveFacts::default())
    }

    fn back(name: &str) -> Option<String> {
        rename(name, MageOs, Magento, None, &LiveFacts::default())
    }

    #[test]
    fn the_rule_and_its_exceptions() {
        assert_eq!(
            there("magento/module-catalog").as_deref(),
            Some("mage-os/module-catalog")
        );
        assert_eq!(
            there("magento/product-community-edition").as_deref(),
            Some("mage-os/product-community-edition")
        );
        assert_eq!(
            back("mage-os/module-bundle-sample-data").as_deref(),
            Some("magento/module-bundle-sample-data")
        );
        assert_eq!(there("magento/quality-patches"), None);
        assert_eq!(there("magento/module-staging"), None);
        assert_eq!(there("magento/module-analytics"), None, "dropped at 3.0.0");
        assert_eq!(
            rename(
                "magento/module-analytics",
                Magento,
                MageOs,
                Some("2.2.2"),
                &LiveFacts::default()
            )
            .as_deref(),
            Some("mage-os/module-analytics")
        );
        assert_eq!(back("mage-os/module-rma"), None, "has versions of its own");
        assert_eq!(
            rename(
                "magento/framework",
                Magento,
                Commerce,
                None,
                &LiveFacts::default()
            ),
            None
        );
    }

    #[test]
    fn live_metadata_decides_before_the_data() {
        let mut live = LiveFacts::default();
        live.insert("mage-os/module-catalog", vec![]);
        live.insert(
            "mage-os/module-of-tomorrow",
            vec![LivePackage {
                version: "4.0.0".into(),
                replaces: vec![("magento/module-of-tomorrow".into(), "100.4.0".into())],
                ..LivePackage::default()
            }],
        );
        assert_eq!(
            rename("magento/module-catalog", Magento, MageOs, None, &live),
            None
        );
        assert!(rename("magento/module-of-tomorrow", Magento, MageOs, None, &live).is_some());
    }

    #[test]
    fn every_package_belongs_somewhere() {
        assert!(is_core("magento/framework") && is_core("mage-os/framework"));
        assert!(is_core("adobe-commerce/os-extensions-metapackage"));
        assert!(
            is_core_of(Commerce, "magento/framework")
                && is_core_of(Commerce, "magento/module-staging")
        );
        assert!(!is_core_of(Magento, "magento/module-staging"));
        assert!(
            !is_core("mage-os/module-rma")
                && !is_core("magento/ece-tools")
                && !is_core("vendor/module")
        );
        assert_eq!(
            belongs("magento/live-search-metrics"),
            Belongs::CommerceService
        );
        assert_eq!(belongs("no-vendor"), Belongs::Extension);
    }
}
