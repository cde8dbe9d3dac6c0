//! The document of one package (`p2/<vendor>/<name>.json`): its versions, found without decoding them.

use super::notices::Notices;
use super::scan::{Scanner, Syntax, string_of};
use super::versions::{Record, Versions};
use crate::composer::constraint::Constraint;
use crate::composer::loader;
use crate::composer::package::{Link, Metadata, Package};
use rustc_hash::FxHashMap;
use serde_json::Value;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

/// Every how many versions the fields of a minified document are written down in full. A version is then expanded by
/// replaying fewer differences than this.
const CHECKPOINT: usize = 16;

/// What a minified document says to take a field away that the version before had.
const UNSET: &str = "\"__unset\"";

/// A document whose versions have been found and whose text has been checked. What a version holds beyond its head is read
/// when it is asked for.
#[derive(Debug)]
pub(super) struct Document {
    text: Arc<str>,
    /// The name whose versions these are.
    name: Arc<str>,
    /// Where each version's object is, in document order, unusable ones included.
    objects: Vec<Span>,
    /// For a minified document, the fields in force before every [`CHECKPOINT`]th version. Empty for any other.
    checkpoints: Vec<Vec<Field>>,
}

/// A byte range of a document, half as wide as a `Range<usize>`: there is one for each of thousands of versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    start: u32,
    end: u32,
}

/// One entry of a version's object: where its key and its value are.
#[derive(Debug, Clone, Copy)]
struct Field {
    key: Span,
    value: Span,
}

/// The fields that are needed to know which version this is.
#[derive(Debug, Clone, Copy, Default)]
struct Head {
    version: Option<Span>,
    version_normalized: Option<Span>,
    default_branch: Option<Span>,
    extra: Option<Span>,
}

/// Reads the versions of `name` in a document. None when the document says nothing about `name`, which is different from
/// saying that it has no versions: only in the first case does Composer go on to the next repository.
///
/// As in Composer the name is looked up in lower case, exactly. A version without a usable `version` is left out, where
/// Composer would refuse the whole document.
pub(super) fn read(text: Arc<str>, name: &Arc<str>) -> Result<Option<Versions>, Syntax> {
    let Found {
        entries: Some(entries),
        minified,
        advisories,
        filter,
    } = find(&text, name)?
    else {
        return Ok(None);
    };
    let value = |span: Option<Span>| {
        let raw = text.get(Range::<usize>::from(span?))?;
        serde_json::from_str::<Value>(raw).ok()
    };
    let (advisories, filter) = (value(advisories), value(filter));
    let notices = Notices::of_package(name, advisories.as_ref(), filter.as_ref());
    let (objects, mut heads): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
    let mut document = Document {
        text,
        name: name.clone(),
        objects,
        checkpoints: Vec::new(),
    };
    if minified {
        heads = document.expand()?;
    }
    let document = Arc::new(document);
    let records = heads.into_iter().enumerate().filter_map(|(index, head)| {
        let pretty_version = scalar(document.raw(head.version?))?;
        let normalized = head
            .version_normalized
            .and_then(|span| string_of(document.raw(span)));
        let version = loader::version(&pretty_version, normalized.as_deref()).ok()?;
        let default_branch = head
            .default_branch
            .is_some_and(|span| document.raw(span) == "true");
        let alias = loader::branch_alias(&pretty_version, default_branch, || {
            document.branch_aliases(head.extra)
        });
        Some(Record::in_document(
            version,
            pretty_version.into(),
            alias,
            document.clone(),
            index,
        ))
    });
    Ok(Some(Versions {
        records: records.collect(),
        notices,
    }))
}

/// What there is to read in a document.
#[derive(Debug, Default)]
struct Found {
    /// The versions of the name that was looked for; none without an entry for it.
    entries: Option<Vec<(Span, Head)>>,
    minified: bool,
    /// `security-advisories`
    advisories: Option<Span>,
    /// `filter`
    filter: Option<Span>,
}

/// Walks the whole text once.
fn find(text: &str, name: &str) -> Result<Found, Syntax> {
    if u32::try_from(text.len()).is_err() {
        return Err(Syntax {
            at: 0,
            expected: "a document of less than 4 GiB",
        });
    }
    let mut found = Found::default();
    let mut scanner = Scanner::new(text);
    scanner.object(|key, scanner| {
        match key.text().as_ref() {
            "minified" => found.minified = text[scanner.value()?] == *"\"composer/2.0\"",
            "security-advisories" => found.advisories = Some(scanner.value()?.into()),
            "filter" => found.filter = Some(scanner.value()?.into()),
            // An empty `packages` is `[]`, as PHP writes it.
            "packages" if scanner.peek() == Some(b'{') => scanner.object(|key, scanner| {
                if key.text() != name {
                    scanner.value()?;
                    return Ok(());
                }
                let mut entries = Vec::new();
                scanner.values(|scanner| {
                    entries.push(entry(scanner)?);
                    Ok(())
                })?;
                found.entries = Some(entries);
                Ok(())
            })?,
            _ => {
                scanner.value()?;
            }
        }
        Ok(())
    })?;
    scanner.end()?;
    Ok(found)
}

