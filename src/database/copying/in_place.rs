//! Converts a database within itself, for want of room for a second one.
//!
//! Table by table: the new one is made and filled beside the old one, compared with what the old one says, takes its name in one
//! `RENAME TABLE`, and the old one goes. A table goes only when no other one is left that has to be looked up in it. Foreign
//! keys go first and come last. What no table of the shop needs any more goes before, which makes room.
//!
//! The journal lies in the database, and holds what the statements follow from ([`Basis`]), since the old database cannot be
//! asked again. Whatever ends a run, the same again goes on behind what is noted; each statement can be run again, or what it
//! has done can be seen.

use super::journal::{Head, Journal};
use super::verifying::{self, Shown, StorefrontCheck, TableCheck, Verified};
use super::{Copier, End};
use crate::database::conversion::basis::Basis;
use crate::database::conversion::planning;
use crate::database::conversion::rebuilding::{Act, NEW, order};
use crate::database::conversion::request::Request;
use crate::database::conversion::{Conversion, TablePlan, utc};
use crate::database::error::DatabaseError;
use crate::database::reading;
use crate::database::server::Session;
use crate::database::sql::{Name, Place, Sql, Value};
use crate::database::staging::ROW;

/// What the name of an old table begins with, between the exchange and its end.
const OLD: &str = "mageshift_old_";

/// The name of the lock that keeps two runs from one database.
const LOCK: &str = "mageshift ";

/// How far a conversion of a database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The database has no journal: it is as it was.
    NotBegun,
    /// A run was cut off: a part of the tables is converted, and the same command goes on.
    Begun,
    /// All of it is converted.
    Done,
}

/// How far the conversion that is asked for is. Fails for a database with the journal of another one.
pub fn standing(session: &mut Session, request: &Request) -> Result<Standing, DatabaseError> {
    let head = Journal::of(&Name::new(&request.source)).head(session)?;
    let Some(head) = head else {
        return Ok(Standing::NotBegun);
    };
    check_own(&head, request)?;
    Ok(match head.is_done {
        true => Standing::Done,
        false => Standing::Begun,
    })
}

/// That a database is not half converted: then nothing can be planned from it.
pub fn check_whole(session: &mut Session, request: &Request) -> Result<(), DatabaseError> {
    let head = Journal::of(&Name::new(&request.source)).head(session)?;
    match head {
        Some(head) if head.is_in_place && !head.is_done => Err(DatabaseError::Unfit(format!(
            "{} is being converted in place, and half of it is: `mageshift data copy --in-place` again goes on",
            request.source
        ))),
        _ => Ok(()),
    }
}

/// That a journal is of this conversion.
fn check_own(head: &Head, request: &Request) -> Result<(), DatabaseError> {
    let is_other = !head.is_in_place
        || head.source != request.source
        || head.prefix != request.prefix
        || request.as_of.is_some_and(|as_of| as_of != head.as_of);
    if !is_other {
        return Ok(());
    }
    Err(DatabaseError::Unfit(match head.is_in_place {
        true => format!(
            "{} has the journal of another conversion in place: with the prefix \"{}\", as of {}",
            request.source,
            head.prefix,
            utc(head.as_of)
        ),
        false => format!(
            "{} is a copy of {} that mageshift has written, and is not converted again",
            request.source, head.source
        ),
    }))
}

/// The conversion that was begun, from its journal.
pub fn begun(session: &mut Session, request: &Request) -> Result<Conversion, DatabaseError> {
    let text = Journal::of(&Name::new(&request.source)).basis(session)?;
    let basis: Basis = serde_json::from_str(&text).map_err(|error| {
        DatabaseError::Unfit(format!(
            "the journal in {} cannot be read ({error}): load the dump",
            request.source
        ))
    })?;
    Ok(planning::again(session, request, basis))
}

