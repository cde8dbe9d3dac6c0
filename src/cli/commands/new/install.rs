//! `mageshift new --install`: has Composer install what was written, and Magento set the shop up.

use super::run::Run;
use crate::apply::Journals;
use crate::cli::options::command_line::CommandLine;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::screen::prompt;
use crate::cli::screen::ui::Ui;
use crate::planner::error::PlanError;
use crate::planner::pipeline::new::steps::{
    ADMIN_PASSWORD, DB_PASSWORD, Setup, Surroundings, variable,
};
use crate::planner::survey::Survey;
use crate::planner::wish::environment::Environment;
use crate::project::site::Site;
use crate::project::{LOCK, Project, ROOT};
use composer_engine::format::auth::Secret;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Whether there is a program of this name to run.
pub(crate) fn is_on_path(program: &str) -> bool {
    which::which(program).is_ok()
}

/// Whether a folder holds a project that mageshift made.
pub(crate) fn is_made(dir: &Path) -> Result<bool, CliError> {
    let is_there = [ROOT, LOCK].iter().all(|file| dir.join(file).is_file());
    Ok(is_there && !Journals::open(dir)?.list()?.is_empty())
}

/// Runs `composer install` in the project, unless it is done, and then `setup:install`, inside the environment when there is
/// one; each command is shown before it runs, with its output as it comes. Where a program is missing, the commands are told
/// instead.
pub(crate) fn install(dir: &Path, made: &Run, ui: &Ui) -> Result<(), CliError> {
    let site = Site::at(dir);
    let environment = made
        .wish
        .environment
        .flatten()
        .or_else(|| Environment::of_folder(site.files()));
    let inside = environment.map_or("", Environment::inside);
    let mut commands = Vec::new();
    if let Some(environment) = environment {
        commands.extend(environment.start(&site.name()));
    }
    // Composer writes this file last.
    if !dir.join("vendor/autoload.php").is_file() {
        commands.push(format!("{inside}composer install"));
    }
    let program = environment.map_or("composer", Environment::id);
    if !commands.is_empty() && !is_on_path(program) {
        let commands = commands.join("\n  ");
        return ui.warn(&format!(
            "Nothing was installed: there is no {program} on the PATH. Where it is, run\n  cd {}\n  {commands}",
            dir.display()
        ));
    }
    for command in &commands {
        let words: Vec<&str> = command.split(' ').collect();
        run(&words, None, command, dir, ui)?;
    }
    set_up(dir, made, environment, ui)
}

/// Takes over `argv` from standard input, so that passwords are on no command line.
const MAGENTO: &str = "$_SERVER['argv'] = json_decode(stream_get_contents(STDIN), true); $_SERVER['argc'] = count($_SERVER['argv']); require 'bin/magento';";

fn set_up(
    dir: &Path,
    made: &Run,
    environment: Option<Environment>,
    ui: &Ui,
) -> Result<(), CliError> {
    let setup = made.installing.setup(&made.wish.packages.language);
    let asked_for = Setup {
        language: None,
        ..setup.clone()
    };
    if asked_for == Setup::default() {
        return Ok(());
    }
    let mut known = surroundings(dir, made, environment)?.setup(&setup);
    let is_secret = |option: &str| [DB_PASSWORD, ADMIN_PASSWORD].contains(&option);
    let missing: Vec<String> = known
        .iter()
        .filter(|(option, value)| value.is_none() && !is_secret(option))
        .map(|(option, _)| {
            format!(
                "--{}",
                option
                    .replace("opensearch", "search")
                    .replace("elasticsearch", "search")
            )
        })
        .collect();
    if !missing.is_empty() {
        return ui.warn(&format!(
            "The shop was not set up: {} is missing. The same command with it goes on from here.",
            missing.join(", ")
        ));
    }
    let mut secrets = Vec::new();
    for (option, value) in known.iter_mut().filter(|(_, value)| value.is_none()) {
        let Some(secret) = password(option, ui)? else {
            let variable = variable(option);
            return ui.warn(&format!(
                "The shop was not set up: there is nobody to ask for --{option}. Put it into {variable}; the same command goes on from here."
            ));
        };
        *value = Some(secret.expose().to_owned());
        secrets.push(option.clone());
    }
    let words = known.iter().map(|(option, value)| {
        let value = value.as_deref().unwrap_or_default();
        (
            format!("--{option}={value}"),
            secrets.contains(option).then(|| format!("--{option}=***")),
        )
    });
    let mut argv = vec!["bin/magento".to_owned(), "setup:install".to_owned()];
    let mut shown = CommandLine::of(["bin/magento", "setup:install"]);
    for (word, hidden) in words {
        shown = shown.word(hidden.unwrap_or_else(|| word.clone()));
        argv.push(word);
    }
    let inside = environment.map_or("", Environment::inside);
    let php: Vec<&str> = inside
        .split_whitespace()
        .chain(["php", "-r", MAGENTO])
        .collect();
    let argv = serde_json::to_vec(&argv).map_err(|error| CliError::new(Exit::Failed, error))?;
    run(&php, Some(&argv), &format!("{inside}{shown}"), dir, ui)
}

