//! `app/etc/config.php`: the modules that go with the packages that go, and those that come.

use crate::plan::{Code, Edit, Finding};
use crate::planner::store::packages::{Fate, Packages};
use crate::planner::store::places::{count, names};
use crate::planner::store::{Contribution, Switch};
use crate::planner::wish::NewModules;
use crate::project::config_php::{CONFIG_PHP, ModuleList};
use crate::project::modules::{declared_name, modules, own_modules, own_name};
use crate::project::store_files::{StoreFiles, below};
use composer_engine::files;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The modules of both sides, by name, with the package that brings each.
pub(crate) struct Modules<'a> {
    old: BTreeMap<String, &'a str>,
    new: BTreeMap<String, &'a str>,
    /// What new packages without `autoload` most likely bring.
    likely: BTreeSet<String>,
    /// Packages that are new and do not say what modules they have.
    unknown: Vec<&'a str>,
}

impl<'a> Modules<'a> {
    /// Of the packages in both locks. What an installed package's own module.xml says comes first; a package that only gets
    /// another name or version keeps its modules when its new metadata are silent.
    pub(crate) fn of(packages: &Packages<'a>, store: &dyn StoreFiles) -> Self {
        let mut modules = Self {
            old: BTreeMap::new(),
            new: BTreeMap::new(),
            likely: BTreeSet::new(),
            unknown: Vec::new(),
        };
        let mut kept: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (package, entry) in packages.all_old() {
            let fate = packages.fate(package);
            let mut named = module_names(entry);
            if fate == Fate::Goes {
                named = installed_names(entry, package, store);
            }
            if named.is_empty() && is_module(entry) {
                named.extend(own_name(entry));
            }
            modules
                .old
                .extend(named.iter().map(|name| (name.clone(), package)));
            match fate {
                Fate::Stays => kept.insert(package.to_owned(), named),
                Fate::Renamed(renamed) => kept.insert(renamed, named),
                Fate::Goes | Fate::Unknown => None,
            };
        }
        for (package, entry) in packages.all_new() {
            let mut named = module_names(entry);
            match kept.get(package) {
                Some(before) if named.is_empty() => named.clone_from(before),
                None if named.is_empty() && is_module(entry) => {
                    modules.likely.extend(own_name(entry));
                    modules.unknown.push(package);
                }
                _ => {}
            }
            modules
                .new
                .extend(named.into_iter().map(|name| (name, package)));
        }
        modules.unknown.sort_unstable();
        modules
    }

