//! From a store and a target to a plan: merge the roots, resolve the lock, verify it, and say what changes.

use super::changes::changes;
use super::error::PlanError;
use super::locking::{Entries, Preferences, locked_packages, new_lock};
use super::platform::{PlannedPlatform, choose};
use super::request::Request;
use super::rest::{self, Switch};
use super::root::{Answers, Choice, Conflict, RootMerge, RootMergeInput, merge_root, names_to_ask};
use super::survey::Survey;
use super::{
    Edit, Finding, Plan, SCHEMA, Severity, access, blocked, data_effects, next_steps, soundness,
};
use crate::composer::lock::Lock;
use crate::composer::root_package::RootPackage;
use crate::distribution::{LiveFacts, Release, Target, host_and_path, is_core, rename};
use crate::project::{LOCK, LockFile, ROOT};
use crate::repository::{ErrorKind, PackageSource, RepositoryError, RepositorySet};
use crate::resolve::narrow::update_narrowly;
use crate::resolve::update::{LockedPackages, Update, UpdateError, UpdateOptions, update};
use crate::resolve::verify::verify;
use crate::resolve::world::{StandIns, Unavailable};
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A target with one of its releases, and what the target's repositories say about the core.
pub struct Destination {
    pub target: Target,
    pub release: Release,
    pub live: LiveFacts,
}

impl Destination {
    /// Chooses the release that is asked for, or the default one, and asks the repositories about what the root names.
    pub fn choose(survey: &mut Survey<'_>, request: &Request) -> Result<Self, PlanError> {
        let spec = request
            .to
            .clone()
            .unwrap_or(crate::distribution::TargetSpec {
                target: survey.source.target,
                release: None,
            });
        let target = spec.target;
        let source = survey.repositories(target)?;
        survey.refresh(&source, target);
        let release = match (&spec.release, target == survey.source.target) {
            // Without a target, and within the same distribution, it is an upgrade.
            (None, true) => survey
                .catalog
                .newest(target)
                .ok_or(crate::distribution::ReleaseError::NoRelease { target })?,
            _ => survey
                .catalog
                .select(&spec, survey.source.upstream.as_deref())?,
        }
        .clone();
        let names = names_to_ask(
            survey.project.root.value(),
            &survey.source,
            target,
            &release,
        );
        let live = survey.live_facts(&source, &names);
        Ok(Destination {
            target,
            release,
            live,
        })
    }
}

/// Merges the root, with the decisions made so far.
pub fn merge(
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
        answers,
    };
    merge_root(&input).map_err(|error| PlanError::Merge(error.to_string()))
}

/// The decisions that `--keep` and `--take` make on conflicts.
pub fn answers(conflicts: &[Conflict], request: &Request) -> Answers {
    let named =
        |list: &[String], path: &str| list.iter().any(|entry| entry == "all" || entry == path);
    let decided = conflicts.iter().filter_map(|conflict| {
        let choice = match (
            named(&request.keep, &conflict.path),
            named(&request.take, &conflict.path),
        ) {
            (true, _) => Choice::Ours,
            (false, true) => Choice::Theirs,
            (false, false) => return None,
        };
        Some((conflict.path.clone(), choice))
    });
    decided.collect()
}