impl Copier<'_, '_> {
    /// Converts the database step by step, beginning behind what the journal notes. Another run on the same database at
    /// the same time is refused.
    pub(super) fn run_in_place(&mut self) -> Result<(), End> {
        self.take_turn()?;
        self.set_up()?;
        self.begin_in_place()?;
        let conversion = self.conversion;
        for table in &conversion.aside {
            self.table = &table.table;
            self.create(table)?;
            self.fill(table)?;
        }
        // Every new table, while it is empty: what the server refuses to make stops here, where nothing is lost.
        let noted = self.journal.notes(self.session, "once")?;
        if !noted.iter().any(|(name, _)| name == "keys") {
            for table in conversion.tables.iter().filter(|table| table.is_rebuilt()) {
                self.table = &table.table;
                self.create(table)?;
            }
        }
        self.once("shown", Self::note_storefront)?;
        self.once("keys", Self::drop_keys)?;
        self.once("going", Self::drop_what_goes)?;
        let schema = &conversion.basis.schema;
        let bytes_of = |table: &str| schema.tables.get(table).map_or(0, |table| table.bytes);
        for act in order(&conversion.tables, &bytes_of) {
            match act {
                Act::Write(index) => {
                    let table = &conversion.tables[index];
                    self.table = &table.table;
                    self.create(table)?;
                    self.fill(table)?;
                }
                Act::Exchange(group) => {
                    let group: Vec<&TablePlan> = group
                        .iter()
                        .map(|index| &conversion.tables[*index])
                        .collect();
                    self.compare(&group)?;
                    for table in group {
                        self.table = &table.table;
                        self.exchange(table)?;
                    }
                }
            }
        }
        for table in &conversion.tables {
            self.table = &table.table;
            let Some(keys) = &table.keys else { continue };
            // One statement gives a table all its keys, or none.
            if self.keys_of(&table.table)?.is_empty() {
                self.execute(keys)?;
            }
        }
        let done = self.journal.done();
        self.execute(&done)?;
        let end = self.journal.drop_basis();
        self.execute(&end)?;
        Ok(())
    }

    /// Two runs at once would undo each other's work.
    fn take_turn(&mut self) -> Result<(), End> {
        // Names of locks have at most 64 characters.
        let database: String = self.conversion.source.plain().chars().take(50).collect();
        let taken = self.session.number(
            &Sql::new("SELECT GET_LOCK(")
                .value(format!("{LOCK}{database}").as_str())
                .text(", 5)"),
        )?;
        match taken {
            1 => Ok(()),
            _ => Err(End::Failed(DatabaseError::Unfit(format!(
                "another run is converting {}",
                self.conversion.source.plain()
            )))),
        }
    }

    fn begin_in_place(&mut self) -> Result<(), End> {
        let conversion = self.conversion;
        let source = conversion.source.plain();
        let unfit = |text: String| Err(End::Failed(DatabaseError::Unfit(text)));
        let aside = || conversion.databases().into_iter().skip(1);
        match self.journal.head(self.session)? {
            Some(head) if head.is_in_place && head.fingerprint == conversion.fingerprint() => {}
            Some(_) => {
                return unfit(format!(
                    "{source} has the journal of another conversion, or of another version of mageshift: that one goes on with it, or load the dump"
                ));
            }
            None => {
                let mut tables = conversion.basis.schema.tables.keys();
                if let Some(left) =
                    tables.find(|table| table.starts_with(NEW) || table.starts_with(OLD))
                {
                    return unfit(format!(
                        "{source} has a table {left}, and no journal that would know it: look at it, and drop or rename it first"
                    ));
                }
                for database in aside() {
                    self.check_empty(database)?;
                }
                let basis = serde_json::to_string(&conversion.basis).map_err(|error| {
                    DatabaseError::Unfit(format!("the plan cannot be written down: {error}"))
                })?;
                for sql in self.journal.begin_in_place(conversion, &basis) {
                    self.execute(&sql)?;
                }
            }
        }
        for database in aside() {
            self.create_database(database)?;
        }
        Ok(())
    }

    /// Does something unless it is noted that it is done. It may be cut off, so it has to be something that can be done again.
    fn once(&mut self, name: &str, act: fn(&mut Self) -> Result<(), End>) -> Result<(), End> {
        let notes = self.journal.notes(self.session, "once")?;
        if notes.iter().any(|(noted, _)| noted == name) {
            return Ok(());
        }
        act(self)?;
        let note = self.journal.note("once", name, "done");
        self.execute(&note)?;
        Ok(())
    }

