//! Whether a new lock is what a switch promises: one product, one base, nothing of the old core.

use crate::distribution::{Direction, LiveFacts, Target, is_core_elsewhere, is_core_of};
use crate::plan::sentence::list;
use crate::plan::{Code, Finding};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What is wrong with a new lock, as blockers; `root` is the composer.json it belongs to. Composer itself finds nothing
/// wrong with two products or a core mixed of two distributions; the shop then runs code of both.
///
/// A name of the old vendor is no leftover by itself. What the target's own packages require under that name, what
/// composer.json asks for by that name, tools that only development needs, and what these need in turn belong to the store.
pub(crate) fn findings(root: &Value, lock: &Value, target: Target) -> Vec<Finding> {
    let sections = ["packages", "packages-dev"]
        .into_iter()
        .filter_map(|section| lock.get(section)?.as_array());
    let mut findings = Vec::new();
    let products: Vec<&str> = sections
        .flatten()
        .filter_map(|entry| entry.get("name")?.as_str())
        .filter(|name| is_edition(name))
        .collect();
    let expected = target.stack();
    for name in &products {
        if !expected
            .iter()
            .any(|target| target.facts().product == *name)
        {
            findings.push(blocker(
                Code::SecondProduct,
                name,
                format!("{name} would be installed next to {}", target.facts().product),
                format!("Something still requires {name}, and a repository still offers it. Both cores would be deployed over each other. Remove the requirement, or the repository."),
            ));
        }
    }
    if !products.contains(&target.facts().product.as_str()) {
        findings.push(blocker(
            Code::NoProduct,
            &target.facts().product,
            format!("{} is not in the new lock", target.facts().product),
            "composer.json has to require it.".to_string(),
        ));
    }
    findings.extend(leftovers(root, lock, target).into_iter().map(|(name, requirers)| {
        let by = match requirers.is_empty() {
            true => String::new(),
            false => format!(" {} it.", requires(&requirers)),
        };
        blocker(
            Code::OldCoreLeft,
            name,
            format!("{name} of the old core would stay"),
            format!(
                "No package of {} takes its place, and a repository of composer.json still offers it.{by} Look for a \
                 version that goes with {0}, or remove what requires it.",
                target.name()
            ),
        )
    }));
    findings
}

/// The core of another vendor that would be deployed in the target, each with those that require it.
fn leftovers<'l>(
    root: &Value,
    lock: &'l Value,
    target: Target,
) -> BTreeMap<&'l str, BTreeSet<&'l str>> {
    let mut left: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut wanted: BTreeSet<&str> = BTreeSet::new();
    let all = || {
        ["packages", "packages-dev"]
            .into_iter()
            .flat_map(|section| {
                let entries = lock.get(section).and_then(Value::as_array);
                let is_dev = section == "packages-dev";
                entries
                    .into_iter()
                    .flatten()
                    .filter_map(move |entry| Some((entry.get("name")?.as_str()?, entry, is_dev)))
            })
    };
    let kind = |entry: &'l Value| {
        entry
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    for (name, entry, is_dev) in all() {
        let left_behind = is_core_elsewhere(target.distribution(), name);
        // Mage-OS publishes empty magento/* metapackages that lead to its own packages.
        if left_behind && kind(entry) != "metapackage" && has_counterpart(name, target) {
            left.insert(name, BTreeSet::new());
            let is_tool = is_dev && !kind(entry).starts_with("magento2-");
            if is_tool || asks_for(root, name) {
                wanted.insert(name);
            }
        }
    }
    for (requirer, entry, _) in all() {
        let links = entry.get("require").and_then(Value::as_object);
        for required in links.into_iter().flat_map(Map::keys) {
            let required = required.to_ascii_lowercase();
            if let Some((name, requirers)) = left
                .get_key_value(required.as_str())
                .map(|(name, _)| *name)
                .and_then(|name| Some((name, left.get_mut(name)?)))
            {
                requirers.insert(requirer);
                if is_core_of(target.distribution(), requirer) {
                    wanted.insert(name);
                }
            }
        }
    }
    // What a wanted package needs is wanted.
    loop {
        let needed: Vec<&str> = left
            .iter()
            .filter(|(name, by)| !wanted.contains(*name) && !by.is_disjoint(&wanted))
            .map(|(name, _)| *name)
            .collect();
        if needed.is_empty() {
            break;
        }
        wanted.extend(needed);
    }
    left.retain(|name, _| !wanted.contains(name));
    left
}

/// Whether a composer.json requires a package by this very name.
fn asks_for(root: &Value, name: &str) -> bool {
    ["require", "require-dev"].iter().any(|section| {
        let links = root.get(section).and_then(Value::as_object);
        links
            .into_iter()
            .flat_map(Map::keys)
            .any(|required| required.eq_ignore_ascii_case(name))
    })
}

