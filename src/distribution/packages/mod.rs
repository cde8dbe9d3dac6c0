//! Which package belongs to which distribution, and what it is called in another one.
//!
//! A rebuild such as Mage-OS builds `mage-os/x` from the sources of `magento/x` and lets it `replace` that name; everything
//! that departs from this rule is in `packages.toml`.

mod live;
mod named;

pub use live::{LiveFacts, LivePackage};
pub use named::{B2B, HOTFIX_TOOLS, PAYMENT_METHODS, QUALITY_PATCHES};

use super::releases::compare_versions;
use super::targets::{Distribution, Target};
use serde::Deserialize;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

/// The packages of one distribution.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
struct Packages {
    /// Of a rebuild: what it builds with its release, without the vendor.
    built: HashSet<String>,
    /// Of a rebuild: what of its own has versions of its own, without the vendor.
    standalone: HashSet<String>,
    /// Of a rebuild: what of the upstream's it never builds.
    absent: HashSet<String>,
    /// Of a rebuild: the first release that has a package, where it is not the first of all.
    since: BTreeMap<String, String>,
    /// Of a rebuild: the first release that no longer has a package.
    until: BTreeMap<String, String>,
    /// Vendors of core beside the distribution's own.
    vendors: Vec<String>,
    /// Core that this distribution alone has, where it shares its vendor.
    only: HashSet<String>,
    /// Clients of hosted services that need this distribution; a name that ends in `*` is a prefix.
    services: Vec<String>,
    /// Tools of the platform that this distribution runs on.
    cloud: HashSet<String>,
    /// What has releases of its own that no distribution renames.
    own_releases: HashSet<String>,
}

/// In the order of [`Distribution::ALL`].
static DATA: LazyLock<Vec<Packages>> = LazyLock::new(|| {
    let mut data: BTreeMap<Distribution, Packages> =
        toml::from_str(include_str!("packages.toml")).expect("the bundled packages.toml is valid");
    Distribution::ALL
        .map(|distribution| data.remove(&distribution).unwrap_or_default())
        .into()
});

fn of(distribution: Distribution) -> &'static Packages {
    &DATA[distribution as usize]
}

/// To whom a package belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Belongs {
    /// A product metapackage (`magento/product-community-edition`, `magento/magento-cloud-metapackage`, …).
    Product,
    /// Built by this distribution, and by those that include it.
    Core(Distribution),
    /// A module of a rebuild with versions of its own that runs on every distribution.
    Standalone,
    /// A tool of Adobe's cloud platform.
    CloudTool,
    /// A client of a hosted service that needs this distribution.
    Service(Distribution),
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
    if DATA.iter().any(|packages| packages.cloud.contains(name)) {
        return Belongs::CloudTool;
    }
    if let Some(rebuild) = rebuild_of(name) {
        let packages = of(rebuild);
        return match short {
            _ if packages.standalone.contains(short) => Belongs::Standalone,
            _ if packages.built.contains(short) => Belongs::Core(rebuild),
            _ => Belongs::Extension,
        };
    }
    let is_vendor = |distribution: &Distribution| {
        distribution.vendor() == vendor || of(*distribution).vendors.iter().any(|v| v == vendor)
    };
    let Some(owner) = Distribution::ALL.into_iter().find(is_vendor) else {
        return Belongs::Extension;
    };
    let listed = |names: &[String]| {
        names.iter().any(|entry| {
            entry
                .strip_suffix('*')
                .map_or(entry == name, |prefix| name.starts_with(prefix))
        })
    };
    for distribution in Distribution::ALL {
        let packages = of(distribution);
        if packages.only.contains(name) {
            return Belongs::Core(distribution);
        }
        if listed(&packages.services) {
            return Belongs::Service(distribution);
        }
        if packages.own_releases.contains(name) {
            return Belongs::OwnReleases;
        }
    }
    Belongs::Core(owner)
}

/// The rebuild under whose vendor a name is.
pub fn rebuild_of(name: &str) -> Option<Distribution> {
    Distribution::ALL.into_iter().find(|distribution| {
        distribution.rebuilds().is_some() && distribution.short_name(name).is_some()
    })
}

/// The name by which extensions know a package of a rebuild, whether or not there is one; none for other packages.
pub fn upstream_name(name: &str) -> Option<String> {
    let rebuild = rebuild_of(name)?;
    Some(rebuild.rebuilds()?.full_name(rebuild.short_name(name)?))
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
        Belongs::Product => Target::from_product(name)
            .is_some_and(|target| distribution.includes(target.distribution())),
        Belongs::Core(owner) => distribution.includes(owner),
        Belongs::Standalone
        | Belongs::CloudTool
        | Belongs::Service(_)
        | Belongs::OwnReleases
        | Belongs::Extension => false,
    }
}

