//! `config.allow-plugins`: the target's plugins have to be allowed, or Composer stops and asks.

use super::Merger;
use super::sections::{History, member};
use crate::composer::json_document::{EditError, JsonDocument};
use serde_json::{Value, json};

/// The plugins every distribution needs, without their vendor.
const PLUGINS: [&str; 4] = [
    "composer-dependency-version-audit-plugin",
    "composer-root-update-plugin",
    "inventory-composer-installer",
    "magento-composer-installer",
];

impl Merger<'_> {
    pub(super) fn merge_allow_plugins(&mut self) -> Result<(), EditError> {
        const PATH: [&str; 2] = ["config", "allow-plugins"];
        let Some(theirs) = member(&self.theirs, &PATH)
            .and_then(Value::as_object)
            .cloned()
        else {
            return Ok(());
        };
        let ours = match self.doc.get(PATH) {
            // Nothing to ask about: every plugin is allowed, or none, as the owner wants it.
            Some(Value::Bool(_)) => return Ok(()),
            Some(Value::Object(ours)) => ours.clone(),
            _ => return self.add(&PATH, &Value::Object(theirs)),
        };
        let wildcard = |vendor: &str| format!("{vendor}/*");
        let (old, new) = (
            self.input.source.distribution().vendor(),
            self.input.target.distribution().vendor(),
        );
        for name in ours.keys() {
            let renamed = match name.as_str() {
                name if old != new && name == wildcard(old) => Some(wildcard(new)),
                name => self.names.renamed(name),
            };
            let Some(renamed) = renamed else { continue };
            if self
                .doc
                .get(["config", "allow-plugins", renamed.as_str()])
                .is_some()
            {
                self.doc
                    .remove(["config", "allow-plugins", name.as_str()])?;
            } else {
                self.doc.rename_key(PATH, name, &renamed)?;
            }
        }
        for name in theirs.keys().filter(|name| **name != wildcard(new)) {
            if !is_covered(&self.doc, name)
                || self
                    .doc
                    .get(["config", "allow-plugins", name.as_str()])
                    .is_some()
            {
                self.merge_value(&["config", "allow-plugins", name], History::Counts)?;
            }
        }
        self.allow_each_plugin(new)
    }

    /// Owners who list the plugins one by one get those of the target that nothing they wrote covers.
    fn allow_each_plugin(&mut self, vendor: &str) -> Result<(), EditError> {
        let plugins = PLUGINS.map(|short| format!("{vendor}/{short}"));
        let required = |plugin: &str| self.doc.get(["require", plugin]).is_some();
        let needed = plugins
            .iter()
            .filter(|plugin| !plugin.contains("/composer-") || required(plugin));
        let missing: Vec<&String> = needed
            .filter(|plugin| !is_covered(&self.doc, plugin))
            .collect();
        if missing.len() == PLUGINS.len() {
            return self.add(
                &["config", "allow-plugins", &format!("{vendor}/*")],
                &json!(true),
            );
        }
        for plugin in missing {
            self.add(&["config", "allow-plugins", plugin], &json!(true))?;
        }
        Ok(())
    }
}

/// Whether an entry of `allow-plugins`, be it true or false, speaks about a plugin.
fn is_covered(doc: &JsonDocument, plugin: &str) -> bool {
    let entries = doc
        .get(["config", "allow-plugins"])
        .and_then(Value::as_object);
    entries.is_some_and(|entries| {
        entries.keys().any(|entry| match entry.split_once('*') {
            Some((start, end)) => plugin.starts_with(start) && plugin.ends_with(end),
            None => entry == plugin,
        })
    })
}
