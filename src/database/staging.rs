//! What content staging has made of a schema: which tables have versions, which columns hold rows of them, and what counts
//! their entities.
//!
//! In Open Source a product is a row of `catalog_product_entity`. With staging it is several, one for each version
//! (`row_id`), alive from `created_in` until `updated_in`; `entity_id` names the product, and a table of its own,
//! `sequence_product`, counts it. What belongs to a version points to `row_id`, what belongs to the product to the sequence.
//!
//! The shop's own foreign keys say which is which; facts that ship stand in where one is missing. What neither tells is
//! named, and nobody guesses.

use super::facts::FACTS;
use super::schema::{ForeignKey, OnDelete, Schema, Table};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The column that names a version.
pub const ROW: &str = "row_id";
/// When a version begins, as seconds since 1970; 1 for the first one.
pub const BEGINS: &str = "created_in";
/// When it has ended.
pub const ENDS: &str = "updated_in";
/// The one column of a table that counts.
const COUNTER: &str = "sequence_value";
/// The end of a version that has none.
pub const NEVER: u64 = 2_147_483_647;

/// What a person has decided about the shop's own tables.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decisions {
    /// Columns, as `TABLE.COLUMN`, with the staged table whose rows they hold; without one they hold something else.
    pub row_columns: BTreeMap<String, Option<String>>,
    /// Tables that are not copied.
    pub left_out: BTreeSet<String>,
    /// Columns, as `TABLE.COLUMN`, that are not copied.
    pub dropped_columns: BTreeSet<String>,
    /// Whether tables and columns that the target's code does not declare stay.
    pub keep_unknown: bool,
}

/// A table with versions that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    /// Its whole name.
    pub table: String,
    /// The column that names what the versions are of.
    pub entity: String,
    /// The whole name of the table that counts its entities; none when the shop has none.
    pub sequence: Option<String>,
}

/// Another table whose numbers a sequence counts, so that the versions of a product share them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Its whole name.
    pub table: String,
    /// The column that holds the number; with the version it is the key.
    pub column: String,
    /// The whole name of the table that counts.
    pub sequence: String,
}

/// Something that the schema does not say and no fact tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Unknown {
    /// A table with versions of something that has no name.
    Entity {
        /// Its whole name.
        table: String,
    },
    /// A column that may hold rows of a staged table.
    RowColumn {
        /// Its whole name.
        table: String,
        /// Called like a version's, without a key or a fact that says whose.
        column: String,
    },
    /// A key to a sequence that counts for no table that is known.
    Sequence {
        /// Its whole name.
        table: String,
        /// The columns of the key, with commas between them.
        column: String,
        /// The whole name of the table that counts.
        sequence: String,
    },
    /// A column whose type is not one of whole numbers where it has to be.
    Type {
        /// Its whole name.
        table: String,
        /// One that holds entities, rows or counted numbers.
        column: String,
    },
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entity { table } => {
                write!(f, "{table} has versions of something that has no name")
            }
            Self::RowColumn { table, column } => {
                write!(f, "{table}.{column} may hold rows of a staged table")
            }
            Self::Sequence {
                table,
                column,
                sequence,
            } => write!(
                f,
                "{table}.{column} points to {sequence}, which counts for no known table"
            ),
            Self::Type { table, column } => {
                write!(f, "{table}.{column} does not hold whole numbers")
            }
        }
    }
}

/// What staging has made of the tables that stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Staging {
    /// By the whole name of the table.
    pub staged: BTreeMap<String, Staged>,
    /// By the name of the table that counts.
    pub counted: Vec<Counted>,
    /// By table and column: the staged table whose rows it holds.
    pub rows: BTreeMap<(String, String), String>,
    /// What has to be decided before anything is converted.
    pub unknown: Vec<Unknown>,
}