    /// Modules of the store that the target does not have, with their packages.
    pub(crate) fn gone(&self) -> impl Iterator<Item = (&str, &'a str)> + '_ {
        self.old
            .iter()
            .filter(|(name, _)| !self.new.contains_key(*name) && !self.likely.contains(*name))
            .map(|(name, package)| (name.as_str(), *package))
    }

    /// Modules of the target that the store does not have.
    pub(crate) fn come(&self) -> impl Iterator<Item = &str> {
        self.new
            .keys()
            .filter(|name| !self.old.contains_key(*name))
            .map(String::as_str)
    }
}

fn is_module(entry: &Value) -> bool {
    entry.get("type").and_then(Value::as_str) == Some("magento2-module")
}

fn module_names(entry: &Value) -> Vec<String> {
    modules(entry)
        .into_iter()
        .map(|module| module.name)
        .collect()
}

/// The names as the installed package declares them, else as its metadata tell.
fn installed_names(entry: &Value, package: &str, store: &dyn StoreFiles) -> Vec<String> {
    modules(entry)
        .into_iter()
        .map(|module| {
            let package = format!("vendor/{package}");
            let folder = match module.folder.as_str() {
                "" => package,
                inner => below(&package, inner),
            };
            declared_name(store, &folder).unwrap_or(module.name)
        })
        .collect()
}

/// Brings the list of modules up to date. Without a lock nobody knows what a module belonged to, so nothing is changed.
pub(crate) fn contribution(switch: &Switch<'_>, packages: &Packages<'_>) -> Contribution {
    let project = switch.survey.project;
    let mut contribution = Contribution::default();
    let bytes =
        match project
            .store
            .read_if_there(CONFIG_PHP, files::CONFIGURATION)
        {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return contribution,
            Err(error) => {
                contribution.findings.push(Finding::new(
                    Code::ConfigPhpUnreadable,
                    format!("{CONFIG_PHP} cannot be read"),
                    format!(
                        "It {}, so the modules of the target cannot be written into its list. {}.",
                        error.what,
                        error.hint()
                    ),
                )
                .in_file(CONFIG_PHP));
                return contribution;
            }
        };
    if project.lock().is_none() {
        return contribution;
    }
    let modules = Modules::of(packages, project.store.as_ref());
    let own = own_modules(project.store.as_ref());
    let text = String::from_utf8_lossy(&bytes);
    let list = (std::str::from_utf8(&bytes).is_ok())
        .then(|| ModuleList::find(&text))
        .flatten();
    let has_list = ["'modules'", "\"modules\""]
        .iter()
        .any(|key| text.contains(key));
    let Some(list) = list else {
        if !has_list {
            return contribution;
        }
        contribution.findings.extend(unreadable(&modules, &text));
        return contribution;
    };
    let listed: BTreeSet<&str> = list.modules().map(|(name, _)| name).collect();
    let gone: Vec<String> = modules
        .gone()
        .map(|(name, _)| name)
        .filter(|name| listed.contains(name) && !own.contains_key(*name))
        .map(str::to_owned)
        .collect();
    let come: Vec<String> = modules
        .come()
        .filter(|name| !listed.contains(name))
        .map(str::to_owned)
        .collect();
    let enabled = switch.new_modules != NewModules::Disable;
    if !gone.is_empty() || !come.is_empty() {
        let after = list.changed(&gone, &come, enabled);
        contribution
            .edits
            .push(Edit::new(CONFIG_PHP, Some(&bytes), Some(&after)));
    }
    let mut find = |code, title, detail| {
        let mut finding = Finding::new(code, title, detail);
        finding.path = Some(CONFIG_PHP.to_owned());
        contribution.findings.push(finding);
    };
    if !gone.is_empty() {
        find(
            Code::ModulesGo,
            format!("{CONFIG_PHP} loses {}", count(gone.len(), "module")),
            format!(
                "Their packages are not part of the target: {}.",
                names(&gone)
            ),
        );
    }
    if !come.is_empty() {
        let (state, other) = if enabled {
            ("enabled, as `setup:upgrade` would do", "disable")
        } else {
            ("disabled", "enable")
        };
        find(
            Code::ModulesCome,
            format!("{CONFIG_PHP} gains {}", count(come.len(), "module")),
            format!(
                "They are listed as {state}: {}. `--new-modules {other}` does the opposite; `setup:upgrade` sorts the list.",
                names(&come)
            ),
        );
    }
    if !modules.unknown.is_empty() {
        find(
            Code::ModulesUnknown,
            format!(
                "The modules of {} are not known",
                count(modules.unknown.len(), "new package")
            ),
            format!(
                "The repository's metadata have no `autoload` for {}. `setup:upgrade` adds their modules to {CONFIG_PHP}.",
                names(&modules.unknown)
            ),
        );
    }
    contribution
}

/// The finding for a list that cannot be changed safely.
fn unreadable(modules: &Modules<'_>, text: &str) -> Option<Finding> {
    let mentioned: Vec<&str> = modules
        .gone()
        .map(|(name, _)| name)
        .filter(|name| text.contains(&format!("'{name}'")) || text.contains(&format!("\"{name}\"")))
        .collect();
    let come = modules.come().count();
    if mentioned.is_empty() && come == 0 {
        return None;
    }
    let go = if mentioned.is_empty() {
        String::new()
    } else {
        format!(
            " These modules are not part of the target: {}.",
            names(&mentioned)
        )
    };
    let mut finding = Finding::new(
        Code::ModulesListUnreadable,
        format!("{CONFIG_PHP} is not written as Magento writes it"),
        format!(
            "It is left as it is, as a change might damage it.{go} `bin/magento setup:upgrade` brings the list of modules up to date, with {} to add.",
            count(come, "module")
        ),
    );
    finding.path = Some(CONFIG_PHP.to_owned());
    Some(finding)
}
