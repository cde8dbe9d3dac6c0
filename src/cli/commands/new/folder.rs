//! Whether a project can be made in a folder.

use crate::apply::Journals;
use crate::cli::options::command_line::CommandLine;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::project::site::Site;
use anyhow::Context;
use std::path::Path;

/// Fails when a project cannot be made in the folder without touching what is there.
pub(crate) fn check_folder(dir: &Path) -> Result<(), CliError> {
    if dir.exists() && !dir.is_dir() {
        return Err(CliError::message(
            Exit::Unusable,
            format!("{} is not a folder", dir.display()),
        ));
    }
    let names = Site::at(dir)
        .collisions()
        .with_context(|| format!("cannot read {}", dir.display()));
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
        let undo = CommandLine::new("undo").in_store(dir);
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
