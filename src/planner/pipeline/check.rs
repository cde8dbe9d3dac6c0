//! What a store is, whether its lock can be installed, and what stands between it and each target.

use crate::distribution::{Target, TargetSpec, is_core_elsewhere};
use crate::plan::report::{LockState, StoreReport, TargetReport};
use crate::plan::sentence::count;
use crate::plan::{Code, Finding, Plan, Side};
use crate::planner::assembly::assemble;
use crate::planner::blocked::listed;
use crate::planner::composer_files::whole_root;
use crate::planner::destination::Destination;
use crate::planner::destination::decisions::merge;
use crate::planner::error::PlanError;
use crate::planner::lock::php::demands::newest_patch;
use crate::planner::lock::platform::{counted, of_named_php};
use crate::planner::lock::unreachable;
use crate::planner::root::Answers;
use crate::planner::survey::Survey;
use crate::planner::wish::{PlatformWish, Wish};
use crate::project::{LOCK, Project, ROOT};
use composer_engine::format::lock::Lock;
use composer_engine::format::lock::content_hash::content_hash;
use composer_engine::format::root::RootPackage;
use composer_engine::repository::Options;
use composer_engine::repository::platform::Platform;
use composer_engine::resolve::explain::problem::{Explanation, Involved, Relation};
use composer_engine::resolve::lock::verify::{VerifyError, missing_requirements, verify};
use composer_engine::resolve::platform::PlatformFilter;
use composer_engine::resolve::update::LockedPackages;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Looks at a store and plans each target that is named, or every one where none is, as a switch would. Of the wish the platform
/// counts, and whether advice is wanted. `phase` is told what is being done.
pub(crate) fn check(
    project: &Project,
    options: &Options,
    to: &[TargetSpec],
    wish: &Wish,
    phase: &dyn Fn(&str),
) -> Result<StoreReport, PlanError> {
    let survey = Survey::new(project, options)?;
    phase("Checking composer.lock");
    let (lock, mut findings) = lock_state(&survey, &wish.platform)?;
    findings.extend(second_bases(&survey));
    let every = Target::ALL.map(|target| TargetSpec {
        target,
        release: None,
    });
    let wanted = if to.is_empty() { &every } else { to };
    let wish = Wish {
        without_advice: wish.without_advice || to.is_empty(),
        ..wish.clone()
    };
    let mut targets = Vec::new();
    for spec in wanted {
        phase(&format!("Planning {}", spec.target.name()));
        targets.push(reach(survey.for_another(), spec, &wish));
    }
    // What the plans met is remembered: nobody is asked again.
    let own = project
        .repositories(project.root.value(), options)
        .map_err(Arc::new)?;
    findings.splice(0..0, unreachable::at_second_hand(&own));
    let side = survey.side();
    let is_stuck = targets
        .iter()
        .any(|report| !report.reachable && report.target.is_same_target(&side));
    let decisive = match is_stuck {
        true => unreachable::decisive(&own, survey.source.target),
        false => Vec::new(),
    };
    // Who stands in the way is not named again as one who merely could not be asked.
    let others = unreachable::given_up(&own).into_iter();
    let others = others.filter(|other| decisive.iter().all(|known| known.title != other.title));
    let others: Vec<Finding> = others.collect();
    findings.splice(0..0, decisive.into_iter().chain(others));
    Ok(StoreReport {
        store: survey.side(),
        lock,
        findings,
        targets,
    })
}

/// Whether the lock belongs to the root, and whether `composer install` would take it, with development packages and without: it
/// solves over the locked packages before it installs any. PHP and extensions count as far as the options or composer.json name them.
fn lock_state(
    survey: &Survey<'_>,
    wish: &PlatformWish,
) -> Result<(LockState, Vec<Finding>), PlanError> {
    let (project, options) = (survey.project, survey.options);
    let Some(lock) = project.lock() else {
        return Ok((LockState::Missing, Vec::new()));
    };
    let hash = content_hash(project.root.text())?;
    let state = if lock.content_hash() == Some(&hash) {
        LockState::Fresh
    } else {
        LockState::Stale
    };
    let manifest = &survey.whole_root();
    let root = whole_root::package(project.root.value(), &survey.included.additions())?;
    let Some(locked) = survey.locked()? else {
        return Ok((LockState::Missing, Vec::new()));
    };
    let source = project.repositories(manifest, options).map_err(Arc::new)?;
    let (platform, filter) = known_platform(wish, &root);
    let installed = |root: &RootPackage, locked: &LockedPackages| {
        verify(&source, root, locked, &platform.packages, &filter)
    };
    let whole = installed(&root, locked).map_err(|error| (error, "composer install"));
    let production = || {
        let root = RootPackage {
            dev_requires: Vec::new(),
            ..root.clone()
        };
        let locked = LockedPackages {
            packages_dev: Vec::new(),
            ..locked.clone()
        };
        installed(&root, &locked).map_err(|error| (error, "composer install --no-dev"))
    };
    let Err((error, command)) = whole.and_then(|()| production()) else {
        return Ok((state, Vec::new()));
    };
    let refused = || format!("composer.lock does not hold together: `{command}` refuses it");
    let (title, detail) = match error {
        VerifyError::MissingRequirements(missing) => (
            match missing_requirements(&root, locked).is_empty() {
                true => refused(),
                false => "composer.lock does not hold what composer.json requires".to_owned(),
            },
            missing.join("\n"),
        ),
        VerifyError::Incompatible(explanation) => (
            refused(),
            in_few_words(&explanation) + explanation.text.trim_matches('\n'),
        ),
        error => (refused(), error.to_string()),
    };
    let code = match missing_requirements(&root, locked).is_empty() {
        true => Code::LockNotInstallable,
        false => Code::LockMissesRequirements,
    };
    let way_out = "Restore composer.lock from version control, or bring it up to date with `mageshift lock --minimal-changes`.";
    let finding = Finding::new(code, title, format!("{detail}\n{way_out}")).in_file(LOCK);
    Ok((state, vec![finding]))
}

