//! What is counted of a shop's data for a plan: versions that are not alive, records that a person would ask for, rows before and
//! after, and the next numbers of tables that count.

use super::examination::Examination;
use super::selector::Selector;
use super::{Counted, TablePlan, Version, utc};
use crate::database::error::DatabaseError;
use crate::database::schema::{Schema, Table};
use crate::database::sql::{Place, Sql, Value};
use crate::database::staging::{BEGINS, ENDS, NEVER, Staged};
use crate::plan::Code;
use crate::plan::queries;
use crate::plan::sentence::count;
use std::collections::BTreeMap;

/// Longer lists of versions are counted only.
const MOST_VERSIONS: usize = 200;

impl Examination<'_> {
    /// Versions that are not alive, and those that are and end.
    pub(super) fn versions(
        &mut self,
        selector: &Selector,
    ) -> Result<(Vec<Version>, u64), DatabaseError> {
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
    pub(super) fn counts(&mut self, schema: &Schema) -> Result<Vec<Counted>, DatabaseError> {
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

    /// How many rows there are of what changes, before and after.
    pub(super) fn count(
        &mut self,
        schema: &Schema,
        tables: &mut [TablePlan],
    ) -> Result<(), DatabaseError> {
        for table in tables {
            let Some(fill) = table.fill.as_ref().filter(|fill| !fill.is_whole()) else {
                continue;
            };
            (self.tell)(&table.table);
            let all = Sql::new("SELECT COUNT(*) FROM ").place(&Place::of(schema, &table.table));
            table.rows = self.session.number(&all)?;
            table.kept = self.session.number(&fill.count())?;
            table.is_counted = true;
        }
        Ok(())
    }

    /// The next numbers of the tables that count.
    pub(super) fn counters(
        &mut self,
        selector: &Selector,
    ) -> Result<BTreeMap<String, u64>, DatabaseError> {
        let mut counters = BTreeMap::new();
        for table in selector.staying() {
            if let Some(counter) = self.counter(selector, table)? {
                counters.insert(table.name.clone(), counter);
            }
        }
        Ok(counters)
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
