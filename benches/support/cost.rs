//! What a program takes: wall time and memory.

use super::composer::said;
use std::process::Command;
use std::time::{Duration, Instant};

const TIME: &str = "/usr/bin/time";

/// What one program took: the median of the wall times, the largest of the memory peaks.
pub(crate) struct Cost {
    pub wall: Duration,
    /// Kibibytes; none without GNU time.
    pub memory: Option<u64>,
}

/// The heads of the columns of [`Cost::against`].
pub(crate) fn heads() -> String {
    format!(
        "{:>10} {:>8} {:>10} {:>8} {:>6} {:>6}",
        "mageshift", "memory", "Composer", "memory", "time", "memory"
    )
}

impl Cost {
    /// What it took beside what Composer took, and how many times more that is.
    pub(crate) fn against(&self, theirs: &Self) -> String {
        let memory = self.memory.zip(theirs.memory);
        format!(
            "{:>7} ms {:>8} {:>7} ms {:>8} {:>6} {:>6}",
            self.wall.as_millis(),
            self.megabytes(),
            theirs.wall.as_millis(),
            theirs.megabytes(),
            ratio(self.wall.as_secs_f64(), theirs.wall.as_secs_f64()),
            memory.map_or("-".into(), |(ours, theirs)| ratio(
                ours as f64,
                theirs as f64
            )),
        )
    }

    fn megabytes(&self) -> String {
        self.memory
            .map_or("-".into(), |kib| format!("{} MB", kib / 1024))
    }
}

/// How many times more the second is.
fn ratio(ours: f64, theirs: f64) -> String {
    format!("{:.1}x", theirs / ours)
}

/// Runs a command once to warm up, then `runs` times.
pub(crate) fn measure(runs: usize, command: impl Fn() -> Command) -> Cost {
    let _warm = command().output().expect("the program runs");
    let mut walls = Vec::new();
    for _ in 0..runs {
        let started = Instant::now();
        let output = command().output().expect("the program runs");
        walls.push(started.elapsed());
        assert!(output.status.success(), "{}", said(&output));
    }
    walls.sort();
    Cost {
        wall: walls[runs / 2],
        memory: peak(&command()),
    }
}

/// The largest resident set of one more run, in kibibytes.
fn peak(command: &Command) -> Option<u64> {
    let mut timed = Command::new(TIME);
    timed
        .args(["-f", "%M"])
        .arg(command.get_program())
        .args(command.get_args());
    if let Some(dir) = command.get_current_dir() {
        timed.current_dir(dir);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => timed.env(name, value),
            None => timed.env_remove(name),
        };
    }
    let output = timed.output().ok()?;
    String::from_utf8_lossy(&output.stderr)
        .lines()
        .last()?
        .trim()
        .parse()
        .ok()
}
