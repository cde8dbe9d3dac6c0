//! Makes a [`Conversion`] from a schema and from what the data say. Only reads.

use super::alteration;
use super::conversion::{Conversion, Counted, Leaving, SCHEMA, TablePlan, Treatment, Version, utc};
use super::error::DatabaseError;
use super::facts::{FACTS, commerce_module_in, fits};
use super::reading;
use super::schema::{Schema, Table};
use super::selection::{Selection, Selector};
use super::server::Session;
use super::sql::{Name, Place, Sql, Value};
use super::staging::{BEGINS, Decisions, ENDS, NEVER, ROW, Staged, Staging, Unknown, is_sequence};
use crate::plan::queries;
use crate::plan::sentence::{and, count};
use crate::plan::{Code, Finding};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    pub source: String,
    pub target: String,
    pub prefix: String,
    /// The moment at which versions are alive, in seconds since 1970; now, when none is given.
    pub as_of: Option<u64>,
    pub decisions: Decisions,
    /// A third database, for what goes.
    pub keep_aside: Option<String>,
}

/// Longer lists of versions are counted only.
const MOST_VERSIONS: usize = 200;

/// More rows than these cannot be named one by one in a statement.
const MOST_KEYS: usize = 20_000;

/// How many examples a finding names.
const EXAMPLES: usize = 5;

/// Reads the schema and asks the data. `tell` is told what is being looked at.
pub fn plan(
    session: &mut Session,
    request: &Request,
    tell: &mut dyn FnMut(&str),
) -> Result<Conversion, DatabaseError> {
    tell("the schema");
    let schema = reading::read(session, &request.source, &request.prefix)?;
    let as_of = match request.as_of {
        Some(moment) => moment,
        None => session.number(&Sql::new("SELECT UNIX_TIMESTAMP()"))?,
    };
    let leaving = leaving(&schema, &request.decisions);
    let stays = |table: &str| schema.tables.contains_key(table) && !leaving.contains_key(table);
    let staging = Staging::of(&schema, &request.decisions, &stays);
    let mut selector = Selector::new(&schema, &staging, as_of, leaving.keys().cloned().collect());
    let mut planner = Planner {
        session,
        findings: Vec::new(),
        tell,
    };
    planner.unknown(&staging);
    planner.prefix(&schema);
    planner.named_rows(&mut selector)?;
    planner.merged(&mut selector)?;
    selector.settle();
    planner.broken_keys(&mut selector)?;
    selector.settle();
    planner.versions_that_overlap(&selector)?;
    planner.entities_without_version(&selector)?;
    planner.update_not_applied(&selector)?;
    let (versions, versions_in_all) = planner.versions(&selector)?;
    planner.hangers_on(&selector);
    let counts = planner.counts(&schema)?;
    let tables = planner.tables(&selector, &request.target)?;
    let aside = match &request.keep_aside {
        Some(database) => aside(&selector, &Name::new(database)),
        None => Vec::new(),
    };
    let mut findings = planner.findings;
    findings.sort_by_key(Finding::severity);
    let kept: BTreeSet<&str> = tables.iter().map(|table| table.table.as_str()).collect();
    let bytes = schema
        .tables
        .values()
        .filter(|table| kept.contains(table.name.as_str()));
    let spent = schema
        .tables
        .keys()
        .filter(|table| staging.is_spent_sequence(table));
    let leaving = leaving
        .iter()
        .map(|(table, feature)| (table, feature.clone()))
        .chain(spent.map(|table| (table, "Content staging".to_string())))
        .map(|(table, feature)| Leaving {
            table: table.clone(),
            feature,
            rows: schema.tables.get(table).map_or(0, |table| table.rows),
        });
    let mut leaving: Vec<Leaving> = leaving.collect();
    leaving.sort_by(|a, b| a.table.cmp(&b.table));
    Ok(Conversion {
        schema: SCHEMA,
        server: planner.session.version().to_string(),
        source: Name::new(&request.source),
        target: Name::new(&request.target),
        as_of,
        as_of_utc: utc(as_of),
        prefix: request.prefix.clone(),
        rows: tables.iter().map(|table| table.kept).sum(),
        bytes: bytes.map(|table| table.bytes).sum(),
        tables,
        aside,
        leaving,
        counts,
        versions,
        versions_in_all,
        findings,
    })
}

