//! The versions of a package, as the tags and branches of its repository are.

use super::git::{Reference, References};
use super::host_facts::{Facts, Labels};
use super::objects::Commit;
use crate::format::constraint::Constraint;
use crate::format::json::php_json;
use crate::format::package::Package;
use crate::format::package::loader;
use crate::format::package::loader::DEFAULT_BRANCH_ALIAS;
use crate::format::version::{normalize, normalize_branch};
use regex::Regex;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value, json};
use std::sync::{Arc, LazyLock};

/// What Composer makes packages of.
pub(super) struct History<'a> {
    /// The address of the repository, as the lock names it.
    pub(super) url: &'a str,
    /// What the site told of it; none where it was read by git alone.
    pub(super) facts: Option<&'a Facts>,
    /// Its tags and branches.
    pub(super) references: &'a References,
    /// The same by their commits.
    pub(super) labels: Labels<'a>,
    /// What is read of each commit that they name.
    pub(super) commits: &'a FxHashMap<String, Commit>,
}

impl History<'_> {
    /// The versions in Composer's order (`VcsRepository::initialize`): tags, the main branch, the other branches. What cannot
    /// be loaded is passed over.
    pub(super) fn packages(&self) -> Vec<Arc<Package>> {
        let References {
            tags,
            branches,
            main,
        } = self.references;
        let main_branch = branches.iter().find(|branch| branch.name == *main);
        let main_root = main_branch.and_then(|branch| self.root(branch));
        // A package that was renamed bears its newest name in all versions.
        let name = main_root
            .as_ref()
            .and_then(|root| root.get("name")?.as_str());
        let name = name.filter(|name| !name.is_empty() && *name != "0");
        let mut packages: Vec<Arc<Package>> = Vec::new();
        // There may be as many tags as somebody likes.
        let mut known = FxHashSet::default();
        for tag in tags {
            let package = self.tag(tag, name);
            let package = package
                .filter(|package| known.insert((package.name.clone(), package.version.clone())));
            packages.extend(package.map(Arc::new));
        }
        let first = main_branch.filter(|_| main_root.is_some());
        let others = branches
            .iter()
            .filter(|branch| first.is_none_or(|first| first.name != branch.name));
        let loaded = first
            .into_iter()
            .chain(others)
            .filter_map(|branch| self.branch(branch, name, *main == branch.name));
        packages.extend(loaded.map(Arc::new));
        packages
    }

    fn tag(&self, tag: &Reference, name: Option<&str>) -> Option<Package> {
        static DEV: LazyLock<Regex> =
            LazyLock::new(|| Regex::new("(?i)[.-]?dev$").expect("the pattern is valid"));
        static DEV_NORMALIZED: LazyLock<Regex> =
            LazyLock::new(|| Regex::new("(?i)(^dev-|[.-]?dev$)").expect("the pattern is valid"));
        let written = tag.name.replace("release-", "");
        let parsed = normalize(&written).ok()?;
        let mut root = self.root(tag)?;
        let stated = root.get("version").filter(|version| !version.is_null());
        let (version, normalized) = match stated {
            Some(stated) => {
                let stated = php_json::scalar(stated)?;
                let normalized = normalize(&stated).ok()?;
                (stated, normalized)
            }
            None => (written, parsed.clone()),
        };
        let version = DEV.replace(&version, "").into_owned();
        let normalized = DEV_NORMALIZED.replace_all(&normalized, "").into_owned();
        if normalized != parsed {
            return None;
        }
        root.shift_remove("default-branch");
        self.package(root, tag, version, normalized, name)
    }

    fn branch(&self, branch: &Reference, name: Option<&str>, is_main: bool) -> Option<Package> {
        let mut normalized = normalize_branch(&branch.name);
        Constraint::parse(&normalized).ok()?;
        let version = if normalized.starts_with("dev-") || normalized == DEFAULT_BRANCH_ALIAS {
            normalized = normalized.replace('#', "+");
            format!("dev-{}", branch.name.replace('#', "+"))
        } else {
            let prefix = if branch.name.starts_with('v') {
                "v"
            } else {
                ""
            };
            format!("{prefix}{}", loader::pretty_alias(&normalized))
        };
        let mut root = self.root(branch)?;
        root.shift_remove("default-branch");
        if is_main {
            root.insert("default-branch".to_owned(), Value::Bool(true));
        }
        self.package(root, branch, version, normalized, name)
    }

    fn package(
        &self,
        mut root: Map<String, Value>,
        reference: &Reference,
        version: String,
        normalized: String,
        name: Option<&str>,
    ) -> Option<Package> {
        root.insert("version".to_owned(), version.into());
        root.insert("version_normalized".to_owned(), normalized.into());
        if let Some(name) = name {
            root.insert("name".to_owned(), name.into());
        }
        let is_set = |root: &Map<String, Value>, key: &str| {
            root.get(key).is_some_and(|value| !value.is_null())
        };
        let commit = reference.commit.as_str();
        if !is_set(&root, "dist") {
            root.shift_remove("dist");
            if let Some(dist) = self.facts.and_then(|facts| facts.dist(commit)) {
                root.insert("dist".to_owned(), dist);
            }
        }
        if !is_set(&root, "source") {
            let url = self.facts.map_or(self.url, |facts| &facts.source);
            root.insert(
                "source".to_owned(),
                json!({"type": "git", "url": url, "reference": commit}),
            );
        }
        let source_reference = root
            .get("source")
            .and_then(|source| source.get("reference"))
            .cloned();
        if let Some(Value::Object(dist)) = root.get_mut("dist")
            && dist.get("reference").is_none_or(Value::is_null)
            && let Some(reference) = source_reference.filter(|reference| !reference.is_null())
        {
            dist.insert("reference".to_owned(), reference);
        }
        loader::load(Arc::new(root.into())).ok()
    }

    /// The composer.json at a reference, with the time of the commit; none where there is none, or none that can be read.
    fn root(&self, reference: &Reference) -> Option<Map<String, Value>> {
        let commit = self.commits.get(&reference.commit)?;
        let text = std::str::from_utf8(commit.root.as_deref()?).ok()?;
        let Value::Object(mut root) = php_json::decode(text).ok()? else {
            return None;
        };
        if root.is_empty() {
            return None;
        }
        let is_empty = |time: &Value| match time {
            Value::Null | Value::Bool(false) => true,
            Value::String(time) => time.is_empty() || time == "0",
            Value::Number(time) => time.as_i64() == Some(0),
            Value::Array(list) => list.is_empty(),
            Value::Object(object) => object.is_empty(),
            Value::Bool(true) => false,
        };
        let time = match self.facts {
            Some(facts) => facts.time(commit),
            None => commit.authored.as_deref(),
        };
        if root.get("time").is_none_or(is_empty)
            && let Some(time) = time
        {
            root.insert("time".to_owned(), time.into());
        }
        if let Some(facts) = self.facts {
            facts.complete(&mut root, &self.labels, &reference.commit);
        }
        Some(root)
    }
}
