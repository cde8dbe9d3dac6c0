//! Writes the new database.
//!
//! Tables are made first, while they are empty, with their foreign keys; then each is filled in ranges of its key, one
//! transaction a range. Whatever ends it, the same copy again goes on behind the last range that was written.
//!
//! That all of it is of one moment takes more than a transaction: `INSERT … SELECT` reads what is there when it runs, not
//! what a snapshot of the session holds. So the old tables are locked against writing by a session that does nothing
//! else ([`Lock`]), for as long as the copy takes. Where the user may not do that, nothing but the closed shop keeps others
//! from writing; `verify` reads both databases in one snapshot, and tells.

pub mod in_place;
pub(crate) mod journal;
pub mod verifying;
pub(crate) mod versions;

use super::conversion::{Conversion, TablePlan};
use super::error::DatabaseError;
use super::server::Session;
use super::sql::{Name, Place, Sql};
use journal::{Journal, Position, TABLE};
use std::ops::ControlFlow;

/// Rows that one transaction takes. What the server keeps of one to take it back stays small, and a copy that is cut off
/// loses a second's work.
const RANGE: u64 = 50_000;

/// How many times as wide a range of numbers with gaps may be.
const WIDEST: u64 = 16;

/// How far a copy is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// The table that is being worked on.
    pub table: &'a str,
    /// Rows that were written, also by runs before this one.
    pub written: u64,
    /// Rows in all, about.
    pub rows: u64,
}

/// What a copy has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything is written; with how many rows.
    Done(u64),
    /// Somebody wanted it to end. The same again goes on.
    Stopped,
}

/// Keeps others from writing to the old database.
pub struct Lock(Session);

impl Lock {
    /// Locks every table that is read. Fails with what [`DatabaseError::is_denied`] tells where the user may not.
    pub fn take(mut session: Session, conversion: &Conversion) -> Result<Self, DatabaseError> {
        let mut tables: Vec<&str> = conversion
            .written()
            .flat_map(|table| table.reads.iter().map(String::as_str))
            .collect();
        tables.sort_unstable();
        tables.dedup();
        let locks: Vec<Sql> = tables
            .into_iter()
            .map(|table| {
                Sql::default()
                    .place(&Place::new(&conversion.source, table))
                    .text(" READ")
            })
            .collect();
        if !locks.is_empty() {
            session.run(&Sql::new("LOCK TABLES ").list(", ", &locks))?;
        }
        Ok(Self(session))
    }

    /// Lets others write again.
    pub fn release(mut self) -> Result<(), DatabaseError> {
        self.0.run(&Sql::new("UNLOCK TABLES")).map(|_| ())
    }
}

