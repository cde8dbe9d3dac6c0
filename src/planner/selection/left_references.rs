//! Installed code that stays and names in its XML what a selection takes out: classes in di.xml, webapi.xml and layouts,
//! templates and scripts in layouts and forms, and themes. Packages do not say so in their requirements, and Composer finds nothing wrong.

use crate::plan::sentence::{count, list};
use crate::plan::{Code, Finding};
use crate::project::LOCK;
use crate::project::store_files::{Entry, Kind, StoreFiles};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The folders of a module whose XML is wired together when a shop is compiled or a page is made.
const FOLDERS: [&str; 2] = ["etc", "view"];

/// Folders nested deeper than this are no module's.
const DEEPEST: usize = 8;

/// In front of a class in XML: these ask for nothing when the class is not there.
const HARMLESS: [&str; 4] = [
    "<type name=\"",
    "<virtualType name=\"",
    "<preference for=\"",
    " for=\"",
];

/// Elements of di.xml that say something of one class. Nobody reads what is in them when that class is not there.
const ABOUT_A_CLASS: [(&str, &str); 2] = [
    ("<type name=\"", "</type>"),
    ("<virtualType name=\"", "</virtualType>"),
];

/// A warning with the places where packages of a lock, as they are installed below `vendor`, name something of those that
/// go. None where nothing is installed.
pub(crate) fn findings(
    store: &dyn StoreFiles,
    lock: &Value,
    gone: &BTreeSet<String>,
) -> Option<Finding> {
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
        .flat_map(|(name, package)| words(store, &format!("vendor/{name}"), package))
        .collect();
    if words.is_empty() || !store.is_folder("vendor") {
        return None;
    }
    let mut places = Vec::new();
    let staying = packages().filter(|(name, _)| !gone.contains(name));
    let installed = staying.map(|(name, _)| (format!("vendor/{name}"), name));
    for (path, shown) in installed.chain(own_modules(store)) {
        for folder in FOLDERS {
            let (path, shown) = (format!("{path}/{folder}"), format!("{shown}/{folder}"));
            search(store, &path, &shown, 0, &words, &mut places);
        }
    }
    places.sort_unstable();
    (!places.is_empty()).then(|| Finding::new(
        Code::RemovalLeavesReferences,
        format!(
            "{} of what stays name classes or themes that go",
            count(places.len(), "file")
        ),
        format!(
            "{}. A shop may then fail where Composer finds nothing wrong: run bin/magento setup:di:compile and look at its pages before you rely on it, or keep the feature set.",
            list(&places)
        ),
    )
    .in_file(LOCK))
}

/// The modules below app/code, which no package has: where each is, and what it is called.
fn own_modules(store: &dyn StoreFiles) -> Vec<(String, String)> {
    const CODE: &str = "app/code";
    let vendors = store.folders(CODE).into_iter();
    let modules = vendors.flat_map(|vendor| {
        let modules = store.folders(&format!("{CODE}/{vendor}")).into_iter();
        modules.map(move |module| format!("{CODE}/{vendor}/{module}"))
    });
    modules.map(|path| (path.clone(), path)).collect()
}

