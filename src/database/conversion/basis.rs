//! What a conversion follows from, once the data have been asked: with it the same statements come out again, also when half of
//! the old database is gone. A conversion in place keeps it in its journal.

use super::selector::Selector;
use crate::database::schema::Schema;
use crate::database::sql::Value;
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
    /// [`Selector::gone`].
    pub gone: BTreeMap<String, Vec<Value>>,
    /// [`Selector::complete`].
    pub complete: BTreeSet<String>,
    /// [`Selector::switched_off`].
    pub switched_off: BTreeMap<String, (String, Vec<Value>)>,
    /// [`Selector::merged`].
    pub merged: BTreeMap<String, (String, String)>,
    /// [`Selector::broken`].
    pub broken: BTreeSet<(String, Vec<String>)>,
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
        selector.gone.clone_from(&self.gone);
        selector.complete.clone_from(&self.complete);
        selector.switched_off.clone_from(&self.switched_off);
        selector.merged.clone_from(&self.merged);
        selector.broken.clone_from(&self.broken);
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
            gone: selector.gone.clone(),
            complete: selector.complete.clone(),
            switched_off: selector.switched_off.clone(),
            merged: selector.merged.clone(),
            broken: selector.broken.clone(),
            counters,
        }
    }
}
