//! The document of one package (`p2/<vendor>/<name>.json`): its versions, found without decoding them.

use super::differences::{
    Builder, DEFAULT_BRANCH, Differences, EXTRA, VERSION, VERSION_NORMALIZED,
};
use super::document_versions::{Document, scalar};
use super::intern;
use super::notices::Notices;
use super::scan::{Scanner, Syntax, string_of};
use super::versions::{Record, Versions};
use crate::format::package::BranchAlias;
use crate::format::package::loader;
use crate::format::version::Version;
use serde_json::Value;
use std::sync::Arc;

/// What tells a version from others.
pub(crate) struct Identity {
    /// Its place in the document.
    pub index: usize,
    pub version: Version,
    pub branch_alias: Option<BranchAlias>,
}

/// What a document says of one package.
pub(crate) struct Content {
    pub versions: Differences,
    /// The versions that can be used.
    pub records: Vec<Identity>,
    /// `security-advisories`, as it is written.
    pub advisories: Option<String>,
    /// `filter`, as it is written.
    pub filter: Option<String>,
}

/// What a walk through a document has found.
struct Found {
    versions: Builder,
    /// The versions that can be used.
    identities: Vec<Identity>,
    /// How they were read.
    minified: bool,
}

/// Reads what a document says of `name`. None when the document says nothing about `name`, which is different from
/// saying that it has no versions: only in the first case does Composer go on to the next repository.
///
/// As in Composer the name is looked up in lower case, exactly. A version without a usable `version` is left out, where
/// Composer would refuse the whole document.
pub(crate) fn content(text: &str, name: &str) -> Result<Option<Content>, Syntax> {
    if u32::try_from(text.len()).is_err() {
        return Err(Syntax {
            at: 0,
            expected: "a document of less than 4 GiB",
        });
    }
    let mut notices = Published::default();
    let (mut found, minified) = walk(text, name, false, &mut notices)?;
    // Whether the versions are minified may be said behind them.
    if found
        .as_ref()
        .is_some_and(|found| found.minified != minified)
    {
        (found, _) = walk(text, name, minified, &mut notices)?;
    }
    Ok(found.map(|found| Content {
        versions: found.versions.finish(),
        records: found.identities,
        advisories: notices.advisories.map(str::to_owned),
        filter: notices.filter.map(str::to_owned),
    }))
}

/// The versions of `name` that a document holds.
pub(crate) fn versions(name: &Arc<str>, content: Content) -> Versions {
    let document = Arc::new(Document::new(name.clone(), content.versions));
    let records = content.records.into_iter().map(|identity| {
        let Identity {
            index,
            version,
            branch_alias,
        } = identity;
        Record::in_document(version, branch_alias, document.clone(), index)
    });
    let value = |raw: Option<&str>| serde_json::from_str::<Value>(raw?).ok();
    let advisories = value(content.advisories.as_deref());
    let filter = value(content.filter.as_deref());
    Versions {
        records: records.collect(),
        notices: Notices::of_package(name, advisories.as_ref(), filter.as_ref()),
    }
}

/// What a document publishes against versions, not yet decoded.
#[derive(Default)]
struct Published<'t> {
    /// `security-advisories`
    advisories: Option<&'t str>,
    /// `filter`
    filter: Option<&'t str>,
}

/// Walks a whole document. Returns what it says of `name`, read as minified when the document says so first, else as
/// `presumed`, and whether it says so at all.
fn walk<'t>(
    text: &'t str,
    name: &str,
    presumed: bool,
    notices: &mut Published<'t>,
) -> Result<(Option<Found>, bool), Syntax> {
    let mut found = None;
    let mut minified = None;
    let mut scanner = Scanner::new(text);
    scanner.object(|key, scanner| {
        match key.text().as_ref() {
            "minified" => minified = Some(text[scanner.value()?] == *"\"composer/2.0\""),
            "security-advisories" => notices.advisories = Some(&text[scanner.value()?]),
            "filter" => notices.filter = Some(&text[scanner.value()?]),
            // An empty `packages` is `[]`, as PHP writes it.
            "packages" if scanner.peek() == Some(b'{') => scanner.object(|key, scanner| {
                if key.text() == name {
                    found = Some(read_versions(text, scanner, minified.unwrap_or(presumed))?);
                } else {
                    scanner.value()?;
                }
                Ok(())
            })?,
            _ => {
                scanner.value()?;
            }
        }
        Ok(())
    })?;
    scanner.end()?;
    Ok((found, minified.unwrap_or(false)))
}

