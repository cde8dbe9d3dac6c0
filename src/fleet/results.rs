//! The results of a fleet where they are kept: a document for each store, and one for each shard that says which stores it has.
//!
//! ```text
//! check/results/NAME-HASH.json     what came of a store
//! check/shards/3-of-8.json         which stores a shard has, and whether it came to its end
//! ```

use super::list::Entry;
use super::result::StoreResult;
use super::shard::Shard;
use super::storage::{Expected, Put, Storage, StorageError, Version};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What is done with the stores of a fleet. Each has results of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stage {
    /// What each store is and could become; nothing is kept of how.
    Check,
    /// The whole plan for each store.
    Plan,
    /// The plan carried out: files written, or committed on a branch.
    Apply,
}

impl Stage {
    /// The last one first.
    pub(crate) const ALL: [Self; 3] = [Self::Apply, Self::Plan, Self::Check];

    /// As its folder is called.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Plan => "plan",
            Self::Apply => "apply",
        }
    }
}

/// What a shard says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ShardRecord {
    /// Its number, from 1.
    pub shard: u32,
    /// How many there are.
    pub of: u32,
    /// When it began, in Unix seconds.
    pub began: u64,
    /// Whether it came to its end.
    pub is_done: bool,
    /// The names of its stores.
    pub stores: Vec<String>,
}

/// The results of one stage.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Results<'a> {
    /// Where the documents are kept, for all stages.
    pub storage: &'a dyn Storage,
    /// Which stage, whose folder its documents lie in.
    pub stage: Stage,
}

/// A result that is there, and which version of it.
#[derive(Debug)]
pub(crate) struct Kept {
    /// None when the document is no result, or one of another version of the program.
    pub result: Option<StoreResult>,
    version: Version,
}

impl Results<'_> {
    /// What is there of a store; none when there is nothing.
    pub(crate) fn get(&self, name: &str) -> Result<Option<Kept>, StorageError> {
        let kept = self.storage.get(&self.path(name))?;
        Ok(kept.map(|(bytes, version)| Kept {
            result: serde_json::from_slice(&bytes).ok(),
            version,
        }))
    }

    /// Keeps what came of a store, in place of what was there when it was begun. Where somebody else has kept a result of the
    /// same inputs meanwhile, that one stays; one of other inputs is older or newer than ours, which nobody can tell, and gives
    /// way.
    pub(crate) fn keep(
        &self,
        result: &StoreResult,
        before: Option<&Kept>,
    ) -> Result<(), StorageError> {
        let path = self.path(&result.name);
        let line = result.line();
        let mut expected = match before {
            Some(kept) => Expected::This(kept.version.clone()),
            None => Expected::Nothing,
        };
        loop {
            if self.storage.put(&path, line.as_bytes(), &expected)? == Put::Written {
                return Ok(());
            }
            let now = self.get(&result.name)?;
            let is_same = |now: &Kept| {
                let theirs = now.result.as_ref();
                theirs.is_some_and(|theirs| theirs.key == result.key && theirs == result)
            };
            if now.as_ref().is_some_and(is_same) {
                return Ok(());
            }
            expected = match now {
                Some(now) => Expected::This(now.version),
                None => Expected::Nothing,
            };
        }
    }

    /// Says which stores a shard has, before it begins and when it is done.
    pub(crate) fn note_shard(
        &self,
        shard: Shard,
        entries: &[Entry],
        began: u64,
        is_done: bool,
    ) -> Result<(), StorageError> {
        let record = ShardRecord {
            shard: shard.index(),
            of: shard.of(),
            began,
            is_done,
            stores: entries.iter().map(|entry| entry.name.clone()).collect(),
        };
        let folder = self.stage.word();
        let path = format!("{folder}/shards/{}-of-{}.json", shard.index(), shard.of());
        let mut bytes = serde_json::to_vec(&record).unwrap_or_default();
        bytes.push(b'\n');
        self.storage
            .put(&path, &bytes, &Expected::Anything)
            .map(drop)
    }

    /// What the shards say of themselves, in the order of their names. A document that is none is passed over.
    pub(crate) fn shards(&self) -> Result<Vec<ShardRecord>, StorageError> {
        let names = self
            .storage
            .list(&format!("{}/shards", self.stage.word()))?;
        let mut records = Vec::new();
        for name in names {
            if let Some((bytes, _)) = self.storage.get(&name)?
                && let Ok(record) = serde_json::from_slice(&bytes)
            {
                records.push(record);
            }
        }
        Ok(records)
    }

    fn path(&self, name: &str) -> String {
        format!("{}/results/{}.json", self.stage.word(), id(name))
    }
}

/// A name for files and folders that no two stores have, and that says which store it is.
pub(crate) fn id(name: &str) -> String {
    let plain = |c: char| match c {
        'a'..='z' | '0'..='9' | '.' | '_' => c,
        'A'..='Z' => c.to_ascii_lowercase(),
        _ => '-',
    };
    let word: String = name.chars().map(plain).take(60).collect();
    let digest = Sha256::digest(name.as_bytes());
    let hash: String = digest
        .iter()
        .take(5)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{}-{hash}", word.trim_matches(['.', '-']))
}

#[cfg(test)]
mod tests {
    use super::super::result::{Failure, Outcome};
    use super::super::storage::Folder;
    use super::*;

    #[test]
    fn names_of_files_tell_stores_apart() {
        assert_ne!(id("Acme"), id("acme"));
        assert_ne!(id("a/b"), id("a-b"));
        let odd = id("../../etc/passwd");
        assert!(!odd.contains('/') && !odd.starts_with('.'), "{odd}");
        assert!(id(&"x".repeat(500)).len() < 80);
    }

    #[test]
    fn two_workers_of_one_shard_do_no_harm() {
        let dir = tempfile::tempdir().unwrap();
        let storage = Folder::create(dir.path()).unwrap();
        let results = Results {
            storage: &storage,
            stage: Stage::Check,
        };
        let of = |key: &str| StoreResult::new("acme", &[], key.to_owned());
        results.keep(&of("1"), None).unwrap();
        // The second had looked before the first was done.
        results.keep(&of("1"), None).unwrap();
        let kept = results.get("acme").unwrap().unwrap();
        assert_eq!(kept.result, Some(of("1")));
        let failed = of("2").failed(Failure::default());
        results.keep(&failed, Some(&kept)).unwrap();
        // Its inputs are others than those that it found.
        results.keep(&of("3"), Some(&kept)).unwrap();
        let kept = results.get("acme").unwrap().unwrap().result.unwrap();
        assert_eq!((kept.key.as_str(), kept.outcome), ("3", Outcome::Go));
    }
}
