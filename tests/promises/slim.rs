//! `mageshift slim` takes feature sets out of a store that exists, and `mageshift switch --profile` does so on the way.

use crate::kit::*;
use composer_engine::format::json::document::JsonDocument;
use composer_engine::format::lock::content_hash::content_hash;
use serde_json::Value;
use std::fs;
use std::path::Path;

use crate::kit::RECORDING;

/// A copy of the sample store: Magento Open Source 2.4.8-p3 that replaces `module-dhl` and `module-marketplace`.
fn store() -> tempfile::TempDir {
    sample_store()
}

fn asked(store: &Path, words: &[&str]) -> Run {
    let common = ["-n", "--offline", "--php", "8.4", "--mirror-dir", RECORDING];
    run(store, &[words, &common].concat())
}

fn root(store: &Path) -> Value {
    serde_json::from_slice(&fs::read(store.join("composer.json")).unwrap()).unwrap()
}

fn locked(store: &Path) -> Vec<String> {
    let lock: Value =
        serde_json::from_slice(&fs::read(store.join("composer.lock")).unwrap()).unwrap();
    let packages = lock["packages"].as_array().unwrap().iter();
    packages
        .map(|package| {
            format!(
                "{} {}",
                package["name"].as_str().unwrap(),
                package["version"]
            )
        })
        .collect()
}

#[test]
fn own_code_that_needs_what_goes_blocks() {
    let store = store();
    let own = store.path().join("app/code/Acme/Own");
    fs::create_dir_all(&own).unwrap();
    fs::create_dir_all(store.path().join("app/etc")).unwrap();
    fs::write(own.join("registration.php"), "<?php").unwrap();
    let class =
        "<?php\nnamespace Acme\\Own;\nclass Label extends \\Magento\\Ups\\Model\\Carrier {}\n";
    fs::write(own.join("Label.php"), class).unwrap();
    let list = |enabled: u8| {
        format!(
            "<?php\nreturn [\n    'modules' => [\n        'Acme_Own' => {enabled},\n        'Magento_Ups' => 1\n    ]\n];\n"
        )
    };
    let config = store.path().join("app/etc/config.php");
    for (enabled, code, finding) in [
        (1, 3, "code-needs-missing-module"),
        (0, 0, "code-names-missing-module"),
    ] {
        fs::write(&config, list(enabled)).unwrap();
        let slim = asked(
            store.path(),
            &["slim", "--without", "ups", "--dry-run", "-v"],
        );
        assert_eq!(slim.code, Some(code), "{slim:?}");
        assert!(slim.stdout.contains(finding), "{slim:?}");
        assert!(
            slim.stdout.contains("app/code/Acme/Own/Label.php:3"),
            "{slim:?}"
        );
        let words: Vec<&str> = slim.stdout.split_whitespace().collect();
        let told = words.join(" ");
        assert!(
            told.contains("which `replace` in composer.json takes out"),
            "{told}"
        );
    }
}

