//! A switch that is blocked says what would help; one that only habits of composer.json block is made possible.

use crate::kit;
use crate::kit::{Run, run};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// The sample store with its composer.json changed.
fn store(change: impl FnOnce(&mut Value)) -> TempDir {
    let sample = kit::fixture("sample-store");
    let store = TempDir::new().unwrap();
    let text = fs::read_to_string(sample.join("composer.json")).unwrap();
    let mut root: Value = serde_json::from_str(&text).unwrap();
    change(&mut root);
    let text = serde_json::to_string_pretty(&root).unwrap();
    fs::write(store.path().join("composer.json"), text).unwrap();
    fs::copy(
        sample.join("composer.lock"),
        store.path().join("composer.lock"),
    )
    .unwrap();
    store
}

fn switch(store: &Path, target: &str) -> (Run, Value) {
    let recording = concat!(env!("CARGO_MANIFEST_DIR"), "/data/recording");
    let arguments = [
        "switch",
        "--to",
        target,
        "--mirror-dir",
        recording,
        "--offline",
        "--ignore-platform-reqs",
        "--allow-downgrade",
        "--yes",
        "--json",
    ];
    let run = run(store, &arguments);
    let plan = serde_json::from_str(&run.stdout).unwrap_or_default();
    (run, plan)
}

/// The findings with a code, as title and detail.
fn findings(plan: &Value, code: &str) -> Vec<(String, String)> {
    let all = plan["findings"].as_array().into_iter().flatten();
    all.filter(|finding| finding["code"] == code)
        .map(|finding| {
            let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
            (text("title"), text("detail"))
        })
        .collect()
}

fn root_of(store: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(store.join("composer.json")).unwrap()).unwrap()
}

/// Adds an inline repository.
fn add_packages(root: &mut Value, packages: Value) {
    let repositories = root["repositories"].take();
    let mut list: Vec<Value> = match repositories {
        Value::Array(list) => list,
        Value::Object(object) => object.into_iter().map(|(_, entry)| entry).collect(),
        _ => Vec::new(),
    };
    list.push(json!({"type": "package", "package": packages}));
    root["repositories"] = list.into();
}

fn package(name: &str, version: &str, require: Value) -> Value {
    let dist = json!({"type": "zip", "url": format!("https://example.org/{name}/{version}.zip"), "reference": version});
    json!({"name": name, "version": version, "require": require, "dist": dist})
}

#[test]
fn a_module_that_the_product_lacks_is_required() {
    let store = store(|_| ());
    let (run, plan) = switch(store.path(), "mage-os-minimal");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let added: Vec<String> = findings(&plan, "module-added")
        .into_iter()
        .map(|(title, _)| title)
        .collect();
    assert!(
        added.contains(&"mage-os/module-vault is required beside the product".to_owned()),
        "{added:?}"
    );
    assert_eq!(
        root_of(store.path())["require"]["mage-os/module-vault"],
        plan["target"]["release"]
    );
}

#[test]
fn a_pinned_tool_for_development_moves_or_goes() {
    let store = store(|root| {
        let old = json!({"symfony/finder": "^3"});
        let packages = json!([
            package("acme/linter", "1.0.0", old.clone()),
            package("acme/linter", "2.1.0", json!({})),
            package("acme/grinder", "1.0.0", old)
        ]);
        add_packages(root, packages);
        root["require-dev"]["acme/linter"] = "^1.0".into();
        root["require-dev"]["acme/grinder"] = "^1.0".into();
    });
    let (run, plan) = switch(store.path(), "mage-os");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let root = root_of(store.path());
    assert_eq!(root["require-dev"]["acme/linter"], "^2.1.0");
    assert_eq!(root["require-dev"].get("acme/grinder"), None);
    let repinned = findings(&plan, "dev-tool-repinned");
    assert_eq!(repinned.len(), 1, "{repinned:?}");
    assert_eq!(findings(&plan, "dev-tool-removed").len(), 1);
}

#[test]
fn a_repository_that_hides_a_version_no_longer_serves_it() {
    let served = TempDir::new().unwrap();
    let serve = |name: &str, version: &str| {
        let folder = served.path().join(name);
        fs::create_dir(&folder).unwrap();
        let packages =
            json!({"packages": {"acme/base": {version: package("acme/base", version, json!({}))}}});
        fs::write(folder.join("packages.json"), packages.to_string()).unwrap();
        json!({"type": "composer", "url": format!("file://{}", folder.display())})
    };
    let (first, second) = (serve("first", "1.0.0"), serve("second", "2.0.0"));
    let store = store(|root| {
        add_packages(root, json!([package("acme/other", "1.0.0", json!({}))]));
        let list = root["repositories"].as_array_mut().unwrap();
        list.insert(0, first);
        list.push(second);
        root["require"]["acme/base"] = "^2.0".into();
    });
    let (run, plan) = switch(store.path(), "mage-os");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(findings(&plan, "repository-order").len(), 1);
    let root = root_of(store.path());
    let repositories = root["repositories"].as_array().unwrap();
    let excluding: Vec<&Value> = repositories
        .iter()
        .filter(|entry| entry.get("exclude").is_some())
        .collect();
    assert_eq!(excluding.len(), 1);
    assert_eq!(excluding[0]["exclude"], json!(["acme/base"]));
    assert!(excluding[0]["url"].as_str().unwrap().ends_with("first"));
}

