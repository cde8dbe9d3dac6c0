//! A package as a lock holds it, from the metadata of a repository, an inline package or a lock.

use crate::format::json::php_json::{encode_compact, phpify};
use crate::format::package::Package;
use crate::format::package::loader::{self, LoadError};
use crate::format::php::order::sort_by_key;
use crate::format::php::time::to_rfc3339;
use regex::Regex;
use serde_json::{Map, Value};
use std::sync::{Arc, LazyLock};

/// What PHP's `trim` takes away.
const PHP_TRIM: [char; 6] = [' ', '\t', '\n', '\r', '\0', '\u{b}'];

/// What a Composer repository adds to the packages it serves (`ComposerRepository::createPackages`). It is not in the
/// package's metadata but in the repository's `packages.json` and in its entry in composer.json.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Additions {
    /// `notify-batch`, else `notify`, as an absolute URL; for packages that have no `notification-url` of their own.
    pub notification_url: Option<String>,
    /// Source type (`git`, `hg`) to a list of `{"url": …, "preferred": …}`, from `mirrors`.
    pub source_mirrors: Map<String, Value>,
    /// A list of `{"url": …, "preferred": …}` with absolute URLs, from `mirrors`.
    pub dist_mirrors: Vec<Value>,
    /// The repository's `options`, for packages whose dist lies under `base_url`.
    pub transport_options: Value,
    /// The repository's URL without `packages.json` and trailing slash.
    pub base_url: String,
}

/// The lock's entry for a package, as Composer's `ArrayLoader`, `ArrayDumper` (2.9) and `Locker` make it in turn: known keys
/// only, in their order, normalised, what is empty left out.
///
/// `additions` are those of the Composer repository that serves the package; none for an inline package, a `path` or
/// VCS package and an entry of a lock. An entry that Composer 2 wrote comes out as it is.
pub fn dump(entry: &Value, additions: Option<&Additions>) -> Value {
    let mut out = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value.filter(|value| !is_empty_array(value)) {
            out.insert(key.to_owned(), value);
        }
    };
    put("name", set(entry, "name").cloned());
    put(
        "version",
        set(entry, "version").map(|version| string(version).into()),
    );
    put("target-dir", target_dir(entry));
    put("source", source(entry, additions));
    put("dist", dist(entry, additions));
    for kind in ["require", "conflict", "provide", "replace", "require-dev"] {
        put(kind, links(entry, kind, additions.is_some()));
    }
    put("suggest", suggest(entry));
    put(
        "default-branch",
        set(entry, "default-branch")
            .filter(|&flag| *flag == Value::Bool(true))
            .cloned(),
    );
    put("bin", bin(entry));
    put("type", Some(kind(entry)));
    for key in ["extra", "autoload", "autoload-dev"] {
        put(key, array(entry, key));
    }
    put("notification-url", notification_url(entry, additions));
    for key in ["include-path", "php-ext"] {
        put(key, array(entry, key));
    }
    put("archive", archive(entry));
    put("scripts", scripts(entry));
    put(
        "license",
        filled(entry, "license").map(|license| phpify(&as_array(license))),
    );
    put("authors", array(entry, "authors"));
    for key in ["description", "homepage"] {
        put(
            key,
            filled(entry, key)
                .filter(|value| value.is_string())
                .cloned(),
        );
    }
    put("keywords", keywords(entry));
    for key in ["support", "funding"] {
        put(key, array(entry, key));
    }
    put(
        "abandoned",
        filled(entry, "abandoned").map(|value| match value {
            Value::String(_) => value.clone(),
            _ => Value::Bool(true),
        }),
    );
    put("transport-options", transport_options(entry, additions));
    put(
        "time",
        filled(entry, "time")
            .and_then(|time| to_rfc3339(&string(time)))
            .map(Value::from),
    );
    Value::Object(out)
}

/// The lock's entry for a loaded package, once it was seen that a lock which holds it can be read again.
pub(crate) fn readable(
    package: &Package,
    additions: Option<&Additions>,
) -> Result<Value, LoadError> {
    let entry = Arc::new(dump(&package.metadata.to_value(), additions));
    loader::load(entry.clone())?;
    Ok(Arc::unwrap_or_clone(entry))
}

