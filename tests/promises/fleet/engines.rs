//! Engines that start workers, and the recipes for them: run where the engine is installed, read where it is not.

use super::results;
use crate::kit::run_command;
use crate::kit::small_world::SmallWorld;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const STORES: usize = 12;

fn world() -> SmallWorld {
    let world = SmallWorld::new();
    for number in 0..STORES {
        world.store(&format!("shop-{number}"));
    }
    world
}

fn is_installed(program: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .output();
    found.is_ok_and(|found| found.status.success())
}

/// A command line that checks the world's stores as one worker.
fn worker(world: &SmallWorld) -> String {
    let path = |name: &str| world.path(name).display().to_string();
    format!(
        "env HOME={home} MAGESHIFT_CACHE_DIR={cache} {program} fleet check {stores} --to=mage-os --offline --mirror-dir {mirror} --out {out}",
        home = world.folder().display(),
        cache = path("cache"),
        program = env!("CARGO_BIN_EXE_mageshift"),
        stores = path("stores"),
        mirror = path("mirror"),
        out = path("mageshift-fleet"),
    )
}

fn assert_whole(world: &SmallWorld, shards: u32) {
    let report = world.run(&["fleet", "report", "--json"]);
    assert_eq!(report.code, Some(0), "{}{}", report.stdout, report.stderr);
    let report: serde_json::Value = serde_json::from_str(&report.stdout).unwrap();
    assert_eq!(report["shards"], shards);
    assert_eq!(report["stores"].as_array().unwrap().len(), STORES);
    world.run(&["fleet", "check", "stores", "--to=mage-os", "--out=whole"]);
    assert_eq!(
        results(&world.path("mageshift-fleet")),
        results(&world.path("whole"))
    );
}

#[test]
fn an_array_of_slurm_makes_a_whole() {
    let needed = ["munged", "slurmctld", "slurmd", "sbatch"];
    let path = format!(
        "{}:/usr/sbin:/sbin",
        std::env::var("PATH").unwrap_or_default()
    );
    let script = format!(
        "PATH={path}; for program in {}; do command -v $program || exit 1; done; test $(id -u) = 0",
        needed.join(" ")
    );
    if !Command::new("sh")
        .args(["-c", &script])
        .output()
        .is_ok_and(|found| found.status.success())
    {
        println!("skipped: needs root, and slurm-wlm and munge of Debian");
        return;
    }
    let world = world();
    let job = world.path("fleet.sbatch");
    let log = world.path("fleet-%a.log");
    let text = format!(
        "#!/bin/bash\n#SBATCH --array=1-3 --cpus-per-task=1 --output={}\n{}\n",
        log.display(),
        worker(&world)
    );
    fs::write(&job, text).unwrap();
    let kit = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/promises/kit/slurm.sh");
    let mut command = Command::new("bash");
    command
        .arg(kit)
        .arg(world.path("slurm"))
        .arg(&job)
        .env("PATH", path);
    let run = run_command(&mut command);
    if run.code != Some(0) && !run.stdout.contains("Submitted") {
        println!(
            "skipped: no cluster of one node can be started here: {}",
            run.stderr
        );
        return;
    }
    let logs: String = (1..=3)
        .filter_map(|task| fs::read_to_string(world.path(&format!("fleet-{task}.log"))).ok())
        .collect();
    assert_eq!(run.code, Some(0), "{}{logs}", run.stderr);
    assert!(logs.contains("Shard 2/3, by SLURM_ARRAY_TASK_ID"), "{logs}");
    assert_whole(&world, 3);
}

#[test]
fn gnu_parallel_makes_a_whole() {
    if !is_installed("parallel") {
        println!("skipped: needs GNU parallel");
        return;
    }
    let world = world();
    let mut command = Command::new("parallel");
    command.args([
        "--will-cite",
        "-j2",
        &format!("{} --shard {{}}/3", worker(&world)),
        ":::",
        "1",
        "2",
        "3",
    ]);
    let run = run_command(command.env("HOME", world.folder()));
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    assert_whole(&world, 3);
}

/// A program that knows object stores: this one, where it is built so, or one that was built apart from the tests.
fn with_object_stores() -> Option<PathBuf> {
    match cfg!(feature = "cloud") {
        true => Some(PathBuf::from(env!("CARGO_BIN_EXE_mageshift"))),
        false => std::env::var_os("MAGESHIFT_WITH_OBJECT_STORES").map(PathBuf::from),
    }
}

