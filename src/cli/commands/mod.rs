//! The commands, and the options of all of them.

pub(crate) mod auth;
pub(crate) mod catalog;
pub(crate) mod check;
mod data;
mod fleet;
pub(crate) mod lock;
pub(crate) mod new;
pub(crate) mod overview;
pub(crate) mod plans;
pub(crate) mod program;
pub(crate) mod report;
pub(crate) mod slim;
pub(crate) mod switch;
pub(crate) mod why;

use super::options::args::GlobalArgs;
use catalog::{profiles, releases};
use clap::{Parser, Subcommand};
use plans::{apply, next, undo};
use program::{completions, doctor, explain, man, self_update};

/// Switch a store between Mage-OS, Magento Open Source and Adobe Commerce
///
/// mageshift rewrites composer.json and composer.lock without PHP and without Composer: previewed, applied as one unit,
/// and undone byte for byte.
#[derive(Debug, Parser)]
#[command(
    name = "mageshift",
    version,
    max_term_width = 80,
    propagate_version = true
)]
pub struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
}

/// The commands; what is said of each here is its help.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Switch(Box<switch::SwitchArgs>),
    /// Switch to the newest release of what the store is
    ///
    /// The same as `mageshift switch --to TARGET@latest` with the store's own target, with the same options. What the store is
    /// stays: to make it something else, use `switch`.
    #[command(
        mut_arg("to", |arg| arg.hide(true)),
        mut_arg("target", |arg| arg.help("Another release than the newest, with the store's own target: mage-os@3.*")),
        after_long_help = "\
Examples:
  See what the newest release would change:
    mageshift upgrade --dry-run

  The newest release of a line, without questions:
    mageshift upgrade 'magento@2.4.*' --yes

  In a pipeline: plan here, apply there:
    mageshift upgrade --out plan.json --check
    mageshift apply plan.json --yes

Exit codes:
  0 done, or nothing to do   3 blocked                  5 not applied
  1 failed                   4 the store is not usable  130 interrupted
  2 wrong usage"
    )]
    Upgrade(Box<switch::SwitchArgs>),
    /// Show what a switch would change, and write nothing
    ///
    /// The same as `mageshift switch --dry-run`, with the same options.
    #[command(hide = true)]
    Plan(Box<switch::SwitchArgs>),
    Slim(Box<slim::SlimArgs>),
    New(Box<new::NewArgs>),
    Profiles(profiles::ProfilesArgs),
    Apply(apply::ApplyArgs),
    Next(next::NextArgs),
    Undo(undo::UndoArgs),
    #[command(visible_alias = "status")]
    Check(check::CheckArgs),
    /// Print the version
    #[command(hide = true)]
    Version,
    /// Say what this folder is and what can be done here, as without a command
    #[command(hide = true)]
    Overview,
    Lock(Box<lock::LockArgs>),
    Data(Box<data::DataArgs>),
    Fleet(fleet::FleetArgs),
    Auth(auth::AuthArgs),
    Why(why::WhyArgs),
    WhyNot(why::WhyNotArgs),
    Releases(releases::ReleasesArgs),
    Report(Box<report::ReportArgs>),
    Explain(explain::ExplainArgs),
    Doctor(doctor::DoctorArgs),
    SelfUpdate(self_update::SelfUpdateArgs),
    Completions(completions::CompletionsArgs),
    #[command(hide = true)]
    Man(man::ManArgs),
}

impl Command {
    /// Whether it works on a store that is there, which may be a folder above the current one.
    pub(super) fn is_about_a_store(&self) -> bool {
        match self {
            Self::Switch(_)
            | Self::Upgrade(_)
            | Self::Plan(_)
            | Self::Slim(_)
            | Self::Apply(_)
            | Self::Next(_)
            | Self::Undo(_)
            | Self::Check(_)
            | Self::Lock(_)
            | Self::Why(_)
            | Self::WhyNot(_)
            | Self::Doctor(_)
            | Self::Data(_)
            | Self::Overview => true,
            Self::Report(args) => args.inputs.is_empty(),
            Self::New(_)
            | Self::Profiles(_)
            | Self::Auth(_)
            | Self::Releases(_)
            | Self::Explain(_)
            | Self::Completions(_)
            | Self::SelfUpdate(_)
            | Self::Man(_)
            | Self::Fleet(_)
            | Self::Version => false,
        }
    }
}
