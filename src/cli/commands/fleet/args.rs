//! The options of a fleet.

use crate::cli::options::args::{AgreedArgs, PlatformArgs, SourceArgs};
use crate::cli::options::decisions::DecisionArgs;
use crate::cli::options::selection::SelectionArgs;
use crate::cli::options::values;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::distribution::TargetSpec;
use crate::fleet::git::{Forge, ForgeError, GitError};
use crate::fleet::list::{self, Entry, ListError, Settings};
use crate::fleet::shard::{Shard, ShardError};
use crate::planner::wish::{Aim, IgnorePlatform, Packages, PlatformWish, Wish};
use clap::{Args, ValueEnum};
use std::io::Read;
use std::path::PathBuf;

/// Where results are kept unless it is said.
pub(super) const RESULTS: &str = "mageshift-fleet";

/// More than any list of stores has.
const LONGEST_LIST: u64 = 256 * 1024 * 1024;

/// Which stores a fleet has, who works on which, and where results are kept.
#[derive(Debug, Clone, Args)]
pub(super) struct StoresArgs {
    /// Stores: folders, patterns, list files (.toml, .jsonl), or `-`
    #[arg(
        value_name = "STORES",
        required = true,
        long_help = "Stores: a store's folder, a folder of stores, a pattern of folders ('/srv/*/live'), a list file that ends with .toml, .jsonl or .ndjson, or `-` for a list or paths on standard input"
    )]
    pub stores: Vec<String>,

    /// Only stores with this tag; repeatable
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,

    /// Where results are kept: a folder, or s3://, gs://, az://
    #[arg(
        long,
        value_name = "PLACE",
        default_value = RESULTS,
        hide_default_value = true,
        long_help = "Where results are kept, one for each store, and where a run that was cut off goes on: a folder (mageshift-fleet), or an address that begins with s3://, gs:// or az:// (a program that was built without the feature `cloud` says so)"
    )]
    pub out: String,

    /// Where stores are cloned that a list names by `git`
    #[arg(
        long,
        value_name = "DIR",
        long_help = "The folder for clones of stores that a list names by `git`; `clones` in the folder of results. They are kept, and brought up to date by the next run"
    )]
    pub clones: Option<PathBuf>,

    /// How many stores at once; as many as there are cores
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,

    /// The part of the fleet for this worker, as 3/8
    #[arg(
        long,
        value_name = "K/N",
        long_help = "The part of the fleet for this worker, as 3/8 for the third of eight. Left out, the variables of Kubernetes Indexed Jobs, GitLab's parallel, Slurm arrays and AWS Batch arrays say it, else MAGESHIFT_SHARD; MAGESHIFT_SHARDS is their number where the engine does not tell it"
    )]
    pub shard: Option<String>,
}

/// The stores of a fleet, and what is wanted of them.
#[derive(Debug, Clone, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub stores: StoresArgs,

    /// What the stores become; repeatable, to compare targets
    #[arg(
        long,
        value_name = "TARGET[@RELEASE]",
        value_parser = values::target_spec(),
        hide_possible_values = true,
        long_help = "What the stores become, where their list does not say: mage-os, mage-os-minimal, magento, commerce or commerce-cloud. Repeatable, to compare targets"
    )]
    pub to: Vec<TargetSpec>,

    /// Look at stores again that did not change
    #[arg(long)]
    pub again: bool,

    #[command(flatten)]
    pub decisions: DecisionArgs,

    #[command(flatten)]
    pub packages: SelectionArgs,
    #[command(flatten)]
    pub source: SourceArgs,
    #[command(flatten)]
    pub platform: PlatformArgs,
}

impl RunArgs {
    /// What is wanted of every store.
    pub(super) fn settings(&self) -> Settings {
        let packages = &self.packages;
        Settings {
            to: self.to.clone(),
            php: self.platform.php.clone(),
            ignore_platform_req: self.platform.ignore_platform_req.clone(),
            ignore_platform_reqs: self.platform.ignore_platform_reqs.then_some(true),
            profile: packages.profile.clone(),
            with: packages.with.clone(),
            without: packages.without.clone(),
            language: packages.language.clone(),
            theme: packages.theme.clone(),
            checkout: packages.checkout.clone(),
            keep: self.decisions.keep.clone(),
            take: self.decisions.take.clone(),
            accept_data_loss: None,
            allow_downgrade: None,
        }
    }
}

