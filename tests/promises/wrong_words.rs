//! Words that people type: those that are understood, and what is said to those that are not.

use crate::kit::*;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The program without a terminal, with the metadata that ship with it.
fn typed(folder: &Path, line: &str) -> Run {
    let mut command = mageshift(folder);
    command.args(line.split(' ').filter(|word| !word.is_empty()));
    run_command(command.env("MAGESHIFT_MIRROR_DIR", RECORDING))
}

#[test]
fn every_word_for_a_target_is_taken() {
    let store = sample_store();
    for (word, name) in [
        ("mageos", "Mage-OS"),
        ("Mage-OS", "Mage-OS"),
        ("mage-os@latest", "Mage-OS 3.4.0"),
        ("mage-os@2.4.8-p4", "Mage-OS 2.2"),
        ("mage-os@3", "Mage-OS 3.4.0"),
        ("magento@2.4", "Magento Open Source 2.4.9"),
        ("adobe", "Adobe Commerce"),
        ("adobe-commerce", "Adobe Commerce"),
        ("open-source", "Magento Open Source"),
        ("community", "Magento Open Source"),
        ("magento2", "Magento Open Source"),
        ("cloud", "Adobe Commerce on Cloud"),
    ] {
        let plan = typed(store.path(), &format!("plan {word}"));
        let heading = plan.stdout.lines().next().unwrap_or_default();
        let (_, target) = heading.split_once(" → ").unwrap_or_default();
        assert!(target.starts_with(name), "{word}: {plan:?}");
    }
}

#[test]
fn an_option_without_its_value_is_answered_in_two_lines() {
    let store = sample_store();
    let run = typed(store.path(), "switch --to");
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stderr.contains("was given without a value"), "{run:?}");
    assert!(run.stderr.contains("`mage-os-minimal`"), "{run:?}");
    assert!(!run.stderr.contains("magento@2.4.8-p1"), "{run:?}");
    let run = typed(store.path(), "plan mage-os@lts");
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(
        run.stderr.contains("is no version and no constraint"),
        "{run:?}"
    );
}

#[test]
fn other_words_for_commands_do_what_they_say() {
    let store = sample_store();
    let status = typed(store.path(), "status --to magento");
    assert!(
        status.stdout.starts_with("Magento Open Source 2.4.8-p3\n"),
        "{status:?}"
    );
    assert!(
        typed(store.path(), "version")
            .stdout
            .starts_with("mageshift ")
    );
    let upgrade = typed(store.path(), "upgrade --dry-run");
    assert!(
        upgrade.stdout.contains(" → Magento Open Source 2.4.9\n"),
        "{upgrade:?}"
    );
    let undo = typed(store.path(), "undo -y");
    assert!(
        undo.stderr.starts_with("error: there is nothing to undo"),
        "{undo:?}"
    );
    let topic = typed(store.path(), "help data-loss");
    assert!(topic.stdout.starts_with("data-loss ("), "{topic:?}");
    let command = typed(store.path(), "help undo");
    assert!(
        command.stdout.contains("Usage: mageshift undo"),
        "{command:?}"
    );
}

