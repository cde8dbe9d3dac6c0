//! Looking for words in the text files of a store, in one walk on all cores.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use composer_engine::files::{self, Cause, FileError};
use ignore::{DirEntry, WalkBuilder, WalkState};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{OnceLock, mpsc};

/// Larger files are data, not something that people or tools keep names in.
const LARGEST: u64 = 2 * 1024 * 1024;

/// So many files are not worth a searcher that is made slowly.
const FEW: usize = 100;

/// A file with a zero byte within this distance from its start is binary, as git has it.
const BINARY_WITHIN: usize = 8000;

/// Folders of the store that Composer, Magento or mageshift fill themselves.
const DERIVED: [&str; 6] = [
    "vendor",
    "generated",
    "var",
    "pub/static",
    "pub/media",
    ".mageshift",
];

/// Folders that are nobody's own text, wherever they lie.
const NEVER: [&str; 2] = [".git", "node_modules"];

/// Endings of files that are not worth opening.
const BINARY: [&str; 27] = [
    "avif", "bmp", "bz2", "eot", "gif", "gz", "ico", "jar", "jpeg", "jpg", "mo", "mp3", "mp4",
    "otf", "pdf", "phar", "png", "sql", "svg", "swf", "tar", "tgz", "ttf", "webp", "woff", "woff2",
    "zip",
];

/// A word found in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Which of the words, by its place in the list.
    pub word: usize,
    /// Where it begins, in bytes.
    pub start: usize,
}

/// A file in which at least one word was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Relative to the store, with `/`.
    pub path: String,
    /// The whole file as read.
    pub bytes: Vec<u8>,
    /// In the order of their places; they do not overlap, the longest word wins.
    pub hits: Vec<Hit>,
}

impl Found {
    /// The text, when it is UTF-8. A byte order mark is a part of it.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }

    /// The line, counted from 1, that a place lies in.
    pub fn line(&self, place: usize) -> usize {
        let before = self.bytes.get(..place).unwrap_or(&self.bytes);
        1 + memchr::memchr_iter(b'\n', before).count()
    }
}

