//! The schema of a database as it is: tables with their columns, indexes and foreign keys, and what else hangs on them.
//! Plain data; [`super::reading`] fills it from `information_schema`.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Tables that a copy writes for itself, into the database that it writes: they are none of the shop's.
pub(crate) const JOURNAL_TABLES: [&str; 2] = ["mageshift_data", "mageshift_plan"];

/// A database.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// As the server has it, without quotes.
    pub name: String,
    /// What the names of the shop's tables begin with; usually empty.
    pub prefix: String,
    /// Base tables by their whole names.
    pub tables: BTreeMap<String, Table>,
    /// All there are, those of indexers included.
    pub triggers: Vec<Trigger>,
    /// By name.
    pub views: Vec<String>,
    /// MariaDB's objects that count; tables that do are among the tables.
    #[serde(default)]
    pub sequences: Vec<String>,
    /// Procedures and functions.
    pub routines: Vec<String>,
    /// Events of the server's scheduler, by name.
    pub events: Vec<String>,
    /// Tables of other databases with a foreign key into this one, as far as the user may see them: `DATABASE.TABLE`.
    #[serde(default)]
    pub pointed_at_by: Vec<String>,
}

impl Schema {
    /// The whole name of one of Magento's tables.
    pub fn full_name(&self, table: &str) -> String {
        format!("{}{table}", self.prefix)
    }

    /// One of Magento's tables, by its name without the prefix.
    pub fn known(&self, table: &str) -> Option<&Table> {
        self.tables.get(&self.full_name(table))
    }

    /// A table's name without the prefix; none for a table that does not have it.
    pub fn short_name<'t>(&self, table: &'t str) -> Option<&'t str> {
        table.strip_prefix(self.prefix.as_str())
    }
}

/// A base table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Its whole name, with the prefix.
    pub name: String,
    /// As the server calls it: `InnoDB`.
    pub engine: String,
    /// How many rows the server thinks there are.
    pub rows: u64,
    /// Data and indexes together.
    pub bytes: u64,
    /// The next number of a column that counts by itself; none while it is the first one.
    pub auto_increment: Option<u64>,
    /// In their order.
    pub columns: Vec<Column>,
    /// All of them, the primary key included.
    pub indexes: Vec<Index>,
    /// Those to tables of the same database.
    pub foreign_keys: Vec<ForeignKey>,
    /// Foreign keys to tables of other databases, with the name of each.
    #[serde(default)]
    pub keys_outside: Vec<(String, ForeignKey)>,
}

impl Table {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Whether there is a column of that name.
    pub fn has(&self, column: &str) -> bool {
        self.column(column).is_some()
    }

    /// The columns of the primary key, in its order; none without one.
    pub fn primary(&self) -> Vec<&str> {
        self.indexes
            .iter()
            .find(|index| index.kind == IndexKind::Primary)
            .map(Index::columns)
            .unwrap_or_default()
    }

    /// The one column of a primary key that has no other.
    pub fn single_key(&self) -> Option<&Column> {
        match self.primary()[..] {
            [column] => self.column(column),
            _ => None,
        }
    }

    /// The foreign key that one column has all for itself.
    pub fn key_of(&self, column: &str) -> Option<&ForeignKey> {
        self.foreign_keys
            .iter()
            .find(|key| key.columns.len() == 1 && key.columns[0] == column)
    }

    /// Whether a transaction on it can be taken back.
    pub fn is_transactional(&self) -> bool {
        self.engine.eq_ignore_ascii_case("innodb")
    }
}

/// A column.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// As it is written in the table.
    pub name: String,
    /// As the server writes it: `int(10) unsigned`.
    pub column_type: String,
    /// Whether it may hold NULL.
    pub is_nullable: bool,
    /// Whether it is `AUTO_INCREMENT`.
    pub counts_by_itself: bool,
    /// What the server computes it from, as the server writes it; such a column is written by nobody.
    #[serde(default)]
    pub computed_from: Option<String>,
}

impl Column {
    /// Whether the server computes it.
    pub fn is_generated(&self) -> bool {
        self.computed_from.is_some()
    }

    /// Whether it is computed from another column.
    pub fn is_computed_from(&self, column: &str) -> bool {
        let quoted = format!("`{}`", column.replace('`', "``"));
        self.computed_from
            .as_ref()
            .is_some_and(|expression| expression.contains(&quoted))
    }

    /// What its values are, for a comparison of them by the server.
    pub fn kind(&self) -> ValueKind {
        const LONG: [&str; 4] = ["text", "mediumtext", "longtext", "json"];
        const BYTES: [&str; 11] = [
            "bit",
            "geometry",
            "point",
            "linestring",
            "polygon",
            "multipoint",
            "multilinestring",
            "multipolygon",
            "geometrycollection",
            "geomcollection",
            "vector",
        ];
        let word = self.column_type.split(['(', ' ']).next();
        let word = word.unwrap_or_default().to_ascii_lowercase();
        if word.ends_with("blob") || word.ends_with("binary") || BYTES.contains(&word.as_str()) {
            ValueKind::Bytes
        } else if LONG.contains(&word.as_str()) {
            ValueKind::Long
        } else {
            ValueKind::Short
        }
    }

