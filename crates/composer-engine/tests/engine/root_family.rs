//! One pool for roots that differ in what they require knows what each of them could have.

use composer_engine::format::package::Package;
use composer_engine::format::root::RootPackage;
use composer_engine::repository::{Options, RepositorySet};
use composer_engine::resolve::platform::PlatformFilter;
use composer_engine::resolve::solvability::{RootFamily, Solvability};
use composer_engine::resolve::update::UpdateOptions;
use rustc_hash::FxHashSet;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// What a root has that requires this, asked in the pool of one that may require `all`, and perhaps not what is `optional`.
fn solution(
    packages: Value,
    all: &Value,
    optional: &[&str],
    require: Value,
) -> Option<BTreeMap<String, String>> {
    let root = |require: &Value| {
        json!({
            "name": "acme/store",
            "require": require,
            "repositories": [{ "type": "package", "package": packages }, { "packagist.org": false }],
        })
    };
    let source = RepositorySet::open(&root(all), Path::new("."), &Options::default()).unwrap();
    let [widest, asked] = [all, &require].map(|it| RootPackage::load(&root(it)).unwrap());
    let optional: FxHashSet<Arc<str>> = optional.iter().map(|name| (*name).into()).collect();
    let family = RootFamily {
        root: &widest,
        variants: &[],
        optional: &optional,
    };
    let options = UpdateOptions {
        filter: PlatformFilter::All,
        ..UpdateOptions::default()
    };
    let found = Solvability::new(&source, family, None, &options).solution(&asked)?;
    let version =
        |package: &Package| (package.name.to_string(), package.pretty_version.to_string());
    Some(found.iter().map(|it| version(&it.package)).collect())
}

fn versions(packages: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = packages.iter();
    pairs
        .map(|(name, version)| (name.to_string(), version.to_string()))
        .collect()
}

#[test]
fn what_one_root_requires_is_no_bound_for_those_that_do_not() {
    let packages = json!([
        { "name": "shop/pay", "version": "1.0.0", "require": { "log/log": "^1.0" } },
        { "name": "log/log", "version": "1.0.0" },
        { "name": "log/log", "version": "2.0.0" },
    ]);
    let both = json!({ "shop/pay": "*", "log/log": "^2.0" });
    let asked = |require| solution(packages.clone(), &both, &["log/log"], require);
    assert_eq!(asked(both.clone()), None);
    let older = versions(&[("shop/pay", "1.0.0"), ("log/log", "1.0.0")]);
    assert_eq!(asked(json!({ "shop/pay": "*" })), Some(older));
}

#[test]
fn a_solution_has_the_newest_versions_and_nothing_needless() {
    let packages = json!([
        { "name": "shop/pay", "version": "1.0.0", "require": { "log/log": "^1.0" } },
        { "name": "shop/pay", "version": "2.0.0", "require": { "log/log": "*" } },
        { "name": "log/log", "version": "1.0.0", "require": { "old/helper": "*" } },
        { "name": "log/log", "version": "2.0.0" },
        { "name": "old/helper", "version": "1.0.0" },
        { "name": "shop/mail", "version": "1.0.0" },
    ]);
    let all = json!({ "shop/pay": "*", "shop/mail": "*" });
    let found = solution(packages, &all, &["shop/mail"], json!({ "shop/pay": "*" }));
    let newest = versions(&[("shop/pay", "2.0.0"), ("log/log", "2.0.0")]);
    assert_eq!(found, Some(newest));
}
