//! `mageshift data copy`: writes the new database.

use super::connect::Connection;
use super::copy::{CopyArgs, agreed_unasked, check_closed, keep_versions, watched, written};
use super::plan::conversion;
use super::show;
use super::show::number_of;
use crate::cli::options::args::GlobalArgs;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::outcome::signal;
use crate::cli::screen::prompt;
use crate::cli::screen::ui::Ui;
use crate::database::conversion::request::Request;
use crate::database::conversion::{Conversion, utc};
use crate::database::copying::journal::Journal;
use crate::database::copying::{Lock, Outcome};
use crate::database::server::Session;
use crate::database::sql::Name;
use crate::project::env_php::ENV_PHP;
use std::time::{Duration, Instant};

/// Writes a new database beside the old one, or goes on with it; nothing where it is written already.
pub(super) fn run(
    args: &CopyArgs,
    global: &GlobalArgs,
    ui: &Ui,
    (connection, session): (&Connection, &mut Session),
    mut request: Request,
) -> Result<Exit, CliError> {
    let begun = resume(session, &mut request)?;
    let conversion = conversion(session, &request, ui)?;
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
        let written = keep_versions(session, &request, &conversion, &global.working_dir, file)?;
        ui.tell(&format!(
            "{} are in {}.",
            number_of(written as usize, "version"),
            file.display()
        ))?;
    }
    let lock = lock(args, connection, &conversion, ui)?;
    let begun = Instant::now();
    let outcome = watched(session, &conversion, ui)?;
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

fn is_agreed(
    args: &CopyArgs,
    conversion: &Conversion,
    begun: Begun,
    ui: &Ui,
) -> Result<bool, CliError> {
    if let Some(agreed) = agreed_unasked(args, ui)? {
        return Ok(agreed);
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

fn finish(conversion: &Conversion, rows: u64, spent: Duration, ui: &Ui) -> Result<(), CliError> {
    let target = conversion.target.plain();
    if ui.json {
        return written(conversion, rows, spent, ui);
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
