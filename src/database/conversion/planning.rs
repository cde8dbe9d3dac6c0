//! Makes a [`Conversion`] from a schema and from what the data say. Only reads.

use super::alteration;
use super::basis::Basis;
use super::examination::Examination;
use super::rebuilding;
use super::request::Request;
use super::selection::Selection;
use super::selector::Selector;
use super::{Conversion, Leaving, SCHEMA, TablePlan, Treatment, utc};
use crate::database::error::DatabaseError;
use crate::database::facts::FACTS;
use crate::database::reading;
use crate::database::schema::Schema;
use crate::database::server::Session;
use crate::database::sql::{Name, Place, Sql};
use crate::database::staging::{BEGINS, ENDS, ROW, Staging};
use crate::plan::Finding;
use std::collections::{BTreeMap, BTreeSet};

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
    let leaving = leaving(&schema, request);
    let dropped = dropped(&schema, request)?;
    let stays = |table: &str| schema.tables.contains_key(table) && !leaving.contains_key(table);
    let staging = Staging::of(&schema, &request.decisions, &stays);
    let mut selector = Selector::new(
        &schema,
        &staging,
        as_of,
        leaving.keys().cloned().collect(),
        dropped,
    );
    let mut examination = Examination {
        session,
        findings: Vec::new(),
        tell,
    };
    examination.unknown(&staging);
    examination.prefix(&schema);
    examination.undeclared(&selector, request);
    examination.computed(&selector);
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
    if request.in_place {
        examination.in_place(&schema);
        examination.pointed_at(&schema);
    }
    let counts = examination.counts(&schema)?;
    let counters = examination.counters(&selector)?;
    let basis = Basis::of(
        &selector,
        &request.decisions,
        request.keep_aside.as_ref(),
        leaving,
        counters,
    );
    let mut tables = tables(&selector, &basis.counters, request);
    examination.count(&schema, &mut tables)?;
    let mut findings = examination.findings;
    findings.sort_by_key(Finding::severity);
    let version = session.version().to_string();
    Ok(Conversion {
        counts,
        versions,
        versions_in_all,
        findings,
        ..assembled(version, request, &selector, basis, tables)
    })
}

/// The same conversion in place again, from what was kept of it when it was begun.
pub(crate) fn again(session: &Session, request: &Request, basis: Basis) -> Conversion {
    let staging = basis.staging();
    let selector = basis.selector(&staging);
    let tables = tables(&selector, &basis.counters, request);
    let version = session.version().to_string();
    assembled(version, request, &selector, basis.clone(), tables)
}

fn assembled(
    server: String,
    request: &Request,
    selector: &Selector,
    basis: Basis,
    tables: Vec<TablePlan>,
) -> Conversion {
    let schema = selector.schema;
    let bytes_of = |table: &str| schema.tables.get(table).map_or(0, |table| table.bytes);
    let rebuilt = || tables.iter().filter(|table| table.is_rebuilt());
    let spent = schema
        .tables
        .keys()
        .filter(|table| selector.staging.is_spent_sequence(table));
    let leaving = basis
        .leaving
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
    Conversion {
        schema: SCHEMA,
        server,
        source: Name::new(&request.source),
        target: Name::new(&request.target),
        as_of: selector.as_of,
        as_of_utc: utc(selector.as_of),
        prefix: request.prefix.clone(),
        in_place: request
            .in_place
            .then(|| rebuilding::space(&tables, &bytes_of)),
        rows: rebuilt().map(|table| table.kept).sum(),
        bytes: rebuilt().map(|table| bytes_of(&table.table)).sum(),
        aside: match &basis.keep_aside {
            Some(database) => aside(selector, &Name::new(database)),
            None => Vec::new(),
        },
        tables,
        basis,
        leaving,
        counts: Vec::new(),
        versions: Vec::new(),
        versions_in_all: 0,
        findings: Vec::new(),
    }
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
fn leaving(schema: &Schema, request: &Request) -> BTreeMap<String, String> {
    let declared = request.code.of_target();
    let feature = |table: &String| {
        if request.decisions.left_out.contains(table) {
            return Some("left out, as asked".to_string());
        }
        let short = schema.short_name(table)?;
        // What the target's code declares is the target's, whatever else has a table of that name.
        if declared.is_some_and(|declared| declared.has_table(short)) {
            return None;
        }
        FACTS.feature(short).map(str::to_string)
    };
    let tables = schema.tables.keys();
    tables
        .filter_map(|table| Some((table.clone(), feature(table)?)))
        .collect()
}

/// Columns that go, by table: those that only Commerce has, and those that somebody wants to go.
fn dropped(
    schema: &Schema,
    request: &Request,
) -> Result<BTreeMap<String, BTreeSet<String>>, DatabaseError> {
    let asked = &request.decisions.dropped_columns;
    let mut heard = BTreeSet::new();
    let mut dropped: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for table in schema.tables.values() {
        let short = schema.short_name(&table.name).unwrap_or_default();
        let is_declared = |column: &str| {
            let declared = request.code.of_target();
            declared.is_some_and(|declared| declared.has_column(short, column))
        };
        for column in &table.columns {
            let place = format!("{}.{}", table.name, column.name);
            let is_asked = asked.contains(&place);
            if is_asked && table.primary().contains(&column.name.as_str()) {
                return Err(DatabaseError::Unfit(format!(
                    "{place} is part of the primary key, so its table cannot be kept without it"
                )));
            }
            if is_asked
                || (FACTS.columns(short).contains(&column.name) && !is_declared(&column.name))
            {
                let columns = dropped.entry(table.name.clone()).or_default();
                columns.insert(column.name.clone());
            }
            heard.insert(place);
        }
    }
    match asked.iter().find(|place| !heard.contains(*place)) {
        Some(place) => Err(DatabaseError::Unfit(format!(
            "{} has no column {place}",
            request.source
        ))),
        None => Ok(dropped),
    }
}

/// What becomes of each table that stays.
fn tables(
    selector: &Selector,
    counters: &BTreeMap<String, u64>,
    request: &Request,
) -> Vec<TablePlan> {
    let schema = selector.schema;
    let target = Name::new(&request.target);
    let mut taken = BTreeSet::new();
    let mut plans = Vec::new();
    for (number, table) in selector.staying().into_iter().enumerate() {
        let short = schema.short_name(&table.name).unwrap_or_default();
        let place = Place::new(&target, &table.name);
        let into = match request.in_place {
            true => rebuilding::beside(&target, number),
            false => place.clone(),
        };
        let selection = selector.selection(table);
        let dropped = selector.dropped_columns(table);
        let is_emptied = FACTS.is_empty(short);
        let as_it_is = selection
            .columns
            .iter()
            .zip(table.columns.iter().filter(|column| !column.is_generated()))
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
        let stays_in_place = request.in_place
            && treatment == Treatment::AsItIs
            && !alteration::is_changed(selector, table);
        let create = match stays_in_place {
            true => Vec::new(),
            false => alteration::create(selector, table, &into, counters.get(&table.name).copied()),
        };
        plans.push(TablePlan {
            table: table.name.clone(),
            into,
            treatment,
            rows: table.rows,
            kept: if is_emptied { 0 } else { table.rows },
            is_counted: false,
            reads: selector.reads(table).into_iter().collect(),
            create,
            fill: (!is_emptied).then_some(selection),
            keys: alteration::keys(selector, table, &place, &mut taken),
            dropped_columns: dropped,
            is_transactional: table.is_transactional(),
        });
    }
    plans
}
