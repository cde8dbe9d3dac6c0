//! Locking from a server that takes 50 ms for every answer, with nothing in the cache and with everything, against Composer
//! on the same server.
//!
//! `cargo bench --bench cold`. The root is what a switch makes of a store (see `benches/switch.rs`), the largest one that
//! Composer can update from the metadata at hand. With a warm cache every document is still asked for, and found unchanged.

#[path = "../tests/promises/kit/composer.rs"]
mod composer;
#[path = "../tests/promises/kit/mirror.rs"]
mod mirror;
#[path = "../crates/composer-engine/tests/support/server.rs"]
mod server;
#[path = "support/switches.rs"]
mod switches;

use composer::{Composer, said};
use mirror::Mirror;
use serde_json::{Map, Value, json};
use server::{Request, Response, Server};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use switches::{Switch, minimal_changes, name, switches};

const LATENCY: Duration = Duration::from_millis(50);
/// How many stores are tried until Composer can update one.
const STORES: usize = 12;

fn main() {
    let Some(composer) = Composer::find() else {
        return;
    };
    let version = composer
        .command(&std::env::temp_dir(), ["--version", "--no-ansi"])
        .output()
        .expect("Composer runs");
    let version = said(&version);
    println!("against {}", version.lines().next().unwrap_or_default());
    for switch in switches(STORES) {
        let Some(root) = switch.new_root() else {
            continue;
        };
        if compare(&composer, &switch, root, minimal_changes(&version)) {
            return;
        }
    }
    println!("Composer can update none of the stores from this metadata");
}

/// Prints both programs' times for one store; false when Composer cannot update it.
fn compare(composer: &Composer, switch: &Switch, root: Map<String, Value>, minimal: bool) -> bool {
    let registry = switch.registry.clone();
    let server = Server::start(Some(&switch.registry), LATENCY, move |request| {
        packages_json(&registry, request)
    });
    let folder = tempfile::tempdir().expect("a temporary folder");
    let project = folder.path().join("project");
    fs::create_dir(&project).expect("a writable folder");
    let root = served(root, &switch.registry, &server);
    fs::write(project.join("composer.json"), root.to_string()).expect("a writable folder");
    fs::copy(
        switch.store.join("composer.lock"),
        project.join("composer.lock"),
    )
    .expect("a lock");
    let theirs = || {
        let mut flags = vec![
            "update",
            "--dry-run",
            "--no-install",
            "--no-plugins",
            "--no-scripts",
        ];
        flags.extend(["--ignore-platform-reqs", "--no-interaction"]);
        flags.extend(minimal.then_some("--minimal-changes"));
        let mut command = composer.command(&project, flags);
        command
            .env("COMPOSER_DISABLE_NETWORK", "0")
            .env("COMPOSER_CACHE_DIR", folder.path().join("composer"));
        command
    };
    let ours = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mageshift"));
        command.args([
            "lock",
            "--dry-run",
            "--minimal-changes",
            "--ignore-platform-reqs",
        ]);
        command
            .current_dir(&project)
            .env("HOME", folder.path())
            .env("XDG_CACHE_HOME", folder.path().join("mageshift"))
            .env_remove("COMPOSER_AUTH");
        command
    };
    let Some(composer_cold) = took(theirs(), &server) else {
        return false;
    };
    let composer_warm = took(theirs(), &server).expect("Composer answers alike");
    println!(
        "{}: {}, {} ms an answer",
        name(&switch.store),
        switch.target,
        LATENCY.as_millis()
    );
    println!(
        "{:6} {:>12} {:>9} {:>12} {:>9} {:>6}",
        "cache", "mageshift", "requests", "Composer", "requests", "time"
    );
    for (cache, theirs) in [("cold", composer_cold), ("warm", composer_warm)] {
        let Some(ours) = took(ours(), &server) else {
            println!("mageshift finds no solution");
            continue;
        };
        println!(
            "{cache:6} {:>9} ms {:>9} {:>9} ms {:>9} {:>5.1}x",
            ours.0.as_millis(),
            ours.1,
            theirs.0.as_millis(),
            theirs.1,
            theirs.0.as_secs_f64() / ours.0.as_secs_f64()
        );
    }
    true
}

/// Wall time and number of requests; none when the command fails.
fn took(mut command: Command, server: &Server) -> Option<(Duration, usize)> {
    server.forget();
    let started = Instant::now();
    let output = command.output().expect("the program runs");
    let wall = started.elapsed();
    output
        .status
        .success()
        .then(|| (wall, server.requests().len()))
}

/// The root with every repository on the server.
fn served(mut root: Map<String, Value>, registry: &Path, server: &Server) -> Value {
    Mirror::of(registry)
        .expect("a registry folder")
        .stand_in(&mut root);
    let repositories = root.get_mut("repositories").and_then(Value::as_array_mut);
    for repository in repositories.into_iter().flatten() {
        let host = repository["url"]
            .as_str()
            .and_then(|url| url.rsplit('/').next());
        if let Some(host) = host {
            repository["url"] = format!("{}/{host}", server.url()).into();
        }
    }
    let config = root.entry("config").or_insert_with(|| json!({}));
    config["secure-http"] = false.into();
    root.into()
}

/// A host's `packages.json`, its documents being below the host on this server.
fn packages_json(registry: &Path, request: &Request) -> Option<Response> {
    let host = request
        .path
        .trim_start_matches('/')
        .strip_suffix("/packages.json")?;
    let text = fs::read(registry.join(host).join("packages.json")).ok()?;
    let mut root: Value = serde_json::from_slice(&text).ok()?;
    root["metadata-url"] = format!("/{host}/p2/%package%.json").into();
    Some(Response::new(200, root.to_string()))
}
