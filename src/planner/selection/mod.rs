//! A selection of feature sets on a store that exists: worked into its merged root, and checked against its new lock.

pub(crate) mod findings;
pub(crate) mod left_references;

use super::composer_files::merge_plugin::{Addition, IncludedFile};
use super::composer_files::whole_root;
use crate::distribution::Target;
use crate::plan::{Code, Finding, Plan};
use crate::planner::destination::Destination;
use crate::planner::error::PlanError;
use crate::planner::root::RootMerge;
use crate::planner::survey::Survey;
use crate::planner::wish::{Packages, target_of};
use crate::profile::{Base, FileLinks, Library, Profile, Selection, State, Wanted, open_ends};
use composer_engine::format::json::document::{EditError, JsonDocument, Position};
use composer_engine::format::lock::Lock;
use composer_engine::format::root::package_order;
use composer_engine::resolve::lock::text::locked_packages;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A selection that a store's plan has to take into account.
pub(crate) struct Slimming {
    packages: Packages,
    /// With the feature sets that the profile's file brings along.
    pub library: Library,
    /// With the answers of the wish worked into it.
    pub profile: Profile,
}

impl Slimming {
    /// Reads the profile; none when nothing is chosen.
    pub(crate) fn of(packages: &Packages) -> Result<Option<Self>, PlanError> {
        if packages.is_empty() {
            return Ok(None);
        }
        let mut library = Library::bundled();
        let (_, profile) = packages.profile(&mut library)?;
        Ok(Some(Self {
            packages: packages.clone(),
            library,
            profile,
        }))
    }

    /// A selection that leaves everything as it is.
    pub(crate) fn unchanged() -> Result<Self, PlanError> {
        let mut library = Library::bundled();
        let packages = Packages::default();
        let (profile, _) = packages.profile(&mut library)?;
        Ok(Self {
            packages,
            library,
            profile,
        })
    }

    /// The target that is meant: a profile decides between the full and the minimal edition.
    pub(crate) fn target(&self, wanted: Target) -> Result<Target, PlanError> {
        match self.packages.profile {
            Some(_) => target_of(wanted, &self.profile),
            None => Ok(wanted),
        }
    }

    /// Works the selection into a merged root.
    pub(crate) fn select(
        &self,
        survey: &Survey<'_>,
        destination: &Destination,
        merged: &mut RootMerge,
    ) -> Result<Selection, PlanError> {
        let wanted = self.packages.of(&self.profile);
        let selection = select(survey, destination, merged, &self.library, wanted)?;
        let repositories = merged.document.get(["repositories"]);
        let repositories = repositories.map(ToString::to_string).unwrap_or_default();
        let is_there = |hosts: &[String]| {
            hosts
                .iter()
                .any(|host| repositories.contains(host.as_str()))
        };
        let missing = selection
            .own_repositories
            .iter()
            .find(|(_, hosts)| !is_there(hosts));
        match missing {
            None => Ok(selection),
            Some((set, hosts)) => Err(PlanError::OwnRepository {
                set: set.clone(),
                hosts: hosts.clone(),
                is_new: false,
            }),
        }
    }

    /// Adds to a plan what its lock shows about the selection.
    pub(crate) fn check(
        &self,
        plan: &mut Plan,
        selection: &Selection,
        survey: &Survey<'_>,
        target: Target,
    ) {
        check(plan, selection, &self.library, survey, target);
    }
}

