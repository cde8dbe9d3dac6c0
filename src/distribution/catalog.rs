//! The releases on offer, and which one a switch takes.
//!
//! Numbers of different distributions are never compared; what is compared is the upstream Magento version, by Composer's
//! rules (`2.4.8-p4` is above `2.4.8`).

use super::release::{LiveRelease, Release, bundled, compare_versions, describe, line};
use super::target::{Target, TargetSpec};
use crate::composer::constraint::Constraint;
use crate::composer::version::Version;
use std::cmp::Ordering;
use thiserror::Error;

/// Why no release can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReleaseError {
    #[error("no release of {target} is known")]
    NoRelease { target: Target },
    #[error("`{constraint}` is no version and no constraint: {reason}")]
    BadConstraint { constraint: String, reason: String },
    #[error("no release of {target} matches `{constraint}`; the newest is {newest}")]
    NoMatch {
        target: Target,
        constraint: String,
        newest: String,
    },
    #[error(
        "{target} has no release based on Magento {upstream} or later; the newest is {newest}, based on {newest_upstream}"
    )]
    OnlyOlder {
        target: Target,
        upstream: String,
        newest: String,
        newest_upstream: String,
    },
}

/// The releases of every target, oldest first.
#[derive(Debug, Clone)]
pub struct ReleaseCatalog {
    /// In the order of [`Target::ALL`].
    releases: [Vec<Release>; 5],
    live: [bool; 5],
}

impl ReleaseCatalog {
    /// The releases this program was built with.
    pub fn bundled() -> Self {
        let releases = Target::ALL.map(|target| {
            let mut releases: Vec<Release> = bundled(target.distribution())
                .iter()
                .filter(|release| match target {
                    Target::MageOsMinimal => release.minimal,
                    Target::Magento => release.open_source,
                    Target::MageOs | Target::Commerce | Target::CommerceCloud => true,
                })
                .cloned()
                .collect();
            sort(&mut releases);
            releases
        });
        Self {
            releases,
            live: [false; 5],
        }
    }

    /// Takes over what a repository really has of a product: releases newer than this program come in, releases that are
    /// not served go out. `product-enterprise-edition` speaks for Commerce on Cloud, too, whose metapackage has numbers of
    /// its own. A list without a finished release and a name that is no product change nothing.
    pub fn refresh(&mut self, product: &str, live: &[LiveRelease]) {
        let Some(target) = Target::from_product(product).filter(|_| !live.is_empty()) else {
            return;
        };
        let targets: &[Target] = match target {
            Target::CommerceCloud => &[],
            Target::Commerce => &[Target::Commerce, Target::CommerceCloud],
            ref target => std::slice::from_ref(target),
        };
        for &target in targets {
            let mut releases: Vec<Release> = live
                .iter()
                .map(|found| describe(target.distribution(), found))
                .collect();
            sort(&mut releases);
            releases.dedup_by(|a, b| a.version == b.version);
            // A repository of nightly builds does not speak for the releases.
            if !releases.iter().any(Release::is_stable) {
                continue;
            }
            self.releases[target as usize] = releases;
            self.live[target as usize] = true;
        }
    }

    /// Whether the releases of a target come from live metadata.
    pub fn is_live(&self, target: Target) -> bool {
        self.live[target as usize]
    }

    /// Every release on offer, oldest first, betas included.
    pub fn releases(&self, target: Target) -> &[Release] {
        &self.releases[target as usize]
    }

    /// The release with exactly this version.
    pub fn find(&self, target: Target, version: &str) -> Option<&Release> {
        self.releases(target)
            .iter()
            .find(|release| release.version == version)
    }

    /// The newest finished release.
    pub fn newest(&self, target: Target) -> Option<&Release> {
        self.releases(target)
            .iter()
            .rfind(|release| release.is_stable())
    }

    /// The newest release that satisfies a Composer constraint: a finished one unless only others do.
    pub fn newest_matching(
        &self,
        target: Target,
        constraint: &str,
    ) -> Result<Option<&Release>, ReleaseError> {
        let parsed =
            Constraint::parse(constraint).map_err(|error| ReleaseError::BadConstraint {
                constraint: constraint.to_owned(),
                reason: error.to_string(),
            })?;
        let matching = || {
            self.releases(target).iter().rev().filter(|release| {
                Version::parse(&release.version)
                    .is_ok_and(|version| parsed.matches_version(&version))
            })
        };
        Ok(matching()
            .find(|release| release.is_stable())
            .or_else(|| matching().next()))
    }

    /// What a switch takes when nobody names a release: the newest one on the store's own upstream line that is not older
    /// than the store; when there is none, the newest of the nearest newer line.
    pub fn default_for(&self, target: Target, upstream: &str) -> Option<&Release> {
        let not_older = || {
            self.releases(target)
                .iter()
                .filter(|release| release.is_stable())
                .filter_map(|release| {
                    let on = release.upstream.as_deref()?;
                    (compare_versions(on, upstream) != Ordering::Less).then(|| (line(on), release))
                })
        };
        let own = line(upstream);
        let nearest = not_older().map(|(line, _)| line).min_by(|a, b| {
            (*a != own)
                .cmp(&(*b != own))
                .then_with(|| compare_versions(a, b))
        })?;
        not_older()
            .filter(|(line, _)| *line == nearest)
            .map(|(_, release)| release)
            .max_by(|a, b| {
                let upstream = |release: &Release| release.upstream.clone().unwrap_or_default();
                compare_versions(&upstream(a), &upstream(b))
                    .then_with(|| compare_versions(&a.version, &b.version))
            })
    }

