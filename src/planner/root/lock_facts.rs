//! What the store's lock says about where its packages come from.

use crate::distribution::{host_and_path, locked_packages};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// The locked packages by name.
pub(super) struct LockFacts<'a> {
    packages: HashMap<&'a str, &'a Value>,
    /// By a name that is replaced or provided, the package that does it.
    providers: HashMap<&'a str, &'a str>,
}

impl<'a> LockFacts<'a> {
    /// Reads a decoded lock, packages for development included; nothing without one.
    pub(super) fn new(lock: Option<&'a Value>) -> Self {
        let mut facts = Self {
            packages: HashMap::new(),
            providers: HashMap::new(),
        };
        for package in lock.into_iter().flat_map(locked_packages) {
            let Some(name) = package.get("name").and_then(Value::as_str) else {
                continue;
            };
            facts.packages.insert(name, package);
            for key in ["replace", "provide"] {
                let provided = package.get(key).and_then(Value::as_object);
                facts.providers.extend(
                    provided
                        .into_iter()
                        .flatten()
                        .map(|(provided, _)| (provided.as_str(), name)),
                );
            }
        }
        facts
    }

    /// Whether nothing is locked, or there is no lock.
    pub(super) fn is_empty(&self) -> bool {
        self.packages.is_empty()
    }

    /// The locked names, as written, in no order.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.packages.keys().copied()
    }

    /// The locked version, as written.
    pub(super) fn version(&self, name: &str) -> Option<&'a str> {
        self.packages.get(name)?.get("version")?.as_str()
    }

    /// The version at which one package replaces another.
    pub(super) fn replaced_version(&self, name: &str, replaced: &str) -> Option<&'a str> {
        self.packages
            .get(name)?
            .get("replace")?
            .get(replaced)?
            .as_str()
    }

    /// Whether a locked package replaces or provides another name.
    pub(super) fn stands_in_for(&self, name: &str, other: &str) -> bool {
        let links = ["replace", "provide"].map(|key| self.packages.get(name)?.get(key)?.get(other));
        links.iter().any(Option::is_some)
    }

    /// The hosts a package was, or could be, downloaded from.
    pub(super) fn hosts(&self, name: &str) -> Vec<&'a str> {
        let dist = self
            .packages
            .get(name)
            .and_then(|package| package.get("dist"));
        let url = |value: &'a Value| value.get("url").and_then(Value::as_str);
        let mirrors = dist
            .and_then(|dist| dist.get("mirrors"))
            .and_then(Value::as_array);
        let urls = dist
            .and_then(url)
            .into_iter()
            .chain(mirrors.into_iter().flatten().filter_map(url));
        urls.filter_map(|url| host_and_path(url).map(|(host, _)| host))
            .collect()
    }

    /// The locked packages that these names need, themselves included. A package for which `stop` is true is left out
    /// together with what only it needs.
    pub(super) fn closure<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
        stop: impl Fn(&str) -> bool,
    ) -> HashSet<&'a str> {
        let resolve = |name: &str| match self.packages.get_key_value(name) {
            Some((name, _)) => Some(*name),
            None => self.providers.get(name).copied(),
        };
        let mut todo: Vec<&'a str> = names.into_iter().filter_map(resolve).collect();
        let mut found = HashSet::new();
        while let Some(name) = todo.pop() {
            if stop(name) || !found.insert(name) {
                continue;
            }
            let requires = self
                .packages
                .get(name)
                .and_then(|package| package.get("require"));
            let requires = requires.and_then(Value::as_object).into_iter().flatten();
            todo.extend(requires.filter_map(|(name, _)| resolve(name)));
        }
        found
    }
}
