//! The `repositories` of composer.json and of Composer's own config.json, in the order in which Composer asks them.

use super::address;
use super::error::{ErrorKind, RepositoryError};
use crate::format::auth::{Header, Secret};
use crate::format::package::name_pattern::NamePattern;
use indexmap::IndexMap;
use serde_json::{Map, Value};

/// How many repositories there may be, of all types and of those that are asked name by name. Of 160 real stores none has more
/// than 67, and 9 of that type.
const MOST: usize = 2_000;
const MOST_COMPOSER: usize = 250;

/// One entry of `repositories`.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its name, when it has one: the key in an object, or `name` in a list.
    pub name: Option<String>,
    /// `type`.
    pub type_: String,
    /// `url` as written; empty when there is none.
    pub url: String,
    /// The entry as a whole.
    pub definition: Map<String, Value>,
    pub only: Option<Vec<NamePattern>>,
    pub exclude: Vec<NamePattern>,
    pub canonical: bool,
}

impl Entry {
    /// `options`: what Composer passes to PHP's streams. None when there is nothing in it.
    pub(super) fn options(&self) -> Option<&Value> {
        self.definition.get("options").filter(|options| {
            options
                .as_object()
                .is_some_and(|options| !options.is_empty())
        })
    }

    /// `options.http.header`: headers for requests to this repository.
    pub(super) fn headers(&self) -> Vec<Header> {
        let header = self
            .options()
            .and_then(|options| options.pointer("/http/header"));
        match header {
            Some(Value::Array(lines)) => lines
                .iter()
                .filter_map(Value::as_str)
                .filter_map(Header::read)
                .collect(),
            Some(Value::String(lines)) => lines.lines().filter_map(Header::read).collect(),
            _ => Vec::new(),
        }
    }
}

/// What must not be shown of the `repositories` of a decoded composer.json or config.json, those that are wrong or not
/// read included: credentials and keys in addresses, and what `options` send along.
pub fn secrets(root: &Value) -> Vec<Secret> {
    let entries: Vec<&Value> = match root.get("repositories") {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(Value::Object(object)) => object.values().collect(),
        _ => Vec::new(),
    };
    let of_entry = |entry: &Value| {
        let url = entry.get("url").and_then(Value::as_str);
        let mut secrets = url.map(address::secrets).unwrap_or_default();
        if let Some(options) = entry.get("options") {
            secrets.extend(option_secrets(options));
        }
        secrets
    };
    entries.into_iter().flat_map(of_entry).collect()
}

/// Headers that say what is wanted, not who wants it.
const PLAIN_HEADERS: [&str; 6] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "content-type",
    "user-agent",
];

/// What must not be shown of the `options` of a repository, which a lock repeats as `transport-options`: the values of
/// headers, each as a whole and in its parts, and the passphrase of a certificate.
pub fn option_secrets(options: &Value) -> Vec<Secret> {
    let mut secrets = Vec::new();
    let lines: Vec<String> = match options.pointer("/http/header") {
        Some(Value::Array(lines)) => lines
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        Some(Value::Object(lines)) => lines
            .iter()
            .filter_map(|(name, value)| Some(format!("{name}: {}", value.as_str()?)))
            .collect(),
        Some(Value::String(lines)) => lines.lines().map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    for line in &lines {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        if PLAIN_HEADERS.contains(&name.as_str()) {
            continue;
        }
        secrets.push(Secret::new(value));
        if name == "cookie" {
            let values = value.split(';').filter_map(|pair| pair.split_once('='));
            secrets.extend(values.map(|(_, value)| Secret::new(value.trim())));
        } else if let Some((_, credential)) = value.split_once(' ') {
            // `Basic` and `Bearer` say how, not what.
            secrets.push(Secret::new(credential.trim()));
        }
    }
    let passphrase = options.pointer("/ssl/passphrase").and_then(Value::as_str);
    secrets.extend(passphrase.map(Secret::new));
    secrets
}

/// A key of a PHP array. Numbers in strings are numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Number(i64),
    Name(String),
}

