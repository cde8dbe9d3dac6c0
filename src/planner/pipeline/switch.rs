//! From a wish to a plan for a store that exists. What the wish leaves open is asked on the way, and the wish comes back
//! complete: planned again, it asks nothing.

use crate::distribution::{LATEST, Release, Target, TargetSpec};
use crate::plan::Code;
use crate::planner::assembly::assemble;
use crate::planner::blocked::{self, nearest::nearest_release};
use crate::planner::destination::Destination;
use crate::planner::destination::decisions::{answers, merge, unused};
use crate::planner::error::PlanError;
use crate::planner::phase;
use crate::planner::root::{Answers, Choice, Conflict, RootMerge};
use crate::planner::selection::{self, Slimming};
use crate::planner::survey::Survey;
use crate::planner::wish::ask::Ask;
use crate::planner::wish::{Aim, NewModules, Planned, Wish};
use crate::project::Project;
use composer_engine::repository::Options;
use tracing::{debug, debug_span};

/// Plans what is wished of a store; `options` say how its repositories are read.
pub(crate) fn plan<A: Ask>(
    project: &Project,
    options: &Options,
    mut wish: Wish,
    ask: &A,
) -> Result<Planned, A::Error> {
    let _span = debug_span!("plan").entered();
    let mut survey = debug_span!(phase::SURVEY).in_scope(|| Survey::new(project, options))?;
    survey.agree()?;
    let mut spec = spec(&mut survey, &mut wish, ask)?;
    let slimming = Slimming::of(&wish.packages)?;
    if let Some(slimming) = &slimming {
        spec.target = slimming.target(spec.target)?;
    }
    ask.phase("Reading the repositories");
    let destination = Destination::choose(&mut survey, Some(&spec))?;
    debug!(target = %destination.target, release = %destination.release.version, "chosen");
    let mut merged = decided(&survey, &destination, &mut wish, ask)?;
    ask.phase("Resolving packages");
    let selection = match &slimming {
        Some(slimming) => Some(slimming.select(&survey, &destination, &mut merged)?),
        None => None,
    };
    let merged_again = (wish.new_modules == NewModules::Ask).then(|| merged.clone());
    let mut plan = assemble(&survey, &destination, merged, &wish)?;
    // Another release helps where no set of packages fits, not where the store's own code stands in the way.
    let has_lock = plan
        .edits
        .iter()
        .any(|edit| edit.path == project.files.lock);
    if plan.is_blocked() && !plan.is_unanswered() && !has_lock && !wish.without_advice {
        ask.phase("Looking for the nearest release that can be reached");
        if let Some(nearest) = nearest_release(&survey, &destination, &wish)? {
            let target = destination.target;
            if ask.instead(&plan, target, &nearest)? {
                wish.aim.name(TargetSpec {
                    target,
                    release: Some(nearest.version),
                });
                return self::plan(project, options, wish, ask);
            }
            plan.findings.push(blocked::nearest(target, &nearest));
        }
    }
    if let Some(merged) = merged_again {
        let come = plan
            .findings
            .iter()
            .find(|finding| finding.code() == Code::ModulesCome);
        wish.new_modules = match come {
            Some(finding) => ask.new_modules(finding)?,
            None => NewModules::Enable,
        };
        if wish.new_modules == NewModules::Disable {
            plan = assemble(&survey, &destination, merged, &wish)?;
        }
    }
    if let (Some(slimming), Some(selection)) = (&slimming, &selection) {
        slimming.check(&mut plan, selection, &survey, destination.target);
    }
    Ok(Planned { plan, wish })
}

