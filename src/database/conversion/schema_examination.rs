//! What the schema of a shop says by itself, without a look at any row.

use super::examination::Examination;
use super::request::Request;
use super::selector::Selector;
use crate::database::declared::AtHand;
use crate::database::schema::{Column, Schema};
use crate::database::staging::{BEGINS, ENDS, ROW, Staging, Unknown, is_sequence};
use crate::plan::Code;
use crate::plan::sentence::count;

impl Examination<'_> {
    /// What neither the schema nor a fact says.
    pub(crate) fn unknown(&mut self, staging: &Staging) {
        for unknown in &staging.unknown {
            let detail = match unknown {
                Unknown::Entity { table } => format!(
                    "{table} has {ROW}, {BEGINS} and {ENDS}, but no foreign key to a sequence that would say which column names what the versions are of. An extension made it: ask who wrote it how it is kept without content staging. `--leave-out {table}` goes on without the table."
                ),
                Unknown::RowColumn { table, column } => format!(
                    "The column is called {column}, and no foreign key says of what. `--row-column {table}.{column}=catalog_product_entity` says that it holds rows of that table, `--row-column {table}.{column}=none` that it holds something else, and `--leave-out {table}` goes on without the table."
                ),
                Unknown::Sequence {
                    table, sequence, ..
                } => format!(
                    "{sequence} goes with content staging when it counts for a staged table, and no table that stays is counted by it. `--leave-out {table}` goes on without the table that points to it."
                ),
                Unknown::Type { table, .. } => format!(
                    "Numbers of rows and entities are whole numbers in every known schema. `--leave-out {table}` goes on without the table."
                ),
            };
            self.find(Code::DataUnknown, unknown.to_string(), detail);
        }
    }

    /// Columns that the server computes from one that goes or gets another name: it refuses to change that one.
    pub(crate) fn computed(&mut self, selector: &Selector) {
        for table in selector.staying() {
            let dropped = selector.dropped_columns(table);
            let changes = |column: &&Column| {
                dropped.contains(&column.name)
                    || selector.new_name(table, &column.name) != column.name
            };
            for column in table.columns.iter().filter(|column| column.is_generated()) {
                let mut changing = table.columns.iter().filter(changes);
                let from = changing.find(|other| column.is_computed_from(&other.name));
                let Some(from) = from.filter(|_| !dropped.contains(&column.name)) else {
                    continue;
                };
                let place = format!("{}.{}", table.name, column.name);
                self.find(
                    Code::DataUnknown,
                    format!("{place} is computed from {}, which changes", from.name),
                    format!(
                        "The server computes it from `{}`, which is not kept under that name, and refuses to change that one. `--drop-column {place}` goes on without it; whoever made it knows what it has to be without content staging.",
                        from.name
                    ),
                );
            }
        }
    }

    /// Tables of other databases that lead here: a key follows a table to its other name, and would lead to nothing when that
    /// goes.
    pub(crate) fn pointed_at(&mut self, schema: &Schema) {
        if schema.pointed_at_by.is_empty() {
            return;
        }
        self.find(
            Code::DataUnknown,
            format!(
                "Foreign keys of other databases lead into {}: {}",
                schema.name,
                count(schema.pointed_at_by.len(), "table")
            ),
            format!(
                "{}. In place their keys would lead to tables that go. Drop these keys before, and give them back afterwards, or copy beside.",
                schema.pointed_at_by.join(", ")
            ),
        );
    }

    /// What the target's code does not declare, where it is at hand.
    pub(super) fn undeclared(&mut self, selector: &Selector, request: &Request) {
        let declared = match &request.code {
            AtHand::Target(declared) => declared,
            AtHand::Commerce | AtHand::Absent if selector.staging.is_empty() => return,
            other => {
                let why = match other {
                    AtHand::Commerce => "`vendor/` is still that of Adobe Commerce",
                    _ => "There is no `vendor/` of a whole shop in this folder",
                };
                self.find(
                    Code::DataFactsOnly,
                    "The target's own schema is not at hand".to_string(),
                    format!(
                        "{why}, so facts that ship tell what only Adobe Commerce has (of 2.4.6 with B2B, against Open Source 2.4.8). What an extension or a newer release has besides is kept. With the target's packages installed, plan again: then what they do not declare is named."
                    ),
                );
                return;
            }
        };
        let found = declared.undeclared(selector.schema, selector.staying(), &|table| {
            let dropped = selector.dropped_columns(table);
            let columns = table.columns.iter().map(|column| &column.name);
            columns
                .filter(|column| !dropped.contains(column))
                .map(|column| selector.new_name(table, column))
                .collect()
        });
        if request.decisions.keep_unknown {
            return;
        }
        let outside = match declared.outside.len() {
            0 => String::new(),
            _ => format!(
                " Not read, since a link leads out of the store: {}.",
                declared.outside.join(", ")
            ),
        };
        if !found.tables.is_empty() {
            self.find(
                Code::DataUndeclared,
                format!("Not declared by the target's code: {}", count(found.tables.len(), "table")),
                format!(
                    "{}. No db_schema.xml below vendor/ and app/code/ has them: an old extension's setup made them, or they are left from what was removed, or from a newer Adobe Commerce.{outside} `--leave-out TABLE` leaves one behind, `--keep-unknown` keeps the others as they are.",
                    found.tables.join(", ")
                ),
            );
        }
        if !found.columns.is_empty() {
            self.find(
                Code::DataUndeclared,
                format!("Not declared by the target's code: {}", count(found.columns.len(), "column")),
                format!(
                    "{}. Where one has to be given a value and has no default, the target cannot write a row.{outside} `--drop-column TABLE.COLUMN` leaves one behind, `--keep-unknown` keeps the others.",
                    found.columns.join(", ")
                ),
            );
        }
    }

    /// That nothing is kept beside.
    pub(super) fn in_place(&mut self, schema: &Schema) {
        self.find(
            Code::DataInPlace,
            format!("{} itself is converted", schema.name),
            format!(
                "What is said to go or to stay behind is deleted from {}: tables, columns, rows, versions, and the triggers of the tables that are rebuilt. Views, routines and events stay as they are. The way back is to load a dump, and nothing else.",
                schema.name
            ),
        );
    }

    /// Whether it is the database of a shop, under this prefix.
    pub(super) fn prefix(&mut self, schema: &Schema) {
        if schema.known("eav_attribute").is_none() || schema.known("core_config_data").is_none() {
            let prefix = match schema.prefix.as_str() {
                "" => "without a table prefix".to_string(),
                prefix => format!("with the table prefix {prefix}"),
            };
            self.find(
                Code::DataNoShop,
                format!("{} is no database of a shop", schema.name),
                format!(
                    "It has no eav_attribute and core_config_data {prefix}. Check the name of the database, and name the prefix with --db-prefix."
                ),
            );
        }
    }

    /// What hangs on tables and is not copied, and keys of own tables into what goes.
    pub(crate) fn hangers_on(&mut self, selector: &Selector) {
        let schema = selector.schema;
        let own: Vec<&str> = schema
            .triggers
            .iter()
            .filter(|trigger| !trigger.is_of_indexer() && selector.stays(&trigger.table))
            .map(|trigger| trigger.name.as_str())
            .collect();
        let mut objects = Vec::new();
        for (word, names) in [
            ("triggers", own),
            ("views", schema.views.iter().map(String::as_str).collect()),
            (
                "sequences",
                schema.sequences.iter().map(String::as_str).collect(),
            ),
            (
                "routines",
                schema.routines.iter().map(String::as_str).collect(),
            ),
            ("events", schema.events.iter().map(String::as_str).collect()),
        ] {
            if !names.is_empty() {
                objects.push(format!("{word}: {}", names.join(", ")));
            }
        }
        if !objects.is_empty() {
            self.find(
                Code::DataOwnObjects,
                "Own triggers, views and routines are not taken along".to_string(),
                format!(
                    "{}. `SHOW CREATE` in {} gives their text; look for {ROW} in it before you make them again.",
                    objects.join("; "),
                    schema.name
                ),
            );
        }
        let indexers = schema
            .triggers
            .iter()
            .filter(|trigger| trigger.is_of_indexer())
            .count();
        if indexers > 0 {
            self.find(
                Code::DataIndexerTriggers,
                format!("{} of scheduled indexers cannot be kept", count(indexers, "trigger")),
                "The new database has every index in `realtime` mode, as `bin/magento indexer:set-mode realtime` would leave it. Set the mode again once the shop runs.".to_string(),
            );
        }
        let mut keys = Vec::new();
        let mut kept_names = Vec::new();
        for table in selector.staying() {
            for key in &table.foreign_keys {
                let is_known = selector
                    .links(&table.name)
                    .iter()
                    .any(|link| link.old.as_deref() == Some(key.name.as_str()));
                let is_own_sequence = schema.tables.get(&key.parent).is_some_and(is_sequence);
                if !is_known && !is_own_sequence {
                    keys.push(format!(
                        "{}.{} → {}",
                        table.name,
                        key.columns.join(", "),
                        key.parent
                    ));
                }
            }
            for (column, staged) in selector.staging.rows_of(&table.name) {
                if column == ROW && selector.new_name(table, column) == ROW {
                    kept_names.push(format!("{}.{column} (of {})", table.name, staged.table));
                }
            }
        }
        if !keys.is_empty() {
            self.find(
                Code::DataKeysIntoWhatGoes,
                format!(
                    "{} would lead to what goes",
                    count(keys.len(), "foreign key")
                ),
                format!(
                    "The columns keep their values and lose the keys: {}.",
                    keys.join(", ")
                ),
            );
        }
        if !kept_names.is_empty() {
            self.find(
                Code::DataOwnRowColumns,
                format!("Entities in place of rows, under the old name: {}", count(kept_names.len(), "column")),
                format!(
                    "{}. What an extension calls such a column without content staging, only who wrote it knows: ask before its pages are used.",
                    kept_names.join(", ")
                ),
            );
        }
    }
}
