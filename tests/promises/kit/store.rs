//! A store on disk, and a run of mageshift in a copy of it.

use assert_cmd::Command;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// A folder with composer.json and perhaps composer.lock.
pub(crate) struct Store {
    pub name: String,
    folder: PathBuf,
}

impl Store {
    /// Every store in `folder`, by name.
    pub(crate) fn all(folder: &Path) -> Vec<Self> {
        let entries = fs::read_dir(folder).expect("a folder of stores").flatten();
        let stores = entries.filter(|entry| entry.path().join("composer.json").is_file());
        let mut stores: Vec<Self> = stores
            .map(|entry| Self {
                name: entry.file_name().to_string_lossy().into_owned(),
                folder: entry.path(),
            })
            .collect();
        stores.sort_by(|a, b| a.name.cmp(&b.name));
        stores
    }

    /// What a preview of a switch prints, and its plan; null where there is none.
    pub(crate) fn preview(&self, target: &str, registry: &Path) -> (String, Value) {
        let copy = self.copy();
        let plan = copy.path().join("plan.json");
        let output = mageshift(copy.path())
            .args(["switch", "--dry-run", "--ignore-platform-reqs", "--offline"])
            .args(["--to", target])
            .arg("--mirror-dir")
            .arg(registry)
            .arg("--out")
            .arg(&plan)
            .output()
            .expect("mageshift runs");
        let plan = fs::read(plan).ok();
        let plan = plan.and_then(|text| serde_json::from_slice(&text).ok());
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        (shown, plan.unwrap_or_default())
    }

    /// The lock; null when there is none that can be read.
    pub(crate) fn lock(&self) -> Value {
        self.json("composer.lock")
    }

    fn copy(&self) -> TempDir {
        let copy = tempfile::tempdir().expect("a temporary folder");
        copy_folder(&self.folder, &copy.path().join("store"));
        copy
    }

    fn json(&self, file: &str) -> Value {
        let text = fs::read(self.folder.join(file)).unwrap_or_default();
        serde_json::from_slice(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text))
            .unwrap_or_default()
    }

    /// Whether it is Mage-OS, or Magento 2.4.4 or later, by the product in the lock, else by the root's requirements.
    pub(crate) fn is_recent(&self) -> bool {
        let lock = self.lock();
        let locked = lock["packages"].as_array().into_iter().flatten();
        let locked = locked
            .filter_map(|package| Some((package["name"].as_str()?, package["version"].as_str()?)));
        let root = self.json("composer.json");
        let required = root["require"].as_object().into_iter().flatten();
        let required =
            required.filter_map(|(name, constraint)| Some((name.as_str(), constraint.as_str()?)));
        let mut products = locked.chain(required).filter(|(name, _)| {
            [
                "magento/product-",
                "mage-os/product-",
                "magento/magento-cloud-metapackage",
            ]
            .iter()
            .any(|start| name.starts_with(start))
        });
        products.any(|(name, version)| {
            name.starts_with("mage-os/") || release(version) >= vec![2, 4, 4]
        })
    }
}

/// The first three numbers of a version or constraint.
fn release(text: &str) -> Vec<u32> {
    let numbers = text
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|number| number.parse().ok());
    numbers.take(3).collect()
}

/// A finished run of `mageshift switch` in a copy of a store.
pub(crate) struct Run {
    copy: TempDir,
    /// None when it was ended by a signal or took too long.
    pub exit: Option<i32>,
    /// Everything it printed.
    pub said: String,
    /// The saved plan; null when there is none.
    pub plan: Value,
}

impl Run {
    /// Applies the switch with every consent that a person could give, and these further arguments.
    pub(crate) fn switch(store: &Store, target: &str, registry: &Path, further: &[&str]) -> Self {
        Self::of_copy(store.copy(), target, registry, further)
    }

    /// The same after composer.json was changed.
    pub(crate) fn switch_changed(
        store: &Store,
        target: &str,
        registry: &Path,
        further: &[&str],
        change: impl FnOnce(&mut Value),
    ) -> Self {
        let copy = store.copy();
        let mut root = store.json("composer.json");
        change(&mut root);
        let file = copy.path().join("store/composer.json");
        fs::write(file, root.to_string()).expect("a writable folder");
        Self::of_copy(copy, target, registry, further)
    }

    fn of_copy(copy: TempDir, target: &str, registry: &Path, further: &[&str]) -> Self {
        let plan = copy.path().join("plan.json");
        let mut command = mageshift(copy.path());
        command.args([
            "switch",
            "--to",
            target,
            "--ignore-platform-reqs",
            "--accept-data-loss",
            "--allow-downgrade",
            "--yes",
            "--json",
        ]);
        command.args(further);
        command
            .arg("--mirror-dir")
            .arg(registry)
            .arg("--out")
            .arg(&plan);
        let output = command.output().expect("mageshift runs");
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        let plan = fs::read(plan)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default();
        Self {
            copy,
            exit: output.status.code(),
            said,
            plan,
        }
    }

