//! Whatever the metadata, the root and the lock say: resolving ends without a panic, and what it finds can be installed.

use crate::by_name::ByName;
use composer_engine::format::package::Package;
use composer_engine::format::package::loader;
use composer_engine::format::root::RootPackage;
use composer_engine::format::version::Version;
use composer_engine::repository::platform::Platform;
use composer_engine::repository::{Options, PackageSource, RepositoryError, RepositorySet};
use composer_engine::resolve::blocking::Blocking;
use composer_engine::resolve::lock::verify::{VerifyError, verify};
use composer_engine::resolve::platform::PlatformFilter;
use composer_engine::resolve::request::UpdateScope;
use composer_engine::resolve::solvability::{Requirements, RootFamily, Solvability};
use composer_engine::resolve::update::narrow::{Narrow, narrow};
use composer_engine::resolve::update::{
    Chosen, LockedPackages, Update, UpdateError, UpdateOptions, update,
};
use composer_engine::resolve::world::StandIns;
use proptest::prelude::*;
use proptest::sample::select;
use rustc_hash::FxHashSet;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

const NAMES: &[&str] = &["a/a", "a/b", "b/c", "b/d", "c/e", "c/f"];
const ODD_NAMES: &[&str] = &[
    "php",
    "ext-json",
    "ext-nope",
    "A/A",
    "composer-runtime-api",
    "root/root",
    "",
    "no vendor",
    "lib-x",
    "a/*",
    "é/ü",
];
const VERSIONS: &[&str] = &[
    "1.0.0",
    "1.1.0",
    "v1.2",
    "2.0.0-beta1",
    "2.0.0",
    "2.1.0-p1",
    "dev-main",
    "dev-feature",
    "1.x-dev",
];
const ODD_VERSIONS: &[&str] = &[
    "",
    "nonsense",
    "9999999999999999999999.0",
    "dev-",
    "1.0.0.0.0",
    "dev-main#abc",
    "é",
];
const CONSTRAINTS: &[&str] = &[
    "*",
    "*",
    "*",
    ">=1.0",
    ">=1.0",
    "^1.0 || ^2.0",
    "*",
    "^1.0",
    "^2.0",
    "~1.1",
    ">=1.1 <2.1",
    "1.0.0",
    "dev-main",
    "1.x-dev",
    "^1.0 || ^2.0@beta",
    "self.version",
    "!=1.1.0",
    "dev-main as 1.5.0",
    "<2@dev",
];
const ODD_CONSTRAINTS: &[&str] = &[
    "",
    "nonsense >",
    "^",
    "|| ||",
    "dev-main#0123abc",
    ">=1 as 2",
    "1 - 2 - 3",
    "@dev",
    "2.0.0 as",
    "999999999999999999999.*",
    "é",
];

fn mostly(
    usual: &'static [&'static str],
    odd: &'static [&'static str],
) -> impl Strategy<Value = String> {
    prop_oneof![400 => select(usual), 1 => select(odd)].prop_map(str::to_owned)
}

fn name() -> impl Strategy<Value = String> {
    mostly(NAMES, ODD_NAMES)
}

fn constraint() -> impl Strategy<Value = Value> {
    prop_oneof![600 => mostly(CONSTRAINTS, ODD_CONSTRAINTS).prop_map(Value::from), 1 => odd_value()]
}

/// What should be something else.
fn odd_value() -> impl Strategy<Value = Value> {
    select(vec![
        json!(null),
        json!(true),
        json!(7),
        json!(1.5e300),
        json!([]),
        json!({}),
        json!(["a/a"]),
        json!({"0": "x"}),
        json!("text"),
    ])
}

fn links(at_most: usize) -> impl Strategy<Value = Value> {
    let map = prop::collection::vec((name(), constraint()), 0..=at_most)
        .prop_map(|links| Value::Object(links.into_iter().collect()));
    prop_oneof![600 => map, 1 => odd_value()]
}

