//! The root that a store has at its destination, with what was decided about it so far.

use super::Destination;
use crate::plan::sentence::and;
use crate::plan::{Code, Finding};
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

/// The word that stands for every other conflict.
const ALL: &str = "all";

/// What `--keep` and `--take` name that is nothing to decide: a slip of the pen, or decided by an earlier run.
pub(crate) fn unused(conflicts: &[Conflict], wish: &Wish) -> Option<Finding> {
    let is_unused = |name: &&String| {
        ![ALL, OWN_BUILDS].contains(&name.as_str())
            && conflicts.iter().all(|conflict| conflict.path != **name)
    };
    let names = wish.keep.iter().chain(&wish.take).filter(is_unused);
    let names: Vec<&str> = names.map(String::as_str).collect();
    (!names.is_empty()).then(|| {
        Finding::new(
            Code::DecisionUnused,
            format!("Nothing has to be decided about {}", and(&names)),
            "`--keep` and `--take` decide about entries that composer.json and the target's template both changed, and about the store's own builds; a plan lists them by name.",
        )
    })
}

/// The decisions that `--keep` and `--take` make on conflicts.
pub(crate) fn answers(conflicts: &[Conflict], wish: &Wish) -> Answers {
    let named = |list: &[String], conflict: &Conflict| {
        let all = match conflict.is_own_build {
            true => OWN_BUILDS,
            false => ALL,
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
