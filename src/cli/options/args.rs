//! Options that several commands share.

use crate::apply::FOLDER;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::screen::progress::ProgressChoice;
use crate::cli::screen::ui::ColorChoice;
use crate::planner::wish::{IgnorePlatform, PlatformWish};
use crate::project::{LOCK, ROOT};
use clap::Args;
use composer_engine::repository::Options;
use regex::Regex;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub(crate) struct GlobalArgs {
    /// The store's directory
    #[arg(
        short = 'd',
        long,
        global = true,
        value_name = "DIR",
        default_value = ".",
        hide_default_value = true
    )]
    pub working_dir: PathBuf,

    /// Ask nothing
    #[arg(short = 'n', long, global = true)]
    pub no_interaction: bool,

    /// Show only warnings, blockers and the sum
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Output"
    )]
    pub quiet: bool,

    /// Show every package and every reason; -vv also tells what the program does
    #[arg(
        short,
        long,
        global = true,
        action = clap::ArgAction::Count,
        help_heading = "Output",
        long_help = "Show every package and every reason. -vv also tells on standard error what is done: which repository answered what and how long it took, what was solved and tried; -vvv names every file and every cached answer. MAGESHIFT_LOG chooses by part and level: `debug`, `composer_engine=trace,mageshift=debug`"
    )]
    pub verbose: u8,

    /// Print one JSON document on standard output, all else on standard error
    #[arg(long, global = true, help_heading = "Output")]
    pub json: bool,

    /// Show long output at once, not page by page
    #[arg(
        long,
        global = true,
        help_heading = "Output",
        long_help = "Show long output at once. On a terminal, what is longer than the screen goes through the program that PAGER names, else `less`"
    )]
    pub no_pager: bool,

    /// How to tell what is being done: auto, plain or never
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "HOW",
        default_value = "auto",
        help_heading = "Output",
        hide_possible_values = true,
        hide_default_value = true,
        long_help = "How to tell on standard error what is being done: `auto` is one line that moves on a terminal, and nothing elsewhere; `plain` is lines, for a log; `never`"
    )]
    pub progress: ProgressChoice,

    /// When to use colours
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Output",
        hide_possible_values = true,
        hide_default_value = true,
        long_help = "When to use colours: auto, always or never. `auto` uses them on a terminal; NO_COLOR and CLICOLOR_FORCE are honoured"
    )]
    pub color: ColorChoice,
}

impl GlobalArgs {
    /// Where no directory is named and the current one has no composer.json, takes the nearest one above it that is a
    /// store, as git and Composer do, and says whether it did. Commands are told with that directory.
    ///
    /// An extension below `app/code` has a composer.json as well: a folder with a lock, or with something to undo, comes
    /// before one without. Where the variable `COMPOSER` names the root, nothing is looked for.
    pub(crate) fn find_store(&mut self) -> bool {
        if self.working_dir != Path::new(".") || std::env::var_os("COMPOSER").is_some() {
            return false;
        }
        let above = std::env::current_dir()
            .ok()
            .and_then(|current| store_above(&current));
        if let Some(above) = above {
            self.working_dir = std::iter::repeat_n("..", above).collect();
        }
        above.is_some()
    }
}

/// How many folders above this one the store is; none for a folder that has a composer.json or something to undo itself,
/// and where there is no store.
fn store_above(folder: &Path) -> Option<usize> {
    let has = |folder: &Path, names: &[&str]| {
        let mut names = names.iter();
        names.any(|name| folder.join(name).symlink_metadata().is_ok())
    };
    if has(folder, &[ROOT, FOLDER]) {
        return None;
    }
    let whole = folder
        .ancestors()
        .position(|above| has(above, &[ROOT]) && has(above, &[LOCK]) || has(above, &[FOLDER]));
    whole.or_else(|| folder.ancestors().position(|above| has(above, &[ROOT])))
}

/// Where metadata comes from.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Metadata")]
pub(crate) struct SourceArgs {
    /// Folder with one static Composer repository per host, read in its place
    #[arg(
        long,
        value_name = "DIR",
        env = "MAGESHIFT_MIRROR_DIR",
        hide_env = true,
        long_help = "Folder with one static Composer repository per host (DIR/repo.mage-os.org/packages.json); such a host is never contacted. Also MAGESHIFT_MIRROR_DIR"
    )]
    pub mirror_dir: Option<PathBuf>,

    /// Use no network: only the mirror folder and the cache
    #[arg(long)]
    pub offline: bool,

    /// Seconds that a repository may take for an answer
    #[arg(
        long,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=86_400),
        long_help = "Seconds that a repository may keep silent while it is asked, all its pauses added up but for the first second of each (30). One that is silent for longer counts as down for the rest of the run"
    )]
    pub timeout: Option<u64>,
}

impl SourceArgs {
    /// Options with these arguments.
    pub(crate) fn applied_to(&self, options: Options) -> Options {
        Options {
            mirror_dir: self.mirror_dir.clone(),
            offline: self.offline,
            deadline: self.timeout.map_or(options.deadline, Duration::from_secs),
            ..options
        }
    }
}

