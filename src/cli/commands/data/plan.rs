//! `mageshift data plan`: what would become of the data. Only reads.

use super::connect;
use super::connect::{Connection, ConnectionArgs};
use super::show;
use crate::cli::options::args::GlobalArgs;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::screen::ui::Ui;
use crate::database::conversion::planning;
use crate::database::conversion::request::Request;
use crate::database::conversion::{Conversion, moment};
use crate::database::copying::in_place;
use crate::database::declared::AtHand;
use crate::database::server::Session;
use crate::database::staging::Decisions;
use crate::distribution::{Family, Target};
use clap::Args;
use std::collections::BTreeMap;

/// Say what becomes of each table, and count what is lost; only reads
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  mageshift data plan --to mage-os
  mageshift data plan --to magento --as-of '2027-01-01 00:00' --json
  mageshift data plan --to mage-os --db-user reader --db-name shop")]
pub(super) struct PlanArgs {
    #[command(flatten)]
    pub conversion: ConversionArgs,
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// What a conversion depends on.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Conversion")]
pub(super) struct ConversionArgs {
    /// Where the shop goes: mage-os, mage-os-minimal or magento
    #[arg(long, value_name = "TARGET", value_parser = target)]
    pub to: Target,

    /// The new database; OLD_mage_os or OLD_magento by default
    #[arg(long, value_name = "NAME")]
    pub into: Option<String>,

    /// Convert the database itself: for want of room for a new one
    #[arg(
        long,
        conflicts_with = "into",
        long_help = "Convert the database itself, table by table, for want of room for a new one. The old one does not stay, so that a dump is the only way back"
    )]
    pub in_place: bool,

    /// The moment whose versions stay; now by default
    #[arg(
        long,
        value_name = "TIME",
        value_parser = parsed_moment,
        long_help = "The moment whose versions stay, in UTC: 2027-01-01, '2027-01-01 08:30' or seconds since 1970; now by default"
    )]
    pub as_of: Option<u64>,

    /// What a column of an extension's table holds; repeatable
    #[arg(
        long,
        value_name = "TABLE.COLUMN=STAGED",
        value_parser = row_column,
        long_help = "What a column of an extension's table holds: rows of a staged table (acme_link.row_id=catalog_product_entity), or something else (acme_link.row_id=none). Repeatable"
    )]
    pub row_column: Vec<(String, Option<String>)>,

    /// A table that is not copied; repeatable
    #[arg(long, value_name = "TABLE")]
    pub leave_out: Vec<String>,

    /// A column that is not copied; repeatable
    #[arg(long, value_name = "TABLE.COLUMN", value_parser = place)]
    pub drop_column: Vec<String>,

    /// Keep tables and columns that the target's code does not declare
    #[arg(
        long,
        long_help = "Keep tables and columns that no db_schema.xml below vendor/ and app/code/ declares. Without it they are named, and nothing is written until you have decided"
    )]
    pub keep_unknown: bool,

    /// A third database that gets what goes: tables as they are, and columns
    #[arg(long, value_name = "NAME")]
    pub keep_aside: Option<String>,
}

fn target(text: &str) -> Result<Target, String> {
    Target::ALL
        .into_iter()
        .find(|target| target.word() == text)
        .ok_or_else(|| {
            let words: Vec<&str> = Target::ALL.into_iter().map(Target::word).collect();
            format!("no such target; there are {}", words.join(", "))
        })
}

fn parsed_moment(text: &str) -> Result<u64, String> {
    moment(text).ok_or_else(|| "a moment is like 2027-01-01 or '2027-01-01 08:30'".to_string())
}

fn row_column(text: &str) -> Result<(String, Option<String>), String> {
    match text.split_once('=') {
        Some((place, staged)) if place.contains('.') && !staged.is_empty() => {
            let staged = (staged != "none").then(|| staged.to_string());
            Ok((place.to_string(), staged))
        }
        _ => Err("write TABLE.COLUMN=catalog_product_entity, or TABLE.COLUMN=none".to_string()),
    }
}

