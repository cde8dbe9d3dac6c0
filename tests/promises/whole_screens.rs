//! Whole screens of real runs at 80 columns, as a newcomer sees them: what is said, in which order, and that it fits.

use crate::kit::*;
use regex::Regex;
use std::path::Path;

/// What a run shows in this folder, without what differs from run to run; nothing but a command may be wider than the screen.
fn screen(folder: &Path, line: &str) -> String {
    let shown = shown(folder, line);
    // Who has colours reads the same, and what is aligned stays so. What writes is not done twice.
    if !line.contains("--yes") {
        let painted = self::shown(folder, &format!("{line} --color always"));
        assert_eq!(painted, shown, "{line}");
    }
    shown
}

/// The same without its colours.
fn shown(folder: &Path, line: &str) -> String {
    let mut command = mageshift(folder);
    command
        .args(line.split_whitespace())
        .env("COLUMNS", "80")
        .env("MAGESHIFT_MIRROR_DIR", RECORDING);
    let run = run_command(&mut command);
    let shown = console::strip_ansi_codes(&(run.stdout + &run.stderr)).into_owned();
    // A command is never broken, and an error only where somebody reads it: in a terminal.
    let is_whole =
        |line: &&str| line.trim_start().starts_with("mageshift ") || line.starts_with("error: ");
    for line in shown.lines().filter(|line| !is_whole(line)) {
        assert!(line.chars().count() <= 80, "{line}\n{shown}");
    }
    let moment = Regex::new(r"\d+ seconds? ago").expect("a pattern");
    // Which releases are in support depends on the day.
    let support = Regex::new(r"(?m)^Regular support: .*\n").expect("a pattern");
    let shown = support.replace_all(&shown, "");
    let end = Regex::new(r"(until|ended) (\d{4}-\d\d-\d\d)").expect("a pattern");
    let shown = end.replace_all(&shown, "to $2");
    let shown = moment.replace_all(&shown, "a moment ago");
    shown.replace(RECORDING, "RECORDING")
}

#[test]
fn the_first_minute_in_a_store() {
    let store = sample_store();
    let screen = |line: &str| screen(store.path(), line);
    insta::assert_snapshot!("alone", screen(""));
    insta::assert_snapshot!("check", screen("check --php 8.4"));
    insta::assert_snapshot!("releases", screen("releases"));
    insta::assert_snapshot!("switch", screen("switch --to mage-os --php 8.4 --dry-run"));
    insta::assert_snapshot!(
        "switch_blocked",
        screen("switch --to mage-os --php 8.1 --dry-run")
    );
    insta::assert_snapshot!("upgrade", screen("upgrade --php 8.4 --dry-run"));
    insta::assert_snapshot!("new", screen("new shop --profile minimal --dry-run"));
    screen("switch --to mage-os --php 8.4 --yes");
    insta::assert_snapshot!("alone_after_a_switch", screen(""));
    insta::assert_snapshot!("next", screen("next"));
    insta::assert_snapshot!("undo", screen("undo --dry-run"));
}

#[test]
fn a_magento_version_without_a_release_names_those_of_its_line() {
    let store = sample_store();
    insta::assert_snapshot!(
        "no_such_release",
        screen(store.path(), "switch --to mage-os@2.4.8 --dry-run")
    );
}

/// The snapshot of the same switch is the judge: what depends on the day and on where metadata are is not in it.
#[test]
fn the_plan_that_the_book_shows_is_a_real_one() {
    let read = |path: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        std::fs::read_to_string(path).expect("a text")
    };
    let real = read("tests/promises/snapshots/promises__whole_screens__switch.snap")
        .replace(" --mirror-dir RECORDING", "");
    let (_, real) = real.split_once("---\nMagento").expect("a screen");
    let chapter = read("docs/src/switch.md");
    let (_, shown) = chapter.split_once("--dry-run\n    Magento").expect("a run");
    let (shown, _) = shown.split_once("\n    $ ").expect("a next command");
    let lines = shown
        .lines()
        .map(|line| line.strip_prefix("    ").unwrap_or(line));
    let lines = lines.filter(|line| !line.starts_with("Regular support: "));
    assert_eq!(lines.collect::<Vec<_>>().join("\n"), real.trim_end());
}
