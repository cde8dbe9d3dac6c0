//! A root with some of its habits given up.

use crate::distribution::{Target, host_and_path};
use crate::planner::blocked::remedies::lines::Line;
use crate::planner::error::PlanError;
use crate::planner::root::repositories::entry::{Entry, entries};
use composer_engine::format::json::document::{EditError, JsonDocument, Position};
use composer_engine::format::package::Package;
use composer_engine::format::root::RootPackage;
use composer_engine::format::version::stability::Stability;
use composer_engine::resolve::update::Chosen;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What is given up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Relaxation {
    /// That the first repository with a name decides it; but for the target's own vendor, whose packages are taken from where
    /// it publishes.
    pub any_order: bool,
    /// Packages of the target that are required beside the product, and what wants them.
    pub modules: BTreeMap<String, String>,
    /// Requirements with a wider constraint, until a solution says which version there is to be.
    pub loose: BTreeMap<String, String>,
    /// Requirements that are dropped.
    pub without: BTreeSet<String>,
    /// Requirements with another constraint.
    pub repinned: BTreeMap<String, String>,
    /// Repositories, by address, and the names that are not taken from them any more.
    pub hidden: BTreeSet<(String, String)>,
    /// Lines of `replace` and `conflict` that are dropped.
    pub lines: BTreeSet<Line>,
}

impl Relaxation {
    /// Takes a requirement back as composer.json has it.
    pub(crate) fn take_back(&mut self, name: &str) {
        self.without.remove(name);
        self.loose.remove(name);
    }

    /// The root with all that.
    pub(crate) fn document(
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
        for line in &self.lines {
            line.take_out(document)?;
        }
        for name in &self.without {
            while let Some([section, key]) = requirement(document, name) {
                document.remove([section.as_str(), key.as_str()])?;
            }
        }
        let flags = RootPackage::load(document.value()).map(|root| root.stability_flags);
        let loose = self.loose.iter().map(|(name, constraint)| {
            let flag = flags.as_ref().ok().and_then(|flags| flags.get(&**name));
            let flagged = flag.map(|stability| format!("{constraint}@{}", stability.name()));
            (name, flagged.unwrap_or_else(|| constraint.clone()))
        });
        let pins = self.repinned.iter().map(|(name, pin)| (name, pin.clone()));
        for (name, constraint) in loose.chain(pins) {
            if let Some([section, key]) = requirement(document, name) {
                document.set([section.as_str(), key.as_str()], &json!(constraint))?;
            }
        }
        if self.any_order {
            if let Some(repositories) = document.get("repositories").cloned() {
                document.set("repositories", &in_any_order(repositories, target))?;
            }
            return Ok(());
        }
        for entry in entries(document) {
            let url = entry.value.get("url").and_then(Value::as_str);
            let address = url.and_then(address);
            let is_entry = |(hider, _): &&(String, String)| self::address(hider) == address;
            let names: Vec<&String> = self
                .hidden
                .iter()
                .filter(is_entry)
                .map(|(_, name)| name)
                .collect();
            if !names.is_empty() {
                exclude(document, &entry, &names)?;
            }
        }
        Ok(())
    }

    /// Leaves out modules that the rest of the root, or a module before them, leads to under their own names anyway.
    pub(crate) fn forget_needless_modules(
        &mut self,
        document: &JsonDocument,
        solution: &[Chosen],
    ) -> Result<(), PlanError> {
        let root = RootPackage::load(document.value())?;
        let mut reached = Reached::of(solution);
        for link in root.requires.iter().chain(&root.dev_requires) {
            reached.follow(&link.target);
        }
        self.modules.retain(|name, _| reached.follow(name));
        Ok(())
    }

