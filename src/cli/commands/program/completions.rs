//! `mageshift completions`

use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::screen::ui::Ui;
use clap::{Args, ValueEnum};
use clap_complete::generate;
use clap_complete::shells;
use clap_complete_nushell::Nushell;

/// Print a shell's completion script
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  bash:  mageshift completions bash >> ~/.bash_completion
  zsh:   mageshift completions zsh > \"${fpath[1]}/_mageshift\"
  fish:  mageshift completions fish > ~/.config/fish/completions/mageshift.fish")]
pub(crate) struct CompletionsArgs {
    #[arg(value_enum)]
    pub shell: Script,
}

/// The shells that scripts are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lowercase")]
pub(crate) enum Script {
    Bash,
    Elvish,
    Fish,
    Nushell,
    PowerShell,
    Zsh,
}

/// `cli` is the whole command line.
pub(crate) fn run(
    args: &CompletionsArgs,
    mut cli: clap::Command,
    ui: &Ui,
) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    let (name, out) = ("mageshift", &mut script);
    match args.shell {
        Script::Bash => generate(shells::Bash, &mut cli, name, out),
        Script::Elvish => generate(shells::Elvish, &mut cli, name, out),
        Script::Fish => generate(shells::Fish, &mut cli, name, out),
        Script::Nushell => generate(Nushell, &mut cli, name, out),
        Script::PowerShell => generate(shells::PowerShell, &mut cli, name, out),
        Script::Zsh => generate(shells::Zsh, &mut cli, name, out),
    }
    ui.output(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
