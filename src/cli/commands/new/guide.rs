//! The questions of `mageshift new`. Each stands for an option, and is not asked when the option is given.

use super::contents::ask_contents;
use super::folder::check_folder;
use super::install::is_on_path;
use super::repository::ask_repository;
use super::run::{Run, below};
use crate::cli::outcome::error::CliError;
use crate::cli::planning::choices::ask_profile;
use crate::cli::planning::cost;
use crate::cli::screen::choice::Choice;
use crate::cli::screen::prompt;
use crate::cli::screen::ui::{Ui, terminal_width};
use crate::distribution::{Distribution, Family, Release, ReleaseCatalog, Target};
use crate::planner::error::PlanError;
use crate::planner::lock::php::choose;
use crate::planner::pipeline::new::{Aimed, Draft, this_machine};
use crate::planner::wish::IgnorePlatform;
use crate::planner::wish::environment::Environment;
use crate::preview::layout::wrap;
use crate::profile::Library;
use crate::project::site::Site;
use composer_engine::format::root::RootPackage;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Asks for what the run leaves open, and says whether anything was asked. `here` is where the program was called.
pub(crate) fn ask(run: &mut Run, here: &Path, ui: &Ui) -> Result<bool, CliError> {
    let is_complete = run.wish.distribution.is_some()
        && run.wish.release.is_some()
        && run.wish.packages.profile.is_some();
    if is_complete {
        // The one thing that no profile can know.
        let dir = run.dir.clone().unwrap_or_else(|| here.to_owned());
        check_folder(&dir)?;
        let aimed = Aimed::at(run.distribution(), &run.wish.packages)?;
        return ask_repository(run, &aimed.library, &aimed.plain, &dir, ui);
    }
    let dir = match run.dir.take() {
        Some(dir) => dir,
        None => ask_folder(here, ui)?,
    };
    check_folder(&dir)?;
    run.dir = Some(dir.clone());
    if run.wish.distribution.is_none() {
        run.wish.distribution = Some(ask_distribution(ui)?);
    }
    let distribution = run.distribution();
    if run.wish.packages.profile.is_none() {
        let full = Target::full(distribution);
        run.wish.packages.profile = ask_profile(&Library::bundled(), full, None, ui)?;
    }
    let aimed = Aimed::at(distribution, &run.wish.packages)?;
    let target = aimed.target;
    let progress = ui.progress("Looking for releases");
    let catalog = run.metadata.releases(target, &dir)?;
    drop(progress);
    if let Some(recording) = &run.metadata.recording {
        // Who goes back has read it.
        let notice = match ui.dialog.is_repeating() {
            true => String::new(),
            false => recording.notice(),
        };
        for line in wrap(&notice, ui.width) {
            ui.warn(&line)?;
        }
    }
    if run.wish.release.is_none() {
        let releases: Vec<&Release> = catalog
            .releases(target)
            .iter()
            .rev()
            .filter(|release| release.is_stable())
            .collect();
        if !releases.is_empty() {
            let choices: Vec<Choice> = releases
                .iter()
                .enumerate()
                .map(|(place, release)| release_choice(&catalog, target, release, place == 0))
                .collect();
            let chosen = prompt::select(ui, "Which release?", &choices, 0)?;
            run.wish.release = Some(releases[chosen].version.clone());
        }
    }
    let release = aimed
        .release(&catalog, run.wish.release.as_deref())
        .map_err(|error| run.metadata.unchosen(error))?;
    let draft = Draft::new(target, release, None);
    ask_contents(run, &aimed.library, &aimed.plain, &draft, &dir, ui)?;
    ask_repository(run, &aimed.library, &aimed.plain, &dir, ui)?;
    if run.wish.platform.php.is_none() && run.wish.platform.ignored != IgnorePlatform::Everything {
        let root = RootPackage::load(&Value::Object(draft.root)).map_err(PlanError::from)?;
        // What is planned for where nobody is asked.
        let assumed = choose(
            &run.wish.platform,
            &root,
            target,
            release,
            &[],
            &this_machine,
        );
        let versions = release.php_series();
        if assumed.finding.is_some() && !versions.is_empty() {
            run.wish.platform.php = Some(ask_php(versions, assumed.platform.php(), ui)?);
        }
    }
    if run.wish.environment.is_none() {
        run.wish.environment = ask_environment(&dir, ui)?.map(Some);
    }
    Ok(true)
}