/// Reads one version.
fn entry(scanner: &mut Scanner<'_>) -> Result<(Span, Head), Syntax> {
    let mut head = Head::default();
    let start = scanner.start();
    scanner.object(|key, scanner| {
        head.set(&key.text(), scanner.value()?.into());
        Ok(())
    })?;
    Ok(((start..scanner.position()).into(), head))
}

impl Document {
    /// Replays the differences of a minified document, as `MetadataMinifier::expand` does, and notes the checkpoints.
    /// Returns the heads of the expanded versions.
    fn expand(&mut self) -> Result<Vec<Head>, Syntax> {
        let mut fields = Vec::new();
        let mut heads = Vec::with_capacity(self.objects.len());
        for (index, &object) in self.objects.iter().enumerate() {
            if index % CHECKPOINT == 0 {
                self.checkpoints.push(fields.clone());
            }
            self.replay(&mut fields, object)?;
            let mut head = Head::default();
            for field in &fields {
                head.set(&self.key(field), field.value);
            }
            heads.push(head);
        }
        Ok(heads)
    }

    /// Puts the entries of `object` over `fields`. A key keeps the place where it first stood, as in a PHP array.
    fn replay(&self, fields: &mut Vec<Field>, object: Span) -> Result<(), Syntax> {
        let minified = !self.checkpoints.is_empty();
        Scanner::within(&self.text, object.into()).object(|key, scanner| {
            let field = Field {
                key: key.range().into(),
                value: scanner.value()?.into(),
            };
            let known = fields
                .iter()
                .position(|known| self.raw(known.key) == self.raw(field.key));
            let unset = minified && self.raw(field.value) == UNSET;
            match known {
                Some(at) if unset => drop(fields.remove(at)),
                Some(at) => fields[at] = field,
                None if unset => {}
                None => fields.push(field),
            }
            Ok(())
        })
    }

    /// All fields of a version, in order. The text has been checked, so nothing is missing.
    fn fields(&self, index: usize) -> Vec<Field> {
        let first = if self.checkpoints.is_empty() {
            index
        } else {
            index - index % CHECKPOINT
        };
        let mut fields = self
            .checkpoints
            .get(index / CHECKPOINT)
            .cloned()
            .unwrap_or_default();
        for &object in self.objects.get(first..=index).unwrap_or_default() {
            if self.replay(&mut fields, object).is_err() {
                break;
            }
        }
        fields
    }

    /// Loads a version: its links, references and branch alias, and where the rest is.
    ///
    /// Where Composer would stop at a broken entry, the entry alone suffers: a constraint that cannot be parsed is one that
    /// nothing satisfies, anything else that is not of its type counts as absent.
    pub(super) fn package(&self, record: &Record, index: usize) -> Package {
        let fields = self.fields(index);
        let mut package = Package {
            name: self.name.clone(),
            pretty_name: self.name.clone(),
            version: record.version().clone(),
            pretty_version: record.pretty_version().clone(),
            kind: loader::default_type(),
            requires: Vec::new(),
            conflicts: Vec::new(),
            provides: Vec::new(),
            replaces: Vec::new(),
            source_reference: None,
            dist_reference: None,
            default_branch: false,
            branch_alias: record.branch_alias().cloned(),
            metadata: Metadata::Fields {
                text: self.text.clone(),
                fields: fields.iter().map(|field| self.metadata(field)).collect(),
            },
        };
        for field in &fields {
            let raw = self.raw(field.value);
            match self.key(field).as_ref() {
                "name" => {
                    if let Some(name) = string_of(raw) {
                        if !name.eq_ignore_ascii_case(&self.name) {
                            package.name = name.to_ascii_lowercase().into();
                        }
                        if *name != *package.pretty_name {
                            package.pretty_name = name.into();
                        }
                    }
                }
                "type" => {
                    if let Some(kind) = string_of(raw) {
                        package.kind = kind.to_ascii_lowercase().into();
                    }
                }
                "require" => package.requires = self.links(&package, field.value),
                "conflict" => package.conflicts = self.links(&package, field.value),
                "provide" => package.provides = self.links(&package, field.value),
                "replace" => package.replaces = self.links(&package, field.value),
                "source" => package.source_reference = self.reference(field.value),
                "dist" => package.dist_reference = self.reference(field.value),
                "default-branch" => package.default_branch = raw == "true",
                _ => {}
            }
        }
        package
    }

