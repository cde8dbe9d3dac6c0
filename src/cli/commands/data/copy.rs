//! What `mageshift data copy` is asked, and what it does wherever it writes.

use super::plan::PlanArgs;
use super::show::grouped_digits;
use crate::apply::{Readers, write_file};
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::screen::prompt;
use crate::cli::screen::ui::Ui;
use crate::database::conversion::Conversion;
use crate::database::conversion::request::Request;
use crate::database::copying::versions;
use crate::database::copying::{self, Outcome, Progress};
use crate::database::server::Session;
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
  mageshift data copy --to magento --into shop_new --keep-aside shop_old --yes
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

/// The answer to whether to write, where nobody need or can be asked.
pub(super) fn agreed_unasked(args: &CopyArgs, ui: &Ui) -> Result<Option<bool>, CliError> {
    if args.plan.connection.yes {
        return Ok(Some(true));
    }
    if ui.can_prompt() {
        return Ok(None);
    }
    ui.warn("Nothing was written: there is nobody to ask, and no --yes.")?;
    Ok(Some(false))
}

/// Fails while the shop is open: what comes in during a copy would be missing in it. Whoever can be asked may say that it
/// is closed in another way.
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

/// Writes the versions that are not alive to a file that is not there yet; how many there were. They may hold anything
/// that the shop does, so that nobody else can read it.
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

/// What has been written, as JSON.
pub(super) fn written(
    conversion: &Conversion,
    rows: u64,
    spent: Duration,
    ui: &Ui,
) -> Result<(), CliError> {
    let document = json!({
        "schema": crate::database::conversion::SCHEMA,
        "source": conversion.source,
        "target": conversion.target,
        "as_of": conversion.as_of,
        "rows": rows,
        "seconds": spent.as_secs(),
        "findings": conversion.findings,
    });
    ui.document(document)
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