/// The same command with another program.
fn of_program(program: &Path, like: &Command) -> Command {
    let mut command = Command::new(program);
    command.args(like.get_args()).env_clear();
    if let Some(folder) = like.get_current_dir() {
        command.current_dir(folder);
    }
    command.envs(
        like.get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    command
}

/// Two workers and a report, against a server of S3's protocol on this machine.
#[test]
fn two_workers_share_a_bucket() {
    let Some(program) = with_object_stores() else {
        println!(
            "skipped: needs the feature `cloud`, or MAGESHIFT_WITH_OBJECT_STORES with the path of a program that has it"
        );
        return;
    };
    if !is_installed("moto_server") {
        println!("skipped: needs moto_server of PyPI's moto[server]");
        return;
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let mut server = Command::new("moto_server")
        .args(["-H", "127.0.0.1", "-p", &port.to_string()])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let address = format!("http://127.0.0.1:{port}");
    let mut is_up = false;
    for _ in 0..300 {
        is_up = std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
        if is_up {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert!(is_up, "moto_server does not answer");
    let made = Command::new("curl")
        .args(["-sf", "-X", "PUT", &format!("{address}/fleet")])
        .status()
        .unwrap();
    assert!(made.success());
    let world = world();
    let command = |arguments: &[&str]| {
        let mut command = of_program(&program, &world.command(world.folder(), arguments));
        command
            .env("AWS_ENDPOINT", &address)
            .env("AWS_ALLOW_HTTP", "true")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "PlantedKey");
        command
    };
    let out = "s3://fleet/monday/results";
    // Two of each shard, at the same time.
    let workers: Vec<_> = ["1/2", "2/2", "1/2", "2/2"]
        .into_iter()
        .map(|shard| {
            let mut command = command(&[
                "fleet",
                "check",
                "stores",
                "--to=mage-os",
                "--offline",
                "--shard",
                shard,
                "--out",
                out,
            ]);
            std::thread::spawn(move || run_command(&mut command))
        })
        .collect();
    for worker in workers {
        let run = worker.join().unwrap();
        assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
        assert!(!run.stderr.contains("PlantedKey"));
    }
    let report = run_command(&mut command(&["fleet", "report", out, "--json"]));
    let again = run_command(&mut command(&[
        "fleet",
        "check",
        "stores",
        "--to=mage-os",
        "--offline",
        "--json",
        "--out",
        out,
    ]));
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(report.code, Some(0), "{}{}", report.stdout, report.stderr);
    let report: serde_json::Value = serde_json::from_str(&report.stdout).unwrap();
    assert_eq!(report["stores"].as_array().unwrap().len(), STORES);
    let (stores, _) = super::lines(&again);
    assert!(
        stores.values().all(|store| store["unchanged"] == true),
        "{}",
        again.stdout
    );
}

#[cfg(not(feature = "cloud"))]
#[test]
fn an_object_store_needs_a_program_that_knows_it() {
    let world = world();
    let run = world.run(&["fleet", "check", "stores", "--out", "s3://fleet/results"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("--features cloud"), "{}", run.stderr);
    assert!(!world.path("s3:").exists());
}

/// The parts of a chapter that are written in a language.
fn fenced<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let fence = format!("```{language}\n");
    let parts = text.split(&fence).skip(1);
    parts
        .map(|part| part.split("\n```").next().unwrap())
        .collect()
}

#[test]
fn the_recipes_can_be_read_by_who_runs_them() {
    let chapter = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("docs/src")
            .join(name);
        fs::read_to_string(path).unwrap()
    };
    let (fleet, engines) = (chapter("fleet.md"), chapter("fleet-engines.md"));
    let lists = fenced(&fleet, "toml");
    assert_eq!(lists.len(), 1);
    let world = SmallWorld::new();
    fs::write(world.path("stores.toml"), lists[0]).unwrap();
    // Neither store is there, and each says so for itself: the list was read.
    let run = world.run(&["fleet", "check", "stores.toml", "--json"]);
    assert_eq!(run.code, Some(1), "{}{}", run.stdout, run.stderr);
    let (stores, _) = super::lines(&run);
    assert_eq!(stores.keys().collect::<Vec<_>>(), ["Acme", "Bolt"]);
    let manifests = fenced(&engines, "yaml");
    assert_eq!(manifests.len(), 3);
    for manifest in &manifests {
        serde_norway::from_str::<serde_norway::Value>(manifest)
            .unwrap_or_else(|error| panic!("{error}\n{manifest}"));
    }
    // An Indexed Job tells a pod its index alone.
    let job: serde_json::Value = serde_norway::from_str(manifests[0]).unwrap();
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    let count = container["env"]
        .as_array()
        .unwrap()
        .iter()
        .find(|variable| variable["name"] == "MAGESHIFT_SHARDS");
    assert_eq!(
        count.unwrap()["value"].as_str().unwrap(),
        job["spec"]["completions"].to_string()
    );
    for document in fenced(&engines, "json") {
        serde_json::from_str::<serde_json::Value>(document).unwrap();
    }
    // Every command in them is one that the program takes.
    let commands = [&fleet, &engines]
        .map(|text| text.matches("mageshift fleet").count())
        .iter()
        .sum::<usize>();
    assert!(commands > 10);
    for script in fenced(&engines, "bash") {
        let mut command = Command::new("bash");
        let read = run_command(command.args(["-n", "-c", script]));
        assert_eq!(read.code, Some(0), "{}", read.stderr);
    }
}
