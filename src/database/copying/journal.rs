//! How far a copy has come, in a table of the database that is written: what one transaction wrote and what is noted of it
//! are there together, or not at all. A copy that was cut off goes on where it stopped.

use crate::database::conversion::Conversion;
use crate::database::error::DatabaseError;
use crate::database::schema::JOURNAL_TABLES;
use crate::database::server::Session;
use crate::database::sql::{Name, Place, Sql, Value};

/// The table. It stays when the copy is done: a check reads from it what was copied when.
pub(crate) const TABLE: &str = JOURNAL_TABLES[0];

/// Of a conversion in place, what it follows from, in pieces; it goes when that is done.
const PLAN: &str = JOURNAL_TABLES[1];

const IN_PLACE: &str = "in-place";

/// Characters of one piece: statements have a largest size.
const PIECE: usize = 100_000;

/// What the table says about the copy as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// The old database, by name.
    pub source: String,
    /// What the names of the shop's tables begin with.
    pub prefix: String,
    /// The moment at which versions are alive, in seconds since 1970.
    pub as_of: u64,
    /// [`Conversion::fingerprint`], by which the same conversion is known again.
    pub fingerprint: String,
    /// Whether the database itself is converted.
    pub is_in_place: bool,
    /// Whether everything was written.
    pub is_done: bool,
}

/// How far one table is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Position {
    /// The last value of the column by whose ranges it is taken; none before the first range.
    pub last: Option<Value>,
    /// Whether all its rows are there.
    pub is_done: bool,
    /// How many rows of it were written so far.
    pub written: u64,
}

/// The journal of one new database.
#[derive(Debug)]
pub(crate) struct Journal {
    place: Place,
}

impl Journal {
    /// The journal in this database, whether it is there yet or not.
    pub(crate) fn of(target: &Name) -> Self {
        Self {
            place: Place::new(target, TABLE),
        }
    }

    /// What was begun in a database; none when there is no such database, or it has no journal.
    pub(crate) fn head(&self, session: &mut Session) -> Result<Option<Head>, DatabaseError> {
        let is_there = session.number(
            &Sql::new("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = ")
                .value(self.place.database.plain())
                .text(" AND TABLE_NAME = ")
                .value(TABLE),
        )?;
        if is_there == 0 {
            return Ok(None);
        }
        let rows = session.rows(
            &Sql::new("SELECT name, state FROM ")
                .place(&self.place)
                .text(" WHERE kind = ")
                .value("copy"),
        )?;
        let of = |name: &str| {
            let mut rows = rows.iter();
            rows.find(|row| row[0].text().as_deref() == Some(name))
                .and_then(|row| row[1].text())
        };
        let (Some(source), Some(as_of), Some(fingerprint)) = (
            of("source"),
            of("as_of").and_then(|text| text.parse().ok()),
            of("fingerprint"),
        ) else {
            return Ok(None);
        };
        Ok(Some(Head {
            source,
            prefix: of("prefix").unwrap_or_default(),
            as_of,
            fingerprint,
            is_in_place: of("mode").as_deref() == Some(IN_PLACE),
            is_done: of("done").is_some(),
        }))
    }

    /// Statements that begin it.
    pub(crate) fn begin(&self, conversion: &Conversion) -> Vec<Sql> {
        vec![self.create(), self.insert_head(conversion)]
    }

    fn create(&self) -> Sql {
        Sql::new("CREATE TABLE IF NOT EXISTS ").place(&self.place).text(
            " (kind VARCHAR(8) NOT NULL, name VARCHAR(140) NOT NULL, state VARCHAR(255) NOT NULL, position VARCHAR(32) NULL, \
             written BIGINT UNSIGNED NOT NULL DEFAULT 0, PRIMARY KEY (kind, name)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
        )
    }

    fn insert_head(&self, conversion: &Conversion) -> Sql {
        let row = |name: &str, value: &str| {
            Sql::new("('copy', ")
                .value(name)
                .text(", ")
                .value(value)
                .text(")")
        };
        let as_of = conversion.as_of.to_string();
        let mut rows = vec![
            row("source", conversion.source.plain()),
            row("prefix", &conversion.prefix),
            row("as_of", &as_of),
            row("fingerprint", &conversion.fingerprint()),
        ];
        if conversion.in_place.is_some() {
            rows.push(row("mode", IN_PLACE));
        }
        Sql::new("INSERT IGNORE INTO ")
            .place(&self.place)
            .text(" (kind, name, state) VALUES ")
            .list(", ", &rows)
    }

    fn plan(&self) -> Place {
        Place::new(&self.place.database, PLAN)
    }

