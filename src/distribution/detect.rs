//! What a store is: from the product in its lock, then from its root requirements, last from its name.

use super::packages::B2B;
use super::releases::{ReleaseCatalog, compare_versions, exact_version};
use super::targets::facts::DATA;
use super::targets::target::listed;
use super::targets::{Distribution, Edition, Target};
use serde_json::Value;
use thiserror::Error;

/// What told the distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// A product in composer.lock: what is installed.
    Lock,
    /// A product among the requirements of composer.json, those for development included; nothing is locked.
    Require,
    /// The name of composer.json, which `create-project` has written: no product is locked or required.
    Name,
}

/// What a store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detected {
    /// Its distribution and edition.
    pub target: Target,
    /// Its release in the distribution's own numbering, when it can be told.
    pub release: Option<String>,
    /// The Magento version it equals, when it can be told.
    pub upstream: Option<String>,
    /// The locked version of the B2B extension, or the constraint on it; none without B2B.
    pub b2b: Option<String>,
    /// The strongest there was; the others were not asked.
    pub evidence: Evidence,
}

impl Detected {
    /// Whose core the store has.
    pub fn distribution(&self) -> Distribution {
        self.target.distribution()
    }

    /// How much of it.
    pub fn edition(&self) -> Edition {
        self.target.edition()
    }
}

/// Why a project is no store this program can switch.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DetectError {
    /// Two distributions at once: half a switch, or an extension that pulled the other product in.
    #[error(
        "{place} has two products, {first} and {second}; a store has one. Remove the one that is not in use and run `composer update`, then try again"
    )]
    TwoProducts {
        /// `composer.lock` or `composer.json`.
        place: &'static str,
        /// The product package that came up first.
        first: String,
        /// The other one.
        second: String,
    },
    /// The working copy of a distribution's own repository.
    #[error(
        "composer.json is that of {name}, the repository the core is developed in; a store requires a product such as magento/product-community-edition"
    )]
    DevelopmentRoot {
        /// The root's name as written; may be empty where what it replaces told.
        name: String,
    },
    /// No product is locked or required, and the root's name is that of no project.
    #[error(
        "composer.json requires no product of {}, and composer.lock has none",
        listed(&Distribution::names(), "or")
    )]
    NotAStore,
}

/// Finds out what a store is. `lock` and `root` are the decoded composer.lock and composer.json.
pub fn detect(
    lock: Option<&Value>,
    root: &Value,
    catalog: &ReleaseCatalog,
) -> Result<Detected, DetectError> {
    if let Some(lock) = lock
        && let Some(detected) = from_lock(lock, catalog)?
    {
        return Ok(detected);
    }
    // A product that is required for development alone makes a store, too.
    for section in ["require", "require-dev"] {
        if let Some(detected) = from_requirements(root, section, catalog)? {
            return Ok(detected);
        }
    }
    let name = root.get("name").and_then(Value::as_str).unwrap_or_default();
    if DATA.development.iter().any(|root| root == name) || replaces_a_core(root) {
        return Err(DetectError::DevelopmentRoot {
            name: name.to_owned(),
        });
    }
    let target = Target::from_project(name).ok_or(DetectError::NotAStore)?;
    let release = root
        .get("version")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let upstream = release
        .as_deref()
        .and_then(|release| upstream_of(target, release, catalog));
    Ok(Detected {
        target,
        release,
        upstream,
        b2b: None,
        evidence: Evidence::Name,
    })
}

/// The packages of a lock, development ones included.
pub fn locked_packages(lock: &Value) -> impl Iterator<Item = &Value> {
    ["packages", "packages-dev"]
        .into_iter()
        .filter_map(|key| lock.get(key)?.as_array())
        .flatten()
}

fn text<'a>(package: &'a Value, key: &str) -> Option<&'a str> {
    package.get(key).and_then(Value::as_str)
}