/// Where to look.
#[derive(Debug, Clone, Copy)]
pub enum Where<'a> {
    /// In everything that is the store's own: not in what Composer and Magento derive, nor in what .gitignore excludes.
    Store,
    /// Likewise, in one of the store's folders.
    StoreFolder(&'a str),
    /// In these folders of the store (installed packages), whatever .gitignore says.
    Folders(&'a [String]),
}

/// Looks for words in the text files of a store, in parallel. `is_skipped` is asked about the path of every file, relative
/// to the store and with `/`. Files that cannot be read, are no UTF-8 path, binary, larger than 2 MiB or links are passed
/// over. The answer is sorted by path, so it is the same on every machine.
pub fn scan(
    store: &Path,
    place: Where<'_>,
    words: &[String],
    is_skipped: &(dyn Fn(&str) -> bool + Sync),
) -> Vec<Found> {
    let Some(walk) = walk(store, place).filter(|_| !words.is_empty()) else {
        return Vec::new();
    };
    // Neither is made before there is a file, and the one that is made slowly and finds quickly not before there are many: it
    // takes as long to make as to look through hundreds of files, and some megabytes.
    let (few, many) = (OnceLock::new(), OnceLock::new());
    let files = AtomicUsize::new(0);
    let searcher = || {
        let is_one_of_many = files.fetch_add(1, Relaxed) >= FEW;
        let (made, kind) = match is_one_of_many {
            true => (&many, AhoCorasickKind::DFA),
            false => (&few, AhoCorasickKind::ContiguousNFA),
        };
        let make = || {
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .kind(Some(kind))
                .build(words)
                .ok()
        };
        made.get_or_init(make).as_ref()
    };
    let (sender, receiver) = mpsc::channel();
    walk.build_parallel().run(|| {
        let (sender, searcher) = (sender.clone(), &searcher);
        let mut buffer = Vec::new();
        Box::new(move |entry| {
            let found = entry
                .ok()
                .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
                .and_then(|entry| {
                    let path = relative(store, entry.path())?;
                    if is_binary_name(&path) || is_skipped(&path) {
                        return None;
                    }
                    search(entry.path(), path, searcher, &mut buffer)
                });
            if let Some(found) = found {
                // The receiver outlives the walk.
                let _ = sender.send(found);
            }
            WalkState::Continue
        })
    });
    drop(sender);
    let mut found: Vec<Found> = receiver.into_iter().collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Every file that is the store's own, as [`Where::Store`] has it: its path relative to the store, with `/`, and where it lies.
/// Sorted by path; links are passed over.
pub fn own_files(store: &Path) -> Vec<(String, PathBuf)> {
    let entries = walk(store, Where::Store).map(|walk| walk.build());
    let mut files: Vec<(String, PathBuf)> = entries
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .filter_map(|entry| Some((relative(store, entry.path())?, entry.into_path())))
        .collect();
    files.sort_unstable();
    files
}

/// Fails when a list of ignored files that the walk begins with is no file. The walk opens them on its own, and would wait
/// for a pipe for ever.
pub fn check_lists(store: &Path) -> Result<(), FileError> {
    let store = store.canonicalize().unwrap_or(store.to_path_buf());
    let looked_at = match is_in_repository(&store) {
        true => usize::MAX,
        false => 1,
    };
    store.ancestors().take(looked_at).try_for_each(check_list)
}

/// Whether a folder is in a working tree of git. Above that no list counts, nor does any above a store that is in none: it
/// may be anybody's, as in /tmp.
fn is_in_repository(folder: &Path) -> bool {
    let folder = folder.canonicalize().unwrap_or(folder.to_path_buf());
    folder
        .ancestors()
        .any(|folder| folder.join(".git").exists())
}

fn check_list(folder: &Path) -> Result<(), FileError> {
    for list in [".gitignore", ".git/info/exclude"] {
        check_file(&folder.join(list))?;
    }
    check_elsewhere(folder)
}

fn check_file(path: &Path) -> Result<(), FileError> {
    // What may not be read, or is a folder, is passed over by git as well.
    match files::check(path, LARGEST) {
        Err(FileError {
            what: Cause::Unreadable(_),
            ..
        }) => Ok(()),
        Err(_) if path.is_dir() => Ok(()),
        other => other,
    }
}

/// The same of a folder whose `.git` is a file that says where the repository is, as in a worktree or a submodule.
fn check_elsewhere(folder: &Path) -> Result<(), FileError> {
    let git = folder.join(".git");
    if git.is_dir() {
        return Ok(());
    }
    check_file(&git)?;
    let first_line = |path: &Path| {
        let text = files::text_if_there(path, LARGEST).ok().flatten()?;
        text.lines().next().map(|line| line.trim().to_owned())
    };
    let Some(place) = first_line(&git) else {
        return Ok(());
    };
    let place = place.strip_prefix("gitdir:").unwrap_or_default().trim();
    let repository = folder.join(place);
    let shared = repository.join("commondir");
    check_file(&shared)?;
    let shared = first_line(&shared).unwrap_or_default();
    check_file(&repository.join(shared).join("info/exclude"))
}

fn walk(store: &Path, place: Where<'_>) -> Option<WalkBuilder> {
    let mut walk = match place {
        Where::Store | Where::StoreFolder(_) => WalkBuilder::new(store),
        Where::Folders(folders) => {
            let mut folders = folders.iter().map(|folder| store.join(folder));
            let mut walk = WalkBuilder::new(folders.next()?);
            folders.for_each(|folder| {
                walk.add(folder);
            });
            walk
        }
    };
    let is_store = !matches!(place, Where::Folders(_));
    let is_in_repository = is_in_repository(store);
    let root = store.to_path_buf();
    // The way there is walked as well, as its .gitignore files count.
    let only = match place {
        Where::StoreFolder(folder) => Some(store.join(folder)),
        _ => None,
    };
    walk.standard_filters(false)
        .git_ignore(is_store && is_in_repository)
        .git_exclude(is_store && is_in_repository)
        .parents(is_store && is_in_repository)
        .require_git(false)
        .threads(std::thread::available_parallelism().map_or(1, usize::from))
        .filter_entry(move |entry| {
            let leads_there =
                |only: &PathBuf| only.starts_with(entry.path()) || entry.path().starts_with(only);
            only.as_ref().is_none_or(leads_there) && is_entered(&root, entry, is_store)
        });
    if is_store && !is_in_repository {
        // Read like git's own, but not those above the store, which the walk would open before it leaves them out.
        walk.add_custom_ignore_filename(".gitignore");
    }
    Some(walk)
}

/// Whether a folder is walked into.
fn is_entered(store: &Path, entry: &DirEntry, is_store: bool) -> bool {
    if !entry.file_type().is_some_and(|kind| kind.is_dir()) {
        return true;
    }
    let name = entry.file_name().to_string_lossy();
    if entry.depth() > 0 && NEVER.contains(&name.as_ref()) {
        return false;
    }
    if is_store && check_list(entry.path()).is_err() {
        return false;
    }
    !is_store || relative(store, entry.path()).is_none_or(|path| !DERIVED.contains(&path.as_str()))
}

fn relative(store: &Path, path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path
        .strip_prefix(store)
        .ok()?
        .components()
        .map(|part| part.as_os_str().to_str())
        .collect();
    Some(parts?.join("/"))
}

fn is_binary_name(path: &str) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(_, ending)| BINARY.binary_search(&ending).is_ok())
}

