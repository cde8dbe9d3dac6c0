//! `mageshift data inspect`: what a database is, by its schema alone.

use super::connect;
use super::connect::ConnectionArgs;
use crate::cli::options::args::GlobalArgs;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::screen::ui::Ui;
use crate::database::facts::FACTS;
use crate::database::reading;
use crate::database::schema::Schema;
use crate::database::staging::{Decisions, Staging};
use clap::Args;
use serde_json::json;
use std::collections::BTreeMap;

/// Say what the shop's database is, by its schema
///
/// Reads information_schema and no row of any table.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  mageshift data inspect
  mageshift data inspect --db-host 127.0.0.1 --db-user reader --db-name shop")]
pub(super) struct InspectArgs {
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Says what of Adobe Commerce a database has, from its schema alone.
pub(super) fn run(args: &InspectArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let (connection, mut session) = args.connection.open(global, ui)?;
    connect::tell(&connection, &session, ui)?;
    let schema = reading::read(&mut session, &connection.database, &connection.prefix)?;
    let features = features(&schema);
    let stays = |table: &str| {
        let short = schema.short_name(table);
        short.is_none_or(|short| FACTS.feature(short).is_none())
    };
    let staging = Staging::of(&schema, &Decisions::default(), &stays);
    let rows: Vec<String> = staging
        .rows
        .iter()
        .map(|((table, column), staged)| format!("{table}.{column} → {staged}"))
        .collect();
    if ui.json {
        let document = json!({
            "schema": crate::database::conversion::SCHEMA,
            "server": session.version(),
            "database": connection.database,
            "tables": schema.tables.len(),
            "staged": staging.staged.values().map(|staged| json!({
                "table": staged.table, "entity": staged.entity, "sequence": staged.sequence,
            })).collect::<Vec<_>>(),
            "row_columns": rows,
            "features": features,
            "unknown": staging.unknown,
        });
        ui.document(document)?;
        return Ok(Exit::Done);
    }
    let mut out = format!("{} tables\n", schema.tables.len());
    if staging.is_empty() {
        out.push_str("Content staging: none. Nothing is to be converted from row_id.\n");
    } else {
        out.push_str("Content staging: these tables have versions\n");
        for staged in staging.staged.values() {
            let sequence = staged.sequence.as_deref().unwrap_or("no sequence");
            out.push_str(&format!(
                "  {} of {} ({sequence})\n",
                staged.table, staged.entity
            ));
        }
        out.push_str(&format!("{} columns hold rows of them\n", rows.len()));
        for row in &rows {
            out.push_str(&format!("  {row}\n"));
        }
    }
    if !features.is_empty() {
        out.push_str("Features that only Adobe Commerce has, with their tables\n");
        for (feature, tables) in &features {
            out.push_str(&format!("  {feature}: {}\n", tables.len()));
        }
    }
    for unknown in &staging.unknown {
        out.push_str(&format!("Not known: {unknown}\n"));
    }
    ui.show(&out)?;
    Ok(Exit::Done)
}

fn features(schema: &Schema) -> BTreeMap<&'static str, Vec<String>> {
    let mut features: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for table in schema.tables.keys() {
        let feature = schema
            .short_name(table)
            .and_then(|short| FACTS.feature(short));
        if let Some(feature) = feature {
            features.entry(feature).or_default().push(table.clone());
        }
    }
    features
}
