//! What the rows of a shop say that a person has to know, or decide, before they are converted, beside what its schema says. Only
//! reads.

use super::selector::Selector;
use super::utc;
use crate::database::error::DatabaseError;
use crate::database::facts::{FACTS, commerce_module_in, fits};
use crate::database::schema::{Schema, Table};
use crate::database::server::Session;
use crate::database::sql::{Place, Sql, Value};
use crate::database::staging::{BEGINS, ENDS};
use crate::plan::sentence::{and, count};
use crate::plan::{Code, Finding};
use std::collections::{BTreeMap, BTreeSet};

/// More rows than these cannot be named one by one in a statement.
const MOST_KEYS: usize = 20_000;

/// How many examples a finding names.
const EXAMPLES: usize = 5;

/// What is found, and where it is looked for.
pub(crate) struct Examination<'p> {
    /// The connection to the old database.
    pub(crate) session: &'p mut Session,
    /// What was found so far, in the order in which it was looked for.
    pub(crate) findings: Vec<Finding>,
    /// Told what is being looked at, for who waits.
    pub(crate) tell: &'p mut dyn FnMut(&str),
}

impl Examination<'_> {
    /// Adds a finding.
    pub(crate) fn find(&mut self, code: Code, title: String, detail: String) {
        self.findings.push(Finding::new(code, title, detail));
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
                .rows
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
            selector.rows.gone.insert(table.name.clone(), gone);
            selector.rows.complete.insert(table.name.clone());
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
                .rows
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
                .rows
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
                selector.rows.broken.insert((table, link.columns));
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