#[test]
fn a_blocked_switch_names_the_extension_the_requirement_and_the_way_out() {
    let store = store(|root| {
        let packages = json!([
            package(
                "acme/blog",
                "1.0.0",
                json!({"magento/framework": "~101.0.0"})
            ),
            package("acme/blog", "2.0.0", json!({"magento/framework": "*"})),
            package(
                "acme/relic",
                "1.0.0",
                json!({"magento/framework": "~101.0.0"})
            )
        ]);
        add_packages(root, packages);
        root["require"]["acme/blog"] = "^1.0".into();
        root["require"]["acme/relic"] = "^1.0".into();
    });
    let before = fs::read(store.path().join("composer.json")).unwrap();
    let (run, plan) = switch(store.path(), "mage-os");
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let blockers = findings(&plan, "package-blocks");
    let release = plan["target"]["release"].as_str().unwrap();
    let told = |name: &str| {
        let (title, detail) = blockers
            .iter()
            .find(|(title, _)| title.starts_with(name))
            .unwrap_or_else(|| panic!("{name} is not among {blockers:?}"));
        assert_eq!(
            *title,
            format!("{name} ^1.0 does not go with Mage-OS {release}")
        );
        assert!(
            detail.contains("It requires magento/framework ~101.0.0."),
            "{detail}"
        );
        detail.clone()
    };
    let blog = told("acme/blog");
    assert!(blog.ends_with("allow ^2.0.0 in composer.json."), "{blog}");
    let relic = told("acme/relic");
    assert!(relic.contains("remove it from composer.json"), "{relic}");
    assert_eq!(
        fs::read(store.path().join("composer.json")).unwrap(),
        before
    );
}

/// `check` looks as far as `switch` does, and so says the same in short.
#[test]
fn check_gives_the_reasons_that_switch_gives() {
    let store = store(|root| {
        let old = json!({"magento/framework": "~101.0.0"});
        let packages = json!([
            package("acme/blog", "1.0.0", old.clone()),
            package("acme/relic", "1.0.0", old)
        ]);
        add_packages(root, packages);
        root["require"]["acme/blog"] = "^1.0".into();
        root["require"]["acme/relic"] = "^1.0".into();
    });
    let titles = |findings: &Value| -> Vec<String> {
        let findings = findings.as_array().into_iter().flatten();
        let blockers = findings.filter(|finding| finding["severity"] == "blocker");
        let title = |finding: &Value| finding["title"].as_str().unwrap().to_owned();
        blockers.map(title).collect()
    };
    let recording = concat!(env!("CARGO_MANIFEST_DIR"), "/data/recording");
    let (_, plan) = switch(store.path(), "mage-os");
    let expected = titles(&plan["findings"]);
    assert!(expected[0].starts_with("acme/blog ^1.0 does not go with"));
    let common = ["--mirror-dir", recording, "--offline", "--json"];
    let arguments = [&["check", "--ignore-platform-reqs"], &common[..]].concat();
    let run = run(store.path(), &arguments);
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
    let mut targets = report["targets"].as_array().unwrap().iter();
    let target = targets
        .find(|report| report["target"] == plan["target"])
        .unwrap_or_else(|| panic!("{report:#}"));
    assert_eq!(titles(&target["blockers"]), expected);
    let summary = target["summary"].as_str().unwrap();
    assert!(summary.starts_with(&expected[0]), "{summary}");
}