/// Works a selection into a merged root: requirements that are added, packages that the root replaces from now on, and those
/// that it replaced and that come back. What goes is no longer required, either.
fn select(
    survey: &Survey<'_>,
    destination: &Destination,
    merged: &mut RootMerge,
    library: &Library,
    wish: Wanted<'_>,
) -> Result<Selection, PlanError> {
    let selection = on_root(survey, destination, merged, |base| {
        crate::profile::select(library, wish, base)
    })??;
    let root = &mut merged.document;
    for name in &selection.restored {
        root.remove(["replace", name.as_str()])?;
    }
    if is_empty(root, "replace") {
        root.remove(["replace"])?;
    }
    for name in &selection.replaces {
        for section in ["require", "require-dev"] {
            root.remove([section, name.as_str()])?;
        }
    }
    replace(root, &selection)?;
    for (name, constraint) in &selection.requires {
        if root.get(["require", name.as_str()]).is_none() {
            require(root, name, constraint)?;
        }
    }
    let mut findings = findings::of_selection(&selection, library);
    findings.extend(data_finding(&selection));
    merged.findings.extend(findings);
    Ok(selection)
}

/// The feature sets that the destination of a store has, with what the store has of them.
pub(crate) fn states<'l>(
    survey: &Survey<'_>,
    destination: &Destination,
    merged: &RootMerge,
    library: &'l Library,
    profile: &Profile,
) -> Result<Vec<State<'l>>, PlanError> {
    on_root(survey, destination, merged, |base| {
        crate::profile::states(library, profile, base)
    })
}