/// The entries that Composer would create repositories of, highest priority first: those of composer.json, then those of the
/// user's config.json, then packagist.org unless something switches it off (`Config::merge`).
pub(super) fn entries(
    root: &Value,
    user_config: Option<&Value>,
) -> Result<Vec<Entry>, RepositoryError> {
    let packagist = serde_json::json!({"type": "composer", "url": "https://repo.packagist.org"});
    // Lowest priority first, as `merge` adds to the end.
    let mut merged = Merged::default();
    merged.entries.insert(
        Key::Name("packagist.org".to_owned()),
        Written {
            place: "packagist.org".to_owned(),
            entry: packagist,
        },
    );
    let users = user_config.map(|config| (config, "the user's config.json"));
    for (config, file) in users.into_iter().chain([(root, "composer.json")]) {
        merge(&mut merged, config.get("repositories"), file);
    }
    check_count(&merged)?;
    let entries = merged
        .entries
        .into_iter()
        .rev()
        .map(|(key, written)| entry(key, written));
    entries.collect()
}

/// Every name is asked of every repository, so what some file has by the thousand would never end.
fn check_count(merged: &Merged) -> Result<(), RepositoryError> {
    let is_composer = |written: &&Written| {
        written
            .entry
            .get("type")
            .is_some_and(|kind| kind == "composer")
    };
    let composer = merged.entries.values().filter(is_composer).count();
    for (count, most, what) in [
        (composer, MOST_COMPOSER, "of type `composer`"),
        (merged.entries.len(), MOST, "in all"),
    ] {
        if count > most {
            let message = format!("has {count} entries {what}, and more than {most} are not read");
            return Err(RepositoryError::new(
                ErrorKind::Configuration,
                "`repositories`",
                message,
            ));
        }
    }
    Ok(())
}

/// An entry, and where a person finds it.
#[derive(Debug, Clone)]
struct Written {
    /// As in "repositories[2] of composer.json".
    place: String,
    entry: Value,
}

/// The entries of the files that were read so far, the lowest priority first.
#[derive(Default)]
struct Merged {
    entries: IndexMap<Key, Written>,
    /// The number that an entry without a name gets next: one more than the highest that is there.
    next: i64,
}

impl Merged {
    /// Puts an entry at the end, or in the place of the one with its key.
    fn put(&mut self, key: Key, entry: Written) {
        if let Key::Number(number) = key {
            self.next = self.next.max(number.checked_add(1).unwrap_or(0));
        }
        self.entries.insert(key, entry);
    }

    fn disable(&mut self, key: &Key) {
        if self.entries.shift_remove(key).is_none() {
            if *key == Key::Name("packagist".to_owned()) {
                self.entries
                    .shift_remove(&Key::Name("packagist.org".to_owned()));
            }
            return;
        }
        if let Key::Number(number) = key
            && number.checked_add(1) == Some(self.next)
        {
            let numbers = self.entries.keys().filter_map(|key| match key {
                Key::Number(number) => number.checked_add(1),
                Key::Name(_) => None,
            });
            self.next = numbers.max().unwrap_or(0).max(0);
        }
    }
}

