//! What repositories publish against versions: security advisories and filter lists such as `malware`.

use crate::format::constraint::Constraint;
use crate::format::version::Version;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Names that no filter list can have (`PolicyConfig::RESERVED_NAMES`).
const RESERVED_LISTS: [&str; 12] = [
    "advisories",
    "abandoned",
    "package",
    "packages",
    "license",
    "licence",
    "licenses",
    "licences",
    "support",
    "maintenance",
    "security",
    "minimum-release-age",
];

/// A published security advisory (`PartialSecurityAdvisory`).
#[derive(Debug, Clone, PartialEq)]
pub struct Advisory {
    /// The package it is about, in lower case.
    pub package: Arc<str>,
    /// `PKSA-…`, or what else the repository calls it.
    pub id: Arc<str>,
    /// The affected versions.
    pub affected: Constraint,
    /// What a short form, as in a package's own document, leaves out.
    pub details: Option<AdvisoryDetails>,
}

/// What a whole advisory says of itself (`SecurityAdvisory`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdvisoryDetails {
    /// What is wrong, in a line.
    pub title: String,
    /// Its number in the list of known vulnerabilities.
    pub cve: Option<String>,
    /// How bad it is, in a word.
    pub severity: Option<String>,
    /// Where more is to be read.
    pub link: Option<String>,
    /// What others call it, such as `GHSA-…`.
    pub remote_ids: Vec<String>,
}

/// A version that a filter list names (`FilterListEntry`).
#[derive(Debug, Clone, PartialEq)]
pub struct ListEntry {
    /// The list that it is on.
    pub list: Arc<str>,
    /// In lower case.
    pub package: Arc<str>,
    /// The versions it is about.
    pub constraint: Constraint,
    /// Where more is to be read.
    pub url: Option<String>,
    /// Why it is on the list.
    pub reason: Option<String>,
    /// Who says so.
    pub source: Option<String>,
}

/// Both, about the packages of one document or of one repository.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Notices {
    /// None when the document does not speak of advisories, which is not the same as having none.
    pub advisories: Option<Vec<Advisory>>,
    /// What the lists of the repository say.
    pub entries: Vec<ListEntry>,
}

impl Notices {
    /// Reads `security-advisories` (a list) and `filter` (lists by their names) of the document about one package.
    pub(crate) fn of_package(
        package: &Arc<str>,
        advisories: Option<&Value>,
        filter: Option<&Value>,
    ) -> Notices {
        Notices {
            advisories: advisories
                .and_then(Value::as_array)
                .map(|list| read_advisories(package, list)),
            entries: read_lists(filter, Some(package)),
        }
    }

    /// Reads `security-advisories` (lists by package) and `filter` of an inline repository.
    pub(crate) fn of_repository(definition: &Map<String, Value>) -> Notices {
        let by_package = definition
            .get("security-advisories")
            .and_then(Value::as_object);
        Notices {
            advisories: by_package.map(advisories_by_package),
            entries: read_lists(definition.get("filter"), None),
        }
    }
}

/// Advisories by package name, as an inline repository and the API give them.
pub(crate) fn advisories_by_package(by_package: &Map<String, Value>) -> Vec<Advisory> {
    let lists = by_package
        .iter()
        .filter_map(|(package, list)| Some((package, list.as_array()?)));
    lists
        .flat_map(|(package, list)| read_advisories(&package.to_lowercase().into(), list))
        .collect()
}

/// What cannot be read is left out.
fn read_advisories(package: &Arc<str>, list: &[Value]) -> Vec<Advisory> {
    let read = |value: &Value| {
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let is_whole = ["title", "sources", "reportedAt"]
            .into_iter()
            .all(|key| value.get(key).is_some_and(|value| !value.is_null()));
        let details = is_whole.then(|| AdvisoryDetails {
            title: text("title").unwrap_or_default(),
            cve: text("cve"),
            severity: text("severity"),
            link: text("link"),
            remote_ids: remote_ids(value),
        });
        Some(Advisory {
            package: package.clone(),
            id: text("advisoryId")?.into(),
            affected: affected_versions(&text("affectedVersions")?),
            details,
        })
    };
    list.iter().filter_map(read).collect()
}

fn remote_ids(advisory: &Value) -> Vec<String> {
    let sources = advisory.get("sources").and_then(Value::as_array);
    let ids = sources
        .into_iter()
        .flatten()
        .filter_map(|source| source.get("remoteId")?.as_str());
    ids.map(str::to_owned).collect()
}

