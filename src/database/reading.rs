//! Reads the schema of a database: from `information_schema`, which every user sees as far as its rights go, and from
//! `SHOW CREATE TABLE`, for which reading is enough.

use super::error::DatabaseError;
use super::schema::{
    Column, ForeignKey, Index, IndexKind, JOURNAL_TABLES, OnDelete, Schema, Table, Trigger,
};
use super::server::Session;
use super::sql::{Name, Place, Sql, Value};

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
    schema.sequences = names(
        session.rows(
            &listed("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ")
                .text(" AND TABLE_TYPE = 'SEQUENCE'"),
        )?,
    );
    schema.routines = names(session.rows(&listed(
        "SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ",
    ))?);
    schema.events = names(session.rows(&listed(
        "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ",
    ))?);
    schema.pointed_at_by = names(session.rows(
        &listed(
            "SELECT DISTINCT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) FROM information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_SCHEMA = ",
        )
        .text(" AND TABLE_SCHEMA <> ")
        .value(database),
    )?);
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
        // A copy's journal is no table of the shop.
        if JOURNAL_TABLES.contains(&name.as_str()) {
            continue;
        }
        let table = Table {
            name: name.clone(),
            engine: text(&row, 1),
            rows: number(&row, 2).unwrap_or(0),
            bytes: number(&row, 3).unwrap_or(0),
            // MySQL says nothing of a table until it is used, and 1 from then on.
            auto_increment: number(&row, 4).filter(|next| *next > 1),
            ..Table::default()
        };
        schema.tables.insert(name, table);
    }
    Ok(())
}

fn columns(session: &mut Session, schema: &mut Schema) -> Result<(), DatabaseError> {
    let sql = Sql::new(
        "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, EXTRA, GENERATION_EXPRESSION \
         FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ",
    )
    .value(schema.name.as_str())
    .text(" ORDER BY TABLE_NAME, ORDINAL_POSITION");
    for row in session.rows(&sql)? {
        let Some(table) = schema.tables.get_mut(&text(&row, 0)) else {
            continue;
        };
        table.columns.push(column(&row));
    }
    Ok(())
}

/// A row of `information_schema.COLUMNS`, behind the name of its table.
fn column(row: &[Value]) -> Column {
    let extra = text(row, 4).to_ascii_lowercase();
    // `DEFAULT_GENERATED` is MySQL's word for a default that is an expression, which can be written.
    let is_generated = ["stored generated", "virtual generated", "persistent"]
        .iter()
        .any(|word| extra.contains(word));
    Column {
        name: text(row, 1),
        column_type: text(row, 2),
        is_nullable: text(row, 3).eq_ignore_ascii_case("yes"),
        counts_by_itself: extra.contains("auto_increment"),
        computed_from: is_generated.then(|| text(row, 5)),
    }
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
        add_index(&mut table.indexes, &row);
    }
    Ok(())
}

/// Adds a row of `information_schema.STATISTICS`, behind the name of its table. What MySQL computes for an index has no
/// column's name.
fn add_index(indexes: &mut Vec<Index>, row: &[Value]) {
    let name = text(row, 1);
    let part = (text(row, 4), number(row, 5));
    if let Some(index) = indexes.iter_mut().find(|index| index.name == name) {
        index.parts.push(part);
        return;
    }
    let kind = match (name.as_str(), text(row, 3).to_ascii_uppercase().as_str()) {
        ("PRIMARY", _) => IndexKind::Primary,
        (_, "FULLTEXT") => IndexKind::Fulltext,
        (_, "SPATIAL") => IndexKind::Spatial,
        _ if number(row, 2) == Some(0) => IndexKind::Unique,
        _ => IndexKind::Plain,
    };
    indexes.push(Index {
        name,
        kind,
        parts: vec![part],
    });
}

