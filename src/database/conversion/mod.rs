//! A conversion as data: what becomes of each table, with which statements, and what is worth knowing. It is shown before
//! it runs, and it holds nothing that thinks.

mod alteration;
pub(crate) mod basis;
mod counting;
mod examination;
mod key_names;
pub mod planning;
pub(crate) mod rebuilding;
pub mod request;
mod schema_examination;
pub mod script;
mod selection;
mod selector;

use super::sql::{Name, Place, Sql, Value};
use crate::plan::Finding;
use basis::Basis;
use selection::Selection;
use serde::Serialize;

/// The version of the shape of [`Conversion`] as JSON.
pub const SCHEMA: u32 = 1;

/// What becomes of a database.
#[derive(Debug, Clone, Serialize)]
pub struct Conversion {
    /// [`SCHEMA`], in the JSON.
    pub schema: u32,
    /// The server, in its own words.
    pub server: String,
    /// The database that is read.
    pub source: Name,
    /// The database that is written.
    pub target: Name,
    /// The moment at which versions are alive: seconds since 1970, and as a person reads it.
    pub as_of: u64,
    /// The same moment, as a person reads it.
    pub as_of_utc: String,
    /// What the names of the shop's tables begin with.
    pub prefix: String,
    /// What it takes to do it within the database itself; none where a new one is written.
    pub in_place: Option<InPlace>,
    /// What all of it follows from.
    #[serde(skip)]
    pub(crate) basis: Basis,
    /// Tables of the new database, by name.
    pub tables: Vec<TablePlan>,
    /// What is copied into a third database, so that it is not lost: what leaves, as it is, and columns that go.
    pub aside: Vec<TablePlan>,
    /// Tables that the new database does not have, by name.
    pub leaving: Vec<Leaving>,
    /// What a person would count.
    pub counts: Vec<Counted>,
    /// Versions that are not alive, the nearest first.
    pub versions: Vec<Version>,
    /// How many there are of them in all.
    pub versions_in_all: u64,
    /// What a person has to know or decide; a blocker forbids the conversion.
    pub findings: Vec<Finding>,
    /// How many rows the new database gets, and how large it gets; both about.
    pub rows: u64,
    /// Data and indexes together.
    pub bytes: u64,
}

impl Conversion {
    /// Whether something forbids it.
    pub fn is_blocked(&self) -> bool {
        self.findings.iter().any(Finding::is_blocker)
    }

    /// Whether there is anything that only Commerce has.
    pub fn changes_nothing(&self) -> bool {
        self.leaving.is_empty()
            && self
                .tables
                .iter()
                .all(|table| matches!(table.treatment, Treatment::AsItIs | Treatment::Emptied))
    }

    /// Everything that is written.
    pub fn written(&self) -> impl Iterator<Item = &TablePlan> {
        self.tables.iter().chain(&self.aside)
    }

    /// The databases that are written, the new one first.
    pub fn databases(&self) -> Vec<&Name> {
        let aside = self.aside.first().map(|table| &table.into.database);
        std::iter::once(&self.target).chain(aside).collect()
    }
}

/// A conversion within a database: tables are rebuilt one by one, and the old one of each goes at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct InPlace {
    /// Tables that are rebuilt; the others stay as they are, but for their foreign keys.
    pub rebuilt: usize,
    /// The largest of them, with what it takes now.
    pub largest: Option<String>,
    /// What the largest of them takes now, data and indexes together; 0 when none is rebuilt.
    pub largest_bytes: u64,
    /// How much has to be free for tables that are there twice, at most.
    pub free_bytes: u64,
}

/// How a table gets into the new database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Treatment {
    /// Every row and every value.
    AsItIs,
    /// The versions that are alive, with the entity as their key.
    Versions,
    /// What belongs to versions that are alive, with the entity in place of the row.
    Rows,
    /// Without some rows, some columns, or with some values changed.
    Changed,
    /// Without rows.
    Emptied,
}

impl Treatment {
    /// The same in words, for a column of a table.
    pub fn words(self) -> &'static str {
        match self {
            Self::AsItIs => "as it is",
            Self::Versions => "live versions",
            Self::Rows => "rows of live versions",
            Self::Changed => "changed",
            Self::Emptied => "emptied",
        }
    }
}

/// What becomes of a table that stays.
#[derive(Debug, Clone, Serialize)]
pub struct TablePlan {
    /// Its whole name, the same in both databases.
    pub table: String,
    /// Where it is written.
    pub into: Place,
    /// In what way its rows change, for people.
    pub treatment: Treatment,
    /// Rows of the old table: counted where it changes, else as the server thinks.
    pub rows: u64,
    /// Rows of the new table.
    pub kept: u64,
    /// Whether both were counted.
    pub is_counted: bool,
    /// Tables that are read, this one among them.
    pub reads: Vec<String>,
    /// Statements that make it, while it is empty; none where it stays what it is, in place.
    pub create: Vec<Sql>,
    /// What it is filled with; none for one that stays empty.
    #[serde(serialize_with = "filling")]
    pub fill: Option<Selection>,
    /// The statement that gives it its foreign keys.
    pub keys: Option<Sql>,
    /// Columns that go.
    pub dropped_columns: Vec<String>,
    /// Whether a half-filled table can be told from a filled one: what one transaction wrote is there, or is not.
    pub is_transactional: bool,
}

impl TablePlan {
    /// Whether it is written anew.
    pub(crate) fn is_rebuilt(&self) -> bool {
        !self.create.is_empty()
    }
}

