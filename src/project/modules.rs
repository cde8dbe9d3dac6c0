//! The names of Magento modules: in packages, and in the store's own `app/code`.

use super::store_files::StoreFiles;
use crate::distribution::{Belongs, Distribution, belongs};
use regex::Regex;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

static MODULE_XML: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"<module\s[^>]*?name\s*=\s*["'](\w+)["']"#).expect("the pattern is valid")
});

/// Types of packages that register something else than modules.
const NO_MODULES: [&str; 4] = [
    "magento2-language",
    "magento2-library",
    "magento2-theme",
    "metapackage",
];

/// A module that a package brings along.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Module {
    /// `Magento_Sales`
    pub name: String,
    /// The folder in the package that is the module; empty when it is the package itself.
    pub folder: String,
}

/// The modules of a package, by its entry in a lock; none when the entry has no `autoload`, as in some mirrors.
///
/// A folder with a `registration.php` among `autoload.files` and a namespace of two parts in `psr-4` is a module, whose name
/// is the namespace's: Magento finds a module's controllers, blocks and setup classes only then. Of 998 core modules in
/// published locks, all but three follow this rule, and those three (module-catalog-page-builder-analytics-staging,
/// module-cms-page-builder-analytics-staging, module-tinymce-3-banner) declare the namespace of another package by mistake. So where the namespace of a core package
/// contradicts the package's own name, the package's name decides.
pub(crate) fn modules(entry: &Value) -> Vec<Module> {
    let kind = entry.get("type").and_then(Value::as_str);
    if kind.is_some_and(|kind| NO_MODULES.contains(&kind)) {
        return Vec::new();
    }
    let autoload = |key: &str| entry.get("autoload")?.get(key);
    let files = autoload("files")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let registrations: BTreeSet<&str> = files
        .filter_map(|file| file.as_str()?.strip_suffix("registration.php"))
        .map(|folder| folder.trim_matches('/'))
        .collect();
    let namespaces: Vec<(&str, &str)> = autoload("psr-4")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(namespace, folder)| Some((namespace.as_str(), folder.as_str()?)))
        .collect();
    let only = namespaces.len() == 1 && registrations.len() == 1;
    let own = own_name(entry);
    let mut modules: Vec<Module> = namespaces
        .into_iter()
        .map(|(namespace, folder)| (namespace, folder.trim_matches('/')))
        .filter(|(_, folder)| only || registrations.contains(folder))
        .filter_map(|(namespace, folder)| {
            let (vendor, module) = namespace.trim_matches('\\').split_once('\\')?;
            (!module.contains('\\')).then(|| Module {
                name: format!("{vendor}_{module}"),
                folder: folder.to_owned(),
            })
        })
        .collect();
    if let (Some(own), [module]) = (own, modules.as_mut_slice())
        && !module.name.eq_ignore_ascii_case(&own)
    {
        module.name = own;
    }
    modules.sort();
    modules
}

/// What a core package of one module calls it by convention: `magento/module-catalog-rule` is `Magento_CatalogRule`. Of 998
/// core modules in published locks, 13 have a capital letter more (`Magento_SaaSCommon`), so this is good for
/// recognising a module, not for naming one.
pub(crate) fn own_name(entry: &Value) -> Option<String> {
    let name = entry.get("name")?.as_str()?;
    if belongs(name) == Belongs::Standalone {
        return None;
    }
    let short = Distribution::ALL
        .into_iter()
        .find_map(|distribution| distribution.short_name(name))?
        .strip_prefix("module-")?;
    let mut own = "Magento_".to_owned();
    for word in short.split('-') {
        let mut letters = word.chars();
        own.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        own.push_str(letters.as_str());
    }
    Some(own)
}

/// The name that a folder's `etc/module.xml` declares.
pub(crate) fn declared_name(store: &dyn StoreFiles, folder: &str) -> Option<String> {
    let text = store.configuration(&format!("{folder}/etc/module.xml"))?;
    Some(MODULE_XML.captures(&text)?.get(1)?.as_str().to_owned())
}

