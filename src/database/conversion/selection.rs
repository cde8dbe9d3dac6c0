//! The rows of one table, as one `SELECT`: whole, counted, or a range at a time.

use crate::database::error::DatabaseError;
use crate::database::schema::{Schema, Table, ValueKind};
use crate::database::server::Session;
use crate::database::sql::{Name, Place, Sql, Value};
use std::collections::BTreeMap;

/// The name of the table itself in its statements.
pub(super) const OWN: &str = "o";

/// What a table's rows are made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// Columns of the new table with what they get.
    pub columns: Vec<(String, Sql)>,
    /// What their values are.
    pub kinds: BTreeMap<String, ValueKind>,
    /// `FROM` with the tables, and what they are joined on.
    pub(super) from: Sql,
    /// What a row must be to count; none when every row does.
    pub(super) conditions: Vec<Sql>,
    /// A column by whose ranges the rows can be taken: the first of the primary key, when it holds whole numbers.
    pub by: Option<String>,
    /// Whether that column is the whole key, so that a range of its values has no more rows than values.
    pub(super) is_key: bool,
}

impl Selection {
    /// Every row as it is.
    pub fn whole(schema: &Schema, table: &Table) -> Self {
        let columns = table.columns.iter().filter(|column| !column.is_generated());
        Self {
            columns: columns
                .map(|column| {
                    (
                        column.name.clone(),
                        Sql::default().column(OWN, &column.name),
                    )
                })
                .collect(),
            kinds: BTreeMap::new(),
            from: Sql::new(" FROM ")
                .place(&Place::new(&Name::new(&schema.name), &table.name))
                .text(" AS ")
                .named(OWN),
            conditions: Vec::new(),
            by: by(table),
            is_key: table.single_key().is_some(),
        }
    }

    /// The key and some columns of the rows in which one of these holds something.
    pub fn columns_in_use(schema: &Schema, table: &Table, columns: &[String]) -> Self {
        let mut selection = Self::whole(schema, table);
        let primary = table.primary();
        selection
            .columns
            .retain(|(name, _)| columns.contains(name) || primary.contains(&name.as_str()));
        let in_use: Vec<Sql> = columns
            .iter()
            .map(|name| Sql::default().column(OWN, name).text(" <> ''"))
            .collect();
        selection
            .conditions
            .push(Sql::new("(").list(" OR ", &in_use).text(")"));
        selection
    }

    /// The rows, with the values that they get. `range` takes those behind one value of [`by`](Self::by) up to another.
    pub fn select(&self, range: Option<&(Option<Value>, Value)>) -> Sql {
        let values: Vec<Sql> = self
            .columns
            .iter()
            .map(|(_, value)| value.clone())
            .collect();
        // The rows in the order of their key, and what they are joined with one by one.
        let select = Sql::new("SELECT STRAIGHT_JOIN ")
            .list(", ", &values)
            .then(&self.from);
        self.within(select, range)
    }

    /// How many rows there are.
    pub fn count(&self) -> Sql {
        self.within(Sql::new("SELECT COUNT(*)").then(&self.from), None)
    }

    /// A statement that writes them into a table.
    pub fn insert(&self, into: &Place, range: Option<&(Option<Value>, Value)>) -> Sql {
        Sql::new("INSERT INTO ")
            .place(into)
            .text(" (")
            .names(self.columns.iter().map(|(name, _)| name.as_str()))
            .text(") ")
            .then(&self.select(range))
    }

    /// A statement over the same rows that asks for something else.
    pub fn asking(&self, what: &Sql) -> Sql {
        self.within(Sql::new("SELECT ").then(what).then(&self.from), None)
    }

    /// The end of the range behind a value of [`by`](Self::by): a value with at most `rows` rows up to it; none behind the
    /// last row. It is asked of the old table alone.
    pub fn next(
        &self,
        session: &mut Session,
        old: &Place,
        from: Option<&Value>,
        rows: u64,
    ) -> Result<Option<Value>, DatabaseError> {
        let Some(by) = &self.by else {
            return Ok(None);
        };
        let mut behind = Sql::new(" FROM ").place(old);
        if let Some(from) = from {
            behind = behind
                .text(" WHERE ")
                .named(by)
                .text(" > ")
                .value(from.clone());
        }
        if self.is_key {
            // The first one costs a look; the rows between need not be.
            let first = Sql::new("SELECT MIN(").named(by).text(")").then(&behind);
            if let Some(Value::Number(first)) = session.one(&first)? {
                return Ok(Some(Value::Number(first.saturating_add(rows - 1))));
            }
        }
        let inner = Sql::new("SELECT ")
            .named(by)
            .then(&behind)
            .text(" ORDER BY ")
            .named(by)
            .text(" LIMIT ")
            .digits(rows);
        let last = Sql::new("SELECT MAX(`n`.")
            .named(by)
            .text(") FROM (")
            .then(&inner)
            .text(") AS `n`");
        Ok(session.one(&last)?.filter(|last| *last != Value::Null))
    }

    /// Whether it is every row as it is.
    pub fn is_whole(&self) -> bool {
        self.conditions.is_empty()
    }

    fn within(&self, sql: Sql, range: Option<&(Option<Value>, Value)>) -> Sql {
        let mut conditions = self.conditions.clone();
        if let (Some(by), Some((from, to))) = (&self.by, range) {
            if let Some(from) = from {
                conditions.push(
                    Sql::default()
                        .column(OWN, by)
                        .text(" > ")
                        .value(from.clone()),
                );
            }
            conditions.push(
                Sql::default()
                    .column(OWN, by)
                    .text(" <= ")
                    .value(to.clone()),
            );
        }
        if conditions.is_empty() {
            return sql;
        }
        sql.text(" WHERE ").list(" AND ", &conditions)
    }
}

/// The first column of the primary key, when it holds whole numbers.
pub(super) fn by(table: &Table) -> Option<String> {
    let first = table.primary().into_iter().next()?;
    table.column(first)?.integer()?;
    Some(first.to_string())
}