fn search<'s>(
    place: &Path,
    path: String,
    searcher: impl FnOnce() -> Option<&'s AhoCorasick>,
    buffer: &mut Vec<u8>,
) -> Option<Found> {
    files::read_into(place, LARGEST, buffer).ok()?;
    if memchr::memchr(0, buffer.get(..BINARY_WITHIN).unwrap_or(buffer)).is_some() {
        return None;
    }
    let hits: Vec<Hit> = searcher()?
        .find_iter(buffer.as_slice())
        .map(|found| Hit {
            word: found.pattern().as_usize(),
            start: found.start(),
        })
        .collect();
    (!hits.is_empty()).then(|| Found {
        path,
        bytes: buffer.clone(),
        hits,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn many_files_are_searched_like_few() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..3 * FEW {
            let text = format!("acme/xyz\n{number} acme/xy acme/x");
            fs::write(folder.path().join(format!("{number:03}.txt")), text).unwrap();
        }
        let words = ["acme/x".to_owned(), "acme/xyz".to_owned()];
        let found = scan(folder.path(), Where::Store, &words, &|_| false);
        assert_eq!(found.len(), 3 * FEW);
        for file in &found {
            let words: Vec<usize> = file.hits.iter().map(|hit| hit.word).collect();
            assert_eq!(words, [1, 0, 0], "{}", file.path);
        }
    }

    fn store(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        folder
    }

    fn paths(found: &[Found]) -> Vec<&str> {
        found.iter().map(|found| found.path.as_str()).collect()
    }

    #[test]
    fn only_the_stores_own_text_is_looked_at() {
        let folder = store(&[
            (".gitignore", b"/ignored\n# acme/x\n"),
            (".github/workflows/ci.yml", b"acme/x"),
            ("ignored/a.txt", b"acme/x"),
            ("vendor/a/a.php", b"acme/x"),
            ("var/log/a.log", b"acme/x"),
            ("pub/static/a.js", b"acme/x"),
            ("pub/own.js", b"acme/x"),
            ("app/vendor/a.php", b"acme/x"),
            ("web/node_modules/a.js", b"acme/x"),
            ("binary.txt", b"acme/x\0"),
            ("picture.png", b"acme/x"),
            ("none.txt", b"nothing"),
            ("skipped.txt", b"acme/x"),
        ]);
        let words = ["acme/x".to_owned()];
        let skipped = |path: &str| path == "skipped.txt";
        let found = scan(folder.path(), Where::Store, &words, &skipped);
        assert_eq!(
            paths(&found),
            [
                ".github/workflows/ci.yml",
                ".gitignore",
                "app/vendor/a.php",
                "pub/own.js"
            ]
        );
        let found = scan(folder.path(), Where::StoreFolder("app"), &words, &skipped);
        assert_eq!(paths(&found), ["app/vendor/a.php"]);
        let ignored = scan(
            folder.path(),
            Where::StoreFolder("ignored"),
            &words,
            &skipped,
        );
        assert!(
            ignored.is_empty(),
            "the store's .gitignore counts there, too"
        );
        let folders = ["vendor/a".to_owned(), "vendor/missing".to_owned()];
        let found = scan(folder.path(), Where::Folders(&folders), &words, &skipped);
        assert_eq!(paths(&found), ["vendor/a/a.php"]);
        assert!(scan(folder.path(), Where::Store, &[], &skipped).is_empty());
    }

    #[test]
    fn places_are_lines_and_the_longest_word_wins() {
        let folder = store(&[("a.txt", b"x\r\nacme/xyz\nacme/x \xff")]);
        let words = ["acme/x".to_owned(), "acme/xyz".to_owned()];
        let found = scan(folder.path(), Where::Store, &words, &|_| false);
        let [found] = found.as_slice() else {
            panic!("{found:?}")
        };
        let hits: Vec<_> = found
            .hits
            .iter()
            .map(|hit| (hit.word, found.line(hit.start)))
            .collect();
        assert_eq!(hits, [(1, 2), (0, 3)]);
        assert_eq!(found.text(), None);
    }

    #[test]
    fn endings_are_sorted() {
        assert!(BINARY.is_sorted());
    }
}
