//! `mageshift fleet`: many stores in one run.

mod apply;
mod args;
mod crew;
mod failure;
mod look;
mod place;
mod report;
mod run;
mod show;
mod stores;
mod undo;

use crate::cli::options::args::GlobalArgs;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::screen::ui::Ui;
use crate::fleet::results::Stage;
use clap::{Args, Subcommand};

/// Check, plan and switch many stores in one run
///
/// Stores are named by folders, patterns, a list file (TOML or JSON Lines) or standard input. Each has a result of its own in
/// the folder of results: a run that was cut off goes on there, and a store that did not change is not looked at again.
#[derive(Debug, Args)]
#[command(after_long_help = "\
A list of stores:
  # stores.toml
  [defaults]
  to = \"mage-os\"

  [[store]]
  name = \"Acme\"
  path = \"/srv/acme\"

  [[store]]
  git = \"git@forge.example:bolt/shop.git\"
  branch = \"main\"
  folder = \"src\"
  tags = [\"eu\"]

Examples:
  mageshift fleet check /srv/shops --to mage-os --to magento
  mageshift fleet plan stores.toml --tag eu --json
  printf '%s\\n' /srv/shops/* | mageshift fleet check - --to mage-os
  mageshift fleet report

Exit codes:
  0 all go         1 some failed           5 something is missing of a fleet
  3 some blocked   2 wrong usage")]
pub(crate) struct FleetArgs {
    #[command(subcommand)]
    command: FleetCommand,
}

#[derive(Debug, Subcommand)]
enum FleetCommand {
    /// Say of each store what it is and which targets it can reach
    #[command(after_long_help = "\
Examples:
  mageshift fleet check /srv/shops --to mage-os --to magento
  mageshift fleet check stores.toml --shard 1/4 --out results-1
  printf '%s\\n' /srv/shops/* | mageshift fleet check - --to mage-os")]
    Check(Box<args::RunArgs>),
    /// Plan the switch of each store, and keep the plans
    #[command(after_long_help = "\
Examples:
  mageshift fleet plan stores.toml
  mageshift fleet plan stores.toml --tag eu --to mage-os@3.4.0 --json")]
    Plan(Box<args::RunArgs>),
    Apply(Box<ApplyArgs>),
    Undo(undo::UndoArgs),
    Report(report::ReportArgs),
}

/// Plan each store and carry the plans out
///
/// A store in git gets a branch mageshift/TARGET-RELEASE with a commit; no file of its checkout is touched, and the text of a pull
/// request is kept with the results. --push pushes the branches, --open-pr opens the pull requests. A store that is in no
/// repository is written in place, as `mageshift switch` does.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  mageshift fleet apply stores.toml --yes
  mageshift fleet apply stores.toml --tag eu --push --open-pr --yes")]
struct ApplyArgs {
    #[command(flatten)]
    run: args::RunArgs,
    #[command(flatten)]
    applying: args::ApplyingArgs,
}

impl FleetArgs {
    /// Carries out what is named. The exit code of a stage is that of the store with the worst outcome.
    pub(crate) fn run(&self, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
        match &self.command {
            FleetCommand::Check(args) => run::run(Stage::Check, args, None, global, ui),
            FleetCommand::Plan(args) => run::run(Stage::Plan, args, None, global, ui),
            FleetCommand::Apply(args) => {
                run::run(Stage::Apply, &args.run, Some(&args.applying), global, ui)
            }
            FleetCommand::Undo(args) => undo::run(args, ui),
            FleetCommand::Report(args) => report::run(args, ui),
        }
    }
}