/// A constraint that cannot be read counts as far as its first version can (`PartialSecurityAdvisory::create`).
fn affected_versions(text: &str) -> Constraint {
    let start = text.trim_start_matches(['>', '=', '<', '^', '~']);
    let operator = text.len() - start.len();
    let number = start.len()
        - start
            .trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
            .len();
    let head = text.get(..operator + number).unwrap_or_default();
    Constraint::parse(text)
        .or_else(|_| Constraint::parse(head))
        .unwrap_or_else(|_| Constraint::exactly(Version::from_normalized("0.0.0-invalid-version")))
}

/// The entries of all lists. `package` is what an entry is about that does not say it itself.
fn read_lists(filter: Option<&Value>, package: Option<&Arc<str>>) -> Vec<ListEntry> {
    let mut entries = Vec::new();
    for (list, values) in filter.and_then(Value::as_object).into_iter().flatten() {
        let name: Arc<str> = list.as_str().into();
        let values = values.as_array().into_iter().flatten();
        entries.extend(values.filter_map(|value| {
            let text = |key: &str| {
                let text = value.get(key)?.as_str()?;
                (!matches!(text, "" | "0")).then(|| text.to_owned())
            };
            let own: Option<Arc<str>> = text("package").map(|name| name.to_lowercase().into());
            Some(ListEntry {
                list: name.clone(),
                package: own.or_else(|| package.cloned())?,
                constraint: Constraint::parse(value.get("constraint")?.as_str()?).ok()?,
                url: text("url"),
                reason: text("reason"),
                source: text("source"),
            })
        }));
    }
    entries
}

/// The lists that the root document of a repository announces: those that are on, and whose name may be used.
pub(crate) fn announced_lists(filter: &Value) -> Vec<Arc<str>> {
    let is_on = |value: &Value| {
        value
            .get("enabled")
            .is_some_and(|on| *on == Value::Bool(true))
    };
    let lists = filter.get("lists").and_then(Value::as_object);
    lists
        .into_iter()
        .flatten()
        .filter(|(name, value)| is_on(value) && may_be_named(name))
        .map(|(name, _)| name.as_str().into())
        .collect()
}

/// Whether a filter list can have this name.
pub(crate) fn may_be_named(list: &str) -> bool {
    !RESERVED_LISTS.contains(&list) && !list.starts_with("ignore")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn advisories(value: &Value) -> Vec<Advisory> {
        Notices::of_package(&"acme/a".into(), Some(value), None)
            .advisories
            .unwrap()
    }

    #[test]
    fn short_and_whole_advisories() {
        let read = advisories(&json!([
            {"advisoryId": "PKSA-1", "affectedVersions": ">=1.0,<1.2"},
            {"advisoryId": "PKSA-2", "affectedVersions": "<2-nonsense-", "title": "T", "cve": "CVE-1", "severity": "high", "sources": [{"name": "GitHub", "remoteId": "GHSA-1"}], "reportedAt": "2024-01-01"},
            {"advisoryId": "PKSA-3"},
        ]));
        assert_eq!(read.len(), 2);
        assert!(read[0].details.is_none());
        assert!(
            read[0]
                .affected
                .matches_version(&Version::parse("1.1").unwrap())
        );
        assert_eq!(read[1].affected.to_string(), "< 2.0.0.0-dev");
        let details = read[1].details.as_ref().unwrap();
        assert_eq!(details.remote_ids, ["GHSA-1"]);
    }

    #[test]
    fn entries_of_lists() {
        let filter = json!({
            "malware": [{"constraint": "1.2.3", "reason": "stolen"}, {"constraint": "no constraint >"}],
            "acme": [{"package": "Acme/B", "constraint": "*"}],
        });
        let read = Notices::of_package(&"acme/a".into(), None, Some(&filter)).entries;
        let shown: Vec<_> = read
            .iter()
            .map(|entry| (&*entry.list, &*entry.package))
            .collect();
        assert_eq!(shown, [("malware", "acme/a"), ("acme", "acme/b")]);
        assert_eq!(read[0].reason.as_deref(), Some("stolen"));
    }

    #[test]
    fn announced_lists_are_those_that_are_on() {
        let filter = json!({"lists": {"malware": {"enabled": true}, "old": {"enabled": false}, "abandoned": {"enabled": true}}});
        assert_eq!(announced_lists(&filter), ["malware".into()]);
    }
}