fn ask_folder(here: &Path, ui: &Ui) -> Result<PathBuf, CliError> {
    let here_is_free = Site::at(here)
        .collisions()
        .is_ok_and(|names| names.is_empty());
    let default = if here_is_free { "." } else { "shop" };
    loop {
        let folder = prompt::input(ui, "Which folder?", default)?;
        let folder = below(here, Path::new(&folder));
        match check_folder(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) => ui.warn(
                error
                    .render(&ui.masker, ui.stderr, terminal_width())
                    .trim_end(),
            )?,
        }
    }
}

fn ask_distribution(ui: &Ui) -> Result<Distribution, CliError> {
    let choices: Vec<Choice> = Distribution::ALL
        .iter()
        .map(|distribution| Choice {
            label: distribution.name().to_owned(),
            cost: match Target::full(*distribution) {
                target if target.facts().credentials => {
                    format!("needs keys of {} to be installed", target.host())
                }
                _ => "recommended: no account needed".to_owned(),
            },
        })
        .collect();
    Ok(Distribution::ALL[prompt::select(ui, "Which distribution?", &choices, 0)?])
}

fn release_choice(
    catalog: &ReleaseCatalog,
    target: Target,
    release: &Release,
    is_newest: bool,
) -> Choice {
    let mut cost = Vec::new();
    cost.extend(is_newest.then(|| "recommended: the newest".to_owned()));
    let upstream = release
        .upstream
        .as_ref()
        .filter(|_| target.is_in(Family::Rebuild));
    cost.extend(upstream.map(|upstream| format!("Magento {upstream}")));
    cost.extend(cost::facts(catalog, target, release));
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
fn ask_environment(dir: &Path, ui: &Ui) -> Result<Option<Environment>, CliError> {
    if Environment::of_folder(Site::at(dir).files()).is_some() {
        return Ok(None);
    }
    let found = |environment: &Environment| is_on_path(environment.id());
    // What is installed is the better guess.
    let (here, elsewhere): (Vec<_>, Vec<_>) = Environment::ALL.into_iter().partition(found);
    let offer: Vec<Option<Environment>> = here
        .iter()
        .copied()
        .map(Some)
        .chain([None])
        .chain(elsewhere.into_iter().map(Some))
        .collect();
    let choices: Vec<Choice> = offer
        .iter()
        .map(|environment| {
            let (label, cost) = match environment {
                None => ("none", "PHP and services are here already, or elsewhere"),
                Some(known) if here.contains(known) => (known.name(), "found on this machine"),
                Some(known) => (known.name(), ""),
            };
            Choice {
                label: label.to_owned(),
                cost: cost.to_owned(),
            }
        })
        .collect();
    Ok(offer[prompt::select(ui, "Development environment?", &choices, 0)?])
}

/// Asks for the PHP of the server: first the one that is taken where nobody is asked, then the others from new to old.
fn ask_php(mut versions: Vec<String>, assumed: Option<&str>, ui: &Ui) -> Result<String, CliError> {
    versions.reverse();
    let is_assumed = |php: &str| {
        let patch = assumed.and_then(|assumed| assumed.strip_prefix(php));
        patch.is_some_and(|patch| patch.is_empty() || patch.starts_with('.'))
    };
    let (first, others): (Vec<_>, Vec<_>) = versions.into_iter().partition(|php| is_assumed(php));
    let mut versions: Vec<String> = first.into_iter().chain(others).collect();
    let choices: Vec<Choice> = versions
        .iter()
        .map(|php| Choice {
            label: format!("PHP {php}"),
            cost: match is_assumed(php) {
                true => "recommended: what is planned for where nobody is asked".to_owned(),
                false => String::new(),
            },
        })
        .collect();
    let question = "Which PHP does the server have?";
    Ok(versions.swap_remove(prompt::select(ui, question, &choices, 0)?))
}
