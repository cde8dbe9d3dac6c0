//! What is to be known of the release that a store goes to: its age in security fixes, its support, its faults, and what is
//! newer.

use crate::distribution::{Direction, Family, Release, compare_versions};
use crate::plan::{Code, Finding};
use crate::planner::destination::Destination;
use crate::planner::survey::Survey;
use composer_engine::format::php::time::to_rfc3339;
use std::time::{SystemTime, UNIX_EPOCH};

/// Says what speaks against a release, each with the one that would be better, and which is the newest.
pub(crate) fn findings(survey: &Survey<'_>, destination: &Destination) -> Vec<Finding> {
    if survey.is_at(destination.target, &destination.release) {
        return Vec::new();
    }
    let unsupported = today().and_then(|today| out_of_support(survey, destination, &today));
    let newer = unsupported
        .is_none()
        .then(|| newer_release(survey, destination));
    older_fixes(survey, destination)
        .into_iter()
        .chain(unsupported)
        .chain(defect(survey, destination))
        .chain(newer.flatten())
        .chain(by_upstream(survey, destination))
        .collect()
}

/// How a number was read that is none of the distribution's own.
fn by_upstream(survey: &Survey<'_>, destination: &Destination) -> Option<Finding> {
    let Destination {
        target, release, ..
    } = destination;
    let asked = destination.by_upstream.as_deref()?;
    let first = survey.catalog.releases(*target).first()?;
    let last = survey.catalog.newest(*target)?;
    Some(Finding::new(
        Code::ReleaseByUpstream,
        format!("{asked} was read as a version of Magento"),
        format!(
            "{name} numbers its releases itself, from {} to {}. {} is the newest of those based on Magento {asked}{}. Name another one by its own number: `mageshift releases` lists them.",
            first.version,
            last.version,
            release.version,
            release
                .upstream
                .as_deref()
                .filter(|upstream| *upstream != asked)
                .map_or_else(String::new, |upstream| format!(", here {upstream}")),
            name = target.name(),
        ),
    ))
}

/// The day it is, as `YYYY-MM-DD`.
pub(crate) fn today() -> Option<String> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    let time = to_rfc3339(&seconds.to_string())?;
    time.get(..10).map(str::to_owned)
}

/// A warning when the store has security fixes that the release lacks.
fn older_fixes(survey: &Survey<'_>, destination: &Destination) -> Option<Finding> {
    let Destination {
        target, release, ..
    } = destination;
    let (target, store) = (*target, survey.standing()?);
    let catalog = &survey.catalog;
    let stays = Direction::new(store.target, target).stays_in_target();
    if stays || !catalog.lacks_fixes(target, release, store) {
        return None;
    }
    let until = catalog.fixes_until(target, release)?;
    let has = catalog.store_fixes_until(store)?;
    let better = catalog
        .default_for(target, store)
        .filter(|better| !catalog.lacks_fixes(target, better, store));
    let way = match better {
        Some(better) => format!(
            "{} {} is not older: plan it with --to {}@{}.",
            target.name(),
            better.version,
            target.word(),
            better.version
        ),
        None => format!(
            "No release of {} that is not based on an older Magento has them. Look for isolated patches of its vendor, and apply those by hand.",
            target.name()
        ),
    };
    let on = |upstream: Option<&str>| {
        upstream.map_or_else(String::new, |upstream| format!(" (Magento {upstream})"))
    };
    Some(Finding::new(
        Code::ReleaseOlderFixes,
        format!(
            "{} {} is older in security fixes than the store",
            target.name(),
            release.version
        ),
        format!(
            "It has the fixes of {until}{}, the store has those of {has}{}. {way}",
            on(release.upstream.as_deref()),
            on(Some(store.upstream)),
        ),
    ))
}

