//! Which stores a fleet has: folders, patterns of folders, and lists in files or from standard input.

mod entry;
mod error;
mod file;
mod folders;
mod settings;

pub(crate) use entry::{Entry, Place};
pub(crate) use error::{ListError, Origin};
pub(crate) use file::Format;
pub(crate) use settings::Settings;

use crate::preview::plain;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The stores that these words name, by name. A word is a store's folder, a folder of stores, a pattern of such folders, or a
/// list: a file whose name ends with `.toml`, `.jsonl` or `.ndjson`, or `-` for what `input` reads.
///
/// A store that is named in several ways is one store. Two that have one name in their lists are an error, as nobody could tell
/// their results apart; folders that are called alike are named by more of their paths.
pub(crate) fn gather(
    words: &[String],
    input: &mut dyn FnMut() -> std::io::Result<String>,
) -> Result<Vec<Entry>, ListError> {
    let mut entries = Vec::new();
    for word in words {
        if word == "-" {
            let text = input().map_err(ListError::Input)?;
            let format = Format::of_text(&text);
            entries.extend(file::read(&text, format, "standard input", Path::new("."))?);
        } else if let Some(format) = Format::of_name(word) {
            let path = Path::new(word);
            let text = composer_engine::files::text(path, composer_engine::files::DATA)?;
            let folder = path.parent().unwrap_or(Path::new("."));
            entries.extend(file::read(&text, format, word, folder)?);
        } else {
            let origin = Origin::Argument(word.clone());
            entries.extend(folders::find(Path::new("."), word, &origin)?);
        }
    }
    named(entries)
}

/// The stores of a list's text, by name: `shown` is what its messages call it, and paths count from `folder`.
#[cfg(test)]
pub(crate) fn of_text(
    text: &str,
    format: Format,
    shown: &str,
    folder: &Path,
) -> Result<Vec<Entry>, ListError> {
    named(file::read(text, format, shown, folder)?)
}

/// Gives those their names that have none, takes out those that are there twice, and sorts.
fn named(entries: Vec<Entry>) -> Result<Vec<Entry>, ListError> {
    let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
    let mut places: HashMap<PathBuf, usize> = HashMap::new();
    for entry in entries {
        if let Place::Folder(path) = &entry.place {
            let real = path.canonicalize().unwrap_or_else(|_| path.clone());
            if let Some(&known) = places.get(&real) {
                let known = &mut kept[known];
                // What says more about the store is kept: a list before a bare folder.
                if known.name.is_empty() {
                    *known = entry;
                } else if !entry.name.is_empty() && entry.name != known.name {
                    return Err(ListError::Twice {
                        what: format!("the folder {}", path.display()),
                        first: known.origin.clone(),
                        second: entry.origin,
                    });
                }
                continue;
            }
            places.insert(real, kept.len());
        }
        kept.push(entry);
    }
    let taken: HashMap<String, Origin> = kept
        .iter()
        .filter(|entry| !entry.name.is_empty())
        .map(|entry| (entry.name.clone(), entry.origin.clone()))
        .collect();
    name_folders(&mut kept, &taken);
    kept.sort_by(|a, b| a.name.cmp(&b.name));
    for pair in kept.windows(2) {
        if let [first, second] = pair
            && first.name == second.name
        {
            let (first, second) = (first.origin.clone(), second.origin.clone());
            let (first, second) = if second < first {
                (second, first)
            } else {
                (first, second)
            };
            return Err(ListError::Twice {
                what: format!("the name `{}`", pair[0].name),
                first,
                second,
            });
        }
    }
    Ok(kept)
}