/// What goes, copied as it is: whole tables, and of those that stay the columns that go, with the key of their rows.
fn aside(selector: &Selector, database: &Name) -> Vec<TablePlan> {
    let schema = selector.schema;
    let mut plans = Vec::new();
    for table in schema.tables.values() {
        let into = Place::new(database, &table.name);
        let (create, fill) = if selector.leaving.contains(&table.name) {
            let create = Sql::new("CREATE TABLE ")
                .place(&into)
                .text(" LIKE ")
                .place(&place(schema, table));
            (create, Selection::whole(schema, table))
        } else {
            let staged: &[&str] = &[ROW, BEGINS, ENDS];
            let dropped = selector.dropped_columns(table);
            let dropped: Vec<String> = dropped
                .into_iter()
                .filter(|column| !staged.contains(&column.as_str()))
                .collect();
            if !selector.stays(&table.name) || dropped.is_empty() {
                continue;
            }
            let fill = Selection::columns_in_use(schema, table, &dropped);
            let create = Sql::new("CREATE TABLE ")
                .place(&into)
                .text(" AS ")
                .then(&fill.select(None))
                .text(" LIMIT 0");
            (create, fill)
        };
        plans.push(TablePlan {
            table: table.name.clone(),
            into,
            treatment: Treatment::AsItIs,
            rows: table.rows,
            kept: table.rows,
            is_counted: false,
            reads: vec![table.name.clone()],
            create: vec![create],
            fill: Some(fill),
            keys: None,
            dropped_columns: Vec::new(),
            is_transactional: table.is_transactional(),
        });
    }
    plans
}

/// Tables that go, with the feature that they belong to.
fn leaving(schema: &Schema, decisions: &Decisions) -> BTreeMap<String, String> {
    let feature = |table: &String| {
        if decisions.left_out.contains(table) {
            return Some("left out, as asked".to_string());
        }
        let short = schema.short_name(table)?;
        FACTS.feature(short).map(str::to_string)
    };
    let tables = schema.tables.keys();
    tables
        .filter_map(|table| Some((table.clone(), feature(table)?)))
        .collect()
}

struct Planner<'p> {
    session: &'p mut Session,
    findings: Vec<Finding>,
    tell: &'p mut dyn FnMut(&str),
}