/// Puts the entries of one file over those of the files before it. `merged` is in reverse order, as in Composer.
fn merge(merged: &mut Merged, repositories: Option<&Value>, file: &str) {
    let entries: Vec<(Key, &Value)> = match repositories {
        Some(Value::Array(list)) => (0..).map(Key::Number).zip(list).collect(),
        Some(Value::Object(object)) => object
            .iter()
            .map(|(key, entry)| (Key::of(key), entry))
            .collect(),
        _ => return,
    };
    for (key, entry) in entries.into_iter().rev() {
        let place = match &key {
            Key::Number(number) => format!("repositories[{number}] of {file}"),
            Key::Name(name) => format!("repositories.{name} of {file}"),
        };
        if entry == &Value::Bool(false) {
            merged.disable(&key);
            continue;
        }
        // `{"packagist.org": false}` as an item of a list.
        if let Some(object) = entry.as_object()
            && let (Some((name, Value::Bool(false))), 1) = (object.iter().next(), object.len())
        {
            merged.disable(&Key::of(name));
            continue;
        }
        if redefines_packagist(entry) {
            merged.disable(&Key::Name("packagist.org".to_owned()));
        }
        let key = match (key, entry.get("name").and_then(Value::as_str)) {
            (Key::Name(name), _) if name == "packagist" => Key::Name("packagist.org".to_owned()),
            (Key::Number(_), Some(name)) => Key::of(name),
            (Key::Number(_), None) => Key::Number(merged.next),
            (key, _) => key,
        };
        let entry = entry.clone();
        merged.put(key, Written { place, entry });
    }
}

/// Whether an entry is packagist.org itself or a mirror under its domain, which takes the place of the default one
/// (`{^https?://(?:[a-z0-9-.]+\.)?packagist.org(/|$)}`).
fn redefines_packagist(entry: &Value) -> bool {
    let url = entry.get("url").and_then(Value::as_str).unwrap_or_default();
    let Some(rest) = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))
    else {
        return false;
    };
    let host = rest.split('/').next().unwrap_or_default();
    entry.get("type").and_then(Value::as_str) == Some("composer")
        && (host == "packagist.org" || host.ends_with(".packagist.org"))
}

fn entry(key: Key, written: Written) -> Result<Entry, RepositoryError> {
    let Written {
        place,
        entry: definition,
    } = written;
    let wrong = |message: &str| RepositoryError::new(ErrorKind::Entry, place.as_str(), message);
    let Value::Object(definition) = definition else {
        return Err(wrong("should be an object"));
    };
    let type_ = definition
        .get("type")
        .and_then(Value::as_str)
        .ok_or_else(|| wrong("must have a type defined"))?
        .to_owned();
    let url = definition
        .get("url")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let patterns = |key: &str| match definition.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(patterns)) => Ok(Some(
            patterns
                .iter()
                .filter_map(Value::as_str)
                .map(NamePattern::new)
                .collect::<Vec<_>>(),
        )),
        Some(_) => Err(wrong(&format!("\"{key}\" should be a list"))),
    };
    let (only, exclude) = (patterns("only")?, patterns("exclude")?);
    if only.is_some() && exclude.is_some() {
        return Err(wrong(
            "only one of \"only\" and \"exclude\" can be specified",
        ));
    }
    let canonical = match definition.get("canonical") {
        None | Some(Value::Null) => true,
        Some(Value::Bool(canonical)) => *canonical,
        Some(_) => return Err(wrong("\"canonical\" should be true or false")),
    };
    let name = match key {
        Key::Name(name) => Some(name),
        Key::Number(_) => None,
    };
    Ok(Entry {
        name,
        type_,
        url,
        only,
        exclude: exclude.unwrap_or_default(),
        canonical,
        definition,
    })
}

