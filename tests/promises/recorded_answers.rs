//! `mageshift lock` gives the answers that Composer 2.10 gave.
//!
//! `MAGESHIFT_ANSWERS` names a folder with `worlds.jsonl` (small worlds with what Composer locked, or its problems) and
//! `stores.jsonl` (real stores with the versions that it locked; they need `MAGESHIFT_STORES` and
//! `MAGESHIFT_REGISTRY`), plain or compressed with zstd. `MAGESHIFT_FIXTURES` names a folder with installer fixtures
//! in Composer's own format. `MAGESHIFT_ONLY` runs the one case of that name.

use crate::kit::cases::in_parallel;
use crate::kit::fixture;
use crate::kit::fixture::Fixture;
use crate::kit::lock::{answer, differences};
use crate::kit::lock_command;
use serde_json::{Map, Value};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// In this share of the failures the problems must read as Composer's do.
const SAME_WORDS_PERCENT: usize = 95;

fn folder(variable: &str) -> Option<PathBuf> {
    let folder = env::var_os(variable).and_then(|folder| fs::canonicalize(folder).ok());
    if folder.is_none() {
        eprintln!("skipped: {variable} names no folder");
    }
    folder
}

/// The lines of `name`, or of `name.zst` by way of the zstd command.
fn cases(folder: &Path, name: &str) -> Vec<Value> {
    let plain = folder.join(name);
    let text = if plain.is_file() {
        fs::read(plain).expect("a readable file")
    } else {
        let packed = folder.join(format!("{name}.zst"));
        let output = Command::new("zstd")
            .arg("-dqc")
            .arg(packed)
            .output()
            .expect("the zstd command");
        assert!(output.status.success(), "zstd cannot unpack {name}.zst");
        output.stdout
    };
    let text = String::from_utf8(text).expect("UTF-8");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

fn wanted(name: &str) -> bool {
    env::var("MAGESHIFT_ONLY").map_or(true, |only| only == name)
}

fn flags(case: &Value) -> Vec<String> {
    case["args"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(String::from)
        .collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The end of a long text.
fn tail(text: &str) -> String {
    let text = one_line(text);
    let skipped = text.chars().count().saturating_sub(300);
    text.chars().skip(skipped).collect()
}

/// Prints the disagreements, and fails when there is one.
fn conclude(what: &str, count: usize, different: &[String]) {
    for difference in different.iter().take(40) {
        eprintln!("{difference}");
    }
    eprintln!("{} of {count} {what} agree", count - different.len());
    assert!(
        different.is_empty(),
        "{} of {count} {what} differ",
        different.len()
    );
}

#[test]
fn small_worlds() {
    let Some(answers) = folder("MAGESHIFT_ANSWERS") else {
        return;
    };
    let (mut failures, mut same_words) = (0, 0);
    let mut different = Vec::new();
    let mut asked = cases(&answers, "worlds.jsonl");
    asked.retain(|case| wanted(case["id"].as_str().unwrap_or_default()));
    let ours = in_parallel(&asked, |case| {
        let (root, locked) = (case["composer"].to_string(), case["lock"].to_string());
        let locked = (!case["lock"].is_null()).then_some(locked.as_bytes());
        lock_command::lock(root.as_bytes(), locked, &flags(case), None)
    });
    for (case, our) in asked.iter().zip(ours) {
        let id = case["id"].as_str().unwrap_or_default();
        let args = flags(case);
        if case["exit"] != 0 {
            failures += 1;
            let said = one_line(&our.said);
            let problems = case["problems"].as_str().unwrap_or_default();
            let mut problems = problems
                .lines()
                .filter(|line| line.starts_with("    - "))
                .map(one_line)
                .peekable();
            same_words +=
                usize::from(problems.peek().is_some() && problems.all(|line| said.contains(&line)));
            if !our.refuses() {
                different.push(format!(
                    "{id} {}: exit {:?}, Composer fails",
                    args.join(" "),
                    our.exit
                ));
            }
        } else if our.exit != Some(0) {
            different.push(format!(
                "{id} {}: exit {:?}, Composer solves it: {}",
                args.join(" "),
                our.exit,
                tail(&our.said)
            ));
        } else {
            let parts = differences(&answer(&our.lock), &answer(&case["expect"]));
            if !parts.is_empty() {
                different.push(format!(
                    "{id} {}: differs in {}",
                    args.join(" "),
                    parts.join(", ")
                ));
            }
        }
    }
    eprintln!("problems read the same in {same_words} of {failures} failures");
    conclude("small worlds", asked.len(), &different);
    assert!(
        same_words * 100 >= failures * SAME_WORDS_PERCENT,
        "problems read the same in {same_words} of {failures} failures"
    );
}

#[test]
fn real_stores_with_minimal_changes() {
    let (Some(answers), Some(stores), Some(registry)) = (
        folder("MAGESHIFT_ANSWERS"),
        folder("MAGESHIFT_STORES"),
        folder("MAGESHIFT_REGISTRY"),
    ) else {
        return;
    };
    let versions = |lock: &Value, list: &str| -> Map<String, Value> {
        let packages = lock[list].as_array().into_iter().flatten();
        packages
            .filter_map(|package| {
                Some((
                    package["name"].as_str()?.to_owned(),
                    package["version"].clone(),
                ))
            })
            .collect()
    };
    let (mut count, mut different) = (0, Vec::new());
    for case in cases(&answers, "stores.jsonl") {
        let name = case["store"].as_str().unwrap_or_default();
        let Ok(locked) = fs::read(stores.join(name).join("composer.lock")) else {
            continue;
        };
        if !wanted(name) {
            continue;
        }
        count += 1;
        let title = format!("{name} {}", case["target"]);
        let our = lock_command::lock(
            case["composer"].to_string().as_bytes(),
            Some(&locked),
            &flags(&case),
            Some(&registry),
        );
        if (our.exit == Some(0)) != (case["exit"] == 0) {
            different.push(format!(
                "{title}: exit {:?}, Composer {}: {}",
                our.exit,
                case["exit"],
                tail(&our.said)
            ));
        } else if case["exit"] == 0 {
            for list in ["packages", "packages-dev"] {
                let (ours, theirs) = (
                    versions(&our.lock, list),
                    case[list].as_object().cloned().unwrap_or_default(),
                );
                let moved: Vec<String> = theirs
                    .iter()
                    .filter(|(name, version)| ours.get(*name) != Some(*version))
                    .map(|(name, version)| {
                        format!(
                            "{name} {} and not {version}",
                            ours.get(name).unwrap_or(&Value::Null)
                        )
                    })
                    .chain(
                        ours.keys()
                            .filter(|name| !theirs.contains_key(*name))
                            .map(|name| format!("{name} is too much")),
                    )
                    .collect();
                if !moved.is_empty() {
                    let shown = moved.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
                    different.push(format!("{title}: {} in {list}: {shown}", moved.len()));
                }
            }
        }
    }
    conclude("switched stores", count, &different);
}

#[test]
fn installer_fixtures() {
    let Some(folder) = folder("MAGESHIFT_FIXTURES") else {
        return;
    };
    let (mut count, mut different) = (0, Vec::new());
    for fixture in Fixture::all(&folder)
        .into_iter()
        .filter(|fixture| wanted(&fixture.name))
    {
        count += 1;
        let our = lock_command::lock(
            fixture.root.as_bytes(),
            fixture.lock.as_deref().map(str::as_bytes),
            &fixture.args,
            None,
        );
        let complaint = match &fixture.expected {
            None => (!our.refuses()).then(|| format!("exit {:?}, expected a failure", our.exit)),
            Some(_) if our.exit != Some(0) => {
                Some(format!("exit {:?}: {}", our.exit, tail(&our.said)))
            }
            Some(expected) => {
                let parts = fixture::differences(&our.lock, expected);
                (!parts.is_empty()).then(|| format!("differs in {}", parts.join(", ")))
            }
        };
        different.extend(complaint.map(|complaint| format!("{}: {complaint}", fixture.name)));
    }
    conclude("fixtures", count, &different);
}
