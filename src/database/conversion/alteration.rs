//! How a table of the new database is made: like the old one, then changed while it is empty.
//!
//! `CREATE TABLE … LIKE …` takes over all that a table has (types, defaults, collations, comments, checks, partitions), so
//! nothing of it has to be understood to be kept. Only what changes is spelled out.

use super::key_names::{foreign_key_name, index_name};
use super::selector::Selector;
use crate::database::facts::FACTS;
use crate::database::schema::{ForeignKey, IndexKind, OnDelete, Table};
use crate::database::sql::{Name, Place, Sql};
use crate::database::staging::Link;
use std::collections::BTreeSet;

/// The statements that make an empty table: one, or two when it changes. `counter` is the next number of a table that counts.
pub(crate) fn create(
    selector: &Selector,
    table: &Table,
    into: &Place,
    counter: Option<u64>,
) -> Vec<Sql> {
    let old = Place::new(&Name::new(&selector.schema.name), &table.name);
    let mut statements = vec![
        Sql::new("CREATE TABLE ")
            .place(into)
            .text(" LIKE ")
            .place(&old),
    ];
    let changes = changes(selector, table, counter);
    if !changes.is_empty() {
        statements.push(
            Sql::new("ALTER TABLE ")
                .place(into)
                .text(" ")
                .list(", ", &changes),
        );
    }
    statements
}

/// Whether a table is another one afterwards, but for its rows and its foreign keys.
pub(crate) fn is_changed(selector: &Selector, table: &Table) -> bool {
    !changes(selector, table, None).is_empty()
}

fn changes(selector: &Selector, table: &Table, counter: Option<u64>) -> Vec<Sql> {
    let staging = selector.staging;
    let dropped = selector.dropped_columns(table);
    let renamed: Vec<(&str, String)> = staging
        .rows_of(&table.name)
        .map(|(column, _)| (column, selector.new_name(table, column)))
        .filter(|(column, new)| column != new)
        .collect();
    // What the rows are counted by from now on.
    let counted = staging
        .staged
        .get(&table.name)
        .map(|staged| staged.entity.as_str())
        .or_else(|| {
            let mut counted = staging.counted.iter();
            counted
                .find(|counted| counted.table == table.name)
                .map(|counted| counted.column.as_str())
        });
    let merged = selector
        .rows
        .merged
        .get(&table.name)
        .map(|(_, shared)| shared.as_str());
    let mut changes = indexes(selector, table, &dropped, counted);
    let is_new_key = counted.is_some_and(|column| table.primary() != [column]);
    if is_new_key {
        changes.push(Sql::new("DROP PRIMARY KEY"));
    }
    changes.extend(
        dropped
            .iter()
            .map(|column| Sql::new("DROP COLUMN ").named(column)),
    );
    for (column, new) in &renamed {
        let Some(column) = table.column(column) else {
            continue;
        };
        let Some(integer) = column.integer() else {
            continue;
        };
        changes.push(
            Sql::new("CHANGE COLUMN ")
                .named(&column.name)
                .text(" ")
                .named(new)
                .text(" ")
                .integer(&integer)
                .text(if column.is_nullable {
                    " NULL"
                } else {
                    " NOT NULL"
                }),
        );
    }
    if let Some(column) = counted
        && let Some(integer) = table.column(column).and_then(|column| column.integer())
    {
        changes.push(
            Sql::new("MODIFY COLUMN ")
                .named(column)
                .text(" ")
                .integer(&integer)
                .text(" NOT NULL AUTO_INCREMENT"),
        );
        if is_new_key {
            changes.push(Sql::new("ADD PRIMARY KEY (").named(column).text(")"));
        }
    }
    if let Some(shared) = merged {
        let name = index_name(&table.name, &[shared], IndexKind::Unique);
        changes.push(
            Sql::new("ADD UNIQUE INDEX ")
                .named(&name)
                .text(" (")
                .named(shared)
                .text(")"),
        );
    }
    if let Some(counter) = counter {
        changes.push(Sql::new("AUTO_INCREMENT = ").digits(counter));
    }
    changes
}

/// Indexes that lose a column, whose column gets another name, or that have the name of a key that changes.
fn indexes(
    selector: &Selector,
    table: &Table,
    dropped: &[String],
    counted: Option<&str>,
) -> Vec<Sql> {
    let mut taken: BTreeSet<String> = table
        .indexes
        .iter()
        .map(|index| index.name.to_ascii_uppercase())
        .collect();
    let changed_key = |name: &str| {
        let key = table.foreign_keys.iter().find(|key| key.name == name)?;
        let of_key = |link: &&Link| link.old.as_deref() == Some(name);
        match selector.links(&table.name).iter().find(of_key) {
            Some(link) if link.is_changed(key) => Some(key_name(selector, table, link)),
            Some(_) => None,
            None => Some(None),
        }
    };
    let shared = selector
        .rows
        .merged
        .get(&table.name)
        .map(|(_, shared)| shared.as_str());
    let mut changes = Vec::new();
    for index in &table.indexes {
        // One over an expression is left to the server, which refuses to drop a column that it needs.
        if index.kind == IndexKind::Primary || index.is_over_expression() {
            continue;
        }
        let parts: Vec<(String, Option<u64>)> = index
            .parts
            .iter()
            .filter(|(column, _)| !dropped.contains(column))
            .map(|(column, length)| (selector.new_name(table, column), *length))
            .collect();
        let columns: Vec<&str> = parts.iter().map(|(column, _)| column.as_str()).collect();
        let of_key = changed_key(&index.name);
        let is_of_no_key = match (&of_key, &index.columns()[..]) {
            (Some(_), [column]) => is_without_key(selector, table, column),
            _ => false,
        };
        let is_superfluous = columns.is_empty()
            || is_of_no_key
            || counted.is_some_and(|counted| columns == [counted])
            || shared.is_some_and(|shared| columns == [shared]);
        if parts == index.parts && of_key.is_none() && !is_superfluous {
            continue;
        }
        changes.push(Sql::new("DROP INDEX ").named(&index.name));
        if is_superfluous {
            continue;
        }
        let name = match of_key.flatten() {
            Some(name) => name,
            None => index_name(&table.name, &columns, index.kind),
        };
        taken.remove(&index.name.to_ascii_uppercase());
        if !taken.insert(name.to_ascii_uppercase()) {
            // One of that name, which is one over the same columns, is there.
            continue;
        }
        let parts: Vec<Sql> = parts
            .iter()
            .map(|(column, length)| {
                let part = Sql::default().named(column);
                match length {
                    Some(length) => part.text("(").digits(*length).text(")"),
                    None => part,
                }
            })
            .collect();
        let add = match index.kind {
            IndexKind::Unique => "ADD UNIQUE INDEX ",
            IndexKind::Fulltext => "ADD FULLTEXT INDEX ",
            IndexKind::Spatial => "ADD SPATIAL INDEX ",
            IndexKind::Plain | IndexKind::Primary => "ADD INDEX ",
        };
        changes.push(
            Sql::new(add)
                .named(&name)
                .text(" (")
                .list(", ", &parts)
                .text(")"),
        );
    }
    changes
}

