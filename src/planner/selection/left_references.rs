//! Installed code that stays and names in its XML what a selection takes out: classes in di.xml, webapi.xml and layouts, and
//! themes. Packages do not say so in their requirements, and Composer finds nothing wrong.

use crate::plan::sentence::{count, list};
use crate::plan::{Finding, Severity};
use crate::project::LOCK;
use composer_engine::files;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The folders of a module whose XML is wired together when a shop is compiled or a page is made.
const FOLDERS: [&str; 2] = ["etc", "view"];

/// Folders nested deeper than this are no module's.
const DEEPEST: usize = 8;

/// In front of a class in XML: these ask for nothing when the class is not there.
const HARMLESS: [&str; 3] = ["<type name=\"", "<preference for=\"", " for=\""];

/// A warning with the places where packages of a lock, as they are installed below `vendor`, name something of those that
/// go. None where nothing is installed.
pub fn findings(store: &Path, lock: &Value, gone: &BTreeSet<String>) -> Option<Finding> {
    let vendor = store.join("vendor");
    let packages = || {
        let packages = lock.get("packages").and_then(Value::as_array);
        let named = |package: &'_ Value| -> Option<String> {
            Some(package.get("name")?.as_str()?.to_owned())
        };
        packages
            .into_iter()
            .flatten()
            .filter_map(move |package| Some((named(package)?, package)))
    };
    let words: Vec<String> = packages()
        .filter(|(name, _)| gone.contains(name))
        .flat_map(|(name, package)| words(&vendor.join(name), package))
        .collect();
    if words.is_empty() || !vendor.is_dir() {
        return None;
    }
    let mut places = Vec::new();
    for (name, _) in packages().filter(|(name, _)| !gone.contains(name)) {
        for folder in FOLDERS {
            let path = vendor.join(&name).join(folder);
            search(&path, &format!("{name}/{folder}"), 0, &words, &mut places);
        }
    }
    places.sort_unstable();
    (!places.is_empty()).then(|| Finding {
        severity: Severity::Warning,
        code: "removal-leaves-references".to_owned(),
        title: format!(
            "{} of what stays name classes or themes that go",
            count(places.len(), "file")
        ),
        detail: format!(
            "{}. A shop may then fail where Composer finds nothing wrong: run bin/magento setup:di:compile and look at its pages before you rely on it, or keep the feature set.",
            list(&places)
        ),
        package: None,
        path: Some(LOCK.to_owned()),
    })
}

/// The words by which XML names what a package has: its namespaces, and the id of a theme.
fn words(folder: &Path, package: &Value) -> Vec<String> {
    let namespaces = package
        .pointer("/autoload/psr-4")
        .and_then(Value::as_object);
    let mut words: Vec<String> = namespaces
        .into_iter()
        .flat_map(Map::keys)
        .filter(|namespace| namespace.trim_end_matches('\\').contains('\\'))
        .map(|namespace| format!("{}\\", namespace.trim_end_matches('\\')))
        .collect();
    if package
        .get("type")
        .is_some_and(|kind| kind == "magento2-theme")
    {
        let text = files::text(&folder.join("registration.php"), files::CONFIGURATION);
        let text = text.unwrap_or_default();
        // `'frontend/Magento/luma'` is named without its area.
        let id = text
            .split(['\'', '"'])
            .find_map(|word| word.strip_prefix("frontend/"));
        words.extend(id.map(|id| format!(">{id}<")));
    }
    words
}

fn search(folder: &Path, shown: &str, depth: usize, words: &[String], places: &mut Vec<String>) {
    if depth > DEEPEST {
        return;
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let shown = format!("{shown}/{name}");
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => search(&entry.path(), &shown, depth + 1, words, places),
            Ok(kind) if kind.is_file() && name.ends_with(".xml") => {
                let text = files::text(&entry.path(), files::CONFIGURATION).unwrap_or_default();
                if let Some(word) = words.iter().find(|word| is_asked_for(&text, word)) {
                    let word = word.trim_matches(['\\', '<', '>']);
                    places.push(format!("{shown} ({word})"));
                }
            }
            _ => {}
        }
    }
}

/// Whether a text names something in a place that needs it to be there.
fn is_asked_for(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        // A longer namespace that ends likewise is another one.
        let is_start = !before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let before = before.strip_suffix('\\').unwrap_or(before);
        is_start && !HARMLESS.iter().any(|harmless| before.ends_with(harmless))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn xml_of_what_stays_is_searched_for_what_goes() {
        let store = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = store.path().join("vendor").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let lock = json!({ "packages": [
            { "name": "shop/module-async", "type": "magento2-module", "autoload": { "psr-4": { "Shop\\Async\\": "" } } },
            { "name": "shop/theme-sun", "type": "magento2-theme" },
            { "name": "shop/module-bulk", "type": "magento2-module", "autoload": { "psr-4": { "Shop\\Bulk\\": "" } } },
            { "name": "shop/module-theme", "type": "magento2-module" },
        ] });
        let gone = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let both = gone(&["shop/module-async", "shop/theme-sun"]);
        assert_eq!(
            findings(store.path(), &lock, &both),
            None,
            "nothing is installed"
        );
        write(
            "shop/theme-sun/registration.php",
            "<?php register('theme', 'frontend/Shop/sun', __DIR__);",
        );
        // Its own file goes with it.
        write(
            "shop/module-async/etc/di.xml",
            "<preference for=\"X\" type=\"Shop\\Async\\Y\"/>",
        );
        write(
            "shop/module-bulk/etc/di.xml",
            "<type name=\"Shop\\Async\\Y\"/><preference for=\"\\Shop\\Async\\Z\" type=\"My\\Shop\\Async\"/><a>NotShop\\Async\\Y</a>",
        );
        assert_eq!(findings(store.path(), &lock, &both), None);
        write(
            "shop/module-bulk/etc/webapi_rest/di.xml",
            "<preference for=\"X\" type=\"\\Shop\\Async\\Y\"/>",
        );
        write(
            "shop/module-theme/etc/di.xml",
            "<item name=\"frontend\" xsi:type=\"string\">Shop/sun</item>",
        );
        let finding = findings(store.path(), &lock, &both).unwrap();
        assert!(
            finding.detail.starts_with("shop/module-bulk/etc/webapi_rest/di.xml (Shop\\Async), shop/module-theme/etc/di.xml (Shop/sun). "),
            "{finding:?}"
        );
        assert_eq!(
            findings(store.path(), &lock, &gone(&["shop/module-none"])),
            None
        );
    }
}