/// Plans a switch with a merged root.
pub fn plan(
    survey: &Survey<'_>,
    destination: &Destination,
    merged: RootMerge,
    request: &Request,
) -> Result<Plan, PlanError> {
    let project = survey.project;
    let Destination {
        target, release, ..
    } = destination;
    let root = RootPackage::load(merged.document.value())?;
    let root_text = merged.document.text();
    let locked = project.lock().map(locked_packages).transpose()?;
    let mut findings = merged.findings;
    findings.extend(lock_finding(&project.lock));
    findings.extend(newer_release(survey, destination));
    findings.extend(data_effects::findings(survey, *target, release));
    findings.extend(access::findings(survey, merged.document.value(), *target));
    let PlannedPlatform {
        platform,
        filter,
        finding,
    } = choose(request, &root, release);
    findings.extend(finding);

    let mut repositories = survey.options.clone();
    repositories.wants_dev = wants_dev(&root);
    let source = RepositorySet::open(merged.document.value(), &project.dir, &repositories)
        .map_err(Arc::new)?;
    if let Some(locked) = &locked {
        let names: Vec<Arc<str>> = locked.all().map(|package| package.name.clone()).collect();
        source.prefetch(&names);
    }
    // A package that no repository has any more can stay as it is; the core of another vendor goes where the target goes.
    let same_vendor = survey.source.distribution().vendor() == target.distribution().vendor();
    let every: FxHashSet<Arc<str>> = locked
        .iter()
        .flat_map(LockedPackages::all)
        .map(|package| package.name.clone())
        .collect();
    let own: FxHashSet<Arc<str>> = every
        .iter()
        .filter(|name| !is_core(name))
        .cloned()
        .collect();
    let options = UpdateOptions {
        minimal_changes: true,
        stand_ins: StandIns::Missing,
        thorough: true,
        put_back: (!request.like_composer).then(|| own.clone()),
        may_stay: Some(if same_vendor { every } else { own.clone() }),
        platform: platform.packages.clone(),
        filter: filter.clone(),
        ..UpdateOptions::default()
    };
    let mut plan = Plan {
        schema: SCHEMA,
        source: survey.side(),
        target: survey.target_side(*target, release),
        edits: vec![Edit::new(
            ROOT,
            Some(project.root.text().as_bytes()),
            Some(root_text),
        )],
        changes: Vec::new(),
        findings: Vec::new(),
        next_steps: Vec::new(),
        applied: false,
    };
    let narrow = if request.like_composer {
        FxHashSet::default()
    } else {
        own
    };
    let mut result = update_narrowly(&source, &root, locked.as_ref(), &options, &narrow);
    if matches!(result, Err(UpdateError::Unsolvable { .. })) {
        let all = UpdateOptions {
            stand_ins: StandIns::All,
            ..options.clone()
        };
        result = update(&source, &root, locked.as_ref(), &all).or(result);
    }
    match result {
        Ok(result) => {
            findings.extend(unreachable(&result.unavailable, &result, &source));
            let old = project.lock().zip(project.lock_text());
            let entries = if request.like_composer {
                Entries::Fresh
            } else {
                Entries::Kept
            };
            let lock = new_lock(
                root_text,
                &root,
                &result,
                &source,
                old,
                Preferences::default(),
                entries,
            )?;
            findings.extend(soundness::findings(&lock.value, *target));
            findings.extend(verification(&lock.text, &source, &root, &options)?);
            let (from, to) = (survey.source.distribution(), target.distribution());
            let renamed = |name: &str| rename(name, from, to, None, &destination.live);
            plan.changes = changes(project.lock().map(Lock::value), &lock.value, &renamed);
            plan.edits.push(Edit::new(
                LOCK,
                project.lock_text().map(str::as_bytes),
                Some(&lock.text),
            ));
            let rest = rest::contribution(&Switch {
                survey,
                target: *target,
                release,
                root: merged.document.value(),
                lock: &lock.value,
                changes: &plan.changes,
            });
            plan.edits.extend(rest.edits);
            findings.extend(rest.findings);
        }
        Err(UpdateError::Unsolvable {
            explanation,
            unavailable,
            ..
        }) => {
            findings.extend(blocked::findings(
                &explanation,
                &unavailable,
                &source,
                *target,
                &release.version,
            ));
        }
        Err(UpdateError::UnsolvableWithoutDev { explanation }) => {
            findings.extend(blocked::findings(
                &explanation,
                &[],
                &source,
                *target,
                &release.version,
            ));
        }
        Err(error) => return Err(error.into()),
    }
    findings.sort_by_key(|finding| finding.severity);
    plan.findings = findings;
    plan.next_steps = next_steps::lines(&plan);
    Ok(plan)
}

/// A name may be installed from a branch when the root's minimum stability or a flag of its own says so.
pub(super) fn wants_dev(root: &RootPackage) -> Arc<crate::repository::WantsDev> {
    use crate::composer::stability::Stability;
    let minimum = root.minimum_stability;
    let flags: BTreeMap<Arc<str>, Stability> = root.stability_flags.clone();
    Arc::new(move |name: &str| *flags.get(name).unwrap_or(&minimum) == Stability::Dev)
}