/// What the project on disk is installed with.
fn surroundings(
    dir: &Path,
    made: &Run,
    environment: Option<Environment>,
) -> Result<Surroundings, CliError> {
    let project = Project::read(dir).map_err(PlanError::from)?;
    let options = made.metadata.options(project.root.value(), dir)?;
    let survey = Survey::new(&project, &options)?;
    let target = survey.source.target;
    let version = survey.source.release.clone().unwrap_or_default();
    let release = survey.catalog.facts(target, &version).cloned();
    let release = release.unwrap_or_else(|| crate::distribution::Release::unknown(&version));
    let lock = project
        .lock()
        .map(|lock| lock.value().clone())
        .unwrap_or_default();
    let php = made.wish.platform.php.as_deref();
    Ok(Surroundings::of(
        target,
        &release,
        &lock,
        environment,
        &Site::at(dir).name(),
        php,
    ))
}

/// A password from the surroundings or from the user; none when there is nobody to ask.
fn password(option: &str, ui: &Ui) -> Result<Option<Secret>, CliError> {
    if let Ok(secret) = std::env::var(variable(option)) {
        return Ok(Some(Secret::new(secret)));
    }
    if !ui.can_prompt() {
        return Ok(None);
    }
    prompt::secret(ui, &format!("--{option}")).map(|secret| Some(Secret::new(secret)))
}

/// Shows a command, runs it with `input` and waits for it. Standard output is not its own when a JSON document goes there.
fn run(
    words: &[&str],
    input: Option<&[u8]>,
    shown: &str,
    dir: &Path,
    ui: &Ui,
) -> Result<(), CliError> {
    ui.tell(&format!("\n{}", ui.stderr.bold(format!("$ {shown}"))))?;
    let failed = || {
        CliError::message(
            Exit::Failed,
            format!("`{shown}` failed; the project's files are written"),
        )
        .hint("when the cause is gone, the same command goes on from here")
    };
    let (program, arguments) = words.split_first().ok_or_else(failed)?;
    // Composer is a script on Windows, which is only run by its whole name.
    let found = which::which(program).unwrap_or_else(|_| program.into());
    let mut command = Command::new(found);
    command.args(arguments).current_dir(dir);
    if ui.json {
        command.stdout(Stdio::from(std::io::stderr()));
    }
    if input.is_some() {
        command.stdin(Stdio::piped());
    } else if !ui.can_prompt() {
        command.stdin(Stdio::null());
    }
    let mut child = command.spawn().map_err(|error| {
        let what = format!("{program} cannot be run");
        CliError::new(Exit::Failed, anyhow::Error::new(error).context(what))
            .hint("when the cause is gone, the same command goes on from here")
    })?;
    if let (Some(input), Some(mut pipe)) = (input, child.stdin.take()) {
        // Who does not read it all has failed, and says so by its exit code.
        let _ = pipe.write_all(input);
    }
    if child.wait()?.success() {
        Ok(())
    } else {
        Err(failed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_a_variable() {
        assert_eq!(variable(DB_PASSWORD), "MAGESHIFT_DB_PASSWORD");
    }
}
