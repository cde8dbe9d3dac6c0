//! "A shop with packages from every kind of repository and without a lock gets the lock that Composer writes."

use crate::kit::composer::{Composer, said};
use crate::kit::zip;
use crate::kit::{RECORDING, mageshift, run, run_command, sample_store};
use composer_engine::format::json::document::JsonDocument;
use composer_engine::format::lock::content_hash::content_hash;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A git repository, made by commands as people make them.
struct History(PathBuf);

impl History {
    /// None where git is not installed.
    fn new(folder: PathBuf) -> Option<Self> {
        fs::create_dir_all(&folder).unwrap();
        if Command::new("git").arg("--version").output().is_err() {
            eprintln!("skipped: no git");
            return None;
        }
        let history = Self(folder);
        history.git(&["init", "-q", "-b", "main"]);
        Some(history)
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .current_dir(&self.0)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_AUTHOR_DATE", "2024-05-01T10:00:00+02:00")
            .env("GIT_COMMITTER_DATE", "2025-06-02T11:00:00Z")
            .args(["-c", "user.name=A", "-c", "user.email=a@acme.test"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "git {arguments:?}: {}",
            said(&output)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// A commit with this composer.json, and perhaps a tag of it.
    fn commit(&self, root: &Value, tag: Option<&str>) {
        fs::write(self.0.join("composer.json"), format!("{root:#}\n")).unwrap();
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "a change"]);
        if let Some(tag) = tag {
            self.git(&["tag", tag]);
        }
    }
}

/// Makes the repositories of a shop below a folder, and its composer.json; none where git is not installed.
fn shop(folder: &Path) -> Option<()> {
    let module = |name: &str, more: Value| {
        let mut root = json!({
            "name": name,
            "type": "magento2-module",
            "license": ["proprietary"],
            "authors": [{"name": "Zoë Müller", "email": "zoe@acme.test"}],
            "autoload": {"files": ["registration.php"], "psr-4": {"Acme\\": ""}}
        });
        let fields = root.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        root
    };
    let gift = History::new(folder.join("code/gift"))?;
    gift.commit(
        &module("acme/gift", json!({"require": {"acme/base": "^1.0"}})),
        Some("v1.2.0"),
    );
    gift.commit(
        &module("acme/gift", json!({"require": {"acme/base": "^1.1"}})),
        Some("1.3.0"),
    );
    gift.commit(
        &module("acme/gift", json!({"require": {"acme/base": "^9"}})),
        Some("2.0.0-beta1"),
    );
    let slider = History::new(folder.join("code/slider"))?;
    slider.commit(
        &module(
            "acme/slider",
            json!({"extra": {"branch-alias": {"dev-main": "3.x-dev"}}}),
        ),
        None,
    );
    slider.git(&["checkout", "-q", "-b", "feature/new-look"]);
    slider.commit(
        &module("acme/slider", json!({"description": "A new look"})),
        None,
    );
    slider.git(&["checkout", "-q", "main"]);
    let fork = History::new(folder.join("code/fork"))?;
    fork.commit(
        &module(
            "vendor/tool",
            json!({"replace": {"vendor/old-tool": "self.version"}}),
        ),
        Some("4.0.1.2"),
    );

    let core = History::new(folder.join("code/core"))?;
    core.commit(&module("vendor/core", json!({})), Some("1.4.0"));
    core.git(&["checkout", "-q", "-b", "fix"]);
    core.commit(&module("vendor/core", json!({"description": "Ours"})), None);
    core.git(&["checkout", "-q", "main"]);

    fs::create_dir_all(folder.join("archives")).unwrap();
    let base = |version: &str| module("acme/base", json!({"version": version}));
    for version in ["1.0.0", "1.1.0"] {
        let root = base(version).to_string();
        let name = format!("acme-base-{version}.zip");
        zip::write(
            &folder.join("archives").join(name),
            &[("composer.json", &root)],
        );
    }
    let own = folder.join("modules/own");
    fs::create_dir_all(&own).unwrap();
    let root = module(
        "acme/own",
        json!({"require": {"acme/inline": "*", "vendor/core": "^1.5"}, "version": "0.4.0"}),
    );
    fs::write(own.join("composer.json"), root.to_string()).unwrap();

    let satis = folder.join("satis");
    fs::create_dir_all(satis.join("include")).unwrap();
    let served = |name: &str, version: &str| {
        json!({
            "name": name, "version": version, "type": "library",
            "dist": {"type": "zip", "url": format!("https://satis.test/{version}.zip"), "shasum": ""},
            "time": "2024-01-02T03:04:05+00:00"
        })
    };
    let included = json!({"packages": {"acme/served": {
        "1.0.0": served("acme/served", "1.0.0"),
        "1.4.0": served("acme/served", "1.4.0")
    }}});
    fs::write(satis.join("include/all.json"), included.to_string()).unwrap();
    let served = json!({"packages": [], "includes": {"include/all.json": {}}});
    fs::write(satis.join("packages.json"), served.to_string()).unwrap();

    let root = json!({
        "name": "acme/shop",
        "type": "project",
        "require": {
            "acme/gift": "^1.2",
            "acme/slider": "3.x-dev",
            "acme/own": "*",
            "acme/served": "^1.0",
            "vendor/old-tool": "^4.0",
            "vendor/tool": "^4",
            "vendor/core": "dev-fix as 1.5.0"
        },
        "require-dev": {"acme/inline": "^2.0"},
        "repositories": {
            "gift": {"type": "vcs", "url": "code/gift"},
            "slider": {"type": "git", "url": "code/slider"},
            "fork": {"type": "vcs", "url": "code/fork"},
            "core": {"type": "vcs", "url": "code/core"},
            "archives": {"type": "artifact", "url": "archives"},
            "own": {"type": "path", "url": "modules/*", "options": {"symlink": false}},
            "inline": {"type": "package", "package": [
                {"name": "acme/inline", "version": "2.0.0", "dist": {"type": "zip", "url": "https://acme.test/a.zip"}},
                {"name": "acme/inline", "version": "2.1.0", "dist": {"type": "zip", "url": "https://acme.test/b.zip"}}
            ]},
            "satis": {"type": "composer", "url": format!("file://{}", satis.display())},
            "packagist.org": false
        },
        "config": {"secure-http": false},
        "minimum-stability": "stable"
    });
    fs::write(folder.join("composer.json"), format!("{root:#}\n")).unwrap();
    Some(())
}

/// What differs between Composers of different age in every lock.
fn without_age(lock: &str) -> Value {
    let mut lock: Value = serde_json::from_str(lock).unwrap();
    let fields = lock.as_object_mut().unwrap();
    fields.remove("plugin-api-version");
    // Before 2.8 an empty map was written as a list.
    for field in ["stability-flags", "platform", "platform-dev"] {
        if fields.get(field) == Some(&json!([])) {
            fields.insert(field.to_owned(), json!({}));
        }
    }
    lock
}

#[test]
fn a_shop_without_a_lock_gets_composers_own() {
    let Some(composer) = Composer::find() else {
        return;
    };
    let place = tempfile::tempdir().unwrap();
    // Both work in the same folder: addresses of files go into the lock.
    let store = place.path().canonicalize().unwrap().join("shop");
    fs::create_dir_all(&store).unwrap();
    if shop(&store).is_none() {
        return;
    }
    let lock = store.join("composer.lock");
    let update = [
        "update",
        "--no-install",
        "--no-plugins",
        "--no-scripts",
        "--no-audit",
    ];
    let output = composer.command(&store, update).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let theirs = fs::read_to_string(&lock).unwrap();
    fs::remove_file(&lock).unwrap();
    let run = run_command(mageshift(&store).arg("lock"));
    assert_eq!(run.code, Some(0), "{run:?}");
    let ours = fs::read_to_string(&lock).unwrap();
    let api =
        |lock: &str| serde_json::from_str::<Value>(lock).unwrap()["plugin-api-version"].clone();
    if api(&ours) == api(&theirs) {
        assert_eq!(ours, theirs);
    } else {
        let (ours, theirs) = (without_age(&ours), without_age(&theirs));
        assert_eq!(format!("{ours:#}"), format!("{theirs:#}"));
    }
    let names = [
        "acme/gift",
        "acme/slider",
        "acme/own",
        "acme/served",
        "acme/base",
        "vendor/tool",
        "vendor/core",
        "acme/inline",
    ];
    assert!(names.iter().all(|name| ours.contains(name)));
}

#[test]
fn an_extension_from_git_moves_to_the_release_that_fits_the_target() {
    let store = sample_store();
    let Some(gift) = History::new(store.path().join("code/gift")) else {
        return;
    };
    let module = |more: Value| {
        let mut root = json!({"name": "acme/gift", "type": "magento2-module"});
        let fields = root.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        root
    };
    gift.commit(
        &module(json!({"conflict": {"mage-os/framework": "*"}})),
        Some("v1.0.0"),
    );
    let locked = gift.git(&["rev-parse", "v1.0.0"]);
    gift.commit(&module(json!({})), Some("v1.1.0"));
    let fitting = gift.git(&["rev-parse", "v1.1.0"]);
    gift.commit(
        &module(json!({"require": {"acme/none": "*"}})),
        Some("v1.2.0"),
    );

    let path = |file: &str| store.path().join(file);
    let mut root = JsonDocument::parse(fs::read_to_string(path("composer.json")).unwrap()).unwrap();
    root.set(["require", "acme/gift"], &json!("^1.0")).unwrap();
    let mut repositories = root.value()["repositories"].as_array().unwrap().clone();
    repositories.push(json!({"type": "vcs", "url": "code/gift"}));
    root.set("repositories", &json!(repositories)).unwrap();
    let mut lock: Value =
        serde_json::from_str(&fs::read_to_string(path("composer.lock")).unwrap()).unwrap();
    lock["content-hash"] = json!(content_hash(root.text()).unwrap());
    lock["packages"].as_array_mut().unwrap().push(json!({
        "name": "acme/gift", "version": "v1.0.0", "type": "magento2-module",
        "source": {"type": "git", "url": "code/gift", "reference": locked},
        "conflict": {"mage-os/framework": "*"}
    }));
    fs::write(path("composer.json"), root.text()).unwrap();
    fs::write(path("composer.lock"), format!("{lock:#}\n")).unwrap();

    let to = ["switch", "--to", "mage-os@2.2.1", "--json", "--yes", "-n"];
    let from = ["--offline", "--php", "8.4", "--mirror-dir", RECORDING];
    let run = run(store.path(), &[&to[..], &from].concat());
    assert_eq!(run.code, Some(0), "{run:?}");
    let plan: Value = serde_json::from_str(&run.stdout).unwrap();
    let changes = plan["changes"].as_array().unwrap();
    let moved = changes
        .iter()
        .find(|change| change["package"] == "acme/gift");
    assert_eq!(moved.unwrap()["to"], "v1.1.0", "{moved:?}");
    let lock: Value =
        serde_json::from_str(&fs::read_to_string(path("composer.lock")).unwrap()).unwrap();
    let packages = lock["packages"].as_array().unwrap();
    let gift = packages
        .iter()
        .find(|package| package["name"] == "acme/gift");
    assert_eq!(gift.unwrap()["source"]["reference"], *fitting);
}
