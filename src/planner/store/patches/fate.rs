//! What becomes of one patch.

use crate::distribution::{is_core, is_core_of};
use crate::plan::Edit;
use crate::planner::store::packages::{Fate, Packages, upstream_version};
use crate::planner::store::patches::declared::{Condition, Declared};
use crate::planner::store::patches::local::{LEVELS, Local};
use crate::planner::store::patches::rewrite;
use crate::planner::store::patches::wording::Said;
use crate::planner::store::places::{count, names};
use crate::project::patch_file::{Fit, PatchFile};
use crate::project::store_files::{StoreFiles, is_below};
use composer_engine::format::constraint::Constraint;
use composer_engine::format::version::Version;
use serde_json::Value;

/// What a declaration alone tells: its package, its conditions.
pub(crate) fn judge_declared(patch: &Declared, packages: &Packages<'_>, said: &mut Said) {
    let (name, target) = (patch.package.as_str(), packages.target());
    let place = || format!("{} ({} in {})", patch.source, name, patch.file);
    let is_bundle = name == "*";
    if !is_bundle && packages.new_entry(name).is_none() {
        // The merge of the roots speaks about core in composer.json.
        let is_reported =
            patch.file == "composer.json" && is_core(name) && !is_core_of(target, name);
        // Without a lock nobody knows what was installed.
        let was_there = packages.old(name).is_some() || packages.all_old().next().is_none();
        match (is_reported, was_there) {
            (true, _) => {}
            (false, true) => said.without_package.push(place()),
            (false, false) => said.idle.push(place()),
        }
        return;
    }
    for condition in &patch.conditions {
        let package = condition.package.as_str();
        let before = packages.before(package).or_else(|| packages.old(package));
        let after = packages.new_entry(package);
        let (held, holds) = (is_met(condition, before), is_met(condition, after));
        // Of what was not there nobody knows what it would have been.
        if !held && holds && before.is_some() {
            said.begins.push(format!(
                "{}: {}, which was {} and {}",
                place(),
                wanted(condition),
                before.map(version).unwrap_or_default(),
                state(package, packages)
            ));
        }
        if held && !holds {
            said.conditions.push(format!(
                "{}: {}, which {}",
                place(),
                wanted(condition),
                state(package, packages)
            ));
        }
    }
    if patch.is_remote()
        && packages
            .before(name)
            .is_some_and(|old| name_of(old) != name)
    {
        said.remote.push(place());
    }
    moved(name, packages, said);
}

/// Whether what is installed of the package that a condition names is what it asks for.
fn is_met(condition: &Condition, entry: Option<&Value>) -> bool {
    let is_there = entry.is_some_and(|entry| matches(entry, &condition.constraint));
    is_there != condition.is_negated
}

/// A condition in words, before what becomes of the package.
fn wanted(condition: &Condition) -> String {
    let Condition {
        package,
        constraint,
        is_negated,
    } = condition;
    match is_negated {
        true => format!("is for who does not have {package} {constraint}"),
        false => format!("needs {package} {constraint}"),
    }
}

/// What a package is after the switch, as the end of a sentence.
fn state(package: &str, packages: &Packages<'_>) -> String {
    match packages.new_entry(package) {
        Some(entry) => format!("is {}", version(entry)),
        None => match packages.fate(package) {
            Fate::Renamed(renamed) => format!("is called {renamed}"),
            _ => "is gone".to_owned(),
        },
    }
}

/// Notes a package whose code changes with the switch.
fn moved(name: &str, packages: &Packages<'_>, said: &mut Said) {
    let (Some(old), Some(new)) = (packages.before(name), packages.new_entry(name)) else {
        return;
    };
    if let (Some(before), Some(after)) = (upstream_version(old), upstream_version(new))
        && before != after
    {
        said.moved.insert(format!("{name} {before} → {after}"));
    }
}

fn version(entry: &Value) -> &str {
    entry
        .get("version")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn name_of(entry: &Value) -> &str {
    entry
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn matches(entry: &Value, constraint: &str) -> bool {
    match (
        Constraint::parse(constraint),
        Version::parse(version(entry)),
    ) {
        (Ok(constraint), Ok(version)) => constraint.matches_version(&version),
        _ => false,
    }
}

/// What the text of a patch tells: the packages in its paths, and whether it fits the installed code.
pub(crate) fn judge_text(
    path: &str,
    patch: &Local,
    packages: &Packages<'_>,
    store: &dyn StoreFiles,
    said: &mut Said,
) {
    let text = String::from_utf8_lossy(&patch.bytes);
    let parsed = PatchFile::parse(&text);
    let is_bundle = patch.declared.iter().any(|patch| patch.package == "*");
    let named = rewrite::named(&text, &parsed, packages, is_bundle);
    if !named.gone.is_empty() {
        let gone: Vec<&String> = named.gone.iter().collect();
        let others = if named.known.is_empty() {
            String::new()
        } else {
            format!(", beside {}", count(named.known.len(), "other package"))
        };
        said.without_package
            .push(format!("{path}: changes {}{others}", names(&gone)));
    } else if let Some(after) = &named.rewritten {
        match obstacle(path, patch) {
            Some(obstacle) => said.kept.push(format!("{path}: {obstacle}")),
            None => {
                said.rewritten.push(path.to_owned());
                said.edits
                    .push(Edit::new(path, Some(&patch.bytes), Some(after)));
            }
        }
    }
    for name in &named.known {
        let now = match packages.fate(name) {
            Fate::Renamed(renamed) => renamed,
            _ => name.clone(),
        };
        moved(&now, packages, said);
    }
    if parsed.sections.is_empty() || !store.is_folder("vendor") {
        return;
    }
    let fits: Vec<Fit> = if patch.declared.is_empty() {
        vec![parsed.fit(store, "", &[1, 0])]
    } else {
        patch
            .declared
            .iter()
            .map(|declared| {
                let installed = packages
                    .before(&declared.package)
                    .map_or(declared.package.as_str(), name_of);
                let levels = declared.level.map_or(LEVELS.to_vec(), |level| vec![level]);
                parsed.fit(store, &format!("vendor/{installed}"), &levels)
            })
            .collect()
    };
    if fits.contains(&Fit::Fails) {
        said.failing.push(path.to_owned());
    }
}

/// Why a patch cannot be rewritten.
fn obstacle(path: &str, patch: &Local) -> Option<&'static str> {
    if patch.declared.iter().any(|declared| declared.has_checksum) {
        Some("a checksum is declared for it")
    } else if std::str::from_utf8(&patch.bytes).is_err() {
        Some("it is not UTF-8 text")
    } else if path.starts_with("vendor/") {
        Some("it belongs to an installed package")
    } else if !is_below(path) {
        Some("it lies outside of the store")
    } else {
        None
    }
}
