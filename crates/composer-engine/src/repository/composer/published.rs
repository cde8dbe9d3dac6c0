//! How a Composer repository publishes what there is against versions: in the documents of its packages, in a summary, or
//! through an API.

use super::server;
use crate::repository::address;
use crate::repository::error::RepositoryError;
use crate::repository::metadata::notices::{
    Advisory, ListEntry, advisories_by_package, announced_lists,
};
use crate::repository::metadata::versions::Loaded;
use crate::repository::transport::backend::Backend;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustc_hash::FxHashSet;
use serde_json::Value;
use std::sync::Arc;

/// Names per request to the API: PHP servers read no more than a thousand form fields.
const BATCH: usize = 500;

/// What the root document says about it.
#[derive(Debug, Default)]
pub(crate) struct Published {
    /// Whether the documents of packages hold advisories.
    advisories: bool,
    /// Where advisories are asked for.
    api: Option<String>,
    /// The lists that are kept in the documents of packages and that the store does not switch off.
    lists: Vec<Arc<str>>,
    /// Where all packages are named that any list holds.
    summary: Option<String>,
}

impl Published {
    /// Reads `security-advisories` and `filter` of the root document of the repository at `url`. `wanted` is `filter` of the
    /// store's own entry for the repository: false, or lists by name with false for those that do not count.
    pub(crate) fn read(
        url: &str,
        advisories: Option<&Value>,
        filter: Option<&Value>,
        wanted: Option<&Value>,
    ) -> Published {
        let is_on = |value: Option<&Value>| value.is_some_and(|value| *value == Value::Bool(true));
        let link = |value: Option<&Value>, key: &str| {
            let link = value?.get(key)?.as_str()?;
            (!link.is_empty()).then(|| address::resolve(url, link))
        };
        let lists = filter
            .filter(|filter| is_on(filter.get("metadata")))
            .map(announced_lists);
        let is_wanted = |list: &Arc<str>| match wanted {
            Some(Value::Bool(wanted)) => *wanted,
            Some(Value::Object(lists)) => lists.get(&**list) != Some(&Value::Bool(false)),
            _ => true,
        };
        Published {
            advisories: is_on(advisories.and_then(|value| value.get("metadata"))),
            api: link(advisories, "api-url"),
            lists: lists.into_iter().flatten().filter(is_wanted).collect(),
            summary: link(filter, "summary-url"),
        }
    }

    pub(crate) fn lists(&self) -> &[Arc<str>] {
        &self.lists
    }

    pub(crate) fn has_advisories(&self) -> bool {
        self.advisories || self.api.is_some()
    }

    /// The advisories about some names (`ComposerRepository::getSecurityAdvisories`). `load` reads documents of packages.
    pub(crate) fn advisories(
        &self,
        names: &[Arc<str>],
        complete: bool,
        backend: &Backend,
        load: impl Fn(&[Arc<str>]) -> Vec<Loaded>,
    ) -> Result<Vec<Advisory>, RepositoryError> {
        let mut found = Vec::new();
        let mut left: Vec<&Arc<str>> = names.iter().collect();
        // Documents have short forms, the API whole advisories.
        let asks_api = self.api.is_some() && backend.has_server();
        if self.advisories && !(complete && asks_api) {
            let mut rest = Vec::new();
            for (name, loaded) in left.into_iter().zip(load(names)) {
                match loaded {
                    Loaded::Versions(versions) if versions.notices.advisories.is_some() => {
                        found.extend(versions.notices.advisories.iter().flatten().cloned());
                    }
                    _ => rest.push(name),
                }
            }
            left = rest;
        }
        let Some(api) = &self.api else {
            return Ok(found);
        };
        for batch in left.chunks(BATCH) {
            let fields = batch.iter().map(|name| {
                format!(
                    "packages%5B%5D={}",
                    utf8_percent_encode(name, NON_ALPHANUMERIC)
                )
            });
            let form: Vec<String> = fields.collect();
            let Some(text) = backend.post(api, form.join("&"))? else {
                break;
            };
            let document = server::object(&text, &backend.shown(api))?;
            let by_package = document.get("advisories").and_then(Value::as_object);
            let answered = by_package.map(advisories_by_package).unwrap_or_default();
            found.extend(
                answered
                    .into_iter()
                    .filter(|advisory| batch.contains(&&advisory.package)),
            );
        }
        Ok(found)
    }

    /// What the lists hold about some names (`ComposerRepository::getFilter`).
    pub(crate) fn entries(
        &self,
        names: &[Arc<str>],
        backend: &Backend,
        load: impl Fn(&[Arc<str>]) -> Vec<Loaded>,
    ) -> Result<Vec<ListEntry>, RepositoryError> {
        if self.lists.is_empty() {
            return Ok(Vec::new());
        }
        let mut names = names.to_vec();
        // Without a summary every document has to be looked at.
        if let Some(summary) = &self.summary
            && let Some(document) = backend.with(summary, |text| {
                server::object(text, &backend.shown(summary))
            })?
        {
            let listed = listed_names(&document?);
            names.retain(|name| listed.contains(&**name));
        }
        let mut entries = Vec::new();
        for loaded in load(&names) {
            if let Loaded::Versions(versions) = loaded {
                let counted = versions
                    .notices
                    .entries
                    .iter()
                    .filter(|entry| self.lists.contains(&entry.list));
                entries.extend(counted.cloned());
            }
        }
        Ok(entries)
    }
}

/// The names in a summary: constraints by package by list.
fn listed_names(summary: &serde_json::Map<String, Value>) -> FxHashSet<String> {
    let lists = summary.get("filter").and_then(Value::as_object);
    let packages = lists
        .into_iter()
        .flatten()
        .filter_map(|(_, packages)| packages.as_object());
    packages
        .flat_map(|packages| packages.keys().map(|name| name.to_lowercase()))
        .collect()
}