fn is_without_key(selector: &Selector, table: &Table, column: &str) -> bool {
    let short = selector.schema.short_name(&table.name);
    short.is_some_and(|short| FACTS.is_without_key(short, column))
}

/// The name of a key in the new database; none for one over several columns that changes, which Magento does not have.
fn key_name(selector: &Selector, table: &Table, link: &Link) -> Option<String> {
    match (&link.columns[..], &link.target_columns[..]) {
        ([column], [target]) => Some(foreign_key_name(
            &table.name,
            &selector.new_name(table, column),
            &link.parent,
            target,
        )),
        _ => None,
    }
}

/// The statement that gives a table its foreign keys; none when it has none. Names are unique in a database: `taken` holds
/// those that are given already.
pub(crate) fn keys(
    selector: &Selector,
    table: &Table,
    into: &Place,
    taken: &mut BTreeSet<String>,
) -> Option<Sql> {
    let adds: Vec<Sql> = selector
        .links(&table.name)
        .iter()
        .filter(|link| {
            let mut columns = link.columns.iter();
            !(link.is_row && columns.any(|column| is_without_key(selector, table, column)))
        })
        .map(|link| add_key(selector, table, link, into, taken))
        .chain(keys_outside(selector, table))
        .collect();
    (!adds.is_empty()).then(|| {
        Sql::new("ALTER TABLE ")
            .place(into)
            .text(" ")
            .list(", ", &adds)
    })
}

/// The keys to tables of other databases, which stay what they are.
fn keys_outside(selector: &Selector, table: &Table) -> Vec<Sql> {
    let dropped = selector.dropped_columns(table);
    let stays = |key: &&(String, ForeignKey)| {
        let mut columns = key.1.columns.iter();
        !columns.any(|column| dropped.contains(column))
    };
    let add = |(database, key): &(String, ForeignKey)| {
        let columns: Vec<String> = key
            .columns
            .iter()
            .map(|column| selector.new_name(table, column))
            .collect();
        Sql::new("ADD CONSTRAINT ")
            .named(&key.name)
            .text(" FOREIGN KEY (")
            .names(columns.iter().map(String::as_str))
            .text(") REFERENCES ")
            .place(&Place::new(&Name::new(database), &key.parent))
            .text(" (")
            .names(key.parent_columns.iter().map(String::as_str))
            .text(")")
            .text(rules(key.on_delete, key.cascades_updates))
    };
    table.keys_outside.iter().filter(stays).map(add).collect()
}

/// What a key does when its parent goes or changes.
fn rules(on_delete: OnDelete, cascades_updates: bool) -> &'static str {
    match (on_delete, cascades_updates) {
        (OnDelete::Cascade, false) => " ON DELETE CASCADE",
        (OnDelete::Cascade, true) => " ON DELETE CASCADE ON UPDATE CASCADE",
        (OnDelete::SetNull, false) => " ON DELETE SET NULL",
        (OnDelete::SetNull, true) => " ON DELETE SET NULL ON UPDATE CASCADE",
        (OnDelete::Refuse, false) => "",
        (OnDelete::Refuse, true) => " ON UPDATE CASCADE",
    }
}

fn add_key(
    selector: &Selector,
    table: &Table,
    link: &Link,
    into: &Place,
    taken: &mut BTreeSet<String>,
) -> Sql {
    let old = link
        .old
        .as_ref()
        .and_then(|name| table.foreign_keys.iter().find(|key| key.name == *name));
    let name = match old {
        Some(key) if !link.is_changed(key) => Some(key.name.clone()),
        _ => key_name(selector, table, link),
    };
    // Where a name is taken, the server makes one.
    let name = name.filter(|name| taken.insert(name.to_ascii_uppercase()));
    let columns: Vec<String> = link
        .columns
        .iter()
        .map(|column| selector.new_name(table, column))
        .collect();
    let mut sql = Sql::new("ADD ");
    if let Some(name) = &name {
        sql = sql.text("CONSTRAINT ").named(name).text(" ");
    }
    sql.text("FOREIGN KEY (")
        .names(columns.iter().map(String::as_str))
        .text(") REFERENCES ")
        .place(&Place::new(&into.database, &link.parent))
        .text(" (")
        .names(link.target_columns.iter().map(String::as_str))
        .text(")")
        .text(rules(link.on_delete, link.cascades_updates))
}
