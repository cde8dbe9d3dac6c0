//! Planning a new project, warm, against Composer's update of the same composer.json, on the same machine in the same run.
//!
//! `cargo bench --bench new`. The newest full and minimal editions of Mage-OS in `MAGESHIFT_REGISTRY`, else in the recording.
//! Wall time is the median of several runs of the whole program; memory is the largest resident set, by GNU time.

#[path = "../tests/promises/kit/composer.rs"]
mod composer;
#[path = "support/cost.rs"]
mod cost;
#[path = "../tests/promises/kit/mirror.rs"]
mod mirror;

use composer::{Composer, said};
use cost::{heads, measure};
use mirror::Mirror;
use serde_json::{Map, Value};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const RUNS: usize = 9;
const COMPOSER_RUNS: usize = 3;
const PROFILES: [&str; 2] = ["full", "minimal"];

/// Plans a project in a folder that is empty, and writes nothing there.
fn plan(folder: &Path, registry: &Path, profile: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mageshift"));
    command
        .current_dir(folder)
        .args(["new", "shop", "--dry-run", "--json", "--quiet"])
        .args([
            "--ignore-platform-reqs",
            "--profile",
            profile,
            "--mirror-dir",
        ])
        .arg(registry);
    command
}

/// The root of the project, and how many packages it has.
fn planned(folder: &Path, registry: &Path, profile: &str) -> (Map<String, Value>, usize) {
    let file = folder.join("plan.json");
    let output = plan(folder, registry, profile)
        .arg("--out")
        .arg(&file)
        .output()
        .expect("mageshift runs");
    assert!(output.status.success(), "{}", said(&output));
    let text = fs::read(&file).expect("a plan");
    fs::remove_file(&file).expect("a writable folder");
    let plan: Value = serde_json::from_slice(&text).expect("a plan is JSON");
    let root = plan["edits"][0]["after"]
        .as_str()
        .expect("composer.json comes first");
    let root = serde_json::from_str(root).expect("composer.json is an object");
    (root, plan["changes"].as_array().map_or(0, Vec::len))
}

fn main() {
    let Some(composer) = Composer::find() else {
        return;
    };
    let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/recording");
    let registry = std::env::var_os("MAGESHIFT_REGISTRY").map_or(recording, PathBuf::from);
    let registry = fs::canonicalize(registry).expect("a folder of repositories");
    let mirror = Mirror::of(&registry).expect("a folder of repositories");
    let version = composer
        .command(&registry, ["--version", "--no-ansi"])
        .output();
    let version = said(&version.expect("Composer runs"));
    println!("against {}", version.lines().next().unwrap_or_default());
    println!("{:10} {:>8} {}", "edition", "packages", heads());
    for profile in PROFILES {
        let empty = tempfile::tempdir().expect("a temporary folder");
        let (mut root, packages) = planned(empty.path(), &registry, profile);
        let ours = measure(RUNS, || plan(empty.path(), &registry, profile));
        let folder = tempfile::tempdir().expect("a temporary folder");
        mirror.stand_in(&mut root);
        let text = Value::from(root).to_string();
        fs::write(folder.path().join("composer.json"), text).expect("a writable folder");
        let flags = [
            "update",
            "--dry-run",
            "--no-install",
            "--no-plugins",
            "--no-scripts",
            "--ignore-platform-reqs",
        ];
        let theirs = measure(COMPOSER_RUNS, || composer.command(folder.path(), flags));
        println!("{profile:10} {packages:>8} {}", ours.against(&theirs));
    }
}
