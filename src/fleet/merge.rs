//! What there is of a fleet, from wherever its workers left it: the results, and what is missing.

use super::result::StoreResult;
use super::results::{Results, ShardRecord, Stage};
use super::storage::{Storage, StorageError};
use serde::Serialize;
use std::collections::BTreeMap;

/// A fleet as its workers left it.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    /// By name.
    pub results: Vec<StoreResult>,
    /// What is missing.
    pub missing: Missing,
    /// How many shards the fleet was cut into.
    pub shards: u32,
}

/// As many stores without a result as are named.
const MOST_NAMED: usize = 10;

fn shards(list: &[u32]) -> &'static str {
    match list {
        [_] => "shard",
        _ => "shards",
    }
}

/// What is missing of a fleet.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Missing {
    /// Shards of which there is nothing: how many stores they have nobody knows.
    pub shards: Vec<u32>,
    /// Shards that did not come to their end.
    pub cut_off: Vec<u32>,
    /// Stores of those that are there, without a result.
    pub stores: Vec<String>,
}

impl Missing {
    /// Whether nothing is.
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// What is, in sentences, of a fleet that was cut into so many shards.
    pub(crate) fn told(&self, of: u32) -> Vec<String> {
        let numbers = |shards: &[u32]| {
            let numbers: Vec<String> = shards.iter().map(|index| format!("{index}/{of}")).collect();
            numbers.join(", ")
        };
        let mut told = Vec::new();
        if !self.shards.is_empty() {
            told.push(format!(
                "Nothing is there of {} {}.",
                shards(&self.shards),
                numbers(&self.shards)
            ));
        }
        if !self.cut_off.is_empty() {
            let shards = shards(&self.cut_off);
            told.push(format!(
                "Not at the end, or cut off: {shards} {}.",
                numbers(&self.cut_off)
            ));
        }
        if !self.stores.is_empty() {
            let some: Vec<&str> = self
                .stores
                .iter()
                .take(MOST_NAMED)
                .map(String::as_str)
                .collect();
            let more = match self.stores.len() - some.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            told.push(format!("Without a result: {}{more}.", some.join(", ")));
        }
        told
    }
}

/// The last stage of which there is anything.
pub(crate) fn last_stage(storages: &[Box<dyn Storage>]) -> Result<Option<Stage>, StorageError> {
    for stage in Stage::ALL {
        for storage in storages {
            let results = Results {
                storage: &**storage,
                stage,
            };
            if !results.shards()?.is_empty() {
                return Ok(Some(stage));
            }
        }
    }
    Ok(None)
}

/// Brings together what lies in these places. A fleet that was cut into another number of shards later counts as it was cut last;
/// of a store that is in several places, the result of the first one counts.
pub(crate) fn merge(storages: &[Box<dyn Storage>], stage: Stage) -> Result<Merged, StorageError> {
    let mut found: Vec<(ShardRecord, Results<'_>)> = Vec::new();
    for storage in storages {
        let results = Results {
            storage: &**storage,
            stage,
        };
        found.extend(
            results
                .shards()?
                .into_iter()
                .map(|record| (record, results)),
        );
    }
    let last = found.iter().max_by_key(|(record, _)| record.began);
    let Some(of) = last.map(|(record, _)| record.of) else {
        return Ok(Merged::default());
    };
    found.retain(|(record, _)| record.of == of);
    let mut merged = Merged {
        shards: of,
        ..Merged::default()
    };
    for index in 1..=of {
        let mut records = found
            .iter()
            .filter(|(record, _)| record.shard == index)
            .peekable();
        if records.peek().is_none() {
            merged.missing.shards.push(index);
        } else if !records.any(|(record, _)| record.is_done) {
            merged.missing.cut_off.push(index);
        }
    }
    let mut stores: BTreeMap<&str, Vec<Results<'_>>> = BTreeMap::new();
    for (record, results) in &found {
        for name in &record.stores {
            stores.entry(name).or_default().push(*results);
        }
    }
    for (name, places) in stores {
        let mut result = None;
        for results in places {
            result = results.get(name)?.and_then(|kept| kept.result);
            if result.is_some() {
                break;
            }
        }
        match result {
            Some(result) => merged.results.push(result),
            None => merged.missing.stores.push(name.to_owned()),
        }
    }
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use super::super::list::{Format, of_text};
    use super::super::shard::Shard;
    use super::super::storage::Folder;
    use super::*;
    use std::path::Path;

    #[test]
    fn what_is_there_is_told_and_what_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let storage: Box<dyn Storage> = Box::new(Folder::create(dir.path()).unwrap());
        let results = Results {
            storage: &*storage,
            stage: Stage::Check,
        };
        let list: String = (0..20)
            .map(|number| format!("{{\"git\": \"/srv/{number}\"}}\n"))
            .collect();
        let entries = of_text(&list, Format::JsonLines, "list", Path::new("/")).unwrap();
        let of = |shard: Shard| -> Vec<_> {
            let own = entries.iter().filter(|entry| shard.has(&entry.name));
            own.cloned().collect()
        };
        // An earlier run, cut otherwise.
        results.note_shard(Shard::WHOLE, &entries, 1, true).unwrap();
        let [first, second] = [1, 2].map(|index| Shard::new(index, 3).unwrap());
        results.note_shard(first, &of(first), 5, true).unwrap();
        for entry in of(first) {
            results
                .keep(&StoreResult::new(&entry.name, &[], String::new()), None)
                .unwrap();
        }
        results.note_shard(second, &of(second), 6, false).unwrap();
        assert_eq!(
            last_stage(std::slice::from_ref(&storage)).unwrap(),
            Some(Stage::Check)
        );
        let merged = merge(&[storage], Stage::Check).unwrap();
        assert_eq!(merged.shards, 3);
        assert_eq!(merged.results.len(), of(first).len());
        assert_eq!(merged.missing.shards, [3]);
        assert_eq!(merged.missing.cut_off, [2]);
        assert_eq!(merged.missing.stores.len(), of(second).len());
    }
}
