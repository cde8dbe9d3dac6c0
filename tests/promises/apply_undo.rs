//! "`undo` restores the exact bytes; a kill at any instant of apply leaves old or new."
#![cfg(unix)]

use crate::kit::journalled::*;
use mageshift::apply::{ApplyError, Outcome};
use mageshift::plan::{Code, Finding, Plan};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

/// Applies or undoes, and calls `stop` once `limit` changes on disk were made.
fn run_until(
    store: &Path,
    action: &str,
    limit: usize,
    stop: impl Fn() + 'static,
) -> Result<(), ApplyError> {
    let steps = AtomicUsize::new(0);
    let journals = journals(store).watched(move |_| {
        if steps.fetch_add(1, Ordering::Relaxed) + 1 == limit {
            stop();
        }
    });
    match action {
        "apply" => journals
            .apply(&serde_json::from_slice(&fs::read(store.join("../plan.json")).unwrap()).unwrap())
            .map(drop),
        _ => journals.undo(false).map(drop),
    }
}

/// Runs this file's `child` test in a process of its own that aborts after `limit` changes; whether it came to the end.
fn run_child(store: &Path, action: &str, limit: usize) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args(["--exact", "apply_undo::child", "--nocapture"])
        .env("APPLY_UNDO_CHILD", format!("{action}:{limit}"));
    let output = child.current_dir(store).output().unwrap();
    assert!(
        output.status.success() || output.status.code().is_none(),
        "{output:?}"
    );
    output.status.success()
}

/// Not a test: what [`run_child`] runs.
#[test]
fn child() {
    if let Ok(job) = std::env::var("APPLY_UNDO_CHILD") {
        let (action, limit) = job.split_once(':').unwrap();
        run_until(Path::new("."), action, limit.parse().unwrap(), || {
            std::process::abort()
        })
        .unwrap();
    }
}

/// A folder with `store` and `plan.json`, and the store's files before and after the plan.
fn prepared() -> (TempDir, State, State) {
    let source = store();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    fs::rename(source.path(), &path).unwrap();
    let plan = whole_plan(&path);
    fs::write(
        folder.path().join("plan.json"),
        serde_json::to_vec(&plan).unwrap(),
    )
    .unwrap();
    let old = state(&path);
    run_until(&path, "apply", 0, || {}).unwrap();
    let new = state(&path);
    run_until(&path, "undo", 0, || {}).unwrap();
    assert_eq!(state(&path), old);
    fs::remove_dir_all(path.join(".mageshift")).unwrap();
    (folder, old, new)
}

#[test]
fn apply_writes_all_files_and_undo_restores_bytes_and_modes() {
    let folder = store();
    let before = state(folder.path());
    let applied = journals(folder.path())
        .apply(&whole_plan(folder.path()))
        .unwrap();
    assert!(
        matches!(applied, Outcome::Applied(record) if record.paths().eq([JSON, LOCK, GONE, FRESH]))
    );

    let after = state(folder.path());
    assert_eq!(after[JSON], (b"{\n}\n".to_vec(), 0o640));
    assert_eq!(after[LOCK], (b"{\"new\": true}".to_vec(), 0o664));
    assert_eq!(after[FRESH].0, b"fresh\n");
    assert_eq!(after.len(), 3);

    let undone = journals(folder.path()).undo(false).unwrap();
    assert!(!undone.was_cut_off && undone.kept.is_empty());
    assert_eq!(state(folder.path()), before);
    assert!(
        !folder.path().join(".ddev").exists(),
        "directories that were made go, too"
    );
    assert!(matches!(
        journals(folder.path()).undo(false),
        Err(ApplyError::NothingToUndo { .. })
    ));
}

