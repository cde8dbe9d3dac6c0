//! Roots of real stores.

use super::*;
use crate::distribution::{Direction, Distribution, is_absent_in, is_core, is_core_of};
use crate::planner::root::repositories::entry::entries;
use composer_engine::format::root::plugin_rules::{PluginRules, Verdict, plugins};

/// What must hold of any merged root; `before` is the store's.
fn check_invariants(store: &str, before: &Value, merge: &RootMerge, target: Target) {
    let root = merge.document.value();
    let names = |section: &str| -> Vec<String> {
        let members = root.get(section).and_then(Value::as_object);
        members
            .map(|members| members.keys().cloned().collect())
            .unwrap_or_default()
    };
    JsonDocument::parse(merge.document.text().to_owned()).expect("the text stays JSON");
    let mut products: Vec<Target> = names("require")
        .iter()
        .filter_map(|name| Target::from_product(name))
        .collect();
    if target == Target::CommerceCloud {
        products.retain(|product| *product != Target::Commerce);
    }
    assert_eq!(products, [target], "{store}: exactly one product");
    let distribution = target.distribution();
    for section in ["require", "require-dev"] {
        for name in names(section) {
            assert!(
                !is_foreign_core(distribution, &name) || name == Target::Magento.facts().product,
                "{store} {target}: {name}"
            );
        }
    }
    let foreign = if distribution == Distribution::MageOs {
        "magento/"
    } else {
        "mage-os/"
    };
    for name in names("replace") {
        let there = Direction::new(Target::Magento, target);
        let twin = there.renamed(&name, None, &LiveFacts::default());
        assert!(
            twin.is_none_or(|twin| names("replace").contains(&twin)),
            "{store} {target}: {name} stands alone"
        );
        // What the owner takes out may be what only Commerce has: of no use elsewhere, and no harm.
        let is_owners = before
            .pointer("/replace")
            .is_some_and(|own| own.get(&name).is_some());
        assert!(
            distribution == Distribution::MageOs
                || !is_foreign_core(distribution, &name)
                || is_owners && !name.starts_with(foreign),
            "{store} {target}: {name}"
        );
    }
    for entry in entries(&merge.document) {
        let open = entry.patterns("only").is_none()
            && entry
                .patterns("exclude")
                .is_none_or(|patterns| !patterns.contains(&format!("{foreign}*")));
        let other = entry.known.is_some_and(|host| !host.serves(distribution));
        assert!(!(open && other), "{store} {target}: {} is open", entry.host);
    }
}

fn plugin_rules(root: &Value) -> PluginRules {
    PluginRules::new(root.pointer("/config/allow-plugins"))
}

/// What the store says of a plugin of its vendor folder stays said, and something is said of the target's.
fn check_plugins(
    store: &str,
    before: &Value,
    lock: Option<&Value>,
    merge: &RootMerge,
    target: Target,
) {
    let installer = format!(
        "{}/magento-composer-installer",
        target.distribution().vendor()
    );
    assert!(
        before == merge.document.value()
            || plugin_rules(merge.document.value()).verdict(&installer) != Verdict::Unknown,
        "{store} {target}"
    );
    let (before, after) = (plugin_rules(before), plugin_rules(merge.document.value()));
    for plugin in lock.into_iter().flat_map(plugins) {
        let verdict = before.verdict(plugin);
        assert!(
            verdict == Verdict::Unknown || after.verdict(plugin) == verdict,
            "{store}: {plugin}"
        );
    }
}

/// Whether a package is core that has no place in a store of this distribution: what a switch must not leave behind.
/// Adobe's packages that Open Source brings along and a rebuild never builds run there as extensions do.
fn is_foreign_core(distribution: Distribution, name: &str) -> bool {
    is_core(name) && !is_core_of(distribution, name) && !is_absent_in(distribution, name)
}

#[test]
fn real_stores_merge_for_every_target() {
    let Some(stores) = std::env::var_os("MAGESHIFT_STORES") else {
        eprintln!("skipped: MAGESHIFT_STORES names no folder of stores");
        return;
    };
    let catalog = ReleaseCatalog::bundled();
    let mut merged = 0;
    for store in std::fs::read_dir(stores)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        let Ok(text) = std::fs::read_to_string(store.join("composer.json")) else {
            continue;
        };
        let Ok(root) = JsonDocument::parse(text) else {
            continue;
        };
        let lock = std::fs::read_to_string(store.join("composer.lock")).ok();
        let lock: Option<Value> = lock.and_then(|text| serde_json::from_str(&text).ok());
        let Ok(source) = detect(lock.as_ref(), root.value(), &catalog) else {
            continue;
        };
        for target in Target::ALL {
            let standing = crate::distribution::Standing {
                target: source.target,
                release: source.release.as_deref(),
                upstream: source.upstream.as_deref().unwrap_or_default(),
            };
            let same_line = catalog
                .default_for(target, standing)
                .or_else(|| catalog.newest(target));
            for release in same_line.into_iter().chain(catalog.newest(target)) {
                let case = Case {
                    root: root.text().to_owned(),
                    lock: lock.clone(),
                    live: LiveFacts::default(),
                    own_builds: Vec::new(),
                    included: Included::default(),
                    answers: Answers::new(),
                };
                let store = store.display().to_string();
                let merge = case.merge(target, &release.version);
                check_invariants(&store, root.value(), &merge, target);
                check_plugins(&store, root.value(), lock.as_ref(), &merge, target);
                merged += 1;
            }
        }
    }
    eprintln!("{merged} merges");
}
