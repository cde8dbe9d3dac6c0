//! Composer plugins about which composer.json says nothing.

use crate::plan::sentence::{and, count};
use crate::plan::{Code, Finding};
use crate::project::ROOT;
use composer_engine::format::root::plugin_rules::{PluginRules, Verdict, plugins};
use serde_json::Value;
use std::collections::BTreeSet;

/// A plugin that Composer leaves out without a question, whatever composer.json says.
const LEFT_OUT: &str = "composer/package-versions-deprecated";

/// A warning when `config.allow-plugins` of the new root speaks neither for nor against a plugin of the new lock, or of
/// the old one, which is what the vendor folder holds when `composer install` starts.
pub(crate) fn findings(root: &Value, old: Option<&Value>, new: &Value) -> Option<Finding> {
    let rules = PluginRules::new(root.pointer("/config/allow-plugins"));
    let unknown: BTreeSet<&str> = old
        .into_iter()
        .chain([new])
        .flat_map(plugins)
        .filter(|name| *name != LEFT_OUT && rules.verdict(name) == Verdict::Unknown)
        .collect();
    let unknown: Vec<&str> = unknown.into_iter().collect();
    let first = unknown.first()?;
    Some(Finding::new(
        Code::PluginsNotAllowed,
        format!(
            "allow-plugins does not name {}",
            count(unknown.len(), "Composer plugin")
        ),
        format!(
            "{}. `composer install` asks whether to trust a plugin that config.allow-plugins does not name, and stops where nobody can answer. \
             Decide first, and plan again: `composer config --no-plugins allow-plugins.{first} true` lets it run, `false` leaves it out.",
            and(&unknown)
        ),
    )
    .in_file(ROOT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plugins_nobody_decided_about() {
        let lock = |names: &[&str]| {
            let packages: Vec<Value> = names
                .iter()
                .map(|name| json!({ "name": name, "type": "composer-plugin" }))
                .collect();
            json!({ "packages": packages })
        };
        let root = json!({ "config": { "allow-plugins": { "acme/*": true, "other/off": false } } });
        let found = |old: &[&str], new: &[&str]| findings(&root, Some(&lock(old)), &lock(new));
        assert_eq!(found(&["acme/a"], &["other/off", LEFT_OUT]), None);
        let finding = found(&["other/old"], &["other/new", "acme/b"]).unwrap();
        assert_eq!(finding.code(), Code::PluginsNotAllowed);
        assert!(finding.title.ends_with("2 Composer plugins"), "{finding:?}");
        assert!(
            finding.detail.starts_with("other/new and other/old. "),
            "{finding:?}"
        );
        assert_eq!(findings(&json!({}), None, &lock(&[])), None);
    }
}
