//! What a store is like from the outside, and whether its repositories answer.

use crate::apply::Journals;
use crate::distribution::{Target, host_and_path};
use crate::plan::sentence::count;
use crate::project::root_files::RootFiles;
use composer_engine::files;
use composer_engine::repository::probe;
use composer_engine::repository::{Options, masked};
use serde::Serialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Where nothing says otherwise, Composer asks this one.
const PACKAGIST: &str = "https://repo.packagist.org";

/// A folder, and what mageshift would find in it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Store {
    folder: PathBuf,
    /// Where root and lock are; the usual ones where `COMPOSER` names what is no file of the store.
    #[serde(skip)]
    pub(super) files: RootFiles,
    root: Condition,
    lock: Condition,
    /// The products of the lock with their versions.
    products: Vec<String>,
    journals: Journaled,
    /// Whether a run was cut off.
    is_cut_off: bool,
}

/// Whether a file is there and is JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Condition {
    is_usable: bool,
    /// What is wrong with it, as half a sentence; none of one that can be used.
    message: Option<String>,
}

impl From<Result<(), String>> for Condition {
    fn from(result: Result<(), String>) -> Self {
        Self {
            is_usable: result.is_ok(),
            message: result.err(),
        }
    }
}

/// What can be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Journaled {
    /// How many plans; none when the journals cannot be read.
    plans: Option<usize>,
    /// Why they cannot.
    message: Option<String>,
}

impl From<Result<usize, String>> for Journaled {
    fn from(result: Result<usize, String>) -> Self {
        let (plans, message) = match result {
            Ok(count) => (Some(count), None),
            Err(message) => (None, Some(message)),
        };
        Self { plans, message }
    }
}

/// What a repository said.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Answer {
    /// Its address without credentials.
    pub(super) repository: String,
    /// Whether it answered, or why nobody asked.
    result: AnswerKind,
    /// How long the answer took.
    milliseconds: Option<u128>,
    /// What is wrong, as half a sentence.
    message: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum AnswerKind {
    Answers,
    Fails,
    NotAsked,
}

impl Store {
    /// What is known of the store, in two columns.
    pub(super) fn rows(&self) -> Vec<[String; 2]> {
        let said = |file: &Condition| match &file.message {
            None => "is there".to_owned(),
            Some(message) => message.clone(),
        };
        let mut rows = vec![
            ["folder".to_owned(), self.folder.display().to_string()],
            [self.files.root.clone(), said(&self.root)],
            [self.files.lock.clone(), said(&self.lock)],
        ];
        rows.extend(
            self.products
                .iter()
                .map(|product| ["product".to_owned(), product.clone()]),
        );
        rows.push([
            "can be undone".to_owned(),
            match (&self.journals.message, self.is_cut_off) {
                (Some(message), _) => message.clone(),
                (None, is_cut_off) => {
                    let plans = count(self.journals.plans.unwrap_or(0), "plan");
                    let cut = if is_cut_off {
                        "; a run was cut off"
                    } else {
                        ""
                    };
                    format!("{plans}{cut}")
                }
            },
        ]);
        rows
    }
}

impl Answer {
    /// What came of asking, in a few words.
    pub(super) fn summary(&self) -> String {
        match (self.result, self.milliseconds, &self.message) {
            (AnswerKind::Answers, Some(time), _) => format!("answers after {time} ms"),
            (_, _, Some(message)) => message.clone(),
            _ => "not asked".to_owned(),
        }
    }
}

/// The decoded root; an empty one when there is none.
pub(super) fn root(folder: &Path, files: &RootFiles) -> Value {
    decoded(&folder.join(&files.root)).unwrap_or_else(|_| json!({}))
}

fn decoded(path: &Path) -> Result<Value, String> {
    match files::text_if_there(path, files::DATA) {
        Err(error) => Err(error.what.to_string()),
        Ok(None) => Err("is not there".to_owned()),
        Ok(Some(text)) => {
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            serde_json::from_str(text)
                .map_err(|error| format!("is not JSON, see line {}", error.line()))
        }
    }
}