#[test]
fn what_goes_goes_and_nothing_else_moves() {
    let store = store();
    let store = store.path();
    let before = fs::read(store.join("composer.json")).unwrap();
    let packages = locked(store);
    let slim = asked(store, &["slim", "--without", "fedex,ups", "--yes"]);
    assert_eq!(slim.code, Some(0), "{slim:?}");
    assert!(
        slim.stdout.contains("removal-leaves-data"),
        "{}",
        slim.stdout
    );
    let expected: Vec<String> = packages
        .iter()
        .filter(|line| !line.contains("/module-fedex ") && !line.contains("/module-ups "))
        .cloned()
        .collect();
    assert_eq!(locked(store), expected);
    let names: Vec<String> = root(store)["replace"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(
        names,
        [
            "magento/module-dhl",
            "magento/module-marketplace",
            "magento/module-fedex",
            "magento/module-ups"
        ]
    );

    // What the root replaced so far comes back, and with it the file as it was.
    let back = asked(store, &["slim", "--with", "fedex,ups", "--yes"]);
    assert_eq!(back.code, Some(0), "{back:?}");
    assert_eq!(locked(store), packages);
    assert_eq!(fs::read(store.join("composer.json")).unwrap(), before);
    let again = asked(store, &["slim", "--with", "fedex", "--check"]);
    assert_eq!(again.code, Some(0), "{again:?}");

    assert_eq!(run(store, &["undo"]).code, Some(0));
    assert_eq!(locked(store), expected);
}

#[test]
fn what_connects_two_sets_stays_away_with_either() {
    let store = store();
    let once = asked(store.path(), &["slim", "--without", "send-friend", "--yes"]);
    assert_eq!(once.code, Some(0), "{once:?}");
    let after = root(store.path());
    assert!(after["replace"].get("magento/module-send-friend").is_some());
    // GraphQL is wanted, and its part for what is gone comes back neither at once nor with the next run.
    for words in [
        &["slim", "--with", "graphql", "--yes"][..],
        &[
            "slim",
            "--with",
            "graphql",
            "--without",
            "send-friend",
            "--yes",
        ],
    ] {
        let again = asked(store.path(), words);
        assert_eq!(again.code, Some(0), "{again:?}");
        assert!(again.stdout.contains("Nothing to change"), "{again:?}");
        assert_eq!(root(store.path()), after);
    }
}

#[test]
fn an_extension_that_requires_what_should_go_blocks_and_names_the_set() {
    let store = store();
    let slim = asked(
        store.path(),
        &["slim", "--without", "graphql", "--yes", "-v"],
    );
    assert_eq!(slim.code, Some(3), "{slim:?}");
    assert!(
        slim.stdout
            .contains("smile/elasticsuite requires magento/module-catalog-graph-ql"),
        "{}",
        slim.stdout
    );
    assert!(slim.stdout.contains("--with graphql"), "{}", slim.stdout);
}

#[test]
fn what_the_root_itself_requires_is_no_profiles_to_take_out() {
    let store = store();
    let path = store.path().join("composer.json");
    let text = fs::read_to_string(&path).unwrap();
    let wish = "\"magento/module-swagger\": \"*\",\n        \"mageplaza/module-smtp\"";
    fs::write(&path, text.replace("\"mageplaza/module-smtp\"", wish)).unwrap();
    let profile = ["slim", "--profile", "b2c", "--dry-run", "-v"];
    let kept = asked(store.path(), &profile);
    assert!(
        kept.stdout.contains("swagger stays [set-kept]")
            && kept.stdout.contains("composer.json requires it"),
        "{kept:?}"
    );
    let named = asked(
        store.path(),
        &[&profile[..], &["--without", "swagger"]].concat(),
    );
    assert!(!named.stdout.contains("set-kept"), "{named:?}");
}

#[test]
fn what_cannot_be_meant_is_wrong_usage() {
    let store = store();
    for (words, says) in [
        (&["slim"][..], "nobody to ask what goes"),
        (
            &["slim", "--profile", "minimal"],
            "Magento Open Source has no minimal edition",
        ),
        (
            &["slim", "--theme", "hyva"],
            "comes from a repository of your own",
        ),
        (&["slim", "--without", "fedexx"], "did you mean `fedex`?"),
    ] {
        let refused = asked(store.path(), words);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.stderr.contains(says), "{}", refused.stderr);
    }
}

#[test]
fn a_switch_leaves_behind_what_the_profile_does_without() {
    let store = store();
    let store = store.path();
    let words = [
        "switch",
        "--to",
        "mage-os@2.2.1",
        "--profile",
        "lite",
        "--with",
        "graphql,paypal",
        "--yes",
    ];
    let switched = asked(store, &words);
    assert_eq!(switched.code, Some(0), "{switched:?}");
    let root = root(store);
    assert_eq!(
        root["require"]["mage-os/product-community-edition"],
        "2.2.1"
    );
    for name in [
        "magento/module-dhl",
        "mage-os/module-dhl",
        "magento/module-fedex",
        "mage-os/module-fedex",
    ] {
        assert_eq!(root["replace"][name], "*", "{name}");
    }
    let locked = locked(store);
    assert!(!locked.iter().any(|line| line.contains("/module-fedex ")));
    assert!(
        locked
            .iter()
            .any(|line| line.starts_with("mage-os/module-paypal "))
    );
    assert!(
        locked
            .iter()
            .any(|line| line.starts_with("smile/elasticsuite "))
    );
}

