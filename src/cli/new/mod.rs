//! `mageshift new`

mod answers;
pub(super) mod contents;
mod guide;
pub(in crate::cli) mod install;
mod repository;
pub(in crate::cli) mod run;

use crate::apply::Journals;
use crate::cli::args::{ConsentArgs, GlobalArgs, PlatformArgs, SourceArgs};
use crate::cli::command_line::CommandLine;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::finish::{Finish, finish, in_store};
use crate::cli::new::install::{InstallArgs, install, is_made};
use crate::cli::new::run::Run;
use crate::cli::selection::SelectionArgs;
use crate::cli::ui::Ui;
use crate::distribution::Distribution;
use crate::planner::new::collisions;
use crate::planner::new::environment::Environment;
use crate::planner::switch::Planned;
use crate::planner::wish::Wish;
use crate::project::root_files::RootFiles;
use anyhow::Context;
use clap::Args;
use std::path::{Path, PathBuf};

/// What `--env` takes.
pub(in crate::cli) const ENVIRONMENTS: [&str; 3] = ["ddev", "warden", "none"];

/// Create a store: composer.json, composer.lock and .gitignore
///
/// What `composer create-project` would write, without Composer, PHP or an account, and with as few packages as you want.
/// Shown first, written on yes, and taken back with `mageshift undo`. On a terminal, what is not given as an option is asked.
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = "\
Examples:
  Be guided:
    mageshift new

  The smallest Mage-OS:
    mageshift new shop --profile minimal

  A German shop in DDEV with something in it:
    mageshift new shop --profile lite --language de_DE --sample-data --env ddev

  Magento Open Source, a certain release:
    mageshift new shop --distribution magento --release 2.4.8-p4

Exit codes:
  0 done                     3 blocked                    5 not applied
  1 failed                   4 the folder is not empty    130 interrupted
  2 wrong usage")]
pub struct NewArgs {
    /// The folder, which need not exist; the current one unless given
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,

    /// mage-os, magento (Open Source) or commerce
    #[arg(long, value_name = "NAME", value_parser = Distribution::ALL.map(Distribution::id), hide_possible_values = true)]
    pub distribution: Option<String>,

    /// The release, or a constraint such as `3.*`; the newest unless given
    #[arg(long, value_name = "RELEASE")]
    pub release: Option<String>,

    /// Configure a development environment: ddev, warden or none
    #[arg(long, value_name = "NAME", value_parser = ENVIRONMENTS, hide_possible_values = true)]
    pub env: Option<String>,

    /// A further Composer repository, such as your own of Hyvä; repeatable
    #[arg(long, value_name = "URL")]
    pub repository: Vec<String>,

    /// The project's name in composer.json
    #[arg(long, value_name = "VENDOR/NAME", value_parser = project_name)]
    pub name: Option<String>,

    /// Take what no option says from a file of answers
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,

    /// Save the answers, to repeat the run with --answers
    #[arg(long, value_name = "FILE")]
    pub save_answers: Option<PathBuf>,

    #[command(flatten)]
    pub packages: SelectionArgs,

    #[command(flatten)]
    pub installing: InstallArgs,

    #[command(flatten)]
    pub applying: ApplyingArgs,
    #[command(flatten)]
    pub source: SourceArgs,
    #[command(flatten)]
    pub platform: PlatformArgs,
}

/// What to do with the plan of a new project.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Applying")]
pub struct ApplyingArgs {
    /// Apply without asking
    #[arg(short, long)]
    pub yes: bool,

    /// Show the plan and apply nothing, whatever else is given
    #[arg(long)]
    pub dry_run: bool,

    /// Likewise, and exit with 5 when something would change
    #[arg(long)]
    pub check: bool,

    /// Save the whole plan, to be applied with `mageshift apply`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// Show the diff of composer.lock, too
    #[arg(long, help_heading = "Output")]
    pub lock_diff: bool,
}

impl From<&ApplyingArgs> for ConsentArgs {
    /// A new project has no data to lose and no release to go back from.
    fn from(args: &ApplyingArgs) -> Self {
        Self {
            yes: args.yes,
            dry_run: args.dry_run,
            check: args.check,
            lock_diff: args.lock_diff,
            ..Self::default()
        }
    }
}

/// A name as Composer takes it (its JSON schema).
pub(in crate::cli) fn project_name(name: &str) -> Result<String, String> {
    let part = |part: &str| {
        let is_separator = |c: char| matches!(c, '.' | '_' | '-');
        let edge =
            |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        part.chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || is_separator(c))
            && edge(part.chars().next())
            && edge(part.chars().last())
    };
    match name.split_once('/') {
        Some((vendor, short)) if part(vendor) && part(short) => Ok(name.to_owned()),
        _ => Err("a name is VENDOR/NAME in lower case, such as acme/shop".to_owned()),
    }
}

