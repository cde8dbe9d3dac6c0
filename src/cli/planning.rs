//! From arguments and answers to a plan.

use super::args::SourceArgs;
use super::check::{CheckArgs, LockState, StoreReport, TargetReport};
use super::error::CliError;
use super::exit::Exit;
use super::prompt;
use super::releases::{ReleaseRow, ReleasesArgs};
use super::repositories;
use super::slim::Slimming;
use super::switch::{NewModulesArg, SwitchArgs};
use super::ui::Ui;
use crate::distribution::{LATEST, Release, ReleaseCatalog, Target, TargetSpec};
use crate::plan::sentence::count;
use crate::plan::{Finding, Plan, Severity, Side};
use crate::planner::blocked;
use crate::planner::blocked::nearest::nearest_release;
use crate::planner::error::PlanError;
use crate::planner::lock::php::newest_patch;
use crate::planner::lock::unreachable;
use crate::planner::request::{IgnorePlatform, Request};
use crate::planner::root::{Answers, Choice};
use crate::planner::survey::Survey;
use crate::planner::{self, Destination, answers, merge};
use crate::project::{LOCK, Project};
use composer_engine::format::content_hash::content_hash;
use composer_engine::format::root_package::RootPackage;
use composer_engine::repository::platform::Platform;
use composer_engine::repository::{Options, RepositorySet};
use composer_engine::resolve::lock_text::locked_packages;
use composer_engine::resolve::platform::PlatformFilter;
use composer_engine::resolve::verify::{VerifyError, missing_requirements, verify};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// A plan, and how it came about.
pub struct Planned {
    pub plan: Plan,
    /// The arguments, completed by the answers.
    pub args: SwitchArgs,
    /// Whether there were questions.
    pub guided: bool,
}

/// How the repositories of a store are read.
pub(super) fn options(root: &Value, store: &Path, args: &SourceArgs) -> Result<Options, CliError> {
    let options = repositories::options(root, store)
        .map_err(|error| PlanError::Repository(Arc::new(error)))?;
    // What was read is kept to the end of the process, which takes it back at once; piece by piece takes many times longer.
    std::mem::forget(options.session.clone());
    Ok(args.applied_to(options))
}

