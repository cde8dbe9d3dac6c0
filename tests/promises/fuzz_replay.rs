//! What the fuzz targets look for, in a fixed run without them: each reader is given its seeds and damaged copies of them.

use crate::readers;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

/// Damaged copies for each reader, unless `FUZZ_ROUNDS` says how many.
const ROUNDS: usize = 2_000;

/// How long one text may take. It may be far longer than any that is real, and this is no fast build.
const LONGEST: Duration = Duration::from_secs(20);

/// Pieces that mean something to one reader or another.
const PIECES: [&str; 24] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    "\\ud800",
    "null",
    "1e999",
    "99999999999999999999",
    "||",
    " as ",
    "dev-",
    "@dev",
    "*",
    "~",
    "<?php",
    "=>",
    "'",
    "/*",
    "@@ -9999999999999,1 +1 @@\n",
    "+++ b/",
    "\n",
    "é",
];

/// The same sequence in every run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }
}

fn damaged(seed: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(5) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(24)).min(bytes.len());
        let piece = PIECES[random.below(PIECES.len())].as_bytes();
        match random.below(5) {
            0 => drop(bytes.drain(at..end)),
            1 => drop(bytes.splice(at..at, piece.iter().copied())),
            2 => drop(bytes.splice(at..end, piece.iter().copied())),
            3 => {
                let copy = bytes[at..end].repeat(1 + random.below(20));
                drop(bytes.splice(at..at, copy));
            }
            _ => bytes.truncate(at.max(1)),
        }
    }
    bytes
}

#[test]
fn no_reader_panics() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let rounds = std::env::var("FUZZ_ROUNDS").ok();
    let rounds = rounds.map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    for (name, read) in readers::READERS {
        let mut texts: Vec<Vec<u8>> = fs::read_dir(seeds.join(name))
            .unwrap()
            .map(|entry| fs::read(entry.unwrap().path()).unwrap())
            .collect();
        texts.sort();
        assert!(!texts.is_empty(), "{name} has seeds");
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        for round in 0..rounds + texts.len() {
            let input = match texts.get(round) {
                Some(seed) => seed.clone(),
                None => damaged(&texts[round % texts.len()], &mut random),
            };
            let text = String::from_utf8_lossy(&input);
            let begun = Instant::now();
            let outcome = catch_unwind(AssertUnwindSafe(|| read(&text)));
            assert!(outcome.is_ok(), "{name} panics at {text:?}");
            assert!(
                begun.elapsed() < LONGEST,
                "{name} takes too long for {text:?}"
            );
        }
    }
}