/// Whether a core package has the version of the release it belongs to, as those of a rebuild have.
pub fn is_numbered_by_release(name: &str) -> bool {
    rebuild_of(name).is_some_and(|rebuild| is_core_of(rebuild, name))
}

/// Whether a rebuild builds the package with this release (any release, when none is given), by the bundled data.
fn builds(rebuild: Distribution, short: &str, release: Option<&str>) -> bool {
    let packages = of(rebuild);
    let reached = |bound: Option<&String>| match (bound, release) {
        (Some(bound), Some(release)) => compare_versions(release, bound) != Ordering::Less,
        _ => false,
    };
    packages.built.contains(short)
        && !reached(packages.until.get(short))
        && (release.is_none()
            || !packages.since.contains_key(short)
            || reached(packages.since.get(short)))
}

/// Whether a module (`Magento_GiftCardAccount`) is one of those that only Adobe Commerce has, by the name of its package:
/// `magento/module-gift-card-account`. Where a package's name has hyphens its module's has capitals, or nothing.
pub fn is_commerce_module(module: &str) -> bool {
    static MODULES: LazyLock<HashSet<String>> = LazyLock::new(|| {
        let packages = of(Distribution::Commerce).only.iter();
        packages
            .filter_map(|package| package.split_once("/module-"))
            .map(|(_, name)| name.replace('-', ""))
            .collect()
    });
    module
        .strip_prefix("Magento_")
        .is_some_and(|name| MODULES.contains(&name.to_ascii_lowercase()))
}

/// Whether the upstream of a rebuild has a package that the rebuild never builds (`paypal/module-braintree`,
/// `magento/services-id`).
pub fn is_absent_in(distribution: Distribution, name: &str) -> bool {
    of(distribution).absent.contains(name)
}

/// Whether a package, but for products, is core under another vendor's name than this distribution's.
pub fn is_core_elsewhere(distribution: Distribution, name: &str) -> bool {
    matches!(belongs(name), Belongs::Core(owner) if owner.vendor() != distribution.vendor())
}

/// What a distribution calls a package that extensions know by the upstream's name; none when it has no such package.
pub fn name_in(
    distribution: Distribution,
    name: &str,
    release: Option<&str>,
    live: &LiveFacts,
) -> Option<String> {
    match distribution.rebuilds() {
        Some(upstream) => rename(name, upstream, distribution, release, live),
        None => Some(name.to_owned()),
    }
}

/// What a core package of `from` is called in `to`, or none when it keeps its name or has no counterpart there.
///
/// `release` is that of `to`, if known: a rebuild may have gained or dropped a package with it. Live facts win over the
/// bundled data. From one rebuild to another the way leads over the name of the upstream.
pub(super) fn rename(
    name: &str,
    from: Distribution,
    to: Distribution,
    release: Option<&str>,
    live: &LiveFacts,
) -> Option<String> {
    if from.vendor() == to.vendor() {
        return None;
    }
    let into_rebuild = match (from.rebuilds(), to.rebuilds()) {
        (Some(upstream), Some(_)) => {
            let name = rename(name, from, upstream, None, live)?;
            return rename(&name, upstream, to, release, live);
        }
        (None, None) => return None,
        (_, into) => into.is_some(),
    };
    let short = from.short_name(name)?;
    let renamed = to.full_name(short);
    let (original, rebuilt) = match into_rebuild {
        true => (name, renamed.as_str()),
        false => (renamed.as_str(), name),
    };
    let counterpart = match belongs(rebuilt) {
        Belongs::Standalone => false,
        _ if live.replaces(rebuilt, original) => true,
        Belongs::Product => Target::from_product(original).is_some(),
        // Only a rebuild's own repositories have its names; Magento's are also on mirrors and on Packagist.
        Belongs::Core(_) if into_rebuild => live
            .exists(&renamed)
            .unwrap_or_else(|| builds(to, short, release)),
        Belongs::Core(_) => true,
        _ => false,
    };
    counterpart.then_some(renamed)
}

#[cfg(test)]
mod tests {
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
            Belongs::Service(Commerce)
        );
        assert_eq!(belongs("no-vendor"), Belongs::Extension);
    }
}