impl Key {
    fn of(key: &str) -> Key {
        // PHP takes only canonical decimal numbers for numbers: not `01`, not `+1`, not `-0`.
        match key.parse::<i64>() {
            Ok(number) if number.to_string() == key => Key::Number(number),
            _ => Key::Name(key.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn urls(repositories: Value) -> Vec<String> {
        let root = json!({ "repositories": repositories });
        entries(&root, None)
            .unwrap()
            .into_iter()
            .map(|entry| entry.url)
            .collect()
    }

    #[test]
    fn what_options_send_is_secret() {
        let root = json!({"repositories": [
            {"type": "composer", "url": "https://a.org/k3f9x2/", "options": {
                "http": {"header": ["Cookie: theme=dark; session=biscuit", "X-Shop: plover", "Accept: text/plain"]},
                "ssl": {"passphrase": "open sesame", "local_cert": "/etc/cert.pem"}}},
            {"type": "vcs", "url": "https://me:heron@b.org/x", "options": {"http": {"header": "Authorization: Bearer ibis\r\nX-B: stork"}}},
            {"options": {"http": {"header": {"X-C": "egret"}}}},
            "not an entry"
        ]});
        let secrets = secrets(&root);
        let known = |text: &str| secrets.iter().any(|secret| secret.expose() == text);
        for secret in [
            "k3f9x2",
            "theme=dark; session=biscuit",
            "biscuit",
            "plover",
            "open sesame",
            "heron",
            "ibis",
            "stork",
            "egret",
        ] {
            assert!(known(secret), "{secret}");
        }
        for plain in ["text/plain", "/etc/cert.pem", "x"] {
            assert!(!known(plain), "{plain}");
        }
    }

    #[test]
    fn keeps_the_order_and_appends_packagist() {
        let packagist = "https://repo.packagist.org";
        let (a, b) = (
            json!({"type": "composer", "url": "a"}),
            json!({"type": "vcs", "url": "b"}),
        );
        assert_eq!(urls(json!([a, b])), ["a", "b", packagist]);
        assert_eq!(urls(json!({"x": a, "y": b})), ["a", "b", packagist]);
        assert_eq!(
            urls(json!({"0": a, "y": b, "1": {"type": "path", "url": "c"}})),
            ["a", "b", "c", packagist]
        );
        assert_eq!(urls(json!([])), [packagist]);
        assert_eq!(urls(Value::Null), [packagist]);
    }

    #[test]
    fn switches_packagist_off() {
        let a = json!({"type": "composer", "url": "a"});
        assert_eq!(urls(json!([a, {"packagist.org": false}])), ["a"]);
        assert_eq!(urls(json!([{"packagist": false}, a])), ["a"]);
        assert_eq!(urls(json!({"packagist": false, "a": a})), ["a"]);
        assert_eq!(urls(json!({"a": a, "packagist.org": false})), ["a"]);
        // Redefined, it has the place where it is redefined.
        assert_eq!(
            urls(json!([{"type": "composer", "url": "https://packagist.org"}, a])),
            ["https://packagist.org", "a"]
        );
        // Under its own name it replaces the default in the default's place.
        assert_eq!(
            urls(
                json!({"packagist.org": {"type": "composer", "url": "https://mirror.example.org"}, "a": a})
            ),
            ["a", "https://mirror.example.org"]
        );
    }

    #[test]
    fn asks_the_stores_repositories_before_the_users() {
        let user = json!({"repositories": {"mirror": {"type": "composer", "url": "u"}, "packagist.org": false}});
        let root = json!({"repositories": [{"type": "composer", "url": "a"}]});
        let urls: Vec<_> = entries(&root, Some(&user))
            .unwrap()
            .into_iter()
            .map(|entry| entry.url)
            .collect();
        assert_eq!(urls, ["a", "u"]);
    }

    #[test]
    fn refuses_what_composer_refuses() {
        for (entry, message) in [
            (json!("https://a.org"), "should be an object"),
            (json!({"url": "a"}), "must have a type defined"),
            (
                json!({"type": "composer", "url": "a", "only": "b"}),
                "\"only\" should be a list",
            ),
            (
                json!({"type": "composer", "url": "a", "only": ["b"], "exclude": ["c"]}),
                "only one of",
            ),
            (
                json!({"type": "composer", "url": "a", "canonical": "no"}),
                "\"canonical\" should be",
            ),
        ] {
            let first = json!({"type": "composer", "url": "first"});
            let error = entries(&json!({"repositories": [first, entry]}), None).unwrap_err();
            assert!(error.message.contains(message), "{error}");
            assert_eq!(
                (error.kind, error.url.as_str()),
                (ErrorKind::Entry, "repositories[1] of composer.json")
            );
        }
    }
}
