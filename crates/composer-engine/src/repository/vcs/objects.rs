//! The objects of a repository of git: of each commit its times and its composer.json, and which of them are not there.
//!
//! A mirror has no more than what is read here: the commits, their uppermost folders, and one file of each.

use super::git_program::Failure;
use crate::files;
use crate::format::php::time;
use rustc_hash::FxHashMap;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The file that makes a commit a package.
const ROOT: &[u8] = b"composer.json";

/// What lies at a commit.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Commit {
    /// Its composer.json; none where there is none, or one larger than any real one.
    pub root: Option<Vec<u8>>,
    /// When it was written, and when it was committed: as PHP reads it, without the offset of who did it.
    pub authored: Option<String>,
    pub committed: Option<String>,
    /// When it was committed, by the clock of who did it.
    pub committed_there: Option<String>,
}

/// What was found of some commits.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub commits: FxHashMap<String, Commit>,
    /// The names of objects that belong to them and are not there.
    pub missing: Vec<String>,
}

enum Object {
    Missing,
    /// With its type and what it holds; nothing where it is larger than any real one.
    Is(String, Option<Vec<u8>>),
}

/// Looks commits up by their names. `command` is `git cat-file --batch` for the repository.
pub(super) fn find(command: &mut Command, names: &[&str]) -> Result<Found, Failure> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command
        .spawn()
        .map_err(|error| Failure::start("git", &error))?;
    let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(Failure::Broken("git has no pipes".to_owned()));
    };
    let mut batch = Batch {
        child,
        stdin,
        answers: BufReader::new(stdout),
    };
    look(&mut batch, names)
        .map_err(|error| Failure::Broken(format!("its objects cannot be read: {error}")))
}

fn look(batch: &mut Batch, names: &[&str]) -> io::Result<Found> {
    let mut found = Found::default();
    // Each with its folder, then with its file.
    let mut folders: Vec<(&str, String)> = Vec::new();
    for (name, object) in names.iter().zip(batch.ask(names)?) {
        let commit = match object {
            Object::Missing => {
                found.missing.push((*name).to_owned());
                continue;
            }
            Object::Is(kind, Some(content)) if kind == "commit" => {
                let header = header(&content);
                let field = |who: &str| header.lines().find_map(|line| line.strip_prefix(who));
                if let Some(tree) = field("tree ") {
                    folders.push((name, tree.to_owned()));
                }
                let seconds =
                    |who: &str| -> Option<i64> { field(who)?.rsplit(' ').nth(1)?.parse().ok() };
                let offset = field("committer ").and_then(offset).unwrap_or(0);
                let (authored, committed) = (seconds("author "), seconds("committer "));
                Commit {
                    root: None,
                    authored: authored.map(|seconds| seconds.to_string()),
                    committed: committed.map(|seconds| seconds.to_string()),
                    committed_there: committed.map(|seconds| {
                        time::format(seconds.saturating_add(offset.saturating_mul(60)), offset)
                    }),
                }
            }
            // Tags may name anything.
            Object::Is(..) => Commit::default(),
        };
        found.commits.insert((*name).to_owned(), commit);
    }
    let trees: Vec<&str> = folders.iter().map(|(_, tree)| tree.as_str()).collect();
    let mut roots: Vec<(&str, String)> = Vec::new();
    for ((name, tree), object) in folders.iter().zip(batch.ask(&trees)?) {
        match object {
            Object::Missing => found.missing.push(tree.clone()),
            Object::Is(_, content) => roots.extend(
                content
                    .and_then(|content| file(&content, name.len() / 2))
                    .map(|root| (*name, root)),
            ),
        }
    }
    let files: Vec<&str> = roots.iter().map(|(_, root)| root.as_str()).collect();
    for ((name, root), object) in roots.iter().zip(batch.ask(&files)?) {
        match object {
            Object::Missing => found.missing.push(root.clone()),
            Object::Is(_, content) => {
                if let Some(commit) = found.commits.get_mut(*name) {
                    commit.root = content;
                }
            }
        }
    }
    found.missing.sort_unstable();
    found.missing.dedup();
    Ok(found)
}