/// The name of a module, as its etc/module.xml has it.
fn module_name(store: &dyn StoreFiles, folder: &str) -> Option<String> {
    let text = store.configuration(&format!("{folder}/etc/module.xml"))?;
    let (_, rest) = text.split_once("<module name=\"")?;
    let (name, _) = rest.split_once('"')?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// The words by which XML names what a package has: its namespaces, the templates and scripts of its module, and the id of
/// a theme.
fn words(store: &dyn StoreFiles, folder: &str, package: &Value) -> Vec<String> {
    let namespaces = package
        .pointer("/autoload/psr-4")
        .and_then(Value::as_object);
    let mut words: Vec<String> = namespaces
        .into_iter()
        .flat_map(Map::keys)
        .filter(|namespace| namespace.trim_end_matches('\\').contains('\\'))
        .map(|namespace| format!("{}\\", namespace.trim_end_matches('\\')))
        .collect();
    if let Some(module) = module_name(store, folder) {
        words.extend(["::", "/"].map(|separator| format!("{module}{separator}")));
    }
    if package
        .get("type")
        .is_some_and(|kind| kind == "magento2-theme")
    {
        let text = store.configuration(&format!("{folder}/registration.php"));
        let text = text.unwrap_or_default();
        // `'frontend/Magento/luma'` is named without its area.
        let id = text
            .split(['\'', '"'])
            .find_map(|word| word.strip_prefix("frontend/"));
        words.extend(id.map(|id| format!(">{id}<")));
    }
    words
}

fn search(
    store: &dyn StoreFiles,
    folder: &str,
    shown: &str,
    depth: usize,
    words: &[String],
    places: &mut Vec<String>,
) {
    if depth > DEEPEST {
        return;
    }
    for Entry { name, kind } in store.entries(folder) {
        let (path, shown) = (format!("{folder}/{name}"), format!("{shown}/{name}"));
        match kind {
            Kind::Folder => search(store, &path, &shown, depth + 1, words, places),
            Kind::File if name.ends_with(".xml") => {
                let text = store.configuration(&path).unwrap_or_default();
                // Elsewhere a module's name stands before a permission, and asks for nothing.
                let is_view = shown.contains("/view/");
                let asked = |word: &&String| {
                    (is_view || !word.ends_with([':', '/'])) && is_asked_for(&text, word, words)
                };
                if let Some(word) = words.iter().find(asked) {
                    let word = word.trim_matches(['\\', '<', '>', ':', '/']);
                    places.push(format!("{shown} ({word})"));
                }
            }
            _ => {}
        }
    }
}

/// Whether a text names something in a place that needs it to be there. `gone` are the words of all that goes.
fn is_asked_for(text: &str, word: &str, gone: &[String]) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        // A longer namespace that ends likewise is another one.
        let is_start = !before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let direct = before.strip_suffix('\\').unwrap_or(before);
        is_start
            && !HARMLESS.iter().any(|harmless| direct.ends_with(harmless))
            && !is_comment(before)
            && !is_about_gone(before, gone)
    })
}

/// Whether what comes next is in a comment.
fn is_comment(before: &str) -> bool {
    let begun = before.rfind("<!--");
    begun.is_some_and(|begun| before.rfind("-->").is_none_or(|ended| ended < begun))
}

