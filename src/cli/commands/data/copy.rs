//! `mageshift data copy`: writes the new database.

use super::connect;
use super::connect::Connection;
use super::in_place;
use super::plan::{PlanArgs, conversion};
use super::show;
use super::show::{grouped_digits, number_of};
use crate::apply::{Readers, write_file};
use crate::cli::options::args::GlobalArgs;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::outcome::signal;
use crate::cli::screen::prompt;
use crate::cli::screen::ui::Ui;
use crate::database::conversion::planning::Request;
use crate::database::conversion::{Conversion, utc};
use crate::database::copying::journal::Journal;
use crate::database::copying::versions;
use crate::database::copying::{self, Lock, Outcome, Progress};
use crate::database::server::Session;
use crate::database::sql::Name;
use crate::project::env_php::ENV_PHP;
use clap::Args;
use serde_json::json;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Write a new database beside the old one, which is never touched
///
/// Shows the plan, asks, and copies table by table. A run that was cut off goes on where it stopped when it is started
/// again. The user needs SELECT on the old database, ALL on the new one, and LOCK TABLES on the old one to keep others from
/// writing meanwhile.
///
/// With --in-place the database itself is converted, table by table: for those without room for a second one. Then a dump is
/// the only way back, and has to be there first.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  mageshift data copy --to mage-os
  mageshift data copy --to magento --into shop_new --keep-aside shop_commerce --yes
  mageshift data copy --to mage-os --in-place --dump ../shop.sql.gz")]
pub(super) struct CopyArgs {
    #[command(flatten)]
    pub plan: PlanArgs,

    /// Write versions that do not stay to this file, as JSON Lines
    #[arg(long, value_name = "FILE", help_heading = "Conversion")]
    pub keep_versions: Option<PathBuf>,

    /// The shop is closed, though no var/.maintenance.flag says so
    #[arg(long, help_heading = "Conversion")]
    pub shop_closed: bool,

    /// Do not lock the old tables against writing while they are copied
    #[arg(long, help_heading = "Conversion")]
    pub no_lock: bool,

    /// With --in-place: the dump that leads back, not older than a day
    #[arg(
        long,
        value_name = "FILE",
        requires = "in_place",
        help_heading = "Conversion"
    )]
    pub dump: Option<PathBuf>,

    /// With --in-place: there is a dump, and it lies elsewhere
    #[arg(long, requires = "in_place", help_heading = "Conversion")]
    pub dump_exists: bool,
}

pub(super) fn run(args: &CopyArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let (connection, mut session) = args.plan.connection.open(global, ui)?;
    connect::tell(&connection, &session, ui)?;
    let mut request = args.plan.conversion.request(&connection, global)?;
    if request.in_place {
        return in_place::run(args, global, ui, &mut session, &request);
    }
    let begun = resume(&mut session, &mut request)?;
    let conversion = conversion(&mut session, &request, ui)?;
    if !ui.json {
        ui.show(&show::plan(&conversion, ui))?;
    }
    if conversion.is_blocked() {
        return Ok(Exit::Blocked);
    }
    if begun == Begun::Done {
        ui.tell(&format!(
            "{} is written already; `mageshift data verify` checks it.",
            request.target
        ))?;
        return Ok(Exit::Done);
    }
    check_closed(args, &global.working_dir, ui)?;
    if !is_agreed(args, &conversion, begun, ui)? {
        return Ok(Exit::Pending);
    }
    signal::tell_when_interrupted(
        "interrupted: the old database is as it was, and the same command goes on where this one stopped",
    );
    if let Some(file) = &args.keep_versions {
        let written = keep_versions(
            &mut session,
            &request,
            &conversion,
            &global.working_dir,
            file,
        )?;
        ui.tell(&format!(
            "{} are in {}.",
            number_of(written as usize, "version"),
            file.display()
        ))?;
    }
    let lock = lock(args, &connection, &conversion, ui)?;
    let begun = Instant::now();
    let outcome = watched(&mut session, &conversion, ui)?;
    if let Some(lock) = lock {
        lock.release()?;
    }
    let Outcome::Done(rows) = outcome else {
        return Ok(Exit::Interrupted);
    };
    finish(&conversion, rows, begun.elapsed(), ui)?;
    Ok(Exit::Done)
}

/// Whether this goes on with an earlier run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begun {
    No,
    Yes,
    Done,
}

/// Where a copy into this database was begun, its moment counts: time has passed since.
fn resume(session: &mut Session, request: &mut Request) -> Result<Begun, CliError> {
    let journal = Journal::of(&Name::new(&request.target));
    let Some(head) = journal.head(session)? else {
        return Ok(Begun::No);
    };
    let is_other = head.source != request.source
        || head.prefix != request.prefix
        || request.as_of.is_some_and(|as_of| as_of != head.as_of);
    if is_other {
        return Err(CliError::message(
            Exit::Unusable,
            format!(
                "{} holds a copy of {} as of {}, not the one that is asked for",
                request.target,
                head.source,
                utc(head.as_of)
            ),
        )
        .hint("name another database with --into, or drop this one first"));
    }
    request.as_of = Some(head.as_of);
    Ok(if head.is_done {
        Begun::Done
    } else {
        Begun::Yes
    })
}

