//! The nearest release of a target that a blocked store can go to as it is.

use crate::distribution::{Release, Target, compare_versions, line};
use crate::planner::error::PlanError;
use crate::planner::lock::question::Question;
use crate::planner::root::Answers;
use crate::planner::survey::Survey;
use crate::planner::wish::Wish;
use crate::planner::{Destination, answers, merge};
use rayon::prelude::*;

/// Looks for a release that has a solution without another constraint for any extension. Releases that are based on an
/// older Magento than the store are left out, as data do not go back.
pub fn nearest_release(
    survey: &Survey<'_>,
    blocked: &Destination,
    request: &Wish,
) -> Result<Option<Release>, PlanError> {
    let target = blocked.target;
    let source = survey.repositories(target)?;
    let is_reachable = |release: &Release| -> Result<bool, PlanError> {
        let destination = Destination::at(survey, &source, target, release.clone());
        let first = merge(survey, &destination, &Answers::new())?;
        let merged = merge(survey, &destination, &answers(&first.conflicts, request))?;
        let question = Question::new(survey, request, &destination, &merged.included)?;
        let root = merged.document.value();
        // The first is what most releases fail by.
        Ok(question.has_solution(&question.setting(root)?)? && question.has_core(root)?)
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

/// The other finished releases of a target, in the order in which they are worth trying: the newest of each upstream line, the
/// nearest line first and of two as near the newer one; then the rest likewise; and those with a known fault last.
fn by_distance<'s>(survey: &'s Survey<'_>, target: Target, wanted: &Release) -> Vec<&'s Release> {
    let line_of = |release: &Release| release.upstream.as_deref().map(line);
    let all = survey.catalog.releases(target);
    let mut lines: Vec<String> = all.iter().chain([wanted]).filter_map(line_of).collect();
    lines.sort_by(|a, b| compare_versions(a, b));
    lines.dedup();
    let place = |release: &Release| {
        let own = line_of(release)?;
        lines.iter().position(|line| *line == own)
    };
    let at = place(wanted).unwrap_or(lines.len());
    let mut others: Vec<&Release> = all
        .iter()
        .rev()
        .filter(|release| {
            release.version != wanted.version
                && release.is_stable()
                && !survey.is_downgrade(release)
        })
        .collect();
    // Newest first within each line, as the sort is stable.
    others.sort_by_key(|release| {
        let place = place(release).unwrap_or(lines.len());
        (place.abs_diff(at), place < at)
    });
    let mut seen = Vec::new();
    let (first, rest): (Vec<&Release>, Vec<&Release>) = others.into_iter().partition(|release| {
        let line = line_of(release);
        let is_newest = release.defect.is_none() && !seen.contains(&line);
        if is_newest {
            seen.push(line);
        }
        is_newest
    });
    let (sound, faulty): (Vec<&Release>, Vec<&Release>) = rest
        .into_iter()
        .partition(|release| release.defect.is_none());
    first.into_iter().chain(sound).chain(faulty).collect()
}
