//! Which rows of a table the new database gets, and with which values, as one `SELECT` over the old database.
//!
//! Everything is said in terms of the old database, so that no step has to wait for another one, that a plan can count
//! before anything is written, and that a check can ask the same again afterwards:
//!
//! - of a staged table, the versions that are alive;
//! - of what belongs to versions, the rows of those that are alive, with the entity in place of the row;
//! - of what points to something that is left behind, what points to what is kept, as its foreign key would see to it.

use super::selection::{OWN, Selection, by};
use crate::database::facts::FACTS;
use crate::database::schema::{OnDelete, Schema, Table};
use crate::database::sql::{Name, Place, Sql, Value};
use crate::database::staging::{BEGINS, ENDS, Link, ROW, Staging, links};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What the rows of a shop say, once they have been asked. Tables by their whole names.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RowFacts {
    /// Rows that go for what they hold, by table: values of its only key column.
    pub gone: BTreeMap<String, Vec<Value>>,
    /// Tables whose rows in `gone` are all that they lose.
    pub complete: BTreeSet<String>,
    /// Rows that are switched off, likewise, with the column that does it.
    pub switched_off: BTreeMap<String, (String, Vec<Value>)>,
    /// Tables in which one row stands for several, with the key and the column that they share.
    pub merged: BTreeMap<String, (String, String)>,
    /// Keys that the data break, as table and columns: rows that point to nothing are left behind.
    pub broken: BTreeSet<(String, Vec<String>)>,
}

/// What is known before the statements are made.
#[derive(Debug)]
pub(crate) struct Selector<'a> {
    /// The old schema.
    pub schema: &'a Schema,
    /// What staging has made of it.
    pub staging: &'a Staging,
    /// The moment at which versions are alive, in seconds since 1970.
    pub as_of: u64,
    /// What the rows say.
    pub rows: RowFacts,
    /// Tables that are not copied.
    pub leaving: BTreeSet<String>,
    /// Columns that are not copied, by table, besides those of staging.
    pub dropped: BTreeMap<String, BTreeSet<String>>,
    links: BTreeMap<String, Vec<Link>>,
    losing: BTreeSet<String>,
}

impl<'a> Selector<'a> {
    /// One that knows of nothing but what the schema says.
    pub(crate) fn new(
        schema: &'a Schema,
        staging: &'a Staging,
        as_of: u64,
        leaving: BTreeSet<String>,
        dropped: BTreeMap<String, BTreeSet<String>>,
    ) -> Self {
        let mut selector = Self {
            schema,
            staging,
            as_of,
            rows: RowFacts::default(),
            leaving,
            dropped,
            links: BTreeMap::new(),
            losing: BTreeSet::new(),
        };
        for table in selector.staying() {
            let mut of_table = links(schema, staging, table, &|name| selector.stays(name));
            let dropped = selector.dropped_columns(table);
            of_table.retain(|link| !link.columns.iter().any(|column| dropped.contains(column)));
            selector.links.insert(table.name.clone(), of_table);
        }
        selector.settle();
        selector
    }

    /// To be called when what is known has changed: finds out which tables lose rows.
    pub(crate) fn settle(&mut self) {
        let mut losing: BTreeSet<String> = self.staging.staged.keys().cloned().collect();
        losing.extend(self.staging.rows.keys().map(|(table, _)| table.clone()));
        losing.extend(self.rows.merged.keys().cloned());
        losing.extend(self.rows.broken.iter().map(|(table, _)| table.clone()));
        let gone = self.rows.gone.iter().filter(|(_, keys)| !keys.is_empty());
        losing.extend(gone.map(|(table, _)| table.clone()));
        losing.retain(|table| self.stays(table));
        loop {
            let before = losing.len();
            for (table, links) in &self.links {
                let loses = links.iter().any(|link| {
                    link.on_delete != OnDelete::SetNull
                        && link.parent != *table
                        && losing.contains(&link.parent)
                });
                if loses {
                    losing.insert(table.clone());
                }
            }
            if losing.len() == before {
                break;
            }
        }
        self.losing = losing;
    }

    /// Whether a table is in the new database.
    pub(crate) fn stays(&self, table: &str) -> bool {
        self.schema.tables.contains_key(table)
            && !self.leaving.contains(table)
            && !self.staging.is_spent_sequence(table)
    }

