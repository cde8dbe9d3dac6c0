//! The questions of `mageshift new`. Each stands for an option, and is not asked when the option is given.

use crate::cli::args::GlobalArgs;
use crate::cli::error::CliError;
use crate::cli::new::contents::{ask_contents, ask_profile};
use crate::cli::new::install::is_on_path;
use crate::cli::new::plan::{distribution, select_release};
use crate::cli::new::repository::ask_repository;
use crate::cli::new::{NewArgs, check_folder};
use crate::cli::prompt::{self, Choice};
use crate::cli::recording::releases;
use crate::cli::selection::{profile, target};
use crate::cli::ui::Ui;
use crate::distribution::{Distribution, Release, Target, TargetSpec};
use crate::planner::error::PlanError;
use crate::planner::lock::php::choose;
use crate::planner::new::environment::Environment;
use crate::planner::new::{Draft, collisions};
use crate::profile::Library;
use composer_engine::format::root_package::RootPackage;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Asks for what the arguments leave open, and whether anything was asked. With `--yes`, and where there is nobody to ask, the
/// recommended answers are taken.
pub(in crate::cli) fn ask(
    args: &NewArgs,
    global: &GlobalArgs,
    ui: &Ui,
) -> Result<(NewArgs, bool), CliError> {
    let mut args = args.clone();
    let is_complete = [
        args.distribution.is_some(),
        args.release.is_some(),
        args.packages.profile.is_some(),
    ]
    .iter()
    .all(|given| *given);
    if !ui.can_prompt() || args.applying.yes {
        return Ok((args, false));
    }
    if is_complete {
        let is_guided = ask_for_own_repository(&mut args, global, ui)?;
        return Ok((args, is_guided));
    }
    if args.dir.is_none() {
        args.dir = Some(ask_folder(&args, global, ui)?);
    } else {
        check_folder(&args.folder(global))?;
    }
    if args.distribution.is_none() {
        args.distribution = Some(ask_distribution(ui)?.id().to_owned());
    }
    let distribution = distribution(args.distribution.as_deref())?;
    let mut library = Library::bundled();
    if args.packages.profile.is_none() {
        args.packages.profile = ask_profile(&library, Target::full(distribution), None, ui)?;
    }
    let profile = profile(
        &mut library,
        args.packages.profile.as_deref().unwrap_or("full"),
    )?;
    let target = target(Target::full(distribution), &profile)?;
    let dir = args.folder(global);
    let progress = ui.progress("Looking for releases");
    let catalog = releases(target, &dir, &mut args)?;
    drop(progress);
    if let Some(recording) = &args.recording {
        for line in textwrap::wrap(&recording.notice(), ui.width) {
            ui.warn(&line)?;
        }
    }
    if args.release.is_none() {
        let releases: Vec<&Release> = catalog
            .releases(target)
            .iter()
            .rev()
            .filter(|release| release.is_stable())
            .collect();
        if !releases.is_empty() {
            let choices: Vec<Choice> = releases
                .iter()
                .map(|release| release_choice(release, distribution))
                .collect();
            let chosen = prompt::select(ui, "Which release?", &choices, 0)?;
            args.release = Some(releases[chosen].version.clone());
        }
    }
    let spec = TargetSpec {
        target,
        release: args.release.clone(),
    };
    let release = select_release(&catalog, &spec, &args)?;
    let draft = Draft::new(target, release, None);
    ask_contents(&mut args, &library, &profile, &draft, &dir, ui)?;
    ask_repository(&mut args, &library, &profile, &dir, ui)?;
    if args.platform.php.is_none() && !args.platform.ignore_platform_reqs {
        let root = RootPackage::load(&Value::Object(draft.root)).map_err(PlanError::from)?;
        let is_unknown = choose(&args.request(), &root, target, release, &[])
            .finding
            .is_some();
        let versions = release.php_series();
        if is_unknown && !versions.is_empty() {
            args.platform.php = Some(ask_php(versions, ui)?);
        }
    }
    if args.env.is_none() {
        args.env = ask_environment(&dir, ui)?.map(str::to_owned);
    }
    Ok((args, true))
}