impl Planner<'_> {
    fn find(&mut self, code: Code, title: String, detail: String) {
        self.findings.push(Finding::new(code, title, detail));
    }

    /// What neither the schema nor a fact says.
    fn unknown(&mut self, staging: &Staging) {
        for unknown in &staging.unknown {
            let (title, detail) = match unknown {
                Unknown::Entity { table } => (
                    format!("{table} has versions of something that has no name"),
                    format!(
                        "{table} has {ROW}, {BEGINS} and {ENDS}, but no foreign key to a sequence that would say which column names what the versions are of. An extension made it: ask who wrote it how it is kept without content staging. `--leave-out {table}` goes on without the table."
                    ),
                ),
                Unknown::RowColumn { table, column } => (
                    format!("{table}.{column} may hold rows of a staged table"),
                    format!(
                        "The column is called {column}, and no foreign key says of what. `--row-column {table}.{column}=catalog_product_entity` says that it holds rows of that table, `--row-column {table}.{column}=none` that it holds something else, and `--leave-out {table}` goes on without the table."
                    ),
                ),
                Unknown::Sequence {
                    table,
                    column,
                    sequence,
                } => (
                    format!(
                        "{table}.{column} points to {sequence}, which counts for no known table"
                    ),
                    format!(
                        "{sequence} goes with content staging when it counts for a staged table, and no table that stays is counted by it. `--leave-out {table}` goes on without the table that points to it."
                    ),
                ),
                Unknown::Type { table, column } => (
                    format!("{table}.{column} does not hold whole numbers"),
                    format!(
                        "Numbers of rows and entities are whole numbers in every known schema. `--leave-out {table}` goes on without the table."
                    ),
                ),
            };
            self.find(Code::DataUnknown, title, detail);
        }
    }

    fn prefix(&mut self, schema: &Schema) {
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
    fn named_rows(&mut self, selector: &mut Selector) -> Result<(), DatabaseError> {
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
    fn rules(&mut self, selector: &mut Selector) -> Result<(), DatabaseError> {
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
    fn shown(&mut self, selector: &Selector) -> Result<(), DatabaseError> {
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
    fn merged(&mut self, selector: &mut Selector) -> Result<(), DatabaseError> {
        let schema = selector.schema;
        for fact in &FACTS.merged {
            let Some(table) = schema.known(&fact.table) else {
                continue;
            };
            let is_there = table.has(&fact.one_per)
                && table.single_key().is_some_and(|key| key.name == fact.key);
            let is_unique = table.indexes.iter().any(|index| {
                index.kind == super::schema::IndexKind::Unique
                    && index.columns() == [fact.one_per.as_str()]
            });
            if !is_there || is_unique || selector.staging.is_empty() {
                continue;
            }
            let several = self.session.number(
                &Sql::new("SELECT COUNT(*) FROM (SELECT 1 FROM ")
                    .place(&place(schema, table))
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
    fn broken_keys(&mut self, selector: &mut Selector) -> Result<(), DatabaseError> {
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
    fn versions_that_overlap(&mut self, selector: &Selector) -> Result<(), DatabaseError> {
        for staged in selector.staging.staged.values() {
            let table = place_of(selector.schema, &staged.table);
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
    fn entities_without_version(&mut self, selector: &Selector) -> Result<(), DatabaseError> {
        for staged in selector.staging.staged.values() {
            let table = place_of(selector.schema, &staged.table);
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
    fn update_not_applied(&mut self, selector: &Selector) -> Result<(), DatabaseError> {
        let schema = selector.schema;
        let (Some(flag), false) = (schema.known("flag"), selector.staging.is_empty()) else {
            return Ok(());
        };
        let sql = Sql::new("SELECT flag_data FROM ")
            .place(&place(schema, flag))
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
                .place(&place_of(schema, &staged.table))
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

    /// Versions that are not alive, and those that are and end.
    fn versions(&mut self, selector: &Selector) -> Result<(Vec<Version>, u64), DatabaseError> {
        let mut versions = Vec::new();
        let (mut all, mut to_come, mut ending, mut first_end) = (0, 0, 0, NEVER);
        for staged in selector.staging.staged.values() {
            let not_alive = Sql::new("NOT (").then(&selector.is_alive("o")).text(")");
            all += self
                .session
                .number(&self::version_count(selector, staged, &not_alive))?;
            let future = Sql::default()
                .column("o", BEGINS)
                .text(" > ")
                .value(selector.as_of);
            to_come += self
                .session
                .number(&version_count(selector, staged, &future))?;
            let ends = selector
                .is_alive("o")
                .text(" AND ")
                .column("o", ENDS)
                .text(" < ")
                .value(NEVER);
            ending += self
                .session
                .number(&version_count(selector, staged, &ends))?;
            let soonest = Sql::new("SELECT MIN(")
                .column("o", ENDS)
                .text(") FROM ")
                .place(&place_of(selector.schema, &staged.table))
                .text(" AS `o` WHERE ")
                .then(&ends);
            if let Some(end) = self.session.one(&soonest)?.and_then(|end| end.number()) {
                first_end = first_end.min(end);
            }
            versions.extend(self.versions_of(selector, staged, &not_alive)?);
        }
        versions.sort_by_key(|version| (version.is_over, version.begins));
        versions.truncate(MOST_VERSIONS);
        if to_come > 0 {
            self.find(
                Code::DataScheduled,
                format!("{} cannot be kept", count(to_come as usize, "scheduled version")),
                "They begin later, and the target has no content staging that would put them in place. `--keep-versions FILE` writes them as JSON Lines; what they would change has to be done by hand on the day.".to_string(),
            );
        }
        if ending > 0 {
            self.find(
                Code::DataEnds,
                format!("{} would have ended", count(ending as usize, "live version")),
                format!(
                    "What is alive now stays for good, the first of them past its end at {}: a discount or a price of a campaign does not go away by itself any more. Put an end to each by hand, or switch when none is running.",
                    utc(first_end)
                ),
            );
        }
        Ok((versions, all))
    }

    fn versions_of(
        &mut self,
        selector: &Selector,
        staged: &Staged,
        which: &Sql,
    ) -> Result<Vec<Version>, DatabaseError> {
        let schema = selector.schema;
        let updates = schema
            .known("staging_update")
            .filter(|updates| updates.has("id") && updates.has("name"));
        let mut sql = Sql::new("SELECT ")
            .column("o", &staged.entity)
            .text(", ")
            .column("o", BEGINS)
            .text(", ")
            .column("o", ENDS)
            .text(", ")
            .text(if updates.is_some() {
                "`u`.`name`"
            } else {
                "NULL"
            })
            .text(" FROM ")
            .place(&place_of(schema, &staged.table))
            .text(" AS `o`");
        if let Some(updates) = updates {
            sql = sql
                .text(" LEFT JOIN ")
                .place(&place(schema, updates))
                .text(" AS `u` ON `u`.`id` = ")
                .column("o", BEGINS);
        }
        let sql = sql
            .text(" WHERE ")
            .then(which)
            .text(" ORDER BY ")
            .column("o", BEGINS)
            .text(" DESC LIMIT ")
            .digits(MOST_VERSIONS as u64);
        let number = |row: &[Value], index: usize| row[index].number().unwrap_or(0);
        let rows = self.session.rows(&sql)?;
        let version = |row: &Vec<Value>| Version {
            table: staged.table.clone(),
            entity: number(row, 0),
            begins: number(row, 1),
            ends: number(row, 2),
            begins_utc: utc(number(row, 1)),
            name: row[3].text(),
            is_over: number(row, 1) <= selector.as_of,
        };
        Ok(rows.iter().map(version).collect())
    }

    /// What hangs on tables and is not copied, and keys of own tables into what goes.
    fn hangers_on(&mut self, selector: &Selector) {
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

    /// What a person would count.
    fn counts(&mut self, schema: &Schema) -> Result<Vec<Counted>, DatabaseError> {
        let mut counts = Vec::new();
        for count in queries::of_commerce() {
            let Some(table) = schema.known(&count.table) else {
                continue;
            };
            if !table.has(&count.column) {
                continue;
            }
            (self.tell)(&count.what);
            let sql = Sql::new("SELECT ")
                .text(&count.count)
                .text(" FROM ")
                .place(&place(schema, table))
                .text(" ")
                .text(&count.clause);
            counts.push(Counted {
                what: count.what.clone(),
                records: self.session.number(&sql)?,
            });
        }
        Ok(counts)
    }

    fn tables(
        &mut self,
        selector: &Selector,
        target: &str,
    ) -> Result<Vec<TablePlan>, DatabaseError> {
        let target = Name::new(target);
        let mut taken = BTreeSet::new();
        let mut plans = Vec::new();
        for table in selector.staying() {
            let schema = selector.schema;
            let short = schema.short_name(&table.name).unwrap_or_default();
            let into = Place::new(&target, &table.name);
            let selection = selector.selection(table);
            let dropped = selector.dropped_columns(table);
            let is_emptied = FACTS.is_empty(short);
            let as_it_is = selection
                .columns
                .iter()
                .zip(table.columns.iter().filter(|column| !column.is_generated))
                .all(|((_, value), column)| *value == Sql::default().column("o", &column.name));
            let treatment = if is_emptied {
                Treatment::Emptied
            } else if selector.staging.staged.contains_key(&table.name) {
                Treatment::Versions
            } else if selector.staging.rows_of(&table.name).next().is_some() {
                Treatment::Rows
            } else if selection.is_whole() && as_it_is && dropped.is_empty() {
                Treatment::AsItIs
            } else {
                Treatment::Changed
            };
            let is_counted = !selection.is_whole() && !is_emptied;
            let (rows, kept) = if is_emptied {
                (table.rows, 0)
            } else if is_counted {
                (self.tell)(&table.name);
                let all = Sql::new("SELECT COUNT(*) FROM ").place(&place(schema, table));
                (
                    self.session.number(&all)?,
                    self.session.number(&selection.count())?,
                )
            } else {
                (table.rows, table.rows)
            };
            let counter = self.counter(selector, table)?;
            let staged = selector.staging.rows_of(&table.name);
            let parents = selector.links(&table.name).iter();
            let mut reads: BTreeSet<String> =
                staged.map(|(_, staged)| staged.table.clone()).collect();
            reads.extend(
                parents
                    .filter(|link| selector.loses_rows(&link.parent))
                    .map(|link| link.parent.clone()),
            );
            reads.insert(table.name.clone());
            plans.push(TablePlan {
                table: table.name.clone(),
                into: into.clone(),
                treatment,
                rows,
                kept,
                is_counted,
                reads: reads.into_iter().collect(),
                create: alteration::create(selector, table, &into, counter),
                fill: (!is_emptied).then_some(selection),
                keys: alteration::keys(selector, table, &into, &mut taken),
                dropped_columns: dropped,
                is_transactional: table.is_transactional(),
            });
        }
        Ok(plans)
    }

    /// The next number of a table that counts: that of its sequence, where it had one, so that no number that was given
    /// before is given again.
    fn counter(
        &mut self,
        selector: &Selector,
        table: &Table,
    ) -> Result<Option<u64>, DatabaseError> {
        let staging = selector.staging;
        let of_sequence = match staging.staged.get(&table.name) {
            Some(staged) => Some((staged.entity.as_str(), staged.sequence.as_deref())),
            None => staging
                .counted
                .iter()
                .find(|counted| counted.table == table.name)
                .map(|counted| (counted.column.as_str(), Some(counted.sequence.as_str()))),
        };
        let Some((column, sequence)) = of_sequence else {
            return Ok(table.auto_increment);
        };
        let highest = Sql::new("SELECT COALESCE(MAX(")
            .named(column)
            .text("), 0) + 1 FROM ")
            .place(&place(selector.schema, table));
        let highest = self.session.number(&highest)?;
        let counted = sequence
            .and_then(|sequence| selector.schema.tables.get(sequence))
            .and_then(|sequence| sequence.auto_increment)
            .unwrap_or(1);
        Ok(Some(highest.max(counted)))
    }
}

fn version_count(selector: &Selector, staged: &Staged, which: &Sql) -> Sql {
    Sql::new("SELECT COUNT(*) FROM ")
        .place(&place_of(selector.schema, &staged.table))
        .text(" AS `o` WHERE ")
        .then(which)
}

fn place(schema: &Schema, table: &Table) -> Place {
    place_of(schema, &table.name)
}

fn place_of(schema: &Schema, table: &str) -> Place {
    Place::new(&Name::new(&schema.name), table)
}

/// Columns of every row.
fn select(schema: &Schema, table: &Table, columns: &[&str]) -> Sql {
    Sql::new("SELECT ")
        .names(columns.iter().copied())
        .text(" FROM ")
        .place(&place(schema, table))
}

fn present<'f>(table: &Table, columns: &'f [String]) -> Vec<&'f str> {
    columns
        .iter()
        .map(String::as_str)
        .filter(|column| table.has(column))
        .collect()
}
