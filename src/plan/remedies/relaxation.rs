//! A root with some of its habits given up.

use crate::composer::json_document::{EditError, JsonDocument, Position};
use crate::composer::json_path::Step;
use crate::composer::package::Package;
use crate::composer::root_package::RootPackage;
use crate::composer::stability::Stability;
use crate::distribution::{Target, host_and_path};
use crate::plan::error::PlanError;
use crate::resolve::update::Update;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What is given up.
#[derive(Debug, Clone, Default)]
pub(super) struct Relaxation {
    /// That the first repository with a name decides it.
    pub any_order: bool,
    /// Packages of the target that are required beside the product, and what wants them.
    pub modules: BTreeMap<String, String>,
    /// Requirements that any version satisfies.
    pub loose: BTreeSet<String>,
    /// Requirements that are dropped.
    pub without: BTreeSet<String>,
    /// Requirements with another constraint.
    pub repinned: BTreeMap<String, String>,
    /// Repositories, by address, and the names that are not taken from them any more.
    pub hidden: BTreeSet<(String, String)>,
}

impl Relaxation {
    /// The root with all that.
    pub(super) fn document(
        &self,
        document: &JsonDocument,
        target: Target,
    ) -> Result<JsonDocument, PlanError> {
        let mut relaxed = document.clone();
        self.edit(&mut relaxed, target)
            .map_err(|error| PlanError::Merge(error.to_string()))?;
        Ok(relaxed)
    }

    fn edit(&self, document: &mut JsonDocument, target: Target) -> Result<(), EditError> {
        let product = &target.facts().product;
        let version = document.get(["require", product.as_str()]).cloned();
        for name in self.modules.keys() {
            let version = version.clone().unwrap_or_else(|| json!("*"));
            document.insert("require", Position::Before(product), name, &version)?;
        }
        for name in &self.without {
            while let Some([section, key]) = requirement(document, name) {
                document.remove([section.as_str(), key.as_str()])?;
            }
        }
        let flags = RootPackage::load(document.value()).map(|root| root.stability_flags);
        let any = |name: &String| {
            let flag = flags.as_ref().ok().and_then(|flags| flags.get(&**name));
            flag.map_or("*".to_owned(), |stability| {
                format!("*@{}", stability.name())
            })
        };
        let any = self.loose.iter().map(|name| (name, any(name)));
        let pins = self.repinned.iter().map(|(name, pin)| (name, pin.clone()));
        for (name, constraint) in any.chain(pins) {
            if let Some([section, key]) = requirement(document, name) {
                document.set([section.as_str(), key.as_str()], &json!(constraint))?;
            }
        }
        for step in composer_repositories(document) {
            let path = [Step::Key("repositories"), step.as_step()];
            if self.any_order {
                let canonical = [path[0], path[1], Step::Key("canonical")];
                document.set(canonical.as_slice(), &json!(false))?;
                continue;
            }
            let url = document
                .get(path.as_slice())
                .and_then(|entry| entry.get("url")?.as_str());
            let address = url
                .and_then(place)
                .map(|(host, path)| (host.to_owned(), path));
            let names: Vec<&String> = self
                .hidden
                .iter()
                .filter(|(hider, _)| {
                    place(hider).map(|(host, path)| (host.to_owned(), path)) == address
                })
                .map(|(_, name)| name)
                .collect();
            if !names.is_empty() {
                exclude(document, &path, &names)?;
            }
        }
        Ok(())
    }

    /// Leaves out modules that the rest of the root, or a module before them, leads to under their own names anyway.
    pub(super) fn forget_needless_modules(
        &mut self,
        document: &JsonDocument,
        update: &Update,
    ) -> Result<(), PlanError> {
        let root = RootPackage::load(document.value())?;
        let mut reached = Reached::of(update);
        for link in root.requires.iter().chain(&root.dev_requires) {
            reached.follow(&link.target);
        }
        self.modules.retain(|name, _| reached.follow(name));
        Ok(())
    }