/// Asks for the one thing that no profile can know.
fn ask_for_own_repository(
    args: &mut NewArgs,
    global: &GlobalArgs,
    ui: &Ui,
) -> Result<bool, CliError> {
    let mut library = Library::bundled();
    let name = args.packages.profile.as_deref().unwrap_or("full");
    let profile = profile(&mut library, name)?;
    let dir = args.folder(global);
    check_folder(&dir)?;
    ask_repository(args, &library, &profile, &dir, ui)
}

fn ask_folder(args: &NewArgs, global: &GlobalArgs, ui: &Ui) -> Result<PathBuf, CliError> {
    let here_is_free = collisions(&global.working_dir).is_ok_and(|names| names.is_empty());
    let default = if here_is_free { "." } else { "shop" };
    loop {
        let folder = PathBuf::from(prompt::input(ui, "Which folder?", default)?);
        let answered = NewArgs {
            dir: Some(folder.clone()),
            ..args.clone()
        };
        match check_folder(&answered.folder(global)) {
            Ok(()) => return Ok(folder),
            Err(error) => ui.warn(error.render(&ui.masker, ui.stderr).trim_end())?,
        }
    }
}

fn ask_distribution(ui: &Ui) -> Result<Distribution, CliError> {
    let choices: Vec<Choice> = Distribution::ALL
        .iter()
        .map(|distribution| Choice {
            label: distribution.name().to_owned(),
            cost: match Target::full(*distribution).facts().credentials {
                true => "needs keys of repo.magento.com to be installed".to_owned(),
                false => "no account needed; recommended".to_owned(),
            },
        })
        .collect();
    Ok(Distribution::ALL[prompt::select(ui, "Which distribution?", &choices, 0)?])
}

fn release_choice(release: &Release, distribution: Distribution) -> Choice {
    let mut cost = Vec::new();
    let upstream = release
        .upstream
        .as_ref()
        .filter(|_| distribution == Distribution::MageOs);
    cost.extend(upstream.map(|upstream| format!("Magento {upstream}")));
    cost.extend(
        release
            .php
            .as_ref()
            .map(|_| format!("PHP {}", release.php_series().join(", "))),
    );
    let services = [
        ("mariadb", "MariaDB"),
        ("mysql", "MySQL"),
        ("opensearch", "OpenSearch"),
        ("elasticsearch", "Elasticsearch"),
    ];
    cost.extend(services.iter().filter_map(|(service, name)| {
        let versions = release.services.get(*service)?;
        Some(format!("{name} {versions}"))
    }));
    Choice {
        label: release.version.clone(),
        cost: cost.join(", "),
    }
}

/// Asks for a development environment, unless the folder is configured for one; none when there shall be none.
fn ask_environment(dir: &Path, ui: &Ui) -> Result<Option<&'static str>, CliError> {
    if Environment::of_folder(dir).is_some() {
        return Ok(None);
    }
    let mut choices: Vec<(&'static str, Choice)> = vec![(
        "none",
        Choice {
            label: "none".to_owned(),
            cost: "PHP and services are here already, or elsewhere".to_owned(),
        },
    )];
    choices.extend(Environment::ALL.map(|environment| {
        let is_here = is_on_path(environment.id());
        let cost = if is_here { "found on this machine" } else { "" };
        let choice = Choice {
            label: environment.name().to_owned(),
            cost: cost.to_owned(),
        };
        (environment.id(), choice)
    }));
    // What is installed is the better guess.
    choices.sort_by_key(|(_, choice)| choice.cost != "found on this machine");
    let (ids, choices): (Vec<&'static str>, Vec<Choice>) = choices.into_iter().unzip();
    let chosen = prompt::select(ui, "Development environment?", &choices, 0)?;
    Ok(Some(ids[chosen]).filter(|id| *id != "none"))
}

/// Asks for the PHP of the server, the newest first.
fn ask_php(mut versions: Vec<String>, ui: &Ui) -> Result<String, CliError> {
    versions.reverse();
    let choices: Vec<Choice> = versions
        .iter()
        .map(|php| Choice {
            label: format!("PHP {php}"),
            cost: String::new(),
        })
        .collect();
    Ok(versions.swap_remove(prompt::select(
        ui,
        "Which PHP does the server have?",
        &choices,
        0,
    )?))
}