/// The target that the wish is after, and the release as far as it names one; what is asked for it is noted in the wish.
fn spec<A: Ask>(survey: &mut Survey<'_>, wish: &mut Wish, ask: &A) -> Result<TargetSpec, A::Error> {
    let own = survey.source.target;
    match &wish.aim {
        Aim::Switch(Some(to)) => Ok(to.clone()),
        Aim::Upgrade(Some(to)) if !survey.direction(to.target).stays_in_target() => {
            Err(PlanError::NoUpgrade {
                own,
                to: to.clone(),
            }
            .into())
        }
        Aim::Upgrade(to) => Ok(to.clone().unwrap_or(TargetSpec {
            target: own,
            release: Some(LATEST.to_owned()),
        })),
        Aim::Slim => {
            let release = survey.source.release.clone();
            let here = TargetSpec {
                target: own,
                release: Some(release.ok_or(PlanError::ReleaseUnknown)?),
            };
            if wish.packages.is_empty() {
                ask_for_packages(survey, &here, wish, ask)?;
            }
            Ok(here)
        }
        Aim::Switch(None) => {
            let to = ask_for_target(survey, ask)?;
            wish.aim = Aim::Switch(Some(to.clone()));
            Ok(to)
        }
    }
}

/// Asks which target, and which of its releases.
fn ask_for_target<A: Ask>(survey: &mut Survey<'_>, ask: &A) -> Result<TargetSpec, A::Error> {
    let target = ask.target(survey)?;
    ask.phase("Looking for releases");
    let source = survey.repositories(target)?;
    survey.refresh(&source, target);
    let default = survey
        .standing()
        .and_then(|store| survey.catalog.default_for(target, store));
    let offer = offer(survey, target, default);
    let release = match offer.is_empty() {
        true => None,
        false => {
            let chosen = ask.release(survey, target, &offer, default)?;
            offer.get(chosen).map(|release| release.version.clone())
        }
    };
    Ok(TargetSpec { target, release })
}

/// The releases to choose from: the default one, the newest, then the rest from new to old.
fn offer<'s>(
    survey: &'s Survey<'_>,
    target: Target,
    default: Option<&'s Release>,
) -> Vec<&'s Release> {
    let rest = survey.catalog.releases(target).iter().rev();
    let all = default
        .into_iter()
        .chain(survey.catalog.newest(target))
        .chain(rest.filter(|release| release.is_stable()));
    let mut offer: Vec<&Release> = Vec::new();
    for release in all {
        if !offer.iter().any(|known| known.version == release.version) {
            offer.push(release);
        }
    }
    offer
}

/// Asks for a profile, and for feature sets on top of it.
fn ask_for_packages<A: Ask>(
    survey: &mut Survey<'_>,
    here: &TargetSpec,
    wish: &mut Wish,
    ask: &A,
) -> Result<(), A::Error> {
    let mut slimming = Slimming::unchanged()?;
    wish.packages.profile = ask.profile(survey, &slimming.library, here.target)?;
    if let Some(chosen) = Slimming::of(&wish.packages)? {
        slimming = chosen;
    }
    ask.phase("Looking at the release");
    let to = TargetSpec {
        target: slimming.target(here.target)?,
        ..here.clone()
    };
    let destination = Destination::choose(survey, Some(&to))?;
    let merged = merge(survey, &destination, &Answers::new())?;
    let states = selection::states(
        survey,
        &destination,
        &merged,
        &slimming.library,
        &slimming.profile,
    )?;
    ask.sets(&mut wish.packages, &states)
}

/// The merged root with all decisions: those of the wish, and those that are asked for, which are noted in it.
fn decided<A: Ask>(
    survey: &Survey<'_>,
    destination: &Destination,
    wish: &mut Wish,
    ask: &A,
) -> Result<RootMerge, A::Error> {
    let first = merge(survey, destination, &Answers::new())?;
    let mut decided = answers(&first.conflicts, wish);
    let open: Vec<&Conflict> = first
        .conflicts
        .iter()
        .filter(|conflict| conflict.is_question() && !decided.contains_key(&conflict.path))
        .collect();
    let choices = match open.is_empty() {
        true => None,
        false => ask.conflicts(&open)?,
    };
    for (conflict, choice) in open.iter().zip(choices.into_iter().flatten()) {
        let list = match choice {
            Choice::Ours => &mut wish.keep,
            Choice::Theirs => &mut wish.take,
        };
        list.push(conflict.path.clone());
        decided.insert(conflict.path.clone(), choice);
    }
    let unused = unused(&first.conflicts, wish);
    let mut merged = match decided.is_empty() {
        true => first,
        false => merge(survey, destination, &decided)?,
    };
    merged.findings.extend(unused);
    Ok(merged)
}
