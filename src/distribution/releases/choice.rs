//! Which of the releases on offer a switch takes.
//!
//! Numbers of different distributions are never compared; what is compared is the upstream Magento version, by Composer's
//! rules (`2.4.8-p4` is above `2.4.8`).

use super::catalog::{ReleaseCatalog, by_age, magento_date};
use super::numbers::{compare_versions, line};
use super::release::Release;
use super::spec::{LATEST, TargetSpec};
use crate::distribution::targets::Target;
use composer_engine::format::constraint::Constraint;
use composer_engine::format::version::Version;
use std::borrow::Cow;
use std::cmp::Ordering;
use thiserror::Error;

/// Why no release can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReleaseError {
    /// Neither the program nor a repository knows a release of the target.
    #[error("no release of {target} is known")]
    NoRelease {
        /// What was asked for.
        target: Target,
    },
    /// What was named as a release cannot be read.
    #[error("`{constraint}` is no version and no constraint: {reason}")]
    BadConstraint {
        /// As it was typed.
        constraint: String,
        /// What Composer says of it.
        reason: String,
    },
    /// There are releases, and none is what was named.
    #[error("no release of {target} matches `{constraint}`; {}", others(.on_line, .newest))]
    NoMatch {
        /// What was asked for.
        target: Target,
        /// As it was typed.
        constraint: String,
        /// The newest finished release there is.
        newest: String,
        /// Where a Magento version was named: the finished releases on its line, the newest first, with the versions that
        /// they are based on.
        on_line: Vec<(String, String)>,
    },
    /// All releases are based on older Magento versions than the store is, and none is taken unless somebody names it.
    #[error(
        "{target} has no release based on Magento {upstream} or later; the newest is {newest}, based on {newest_upstream}"
    )]
    OnlyOlder {
        /// What was asked for.
        target: Target,
        /// The Magento version that the store equals.
        upstream: String,
        /// The newest finished release of the target.
        newest: String,
        /// The Magento version that this one is based on.
        newest_upstream: String,
    },
}

/// What there is where nothing matches.
fn others(on_line: &[(String, String)], newest: &str) -> String {
    let on_line: Vec<String> = on_line
        .iter()
        .map(|(release, upstream)| format!("{release}, based on Magento {upstream}"))
        .collect();
    match on_line.as_slice() {
        [] => format!("the newest is {newest}"),
        [one] => format!("nearest is {one}"),
        several => format!("on that line are {}", several.join("; ")),
    }
}

/// A number with fewer places than releases have means all that begin with it: to people `3` is any 3.x and `2.4` any 2.4.x,
/// where Composer reads 3.0.0 and 2.4.0.
fn whole_line(constraint: &str) -> Cow<'_, str> {
    let number = constraint.trim();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match number.split('.').count() < PLACES && number.split('.').all(is_number) {
        true => format!("{number}.*").into(),
        false => constraint.into(),
    }
}

/// The places of a release's number.
const PLACES: usize = 3;

/// Where a store stands, as far as the choice of a release depends on it.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// What the store is now.
    pub target: Target,
    /// In the distribution's own numbering; none when it cannot be told.
    pub release: Option<&'a str>,
    /// The Magento version that it equals.
    pub upstream: &'a str,
}

impl ReleaseCatalog {
    /// The newest release that satisfies a Composer constraint: a finished one unless only others do.
    pub fn newest_matching(
        &self,
        target: Target,
        constraint: &str,
    ) -> Result<Option<&Release>, ReleaseError> {
        let parsed = parsed_range(constraint)?;
        let matching = || {
            let releases = self.releases(target).iter().rev();
            releases.filter(|release| is_in(&release.version, &parsed))
        };
        Ok(matching()
            .find(|release| release.is_stable())
            .or_else(|| matching().next()))
    }

    /// What a switch takes when nobody names a release: the newest one on the store's own upstream line; where that line has
    /// none, or only such as lack security fixes that the store has, the newest of the nearest newer line that lacks none.
    /// Within one target the line is never left, so none is a store at the newest of its line.
    ///
    /// No release is older in its Magento version than the store. Where every line lacks fixes, the nearest is taken.
    pub fn default_for(&self, target: Target, store: Standing<'_>) -> Option<&Release> {
        let not_older = || {
            self.releases(target)
                .iter()
                .filter(|release| release.is_stable())
                .filter_map(|release| {
                    let on = release.upstream.as_deref()?;
                    (compare_versions(on, store.upstream) != Ordering::Less)
                        .then(|| (line(on), release))
                })
        };
        let own = line(store.upstream);
        let mut lines: Vec<String> = not_older().map(|(line, _)| line).collect();
        lines.sort_by(|a, b| {
            (*a != own)
                .cmp(&(*b != own))
                .then_with(|| compare_versions(a, b))
        });
        lines.dedup();
        let newest_of = |wanted: &String| {
            not_older()
                .filter(|(line, _)| line == wanted)
                .map(|(_, release)| release)
                .max_by(|a, b| by_age(a, b))
        };
        if target == store.target {
            return newest_of(&own);
        }
        let newest: Vec<&Release> = lines.iter().filter_map(newest_of).collect();
        let fixed = newest
            .iter()
            .find(|release| !self.lacks_fixes(target, release, store));
        fixed.or(newest.first()).copied()
    }