    /// Gives each loosened requirement a constraint again: its own when the version that was found fits it.
    pub(crate) fn settle(
        &mut self,
        document: &JsonDocument,
        solution: &[Chosen],
    ) -> Result<(), PlanError> {
        let root = RootPackage::load(document.value())?;
        let requirements = root.all_requires();
        for name in std::mem::take(&mut self.loose).into_keys() {
            let own = requirements.get(name.as_str());
            let mut chosen = solution.iter();
            let found = chosen.find(|chosen| *chosen.package.name == *name);
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
    fn of(solution: &'a [Chosen]) -> Self {
        Reached {
            by_name: solution
                .iter()
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

/// Repositories of which none hides what a later one has. What the target's vendor publishes in its own repository stays
/// where it is: other builds of it are nobody's habit, and no repair takes them.
fn in_any_order(repositories: Value, target: Target) -> Value {
    match repositories {
        Value::Array(list) => list
            .into_iter()
            .flat_map(|entry| opened(entry, target))
            .collect(),
        Value::Object(named) => {
            let entries = named.into_iter().flat_map(|(name, entry)| {
                let opened = opened(entry, target).into_iter().enumerate();
                opened.map(move |(number, entry)| match number {
                    0 => (name.clone(), entry),
                    _ => (format!("{name} {number}"), entry),
                })
            });
            Value::Object(entries.collect())
        }
        other => other,
    }
}

/// A repository that hides nothing; that of the target's vendor in two parts, of which the first decides on the vendor's names.
/// Where it leaves names out, it stays as it is: Composer takes no `only` beside an `exclude`.
fn opened(mut entry: Value, target: Target) -> Vec<Value> {
    let Some(fields) = entry
        .as_object_mut()
        .filter(|fields| fields.contains_key("type"))
    else {
        return vec![entry];
    };
    let host = |url: &str| host_and_path(url).map(|(host, _)| host.to_owned());
    let url = fields
        .get("url")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let is_own = host(url).is_some_and(|own| Some(own) == host(&target.facts().repository));
    if !is_own {
        fields.insert("canonical".to_owned(), json!(false));
        return vec![entry];
    }
    if fields.contains_key("exclude") {
        return vec![entry];
    }
    let vendor = format!("{}/", target.distribution().vendor());
    let (mut own, mut others) = (fields.clone(), fields.clone());
    others.insert("canonical".to_owned(), json!(false));
    let Some(only) = fields.get("only").and_then(Value::as_array) else {
        let names = json!([format!("{vendor}*")]);
        own.insert("only".to_owned(), names.clone());
        others.insert("exclude".to_owned(), names);
        return vec![own.into(), others.into()];
    };
    let is_vendors = |name: &&Value| name.as_str().is_some_and(|name| name.starts_with(&vendor));
    let (vendors, rest): (Vec<&Value>, Vec<&Value>) = only.iter().partition(is_vendors);
    let parts = [(own, vendors), (others, rest)].into_iter();
    parts
        .filter(|(_, names)| !names.is_empty())
        .map(|(mut part, names)| {
            part.insert("only".to_owned(), json!(names));
            part.into()
        })
        .collect()
}

/// What tells one repository from another: host and path.
fn address(url: &str) -> Option<(&str, &str)> {
    let (host, path) = host_and_path(url)?;
    Some((host, path.trim_matches('/')))
}

/// Keeps names from being taken from a repository. Composer takes no `exclude` beside an `only`: such a repository no longer
/// decides alone.
fn exclude(document: &mut JsonDocument, entry: &Entry, names: &[&String]) -> Result<(), EditError> {
    if entry.value.get("only").is_some() {
        return document.set(entry.place.member("canonical").as_slice(), &json!(false));
    }
    let mut patterns = entry.patterns("exclude").unwrap_or_default();
    patterns.extend(names.iter().map(|name| (*name).clone()));
    document.set(entry.place.member("exclude").as_slice(), &json!(patterns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_repository_hides_anything_but_the_vendors_own() {
        let core = Target::of("magento", "community").expect("a target");
        let address = core.facts().repository.clone();
        let repositories = json!({
            "core": {"type": "composer", "url": address},
            "acme": {"type": "composer", "url": "https://acme.test"},
            "packagist.org": false
        });
        let expected = json!({
            "core": {"type": "composer", "url": address, "only": ["magento/*"]},
            "core 1": {"type": "composer", "url": address, "exclude": ["magento/*"], "canonical": false},
            "acme": {"type": "composer", "url": "https://acme.test", "canonical": false},
            "packagist.org": false
        });
        assert_eq!(in_any_order(repositories, core), expected);
        let with = |list: &str, names: &[&str]| json!({"type": "composer", "url": core.facts().repository, list: names});
        let open = |mut entry: Value| {
            entry["canonical"] = json!(false);
            entry
        };
        for (closed, parts) in [
            (
                with("only", &["magento/*", "acme/a"]),
                vec![
                    with("only", &["magento/*"]),
                    open(with("only", &["acme/a"])),
                ],
            ),
            (
                with("only", &["magento/a"]),
                vec![with("only", &["magento/a"])],
            ),
            (
                with("only", &["acme/a"]),
                vec![open(with("only", &["acme/a"]))],
            ),
            (
                with("exclude", &["acme/a"]),
                vec![with("exclude", &["acme/a"])],
            ),
        ] {
            assert_eq!(opened(closed, core), parts);
        }
    }
}
