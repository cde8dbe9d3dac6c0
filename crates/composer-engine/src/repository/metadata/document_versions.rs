//! The versions in the document of a package, each loaded when it is asked for.

use super::differences::Differences;
use super::intern;
use super::scan::{Scanner, string_of};
use crate::format::constraint::Constraint;
use crate::format::json::php_json;
use crate::format::package::links::Link;
use crate::format::package::links::Links;
use crate::format::package::loader;
use crate::format::package::{BranchAlias, DocumentFields, Metadata, Package};
use crate::format::version::Version;
use memchr::memmem::Finder;
use rustc_hash::FxHashMap;
use serde_json::Value;
use std::borrow::Cow;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// The versions of a package, their text checked. What a version holds beyond its identity is read when it is asked for.
#[derive(Debug)]
pub(crate) struct Document {
    /// The name whose versions these are.
    name: Arc<str>,
    pub(crate) versions: Differences,
    /// Sections of links that do not depend on the version they are in, by their places in the text: many versions in a row
    /// ask for the same.
    links: Mutex<FxHashMap<usize, Links>>,
}

impl Document {
    pub(crate) fn new(name: Arc<str>, versions: Differences) -> Document {
        Document {
            name,
            versions,
            links: Mutex::default(),
        }
    }

    /// The links of a section of a version whose identity is known.
    fn links(&self, package: &Package, raw: &str) -> Links {
        let is_common = package.name == self.name && !raw.contains(SELF_VERSION);
        if !is_common {
            return links(package, raw).into();
        }
        // All values lie in one text, so where one begins tells it from others.
        let place = raw.as_ptr() as usize;
        let known = |links: &FxHashMap<usize, Links>| links.get(&place).cloned();
        let all = || self.links.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known(&all()) {
            return known;
        }
        let links: Links = links(package, raw).into();
        all().insert(place, links.clone());
        links
    }

    /// Loads the version at `index`, whose identity is known: its links, and where the rest is.
    ///
    /// Where Composer would stop at a broken entry, the entry alone suffers: a constraint that cannot be parsed is one that
    /// nothing satisfies, anything else that is not of its type counts as absent.
    pub(crate) fn package(
        self: &Arc<Self>,
        version: &Version,
        branch_alias: Option<&BranchAlias>,
        index: usize,
    ) -> Package {
        let mut package = Package {
            name: self.name.clone(),
            pretty_name: self.name.clone(),
            version: version.clone(),
            pretty_version: self.name.clone(),
            kind: loader::kind(None),
            requires: Links::default(),
            conflicts: Links::default(),
            provides: Links::default(),
            replaces: Links::default(),
            default_branch: false,
            branch_alias: branch_alias.cloned(),
            metadata: Metadata::Document {
                document: self.clone(),
                index,
            },
        };
        for (key, raw) in self.versions.fields(index) {
            match &**key {
                "name" => {
                    package.pretty_name = string_of(raw)
                        .map_or_else(|| self.name.clone(), |name| intern::text(&name));
                    package.name = intern::text(&package.pretty_name.to_ascii_lowercase());
                }
                // Every version has one that can be read, or it would not have become a record.
                "version" => {
                    package.pretty_version = scalar(raw)
                        .map_or_else(|| self.name.clone(), |version| intern::text(&version))
                }
                "type" => package.kind = loader::kind(string_of(raw).as_deref()),
                "require" => package.requires = self.links(&package, raw),
                "conflict" => package.conflicts = self.links(&package, raw),
                "provide" => package.provides = self.links(&package, raw),
                "replace" => package.replaces = self.links(&package, raw),
                "default-branch" => package.default_branch = raw == "true",
                _ => {}
            }
        }
        package
    }
}

impl DocumentFields for Document {
    fn field(&self, index: usize, key: &str) -> Option<Value> {
        let (_, raw) = self
            .versions
            .fields(index)
            .find(|(known, _)| &***known == key)?;
        serde_json::from_str(raw).ok()
    }

    fn reference(&self, index: usize, section: &str) -> Option<Arc<str>> {
        let mut fields = self.versions.fields(index);
        let (_, raw) = fields.find(|(key, _)| &***key == section)?;
        reference(raw)
    }