/// The environment that `--env` names, which may be no one.
fn environment(id: &str) -> Option<Environment> {
    Environment::ALL
        .into_iter()
        .find(|environment| environment.id() == id)
}

/// The command that makes the same plan again, without questions.
fn command_line(run: &Run, wish: &Wish, dir: &Path) -> CommandLine {
    let mut line = CommandLine::new("new").word(dir.display().to_string());
    if let Some(project) = wish.project() {
        let environment = project
            .environment
            .map(|environment| environment.map_or("none", Environment::id));
        line = line
            .options("--distribution", project.distribution.map(Distribution::id))
            .options("--release", &project.release)
            .packages(&wish.packages)
            .options("--env", environment)
            .options("--repository", &project.repositories)
            .options("--name", &project.name);
    }
    let line = line.sources(&run.metadata.source).platform(wish);
    run.installing.add_to(line)
}

pub(in crate::cli) fn run(args: &NewArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    if let Some(other) = RootFiles::named_by_variable() {
        let message = format!(
            "COMPOSER={other} names another file than composer.json, which a new project has"
        );
        return Err(CliError::message(Exit::Usage, message)
            .hint("unset it for the run: `env -u COMPOSER mageshift new …`"));
    }
    let mut run = Run::of(args, global);
    if let Some(path) = &args.answers {
        answers::read(&mut run, path)?;
    }
    let here = &global.working_dir;
    let dir = run.dir.clone().unwrap_or_else(|| here.clone());
    if run.installing.install && is_made(&dir)? {
        ui.tell(&format!(
            "{} is made already; its installation goes on.",
            dir.display()
        ))?;
        install(&dir, &run, ui)?;
        return Ok(Exit::Done);
    }
    let guided = ui.can_prompt() && !args.applying.yes && guide::ask(&mut run, here, ui)?;
    let dir = run.dir.clone().unwrap_or_else(|| here.clone());
    check_folder(&dir)?;
    if let Some(path) = &args.save_answers {
        answers::check(&dir, path)?;
    }
    let progress = ui.progress("Resolving packages");
    let Planned { plan, wish } = run.plan(&dir)?;
    drop(progress);
    if let Some(path) = &args.save_answers {
        answers::save(&wish, &run.installing, &dir, path)?;
    }
    let how = Finish {
        store: &dir,
        consent: &ConsentArgs::from(&args.applying),
        out: args.applying.out.as_deref(),
        runbook: None,
        markdown: None,
        applies_unasked: false,
        again: command_line(&run, &wish, &dir),
        guided,
    };
    let exit = finish(plan, ui, &how)?;
    if run.installing.install && exit == Exit::Done && !args.applying.dry_run {
        if run.metadata.recording.is_some() {
            ui.warn(
                "--install waits for a network: `mageshift lock` first, and then the same command.",
            )?;
        } else {
            install(&dir, &run, ui)?;
        }
    }
    Ok(exit)
}

/// Fails when a project cannot be made in the folder without touching what is there.
pub(in crate::cli) fn check_folder(dir: &Path) -> Result<(), CliError> {
    if dir.exists() && !dir.is_dir() {
        return Err(CliError::message(
            Exit::Unusable,
            format!("{} is not a folder", dir.display()),
        ));
    }
    let names = collisions(dir).with_context(|| format!("cannot read {}", dir.display()));
    let names = names.map_err(|error| CliError::new(Exit::Failed, error))?;
    if names.is_empty() {
        return Ok(());
    }
    const SHOWN: usize = 5;
    let more = names.len().saturating_sub(SHOWN);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let shown = names
        .iter()
        .take(SHOWN)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    // What a run that was cut off has left is no project, and it is not the user's to clear away.
    if Journals::open(dir)?.is_cut_off().unwrap_or(false) {
        let undo = in_store(CommandLine::new("undo"), dir);
        return Err(CliError::message(
            Exit::Unusable,
            format!(
                "an earlier run was cut off in {} while it wrote: {shown}{more}",
                dir.display()
            ),
        )
        .hint(format!(
            "`{undo}` clears away what it left; then the same command makes the project"
        )));
    }
    let hint = if names.iter().any(|name| name == crate::project::ROOT) {
        "there is a project already; `mageshift switch` changes it. A new one needs another folder"
    } else {
        "name a new folder: mageshift new DIR"
    };
    let message = format!("{} is not empty: {shown}{more}", dir.display());
    Err(CliError::message(Exit::Unusable, message).hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_composers() {
        assert!(project_name("acme/shop-2.0").is_ok());
        for wrong in [
            "shop",
            "Acme/shop",
            "acme/",
            "acme/shop-",
            "a/b/c",
            "acme/my shop",
        ] {
            assert!(project_name(wrong).is_err(), "{wrong}");
        }
    }
}