fn package() -> impl Strategy<Value = Value> {
    let required = (name(), mostly(VERSIONS, ODD_VERSIONS), links(1));
    let field = prop_oneof![
        6 => (select(vec!["conflict", "replace", "provide"]), links(2)),
        6 => Just((
            "extra",
            json!({"branch-alias": {"dev-main": "1.x-dev", "dev-feature": "nonsense"}})
        )),
        6 => Just((
            "source",
            json!({"type": "git", "url": "https://example.org", "reference": "0123456789abcdef0123456789abcdef01234567"})
        )),
        6 => Just(("default-branch", json!(true))),
        6 => Just(("abandoned", json!("a/b"))),
        1 => (
            select(vec![
                "type",
                "extra",
                "source",
                "dist",
                "autoload",
                "time",
                "default-branch",
                "name"
            ]),
            odd_value()
        ),
    ];
    (required, prop::collection::vec(field, 0..2)).prop_map(|((name, version, require), fields)| {
        let mut package = json!({"name": name, "version": version, "require": require});
        for (key, value) in fields {
            package[key] = value;
        }
        package
    })
}

fn repository() -> impl Strategy<Value = Value> {
    let advisories = json!({"a/a": [{"advisoryId": "PKSA-1", "affectedVersions": ">=1.1"}, {"advisoryId": 7}], "a/b": 7});
    let malware =
        json!({"malware": [{"package": "b/c", "constraint": "2.0.0"}, {"constraint": []}]});
    let field = prop_oneof![
        Just(("canonical", json!(false))),
        Just(("only", json!(["a/*", "b/c"]))),
        Just(("exclude", json!(["c/e"]))),
        Just(("security-advisories", advisories)),
        Just(("filter", malware)),
    ];
    (
        prop::collection::vec(package(), 10..40),
        prop::option::of(field),
    )
        .prop_map(|(packages, field)| {
            let mut repository = json!({"type": "package", "package": packages});
            if let Some((key, value)) = field {
                repository[key] = value;
            }
            repository
        })
}

fn root() -> impl Strategy<Value = Value> {
    let sections = (
        links(2),
        links(2),
        prop::option::of(links(1)),
        prop::option::of(links(1)),
    );
    let stability = select(vec![json!("stable"), json!("dev"), json!("dev")]);
    (sections, prop::collection::vec(repository(), 1..3), stability, any::<bool>()).prop_map(
        |((require, require_dev, conflict, replace), mut repositories, stability, stable)| {
            repositories.push(json!({"packagist.org": false}));
            let mut root = json!({"name": "root/root", "require": require, "require-dev": require_dev, "repositories": repositories, "minimum-stability": stability, "prefer-stable": stable});
            for (key, value) in [("conflict", conflict), ("replace", replace)] {
                if let Some(root) = root.as_object_mut() {
                    root.extend(value.map(|value| (key.to_owned(), value)));
                }
            }
            root
        },
    )
}

/// Moves inline packages to Composer repositories in a folder, where an unusable version spoils nothing but itself.
fn to_files(root: &mut Value, folder: &Path) {
    for (index, repository) in root["repositories"]
        .as_array_mut()
        .into_iter()
        .flatten()
        .enumerate()
    {
        let Some(packages) = repository.get_mut("package").map(Value::take) else {
            continue;
        };
        let folder = folder.join(index.to_string());
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(
            folder.join("packages.json"),
            json!({"packages": [packages]}).to_string(),
        )
        .unwrap();
        repository["type"] = "composer".into();
        repository["url"] = format!("file://{}", folder.display()).into();
    }
}

