//! The nearest release of a target that a blocked store can go to as it is.

use super::error::PlanError;
use super::planner::{Destination, answers, merge};
use super::request::Request;
use super::resolution::Question;
use super::root::{Answers, names_to_ask};
use super::survey::Survey;
use crate::distribution::{Release, Target};
use rayon::prelude::*;

/// How many releases are tried, the nearest first.
const MAX_RELEASES: usize = 8;

/// Looks for a release that has a solution without another constraint for any extension. Releases that are based on an
/// older Magento than the store are left out, as data do not go back.
pub fn nearest_release(
    survey: &Survey<'_>,
    blocked: &Destination,
    request: &Request,
) -> Result<Option<Release>, PlanError> {
    let target = blocked.target;
    let source = survey.repositories(target)?;
    let is_reachable = |release: &Release| -> Result<bool, PlanError> {
        let names = names_to_ask(survey.project.root.value(), &survey.source, target, release);
        let destination = Destination {
            target,
            release: release.clone(),
            live: survey.live_facts(&source, &names),
        };
        let first = merge(survey, &destination, &Answers::new())?;
        let merged = merge(survey, &destination, &answers(&first.conflicts, request))?;
        let question = Question::new(survey, request, target, release)?;
        let setting = question.setting(merged.document.value())?;
        Ok(question.attempt(&setting)?.is_ok())
    };
    // As many at a time as there are processors, so that a near release is found without trying all of them.
    let releases = by_distance(survey, target, &blocked.release);
    for some in releases.chunks(rayon::current_num_threads().max(1)) {
        let answers: Vec<Result<bool, PlanError>> = some
            .par_iter()
            .map(|release| is_reachable(release))
            .collect();
        for (release, answer) in some.iter().zip(answers) {
            if answer? {
                return Ok(Some((*release).clone()));
            }
        }
    }
    Ok(None)
}

/// The other finished releases of a target, the nearest first and of two as near the newer one.
fn by_distance<'s>(survey: &'s Survey<'_>, target: Target, wanted: &Release) -> Vec<&'s Release> {
    let all = survey.catalog.releases(target);
    let at = all
        .iter()
        .position(|release| release.version == wanted.version)
        .unwrap_or(all.len());
    let mut others: Vec<(usize, &Release)> = all
        .iter()
        .enumerate()
        .filter(|(index, release)| {
            *index != at && release.is_stable() && !survey.is_downgrade(release)
        })
        .collect();
    others.sort_by_key(|(index, _)| (index.abs_diff(at), *index < at));
    let nearest = others.into_iter().map(|(_, release)| release);
    nearest.take(MAX_RELEASES).collect()
}
