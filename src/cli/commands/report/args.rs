//! The arguments of `mageshift report`.

use crate::cli::options::args::{PlatformArgs, SourceArgs};
use crate::cli::options::values;
use crate::distribution::TargetSpec;
use clap::Args;
use std::path::PathBuf;

/// Write what a switch means as a document for the one who decides
///
/// One HTML file that loads nothing, fit for paper and for a phone: the verdict in a sentence, how long the releases get fixes,
/// the effort in numbers, what becomes of each extension and of the data, services and PHP, code that needs hands, the steps of
/// the night and the way back. Of several targets or stores a table comes first. Nothing in a store is changed.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  A document for the merchant, in the agency's name:
    mageshift report --to mage-os --html report.html --agency 'Acme Commerce'

  The choice between two targets:
    mageshift report /srv/shop --to mage-os --to magento@latest --html shop.html

  From a plan that was saved, and as the text of a pull request:
    mageshift switch --to mage-os --out plan.json --dry-run
    mageshift report plan.json --html plan.html --markdown pull-request.md

Exit codes:
  0 written, and every store has a target that it can go to
  1 failed                    3 written; a store has no such target
  2 wrong usage               4 the only store is not usable")]
pub(crate) struct ReportArgs {
    /// Folders of stores, or plans saved with `switch --out` [default: the current store]
    #[arg(value_name = "STORE|PLAN.json")]
    pub inputs: Vec<PathBuf>,

    /// What the stores become; repeatable
    #[arg(
        long,
        value_name = "TARGET[@RELEASE]",
        value_parser = values::target_spec(),
        hide_possible_values = true,
        long_help = "What the stores become, as `switch --to` takes it: mage-os, mage-os-minimal, magento, commerce or commerce-cloud. Repeatable: the document shows the choice. A saved plan has a target already"
    )]
    pub to: Vec<TargetSpec>,

    /// Write the document as one HTML file
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub html: Option<PathBuf>,

    /// Write it as Markdown, for the pull request
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub markdown: Option<PathBuf>,

    /// Write it as JSON; `--json` prints it
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub json_file: Option<PathBuf>,

    /// The heading of the document
    #[arg(long, value_name = "TEXT", help_heading = "Document")]
    pub title: Option<String>,

    /// Who made it
    #[arg(long, value_name = "NAME", help_heading = "Document")]
    pub agency: Option<String>,

    /// A picture to put on top: PNG, JPEG, GIF, WebP or SVG, up to 256 KiB
    #[arg(long, value_name = "FILE", help_heading = "Document")]
    pub logo: Option<PathBuf>,

    /// Words of your own below the heading
    #[arg(
        long,
        value_name = "TEXT",
        help_heading = "Document",
        long_help = "Words of your own below the heading; a blank line begins a paragraph"
    )]
    pub note: Option<String>,

    /// Name internal hosts and folders
    #[arg(
        long,
        help_heading = "Document",
        long_help = "Name hosts and folders. Without it, hosts that not everybody knows and folders of this machine are left out; secrets always are"
    )]
    pub with_hosts: bool,

    #[command(flatten)]
    pub source: SourceArgs,
    #[command(flatten)]
    pub platform: PlatformArgs,
}