/// A warning for each base package of another distribution in the lock. Composer installs what is locked, also what nothing
/// requires, and a base package is deployed over the store.
fn second_bases(survey: &Survey<'_>) -> Vec<Finding> {
    let distribution = survey.source.target.distribution();
    let lock = survey.project.lock().map(Lock::value);
    let entries = lock.and_then(|lock| lock.get("packages")?.as_array());
    let names = entries
        .into_iter()
        .flatten()
        .filter(|entry| entry.get("type").and_then(Value::as_str) == Some("magento2-component"))
        .filter_map(|entry| entry.get("name")?.as_str());
    let bases = names
        .filter(|name| name.ends_with("/magento2-base") && is_core_elsewhere(distribution, name));
    let finding = |name: &str| {
        Finding::new(
            Code::OddLock,
            format!("{name} is locked next to the core of {distribution}"),
            "Both are deployed over each other. Find out what requires it with `mageshift why`; what nothing requires goes \
             with `mageshift lock --minimal-changes`."
                .to_string(),
        )
        .of_package(name)
        .in_file(LOCK)
    };
    bases.map(finding).collect()
}

/// Who asks for what is not locked, or forbids what is: a line before Composer's text, empty when only that can tell it.
fn in_few_words(explanation: &Explanation) -> String {
    let why: BTreeSet<String> = explanation
        .requirements
        .iter()
        .filter_map(|involved| {
            let verb = match involved.relation {
                Relation::Conflicts => "conflicts with",
                Relation::Requires if involved.satisfiable => return None,
                Relation::Requires => "requires",
            };
            let (who, version) = match &involved.package {
                Some((name, version)) => (&**name, format!(" {version}")),
                None => (ROOT, String::new()),
            };
            let Involved {
                target, constraint, ..
            } = involved;
            Some(format!("{who}{version} {verb} {target} {constraint}"))
        })
        .collect();
    match why.is_empty() {
        true => String::new(),
        false => format!("{}.\n", listed(&why, "; ")),
    }
}

/// The platform as far as it is named, and which of its requirements count.
fn known_platform(wish: &PlatformWish, root: &RootPackage) -> (Platform, PlatformFilter) {
    counted(&wish.ignored, || match &wish.php {
        Some(php) => of_named_php(&newest_patch(php), root),
        None => Platform::unknown().with_overrides(&root.platform),
    })
}

/// Plans a target, at its default release where none is named.
fn reach(mut survey: Survey<'_>, spec: &TargetSpec, wish: &Wish) -> TargetReport {
    let planned = Destination::choose(&mut survey, Some(spec)).and_then(|destination| {
        let merged = merge(&survey, &destination, &Answers::new())?;
        assemble(&survey, &destination, merged, wish)
    });
    match planned {
        Ok(plan) => of_plan(&plan),
        Err(error) => TargetReport {
            target: Side {
                distribution: spec.target.distribution().id().to_string(),
                edition: spec.target.edition().id().to_string(),
                release: spec.release.clone(),
                upstream: None,
            },
            reachable: false,
            summary: error.to_string(),
            core_changes: 0,
            other_changes: 0,
            data_loss: false,
            blockers: Vec::new(),
            is_unanswered: !matches!(error, PlanError::Release(_)),
        },
    }
}

/// What a plan says of its target.
pub(crate) fn of_plan(plan: &Plan) -> TargetReport {
    let core_changes = plan.changes.iter().filter(|change| change.core).count();
    let is_blocker = |finding: &&Finding| finding.is_blocker();
    TargetReport {
        reachable: !plan.is_blocked(),
        summary: summary(plan),
        core_changes,
        other_changes: plan.changes.len() - core_changes,
        data_loss: plan.has_finding(Code::DataLoss),
        blockers: plan.findings.iter().filter(is_blocker).cloned().collect(),
        target: plan.target.clone(),
        is_unanswered: plan.is_unanswered(),
    }
}

/// What a plan costs, or what stands against it, in one line.
fn summary(plan: &Plan) -> String {
    let mut blockers = plan.findings.iter().filter(|finding| finding.is_blocker());
    if let Some(first) = blockers.next() {
        let more = blockers.count();
        return if more == 0 {
            first.title.clone()
        } else {
            format!("{} (and {more} more)", first.title)
        };
    }
    if !plan.changes_files() {
        return "nothing to do".to_string();
    }
    let moved = plan.changes.iter().filter(|change| !change.core).count();
    let core = plan.changes.len() - moved;
    let data = if plan.has_finding(Code::DataLoss) {
        ", data lost"
    } else {
        ""
    };
    let (core, others) = (count(core, "core package"), count(moved, "other"));
    format!("{core}, {others}{data}")
}