    /// The day up to which a store has the security fixes of Magento, likewise.
    pub fn store_fixes_until(&self, store: Standing<'_>) -> Option<&str> {
        let known = store
            .release
            .and_then(|release| self.facts(store.target, release));
        known
            .and_then(|release| self.fixes_until(store.target, release))
            .or_else(|| magento_date(store.upstream))
    }

    /// Whether a release is known to be older in security fixes than a store.
    pub fn lacks_fixes(&self, target: Target, release: &Release, store: Standing<'_>) -> bool {
        matches!(
            (self.fixes_until(target, release), self.store_fixes_until(store)),
            (Some(to), Some(from)) if to < from
        )
    }

    /// The release a switch goes to. `store` is where the store stands, if that is known.
    pub fn select(
        &self,
        spec: &TargetSpec,
        store: Option<Standing<'_>>,
    ) -> Result<&Release, ReleaseError> {
        let target = spec.target;
        let newest = self
            .newest(target)
            .ok_or(ReleaseError::NoRelease { target })?;
        match (&spec.release, store) {
            (Some(latest), _) if latest == LATEST => Ok(newest),
            (Some(constraint), _) => {
                if let Some(release) = self.find(target, constraint) {
                    return Ok(release);
                }
                let matching = self.newest_matching(target, constraint)?;
                matching
                    .or_else(|| self.newest_on(target, constraint))
                    .ok_or_else(|| ReleaseError::NoMatch {
                        target,
                        constraint: constraint.clone(),
                        newest: newest.version.clone(),
                        on_line: self.on_line(target, constraint),
                    })
            }
            (None, Some(store)) => {
                self.default_for(target, store)
                    .ok_or_else(|| ReleaseError::OnlyOlder {
                        target,
                        upstream: store.upstream.to_owned(),
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

    /// The finished releases based on the line of a Magento version, the newest first, with the version of each; none of what
    /// numbers its releases as Magento does, where whoever named one has named the line already.
    fn on_line(&self, target: Target, upstream: &str) -> Vec<(String, String)> {
        let wanted = line(upstream);
        let own = |release: &&Release| release.is_stable();
        let releases = self.releases(target).iter().rev().filter(own);
        releases
            .filter_map(|release| Some((release, release.upstream.as_deref()?)))
            .filter(|(release, on)| line(on) == wanted && line(&release.version) != wanted)
            .map(|(release, on)| (release.version.clone(), on.to_owned()))
            .collect()
    }

    /// The newest finished release that equals a Magento version, or one of a line or range of Magento: `2.4.8-p4` is Mage-OS
    /// 2.2.2, and `2.4` the newest Mage-OS, to who thinks in Magento's numbers.
    fn newest_on(&self, target: Target, upstream: &str) -> Option<&Release> {
        let parsed = parsed_range(upstream).ok()?;
        self.releases(target)
            .iter()
            .rfind(|release| release.is_stable() && is_based_on(release, &parsed))
    }

    /// Whether a release was named by the Magento version that it is based on rather than by a number of its own.
    pub fn is_named_by_upstream(constraint: &str, release: &Release) -> bool {
        parsed_range(constraint)
            .is_ok_and(|parsed| !is_in(&release.version, &parsed) && is_based_on(release, &parsed))
    }
}

/// A constraint on releases as people mean it.
fn parsed_range(constraint: &str) -> Result<Constraint, ReleaseError> {
    Constraint::parse(&whole_line(constraint)).map_err(|error| ReleaseError::BadConstraint {
        constraint: constraint.to_owned(),
        reason: error.to_string(),
    })
}

fn is_in(version: &str, range: &Constraint) -> bool {
    Version::parse(version).is_ok_and(|version| range.matches_version(&version))
}

fn is_based_on(release: &Release, range: &Constraint) -> bool {
    let upstream = release.upstream.as_deref();
    upstream.is_some_and(|upstream| is_in(upstream, range))
}

#[cfg(test)]
mod tests {
    use super::super::release::LiveRelease;
    use super::*;

    fn version(release: Option<&Release>) -> &str {
        release.map_or("none", |release| &release.version)
    }

    /// A store of Magento Open Source.
    fn on(upstream: &str) -> Standing<'_> {
        Standing {
            target: Target::Magento,
            release: Some(upstream),
            upstream,
        }
    }

    fn live(version: &str, upstream: Option<&str>) -> LiveRelease {
        LiveRelease {
            version: version.into(),
            upstream: upstream.map(str::to_owned),
            php: None,
        }
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
            version(catalog.default_for(Target::MageOs, on("2.4.8-p4"))),
            "2.2.2"
        );
        assert_eq!(
            version(catalog.default_for(Target::MageOs, on("2.4.8-p5"))),
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
    fn a_short_number_is_all_that_begins_with_it() {
        let catalog = ReleaseCatalog::bundled();
        let matching =
            |target, number| version(catalog.newest_matching(target, number).unwrap()).to_owned();
        assert_eq!(matching(Target::MageOs, "2"), "2.3.0");
        assert_eq!(matching(Target::MageOs, "2.2"), "2.2.2");
        assert_eq!(matching(Target::MageOs, "2.2.0"), "2.2.0");
        assert_eq!(
            matching(Target::Magento, "2.4"),
            version(catalog.newest(Target::Magento))
        );
        assert!(catalog.newest_matching(Target::MageOs, "lts").is_err());
    }

    #[test]
    fn the_default_is_a_switch_without_an_upgrade() {
        let catalog = ReleaseCatalog::bundled();
        assert_eq!(
            version(catalog.default_for(Target::MageOs, on("2.4.8-p4"))),
            "2.3.0",
            "a later patch of the same line"
        );
        assert_eq!(
            version(catalog.default_for(Target::MageOs, on("2.4.7-p5"))),
            "2.3.0",
            "1.0.6 is older"
        );
        assert_eq!(
            version(catalog.default_for(Target::MageOs, on("2.4.5-p1"))),
            "1.0.1",
            "the nearest newer line"
        );
        assert_eq!(
            version(catalog.default_for(Target::Magento, on("2.4.8-p4"))),
            "2.4.8-p5"
        );
        assert_eq!(
            version(catalog.default_for(Target::MageOs, on("2.4.5-p16"))),
            "2.3.0",
            "1.0.1 and 1.0.6 are older in fixes than 2.4.5-p16"
        );
        assert_eq!(
            version(catalog.default_for(Target::MageOsMinimal, on("2.4.8"))),
            "3.4.0"
        );
        assert_eq!(
            version(catalog.default_for(Target::Magento, on("2.4.10"))),
            "none"
        );
    }

    #[test]
    fn a_spec_chooses() {
        let catalog = ReleaseCatalog::bundled();
        let select = |spec: &str, upstream: Option<&'static str>| {
            catalog.select(&spec.parse().unwrap(), upstream.map(on))
        };
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
        assert_eq!(select("mage-os@2.4.8-p4", None).unwrap().version, "2.2.2");
        for (by_upstream, release) in [
            ("mage-os@2.4", version(catalog.newest(Target::MageOs))),
            ("mage-os@2.4.*", version(catalog.newest(Target::MageOs))),
            ("mage-os@~2.4.7 <2.4.8", "1.0.6"),
            ("mage-os@2.4.8.*", "2.3.0"),
            ("mage-os@2.4.8", "1.1.1"),
        ] {
            let chosen = select(by_upstream, None).unwrap();
            assert_eq!(chosen.version, release, "{by_upstream}");
            let (_, constraint) = by_upstream.split_once('@').unwrap();
            assert!(ReleaseCatalog::is_named_by_upstream(constraint, chosen));
        }
        let own = select("mage-os@2.*", None).unwrap();
        assert!(!ReleaseCatalog::is_named_by_upstream("2.*", own));
        assert!(matches!(
            select("mage-os@2.4.7", None),
            Err(ReleaseError::NoMatch { .. })
        ));
        assert_eq!(
            select("magento@latest", Some("2.4.7")).unwrap().version,
            "2.4.9"
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

    #[test]
    fn within_a_target_the_line_is_never_left() {
        let catalog = ReleaseCatalog::bundled();
        let default = |target, release, upstream| {
            let store = Standing {
                target,
                release: Some(release),
                upstream,
            };
            version(catalog.default_for(target, store)).to_owned()
        };
        assert_eq!(default(Target::MageOs, "2.1.0", "2.4.8-p3"), "2.3.0");
        assert_eq!(default(Target::MageOs, "2.3.0", "2.4.8-p5"), "2.3.0");
        assert_eq!(default(Target::MageOs, "3.0.0", "2.4.9"), "3.4.0");
        assert_eq!(
            default(Target::CommerceCloud, "2.4.7", "2.4.7"),
            "2.4.7-p10"
        );
        assert_eq!(
            default(Target::Magento, "2.4.8-p6", "2.4.8-p6"),
            "none",
            "newer than what is offered on its line, and 2.4.9 is not asked for"
        );
    }

    #[test]
    fn every_default_is_at_its_own_default() {
        let catalog = ReleaseCatalog::bundled();
        for from in Target::ALL {
            for release in catalog.releases(from) {
                let Some(upstream) = release.upstream.as_deref() else {
                    continue;
                };
                let store = Standing {
                    target: from,
                    release: Some(&release.version),
                    upstream,
                };
                for target in Target::ALL {
                    let Some(chosen) = catalog.default_for(target, store) else {
                        continue;
                    };
                    let on = chosen.upstream.as_deref().unwrap();
                    assert!(compare_versions(on, upstream).is_ge());
                    let again = Standing {
                        target,
                        release: Some(&chosen.version),
                        upstream: on,
                    };
                    assert_eq!(
                        version(catalog.default_for(target, again)),
                        chosen.version,
                        "{from} {} to {target}",
                        release.version
                    );
                }
            }
        }
    }
}
