//! Holds the planner to seeing a store through [`StoreFiles`](crate::project::store_files::StoreFiles) alone: whatever it plans
//! from can be a map in a test, and what it is told of the machine comes from whoever calls it.

use super::{Rule, broken};
use regex::Regex;

/// What no source of the planner has outside of tests, and what to do instead.
const FORBIDDEN: [Rule; 3] = [
    (
        r"\bstd::(fs|path)\b|\b(PathBuf|DiskFiles)\b",
        "it takes a path: take `&dyn StoreFiles`, and let the caller open the folder",
    ),
    (
        r"\bfiles::(read|text|open|check)\w*\(|\.canonicalize\(",
        "it reads from the disk: ask the store's files",
    ),
    (
        r"\bstd::(env|process)\b|\bCommand::new\(",
        "it asks the machine: let the caller say it",
    ),
];

#[test]
fn a_store_is_seen_through_its_files_alone() {
    let found = broken("planner", &FORBIDDEN, |_| false);
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn each_rule_finds_what_it_forbids() {
    let examples = [
        "use std::path::Path;",
        "let text = files::text_if_there(&dir.join(ROOT), files::DATA)?;",
        "std::env::var(name).ok()",
    ];
    for ((pattern, _), example) in FORBIDDEN.into_iter().zip(examples) {
        assert!(Regex::new(pattern).unwrap().is_match(example), "{example}");
    }
}