/// Leaves one package of each name and version, since one that says something else elsewhere is not one that a lock can hold
/// on to, no branch that another one is an alias of, and of each name one default branch, as all have the same alias. Says
/// whether some package stands in for another.
fn forget_repeats(root: &mut Value) -> bool {
    let mut seen = BTreeSet::new();
    let mut with_default_branch = BTreeSet::new();
    let mut stands_in = false;
    for repository in root["repositories"].as_array_mut().into_iter().flatten() {
        if let Some(Value::Array(packages)) = repository.get_mut("package") {
            packages.retain(|package| {
                package["version"] != "1.x-dev"
                    && seen.insert(format!("{}{}", package["name"], package["version"]))
            });
            for package in &mut *packages {
                if package["default-branch"] == true
                    && !with_default_branch.insert(package["name"].to_string())
                {
                    package["default-branch"] = false.into();
                }
            }
            stands_in |= packages
                .iter()
                .any(|package| package.get("provide").or(package.get("replace")).is_some());
        }
    }
    stands_in
}

#[derive(Debug, Clone)]
struct Choices {
    update_only: Vec<String>,
    scope: UpdateScope,
    minimal_changes: bool,
    prefer_lowest: bool,
    metadata_only: bool,
    ignores_platform: bool,
}

fn choices() -> impl Strategy<Value = Choices> {
    let scope = select(vec![
        UpdateScope::Listed,
        UpdateScope::WithDependencies,
        UpdateScope::WithAllDependencies,
    ]);
    let flags = (
        any::<bool>(),
        any::<bool>(),
        prop::bool::weighted(0.1),
        any::<bool>(),
    );
    (prop::collection::vec(name(), 0..3), scope, flags).prop_map(
        |(
            update_only,
            scope,
            (minimal_changes, prefer_lowest, metadata_only, ignores_platform),
        )| Choices {
            update_only,
            scope,
            minimal_changes,
            prefer_lowest,
            metadata_only,
            ignores_platform,
        },
    )
}

/// The repositories of a root.
fn open(root: &Value) -> Result<RepositorySet, RepositoryError> {
    RepositorySet::open(root, Path::new("."), &Options::default())
}

/// Whatever PHP and extensions there are.
fn of_any_platform() -> UpdateOptions {
    UpdateOptions {
        filter: PlatformFilter::All,
        ..UpdateOptions::default()
    }
}

/// What a first update of a root locks, from its repositories; none where the root is odd or has no solution.
fn installed(root: &Value) -> Option<(RepositorySet, LockedPackages)> {
    let loaded = RootPackage::load(root).ok()?;
    let source = open(root).ok()?;
    let found = update(&source, &loaded, None, &of_any_platform()).ok()?;
    Some((source, locked(&found)))
}

/// The version of each package that was chosen.
fn versions(found: &Update) -> BTreeMap<Arc<str>, Version> {
    let all = found.packages.iter().chain(&found.packages_dev);
    all.map(|chosen| (chosen.package.name.clone(), chosen.package.version.clone()))
        .collect()
}

fn locked(update: &Update) -> LockedPackages {
    let packages = |chosen: &[Chosen]| -> Vec<Arc<Package>> {
        chosen.iter().map(|chosen| chosen.package.clone()).collect()
    };
    LockedPackages {
        packages: packages(&update.packages),
        packages_dev: packages(&update.packages_dev),
        aliases: update.aliases.clone(),
    }
}

/// How many packages stay, but in another version than the locked one.
fn moved(old: &LockedPackages, new: &BTreeMap<Arc<str>, Version>) -> usize {
    let moved = |package: &&Arc<Package>| {
        new.get(&package.name)
            .is_some_and(|version| *version != package.version)
    };
    old.all().filter(moved).count()
}

