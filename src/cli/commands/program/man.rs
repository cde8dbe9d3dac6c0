//! `mageshift man`

use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::screen::ui::Ui;
use anyhow::Context;
use clap::Args;
use std::path::PathBuf;

/// Write the manual pages, one for each command, into a folder
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  Write the manual pages where `man` looks for those of this user:
    mageshift man ~/.local/share/man/man1")]
pub(crate) struct ManArgs {
    /// The folder; it is made when it is not there
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// `cli` is the whole command line.
pub(crate) fn run(args: &ManArgs, cli: clap::Command, ui: &Ui) -> Result<Exit, CliError> {
    let folder = &args.folder;
    let write = || {
        std::fs::create_dir_all(folder)?;
        clap_mangen::generate_to(cli, folder)
    };
    write()
        .with_context(|| format!("cannot write the manual pages into {}", folder.display()))
        .map_err(|error| CliError::new(Exit::Failed, error))?;
    ui.tell(&format!(
        "Wrote the manual pages into {}.",
        folder.display()
    ))?;
    Ok(Exit::Done)
}