#[test]
fn what_is_wrong_is_answered_with_the_whole_command() {
    let store = sample_store();
    for (line, meant) in [
        ("swich --to mage-os", "`mageshift switch --to mage-os`"),
        ("uprade", "`mageshift upgrade`"),
        ("update", "`mageshift upgrade` or `mageshift lock`"),
        ("migrate --to mage-os", "`mageshift switch --to mage-os`"),
        ("rollback", "`mageshift undo`"),
        ("create shop", "`mageshift new shop`"),
        (
            "diff --to mage-os",
            "`mageshift switch --dry-run --diff --to mage-os`",
        ),
        ("mage-os@2.2.1", "`mageshift switch mage-os@2.2.1`"),
        ("--to mage-os", "`mageshift switch --to mage-os`"),
        ("switch --target mage-os", "`mageshift switch --to mage-os`"),
        ("switch --to mageso", "`mageshift switch --to mage-os`"),
        (
            "switch 3.4.0",
            "`mageshift switch mage-os@3.4.0` or `mageshift switch mage-os-minimal@3.4.0`",
        ),
        (
            "switch --to mage-os --dryrun",
            "`mageshift switch --to mage-os --dry-run`",
        ),
        ("help revert", "`mageshift help undo`"),
        ("explain dataloss", "`data-loss`"),
        ("check magento", "`mageshift check --to magento`"),
        ("switch to mage-os", "`mageshift switch mage-os`"),
        ("remove braintree", "`mageshift slim --without braintree`"),
        (
            "login repo.magento.com",
            "`mageshift auth repo.magento.com`",
        ),
        ("switch mage-os --force", "`mageshift switch mage-os --yes`"),
    ] {
        let wrong = typed(store.path(), line);
        assert_eq!(
            (wrong.code, wrong.stdout.as_str()),
            (Some(2), ""),
            "{wrong:?}"
        );
        let hint = format!("\nhint: did you mean {meant}?");
        assert!(wrong.stderr.contains(&hint), "{line}: {}", wrong.stderr);
    }
    let upgrade = typed(store.path(), "upgrade mage-os -n");
    assert!(
        upgrade.stderr.contains("`mageshift switch --to mage-os`"),
        "{upgrade:?}"
    );
}