/// Plans a switch; asks for what the arguments leave open when there is somebody to ask.
pub fn switch(args: &SwitchArgs, store: &Path, ui: &Ui) -> Result<Planned, CliError> {
    let project = Project::read(store).map_err(PlanError::from)?;
    let options = options(project.root.value(), store, &args.source)?;
    let mut survey = Survey::new(&project, &options)?;
    survey.agree()?;
    let mut args = args.clone();
    let mut guided = false;
    if args.upgrades {
        let own = survey.source.target;
        let to = args.to.get_or_insert(TargetSpec {
            target: own,
            release: Some(LATEST.to_owned()),
        });
        if to.target != own {
            let message = format!("this store is {own}, and an upgrade leaves it that");
            return Err(CliError::message(Exit::Usage, message).hint(format!(
                "to make it {}: `mageshift switch --to {to}`",
                to.target
            )));
        }
    }
    if args.to.is_none() {
        if !ui.can_prompt() {
            return Err(CliError::message(Exit::Usage, "there is nobody to ask for the target")
                .hint("name it with --to: mage-os, mage-os-minimal, magento, commerce or commerce-cloud"));
        }
        guided = true;
        args.to = Some(ask_for_target(&mut survey, &args, ui)?);
    }
    let slimming = Slimming::of(&args.packages)?;
    if let (Some(slimming), Some(to)) = (&slimming, &mut args.to) {
        to.target = slimming.target(to.target)?;
    }
    let progress = ui.progress("Reading the repositories");
    let mut request = args.request();
    let destination = Destination::choose(&mut survey, &request)?;
    let first = merge(&survey, &destination, &Answers::new())?;
    let mut decided = answers(&first.conflicts, &request);
    let open: Vec<_> = first
        .conflicts
        .iter()
        .filter(|conflict| conflict.is_question() && !decided.contains_key(&conflict.path))
        .collect();
    if !open.is_empty() && ui.can_prompt() && !args.consent.yes {
        drop(progress);
        guided = true;
        let questions: Vec<prompt::Conflict> = open
            .iter()
            .map(|conflict| prompt::Conflict {
                entry: conflict.path.clone(),
                ours: conflict.ours.to_string(),
                theirs: conflict.theirs.to_string(),
                keep_by_default: conflict.default != Some(Choice::Theirs),
            })
            .collect();
        for (conflict, keep) in open.iter().zip(prompt::decide(ui, &questions)?) {
            let (list, choice) = if keep {
                (&mut args.keep, Choice::Ours)
            } else {
                (&mut args.take, Choice::Theirs)
            };
            list.push(conflict.path.clone());
            decided.insert(conflict.path.clone(), choice);
        }
        request = args.request();
    }
    let mut merged = if decided.is_empty() {
        first
    } else {
        merge(&survey, &destination, &decided)?
    };
    let progress = ui.progress("Resolving packages");
    let selection = slimming
        .as_ref()
        .map(|slimming| slimming.select(&survey, &destination, &mut merged))
        .transpose()?;
    let merged_again = (args.new_modules == NewModulesArg::Ask).then(|| merged.clone());
    let mut plan = planner::plan(&survey, &destination, merged, &request)?;
    // Another release helps where no set of packages fits, not where the store's own code stands in the way.
    let has_lock = plan
        .edits
        .iter()
        .any(|edit| edit.path == project.files.lock);
    let nearest = match plan.is_blocked() && !plan.is_unanswered() && !has_lock {
        true => {
            progress.set("Looking for the nearest release that can be reached");
            nearest_release(&survey, &destination, &request)?
        }
        false => None,
    };
    drop(progress);
    if let Some(release) = nearest {
        let target = destination.target;
        if guided && wants_instead(&plan, target, &release, ui)? {
            args.to = Some(TargetSpec {
                target,
                release: Some(release.version),
            });
            let planned = switch(&args, store, ui)?;
            return Ok(Planned { guided, ..planned });
        }
        plan.findings.push(blocked::nearest(target, &release));
    }
    if let Some(merged) = merged_again {
        guided = true;
        args.new_modules = ask_for_new_modules(&plan, ui)?;
        if args.new_modules == NewModulesArg::Disable {
            plan = planner::plan(&survey, &destination, merged, &args.request())?;
        }
    }
    if let (Some(slimming), Some(selection)) = (&slimming, &selection) {
        slimming.check(&mut plan, selection, &survey, destination.target);
    }
    if args.verify {
        plan.findings
            .extend(super::composer_check::verify(&plan, store, ui)?);
        plan.findings.sort_by_key(|finding| finding.severity);
    }
    Ok(Planned { plan, args, guided })
}

/// Asks whether the modules that a plan adds to app/etc/config.php are to be enabled, when it adds any.
fn ask_for_new_modules(plan: &Plan, ui: &Ui) -> Result<NewModulesArg, CliError> {
    let come = |finding: &&Finding| finding.code == crate::planner::store::modules::MODULES_COME;
    let Some(finding) = plan.findings.iter().find(come) else {
        return Ok(NewModulesArg::Enable);
    };
    if !ui.can_prompt() {
        let error = CliError::message(Exit::Usage, "there is nobody to ask about new modules");
        return Err(error.hint("decide with --new-modules enable or --new-modules disable"));
    }
    ui.tell(&format!("{}. {}\n", finding.title, finding.detail))?;
    let choice = |label: &str, cost: &str| prompt::Choice {
        label: label.to_owned(),
        cost: cost.to_owned(),
    };
    let choices = [
        choice("Enable them", "as setup:upgrade would do"),
        choice("Disable them", "they can be enabled one by one later"),
    ];
    Ok(
        match prompt::select(ui, "What about the new modules?", &choices, 0)? {
            0 => NewModulesArg::Enable,
            _ => NewModulesArg::Disable,
        },
    )
}

