//! A PHP process that answers requests, one JSON line each.

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Where Debian's `composer` package has its classes.
const AUTOLOAD: &str = "/usr/share/php/Composer/autoload.php";

pub struct Php {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Php {
    /// Starts a script of this folder. None, and a word on stderr, where PHP or Composer's classes are missing.
    pub fn start(script: &str) -> Option<Php> {
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

    pub fn ask(&mut self, request: &Value) -> Value {
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
