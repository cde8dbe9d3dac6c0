//! Planning a switch, warm, against Composer's update of the same root, on the same machine in the same run.
//!
//! `cargo bench --bench switch`. With `MAGESHIFT_STORES` and `MAGESHIFT_REGISTRY` (see `tests/real_stores.rs`) the three
//! largest stores that can be switched, else the sample store with the recording. Wall time is the median of several runs of
//! the whole program; memory is the largest resident set, by GNU time. Composer older than 2.7 knows no minimal changes
//! and does a plain update, which is less work for it.

#[path = "../tests/support/composer.rs"]
mod composer;
#[path = "support/cost.rs"]
mod cost;
#[path = "../tests/support/mirror.rs"]
mod mirror;

use composer::{Composer, said};
use cost::{Cost, measure, ratio};
use mirror::Mirror;
use serde_json::{Map, Value};
use std::cmp::Reverse;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const STORES: usize = 3;
const RUNS: usize = 9;
const COMPOSER_RUNS: usize = 3;

struct Switch {
    store: PathBuf,
    target: &'static str,
    registry: PathBuf,
}

impl Switch {
    fn plan(&self, out: Option<&Path>) -> Command {
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
    fn new_root(&self) -> Option<Map<String, Value>> {
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

fn main() {
    let Some(composer) = Composer::find() else {
        return;
    };
    let folder =
        |variable: &str| env::var_os(variable).and_then(|folder| fs::canonicalize(folder).ok());
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let switches: Vec<Switch> = match (folder("MAGESHIFT_STORES"), folder("MAGESHIFT_REGISTRY")) {
        (Some(stores), Some(registry)) => largest(&stores, &registry),
        _ => ["mage-os", "mage-os@3.4.0", "commerce"]
            .map(|target| Switch {
                store: tests.join("sample-store"),
                target,
                registry: tests.join("recording"),
            })
            .into(),
    };
    let version = said(
        &composer
            .command(&tests, ["--version", "--no-ansi"])
            .output()
            .expect("Composer runs"),
    );
    println!("against {}", version.lines().next().unwrap_or_default());
    println!(
        "{:44} {:>14} {:>9} {:>9} {:>9} {:>9} {:>7} {:>7}",
        "store", "target", "mageshift", "memory", "Composer", "memory", "time", "memory"
    );
    let mut mirror: Option<(PathBuf, Mirror)> = None;
    for switch in switches {
        let Some(root) = switch.new_root() else {
            println!(
                "{:44} {:>14} is blocked",
                name(&switch.store),
                switch.target
            );
            continue;
        };
        if mirror
            .as_ref()
            .is_none_or(|(registry, _)| *registry != switch.registry)
        {
            mirror = Some((
                switch.registry.clone(),
                Mirror::of(&switch.registry).expect("a registry folder"),
            ));
        }
        let Some((_, mirror)) = &mirror else { continue };
        let ours = measure(RUNS, || switch.plan(None));
        let theirs = update(
            &composer,
            mirror,
            root,
            &switch.store,
            minimal_changes(&version),
        );
        println!(
            "{:44} {:>14} {:>6} ms {:>9} {:>6} ms {:>9} {:>7} {:>7}",
            name(&switch.store),
            switch.target,
            ours.wall.as_millis(),
            ours.megabytes(),
            theirs.wall.as_millis(),
            theirs.megabytes(),
            ratio(ours.wall.as_secs_f64(), theirs.wall.as_secs_f64()),
            ours.memory
                .zip(theirs.memory)
                .map_or("-".into(), |(ours, theirs)| ratio(
                    ours as f64,
                    theirs as f64
                )),
        );
    }
}

/// The stores with the most bytes in their locks that can become Mage-OS.
fn largest(stores: &Path, registry: &Path) -> Vec<Switch> {
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
        .take(STORES)
        .collect()
}

fn name(store: &Path) -> String {
    store
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn minimal_changes(version: &str) -> bool {
    let mut numbers = version
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|number| number.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(2), Some(7))
}

/// Composer's update of the new root, starting from the store's lock.
fn update(
    composer: &Composer,
    mirror: &Mirror,
    mut root: Map<String, Value>,
    store: &Path,
    minimal: bool,
) -> Cost {
    let folder = tempfile::tempdir().expect("a temporary folder");
    mirror.stand_in(&mut root);
    fs::write(
        folder.path().join("composer.json"),
        Value::from(root).to_string(),
    )
    .expect("a writable folder");
    fs::copy(
        store.join("composer.lock"),
        folder.path().join("composer.lock"),
    )
    .expect("a lock");
    let flags = [
        "update",
        "--dry-run",
        "--no-install",
        "--no-plugins",
        "--no-scripts",
        "--ignore-platform-reqs",
        "--no-interaction",
    ];
    let flags = flags
        .into_iter()
        .chain(minimal.then_some("--minimal-changes"));
    let flags: Vec<&str> = flags.collect();
    measure(COMPOSER_RUNS, || composer.command(folder.path(), &flags))
}
