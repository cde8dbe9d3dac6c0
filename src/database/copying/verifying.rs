//! Compares the new database with the old one, both in one snapshot.
//!
//! Three ways, so that a fault of one shows in another: every table, by the rows that the plan means and their checksums;
//! what the storefront shows of attributes in each store view, asked as Magento asks it and without the plan; and every
//! foreign key of the new database.

use crate::database::conversion::request::Request;
use crate::database::conversion::{Conversion, TablePlan, Treatment};
use crate::database::error::DatabaseError;
use crate::database::reading;
use crate::database::schema::{Column, Schema, Table, ValueKind};
use crate::database::server::Session;
use crate::database::sql::{Name, Place, Sql, Value};
use crate::database::staging::{BEGINS, ENDS, ROW};
use serde::Serialize;

/// What a check has found.
#[derive(Debug, Clone, Serialize)]
pub struct Verified {
    /// One for each table that is filled, by name.
    pub tables: Vec<TableCheck>,
    /// One for each table with values of attributes.
    pub storefront: Vec<StorefrontCheck>,
    /// Empty when every row points to something that is there.
    pub broken_keys: Vec<BrokenKey>,
    /// Tables that the new database lacks.
    pub missing: Vec<String>,
    /// Tables and columns (`TABLE.COLUMN`) that the target's code does not declare and nobody has decided to keep; none where
    /// that code is not at hand.
    pub undeclared: Option<Vec<String>>,
}

impl Verified {
    /// Whether everything is as it has to be.
    pub fn is_good(&self) -> bool {
        self.is_equal() && self.undeclared.as_ref().is_none_or(Vec::is_empty)
    }

    /// Whether the data are what they have to be, whatever the target's code says of tables and columns.
    pub fn is_equal(&self) -> bool {
        self.missing.is_empty()
            && self.broken_keys.is_empty()
            && self.tables.iter().all(|check| check.is_equal)
            && self.storefront.iter().all(|check| check.is_equal)
    }
}

/// A table: its rows in the old database, as they have to become, against those of the new one.
#[derive(Debug, Clone, Serialize)]
pub struct TableCheck {
    /// Its whole name.
    pub table: String,
    /// How many rows the old database has for it.
    pub expected: u64,
    /// How many rows the new one has.
    pub found: u64,
    /// Whether the checksums of all columns are the same, too.
    pub is_equal: bool,
}

/// What the storefront shows of the values in one table: for each entity and store view, the view's own or the default.
#[derive(Debug, Clone, Serialize)]
pub struct StorefrontCheck {
    /// The whole name of the table with the values.
    pub table: String,
    /// How many values the new database shows.
    pub values: u64,
    /// Whether the old one shows the same values, by their checksum.
    pub is_equal: bool,
}

/// A foreign key of the new database that rows break.
#[derive(Debug, Clone, Serialize)]
pub struct BrokenKey {
    /// The whole name of the table with the rows.
    pub table: String,
    /// The columns of the key, in its order.
    pub columns: Vec<String>,
    /// The whole name of the table that they should point into.
    pub parent: String,
    /// How many rows point to nothing.
    pub rows: u64,
}

/// Begins the snapshot that both databases are read in. To be called before the conversion is planned.
pub fn begin(session: &mut Session) -> Result<(), DatabaseError> {
    session.run(&Sql::new(
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    ))?;
    session.run(&Sql::new("START TRANSACTION WITH CONSISTENT SNAPSHOT"))?;
    Ok(())
}

/// Checks what a conversion has written. `tell` is told what is being looked at.
pub fn verify(
    session: &mut Session,
    conversion: &Conversion,
    request: &Request,
    tell: &mut dyn FnMut(&str),
) -> Result<Verified, DatabaseError> {
    let new = reading::read(session, conversion.target.plain(), &conversion.prefix)?;
    let mut verified = Verified {
        tables: Vec::new(),
        storefront: Vec::new(),
        broken_keys: Vec::new(),
        missing: Vec::new(),
        undeclared: undeclared(&new, request),
    };
    for table in &conversion.tables {
        if !new.tables.contains_key(&table.table) {
            verified.missing.push(table.table.clone());
            continue;
        }
        if table.fill.is_some() {
            tell(&table.table);
        }
        let Some([expected, found]) = both_sums(session, table)? else {
            continue;
        };
        let rows = |rows: &[Vec<Value>]| rows.first().and_then(|row| row[0].number()).unwrap_or(0);
        verified.tables.push(TableCheck {
            table: table.table.clone(),
            expected: rows(&expected),
            found: rows(&found),
            is_equal: expected == found,
        });
    }
    storefront(session, conversion, &new, tell, &mut verified)?;
    keys(session, &new, tell, &mut verified)?;
    Ok(verified)
}