/// Packages as the subject of a sentence that ends in what they require.
fn requires(names: &BTreeSet<&str>) -> String {
    let all: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let verb = if all.len() == 1 {
        "requires"
    } else {
        "require"
    };
    format!("{} {verb}", list(&all))
}

/// A core package whose place another one takes in the target; development tools of either vendor run everywhere.
fn has_counterpart(name: &str, target: Target) -> bool {
    let live = LiveFacts::default();
    target.others().any(|from| {
        Direction::new(from, target)
            .renamed(name, None, &live)
            .is_some()
    })
}

fn is_edition(name: &str) -> bool {
    Target::from_product(name).is_some()
}

fn blocker(code: Code, package: &str, title: String, detail: String) -> Finding {
    Finding::new(code, title, detail).of_package(package.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn codes(names: &[(&str, &str)], target: Target) -> Vec<String> {
        let packages: Vec<Value> = names
            .iter()
            .map(|(name, kind)| json!({"name": name, "version": "1", "type": kind}))
            .collect();
        findings(&json!({}), &json!({"packages": packages}), target)
            .into_iter()
            .map(|finding| finding.code().to_string())
            .collect()
    }

    #[test]
    fn a_mixed_core_is_refused() {
        let product = ("mage-os/product-community-edition", "metapackage");
        assert_eq!(
            codes(
                &[product, ("mage-os/magento2-base", "magento2-component")],
                Target::MageOs
            ),
            [""; 0]
        );
        assert_eq!(
            codes(
                &[product, ("magento/magento2-base", "magento2-component")],
                Target::MageOs
            ),
            ["old-core-left"]
        );
        assert_eq!(
            codes(
                &[product, ("magento/module-store", "metapackage")],
                Target::MageOs
            ),
            [""; 0]
        );
        assert_eq!(
            codes(
                &[
                    product,
                    ("magento/product-community-edition", "metapackage")
                ],
                Target::MageOs
            ),
            ["second-product"]
        );
        assert_eq!(codes(&[], Target::Magento), ["no-product"]);
    }

    /// The packages of the old core that a lock of Mage-OS is blocked for, with the text of the blocker.
    fn left(root: Value, packages: Value, dev: Value) -> Vec<(String, String)> {
        let mut packages = packages.as_array().unwrap().clone();
        packages.push(
            json!({"name": "mage-os/product-community-edition", "type": "metapackage",
            "require": {"magento/composer": "^1"}}),
        );
        let lock = json!({"packages": packages, "packages-dev": dev});
        let found = findings(&root, &lock, Target::MageOs).into_iter();
        found
            .map(|finding| (finding.package.unwrap(), finding.detail))
            .collect()
    }

    #[test]
    fn what_the_target_or_the_owner_asks_for_is_not_left_over() {
        let library = |name: &str| json!({"name": name, "type": "library"});
        let none = json!([]);
        assert_eq!(
            left(
                json!({}),
                json!([library("magento/composer")]),
                none.clone()
            ),
            [],
            "the product itself requires it"
        );
        let module = json!({"name": "magento/module-analytics", "type": "magento2-module",
            "require": {"magento/module-backup": "*"}});
        let backup = json!({"name": "magento/module-backup", "type": "magento2-module"});
        assert_eq!(
            left(
                json!({"require": {"Magento/module-analytics": "*"}}),
                json!([module, backup]),
                none
            ),
            [],
            "the owner asks for it, and it needs the other"
        );
    }

    #[test]
    fn tools_of_development_are_not_left_over_but_modules_are() {
        let standard = json!({"name": "magento/magento-coding-standard", "type": "phpcodesniffer-standard",
            "require": {"magento/php-compatibility-fork": "^0.1"}});
        let fork =
            json!({"name": "magento/php-compatibility-fork", "type": "phpcodesniffer-standard"});
        assert_eq!(left(json!({}), json!([]), json!([standard, fork])), []);
        let module = json!({"name": "magento/module-analytics", "type": "magento2-module"});
        let extension = json!({"name": "acme/reports", "type": "magento2-module",
            "require": {"magento/module-analytics": "*"}});
        let left = left(json!({}), json!([]), json!([module, extension]));
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].0, "magento/module-analytics");
        assert!(
            left[0].1.contains("acme/reports requires it"),
            "{}",
            left[0].1
        );
    }

    #[test]
    fn commerce_contains_open_source() {
        let products = [
            ("magento/product-community-edition", "metapackage"),
            ("magento/product-enterprise-edition", "metapackage"),
        ];
        assert_eq!(codes(&products, Target::Commerce), [""; 0]);
        assert_eq!(codes(&products, Target::Magento), ["second-product"]);
    }
}