    /// Gives each loosened requirement a constraint again: its own when the version that was found fits it.
    pub(super) fn settle(
        &mut self,
        document: &JsonDocument,
        update: &Update,
    ) -> Result<(), PlanError> {
        let root = RootPackage::load(document.value())?;
        let requirements = root.all_requires();
        let chosen = || update.packages.iter().chain(&update.packages_dev);
        for name in std::mem::take(&mut self.loose) {
            let own = requirements.get(name.as_str());
            let found = chosen().find(|chosen| *chosen.package.name == *name);
            let (Some(own), Some(found)) = (own, found) else {
                continue;
            };
            if own.constraint.matches_version(&found.package.version) {
                continue;
            }
            let version = found.package.pretty_version.trim_start_matches('v');
            let pin = match found.package.version.stability() {
                Stability::Stable => format!("^{version}"),
                _ => found.package.pretty_version.to_string(),
            };
            self.repinned.insert(name, pin);
        }
        Ok(())
    }
}

/// The packages of a solution that requirements lead to under their own names.
struct Reached<'a> {
    by_name: FxHashMap<&'a str, &'a Package>,
    names: FxHashSet<&'a str>,
}

impl<'a> Reached<'a> {
    fn of(update: &'a Update) -> Self {
        let chosen = update.packages.iter().chain(&update.packages_dev);
        Reached {
            by_name: chosen
                .map(|chosen| (&*chosen.package.name, &*chosen.package))
                .collect(),
            names: FxHashSet::default(),
        }
    }

    /// Goes on from a name. False when it was reached before, or nothing in the solution has it.
    fn follow(&mut self, name: &str) -> bool {
        let Some(&first) = self.by_name.get(name) else {
            return false;
        };
        let is_new = self.names.insert(&first.name);
        let mut queue = if is_new { vec![first] } else { Vec::new() };
        while let Some(package) = queue.pop() {
            for link in &package.requires {
                if let Some(&next) = self.by_name.get(&*link.target)
                    && self.names.insert(&next.name)
                {
                    queue.push(next);
                }
            }
        }
        is_new
    }
}

/// The section and the key of a requirement, as the root spells it.
fn requirement(document: &JsonDocument, name: &str) -> Option<[String; 2]> {
    ["require", "require-dev"].into_iter().find_map(|section| {
        let entries = document.get(section)?.as_object()?;
        let key = entries.keys().find(|key| key.eq_ignore_ascii_case(name))?;
        Some([section.to_owned(), key.clone()])
    })
}

/// A place among the repositories.
enum Place {
    Index(usize),
    Key(String),
}

impl Place {
    fn as_step(&self) -> Step<'_> {
        match self {
            Place::Index(index) => Step::Index(*index),
            Place::Key(key) => Step::Key(key),
        }
    }
}

fn composer_repositories(document: &JsonDocument) -> Vec<Place> {
    let is_composer = |entry: &Value| entry.get("type").is_some_and(|kind| kind == "composer");
    match document.get("repositories") {
        Some(Value::Array(items)) => items
            .iter()
            .enumerate()
            .filter(|(_, entry)| is_composer(entry))
            .map(|(index, _)| Place::Index(index))
            .collect(),
        Some(Value::Object(members)) => members
            .iter()
            .filter(|(_, entry)| is_composer(entry))
            .map(|(key, _)| Place::Key(key.clone()))
            .collect(),
        _ => Vec::new(),
    }
}

/// What tells one repository from another.
fn place(url: &str) -> Option<(&str, String)> {
    let (host, path) = host_and_path(url)?;
    Some((host, path.trim_matches('/').to_owned()))
}

/// Keeps names from being taken from a repository. Composer takes no `exclude` beside an `only`: such a repository no longer
/// decides alone.
fn exclude(
    document: &mut JsonDocument,
    path: &[Step<'_>; 2],
    names: &[&String],
) -> Result<(), EditError> {
    let entry = document.get(path.as_slice());
    if entry.is_some_and(|entry| entry.get("only").is_some()) {
        let canonical = [path[0], path[1], Step::Key("canonical")];
        return document.set(canonical.as_slice(), &json!(false));
    }
    let patterns = entry.and_then(|entry| entry.get("exclude")?.as_array().cloned());
    let mut patterns = patterns.unwrap_or_default();
    patterns.extend(names.iter().map(|name| json!(name)));
    let exclude = [path[0], path[1], Step::Key("exclude")];
    document.set(exclude.as_slice(), &Value::Array(patterns))
}
