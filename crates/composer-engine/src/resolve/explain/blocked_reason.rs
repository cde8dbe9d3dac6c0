//! Why versions that exist and would fit are blocked, in Composer's words.

use super::missing_package::MissingPackage;
use crate::format::constraint::Constraint;
use crate::repository::{Advisory, ListEntry};
use crate::resolve::blocking::MALWARE;
use crate::resolve::candidate::CandidateId;
use crate::resolve::pool::Pool;
use indexmap::{IndexMap, IndexSet};
use std::sync::Arc;

impl MissingPackage<'_, '_> {
    /// Why versions are blocked, as the end of "because they …"; none when they are not.
    pub(crate) fn why_blocked(
        &self,
        pool: &Pool,
        name: &str,
        constraint: &Constraint,
        packages: &[CandidateId],
    ) -> Option<String> {
        let blocked = &pool.blocked;
        if blocked.is_abandoned(name, constraint) {
            return Some(
                "are abandoned and you configured \"policy.abandoned.block\" to true.".to_string(),
            );
        }
        if let Some(ids) = blocked.advisory_ids(name, constraint) {
            let concerns = |advisory: &&Arc<Advisory>| {
                packages.iter().any(|&id| {
                    advisory
                        .affected
                        .matches_version(self.world.candidates[id].version())
                })
            };
            let all = blocked
                .advisories
                .get(name)
                .into_iter()
                .flatten()
                .filter(concerns);
            let all: IndexSet<Arc<str>> = all.map(|advisory| advisory.id.clone()).collect();
            let ids = if all.is_empty() {
                ids.into_iter().collect()
            } else {
                all
            };
            let hint = match ids.iter().all(|id| id.starts_with("PKSA-")) {
                true => {
                    "Go to https://packagist.org/security-advisories/ to find advisory details."
                }
                false => "Review the advisory details above for more information.",
            };
            let ids: Vec<&str> = ids.iter().map(|id| &**id).collect();
            return Some(format!(
                "are affected by security advisories (\"{}\"). {hint} To ignore the advisories, add their IDs to the \"policy.advisories.ignore-id\" config or add the package to \"policy.advisories.ignore\". To turn the feature off entirely, you can set \"policy.advisories.block\" to false.",
                ids.join("\", \"")
            ));
        }
        let entries = blocked.entries(name, constraint);
        (!entries.is_empty()).then(|| format!("were {}", listed_text(&entries)))
    }

    /// Why a locked package that is to stay was not loaded (`Problem::getMissingLockedPackageReason`).
    pub(crate) fn blocked(&self, pool: &Pool, id: CandidateId) -> String {
        let package = &self.world.candidates[id].package;
        let entries = pool
            .blocked
            .entries(&package.name, &Constraint::exactly(package.version.clone()));
        format!(
            "Package {} {} (in the lock file) was not loaded, because it was {}",
            package.name,
            package.pretty_version,
            listed_text(&entries)
        )
    }
}

/// What lists say of a version, and how to overrule them.
fn listed_text(by_list: &IndexMap<Arc<str>, Vec<Arc<ListEntry>>>) -> String {
    let entry_text = |entry: &Arc<ListEntry>| {
        let part = |before: &str, text: &Option<String>, after: &str| {
            text.as_ref()
                .map_or_else(String::new, |text| format!("{before}{text}{after}"))
        };
        let source = part(" reported by ", &entry.source, "");
        format!(
            "{source}{}{}",
            part(" (see ", &entry.url, ")"),
            part(" reason: ", &entry.reason, "")
        )
    };
    let lists: Vec<String> = by_list
        .iter()
        .map(|(list, entries)| {
            let verb = if &**list == MALWARE {
                "flagged as"
            } else {
                "filtered by"
            };
            let entries: Vec<String> = entries.iter().map(entry_text).collect();
            format!("{verb} {list}{}", entries.join(", "))
        })
        .collect();
    let settings = |key: &str| {
        let paths: Vec<String> = by_list
            .keys()
            .map(|list| format!("\"policy.{list}.{key}\""))
            .collect();
        paths.join(" and ")
    };
    format!(
        "{}. To ignore filters for this package, add the package to the {} config. To turn the feature off entirely, you can set {} to false.",
        lists.join(", "),
        settings("ignore"),
        settings("block")
    )
}
