//! `mageshift new`

mod answers;
mod args;
pub(crate) mod contents;
mod folder;
mod guide;
mod install;
pub(crate) mod install_args;
mod repository;
pub(crate) mod run;

pub(crate) use args::NewArgs;

use crate::cli::options::args::GlobalArgs;
use crate::cli::options::command_line::CommandLine;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::planning::finish::{Finish, finish};
use crate::cli::screen::ui::Ui;
use crate::distribution::Distribution;
use crate::planner::wish::environment::Environment;
use crate::planner::wish::{NewStore, Planned};
use crate::project::root_files::RootFiles;
use folder::check_folder;
use install::{install, is_made};
use run::Run;
use std::path::Path;

/// The command that makes the same plan again, without questions.
fn command_line(run: &Run, wish: &NewStore, dir: &Path) -> CommandLine {
    let environment = wish
        .environment
        .map(|environment| environment.map_or("none", Environment::id));
    let line = CommandLine::new("new")
        .word(dir.display().to_string())
        .options("--distribution", wish.distribution.map(Distribution::id))
        .options("--release", &wish.release)
        .packages(&wish.packages)
        .options("--env", environment)
        .options("--repository", &wish.repositories)
        .options("--name", &wish.name)
        .sources(&run.metadata.source)
        .platform(&wish.platform);
    run.installing.add_to(line)
}

/// Makes a project in a folder that is empty or not there, and tells how it is installed, or installs it.
pub(crate) fn run(args: &NewArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    if let Some(other) = RootFiles::named_by_variable() {
        let message = format!(
            "COMPOSER={other} names another file than composer.json, which a new project has"
        );
        return Err(CliError::message(Exit::Usage, message)
            .hint("unset it for the run: `env -u COMPOSER mageshift new …`"));
    }
    ui.dialog.hold(|| make(args, global, ui))
}

/// Asks for what is open, plans and finishes; from the beginning again each time that somebody goes back.
fn make(args: &NewArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
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
    let guided = ui.can_prompt() && !args.consent.yes && guide::ask(&mut run, here, ui)?;
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
    let again = command_line(&run, &wish, &dir);
    let how = Finish {
        out: args.saving.out.as_deref(),
        guided,
        ..Finish::new(&dir, &args.consent, again)
    };
    let exit = finish(plan, ui, &how)?;
    if run.installing.install && exit == Exit::Done && !args.consent.dry_run {
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