#[test]
fn locked_packages_may_replace_each_other() {
    let package = |name: &str, other: &str| json!({"name": name, "version": "1.0.0", "replace": {other: "*"}});
    let packages = [package("a/a", "a/b"), package("a/b", "a/a")];
    let shop = json!({"name": "b/c", "version": "1.0.0", "require": {"a/a": "*"}});
    let repositories = json!([{"type": "package", "package": [packages[0], packages[1], shop]}, {"packagist.org": false}]);
    let root = json!({"require": {"b/c": "*"}, "repositories": repositories});
    let source = open(&root).unwrap();
    let load = |entry: &Value| Arc::new(loader::load(Arc::new(entry.clone())).unwrap());
    let old = LockedPackages {
        packages: vec![load(&packages[0]), load(&packages[1]), load(&shop)],
        ..LockedPackages::default()
    };
    let options = UpdateOptions {
        update_only: vec!["b/c".into()],
        scope: UpdateScope::WithAllDependencies,
        ..UpdateOptions::default()
    };
    let root = RootPackage::load(&root).unwrap();
    let found = update(&source, &root, Some(&old), &options).unwrap();
    assert_eq!(found.packages.len(), 2);
}

#[test]
fn a_package_may_replace_itself() {
    let package = json!({"name": "a/a", "version": "1.0.0", "replace": {"a/a": "*"}});
    let repositories = json!([{"type": "package", "package": [package]}, {"packagist.org": false}]);
    let root = json!({"require": {"a/a": "*"}, "repositories": repositories});
    let source = open(&root).unwrap();
    let root = RootPackage::load(&root).unwrap();
    let options = UpdateOptions::default();
    let found = update(&source, &root, None, &options).unwrap();
    let verdict = verify(&source, &root, &locked(&found), &[], &options.filter);
    assert!(verdict.is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, max_shrink_iters: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_world_is_resolved_or_explained(
        mut root in root(),
        from_files in any::<bool>(),
        lock in prop::option::of(prop::collection::vec(package(), 0..6)),
        choices in choices(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        if from_files {
            to_files(&mut root, folder.path());
        }
        let (Ok(loaded), Ok(source)) = (RootPackage::load(&root), open(&root)) else {
            return Ok(());
        };
        let old = lock.map(|entries| LockedPackages {
            packages: entries.into_iter().filter_map(|entry| Some(Arc::new(loader::load(Arc::new(entry)).ok()?))).collect(),
            ..LockedPackages::default()
        });
        let platform = Platform::of_php("8.3.2").packages;
        let options = UpdateOptions {
            update_only: choices.update_only.iter().filter(|_| old.is_some()).map(|name| name.to_lowercase().into()).collect(),
            scope: choices.scope,
            minimal_changes: choices.minimal_changes,
            prefer_lowest: choices.prefer_lowest,
            metadata_only: choices.metadata_only && old.is_some(),
            filter: if choices.ignores_platform { PlatformFilter::All } else { PlatformFilter::Nothing },
            platform: platform.clone(),
            blocking: Blocking::read([&root], |_| None).unwrap_or_default(),
            ..UpdateOptions::default()
        };
        let found = match update(&source as &dyn PackageSource, &loaded, old.as_ref(), &options) {
            Ok(found) => found,
            Err(UpdateError::Internal(message)) => return Err(TestCaseError::fail(message)),
            Err(_) => return Ok(()),
        };
        // An update of metadata alone asks for what is locked, not for what the root requires.
        if !options.metadata_only {
            match verify(&source, &loaded, &locked(&found), &platform, &options.filter) {
                Ok(()) => {}
                Err(VerifyError::Incompatible(explanation)) => prop_assert!(false, "{}", explanation.text),
                Err(error) => prop_assert!(false, "{error}"),
            }
        }
    }

    /// A look at what has to move finds an answer where a look at every version finds one, and it keeps no fewer of the locked
    /// packages. Where as many can be kept in several ways, the two may part; and a locked branch that fits by its alias
    /// alone is kept, while Composer goes for a higher version. Only where a version that is not looked at stands in for
    /// what is asked for may Composer take that version instead.
    #[test]
    fn a_small_pool_gives_the_answer_of_the_whole(
        mut root in root(),
        require in links(3),
        is_by_name in any::<bool>(),
    ) {
        let stands_in = forget_repeats(&mut root);
        let Some((all, old)) = installed(&root) else {
            return Ok(());
        };
        let by_name = ByName::new(&all);
        let source: &dyn PackageSource = if is_by_name { &by_name } else { &all };
        let mut asked = root;
        asked["require"] = require;
        let Ok(loaded) = RootPackage::load(&asked) else {
            return Ok(());
        };
        let names: FxHashSet<Arc<str>> = old.all().map(|package| package.name.clone()).collect();
        let options = UpdateOptions {
            minimal_changes: true,
            thorough: true,
            stand_ins: StandIns::Missing,
            put_back: Some(names.clone()),
            may_stay: Some(names.clone()),
            ..of_any_platform()
        };
        let whole = update(source, &loaded, Some(&old), &options);
        let small = match narrow(source, &loaded, Some(&old), &options, &names) {
            Narrow::Ended(outcome) => *outcome,
            Narrow::TooNarrow | Narrow::Contradiction => {
                update(source, &loaded, Some(&old), &options)
            }
        };
        match (whole, small) {
            (Ok(whole), Ok(small)) => {
                let verdict = verify(source, &loaded, &locked(&small), &[], &options.filter);
                prop_assert!(verdict.is_ok(), "{verdict:?}");
                let (whole, small) = (versions(&whole), versions(&small));
                let keeps_more = moved(&old, &small) <= moved(&old, &whole);
                prop_assert!(whole == small || keeps_more || stands_in, "{whole:?} and {small:?}");
            }
            (whole, small) => prop_assert!(whole.is_ok() == small.is_ok() || stands_in && small.is_ok()),
        }
    }

    /// Offered where they are needed, locked packages that repositories have lost stay exactly where there is no solution
    /// without them, and what is found is what is found without or with all of them. Where none could stand beside other
    /// versions, it does not matter whether they are offered.
    #[test]
    fn what_is_lost_stays_only_where_it_must(
        mut root in root(),
        require in links(3),
        lost in prop::collection::vec(any::<bool>(), 8),
    ) {
        forget_repeats(&mut root);
        let Some((_, old)) = installed(&root) else {
            return Ok(());
        };
        let gone: Vec<&Arc<Package>> = old.all().zip(lost.iter().cycle()).filter(|(_, lost)| **lost).map(|(package, _)| package).collect();
        for repository in root["repositories"].as_array_mut().into_iter().flatten() {
            let Some(packages) = repository.get_mut("package").and_then(Value::as_array_mut) else {
                continue;
            };
            packages.retain(|entry| {
                let Ok(entry) = loader::load(Arc::new(entry.clone())) else {
                    return true;
                };
                !gone.iter().any(|gone| gone.name == entry.name && gone.version == entry.version)
            });
        }
        root["require"] = require;
        let (Ok(loaded), Ok(source)) = (RootPackage::load(&root), open(&root)) else {
            return Ok(());
        };
        let names: FxHashSet<Arc<str>> = old.all().map(|package| package.name.clone()).collect();
        let asked = |stand_ins| {
            let options = UpdateOptions {
                minimal_changes: true,
                thorough: true,
                stand_ins,
                may_stay: Some(names.clone()),
                ..of_any_platform()
            };
            update(&source, &loaded, Some(&old), &options)
        };
        let missing = asked(StandIns::Missing);
        let all = asked(StandIns::All);
        for (one, other) in [(&missing, &all), (&all, &missing)] {
            // Where the one question says that they are the same, the other has the same answer, and says so as well.
            if let Err(UpdateError::Unsolvable { explanation, stand_ins_matter: false, .. }) = one {
                let Err(UpdateError::Unsolvable { explanation: same, stand_ins_matter, .. }) = other else {
                    return Err(TestCaseError::fail(explanation.text.clone()));
                };
                prop_assert_eq!(&explanation.text, &same.text);
                prop_assert!(!stand_ins_matter);
            }
        }
        let plain = missing.or(all);
        match (plain, asked(StandIns::WhereNeeded)) {
            (Ok(plain), Ok(needed)) => prop_assert_eq!(versions(&plain), versions(&needed)),
            // With all of them the answer may not hold without the packages for development, and then it is no answer.
            (plain, needed) => {
                let is_open = matches!(needed, Err(UpdateError::UnsolvableWithoutDev { .. }));
                prop_assert!(is_open || plain.is_err() && needed.is_err());
            }
        }
    }

    /// One pool for a family of roots answers about each of them as a pool of its own does, with and without a lock, and has a
    /// solution for a root where there is one.
    #[test]
    fn one_pool_answers_for_many_roots(
        mut root in root(),
        left_out in prop::collection::vec(any::<bool>(), 3),
        loosened in prop::collection::vec(any::<bool>(), 3),
        is_by_name in any::<bool>(),
        require in links(3),
        is_locked in any::<bool>(),
    ) {
        root["require-dev"] = json!({});
        forget_repeats(&mut root);
        let old = is_locked.then(|| installed(&root)).flatten().map(|(_, old)| old);
        if is_locked {
            root["require"] = require;
        }
        let (Ok(loaded), Ok(all)) = (RootPackage::load(&root), open(&root)) else {
            return Ok(());
        };
        let by_name = ByName::new(&all);
        let source: &dyn PackageSource = if is_by_name { &by_name } else { &all };
        let required = root["require"].as_object().cloned().unwrap_or_default();
        let mut all_loose = root.clone();
        for name in required.keys() {
            all_loose["require"][name] = "*".into();
        }
        let mut asked = root;
        let choices = left_out.iter().zip(&loosened).cycle();
        for (name, (left_out, loosened)) in required.keys().zip(choices) {
            if *left_out {
                asked["require"].as_object_mut().expect("a map").remove(name);
            } else if *loosened {
                asked["require"][name] = "*".into();
            }
        }
        let requirements = |root: &Value| -> Requirements {
            let root = RootPackage::load(root).expect("it was read before");
            let links = root.all_requires().into_iter();
            links.map(|(name, link)| (name, link.into())).collect()
        };
        let options = UpdateOptions {
            minimal_changes: is_locked,
            stand_ins: if is_locked { StandIns::All } else { StandIns::default() },
            thorough: true,
            unexplained: true,
            ..of_any_platform()
        };
        // The others require all that this one does not leave out, in their own constraint or in any.
        let loose = requirements(&all_loose).into_iter();
        let loose = loose.filter(|(name, _)| required.keys().zip(loosened.iter().cycle()).any(|(other, loosened)| *loosened && other.eq_ignore_ascii_case(name)));
        let variants: Vec<_> = loose.collect();
        let kept = requirements(&asked);
        let optional: FxHashSet<Arc<str>> = requirements(&all_loose).into_keys().filter(|name| !kept.contains_key(name)).collect();
        // A root that does not require a name gives it no alias, either.
        if loaded.aliases.iter().any(|alias| optional.contains(&alias.package)) {
            return Ok(());
        }
        let family = RootFamily {
            root: &loaded,
            variants: &variants,
            optional: &optional,
        };
        let family = Solvability::new(source, family, old.as_ref(), &options);
        let by_family = family.holds(&kept);
        // Stability flags are those of the family.
        let mut own = RootPackage::load(&asked).expect("it was read before");
        own.stability_flags = loaded.stability_flags.clone();
        own.aliases = loaded.aliases.clone();
        own.references = loaded.references.clone();
        let by_itself = update(source, &own, old.as_ref(), &options).is_ok();
        prop_assert_eq!(by_family, by_itself, "{}", asked);
        prop_assert_eq!(family.solution(&own).is_some(), by_itself, "{}", asked);
    }
}
