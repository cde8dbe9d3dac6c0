//! Whether composer.json and composer.lock speak of the same release.
//!
//! Somebody who edits composer.json and does not run `composer update` leaves a root at one release over a lock at another.
//! A plan from there would take one of the two back without a word, so none is made.

use crate::distribution::Target;
use composer_engine::format::package::Package;
use composer_engine::format::root::RootPackage;
use composer_engine::resolve::update::LockedPackages;
use std::sync::Arc;

/// A product that composer.json asks for and composer.lock does not have that way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "composer.json asks for {product} {wanted} and composer.lock has {locked}: which of the two the store is at, nobody can tell"
)]
pub struct Disagreement {
    /// The name of the product's package.
    pub product: String,
    /// The constraint of composer.json.
    pub wanted: String,
    /// Version of the product in the lock, or name and version of the product that is there instead.
    pub locked: String,
}

impl Disagreement {
    /// The ways out.
    pub fn hint(&self) -> String {
        format!(
            "to go on with what composer.json asks for, run `composer update` first (`mageshift lock` writes the lock \
             alone); to go on with what is locked, restore the composer.json that belongs to it, with {}",
            self.locked_requirement()
        )
    }

    fn locked_requirement(&self) -> String {
        match self.locked.contains('/') {
            true => self.locked.clone(),
            false => format!("{} {}", self.product, self.locked),
        }
    }
}

/// Finds a product that root and lock disagree on. A lock without any product disagrees with nothing: it is old, or emptied.
pub(crate) fn disagreement(
    root: &RootPackage,
    locked: Option<&LockedPackages>,
) -> Option<Disagreement> {
    let locked = locked?;
    let products: Vec<&Arc<Package>> = locked
        .all()
        .filter(|package| Target::from_product(&package.name).is_some())
        .collect();
    let required = root
        .requires
        .iter()
        .chain(&root.dev_requires)
        .filter(|link| Target::from_product(&link.target).is_some());
    for link in required {
        let found = products.iter().find(|package| package.name == link.target);
        let is_met = |package: &&&Arc<Package>| {
            let alias = package.branch_alias.as_ref().map(|alias| &alias.version);
            let mut versions = std::iter::once(&package.version).chain(alias);
            versions.any(|version| link.constraint.matches_version(version))
        };
        let locked = match found {
            Some(package) if is_met(&package) => continue,
            Some(package) => package.pretty_version.to_string(),
            None => match products.last() {
                Some(other) => format!("{} {}", other.name, other.pretty_version),
                None => return None,
            },
        };
        return Some(Disagreement {
            product: link.target.to_string(),
            wanted: link.pretty_constraint.to_string(),
            locked,
        });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use composer_engine::format::lock::Lock;
    use composer_engine::resolve::lock::text::locked_packages;
    use serde_json::json;

    fn between(constraint: &str, name: &str, version: &str) -> Option<Disagreement> {
        let document = json!({"require": {"magento/product-community-edition": constraint}});
        let root = RootPackage::load(&document).unwrap();
        let lock = json!({"packages": [{"name": name, "version": version, "type": "metapackage"}], "packages-dev": []});
        let lock = Lock::parse(&lock.to_string()).unwrap();
        disagreement(&root, Some(&locked_packages(&lock).unwrap()))
    }

    #[test]
    fn a_root_ahead_of_its_lock_is_named_with_both_versions() {
        let product = "magento/product-community-edition";
        for agreeing in ["2.4.7-p4", "^2.4.6", "2.4.*", "*"] {
            assert_eq!(between(agreeing, product, "2.4.7-p4"), None, "{agreeing}");
        }
        let found = between("2.4.9", product, "2.4.7-p4").unwrap();
        let said = format!("{found}; {}", found.hint());
        assert!(
            said.contains(" 2.4.9") && said.contains(" 2.4.7-p4"),
            "{said}"
        );
        assert!(
            said.contains("composer update") && said.contains("restore"),
            "{said}"
        );
    }

    #[test]
    fn a_root_of_another_product_disagrees_and_a_lock_without_one_does_not() {
        let found = between("2.4.8", "mage-os/product-community-edition", "2.2.0").unwrap();
        assert_eq!(found.locked, "mage-os/product-community-edition 2.2.0");
        assert_eq!(between("2.4.8", "acme/shop", "1.0.0"), None);
    }
}
