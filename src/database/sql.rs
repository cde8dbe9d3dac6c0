//! SQL as it is sent: a text and the values bound to it. The one place where identifiers are quoted.
//!
//! A text is put together from pieces that stand in this program (`&'static str`), from quoted [`Name`]s and from marks
//! for bound [`Value`]s. No other piece has a way into it, so a value can get into a text no more than a stranger's name
//! can get out of its quotes.

use super::schema::{IntegerType, Schema};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// An identifier. It is written between backticks, which are doubled inside it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// Any text is an identifier; whether the server has one of that name shows when it is used.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name without quotes, for messages.
    pub fn plain(&self) -> &str {
        &self.0
    }

    fn quoted(&self) -> String {
        format!("`{}`", self.0.replace('`', "``"))
    }
}

/// A table in its database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// Written out, so that a statement may speak of two databases.
    pub database: Name,
    /// Its whole name, with the prefix.
    pub table: Name,
}

impl Place {
    /// A table of the database that a schema was read from.
    pub(super) fn of(schema: &Schema, table: &str) -> Self {
        Self::new(&Name::new(&schema.name), table)
    }

    /// A table of a database by its whole name.
    pub fn new(database: &Name, table: &str) -> Self {
        Self {
            database: database.clone(),
            table: Name::new(table),
        }
    }
}

/// A value bound to a statement, or read from a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// SQL's NULL.
    Null,
    /// A whole number that is not negative.
    Number(u64),
    /// Text; also numbers that are none of the former, and moments, as the server writes them.
    Text(String),
    /// What is no UTF-8, and what is not known to be text.
    Bytes(Vec<u8>),
}

impl Value {
    /// The value as text; none for NULL. Bytes that are no UTF-8 are replaced.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Number(number) => Some(number.to_string()),
            Self::Text(text) => Some(text.clone()),
            Self::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        }
    }

    /// The value as a number, also where the server sends it as text.
    pub fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            other => other.text()?.trim().parse().ok(),
        }
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_string())
    }
}

/// A statement, or a piece of one.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    /// A statement that begins with this text.
    pub fn new(text: &'static str) -> Self {
        Self {
            text: text.to_string(),
            values: Vec::new(),
        }
    }

    /// The same, with a text of this program behind it.
    pub fn text(mut self, text: &'static str) -> Self {
        self.text.push_str(text);
        self
    }

    /// The same, with a quoted name behind it.
    pub fn name(mut self, name: &Name) -> Self {
        self.text.push_str(&name.quoted());
        self
    }

    /// A name that is not kept as such.
    pub fn named(self, name: &str) -> Self {
        self.name(&Name::new(name))
    }

    /// The same, with database and table behind it, quoted.
    pub fn place(self, place: &Place) -> Self {
        self.name(&place.database).text(".").name(&place.table)
    }

    /// A column of an alias.
    pub fn column(self, alias: &str, column: &str) -> Self {
        self.named(alias).text(".").named(column)
    }

    /// A bound value.
    pub fn value(mut self, value: impl Into<Value>) -> Self {
        self.text.push('?');
        self.values.push(value.into());
        self
    }

    /// A number where the server takes no bound one, as in `AUTO_INCREMENT = 7`.
    pub fn digits(mut self, number: u64) -> Self {
        let _ = write!(self.text, "{number}");
        self
    }

    /// The type of a column of whole numbers.
    pub fn integer(mut self, integer: &IntegerType) -> Self {
        let _ = write!(self.text, "{integer}");
        self
    }

    /// The same, with another piece and its values behind it.
    pub fn then(mut self, other: &Sql) -> Self {
        self.text.push_str(&other.text);
        self.values.extend(other.values.iter().cloned());
        self
    }

    /// Pieces with a text between each two of them.
    pub fn list<'s>(
        mut self,
        between: &'static str,
        pieces: impl IntoIterator<Item = &'s Sql>,
    ) -> Self {
        for (index, piece) in pieces.into_iter().enumerate() {
            if index > 0 {
                self.text.push_str(between);
            }
            self = self.then(piece);
        }
        self
    }

    /// Names with commas between them.
    pub fn names<'n>(self, names: impl IntoIterator<Item = &'n str>) -> Self {
        let names: Vec<Sql> = names
            .into_iter()
            .map(|name| Sql::default().named(name))
            .collect();
        self.list(", ", &names)
    }

    /// Bound values with commas between them.
    pub fn values(self, values: &[Value]) -> Self {
        let values: Vec<Sql> = values
            .iter()
            .map(|value| Sql::default().value(value.clone()))
            .collect();
        self.list(", ", &values)
    }

    /// Whether it has no text.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The text with a `?` for each value.
    pub fn as_text(&self) -> &str {
        &self.text
    }

    /// The values, in the order of the marks.
    pub fn bound(&self) -> &[Value] {
        &self.values
    }

    /// The statement with its values written out, for people and for scripts; it is never sent like this.
    pub fn spelled_out(&self) -> String {
        let mut out = String::with_capacity(self.text.len());
        let mut values = self.values.iter();
        // A name may hold the other kind of quote.
        let mut quote = None;
        for character in self.text.chars() {
            match character {
                '`' | '\'' => {
                    match quote {
                        None => quote = Some(character),
                        Some(open) if open == character => quote = None,
                        Some(_) => {}
                    }
                    out.push(character);
                }
                '?' if quote.is_none() => match values.next() {
                    Some(value) => out.push_str(&literal(value)),
                    None => out.push('?'),
                },
                _ => out.push(character),
            }
        }
        out
    }
}

/// A value as every SQL mode reads it: what is more than plain printable text is written as its bytes.
fn literal(value: &Value) -> String {
    let is_plain = |text: &str| {
        text.chars()
            .all(|c| (c == ' ' || c.is_ascii_graphic()) && c != '\'' && c != '\\')
    };
    match value {
        Value::Null => "NULL".to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) if is_plain(text) => format!("'{text}'"),
        Value::Text(text) => format!("CONVERT(X'{}' USING utf8mb4)", hex(text.as_bytes())),
        Value::Bytes(bytes) => format!("X'{}'", hex(bytes)),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02X}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_stay_in_their_quotes_and_values_out_of_the_text() {
        let sql = Sql::new("SELECT ")
            .column("o'", "a`b?")
            .text(" FROM ")
            .place(&Place::new(&Name::new("shop"), "x"))
            .text(" WHERE y IN (")
            .values(&[7.into(), "it's".into(), Value::Null])
            .text(")");
        assert_eq!(
            sql.as_text(),
            "SELECT `o'`.`a``b?` FROM `shop`.`x` WHERE y IN (?, ?, ?)"
        );
        assert_eq!(
            sql.spelled_out(),
            "SELECT `o'`.`a``b?` FROM `shop`.`x` WHERE y IN (7, CONVERT(X'69742773' USING utf8mb4), NULL)"
        );
    }

    proptest! {
        #[test]
        fn no_name_leaves_its_quotes(name in ".*") {
            let quoted = Sql::default().named(&name).as_text().to_string();
            let inside = quoted.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')).unwrap();
            prop_assert!(!inside.replace("``", "").contains('`'));
        }

        #[test]
        fn a_script_has_no_quote_or_backslash_of_a_value(text in ".*") {
            let literal = literal(&Value::Text(text));
            let inside = literal.split('\'').count();
            prop_assert_eq!(inside, 3);
            prop_assert!(!literal.contains('\\'));
        }
    }
}