/// A warning when the release gets no more fixes.
fn out_of_support(survey: &Survey<'_>, destination: &Destination, today: &str) -> Option<Finding> {
    let Destination {
        target, release, ..
    } = destination;
    let since = survey.catalog.out_of_support(*target, release, today)?;
    let supported = survey
        .catalog
        .newest(*target)
        .filter(|newest| newest.version != release.version)
        .filter(|newest| {
            survey
                .catalog
                .out_of_support(*target, newest, today)
                .is_none()
        });
    let way = supported.map_or_else(String::new, |newest| {
        format!(
            " The newest release, {}{}, is supported: plan it with --to {}@{}.",
            newest.version,
            based_on(newest),
            target.word(),
            newest.version
        )
    });
    let extended = release
        .extended_support_end
        .as_deref()
        .filter(|end| target.is_in(Family::Commerce) && *end >= today);
    if let Some(end) = extended {
        return Some(Finding::new(
            Code::ReleaseExtendedSupport,
            format!(
                "{} {} is in extended support",
                target.name(),
                release.version
            ),
            format!("Regular support ended on {since}; paid extended support ends on {end}.{way}"),
        ));
    }
    Some(Finding::new(
        Code::ReleaseOutOfSupport,
        format!(
            "{} {} is no longer in support",
            target.name(),
            release.version
        ),
        format!("Support ended on {since}: it gets no more security fixes.{way}"),
    ))
}

/// A warning when something is known to be wrong with the release.
fn defect(survey: &Survey<'_>, destination: &Destination) -> Option<Finding> {
    let Destination {
        target, release, ..
    } = destination;
    let defect = release.defect.as_deref()?;
    let better = survey
        .catalog
        .releases(*target)
        .iter()
        .find(|other| {
            other.is_stable()
                && other.defect.is_none()
                && compare_versions(&other.version, &release.version).is_gt()
        })
        .map_or_else(String::new, |better| {
            format!(
                " Release {} has it right{}: plan it with --to {}@{}.",
                better.version,
                based_on(better),
                target.word(),
                better.version
            )
        });
    Some(Finding::new(
        Code::ReleaseDefect,
        format!("{} {} has a known fault", target.name(), release.version),
        format!("{defect}{better}"),
    ))
}

/// A note when there is a newer release.
fn newer_release(survey: &Survey<'_>, destination: &Destination) -> Option<Finding> {
    let newest = survey.catalog.newest(destination.target)?;
    if compare_versions(&newest.version, &destination.release.version).is_le() {
        return None;
    }
    let target = destination.target;
    let php = newest
        .php
        .as_deref()
        .map_or_else(String::new, |php| format!(", PHP {php}"));
    Some(Finding::new(
        Code::NewerRelease,
        format!(
            "The newest release of {} is {}",
            target.name(),
            newest.version
        ),
        format!(
            "It is newer than {}{}{php}. Plan it with --to {}@{}.",
            destination.release.version,
            based_on(newest),
            target.word(),
            newest.version
        ),
    ))
}

fn based_on(release: &Release) -> String {
    let upstream = release.upstream.as_deref();
    upstream
        .filter(|upstream| *upstream != release.version)
        .map_or_else(String::new, |upstream| {
            format!(", based on Magento {upstream}")
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::{LiveFacts, Target};
    use crate::project::Project;
    use composer_engine::repository::Options;
    use std::path::Path;

    /// What is said on a day of a release that a test makes up.
    fn said(
        make: impl Fn(&mut Release),
        say: impl Fn(&Survey<'_>, &Destination) -> Option<Finding>,
    ) -> Option<Finding> {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sample-store");
        let (project, options) = (Project::read(&sample).unwrap(), Options::default());
        let survey = Survey::new(&project, &options).unwrap();
        let mut release = Release::unknown("2.4.0-p9");
        make(&mut release);
        let destination = Destination {
            target: Target::Commerce,
            release,
            live: LiveFacts::default(),
            by_upstream: None,
        };
        say(&survey, &destination)
    }

    #[test]
    fn paid_support_is_told_from_none() {
        let code = |today: &'static str| {
            let finding = said(
                |release| {
                    release.support_end = Some("2030-01-31".to_owned());
                    release.extended_support_end = Some("2031-01-31".to_owned());
                },
                |survey, destination| out_of_support(survey, destination, today),
            );
            finding.map(|finding| finding.code())
        };
        assert_eq!(code("2030-01-31"), None);
        assert_eq!(code("2030-02-01"), Some(Code::ReleaseExtendedSupport));
        assert_eq!(code("2031-02-01"), Some(Code::ReleaseOutOfSupport));
    }

    #[test]
    fn a_known_fault_is_told_with_a_release_that_lacks_it() {
        assert_eq!(said(|_| {}, defect), None);
        let finding = said(
            |release| release.defect = Some("It forgets its name.".to_owned()),
            defect,
        );
        let finding = finding.unwrap();
        assert_eq!(finding.code(), Code::ReleaseDefect);
        assert!(finding.detail.starts_with("It forgets its name. Release "));
        assert!(finding.detail.contains("plan it with --to commerce@"));
    }
}