    /// A file of the copy as it is now; empty when it is not there.
    pub(crate) fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.copy.path().join("store").join(name)).unwrap_or_default()
    }

    /// A file as the plan would write it.
    pub(crate) fn planned(&self, name: &str) -> Option<Vec<u8>> {
        let edits = self.plan["edits"].as_array()?;
        let edit = edits.iter().find(|edit| edit["path"] == name)?;
        edit["after"].as_str().map(|text| text.as_bytes().to_vec())
    }

    /// What `mageshift lock` says to the store as it is now; none when there is no solution.
    ///
    /// What is locked is served beside everything else, since no recording has all that private repositories serve.
    pub(crate) fn lock(&self, registry: &Path, arguments: &[&str]) -> Option<String> {
        let lock: Value = serde_json::from_slice(&self.file("composer.lock")).ok()?;
        let mut root: Map<String, Value> =
            serde_json::from_slice(&self.file("composer.json")).ok()?;
        let locked: Vec<&Value> = ["packages", "packages-dev"]
            .iter()
            .flat_map(|list| lock[list].as_array().into_iter().flatten())
            .collect();
        let served = json!({ "type": "package", "canonical": false, "package": locked });
        let mut repositories = vec![served];
        match root.remove("repositories") {
            Some(Value::Array(list)) => repositories.extend(list),
            Some(Value::Object(map)) => {
                repositories.extend(map.into_iter().map(|(key, entry)| {
                    if entry.is_boolean() {
                        json!({ key: entry })
                    } else {
                        entry
                    }
                }));
            }
            _ => {}
        }
        root.insert("repositories".into(), repositories.into());
        let again = self.copy.path().join("again");
        fs::create_dir_all(&again).expect("a writable folder");
        let root = serde_json::to_vec(&root).ok()?;
        fs::write(again.join("composer.json"), root).expect("a writable folder");
        fs::write(again.join("composer.lock"), self.file("composer.lock"))
            .expect("a writable folder");
        let output = mageshift(self.copy.path())
            .current_dir(again)
            .arg("lock")
            .args(arguments)
            .args(["--dry-run", "--ignore-platform-reqs", "--mirror-dir"])
            .arg(registry)
            .output()
            .expect("mageshift runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        output.status.success().then_some(said)
    }

    /// How many packages of others than a distribution move.
    pub(crate) fn moves(&self) -> usize {
        let changes = self.plan["changes"].as_array().into_iter().flatten();
        let moved = changes.filter(|change| {
            ["update", "downgrade"]
                .iter()
                .any(|kind| change["kind"] == *kind)
                && change["core"] == false
        });
        moved.count()
    }

    /// The end of what it printed.
    pub(crate) fn last_words(&self) -> String {
        let words: Vec<&str> = self.said.split_whitespace().collect();
        words[words.len().saturating_sub(40)..].join(" ")
    }

    /// Takes the switch back; every file must have its old bytes.
    pub(crate) fn undo(&self, store: &Store) -> Result<(), String> {
        let edits = || self.plan["edits"].as_array().into_iter().flatten();
        let applied = edits().any(|edit| edit["before_sha256"] != edit["after_sha256"]);
        if !applied {
            return Ok(());
        }
        let output = mageshift(self.copy.path())
            .args(["undo", "--no-interaction"])
            .output()
            .expect("mageshift runs");
        if !output.status.success() {
            return Err(format!(
                "undo fails: {}",
                String::from_utf8_lossy(&output.stderr)
            ));
        }
        for file in edits().filter_map(|edit| edit["path"].as_str()) {
            if fs::read(store.folder.join(file)).ok()
                != fs::read(self.copy.path().join("store").join(file)).ok()
            {
                return Err(format!("undo does not restore {file}"));
            }
        }
        Ok(())
    }
}

/// The program, with a home of its own, working in the folder `store` beside it.
fn mageshift(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mageshift"));
    command
        .current_dir(home.join("store"))
        .timeout(Duration::from_secs(120));
    command
        .env("HOME", home)
        .env_remove("COMPOSER_AUTH")
        .env_remove("COMPOSER_HOME");
    for variable in [
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_STATE_HOME",
    ] {
        command.env(variable, home.join(variable));
    }
    command
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a writable folder");
    for entry in fs::read_dir(from).expect("a readable folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            // The contents only: the originals may be read-only, and a store is not.
            fs::write(target, fs::read(entry.path()).expect("a readable file"))
                .expect("a writable folder");
        }
    }
}