/// The new lock, checked by itself.
pub(super) fn verification(
    lock: &str,
    source: &dyn PackageSource,
    root: &RootPackage,
    options: &UpdateOptions,
) -> Result<Option<Finding>, PlanError> {
    let lock = Lock::parse(lock).map_err(|error| PlanError::NewLock(error.to_string()))?;
    let locked: LockedPackages = locked_packages(&lock)?;
    let Err(error) = verify(source, root, &locked, &options.platform, &options.filter) else {
        return Ok(None);
    };
    Ok(Some(Finding {
        severity: Severity::Blocker,
        code: "lock-not-installable".to_string(),
        title: "The new lock does not hold together".to_string(),
        detail: error.to_string(),
        package: None,
        path: Some(LOCK.to_string()),
    }))
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
    Some(Finding {
        severity: Severity::Warning,
        code: "no-lock".to_string(),
        title: title.to_string(),
        detail: detail.to_string(),
        package: None,
        path: Some(LOCK.to_string()),
    })
}

fn newer_release(survey: &Survey<'_>, destination: &Destination) -> Option<Finding> {
    let newest = survey.catalog.newest(destination.target)?;
    if crate::distribution::compare_versions(&newest.version, &destination.release.version).is_le()
    {
        return None;
    }
    let target = destination.target;
    let upstream = newest
        .upstream
        .as_deref()
        .map_or_else(String::new, |upstream| {
            format!(", based on Magento {upstream}")
        });
    let php = newest
        .php
        .as_deref()
        .map_or_else(String::new, |php| format!(", PHP {php}"));
    Some(Finding {
        severity: Severity::Note,
        code: "newer-release".to_string(),
        title: format!(
            "The newest release of {} is {}",
            target.name(),
            newest.version
        ),
        detail: format!(
            "It is newer than {}{upstream}{php}. Plan it with --to {}@{}.",
            destination.release.version,
            target.word(),
            newest.version
        ),
        package: None,
        path: None,
    })
}

/// Why a repository could not be asked, and what helps.
fn reason(error: &RepositoryError) -> String {
    let refused = matches!(error.kind, ErrorKind::Unauthorized | ErrorKind::Forbidden);
    match host_and_path(&error.url) {
        Some((host, _)) if refused => {
            format!("{error}. `mageshift auth {host}` stores and tests its credentials")
        }
        _ => error.to_string(),
    }
}

/// Repositories that could not be asked, with what stays as it is for that reason.
pub(super) fn unreachable(
    unavailable: &[Unavailable],
    result: &Update,
    source: &dyn PackageSource,
) -> Vec<Finding> {
    let locked: BTreeSet<&str> = result
        .packages
        .iter()
        .chain(&result.packages_dev)
        .filter(|chosen| chosen.origin == crate::resolve::candidate::Origin::Locked)
        .map(|chosen| &*chosen.package.name)
        .collect();
    let mut by_repository: BTreeMap<usize, (String, BTreeSet<&str>)> = BTreeMap::new();
    for missing in unavailable {
        let (_, names) = by_repository
            .entry(missing.repository)
            .or_insert_with(|| (reason(&missing.error), BTreeSet::new()));
        names.extend(
            locked
                .iter()
                .filter(|name| **name == &*missing.package || &*missing.package == "*"),
        );
    }
    let findings = by_repository
        .into_iter()
        .map(|(repository, (reason, names))| {
            let info = &source.repositories()[repository];
            let stays = match names.len() {
                0 => "Nothing in the lock depends on it.".to_string(),
                _ => format!(
                    "These packages stay as they are locked: {}.",
                    names.into_iter().collect::<Vec<_>>().join(", ")
                ),
            };
            Finding {
                severity: Severity::Warning,
                code: "repository-unreachable".to_string(),
                title: format!("{} could not be asked", info.display()),
                detail: format!("{reason}. {stays}"),
                package: None,
                path: None,
            }
        });
    findings.collect()
}