/// Whether what comes next is in an element about a class that goes.
fn is_about_gone(before: &str, gone: &[String]) -> bool {
    ABOUT_A_CLASS.iter().any(|(start, end)| {
        let Some(opened) = before.rfind(start) else {
            return false;
        };
        let inside = before.get(opened..).unwrap_or_default();
        let class = inside.strip_prefix(start).unwrap_or_default();
        let class = class.trim_start_matches('\\');
        let head = inside.find('>').map_or("", |at| &inside[..at]);
        let is_closed = inside.contains(end) || head.ends_with('/') || head.is_empty();
        !is_closed && gone.iter().any(|word| class.starts_with(word.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::store_files::MapFiles;
    use serde_json::json;

    #[test]
    fn xml_of_what_stays_is_searched_for_what_goes() {
        let mut store = MapFiles::default();
        let lock = json!({ "packages": [
            { "name": "shop/module-async", "type": "magento2-module", "autoload": { "psr-4": { "Shop\\Async\\": "" } } },
            { "name": "shop/theme-sun", "type": "magento2-theme" },
            { "name": "shop/module-bulk", "type": "magento2-module", "autoload": { "psr-4": { "Shop\\Bulk\\": "" } } },
            { "name": "shop/module-theme", "type": "magento2-module" },
        ] });
        let gone = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let both = gone(&["shop/module-async", "shop/theme-sun"]);
        assert_eq!(findings(&store, &lock, &both), None, "nothing is installed");
        store.write(
            "vendor/shop/theme-sun/registration.php",
            "<?php register('theme', 'frontend/Shop/sun', __DIR__);",
        );
        // Its own file goes with it.
        store.write(
            "vendor/shop/module-async/etc/di.xml",
            "<preference for=\"X\" type=\"Shop\\Async\\Y\"/>",
        );
        store.write(
            "vendor/shop/module-bulk/etc/di.xml",
            "<type name=\"Shop\\Async\\Y\"/><preference for=\"\\Shop\\Async\\Z\" type=\"My\\Shop\\Async\"/><a>NotShop\\Async\\Y</a>",
        );
        assert_eq!(findings(&store, &lock, &both), None);
        store.write(
            "vendor/shop/module-bulk/etc/webapi_rest/di.xml",
            "<preference for=\"X\" type=\"\\Shop\\Async\\Y\"/>",
        );
        store.write(
            "vendor/shop/module-theme/etc/di.xml",
            "<item name=\"frontend\" xsi:type=\"string\">Shop/sun</item>",
        );
        let finding = findings(&store, &lock, &both).unwrap();
        assert_eq!(finding.code(), Code::RemovalLeavesReferences);
        assert!(
            finding.detail.starts_with("shop/module-bulk/etc/webapi_rest/di.xml (Shop\\Async), shop/module-theme/etc/di.xml (Shop/sun). "),
            "{finding:?}"
        );
        assert_eq!(findings(&store, &lock, &gone(&["shop/module-none"])), None);
    }

    #[test]
    fn what_is_said_of_a_class_that_goes_asks_for_nothing() {
        let gone = ["Shop\\Async\\".to_owned()];
        let asks = |text: &str| is_asked_for(text, &gone[0], &gone);
        for harmless in [
            r#"<virtualType name="Shop\Async\Pool" type="Shop\Pool"><item>Shop\Async\Price</item></virtualType>"#,
            r#"<type name="Shop\Async\Y"><plugin name="p" type="Shop\Async\Plugin"/></type>"#,
            r#"<!-- <item>Shop\Async\Y</item> -->"#,
        ] {
            assert!(!asks(harmless), "{harmless}");
        }
        for asking in [
            r#"<type name="Shop\Async\Y"/><item>Shop\Async\Price</item>"#,
            r#"<type name="Shop\Async\Y"></type><item>Shop\Async\Price</item>"#,
            r#"<type name="Shop\Bulk\Y"><plugin name="p" type="Shop\Async\Plugin"/></type>"#,
            r#"<virtualType name="pool" type="Shop\Async\Pool"/>"#,
            r#"<!-- a --><item>Shop\Async\Y</item>"#,
        ] {
            assert!(asks(asking), "{asking}");
        }
    }

    #[test]
    fn views_name_templates_and_scripts_of_a_module_and_own_code_counts() {
        let mut store = MapFiles::default();
        let lock = json!({ "packages": [
            { "name": "shop/module-note", "type": "magento2-module", "autoload": { "psr-4": { "Shop\\Note\\": "" } } },
            { "name": "shop/module-cart", "type": "magento2-module" },
        ] });
        store.write(
            "vendor/shop/module-note/etc/module.xml",
            "<config><module name=\"Shop_Note\"/></config>",
        );
        // A permission of a module that goes is no more than a word.
        store.write(
            "vendor/shop/module-cart/etc/acl.xml",
            "<resource id=\"Shop_Note::all\"/>",
        );
        let gone = BTreeSet::from(["shop/module-note".to_owned()]);
        assert_eq!(findings(&store, &lock, &gone), None);
        store.write(
            "vendor/shop/module-cart/view/frontend/layout/cart.xml",
            "<item name=\"component\" xsi:type=\"string\">Shop_Note/js/note</item>",
        );
        store.write(
            "app/code/My/Cart/etc/di.xml",
            "<preference for=\"X\" type=\"Shop\\Note\\Y\"/>",
        );
        let detail = findings(&store, &lock, &gone).unwrap().detail;
        assert!(
            detail.starts_with("app/code/My/Cart/etc/di.xml (Shop\\Note), shop/module-cart/view/frontend/layout/cart.xml (Shop_Note). "),
            "{detail}"
        );
    }
}
