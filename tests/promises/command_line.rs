//! What scripts rely on: exit codes, streams, JSON, help.

use crate::kit::*;
use mageshift::apply::Journals;
use mageshift::plan::{Code, Edit, Finding, Plan};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// What was said, without how long ago something was.
fn told(run: &Run) -> String {
    let age = regex::Regex::new(r"\d+ \w+ ago").unwrap();
    age.replace_all(&run.stderr, "AGE ago").into_owned()
}

fn root(store: &Path) -> String {
    fs::read_to_string(store.join("composer.json")).unwrap()
}

#[test]
fn a_saved_plan_is_applied_and_undone() {
    let store = switch_store();
    let plan = saved(&switch_plan());
    let applied = run(store.path(), &["apply", plan.to_str().unwrap()]);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    assert!(
        applied
            .stdout
            .contains("Plan: 4 packages renamed, 3 moved, 1 downgraded")
    );
    let (_, steps) = applied.stdout.split_once("Next steps\n\n").unwrap();
    insta::assert_snapshot!(steps, @"
    Install the code
      composer install
          with plugins on

    Bring the database and the build up to date
      bin/magento setup:upgrade
      - Flush the external cache (Redis or Valkey), once in each of its instances if
        there are several
    ");
    assert_eq!(applied.stderr, "Applied. `mageshift undo` takes it back.\n");
    assert_eq!(root(store.path()), ROOT_AFTER);

    let again = run(store.path(), &["apply", plan.to_str().unwrap()]);
    assert_eq!(
        (again.code, again.stderr.as_str()),
        (Some(0), "The plan is applied already.\n")
    );

    let listed = run(store.path(), &["undo", "--list"]);
    assert!(listed.stdout.starts_with(
        "   1  Magento Open Source 2.4.8-p3 → Mage-OS 2.2.1 (based on Magento 2.4.8-p4)\n"
    ));
    let look = run(store.path(), &["undo", "--dry-run"]);
    assert_eq!(look.code, Some(0), "{look:?}");
    insta::assert_snapshot!(told(&look), @"
    To take back: Magento Open Source 2.4.8-p3 → Mage-OS 2.2.1 (based on Magento
    2.4.8-p4), AGE ago
    Becomes what it was:
      composer.json
      composer.lock
    Nothing was written.
    ");
    assert_eq!(root(store.path()), ROOT_AFTER);
    let undone = run(store.path(), &["undo"]);
    assert_eq!((undone.code, undone.stdout.as_str()), (Some(0), ""));
    // Nothing was installed from the other lock.
    assert!(
        undone
            .stderr
            .ends_with("\nAs before: composer.json, composer.lock.\n"),
        "{undone:?}"
    );
    assert_eq!(root(store.path()), ROOT_BEFORE);
    let nothing = run(store.path(), &["undo"]);
    assert_eq!(nothing.code, Some(1));
    assert!(
        nothing
            .stderr
            .starts_with("error: there is nothing to undo in ")
    );
}

#[test]
fn nothing_is_applied_unless_it_is_wanted() {
    let store = switch_store();
    let plan = saved(&switch_plan());
    let plan = plan.to_str().unwrap();
    for (arguments, code) in [
        (["apply", plan, "--dry-run"], 0),
        (["apply", plan, "--check"], 5),
    ] {
        let run = run(store.path(), &arguments);
        assert_eq!(run.code, Some(code), "{run:?}");
        assert!(run.stdout.contains("Plan: 4 packages renamed"));
    }
    assert_eq!(root(store.path()), ROOT_BEFORE);
    assert!(!store.path().join(".mageshift").exists());
}

#[test]
fn a_blocked_plan_is_shown_and_exits_with_3() {
    let store = switch_store();
    let plan = saved(&blocked_plan());
    let blocked = run(store.path(), &["apply", plan.to_str().unwrap(), "--yes"]);
    assert_eq!(blocked.code, Some(3));
    assert!(
        blocked
            .stdout
            .contains("\nBlocked: 1 blocker in the way, nothing can be applied.\n")
    );
}

#[test]
fn a_stale_plan_is_refused_by_name() {
    let store = switch_store();
    let plan = saved(&switch_plan());
    fs::write(store.path().join("composer.lock"), "{}").unwrap();
    let refused = run(store.path(), &["apply", plan.to_str().unwrap()]);
    assert_eq!(refused.code, Some(1));
    insta::assert_snapshot!(refused.stderr, @"
    error: changed since the plan was made: `composer.lock`
    hint: nothing was written; make the plan again
    ");
}

#[test]
fn a_plan_with_a_finding_of_another_version_is_refused_by_name() {
    let store = switch_store();
    let mut plan = serde_json::to_value(switch_plan()).unwrap();
    plan["findings"][0]["code"] = "orders-burnt".into();
    let path = store.path().join("plan.json");
    fs::write(&path, plan.to_string()).unwrap();
    let refused = run(store.path(), &["apply", "plan.json", "--yes"]);
    assert_eq!(refused.code, Some(1));
    insta::assert_snapshot!(refused.stderr, @"
    error: plan.json: this version of mageshift has no finding `orders-burnt`; another version made this plan
    hint: make the plan again with this version, or apply it with the one that made it
    ");
    assert_eq!(root(store.path()), ROOT_BEFORE);
}

#[test]
fn what_cannot_be_taken_back_needs_its_flag() {
    let store = switch_store();
    let mut plan = switch_plan();
    plan.findings
        .push(Finding::new(Code::DataLoss, "Gift cards are lost", ""));
    plan.findings
        .push(Finding::new(Code::Downgrade, "An older Magento", ""));
    let path = saved(&plan);
    let path = path.to_str().unwrap();
    let refused = run(store.path(), &["apply", path, "--yes", "--allow-downgrade"]);
    assert_eq!(refused.code, Some(5), "{refused:?}");
    let wanted = format!(
        "Gift cards are lost: Magento Open Source 2.4.8-p3 → Mage-OS 2.2.1 (based on Magento 2.4.8-p4).\n`--accept-data-loss` agrees to that.\nNothing was written. To apply it:\n  mageshift apply {path} --accept-data-loss --yes\n"
    );
    assert_eq!(refused.stderr, wanted);
    assert_eq!(root(store.path()), ROOT_BEFORE);
    let applied = run(
        store.path(),
        &["apply", path, "--allow-downgrade", "--accept-data-loss"],
    );
    assert_eq!(applied.code, Some(0));
    assert_eq!(root(store.path()), ROOT_AFTER);
}

#[test]
fn json_is_one_document_on_standard_output() {
    let store = switch_store();
    let plan = saved(&switch_plan());
    let document = |arguments: &[&str]| {
        let run = run(store.path(), arguments);
        let document: Value =
            serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
        (run.code, document)
    };
    let plan = plan.to_str().unwrap();
    let (code, dry) = document(&["apply", plan, "--json", "--dry-run"]);
    assert_eq!(
        (code, &dry["schema"], &dry["applied"]),
        (Some(0), &Value::from(1), &Value::from(false))
    );
    assert!(
        dry["edits"][1]["diff"]
            .as_str()
            .unwrap()
            .contains("+{\"packages\": [1]}")
    );
    assert!(
        dry["edits"][1].get("after").is_none(),
        "only a saved plan holds whole files"
    );
    let (code, applied) = document(&["apply", plan, "--json"]);
    assert_eq!((code, &applied["applied"]), (Some(0), &Value::from(true)));
    let (_, list) = document(&["undo", "--list", "--json"]);
    assert_eq!(
        list["applied"][0]["paths"],
        serde_json::json!(["composer.json", "composer.lock"])
    );
    let (code, undone) = document(&["undo", "--json"]);
    assert_eq!((code, &undone["undone"]["id"]), (Some(0), &Value::from(1)));
    let (code, failed) = document(&["undo", "--json"]);
    assert_eq!((code, &failed["error"]["exit"]), (Some(1), &Value::from(1)));
}

#[test]
fn wrong_usage_exits_with_2() {
    let store = switch_store();
    for arguments in [
        &["apply"][..],
        &["switch", "--to", "magneto"],
        &["frobnicate"],
        &["undo", "-q", "-v"],
        &[],
    ] {
        let run = run(store.path(), arguments);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run:?}");
    }
}

#[test]
fn errors_say_what_to_do() {
    let store = switch_store();
    let error = |arguments: &[&str]| {
        let run = run(store.path(), arguments);
        format!("{}\nexit {}", run.stderr, run.code.unwrap())
    };
    fs::write(store.path().join("no-plan.json"), "{}").unwrap();
    let preview = Plan {
        edits: vec![Edit {
            after: None,
            ..switch_plan().edits.remove(0)
        }],
        ..switch_plan()
    };
    fs::write(
        store.path().join("preview.json"),
        serde_json::to_vec(&preview).unwrap(),
    )
    .unwrap();
    insta::assert_snapshot!(error(&["apply", "missing.json"]), @"
    error: missing.json does not exist
    hint: check the name, and the folder that the command runs in

    exit 1
    ");
    insta::assert_snapshot!(error(&["apply", "no-plan.json"]), @"
    error: no-plan.json is not a plan
      because: missing field `schema` at line 1 column 2
    hint: save one with `mageshift switch --out FILE`

    exit 1
    ");
    insta::assert_snapshot!(error(&["apply", "preview.json"]), @"
    error: the plan does not hold the new text of `composer.json`
    hint: this is a preview; save a plan with `mageshift switch --out FILE`

    exit 1
    ");
    insta::assert_snapshot!(error(&["undo", "-d", "nowhere"]), @"
    error: there is no directory nowhere
    hint: name the store's directory with `-d DIR`

    exit 4
    ");
}

#[test]
fn a_closed_pipe_ends_the_program_quietly() {
    let store = switch_store();
    let plan = saved(&switch_plan());
    let mut child = mageshift(store.path())
        .args(["apply", plan.to_str().unwrap(), "--yes"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), output.stderr.as_slice()),
        (Some(1), &b""[..])
    );
    assert_eq!(
        root(store.path()),
        ROOT_BEFORE,
        "what nobody saw is not applied"
    );
}

#[test]
fn help_fits_80_columns() {
    let store = switch_store();
    for command in [
        "switch",
        "apply",
        "undo",
        "completions",
        "doctor",
        "explain",
        "self-update",
    ] {
        for flag in ["-h", "--help"] {
            let help = run(store.path(), &[command, flag]);
            assert_eq!(help.code, Some(0));
            for line in help.stdout.lines() {
                assert!(console::measure_text_width(line) <= 80, "{command}: {line}");
            }
        }
        let help = run(store.path(), &[command, "--help"]).stdout;
        assert!(help.contains("Examples:\n"), "{command}");
    }
}

#[test]
fn tables_fit_80_columns() {
    let store = sample_store();
    for line in ["check --php 8.4", "releases", "profiles", "profiles lite"] {
        let mut command = mageshift(store.path());
        command.args(line.split(' '));
        let told = run_command(command.env("MAGESHIFT_MIRROR_DIR", RECORDING));
        assert_eq!(told.code, Some(0), "{told:?}");
        for line in told.stdout.lines() {
            assert!(console::measure_text_width(line) <= 80, "{line}");
        }
    }
}

#[test]
fn targets_within_reach_come_first() {
    let store = sample_store();
    let mut command = mageshift(store.path());
    command.args(["check", "--php", "8.2"]);
    let told = run_command(command.env("MAGESHIFT_MIRROR_DIR", RECORDING));
    let (_, targets) = told.stdout.split_once("\nTargets\n").expect("targets");
    insta::assert_snapshot!(targets, @"
        target                            Magento   changes
      ✓ Magento Open Source 2.4.8-p4      2.4.8-p4  39 core packages, 0 others
      ✓ Adobe Commerce 2.4.8-p4           2.4.8-p4  190 core packages, 0 others
      ✓ Adobe Commerce on Cloud 2.4.8-p4  2.4.8-p4  192 core packages, 24 others
      × Mage-OS 2.2.1                     2.4.8-p4
          mage-os/module-automatic-translation 2.0.1 does not run on PHP 8.2
          mageshift check --to mage-os
      × Mage-OS Minimal 3.2.0             2.4.9
          Mage-OS Minimal 3.2.0 does not run on PHP 8.2
          mageshift check --to mage-os-minimal
    ");
}

#[test]
fn completions_are_printed_for_each_shell() {
    let store = switch_store();
    let shells = ["bash", "zsh", "fish", "elvish", "powershell", "nushell"];
    for shell in shells {
        let script = run(store.path(), &["completions", shell]);
        assert_eq!(script.code, Some(0));
        assert!(script.stdout.contains("accept-data-loss"), "{shell}");
    }
    // Those that complete values offer targets, releases, profiles, sets and locales.
    for shell in ["bash", "zsh", "fish", "nushell"] {
        let script = run(store.path(), &["completions", shell]).stdout;
        for value in ["commerce-cloud", "mage-os@3.4.0", "lite", "fedex", "de_DE"] {
            assert!(script.contains(value), "{shell}: {value}");
        }
    }
}

#[test]
fn there_is_a_manual_page_for_each_command() {
    let store = switch_store();
    let written = run(store.path(), &["man", "pages"]);
    assert_eq!((written.code, written.stdout.as_str()), (Some(0), ""));
    let names = |arguments: &[&str]| run(store.path(), arguments).stdout;
    let commands: Vec<String> = names(&["-h"])
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .map_while(|line| {
            line.strip_prefix("  ")?
                .split(' ')
                .next()
                .map(str::to_owned)
        })
        .filter(|name| !name.is_empty() && name != "help")
        .collect();
    assert!(commands.len() > 10, "{commands:?}");
    for command in commands {
        let page = store.path().join(format!("pages/mageshift-{command}.1"));
        let page = fs::read_to_string(page).expect("a manual page");
        assert!(page.contains("Examples:"), "{command}");
    }
}

#[test]
fn what_doctor_tells_can_be_shown_to_anybody() {
    let store = switch_store();
    let auth = r#"{"http-basic": {"repo.magento.com": {"username": "PlantedPublic", "password": "PlantedPrivate"}}}"#;
    fs::write(store.path().join("auth.json"), auth).unwrap();
    let doctor = |arguments: &[&str]| {
        let output = mageshift(store.path())
            .args(["doctor", "--offline"])
            .args(arguments)
            .env("HTTPS_PROXY", "http://me:PlantedProxy@proxy.test:3128")
            .env("MAGESHIFT_CACHE_DIR", store.path().join("cache"))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(!said.contains("Planted"), "{said}");
        said
    };
    let text = doctor(&[]);
    for words in [
        "repo.magento.com  http-basic, in auth.json",
        "https://repo.mage-os.org/   not asked, the network is off",
        "HTTPS_PROXY",
        "is there",
        "0 documents",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    for line in text.lines() {
        assert!(console::measure_text_width(line) <= 80, "{line}");
    }
    let document: Value = serde_json::from_str(&doctor(&["--json"])).unwrap();
    assert_eq!(document["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(document["repositories"][0]["result"], "not-asked");
    assert!(!store.path().join("cache").exists(), "nothing is written");
}

#[test]
fn a_run_that_was_cut_off_is_noticed_and_taken_back() {
    let store = switch_store();
    let renames = std::sync::atomic::AtomicUsize::new(0);
    let journals = Journals::open(store.path()).unwrap().watched(move |step| {
        // composer.json is the first that takes its place.
        if step == "moved" && renames.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 {
            std::panic::resume_unwind(Box::new("cut off"));
        }
    });
    let cut_off = std::panic::AssertUnwindSafe(|| journals.apply(&switch_plan()));
    assert!(std::panic::catch_unwind(cut_off).is_err());

    let plan = saved(&switch_plan());
    for arguments in [
        &["apply", plan.to_str().unwrap(), "--yes"][..],
        &["switch"],
        &["check"],
    ] {
        let refused = run(store.path(), arguments);
        assert_eq!(refused.code, Some(4), "{refused:?}");
        assert!(
            refused
                .stderr
                .contains("`composer.json` may not belong with the other files"),
            "{refused:?}"
        );
        assert!(refused.stderr.ends_with(
            "hint: `mageshift undo` puts the files back as they were before that run\n"
        ));
    }
    let undone = run(store.path(), &["undo"]);
    assert!(
        undone
            .stderr
            .starts_with("Took back a run that was cut off: "),
        "{undone:?}"
    );
    assert_eq!(root(store.path()), ROOT_BEFORE);
}
