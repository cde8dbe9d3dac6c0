//! What the data of a shop say that a person has to know, or decide, before they are converted. Only reads.

use super::request::Request;
use super::selector::Selector;
use super::utc;
use crate::database::declared::AtHand;
use crate::database::error::DatabaseError;
use crate::database::facts::{FACTS, commerce_module_in, fits};
use crate::database::schema::{Column, Schema, Table};
use crate::database::server::Session;
use crate::database::sql::{Place, Sql, Value};
use crate::database::staging::{BEGINS, ENDS, ROW, Staging, Unknown, is_sequence};
use crate::plan::sentence::{and, count};
use crate::plan::{Code, Finding};
use std::collections::{BTreeMap, BTreeSet};

/// More rows than these cannot be named one by one in a statement.
const MOST_KEYS: usize = 20_000;

/// How many examples a finding names.
const EXAMPLES: usize = 5;

pub(crate) struct Examination<'p> {
    pub(crate) session: &'p mut Session,
    pub(crate) findings: Vec<Finding>,
    pub(crate) tell: &'p mut dyn FnMut(&str),
}

impl Examination<'_> {
    pub(crate) fn find(&mut self, code: Code, title: String, detail: String) {
        self.findings.push(Finding::new(code, title, detail));
    }

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

    /// Rows that go for what they hold, and rules that are switched off.
    pub(crate) fn named_rows(&mut self, selector: &mut Selector) -> Result<(), DatabaseError> {
        let schema = selector.schema;
        // Types of entities before their attributes.
        let mut tables: Vec<&Table> = selector.staying();
        tables.sort_by_key(|table| schema.short_name(&table.name) != Some("eav_entity_type"));
        let mut types: BTreeMap<String, String> = BTreeMap::new();
        for table in tables {
            let Some(short) = schema.short_name(&table.name) else {
                continue;
            };
            let patterns: Vec<(&str, &[String])> = FACTS
                .rows_that_go(short)
                .filter(|(column, _)| table.has(column))
                .collect();
            let named: Vec<&str> = FACTS
                .named
                .iter()
                .filter(|fact| fact.table == short)
                .flat_map(|fact| fact.columns.iter().map(String::as_str))
                .filter(|column| table.has(column))
                .collect();
            let is_attribute = short == "eav_attribute";
            let (Some(key), false) = (
                table.single_key(),
                patterns.is_empty() && named.is_empty() && !is_attribute,
            ) else {
                continue;
            };
            let mut columns = vec![key.name.as_str()];
            columns.extend(patterns.iter().map(|(column, _)| *column));
            columns.extend(&named);
            if is_attribute {
                columns.extend(["entity_type_id", "attribute_code", "is_user_defined"]);
            }
            if short == "eav_entity_type" {
                columns.push("entity_type_code");
            }
            let types_gone: BTreeSet<String> = selector
                .gone
                .get(&schema.full_name("eav_entity_type"))
                .into_iter()
                .flatten()
                .filter_map(Value::text)
                .collect();
            (self.tell)(&table.name);
            let mut gone = Vec::new();
            let mut own_attributes = Vec::new();
            self.session.each(&select(schema, table, &columns), |row| {
                let text = |index: usize| row.get(index).and_then(Value::text).unwrap_or_default();
                let from = 1 + patterns.len();
                let by_pattern = patterns.iter().enumerate().any(|(index, (_, patterns))| {
                    patterns
                        .iter()
                        .any(|pattern| fits(pattern, &text(1 + index)))
                });
                let by_name =
                    (0..named.len()).any(|index| commerce_module_in(&text(from + index)).is_some());
                let last = from + named.len();
                let by_attribute = is_attribute && {
                    let (of, code, own) = (text(last), text(last + 1), text(last + 2));
                    if by_name && own == "1" {
                        own_attributes.push(code.clone());
                    }
                    let entity_type = types.get(&of).map(String::as_str).unwrap_or_default();
                    types_gone.contains(&of)
                        || (own != "1" && FACTS.is_attribute(entity_type, &code))
                };
                if short == "eav_entity_type" {
                    types.insert(text(0), text(last));
                }
                if by_pattern || by_name || by_attribute {
                    gone.extend(row.first().cloned());
                }
                Ok(())
            })?;
            if !own_attributes.is_empty() {
                self.find(
                    Code::DataOwnAttributes,
                    format!("{} of the shop's own go", count(own_attributes.len(), "attribute")),
                    format!(
                        "They name a class of a module that only Adobe Commerce has: {}. Give them another one before, or their values stay behind.",
                        and(&own_attributes.iter().map(String::as_str).collect::<Vec<_>>())
                    ),
                );
            }
            if gone.len() > MOST_KEYS {
                return Err(DatabaseError::Unfit(format!(
                    "{} has {} rows that go, more than can be named one by one",
                    table.name,
                    gone.len()
                )));
            }
            selector.gone.insert(table.name.clone(), gone);
            selector.complete.insert(table.name.clone());
        }
        self.rules(selector)?;
        self.shown(selector)
    }

    /// Rules that ask for a class that goes.
    pub(crate) fn rules(&mut self, selector: &mut Selector) -> Result<(), DatabaseError> {
        let schema = selector.schema;
        for fact in &FACTS.switched_off {
            let Some(table) = schema.known(&fact.table) else {
                continue;
            };
            let (Some(key), true) = (table.single_key(), table.has(&fact.switch)) else {
                continue;
            };
            let mut columns = vec![key.name.as_str(), fact.switch.as_str()];
            columns.extend(present(table, &fact.columns));
            (self.tell)(&table.name);
            let mut keys = Vec::new();
            let mut modules = BTreeSet::new();
            self.session.each(&select(schema, table, &columns), |row| {
                let found = row[2..].iter().filter_map(Value::text);
                let found: Vec<String> =
                    found.filter_map(|text| commerce_module_in(&text)).collect();
                if !found.is_empty() && row[1].number() != Some(0) {
                    keys.push(row[0].clone());
                    modules.extend(found);
                }
                Ok(())
            })?;
            if keys.is_empty() || keys.len() > MOST_KEYS {
                continue;
            }
            let modules: Vec<&str> = modules.iter().map(String::as_str).collect();
            self.find(
                Code::DataRulesSwitchedOff,
                format!("Rules of {} are switched off: {}", table.name, count(keys.len(), "active version")),
                format!(
                    "Their conditions ask {}, which the target does not have; an active rule with such a condition stops the cart. They are kept, with {} = 0: look at each before you switch it on again.",
                    and(&modules),
                    fact.switch
                ),
            );
            selector
                .switched_off
                .insert(table.name.clone(), (fact.switch.clone(), keys));
        }
        Ok(())
    }

    /// Pages and blocks that name a class that goes.
    pub(crate) fn shown(&mut self, selector: &Selector) -> Result<(), DatabaseError> {
        let schema = selector.schema;
        for fact in &FACTS.shown {
            let Some(table) = schema.known(&fact.table) else {
                continue;
            };
            let Some(key) = table.single_key() else {
                continue;
            };
            let identifier = if table.has("identifier") {
                "identifier"
            } else {
                key.name.as_str()
            };
            let mut columns = vec![identifier];
            columns.extend(present(table, &fact.columns));
            (self.tell)(&table.name);
            let mut found = BTreeSet::new();
            self.session.each(&select(schema, table, &columns), |row| {
                if row[1..]
                    .iter()
                    .filter_map(Value::text)
                    .any(|text| commerce_module_in(&text).is_some())
                {
                    found.extend(row[0].text());
                }
                Ok(())
            })?;
            if !found.is_empty() {
                let examples: Vec<&str> = found.iter().take(EXAMPLES).map(String::as_str).collect();
                self.find(
                    Code::DataContent,
                    format!("{} of {} show something that goes", count(found.len(), "entry"), table.name),
                    format!(
                        "Their content names a class of a module that only Adobe Commerce has, as {} {}. They are kept as they are: edit them before the shop opens.",
                        and(&examples),
                        if examples.len() == 1 { "does" } else { "do" }
                    ),
                );
            }
        }
        Ok(())
    }

    /// Tables in which Open Source allows one row where the shop has several.
    pub(crate) fn merged(&mut self, selector: &mut Selector) -> Result<(), DatabaseError> {
        let schema = selector.schema;
        for fact in &FACTS.merged {
            let Some(table) = schema.known(&fact.table) else {
                continue;
            };
            let is_there = table.has(&fact.one_per)
                && table.single_key().is_some_and(|key| key.name == fact.key);
            let is_unique = table.indexes.iter().any(|index| {
                index.kind == crate::database::schema::IndexKind::Unique
                    && index.columns() == [fact.one_per.as_str()]
            });
            if !is_there || is_unique || selector.staging.is_empty() {
                continue;
            }
            let several = self.session.number(
                &Sql::new("SELECT COUNT(*) FROM (SELECT 1 FROM ")
                    .place(&Place::of(schema, &table.name))
                    .text(" GROUP BY ")
                    .named(&fact.one_per)
                    .text(" HAVING COUNT(*) > 1) AS several"),
            )?;
            selector
                .merged
                .insert(table.name.clone(), (fact.key.clone(), fact.one_per.clone()));
            if several > 0 {
                self.find(
                    Code::DataMerged,
                    format!("{several} {}", fact.what),
                    format!(
                        "Open Source keeps one row of {} for each {}. The first one stays, and what belonged to the others belongs to it.",
                        table.name, fact.one_per
                    ),
                );
            }
        }
        Ok(())
    }

    /// Rows that point to nothing, though a key forbids it: written while keys were not looked at.
    pub(crate) fn broken_keys(&mut self, selector: &mut Selector) -> Result<(), DatabaseError> {
        let schema = selector.schema;
        let mut broken = Vec::new();
        for table in selector.staying() {
            for link in selector.links(&table.name) {
                (self.tell)(&format!("{} → {}", table.name, link.parent));
                let orphans = self.session.number(&selector.orphans(table, link))?;
                if orphans > 0 {
                    broken.push((table.name.clone(), link.clone(), orphans));
                }
            }
        }
        let mut rows = 0;
        let mut places = Vec::new();
        for (table, link, orphans) in broken {
            rows += orphans;
            places.push(format!("{table}.{} ({orphans})", link.columns.join(", ")));
            // Rows of versions are joined, which leaves those behind that point to none.
            if !link.is_row {
                selector.broken.insert((table, link.columns));
            }
        }
        if !places.is_empty() {
            let listed: Vec<&str> = places.iter().take(20).map(String::as_str).collect();
            let more = match places.len() - listed.len() {
                0 => String::new(),
                more => format!(" and {more} more columns"),
            };
            self.find(
                Code::DataOrphans,
                format!("Rows that point to something that is not there: {rows}"),
                format!(
                    "{}{more}. A foreign key forbids it, or would in Open Source, where `setup:upgrade` stops at such rows. They stay behind in {}.",
                    listed.join(", "),
                    schema.name
                ),
            );
        }
        Ok(())
    }

    /// Several versions of one entity that are alive at once.
    pub(crate) fn versions_that_overlap(
        &mut self,
        selector: &Selector,
    ) -> Result<(), DatabaseError> {
        for staged in selector.staging.staged.values() {
            let table = Place::of(selector.schema, &staged.table);
            let sql = Sql::new("SELECT ")
                .column("o", &staged.entity)
                .text(", COUNT(*) FROM ")
                .place(&table)
                .text(" AS `o` WHERE ")
                .then(&selector.is_alive("o"))
                .text(" GROUP BY ")
                .column("o", &staged.entity)
                .text(" HAVING COUNT(*) > 1");
            let found = self.session.rows(&sql)?;
            if found.is_empty() {
                continue;
            }
            let examples: Vec<String> = found
                .iter()
                .take(EXAMPLES)
                .filter_map(|row| row[0].text())
                .collect();
            self.find(
                Code::DataVersionsOverlap,
                format!("Several versions at once: {} of {}", count(found.len(), "entity"), staged.table),
                format!(
                    "At {} more than one version is alive of {} {}{}. Only one can stay: end the others (set {ENDS} to the {BEGINS} of the one that follows), or take another moment with --as-of.",
                    utc(selector.as_of),
                    staged.entity,
                    examples.join(", "),
                    if found.len() > EXAMPLES { " and others" } else { "" }
                ),
            );
        }
        Ok(())
    }

    /// Entities that have versions, of which none is alive.
    pub(crate) fn entities_without_version(
        &mut self,
        selector: &Selector,
    ) -> Result<(), DatabaseError> {
        for staged in selector.staging.staged.values() {
            let table = Place::of(selector.schema, &staged.table);
            let sql = Sql::new("SELECT COUNT(DISTINCT ")
                .column("o", &staged.entity)
                .text(") FROM ")
                .place(&table)
                .text(" AS `o` WHERE NOT EXISTS (SELECT 1 FROM ")
                .place(&table)
                .text(" AS `a` WHERE ")
                .column("a", &staged.entity)
                .text(" = ")
                .column("o", &staged.entity)
                .text(" AND ")
                .then(&selector.is_alive("a"))
                .text(")");
            let found = self.session.number(&sql)?;
            if found > 0 {
                self.find(
                    Code::DataNoLiveVersion,
                    format!("Without a live version: {} of {}", count(found as usize, "entity"), staged.table),
                    format!(
                        "All their versions are over, or have not begun at {}. They stay behind, with what belongs to them.",
                        utc(selector.as_of)
                    ),
                );
            }
        }
        Ok(())
    }

    /// The storefront shows the version of the last update that cron has applied, which can be behind the clock.
    pub(crate) fn update_not_applied(&mut self, selector: &Selector) -> Result<(), DatabaseError> {
        let schema = selector.schema;
        let (Some(flag), false) = (schema.known("flag"), selector.staging.is_empty()) else {
            return Ok(());
        };
        let sql = Sql::new("SELECT flag_data FROM ")
            .place(&Place::of(schema, &flag.name))
            .text(" WHERE flag_code = ")
            .value("staging");
        let Some(data) = self.session.text(&sql)? else {
            return Ok(());
        };
        let applied = serde_json::from_str::<serde_json::Value>(&data)
            .ok()
            .and_then(|data| match data.get("current_version")? {
                serde_json::Value::String(text) => text.parse().ok(),
                number => number.as_u64(),
            });
        let Some(applied) = applied.filter(|applied| *applied > 1) else {
            return Ok(());
        };
        let mut behind = 0;
        for staged in selector.staging.staged.values() {
            let sql = Sql::new("SELECT COUNT(*) FROM ")
                .place(&Place::of(schema, &staged.table))
                .text(" WHERE ")
                .named(BEGINS)
                .text(" > ")
                .value(applied)
                .text(" AND ")
                .named(BEGINS)
                .text(" <= ")
                .value(selector.as_of);
            behind += self.session.number(&sql)?;
        }
        if behind > 0 {
            self.find(
                Code::DataUpdateNotApplied,
                format!("The shop does not show yet what has begun: {}", count(behind as usize, "version")),
                format!(
                    "Cron has applied updates up to {}, and the new database gets what is alive at {}. Let cron run once before you close the shop, or take the older moment with --as-of {applied}.",
                    utc(applied),
                    utc(selector.as_of)
                ),
            );
        }
        Ok(())
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

/// Columns of every row.
fn select(schema: &Schema, table: &Table, columns: &[&str]) -> Sql {
    Sql::new("SELECT ")
        .names(columns.iter().copied())
        .text(" FROM ")
        .place(&Place::of(schema, &table.name))
}

fn present<'f>(table: &Table, columns: &'f [String]) -> Vec<&'f str> {
    columns
        .iter()
        .map(String::as_str)
        .filter(|column| table.has(column))
        .collect()
}