    fn to_value(&self, index: usize) -> Value {
        let fields = self.versions.fields(index);
        Value::Object(
            fields
                .filter_map(|(key, raw)| Some((key.to_string(), serde_json::from_str(raw).ok()?)))
                .collect(),
        )
    }
}

/// The constraint that stands for the version that it is written in.
const SELF_VERSION: &str = "self.version";

/// The entries of `require` and its like. As in Composer a link from a package to itself is dropped, and of two keys that
/// differ in case only the last one's value takes the first one's place. What is no object has no links.
fn links(package: &Package, raw: &str) -> Vec<Link> {
    let mut links = Vec::new();
    let read = Scanner::new(raw).object(|key, scanner| {
        let value = scanner.value()?;
        let make = |constraint: &str| lenient_link(&key.text(), constraint, &package.version);
        let link = match string_of(&raw[value.clone()]) {
            Some(constraint) if constraint == SELF_VERSION => make(&constraint),
            Some(constraint) => intern::link(&raw[key.start()..value.end], || make(&constraint)),
            // Composer passes over a constraint that is not a string.
            None => return Ok(()),
        };
        if link.target != package.name {
            links.push(link);
        }
        Ok(())
    });
    read.map_or_else(|_| Vec::new(), |()| loader::unique_links(links))
}

/// A link; one whose constraint cannot be parsed is satisfied by nothing.
fn lenient_link(target: &str, constraint: &str, version: &Version) -> Link {
    let target = target.to_ascii_lowercase();
    loader::link(&target, constraint, version).unwrap_or_else(|| Link {
        target: target.into(),
        constraint: Arc::new(Constraint::None),
        pretty_constraint: constraint.into(),
    })
}

/// `reference` of a `source` or `dist`.
fn reference(raw: &str) -> Option<Arc<str>> {
    if let Some(reference) = plain_reference(raw) {
        return Some(reference.into());
    }
    let mut reference = None;
    let read = Scanner::new(raw).object(|key, scanner| {
        let value = scanner.value()?;
        if key.text() == "reference" {
            reference = scalar(&raw[value]).map(Arc::from);
        }
        Ok(())
    });
    read.ok().and(reference)
}

/// The same in a section that is written as usual: without further objects in it, and the key once. A quotation mark within
/// a string has a backslash before it, so the key is found nowhere else.
fn plain_reference(raw: &str) -> Option<&str> {
    static KEY: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("\"reference\""));
    let bytes = raw.as_bytes();
    let start = KEY.find(bytes)? + KEY.needle().len();
    let value = bytes.get(start..)?.strip_prefix(b":\"")?;
    let (value, rest) = value.split_at(memchr::memchr(b'"', value)?);
    let is_flat = memchr::memchr(b'{', bytes.get(1..)?).is_none();
    // A backslash may spell a key otherwise; before a slash it spells nothing.
    let mut spelled = memchr::memchr_iter(b'\\', bytes);
    let is_plain = spelled.all(|place| bytes.get(place + 1) == Some(&b'/'));
    let is_once = KEY.find(rest).is_none();
    let has_none = memchr::memchr(b'\\', value).is_none();
    (is_flat && is_plain && is_once && has_none).then(|| std::str::from_utf8(value).ok())?
}

/// A string, or a number as PHP makes it a string (`1.0` is `1`), as `version` and `reference` may be written.
pub(crate) fn scalar(raw: &str) -> Option<Cow<'_, str>> {
    string_of(raw).or_else(|| php_json::scalar(&serde_json::from_str(raw).ok()?).map(Cow::Owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_found_however_it_is_written() {
        for (raw, found) in [
            (r#"{"type":"git","reference":"abc"}"#, Some("abc")),
            (r#"{"reference": "abc"}"#, Some("abc")),
            (r#"{"reference":"a\/b"}"#, Some("a/b")),
            (r#"{"reference":null}"#, None),
            (r#"{"reference":12}"#, Some("12")),
            (r#"{"reference":"a","reference":"b"}"#, Some("b")),
            (r#"{"reference":"a","ref\u0065rence":"b"}"#, Some("b")),
            (r#"{"url":"\"reference\":\"a","reference":"b"}"#, Some("b")),
            (r#"{"of":{"reference":"a"}}"#, None),
            (r#"[{"reference":"a"}]"#, None),
            ("[]", None),
            ("1", None),
        ] {
            assert_eq!(reference(raw).as_deref(), found, "{raw}");
        }
    }
}
