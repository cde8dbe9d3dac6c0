//! What a plan promises of its target's core: the release that it names is the one in the new lock.
//!
//! A range on the product admits many releases, and a solver that prefers what is locked stays at an old one. So the
//! promise binds every solve of a plan, as `composer update --with PRODUCT:RELEASE` would, and every new lock is held
//! against it before it is shown.

use crate::distribution::{Target, locked_packages};
use crate::plan::{Code, Finding};
use crate::project::LOCK;
use composer_engine::format::constraint::Constraint;
use composer_engine::format::root::RootPackage;
use composer_engine::format::version::Version;
use composer_engine::resolve::request::Requirement;
use serde_json::Value;
use std::sync::Arc;

/// A release of a target, as a promise.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Promise<'a> {
    /// What the store becomes.
    pub target: Target,
    /// In the distribution's own numbering.
    pub release: &'a str,
}

impl Promise<'_> {
    /// The product whose version is the release. The cloud metapackage has numbers of its own: there the release is that
    /// of the core behind it.
    pub(crate) fn product(&self) -> &'static str {
        &self.target.numbered().facts().product
    }

    /// The constraint of a solve that lets the product have no other version; none when the release is no version.
    pub(crate) fn constraint(&self) -> Option<(Arc<str>, Requirement)> {
        let constraint = Constraint::exactly(Version::parse(self.release).ok()?);
        Some((
            Arc::from(self.product()),
            Requirement {
                constraint: Arc::new(constraint),
                pretty_constraint: self.release.into(),
            },
        ))
    }

    /// Narrows a root's own requirement of the product to the release, so that an explanation names the release and not
    /// the range that composer.json keeps.
    pub(crate) fn bind(&self, root: &mut RootPackage) {
        let Some((name, requirement)) = self.constraint() else {
            return;
        };
        let admits = Version::parse(self.release);
        for link in root.requires.iter_mut().chain(&mut root.dev_requires) {
            let is_range_around = admits
                .as_ref()
                .is_ok_and(|release| link.constraint.matches_version(release));
            if link.target == name && is_range_around {
                link.constraint = requirement.constraint.clone();
                link.pretty_constraint = requirement.pretty_constraint.clone();
            }
        }
    }

    /// What a new lock has instead of what is promised, as a blocker.
    pub(crate) fn broken(&self, lock: &Value) -> Option<Finding> {
        let product = self.product();
        let text = |entry: &Value, key: &str| entry.get(key)?.as_str().map(str::to_owned);
        let locked = locked_packages(lock)
            .find(|entry| text(entry, "name").as_deref() == Some(product))
            .and_then(|entry| text(entry, "version"));
        let is_kept = |locked: &str| {
            locked == self.release
                || matches!(
                    (Version::parse(locked), Version::parse(self.release)),
                    (Ok(locked), Ok(release)) if locked == release
                )
        };
        if locked.as_deref().is_some_and(is_kept) {
            return None;
        }
        let has = locked.map_or_else(
            || format!("does not have {product}"),
            |version| format!("has {product} {version}"),
        );
        Some(
            Finding::new(
                Code::ReleaseMissed,
                format!(
                    "The new lock is not {} {}",
                    self.target.name(),
                    self.release
                ),
                format!(
                    "It {has}. Require {product} {} in composer.json, and plan again.",
                    self.release
                ),
            )
            .of_package(product.to_owned())
            .in_file(LOCK),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lock(packages: &[(&str, &str)]) -> Value {
        let entry = |(name, version): &(&str, &str)| json!({"name": name, "version": version});
        json!({"packages": packages.iter().map(entry).collect::<Vec<_>>()})
    }

    #[test]
    fn a_lock_at_another_release_breaks_the_promise() {
        let promise = Promise {
            target: Target::Magento,
            release: "2.4.9",
        };
        let product = "magento/product-community-edition";
        assert!(promise.broken(&lock(&[(product, "2.4.9")])).is_none());
        assert!(promise.broken(&lock(&[(product, "v2.4.9")])).is_none());
        let broken = promise.broken(&lock(&[(product, "2.4.8-p3")])).unwrap();
        assert_eq!(broken.code(), Code::ReleaseMissed);
        assert!(broken.is_blocker());
        assert!(broken.detail.contains("2.4.8-p3"), "{}", broken.detail);
        assert!(promise.broken(&lock(&[])).is_some());
    }

    #[test]
    fn on_cloud_the_core_behind_the_metapackage_counts() {
        let promise = Promise {
            target: Target::CommerceCloud,
            release: "2.4.8-p4",
        };
        let cloud = |core| {
            lock(&[
                ("magento/magento-cloud-metapackage", "2.4.8-p2"),
                ("magento/product-enterprise-edition", core),
            ])
        };
        assert!(promise.broken(&cloud("2.4.8-p4")).is_none());
        assert!(promise.broken(&cloud("2.4.8")).is_some());
    }

    #[test]
    fn a_range_is_narrowed_and_what_excludes_the_release_stays_to_be_explained() {
        let promise = Promise {
            target: Target::Magento,
            release: "2.4.9",
        };
        let bound = |constraint: &str| {
            let document = json!({"require": {"magento/product-community-edition": constraint}});
            let mut root = RootPackage::load(&document).unwrap();
            promise.bind(&mut root);
            root.requires[0].pretty_constraint.to_string()
        };
        assert_eq!(bound("2.4.*"), "2.4.9");
        assert_eq!(bound("~2.4.8"), "2.4.9");
        assert_eq!(bound("<2.4.9"), "<2.4.9");
    }
}
