//! Versions that are not alive, as JSON Lines: one version a line, with its own row and all that belongs to it.

use crate::database::conversion::request::Request;
use crate::database::error::DatabaseError;
use crate::database::facts::FACTS;
use crate::database::reading;
use crate::database::schema::Schema;
use crate::database::server::Session;
use crate::database::sql::{Name, Place, Sql, Value};
use crate::database::staging::{BEGINS, Decisions, ENDS, ROW, Staged, Staging};
use base64::Engine;
use serde_json::{Map, json};
use std::io::Write;

/// Writes them; how many there were.
pub(crate) fn write(
    session: &mut Session,
    request: &Request,
    as_of: u64,
    out: &mut dyn Write,
) -> Result<u64, DatabaseError> {
    let schema = reading::read(session, &request.source, &request.prefix)?;
    let decisions: &Decisions = &request.decisions;
    let stays = |table: &str| {
        let short = schema.short_name(table);
        !decisions.left_out.contains(table)
            && short.is_none_or(|short| FACTS.feature(short).is_none())
    };
    let staging = Staging::of(&schema, decisions, &stays);
    let mut written = 0;
    for staged in staging.staged.values() {
        let place = Place::new(&Name::new(&schema.name), &staged.table);
        let rows = session.rows(
            &Sql::new("SELECT ")
                .named(ROW)
                .text(" FROM ")
                .place(&place)
                .text(" WHERE NOT (")
                .named(BEGINS)
                .text(" <= ")
                .value(as_of)
                .text(" AND ")
                .named(ENDS)
                .text(" > ")
                .value(as_of)
                .text(") ORDER BY ")
                .named(ROW),
        )?;
        for row in rows {
            let version = version(session, &schema, &staging, staged, &row[0])?;
            writeln!(out, "{version}").map_err(|error| {
                DatabaseError::Unfit(format!("cannot write a version: {error}"))
            })?;
            written += 1;
        }
    }
    Ok(written)
}

fn version(
    session: &mut Session,
    schema: &Schema,
    staging: &Staging,
    staged: &Staged,
    row: &Value,
) -> Result<serde_json::Value, DatabaseError> {
    let own = rows(session, schema, &staged.table, ROW, row)?;
    let own = own.into_iter().next().unwrap_or_default();
    let mut belongings = Map::new();
    for ((table, column), of) in &staging.rows {
        if of != &staged.table {
            continue;
        }
        let rows = rows(session, schema, table, column, row)?;
        if !rows.is_empty() {
            belongings.insert(table.clone(), json!(rows));
        }
    }
    let update = match schema.known("staging_update") {
        Some(updates) if updates.has("name") => session.text(
            &Sql::new("SELECT name FROM ")
                .place(&Place::new(&Name::new(&schema.name), &updates.name))
                .text(" WHERE id = ")
                .value(
                    own.get(BEGINS)
                        .and_then(serde_json::Value::as_u64)
                        .unwrap_or(0),
                ),
        )?,
        _ => None,
    };
    Ok(json!({
        "table": staged.table,
        "entity": own.get(&staged.entity),
        "begins": own.get(BEGINS),
        "ends": own.get(ENDS),
        "update": update,
        "row": own,
        "belongs_to_it": belongings,
    }))
}

/// Rows in which a column has a value, by the names of their columns.
fn rows(
    session: &mut Session,
    schema: &Schema,
    table: &str,
    column: &str,
    value: &Value,
) -> Result<Vec<Map<String, serde_json::Value>>, DatabaseError> {
    let Some(known) = schema.tables.get(table) else {
        return Ok(Vec::new());
    };
    let names = known.columns.iter().map(|column| column.name.as_str());
    let sql = Sql::new("SELECT ")
        .names(names.clone())
        .text(" FROM ")
        .place(&Place::new(&Name::new(&schema.name), table))
        .text(" WHERE ")
        .named(column)
        .text(" = ")
        .value(value.clone());
    let rows = session.rows(&sql)?;
    Ok(rows
        .into_iter()
        .map(|row| {
            names
                .clone()
                .map(str::to_string)
                .zip(row.into_iter().map(as_json))
                .collect()
        })
        .collect())
}

fn as_json(value: Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Number(number) => number.into(),
        Value::Text(text) => text.into(),
        Value::Bytes(bytes) => {
            json!({"base64": base64::engine::general_purpose::STANDARD.encode(bytes)})
        }
    }
}