/// Sorts packages as a lock lists them: by name, then version, both by their bytes.
pub(crate) fn sort(packages: &mut [Value]) {
    let key = |package: &Value, key: &str| {
        package
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    packages.sort_by_cached_key(|package| (key(package, "name"), key(package, "version")));
}

/// PHP's `isset`.
fn set<'v>(object: &'v Value, key: &str) -> Option<&'v Value> {
    object.get(key).filter(|value| !value.is_null())
}

/// PHP's `!empty`.
fn filled<'v>(object: &'v Value, key: &str) -> Option<&'v Value> {
    set(object, key).filter(|value| match value {
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(string) => !string.is_empty() && string != "0",
        other => !is_empty_array(other),
    })
}

/// A value that is an array to PHP, a list or an object, as PHP would write it.
fn array(object: &Value, key: &str) -> Option<Value> {
    set(object, key).filter(|value| is_array(value)).map(phpify)
}

fn is_array(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

fn is_empty_array(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

/// PHP's cast to an array: a scalar becomes the only item of a list.
fn as_array(value: &Value) -> Value {
    match value {
        Value::Null => Value::Array(Vec::new()),
        Value::Array(_) | Value::Object(_) => value.clone(),
        scalar => Value::Array(vec![scalar.clone()]),
    }
}

/// PHP's cast to a string.
fn string(value: &Value) -> String {
    match value {
        Value::String(string) => string.clone(),
        Value::Bool(true) => "1".to_owned(),
        Value::Number(_) => encode_compact(value),
        _ => String::new(),
    }
}

/// Where `.` and `..` stand in a path, with the slashes around them.
static DOT_SEGMENTS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[\\/]+)\.\.?(?:[\\/]+|$)(?:\.\.?(?:[\\/]+|$))*")
        .expect("the pattern is valid")
});

fn target_dir(entry: &Value) -> Option<Value> {
    let path = set(entry, "target-dir")?.as_str()?;
    let path = DOT_SEGMENTS.replace_all(path, "/");
    let path = path.trim_start_matches('/');
    (!path.is_empty() && path != "0").then(|| path.into())
}

fn source(entry: &Value, additions: Option<&Additions>) -> Option<Value> {
    let source = set(entry, "source")?;
    let kind = filled(source, "type")?;
    let mut out = Map::from_iter([
        ("type".to_owned(), kind.clone()),
        ("url".to_owned(), set(source, "url")?.clone()),
    ]);
    if let Some(reference) = set(source, "reference") {
        out.insert("reference".to_owned(), string(reference).into());
    }
    let added = additions.and_then(|additions| additions.source_mirrors.get(kind.as_str()?));
    if let Some(mirrors) = added
        .cloned()
        .or_else(|| array(source, "mirrors"))
        .filter(|mirrors| !is_empty_array(mirrors))
    {
        out.insert("mirrors".to_owned(), mirrors);
    }
    Some(Value::Object(out))
}

fn dist(entry: &Value, additions: Option<&Additions>) -> Option<Value> {
    let dist = set(entry, "dist")?;
    let kind = filled(dist, "type")?;
    let mut out = Map::from_iter([
        ("type".to_owned(), kind.clone()),
        ("url".to_owned(), set(dist, "url")?.clone()),
    ]);
    if let Some(reference) = set(dist, "reference") {
        out.insert("reference".to_owned(), string(reference).into());
    }
    if let Some(shasum) = set(dist, "shasum") {
        out.insert("shasum".to_owned(), shasum.clone());
    }
    let mirrors = match additions {
        Some(additions) => Some(Value::Array(additions.dist_mirrors.clone())),
        None => array(dist, "mirrors"),
    };
    if let Some(mirrors) = mirrors.filter(|mirrors| !is_empty_array(mirrors)) {
        out.insert("mirrors".to_owned(), mirrors);
    }
    Some(Value::Object(out))
}