/// A package that only the lock has, required in a version that nobody has.
#[test]
fn what_the_lock_holds_is_not_called_missing() {
    let store = store(|root| root["require"]["acme/gone"] = "^2.0".into());
    let path = store.path().join("composer.lock");
    let mut lock: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let packages = lock["packages"].as_array_mut().unwrap();
    packages.push(package("acme/gone", "1.2.0", json!({})));
    packages.push(package("psr/log", "1.0.0", json!({})));
    fs::write(&path, lock.to_string()).unwrap();
    let (run, plan) = switch(store.path(), "mage-os");
    assert_eq!(run.code, Some(3), "{run:?}");
    assert!(findings(&plan, "package-not-found").is_empty(), "{plan:#}");
    let held = findings(&plan, "locked-version-does-not-fit");
    let [(title, detail)] = held.as_slice() else {
        panic!("{plan:#}");
    };
    assert!(title.starts_with("acme/gone 1.2.0 is locked"), "{title}");
    assert!(detail.contains("allow ^1.2.0 in composer.json"), "{detail}");
    // What is odd about the lock is said although the switch is blocked.
    let odd = findings(&plan, "odd-lock");
    assert!(
        odd[0].1.contains("more than one entry of psr/log"),
        "{odd:?}"
    );
}

/// A store whose `replace` and `conflict` each keep the target from having a library that it needs.
fn store_with_lines_in_the_way() -> TempDir {
    store(|root| {
        root["replace"]["laminas/laminas-http"] = "2.1.0".into();
        root["conflict"]["symfony/console"] = ">=5".into();
        root["conflict"]["nobody/needs-it"] = "*".into();
    })
}

#[test]
fn a_line_of_replace_or_conflict_that_is_in_the_way_is_named() {
    let store = store_with_lines_in_the_way();
    let (run, plan) = switch(store.path(), "mage-os");
    assert_eq!(run.code, Some(3), "{run:?}");
    let replaces = findings(&plan, "replace-blocks");
    let [(title, detail)] = replaces.as_slice() else {
        panic!("{plan:#}");
    };
    assert!(title.starts_with("composer.json replaces laminas/laminas-http 2.1.0,"));
    for part in [
        "mage-os/framework 2.2.1 requires laminas/laminas-http ^2.15",
        "Remove `\"laminas/laminas-http\": \"2.1.0\"` from `replace` in composer.json",
        "when the other blockers are out of the way as well",
    ] {
        assert!(detail.contains(part), "{detail}");
    }
    let conflicts = findings(&plan, "conflict-blocks");
    let [(title, detail)] = conflicts.as_slice() else {
        panic!("{plan:#}");
    };
    assert!(title.starts_with("composer.json conflicts with symfony/console >=5,"));
    assert!(detail.contains("requires symfony/console ^6.4"), "{detail}");
    assert!(findings(&plan, "core-incomplete").is_empty(), "{plan:#}");
}

#[test]
fn without_the_lines_that_were_named_the_switch_goes() {
    let store = store_with_lines_in_the_way();
    let path = store.path().join("composer.json");
    let mut root = root_of(store.path());
    for (section, name) in [
        ("replace", "laminas/laminas-http"),
        ("conflict", "symfony/console"),
    ] {
        root[section].as_object_mut().unwrap().shift_remove(name);
    }
    fs::write(path, root.to_string()).unwrap();
    let (run, _) = switch(store.path(), "mage-os");
    assert_eq!(run.code, Some(0), "{run:?}");
}

#[test]
fn each_requirement_in_the_way_has_its_own_reason() {
    let store = store(|root| {
        let mut rival = package("acme/rival", "1.0.0", json!({}));
        rival["conflict"] = json!({"symfony/console": ">=5"});
        let packages = json!([
            package("acme/old-log", "1.0.0", json!({})),
            package("acme/old-log", "2.0.0", json!({})),
            package("acme/writer", "1.0.0", json!({"acme/old-log": "^2"})),
            package("acme/shop", "1.0.0", json!({"acme/part": "^1"})),
            package(
                "acme/part",
                "1.0.0",
                json!({"magento/framework": "~101.0.0"})
            ),
            rival
        ]);
        add_packages(root, packages);
        for name in ["acme/writer", "acme/old-log", "acme/shop", "acme/rival"] {
            root["require"][name] = "^1.0".into();
        }
        root["require"]["acme/nowhere"] = "^1.0".into();
    });
    let (run, plan) = switch(store.path(), "mage-os");
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let release = plan["target"]["release"].as_str().unwrap();
    let pinned = findings(&plan, "requirement-blocks");
    assert_eq!(
        pinned,
        [(
            format!("composer.json requires acme/old-log ^1.0, which does not go with Mage-OS {release}"),
            "acme/writer 1.0.0 requires acme/old-log ^2. A version that fits exists: allow ^2.0.0 in composer.json.".to_owned()
        )]
    );
    let missing = findings(&plan, "package-not-found");
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert!(missing[0].0.starts_with("acme/nowhere "), "{missing:?}");
    let blockers = findings(&plan, "package-blocks");
    assert_eq!(blockers.len(), 2, "{blockers:?}");
    let told = |name: &str, reason: &str| {
        let mut about = blockers.iter().filter(|(title, _)| title.starts_with(name));
        let (_, detail) = about.next().unwrap_or_else(|| panic!("{blockers:?}"));
        assert!(detail.contains(reason), "{detail}");
    };
    told(
        "acme/shop",
        "acme/part 1.0.0 requires magento/framework ~101.0.0",
    );
    told("acme/rival", "It conflicts with symfony/console >=5.");
}