    /// The release a switch goes to. `upstream` is the store's own upstream version, if it is known.
    pub fn select(
        &self,
        spec: &TargetSpec,
        upstream: Option<&str>,
    ) -> Result<&Release, ReleaseError> {
        let target = spec.target;
        let newest = self
            .newest(target)
            .ok_or(ReleaseError::NoRelease { target })?;
        match (&spec.release, upstream) {
            (Some(constraint), _) => {
                if let Some(release) = self.find(target, constraint) {
                    return Ok(release);
                }
                self.newest_matching(target, constraint)?
                    .ok_or_else(|| ReleaseError::NoMatch {
                        target,
                        constraint: constraint.clone(),
                        newest: newest.version.clone(),
                    })
            }
            (None, Some(upstream)) => {
                self.default_for(target, upstream)
                    .ok_or_else(|| ReleaseError::OnlyOlder {
                        target,
                        upstream: upstream.to_owned(),
                        newest: newest.version.clone(),
                        newest_upstream: newest
                            .upstream
                            .clone()
                            .unwrap_or_else(|| "an unknown version".to_owned()),
                    })
            }
            (None, None) => Ok(newest),
        }
    }

    /// What is known of a release, offered or not: a store may be on one that no repository serves any more.
    pub fn facts(&self, target: Target, version: &str) -> Option<&Release> {
        self.find(target, version).or_else(|| {
            bundled(target.distribution())
                .iter()
                .find(|release| release.version == version)
        })
    }
}

fn sort(releases: &mut [Release]) {
    releases.sort_by(|a, b| compare_versions(&a.version, &b.version));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(release: Option<&Release>) -> &str {
        release.map_or("none", |release| &release.version)
    }

    fn live(version: &str, upstream: Option<&str>) -> LiveRelease {
        LiveRelease {
            version: version.into(),
            upstream: upstream.map(str::to_owned),
            php: None,
        }
    }

    #[test]
    fn the_default_is_a_switch_without_an_upgrade() {
        let catalog = ReleaseCatalog::bundled();
        assert_eq!(
            version(catalog.default_for(Target::MageOs, "2.4.8-p4")),
            "2.3.0",
            "a later patch of the same line"
        );
        assert_eq!(
            version(catalog.default_for(Target::MageOs, "2.4.7-p5")),
            "2.3.0",
            "1.0.6 is older"
        );
        assert_eq!(
            version(catalog.default_for(Target::MageOs, "2.4.5-p1")),
            "1.0.1",
            "the nearest newer line"
        );
        assert_eq!(
            version(catalog.default_for(Target::Magento, "2.4.8-p4")),
            "2.4.8-p5"
        );
        assert_eq!(
            version(catalog.default_for(Target::MageOsMinimal, "2.4.8")),
            "3.4.0"
        );
        assert_eq!(
            version(catalog.default_for(Target::Magento, "2.4.10")),
            "none"
        );
    }

    #[test]
    fn live_metadata_adds_what_is_newer_and_drops_what_is_not_served() {
        let mut catalog = ReleaseCatalog::bundled();
        let found = [
            live("2.2.2", None),
            live("3.4.0", Some("2.4.9")),
            live("4.0.0", Some("2.4.10")),
            live("4.1.0-beta1", Some("2.4.10")),
        ];
        catalog.refresh("mage-os/product-community-edition", &found);
        assert!(catalog.is_live(Target::MageOs) && !catalog.is_live(Target::Magento));
        assert_eq!(version(catalog.newest(Target::MageOs)), "4.0.0");
        assert_eq!(
            version(catalog.default_for(Target::MageOs, "2.4.8-p4")),
            "2.2.2"
        );
        assert_eq!(
            version(catalog.default_for(Target::MageOs, "2.4.8-p5")),
            "3.4.0",
            "2.3.0 is not served"
        );
        assert!(
            catalog.find(Target::MageOs, "3.0.0").is_none()
                && catalog.facts(Target::MageOs, "3.0.0").is_some()
        );
        assert!(
            catalog
                .find(Target::MageOs, "3.4.0")
                .is_some_and(|release| release.php.is_some())
        );
    }

    #[test]
    fn commerce_speaks_for_cloud() {
        let mut catalog = ReleaseCatalog::bundled();
        catalog.refresh(
            "magento/product-enterprise-edition",
            &[live("2.4.8-p6", None)],
        );
        catalog.refresh(
            "magento/magento-cloud-metapackage",
            &[live("2.4.9-p2", None)],
        );
        assert_eq!(version(catalog.newest(Target::CommerceCloud)), "2.4.8-p6");
        assert_eq!(
            catalog.releases(Target::Commerce)[0].b2b,
            ["1.5.3", "1.5.2"]
        );
    }

    #[test]
    fn a_spec_chooses() {
        let catalog = ReleaseCatalog::bundled();
        let select = |spec: &str, upstream| catalog.select(&spec.parse().unwrap(), upstream);
        assert_eq!(select("mage-os@2.*", None).unwrap().version, "2.3.0");
        assert_eq!(
            select("magento@2.4.8-p2", Some("2.4.9")).unwrap().version,
            "2.4.8-p2"
        );
        assert_eq!(select("magento@2.4.8.*", None).unwrap().version, "2.4.8-p5");
        assert_eq!(
            select("magento", Some("2.4.8")).unwrap().version,
            "2.4.8-p5"
        );
        assert!(matches!(
            select("magento@2.5", None),
            Err(ReleaseError::NoMatch { .. })
        ));
        assert!(matches!(
            select("magento@=>2", None),
            Err(ReleaseError::BadConstraint { .. })
        ));
        assert!(matches!(
            select("magento", Some("2.4.10")),
            Err(ReleaseError::OnlyOlder { .. })
        ));
    }
}
