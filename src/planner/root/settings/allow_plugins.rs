//! `config.allow-plugins`: the target's plugins have to be allowed, or Composer stops and asks, and so have the source's:
//! Composer before 2.7.7 loads the plugins of the vendor folder that is there before it installs another.

use super::sections::{History, member};
use crate::distribution::compare_versions;
use crate::planner::root::Merger;
use composer_engine::format::json::document::{EditError, Position};
use composer_engine::format::root::plugin_rules::{PluginRules, Verdict, plugins};
use serde_json::{Map, Value, json};

/// The plugins every distribution needs, without their vendor.
const PLUGINS: [&str; 4] = [
    "composer-dependency-version-audit-plugin",
    "composer-root-update-plugin",
    "inventory-composer-installer",
    "magento-composer-installer",
];

const SECTION: [&str; 2] = ["config", "allow-plugins"];

/// The first Composer that asks about plugins; with a lock that an older one wrote, and without the section, all run.
const FIRST_TO_ASK: &str = "2.2.0";

impl Merger<'_> {
    /// Allows the target's plugins, and those that ran so far for the one run that replaces them. What the owner decided
    /// about all plugins stays.
    pub(crate) fn merge_allow_plugins(&mut self) -> Result<(), EditError> {
        let theirs = member(&self.theirs, &SECTION)
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        match self.doc.get(SECTION) {
            // Nothing to ask about: every plugin is allowed, or none, as the owner wants it.
            Some(Value::Bool(_)) => return Ok(()),
            Some(Value::Object(ours)) if !ours.is_empty() => {
                let ours = ours.clone();
                self.allow_under_new_names(&ours)?;
            }
            there => {
                // Null and `[]` stand for an empty object; anything else is refused.
                let is_empty = match there {
                    Some(Value::Object(_) | Value::Null) => true,
                    Some(Value::Array(list)) => list.is_empty(),
                    _ => false,
                };
                let (_, new) = self.names.vendors();
                let mut section = theirs;
                // Templates of releases before the question have no section; the new lock makes Composer ask all the same.
                if section.is_empty() {
                    section.insert(wildcard(new), json!(true));
                }
                match is_empty {
                    true => self.doc.set(SECTION, &Value::Object(section))?,
                    false => self.add(&SECTION, &Value::Object(section))?,
                }
                return self.allow_what_ran();
            }
        }
        let (old, new) = self.names.vendors();
        for name in theirs.keys().filter(|name| **name != wildcard(new)) {
            if !self.is_covered(name) || self.doc.get([SECTION[0], SECTION[1], name]).is_some() {
                self.merge_value(&[SECTION[0], SECTION[1], name], History::Counts)?;
            }
        }
        self.allow_each_plugin(new)?;
        if self.names.vendor_changes() {
            let section = self.doc.get(SECTION).and_then(Value::as_object);
            self.tally.old_plugins = section
                .into_iter()
                .flat_map(Map::keys)
                .filter(|name| name.starts_with(&format!("{old}/")))
                .cloned()
                .collect();
        }
        Ok(())
    }

    /// Says of the target's plugins what the owner says of the source's, in the same order, and keeps the old entries.
    fn allow_under_new_names(&mut self, ours: &Map<String, Value>) -> Result<(), EditError> {
        let (old, new) = self.names.vendors();
        for (name, runs) in ours {
            let pattern = name
                .strip_prefix(old)
                .filter(|rest| old != new && rest.starts_with('/') && rest.contains('*'));
            let renamed = match pattern {
                Some(pattern) => Some(format!("{new}{pattern}")),
                None => self.names.renamed(name),
            };
            if let Some(renamed) = renamed.filter(|renamed| !ours.contains_key(renamed)) {
                self.doc
                    .insert(SECTION, Position::After(name), &renamed, runs)?;
            }
        }
        Ok(())
    }

    /// A store without the section let every plugin run, as long as its lock is older than the question. Once there is a
    /// section, what it does not name stops Composer.
    fn allow_what_ran(&mut self) -> Result<(), EditError> {
        let lock = self.input.lock;
        let (old, new) = self.names.vendors();
        if lock.is_some_and(is_from_before_the_question) {
            let ran: Vec<&str> = lock.into_iter().flat_map(plugins).collect();
            for plugin in ran {
                if !plugin.starts_with(&format!("{old}/")) && !self.is_covered(plugin) {
                    self.add(&[SECTION[0], SECTION[1], plugin], &json!(true))?;
                }
            }
        }
        let old = wildcard(old);
        if old != wildcard(new) && self.doc.get([SECTION[0], SECTION[1], &old]).is_none() {
            self.add(&[SECTION[0], SECTION[1], &old], &json!(true))?;
            self.tally.old_plugins = vec![old];
        }
        Ok(())
    }

    /// Owners who list the plugins one by one get those of the target that nothing they wrote covers.
    fn allow_each_plugin(&mut self, vendor: &str) -> Result<(), EditError> {
        let plugins = PLUGINS.map(|short| format!("{vendor}/{short}"));
        let required = |plugin: &str| self.doc.get(["require", plugin]).is_some();
        let needed = plugins
            .iter()
            .filter(|plugin| !plugin.contains("/composer-") || required(plugin));
        let missing: Vec<&String> = needed.filter(|plugin| !self.is_covered(plugin)).collect();
        if missing.len() == PLUGINS.len() {
            return self.add(&[SECTION[0], SECTION[1], &wildcard(vendor)], &json!(true));
        }
        for plugin in missing {
            self.add(&[SECTION[0], SECTION[1], plugin], &json!(true))?;
        }
        Ok(())
    }

    /// Whether an entry of `allow-plugins`, be it true or false, speaks about a plugin.
    fn is_covered(&self, plugin: &str) -> bool {
        PluginRules::new(self.doc.get(SECTION)).verdict(plugin) != Verdict::Unknown
    }
}

fn wildcard(vendor: &str) -> String {
    format!("{vendor}/*")
}

fn is_from_before_the_question(lock: &Value) -> bool {
    let api = lock.get("plugin-api-version").and_then(Value::as_str);
    compare_versions(api.unwrap_or("1.1.0"), FIRST_TO_ASK).is_lt()
}