    /// The tables of the new database.
    pub(crate) fn staying(&self) -> Vec<&'a Table> {
        let tables = self.schema.tables.values();
        tables.filter(|table| self.stays(&table.name)).collect()
    }

    /// The foreign keys that a table has in the new database.
    pub(crate) fn links(&self, table: &str) -> &[Link] {
        self.links.get(table).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a table may have fewer rows than before.
    pub(crate) fn loses_rows(&self, table: &str) -> bool {
        self.losing.contains(table)
    }

    /// What a column is called in the new database.
    pub(crate) fn new_name(&self, table: &Table, column: &str) -> String {
        let staged = self
            .staging
            .rows_of(&table.name)
            .find(|(name, _)| *name == column)
            .map(|(_, staged)| staged);
        let is_known = self
            .schema
            .short_name(&table.name)
            .is_some_and(|short| FACTS.rows_in(short, ROW).is_some());
        match staged {
            Some(staged) if column == ROW && is_known && !table.has(&staged.entity) => {
                staged.entity.clone()
            }
            _ => column.to_string(),
        }
    }

    /// Columns of a table that the new one does not have.
    pub(crate) fn dropped_columns(&self, table: &Table) -> Vec<String> {
        let of_staging: &[&str] = match self.staging.staged.contains_key(&table.name) {
            true => &[ROW, BEGINS, ENDS],
            false => &[],
        };
        let dropped = self.dropped.get(&table.name);
        let is_dropped = |name: &str| {
            of_staging.contains(&name) || dropped.is_some_and(|names| names.contains(name))
        };
        let names = table.columns.iter().map(|column| &column.name);
        names.filter(|name| is_dropped(name)).cloned().collect()
    }

    fn database(&self) -> Name {
        Name::new(&self.schema.name)
    }

    fn place(&self, table: &str) -> Place {
        Place::new(&self.database(), table)
    }

    /// The rows of a table that stays.
    pub(crate) fn selection(&self, table: &Table) -> Selection {
        let mut conditions = Vec::new();
        let mut from = Sql::new(" FROM ")
            .place(&self.place(&table.name))
            .text(" AS ")
            .named(OWN);
        self.narrow(
            table,
            OWN,
            &mut vec![table.name.clone()],
            true,
            &mut from,
            &mut conditions,
        );
        let dropped = self.dropped_columns(table);
        let columns = table
            .columns
            .iter()
            .filter(|column| !column.is_generated() && !dropped.contains(&column.name))
            .map(|column| {
                let value = self.column_value(table, &column.name);
                (self.new_name(table, &column.name), value)
            })
            .collect();
        Selection {
            columns,
            kinds: table
                .columns
                .iter()
                .map(|column| (self.new_name(table, &column.name), column.kind()))
                .collect(),
            from,
            conditions,
            by: by(table),
            is_key: table.single_key().is_some(),
        }
    }

    /// The tables that the statement for a table reads: what its rows and its parents are looked up in, and what those are.
    pub(crate) fn reads(&self, table: &Table) -> BTreeSet<String> {
        let mut reads = BTreeSet::from([table.name.clone()]);
        let mut waiting = vec![table.name.clone()];
        while let Some(name) = waiting.pop() {
            let Some(table) = self.schema.tables.get(&name) else {
                continue;
            };
            let versions = self
                .staging
                .rows_of(&name)
                .map(|(_, staged)| staged.table.clone());
            let parents = self
                .links(&name)
                .iter()
                .filter(|link| self.loses_rows(&link.parent) || self.is_broken(table, link))
                .map(|link| link.parent.clone());
            for read in versions.chain(parents) {
                if reads.insert(read.clone()) {
                    waiting.push(read);
                }
            }
        }
        reads
    }

    fn column_value(&self, table: &Table, column: &str) -> Sql {
        let own = || Sql::default().column(OWN, column);
        if let Some(alias) = self.row_alias(table, OWN, column) {
            let entity = self
                .staging
                .rows_of(&table.name)
                .find(|(name, _)| *name == column);
            if let Some((_, staged)) = entity {
                return Sql::default().column(&alias, &staged.entity);
            }
        }
        let short = self.schema.short_name(&table.name).unwrap_or_default();
        let set = FACTS
            .set
            .iter()
            .find(|fact| fact.table == short && fact.column == column);
        if let Some(fact) = set {
            return Sql::default().value(fact.value.as_str());
        }
        if let Some((switch, keys)) = self.rows.switched_off.get(&table.name)
            && switch == column
            && !keys.is_empty()
            && let Some(key) = table.single_key()
        {
            return Sql::new("CASE WHEN ")
                .column(OWN, &key.name)
                .text(" IN (")
                .values(keys)
                .text(") THEN 0 ELSE ")
                .then(&own())
                .text(" END");
        }
        for link in self.links(&table.name) {
            if link.columns != [column] || link.is_row {
                continue;
            }
            if let Some((key, shared)) = self.rows.merged.get(&link.parent)
                && link.source_columns == [key.as_str()]
            {
                let parent = self.place(&link.parent);
                return Sql::new("(SELECT MIN(`m`.")
                    .named(key)
                    .text(") FROM ")
                    .place(&parent)
                    .text(" AS `c` JOIN ")
                    .place(&parent)
                    .text(" AS `m` ON ")
                    .column("m", shared)
                    .text(" = ")
                    .column("c", shared)
                    .text(" WHERE ")
                    .column("c", key)
                    .text(" = ")
                    .then(&own())
                    .text(")");
            }
            let may_dangle = self.loses_rows(&link.parent) || self.is_broken(table, link);
            if link.on_delete == OnDelete::SetNull && link.parent != table.name && may_dangle {
                let is_there = self.exists(OWN, link, &mut vec![table.name.clone()]);
                return Sql::new("CASE WHEN ")
                    .then(&is_there)
                    .text(" THEN ")
                    .then(&own())
                    .text(" END");
            }
        }
        own()
    }

    fn is_broken(&self, table: &Table, link: &Link) -> bool {
        self.rows
            .broken
            .contains(&(table.name.clone(), link.columns.clone()))
    }

    /// The name under which the version that a column points to is joined; none for other columns.
    fn row_alias(&self, table: &Table, alias: &str, column: &str) -> Option<String> {
        let index = self
            .staging
            .rows_of(&table.name)
            .position(|(name, _)| name == column)?;
        Some(format!("{alias}_r{index}"))
    }

    /// That a version is alive.
    pub(crate) fn is_alive(&self, alias: &str) -> Sql {
        Sql::default()
            .column(alias, BEGINS)
            .text(" <= ")
            .value(self.as_of)
            .text(" AND ")
            .column(alias, ENDS)
            .text(" > ")
            .value(self.as_of)
    }

    /// Joins and conditions that leave the rows that are kept. `path` holds the tables that are being asked about, so that
    /// keys in a circle come to an end.
    fn narrow(
        &self,
        table: &Table,
        alias: &str,
        path: &mut Vec<String>,
        merges: bool,
        from: &mut Sql,
        conditions: &mut Vec<Sql>,
    ) {
        if self.staging.staged.contains_key(&table.name) {
            conditions.push(self.is_alive(alias));
        }
        for (column, staged) in self.staging.rows_of(&table.name) {
            let Some(joined) = self.row_alias(table, alias, column) else {
                continue;
            };
            let is_nullable = table
                .column(column)
                .is_some_and(|column| column.is_nullable);
            let join = if is_nullable { " LEFT JOIN " } else { " JOIN " };
            *from = std::mem::take(from)
                .text(join)
                .place(&self.place(&staged.table))
                .text(" AS ")
                .named(&joined)
                .text(" ON ")
                .column(&joined, ROW)
                .text(" = ")
                .column(alias, column)
                .text(" AND ")
                .then(&self.is_alive(&joined));
            if is_nullable {
                conditions.push(
                    Sql::new("(")
                        .column(alias, column)
                        .text(" IS NULL OR ")
                        .column(&joined, ROW)
                        .text(" IS NOT NULL)"),
                );
            }
        }
        if let Some(keys) = self.rows.gone.get(&table.name)
            && !keys.is_empty()
            && let Some(key) = table.single_key()
        {
            let own = Sql::default().column(alias, &key.name);
            conditions.push(own.text(" NOT IN (").values(keys).text(")"));
        }
        if merges && let Some((key, shared)) = self.rows.merged.get(&table.name) {
            conditions.push(
                Sql::new("NOT EXISTS (SELECT 1 FROM ")
                    .place(&self.place(&table.name))
                    .text(" AS `m` WHERE ")
                    .column("m", shared)
                    .text(" = ")
                    .column(alias, shared)
                    .text(" AND ")
                    .column("m", key)
                    .text(" < ")
                    .column(alias, key)
                    .text(")"),
            );
        }
        for link in self.links(&table.name) {
            if link.is_row || link.on_delete == OnDelete::SetNull || path.contains(&link.parent) {
                continue;
            }
            let is_broken = self.is_broken(table, link);
            if !self.loses_rows(&link.parent) && !is_broken {
                continue;
            }
            let is_nullable = link
                .columns
                .iter()
                .any(|name| table.column(name).is_some_and(|column| column.is_nullable));
            let is_there = match self.lost_keys(link) {
                Some(keys) if !is_broken => Sql::default()
                    .column(alias, &link.columns[0])
                    .text(" NOT IN (")
                    .values(keys)
                    .text(")"),
                _ => self.exists(alias, link, path),
            };
            conditions.push(if is_nullable {
                let nulls: Vec<Sql> = link
                    .columns
                    .iter()
                    .map(|name| Sql::default().column(alias, name).text(" IS NULL"))
                    .collect();
                Sql::new("(")
                    .list(" OR ", &nulls)
                    .text(" OR ")
                    .then(&is_there)
                    .text(")")
            } else {
                is_there
            });
        }
    }

    /// The keys of the rows that a parent loses, when these are all that it loses and the link is to that key.
    fn lost_keys(&self, link: &Link) -> Option<&Vec<Value>> {
        let parent = self.schema.tables.get(&link.parent)?;
        let keys = self.rows.gone.get(&link.parent)?;
        let key = parent.single_key()?;
        let has_orphans = self
            .rows
            .broken
            .iter()
            .any(|(table, _)| *table == link.parent);
        let is_complete = self.rows.complete.contains(&link.parent) && !has_orphans;
        let loses_otherwise = !is_complete
            && self.links(&link.parent).iter().any(|above| {
                above.on_delete != OnDelete::SetNull
                    && above.parent != link.parent
                    && self.loses_rows(&above.parent)
            });
        let is_plain = !keys.is_empty()
            && !has_orphans
            && link.source_columns == [key.name.as_str()]
            && !self.rows.merged.contains_key(&link.parent)
            && !self.staging.staged.contains_key(&link.parent)
            && !loses_otherwise;
        is_plain.then_some(keys)
    }

    /// That what a link points to is kept.
    fn exists(&self, alias: &str, link: &Link, path: &mut Vec<String>) -> Sql {
        let Some(parent) = self.schema.tables.get(&link.parent) else {
            return Sql::new("FALSE");
        };
        let depth = format!("p{}", path.len());
        let mut from = Sql::new("EXISTS (SELECT 1 FROM ")
            .place(&self.place(&link.parent))
            .text(" AS ")
            .named(&depth);
        let mut conditions: Vec<Sql> = link
            .columns
            .iter()
            .zip(&link.source_columns)
            .map(|(own, theirs)| {
                Sql::default()
                    .column(&depth, theirs)
                    .text(" = ")
                    .column(alias, own)
            })
            .collect();
        path.push(link.parent.clone());
        // A row that another one stands for is as good as that one.
        self.narrow(parent, &depth, path, false, &mut from, &mut conditions);
        path.pop();
        from.text(" WHERE ").list(" AND ", &conditions).text(")")
    }

    /// Rows that point to nothing, whatever becomes of the rest: how many there are.
    pub(crate) fn orphans(&self, table: &Table, link: &Link) -> Sql {
        let mut present: Vec<Sql> = link
            .columns
            .iter()
            .map(|name| Sql::default().column(OWN, name).text(" IS NOT NULL"))
            .collect();
        let on: Vec<Sql> = link
            .columns
            .iter()
            .zip(&link.source_columns)
            .map(|(own, theirs)| {
                Sql::default()
                    .column("p", theirs)
                    .text(" = ")
                    .column(OWN, own)
            })
            .collect();
        present.push(
            Sql::new("NOT EXISTS (SELECT 1 FROM ")
                .place(&self.place(&link.parent))
                .text(" AS `p` WHERE ")
                .list(" AND ", &on)
                .text(")"),
        );
        Sql::new("SELECT COUNT(*) FROM ")
            .place(&self.place(&table.name))
            .text(" AS ")
            .named(OWN)
            .text(" WHERE ")
            .list(" AND ", &present)
    }
}