    /// What the storefront shows before anything changes.
    fn note_storefront(&mut self) -> Result<(), End> {
        let conversion = self.conversion;
        let schema = &conversion.basis.schema;
        let query = |short: &str, column: &str| {
            let name = schema.full_name(short);
            let mut tables = conversion.tables.iter();
            let fill = tables.find(|table| table.table == name)?.fill.as_ref()?;
            let column = Sql::default().column("o", column);
            Some(Sql::new("(").then(&fill.asking(&column)).text(")"))
        };
        let (Some(attributes), Some(stores)) = (
            query("eav_attribute", "attribute_id"),
            query("store", "store_id"),
        ) else {
            return Ok(());
        };
        let staging = conversion.basis.staging();
        for staged in staging.staged.values() {
            let shown = Shown {
                database: &conversion.source,
                entities: &staged.table,
                entity: &staged.entity,
                link: ROW,
                attributes: attributes.clone(),
                stores: stores.clone(),
                as_of: Some(conversion.as_of),
            };
            for values in schema.tables.values() {
                if conversion.basis.leaving.contains_key(&values.name)
                    || !verifying::holds_values(values, &staged.table, ROW)
                {
                    continue;
                }
                let sums = self.session.rows(&shown.sql(values))?;
                let state = serde_json::json!([staged.table, staged.entity, joined(&sums)]);
                let note = self.journal.note("shown", &values.name, &state.to_string());
                self.execute(&note)?;
            }
        }
        Ok(())
    }

    /// The foreign keys that a table has now.
    fn keys_of(&mut self, table: &str) -> Result<Vec<String>, End> {
        let rows = self.session.rows(
            &Sql::new("SELECT CONSTRAINT_NAME FROM information_schema.TABLE_CONSTRAINTS WHERE CONSTRAINT_TYPE = 'FOREIGN KEY' AND TABLE_SCHEMA = ")
                .value(self.conversion.source.plain())
                .text(" AND TABLE_NAME = ")
                .value(table),
        )?;
        Ok(rows.iter().filter_map(|row| row[0].text()).collect())
    }

    fn drop_keys(&mut self) -> Result<(), End> {
        let conversion = self.conversion;
        for table in conversion.basis.schema.tables.values() {
            if table.foreign_keys.is_empty() && table.keys_outside.is_empty() {
                continue;
            }
            self.table = &table.name;
            let keys = self.keys_of(&table.name)?;
            let drops: Vec<Sql> = keys
                .iter()
                .map(|key| Sql::new("DROP FOREIGN KEY ").named(key))
                .collect();
            if !drops.is_empty() {
                let sql = Sql::new("ALTER TABLE ")
                    .place(&Place::new(&conversion.source, &table.name))
                    .text(" ")
                    .list(", ", &drops);
                self.execute(&sql)?;
            }
        }
        Ok(())
    }

    fn drop_what_goes(&mut self) -> Result<(), End> {
        let conversion = self.conversion;
        let source = &conversion.source;
        let triggers = conversion.basis.schema.triggers.iter();
        for trigger in triggers.filter(|trigger| trigger.is_of_indexer()) {
            let sql = Sql::new("DROP TRIGGER IF EXISTS ").place(&Place::new(source, &trigger.name));
            self.execute(&sql)?;
        }
        for table in &conversion.leaving {
            let sql = Sql::new("DROP TABLE IF EXISTS ").place(&Place::new(source, &table.table));
            self.execute(&sql)?;
        }
        Ok(())
    }

    /// Compares new tables with what the old ones say, right before they take their places. Once the first of them has done so
    /// the others cannot be asked any more, and were compared by the run before.
    fn compare(&mut self, group: &[&TablePlan]) -> Result<(), End> {
        for table in group {
            let (is_own, is_new, is_old) = self.standing_of(table)?;
            if !is_own || !is_new || is_old {
                return Ok(());
            }
        }
        for table in group {
            let state = self.sums_if_equal(table)?;
            let note = self.journal.note("sum", &table.table, &state);
            self.execute(&note)?;
        }
        Ok(())
    }

    /// The rows and sums of a new table. Fails, and has it made anew, when they are not what the old ones say.
    fn sums_if_equal(&mut self, table: &TablePlan) -> Result<String, End> {
        let Some([expected, found]) = verifying::both_sums(self.session, table)? else {
            return Ok(String::new());
        };
        if expected == found {
            return Ok(joined(&found));
        }
        for forget in self.journal.forget(&table.into, &table.table) {
            self.execute(&forget)?;
        }
        Err(End::Failed(DatabaseError::Unfit(format!(
            "the new {} is not what the old one says, and has not taken its place: something writes to {}. Close the shop, stop cron, and run the same again",
            table.table,
            self.conversion.source.plain()
        ))))
    }

    /// Where the old table stands between the exchange and its end.
    fn old_place(&self, table: &TablePlan) -> Place {
        let number = table.into.table.plain().strip_prefix(NEW);
        Place::new(
            &self.conversion.source,
            &format!("{OLD}{}", number.unwrap_or_default()),
        )
    }

