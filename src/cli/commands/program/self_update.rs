//! `mageshift self-update`

use super::installation;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::screen::ui::Ui;
use anyhow::Context;
use clap::Args;
use std::process::{Command, Stdio};

/// Replace this program by the newest release
///
/// Only a program that install.sh installed: its script fetches the release, checks signature and checksum, and puts it in
/// place. One that a package manager, cargo or Composer installed is updated by those.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  mageshift self-update
  mageshift self-update --release 1.4.0

Exit codes:
  0 updated, or already the newest   1 failed, or not installed by install.sh")]
pub(crate) struct SelfUpdateArgs {
    /// This release and not the newest one; it may be an older one
    #[arg(long, value_name = "VERSION", value_parser = release)]
    pub release: Option<String>,
}

/// A version as releases have them: an option of the script could be smuggled in otherwise.
fn release(text: &str) -> Result<String, String> {
    match semver::Version::parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("a release has three numbers, as 1.4.0".to_owned()),
    }
}

/// Puts another release of the program in the place of this one, where it was installed by its own installer.
pub(crate) fn run(args: &SelfUpdateArgs, ui: &Ui) -> Result<Exit, CliError> {
    let Some(installation) = installation::own() else {
        return Err(CliError::message(
            Exit::Failed,
            "this mageshift was not installed by install.sh, so it does not replace itself",
        )
        .hint("update it the way it was installed: with the package manager, cargo, Composer, or the checkout"));
    };
    let mut command = Command::new("sh");
    command
        .arg(&installation.script)
        .arg("--prefix")
        .arg(&installation.prefix);
    match &args.release {
        Some(release) => command.args(["--version", release]),
        None => command.arg("--update"),
    };
    // What the script tells is passed on, but standard output stays free for a document.
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run sh {}", installation.script.display()))
        .map_err(|error| CliError::new(Exit::Failed, error))?;
    ui.tell(String::from_utf8_lossy(&output.stdout).trim_end())?;
    match output.status.success() {
        true => Ok(Exit::Done),
        false => Err(CliError::message(
            Exit::Failed,
            "the release was not installed; this program is as it was",
        )),
    }
}