/// What the machine that runs the shop offers.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Platform")]
pub(crate) struct PlatformArgs {
    /// The PHP version to plan for: 8.3 (any patch of it) or 8.3.14
    #[arg(
        long,
        value_name = "VERSION",
        value_parser = php_version,
        long_help = "The PHP version to plan for: 8.3, which stands for every patch of it, or 8.3.14. Where composer.json has config.platform.php, a switch changes that along"
    )]
    pub php: Option<String>,

    /// Do not enforce this platform requirement (`ext-foo`, `php+`); repeatable
    #[arg(
        long,
        value_name = "NAME",
        long_help = "Do not enforce this platform requirement, as Composer does: `ext-foo` and `ext-*` ignore it, `php+` ignores its upper bound. Repeatable"
    )]
    pub ignore_platform_req: Vec<String>,

    /// Enforce no platform requirement
    #[arg(long)]
    pub ignore_platform_reqs: bool,
}

/// A version of PHP with two or three numbers; a pre-release may follow the third, as PHP writes it (8.5.0RC1). Composer would
/// read much else as a version, and plan for a PHP that nobody meant.
pub(crate) fn php_version(text: &str) -> Result<String, String> {
    static SHAPE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^[1-9]\d?\.\d{1,2}(\.\d{1,2}(-?(?i:dev|alpha\d*|beta\d*|RC\d*))?)?$").ok()
    });
    match SHAPE.as_ref().is_some_and(|shape| shape.is_match(text)) {
        true => Ok(text.to_string()),
        false => Err("a version of PHP has two or three numbers, as 8.3 or 8.3.14".to_string()),
    }
}

impl PlatformArgs {
    /// The same as a wish.
    pub(crate) fn wish(&self) -> PlatformWish {
        PlatformWish {
            php: self.php.clone(),
            ignored: IgnorePlatform::of(self.ignore_platform_reqs, &self.ignore_platform_req),
        }
    }
}

/// What to do with a plan.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Applying")]
pub(crate) struct ConsentArgs {
    /// Apply without asking
    #[arg(short, long)]
    pub yes: bool,

    /// Show the plan and apply nothing, whatever else is given
    #[arg(long)]
    pub dry_run: bool,

    /// Likewise, and exit with 5 when something would change
    #[arg(long)]
    pub check: bool,

    /// Show the lines that change in each file
    #[arg(long, help_heading = "Output")]
    pub diff: bool,

    /// Show every package that changes
    #[arg(long, help_heading = "Output")]
    pub packages: bool,

    /// Show the diff of composer.lock, too
    #[arg(long, help_heading = "Output")]
    pub lock_diff: bool,
}

/// What cannot be taken back, and is agreed to beforehand.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Applying")]
pub(crate) struct AgreedArgs {
    /// Agree to losing data of the shop (Commerce to anything else)
    #[arg(long)]
    pub accept_data_loss: bool,

    /// Agree to an older Magento version than the store has
    #[arg(long)]
    pub allow_downgrade: bool,
}

/// How the new lock is made, and who confirms it.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct LockingArgs {
    /// Leave the lock as Composer writes it, moves without need included
    #[arg(long)]
    pub like_composer: bool,

    /// Have a Composer on the PATH confirm the new lock
    #[arg(long)]
    pub verify: bool,
}

/// Where a plan is kept.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Applying")]
pub(crate) struct SavingArgs {
    /// Save the whole plan, to be applied with `mageshift apply`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// The directory, when it is one.
pub(crate) fn existing_directory(path: &Path) -> Result<(), CliError> {
    if path.is_dir() {
        return Ok(());
    }
    let message = format!("there is no directory {}", path.display());
    Err(CliError::message(Exit::Unusable, message).hint("name the store's directory with `-d DIR`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_store_is_found_from_its_folders() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path();
        let module = store.join("app/code/Acme/Slider");
        fs::create_dir_all(module.join("etc")).unwrap();
        assert_eq!(store_above(&module.join("etc")), None);
        fs::write(store.join(ROOT), "{}").unwrap();
        assert_eq!(store_above(&module.join("etc")), Some(5));
        fs::write(module.join(ROOT), "{}").unwrap();
        assert_eq!(
            store_above(&module.join("etc")),
            Some(1),
            "no lock tells them apart"
        );
        fs::write(store.join(LOCK), "{}").unwrap();
        assert_eq!(store_above(&module.join("etc")), Some(5));
        assert_eq!(
            store_above(&module),
            None,
            "a folder with a root of its own is meant"
        );
        assert_eq!(store_above(store), None);
    }

    #[test]
    fn versions_of_php() {
        for version in ["8.3", "8.3.14", "7.4.33", "8.5.0RC1", "8.5.0-dev"] {
            assert!(php_version(version).is_ok(), "{version}");
        }
        for other in [
            "", "foo", "php8.3", "8", "8.", "^8.3", "8.3.*", "8.3.1.2", " 8.3",
        ] {
            assert!(php_version(other).is_err(), "{other}");
        }
    }
}
