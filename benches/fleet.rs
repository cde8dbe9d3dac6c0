//! How a fleet grows: stores a minute and memory, for more and more stores.
//!
//! `cargo bench --bench fleet`. With `MAGESHIFT_STORES` and `MAGESHIFT_REGISTRY` the stores of that folder, else the sample store, are
//! multiplied under new names, in an order that has nothing to do with where they came from, and checked against one target in one
//! run. `MAGESHIFT_FLEET` says how large the fleets are (100,300,1000). Every store is looked at anew; metadata are read once before
//! the clock runs, so the folder's documents are in the memory of the system.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const TARGET: &str = "mage-os";

fn main() {
    let sizes = env::var("MAGESHIFT_FLEET").unwrap_or_else(|_| "100,300,1000".to_owned());
    let sizes: Vec<usize> = sizes
        .split(',')
        .filter_map(|size| size.trim().parse().ok())
        .collect();
    let (stores, registry) = stores();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{} stores, multiplied; {cores} cores", stores.len());
    println!(
        "{:>8} {:>10} {:>14} {:>10}",
        "stores", "seconds", "stores/minute", "MiB"
    );
    for size in sizes {
        let folder = tempfile::tempdir_in(".").expect("a temporary folder");
        let fleet = folder.path().join("fleet");
        multiply(&stores, size, &fleet);
        // A few, so that the program and the documents are where they will be.
        let warm = folder.path().join("warm");
        multiply(&stores, stores.len().min(size), &warm);
        run(&warm, &folder.path().join("out-warm"), &registry)
            .output()
            .expect("mageshift runs");
        let began = Instant::now();
        let peak = peak(&run(&fleet, &folder.path().join("out"), &registry));
        let seconds = began.elapsed().as_secs_f64();
        let results = fs::read_dir(folder.path().join("out/check/results"));
        let results = results.map_or(0, |results| results.flatten().count());
        assert_eq!(results, size, "a result for each store");
        let minute = size as f64 * 60.0 / seconds;
        let mib = peak.map_or("-".to_owned(), |kib| (kib / 1024).to_string());
        println!("{size:>8} {seconds:>10.1} {minute:>14.0} {mib:>10}");
    }
}

/// Runs a command; the largest resident set in kibibytes, where there is GNU time.
fn peak(command: &Command) -> Option<u64> {
    let mut timed = Command::new("/usr/bin/time");
    timed
        .args(["-f", "%M"])
        .arg(command.get_program())
        .args(command.get_args());
    let output = timed.output().or_else(|_| {
        let mut plain = Command::new(command.get_program());
        plain.args(command.get_args()).output()
    });
    let output = output.expect("mageshift runs");
    String::from_utf8_lossy(&output.stderr)
        .lines()
        .last()?
        .trim()
        .parse()
        .ok()
}

/// The stores to be multiplied, and the folder with their metadata.
fn stores() -> (Vec<PathBuf>, PathBuf) {
    let folder =
        |variable: &str| env::var_os(variable).and_then(|folder| fs::canonicalize(folder).ok());
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    match (folder("MAGESHIFT_STORES"), folder("MAGESHIFT_REGISTRY")) {
        (Some(stores), Some(registry)) => {
            let entries = fs::read_dir(stores).expect("a folder of stores").flatten();
            let stores = entries.map(|entry| entry.path());
            let mut stores: Vec<PathBuf> = stores
                .filter(|store| store.join("composer.json").is_file())
                .collect();
            stores.sort();
            (stores, registry)
        }
        _ => (
            vec![tests.join("fixtures/sample-store")],
            tests.join("../data/recording"),
        ),
    }
}

/// Makes so many stores of a few. The number comes first in a name, and is scattered, so that those of one origin do not follow
/// each other.
fn multiply(stores: &[PathBuf], size: usize, fleet: &Path) {
    for number in 0..size {
        // A prime larger than any fleet, so that no number comes twice.
        let scattered = number * 7_368_787 % 15_485_863;
        let store = &stores[number % stores.len()];
        link(store, &fleet.join(format!("shop-{scattered:08}")));
    }
}

/// Links every file of a folder, which is copied where it cannot be linked.
fn link(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a writable folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().expect("a kind of file");
        if kind.is_dir() {
            link(&path, &target);
        } else if kind.is_file() && fs::hard_link(&path, &target).is_err() {
            fs::copy(&path, &target).expect("a writable folder");
        }
    }
}

fn run(fleet: &Path, out: &Path, registry: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mageshift"));
    command.args([
        "fleet",
        "check",
        "--to",
        TARGET,
        "--ignore-platform-reqs",
        "--offline",
        "--json",
    ]);
    command
        .arg("--out")
        .arg(out)
        .arg("--mirror-dir")
        .arg(registry)
        .arg(fleet);
    command
}
