//! The switches that are measured: of the largest stores at hand, else of the sample store.

use serde_json::{Map, Value};
use std::cmp::Reverse;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A store, and where it goes.
pub(crate) struct Switch {
    pub store: PathBuf,
    pub target: &'static str,
    pub registry: PathBuf,
}

impl Switch {
    /// The command that plans it, and perhaps saves the plan.
    pub(crate) fn plan(&self, out: Option<&Path>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mageshift"));
        command.args([
            "switch",
            "--to",
            self.target,
            "--dry-run",
            "--ignore-platform-reqs",
            "--accept-data-loss",
            "--allow-downgrade",
        ]);
        command
            .arg("--json")
            .arg("-d")
            .arg(&self.store)
            .arg("--mirror-dir")
            .arg(&self.registry);
        if let Some(out) = out {
            command.arg("--out").arg(out);
        }
        command
    }

    /// The root that the switch makes; none when it is blocked.
    pub(crate) fn new_root(&self) -> Option<Map<String, Value>> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("plan.json");
        let planned = self.plan(Some(&file)).output().expect("mageshift runs");
        let plan: Value = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
        let edit = plan["edits"]
            .as_array()?
            .iter()
            .find(|edit| edit["path"] == "composer.json")?;
        planned
            .status
            .success()
            .then(|| serde_json::from_str(edit["after"].as_str()?).ok())?
    }
}

/// At most `count` switches: with `MAGESHIFT_STORES` and `MAGESHIFT_REGISTRY` those of the stores with the most bytes in
/// their locks that can become Mage-OS, else those of the sample store with the recording.
pub(crate) fn switches(count: usize) -> Vec<Switch> {
    let folder =
        |variable: &str| env::var_os(variable).and_then(|folder| fs::canonicalize(folder).ok());
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    match (folder("MAGESHIFT_STORES"), folder("MAGESHIFT_REGISTRY")) {
        (Some(stores), Some(registry)) => largest(&stores, &registry, count),
        _ => ["mage-os", "mage-os@3.4.0", "commerce"]
            .map(|target| Switch {
                store: tests.join("fixtures/sample-store"),
                target,
                registry: tests.join("../data/recording"),
            })
            .into(),
    }
}

fn largest(stores: &Path, registry: &Path, count: usize) -> Vec<Switch> {
    let entries = fs::read_dir(stores)
        .expect("a folder of stores")
        .flatten()
        .map(|entry| entry.path());
    let size =
        |store: &PathBuf| fs::metadata(store.join("composer.lock")).map_or(0, |lock| lock.len());
    let mut stores: Vec<PathBuf> = entries.filter(|store| size(store) > 0).collect();
    stores.sort_by_key(|store| (Reverse(size(store)), store.clone()));
    let switches = stores.into_iter().map(|store| Switch {
        store,
        target: "mage-os",
        registry: registry.into(),
    });
    switches
        .filter(|switch| switch.new_root().is_some())
        .take(count)
        .collect()
}

/// The store's folder, to be shown.
pub(crate) fn name(store: &Path) -> String {
    store
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Whether a Composer that says this to `--version` knows `--minimal-changes`.
pub(crate) fn minimal_changes(version: &str) -> bool {
    let mut numbers = version
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|number| number.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(2), Some(7))
}