impl Staging {
    /// Looks at a schema. `stays` tells which tables are copied.
    pub fn of(schema: &Schema, decisions: &Decisions, stays: &dyn Fn(&str) -> bool) -> Self {
        let mut staging = Self::default();
        let staying: Vec<&Table> = schema
            .tables
            .values()
            .filter(|table| stays(&table.name) && !is_sequence(table))
            .collect();
        for table in &staying {
            if is_staged(table) {
                staging.add_staged(schema, table);
            }
        }
        for table in &staying {
            staging.add_rows(schema, table, decisions);
        }
        staging.add_counted(schema, &staying);
        staging.check(schema, &staying);
        staging
    }

    /// Whether nothing is staged.
    pub fn is_empty(&self) -> bool {
        self.staged.is_empty()
    }

    /// Whether a table is a sequence that has nothing to count any more.
    pub fn is_spent_sequence(&self, table: &str) -> bool {
        self.staged
            .values()
            .any(|staged| staged.sequence.as_deref() == Some(table))
            || self.counted.iter().any(|counted| counted.sequence == table)
    }

    /// The table and column that a sequence counts for.
    pub fn owner_of(&self, sequence: &str) -> Option<(&str, &str)> {
        let staged = self
            .staged
            .values()
            .find(|staged| staged.sequence.as_deref() == Some(sequence))
            .map(|staged| (staged.table.as_str(), staged.entity.as_str()));
        staged.or_else(|| {
            self.counted
                .iter()
                .find(|counted| counted.sequence == sequence)
                .map(|counted| (counted.table.as_str(), counted.column.as_str()))
        })
    }