/// As [`Verified::undeclared`] has it.
pub(super) fn undeclared(new: &Schema, request: &Request) -> Option<Vec<String>> {
    let declared = request.code.of_target()?;
    if request.decisions.keep_unknown {
        return None;
    }
    let mut found = declared.undeclared(new, new.tables.values(), &|table| {
        let columns = table.columns.iter();
        columns.map(|column| column.name.clone()).collect()
    });
    found.tables.append(&mut found.columns);
    Some(found.tables)
}

/// The [`sums`] of what is selected for a new table, and of that table; none for one that is not filled.
pub(super) fn both_sums(
    session: &mut Session,
    table: &TablePlan,
) -> Result<Option<[Vec<Vec<Value>>; 2]>, DatabaseError> {
    let Some(fill) = &table.fill else {
        return Ok(None);
    };
    let columns = fill.columns.iter();
    let (names, values): (Vec<Sql>, Vec<Sql>) = columns
        .map(|(name, value)| {
            let kind = fill.kinds.get(name).copied();
            let kind = kind.unwrap_or(ValueKind::Short);
            let own = Sql::default().named(name);
            (told_apart(&own, kind), told_apart(value, kind))
        })
        .unzip();
    Ok(Some([
        session.rows(&fill.asking(&sums(&values)))?,
        session.rows(&sums_of(&table.into, &names))?,
    ]))
}

/// A statement for the [`sums`] of a table.
pub(super) fn sums_of(place: &Place, columns: &[Sql]) -> Sql {
    Sql::new("SELECT ")
        .then(&sums(columns))
        .text(" FROM ")
        .place(place)
}

/// A value as text that tells NULL from text, and where it ends. What could be larger than a statement may be, where `QUOTE`
/// gives nothing, stands as its hash; bytes stand as digits, since MySQL does not put them beside text.
pub(super) fn told_apart(value: &Sql, kind: ValueKind) -> Sql {
    let short = match kind {
        ValueKind::Bytes => Sql::new("COALESCE(HEX(").then(value).text("), 'NULL')"),
        ValueKind::Short | ValueKind::Long => Sql::new("QUOTE(").then(value).text(")"),
    };
    if kind == ValueKind::Short {
        return short;
    }
    Sql::new("IF(LENGTH(")
        .then(value)
        .text(") > 65535, SHA2(")
        .then(value)
        .text(", 256), ")
        .then(&short)
        .text(")")
}

/// How many rows there are, and two sums over what [`told_apart`] gives that do not depend on their order. `MD5` would be
/// quicker, and MySQL 9.7 has it no more.
pub(super) fn sums(values: &[Sql]) -> Sql {
    let row = Sql::new("CONCAT_WS(',', ").list(", ", values).text(")");
    Sql::new("COUNT(*), COALESCE(SUM(CRC32(")
        .then(&row)
        .text(")), 0), BIT_XOR(CAST(CONV(LEFT(SHA2(")
        .then(&row)
        .text(", 256), 16), 16, 10) AS UNSIGNED))")
}

fn storefront(
    session: &mut Session,
    conversion: &Conversion,
    new: &Schema,
    tell: &mut dyn FnMut(&str),
    verified: &mut Verified,
) -> Result<(), DatabaseError> {
    if new.known("store").is_none() || new.known("eav_attribute").is_none() {
        return Ok(());
    }
    let staged = conversion
        .tables
        .iter()
        .filter(|table| table.treatment == Treatment::Versions);
    for entities in staged {
        let Some(key) = new
            .tables
            .get(&entities.table)
            .and_then(|table| table.single_key())
        else {
            continue;
        };
        for values in new.tables.values() {
            if !holds_values(values, &entities.table, &key.name) {
                continue;
            }
            tell(&values.name);
            let old = Shown {
                database: &conversion.source,
                link: ROW,
                as_of: Some(conversion.as_of),
                ..Shown::of_new(new, &conversion.target, &entities.table, &key.name)
            };
            let old = session.rows(&old.sql(values))?;
            let found = Shown::of_new(new, &conversion.target, &entities.table, &key.name);
            let found = session.rows(&found.sql(values))?;
            verified.storefront.push(StorefrontCheck {
                table: values.name.clone(),
                values: found.first().and_then(|row| row[0].number()).unwrap_or(0),
                is_equal: old == found,
            });
        }
    }
    Ok(())
}

/// What is asked for what the storefront shows of the values of some entities.
#[derive(Debug, Clone)]
pub(super) struct Shown<'a> {
    /// The one that is asked, old or new.
    pub database: &'a Name,
    /// The whole name of the table of the entities.
    pub entities: &'a str,
    /// The column that names the entity.
    pub entity: &'a str,
    /// The column by which values belong to it.
    pub link: &'a str,
    /// The attributes and the store views that the new database has: a table, or a query in brackets.
    pub attributes: Sql,
    /// Likewise, the store views.
    pub stores: Sql,
    /// The moment at which versions are alive, where there are versions.
    pub as_of: Option<u64>,
}