#[test]
fn the_journal_is_private_and_git_does_not_see_it() {
    let folder = store();
    journals(folder.path())
        .apply(&whole_plan(folder.path()))
        .unwrap();
    let own = folder.path().join(".mageshift");
    assert_eq!(own.metadata().unwrap().mode() & 0o777, 0o700);
    assert_eq!(fs::read_to_string(own.join(".gitignore")).unwrap(), "*\n");
    for entry in fs::read_dir(own.join("journal/0001")).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_journal_of_another_schema_is_left_as_it_is() {
    let folder = store();
    journals(folder.path())
        .apply(&whole_plan(folder.path()))
        .unwrap();
    let document = folder.path().join(".mageshift/journal/0001/journal.json");
    let text = fs::read_to_string(&document).unwrap();
    fs::write(&document, text.replace("\"schema\": 1", "\"schema\": 2")).unwrap();
    let after = state(folder.path());
    let error = anyhow::Error::new(journals(folder.path()).undo(false).unwrap_err());
    let said = format!("{error:#}");
    assert!(
        said.contains("schema 2") && said.contains("reads schema 1"),
        "{said}"
    );
    assert_eq!(state(folder.path()), after);
    fs::write(&document, text).unwrap();
    journals(folder.path()).undo(false).unwrap();
}

#[test]
fn applies_stack_and_are_undone_newest_first() {
    let folder = store();
    let path = folder.path();
    let mut states = vec![state(path)];
    for text in ["1", "2", "3"] {
        journals(path)
            .apply(&plan(path, &[(JSON, Some(text))]))
            .unwrap();
        states.push(state(path));
    }
    assert_eq!(
        journals(path)
            .list()
            .unwrap()
            .iter()
            .map(|record| record.id)
            .collect::<Vec<_>>(),
        [1, 2, 3]
    );
    while let Some(expected) = states.pop() {
        assert_eq!(state(path), expected);
        assert_eq!(journals(path).undo(false).is_ok(), !states.is_empty());
    }
}

#[test]
fn a_plan_for_other_files_is_refused() {
    let folder = store();
    let path = folder.path();
    let stale = whole_plan(path);
    fs::create_dir_all(path.join(FRESH).parent().unwrap()).unwrap();
    fs::write(path.join(FRESH), "somebody was faster").unwrap();
    fs::write(path.join(JSON), "{}").unwrap();
    let before = state(path);
    match journals(path).apply(&stale) {
        Err(ApplyError::Stale(paths)) => assert_eq!(paths, [JSON, FRESH]),
        other => panic!("{other:?}"),
    }
    assert_eq!(state(path), before);
    assert!(
        !path.join(".mageshift").exists(),
        "a refusal leaves no trace"
    );

    // A file that the plan only read counts, too.
    let unchanged = fs::read_to_string(path.join(JSON)).unwrap();
    let reads = plan(path, &[(JSON, Some(&unchanged)), (LOCK, Some("new"))]);
    fs::write(path.join(JSON), "{ }").unwrap();
    assert!(
        matches!(journals(path).apply(&reads), Err(ApplyError::Stale(paths)) if paths == [JSON])
    );
}

#[test]
fn a_plan_that_is_applied_already_has_nothing_to_do() {
    let folder = store();
    let plan = whole_plan(folder.path());
    journals(folder.path()).apply(&plan).unwrap();
    assert!(matches!(
        journals(folder.path()).apply(&plan),
        Ok(Outcome::Nothing)
    ));
    assert_eq!(journals(folder.path()).list().unwrap().len(), 1);
}

#[test]
fn plans_that_cannot_be_trusted_are_refused() {
    let folder = store();
    let path = folder.path();
    let good = whole_plan(path);
    let refusal = |change: &dyn Fn(&mut Plan)| {
        let mut plan = good.clone();
        change(&mut plan);
        journals(path).apply(&plan).unwrap_err().to_string()
    };
    let blocker = Finding::new(Code::NoSolution, "acme/module blocks it", "");
    let before = state(path);
    insta::assert_snapshot!(refusal(&|plan| plan.findings.push(blocker.clone())), @"the plan is blocked: acme/module blocks it");
    insta::assert_snapshot!(refusal(&|plan| plan.schema = 9), @"the plan has schema 9, this program writes and reads schema 1");
    insta::assert_snapshot!(refusal(&|plan| plan.edits[0].after = None), @"the plan does not hold the new text of `composer.json`");
    insta::assert_snapshot!(refusal(&|plan| plan.edits[0].after = Some("{".into())), @"the new text of `composer.json` does not match the plan's own checksum");
    insta::assert_snapshot!(refusal(&|plan| plan.edits[1].path = JSON.into()), @"`composer.json` is not written: it is named twice");
    insta::assert_snapshot!(refusal(&|plan| plan.edits[0].path = "../composer.json".into()), @"`../composer.json` is not written: only paths inside the store, without `..`, are written");
    assert_eq!(state(path), before);
    assert!(!path.join(".mageshift").exists());
}

#[test]
fn undo_refuses_changed_files_and_keeps_a_copy_when_forced() {
    let folder = store();
    let path = folder.path();
    let before = state(path);
    journals(path).apply(&whole_plan(path)).unwrap();
    fs::write(path.join(JSON), "edited by hand").unwrap();
    fs::remove_file(path.join(FRESH)).unwrap();
    assert!(
        matches!(journals(path).undo(false), Err(ApplyError::Changed(paths)) if paths == [JSON])
    );

    let undone = journals(path).undo(true).unwrap();
    assert_eq!(state(path), before);
    assert_eq!(undone.kept.len(), 1);
    assert_eq!(
        fs::read_to_string(&undone.kept[0]).unwrap(),
        "edited by hand"
    );
}

#[test]
fn undo_makes_the_folder_of_a_file_that_comes_back() {
    let folder = store();
    let path = folder.path();
    let before = state(path);
    journals(path).apply(&whole_plan(path)).unwrap();
    fs::remove_dir_all(path.join("app")).unwrap();
    journals(path).undo(true).unwrap();
    assert_eq!(state(path), before);
}

#[test]
fn a_file_that_two_paths_lead_to_is_not_changed_twice() {
    let folder = store();
    let path = folder.path();
    std::os::unix::fs::symlink(JSON, path.join("link.json")).unwrap();
    let before = state(path);
    let plan = plan(path, &[(JSON, Some("one")), ("link.json", Some("two"))]);
    let refused = journals(path).apply(&plan);
    assert!(
        matches!(refused, Err(ApplyError::UnsafePath { ref path, .. }) if path == "link.json"),
        "{refused:?}"
    );
    assert_eq!(state(path), before);
}

#[test]
fn undo_does_not_trust_a_damaged_backup() {
    let folder = store();
    let path = folder.path();
    journals(path).apply(&whole_plan(path)).unwrap();
    fs::write(path.join(".mageshift/journal/0001/before-1"), "damaged").unwrap();
    let before = state(path);
    assert!(matches!(
        journals(path).undo(false),
        Err(ApplyError::BackupDamaged { .. })
    ));
    assert_eq!(state(path), before, "not even the other files are touched");
}

#[test]
fn two_runs_at_a_time_are_kept_apart() {
    let folder = store();
    let path = folder.path().to_owned();
    let plan = whole_plan(&path);
    let inner = (path.clone(), plan.clone());
    let refused = std::sync::Arc::new(AtomicUsize::new(0));
    let count = refused.clone();
    let outer = journals(&path).watched(move |step| {
        if step == "moved" {
            let busy = matches!(
                journals(&inner.0).apply(&inner.1),
                Err(ApplyError::Busy { .. } | ApplyError::Stale(_))
            );
            count.fetch_add(usize::from(busy), Ordering::Relaxed);
        }
    });
    outer.apply(&plan).unwrap();
    assert!(refused.load(Ordering::Relaxed) > 0);
}

#[test]
fn a_failed_write_takes_back_what_was_written() {
    let folder = store();
    let path = folder.path().to_owned();
    let before = state(&path);
    let trap = path.join(LOCK);
    let renames = AtomicUsize::new(0);
    // Once composer.json is in place, a directory takes the place of the lock, so that it cannot be replaced.
    let journals = journals(&path).watched(move |step| {
        if step == "moved" && renames.fetch_add(1, Ordering::Relaxed) == 0 {
            fs::remove_file(&trap).unwrap();
            fs::create_dir(&trap).unwrap();
        }
    });
    let error = journals.apply(&whole_plan(&path)).unwrap_err();
    assert!(matches!(error, ApplyError::HalfWritten { .. }), "{error}");
    // The way out: clear the place, then undo.
    fs::remove_dir(path.join(LOCK)).unwrap();
    assert!(matches!(
        self::journals(&path).check_finished(),
        Err(ApplyError::Unfinished { .. })
    ));
    self::journals(&path).undo(true).unwrap();
    assert_eq!(state(&path), before);
}

#[test]
fn a_kill_at_any_instant_of_apply_leaves_old_or_new() {
    let (folder, old, new) = prepared();
    let path = folder.path().join("store");
    let (mut limit, mut mixed) = (1, 0);
    loop {
        let finished = run_child(&path, "apply", limit);
        let now = state(&path);
        assert_whole(&now, &old, &new);
        match journals(&path).check_finished() {
            Ok(()) => assert!(now == old || now == new, "step {limit}"),
            Err(ApplyError::Unfinished { .. }) => {
                mixed += 1;
                assert!(now != old && now != new);
                assert!(matches!(
                    run_until(&path, "apply", 0, || {}),
                    Err(ApplyError::Unfinished { .. })
                ));
            }
            Err(error) => panic!("step {limit}: {error}"),
        }
        if now == old && limit % 2 == 0 {
            // The next apply clears up after the one that was cut off.
            run_until(&path, "apply", 0, || {}).unwrap();
            assert_eq!(state(&path), new, "step {limit}");
        }
        match journals(&path).undo(false) {
            Ok(_) | Err(ApplyError::NothingToUndo { .. }) => {}
            Err(error) => panic!("step {limit}: {error}"),
        }
        assert_eq!(state(&path), old, "step {limit}");
        fs::remove_dir_all(path.join(".mageshift")).unwrap_or_default();
        if finished {
            break;
        }
        limit += 1;
    }
    assert!(
        limit > 30 && mixed > 0,
        "{limit} steps, {mixed} of them between two renames"
    );
}

#[test]
fn a_kill_at_any_instant_of_undo_can_be_repeated() {
    let (folder, old, new) = prepared();
    let path = folder.path().join("store");
    let mut limit = 1;
    loop {
        run_until(&path, "apply", 0, || {}).unwrap();
        let finished = run_child(&path, "undo", limit);
        assert_whole(&state(&path), &old, &new);
        match journals(&path).undo(false) {
            Ok(_) | Err(ApplyError::NothingToUndo { .. }) => {}
            Err(error) => panic!("step {limit}: {error}"),
        }
        assert_eq!(state(&path), old, "step {limit}");
        if finished {
            break;
        }
        limit += 1;
    }
    assert!(limit > 15);
}

#[test]
fn a_recovery_that_is_cut_off_can_be_repeated() {
    let (folder, old, new) = prepared();
    let path = folder.path().join("store");
    let cut = |action: &str, limit| {
        let run = AssertUnwindSafe(|| {
            run_until(&path, action, limit, || {
                std::panic::resume_unwind(Box::new("cut off"))
            })
        });
        catch_unwind(run).is_err()
    };
    for first in 1.. {
        let mut second = 1;
        let mut last = false;
        while !last {
            let was_cut = cut("apply", first);
            last = !cut("undo", second);
            assert_whole(&state(&path), &old, &new);
            if !last {
                match journals(&path).undo(false) {
                    Ok(_) | Err(ApplyError::NothingToUndo { .. }) => {}
                    Err(error) => panic!("steps {first}, {second}: {error}"),
                }
            }
            assert_eq!(state(&path), old, "steps {first}, {second}");
            if !was_cut {
                return;
            }
            second += 7;
        }
    }
}

/// Runs an action on a store from whose journal no file can go to another folder; whether it came to its end and not to the
/// change of this number.
fn run_apart(store: &Path, action: &str, limit: usize) -> bool {
    let steps = AtomicUsize::new(0);
    let journals = journals(store)
        .hindered(|change| match change {
            "moved" => Err(std::io::Error::from_raw_os_error(18)),
            _ => Ok(()),
        })
        .watched(move |_| {
            if steps.fetch_add(1, Ordering::Relaxed) + 1 == limit {
                std::panic::resume_unwind(Box::new("cut off"));
            }
        });
    let run = AssertUnwindSafe(|| match action {
        "apply" => journals.apply(&whole_plan(store)).map(drop),
        _ => journals.undo(false).map(drop),
    });
    catch_unwind(run).map(|ended| ended.unwrap()).is_ok()
}

#[test]
fn where_files_cannot_go_to_their_folder_they_are_written_beside_their_place() {
    let (folder, old, new) = prepared();
    let path = folder.path().join("store");
    for action in ["apply", "undo"] {
        for limit in 1.. {
            if action == "undo" {
                run_until(&path, "apply", 0, || {}).unwrap();
            }
            let is_whole = run_apart(&path, action, limit);
            assert_each_whole(&state(&path), &old, &new);
            if is_whole {
                let end = if action == "apply" { &new } else { &old };
                assert_eq!(&state(&path), end);
                assert!(limit > 20, "{limit} changes");
            }
            match journals(&path).undo(false) {
                Ok(_) | Err(ApplyError::NothingToUndo { .. }) => {}
                Err(error) => panic!("{action}, change {limit}: {error}"),
            }
            assert_eq!(state(&path), old, "{action}, change {limit}");
            if is_whole {
                break;
            }
        }
    }
}

/// The files below a folder that hold these words, the folder of the tool's own left out.
fn holding(folder: &Path, words: &str) -> Vec<String> {
    let holds = |bytes: &[u8]| {
        bytes
            .windows(words.len())
            .any(|window| window == words.as_bytes())
    };
    let found = state(folder);
    let found = found.iter().filter(|(_, (bytes, _))| holds(bytes));
    found.map(|(name, _)| name.clone()).collect()
}

/// What `data use` does: app/etc/env.php holds the keys of the shop, and a copy of it would be served or committed.
#[test]
fn a_run_that_is_killed_leaves_no_copy_of_the_keys_of_a_shop() {
    const ENV: &str = "app/etc/env.php";
    const KEY: &str = "planted-key";
    for action in ["apply", "undo"] {
        for limit in 1.. {
            let source = store();
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("store");
            fs::rename(source.path(), &path).unwrap();
            let text = |database| {
                format!("<?php return ['crypt' => ['key' => '{KEY}'], 'db' => '{database}'];\n")
            };
            fs::write(path.join(ENV), text("shop")).unwrap();
            fs::set_permissions(
                path.join(ENV),
                std::os::unix::fs::PermissionsExt::from_mode(0o640),
            )
            .unwrap();
            let plan = plan(&path, &[(ENV, Some(&text("shop_mage_os")))]);
            let file = folder.path().join("plan.json");
            fs::write(file, serde_json::to_vec(&plan).unwrap()).unwrap();
            if action == "undo" {
                run_until(&path, "apply", 0, || {}).unwrap();
            }
            let finished = run_child(&path, action, limit);
            assert_eq!(holding(&path, KEY), [ENV], "{action}, change {limit}");
            let own = path.join(".mageshift");
            if own.exists() {
                assert_eq!(own.metadata().unwrap().mode() & 0o777, 0o700);
            }
            // The next run clears it away, whatever it does, but for the old file of an apply that can be taken back.
            journals(&path).clear_staged();
            let waiting = fs::read_dir(own.join("journal/0001")).into_iter().flatten();
            let waiting = waiting.flatten().map(|entry| entry.file_name());
            let waiting = waiting.filter(|name| name.as_encoded_bytes().starts_with(b"staged-"));
            assert_eq!(waiting.count(), 0, "{action}, change {limit}");
            let is_new = fs::read_to_string(path.join(ENV)).unwrap() == text("shop_mage_os");
            let left = journals(&path).undo(false);
            assert!(
                left.is_ok() || !is_new,
                "{action}, change {limit}: {left:?}"
            );
            assert_eq!(fs::read_to_string(path.join(ENV)).unwrap(), text("shop"));
            assert_eq!(path.join(ENV).metadata().unwrap().mode() & 0o777, 0o640);
            assert_eq!(
                fs::read_dir(own.join("journal")).map_or(0, Iterator::count),
                0
            );
            if finished {
                assert!(limit > 10, "{limit} changes");
                break;
            }
        }
    }
}

/// An access control list by which one more user may read the file.
#[cfg(target_os = "linux")]
fn access_list() -> Vec<u8> {
    // Version 2; the owner, the user 65534, the group, the mask, all others.
    let mut list = vec![2, 0, 0, 0];
    for (tag, permissions, id) in [
        (1_u16, 6_u16, u32::MAX),
        (2, 4, 65534),
        (4, 0, u32::MAX),
        (16, 4, u32::MAX),
        (32, 0, u32::MAX),
    ] {
        list.extend(tag.to_le_bytes());
        list.extend(permissions.to_le_bytes());
        list.extend(id.to_le_bytes());
    }
    list
}

#[cfg(target_os = "linux")]
#[test]
fn what_else_was_said_of_a_file_stays_with_it_and_comes_back() {
    use rustix::fs::{XattrFlags, getxattr, setxattr};
    for (name, value) in [
        ("user.acme", b"1".to_vec()),
        ("system.posix_acl_access", access_list()),
    ] {
        let folder = store();
        let path = folder.path();
        let set = |file: &str| setxattr(path.join(file), name, &value, XattrFlags::empty());
        if [JSON, LOCK, GONE]
            .into_iter()
            .any(|file| set(file).is_err())
        {
            eprintln!("skipped: the file system keeps no {name}");
            continue;
        }
        let has = |file: &str| {
            let mut found = vec![0; 4096];
            let length = getxattr(path.join(file), name, &mut found[..]).unwrap_or(0);
            found[..length] == value
        };
        let old = state(path);
        journals(path).apply(&whole_plan(path)).unwrap();
        assert!(has(JSON) && has(LOCK), "{name}");
        assert_eq!(state(path)[JSON].1, old[JSON].1, "{name}");
        journals(path).undo(false).unwrap();
        assert!(has(JSON) && has(LOCK) && has(GONE), "{name}");
        assert_eq!(state(path), old, "{name}");
    }
}

/// `setup:upgrade` writes the list of modules anew, in another order: that is no change of somebody else.
#[test]
fn a_list_of_modules_that_magento_sorted_is_no_foreign_change() {
    const CONFIG: &str = "app/etc/config.php";
    let list = |modules: &[(&str, u8)], open: &str, close: &str| {
        let lines: String = modules
            .iter()
            .map(|(name, state)| format!("        '{name}' => {state},\n"))
            .collect();
        format!("<?php\nreturn {open}\n    'modules' => {open}\n{lines}    {close},\n{close};\n")
    };
    let old = list(&[("A_One", 1), ("A_Two", 0)], "[", "]");
    let new = list(&[("A_One", 1), ("A_Two", 0), ("B_Three", 1)], "[", "]");
    let sorted = |state| {
        list(
            &[("B_Three", 1), ("A_Two", state), ("A_One", 1)],
            "array (",
            ")",
        )
    };
    for (after_upgrade, is_foreign) in [(sorted(0), false), (sorted(1), true), (old.clone(), false)]
    {
        let folder = store();
        let root = folder.path();
        fs::create_dir_all(root.join("app/etc")).unwrap();
        fs::write(root.join(CONFIG), &old).unwrap();
        let plan = plan(root, &[(JSON, Some("{\n}\n")), (CONFIG, Some(&new))]);
        journals(root).apply(&plan).unwrap();
        fs::write(root.join(CONFIG), &after_upgrade).unwrap();
        match journals(root).undo(false) {
            Ok(undone) => assert!(!is_foreign && undone.kept.is_empty()),
            Err(ApplyError::Changed(paths)) => {
                assert!(is_foreign);
                assert_eq!(paths, [CONFIG]);
                continue;
            }
            Err(error) => panic!("{error}"),
        }
        assert_eq!(fs::read_to_string(root.join(CONFIG)).unwrap(), old);
    }
}