/// From the statements that would make the tables: `information_schema` shows keys only to who may do more than read.
fn foreign_keys(session: &mut Session, schema: &mut Schema) -> Result<(), DatabaseError> {
    let database = Name::new(&schema.name);
    for table in schema.tables.values_mut() {
        let made = session
            .rows(&Sql::new("SHOW CREATE TABLE ").place(&Place::new(&database, &table.name)))?;
        let made = made.first().map(|row| text(row, 1)).unwrap_or_default();
        for (outside, key) in made.lines().filter_map(foreign_key) {
            match outside {
                Some(outside) if outside != schema.name => table.keys_outside.push((outside, key)),
                _ => table.foreign_keys.push(key),
            }
        }
    }
    Ok(())
}

/// Reads a line of `SHOW CREATE TABLE`: the database that the key leads to, where one is named, and the key; none when it is
/// no foreign key. Line ends inside of names and texts are written as
/// escapes there, so a line that begins like a key is one.
fn foreign_key(line: &str) -> Option<(Option<String>, ForeignKey)> {
    let rest = line.trim_start().strip_prefix("CONSTRAINT ")?;
    let (name, rest) = identifier(rest)?;
    let (columns, rest) = identifiers(rest.strip_prefix(" FOREIGN KEY ")?)?;
    let (mut parent, mut rest) = identifier(rest.strip_prefix(" REFERENCES ")?)?;
    let mut database = None;
    if let Some(behind) = rest.strip_prefix('.') {
        database = Some(parent);
        (parent, rest) = identifier(behind)?;
    }
    let (parent_columns, rest) = identifiers(rest.strip_prefix(' ')?)?;
    let rest = rest.to_ascii_uppercase();
    let key = ForeignKey {
        name,
        columns,
        parent,
        parent_columns,
        on_delete: if rest.contains("ON DELETE CASCADE") {
            OnDelete::Cascade
        } else if rest.contains("ON DELETE SET NULL") {
            OnDelete::SetNull
        } else {
            OnDelete::Refuse
        },
        cascades_updates: rest.contains("ON UPDATE CASCADE"),
    };
    Some((database, key))
}

/// A name between backticks, and what follows.
fn identifier(text: &str) -> Option<(String, &str)> {
    let inside = text.strip_prefix('`')?;
    let mut name = String::new();
    let mut characters = inside.char_indices().peekable();
    while let Some((index, character)) = characters.next() {
        if character != '`' {
            name.push(character);
        } else if characters.next_if(|(_, next)| *next == '`').is_some() {
            name.push('`');
        } else {
            return Some((name, &inside[index + 1..]));
        }
    }
    None
}

/// Names in brackets, and what follows.
fn identifiers(text: &str) -> Option<(Vec<String>, &str)> {
    let mut rest = text.strip_prefix('(')?;
    let mut names = Vec::new();
    loop {
        let (name, behind) = identifier(rest)?;
        names.push(name);
        match behind.strip_prefix(')') {
            Some(behind) => return Some((names, behind)),
            None => rest = behind.strip_prefix(',')?.trim_start(),
        }
    }
}

fn text(row: &[Value], index: usize) -> String {
    row.get(index).and_then(Value::text).unwrap_or_default()
}