/// Constraints as they are written, `self.version` included. A package of a Composer repository may not name itself.
fn links(entry: &Value, kind: &str, from_repository: bool) -> Option<Value> {
    let name = set(entry, "name")
        .map(string)
        .unwrap_or_default()
        .to_ascii_lowercase();
    let mut links = Map::new();
    for (target, constraint) in set(entry, kind)?.as_object()? {
        let target = target.to_ascii_lowercase();
        if constraint.is_string() && !(from_repository && target == name) {
            links.insert(target, constraint.clone());
        }
    }
    Some(sort_keys(links))
}

fn sort_keys(object: Map<String, Value>) -> Value {
    sort_by_key(object, |(key, _)| key.as_str())
        .into_iter()
        .collect()
}

fn suggest(entry: &Value) -> Option<Value> {
    let version = set(entry, "version").map(string).unwrap_or_default();
    let reason = |reason: &Value| match reason {
        Value::String(text) if text.trim_matches(PHP_TRIM) == "self.version" => {
            version.clone().into()
        }
        other => phpify(other),
    };
    match array(entry, "suggest")? {
        Value::Object(suggest) => Some(sort_keys(
            suggest
                .iter()
                .map(|(name, text)| (name.clone(), reason(text)))
                .collect(),
        )),
        Value::Array(suggest) => Some(suggest.iter().map(reason).collect()),
        _ => None,
    }
}

fn bin(entry: &Value) -> Option<Value> {
    let strip = |path: &Value| Value::from(string(path).trim_start_matches('/'));
    Some(match phpify(&as_array(set(entry, "bin")?)) {
        Value::Object(bin) => bin
            .iter()
            .map(|(key, path)| (key.clone(), strip(path)))
            .collect(),
        Value::Array(bin) => bin.iter().map(strip).collect(),
        other => other,
    })
}

fn kind(entry: &Value) -> Value {
    match filled(entry, "type").and_then(Value::as_str) {
        Some(kind) => kind.to_ascii_lowercase().into(),
        None => "library".into(),
    }
}

fn notification_url(entry: &Value, additions: Option<&Additions>) -> Option<Value> {
    match set(entry, "notification-url") {
        Some(_) => filled(entry, "notification-url").cloned(),
        None => additions?.notification_url.clone().map(Value::from),
    }
}

fn archive(entry: &Value) -> Option<Value> {
    let archive = set(entry, "archive")?;
    let parts = ["name", "exclude"]
        .into_iter()
        .filter_map(|key| Some((key.to_owned(), phpify(filled(archive, key)?))));
    Some(parts.collect())
}

fn scripts(entry: &Value) -> Option<Value> {
    Some(match array(entry, "scripts")? {
        Value::Object(scripts) => scripts
            .iter()
            .map(|(event, script)| (event.clone(), as_array(script)))
            .collect(),
        Value::Array(scripts) => scripts.iter().map(as_array).collect(),
        other => other,
    })
}

fn keywords(entry: &Value) -> Option<Value> {
    let keywords: Vec<String> = match filled(entry, "keywords")? {
        Value::Array(keywords) => keywords.iter().map(string).collect(),
        Value::Object(keywords) => keywords.values().map(string).collect(),
        _ => return None,
    };
    Some(sort_by_key(keywords, String::as_str).into())
}