/// Names folders by as many of the last parts of their paths as it takes to tell them apart.
fn name_folders(entries: &mut [Entry], taken: &HashMap<String, Origin>) {
    let parts_of = |entry: &Entry| -> Vec<String> {
        match &entry.place {
            Place::Folder(path) => {
                let path = path.canonicalize().unwrap_or_else(|_| path.clone());
                let parts = path.components().filter_map(|part| match part {
                    std::path::Component::Normal(part) => {
                        Some(plain(&part.to_string_lossy()).replace('\n', "?"))
                    }
                    _ => None,
                });
                parts.collect()
            }
            Place::Git { url, folder, .. } => {
                let url = composer_engine::repository::masked(url);
                let path = url.trim_end_matches('/').trim_end_matches(".git");
                let path = plain(path).replace('\n', "?");
                let path = path.rsplit([':', '/']).take(2).map(str::to_owned);
                // Its own name says more than that of the folder in it.
                let mut parts: Vec<String> = path.collect();
                parts.extend(
                    folder
                        .rsplit('/')
                        .filter(|part| !part.is_empty())
                        .map(str::to_owned),
                );
                parts.reverse();
                parts
            }
        }
    };
    let unnamed: Vec<(usize, Vec<String>)> = entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.name.is_empty())
        .map(|(index, entry)| (index, parts_of(entry)))
        .collect();
    let longest = unnamed
        .iter()
        .map(|(_, parts)| parts.len())
        .max()
        .unwrap_or(0);
    let mut open = unnamed;
    for length in 1..=longest {
        let name = |parts: &[String]| parts[parts.len().saturating_sub(length)..].join("/");
        let mut count: HashMap<String, usize> = HashMap::new();
        for (_, parts) in &open {
            *count.entry(name(parts)).or_default() += 1;
        }
        let mut left = Vec::new();
        for (index, parts) in open {
            let name = name(&parts);
            let is_alone = count.get(&name) == Some(&1) && !taken.contains_key(&name);
            if is_alone || length >= parts.len() {
                entries[index].name = if name.is_empty() {
                    "store".to_owned()
                } else {
                    name
                };
            } else {
                left.push((index, parts));
            }
        }
        open = left;
    }
    for (index, _) in open {
        entries[index].name = "store".to_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn store(folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("composer.json"), "{}").unwrap();
    }

    fn names(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.name.as_str()).collect()
    }

    fn gather(words: &[String]) -> Result<Vec<Entry>, ListError> {
        super::gather(words, &mut || Ok(String::new()))
    }

    #[test]
    fn folders_are_named_by_as_much_as_it_takes() {
        let dir = tempfile::tempdir().unwrap();
        for path in ["acme/shop", "bolt/shop", "cray"] {
            store(&dir.path().join(path));
        }
        let all = dir.path().display().to_string();
        let entries =
            gather(&[all.clone(), format!("{all}/acme/*"), format!("{all}/cray")]).unwrap();
        assert_eq!(names(&entries), ["acme/shop", "bolt/shop", "cray"]);
    }

    #[test]
    fn a_list_says_more_than_a_folder_and_may_not_contradict_another() {
        let dir = tempfile::tempdir().unwrap();
        store(&dir.path().join("acme"));
        let list = dir.path().join("list.toml");
        fs::write(
            &list,
            "[[store]]\nname = \"Acme Ltd\"\npath = \"acme\"\ntags = [\"eu\"]\n",
        )
        .unwrap();
        let words = [dir.path(), &list].map(|path| path.display().to_string());
        let entries = gather(&words).unwrap();
        assert_eq!(names(&entries), ["Acme Ltd"]);
        assert_eq!(entries[0].tags, ["eu"]);
        let other = dir.path().join("other.toml");
        fs::write(&other, "[[store]]\nname = \"Other\"\npath = \"acme\"\n").unwrap();
        let words = [&list, &other].map(|path| path.display().to_string());
        let error = gather(&words).unwrap_err().to_string();
        assert!(
            error.contains("list.toml:1") && error.contains("other.toml:1"),
            "{error}"
        );
    }

    #[test]
    fn two_of_one_name_are_an_error_with_both_lines() {
        let text = "{\"name\": \"a\", \"path\": \"x\"}\n\n{\"name\": \"a\", \"path\": \"y\"}\n";
        let error = of_text(text, Format::JsonLines, "list.jsonl", Path::new("/srv")).unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("list.jsonl:1") && error.contains("list.jsonl:3"),
            "{error}"
        );
    }

    #[test]
    fn repositories_are_named_without_their_secrets() {
        let text = "{\"git\": \"https://me:hunter2@forge.test/acme/shop.git\"}\n";
        let entries = of_text(text, Format::JsonLines, "list", Path::new("/srv")).unwrap();
        assert_eq!(names(&entries), ["shop"]);
    }
}