fn from_lock(lock: &Value, catalog: &ReleaseCatalog) -> Result<Option<Detected>, DetectError> {
    let product = |target: Target| {
        locked_packages(lock).find(|package| text(package, "name") == Some(&target.facts().product))
    };
    let found: Vec<Target> = Target::ALL
        .into_iter()
        .filter(|&target| product(target).is_some())
        .collect();
    let Some(target) = only_product(&found, "composer.lock")? else {
        return Ok(None);
    };
    // The cloud metapackage has patch numbers of its own; the core's release is that of the product it requires.
    let versioned = product(target.numbered()).or_else(|| product(target));
    let release = versioned
        .and_then(|package| text(package, "version"))
        .map(without_v);
    let upstream = versioned
        .and_then(|package| {
            package
                .get("extra")?
                .get("magento_version")?
                .as_str()
                .map(str::to_owned)
        })
        .or_else(|| {
            release
                .as_deref()
                .and_then(|release| upstream_of(target, release, catalog))
        });
    let b2b = locked_packages(lock)
        .find(|package| text(package, "name") == Some(B2B))
        .and_then(|package| text(package, "version"))
        .map(str::to_owned);
    Ok(Some(Detected {
        target,
        release,
        upstream,
        b2b,
        evidence: Evidence::Lock,
    }))
}

fn from_requirements(
    root: &Value,
    section: &str,
    catalog: &ReleaseCatalog,
) -> Result<Option<Detected>, DetectError> {
    let requirement = |name: &str| root.get(section)?.get(name)?.as_str();
    let found: Vec<Target> = Target::ALL
        .into_iter()
        .filter(|target| requirement(&target.facts().product).is_some())
        .collect();
    let Some(target) = only_product(&found, "composer.json")? else {
        return Ok(None);
    };
    // Of several products of one family the one with the exact constraint tells most.
    let release = found
        .iter()
        .rev()
        .filter_map(|found| requirement(&found.facts().product))
        .min_by_key(|constraint| exact_version(constraint).is_none())
        .and_then(|constraint| required_release(target, constraint, catalog));
    let upstream = release
        .as_deref()
        .and_then(|release| upstream_of(target, release, catalog));
    let b2b = requirement(B2B).map(str::to_owned);
    Ok(Some(Detected {
        target,
        release,
        upstream,
        b2b,
        evidence: Evidence::Require,
    }))
}

/// The one product among those found. Cloud contains Commerce and Commerce contains Open Source, so the largest of the
/// three counts; any other pair is an error.
fn only_product(found: &[Target], place: &'static str) -> Result<Option<Target>, DetectError> {
    let Some(&largest) = found.last() else {
        return Ok(None);
    };
    let contained = largest.stack();
    match found.iter().find(|other| !contained.contains(other)) {
        Some(other) => Err(DetectError::TwoProducts {
            place,
            first: other.facts().product.clone(),
            second: largest.facts().product.clone(),
        }),
        None => Ok(Some(largest)),
    }
}

/// The release that a constraint on the product stands for: the one it pins, else the newest it allows.
fn required_release(target: Target, constraint: &str, catalog: &ReleaseCatalog) -> Option<String> {
    match exact_version(constraint) {
        Some(version) => Some(without_v(version)),
        None => catalog
            .newest_matching(target, constraint)
            .ok()
            .flatten()
            .map(|release| release.version.clone()),
    }
}

fn without_v(version: &str) -> String {
    version.strip_prefix('v').unwrap_or(version).to_owned()
}

fn upstream_of(target: Target, release: &str, catalog: &ReleaseCatalog) -> Option<String> {
    match target.distribution().rebuilds() {
        Some(_) => catalog.facts(target, release)?.upstream.clone(),
        None => (!compare_versions(release, "0").is_lt()).then(|| release.to_owned()),
    }
}

