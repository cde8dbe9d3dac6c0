//! Planning a switch, warm, against Composer's update of the same root, on the same machine in the same run.
//!
//! `cargo bench --bench switch`. With `MAGESHIFT_STORES` and `MAGESHIFT_REGISTRY` (see `tests/real_stores.rs`) the five
//! largest stores that can be switched, else the sample store with the recording. Wall time is the median of several runs of
//! the whole program; memory is the largest resident set, by GNU time. Composer older than 2.7 knows no minimal changes
//! and does a plain update, which is less work for it.

#[path = "../tests/promises/kit/composer.rs"]
mod composer;
#[path = "support/cost.rs"]
mod cost;
#[path = "../tests/promises/kit/mirror.rs"]
mod mirror;
#[path = "support/switches.rs"]
mod switches;

use composer::{Composer, said};
use cost::{Cost, heads, measure};
use mirror::Mirror;
use serde_json::{Map, Value};
use std::fs;
use std::path::{Path, PathBuf};
use switches::{minimal_changes, name, switches};

const STORES: usize = 5;
const RUNS: usize = 9;
const COMPOSER_RUNS: usize = 3;

fn main() {
    let Some(composer) = Composer::find() else {
        return;
    };
    let version = said(
        &composer
            .command(&std::env::temp_dir(), ["--version", "--no-ansi"])
            .output()
            .expect("Composer runs"),
    );
    println!("against {}", version.lines().next().unwrap_or_default());
    println!("{:44} {:>14} {}", "store", "target", heads());
    let mut mirror: Option<(PathBuf, Mirror)> = None;
    for switch in switches(STORES) {
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
        let theirs = update(
            &composer,
            mirror,
            root,
            &switch.store,
            minimal_changes(&version),
        );
        let Some(theirs) = theirs else {
            println!(
                "{:44} {:>14} holds a version that its repositories no longer give, without which Composer has no solution",
                name(&switch.store),
                switch.target
            );
            continue;
        };
        let ours = measure(RUNS, || switch.plan(None));
        println!(
            "{:44} {:>14} {}",
            name(&switch.store),
            switch.target,
            ours.against(&theirs)
        );
    }
}

/// Composer's update of the new root, starting from the store's lock; none where it finds no solution, as it takes nothing from
/// a lock that no repository gives any more.
fn update(
    composer: &Composer,
    mirror: &Mirror,
    mut root: Map<String, Value>,
    store: &Path,
    minimal: bool,
) -> Option<Cost> {
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
    let update = || composer.command(folder.path(), &flags);
    let first = update().output().expect("Composer runs");
    first
        .status
        .success()
        .then(|| measure(COMPOSER_RUNS, update))
}
