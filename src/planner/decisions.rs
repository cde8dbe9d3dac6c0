//! The merged root with what was decided about it so far.

use crate::planner::destination::Destination;
use crate::planner::error::PlanError;
use crate::planner::root::{Answers, Choice, Conflict, RootMerge, RootMergeInput, merge_root};
use crate::planner::survey::Survey;
use crate::planner::wish::Wish;
use composer_engine::format::lock::Lock;

/// Merges the root, with the decisions made so far.
pub(crate) fn merge(
    survey: &Survey<'_>,
    destination: &Destination,
    answers: &Answers,
) -> Result<RootMerge, PlanError> {
    let input = RootMergeInput {
        root: &survey.project.root,
        lock: survey.project.lock().map(Lock::value),
        source: &survey.source,
        target: destination.target,
        release: &destination.release,
        catalog: &survey.catalog,
        live: &destination.live,
        own_builds: survey.own_builds(),
        included: &survey.included,
        answers,
    };
    merge_root(&input).map_err(|error| PlanError::Merge(error.to_string()))
}

/// The word that stands for all of the store's own builds, which `all` does not speak of.
const OWN_BUILDS: &str = "own-builds";

/// The decisions that `--keep` and `--take` make on conflicts.
pub(crate) fn answers(conflicts: &[Conflict], wish: &Wish) -> Answers {
    let named = |list: &[String], conflict: &Conflict| {
        let all = match conflict.is_own_build {
            true => OWN_BUILDS,
            false => "all",
        };
        list.iter()
            .any(|entry| entry == all || *entry == conflict.path)
    };
    let decided = conflicts.iter().filter_map(|conflict| {
        let choice = match (named(&wish.keep, conflict), named(&wish.take, conflict)) {
            (true, _) => Choice::Ours,
            (false, true) => Choice::Theirs,
            (false, false) => return None,
        };
        Some((conflict.path.clone(), choice))
    });
    decided.collect()
}