fn filling<S: serde::Serializer>(
    fill: &Option<Selection>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    fill.as_ref()
        .map(|selection| selection.select(None))
        .serialize(serializer)
}

/// A table that goes.
#[derive(Debug, Clone, Serialize)]
pub struct Leaving {
    /// Its whole name in the old database.
    pub table: String,
    /// The feature that it belongs to.
    pub feature: String,
    /// As the server thinks.
    pub rows: u64,
}

/// A number that a person would ask for.
#[derive(Debug, Clone, Serialize)]
pub struct Counted {
    /// What the records are, in words for a person.
    pub what: String,
    /// How many the old database has.
    pub records: u64,
}

/// A version that is not alive.
#[derive(Debug, Clone, Serialize)]
pub struct Version {
    /// The whole name of the staged table.
    pub table: String,
    /// The number of the product, category, page, block or rule that it is a version of.
    pub entity: u64,
    /// Seconds since 1970.
    pub begins: u64,
    /// Seconds since 1970; [`NEVER`](super::staging::NEVER) for one without an end.
    pub ends: u64,
    /// The same as `begins`, as a person reads it.
    pub begins_utc: String,
    /// What the update is called, when it is known.
    pub name: Option<String>,
    /// Whether it has begun: it is over.
    pub is_over: bool,
}

/// A statement of a conversion, with what it is for. The list of all of them is what runs and what a script holds.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// In which part of the conversion it runs.
    pub phase: Phase,
    /// The whole name of the table that it makes or fills.
    pub table: String,
    /// The whole names of the old tables that it reads; empty when it reads none.
    pub reads: Vec<String>,
    /// The statement with its bound values.
    pub sql: Sql,
}

/// The parts of a conversion, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Empty tables.
    Create,
    /// Foreign keys, which are not looked at while tables are filled.
    Keys,
    /// Rows.
    Fill,
}

impl Conversion {
    /// Every statement in order; each table is filled by one.
    pub fn steps(&self) -> Vec<Step> {
        let step = |phase, table: &TablePlan, reads: &[String], sql: &Sql| Step {
            phase,
            table: table.table.clone(),
            reads: reads.to_vec(),
            sql: sql.clone(),
        };
        let mut steps = Vec::new();
        for table in self.written() {
            for sql in &table.create {
                steps.push(step(
                    Phase::Create,
                    table,
                    std::slice::from_ref(&table.table),
                    sql,
                ));
            }
        }
        for table in self.written() {
            if let Some(sql) = &table.keys {
                steps.push(step(Phase::Keys, table, &[], sql));
            }
        }
        for table in self.written() {
            if let Some(fill) = table.fill.as_ref().filter(|_| table.is_rebuilt()) {
                let sql = fill.insert(&table.into, None);
                steps.push(step(Phase::Fill, table, &table.reads, &sql));
            }
        }
        steps
    }

    /// What tells one conversion from another: everything that is written, and from where.
    pub fn fingerprint(&self) -> String {
        use sha2::{Digest, Sha256};
        let mut digest = Sha256::new();
        for step in self.steps() {
            digest.update(step.sql.as_text().as_bytes());
            for value in step.sql.bound() {
                digest.update([0]);
                digest.update(match value {
                    Value::Null => b"null".to_vec(),
                    Value::Number(number) => number.to_string().into_bytes(),
                    Value::Text(text) => text.clone().into_bytes(),
                    Value::Bytes(bytes) => bytes.clone(),
                });
            }
            digest.update([1]);
        }
        digest
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// A moment as a person reads it: `2026-11-28 08:30:00 UTC`.
pub fn utc(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days since 0000-03-01, in eras of 400 years (Howard Hinnant's `civil_from_days`).
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{of_month:02} {:02}:{:02}:{:02} UTC",
        rest / 3_600,
        rest / 60 % 60,
        rest % 60
    )
}

/// Reads a moment: seconds since 1970, `2026-11-28`, `2026-11-28 08:30` or with seconds, each in UTC.
pub fn moment(text: &str) -> Option<u64> {
    let text = text
        .trim()
        .trim_end_matches("UTC")
        .trim_end_matches('Z')
        .trim();
    if text.len() > 4 && text.chars().all(|c| c.is_ascii_digit()) {
        return text.parse().ok();
    }
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (date, time.trim()),
        None => (text, "00:00"),
    };
    let mut date = date.split('-').map(|part| part.parse::<u64>().ok());
    let mut next = || date.next().flatten();
    let (year, month, day) = (next()?, next()?, next()?);
    let mut time = time.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute) = (time.next()??, time.next()??);
    let second = match time.next() {
        Some(second) => second?,
        None => 0,
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + u64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let fits = (1970..=2999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=last).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !fits {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + of_year - 719_468;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn moments() {
        assert_eq!(utc(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(utc(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(moment("2026-11-28T08:30"), Some(1_795_854_600));
        assert_eq!(utc(1_795_854_600), "2026-11-28 08:30:00 UTC");
        for text in [
            "2026-02-29",
            "2026-13-01",
            "tomorrow",
            "",
            "2026-11-28 24:00",
            "12",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_moment_that_is_written_is_read(seconds in 0u64..30_000_000_000) {
            prop_assert_eq!(moment(&utc(seconds)), Some(seconds));
        }

        #[test]
        fn nothing_makes_it_panic(text in ".*") {
            moment(&text);
        }
    }
}