/// The sample store with an extension that replaces the carrier UPS, and so without it.
fn with_a_replacement() -> tempfile::TempDir {
    let folder = store();
    let path = |file: &str| folder.path().join(file);
    let mut root = JsonDocument::parse(fs::read_to_string(path("composer.json")).unwrap()).unwrap();
    let extension = serde_json::json!({"name": "acme/no-ups", "version": "1.2.0", "type": "metapackage",
        "replace": {"magento/module-ups": "*"}});
    root.set(["require", "acme/no-ups"], &"^1.2".into())
        .unwrap();
    let own = serde_json::json!({"type": "package", "package": extension});
    root.list_insert("repositories", 0, &own).unwrap();
    fs::write(path("composer.json"), root.text()).unwrap();
    let mut lock: Value =
        serde_json::from_slice(&fs::read(path("composer.lock")).unwrap()).unwrap();
    lock["content-hash"] = content_hash(root.text()).unwrap().into();
    let packages = lock["packages"].as_array_mut().unwrap();
    packages.retain(|package| package["name"] != "magento/module-ups");
    packages.insert(0, extension);
    fs::write(
        path("composer.lock"),
        serde_json::to_string_pretty(&lock).unwrap(),
    )
    .unwrap();
    folder
}

#[test]
fn a_set_that_a_package_replaces_is_kept_out_by_that_package() {
    let store = with_a_replacement();
    let before = fs::read(store.path().join("composer.lock")).unwrap();
    let slim = asked(store.path(), &["slim", "--with", "ups", "--yes", "--json"]);
    assert_eq!(slim.code, Some(3), "{slim:?}");
    let plan: Value = serde_json::from_str(&slim.stdout).unwrap();
    let findings = plan["findings"].as_array().unwrap();
    let told = findings
        .iter()
        .find(|finding| finding["code"] == "set-kept-out");
    let told = told.unwrap();
    assert_eq!(told["severity"], "blocker");
    assert_eq!(told["package"], "acme/no-ups");
    assert_eq!(
        fs::read(store.path().join("composer.lock")).unwrap(),
        before
    );

    let slim = asked(
        store.path(),
        &["slim", "--without", "ups", "--dry-run", "--json"],
    );
    let plan: Value = serde_json::from_str(&slim.stdout).unwrap();
    assert_eq!(slim.code, Some(0), "{slim:?}");
    let root = plan["edits"]
        .as_array()
        .unwrap()
        .iter()
        .find(|edit| edit["path"] == "composer.json");
    assert!(
        root.is_none_or(|edit| edit["diff"] == ""),
        "it is out already"
    );
}

/// The findings of a plan with a code.
fn told(run: &Run, code: &str) -> Vec<Value> {
    let plan: Value = serde_json::from_str(&run.stdout).unwrap_or_default();
    let findings = plan["findings"].as_array().cloned().unwrap_or_default();
    let of_code = findings.into_iter();
    of_code.filter(|finding| finding["code"] == code).collect()
}

/// What composer.json requires counts before any lock holds it.
#[test]
fn a_package_that_comes_only_now_keeps_out_what_it_replaces() {
    let store = with_a_replacement();
    fs::remove_file(store.path().join("composer.lock")).unwrap();
    let words = ["switch", "--to", "mage-os", "--dry-run", "--json"];
    let asked_for = asked(store.path(), &[&words[..], &["--with", "ups"]].concat());
    assert_eq!(asked_for.code, Some(3), "{asked_for:?}");
    let kept_out = told(&asked_for, "set-kept-out");
    assert_eq!(kept_out[0]["package"], "acme/no-ups", "{asked_for:?}");
    let without = asked(store.path(), &[&words[..], &["--without", "ups"]].concat());
    assert!(
        !without.stdout.contains("module-ups\\\": \\\"*"),
        "{without:?}"
    );
}

