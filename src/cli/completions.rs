//! `mageshift completions`

use super::error::CliError;
use super::exit::Exit;
use super::ui::Ui;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Print a shell's completion script
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  bash:  mageshift completions bash > ~/.local/share/bash-completion/completions/mageshift
  zsh:   mageshift completions zsh > \"${fpath[1]}/_mageshift\"
  fish:  mageshift completions fish > ~/.config/fish/completions/mageshift.fish")]
pub struct CompletionsArgs {
    #[arg(value_enum)]
    pub shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(
        args.shell,
        &mut super::Cli::command(),
        "mageshift",
        &mut script,
    );
    ui.document(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