pub(super) fn check_closed(args: &CopyArgs, store: &Path, ui: &Ui) -> Result<(), CliError> {
    const FLAG: &str = "var/.maintenance.flag";
    if args.shop_closed || store.join(FLAG).exists() {
        return Ok(());
    }
    if ui.can_prompt()
        && prompt::confirm(
            ui,
            &format!("There is no {FLAG} here. Is the shop closed, and cron stopped?"),
        )?
    {
        return Ok(());
    }
    Err(CliError::message(
        Exit::Unusable,
        format!("the shop is open: there is no {FLAG}, and orders that come in meanwhile would not be in the new database"),
    )
    .hint("`bin/magento maintenance:enable` closes it; --shop-closed says that it is closed in another way"))
}

fn is_agreed(
    args: &CopyArgs,
    conversion: &Conversion,
    begun: Begun,
    ui: &Ui,
) -> Result<bool, CliError> {
    if args.plan.connection.yes {
        return Ok(true);
    }
    if !ui.can_prompt() {
        ui.warn("Nothing was written: there is nobody to ask, and no --yes.")?;
        return Ok(false);
    }
    let target = conversion.target.plain();
    prompt::confirm(
        ui,
        &match begun {
            Begun::Yes => format!("Go on with the copy into {target}?"),
            _ => format!("Write the database {target}?"),
        },
    )
}

fn lock(
    args: &CopyArgs,
    connection: &Connection,
    conversion: &Conversion,
    ui: &Ui,
) -> Result<Option<Lock>, CliError> {
    if args.no_lock {
        return Ok(None);
    }
    match Lock::take(connection.session()?, conversion) {
        Ok(lock) => Ok(Some(lock)),
        Err(error) if error.is_denied() => {
            ui.warn(&format!(
                "The user may not LOCK TABLES in {}, so nothing but the closed shop keeps others from writing meanwhile.",
                conversion.source.plain()
            ))?;
            Ok(None)
        }
        Err(error) => Err(CliError::from(error)
            .hint("somebody works on these tables: end what writes to them, or pass --no-lock")),
    }
}

pub(super) fn keep_versions(
    session: &mut Session,
    request: &Request,
    conversion: &Conversion,
    store: &Path,
    file: &Path,
) -> Result<u64, CliError> {
    if file.exists() {
        return Err(CliError::message(
            Exit::Usage,
            format!("{} is there, and is not replaced", file.display()),
        )
        .hint("name another file; nothing was written"));
    }
    let mut text = Vec::new();
    let written = versions::write(session, request, conversion.as_of, &mut text)?;
    write_file(store, file, &text, Readers::Owner)?;
    Ok(written)
}

/// Copies, with a line on the terminal that says how far it is.
pub(super) fn watched(
    session: &mut Session,
    conversion: &Conversion,
    ui: &Ui,
) -> Result<Outcome, CliError> {
    let line = ui.progress("Writing");
    let begun = Instant::now();
    let mut at_the_start = None;
    let outcome = copying::copy(session, conversion, &mut |progress: Progress| {
        let start = *at_the_start.get_or_insert(progress.written);
        let left = left(
            begun.elapsed(),
            progress.written - start,
            progress.rows.saturating_sub(progress.written),
        );
        line.set(&format!(
            "{}: {} of about {} rows{left}",
            progress.table,
            grouped_digits(progress.written),
            grouped_digits(progress.rows)
        ));
        ControlFlow::Continue(())
    })?;
    Ok(outcome)
}

fn left(spent: Duration, written: u64, rows: u64) -> String {
    const SOON: Duration = Duration::from_secs(3);
    if written == 0 || spent < SOON {
        return String::new();
    }
    let seconds = spent.as_secs_f64() * rows as f64 / written as f64;
    match seconds as u64 {
        seconds @ 0..=90 => format!(", {seconds} seconds left"),
        seconds => format!(", {} minutes left", seconds.div_ceil(60)),
    }
}

fn finish(conversion: &Conversion, rows: u64, spent: Duration, ui: &Ui) -> Result<(), CliError> {
    let target = conversion.target.plain();
    if ui.json {
        let document = json!({
            "schema": crate::database::conversion::SCHEMA,
            "source": conversion.source,
            "target": target,
            "as_of": conversion.as_of,
            "rows": rows,
            "seconds": spent.as_secs(),
            "findings": conversion.findings,
        });
        return ui.document(&ui.masker.mask(&format!("{document:#}\n")));
    }
    let source = conversion.source.plain();
    ui.show(&format!(
        "\n{} written to {target} in {} seconds. {source} is as it was.\n\nNext steps:\n  \
         1. mageshift data verify, with the same options\n  \
         2. mageshift data use {target}\n  \
         3. bin/magento setup:upgrade, once the target's code is installed\n\
         The way back is `mageshift undo`, which leads {ENV_PHP} to {source} again, with the old code.\n",
        number_of(rows as usize, "row"),
        spent.as_secs()
    ))
}