/// Runs a conversion. `watch` is asked before every statement, and may end it there.
pub fn copy(
    session: &mut Session,
    conversion: &Conversion,
    watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Outcome, DatabaseError> {
    let mut copier = Copier {
        session,
        conversion,
        journal: Journal::of(&conversion.target),
        watch,
        written: 0,
        table: "",
    };
    let done = match conversion.in_place {
        Some(_) => copier.run_in_place(),
        None => copier.run(),
    };
    match done {
        Ok(()) => Ok(Outcome::Done(copier.written)),
        Err(End::Stopped) => Ok(Outcome::Stopped),
        Err(End::Failed(error)) => Err(error),
    }
}

/// Why a copy ended before it was done.
pub(super) enum End {
    /// Who watches wanted it to end.
    Stopped,
    /// The server refused something, or something is not as it has to be.
    Failed(DatabaseError),
}

impl From<DatabaseError> for End {
    fn from(error: DatabaseError) -> Self {
        Self::Failed(error)
    }
}

/// What runs a conversion, and how far it is.
pub(super) struct Copier<'c, 'w> {
    /// The connection that reads and writes.
    pub(super) session: &'c mut Session,
    /// What is carried out.
    pub(super) conversion: &'c Conversion,
    /// Lies in the database that is written.
    pub(super) journal: Journal,
    watch: &'w mut dyn FnMut(Progress) -> ControlFlow<()>,
    written: u64,
    /// The table that is being worked on.
    pub(super) table: &'c str,
}

impl<'c> Copier<'c, '_> {
    fn run(&mut self) -> Result<(), End> {
        self.set_up()?;
        self.begin()?;
        let conversion = self.conversion;
        for table in conversion.written() {
            self.table = &table.table;
            self.create(table)?;
        }
        for table in conversion.written() {
            self.table = &table.table;
            self.add_keys(table)?;
        }
        for table in conversion.written() {
            self.table = &table.table;
            self.fill(table)?;
        }
        let done = self.journal.done();
        self.execute(&done)?;
        Ok(())
    }

    /// One statement that writes.
    pub(super) fn execute(&mut self, sql: &Sql) -> Result<u64, End> {
        let progress = Progress {
            table: self.table,
            written: self.written,
            rows: self.conversion.rows,
        };
        if (self.watch)(progress).is_break() {
            return Err(End::Stopped);
        }
        Ok(self.session.run(sql)?)
    }

    /// Tells the session how to write: foreign keys are not looked at, and what is read is locked as little as the server
    /// allows.
    pub(super) fn set_up(&mut self) -> Result<(), End> {
        self.session
            .run(&Sql::new("SET SESSION foreign_key_checks = 0"))?;
        self.relax()?;
        let is_statement = self.session.text(&Sql::new(
            "SELECT IF(@@GLOBAL.log_bin, @@SESSION.binlog_format, 'NONE')",
        ))?;
        // A log of statements takes no writes from this level; else it reads without locks on what is read.
        if is_statement.as_deref() != Some("STATEMENT") {
            self.session.run(&Sql::new(
                "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
            ))?;
        }
        Ok(())
    }

    /// MySQL can be told to refuse tables without a primary key, and keys to columns that are not unique. A shop may have both,
    /// and gets them as they were, where the user may say so.
    fn relax(&mut self) -> Result<(), End> {
        const STRICT: [(&str, &str); 2] = [
            (
                "SHOW VARIABLES LIKE 'sql_require_primary_key'",
                "SET SESSION sql_require_primary_key = 0",
            ),
            (
                "SHOW VARIABLES LIKE 'restrict_fk_on_non_standard_key'",
                "SET SESSION restrict_fk_on_non_standard_key = 0",
            ),
        ];
        for (ask, tell) in STRICT {
            let set = self.session.rows(&Sql::new(ask))?;
            let is_on = set
                .first()
                .and_then(|row| row.get(1)?.text())
                .is_some_and(|value| value == "ON" || value == "1");
            if is_on {
                match self.session.run(&Sql::new(tell)) {
                    Err(error) if !error.is_denied() => return Err(error.into()),
                    // Then a table that it concerns is refused, by name.
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Makes the databases, and the journal in the new one. A database with tables that no journal knows is somebody else's.
    fn begin(&mut self) -> Result<(), End> {
        if let Some(head) = self.journal.head(self.session)? {
            if head.fingerprint != self.conversion.fingerprint() {
                return Err(End::Failed(DatabaseError::Unfit(format!(
                    "{} holds a copy of another kind: of {} as of {}, or begun before the old database or the options changed",
                    self.conversion.target.plain(),
                    head.source,
                    super::conversion::utc(head.as_of)
                ))));
            }
        } else {
            for database in self.conversion.databases() {
                self.check_empty(database)?;
            }
        }
        for database in self.conversion.databases() {
            self.create_database(database)?;
        }
        for sql in self.journal.begin(self.conversion) {
            self.execute(&sql)?;
        }
        Ok(())
    }

    /// Makes a database that is not there yet, with the character set and the collation of the old one.
    pub(super) fn create_database(&mut self, database: &Name) -> Result<(), End> {
        let character_set = self.session.rows(
                &Sql::new(
                    "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ",
                )
                .value(self.conversion.source.plain()),
            )?;
        let mut sql = Sql::new("CREATE DATABASE IF NOT EXISTS ").name(database);
        if let Some([Some(set), Some(collation)]) = character_set
            .first()
            .map(|row| [row[0].text(), row[1].text()])
        {
            sql = sql
                .text(" CHARACTER SET ")
                .named(&set)
                .text(" COLLATE ")
                .named(&collation);
        }
        self.execute(&sql)?;
        Ok(())
    }

    /// Fails when a database has tables besides the journal: they are somebody else's.
    pub(super) fn check_empty(&mut self, database: &Name) -> Result<(), End> {
        let tables = self.session.number(
            &Sql::new("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = ")
                .value(database.plain())
                .text(" AND TABLE_NAME <> ")
                .value(TABLE),
        )?;
        if tables > 0 {
            return Err(End::Failed(DatabaseError::Unfit(format!(
                "the database {} is not empty: it has {tables} tables that no copy has made, and none is touched",
                database.plain()
            ))));
        }
        Ok(())
    }

    /// Makes a new table while it is empty. One that the journal knows is left as it is.
    pub(super) fn create(&mut self, table: &TablePlan) -> Result<(), End> {
        if self.journal.position(self.session, &table.into)?.is_some() {
            return Ok(());
        }
        // A run that was cut off may have left half of it.
        self.execute(&Sql::new("DROP TABLE IF EXISTS ").place(&table.into))?;
        for sql in &table.create {
            self.execute(sql)?;
        }
        let made = self.journal.made(&table.into);
        self.execute(&made)?;
        Ok(())
    }

    fn add_keys(&mut self, table: &TablePlan) -> Result<(), End> {
        let Some(keys) = &table.keys else {
            return Ok(());
        };
        // One statement gives a table all its keys, or none.
        let present = self.session.number(
            &Sql::new("SELECT COUNT(*) FROM information_schema.TABLE_CONSTRAINTS WHERE CONSTRAINT_TYPE = 'FOREIGN KEY' AND TABLE_SCHEMA = ")
                .value(table.into.database.plain())
                .text(" AND TABLE_NAME = ")
                .value(table.into.table.plain()),
        )?;
        if present == 0 {
            self.execute(keys)?;
        }
        Ok(())
    }

    /// Fills a new table, from behind what the journal notes of it, in ranges where it can be taken in ranges.
    pub(super) fn fill(&mut self, table: &TablePlan) -> Result<(), End> {
        let Some(position) = self.journal.position(self.session, &table.into)? else {
            return Ok(());
        };
        let Some(fill) = table.fill.as_ref().filter(|_| !position.is_done) else {
            self.written += position.written;
            return Ok(());
        };
        let old = Place::new(&self.conversion.source, &table.table);
        self.written += position.written;
        if fill.by.is_none() || !table.is_transactional {
            // Not to be taken back in part, so it begins anew.
            self.execute(&Sql::new("DELETE FROM ").place(&table.into))?;
            return self.transaction(table, &fill.insert(&table.into, None), None, position, true);
        }
        let mut position = position;
        let mut step = RANGE;
        loop {
            let next = fill.next(self.session, &old, position.last.as_ref(), step)?;
            let Some(to) = next else {
                position.is_done = true;
                let done = self.journal.reached(&table.into, &position);
                self.execute(&done)?;
                return Ok(());
            };
            let range = (position.last.clone(), to.clone());
            let insert = fill.insert(&table.into, Some(&range));
            let before = self.written;
            self.transaction(table, &insert, Some(to.clone()), position.clone(), false)?;
            // Where numbers have gaps a range of them holds few rows.
            step = match self.written - before {
                rows if rows < RANGE / 4 => (step * 2).min(RANGE * WIDEST),
                _ => RANGE,
            };
            position = Position {
                last: Some(to),
                is_done: false,
                written: position.written + self.written - before,
            };
        }
    }

    /// Writes rows, and notes how far the table is with them.
    fn transaction(
        &mut self,
        table: &TablePlan,
        insert: &Sql,
        to: Option<super::sql::Value>,
        position: Position,
        is_done: bool,
    ) -> Result<(), End> {
        self.execute(&Sql::new("START TRANSACTION"))?;
        let rows = self.execute(insert)?;
        let reached = Position {
            last: to,
            is_done,
            written: position.written + rows,
        };
        let reached = self.journal.reached(&table.into, &reached);
        self.execute(&reached)?;
        self.execute(&Sql::new("COMMIT"))?;
        self.written += rows;
        Ok(())
    }
}