    /// The entries of `require` and its like. As in Composer a link from a package to itself is dropped, and of two keys
    /// that differ in case only the last one's value takes the first one's place.
    fn links(&self, package: &Package, span: Span) -> Vec<Link> {
        let mut links = Vec::new();
        let read = Scanner::within(&self.text, span.into()).object(|key, scanner| {
            let value = scanner.value()?;
            let target = key.text().to_ascii_lowercase();
            if let Some(constraint) = string_of(&self.text[value])
                && target != *package.name
            {
                links.push(
                    loader::link(&target, &constraint, &package.version).unwrap_or_else(|| Link {
                        target: target.into(),
                        constraint: Arc::new(Constraint::None),
                        pretty_constraint: constraint.into(),
                    }),
                );
            }
            Ok(())
        });
        // A list, or anything else that is not an object, has no links.
        if read.is_ok() {
            loader::unique_links(links)
        } else {
            Vec::new()
        }
    }

    /// `reference` of a `source` or `dist`.
    fn reference(&self, span: Span) -> Option<Arc<str>> {
        let mut reference = None;
        Scanner::within(&self.text, span.into())
            .object(|key, scanner| {
                let value = scanner.value()?;
                if key.text() == "reference" {
                    reference = scalar(&self.text[value]).map(Arc::from);
                }
                Ok(())
            })
            .ok()?;
        reference
    }

    /// The entries of `extra.branch-alias`, source branch first.
    fn branch_aliases(&self, extra: Option<Span>) -> Vec<(String, String)> {
        let mut aliases = Vec::new();
        let Some(extra) = extra else { return aliases };
        // An `extra` or a `branch-alias` that is no object has no aliases.
        let _ = Scanner::within(&self.text, extra.into()).object(|key, scanner| {
            if key.text() != "branch-alias" {
                scanner.value()?;
                return Ok(());
            }
            scanner.object(|source, scanner| {
                let target = scanner.value()?;
                if let Some(target) = string_of(&self.text[target]) {
                    aliases.push((source.text().into_owned(), target.into_owned()));
                }
                Ok(())
            })
        });
        aliases
    }

    fn key(&self, field: &Field) -> Cow<'_, str> {
        string_of(self.raw(field.key)).unwrap_or_default()
    }

    fn raw(&self, span: Span) -> &str {
        self.text
            .get(Range::<usize>::from(span))
            .unwrap_or_default()
    }

    fn metadata(&self, field: &Field) -> (Arc<str>, Range<usize>) {
        let key = self.key(field);
        let key = KEYS
            .get(key.as_ref())
            .cloned()
            .unwrap_or_else(|| key.into());
        (key, field.value.into())
    }
}

impl Head {
    fn set(&mut self, key: &str, value: Span) {
        match key {
            "version" => self.version = Some(value),
            "version_normalized" => self.version_normalized = Some(value),
            "default-branch" => self.default_branch = Some(value),
            "extra" => self.extra = Some(value),
            _ => {}
        }
    }
}

impl From<Range<usize>> for Span {
    /// Positions in a document; [`find`] has made sure that they fit.
    fn from(range: Range<usize>) -> Span {
        Span {
            start: range.start as u32,
            end: range.end as u32,
        }
    }
}

impl From<Span> for Range<usize> {
    fn from(span: Span) -> Range<usize> {
        span.start as usize..span.end as usize
    }
}

/// A string, or a number as PHP makes it a string (`1.0` is `1`), as `version` and `reference` may be written.
fn scalar(raw: &str) -> Option<Cow<'_, str>> {
    string_of(raw).or_else(|| loader::scalar(&serde_json::from_str(raw).ok()?).map(Cow::Owned))
}

/// The keys of a version that composer.json's schema or Packagist knows, so that each is in memory once.
static KEYS: LazyLock<FxHashMap<&'static str, Arc<str>>> = LazyLock::new(|| {
    const KNOWN: &[&str] = &[
        "abandoned",
        "archive",
        "authors",
        "autoload",
        "autoload-dev",
        "bin",
        "conflict",
        "default-branch",
        "description",
        "dist",
        "extra",
        "funding",
        "homepage",
        "include-path",
        "keywords",
        "license",
        "name",
        "notification-url",
        "php-ext",
        "provide",
        "replace",
        "require",
        "require-dev",
        "scripts",
        "source",
        "suggest",
        "support",
        "target-dir",
        "time",
        "type",
        "uid",
        "version",
        "version_normalized",
    ];
    KNOWN.iter().map(|&key| (key, Arc::from(key))).collect()
});
