//! From a merged root to a plan: resolve the lock, verify it, and say what changes.

pub mod steps;

pub(crate) mod background;
pub(crate) mod credentials;

mod answer;
mod telling;

use super::composer_files::merge_plugin::IncludedFile;
use super::composer_files::odd_lock;
use super::destination::{data_effects, release};
use crate::plan::{Code, Edit, Finding, Plan};
use crate::planner::destination::Destination;
use crate::planner::error::PlanError;
use crate::planner::lock::php;
use crate::planner::lock::php::refusal::{self, Refused};
use crate::planner::lock::question::Question;
use crate::planner::lock::unreachable;
use crate::planner::root::RootMerge;
use crate::planner::store::configured_php;
use crate::planner::survey::Survey;
use crate::planner::wish::Wish;
use crate::project::{LOCK, LockFile};
use answer::{Answer, Answered};
use background::Around;
use composer_engine::format::json::document::JsonDocument;
use telling::Telling;
use tracing::debug_span;

/// Plans a switch with a merged root.
///
/// Releases say which PHP they run on, and a package that one brings may need a newer one. Where nobody has said which PHP the
/// server has, the plan is for the oldest with which there is a solution; where somebody has, the blocker names the package and
/// the PHP that would do.
pub(crate) fn assemble(
    survey: &Survey<'_>,
    destination: &Destination,
    merged: RootMerge,
    wish: &Wish,
) -> Result<Plan, PlanError> {
    let Assembled {
        mut plan,
        refused,
        is_guess,
    } = assemble_once(survey, destination, merged.clone(), wish)?;
    let Some(refused) = refused else {
        return Ok(plan);
    };
    let others = destination.release.php_series().into_iter();
    for php in others.filter(|php| !refused.is_of(php)) {
        let other = Wish {
            platform: wish.platform.with_php(&php),
            ..wish.clone()
        };
        let only_looked = Wish {
            without_advice: true,
            ..other.clone()
        };
        let looked = assemble_once(survey, destination, merged.clone(), &only_looked)?;
        if looked.plan.is_blocked() {
            continue;
        }
        if is_guess {
            plan = assemble_once(survey, destination, merged, &other)?.plan;
            plan.findings.push(php::guessed(&php));
        } else {
            // With another PHP nothing stands in the way, so this is all there is to say.
            plan.findings.retain(|finding| !finding.is_blocker());
            plan.findings
                .insert(0, refusal::needs_another(&refused, &php));
        }
        plan.findings.sort_by_key(Finding::severity);
        break;
    }
    Ok(plan)
}

/// A plan for one PHP.
struct Assembled {
    plan: Plan,
    /// A package without which the plan cannot be, and which does not run on that PHP.
    refused: Option<Refused>,
    /// Whether nothing of the store names that PHP.
    is_guess: bool,
}

fn assemble_once(
    survey: &Survey<'_>,
    destination: &Destination,
    merged: RootMerge,
    wish: &Wish,
) -> Result<Assembled, PlanError> {
    let _span = debug_span!("assemble").entered();
    let project = survey.project;
    let Destination {
        target, release, ..
    } = destination;
    let mut findings = merged.findings;
    findings.extend(lock_finding(&project.lock));
    findings.extend(project.lock().and_then(odd_lock::finding));
    findings.extend(release::findings(survey, destination));
    findings.extend(data_effects::findings(survey, *target, release));
    let question = Question::new(survey, wish, destination, &merged.included)?;
    let Answered {
        document,
        setting,
        answer,
    } = answer::answer(&question, merged.document, &mut findings)?;
    findings.extend(credentials::findings(survey, document.value(), *target));
    let mut plan = Plan {
        edits: root_edits(survey, &document, &merged.included),
        ..Plan::between(survey.side(), survey.target_side(*target, release))
    };
    let telling = Telling {
        question: &question,
        destination,
        document: &document,
        setting: &setting,
        kept_builds: &merged.kept_builds,
    };
    let mut lock = None;
    let mut refused = None;
    match answer {
        Answer::Mismatch(mismatch) => {
            findings.push(mismatch);
            findings.extend(configured_php(survey, *target, release));
        }
        Answer::Solved(update) => lock = Some(telling.solved(&update, &mut plan, &mut findings)?),
        Answer::Unasked(unasked) => {
            findings.retain(|finding| !finding.is_blocker());
            findings.splice(0..0, unasked);
        }
        Answer::Blocked { blocked, given_up } => {
            refused = telling.blocked(&blocked, &given_up, &mut findings)?;
        }
    }
    findings.splice(0..0, unreachable::at_second_hand(&setting.source));
    findings.sort_by_key(Finding::severity);
    plan.findings = findings;
    let around = Around {
        survey,
        destination,
        root: document.value(),
        lock: lock.as_deref(),
    };
    plan.background = match wish.without_advice {
        // What moves is counted for whoever only looks, too.
        true => around.extensions(),
        false => around.background(&plan),
    };
    // Where nothing changes there is nothing to do.
    if plan.changes_files() || plan.is_blocked() {
        plan.steps = steps::steps(&plan, &steps::Shop::of(project));
    }
    Ok(Assembled {
        plan,
        refused,
        is_guess: setting.is_guess,
    })
}

/// The new composer.json, and what changes in the files that composer-merge-plugin adds to it.
fn root_edits(survey: &Survey<'_>, root: &JsonDocument, included: &[IncludedFile]) -> Vec<Edit> {
    let project = survey.project;
    let mut edits = vec![Edit::new(
        &project.files.root,
        Some(project.root.text().as_bytes()),
        Some(root.text()),
    )];
    for (before, after) in survey.included.files.iter().zip(included) {
        if before.document.text() != after.document.text() {
            edits.push(Edit::new(
                &after.path,
                Some(before.document.text().as_bytes()),
                Some(after.document.text()),
            ));
        }
    }
    edits
}

fn lock_finding(lock: &LockFile) -> Option<Finding> {
    let (title, detail) = match lock {
        LockFile::Present { .. } => return None,
        LockFile::Missing => (
            "There is no composer.lock, so it is made from nothing",
            "Every package takes the newest version that composer.json allows.",
        ),
        LockFile::Empty { .. } => (
            "composer.lock locks nothing, so it is made anew",
            "Every package takes the newest version that composer.json allows. If the file was emptied by accident, restore it from version control first, so that packages stay at their versions.",
        ),
    };
    Some(Finding::new(Code::NoLock, title.to_string(), detail).in_file(LOCK))
}
