//! The lines of a root's `replace` and `conflict`, which can stand against a target as a requirement can.

use crate::distribution::{is_core, upstream_name};
use composer_engine::format::json::document::{EditError, JsonDocument};
use composer_engine::resolve::explain::problem::Explanation;
use serde_json::Value;
use std::collections::BTreeMap;

/// The sections that can stand against a target. What the root provides keeps nothing else from being installed.
const SECTIONS: [&str; 2] = ["replace", "conflict"];

/// A line of `replace` or `conflict`, with the line that names the same package as another distribution does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    /// `replace` or `conflict`.
    pub section: &'static str,
    /// The package as the owner's composer.json names it.
    pub name: String,
    /// As composer.json has it.
    pub constraint: String,
    /// All names of the package that the section has after the merge.
    pub names: Vec<String>,
}

/// A line that does not go with the target: without it there is a solution.
#[derive(Debug)]
pub(crate) struct LineInTheWay {
    /// The line, with the other names that the merge gave it.
    pub line: Line,
    /// Why it does not go with that solution.
    pub explanation: Explanation,
}

impl Line {
    /// The lines of a merged root that are not the template's. `own` is composer.json as its owner has it.
    pub(crate) fn all(merged: &Value, own: &Value, template: &Value) -> Vec<Line> {
        SECTIONS
            .into_iter()
            .flat_map(|section| lines(section, merged, own, template))
            .collect()
    }

    /// Takes the line out of a root.
    pub(crate) fn take_out(&self, document: &mut JsonDocument) -> Result<(), EditError> {
        for name in &self.names {
            document.remove([self.section, name.as_str()])?;
        }
        Ok(())
    }
}

fn lines(section: &'static str, merged: &Value, own: &Value, template: &Value) -> Vec<Line> {
    let in_template = |name: &str| template.get(section).and_then(|section| section.get(name));
    let in_own = |name: &str| own.get(section).and_then(|section| section.get(name));
    let mut by_package: BTreeMap<String, Vec<(&String, &Value)>> = BTreeMap::new();
    let entries = merged.get(section).and_then(Value::as_object);
    for (name, constraint) in entries.into_iter().flatten() {
        if in_template(name) == Some(constraint) {
            continue;
        }
        let lower = name.to_ascii_lowercase();
        let package = upstream_name(&lower)
            .filter(|_| is_core(&lower))
            .unwrap_or(lower);
        by_package
            .entry(package)
            .or_default()
            .push((name, constraint));
    }
    let line = |entries: Vec<(&String, &Value)>| {
        let owners = entries.iter().find(|(name, _)| in_own(name).is_some());
        let (name, constraint) = owners.or(entries.first())?;
        Some(Line {
            section,
            name: (*name).clone(),
            constraint: constraint.as_str()?.to_owned(),
            names: entries.iter().map(|(name, _)| (*name).clone()).collect(),
        })
    };
    by_package.into_values().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_names_of_a_package_are_one_line_and_the_template_has_none() {
        let own = json!({
            "replace": {"magento/module-dhl": "*", "a/b": "1"},
            "conflict": {"gene/bluefoot": "*", "c/d": ">=2"},
        });
        let merged = json!({
            "replace": {"mage-os/module-dhl": "*", "magento/module-dhl": "*", "a/b": "1"},
            "conflict": {"gene/bluefoot": "*", "c/d": ">=2"},
        });
        let template = json!({"conflict": {"gene/bluefoot": "*"}});
        let lines = Line::all(&merged, &own, &template);
        let shown: Vec<(&str, &str, usize)> = lines
            .iter()
            .map(|line| (line.section, line.name.as_str(), line.names.len()))
            .collect();
        assert_eq!(
            shown,
            [
                ("replace", "a/b", 1),
                ("replace", "magento/module-dhl", 2),
                ("conflict", "c/d", 1)
            ]
        );
        let mut document = JsonDocument::parse(merged.to_string()).unwrap();
        lines[1].take_out(&mut document).unwrap();
        assert_eq!(document.value()["replace"], json!({"a/b": "1"}));
    }
}