#[test]
fn what_a_repository_has_that_cannot_be_asked_is_not_claimed() {
    let store = store(|root| {
        add_packages(root, json!([package("acme/other", "1.0.0", json!({}))]));
        let private = json!({"type": "composer", "url": "https://repo.acme.test/"});
        root["repositories"].as_array_mut().unwrap().push(private);
        root["require"]["acme/blog"] = "^1.0".into();
    });
    let path = store.path().join("composer.lock");
    let mut lock: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let blog = package(
        "acme/blog",
        "1.0.0",
        json!({"magento/framework": "~101.0.0"}),
    );
    lock["packages"].as_array_mut().unwrap().push(blog);
    fs::write(&path, serde_json::to_string_pretty(&lock).unwrap()).unwrap();
    let (run, plan) = switch(store.path(), "mage-os");
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert_eq!(findings(&plan, "package-blocks"), []);
    let asked = findings(&plan, "repository-must-be-asked");
    let (title, detail) = asked.first().expect("a repository must be asked");
    assert_eq!(
        title,
        "acme/blog has to move, but its repository cannot be asked"
    );
    assert!(
        detail.starts_with("It requires magento/framework ~101.0.0."),
        "{detail}"
    );
    assert!(detail.contains("repo.acme.test"), "{detail}");
}

/// A repository that changed what it says of a version: the lock has what was resolved, and not the old words.
#[test]
fn an_entry_that_asks_for_something_else_now_is_written_anew() {
    let store = store(|root| {
        let packages = json!([package("acme/blog", "1.0.0", json!({"php": ">=8.1"}))]);
        add_packages(root, packages);
        root["require"]["acme/blog"] = "^1.0".into();
    });
    let path = store.path().join("composer.lock");
    let mut lock: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let old = package("acme/blog", "1.0.0", json!({"acme/gone": "^2.0"}));
    lock["packages"].as_array_mut().unwrap().push(old);
    fs::write(&path, serde_json::to_string_pretty(&lock).unwrap()).unwrap();
    let (run, _) = switch(store.path(), "mage-os");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let lock: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let packages = lock["packages"].as_array().unwrap();
    let blog = packages.iter().find(|entry| entry["name"] == "acme/blog");
    assert_eq!(blog.unwrap()["require"], json!({"php": ">=8.1"}));
}

/// A store with an extension that the newest release is too new for.
fn store_with_an_old_extension() -> TempDir {
    store(|root| {
        let packages = json!([package(
            "acme/blog",
            "1.0.0",
            json!({"magento/framework": "<103.0.9"})
        )]);
        add_packages(root, packages);
        root["require"]["acme/blog"] = "^1.0".into();
    })
}

#[test]
fn the_nearest_release_that_is_reachable_is_named() {
    let store = store_with_an_old_extension();
    let (run, plan) = switch(store.path(), "mage-os@3.4.0");
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let nearest = findings(&plan, "nearest-release");
    let (title, detail) = nearest.first().expect("a release is reachable");
    assert_eq!(
        title,
        "Mage-OS 2.2.1 is the nearest release the store can go to as it is"
    );
    assert!(detail.contains("--to mage-os@2.2.1"), "{detail}");
}

#[cfg(unix)]
#[test]
fn who_is_guided_is_offered_the_nearest_release_instead() {
    use expectrl::{Eof, Expect, Session};
    let store = store_with_an_old_extension();
    let recording = concat!(env!("CARGO_MANIFEST_DIR"), "/data/recording");
    let mut command = kit::mageshift(store.path());
    command.args(["switch", "--mirror-dir", recording, "--offline"]);
    command.args(["--ignore-platform-reqs", "--dry-run"]);
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(std::time::Duration::from_secs(60)));
    session.expect("What should it become?").unwrap();
    session.send("\r").unwrap();
    session.expect("Which release?").unwrap();
    session.expect("Mage-OS 3.4.0").unwrap();
    // One down: from the release without an upgrade to the newest one.
    session.send("\u{1b}[B\r").unwrap();
    session.expect("Mage-OS 3.4.0 cannot be reached").unwrap();
    session.send("\r").unwrap();
    let rest = session.expect(Eof).unwrap();
    let rest = String::from_utf8_lossy(rest.as_bytes()).into_owned();
    assert!(rest.contains("Mage-OS 2.2.1"), "{rest}");
    assert!(rest.contains("--to mage-os@2.2.1"), "{rest}");
}