/// Asks whether a release that is reachable will do in place of one that is not.
fn wants_instead(
    plan: &Plan,
    target: Target,
    release: &Release,
    ui: &Ui,
) -> Result<bool, CliError> {
    let wanted = plan.target.release.as_deref().unwrap_or_default();
    let choice = |label: String, cost: &str| prompt::Choice {
        label,
        cost: cost.to_owned(),
    };
    let choices = [
        choice(
            format!("{} {}", target.name(), release.version),
            "the nearest release that the store can go to as it is",
        ),
        choice(
            format!("{} {wanted}", target.name()),
            "blocked; shows what stands in the way",
        ),
    ];
    let question = format!("{} {wanted} cannot be reached", target.name());
    Ok(prompt::select(ui, &question, &choices, 0)? == 0)
}

/// Asks which target, and which of its releases.
fn ask_for_target(
    survey: &mut Survey<'_>,
    args: &SwitchArgs,
    ui: &Ui,
) -> Result<TargetSpec, CliError> {
    ui.tell(&format!(
        "This store is {}.\n",
        crate::preview::side_name(&survey.side())
    ))?;
    let own = survey.source.target;
    let mut targets: Vec<Target> = Target::ALL
        .into_iter()
        .filter(|target| *target != own)
        .collect();
    targets.push(own);
    let choices: Vec<prompt::Choice> = targets
        .iter()
        .map(|target| prompt::Choice {
            label: target.name().to_string(),
            cost: match *target {
                same if same == own => "an upgrade to a newer release".to_string(),
                other if survey.leaves_commerce(other) => {
                    "data of Commerce features are lost".to_string()
                }
                other if other.facts().credentials => "needs keys of repo.magento.com".to_string(),
                _ => "no account needed".to_string(),
            },
        })
        .collect();
    let target = targets[prompt::select(ui, "What should it become?", &choices, 0)?];
    let progress = ui.progress("Looking for releases");
    let source = survey.repositories(target)?;
    survey.refresh(&source, target);
    drop(progress);
    let default = survey
        .standing()
        .and_then(|store| survey.catalog.default_for(target, store));
    let newest = survey.catalog.newest(target);
    let mut releases: Vec<&Release> = default.into_iter().chain(newest).collect();
    releases.dedup_by(|a, b| a.version == b.version);
    let others = survey
        .catalog
        .releases(target)
        .iter()
        .rev()
        .filter(|release| release.is_stable());
    for other in others {
        if !releases
            .iter()
            .any(|release| release.version == other.version)
        {
            releases.push(other);
        }
    }
    if releases.is_empty() {
        return Ok(TargetSpec {
            target,
            release: None,
        });
    }
    let choices: Vec<prompt::Choice> = releases
        .iter()
        .map(|release| release_choice(survey, target, release, default))
        .collect();
    let chosen = prompt::select(ui, "Which release?", &choices, 0)?;
    let _ = args;
    Ok(TargetSpec {
        target,
        release: Some(releases[chosen].version.clone()),
    })
}

fn release_choice(
    survey: &Survey<'_>,
    target: Target,
    release: &Release,
    default: Option<&Release>,
) -> prompt::Choice {
    let mut cost = Vec::new();
    cost.extend(
        release
            .upstream
            .as_ref()
            .filter(|_| target.distribution() == crate::distribution::Distribution::MageOs)
            .map(|upstream| format!("Magento {upstream}")),
    );
    cost.extend(
        release
            .php
            .as_ref()
            .map(|_| format!("PHP {}", release.php_series().join(", "))),
    );
    if default.is_some_and(|default| default.version == release.version) {
        cost.push("no upgrade, or the smallest".to_string());
    } else if survey.is_downgrade(release) {
        cost.push("a downgrade".to_string());
    }
    prompt::Choice {
        label: format!("{} {}", target.name(), release.version),
        cost: cost.join(", "),
    }
}