fn place(text: &str) -> Result<String, String> {
    match text.split_once('.') {
        Some((table, column)) if !table.is_empty() && !column.is_empty() => Ok(text.to_string()),
        _ => Err("write TABLE.COLUMN".to_string()),
    }
}

/// `TABLE.COLUMN` with the table as the server keeps it.
fn in_table(place: &str, connection: &Connection) -> String {
    match place.split_once('.') {
        Some((table, column)) => format!("{}.{column}", connection.name(table)),
        None => place.to_string(),
    }
}

impl ConversionArgs {
    fn row_columns(&self, connection: &Connection) -> BTreeMap<String, Option<String>> {
        let columns = self.row_column.iter();
        columns
            .map(|(place, staged)| {
                let staged = staged.as_ref().map(|table| connection.name(table));
                (in_table(place, connection), staged)
            })
            .collect()
    }

    /// The same for the planner.
    pub(super) fn request(
        &self,
        connection: &Connection,
        global: &GlobalArgs,
    ) -> Result<Request, CliError> {
        if self.to.is_in(Family::Commerce) {
            return Err(CliError::message(
                Exit::Usage,
                "the way into Adobe Commerce needs no conversion: `bin/magento setup:upgrade` does it",
            )
            .hint("`mageshift switch --to commerce --runbook FILE` writes the steps, with queries that find own tables it breaks"));
        }
        let suffix = self.to.distribution().id().replace('-', "_");
        let into = match self.in_place {
            true => connection.database.clone(),
            false => match &self.into {
                Some(into) => connection.name(into),
                None => format!("{}_{suffix}", connection.database),
            },
        };
        let aside = self.keep_aside.as_ref().map(|name| connection.name(name));
        if into == connection.database && !self.in_place {
            return Err(CliError::message(
                Exit::Usage,
                format!("{into} is the old database, which is never written to"),
            )
            .hint("name another one with --into; --in-place converts the database itself"));
        }
        if let Some(aside) = &aside
            && [&into, &connection.database].contains(&aside)
        {
            return Err(CliError::message(
                Exit::Usage,
                format!("{aside} is the old or the new database"),
            )
            .hint("name a third one with --keep-aside"));
        }
        Ok(Request {
            in_place: self.in_place,
            code: AtHand::read(&global.working_dir)?,
            keep_aside: aside,
            source: connection.database.clone(),
            target: into,
            prefix: connection.prefix.clone(),
            as_of: self.as_of,
            decisions: Decisions {
                row_columns: self.row_columns(connection),
                left_out: self
                    .leave_out
                    .iter()
                    .map(|name| connection.name(name))
                    .collect(),
                dropped_columns: self
                    .drop_column
                    .iter()
                    .map(|place| in_table(place, connection))
                    .collect(),
                keep_unknown: self.keep_unknown,
            },
        })
    }
}

/// Plans, with a line on the terminal that says what is being looked at.
pub(super) fn conversion(
    session: &mut Session,
    request: &Request,
    ui: &Ui,
) -> Result<Conversion, CliError> {
    in_place::check_whole(session, request)?;
    let progress = ui.progress("Looking at the schema");
    let planned = planning::plan(session, request, &mut |what| {
        progress.set(&format!("Looking at {what}"));
    });
    Ok(planned?)
}

/// Shows what would become of a database; nothing is written to it.
pub(super) fn run(args: &PlanArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let (connection, mut session) = args.connection.open(global, ui)?;
    connect::tell(&connection, &session, ui)?;
    let request = args.conversion.request(&connection, global)?;
    let conversion = conversion(&mut session, &request, ui)?;
    if ui.json {
        let document = serde_json::to_value(&conversion)
            .map_err(|error| CliError::new(Exit::Failed, error))?;
        ui.document(document)?;
    } else {
        ui.show(&show::plan(&conversion, ui))?;
    }
    Ok(if conversion.is_blocked() {
        Exit::Blocked
    } else {
        Exit::Done
    })
}
