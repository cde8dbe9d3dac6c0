//! What two locks must have in common to be the same answer.

use serde_json::{Map, Value, json};

/// Packages with version and references, in order; aliases, flags and platform. An empty list and an empty map are the same.
pub(crate) fn answer(lock: &Value) -> Value {
    let packages = |key: &str| -> Vec<Value> {
        let list = lock[key].as_array().into_iter().flatten();
        list.map(|p| {
            json!([
                p["name"],
                p["version"],
                p["source"]["reference"],
                p["dist"]["reference"]
            ])
        })
        .collect()
    };
    let map = |key: &str| lock[key].as_object().cloned().unwrap_or_else(Map::new);
    json!({
        "packages": packages("packages"),
        "packages-dev": packages("packages-dev"),
        "aliases": lock["aliases"].as_array().cloned().unwrap_or_default(),
        "stability-flags": map("stability-flags"),
        "platform": map("platform"),
        "platform-dev": map("platform-dev"),
        "platform-overrides": map("platform-overrides"),
        "minimum-stability": lock["minimum-stability"],
        "prefer-stable": lock["prefer-stable"],
        "prefer-lowest": lock["prefer-lowest"],
    })
}

/// The parts in which two answers differ.
pub(crate) fn differences(ours: &Value, theirs: &Value) -> Vec<String> {
    let parts = theirs.as_object().into_iter().flatten();
    parts
        .filter(|(part, value)| ours[part.as_str()] != **value)
        .map(|(part, _)| part.clone())
        .collect()
}