/// Whether the root stands in for a core: the development repositories replace all their modules.
fn replaces_a_core(root: &Value) -> bool {
    let replaces = |name: &str| {
        root.get("replace")
            .is_some_and(|replace| replace.get(name).is_some())
    };
    let requires = |name: &str| {
        root.get("require")
            .is_some_and(|require| require.get(name).is_some())
    };
    Distribution::vendors().into_iter().any(|vendor| {
        replaces(&format!("{vendor}/framework")) && !requires(&format!("{vendor}/magento2-base"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(lock: Option<Value>, root: Value) -> Result<Detected, DetectError> {
        detect(lock.as_ref(), &root, &ReleaseCatalog::bundled())
    }

    fn lock(packages: &[(&str, &str)]) -> Option<Value> {
        let packages: Vec<_> = packages
            .iter()
            .map(|(name, version)| json!({ "name": name, "version": version }))
            .collect();
        Some(json!({ "packages": packages }))
    }

    #[test]
    fn the_lock_comes_before_the_root_and_the_root_before_the_name() {
        let root = json!({ "name": "magento/project-community-edition", "version": "2.3.0",
            "require": { "mage-os/product-community-edition": "^2.0" } });
        let locked = of(
            lock(&[("magento/product-community-edition", "2.4.8-p4")]),
            root.clone(),
        )
        .unwrap();
        assert_eq!(
            (locked.target, locked.release.as_deref()),
            (Target::Magento, Some("2.4.8-p4"))
        );
        let required = of(None, root).unwrap();
        assert_eq!(
            (required.target, required.release.as_deref()),
            (Target::MageOs, Some("2.3.0"))
        );
        assert_eq!(required.upstream.as_deref(), Some("2.4.8-p5"));
        let named = of(
            None,
            json!({ "name": "mage-os/project-minimal-edition", "version": "3.2.0" }),
        )
        .unwrap();
        assert_eq!(
            (named.target, named.upstream.as_deref()),
            (Target::MageOsMinimal, Some("2.4.9"))
        );
    }

    #[test]
    fn cloud_contains_commerce_contains_open_source() {
        let cloud = of(
            lock(&[
                ("magento/extension-b2b", "1.5.3"),
                ("magento/magento-cloud-metapackage", "2.4.8-p2"),
                ("magento/product-community-edition", "2.4.8-p4"),
                ("magento/product-enterprise-edition", "2.4.8-p4"),
            ]),
            json!({}),
        )
        .unwrap();
        assert_eq!(
            (cloud.target, cloud.release.as_deref()),
            (Target::CommerceCloud, Some("2.4.8-p4"))
        );
        assert_eq!(cloud.b2b.as_deref(), Some("1.5.3"));
        let root = json!({ "require": { "magento/magento-cloud-metapackage": ">2.4.4 <=2.4.5",
            "magento/product-enterprise-edition": "2.4.5-p1", "magento/extension-b2b": "1.3.*" } });
        let cloud = of(None, root).unwrap();
        assert_eq!(
            (cloud.target, cloud.release.as_deref()),
            (Target::CommerceCloud, Some("2.4.5-p1"))
        );
    }

    #[test]
    fn the_lock_of_mage_os_says_its_upstream() {
        let lock = json!({ "packages": [{ "name": "mage-os/product-community-edition", "version": "9.0.0",
            "extra": { "magento_version": "2.5.0" } }] });
        assert_eq!(
            of(Some(lock), json!({})).unwrap().upstream.as_deref(),
            Some("2.5.0")
        );
    }

    #[test]
    fn what_is_no_store_says_why() {
        let two = lock(&[
            ("magento/product-community-edition", "2.4.8"),
            ("mage-os/product-community-edition", "3.0.0"),
        ]);
        assert!(matches!(
            of(two, json!({})),
            Err(DetectError::TwoProducts {
                place: "composer.lock",
                ..
            })
        ));
        let clone =
            json!({ "name": "magento/magento2ce", "replace": { "magento/framework": "103.0.8" } });
        assert!(matches!(
            of(None, clone),
            Err(DetectError::DevelopmentRoot { .. })
        ));
        assert_eq!(
            of(None, json!({ "name": "acme/api" })),
            Err(DetectError::NotAStore)
        );
        assert_eq!(
            of(Some(json!([])), json!(null)),
            Err(DetectError::NotAStore)
        );
    }
}
