//! `mageshift slim`

use crate::cli::options::args::{
    AgreedArgs, ConsentArgs, GlobalArgs, LockingArgs, PlatformArgs, SavingArgs, SourceArgs,
};
use crate::cli::options::command_line::CommandLine;
use crate::cli::options::selection::SelectionArgs;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::planning::finish::{Finish, finish};
use crate::cli::planning::store_plan::plan_store;
use crate::cli::planning::terminal::Terminal;
use crate::cli::screen::ui::Ui;
use crate::planner::wish::{Aim, Wish};
use clap::Args;
use std::path::Path;

/// Take feature sets out of a store, or add some
///
/// The selection of `mageshift new` on a store that exists, at the release it is on: what goes is replaced in composer.json,
/// what stays keeps its version. An extension that requires what should go blocks the plan, and the plan says what to keep.
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = "\
Examples:
  Choose from a list:
    mageshift slim

  What few shops need, but GraphQL stays:
    mageshift slim --profile lite --with graphql --dry-run

  Without two carriers:
    mageshift slim --without fedex,dhl

Exit codes:
  0 done, or nothing to do   3 blocked                  5 not applied
  1 failed                   4 the store is not usable  130 interrupted
  2 wrong usage")]
pub(crate) struct SlimArgs {
    #[command(flatten)]
    pub packages: SelectionArgs,

    #[command(flatten)]
    pub locking: LockingArgs,
    #[command(flatten)]
    pub saving: SavingArgs,

    #[command(flatten)]
    pub consent: ConsentArgs,
    #[command(flatten)]
    pub agreed: AgreedArgs,
    #[command(flatten)]
    pub source: SourceArgs,
    #[command(flatten)]
    pub platform: PlatformArgs,
}

impl SlimArgs {
    fn wish(&self) -> Wish {
        Wish {
            aim: Aim::Slim,
            packages: self.packages.packages(),
            platform: self.platform.wish(),
            like_composer: self.locking.like_composer,
            ..Wish::default()
        }
    }

    /// The command that makes the same plan again, without questions.
    fn command_line(&self, wish: &Wish, store: &Path) -> CommandLine {
        let line = CommandLine::new("slim")
            .packages(&wish.packages)
            .flag("--like-composer", wish.like_composer)
            .flag("--verify", self.locking.verify)
            .sources(&self.source)
            .platform(&wish.platform);
        line.in_store(store)
    }
}

/// Plans other packages for the store's own release, and goes on as a switch does.
pub(crate) fn run(args: &SlimArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    ui.dialog.hold(|| make(args, global, ui))
}

/// Plans and finishes; from the beginning again each time that somebody goes back.
fn make(args: &SlimArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let store = &global.working_dir;
    let terminal = Terminal::new(ui, args.consent.yes);
    let planned = plan_store(
        store,
        &args.source,
        args.wish(),
        args.locking.verify,
        &terminal,
    )?;
    let again = args.command_line(&planned.wish, store);
    let how = Finish {
        agreed: args.agreed,
        out: args.saving.out.as_deref(),
        guided: terminal.has_asked(),
        ..Finish::new(store, &args.consent, again)
    };
    finish(planned.plan, ui, &how)
}
