//! What the comparisons with PHP and Composer have in common: random cases, real files, and a PHP process to ask.
//!
//! Real files come from the folders in `MAGESHIFT_STORES` (a composer.json and composer.lock in each folder) and
//! `MAGESHIFT_REGISTRY` (an unpacked Composer repository per host). What is missing is skipped with a word on stderr.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Where Debian's `composer` package has its classes.
const AUTOLOAD: &str = "/usr/share/php/Composer/autoload.php";

pub(crate) struct Php {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Php {
    /// Starts a script of this folder. None, and a word on stderr, where PHP or Composer's classes are missing.
    pub(crate) fn start(script: &str) -> Option<Php> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/support")
            .join(script);
        let mut command = Command::new("php");
        command
            .args([
                "-d",
                "memory_limit=-1",
                "-d",
                "pcre.backtrack_limit=10000000",
            ])
            .arg(path)
            .arg(AUTOLOAD);
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        match spawned {
            Ok(mut process) if Path::new(AUTOLOAD).exists() => {
                let requests = process.stdin.take().unwrap();
                let answers = BufReader::new(process.stdout.take().unwrap());
                Some(Php {
                    process,
                    requests,
                    answers,
                })
            }
            _ => {
                eprintln!("skipped: needs php and Composer's classes in {AUTOLOAD}");
                None
            }
        }
    }

    pub(crate) fn ask(&mut self, request: &Value) -> Value {
        writeln!(self.requests, "{request}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer)
            .unwrap_or_else(|error| panic!("{error}: {answer:?} to {request}"))
    }
}

impl Drop for Php {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The same random cases on every run.
pub(crate) fn samples<S: Strategy>(strategy: S, count: usize) -> impl Iterator<Item = S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(move |_| strategy.new_tree(&mut runner).unwrap().current())
}

/// All files below the folder that a variable names, in order.
pub(crate) fn files(variable: &str, wanted: fn(&Path) -> bool) -> Vec<PathBuf> {
    let Some(root) = std::env::var_os(variable) else {
        eprintln!("skipped: {variable} is not set");
        return Vec::new();
    };
    let (mut folders, mut found) = (vec![PathBuf::from(root)], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if wanted(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

pub(crate) fn store_files(name: &'static str) -> Vec<(PathBuf, String)> {
    let all = files("MAGESHIFT_STORES", |path| {
        path.extension().is_some_and(|e| e == "json" || e == "lock")
    });
    let named = all
        .into_iter()
        .filter(|path| path.file_name().is_some_and(|file| file == name));
    named
        .filter_map(|path| Some((path.clone(), fs::read_to_string(path).ok()?)))
        .collect()
}

/// A value without the JSON that PHP cannot tell apart, for edits that go through PHP's arrays.
pub(crate) fn plain_value() -> impl Strategy<Value = Value> {
    let scalar = || {
        prop_oneof![
            "[a-z/\\\\$0-9é\" ]{0,6}".prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from)
        ]
    };
    scalar().prop_recursive(2, 12, 3, move |inner| {
        prop_oneof![
            prop::collection::vec(scalar(), 1..4).prop_map(Value::from),
            prop::collection::vec(("[a-z][a-z/-]{0,5}", inner), 1..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}