/// Looks at what a merged root leads to.
fn on_root<T>(
    survey: &Survey<'_>,
    destination: &Destination,
    merged: &RootMerge,
    look: impl FnOnce(Base<'_>) -> T,
) -> Result<T, PlanError> {
    let root = merged.document.value();
    let included: Vec<Addition> = merged.included.iter().map(IncludedFile::addition).collect();
    let source = survey
        .project
        .repositories(&whole_root::document(root, &included), survey.options)
        .map_err(Arc::new)?;
    let section = |name: &str| {
        root.get(name)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
    };
    let requires: Vec<(String, String)> = section("require")
        .filter_map(|(name, constraint)| Some((name.clone(), constraint.as_str()?.to_owned())))
        .collect();
    let replaced: BTreeSet<String> = section("replace").map(|(name, _)| name.clone()).collect();
    // As the plugin takes them, its settings considered.
    let files: Vec<FileLinks> = merged
        .included
        .iter()
        .filter(|file| !file.is_own)
        .map(|file| whole_root::links_of_file(root, file))
        .collect();
    let locked = survey.project.lock().map(locked_packages).transpose()?;
    let locked = locked.map(|locked| locked.packages).unwrap_or_default();
    let distribution = destination.target.distribution();
    let full = Target::full(distribution).facts();
    Ok(look(Base {
        distribution,
        source: &source,
        locked: &locked,
        requires: &requires,
        full: (full.product.as_str(), destination.release.version.as_str()),
        replaced: &replaced,
        files: &files,
    }))
}

/// Adds what the new lock shows: packages that stay, the store's extensions among them, and require what was taken out.
/// Also what the installed code of the packages that stay names of what goes.
fn check(
    plan: &mut Plan,
    selection: &Selection,
    library: &Library,
    survey: &Survey<'_>,
    target: Target,
) {
    let lock = &survey.project.files.lock;
    let lock = plan.edits.iter().find(|edit| edit.path == *lock);
    let Some(lock) = lock.and_then(|edit| edit.after.as_deref()) else {
        return;
    };
    let Ok(lock) = serde_json::from_str::<Value>(lock) else {
        return;
    };
    let ends = open_ends(
        library,
        &lock,
        &selection.replaces,
        &selection.taken_out,
        target.distribution().vendor(),
    );
    plan.findings.extend(findings::of_open_ends(&ends));
    let installed = survey.project.lock().map(Lock::value);
    plan.findings.extend(installed.and_then(|installed| {
        left_references::findings(
            survey.project.store.as_ref(),
            installed,
            &selection.replaces,
        )
    }));
    plan.findings.sort_by_key(Finding::severity);
}

/// Packages that go leave their tables and settings in the database.
fn data_finding(selection: &Selection) -> Option<Finding> {
    (!selection.taken_out.is_empty()).then(|| Finding::new(
        Code::RemovalLeavesData,
        "What the packages stored stays in the database",
        "Tables, attributes and settings of what is taken out are not removed. Where a module can uninstall itself, run bin/magento module:uninstall --remove-data before composer install.",
    ))
}

fn is_empty(root: &JsonDocument, section: &str) -> bool {
    let section = root.get([section]).and_then(Value::as_object);
    section.is_some_and(Map::is_empty)
}

/// Adds names to `replace`, which stands behind the requirements when it is new.
fn replace(root: &mut JsonDocument, selection: &Selection) -> Result<(), EditError> {
    if selection.replaces.is_empty() {
        return Ok(());
    }
    let version = |name: &str| json!(selection.replaced_version(name));
    if root.get(["replace"]).and_then(Value::as_object).is_some() {
        return selection
            .replaces
            .iter()
            .filter(|name| root.get(["replace", name.as_str()]).is_none())
            .cloned()
            .collect::<Vec<_>>()
            .iter()
            .try_for_each(|name| root.insert(["replace"], Position::End, name, &version(name)));
    }
    let section: Map<String, Value> = selection
        .replaces
        .iter()
        .map(|name| (name.clone(), version(name)))
        .collect();
    let behind = ["require-dev", "require"]
        .into_iter()
        .find(|section| root.get([*section]).is_some());
    let position = behind.map_or(Position::End, Position::After);
    let top: [&str; 0] = [];
    root.insert(&top[..], position, "replace", &Value::Object(section))
}

/// Adds a requirement, in its place where the others are in Composer's order.
fn require(root: &mut JsonDocument, name: &str, constraint: &str) -> Result<(), EditError> {
    let names: Vec<String> = root
        .get(["require"])
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect();
    let is_sorted = names.is_sorted_by(|a, b| package_order::compare(a, b).is_le());
    let next = names
        .iter()
        .find(|other| package_order::compare(other, name).is_gt());
    let position = match next.filter(|_| is_sorted) {
        Some(next) => Position::Before(next),
        None => Position::End,
    };
    root.insert(["require"], position, name, &json!(constraint))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(value: &Value) -> JsonDocument {
        JsonDocument::parse(serde_json::to_string_pretty(value).unwrap()).unwrap()
    }

    #[test]
    fn names_join_a_section_that_is_there_and_make_one_that_is_not() {
        let selection = Selection {
            replaces: ["magento/module-dhl", "magento/module-ups"]
                .map(str::to_owned)
                .into(),
            replaced_at: [("magento/module-ups".to_owned(), "100.4.4".to_owned())].into(),
            ..Selection::default()
        };
        let mut there = document(&json!({"replace": {"magento/module-dhl": "100.4.5"}}));
        replace(&mut there, &selection).unwrap();
        assert_eq!(
            *there.value(),
            json!({"replace": {"magento/module-dhl": "100.4.5", "magento/module-ups": "100.4.4"}})
        );
        let mut fresh = document(&json!({"require": {}, "extra": {}}));
        replace(&mut fresh, &selection).unwrap();
        let keys: Vec<&String> = fresh.value().as_object().unwrap().keys().collect();
        assert_eq!(keys, ["require", "replace", "extra"]);
    }

    #[test]
    fn a_requirement_goes_where_composer_would_put_it() {
        let mut sorted = document(&json!({"require": {"php": "*", "a/b": "1", "c/d": "1"}}));
        require(&mut sorted, "b/c", "2").unwrap();
        let keys = |root: &JsonDocument| {
            let section = root.value()["require"].as_object().unwrap();
            section.keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(keys(&sorted), ["php", "a/b", "b/c", "c/d"]);
        let mut unsorted = document(&json!({"require": {"c/d": "1", "a/b": "1"}}));
        require(&mut unsorted, "b/c", "2").unwrap();
        assert_eq!(keys(&unsorted), ["c/d", "a/b", "b/c"]);
    }
}
