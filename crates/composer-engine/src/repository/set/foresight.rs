//! What a question is likely to ask the network, from when it was asked before.
//!
//! A resolver learns from each answer what to ask next, so one answer after the other is waited for, though all of them are
//! asked for in the end. Whoever asks the same question again can have all requests on their way at once. What they bring is
//! what counts: a name that is asked for in vain costs a request, and one that is missing is asked for when it comes up.

use super::session::Session;
use crate::files;
use crate::files::create_private;
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;
use tracing::debug;
use twox_hash::XxHash3_128;

/// Raised when a file is no longer read as it was written before.
const FORMAT: u32 = 1;
/// How many questions are remembered. One of a large store takes some 30 kB.
const MAX_QUESTIONS: usize = 64;
/// How many names of one repository are asked for ahead: more than any store has asked for.
const MAX_NAMES: usize = 10_000;

/// The names that a question asked repositories for over the network, kept in the cache from one run to the next.
#[derive(Debug)]
pub struct Foresight {
    folder: PathBuf,
    file: PathBuf,
    last: Asked,
    /// The repositories that were asked ahead.
    begun: Mutex<FxHashSet<String>>,
}

/// What was asked.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Asked {
    format: u32,
    /// By what stands for the repository: names in the order in which they were asked for, with `~dev` where it was for
    /// branches, too.
    repositories: BTreeMap<String, Vec<String>>,
}

impl Foresight {
    /// What was asked for `question` the last time; nothing where it is new, or the file is damaged. `question` is anything of
    /// which each part is the same when the same is asked, such as the texts of a store's files and the target. It is kept as a
    /// hash of 128 bits: two questions that had the same would cost requests and change no answer.
    pub fn of(cache_dir: &Path, question: &[&str]) -> Foresight {
        let folder = cache_dir.join("questions");
        let mut hash = XxHash3_128::new();
        for part in question {
            hash.write(&part.len().to_le_bytes());
            hash.write(part.as_bytes());
        }
        let file = folder.join(format!("{:032x}", hash.finish_128()));
        let read = || -> Option<Asked> {
            let text = files::read(&file, files::CONFIGURATION).ok()?;
            let asked: Asked = serde_json::from_slice(&text).ok()?;
            (asked.format == FORMAT).then_some(asked)
        };
        Foresight {
            last: read().unwrap_or_default(),
            begun: Mutex::default(),
            folder,
            file,
        }
    }

    /// What is likely to be asked of a repository, in this order; nothing from the second time on.
    pub(super) fn begin(&self, id: &str) -> &[String] {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        match begun.insert(id.to_owned()) {
            true => self.of_repository(id),
            false => &[],
        }
    }

    fn of_repository(&self, id: &str) -> &[String] {
        let names = self.last.repositories.get(id).map(Vec::as_slice);
        let names = names.unwrap_or_default();
        &names[..names.len().min(MAX_NAMES)]
    }

    /// Keeps what the repositories of a session were asked for over the network, for the next time. A cache that cannot be
    /// written is one that does not help.
    pub fn keep(&self, session: &Session) {
        let repositories = session.asked();
        if repositories.is_empty() {
            return;
        }
        let asked = Asked {
            format: FORMAT,
            repositories,
        };
        if let Err(error) = self.write(&asked) {
            debug!(%error, "what was asked is not kept");
        }
    }

    fn write(&self, asked: &Asked) -> io::Result<()> {
        create_private(&self.folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        serde_json::to_writer(&mut file, asked)?;
        file.persist(&self.file)?;
        // Questions change with every lock: those that nobody asked for the longest time make room.
        let mut files: Vec<(SystemTime, PathBuf)> = fs::read_dir(&self.folder)?
            .filter_map(|entry| {
                let entry = entry.ok()?;
                Some((entry.metadata().ok()?.modified().ok()?, entry.path()))
            })
            .collect();
        files.sort_unstable();
        let too_many = files.len().saturating_sub(MAX_QUESTIONS);
        for (_, file) in files.into_iter().take(too_many) {
            fs::remove_file(file)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(names: &[&str]) -> Asked {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Asked {
            format: FORMAT,
            repositories: [("a".to_owned(), names)].into(),
        }
    }

    #[test]
    fn remembers_each_question() {
        let folder = tempfile::tempdir().unwrap();
        let of = |question: &str| Foresight::of(folder.path(), &[question]);
        assert!(of("one").of_repository("a").is_empty());
        of("one").write(&asked(&["b/c", "a/b~dev"])).unwrap();
        of("other").write(&asked(&["x/y"])).unwrap();
        assert_eq!(of("one").of_repository("a"), ["b/c", "a/b~dev"]);
        assert!(of("one").of_repository("b").is_empty());
        assert_eq!(of("other").of_repository("a"), ["x/y"]);
        // Where a part ends is part of the question.
        let both = Foresight::of(folder.path(), &["o", "ne"]);
        assert!(both.of_repository("a").is_empty());
    }

    #[test]
    fn takes_damage_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let foresight = Foresight::of(folder.path(), &["one"]);
        foresight.write(&asked(&["b/c"])).unwrap();
        let whole = fs::read_to_string(&foresight.file).unwrap();
        for cut in 0..whole.len() {
            fs::write(&foresight.file, &whole[..cut]).unwrap();
            assert!(
                Foresight::of(folder.path(), &["one"])
                    .of_repository("a")
                    .is_empty()
            );
        }
        fs::write(
            &foresight.file,
            whole.replace("\"format\":1", "\"format\":0"),
        )
        .unwrap();
        assert!(
            Foresight::of(folder.path(), &["one"])
                .of_repository("a")
                .is_empty()
        );
    }

    #[test]
    fn keeps_so_many_questions() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..MAX_QUESTIONS + 5 {
            let foresight = Foresight::of(folder.path(), &[&number.to_string()]);
            foresight.write(&asked(&["b/c"])).unwrap();
        }
        let kept = fs::read_dir(folder.path().join("questions")).unwrap();
        assert_eq!(kept.count(), MAX_QUESTIONS);
        let last = Foresight::of(folder.path(), &[&(MAX_QUESTIONS + 4).to_string()]);
        assert_eq!(last.of_repository("a"), ["b/c"]);
    }
}