/// The sample store whose composer.json includes a file with these links.
fn with_a_file(links: &Value) -> tempfile::TempDir {
    let folder = store();
    let path = |file: &str| folder.path().join(file);
    let plugin = serde_json::json!({"name": "wikimedia/composer-merge-plugin", "version": "2.1.0",
        "type": "composer-plugin", "require": {"composer-plugin-api": "^2.0"}});
    let mut root = JsonDocument::parse(fs::read_to_string(path("composer.json")).unwrap()).unwrap();
    root.set(
        ["require", "wikimedia/composer-merge-plugin"],
        &"^2.1".into(),
    )
    .unwrap();
    root.set(["extra", "merge-plugin", "include"], &"own/*.json".into())
        .unwrap();
    let own = serde_json::json!({"type": "package", "package": plugin});
    root.list_insert("repositories", 0, &own).unwrap();
    fs::write(path("composer.json"), root.text()).unwrap();
    fs::create_dir(path("own")).unwrap();
    fs::write(path("own/shop.json"), links.to_string()).unwrap();
    let lock = fs::read(path("composer.lock")).unwrap();
    let mut lock: Value = serde_json::from_slice(&lock).unwrap();
    lock["content-hash"] = content_hash(root.text()).unwrap().into();
    let packages = lock["packages"].as_array_mut().unwrap();
    packages.retain(|package| package["name"] != "magento/module-ups");
    packages.push(plugin);
    fs::write(path("composer.lock"), lock.to_string()).unwrap();
    folder
}

#[test]
fn files_of_the_merge_plugin_have_a_say_in_what_is_there() {
    let store = with_a_file(&serde_json::json!({
        "replace": {"magento/module-ups": "*"},
        "require": {"magento/module-fedex": "*"},
    }));
    let ups = asked(
        store.path(),
        &["slim", "--with", "ups", "--dry-run", "--json"],
    );
    assert_eq!(ups.code, Some(3), "{ups:?}");
    let kept_out = told(&ups, "set-kept-out");
    assert_eq!(kept_out[0]["path"], "own/shop.json", "{ups:?}");
    assert_eq!(kept_out[0]["severity"], "blocker");

    let catalog = ["slim", "--profile", "catalog", "--dry-run", "--json"];
    let slim = asked(store.path(), &catalog);
    let kept = told(&slim, "set-kept");
    let fedex = kept.iter().find(|kept| kept["title"] == "fedex stays");
    let fedex = fedex.unwrap_or_else(|| panic!("{slim:?}"));
    let detail = fedex["detail"].as_str().unwrap();
    assert!(detail.contains("own/shop.json requires it"), "{detail}");
}

/// module-theme names Luma as the default theme: without it no page of the storefront comes.
#[test]
fn luma_stays_where_nothing_else_is_made_the_default_theme() {
    let store = store();
    let before = fs::read(store.path().join("composer.json")).unwrap();
    let run = asked(
        store.path(),
        &["slim", "--without", "luma", "--yes", "--json"],
    );
    assert_eq!(run.code, Some(3), "{run:?}");
    let blocker = told(&run, "unsafe-removal");
    let detail = blocker[0]["detail"].as_str().unwrap();
    for part in ["Magento/luma as the default", "`--with luma`"] {
        let plain = |text: &str| text.replace('`', "");
        assert!(plain(detail).contains(&plain(part)), "{part}: {detail}");
    }
    assert_eq!(
        fs::read(store.path().join("composer.json")).unwrap(),
        before
    );
    let kept = asked(
        store.path(),
        &["slim", "--without", "fedex", "--with", "luma", "--dry-run"],
    );
    assert_eq!(kept.code, Some(0), "the way out goes: {kept:?}");
}
