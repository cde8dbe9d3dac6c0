//! Reads the schema of a database from `information_schema`, which every user sees as far as its rights go.

use super::error::DatabaseError;
use super::schema::{Column, ForeignKey, Index, IndexKind, OnDelete, Schema, Table, Trigger};
use super::server::Session;
use super::sql::{Sql, Value};

/// Reads the whole schema. `prefix` is what the names of the shop's tables begin with.
pub fn read(session: &mut Session, database: &str, prefix: &str) -> Result<Schema, DatabaseError> {
    let mut schema = Schema {
        name: database.to_string(),
        prefix: prefix.to_string(),
        ..Schema::default()
    };
    let seen = session.number(
        &Sql::new("SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ")
            .value(database),
    )?;
    if seen == 0 {
        return Err(DatabaseError::Unfit(format!(
            "there is no database {database} on this server, or the user may not see it"
        )));
    }
    tables(session, &mut schema)?;
    columns(session, &mut schema)?;
    indexes(session, &mut schema)?;
    foreign_keys(session, &mut schema)?;
    let listed = |sql: &'static str| Sql::new(sql).value(database);
    schema.triggers = session
        .rows(&listed("SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = "))?
        .iter()
        .map(|row| Trigger {
            name: text(row, 0),
            table: text(row, 1),
        })
        .collect();
    let names = |rows: Vec<Vec<Value>>| rows.iter().map(|row| text(row, 0)).collect();
    schema.views = names(session.rows(&listed(
        "SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = ",
    ))?);
    schema.routines = names(session.rows(&listed(
        "SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ",
    ))?);
    schema.events = names(session.rows(&listed(
        "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ",
    ))?);
    Ok(schema)
}

fn tables(session: &mut Session, schema: &mut Schema) -> Result<(), DatabaseError> {
    let sql = Sql::new(
        "SELECT TABLE_NAME, ENGINE, TABLE_ROWS, COALESCE(DATA_LENGTH, 0) + COALESCE(INDEX_LENGTH, 0), AUTO_INCREMENT \
         FROM information_schema.TABLES WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND TABLE_SCHEMA = ",
    )
    .value(schema.name.as_str());
    for row in session.rows(&sql)? {
        let name = text(&row, 0);
        let table = Table {
            name: name.clone(),
            engine: text(&row, 1),
            rows: number(&row, 2).unwrap_or(0),
            bytes: number(&row, 3).unwrap_or(0),
            auto_increment: number(&row, 4),
            ..Table::default()
        };
        schema.tables.insert(name, table);
    }
    Ok(())
}

fn columns(session: &mut Session, schema: &mut Schema) -> Result<(), DatabaseError> {
    let sql = Sql::new(
        "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, EXTRA \
         FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ",
    )
    .value(schema.name.as_str())
    .text(" ORDER BY TABLE_NAME, ORDINAL_POSITION");
    for row in session.rows(&sql)? {
        let Some(table) = schema.tables.get_mut(&text(&row, 0)) else {
            continue;
        };
        let extra = text(&row, 4).to_ascii_lowercase();
        table.columns.push(Column {
            name: text(&row, 1),
            column_type: text(&row, 2),
            is_nullable: text(&row, 3).eq_ignore_ascii_case("yes"),
            counts_by_itself: extra.contains("auto_increment"),
            // `DEFAULT_GENERATED` is MySQL's word for a default that is an expression, which can be written.
            is_generated: extra.contains("stored generated") || extra.contains("virtual generated"),
        });
    }
    Ok(())
}

fn indexes(session: &mut Session, schema: &mut Schema) -> Result<(), DatabaseError> {
    let sql = Sql::new(
        "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, INDEX_TYPE, COLUMN_NAME, SUB_PART \
         FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ",
    )
    .value(schema.name.as_str())
    .text(" ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX");
    for row in session.rows(&sql)? {
        let Some(table) = schema.tables.get_mut(&text(&row, 0)) else {
            continue;
        };
        let name = text(&row, 1);
        let part = (text(&row, 4), number(&row, 5));
        if let Some(index) = table.indexes.iter_mut().find(|index| index.name == name) {
            index.parts.push(part);
            continue;
        }
        let kind = match (name.as_str(), text(&row, 3).to_ascii_uppercase().as_str()) {
            ("PRIMARY", _) => IndexKind::Primary,
            (_, "FULLTEXT") => IndexKind::Fulltext,
            (_, "SPATIAL") => IndexKind::Spatial,
            _ if number(&row, 2) == Some(0) => IndexKind::Unique,
            _ => IndexKind::Plain,
        };
        table.indexes.push(Index {
            name,
            kind,
            parts: vec![part],
        });
    }
    Ok(())
}

fn foreign_keys(session: &mut Session, schema: &mut Schema) -> Result<(), DatabaseError> {
    let sql = Sql::new(
        "SELECT k.TABLE_NAME, k.CONSTRAINT_NAME, k.COLUMN_NAME, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME, \
         r.DELETE_RULE, r.UPDATE_RULE FROM information_schema.KEY_COLUMN_USAGE AS k \
         JOIN information_schema.REFERENTIAL_CONSTRAINTS AS r ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA \
         AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME \
         WHERE k.REFERENCED_TABLE_NAME IS NOT NULL AND k.TABLE_SCHEMA = ",
    )
    .value(schema.name.as_str())
    .text(" AND r.CONSTRAINT_SCHEMA = ")
    .value(schema.name.as_str())
    .text(" ORDER BY k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION");
    for row in session.rows(&sql)? {
        let Some(table) = schema.tables.get_mut(&text(&row, 0)) else {
            continue;
        };
        let name = text(&row, 1);
        let (column, parent_column) = (text(&row, 2), text(&row, 4));
        if let Some(key) = table.foreign_keys.iter_mut().find(|key| key.name == name) {
            key.columns.push(column);
            key.parent_columns.push(parent_column);
            continue;
        }
        table.foreign_keys.push(ForeignKey {
            name,
            columns: vec![column],
            parent: text(&row, 3),
            parent_columns: vec![parent_column],
            on_delete: match text(&row, 5).to_ascii_uppercase().as_str() {
                "CASCADE" => OnDelete::Cascade,
                "SET NULL" => OnDelete::SetNull,
                _ => OnDelete::Refuse,
            },
            cascades_updates: text(&row, 6).eq_ignore_ascii_case("cascade"),
        });
    }
    Ok(())
}

fn text(row: &[Value], index: usize) -> String {
    row.get(index).and_then(Value::text).unwrap_or_default()
}

fn number(row: &[Value], index: usize) -> Option<u64> {
    row.get(index).and_then(Value::number)
}
