//! What a Composer repository says of itself in its root document, `packages.json`.

use crate::format::package::name_pattern::NamePattern;
use crate::format::php::truth::is_truthy;
use crate::repository::address;
use crate::repository::error::{ErrorKind, RepositoryError};
use rustc_hash::FxHashSet;
use serde_json::{Map, Value, json};

/// A root document, decoded.
#[derive(Debug, Default)]
pub(crate) struct Server {
    /// How versions are found.
    pub protocol: Protocol,
    /// The names the repository has, when it says so.
    pub available: Option<Available>,
    pub notification_url: Option<String>,
    /// `source.mirrors`, by source type (`git`, `hg`), as they go into a lock.
    pub source_mirrors: Map<String, Value>,
    /// `dist.mirrors`, likewise.
    pub dist_mirrors: Vec<Value>,
    /// `security-advisories`: where advisories are found.
    pub security_advisories: Option<Value>,
    /// `filter`: which lists of unwanted versions are kept, and where.
    pub filter: Option<Value>,
    /// `packages`: versions in the root document itself.
    pub packages: Value,
    /// `includes`: further documents with packages, by their place below the repository.
    pub includes: Option<Value>,
}

/// How a repository is asked for versions.
#[derive(Debug, Default, PartialEq)]
pub(crate) enum Protocol {
    /// Composer 2: a template with `%package%`, for `<name>` and `<name>~dev`.
    Metadata(String),
    /// Composer 1 without a list: a template with `%package%`.
    Lazy(String),
    /// Composer 1 with checksums: a template with `%package%` and `%hash%`, and the documents that list the checksums.
    Providers {
        template: String,
        includes: Option<Value>,
        listed: Map<String, Value>,
    },
    /// All versions are in the root document and its includes.
    #[default]
    Inline,
}

/// `available-packages` and `available-package-patterns`.
#[derive(Debug, Default)]
pub(crate) struct Available {
    names: FxHashSet<Box<str>>,
    patterns: Vec<NamePattern>,
}

impl Available {
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.names.contains(name) || self.patterns.iter().any(|pattern| pattern.matches(name))
    }
}

impl Server {
    /// Decodes the root document of the repository at `url`. `shown` is what errors call it.
    pub(crate) fn read(text: &str, url: &str, shown: &str) -> Result<Server, RepositoryError> {
        let mut document = object(text, shown)?;
        let link = |key: &str| {
            let link = document
                .get(key)
                .and_then(Value::as_str)
                .filter(|link| !link.is_empty());
            link.map(|link| address::resolve(url, link))
        };
        let notification_url = link("notify-batch").or_else(|| link("notify"));
        let template = |key: &str| match link(key) {
            Some(template) if !address::leads_somewhere(url, &template) => {
                let message = format!("has a `{key}` that is no address");
                Err(RepositoryError::new(ErrorKind::Malformed, shown, message))
            }
            template => Ok(template),
        };
        let metadata = template("metadata-url")?;
        let lazy = template("providers-lazy-url")?;
        let providers = template("providers-url")?;
        let mut mirrors = (Map::new(), Vec::new());
        for mirror in items(document.get("mirrors")) {
            add_mirror(&mut mirrors, mirror, url);
        }
        let (source_mirrors, dist_mirrors) = mirrors;
        let mut available = None;
        if metadata.is_some() {
            let strings = |key: &str| items(document.get(key)).filter_map(Value::as_str);
            let names: FxHashSet<_> = strings("available-packages")
                .map(|name| name.to_ascii_lowercase().into())
                .collect();
            let patterns: Vec<_> = strings("available-package-patterns")
                .map(NamePattern::new)
                .collect();
            available = (!names.is_empty() || !patterns.is_empty())
                .then_some(Available { names, patterns });
        }
        let protocol = match (metadata, lazy, providers) {
            (Some(template), _, _) => Protocol::Metadata(template),
            (None, Some(template), _) => Protocol::Lazy(template),
            (None, None, Some(template)) => {
                let listed = document.remove("providers").and_then(|listed| {
                    if let Value::Object(listed) = listed {
                        Some(listed)
                    } else {
                        None
                    }
                });
                Protocol::Providers {
                    template,
                    includes: document.remove("provider-includes"),
                    listed: listed.unwrap_or_default(),
                }
            }
            (None, None, None) => Protocol::Inline,
        };
        let security_advisories = document
            .remove("security-advisories")
            .filter(Value::is_object);
        let filter = document.remove("filter").filter(Value::is_object);
        let packages = take_packages(&mut document);
        let includes = document.remove("includes");
        Ok(Server {
            protocol,
            available,
            notification_url,
            source_mirrors,
            dist_mirrors,
            security_advisories,
            filter,
            packages,
            includes,
        })
    }
}

fn add_mirror((sources, dists): &mut (Map<String, Value>, Vec<Value>), mirror: &Value, url: &str) {
    let preferred = mirror.get("preferred").is_some_and(is_truthy);
    let template = |key: &str| {
        mirror
            .get(key)
            .and_then(Value::as_str)
            .filter(|template| !template.is_empty())
    };
    for kind in ["git", "hg"] {
        if let Some(template) = template(&format!("{kind}-url")) {
            let mirrors = sources.entry(kind).or_insert_with(|| json!([]));
            if let Some(mirrors) = mirrors.as_array_mut() {
                mirrors.push(json!({"url": template, "preferred": preferred}));
            }
        }
    }
    if let Some(template) = template("dist-url") {
        let template = address::resolve(url, template);
        dists.push(json!({"url": template, "preferred": preferred}));
    }
}

/// Takes the packages out of a document: `packages`, or, in the oldest shape, all of it, names mapped to `{"versions": …}`.
pub(crate) fn take_packages(document: &mut Map<String, Value>) -> Value {
    if document.contains_key("packages") || document.contains_key("includes") {
        return document.remove("packages").unwrap_or_default();
    }
    let versions = document.iter_mut().filter_map(|(name, package)| {
        let versions = package
            .get_mut("versions")
            .filter(|versions| versions.is_object() || versions.is_array())?;
        Some((name.clone(), versions.take()))
    });
    Value::Object(versions.collect())
}

/// Decodes a document that is an object. `shown` is what errors call it.
pub(crate) fn object(text: &str, shown: &str) -> Result<Map<String, Value>, RepositoryError> {
    serde_json::from_str(text).map_err(|error| {
        RepositoryError::new(
            ErrorKind::Malformed,
            shown,
            format!("is not a JSON object: {error}"),
        )
    })
}

/// The values of a list, or of an object, which PHP does not tell apart.
fn items(value: Option<&Value>) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Some(Value::Array(list)) => Box::new(list.iter()),
        Some(Value::Object(object)) => Box::new(object.values()),
        _ => Box::new(std::iter::empty()),
    }
}

/// As [`items`], taking the values.
pub(crate) fn into_items(value: Value) -> Box<dyn Iterator<Item = Value>> {
    match value {
        Value::Array(list) => Box::new(list.into_iter()),
        Value::Object(object) => Box::new(object.into_iter().map(|(_, value)| value)),
        _ => Box::new(std::iter::empty()),
    }
}