/// Looks at a store and plans each target without showing the plans.
pub fn check(args: &CheckArgs, store: &Path, ui: &Ui) -> Result<StoreReport, CliError> {
    let project = Project::read(store).map_err(PlanError::from)?;
    let options = options(project.root.value(), store, &args.source)?;
    let survey = Survey::new(&project, &options)?;
    let progress = ui.progress("Checking composer.lock");
    let (lock, mut findings) = lock_state(&survey, args)?;
    drop(progress);
    let every = Target::ALL.map(|target| TargetSpec {
        target,
        release: None,
    });
    let wanted = args
        .to
        .as_ref()
        .map_or(every.as_slice(), std::slice::from_ref);
    let mut targets = Vec::new();
    for spec in wanted {
        let progress = ui.progress(&format!("Planning {}", spec.target.name()));
        targets.extend(reach(&project, &options, spec, args));
        drop(progress);
    }
    // What the plans met is remembered: nobody is asked again.
    let own = RepositorySet::open(project.root.value(), store, &options)
        .map_err(|error| PlanError::Repository(Arc::new(error)))?;
    findings.splice(0..0, unreachable::outdated(&own));
    let side = survey.side();
    let is_stuck = targets.iter().any(|report| {
        let target = &report.target;
        !report.reachable
            && (&target.distribution, &target.edition) == (&side.distribution, &side.edition)
    });
    if is_stuck {
        findings.splice(0..0, unreachable::decisive(&own, survey.source.target));
    }
    Ok(StoreReport {
        store: survey.side(),
        lock,
        findings,
        targets,
    })
}

/// Whether the lock belongs to the root, and whether `composer install` would take it: it solves over the locked packages
/// before it installs any. PHP and extensions count as far as the options or composer.json name them.
fn lock_state(
    survey: &Survey<'_>,
    args: &CheckArgs,
) -> Result<(LockState, Vec<Finding>), CliError> {
    let (project, options) = (survey.project, survey.options);
    let Some(lock) = project.lock() else {
        return Ok((LockState::Missing, Vec::new()));
    };
    let hash = content_hash(project.root.text()).map_err(PlanError::from)?;
    let state = if lock.content_hash() == Some(&hash) {
        LockState::Fresh
    } else {
        LockState::Stale
    };
    let manifest = &survey.whole_root();
    let root = RootPackage::load(manifest).map_err(PlanError::from)?;
    let locked = locked_packages(lock).map_err(PlanError::from)?;
    let source = RepositorySet::open(manifest, &project.dir, options)
        .map_err(|error| PlanError::Repository(Arc::new(error)))?;
    let (platform, filter) = known_platform(args, &root);
    let (title, detail) = match verify(&source, &root, &locked, &platform.packages, &filter) {
        Ok(()) => return Ok((state, Vec::new())),
        Err(VerifyError::MissingRequirements(missing)) => (
            "composer.lock does not hold what composer.json requires",
            missing.join("\n"),
        ),
        Err(VerifyError::Incompatible(explanation)) => (
            "composer.lock does not hold together: `composer install` refuses it",
            explanation.text.trim_matches('\n').to_string(),
        ),
        Err(error) => (
            "composer.lock does not hold together: `composer install` refuses it",
            error.to_string(),
        ),
    };
    let code = match missing_requirements(&root, &locked).is_empty() {
        true => "lock-not-installable",
        false => "lock-misses-requirements",
    };
    let way_out = "Restore composer.lock from version control, or bring it up to date with `mageshift lock --minimal-changes`.";
    let finding = Finding {
        severity: Severity::Blocker,
        code: code.to_string(),
        title: title.to_string(),
        detail: format!("{detail}\n{way_out}"),
        package: None,
        path: Some(LOCK.to_string()),
    };
    Ok((state, vec![finding]))
}

/// The platform as far as it is named, and which of its requirements count.
fn known_platform(args: &CheckArgs, root: &RootPackage) -> (Platform, PlatformFilter) {
    let ignored = match args.platform.ignored() {
        IgnorePlatform::Everything => return (Platform::unknown(), PlatformFilter::All),
        IgnorePlatform::These(names) => names,
        IgnorePlatform::Nothing => Vec::new(),
    };
    let platform = match &args.platform.php {
        Some(php) => {
            let mut overrides = root.platform.clone();
            overrides.shift_remove("php");
            Platform::of_php(&newest_patch(php)).with_overrides(&overrides)
        }
        None => Platform::unknown().with_overrides(&root.platform),
    };
    let php = ["php", "php-*"].into_iter().filter(|_| !platform.php_known);
    let unknown = ["ext-*", "lib-*"].into_iter().chain(php);
    let filter = PlatformFilter::listed(ignored.iter().map(String::as_str).chain(unknown));
    (platform, filter)
}

