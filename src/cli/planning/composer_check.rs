//! `--verify`: what a Composer on the PATH says to a plan.

use super::terminal::Terminal;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::plan::{Code, Finding, Plan};
use crate::planner::wish::ask::Ask;
use crate::project::root_files::RootFiles;
use composer_engine::files as disk;
use std::path::Path;
use std::process::{Command, Stdio};

/// Lets Composer check the new root and lock in a folder of their own. Nothing of the store is touched, and Composer
/// needs no network for it.
pub(crate) fn verify(
    plan: &Plan,
    store: &Path,
    files: &RootFiles,
    terminal: &Terminal<'_>,
) -> Result<Option<Finding>, CliError> {
    if plan.is_blocked() {
        return Ok(None);
    }
    terminal.phase("Asking Composer");
    let folder = tempfile::tempdir()?;
    // Of all files that a plan may change Composer reads these two.
    let edits = plan.edits.iter();
    for edit in edits.filter(|edit| files.contain(&edit.path)) {
        let text = match &edit.after {
            Some(text) => text.clone(),
            None => disk::text(&store.join(&edit.path), disk::DATA)?,
        };
        let file = folder.path().join(&edit.path);
        std::fs::create_dir_all(file.parent().unwrap_or(folder.path()))?;
        std::fs::write(file, text)?;
    }
    // Composer is a script on Windows, which is only run by its whole name.
    let composer = which::which("composer").unwrap_or_else(|_| "composer".into());
    let output = Command::new(composer)
        .args([
            "install",
            "--dry-run",
            "--no-plugins",
            "--no-scripts",
            "--no-interaction",
            "--ignore-platform-reqs",
        ])
        .current_dir(folder.path())
        .env("COMPOSER", &files.root)
        .env("COMPOSER_DISABLE_NETWORK", "1")
        .env("COMPOSER_ALLOW_SUPERUSER", "1")
        .stdin(Stdio::null())
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(CliError::message(
                Exit::Failed,
                "--verify needs a Composer, and there is none on the PATH",
            )
            .hint("install Composer, or leave --verify out"));
        }
        Err(error) => return Err(error.into()),
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    let accepted = output.status.success() && !said.contains("not up to date");
    Ok(Some(match accepted {
        true => Finding::new(
            Code::ComposerAgrees,
            "Composer accepts the new lock",
            "`composer install --dry-run` with the new composer.json and composer.lock proposes to install exactly this.",
        ),
        false => Finding::new(
            Code::ComposerDisagrees,
            "Composer does not accept the new lock",
            said,
        ),
    }))
}