fn transport_options(entry: &Value, additions: Option<&Additions>) -> Option<Value> {
    let Some(additions) = additions else {
        return array(entry, "transport-options");
    };
    let url = set(set(entry, "dist")?, "url")?;
    let mirrors = additions
        .dist_mirrors
        .iter()
        .filter_map(|mirror| set(mirror, "url"));
    let mut urls = std::iter::once(url)
        .chain(mirrors)
        .filter_map(Value::as_str);
    (is_array(&additions.transport_options) && urls.any(|url| url.starts_with(&additions.base_url)))
        .then(|| phpify(&additions.transport_options))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_entry_is_normalised_and_ordered() {
        let entry = json!({
            "version": "1.0.0", "name": "A/a", "version_normalized": "1.0.0.0", "uid": 7, "time": "2013-01-01 10:00:00",
            "keywords": ["b", 10, "9", "a"], "license": "MIT", "homepage": "", "description": "d", "abandoned": false,
            "authors": [{"name": "N"}], "support": {}, "scripts": {"s": "x", "t": ["y"]}, "bin": "/bin/a", "type": "Magento2-Module",
            "autoload": {"psr-4": {}, "files": ["r.php"]}, "extra": {}, "target-dir": "x/../y", "installation-source": "dist",
            "suggest": {"z": "self.version", "ext-a": "why"}, "replace": {"B/b": "self.version"},
            "require": {"php": "^8.1", "A/A": "1", "ext-json": "*"}, "default-branch": true, "php-ext": {"extension-name": "a"},
            "archive": {"exclude": ["/t"], "name": "n"}, "transport-options": {"symlink": true}, "notification-url": "https://n",
            "dist": {"shasum": "", "type": "zip", "url": "https://d/a.zip", "reference": null},
            "source": {"reference": "abc", "url": "https://s", "type": "git", "mirrors": []}, "security-advisories": [],
        });
        let expected = json!({
            "name": "A/a", "version": "1.0.0", "target-dir": "x/y",
            "source": {"type": "git", "url": "https://s", "reference": "abc"},
            "dist": {"type": "zip", "url": "https://d/a.zip", "shasum": ""},
            "require": {"a/a": "1", "ext-json": "*", "php": "^8.1"}, "replace": {"b/b": "self.version"},
            "suggest": {"ext-a": "why", "z": "1.0.0"}, "default-branch": true, "bin": ["bin/a"], "type": "magento2-module",
            "autoload": {"psr-4": [], "files": ["r.php"]}, "notification-url": "https://n", "php-ext": {"extension-name": "a"},
            "archive": {"name": "n", "exclude": ["/t"]}, "scripts": {"s": ["x"], "t": ["y"]}, "license": ["MIT"],
            "authors": [{"name": "N"}], "description": "d", "keywords": ["9", "10", "a", "b"],
            "transport-options": {"symlink": true}, "time": "2013-01-01T10:00:00+00:00",
        });
        let dumped = dump(&entry, None);
        assert_eq!(encode_compact(&dumped), encode_compact(&expected));
        assert_eq!(
            encode_compact(&dump(&dumped, None)),
            encode_compact(&dumped)
        );
    }

    #[test]
    fn a_repository_adds_what_it_is_asked_to() {
        let mirror = json!({"url": "https://m/%package%", "preferred": true});
        let additions = Additions {
            notification_url: Some("https://r/notify".to_owned()),
            source_mirrors: Map::from_iter([("git".to_owned(), json!([mirror]))]),
            dist_mirrors: vec![mirror.clone()],
            transport_options: json!({"ssl": {"verify_peer": false}}),
            base_url: "https://r".to_owned(),
        };
        let entry = |dist: &str| {
            json!({
                "name": "a/a", "version": "1", "require": {"a/a": "1", "b/b": "1"}, "transport-options": {"own": 1},
                "source": {"type": "git", "url": "https://s", "reference": "c"}, "dist": {"type": "zip", "url": dist},
            })
        };
        let dumped = dump(&entry("https://r/a.zip"), Some(&additions));
        assert_eq!(dumped["notification-url"], "https://r/notify");
        assert_eq!(
            (&dumped["source"]["mirrors"], &dumped["dist"]["mirrors"]),
            (&json!([mirror]), &json!([mirror]))
        );
        assert_eq!(dumped["transport-options"], additions.transport_options);
        assert_eq!(dumped["require"], json!({"b/b": "1"}));
        assert_eq!(
            dump(&entry("https://elsewhere/a.zip"), Some(&additions)).get("transport-options"),
            None
        );
    }

    #[test]
    fn nothing_makes_it_panic() {
        for odd in [
            json!(null),
            json!(1),
            json!("x"),
            json!([]),
            json!([1, null]),
            json!({"a": {}}),
            json!({"0": [1]}),
        ] {
            let keys = "name version target-dir source dist require suggest bin type extra archive scripts license keywords \
                abandoned transport-options time default-branch support";
            let entry: Value = keys
                .split_whitespace()
                .map(|key| (key.to_owned(), odd.clone()))
                .collect();
            dump(&entry, None);
            dump(&entry, Some(&Additions::default()));
            dump(&odd, None);
        }
    }
}