/// Plans a target, at its default release where none is named; none when the store cannot be told.
fn reach(
    project: &Project,
    options: &Options,
    spec: &TargetSpec,
    args: &CheckArgs,
) -> Option<TargetReport> {
    let mut survey = Survey::new(project, options).ok()?;
    let request = Request {
        to: Some(spec.clone()),
        php: args.platform.php.clone(),
        ignore_platform: args.platform.ignored(),
        without_advice: args.to.is_none(),
        ..Request::default()
    };
    let planned = Destination::choose(&mut survey, &request).and_then(|destination| {
        let merged = merge(&survey, &destination, &Answers::new())?;
        planner::plan(&survey, &destination, merged, &request)
    });
    Some(match planned {
        Ok(plan) => {
            let core_changes = plan.changes.iter().filter(|change| change.core).count();
            let is_blocker = |finding: &&Finding| finding.severity == Severity::Blocker;
            TargetReport {
                reachable: !plan.is_blocked(),
                summary: summary(&plan),
                core_changes,
                other_changes: plan.changes.len() - core_changes,
                data_loss: plan.has_finding(crate::plan::codes::DATA_LOSS),
                blockers: plan.findings.iter().filter(is_blocker).cloned().collect(),
                target: plan.target,
            }
        }
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
        },
    })
}

/// What a plan costs, or what stands against it, in one line.
fn summary(plan: &Plan) -> String {
    let mut blockers = plan
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Blocker);
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
    let data = if plan.has_finding(crate::plan::codes::DATA_LOSS) {
        ", data are lost"
    } else {
        ""
    };
    let (core, others) = (count(core, "core package"), count(moved, "other"));
    format!("{core} and {others} change{data}")
}

/// The releases, refreshed from live metadata, the newest first.
pub fn releases(args: &ReleasesArgs, ui: &Ui) -> Result<Vec<ReleaseRow>, CliError> {
    let mut rows = Vec::new();
    let targets = [Target::MageOs, Target::Magento, Target::Commerce];
    let wanted = |target: &&Target| {
        args.distribution
            .as_deref()
            .is_none_or(|id| id == target.distribution().id())
    };
    for &target in targets.iter().filter(wanted) {
        let progress = ui.progress(&format!("Looking for releases of {}", target.name()));
        let catalog = live_catalog(args, target, ui)?;
        drop(progress);
        rows.extend(
            catalog
                .releases(target)
                .iter()
                .rev()
                .map(|release| row(target, release)),
        );
    }
    Ok(rows)
}

/// The bundled releases of a target, refreshed from its repository where that answers.
fn live_catalog(args: &ReleasesArgs, target: Target, ui: &Ui) -> Result<ReleaseCatalog, CliError> {
    let here = Path::new(".");
    let facts = target.facts();
    let root = json!({"repositories": [{"type": "composer", "url": facts.repository}, {"packagist.org": false}]});
    let options = options(&root, here, &args.source)?;
    let source = RepositorySet::open(&root, here, &options)
        .map_err(|error| PlanError::Repository(Arc::new(error)))?;
    let mut catalog = ReleaseCatalog::bundled();
    crate::planner::survey::refresh(&mut catalog, &source, target);
    if !catalog.is_live(target) {
        ui.warn(&format!(
            "{} could not be asked; these are the releases this program knows",
            facts.repository
        ))?;
    }
    Ok(catalog)
}

fn row(target: Target, release: &Release) -> ReleaseRow {
    ReleaseRow {
        distribution: target.distribution().id().to_string(),
        release: release.version.clone(),
        upstream: release.upstream.clone().unwrap_or_default(),
        php: release.php_series(),
        services: release
            .services
            .iter()
            .map(|(service, version)| format!("{service} {version}"))
            .collect(),
        released: release.released.clone(),
        supported_until: release.support_end.clone(),
    }
}
