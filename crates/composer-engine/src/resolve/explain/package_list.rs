//! Lists of package versions as Composer's messages show them: `acme/shop[1.0.0, ..., 1.9.3, 2.0.0]`.

use super::explained_pool::ExplainedPool;
use crate::format::constraint::Constraint;
use crate::format::version::{self, Version};
use crate::resolve::candidate::{CandidateId, Candidates, DEFAULT_BRANCH_ALIAS};
use crate::resolve::pool::RemovedVersions;
use indexmap::IndexMap;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// Versions shown of one major version before the middle is left out.
const MAX_OF_MAJOR: usize = 4;
/// The same for branches.
const MAX_BRANCHES: usize = 16;

/// How much a list of packages stands for.
#[derive(Clone, Copy)]
pub(crate) enum Including<'a> {
    /// The packages alone.
    Themselves,
    /// Those that the optimizer took out and that match, too.
    Removed(&'a Constraint),
    /// The versions that each package stands for, too.
    Represented,
}

/// A name as shown, and its versions as shown.
type OfName<'a> = (&'a Arc<str>, IndexMap<Version, String>);

/// `acme/a[1.0.0, 2.0.0], acme/b[1.0.0]` (`Problem::getPackageList`).
pub(crate) fn package_list(
    candidates: &Candidates,
    pool: &ExplainedPool<'_>,
    packages: &[CandidateId],
    including: Including<'_>,
) -> String {
    let mut by_name: IndexMap<&Arc<str>, OfName<'_>> = IndexMap::new();
    let mut with_default_branch = FxHashSet::default();
    for &id in packages {
        let candidate = &candidates[id];
        let package = &candidate.package;
        let (pretty_name, versions) = by_name
            .entry(&package.name)
            .or_insert((&package.pretty_name, IndexMap::new()));
        *pretty_name = &package.pretty_name;
        let shown = match candidate.alias_of {
            Some(base) => format!(
                "{} (alias of {})",
                package.pretty_version, candidates[base].package.pretty_version
            ),
            None => package.pretty_version.to_string(),
        };
        versions.insert(package.version.clone(), shown);
        let more = match including {
            Including::Themselves => RemovedVersions::new(),
            Including::Removed(constraint) => {
                pool.removed_versions(&package.name, constraint, candidates)
            }
            Including::Represented => pool.represented_versions(id, candidates),
        };
        versions.extend(
            more.into_iter()
                .map(|(version, pretty)| (version, pretty.to_string())),
        );
        if package.default_branch {
            with_default_branch.insert(&package.name);
        }
    }
    let lists = by_name
        .into_iter()
        .map(|(name, (pretty_name, mut versions))| {
            if with_default_branch.contains(name) {
                versions.retain(|version, _| version.as_str() != DEFAULT_BRANCH_ALIAS);
            }
            format!(
                "{pretty_name}[{}]",
                condensed(versions, MAX_OF_MAJOR).join(", ")
            )
        });
    lists.collect::<Vec<_>>().join(", ")
}

/// Sorted versions, with `...` in place of the middle of a major version of which there are more than `max`
/// (`Problem::condenseVersionList`).
pub(crate) fn condensed(mut versions: IndexMap<Version, String>, max: usize) -> Vec<String> {
    versions.sort_by(|a, _, b, _| version::compare(a, b));
    if versions.len() <= max {
        return versions.into_values().collect();
    }
    let mut by_major: IndexMap<String, Vec<String>> = IndexMap::new();
    for (version, shown) in versions {
        by_major.entry(major(&version)).or_default().push(shown);
    }
    let mut condensed = Vec::new();
    for (major, mut shown) in by_major {
        let max = if major == "dev" { MAX_BRANCHES } else { max };
        if shown.len() > max {
            let last = shown.pop();
            shown.truncate(1);
            shown.push("...".to_string());
            shown.extend(last);
        }
        condensed.append(&mut shown);
    }
    condensed
}

fn major(version: &Version) -> String {
    let text = version.as_str();
    if version.is_branch() {
        return "dev".to_string();
    }
    match text.split_once('.') {
        Some((number, _))
            if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            number.to_string()
        }
        _ => text.to_string(),
    }
}

/// Whether the packages have more than one name.
pub(crate) fn has_several_names(candidates: &Candidates, packages: &[CandidateId]) -> bool {
    packages
        .windows(2)
        .any(|pair| candidates[pair[0]].name() != candidates[pair[1]].name())
}