fn read_versions(text: &str, scanner: &mut Scanner<'_>, minified: bool) -> Result<Found, Syntax> {
    let mut versions = Builder::new(minified);
    let mut identities = Vec::new();
    let mut index = 0;
    scanner.values(|scanner| {
        versions.begin();
        scanner.object(|key, scanner| {
            let Some(id) = versions.id(key) else {
                return Err(Syntax {
                    at: key.start(),
                    expected: "a version with fewer fields",
                });
            };
            if let Some(known) = versions.value(id)
                && scanner.repeated(known).is_some()
            {
                versions.keep(id);
            } else {
                versions.set(id, &text[scanner.value()?]);
            }
            Ok(())
        })?;
        versions.end();
        identities.extend(Identity::of(&versions, index));
        index += 1;
        Ok(())
    })?;
    Ok(Found {
        versions,
        identities,
        minified,
    })
}

impl Identity {
    /// That of the version which was taken in last, the one at `index`; none when it has no usable `version`.
    fn of(versions: &Builder, index: usize) -> Option<Identity> {
        let pretty_version = scalar(versions.value(VERSION)?)?;
        let normalized = versions.value(VERSION_NORMALIZED).and_then(string_of);
        let version = intern::version(&pretty_version, normalized.as_deref())?;
        let default_branch = versions.value(DEFAULT_BRANCH) == Some("true");
        let aliases = || {
            versions
                .value(EXTRA)
                .map(branch_aliases)
                .unwrap_or_default()
        };
        let branch_alias = loader::branch_alias(&pretty_version, default_branch, aliases);
        Some(Identity {
            index,
            version,
            branch_alias,
        })
    }
}

