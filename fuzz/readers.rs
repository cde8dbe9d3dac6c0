//! The readers of texts that come from others, each as a function that must neither panic nor hang, whatever it is given.
//! `cargo fuzz run NAME` looks for such inputs; `tests/fuzz_replay.rs` gives each the seeds and damaged copies of them.

use composer_engine::format::constraint::intervals;
use composer_engine::format::constraint::{Constraint, Operator};
use composer_engine::format::json::document::JsonDocument;
use composer_engine::format::lock::Lock;
use composer_engine::format::lock::content_hash;
use composer_engine::format::package::loader;
use composer_engine::format::root::RootPackage;
use composer_engine::format::version;
use mageshift::apply::Record;
use mageshift::plan::Plan;
use mageshift::project::config_php::{ModuleList, meaning};
use mageshift::project::env_php::EnvPhp;
use mageshift::project::patch_file::PatchFile;
use mageshift::project::store_files::DiskFiles;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// What reads a text.
pub(crate) type Reader = fn(&str);

/// Each reader with its name, which is that of its target and of its folder of seeds.
pub(crate) const READERS: [(&str, Reader); 10] = [
    ("constraint", constraint),
    ("version", version),
    ("root", root),
    ("lock", lock),
    ("php_array", php_array),
    ("config_php", config_php),
    ("patch_file", patch_file),
    ("metadata", metadata),
    ("plan", plan),
    ("journal", journal),
];

/// A constraint is a subset of itself, and says the same when it is written out and read again. Where a number is beyond PHP's
/// largest, which stands for infinity, the first is not so in composer/semver, either; nor for a lone `<0`, which by itself is one
/// range (from nothing to nothing) and none when it is intersected with itself, as empty ranges are dropped there.
pub(crate) fn constraint(text: &str) {
    if let Ok(constraint) = Constraint::parse(text) {
        let mut numbers = text.split(|character: char| !character.is_ascii_digit());
        let is_finite = numbers.all(|number| number.is_empty() || number.parse::<i64>().is_ok());
        let zero = version::Version::from_normalized("0.0.0.0-dev");
        let is_below_zero = matches!(
            &constraint,
            Constraint::Single { operator: Operator::Lt, version }
                if !version.is_branch() && !constraint.matches_version(&zero)
        );
        assert!(!is_finite || intervals::is_subset_of(&constraint, &constraint) != is_below_zero);
        let compact = intervals::compact(&constraint);
        for normalized in ["1.0.0.0", "2.4.8.0-patch3", "0.0.0.0-dev"] {
            let version = version::Version::from_normalized(normalized);
            assert_eq!(
                constraint.matches_version(&version),
                compact.matches_version(&version)
            );
        }
    }
}

pub(crate) fn version(text: &str) {
    if let Ok(normalized) = version::normalize(text) {
        let _ = version::Version::from_normalized(&normalized);
    }
    let _ = version::normalize_branch(text);
}

/// After an edit the text still says what the document says; after one that failed nothing is changed.
pub(crate) fn root(text: &str) {
    let _ = content_hash::content_hash(text);
    let Ok(mut document) = JsonDocument::parse(text.to_owned()) else {
        return;
    };
    let _ = RootPackage::load(document.value());
    for path in [["require", "acme/new"], ["config", "sort-packages"]] {
        let before = document.value().clone();
        if document.set(path, &json!("^1.0 \u{1}é/")).is_err() {
            assert_eq!(*document.value(), before);
        }
        let again = JsonDocument::parse(document.text().to_owned());
        assert!(again.is_ok_and(|again| again.value() == document.value()));
    }
}

pub(crate) fn lock(text: &str) {
    if let Ok(lock) = Lock::parse(text) {
        let _ = (lock.packages().count(), lock.packages_dev().count());
    }
}

/// app/etc/env.php, as the nearest user of the reader of PHP's arrays.
pub(crate) fn php_array(text: &str) {
    let _ = EnvPhp::parse(text);
}

/// A list that is not changed is the same text.
pub(crate) fn config_php(text: &str) {
    let _ = meaning(text);
    if let Some(list) = ModuleList::find(text) {
        let _ = list.modules().count();
        assert_eq!(list.changed(&[], &[], true), text);
    }
}

pub(crate) fn patch_file(text: &str) {
    let patch = PatchFile::parse(text);
    for section in &patch.sections {
        let _ = section.path();
    }
    let _ = patch.fit(&DiskFiles::below(Path::new("/nonexistent")), "", &[0, 1, 2]);
}

/// One version of a repository's document.
pub(crate) fn metadata(text: &str) {
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        let _ = loader::load(Arc::new(value));
    }
}

pub(crate) fn plan(text: &str) {
    let _ = serde_json::from_str::<Plan>(text);
}

pub(crate) fn journal(text: &str) {
    let _ = serde_json::from_str::<Record>(text);
}
