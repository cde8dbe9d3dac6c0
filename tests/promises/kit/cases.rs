//! Long runs over many cases: where their data are, which of them to take, and several at once.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const THREADS: usize = 2;

/// The folder that a variable names; none, with a word on stderr, when there is no such folder.
pub(crate) fn folder(variable: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(variable).and_then(|folder| std::fs::canonicalize(folder).ok());
    if folder.is_none() {
        eprintln!("skipped: {variable} names no folder");
    }
    folder
}

/// Keeps as many cases as `MAGESHIFT_SAMPLE` says, always the same ones and in the order of their names.
pub(crate) fn sample<T>(cases: &mut Vec<T>, name: impl Fn(&T) -> String) {
    let size = std::env::var("MAGESHIFT_SAMPLE").ok();
    let Some(size) = size.and_then(|size| size.parse().ok()) else {
        return;
    };
    cases.sort_by_key(|case| Sha256::digest(name(case)).to_vec());
    cases.truncate(size);
    cases.sort_by_key(name);
}

/// Runs every case, a few at a time; the results come in the order of the cases.
pub(crate) fn in_parallel<C: Sync, R: Send>(cases: &[C], run: impl Fn(&C) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some((number, case)) = Some(next.fetch_add(1, Ordering::Relaxed))
                    .and_then(|n| Some((n, cases.get(n)?)))
                {
                    let result = run(case);
                    results
                        .lock()
                        .expect("no panic elsewhere")
                        .insert(number, result);
                }
            });
        }
    });
    results
        .into_inner()
        .expect("no panic elsewhere")
        .into_values()
        .collect()
}