    /// The columns of a table that hold rows, each with the staged table.
    pub fn rows_of<'a>(&'a self, table: &'a str) -> impl Iterator<Item = (&'a str, &'a Staged)> {
        self.rows
            .iter()
            .filter(move |((of, _), _)| of == table)
            .filter_map(|((_, column), staged)| Some((column.as_str(), self.staged.get(staged)?)))
    }

    fn add_staged(&mut self, schema: &Schema, table: &Table) {
        let counted = table.foreign_keys.iter().find_map(|key| {
            let parent = schema.tables.get(&key.parent)?;
            (is_sequence(parent) && key.columns.len() == 1)
                .then(|| (key.columns[0].clone(), Some(key.parent.clone())))
        });
        let fact = || {
            let short = schema.short_name(&table.name)?;
            let fact = FACTS.staged.iter().find(|fact| fact.table == short)?;
            let sequence = schema.full_name(&fact.sequence);
            let sequence = schema.tables.contains_key(&sequence).then_some(sequence);
            table
                .has(&fact.entity)
                .then(|| (fact.entity.clone(), sequence))
        };
        match counted.or_else(fact) {
            Some((entity, sequence)) => {
                let staged = Staged {
                    table: table.name.clone(),
                    entity,
                    sequence,
                };
                self.staged.insert(table.name.clone(), staged);
            }
            None => self.unknown.push(Unknown::Entity {
                table: table.name.clone(),
            }),
        }
    }

    fn add_rows(&mut self, schema: &Schema, table: &Table, decisions: &Decisions) {
        for column in &table.columns {
            let place = (table.name.clone(), column.name.clone());
            let decided = decisions
                .row_columns
                .get(&format!("{}.{}", table.name, column.name));
            if let Some(decided) = decided {
                if let Some(staged) = decided {
                    self.rows.insert(place, staged.clone());
                }
                continue;
            }
            if let Some(key) = table.key_of(&column.name) {
                if key.parent_columns == [ROW] && self.staged.contains_key(&key.parent) {
                    self.rows.insert(place, key.parent.clone());
                }
                continue;
            }
            let fact = schema
                .short_name(&table.name)
                .and_then(|short| FACTS.rows_in(short, &column.name))
                .map(|staged| schema.full_name(staged))
                .filter(|staged| self.staged.contains_key(staged));
            if let Some(staged) = fact {
                self.rows.insert(place, staged);
                continue;
            }
            // A number of the table's own (`paypal_settlement_report_row.row_id`) is no version of anything.
            let is_own = column.counts_by_itself || is_staged(table);
            if column.name == ROW && !is_own && !self.staged.is_empty() {
                self.unknown.push(Unknown::RowColumn {
                    table: table.name.clone(),
                    column: column.name.clone(),
                });
            }
        }
    }

    fn add_counted(&mut self, schema: &Schema, staying: &[&Table]) {
        let mut owners: BTreeMap<String, (String, String)> = BTreeMap::new();
        for table in staying {
            for key in &table.foreign_keys {
                let Some(parent) = schema.tables.get(&key.parent) else {
                    continue;
                };
                let [column] = &key.columns[..] else { continue };
                let has_owner = self.owner_of(&key.parent).is_some();
                if is_sequence(parent) && !has_owner && self.is_owner(table, column) {
                    owners.insert(key.parent.clone(), (table.name.clone(), column.clone()));
                }
            }
        }
        for fact in &FACTS.counted {
            let (table, sequence) = (
                schema.full_name(&fact.table),
                schema.full_name(&fact.sequence),
            );
            let is_there = staying.iter().any(|known| known.name == table);
            if is_there && schema.tables.contains_key(&sequence) && !self.staged.is_empty() {
                owners
                    .entry(sequence)
                    .or_insert((table, fact.column.clone()));
            }
        }
        self.counted = owners
            .into_iter()
            .map(|(sequence, (table, column))| Counted {
                table,
                column,
                sequence,
            })
            .collect();
    }

    /// Whether a column is what a table's rows are counted by: with the version that they belong to it is the whole key.
    fn is_owner(&self, table: &Table, column: &str) -> bool {
        let primary = table.primary();
        let rest: Vec<&&str> = primary.iter().filter(|other| **other != column).collect();
        let is_row = |other: &str| {
            self.rows
                .contains_key(&(table.name.clone(), other.to_string()))
        };
        rest.len() + 1 == primary.len()
            && !rest.is_empty()
            && rest.into_iter().all(|other| is_row(other))
    }

    fn check(&mut self, schema: &Schema, staying: &[&Table]) {
        for table in staying {
            for key in &table.foreign_keys {
                let is_to_sequence = schema.tables.get(&key.parent).is_some_and(is_sequence);
                if is_to_sequence && self.owner_of(&key.parent).is_none() {
                    self.unknown.push(Unknown::Sequence {
                        table: table.name.clone(),
                        column: key.columns.join(", "),
                        sequence: key.parent.clone(),
                    });
                }
            }
        }
        let counted = self
            .counted
            .iter()
            .map(|counted| (&counted.table, &counted.column));
        let staged = self
            .staged
            .values()
            .map(|staged| (&staged.table, &staged.entity));
        let rows = self.rows.keys().map(|(table, column)| (table, column));
        let unfit: Vec<Unknown> = counted
            .chain(staged)
            .chain(rows)
            .filter(|(table, column)| {
                let column = schema
                    .tables
                    .get(*table)
                    .and_then(|table| table.column(column));
                column.is_none_or(|column| column.integer().is_none())
            })
            .map(|(table, column)| Unknown::Type {
                table: table.clone(),
                column: column.clone(),
            })
            .collect();
        self.unknown.extend(unfit);
    }
}

/// Whether a table has versions.
pub fn is_staged(table: &Table) -> bool {
    [ROW, BEGINS, ENDS].iter().all(|column| table.has(column)) && table.primary() == [ROW]
}

/// Whether a table does nothing but count.
pub fn is_sequence(table: &Table) -> bool {
    table.columns.len() == 1 && table.columns[0].name == COUNTER
}

