//! Reading the configuration files of a store, and collecting what they say of its services.

use super::service::{Engine, Service};
use crate::project::store_files::StoreFiles;
use crate::project::yaml;
use composer_engine::files;
use serde_norway::Value;

/// Collects what the files of a store say.
pub(super) struct Reader<'a> {
    /// Where the files are.
    pub(super) store: &'a dyn StoreFiles,
    /// What was found so far.
    pub(super) services: Vec<Service>,
    /// What could not be read, each with what is wrong with it.
    pub(super) unreadable: Vec<(String, String)>,
}

impl Reader<'_> {
    /// The text of a file; none when there is none, or when it cannot be read, which is noted. What is no UTF-8 is replaced.
    pub(super) fn text(&mut self, file: &str) -> Option<String> {
        match self.store.read_if_there(file, files::CONFIGURATION) {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes?).into_owned()),
            Err(error) => {
                self.note(file, &error.what.to_string());
                None
            }
        }
    }

    /// A YAML file; none when there is none, or when it cannot be read, which is noted.
    pub(super) fn yaml(&mut self, file: &str) -> Option<Value> {
        let text = self.text(file)?;
        let Some(mut value) = yaml::decode::<Value>(&text) else {
            self.note(file, "is no YAML that can be read");
            return None;
        };
        // A merge key that leads nowhere leaves the rest as it is.
        let _ = value.apply_merge();
        Some(value)
    }

    /// The names of the files in a folder that `wanted` accepts, sorted.
    pub(super) fn files(&self, folder: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let entries = self.store.entries(folder).into_iter();
        entries
            .map(|entry| entry.name)
            .filter(|name| wanted(name))
            .collect()
    }

    /// Notes a service that a file names, with the version that the tag begins with.
    pub(super) fn add(&mut self, engine: Engine, version: Option<&str>, file: &str) {
        self.services.push(Service {
            engine,
            version: version.and_then(leading_version),
            file: file.to_string(),
        });
    }

    fn note(&mut self, file: &str, what: &str) {
        self.unreadable.push((file.to_string(), what.to_string()));
    }
}

/// A scalar as text: `8.3` may be written as a number.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The version that a tag begins with: `8.3` of `8.3-fpm-2` and of `v8.3`; none of `latest` and `^8.3`.
fn leading_version(tag: &str) -> Option<String> {
    let tag = tag.trim();
    let tag = tag.strip_prefix('v').unwrap_or(tag);
    let end = tag
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(tag.len());
    let version = tag[..end].trim_end_matches('.');
    let parts = version.split('.');
    (parts.clone().count() <= 4
        && parts
            .clone()
            .all(|part| !part.is_empty() && part.len() <= 6))
    .then(|| version.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (tag, version) in [
            ("8.3-fpm-2", Some("8.3")),
            ("v2", Some("2")),
            ("3.13-management", Some("3.13")),
            ("latest", None),
            ("^2.2", None),
            ("", None),
            ("8..3", None),
        ] {
            assert_eq!(leading_version(tag).as_deref(), version, "{tag}");
        }
    }
}
