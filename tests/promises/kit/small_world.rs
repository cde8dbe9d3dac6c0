//! A world with few packages, in which a plan takes some hundredths of a second: for tests that need many stores.

use super::{Run, mageshift, run_command};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder with a mirror, and with stores of Magento Open Source 2.4.8-p3 that can go to Mage-OS 2.2.1 and Magento 2.4.8-p4.
pub(crate) struct SmallWorld {
    folder: TempDir,
    lock: String,
}

/// A root with an extension that goes everywhere.
pub(crate) fn root() -> Value {
    json!({
        "name": "acme/shop",
        "type": "project",
        "require": {
            "magento/product-community-edition": "2.4.8-p3",
            "acme/slider": "^1.0"
        },
        "repositories": [{"type": "composer", "url": "https://repo.magento.com/"}],
        "minimum-stability": "stable"
    })
}

impl SmallWorld {
    /// The world without stores.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mirror = folder.path().join("mirror");
        let magento =
            ["2.4.8-p3", "2.4.8-p4"].map(|version| distribution("magento", version, version));
        host(&mirror, "repo.magento.com", &magento.concat());
        host(
            &mirror,
            "repo.mage-os.org",
            &distribution("mage-os", "2.2.1", "2.4.8-p4"),
        );
        let needs = |constraint: &str| json!({"magento/framework": constraint});
        let extensions = [
            package(
                "acme/slider",
                "1.0.0",
                "magento2-module",
                needs("*"),
                json!({}),
            ),
            package(
                "bolt/stuck",
                "1.0.0",
                "magento2-module",
                needs("2.4.8-p3"),
                json!({}),
            ),
        ];
        host(&mirror, "repo.packagist.org", &extensions);
        let mut world = Self {
            folder,
            lock: String::new(),
        };
        let first = world.path("first");
        write(&first, &root(), None);
        let made = world.run_in(&first, &["lock", "--ignore-platform-reqs"]);
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        world.lock = fs::read_to_string(first.join("composer.lock")).unwrap();
        fs::remove_dir_all(first).unwrap();
        world
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a store that can go to both targets.
    pub(crate) fn store(&self, name: &str) -> PathBuf {
        let store = self.path("stores").join(name);
        write(&store, &root(), Some(&self.lock));
        store
    }

    /// Writes a store that an extension keeps from leaving its release.
    pub(crate) fn stuck(&self, name: &str) -> PathBuf {
        let store = self.path("stores").join(name);
        let mut root = root();
        root["require"]["bolt/stuck"] = json!("^1.0");
        write(&store, &root, None);
        let made = self.run_in(&store, &["lock", "--ignore-platform-reqs"]);
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        store
    }

    /// Writes a store whose root is no JSON.
    pub(crate) fn broken(&self, name: &str) -> PathBuf {
        let store = self.store(name);
        fs::write(store.join("composer.json"), "{\"name\": ").unwrap();
        store
    }

    /// The program with this world's metadata and no others.
    pub(crate) fn command(&self, folder: &Path, arguments: &[&str]) -> std::process::Command {
        let mut command = mageshift(folder);
        command
            .args(arguments)
            .env("MAGESHIFT_MIRROR_DIR", self.path("mirror"))
            .env("MAGESHIFT_CACHE_DIR", self.path("cache"))
            .env("HOME", self.folder())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }

    /// Runs the program in a folder.
    pub(crate) fn run_in(&self, folder: &Path, arguments: &[&str]) -> Run {
        let mut command = self.command(folder, arguments);
        // What reads no metadata does not take it.
        if !arguments
            .iter()
            .any(|word| ["report", "undo"].contains(word))
        {
            command.arg("--offline");
        }
        run_command(&mut command)
    }

    /// Runs the program in the world's folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_in(self.folder(), arguments)
    }
}

fn write(store: &Path, root: &Value, lock: Option<&str>) {
    fs::create_dir_all(store).unwrap();
    fs::write(
        store.join("composer.json"),
        serde_json::to_string_pretty(root).unwrap(),
    )
    .unwrap();
    if let Some(lock) = lock {
        fs::write(store.join("composer.lock"), lock).unwrap();
    }
}

fn package(name: &str, version: &str, kind: &str, require: Value, replace: Value) -> Value {
    json!({
        "name": name, "version": version, "type": kind, "require": require, "replace": replace,
        "dist": {"type": "zip", "url": format!("https://dist.test/{name}/{version}.zip"), "reference": "0".repeat(40)},
    })
}

/// The product, the base package and the framework of a release.
fn distribution(vendor: &str, version: &str, magento: &str) -> Vec<Value> {
    let replace = |name: &str| match vendor {
        "mage-os" => json!({format!("magento/{name}"): magento}),
        _ => json!({}),
    };
    let own = |name: &str| format!("{vendor}/{name}");
    let parts = json!({own("magento2-base"): version, own("framework"): version});
    let of = |name: &str, kind: &str, require: Value| {
        package(&own(name), version, kind, require, replace(name))
    };
    let mut product = of("product-community-edition", "metapackage", parts);
    product["extra"] = json!({"magento_version": magento});
    vec![
        product,
        of("magento2-base", "magento2-component", json!({})),
        of("framework", "magento2-library", json!({})),
    ]
}

fn host(mirror: &Path, host: &str, packages: &[Value]) {
    let folder = mirror.join(host);
    let mut names: Vec<&str> = packages
        .iter()
        .filter_map(|package| package["name"].as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    for name in &names {
        let versions: Vec<&Value> = packages
            .iter()
            .filter(|package| package["name"] == *name)
            .collect();
        let file = folder.join(format!("p2/{name}.json"));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, json!({"packages": {*name: versions}}).to_string()).unwrap();
    }
    let root =
        json!({"packages": {}, "metadata-url": "/p2/%package%.json", "available-packages": names});
    fs::write(folder.join("packages.json"), root.to_string()).unwrap();
}