#[test]
fn where_it_is_typed_is_told() {
    let store = sample_store();
    let below = store.path().join("app/code/Acme");
    fs::create_dir_all(&below).unwrap();
    let found = typed(&below, "check --to magento");
    // By the name that its owner knows, and not by how many folders it is away.
    let folder = store.path().canonicalize().unwrap();
    let said = format!("The store is {}.\n", folder.display());
    assert!(found.stderr.starts_with(&said), "{found:?}");
    assert!(
        found.stdout.starts_with("Magento Open Source 2.4.8-p3\n"),
        "{found:?}"
    );

    let folder = tempfile::tempdir().unwrap();
    let nowhere = typed(folder.path(), "check");
    assert_eq!(nowhere.code, Some(4));
    insta::assert_snapshot!(nowhere.stderr, @"
    error: there is no composer.json in .
    hint: run the command in the folder of a store, name one with `-d DIR`, or make one with `mageshift new`
    ");
    let root = r#"{"name": "acme/api", "require": {"acme/http": "^7"}}"#;
    fs::write(folder.path().join("composer.json"), root).unwrap();
    let other = typed(folder.path(), "switch --to mage-os");
    assert_eq!(other.code, Some(4));
    insta::assert_snapshot!(other.stderr, @"
    error: composer.json requires no product of Mage-OS, Magento Open Source or Adobe Commerce, and composer.lock has none
    hint: name a store with `-d DIR`, or make one with `mageshift new DIR`; of other projects, `mageshift lock` and `mageshift why` know the lock
    ");
}

#[test]
fn alone_it_says_what_is_here_in_ten_lines() {
    let store = sample_store();
    let folder = tempfile::tempdir().unwrap();
    let said = |folder: &Path, line: &str| {
        let alone = typed(folder, line);
        assert_eq!(
            (alone.code, alone.stdout.as_str()),
            (Some(2), ""),
            "{alone:?}"
        );
        assert!(alone.stderr.lines().count() <= 12, "{alone:?}");
        for line in alone.stderr.lines() {
            assert!(console::measure_text_width(line) <= 80, "{line}");
        }
        alone.stderr
    };
    insta::assert_snapshot!(said(store.path(), ""), @"
    Magento Open Source 2.4.8-p3

      mageshift check    what it can become, and what blocks
      mageshift upgrade  to the newest release of Magento Open Source
      mageshift switch   to another distribution, edition or release
      mageshift slim     without what the shop does not need

    All commands: mageshift help
    ");
    insta::assert_snapshot!(said(folder.path(), ""), @"
    This folder is empty.

      mageshift new           makes a store here
      mageshift check -d DIR  looks at a store that is elsewhere
      mageshift releases      what there is to choose from

    All commands: mageshift help
    ");
    let elsewhere = format!("-d {}", store.path().display());
    assert_eq!(said(folder.path(), &elsewhere), said(store.path(), ""));
    let root = r#"{"name": "acme/api", "require": {"acme/http": "^7"}}"#;
    fs::write(folder.path().join("composer.json"), root).unwrap();
    insta::assert_snapshot!(said(folder.path(), ""), @"
    acme/api requires no product of Magento or Mage-OS: it is no store.

      mageshift lock         updates composer.lock of any project, as Composer does
      mageshift why PACKAGE  says why a package is there
      mageshift new shop     makes a store in a folder shop

    All commands: mageshift help
    ");
}

#[test]
fn wrong_usage_is_a_document_with_json() {
    let store = sample_store();
    for line in [
        "--json",
        "swich --json",
        "switch --json --to mageso",
        "check --json --frob",
        "why --json",
        "releases shopware --json",
    ] {
        let wrong = typed(store.path(), line);
        assert_eq!(wrong.code, Some(2), "{wrong:?}");
        let document: Value = serde_json::from_str(&wrong.stdout)
            .unwrap_or_else(|error| panic!("{error}: {wrong:?}"));
        let error = &document["error"];
        assert_eq!(error["exit"], 2, "{document}");
        for text in [&error["message"], &error["hint"]] {
            let text = text.as_str().unwrap_or_default();
            assert!(!text.is_empty() && !text.contains('\n'), "{document}");
        }
    }
}

#[test]
fn a_hint_follows_its_label() {
    let store = sample_store();
    let folder = tempfile::tempdir().unwrap();
    for (folder, line) in [
        (store.path(), "apply missing.json"),
        (store.path(), "switch --to mage-os@9"),
        (folder.path(), "check"),
        (folder.path(), "undo -d nowhere"),
    ] {
        let wrong = typed(folder, line);
        let (_, hint) = wrong.stderr.split_once("\nhint: ").expect("a hint");
        let first = hint.chars().next().unwrap_or_default();
        assert!(!first.is_uppercase(), "{hint}");
    }
}

#[test]
fn nothing_that_a_terminal_would_act_on_is_repeated() {
    let store = sample_store();
    let odd = "x\u{1b}[31mr\u{1b}]0;t\u{7}\u{9b}1m\u{202e}y\u{2066}";
    let named = store.path().join(odd);
    fs::create_dir(&named).unwrap();
    fs::copy(
        store.path().join("composer.json"),
        named.join("composer.json"),
    )
    .unwrap();
    fs::create_dir_all(store.path().join("app/etc")).unwrap();
    fs::write(
        store.path().join("app/etc/env.php"),
        format!("<?php\nreturn ['db' => ['connection' => ['default{odd}' => ['host' => 'db', 'dbname' => 'a', 'username' => 'u', 'password' => 'p']]]];\n"),
    )
    .unwrap();
    let out = store.path().join("results").display().to_string();
    for arguments in [
        &[odd][..],
        &["releases", odd],
        &["switch", "--to", odd],
        &["switch", odd],
        &["explain", odd],
        &["profiles", odd],
        &["apply", odd],
        &["apply", odd, "--json"],
        &["why", odd],
        &["why-not", "symfony/console", odd],
        &["check", "--php", odd],
        &["check", "-d", odd],
        &["check", "-d", odd, "--json"],
        &["doctor", "--offline", "-d", odd, "--json"],
        &["data", "use", odd, "--dry-run"],
        &["data", "use", odd, "--yes"],
        &["next"],
        &["undo", "--list"],
        &["new", "--answers", odd],
        &["new", "--profile", odd, "--dry-run"],
        &["report", odd],
        &["fleet", "check", odd, "--out", &out],
        &["fleet", "check", odd, "--out", &out, "--json"],
        &["fleet", "report", odd],
    ] {
        let run = run_command(
            mageshift(store.path())
                .args(arguments)
                .env("MAGESHIFT_MIRROR_DIR", RECORDING),
        );
        for text in [&run.stdout, &run.stderr] {
            let acts = |c: char| {
                c.is_control() && c != '\n' && c != '\t'
                    || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            };
            assert!(!text.contains(acts), "{arguments:?}: {run:?}");
        }
    }
}