/// What there is of a store in a folder. What cannot be read is told, and is no error.
pub(super) fn look(folder: &Path) -> Store {
    let (files, root) = match RootFiles::of(folder) {
        Ok(files) => {
            let root = decoded(&folder.join(&files.root));
            (files, root)
        }
        Err(error) => (RootFiles::default(), Err(error.to_string())),
    };
    let lock = decoded(&folder.join(&files.lock));
    let packages = lock
        .iter()
        .filter_map(|lock| lock.get("packages")?.as_array());
    let products = packages.flatten().filter_map(|package| {
        let name = package.get("name")?.as_str()?;
        let target = Target::from_product(name)?;
        let version = package.get("version")?.as_str()?;
        Some(format!("{} {version} ({name})", target.name()))
    });
    let opened = Journals::open(folder);
    let journals = match &opened {
        Ok(journals) => journals
            .list()
            .map(|list| list.len())
            .map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    Store {
        folder: folder.canonicalize().unwrap_or_else(|_| folder.to_owned()),
        files,
        root: root.map(drop).into(),
        products: products.collect(),
        lock: lock.map(drop).into(),
        journals: journals.into(),
        is_cut_off: opened.is_ok_and(|journals| journals.is_cut_off().unwrap_or(false)),
    }
}

/// Asks each Composer repository of the store, packagist.org and those of the distributions, all at once.
pub(super) fn ask(root: &Value, options: &Options) -> Vec<Answer> {
    let urls = addresses(root);
    std::thread::scope(|scope| {
        let asked: Vec<_> = urls
            .iter()
            .map(|url| scope.spawn(|| answer(url, root, options)))
            .collect();
        asked
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .collect()
    })
}

fn addresses(root: &Value) -> Vec<String> {
    let own: Vec<&Value> = match root.get("repositories") {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(Value::Object(object)) => object.values().collect(),
        _ => Vec::new(),
    };
    let is_composer =
        |entry: &&&Value| entry.get("type").and_then(Value::as_str) == Some("composer");
    let mut urls: Vec<String> = own
        .iter()
        .filter(is_composer)
        .filter_map(|entry| Some(entry.get("url")?.as_str()?.to_owned()))
        .collect();
    let known = Target::ALL.map(|target| target.facts().repository.clone());
    for url in known.into_iter().chain([PACKAGIST.to_owned()]) {
        let host = host_and_path(&url).map(|(host, _)| host);
        let is_listed = |listed: &String| host_and_path(listed).map(|(host, _)| host) == host;
        if !urls.iter().any(is_listed) {
            urls.push(url);
        }
    }
    urls
}

fn answer(url: &str, root: &Value, options: &Options) -> Answer {
    let not_asked = |message: String| Answer {
        repository: masked(url),
        result: AnswerKind::NotAsked,
        milliseconds: None,
        message: Some(message),
    };
    let mirror = options.mirror_dir.as_ref().zip(host_and_path(url));
    if let Some(folder) = mirror
        .map(|(mirror, (host, _))| mirror.join(host))
        .filter(|folder| folder.is_dir())
    {
        return not_asked(format!("not asked, {} stands in for it", folder.display()));
    }
    if options.offline {
        return not_asked("not asked, the network is off".to_owned());
    }
    let begun = Instant::now();
    let asked = probe(url, root, options, &[]);
    Answer {
        repository: masked(url),
        result: if asked.is_ok() {
            AnswerKind::Answers
        } else {
            AnswerKind::Fails
        },
        milliseconds: Some(begun.elapsed().as_millis()),
        message: asked.err().map(|error| error.message.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::{Target, host_and_path};

    #[test]
    fn each_repository_is_asked_once() {
        let root = json!({"repositories": [
            {"type": "composer", "url": "https://repo.magento.com"},
            {"type": "vcs", "url": "https://git.test/a/b"},
            {"type": "composer", "url": "https://satis.test/"},
        ]});
        let all = addresses(&root);
        assert_eq!(
            all[..2],
            ["https://repo.magento.com", "https://satis.test/"]
        );
        let hosts = all.iter().map(|url| host_and_path(url).unwrap().0);
        let hosts: Vec<&str> = hosts.collect();
        for target in Target::ALL {
            let (host, _) = host_and_path(&target.facts().repository).unwrap();
            assert_eq!(
                hosts.iter().filter(|own| **own == host).count(),
                1,
                "{host}"
            );
        }
        assert_eq!(hosts.last(), Some(&"repo.packagist.org"));
    }
}