impl<'a> Shown<'a> {
    /// Of the converted database.
    pub(super) fn of_new(
        new: &Schema,
        database: &'a Name,
        entities: &'a str,
        entity: &'a str,
    ) -> Self {
        let table = |name: &str| Sql::default().place(&Place::new(database, &new.full_name(name)));
        Self {
            database,
            entities,
            entity,
            link: entity,
            attributes: table("eav_attribute"),
            stores: table("store"),
            as_of: None,
        }
    }

    /// Asks for the values that the storefront shows: of the attributes that the new database has, in every store view, the
    /// view's own value where it has a row, else the default one.
    pub(super) fn sql(&self, values: &Table) -> Sql {
        let place = |table: &str| Place::new(self.database, table);
        let kind = values.column("value").map(Column::kind);
        let value = Sql::new("IF(`v`.`value_id` IS NULL, `d`.`value`, `v`.`value`)");
        let values = values.name.as_str();
        let shown = [
            told_apart(&Sql::default().column("e", self.entity), ValueKind::Short),
            told_apart(
                &Sql::default().column("k", "attribute_id"),
                ValueKind::Short,
            ),
            told_apart(&Sql::default().column("s", "store_id"), ValueKind::Short),
            told_apart(&value, kind.unwrap_or(ValueKind::Short)),
        ];
        let on = |alias: &str| {
            Sql::default()
                .column(alias, self.link)
                .text(" = ")
                .column("k", self.link)
                .text(" AND ")
                .column(alias, "attribute_id")
                .text(" = `k`.`attribute_id` AND ")
                .column(alias, "store_id")
        };
        let mut sql = Sql::new("SELECT ")
            .then(&sums(&shown))
            .text(" FROM (SELECT DISTINCT ")
            .named(self.link)
            .text(", `attribute_id` FROM ")
            .place(&place(values))
            .text(") AS `k` JOIN ")
            .then(&self.attributes)
            .text(" AS `a` ON `a`.`attribute_id` = `k`.`attribute_id` JOIN ")
            .place(&place(self.entities))
            .text(" AS `e` ON ")
            .column("e", self.link)
            .text(" = ")
            .column("k", self.link)
            .text(" CROSS JOIN ")
            .then(&self.stores)
            .text(" AS `s` LEFT JOIN ")
            .place(&place(values))
            .text(" AS `v` ON ")
            .then(&on("v"))
            .text(" = `s`.`store_id` LEFT JOIN ")
            .place(&place(values))
            .text(" AS `d` ON ")
            .then(&on("d"))
            .text(" = 0");
        if let Some(as_of) = self.as_of {
            sql = sql
                .text(" WHERE ")
                .column("e", BEGINS)
                .text(" <= ")
                .value(as_of)
                .text(" AND ")
                .column("e", ENDS)
                .text(" > ")
                .value(as_of);
        }
        sql
    }
}

/// Whether a table holds values of attributes of some entities, by the column that links them.
pub(super) fn holds_values(table: &Table, entities: &str, link: &str) -> bool {
    let beginning = table.name.strip_prefix(entities);
    beginning.is_some_and(|rest| rest.starts_with('_'))
        && [link, "attribute_id", "store_id", "value", "value_id"]
            .iter()
            .all(|column| table.has(column))
}

/// Adds the foreign keys of a database that rows break.
pub(super) fn keys(
    session: &mut Session,
    new: &Schema,
    tell: &mut dyn FnMut(&str),
    verified: &mut Verified,
) -> Result<(), DatabaseError> {
    let place = |table: &str| Place::of(new, table);
    for table in new.tables.values() {
        for key in &table.foreign_keys {
            tell(&format!("{} → {}", table.name, key.parent));
            let mut conditions: Vec<Sql> = key
                .columns
                .iter()
                .map(|column| Sql::default().column("o", column).text(" IS NOT NULL"))
                .collect();
            let on: Vec<Sql> = key
                .columns
                .iter()
                .zip(&key.parent_columns)
                .map(|(own, theirs)| {
                    Sql::default()
                        .column("p", theirs)
                        .text(" = ")
                        .column("o", own)
                })
                .collect();
            conditions.push(
                Sql::new("NOT EXISTS (SELECT 1 FROM ")
                    .place(&place(&key.parent))
                    .text(" AS `p` WHERE ")
                    .list(" AND ", &on)
                    .text(")"),
            );
            let rows = session.number(
                &Sql::new("SELECT COUNT(*) FROM ")
                    .place(&place(&table.name))
                    .text(" AS `o` WHERE ")
                    .list(" AND ", &conditions),
            )?;
            if rows > 0 {
                verified.broken_keys.push(BrokenKey {
                    table: table.name.clone(),
                    columns: key.columns.clone(),
                    parent: key.parent.clone(),
                    rows,
                });
            }
        }
    }
    Ok(())
}
