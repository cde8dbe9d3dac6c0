//! `mageshift lock` and the installed Composer answer fresh random worlds alike.
//!
//! 60 worlds in a plain `cargo test`; `MAGESHIFT_DIFFERENTIAL=full` asks 1,600, or as many as `MAGESHIFT_SAMPLE` says.
//! `MAGESHIFT_SEED` repeats a run.
//! A disagreement is made as small as it gets and printed as one line that the runner of recorded answers can read.
//! Where the installed Composer is older than the rules followed here, a second judge may have the last word, see
//! `support/second_judge.rs`.

use crate::kit::cases::in_parallel;
use crate::kit::composer::{Composer, said};
use crate::kit::lock::{answer, differences};
use crate::kit::lock_command;
use crate::kit::php;
use crate::kit::second_judge;
use crate::kit::world::{Dice, World};
use serde_json::{Value, json};
use std::fs;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How many disagreements are made small; the rest is only counted.
const SHOWN: usize = 4;
/// How long making one small may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What Composer answered.
struct Theirs {
    exit: i64,
    lock: Value,
    said: String,
}

#[test]
fn composer_answers_random_worlds_alike() {
    let Some(composer) = Composer::find() else {
        return;
    };
    let full = std::env::var("MAGESHIFT_DIFFERENTIAL").is_ok_and(|value| value == "full");
    let sample = std::env::var("MAGESHIFT_SAMPLE").ok();
    let sample = sample.and_then(|sample| sample.parse().ok());
    let count = if full { sample.unwrap_or(1600) } else { 60 };
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    // The long run looks at fresh worlds; a plain `cargo test` gives the same answer every time.
    let now = if full { now } else { 11 };
    let seed = std::env::var("MAGESHIFT_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(now);
    eprintln!("seed {seed}, {count} worlds");
    let started = Instant::now();
    let worlds = worlds(&composer, seed, count);
    let theirs = ask(&composer, &worlds);
    let solved = theirs.iter().filter(|their| their.exit == 0).count();
    let (mut known, mut confirmed) = (0, 0);
    let mut different: Vec<(&World, String)> = Vec::new();
    let pairs: Vec<(&World, &Theirs)> = worlds.iter().zip(&theirs).collect();
    let disagreements = in_parallel(&pairs, |(world, their)| disagree(world, their));
    for (world, disagreement) in worlds.iter().zip(disagreements) {
        if let Some(difference) = disagreement {
            if second_judge_agrees(world) {
                confirmed += 1;
            } else if is_known(&composer, world) {
                known += 1;
            } else {
                different.push((world, difference));
            }
        }
    }
    eprintln!(
        "{} of {} agree ({solved} solved by Composer), {known} differ as is known, {confirmed} as the second judge does, {} differ, in {:.0?}",
        worlds.len() - known - confirmed - different.len(),
        worlds.len(),
        different.len(),
        started.elapsed()
    );
    assert!(
        (known + confirmed) * 100 <= count,
        "the known differences are meant to be rare: {known} and {confirmed} of {count}"
    );
    for (world, difference) in different.iter().take(SHOWN) {
        let small = shrink(&composer, (*world).clone());
        let line = json!({"composer": small.composer, "lock": small.lock, "args": small.args});
        eprintln!("differs: {difference}\n  {line}");
    }
    assert!(
        different.is_empty(),
        "{} of {count} worlds differ (seed {seed})",
        different.len()
    );
}

/// Mostly worlds that have a solution; half of those have a lock: what Composer answered before the world aged.
fn worlds(composer: &Composer, seed: u64, count: usize) -> Vec<World> {
    let mut dice = Dice::new(seed);
    let young: Vec<World> = (0..count * 2).map(|_| World::random(&mut dice)).collect();
    let theirs = ask(composer, &young);
    let (solved, unsolved): (Vec<_>, Vec<_>) = young
        .into_iter()
        .zip(theirs)
        .partition(|(_, their)| their.exit == 0);
    let fifth = unsolved.into_iter().take(count / 5);
    let mut worlds = Vec::new();
    for (number, (mut world, their)) in fifth.chain(solved).take(count).enumerate() {
        if number % 2 == 0 && their.exit == 0 {
            world.lock = their.lock;
            world.age(&mut dice);
        }
        world.ask(&mut dice);
        worlds.push(world);
    }
    worlds
}

/// Composer's answers, from a few processes.
fn ask(composer: &Composer, worlds: &[World]) -> Vec<Theirs> {
    let parts: Vec<&[World]> = worlds.chunks(200).collect();
    let answers = in_parallel(&parts, |part| ask_once(composer, part));
    answers.into_iter().flatten().collect()
}

/// Composer's answers from one process.
fn ask_once(composer: &Composer, worlds: &[World]) -> Vec<Theirs> {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let questions: String = worlds
        .iter()
        .map(|world| {
            format!(
                "{}\n",
                json!({"composer": world.composer, "lock": world.lock, "args": world.args})
            )
        })
        .collect();
    fs::write(dir.path().join("questions"), questions).expect("a writable folder");
    let output = php::script(composer, dir.path(), "worlds.php", "questions")
        .output()
        .expect("php runs");
    let answers: Vec<Theirs> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .map(|line| Theirs {
            exit: line["exit"].as_i64().unwrap_or(-1),
            lock: line["lock"]
                .as_str()
                .and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or_default(),
            said: line["said"].as_str().unwrap_or_default().into(),
        })
        .collect();
    assert_eq!(
        answers.len(),
        worlds.len(),
        "Composer answers every question: {}",
        said(&output)
    );
    answers
}

fn ours(world: &World) -> lock_command::Answer {
    let root = json!(world.composer).to_string();
    let lock = (!world.lock.is_null()).then(|| world.lock.to_string());
    lock_command::lock(
        root.as_bytes(),
        lock.as_deref().map(str::as_bytes),
        &world.args,
        None,
    )
}

/// How the two answers differ; none when they do not.
fn disagree(world: &World, their: &Theirs) -> Option<String> {
    let our = ours(world);
    if (our.exit == Some(0)) != (their.exit == 0) {
        let words: String = if their.exit == 0 {
            our.said
        } else {
            their.said.clone()
        };
        return Some(format!(
            "we exit {:?}, Composer {}: {}",
            our.exit,
            their.exit,
            words.split_whitespace().collect::<Vec<_>>().join(" ")
        ));
    }
    if our.exit != Some(0) && !our.refuses() {
        return Some(format!("we exit {:?}: {}", our.exit, our.said));
    }
    let (ours, theirs) = (answer(&our.lock), answer(&their.lock));
    let parts = differences(&ours, &theirs);
    let shown: Vec<String> = parts
        .iter()
        .map(|part| format!("{part}: {} and not {}", ours[part], theirs[part]))
        .collect();
    (their.exit == 0 && !parts.is_empty()).then(|| shown.join("; "))
}

/// Whether current Composer's rules, as somebody else wrote them, give our answer.
fn second_judge_agrees(world: &World) -> bool {
    let our = ours(world);
    match second_judge::ask(world) {
        Some(second_judge::Verdict::Solved(lock)) => {
            our.exit == Some(0) && differences(&answer(&our.lock), &answer(&lock)).is_empty()
        }
        Some(second_judge::Verdict::Unsolvable) => our.refuses(),
        None => false,
    }
}

/// The ways in which Composer 2.5 is known to answer otherwise than current releases do.
fn is_known(composer: &Composer, world: &World) -> bool {
    misses_replaced(composer, world)
        || filters_own_names_only(composer, world)
        || has_one_reference(composer, world)
}

/// A partial update with dependencies that unlocks a package because another one replaces it: 2.5 can fail to load its
/// other versions, or to leave it where it is. So it counts as known when a locked package can be replaced, and both
/// answer the same world alike when everything may be updated.
fn misses_replaced(composer: &Composer, world: &World) -> bool {
    let partial = world.args.iter().any(|arg| {
        ["-w", "-W", "--with-dependencies", "--with-all-dependencies"].contains(&arg.as_str())
    });
    let replaced = |name: &str| world.stands_in("replace", name);
    let locked = ["packages", "packages-dev"]
        .iter()
        .flat_map(|list| world.lock[list].as_array().into_iter().flatten());
    let mut names = locked.filter_map(|package| package["name"].as_str());
    if !partial || !names.any(replaced) {
        return false;
    }
    let mut full = world.clone();
    full.args
        .retain(|arg| arg.starts_with("--prefer") || arg.starts_with("--ignore"));
    agree(composer, &full)
}

/// `--with NAME:CONSTRAINT` on a name that something replaces or provides: 2.5 filters only packages of that name, current
/// releases all that go by it, the root included. So it counts as known when both answer alike without it.
fn filters_own_names_only(composer: &Composer, world: &World) -> bool {
    let mut plain = world.clone();
    let mut is_replaced = false;
    while let Some(place) = plain.args.iter().position(|arg| arg == "--with") {
        let constraint = plain
            .args
            .drain(place..(place + 2).min(plain.args.len()))
            .nth(1);
        let constraint = constraint.unwrap_or_default();
        let name = constraint.split([':', '=', ' ']).next().unwrap_or_default();
        is_replaced |= ["replace", "provide"]
            .iter()
            .any(|how| world.stands_in(how, name));
    }
    is_replaced && agree(composer, &plain)
}

/// `--lock` where a locked package has one commit in its source and another in its dist: 2.5 writes the first to both, current
/// releases keep the locked entry but for its addresses. So it counts as known when both answer alike where they are equal.
fn has_one_reference(composer: &Composer, world: &World) -> bool {
    let mut equal = world.clone();
    let mut is_changed = false;
    for list in ["packages", "packages-dev"] {
        for package in equal.lock[list].as_array_mut().into_iter().flatten() {
            let source = package["source"]["reference"].clone();
            if let (Some(dist), true) = (package.pointer_mut("/dist/reference"), source.is_string())
            {
                is_changed |= *dist != source;
                *dist = source;
            }
        }
    }
    let asks_for_addresses = world.args.iter().any(|arg| arg == "--lock");
    asks_for_addresses && is_changed && agree(composer, &equal)
}

fn agree(composer: &Composer, world: &World) -> bool {
    let theirs = ask(composer, std::slice::from_ref(world));
    theirs.iter().all(|their| disagree(world, their).is_none())
}

/// The smallest world in reach that still gets two answers.
fn shrink(composer: &Composer, mut world: World) -> World {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        let smaller = world.smaller();
        let theirs = ask(composer, &smaller);
        let found = smaller
            .into_iter()
            .zip(&theirs)
            .find(|(world, their)| disagree(world, their).is_some());
        match found {
            Some((small, _)) => world = small,
            None => break,
        }
    }
    world
}
