//! How resolving grows with what there is to choose from, against Composer on the same metadata.
//!
//! `cargo bench --bench growth`. A made-up repository in a folder: every package has ten versions and requires three others
//! (of the same major version or a newer one), and the root leads to all of them. Wall time is the median of several runs
//! of the whole program, reading the metadata included; memory is the largest resident set, by GNU time.

#[path = "../tests/promises/kit/composer.rs"]
mod composer;
#[path = "support/cost.rs"]
mod cost;
#[path = "../tests/promises/kit/mirror.rs"]
mod mirror;

use composer::Composer;
use cost::{heads, measure};
use mirror::Mirror;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

/// How many packages there are.
const SIZES: [usize; 6] = [100, 300, 1000, 2000, 3500, 5000];
const VERSIONS: usize = 10;
const RUNS: usize = 5;
const COMPOSER_RUNS: usize = 1;

fn main() {
    let Some(composer) = Composer::find() else {
        return;
    };
    println!("{:>8} {:>8} {}", "packages", "versions", heads());
    for size in SIZES {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let registry = folder.path().join("registry");
        write_registry(&registry, size);
        let project = folder.path().join("project");
        let mut root = root();
        write(&project.join("composer.json"), &Value::from(root.clone()));
        let ours = measure(RUNS, || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_mageshift"));
            command
                .args(["lock", "--dry-run", "-q", "-d"])
                .arg(&project);
            command.arg("--mirror-dir").arg(&registry);
            command
        });
        let mirror = Mirror::of(&registry).expect("a registry folder");
        mirror.stand_in(&mut root);
        let theirs = folder.path().join("theirs");
        write(&theirs.join("composer.json"), &Value::from(root));
        let flags = [
            "update",
            "--dry-run",
            "--no-install",
            "--no-interaction",
            "-q",
        ];
        let theirs = measure(COMPOSER_RUNS, || composer.command(&theirs, flags));
        println!("{size:>8} {:>8} {}", size * VERSIONS, ours.against(&theirs));
    }
}

fn root() -> Map<String, Value> {
    let Value::Object(root) = json!({ "name": "acme/shop", "require": { name(0): "*" } }) else {
        unreachable!("an object")
    };
    root
}

fn name(number: usize) -> String {
    format!("acme/package-{number}")
}

/// One repository with `size` packages, as a tree: number `n` requires `2n + 1` and `2n + 2`, and a later one at hand.
fn write_registry(registry: &Path, size: usize) {
    let host = registry.join("repo.packagist.org");
    let names: Vec<String> = (0..size).map(name).collect();
    let root = json!({
        "packages": [],
        "metadata-url": "/p2/%package%.json",
        "available-packages": names,
    });
    write(&host.join("packages.json"), &root);
    for (number, name) in names.iter().enumerate() {
        let required = [2 * number + 1, 2 * number + 2, number + 1 + number * 7 % 61];
        let required = required.into_iter().filter(|&other| other < size);
        let versions = (0..VERSIONS).rev().map(|version| {
            let (major, minor) = (1 + version / 5, version % 5);
            let require: Map<String, Value> = required
                .clone()
                .map(|other| (self::name(other), format!(">={major}.{}", minor / 2).into()))
                .collect();
            json!({
                "name": name,
                "version": format!("{major}.{minor}.0"),
                "version_normalized": format!("{major}.{minor}.0.0"),
                "type": "library",
                "require": require,
            })
        });
        let versions: Vec<Value> = versions.collect();
        let document = json!({ "packages": { name: versions } });
        write(&host.join(format!("p2/{name}.json")), &document);
    }
}

fn write(file: &Path, document: &Value) {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).expect("a writable folder");
    }
    fs::write(file, document.to_string()).expect("a writable folder");
}