    /// Whether there is a table of the name, a new one beside it, and an old one behind it.
    fn standing_of(&mut self, table: &TablePlan) -> Result<(bool, bool, bool), End> {
        let own = Place::new(&self.conversion.source, &table.table);
        let places = [own, table.into.clone(), self.old_place(table)];
        let mut there = [false; 3];
        for (there, place) in there.iter_mut().zip(&places) {
            let tables = self.session.number(
                &Sql::new("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = ")
                    .value(place.database.plain())
                    .text(" AND TABLE_NAME = ")
                    .value(place.table.plain()),
            )?;
            *there = tables > 0;
        }
        Ok((there[0], there[1], there[2]))
    }

    /// The new table takes the name of the old one, which goes.
    fn exchange(&mut self, table: &TablePlan) -> Result<(), End> {
        let notes = self.journal.notes(self.session, "gone")?;
        if notes.iter().any(|(name, _)| *name == table.table) {
            return Ok(());
        }
        let source = &self.conversion.source;
        let own = Place::new(source, &table.table);
        let old = self.old_place(table);
        let takes_its_name = Sql::default().place(&table.into).text(" TO ").place(&own);
        match self.standing_of(table)? {
            (true, true, false) => {
                let rename = Sql::new("RENAME TABLE ")
                    .place(&own)
                    .text(" TO ")
                    .place(&old)
                    .text(", ")
                    .then(&takes_its_name);
                self.execute(&rename)?;
            }
            // Where renaming is not one thing, the server may have been stopped between its two halves.
            (false, true, true) => {
                self.execute(&Sql::new("RENAME TABLE ").then(&takes_its_name))?;
            }
            // Exchanged, and the old one is there or has gone.
            (true, false, _) => {}
            _ => {
                return Err(End::Failed(DatabaseError::Unfit(format!(
                    "{} is not there as the journal says, nor the table that was to take its place: somebody has changed {} meanwhile. Load the dump",
                    table.table,
                    source.plain()
                ))));
            }
        }
        self.execute(&Sql::new("DROP TABLE IF EXISTS ").place(&old))?;
        let note = self.journal.note("gone", &table.table, "done");
        self.execute(&note)?;
        Ok(())
    }
}

/// The sums of one row as text.
fn joined(rows: &[Vec<Value>]) -> String {
    let values = rows.iter().flatten();
    let texts: Vec<String> = values
        .map(|value| value.text().unwrap_or_default())
        .collect();
    texts.join(",")
}

/// Compares a database that was converted in place with what its journal says of the old one: rows and sums of every table
/// that was rebuilt, as they were before the old one went, and what the storefront showed.
pub fn verify(
    session: &mut Session,
    request: &Request,
    tell: &mut dyn FnMut(&str),
) -> Result<Verified, DatabaseError> {
    let database = Name::new(&request.source);
    let journal = Journal::of(&database);
    let new = reading::read(session, &request.source, &request.prefix)?;
    let mut verified = Verified {
        tables: Vec::new(),
        storefront: Vec::new(),
        broken_keys: Vec::new(),
        missing: Vec::new(),
        undeclared: verifying::undeclared(&new, request),
    };
    for (name, state) in journal.notes(session, "sum")? {
        let Some(table) = new.tables.get(&name) else {
            verified.missing.push(name);
            continue;
        };
        if state.is_empty() {
            continue;
        }
        tell(&name);
        let written = table.columns.iter().filter(|column| !column.is_generated());
        let columns: Vec<Sql> = written
            .map(|column| verifying::told_apart(&Sql::default().named(&column.name), column.kind()))
            .collect();
        let found = session.rows(&verifying::sums_of(&Place::new(&database, &name), &columns))?;
        verified.tables.push(TableCheck {
            table: name,
            expected: first(&state),
            found: first(&joined(&found)),
            is_equal: joined(&found) == state,
        });
    }
    for (values, state) in journal.notes(session, "shown")? {
        let Ok((entities, entity, sums)) = serde_json::from_str::<(String, String, String)>(&state)
        else {
            continue;
        };
        let Some(table) = new.tables.get(&values) else {
            verified.missing.push(values);
            continue;
        };
        tell(&values);
        let shown = Shown::of_new(&new, &database, &entities, &entity);
        let found = session.rows(&shown.sql(table))?;
        verified.storefront.push(StorefrontCheck {
            table: values,
            values: first(&joined(&found)),
            is_equal: joined(&found) == sums,
        });
    }
    verifying::keys(session, &new, tell, &mut verified)?;
    Ok(verified)
}

fn first(sums: &str) -> u64 {
    let first = sums.split(',').next();
    first.and_then(|number| number.parse().ok()).unwrap_or(0)
}
