//! A disk that is full or broken: every change that an apply, an undo or a single file makes on it fails, once or from
//! then on.
#![cfg(unix)]

use crate::kit::journalled::*;
use mageshift::apply::{ApplyError, Outcome};
use std::cell::Cell;
use std::error::Error;
use std::fs;
use std::io;
use std::path::Path;
use std::rc::Rc;

/// What the system answers, and whether it does so for ever after.
#[derive(Debug, Clone, Copy)]
struct Fault {
    code: i32,
    for_ever: bool,
}

/// A full disk, a broken one, one that forbids, and one that has become read-only. A full disk still lets files go.
const FAULTS: [Fault; 5] = [
    Fault {
        code: 28,
        for_ever: false,
    },
    Fault {
        code: 28,
        for_ever: true,
    },
    Fault {
        code: 5,
        for_ever: false,
    },
    Fault {
        code: 13,
        for_ever: false,
    },
    Fault {
        code: 30,
        for_ever: true,
    },
];

/// The journals of a store whose disk fails at the change of this number, counted from one; and whether it came to that.
fn failing(store: &Path, at: usize, fault: Fault) -> (mageshift::apply::Journals, Rc<Cell<bool>>) {
    let (count, failed) = (Cell::new(0), Rc::new(Cell::new(false)));
    let has_failed = failed.clone();
    let journals = journals(store).hindered(move |change| {
        count.set(count.get() + 1);
        let is_freeing = matches!(change, "removed" | "directory removed");
        if count.get() == at
            || (fault.for_ever && count.get() > at && !(fault.code == 28 && is_freeing))
        {
            has_failed.set(true);
            return Err(io::Error::from_raw_os_error(fault.code));
        }
        Ok(())
    });
    (journals, failed)
}

/// Everything that an error says.
fn said(error: &ApplyError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text += &format!(": {inner}");
        cause = inner.source();
    }
    text
}

/// The error names a file and the system's reason, and tells of a mixture exactly when there is one.
fn assert_told(error: &ApplyError, fault: Fault, is_mixed: bool, context: &str) {
    let text = said(error);
    let reason = io::Error::from_raw_os_error(fault.code).to_string();
    assert!(text.contains(&reason), "{context}: {text}");
    assert!(
        text.contains("cannot ") && text.contains('/'),
        "{context}: {text}"
    );
    let tells_mixture = matches!(
        error,
        ApplyError::HalfWritten { .. } | ApplyError::HalfUndone { .. }
    );
    assert!(!is_mixed || tells_mixture, "{context}: {text}");
}

/// What is in the tool's own folder beyond what is always there.
fn litter(store: &Path) -> Vec<String> {
    fn walk(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() {
                walk(&entry.path(), found);
            } else {
                found.push(entry.path().display().to_string());
            }
        }
    }
    let mut found = Vec::new();
    walk(&store.join(".mageshift"), &mut found);
    found.retain(|path| {
        ![".gitignore", ".htaccess", "/lock"]
            .iter()
            .any(|own| path.ends_with(own))
    });
    found
}

#[test]
fn an_apply_whose_disk_fails_leaves_old_or_new() {
    for fault in FAULTS {
        for at in 1.. {
            let folder = store();
            let path = folder.path();
            let plan = whole_plan(path);
            let old = state(path);
            let context = format!("{fault:?} at change {at}");

            let (hindered, failed) = failing(path, at, fault);
            let outcome = hindered.apply(&plan);
            drop(hindered);
            let now = state(path);
            if !failed.get() {
                outcome.unwrap();
                assert!(at > 30, "{at} changes");
                break;
            }
            // None for a change that need not succeed.
            let error = outcome.err();
            let is_old = now == old;
            // The next run without the fault ends in the new state, or is told that it must be undone first.
            let next = journals(path).apply(&plan);
            let is_mixed = matches!(next, Err(ApplyError::Unfinished { .. }));
            match &error {
                Some(error) => assert_told(error, fault, is_mixed, &context),
                None => assert!(matches!(next, Ok(Outcome::Nothing)), "{context}: {next:?}"),
            }
            if is_mixed {
                journals(path).undo(false).unwrap();
                assert_eq!(state(path), old, "{context}");
                journals(path).apply(&plan).unwrap();
            } else {
                let is_applied = matches!(next, Ok(Outcome::Applied(_)));
                assert_eq!(is_applied, is_old, "{context}: {next:?}");
            }
            let new = state(path);
            assert_whole(&now, &old, &new);
            assert!(
                new.len() == 3 && new[JSON].0 == b"{\n}\n",
                "{context}: {new:?}"
            );
            journals(path).undo(false).unwrap();
            assert_eq!(state(path), old, "{context}");
            assert_eq!(litter(path), Vec::<String>::new(), "{context}");
        }
    }
}

#[test]
fn an_undo_whose_disk_fails_can_be_repeated() {
    for fault in FAULTS {
        for at in 1.. {
            let folder = store();
            let path = folder.path();
            let old = state(path);
            journals(path).apply(&whole_plan(path)).unwrap();
            let new = state(path);
            let context = format!("{fault:?} at change {at}");

            let (hindered, failed) = failing(path, at, fault);
            let outcome = hindered.undo(false);
            drop(hindered);
            let now = state(path);
            if !failed.get() {
                outcome.unwrap();
                assert!(at > 15, "{at} changes");
                break;
            }
            assert_whole(&now, &old, &new);
            if let Err(error) = &outcome {
                let is_mixed = journals(path).check_finished().is_err();
                assert_told(error, fault, is_mixed, &context);
            }
            match journals(path).undo(false) {
                Ok(_) | Err(ApplyError::NothingToUndo { .. }) => {}
                Err(error) => panic!("{context}: {error}"),
            }
            assert_eq!(state(path), old, "{context}");
            assert_eq!(litter(path), Vec::<String>::new(), "{context}");
        }
    }
}