fn number(row: &[Value], index: usize) -> Option<u64> {
    row.get(index).and_then(Value::number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_are_read_as_servers_write_them() {
        let (_, key) = foreign_key(
            "  CONSTRAINT `A``B` FOREIGN KEY (`a`, `b`) REFERENCES `p` (`c`, `d`) ON DELETE CASCADE,",
        )
        .unwrap();
        assert_eq!((key.name.as_str(), key.parent.as_str()), ("A`B", "p"));
        assert_eq!(
            (key.columns.len(), key.parent_columns),
            (2, vec!["c".to_string(), "d".to_string()])
        );
        assert_eq!(
            (key.on_delete, key.cascades_updates),
            (OnDelete::Cascade, false)
        );
        let (outside, key) = foreign_key("CONSTRAINT `k` FOREIGN KEY (`a`) REFERENCES `other`.`p` (`c`) ON DELETE SET NULL ON UPDATE CASCADE").unwrap();
        assert_eq!(
            (key.parent.as_str(), key.on_delete, key.cascades_updates),
            ("p", OnDelete::SetNull, true)
        );
        assert_eq!(outside.as_deref(), Some("other"));
        for line in [
            "  PRIMARY KEY (`a`),",
            "  CONSTRAINT `c` CHECK (json_valid(`a`))",
            "  `CONSTRAINT` int(10) COMMENT 'FOREIGN KEY'",
            "  CONSTRAINT `c` CHECK ((`a` > 0)) /*!80016 NOT ENFORCED */",
            "  `my_row_id` bigint unsigned NOT NULL AUTO_INCREMENT /*!80023 INVISIBLE */,",
            "  KEY `CONSTRAINT` ((lower(`a`)))",
        ] {
            assert_eq!(foreign_key(line), None, "{line}");
        }
    }

    fn row(texts: &[&str]) -> Vec<Value> {
        let values = texts.iter().map(|text| match *text {
            "NULL" => Value::Null,
            text => Value::Text(text.to_string()),
        });
        values.collect()
    }

    /// As MySQL 8.0 and 8.4 and MariaDB 10.4 to 11 write them.
    #[test]
    fn columns_are_read_from_every_server() {
        for (extra, counts, is_generated) in [
            ("", false, false),
            ("auto_increment", true, false),
            ("auto_increment INVISIBLE", true, false),
            ("DEFAULT_GENERATED", false, false),
            (
                "DEFAULT_GENERATED on update CURRENT_TIMESTAMP",
                false,
                false,
            ),
            ("on update current_timestamp()", false, false),
            ("INVISIBLE", false, false),
            ("STORED GENERATED", false, true),
            ("VIRTUAL GENERATED", false, true),
            ("VIRTUAL GENERATED INVISIBLE", false, true),
            ("STORED GENERATED, INVISIBLE", false, true),
        ] {
            let column = column(&row(&["t", "rank", "int unsigned", "NO", extra, "`a` + 1"]));
            assert_eq!(
                (column.counts_by_itself, column.is_computed_from("a")),
                (counts, is_generated),
                "{extra}"
            );
            assert!(!column.is_nullable && column.integer().is_some());
        }
        // MySQL sends long texts of information_schema as bytes.
        let bytes = |text: &str| Value::Bytes(text.as_bytes().to_vec());
        let of_bytes = column(&[
            bytes("t"),
            bytes("ü"),
            bytes("tinyint(1)"),
            bytes("YES"),
            bytes(""),
        ]);
        assert_eq!((of_bytes.name.as_str(), of_bytes.is_nullable), ("ü", true));
    }

    #[test]
    fn indexes_over_expressions_are_read() {
        let mut indexes = Vec::new();
        for texts in [
            ["t", "F", "1", "BTREE", "sku", "NULL"],
            ["t", "F", "1", "BTREE", "NULL", "NULL"],
            ["t", "PRIMARY", "0", "BTREE", "id", "NULL"],
            ["t", "P", "0", "BTREE", "name", "10"],
        ] {
            add_index(&mut indexes, &row(&texts));
        }
        assert_eq!(
            indexes[0].parts,
            [("sku".to_string(), None), (String::new(), None)]
        );
        assert!(indexes[0].is_over_expression() && !indexes[2].is_over_expression());
        assert_eq!(indexes[1].kind, IndexKind::Primary);
        assert_eq!(
            (indexes[2].kind, indexes[2].parts[0].1),
            (IndexKind::Unique, Some(10))
        );
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "(CONSTRAINT )?[`(a é) ,.]*( FOREIGN KEY )?[`(a) ,]*( REFERENCES )?[`(a) ,.]*") {
            foreign_key(&text);
        }
    }
}
