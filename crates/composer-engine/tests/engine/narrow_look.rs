//! A look at what has to move asks for no more than that.

use crate::by_name::ByName;
use composer_engine::format::package::{Package, loader};
use composer_engine::format::root::RootPackage;
use composer_engine::repository::{Options, RepositorySet};
use composer_engine::resolve::platform::PlatformFilter;
use composer_engine::resolve::update::narrow::{Narrow, narrow};
use composer_engine::resolve::update::{LockedPackages, UpdateOptions};
use composer_engine::resolve::world::StandIns;
use rustc_hash::FxHashSet;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// What comes of looking at what has to move, everything locked being kept where it can be, and the names that repositories
/// were asked for.
fn look(packages: Value, require: Value, locked: Value) -> (Narrow, BTreeSet<String>) {
    let root = json!({
        "name": "acme/store",
        "require": require,
        "repositories": [{ "type": "package", "package": packages }, { "packagist.org": false }],
    });
    let loaded = RootPackage::load(&root).unwrap();
    let all = RepositorySet::open(&root, Path::new("."), &Options::default()).unwrap();
    let source = ByName::new(&all);
    let entries = locked.as_array().unwrap().iter();
    let packages: Vec<Arc<Package>> = entries
        .map(|entry| Arc::new(loader::load(Arc::new(entry.clone())).unwrap()))
        .collect();
    let names: FxHashSet<Arc<str>> = packages
        .iter()
        .map(|package| package.name.clone())
        .collect();
    let locked = LockedPackages {
        packages,
        ..LockedPackages::default()
    };
    let options = UpdateOptions {
        minimal_changes: true,
        thorough: true,
        stand_ins: StandIns::Missing,
        put_back: Some(names.clone()),
        may_stay: Some(names.clone()),
        filter: PlatformFilter::All,
        ..UpdateOptions::default()
    };
    let found = narrow(&source, &loaded, Some(&locked), &options, &names);
    let asked = source.asked();
    (found, asked.iter().map(|name| name.to_string()).collect())
}

