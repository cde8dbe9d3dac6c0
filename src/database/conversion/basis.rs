//! What a conversion follows from, once the data have been asked: with it the same statements come out again, also when half of
//! the old database is gone. A conversion in place keeps it in its journal.

use super::selector::{RowFacts, Selector};
use crate::database::schema::Schema;
use crate::database::staging::{Decisions, Staging};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The schema as it was, what somebody has decided, and what the data said. It holds names and values, and no statement.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Basis {
    /// The old schema, read before anything was changed.
    pub schema: Schema,
    /// What the request decides of the shop's own tables.
    pub decisions: Decisions,
    /// The third database, for what goes; none keeps nothing of it.
    pub keep_aside: Option<String>,
    /// The moment at which versions are alive, in seconds since 1970.
    pub as_of: u64,
    /// Tables that go, with the feature that they belong to.
    pub leaving: BTreeMap<String, String>,
    /// Columns that go, by table, besides those of staging.
    pub dropped: BTreeMap<String, BTreeSet<String>>,
    /// What the rows said.
    #[serde(flatten)]
    pub rows: RowFacts,
    /// The next numbers of tables that count.
    pub counters: BTreeMap<String, u64>,
}

impl Basis {
    /// What staging has made of the tables that stay.
    pub(crate) fn staging(&self) -> Staging {
        let stays = |table: &str| {
            self.schema.tables.contains_key(table) && !self.leaving.contains_key(table)
        };
        Staging::of(&self.schema, &self.decisions, &stays)
    }

    /// One that knows all of it.
    pub(crate) fn selector<'a>(&'a self, staging: &'a Staging) -> Selector<'a> {
        let mut selector = Selector::new(
            &self.schema,
            staging,
            self.as_of,
            self.leaving.keys().cloned().collect(),
            self.dropped.clone(),
        );
        selector.rows.clone_from(&self.rows);
        selector.settle();
        selector
    }

    /// What a selector knows when everything has been asked.
    pub(crate) fn of(
        selector: &Selector,
        decisions: &Decisions,
        keep_aside: Option<&String>,
        leaving: BTreeMap<String, String>,
        counters: BTreeMap<String, u64>,
    ) -> Self {
        Self {
            schema: selector.schema.clone(),
            decisions: decisions.clone(),
            keep_aside: keep_aside.cloned(),
            as_of: selector.as_of,
            leaving,
            dropped: selector.dropped.clone(),
            rows: selector.rows.clone(),
            counters,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::sql::Value;
    use serde_json::json;

    #[test]
    fn a_journal_holds_what_the_rows_said_beside_the_rest() {
        let keys = vec![
            Value::Number(7),
            Value::Text("x".to_owned()),
            Value::Bytes(vec![255]),
        ];
        let basis = Basis {
            as_of: 1_780_000_000,
            rows: RowFacts {
                gone: [("widget".to_owned(), keys.clone())].into(),
                complete: ["widget".to_owned()].into(),
                switched_off: [("salesrule".to_owned(), ("is_active".to_owned(), keys))].into(),
                merged: [(
                    "wishlist".to_owned(),
                    ("wishlist_id".to_owned(), "customer_id".to_owned()),
                )]
                .into(),
                broken: [("quote".to_owned(), vec!["store_id".to_owned()])].into(),
            },
            ..Basis::default()
        };
        let text = serde_json::to_string(&basis).unwrap();
        assert_eq!(serde_json::from_str::<Basis>(&text).unwrap(), basis);
        // Where earlier versions of the program look for it.
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["complete"], json!(["widget"]));
        assert_eq!(document["broken"], json!([["quote", ["store_id"]]]));
    }
}