impl StoresArgs {
    /// How many stores are worked on at once.
    pub(super) fn jobs(&self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        self.jobs.map_or(cores, usize::from)
    }

    /// The stores of this worker, and which shard it is, with the variable that says so.
    pub(super) fn entries(&self) -> Result<(Vec<Entry>, Shard, Option<&'static str>), CliError> {
        let (shard, variable) = match &self.shard {
            Some(shard) => (shard.parse()?, None),
            None => match Shard::told(|name| std::env::var(name).ok())? {
                Some((shard, variable)) => (shard, Some(variable)),
                None => (Shard::WHOLE, None),
            },
        };
        let mut entries = list::gather(&self.stores, &mut || {
            let mut text = String::new();
            let mut input = std::io::stdin().lock().take(LONGEST_LIST);
            input.read_to_string(&mut text)?;
            Ok(text)
        })?;
        let is_wanted = |entry: &Entry| {
            self.tag.is_empty() || self.tag.iter().any(|tag| entry.tags.contains(tag))
        };
        let all = entries.len();
        entries.retain(is_wanted);
        if entries.is_empty() {
            let message = match all {
                0 => "no store is named".to_owned(),
                _ => format!(
                    "none of the {all} stores has the tag {}",
                    self.tag.join(" or ")
                ),
            };
            return Err(CliError::message(Exit::Usage, message));
        }
        entries.retain(|entry| shard.has(&entry.name));
        Ok((entries, shard, variable))
    }
}

/// What is wished of a store with these settings, as far as no target is concerned.
pub(super) fn wish(settings: &Settings) -> Wish {
    Wish {
        aim: Aim::Switch(None),
        packages: Packages {
            profile: settings.profile.clone(),
            with: settings.with.clone(),
            without: settings.without.clone(),
            theme: settings.theme.clone(),
            checkout: settings.checkout.clone(),
            language: settings.language.clone(),
            sample_data: false,
        },
        platform: PlatformWish {
            php: settings.php.clone(),
            ignored: IgnorePlatform::of(
                settings.ignore_platform_reqs == Some(true),
                &settings.ignore_platform_req,
            ),
        },
        keep: settings.keep.clone(),
        take: settings.take.clone(),
        ..Wish::default()
    }
}

impl From<ListError> for CliError {
    fn from(error: ListError) -> Self {
        let hint = error.hint();
        Self::new(Exit::Usage, error).hint(hint)
    }
}

impl From<ShardError> for CliError {
    fn from(error: ShardError) -> Self {
        let hint = error.hint();
        Self::new(Exit::Usage, error).hint(hint)
    }
}

/// How plans of a fleet are carried out.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Applying")]
pub(super) struct ApplyingArgs {
    /// Apply without asking
    #[arg(short, long)]
    pub yes: bool,

    #[command(flatten)]
    pub agreed: AgreedArgs,

    /// Write the files of a checkout in place, without a branch
    #[arg(long, conflicts_with_all = ["push", "open_pr"])]
    pub in_place: bool,

    /// Push the branches to where the repositories came from
    #[arg(long)]
    pub push: bool,

    /// Open a pull request for each branch, by `gh` or `glab`
    #[arg(long, requires = "push")]
    pub open_pr: bool,

    /// Which program opens pull requests, where the address does not say it
    #[arg(
        long,
        value_enum,
        value_name = "FORGE",
        requires = "open_pr",
        hide_possible_values = true,
        long_help = "Which forge the repositories are on, where their address does not say it: github (`gh`) or gitlab (`glab`)"
    )]
    pub forge: Option<ForgeArg>,
}

/// What `--forge` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ForgeArg {
    Github,
    Gitlab,
}

impl From<ForgeArg> for Forge {
    fn from(forge: ForgeArg) -> Self {
        match forge {
            ForgeArg::Github => Self::GitHub,
            ForgeArg::Gitlab => Self::GitLab,
        }
    }
}

impl From<GitError> for CliError {
    fn from(error: GitError) -> Self {
        let hint = error.hint();
        let error = Self::new(Exit::Failed, error);
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

impl From<ForgeError> for CliError {
    fn from(error: ForgeError) -> Self {
        let hint = error.hint();
        Self::new(Exit::Failed, error).hint(hint)
    }
}
