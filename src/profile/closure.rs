//! Whether what stays can do without what was taken out.

use super::Library;
use serde_json::Value;
use std::collections::BTreeSet;

/// A feature set that was taken out, and packages that stay and require it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenEnd {
    /// The sets of the packages that are missed; any of them, kept, would do for its packages.
    pub sets: Vec<String>,
    /// The package that stays, by name, and what it misses.
    pub requirer: String,
    /// The names that the requirer wants and the root replaces; never empty.
    pub missing: Vec<String>,
    /// The sets that the requirer is in itself: taking out one of them, too, closes the end. None when the core needs it.
    pub of_sets: Vec<String>,
}

/// Looks at a new lock, whose root replaces what was taken out: the packages in it that require such a name. Metapackages
/// hold no code, so they miss nothing.
pub fn open_ends(
    library: &Library,
    lock: &Value,
    replaces: &BTreeSet<String>,
    taken_out: &[String],
    vendor: &str,
) -> Vec<OpenEnd> {
    let mut ends = Vec::new();
    let packages = lock
        .get("packages")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    for package in
        packages.filter(|package| package.get("type").is_none_or(|kind| kind != "metapackage"))
    {
        let Some(requirer) = package.get("name").and_then(Value::as_str) else {
            continue;
        };
        let requires = package
            .get("require")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(name, _)| name);
        let missing: Vec<String> = requires
            .filter(|name| replaces.contains(*name))
            .cloned()
            .collect();
        if missing.is_empty() {
            continue;
        }
        let mut sets = BTreeSet::new();
        for name in &missing {
            let of = library.sets_of(name, vendor).map(|set| set.name.clone());
            sets.extend(of.filter(|set| taken_out.contains(set)));
        }
        ends.push(OpenEnd {
            sets: sets.into_iter().collect(),
            requirer: requirer.to_owned(),
            missing,
            of_sets: library
                .sets_of(requirer, vendor)
                .map(|set| set.name.clone())
                .collect(),
        });
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_stays_and_misses_something_is_found() {
        let lock = json!({"packages": [
            {"name": "mage-os/page-builder", "type": "metapackage", "require": {"mage-os/module-page-builder": "1"}},
            {"name": "mage-os/module-paypal", "type": "magento2-module", "require": {"mage-os/module-vault": "1", "mage-os/framework": "1"}},
            {"name": "acme/stored-cards", "type": "magento2-module", "require": {"magento/module-vault": "*"}},
        ]});
        let replaces = [
            "mage-os/module-vault",
            "magento/module-vault",
            "mage-os/module-page-builder",
        ]
        .map(str::to_owned)
        .into();
        let ends = open_ends(
            &Library::bundled(),
            &lock,
            &replaces,
            &["vault".into(), "page-builder".into()],
            "mage-os",
        );
        assert_eq!(ends.len(), 2);
        assert_eq!(
            (ends[0].requirer.as_str(), &ends[0].sets, &ends[0].of_sets),
            (
                "mage-os/module-paypal",
                &vec!["vault".to_owned()],
                &vec!["paypal".to_owned()]
            )
        );
        assert_eq!(
            (
                ends[1].requirer.as_str(),
                &ends[1].sets,
                ends[1].of_sets.len()
            ),
            ("acme/stored-cards", &vec!["vault".to_owned()], 0)
        );
    }
}
