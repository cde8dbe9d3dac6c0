//! `mageshift new --install`: has Composer install what was written.

use super::error::CliError;
use super::exit::Exit;
use super::ui::Ui;
use crate::plan::environment::{Environment, project_name};
use std::path::Path;
use std::process::{Command, Stdio};

/// Whether there is a program of this name to run.
pub(super) fn is_on_path(program: &str) -> bool {
    let names = [
        program.to_owned(),
        format!("{program}{}", std::env::consts::EXE_SUFFIX),
    ];
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| names.iter().any(|name| folder.join(name).is_file()))
}

/// Runs `composer install` in the project, inside the environment when there is one, each command shown before it runs and
/// with its output as it comes. Where the program is missing, the commands are told instead.
pub(super) fn install(
    dir: &Path,
    environment: Option<Environment>,
    ui: &Ui,
) -> Result<(), CliError> {
    let mut commands = Vec::new();
    if let Some(environment) = environment {
        commands.extend(environment.start(&project_name(dir)));
    }
    let inside = environment.map_or("", Environment::inside);
    commands.push(format!("{inside}composer install"));
    let program = environment.map_or("composer", Environment::id);
    if !is_on_path(program) {
        let commands = commands.join("\n  ");
        return ui.warn(&format!(
            "Nothing was installed: there is no {program} on the PATH. Where it is, run\n  cd {}\n  {commands}",
            dir.display()
        ));
    }
    for (index, command) in commands.iter().enumerate() {
        ui.tell(&format!("\n{}", ui.stderr.bold(&format!("$ {command}"))))?;
        if !runs(command, dir, ui)? {
            let rest = commands
                .iter()
                .skip(index)
                .cloned()
                .collect::<Vec<_>>()
                .join("\n  ");
            let message = format!("`{command}` failed; the project's files are written");
            return Err(CliError::message(Exit::Failed, message).hint(format!(
                "when the cause is gone, go on with\n  cd {}\n  {rest}",
                dir.display()
            )));
        }
    }
    Ok(())
}

/// Runs a command of plain words and waits for it; whether it succeeded. Standard output is not its own when a JSON document
/// goes there.
fn runs(command: &str, dir: &Path, ui: &Ui) -> Result<bool, CliError> {
    let mut words = command.split(' ');
    let program = words.next().unwrap_or_default();
    let mut command = Command::new(program);
    command.args(words).current_dir(dir);
    if ui.json {
        command.stdout(Stdio::from(std::io::stderr()));
    }
    if !ui.can_prompt() {
        command.stdin(Stdio::null());
    }
    Ok(command.status()?.success())
}
