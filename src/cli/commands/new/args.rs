//! The arguments of `mageshift new`.

use super::install_args::InstallArgs;
use crate::cli::options::args::{ConsentArgs, PlatformArgs, SavingArgs, SourceArgs};
use crate::cli::options::selection::SelectionArgs;
use crate::cli::options::values;
use crate::planner::wish::environment::Environment;
use clap::Args;
use std::path::PathBuf;

/// What `--env` takes.
pub(crate) const ENVIRONMENTS: [&str; 3] = ["ddev", "warden", "none"];

/// Create a store: composer.json, composer.lock and .gitignore
///
/// What `composer create-project` would write, without Composer, PHP or an account, and with as few packages as you want.
/// Shown first, written on yes, and taken back with `mageshift undo`. On a terminal, what is not given as an option is asked.
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = "\
Examples:
  Be guided:
    mageshift new

  The smallest Mage-OS:
    mageshift new shop --profile minimal

  A German shop in DDEV with something in it:
    mageshift new shop --profile lite --language de_DE --sample-data --env ddev

  Magento Open Source, a certain release:
    mageshift new shop --distribution magento --release 2.4.8-p4

Exit codes:
  0 done                     3 blocked                    5 not applied
  1 failed                   4 the folder is not empty    130 interrupted
  2 wrong usage")]
pub(crate) struct NewArgs {
    /// The folder, which need not exist; the current one unless given
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,

    /// mage-os, magento (Open Source) or commerce
    #[arg(long, value_name = "NAME", value_parser = values::distribution(), hide_possible_values = true)]
    pub distribution: Option<String>,

    /// The release, or a constraint such as `3.*`; the newest unless given
    #[arg(long, value_name = "RELEASE", value_parser = values::release(), hide_possible_values = true)]
    pub release: Option<String>,

    /// Configure a development environment: ddev, warden or none
    #[arg(long, value_name = "NAME", value_parser = ENVIRONMENTS, hide_possible_values = true)]
    pub env: Option<String>,

    /// A further Composer repository, such as your own of Hyvä; repeatable
    #[arg(long, value_name = "URL")]
    pub repository: Vec<String>,

    /// The project's name in composer.json
    #[arg(long, value_name = "VENDOR/NAME", value_parser = project_name)]
    pub name: Option<String>,

    /// Take what no option says from a file of answers
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,

    /// Save the answers, to repeat the run with --answers
    #[arg(long, value_name = "FILE")]
    pub save_answers: Option<PathBuf>,

    #[command(flatten)]
    pub packages: SelectionArgs,

    #[command(flatten)]
    pub installing: InstallArgs,

    #[command(flatten)]
    pub consent: ConsentArgs,
    #[command(flatten)]
    pub saving: SavingArgs,
    #[command(flatten)]
    pub source: SourceArgs,
    #[command(flatten)]
    pub platform: PlatformArgs,
}

/// A name as Composer takes it (its JSON schema).
pub(crate) fn project_name(name: &str) -> Result<String, String> {
    let part = |part: &str| {
        let is_separator = |c: char| matches!(c, '.' | '_' | '-');
        let edge =
            |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        part.chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || is_separator(c))
            && edge(part.chars().next())
            && edge(part.chars().last())
    };
    match name.split_once('/') {
        Some((vendor, short)) if part(vendor) && part(short) => Ok(name.to_owned()),
        _ => Err("a name is VENDOR/NAME in lower case, such as acme/shop".to_owned()),
    }
}

/// The environment that `--env` names, which may be no one.
pub(super) fn environment(id: &str) -> Option<Environment> {
    Environment::ALL
        .into_iter()
        .find(|environment| environment.id() == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_composers() {
        assert!(project_name("acme/shop-2.0").is_ok());
        for wrong in [
            "shop",
            "Acme/shop",
            "acme/",
            "acme/shop-",
            "a/b/c",
            "acme/my shop",
        ] {
            assert!(project_name(wrong).is_err(), "{wrong}");
        }
    }
}
