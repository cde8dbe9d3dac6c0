//! The catalogue of findings: every code is documented, explained, and met by a test.

use crate::kit::run;
use mageshift::plan::Code;
use mageshift::plan::findings::catalogue;
use std::fs;
use std::path::{Path, PathBuf};

/// Set it to write docs/findings.md anew.
const BLESS: &str = "MAGESHIFT_BLESS";

/// Codes that no test can meet on every machine, each with the reason.
const OUT_OF_REACH: [(Code, &str); 4] = [
    (
        Code::AccessListNotKept,
        "needs a file system with access control lists",
    ),
    (
        Code::AttributesNotKept,
        "needs a file system with extended attributes",
    ),
    (Code::OwnerNotKept, "needs a second user"),
    (Code::FolderReadOnly, "root may write everywhere"),
];

#[test]
fn the_documentation_is_that_of_the_catalogue() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/findings.md");
    let wanted = catalogue::document();
    if std::env::var_os(BLESS).is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &wanted).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == wanted,
        "docs/findings.md is not what the catalogue says: run this test with {BLESS}=1, and look at the difference"
    );
}

#[test]
fn every_code_is_met_by_a_test() {
    let mut sources = String::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in files(&root.join("tests")) {
        if file != root.join("tests/promises/findings.rs") {
            sources.push_str(&fs::read_to_string(file).unwrap());
        }
    }
    for file in files(&root.join("src")) {
        // The tables themselves meet nothing.
        if file.starts_with(root.join("src/plan")) && !file.ends_with("steps.rs") {
            continue;
        }
        sources.push_str(tests_of(&file, &fs::read_to_string(&file).unwrap()));
    }
    let is_met = |code: &Code| {
        let is_whole = |place: usize, name: &str| {
            let next = sources[place + name.len()..].chars().next();
            !next.is_some_and(|next| next.is_alphanumeric() || next == '-')
        };
        let variant = format!("Code::{code:?}");
        let mut variants = sources.match_indices(&variant);
        let before = |place: usize| sources[..place].chars().next_back();
        let mut words = sources.match_indices(code.as_str());
        variants.any(|(place, name)| is_whole(place, name))
            || words.any(|(place, name)| {
                is_whole(place, name)
                    && before(place).is_some_and(|c| !c.is_alphanumeric() && c != '-' && c != '/')
            })
    };
    let is_excused = |code: &Code| OUT_OF_REACH.iter().any(|(out, _)| out == code);
    let unmet: Vec<&Code> = Code::ALL
        .iter()
        .filter(|code| !is_met(code) && !is_excused(code))
        .collect();
    assert!(unmet.is_empty(), "no test meets {unmet:?}");
}

/// The part of a source file that is tests.
fn tests_of<'s>(file: &Path, source: &'s str) -> &'s str {
    if file.components().any(|part| part.as_os_str() == "tests") {
        return source;
    }
    let begin = ["#[cfg(test)]\nmod", "#[cfg(all(test"]
        .iter()
        .filter_map(|mark| source.find(mark))
        .min();
    begin.map_or("", |begin| &source[begin..])
}

/// Sources, and the snapshots that tests hold.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path
            .extension()
            .is_some_and(|end| end == "rs" || end == "snap")
        {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_code_is_explained_and_a_mistyped_one_found() {
    let folder = tempfile::tempdir().unwrap();
    let explain = |arguments: &[&str]| {
        let arguments: Vec<&str> = ["explain"].iter().chain(arguments).copied().collect();
        run(folder.path(), &arguments)
    };
    let told = explain(&["[data-loss]"]);
    assert_eq!(told.code, Some(0));
    insta::assert_snapshot!(told.stdout, @r"
    data-loss (warning)

      Applying the plan leads to the loss of data of the shop.

    Cause
      Store credit, reward points, gift cards, scheduled updates and the like exist
      in Adobe Commerce only.

    What to do
      Export what has to stay, try the switch on a copy, and agree with
      `--accept-data-loss`.
    ");
    let mistyped = explain(&["dat-loss"]);
    assert_eq!(mistyped.code, Some(2));
    insta::assert_snapshot!(mistyped.stderr, @r"
    error: there is no finding `dat-loss`
    hint: did you mean `data-loss`? `mageshift explain` lists all codes
    ");
    let all = explain(&[]);
    assert_eq!(all.code, Some(0));
    let document: serde_json::Value = serde_json::from_str(&explain(&["--json"]).stdout).unwrap();
    let documented = document["findings"].as_array().unwrap();
    assert_eq!(documented.len(), Code::ALL.len());
    for (code, documented) in Code::ALL.iter().zip(documented) {
        assert_eq!(documented["code"], code.as_str());
        assert!(
            all.stdout.lines().any(|line| line == code.as_str()),
            "{code}"
        );
    }
    assert!(all.stdout.lines().all(|line| line.chars().count() <= 80));
}
