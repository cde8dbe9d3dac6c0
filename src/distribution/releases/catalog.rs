//! The releases on offer, and until when each is looked after.

use super::numbers::{compare_parsed, compare_versions, parsed};
use super::release::{LiveRelease, Release, bundled, describe};
use crate::distribution::targets::{Distribution, Edition, Target};
use std::cmp::Ordering;
use std::sync::LazyLock;

/// The releases of every target, oldest first.
#[derive(Debug, Clone)]
pub struct ReleaseCatalog {
    /// What repositories have, in the order of [`Target::ALL`]; none where they were not asked.
    live: [Option<Vec<Release>>; Target::ALL.len()],
}

/// The releases this program was built with, likewise.
static BUNDLED: LazyLock<[Vec<Release>; Target::ALL.len()]> = LazyLock::new(|| {
    Target::ALL.map(|target| {
        let releases = bundled(target.distribution()).iter();
        let offered = releases.filter(|release| match target.edition() {
            Edition::Minimal => release.minimal,
            Edition::Community => release.open_source,
            Edition::Enterprise | Edition::Cloud => true,
        });
        offered.cloned().collect()
    })
});

impl ReleaseCatalog {
    /// The releases this program was built with.
    pub fn bundled() -> Self {
        Self {
            live: Default::default(),
        }
    }

    /// Takes over what a repository really has of a product: releases newer than this program come in, releases that are
    /// not served go out. `product-enterprise-edition` speaks for Commerce on Cloud, too, whose metapackage has numbers of
    /// its own. A list without a finished release and a name that is no product change nothing.
    pub fn refresh(&mut self, product: &str, live: &[LiveRelease]) {
        let Some(target) = Target::from_product(product).filter(|_| !live.is_empty()) else {
            return;
        };
        let targets = Target::ALL
            .into_iter()
            .filter(|other| other.numbered() == target);
        for target in targets {
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
            self.live[target as usize] = Some(releases);
        }
    }

    /// Whether the releases of a target come from live metadata.
    pub fn is_live(&self, target: Target) -> bool {
        self.live[target as usize].is_some()
    }

    /// Every release on offer, oldest first, betas included.
    pub fn releases(&self, target: Target) -> &[Release] {
        let live = self.live[target as usize].as_deref();
        live.unwrap_or_else(|| &BUNDLED[target as usize])
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

    /// The day up to which a release has the security fixes of Magento (`YYYY-MM-DD`): that of its Magento version, or its
    /// own for one that Mage-OS made later on the same version, which is made for the fixes in it. None when it is not known.
    pub fn fixes_until<'r>(&self, target: Target, release: &'r Release) -> Option<&'r str> {
        let own = release.released.as_deref();
        if target.distribution().rebuilds().is_none() {
            return own;
        }
        let upstream = release.upstream.as_deref()?;
        let known = self.releases(target).iter();
        let is_first = !known
            .chain(bundled(target.distribution()))
            .filter(|other| other.upstream.as_deref() == Some(upstream))
            .any(|other| compare_versions(&other.version, &release.version).is_lt());
        match is_first {
            true => magento_date(upstream).or(own),
            false => own,
        }
    }

    /// The day since which a release gets no more fixes, as of `today` (both `YYYY-MM-DD`); none while it is supported or
    /// when nothing is known. Of Mage-OS only the newest release is supported, so that support ends with the next one, or
    /// `today` at the latest when that has no date: <https://mage-os.org/versioning-strategy/>.
    pub fn out_of_support(&self, target: Target, release: &Release, today: &str) -> Option<String> {
        if let Some(end) = release.support_end.as_deref().filter(|end| *end < today) {
            return Some(end.to_owned());
        }
        if !target.distribution().facts().only_newest_supported {
            return None;
        }
        let stable = self
            .releases(target)
            .iter()
            .filter(|other| other.is_stable());
        let next = stable
            .filter(|other| by_age(release, other).is_lt())
            .min_by(|a, b| by_age(a, b))?;
        Some(next.released.clone().unwrap_or_else(|| today.to_owned()))
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

/// The day Magento published a version.
pub(super) fn magento_date(version: &str) -> Option<&'static str> {
    let mut known = bundled(Distribution::UPSTREAM).iter();
    known
        .find(|release| release.version == version)?
        .released
        .as_deref()
}

/// Of two releases of one distribution the older first: by the Magento version, then by their own number.
pub(super) fn by_age(a: &Release, b: &Release) -> Ordering {
    let upstream = |release: &Release| release.upstream.clone().unwrap_or_default();
    compare_versions(&upstream(a), &upstream(b))
        .then_with(|| compare_versions(&a.version, &b.version))
}

/// By version; each is read once.
fn sort(releases: &mut Vec<Release>) {
    let read = |release: Release| (parsed(&release.version), release);
    let mut all: Vec<_> = std::mem::take(releases).into_iter().map(read).collect();
    all.sort_by(|(a, _), (b, _)| compare_parsed(a.as_ref(), b.as_ref()));
    releases.extend(all.into_iter().map(|(_, release)| release));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_releases_are_in_order() {
        let catalog = ReleaseCatalog::bundled();
        for target in Target::ALL {
            let releases = catalog.releases(target);
            assert!(!releases.is_empty(), "{target}");
            let mut sorted = releases.to_vec();
            sort(&mut sorted);
            assert_eq!(sorted, releases, "{target}");
        }
    }

    #[test]
    fn a_rebuild_of_mage_os_is_as_young_as_its_fixes() {
        let catalog = ReleaseCatalog::bundled();
        let until = |version: &str| {
            let release = catalog.find(Target::MageOs, version).unwrap();
            catalog.fixes_until(Target::MageOs, release).unwrap()
        };
        assert_eq!(until("2.2.0"), "2026-03-10", "that of 2.4.8-p4");
        assert_eq!(until("2.2.2"), "2026-04-15", "its own");
    }

    #[test]
    fn only_the_newest_mage_os_is_supported() {
        let catalog = ReleaseCatalog::bundled();
        let ended = |target, version: &str, today: &str| {
            catalog.out_of_support(target, catalog.find(target, version).unwrap(), today)
        };
        assert!(ended(Target::MageOs, "2.2.2", "2026-11-01").is_some());
        assert!(ended(Target::MageOs, "3.4.0", "2026-11-01").is_none());
        assert!(ended(Target::Magento, "2.4.6-p15", "2026-11-01").is_some());
        assert!(ended(Target::Magento, "2.4.8-p4", "2026-11-01").is_none());
    }
}