    /// Its type, when it holds whole numbers.
    pub fn integer(&self) -> Option<IntegerType> {
        IntegerType::parse(&self.column_type)
    }

    /// Whether it holds text whose case and accents may not count, so that it has to be compared as bytes.
    pub fn is_text(&self) -> bool {
        let kind = self.column_type.split('(').next().unwrap_or_default();
        [
            "char",
            "varchar",
            "tinytext",
            "text",
            "mediumtext",
            "longtext",
            "enum",
            "set",
        ]
        .contains(&kind.to_ascii_lowercase().as_str())
    }
}

/// What the values of a column are, as far as comparing them goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// Numbers, moments, and text that fits in a statement many times over.
    Short,
    /// Text that may be larger than a statement may be.
    Long,
    /// What is in no character set, of any length.
    Bytes,
}

/// The type of a column of whole numbers: `int(10) unsigned`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntegerType {
    word: &'static str,
    digits: Option<u8>,
    is_unsigned: bool,
}

impl IntegerType {
    /// Reads what `information_schema` says of a column; none for what is no whole number.
    pub fn parse(text: &str) -> Option<Self> {
        const WORDS: [&str; 5] = ["tinyint", "smallint", "mediumint", "int", "bigint"];
        let text = text.to_ascii_lowercase();
        let (base, is_unsigned) = match text.strip_suffix(" unsigned") {
            Some(base) => (base, true),
            None => (text.as_str(), false),
        };
        let (word, digits) = match base.split_once('(') {
            Some((word, digits)) => (word, Some(digits.strip_suffix(')')?.parse().ok()?)),
            None => (base, None),
        };
        let word = WORDS.into_iter().find(|known| *known == word)?;
        Some(Self {
            word,
            digits,
            is_unsigned,
        })
    }
}

impl fmt::Display for IntegerType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word)?;
        if let Some(digits) = self.digits {
            write!(f, "({digits})")?;
        }
        f.write_str(if self.is_unsigned { " unsigned" } else { "" })
    }
}

/// The kinds of indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum IndexKind {
    /// The primary key.
    Primary,
    /// No two rows have the same, NULL aside.
    Unique,
    /// For looking up, whatever kind of tree it is.
    Plain,
    /// For looking up words.
    Fulltext,
    /// For looking up places.
    Spatial,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// `PRIMARY` for the primary key.
    pub name: String,
    /// What it is there for, and what it forbids.
    pub kind: IndexKind,
    /// Columns, with how much of each is in the index when that is not all.
    pub parts: Vec<(String, Option<u64>)>,
}

impl Index {
    /// The names of its columns, in its order; an empty one for what the server computes.
    pub fn columns(&self) -> Vec<&str> {
        self.parts.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// Whether it is over something that the server computes, of which nothing but its name is known.
    pub fn is_over_expression(&self) -> bool {
        self.parts.iter().any(|(name, _)| name.is_empty())
    }

    /// Whether a column is in it, whole or in part.
    pub fn has(&self, column: &str) -> bool {
        self.parts.iter().any(|(name, _)| name == column)
    }
}

/// What a foreign key does when its parent goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnDelete {
    /// Rows that point to it go, too.
    Cascade,
    /// Rows that point to it hold NULL then.
    SetNull,
    /// `RESTRICT`, `NO ACTION` and the like.
    Refuse,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// As the shop has it; differs from shop to shop.
    pub name: String,
    /// In the order of [`parent_columns`](Self::parent_columns).
    pub columns: Vec<String>,
    /// The whole name of the table that it points to.
    pub parent: String,
    /// The columns of the parent, each for one of its own.
    pub parent_columns: Vec<String>,
    /// What becomes of rows whose parent goes.
    pub on_delete: OnDelete,
    /// Whether rows follow when the parent's value changes.
    pub cascades_updates: bool,
}

/// A trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// As the server has it.
    pub name: String,
    /// The whole name of the table whose changes it follows.
    pub table: String,
}

impl Trigger {
    /// Whether an indexer in schedule mode made it: Magento calls them `trg_TABLE_after_EVENT`, or by a hash when that is
    /// too long.
    pub fn is_of_indexer(&self) -> bool {
        self.name.starts_with("trg_")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_types_of_whole_numbers_are_read() {
        for text in ["int(10) unsigned", "smallint", "bigint(20)", "int unsigned"] {
            assert_eq!(IntegerType::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "varchar(10)",
            "int(10",
            "int; DROP TABLE x",
            "decimal(12,4)",
            "",
        ] {
            assert_eq!(IntegerType::parse(text), None, "{text}");
        }
    }
}
