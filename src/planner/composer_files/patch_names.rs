//! The packages that patches name beside the one that they are for.

use composer_engine::format::json::document::{EditError, JsonDocument};
use composer_engine::format::json::path::{Path, Step};
use serde_json::Value;

/// Gives packages their new names inside a map from packages to patches: `targets` and `depends` of vaimo/composer-patches.
/// A name in `depends` changes only where any version will do, as a constraint is about the numbering of the package that it
/// names, and another package has another one. Fails as [`JsonDocument::rename_key`] does, when a new name is there already.
pub(crate) fn rename(
    document: &mut JsonDocument,
    map: &Path<'_>,
    renamed: &dyn Fn(&str) -> Option<String>,
) -> Result<(), EditError> {
    let found = document.get(map.clone()).cloned().unwrap_or_default();
    let packages = found.as_object().into_iter().flatten();
    for (package, patches) in packages {
        let path = map.join(package);
        for (step, patch) in members(patches) {
            rename_in_patch(document, &path.join(step), patch, renamed)?;
        }
    }
    Ok(())
}

/// What an object or a list has, with the step that leads to each.
fn members(value: &Value) -> Vec<(Step<'_>, &Value)> {
    match value {
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(index, item)| (Step::Index(index), item))
            .collect(),
        Value::Object(object) => object
            .iter()
            .map(|(key, item)| (Step::Key(key), item))
            .collect(),
        _ => Vec::new(),
    }
}

fn rename_in_patch(
    document: &mut JsonDocument,
    path: &Path<'_>,
    patch: &Value,
    renamed: &dyn Fn(&str) -> Option<String>,
) -> Result<(), EditError> {
    let new_name = |name: &str| renamed(&name.to_ascii_lowercase());
    for (step, target) in patch.get("targets").map(members).unwrap_or_default() {
        if let (Step::Index(_), Some(name)) = (step, target.as_str().and_then(new_name)) {
            document.set(path.join("targets").join(step), &name.into())?;
        }
    }
    match patch.get("depends") {
        Some(Value::Object(depends)) => {
            for (name, constraint) in depends {
                // `!` before a name: the patch is for who does not have the package.
                let (not, bare) = match name.strip_prefix('!') {
                    Some(bare) => ("!", bare),
                    None => ("", name.as_str()),
                };
                if let (true, Some(new)) = (is_any(Some(constraint)), new_name(bare)) {
                    document.rename_key(path.join("depends"), name, &format!("{not}{new}"))?;
                }
            }
        }
        Some(Value::String(name)) if is_any(patch.get("version")) => {
            if let Some(new) = new_name(name) {
                document.set(path.join("depends"), &new.into())?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Whether a constraint, or none, admits every version.
fn is_any(constraint: Option<&Value>) -> bool {
    match constraint {
        None => true,
        Some(constraint) => matches!(
            constraint.as_str().map(str::trim),
            Some("" | "*" | ">=0.0.0")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_and_conditions_without_a_version_follow() {
        let text = r#"{"patches": {
    "*": {"a": {"source": "a.patch", "targets": ["magento/framework", "acme/x"]}},
    "acme/x": [{"depends": {"magento/framework": "*", "magento/sales": ">=100"}}, "b.patch", {"targets": 3}],
    "acme/not": [{"depends": {"!magento/tax": "*", "!magento/quote": "<100"}}],
    "acme/y": {"c": {"depends": "magento/framework"}, "d": {"depends": "magento/framework", "version": "^1"}},
    "acme/z": "e.patch"
}}"#;
        let mut document = JsonDocument::parse(text.to_owned()).unwrap();
        let renamed = |name: &str| {
            name.strip_prefix("magento/")
                .map(|short| format!("mage-os/{short}"))
        };
        rename(&mut document, &Path::from("patches"), &renamed).unwrap();
        let expected = text
            .replace("[\"magento/framework", "[\"mage-os/framework")
            .replace(
                "{\"magento/framework\": \"*\"",
                "{\"mage-os/framework\": \"*\"",
            )
            .replace("!magento/tax", "!mage-os/tax")
            .replacen("\"depends\": \"magento/", "\"depends\": \"mage-os/", 1);
        assert_eq!(document.text(), expected);
    }
}
