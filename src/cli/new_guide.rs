//! The questions of `mageshift new`. Each stands for an option, and is not asked when the option is given.

use super::args::GlobalArgs;
use super::error::CliError;
use super::new::{NewArgs, check_folder};
use super::new_plan::{catalog, distribution, full_target, profile, target};
use super::planning::options;
use super::prompt::{self, Choice};
use super::ui::Ui;
use crate::composer::root_package::RootPackage;
use crate::distribution::{Distribution, Release, TargetSpec};
use crate::plan::error::PlanError;
use crate::plan::new_project::{Draft, collisions};
use crate::plan::platform::choose;
use crate::profile::{Base, Library, Profile, states};
use serde_json::Value;
use std::path::PathBuf;

/// Asks for what the arguments leave open, and whether anything was asked. With `--yes`, and where there is nobody to ask, the
/// recommended answers are taken.
pub(super) fn ask(
    args: &NewArgs,
    global: &GlobalArgs,
    ui: &Ui,
) -> Result<(NewArgs, bool), CliError> {
    let mut args = args.clone();
    let is_complete = [
        args.distribution.is_some(),
        args.release.is_some(),
        args.profile.is_some(),
    ]
    .iter()
    .all(|given| *given);
    if !ui.can_prompt() || args.applying.yes || is_complete {
        return Ok((args, false));
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
    if args.profile.is_none() {
        args.profile = Some(ask_profile(&library, distribution, ui)?);
    }
    let profile = profile(&mut library, args.profile.as_deref().unwrap_or("full"))?;
    let target = target(distribution, &profile)?;
    let dir = args.folder(global);
    let progress = ui.progress("Looking for releases");
    let catalog = catalog(target, &dir, &args.source)?;
    drop(progress);
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
    let release = catalog.select(&spec, None).map_err(PlanError::from)?;
    let mut draft = Draft::new(target, release, None);
    if args.with.is_empty() && args.without.is_empty() {
        ask_sets(&mut args, &library, &profile, &draft, &dir, ui)?;
    }
    if args.platform.php.is_none() && !args.platform.ignore_platform_reqs {
        draft.findings.clear();
        let root = RootPackage::load(&Value::Object(draft.root)).map_err(PlanError::from)?;
        let is_unknown = choose(&args.request(), &root, release, &[])
            .finding
            .is_some();
        let versions = release.php_series();
        if is_unknown && !versions.is_empty() {
            args.platform.php = Some(ask_php(versions, ui)?);
        }
    }
    Ok((args, true))
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
            cost: match full_target(*distribution).facts().credentials {
                true => "needs keys of repo.magento.com to be installed".to_owned(),
                false => "no account needed; recommended".to_owned(),
            },
        })
        .collect();
    Ok(Distribution::ALL[prompt::select(ui, "Which distribution?", &choices, 0)?])
}

fn ask_profile(library: &Library, distribution: Distribution, ui: &Ui) -> Result<String, CliError> {
    let profiles: Vec<&Profile> = library
        .profiles
        .iter()
        .filter(|profile| target(distribution, profile).is_ok())
        .collect();
    let choices: Vec<Choice> = profiles
        .iter()
        .map(|profile| Choice {
            label: profile.name.clone(),
            cost: profile.summary.clone(),
        })
        .collect();
    Ok(profiles[prompt::select(ui, "Which profile?", &choices, 0)?]
        .name
        .clone())
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
    cost.extend(
        ["mysql", "opensearch"]
            .iter()
            .filter_map(|service| Some(format!("{service} {}", release.services.get(*service)?))),
    );
    Choice {
        label: release.version.clone(),
        cost: cost.join(", "),
    }
}

/// Asks which feature sets are wanted, and notes what differs from the profile.
fn ask_sets(
    args: &mut NewArgs,
    library: &Library,
    profile: &Profile,
    draft: &Draft,
    dir: &std::path::Path,
    ui: &Ui,
) -> Result<(), CliError> {
    let as_they_are = Choice {
        label: "as the profile has them".to_owned(),
        cost: String::new(),
    };
    let choosing = Choice {
        label: "choose".to_owned(),
        cost: "from a list".to_owned(),
    };
    if prompt::select(ui, "Which feature sets?", &[as_they_are, choosing], 0)? == 0 {
        return Ok(());
    }
    let options = options(&Value::Object(draft.root.clone()), dir, &args.source)?;
    let progress = ui.progress("Looking at the release");
    let source = draft.open(dir, &options)?;
    let distribution = draft.target.distribution();
    let requires = draft.requires();
    let full = (
        full_target(distribution).facts().product.as_str(),
        draft.release.version.as_str(),
    );
    let states = states(
        library,
        profile,
        Base {
            distribution,
            source: &source,
            requires: &requires,
            full,
        },
    );
    drop(progress);
    let choices: Vec<Choice> = states
        .iter()
        .map(|(set, _)| Choice {
            label: set.name.clone(),
            cost: set.summary.clone(),
        })
        .collect();
    let before: Vec<bool> = states.iter().map(|(_, is_on)| *is_on).collect();
    let wanted = prompt::choose_many(
        ui,
        "Feature sets (space turns one on or off)",
        &choices,
        &before,
    )?;
    for (index, (set, was_on)) in states.iter().enumerate() {
        match (was_on, wanted.contains(&index)) {
            (false, true) => args.with.push(set.name.clone()),
            (true, false) => args.without.push(set.name.clone()),
            _ => {}
        }
    }
    Ok(())
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
