//! The lock's entries for versions of a repository that many stores share: they all go to much the same packages.

use crate::format::lock::entry::{self, Additions};
use crate::format::package::Package;
use crate::format::package::loader::LoadError;
use rustc_hash::FxHashMap;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// About how many bytes each node of a value takes beside its text.
const NODE: usize = 96;

/// What was asked for. An entry is kept from the second time on: a single store asks for each but once.
#[derive(Default)]
pub(super) struct Entries(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// By where the package is in memory, which is held so that nothing else comes to be there.
    by_package: FxHashMap<usize, (Arc<Package>, Option<Arc<Value>>)>,
    weight: usize,
}

impl Entries {
    /// The entry for a version.
    pub(super) fn get(
        &self,
        package: &Arc<Package>,
        additions: &Additions,
    ) -> Result<Value, LoadError> {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = Arc::as_ptr(package) as usize;
        let before = known().by_package.get(&key).map(|(_, entry)| entry.clone());
        if let Some(Some(entry)) = before {
            return Ok((*entry).clone());
        }
        let made = entry::readable(package, Some(additions))?;
        let kept = before.map(|_| Arc::new(made.clone()));
        let more = kept.as_deref().map_or(0, weight);
        let mut known = known();
        let others = known.by_package.insert(key, (package.clone(), kept));
        // Somebody else may have come to it meanwhile.
        let others = others.and_then(|(_, entry)| entry);
        known.weight = (known.weight + more).saturating_sub(others.as_deref().map_or(0, weight));
        Ok(made)
    }

    /// About how many bytes they take.
    pub(super) fn weight(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).weight
    }

    /// Forgets them all.
    pub(super) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Known::default();
    }
}

fn weight(value: &Value) -> usize {
    let within: usize = match value {
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(weight).sum(),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| key.len() + weight(value))
            .sum(),
        _ => 0,
    };
    NODE + within
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::package::{Metadata, loader};
    use serde_json::json;

    #[test]
    fn an_entry_is_the_same_however_often_it_is_asked_for_and_kept_from_the_second_time_on() {
        let package =
            json!({ "name": "acme/shop", "version": "1.0.0", "require": { "acme/base": "^1.0" } });
        let package = Arc::new(loader::load(Arc::new(package)).unwrap());
        let additions = Additions::default();
        let entries = Entries::default();
        let first = entries.get(&package, &additions).unwrap();
        assert_eq!(entries.weight(), 0);
        for _ in 0..3 {
            assert_eq!(entries.get(&package, &additions).unwrap(), first);
        }
        let once = entries.weight();
        assert!(once > NODE);
        entries.get(&package, &additions).unwrap();
        assert_eq!(entries.weight(), once);
        entries.forget();
        assert_eq!(entries.weight(), 0);
        assert_eq!(entries.get(&package, &additions).unwrap(), first);
    }

    #[test]
    fn what_no_lock_can_hold_is_refused_each_time() {
        let sound = json!({ "name": "acme/shop", "version": "1.0.0" });
        let mut package = loader::load(Arc::new(sound.clone())).unwrap();
        let mut broken = sound;
        broken["require"] = json!({ "acme/base": "no constraint" });
        package.metadata = Metadata::Value(Arc::new(broken));
        let (package, entries) = (Arc::new(package), Entries::default());
        for _ in 0..3 {
            assert!(entries.get(&package, &Additions::default()).is_err());
        }
    }
}