    /// Statements that begin the journal of a conversion in place: what it follows from is there with its head, or neither is.
    pub(crate) fn begin_in_place(&self, conversion: &Conversion, basis: &str) -> Vec<Sql> {
        let mut statements = vec![
            self.create(),
            Sql::new("CREATE TABLE IF NOT EXISTS ").place(&self.plan()).text(
                " (number INT UNSIGNED NOT NULL PRIMARY KEY, piece LONGTEXT NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
            ),
            Sql::new("START TRANSACTION"),
            Sql::new("DELETE FROM ").place(&self.plan()),
        ];
        let characters: Vec<char> = basis.chars().collect();
        for (number, piece) in characters.chunks(PIECE).enumerate() {
            let piece: String = piece.iter().collect();
            statements.push(
                Sql::new("INSERT INTO ")
                    .place(&self.plan())
                    .text(" (number, piece) VALUES (")
                    .value(number as u64)
                    .text(", ")
                    .value(piece.as_str())
                    .text(")"),
            );
        }
        statements.push(self.insert_head(conversion));
        statements.push(Sql::new("COMMIT"));
        statements
    }

    /// What a conversion in place follows from, as it was written down when it was begun.
    pub(crate) fn basis(&self, session: &mut Session) -> Result<String, DatabaseError> {
        let pieces = session.rows(
            &Sql::new("SELECT piece FROM ")
                .place(&self.plan())
                .text(" ORDER BY number"),
        )?;
        Ok(pieces.iter().filter_map(|row| row[0].text()).collect())
    }

    /// Lets go of it.
    pub(crate) fn drop_basis(&self) -> Sql {
        Sql::new("DROP TABLE IF EXISTS ").place(&self.plan())
    }

    /// Notes something of a kind, once.
    pub(crate) fn note(&self, kind: &str, name: &str, state: &str) -> Sql {
        Sql::new("INSERT IGNORE INTO ")
            .place(&self.place)
            .text(" (kind, name, state) VALUES (")
            .value(kind)
            .text(", ")
            .value(name)
            .text(", ")
            .value(state)
            .text(")")
    }

    /// What was noted of a kind, by name.
    pub(crate) fn notes(
        &self,
        session: &mut Session,
        kind: &str,
    ) -> Result<Vec<(String, String)>, DatabaseError> {
        let rows = session.rows(
            &Sql::new("SELECT name, state FROM ")
                .place(&self.place)
                .text(" WHERE kind = ")
                .value(kind)
                .text(" ORDER BY name"),
        )?;
        let text = |row: &[Value], index: usize| row[index].text().unwrap_or_default();
        Ok(rows
            .iter()
            .map(|row| (text(row, 0), text(row, 1)))
            .collect())
    }

    /// Forgets what was made of a table, and that it was compared, so that it is made anew.
    pub(crate) fn forget(&self, table: &Place, old: &str) -> [Sql; 2] {
        let forget = |kind: &str, name: &str| {
            Sql::new("DELETE FROM ")
                .place(&self.place)
                .text(" WHERE kind = ")
                .value(kind)
                .text(" AND name = ")
                .value(name)
        };
        [forget("table", &name(table)), forget("sum", old)]
    }

    /// How far a table is; none when it is not made yet.
    pub(crate) fn position(
        &self,
        session: &mut Session,
        table: &Place,
    ) -> Result<Option<Position>, DatabaseError> {
        let rows = session.rows(
            &Sql::new("SELECT state, position, written FROM ")
                .place(&self.place)
                .text(" WHERE kind = ")
                .value("table")
                .text(" AND name = ")
                .value(name(table).as_str()),
        )?;
        Ok(rows.into_iter().next().map(|row| Position {
            is_done: row[0].text().as_deref() == Some("done"),
            last: row[1].text().map(|text| match text.parse() {
                Ok(number) => Value::Number(number),
                Err(_) => Value::Text(text),
            }),
            written: row[2].number().unwrap_or(0),
        }))
    }

    /// Notes that a table is made.
    pub(crate) fn made(&self, table: &Place) -> Sql {
        Sql::new("INSERT INTO ")
            .place(&self.place)
            .text(" (kind, name, state) VALUES ('table', ")
            .value(name(table).as_str())
            .text(", 'made')")
    }

    /// Notes how far a table is.
    pub(crate) fn reached(&self, table: &Place, position: &Position) -> Sql {
        let last = position.last.as_ref().and_then(Value::text);
        Sql::new("UPDATE ")
            .place(&self.place)
            .text(" SET state = ")
            .value(if position.is_done { "done" } else { "made" })
            .text(", position = ")
            .value(last.map_or(Value::Null, Value::Text))
            .text(", written = ")
            .value(position.written)
            .text(" WHERE kind = 'table' AND name = ")
            .value(name(table).as_str())
    }

    /// Notes that everything is written.
    pub(crate) fn done(&self) -> Sql {
        Sql::new("INSERT IGNORE INTO ")
            .place(&self.place)
            .text(" (kind, name, state) VALUES ('copy', 'done', ")
            .value("yes")
            .text(")")
    }
}

fn name(table: &Place) -> String {
    format!("{}.{}", table.database.plain(), table.table.plain())
}