/// A foreign key of the converted database, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The key of the shop; none for one that the shop lacks and Open Source has.
    pub old: Option<String>,
    /// In the order of the parent's columns.
    pub columns: Vec<String>,
    /// The whole name of the table that it points to in the new database.
    pub parent: String,
    /// Columns of the parent in the old database.
    pub source_columns: Vec<String>,
    /// Columns of the parent in the new one.
    pub target_columns: Vec<String>,
    /// What becomes of rows whose parent goes; as in the old database.
    pub on_delete: OnDelete,
    /// Whether rows follow when the parent's value changes.
    pub cascades_updates: bool,
    /// Whether the column holds a row of a staged table.
    pub is_row: bool,
}

impl Link {
    /// Whether the key is another one in the new database.
    pub fn is_changed(&self, key: &ForeignKey) -> bool {
        self.parent != key.parent || self.target_columns != key.parent_columns
    }
}

/// The foreign keys that a table has in the new database. Those to tables that go are not among them.
pub fn links(
    schema: &Schema,
    staging: &Staging,
    table: &Table,
    stays: &dyn Fn(&str) -> bool,
) -> Vec<Link> {
    let mut links: Vec<Link> = table
        .foreign_keys
        .iter()
        .filter_map(|key| link(staging, table, key, stays))
        .collect();
    let has = |links: &[Link], column: &str| links.iter().any(|link| link.columns == [column]);
    for (column, staged) in staging.rows_of(&table.name) {
        if !has(&links, column) {
            links.push(missing(column, &staged.table, ROW, &staged.entity, true));
        }
    }
    let short = schema.short_name(&table.name).unwrap_or_default();
    for column in &table.columns {
        let Some(parent) = FACTS.entities_in(short, &column.name) else {
            continue;
        };
        let parent = schema.full_name(parent);
        let entity = match staging.staged.get(&parent) {
            Some(staged) => Some(staged.entity.as_str()),
            None => staging
                .counted
                .iter()
                .find(|counted| counted.table == parent)
                .map(|counted| counted.column.as_str()),
        };
        let is_row = staging
            .rows
            .contains_key(&(table.name.clone(), column.name.clone()));
        if let Some(entity) = entity
            && !has(&links, &column.name)
            && !is_row
            && table.key_of(&column.name).is_none()
        {
            links.push(missing(&column.name, &parent, entity, entity, false));
        }
    }
    links
}

fn missing(column: &str, parent: &str, source: &str, target: &str, is_row: bool) -> Link {
    Link {
        old: None,
        columns: vec![column.to_string()],
        parent: parent.to_string(),
        source_columns: vec![source.to_string()],
        target_columns: vec![target.to_string()],
        on_delete: OnDelete::Cascade,
        cascades_updates: false,
        is_row,
    }
}

fn link(
    staging: &Staging,
    table: &Table,
    key: &ForeignKey,
    stays: &dyn Fn(&str) -> bool,
) -> Option<Link> {
    let mut link = Link {
        old: Some(key.name.clone()),
        columns: key.columns.clone(),
        parent: key.parent.clone(),
        source_columns: key.parent_columns.clone(),
        target_columns: key.parent_columns.clone(),
        on_delete: key.on_delete,
        cascades_updates: key.cascades_updates,
        is_row: false,
    };
    if let Some((owner, column)) = staging.owner_of(&key.parent) {
        // The entity itself points to its own sequence, and to nothing afterwards.
        if (owner, [column].as_slice())
            == (
                table.name.as_str(),
                &key.columns.iter().map(String::as_str).collect::<Vec<_>>()[..],
            )
        {
            return None;
        }
        link.parent = owner.to_string();
        link.source_columns = vec![column.to_string()];
        link.target_columns = vec![column.to_string()];
        return Some(link);
    }
    if let Some(staged) = staging.staged.get(&key.parent)
        && key.parent_columns == [ROW]
    {
        link.target_columns = vec![staged.entity.clone()];
        link.is_row = true;
        return Some(link);
    }
    stays(&key.parent).then_some(link)
}
