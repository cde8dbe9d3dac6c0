//! Makes a [`Conversion`] from a schema and from what the data say. Only reads.

use super::alteration;
use super::examination::Examination;
use super::selection::{Selection, Selector};
use super::{Conversion, Counted, Leaving, SCHEMA, TablePlan, Treatment, Version, utc};
use crate::database::error::DatabaseError;
use crate::database::facts::FACTS;
use crate::database::reading;
use crate::database::schema::{Schema, Table};
use crate::database::server::Session;
use crate::database::sql::{Name, Place, Sql, Value};
use crate::database::staging::{BEGINS, Decisions, ENDS, NEVER, ROW, Staged, Staging};
use crate::plan::queries;
use crate::plan::sentence::count;
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
    let mut examination = Examination {
        session,
        findings: Vec::new(),
        tell,
    };
    examination.unknown(&staging);
    examination.prefix(&schema);
    examination.named_rows(&mut selector)?;
    examination.merged(&mut selector)?;
    selector.settle();
    examination.broken_keys(&mut selector)?;
    selector.settle();
    examination.versions_that_overlap(&selector)?;
    examination.entities_without_version(&selector)?;
    examination.update_not_applied(&selector)?;
    let (versions, versions_in_all) = examination.versions(&selector)?;
    examination.hangers_on(&selector);
    let counts = examination.counts(&schema)?;
    let tables = examination.tables(&selector, &request.target)?;
    let aside = match &request.keep_aside {
        Some(database) => aside(&selector, &Name::new(database)),
        None => Vec::new(),
    };
    let mut findings = examination.findings;
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
        server: examination.session.version().to_string(),
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
                .place(&Place::of(schema, &table.name));
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

impl Examination<'_> {
    /// Versions that are not alive, and those that are and end.
    fn versions(&mut self, selector: &Selector) -> Result<(Vec<Version>, u64), DatabaseError> {
        let mut versions = Vec::new();
        let (mut all, mut to_come, mut ending, mut first_end) = (0, 0, 0, NEVER);
        for staged in selector.staging.staged.values() {
            let not_alive = Sql::new("NOT (").then(&selector.is_alive("o")).text(")");
            all += self
                .session
                .number(&version_count(selector, staged, &not_alive))?;
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
                .place(&Place::of(selector.schema, &staged.table))
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
            .place(&Place::of(schema, &staged.table))
            .text(" AS `o`");
        if let Some(updates) = updates {
            sql = sql
                .text(" LEFT JOIN ")
                .place(&Place::of(schema, &updates.name))
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
                .place(&Place::of(schema, &table.name))
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
                let all = Sql::new("SELECT COUNT(*) FROM ").place(&Place::of(schema, &table.name));
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
            .place(&Place::of(selector.schema, &table.name));
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
        .place(&Place::of(selector.schema, &staged.table))
        .text(" AS `o` WHERE ")
        .then(which)
}
