//! One entry of `repositories`, in either of its shapes.

use crate::distribution::{RepositoryHost, host_and_path, repository_host};
use composer_engine::format::json::document::JsonDocument;
use composer_engine::format::json::path::Step;
use serde_json::Value;

/// Where an entry stands: in a list, or under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::planner) enum Place {
    /// In a list, from 0.
    Index(usize),
    /// Under this name, in an object.
    Key(String),
}

impl Place {
    /// The path to the entry.
    pub(in crate::planner) fn path(&self) -> [Step<'_>; 2] {
        let step = match self {
            Place::Index(index) => Step::Index(*index),
            Place::Key(key) => Step::Key(key),
        };
        [Step::Key("repositories"), step]
    }

    /// The path to a member of the entry.
    pub(in crate::planner) fn member<'p>(&'p self, key: &'p str) -> [Step<'p>; 3] {
        let [section, entry] = self.path();
        [section, entry, Step::Key(key)]
    }
}

/// A repository of type `composer`.
#[derive(Debug, Clone)]
pub(in crate::planner) struct Entry {
    /// Where it stands, while no entry before it goes.
    pub(in crate::planner) place: Place,
    /// The entry as it is written.
    pub(in crate::planner) value: Value,
    /// Of its address, in lower case, without a port.
    pub(in crate::planner) host: String,
    /// What is known of the host.
    pub(in crate::planner) known: Option<RepositoryHost>,
}

impl Entry {
    fn new(place: Place, value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let url = text("url").filter(|_| text("type") == Some("composer"))?;
        let host = host_and_path(url)?.0.to_ascii_lowercase();
        Some(Self {
            place,
            value: value.clone(),
            host,
            known: repository_host(url),
        })
    }

    /// Whether the entry says nothing but where the repository is.
    pub(in crate::planner) fn is_plain(&self) -> bool {
        self.value.as_object().is_some_and(|entry| {
            entry
                .keys()
                .all(|key| matches!(key.as_str(), "type" | "url" | "name"))
        })
    }

    /// The patterns of a filter (`only`, `exclude`).
    pub(in crate::planner) fn patterns(&self, key: &str) -> Option<Vec<String>> {
        let patterns = self.value.get(key)?.as_array()?;
        Some(
            patterns
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
        )
    }
}

/// The Composer repositories of a root, in order.
pub(in crate::planner) fn entries(doc: &JsonDocument) -> Vec<Entry> {
    match doc.get("repositories") {
        Some(Value::Array(items)) => items
            .iter()
            .enumerate()
            .filter_map(|(index, value)| Entry::new(Place::Index(index), value))
            .collect(),
        Some(Value::Object(members)) => members
            .iter()
            .filter_map(|(key, value)| Entry::new(Place::Key(key.clone()), value))
            .collect(),
        _ => Vec::new(),
    }
}
