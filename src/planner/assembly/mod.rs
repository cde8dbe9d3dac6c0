//! From a merged root to a plan: resolve the lock, verify it, and say what changes.

pub mod steps;

pub(crate) mod background;
pub(crate) mod credentials;

use super::blocked;
use super::composer_files::{odd_lock, own_builds, plugins};
use super::destination::{data_effects, release};
use crate::plan::{Code, Edit, Finding, Plan};
use crate::planner::blocked::Impasse;
use crate::planner::blocked::remedies::{Outcome, diagnose, remedy};
use crate::planner::destination::Destination;
use crate::planner::error::PlanError;
use crate::planner::lock::advisories;
use crate::planner::lock::changes::changes;
use crate::planner::lock::only_locked;
use crate::planner::lock::php;
use crate::planner::lock::php::refusal::{self, Refused};
use crate::planner::lock::question::{Question, Setting};
use crate::planner::lock::soundness;
use crate::planner::lock::unreachable;
use crate::planner::lock::verification::verification;
use crate::planner::phase;
use crate::planner::root::RootMerge;
use crate::planner::store::{self, Switch, configured_php};
use crate::planner::survey::Survey;
use crate::planner::wish::Wish;
use crate::project::{LOCK, LockFile};
use background::Around;
use composer_engine::format::lock::Lock;
use composer_engine::format::root::RootPackage;
use composer_engine::resolve::lock::audit::concerns;
use composer_engine::resolve::lock::text::{Entries, Preferences, new_lock};
use tracing::{debug, debug_span};

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
    let mut document = merged.document;
    let mut findings = merged.findings;
    findings.extend(lock_finding(&project.lock));
    findings.extend(project.lock().and_then(odd_lock::finding));
    findings.extend(release::findings(survey, destination));
    findings.extend(data_effects::findings(survey, *target, release));
    let question = Question::new(survey, wish, destination, &merged.included)?;
    let root = RootPackage::load(document.value())?;
    let followed = php::follow(&wish.platform, &root, release);
    if let Some((old, new)) = &followed {
        let path = ["config", "platform", "php"];
        document
            .set(path, &new.as_str().into())
            .map_err(|error| PlanError::Merge(error.to_string()))?;
        findings.push(php::follows(old, new));
    }
    let mut setting = question.setting(document.value())?;
    findings.extend(setting.finding.take());
    let mismatch = setting.mismatch.take();
    if mismatch.is_some() || followed.is_some() {
        // Said by the blocker, or no longer true.
        findings.retain(|finding| finding.code() != Code::PlatformPhp);
    }
    let mut outcome = match &mismatch {
        Some(_) => None,
        None => Some(question.resolve(&setting)?),
    };
    let mut given_up = None;
    let unasked = match &outcome {
        Some(Err(_)) => unreachable::decisive(&setting.source, *target),
        _ => Vec::new(),
    };
    if let (Some(Err(blocked)), true) = (&mut outcome, unasked.is_empty()) {
        match debug_span!(phase::REMEDY).in_scope(|| remedy(&question, &document, blocked))? {
            Outcome::Remedied(remedied) => {
                for finding in &remedied.findings {
                    debug!(code = %finding.code(), title = %finding.title, "repaired");
                }
                findings.extend(remedied.findings);
                (document, setting) = (remedied.document, remedied.setting);
                outcome = Some(Ok(remedied.update));
            }
            Outcome::Hopeless {
                document,
                blocked: remaining,
            } => {
                // What remains when habits are given up is what really stands in the way.
                if let Some(remaining) = remaining {
                    blocked.remaining = Some(remaining.explanation);
                }
                given_up = Some(document);
            }
        }
    }
    findings.extend(credentials::findings(survey, document.value(), *target));
    let mut plan = Plan {
        edits: vec![Edit::new(
            &project.files.root,
            Some(project.root.text().as_bytes()),
            Some(document.text()),
        )],
        ..Plan::between(survey.side(), survey.target_side(*target, release))
    };
    for (before, after) in survey.included.files.iter().zip(&merged.included) {
        if before.document.text() != after.document.text() {
            plan.edits.push(Edit::new(
                &after.path,
                Some(before.document.text().as_bytes()),
                Some(after.document.text()),
            ));
        }
    }
    let Setting { root, source, .. } = &setting;
    let mut new_lock_value = None;
    let mut refused = None;
    match outcome {
        None => {
            findings.extend(mismatch);
            findings.extend(configured_php(survey, *target, release));
        }
        Some(Ok(result)) => {
            findings.extend(unreachable::findings(&result.unavailable, &result, source));
            findings.extend(only_locked::findings(&result, root, source));
            let old = project.lock().zip(project.lock_text());
            let entries = if wish.like_composer {
                Entries::Fresh
            } else {
                Entries::Kept
            };
            let lock = new_lock(
                document.text(),
                root,
                &result,
                source,
                old,
                Preferences::default(),
                entries,
            )?;
            findings.extend(advisories::findings(&concerns(source, &result, true)));
            findings.extend(own_builds::findings(
                &merged.kept_builds,
                document.value(),
                &lock.value,
            ));
            findings.extend(question.promise().broken(&lock.value));
            findings.extend(soundness::findings(document.value(), &lock.value, *target));
            findings.extend(plugins::findings(
                document.value(),
                project.lock().map(Lock::value),
                &lock.value,
            ));
            let options = question.options(&setting);
            let direction = survey.direction(*target);
            let renamed = |name: &str| direction.renamed(name, None, &destination.live);
            plan.changes = changes(project.lock().map(Lock::value), &lock.value, &renamed);
            let (verified, rest) = rayon::join(
                || {
                    debug_span!(phase::VERIFICATION)
                        .in_scope(|| verification(&lock.text, source, root, &options))
                },
                || {
                    let _span = debug_span!(phase::STORE).entered();
                    store::contribution(&Switch {
                        survey,
                        target: *target,
                        release,
                        root: document.value(),
                        lock: &lock.value,
                        changes: &plan.changes,
                        new_modules: wish.new_modules,
                        only_blockers: wish.without_advice,
                    })
                },
            );
            findings.extend(verified?);
            plan.edits.push(Edit::new(
                &project.files.lock,
                project.lock_text().map(str::as_bytes),
                Some(&lock.text),
            ));
            plan.edits.extend(rest.edits);
            findings.extend(rest.findings);
            new_lock_value = Some(lock.value);
        }
        Some(Err(_)) if !unasked.is_empty() => {
            findings.retain(|finding| !finding.is_blocker());
            findings.splice(0..0, unasked);
        }
        Some(Err(blocked)) => {
            let written = given_up.as_deref().unwrap_or(&document);
            let diagnosis = debug_span!(phase::DIAGNOSIS)
                .in_scope(|| diagnose(&question, written, &document, &blocked))?;
            let impasse = Impasse {
                blocked: &blocked,
                target: *target,
                release: &release.version,
                root,
                locked: question.locked.as_ref(),
                own_builds: &merged.kept_builds,
                diagnosis: Some(&diagnosis),
            };
            let explanations = diagnosis.explanations();
            let explanations = explanations
                .chain(&blocked.remaining)
                .chain([&blocked.explanation]);
            refused = refusal::refused(explanations, &setting.platform);
            let reasons = blocked::findings(&impasse, source);
            findings.extend(own_builds::in_the_way(&merged.kept_builds, &reasons));
            findings.extend(reasons);
            findings.extend(configured_php(survey, *target, release));
            let undecided = unreachable::undecided(
                &findings,
                &blocked.unavailable,
                source,
                question.locked.as_ref(),
                *target,
            );
            findings.splice(0..0, undecided);
        }
    }
    findings.splice(0..0, unreachable::at_second_hand(source));
    findings.sort_by_key(Finding::severity);
    plan.findings = findings;
    let around = Around {
        survey,
        destination,
        root: document.value(),
        lock: new_lock_value.as_ref(),
    };
    plan.background = match wish.without_advice {
        // What moves is counted for whoever only looks, too.
        true => around.extensions(),
        false => around.background(&plan),
    };
    plan.steps = steps::steps(&plan, &steps::Shop::of(project));
    Ok(Assembled {
        plan,
        refused,
        is_guess: setting.is_guess,
    })
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
