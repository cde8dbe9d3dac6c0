//! `mageshift data verify`: compares the two databases. Only reads.

use super::connect;
use super::plan::{PlanArgs, conversion};
use super::show::number_of;
use crate::cli::options::args::GlobalArgs;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::screen::ui::Ui;
use crate::database::conversion::request::Request;
use crate::database::conversion::utc;
use crate::database::copying::in_place::{self, Standing};
use crate::database::copying::journal::Journal;
use crate::database::copying::verifying::{self, Verified};
use crate::database::server::Session;
use crate::database::sql::Name;
use clap::Args;
use serde_json::json;
use std::fmt::Write;

/// Compare the new database with the old one: rows, what the storefront shows, keys
///
/// Reads both in one snapshot, before `setup:upgrade` has run on the new one. Every table has to have the rows and the
/// checksums that the plan means; every attribute has to show the same value in every store view; every foreign key has to
/// hold.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  mageshift data verify --to mage-os
  mageshift data verify --to magento --into shop_new --json
  mageshift data verify --to mage-os --in-place")]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    plan: PlanArgs,
}

/// Compares what a conversion has written with what it was made from. Fails where something differs.
pub(super) fn run(args: &VerifyArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let (connection, mut session) = args.plan.connection.open(global, ui)?;
    connect::tell(&connection, &session, ui)?;
    let mut request = args.plan.conversion.request(&connection, global)?;
    if request.in_place {
        return run_in_place(&mut session, &request, ui);
    }
    let head = Journal::of(&Name::new(&request.target)).head(&mut session)?;
    let Some(head) = head.filter(|head| head.source == request.source) else {
        return Err(CliError::message(
            Exit::Unusable,
            format!("{} holds no copy of {}", request.target, request.source),
        )
        .hint("`mageshift data copy` makes it"));
    };
    if !head.is_done {
        return Err(CliError::message(
            Exit::Unusable,
            format!("the copy into {} has not come to its end", request.target),
        )
        .hint("the same `mageshift data copy` again goes on where it stopped"));
    }
    request.as_of = Some(head.as_of);
    verifying::begin(&mut session)?;
    let conversion = conversion(&mut session, &request, ui)?;
    let progress = ui.progress("Comparing");
    let verified = verifying::verify(&mut session, &conversion, &request, &mut |what| {
        progress.set(&format!("Comparing {what}"));
    })?;
    drop(progress);
    let (source, target) = (conversion.source.plain(), conversion.target.plain());
    let good = format!("{target} is what {source} was at {}", conversion.as_of_utc);
    let bad = format!(
        "{target} is not what it has to be. Either something has written to one of the two since, or the copy is wrong: do not use it. Drop it, and copy again with the shop closed."
    );
    told(&verified, &request, head.as_of, &good, &bad, ui)
}

/// Of a database that was converted itself, with what its journal says of the old one.
fn run_in_place(session: &mut Session, request: &Request, ui: &Ui) -> Result<Exit, CliError> {
    let standing = in_place::standing(session, request)?;
    let head = Journal::of(&Name::new(&request.source)).head(session)?;
    let (Some(head), Standing::Done) = (head, standing) else {
        return Err(CliError::message(
            Exit::Unusable,
            format!("{} is not converted, or not yet", request.source),
        )
        .hint("`mageshift data copy --in-place` converts it, and goes on where it stopped"));
    };
    verifying::begin(session)?;
    let progress = ui.progress("Comparing");
    let verified = in_place::verify(session, request, &mut |what| {
        progress.set(&format!("Comparing {what}"));
    })?;
    drop(progress);
    let good = format!(
        "{} is what it was at {}, by what its journal says of the tables that were rebuilt",
        request.source,
        utc(head.as_of)
    );
    let bad = format!(
        "{} is not what its journal says. Either something has written to it since, `setup:upgrade` among it, or the conversion is wrong: load the dump.",
        request.source
    );
    told(&verified, request, head.as_of, &good, &bad, ui)
}

/// Shows what was found, as JSON or as [`text`], and what it means for whoever waits for the command.
fn told(
    verified: &Verified,
    request: &Request,
    as_of: u64,
    good: &str,
    bad: &str,
    ui: &Ui,
) -> Result<Exit, CliError> {
    if ui.json {
        let document = json!({
            "schema": crate::database::conversion::SCHEMA,
            "source": request.source,
            "target": request.target,
            "as_of": as_of,
            "is_good": verified.is_good(),
            "checks": verified,
        });
        ui.document(document)?;
    } else {
        ui.show(&text(verified, good, bad, ui))?;
    }
    Ok(match verified.is_good() {
        true => Exit::Done,
        false => Exit::Failed,
    })
}

/// `good` and `bad` are what it all means.
fn text(verified: &Verified, good: &str, bad_word: &str, ui: &Ui) -> String {
    let paint = ui.paint();
    let mut out = String::new();
    let bad = paint.red("x");
    for table in &verified.missing {
        let _ = writeln!(out, "  {bad} {table} is missing");
    }
    for check in verified.tables.iter().filter(|check| !check.is_equal) {
        let what = match check.expected == check.found {
            true => format!(
                "{}, some with other values",
                number_of(check.found as usize, "row")
            ),
            false => format!(
                "{} instead of {}",
                number_of(check.found as usize, "row"),
                check.expected
            ),
        };
        let _ = writeln!(out, "  {bad} {}: {what}", check.table);
    }
    for check in verified.storefront.iter().filter(|check| !check.is_equal) {
        let _ = writeln!(
            out,
            "  {bad} {}: the storefront would show other values",
            check.table
        );
    }
    for key in &verified.broken_keys {
        let _ = writeln!(
            out,
            "  {bad} {}.{}: {} point to nothing in {}",
            key.table,
            key.columns.join(", "),
            number_of(key.rows as usize, "row"),
            key.parent
        );
    }
    for place in verified.undeclared.iter().flatten() {
        let _ = writeln!(
            out,
            "  {bad} {place}: the target's code does not declare it; --keep-unknown says that it may stay"
        );
    }
    let declared = match &verified.undeclared {
        Some(_) => " Every table and column is one that the target's code declares.",
        None => "",
    };
    let rows: u64 = verified.tables.iter().map(|check| check.found).sum();
    let values: u64 = verified.storefront.iter().map(|check| check.values).sum();
    if verified.is_good() {
        let _ = writeln!(
            out,
            "{} {good}: {} in {}, {} as the storefront shows them, and every foreign key holds.{declared}",
            paint.green("ok:"),
            number_of(rows as usize, "row"),
            number_of(verified.tables.len(), "table"),
            number_of(values as usize, "value"),
        );
    } else if verified.is_equal() {
        let _ = writeln!(
            out,
            "{good}, in rows, values and keys; but it has what the target's code does not declare."
        );
    } else {
        let _ = writeln!(out, "{bad_word}");
    }
    let options = textwrap::Options::new(ui.width)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(false);
    textwrap::fill(&out, options)
}
