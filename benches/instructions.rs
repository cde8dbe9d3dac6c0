//! How many instructions commands take, counted by callgrind: a measure that neither other programs nor the speed of the
//! machine change.
//!
//! `cargo bench --bench instructions`. Measures what goes with the sample store, the recording and `new`, with one thread so
//! that counts can be repeated, and holds it against `benches/instructions.toml`, which says how that was measured; with
//! `MAGESHIFT_STORES` and `MAGESHIFT_REGISTRY` (see `tests/real_stores.rs`) the largest stores that can be switched, too,
//! without a number to compare with. Fails when a command takes more than a tenth more than it did.
//! `MAGESHIFT_RECORD=1` writes the file anew. Skipped, with a word, where there is no valgrind.

#[path = "support/switches.rs"]
#[allow(dead_code, reason = "each bench uses its own part")]
mod switches;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use switches::{Switch, name, switches};

/// How much more than before is a regression, in percent.
const BOUND: u64 = 10;
const STORES: usize = 3;

fn main() -> ExitCode {
    if !has_valgrind() {
        println!("skipped: valgrind is not installed");
        return ExitCode::SUCCESS;
    }
    let before = recorded();
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    let mut worse = false;
    println!("{:44} {:>10} {:>10}", "command", "million", "before");
    let empty = tempfile::tempdir().expect("a temporary folder");
    for (title, command) in commands(empty.path()) {
        let Some(count) = instructions(&command, empty.path()) else {
            println!("{title:44} was not counted");
            worse = true;
            continue;
        };
        let known = before.get(&title).copied();
        let sign = match known {
            Some(known) if count * 100 > known * (100 + BOUND) => {
                worse = true;
                "  WORSE"
            }
            _ => "",
        };
        let known = known.map_or("-".to_owned(), |known| (known / 1_000_000).to_string());
        println!("{title:44} {:>10} {known:>10}{sign}", count / 1_000_000);
        counted.insert(title, count);
    }
    if std::env::var_os("MAGESHIFT_RECORD").is_some() {
        record(&counted);
        return ExitCode::SUCCESS;
    }
    if worse {
        println!(
            "something takes more than {BOUND} % more than it did, or was not counted; when that is meant, \
             MAGESHIFT_RECORD=1 notes the new numbers"
        );
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// What is measured, by title. `empty` is a folder for what is new.
fn commands(empty: &Path) -> Vec<(String, Command)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let store = root.join("tests/fixtures/sample-store");
    let recording = root.join("data/recording");
    let switch = |target| {
        let switch = Switch {
            store: store.clone(),
            target,
            registry: recording.clone(),
        };
        switch.plan(None)
    };
    let here = |arguments: &[&str], dir: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mageshift"));
        command.args(arguments).arg("--ignore-platform-reqs");
        command.arg("--mirror-dir").arg(&recording).current_dir(dir);
        command
    };
    let mut version = Command::new(env!("CARGO_BIN_EXE_mageshift"));
    version.arg("--version");
    let new = |profile| {
        let arguments = [
            "new",
            "shop",
            "--dry-run",
            "--json",
            "--quiet",
            "--profile",
            profile,
        ];
        here(&arguments, empty)
    };
    let mut commands = vec![
        ("--version".to_owned(), version),
        ("switch, sample store".to_owned(), switch("mage-os")),
        (
            "switch to mage-os@3.4.0, sample store".to_owned(),
            switch("mage-os@3.4.0"),
        ),
        (
            "check, sample store".to_owned(),
            here(&["check", "--json"], &store),
        ),
        ("new full".to_owned(), new("full")),
        ("new minimal".to_owned(), new("minimal")),
    ];
    if std::env::var_os("MAGESHIFT_STORES").is_some() {
        for switch in switches(STORES) {
            let title = format!("{} to {}", name(&switch.store), switch.target);
            commands.push((title, switch.plan(None)));
        }
    }
    commands
}

fn has_valgrind() -> bool {
    let mut valgrind = Command::new("valgrind");
    valgrind
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    valgrind.status().is_ok_and(|status| status.success())
}

/// What a command takes; none when it was not counted.
fn instructions(command: &Command, home: &Path) -> Option<u64> {
    let mut counting = Command::new("valgrind");
    counting
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(command.get_program());
    let mut before = Command::new(command.get_program());
    for run in [&mut before, &mut counting] {
        run.args(command.get_args())
            // What other threads do meanwhile is counted, too, and their waiting is not the same twice.
            .env("RAYON_NUM_THREADS", "1")
            .env("HOME", home)
            .env("COMPOSER_HOME", home)
            .env("XDG_CACHE_HOME", home);
        if let Some(dir) = command.get_current_dir() {
            run.current_dir(dir);
        }
    }
    // Who has run it before has digests of its documents.
    before.output().ok()?;
    let output = counting.output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let (_, count) = said
        .lines()
        .rev()
        .find_map(|line| line.split_once("Collected : "))?;
    count.trim().parse().ok()
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instructions.toml")
}

fn recorded() -> BTreeMap<String, u64> {
    let text = fs::read_to_string(file()).unwrap_or_default();
    let known: BTreeMap<String, toml::Value> = toml::from_str(&text).expect("a valid file");
    let numbers = known
        .into_iter()
        .filter_map(|(title, value)| Some((title, u64::try_from(value.as_integer()?).ok()?)));
    numbers.collect()
}

/// Keeps the remarks at the head of the file.
fn record(counted: &BTreeMap<String, u64>) {
    let text = fs::read_to_string(file()).unwrap_or_default();
    let remarks = text.lines().take_while(|line| line.starts_with('#'));
    let mut lines: Vec<String> = remarks.map(str::to_owned).collect();
    let own = counted.iter().filter(|(title, _)| !title.contains('+'));
    lines.extend(own.map(|(title, count)| format!("{title:?} = {count}")));
    fs::write(file(), lines.join("\n") + "\n").expect("a writable file");
}