/// What is chosen, and the names that repositories were asked for.
fn looked_at(
    packages: Value,
    require: Value,
    locked: Value,
) -> (BTreeMap<String, String>, BTreeSet<String>) {
    let (found, asked) = look(packages, require, locked);
    let Narrow::Ended(found) = found else {
        panic!("{found:?}");
    };
    let found = found.unwrap();
    let chosen = found.packages.iter().map(|chosen| &chosen.package);
    let chosen =
        chosen.map(|package| (package.name.to_string(), package.pretty_version.to_string()));
    (chosen.collect(), asked)
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn what_goes_against_a_pinned_core_is_not_followed() {
    let packages = json!([
        { "name": "core/product", "version": "2.0.0", "require": { "core/base": "2.0.0" } },
        { "name": "core/base", "version": "1.0.0" },
        { "name": "core/base", "version": "2.0.0", "require": { "log/log": "^3.0" } },
        { "name": "log/log", "version": "3.0.0" },
        { "name": "shop/pay", "version": "1.0.0", "require": { "core/base": "^1.0", "old/helper": "*" } },
        { "name": "shop/pay", "version": "2.0.0", "require": { "log/log": "^1.0", "old/writer": "*" } },
        { "name": "shop/pay", "version": "3.0.0", "require": { "core/base": "^2.0", "new/helper": "*" } },
        { "name": "old/helper", "version": "1.0.0" },
        { "name": "old/writer", "version": "1.0.0" },
        { "name": "new/helper", "version": "1.0.0" },
    ]);
    let locked = json!([
        { "name": "shop/pay", "version": "1.0.0", "require": { "core/base": "^1.0", "old/helper": "*" } },
        { "name": "shop/mail", "version": "1.0.0" },
    ]);
    let require = json!({ "core/product": "2.0.0", "shop/pay": "*", "shop/mail": "*" });
    let (chosen, asked) = looked_at(packages, require, locked);
    assert_eq!(chosen["shop/pay"], "3.0.0");
    let needed = [
        "core/product",
        "core/base",
        "log/log",
        "shop/pay",
        "new/helper",
    ];
    assert_eq!(asked, set(&needed));
}

#[test]
fn a_package_that_another_takes_the_place_of_is_not_followed() {
    let packages = json!([
        { "name": "core/product", "version": "2.0.0", "require": { "old/db": "3.0.0", "core/base": "2.0.0" } },
        { "name": "core/base", "version": "2.0.0", "require": { "new/db": "2.0.0" } },
        { "name": "new/db", "version": "1.0.0", "replace": { "old/db": "3.0.0" } },
        { "name": "new/db", "version": "2.0.0", "replace": { "old/db": "3.0.0" } },
        { "name": "old/db", "version": "3.0.0", "require": { "new/db": "1.0.0" } },
        { "name": "shop/pay", "version": "2.0.0" },
    ]);
    let locked =
        json!([{ "name": "shop/pay", "version": "1.0.0", "require": { "old/db": "^3.0" } }]);
    let require = json!({ "core/product": "2.0.0", "shop/pay": "*" });
    let (chosen, asked) = looked_at(packages, require, locked);
    assert_eq!(chosen["shop/pay"], "1.0.0");
    assert_eq!(chosen["new/db"], "2.0.0");
    assert!(!asked.contains("shop/pay"), "{asked:?}");
}

#[test]
fn what_is_new_takes_the_version_that_lets_the_others_stay() {
    let packages = json!([
        { "name": "shop/new", "version": "1.0.0", "require": { "log/log": "^1.0" } },
        { "name": "shop/new", "version": "2.0.0", "require": { "log/log": "^2.0" } },
        { "name": "log/log", "version": "1.0.0" },
        { "name": "log/log", "version": "2.0.0" },
    ]);
    let locked = json!([{ "name": "log/log", "version": "1.0.0" }]);
    let require = json!({ "shop/new": "*", "log/log": "*" });
    let (chosen, asked) = looked_at(packages, require, locked);
    assert_eq!(chosen["shop/new"], "1.0.0");
    assert_eq!(chosen["log/log"], "1.0.0");
    assert_eq!(asked, set(&["shop/new"]));
}

#[test]
fn what_every_version_wants_is_wanted() {
    let packages = json!([
        { "name": "shop/new", "version": "1.0.0", "require": { "log/log": "^2.0" } },
        { "name": "shop/new", "version": "2.0.0", "require": { "log/log": "^2.1" } },
        { "name": "log/log", "version": "1.0.0", "require": { "old/helper": "*" } },
        { "name": "log/log", "version": "2.1.0" },
        { "name": "old/helper", "version": "1.0.0" },
    ]);
    let locked =
        json!([{ "name": "log/log", "version": "1.0.0", "require": { "old/helper": "*" } }]);
    let require = json!({ "shop/new": "*", "log/log": "*" });
    let (chosen, asked) = looked_at(packages, require, locked);
    assert_eq!(chosen["shop/new"], "2.0.0");
    assert_eq!(chosen["log/log"], "2.1.0");
    assert_eq!(asked, set(&["shop/new", "log/log"]));
}

#[test]
fn what_is_certain_and_contradicts_itself_ends_the_look_before_it_begins() {
    let packages = json!([
        { "name": "core/product", "version": "2.0.0", "require": { "core/base": "2.0.0" } },
        { "name": "core/base", "version": "1.0.0" },
        { "name": "core/base", "version": "2.0.0" },
        { "name": "shop/pay", "version": "1.0.0", "require": { "core/base": "^1.0", "old/helper": "*" } },
        { "name": "shop/pay", "version": "1.1.0", "require": { "core/base": "^1.0", "old/helper": "*" } },
        { "name": "old/helper", "version": "1.0.0" },
        { "name": "shop/mail", "version": "1.0.0", "require": { "log/log": "^1.0" } },
        { "name": "log/log", "version": "1.0.0" },
    ]);
    let locked = json!([
        { "name": "shop/pay", "version": "1.0.0", "require": { "core/base": "^1.0", "old/helper": "*" } },
        { "name": "old/helper", "version": "1.0.0" },
    ]);
    let require = json!({ "core/product": "2.0.0", "shop/pay": "*", "shop/mail": "*" });
    let (found, asked) = look(packages, require, locked);
    assert!(matches!(found, Narrow::Contradiction), "{found:?}");
    assert!(!asked.contains("old/helper"), "{asked:?}");
}

#[test]
fn a_contradiction_that_nothing_kept_takes_part_in_is_no_reason_to_look_at_more() {
    // What a locked package replaces is not certain, so that both contradictions are met by the solver.
    let packages = json!([
        { "name": "new/tool", "version": "1.0.0", "require": { "log/log": "^2.0" } },
        { "name": "log/log", "version": "2.0.0" },
        { "name": "shop/pay", "version": "1.0.0", "require": { "core/none": "*" } },
    ]);
    let locked = json!([
        { "name": "shop/stub", "version": "1.0.0", "replace": { "log/log": "0.1", "core/none": "0.1" } },
        { "name": "log/log", "version": "1.0.0" },
    ]);
    let (found, asked) = look(
        packages.clone(),
        json!({ "new/tool": "*", "shop/pay": "1.0.0" }),
        locked.clone(),
    );
    assert!(matches!(found, Narrow::Contradiction), "{found:?}");
    assert!(!asked.contains("log/log"), "{asked:?}");
    // The one with a kept package alone is: there is a solution once that is looked at.
    let (chosen, asked) = looked_at(packages, json!({ "new/tool": "*" }), locked);
    assert_eq!(chosen["log/log"], "2.0.0");
    assert!(asked.contains("log/log"), "{asked:?}");
}