/// The entries of `branch-alias` in an `extra`, source branch first. What is no object has none.
fn branch_aliases(raw: &str) -> Vec<(String, String)> {
    let mut aliases = Vec::new();
    let _ = Scanner::new(raw).object(|key, scanner| {
        if key.text() != "branch-alias" {
            scanner.value()?;
            return Ok(());
        }
        scanner.object(|source, scanner| {
            let target = string_of(&raw[scanner.value()?]);
            aliases.extend(target.map(|target| (source.text().into_owned(), target.into_owned())));
            Ok(())
        })
    });
    aliases
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::constraint::Constraint;
    use crate::format::package::links::Link;
    use proptest::prelude::*;
    use serde_json::{Map, json};

    fn read(text: &str, name: &Arc<str>) -> Result<Option<Versions>, Syntax> {
        Ok(content(text, name)?.map(|content| versions(name, content)))
    }

    fn records(document: &Value) -> Vec<Record> {
        let versions = read(&document.to_string(), &"acme/a".into()).unwrap();
        versions
            .map(|versions| versions.records)
            .unwrap_or_default()
    }

    fn pretty(links: &[Link]) -> Vec<(&str, &str)> {
        links
            .iter()
            .map(|link| (&*link.target, &*link.pretty_constraint))
            .collect()
    }

    #[test]
    fn finds_versions_and_what_they_hold() {
        let document = json!({"packages": {"acme/b": [], "acme/a": [
            {
                "name": "Acme/A", "version": "v2.0-beta", "type": "Magento2-Module",
                "require": {"Acme/B": "^1.0", "acme/a": "*", "acme/c": "self.version", "acme/d": "not a version", "acme/e": 5},
                "replace": {"acme/old": "self.version"}, "provide": [], "conflict": {"acme/x": "<2"},
                "source": {"type": "git", "url": "u", "reference": "abc"}, "dist": {"type": "zip", "url": "u", "reference": null},
            },
            {"name": "acme/a", "version": 1.0},
            {"name": "acme/a", "version": "no version"},
            {"name": "acme/a"},
            {"name": "acme/a", "version": "dev-master", "version_normalized": "9999999-dev", "extra": {"branch-alias": {"dev-master": "1.x-dev"}}},
        ]}});
        let records = records(&document);
        let versions: Vec<_> = records
            .iter()
            .map(|record| (record.pretty_version(), record.version().as_str()))
            .collect();
        assert_eq!(
            versions,
            [
                ("v2.0-beta", "2.0.0.0-beta"),
                ("1", "1.0.0.0"),
                ("dev-master", "dev-master")
            ]
        );
        let package = records[0].package();
        assert_eq!(
            (&*package.name, &*package.pretty_name, &*package.kind),
            ("acme/a", "Acme/A", "magento2-module")
        );
        assert_eq!(
            pretty(&package.requires),
            [
                ("acme/b", "^1.0"),
                ("acme/c", "self.version"),
                ("acme/d", "not a version")
            ]
        );
        assert_eq!(
            *package.requires[1].constraint,
            Constraint::exactly(package.version.clone())
        );
        assert_eq!(*package.requires[2].constraint, Constraint::None);
        assert_eq!(pretty(&package.replaces), [("acme/old", "self.version")]);
        assert_eq!((package.provides.len(), package.conflicts.len()), (0, 1));
        assert_eq!(
            (
                package.source_reference().as_deref(),
                package.dist_reference().as_deref()
            ),
            (Some("abc"), None)
        );
        assert_eq!(
            package.metadata.to_value(),
            document["packages"]["acme/a"][0]
        );
        let alias = records[2]
            .branch_alias()
            .map(|alias| (&*alias.pretty_version, alias.version.as_str()));
        assert_eq!(alias, Some(("1.x-dev", "1.9999999.9999999.9999999-dev")));
    }

    #[test]
    fn tells_nothing_from_no_versions() {
        let name = "acme/a".into();
        for (document, found) in [
            (r#"{"packages": {"acme\/a": []}}"#, Some(0)),
            (
                r#"{"packages": {"acme/a": {"1.0": {"version": "1.0"}}}}"#,
                Some(1),
            ),
            (r#"{"packages": {"Acme/A": []}}"#, None),
            (r#"{"packages": []}"#, None),
            ("{}", None),
        ] {
            let versions = read(document, &name).unwrap();
            assert_eq!(
                versions.map(|versions| versions.records.len()),
                found,
                "{document}"
            );
        }
        for document in [
            "",
            "[]",
            "{\"packages\": {\"acme/a\": [1]}}",
            "{\"packages\": {\"acme/a\": [{}]}",
            "{} {}",
        ] {
            assert!(read(document, &name).is_err(), "{document}");
        }
    }

    /// What `MetadataMinifier::minify` makes of versions.
    fn minify(versions: &[Map<String, Value>]) -> Value {
        let mut previous: Map<String, Value> = Map::new();
        let differences = versions.iter().map(|version| {
            let mut difference: Map<String, Value> = version
                .iter()
                .filter(|(key, value)| previous.get(*key) != Some(value))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            for key in previous.keys().filter(|key| !version.contains_key(*key)) {
                difference.insert(key.clone(), "__unset".into());
            }
            previous = version.clone();
            Value::Object(difference)
        });
        json!({"packages": {"acme/a": differences.collect::<Vec<_>>()}, "minified": "composer/2.0"})
    }

    fn version() -> impl Strategy<Value = Map<String, Value>> {
        let links = || prop::collection::btree_map("[a-c]/[a-c]", "[~^]?[0-9]\\.[0-9]", 0..3);
        let text = prop_oneof![Just("a\"\\/é\n".to_owned()), "[ -~]{0,12}"];
        (
            prop::option::of(links()),
            prop::option::of(links()),
            prop::option::of(text),
            prop::option::of("[a-z]{4}"),
            0..4u8,
        )
            .prop_map(|(require, replace, description, kind, minor)| {
                let mut version = Map::new();
                version.insert("name".to_owned(), "acme/a".into());
                version.insert("version".to_owned(), format!("1.{minor}.0").into());
                let fields = [
                    ("require", json!(require)),
                    ("replace", json!(replace)),
                    ("description", json!(description)),
                    ("type", json!(kind)),
                ];
                version.extend(
                    fields
                        .into_iter()
                        .filter(|(_, value)| !value.is_null())
                        .map(|(key, value)| (key.to_owned(), value)),
                );
                version
            })
    }

    proptest! {
        #[test]
        fn expands_what_was_minified(versions in prop::collection::vec(version(), 0..40), minified in any::<bool>()) {
            let document = if minified { minify(&versions) } else { json!({"packages": {"acme/a": versions}}) };
            let read = records(&document);
            prop_assert_eq!(read.len(), versions.len());
            for (record, version) in read.iter().zip(&versions) {
                let package = record.package();
                prop_assert_eq!(package.metadata.to_value(), Value::Object(version.clone()));
                prop_assert_eq!(Some(record.pretty_version()), version["version"].as_str());
                let links = |section: &str| {
                    let links = version.get(section).and_then(Value::as_object).into_iter().flatten();
                    links.filter_map(|(target, constraint)| Some((target.as_str(), constraint.as_str()?))).collect::<Vec<_>>()
                };
                prop_assert_eq!(pretty(&package.requires), links("require"));
                prop_assert_eq!(pretty(&package.replaces), links("replace"));
                prop_assert_eq!(&*package.kind, version.get("type").and_then(Value::as_str).unwrap_or("library"));
            }
        }

        #[test]
        fn never_panics(versions in prop::collection::vec(version(), 1..4), at in any::<prop::sample::Index>(), with in "[\\[\\]{}\",:\\\\ 0-9a-z]{0,3}") {
            let mut text = minify(&versions).to_string();
            let cut = (0..=at.index(text.len())).rfind(|&at| text.is_char_boundary(at)).unwrap_or(0);
            let end = (cut + 1..=text.len()).find(|&end| text.is_char_boundary(end)).unwrap_or(text.len());
            text.replace_range(cut..end, &with);
            let is_json = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
            match read(&text, &"acme/a".into()) {
                Ok(versions) => for record in versions.into_iter().flat_map(|versions| versions.records) {
                    let _ = record.package().metadata.to_value();
                    // Lone surrogates are the one thing that is refused here and overlooked there.
                    prop_assert!(is_json, "{}", text);
                },
                Err(error) => prop_assert!(error.line(&text) >= 1 && error.at <= text.len()),
            }
        }
    }
}