/// The modules in a store's `app/code`: folders with a `registration.php` or an `etc/module.xml`, by the name of the module,
/// each with its folder as `Vendor/Module`.
pub(crate) fn own_modules(store: &dyn StoreFiles) -> BTreeMap<String, String> {
    const CODE: &str = "app/code";
    let mut modules = BTreeMap::new();
    for vendor in store.folders(CODE) {
        for module in store.folders(&format!("{CODE}/{vendor}")) {
            let folder = format!("{CODE}/{vendor}/{module}");
            let is_file = |name: &str| store.is_file(&format!("{folder}/{name}"));
            if is_file("registration.php") || is_file("etc/module.xml") {
                let name = declared_name(store, &folder).unwrap_or(format!("{vendor}_{module}"));
                modules.insert(name, format!("{vendor}/{module}"));
            }
        }
    }
    modules
}

/// The folders of the store's themes that override a module, as `app/design/AREA/VENDOR/THEME/MODULE`.
pub(crate) fn theme_folders(store: &dyn StoreFiles) -> Vec<String> {
    let mut level = vec!["app/design".to_owned()];
    for _ in ["area", "vendor", "theme", "module"] {
        level = level
            .iter()
            .flat_map(|path| {
                let inner = store.folders(path).into_iter();
                inner.map(move |name| format!("{path}/{name}"))
            })
            .collect();
    }
    level
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::store_files::MapFiles;
    use serde_json::json;

    fn named(entry: Value) -> Vec<String> {
        modules(&entry)
            .into_iter()
            .map(|module| module.name)
            .collect()
    }

    #[test]
    fn autoload_tells_the_modules() {
        let core = |name: &str, namespace: &str| json!({"name": name, "autoload": {"files": ["registration.php"], "psr-4": {namespace: ""}}});
        assert_eq!(
            named(core("magento/module-saas-common", "Magento\\SaaSCommon\\")),
            ["Magento_SaaSCommon"]
        );
        assert_eq!(
            named(core(
                "magento/module-tinymce-3-banner",
                "Magento\\TargetRule\\"
            )),
            ["Magento_Tinymce3Banner"]
        );
        assert_eq!(
            named(core("mage-os/module-rma", "MageOS\\RMA\\")),
            ["MageOS_RMA"]
        );
        let bundle = json!({"name": "smile/elasticsuite", "autoload": {
            "files": ["src/module-core/registration.php", "src/module-catalog/registration.php"],
            "psr-4": {"Smile\\Core\\": "src/module-core", "Smile\\Catalog\\": "src/module-catalog/", "Smile\\Test\\": "test"}}});
        assert_eq!(named(bundle), ["Smile_Catalog", "Smile_Core"]);
        let nested = json!({"name": "acme/a", "autoload": {"files": ["registration.php"], "psr-4": {"Acme\\A\\": "src"}}});
        assert_eq!(named(nested), ["Acme_A"]);
        assert!(
            named(
                json!({"name": "magento/framework", "autoload": {"psr-4": {"Magento\\Framework\\": ""}, "files": ["registration.php"]}})
            ) == ["Magento_Framework"]
        );
        assert!(named(json!({"name": "magento/module-a"})).is_empty());
    }

    #[test]
    fn the_stores_own_modules_are_found() {
        let mut store = MapFiles::default();
        store.write("app/code/Acme/Blog/registration.php", "<?php");
        store.write(
            "app/code/Acme/Shop/etc/module.xml",
            "<config>\n<module\n  name=\"Acme_Other\"/></config>",
        );
        store.write("app/code/Acme/Empty/readme.txt", "");
        assert_eq!(
            own_modules(&store).into_iter().collect::<Vec<_>>(),
            [
                ("Acme_Blog".to_owned(), "Acme/Blog".to_owned()),
                ("Acme_Other".to_owned(), "Acme/Shop".to_owned())
            ]
        );
        store.write("app/design/frontend/Acme/shop/Magento_Rma/a.less", "");
        assert_eq!(
            theme_folders(&store),
            ["app/design/frontend/Acme/shop/Magento_Rma"]
        );
    }
}
