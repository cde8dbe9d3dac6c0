//! `config.allow-plugins`: which plugins may run.
//!
//! Composer 2.2 and later ask about every plugin that no entry speaks of, and stop where nobody can answer. Composer before
//! 2.7.7 does so for the plugins of the vendor folder as it is, before it installs anything; later ones pass over those that
//! the root no longer needs.

use crate::format::package::name_pattern::NamePattern;
use serde_json::Value;

/// What `allow-plugins` says of a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The plugin is allowed.
    Runs,
    /// It is passed over, without a question.
    IsLeftOut,
    /// Nothing is said, so Composer asks, or stops.
    Unknown,
}

/// The entries of `allow-plugins`; the first one that fits a plugin decides.
#[derive(Debug, Clone)]
pub struct PluginRules(Vec<(NamePattern, bool)>);

impl PluginRules {
    /// Reads the value of `config.allow-plugins`: an object of names with `*`, or one boolean for all plugins. Anything
    /// else, like a missing section, says nothing.
    pub fn new(section: Option<&Value>) -> Self {
        Self(match section {
            Some(Value::Bool(all)) => vec![(NamePattern::new("*"), *all)],
            Some(Value::Object(entries)) => entries
                .iter()
                .map(|(name, runs)| (NamePattern::new(name), *runs == Value::Bool(true)))
                .collect(),
            _ => Vec::new(),
        })
    }

    /// What the entries say of a plugin.
    pub fn verdict(&self, plugin: &str) -> Verdict {
        match self.0.iter().find(|(pattern, _)| pattern.matches(plugin)) {
            Some((_, true)) => Verdict::Runs,
            Some((_, false)) => Verdict::IsLeftOut,
            None => Verdict::Unknown,
        }
    }
}

/// The names of the plugins among the packages of a lock, development ones included, or of a vendor folder's
/// `composer/installed.json`.
pub fn plugins(packages: &Value) -> impl Iterator<Item = &str> {
    let sections = ["packages", "packages-dev"];
    sections
        .into_iter()
        .filter_map(|section| packages.get(section)?.as_array())
        .flatten()
        .filter(|package| {
            let kind = package.get("type").and_then(Value::as_str);
            matches!(kind, Some("composer-plugin" | "composer-installer"))
        })
        .filter_map(|package| package.get("name")?.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_entry_that_fits_decides() {
        let rules = PluginRules::new(Some(&json!({
            "acme/one": false, "acme/*": true, "*/x.y": true, "odd/*-*": "yes"
        })));
        for (plugin, expected) in [
            ("acme/one", Verdict::IsLeftOut),
            ("Acme/Two", Verdict::Runs),
            ("other/x.y", Verdict::Runs),
            ("other/xzy", Verdict::Unknown),
            ("odd/a-b", Verdict::IsLeftOut),
            ("odd/ab", Verdict::Unknown),
        ] {
            assert_eq!(rules.verdict(plugin), expected, "{plugin}");
        }
    }

    #[test]
    fn one_word_for_all_and_no_word_at_all() {
        let verdict =
            |section: Option<Value>| PluginRules::new(section.as_ref()).verdict("acme/one");
        assert_eq!(verdict(Some(json!(true))), Verdict::Runs);
        assert_eq!(verdict(Some(json!(false))), Verdict::IsLeftOut);
        for nothing in [None, Some(json!(null)), Some(json!([])), Some(json!({}))] {
            assert_eq!(verdict(nothing), Verdict::Unknown);
        }
    }

    #[test]
    fn plugins_of_a_lock() {
        let lock = json!({
            "packages": [{ "name": "a/a", "type": "composer-plugin" }, { "name": "b/b", "type": "library" }, { "name": "c/c" }],
            "packages-dev": [{ "name": "d/d", "type": "composer-installer" }],
        });
        assert_eq!(plugins(&lock).collect::<Vec<_>>(), ["a/a", "d/d"]);
        assert_eq!(plugins(&json!([])).count(), 0);
    }
}