/// A process of `cat-file` that is asked in rounds.
struct Batch {
    child: Child,
    stdin: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Drop for Batch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Batch {
    fn ask(&mut self, names: &[&str]) -> io::Result<Vec<Object>> {
        let mut questions = String::new();
        for name in names {
            // A text takes what it is given.
            let _ = writeln!(questions, "{name}");
        }
        let (stdin, answers) = (&mut self.stdin, &mut self.answers);
        std::thread::scope(|scope| {
            let asking = scope.spawn(move || stdin.write_all(questions.as_bytes()));
            let read: io::Result<Vec<Object>> = names.iter().map(|_| object(answers)).collect();
            match asking.join() {
                Ok(asked) => asked.and(read),
                Err(_) => Err(io::ErrorKind::Other.into()),
            }
        })
    }
}

/// The next object that `cat-file --batch` gives.
fn object(answers: &mut impl BufRead) -> io::Result<Object> {
    let mut header = String::new();
    if answers.read_line(&mut header)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let fields: Vec<&str> = header.split_whitespace().collect();
    let &[_, kind, size] = fields.as_slice() else {
        return Ok(Object::Missing);
    };
    let Ok(size) = size.parse::<u64>() else {
        return Ok(Object::Missing);
    };
    let mut content = Vec::new();
    // The line end belongs to the answer.
    let mut all = answers.take(size.saturating_add(1));
    if size <= files::CONFIGURATION {
        all.read_to_end(&mut content)?;
        content.pop();
        return Ok(Object::Is(kind.to_owned(), Some(content)));
    }
    io::copy(&mut all, &mut io::sink())?;
    Ok(Object::Is(kind.to_owned(), None))
}

/// By how many minutes the clock at the end of a line is off.
fn offset(line: &str) -> Option<i64> {
    let written = line.rsplit(' ').next()?;
    let (sign, digits) = match written.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_at_checked(2)?;
    let (hours, minutes) = (hours.parse::<i64>().ok()?, minutes.parse::<i64>().ok()?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// The lines of a commit above its message.
fn header(commit: &[u8]) -> String {
    let text = String::from_utf8_lossy(commit);
    text.split("\n\n").next().unwrap_or_default().to_owned()
}

/// The name of the object that is composer.json in a folder, where names are so many bytes long; none where it is not a file.
fn file(mut tree: &[u8], length: usize) -> Option<String> {
    loop {
        let space = memchr::memchr(b' ', tree)?;
        let (mode, rest) = (&tree[..space], &tree[space + 1..]);
        let end = memchr::memchr(0, rest)?;
        let (name, rest) = (&rest[..end], &rest[end + 1..]);
        let object = rest.get(..length)?;
        tree = &rest[length..];
        if name == ROOT {
            let hex = object.iter().map(|byte| format!("{byte:02x}"));
            return mode.starts_with(b"10").then(|| hex.collect());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One entry of a folder.
    fn entry(mode: &str, name: &str, object: u8) -> Vec<u8> {
        let mut entry = format!("{mode} {name}\0").into_bytes();
        entry.extend([object; 20]);
        entry
    }

    #[test]
    fn the_file_is_found_among_others() {
        let tree = [
            entry("40000", "a", 1),
            entry("100644", "composer.json", 0xab),
            entry("160000", "z", 2),
        ];
        assert_eq!(file(&tree.concat(), 20), Some("ab".repeat(20)));
        for mode in ["40000", "160000", "120000"] {
            assert_eq!(file(&entry(mode, "composer.json", 1), 20), None);
        }
    }

    #[test]
    fn a_broken_folder_has_no_file() {
        let tree = entry("100644", "composer.json", 7);
        for end in 0..tree.len() {
            assert_eq!(file(&tree[..end], 20), None, "{end}");
        }
    }
}
