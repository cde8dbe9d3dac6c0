//! How far a store on disk has come: what is installed against the lock, what Magento has built from it, and whether the shop
//! is closed. Only files are looked at; what is in the database they do not tell.

use super::config_php::{CONFIG_PHP, ModuleList};
use super::env_php::{ENV_PHP, EnvPhp, Mode};
use super::modules::{modules, own_modules};
use super::root_files::RootFiles;
use super::store_files::DiskFiles;
use composer_engine::files;
use composer_engine::format::version::moves_with_its_branch;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The file that keeps a shop closed while it is there.
const MAINTENANCE_FLAG: &str = "var/.maintenance.flag";
/// Written by `setup:di:compile`.
const COMPILED: &str = "generated/metadata";
/// Classes that Magento has made from the code.
const GENERATED: &str = "generated/code";
/// Written by `setup:static-content:deploy`.
const DEPLOYED: &str = "pub/static/deployed_version.txt";

/// The vendor folder against the lock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Installed {
    /// Nothing is installed.
    #[default]
    Missing,
    /// There is no lock to compare with.
    NoLock,
    /// It is where it cannot be found, or what Composer says of it cannot be read.
    Unknown,
    /// What is locked is installed: so many packages.
    AsLocked(usize),
    /// Packages that are not what the lock says.
    Differs(Vec<Difference>),
}

/// A package that is not installed as it is locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// In lower case.
    pub package: String,
    /// None when it is not installed.
    pub installed: Option<String>,
    /// None when it is not locked.
    pub locked: Option<String>,
}

/// Something that is made from the installed code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Built {
    /// There is nothing of the kind, or nothing that can be looked at.
    #[default]
    Missing,
    /// It was there before the code was installed.
    Older,
    /// It was made since, or nobody can tell when the code was installed.
    Newer,
}

/// What the files of a store tell of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The vendor folder against the lock.
    pub installed: Installed,
    /// Whether there is an app/etc/env.php, which the installation of a shop writes.
    pub is_set_up: bool,
    /// None when app/etc/env.php does not tell.
    pub mode: Option<Mode>,
    /// Whether the flag of maintenance mode is there. What a server in front of the shop does is not known.
    pub is_closed: bool,
    /// Modules of installed packages and of app/code that app/etc/config.php does not list; none where it has no list that can
    /// be read.
    pub unlisted: Option<Vec<String>>,
    /// app/etc/config.php, which `setup:upgrade` writes anew.
    pub module_list: Built,
    /// The classes below generated/code.
    pub generated: Built,
    /// What `setup:di:compile` writes.
    pub compiled: Built,
    /// What `setup:static-content:deploy` writes.
    pub deployed: Built,
    /// The store, to look for other files in.
    pub folder: PathBuf,
}

impl Standing {
    /// Looks at a store. What cannot be read is as if it were not there.
    pub(crate) fn of(store: &Path, names: &RootFiles) -> Self {
        let json = |path: PathBuf, limit| -> Option<Value> {
            serde_json::from_slice(&files::read(&path, limit).ok()?).ok()
        };
        let root = json(store.join(&names.root), files::CONFIGURATION).unwrap_or_default();
        let lock = json(store.join(&names.lock), files::DATA);
        let list = vendor_dir(&root).map(|dir| store.join(dir).join("composer/installed.json"));
        let described = list
            .as_ref()
            .and_then(|path| json(path.clone(), files::DATA));
        let since = list.as_ref().and_then(|path| changed(path));
        let state = match (&list, &lock, &described) {
            (Some(path), _, None) if !path.exists() => Installed::Missing,
            (_, None, _) => Installed::NoLock,
            (_, Some(lock), Some(installed)) => compare(lock, installed),
            _ => Installed::Unknown,
        };
        let built = |path: &str| match (changed(&store.join(path)), since) {
            (None, _) => Built::Missing,
            (Some(at), Some(since)) if at < since => Built::Older,
            _ => Built::Newer,
        };
        let env = EnvPhp::read(&DiskFiles::below(store)).ok().flatten();
        Self {
            installed: state,
            is_set_up: store.join(ENV_PHP).is_file(),
            mode: env.and_then(|env| env.mode),
            is_closed: store.join(MAINTENANCE_FLAG).exists(),
            unlisted: unlisted(store, described.as_ref()),
            module_list: built(CONFIG_PHP),
            generated: built(GENERATED),
            compiled: built(COMPILED),
            deployed: built(DEPLOYED),
            folder: store.to_owned(),
        }
    }

    /// Whether a file of the store is there.
    pub(crate) fn has(&self, file: &str) -> bool {
        self.folder.join(file).is_file()
    }

    /// Whether what is locked is known to be installed.
    pub(crate) fn is_installed(&self) -> bool {
        matches!(self.installed, Installed::AsLocked(_))
    }
}

/// When a file, or what is in a folder, was last changed.
fn changed(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}

/// Composer's vendor folder, as composer.json has it; none where a shell or Composer's own settings decide.
fn vendor_dir(root: &Value) -> Option<&str> {
    match root.pointer("/config/vendor-dir") {
        None => Some("vendor"),
        Some(dir) => dir
            .as_str()
            .filter(|dir| !dir.is_empty() && !dir.contains(['$', '~', '{'])),
    }
}

/// The packages that Composer says are installed. Composer 1 wrote a bare list.
fn packages(installed: &Value) -> impl Iterator<Item = &Value> {
    let list = installed.get("packages").unwrap_or(installed);
    list.as_array().into_iter().flatten()
}

fn compare(lock: &Value, installed: &Value) -> Installed {
    let of = |list: &'static str| {
        let list = lock.get(list).and_then(Value::as_array);
        list.into_iter().flatten()
    };
    let by_name = |entry: &'_ Value| Some(entry.get("name")?.as_str()?.to_lowercase());
    let mut found: BTreeMap<String, &Value> = packages(installed)
        .filter_map(|entry| Some((by_name(entry)?, entry)))
        .collect();
    let total = found.len();
    // Composer 1 does not say whether it has installed them.
    let with_dev = installed.get("dev").and_then(Value::as_bool);
    let dev: BTreeSet<String> = of("packages-dev").filter_map(by_name).collect();
    let mut differences = Vec::new();
    for entry in of("packages").chain(of("packages-dev").filter(|_| with_dev != Some(false))) {
        let Some(name) = by_name(entry) else { continue };
        let Some(here) = found.remove(&name) else {
            if with_dev == Some(true) || !dev.contains(&name) {
                differences.push(Difference {
                    package: name,
                    installed: None,
                    locked: version(entry),
                });
            }
            continue;
        };
        if !is_same(entry, here) {
            differences.push(Difference {
                package: name,
                installed: version(here),
                locked: version(entry),
            });
        }
    }
    differences.extend(found.into_iter().map(|(package, here)| Difference {
        package,
        installed: version(here),
        locked: None,
    }));
    match differences.is_empty() {
        true => Installed::AsLocked(total),
        false => Installed::Differs(differences),
    }
}

fn version(entry: &Value) -> Option<String> {
    Some(entry.get("version")?.as_str()?.to_owned())
}

/// Whether two entries are of the same version, and of the same commit of a branch as far as both name one.
fn is_same(locked: &Value, installed: &Value) -> bool {
    let reference = |entry: &Value| {
        let of = |kind: &str| Some(entry.get(kind)?.get("reference")?.as_str()?.to_owned());
        of("source").or_else(|| of("dist"))
    };
    let is_branch = version(locked).is_some_and(|version| moves_with_its_branch(&version));
    version(locked) == version(installed)
        && (!is_branch
            || match (reference(locked), reference(installed)) {
                (Some(locked), Some(installed)) => locked == installed,
                _ => true,
            })
}

/// The modules that are there and in no list.
fn unlisted(store: &Path, installed: Option<&Value>) -> Option<Vec<String>> {
    let text = files::text(&store.join(CONFIG_PHP), files::CONFIGURATION).ok()?;
    let listed: BTreeSet<&str> = ModuleList::find(&text)?
        .modules()
        .map(|(name, _)| name)
        .collect();
    let of_packages = installed.into_iter().flat_map(packages).filter(|entry| {
        // A library that registers itself, as the framework does, is in no list.
        let kind = entry.get("type").and_then(Value::as_str);
        kind == Some("magento2-module")
    });
    let there: BTreeSet<String> = of_packages
        .flat_map(modules)
        .map(|module| module.name)
        .chain(own_modules(&DiskFiles::below(store)).into_keys())
        .collect();
    Some(
        there
            .into_iter()
            .filter(|name| !listed.contains(name.as_str()))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(name: &str, version: &str, commit: &str) -> Value {
        json!({"name": name, "version": version, "source": {"reference": commit}})
    }

    #[test]
    fn the_vendor_folder_is_compared_with_the_lock() {
        let lock = json!({
            "packages": [entry("acme/a", "1.0.0", "x"), entry("Acme/B", "dev-main", "x")],
            "packages-dev": [entry("acme/tool", "2.0.0", "x")],
        });
        let installed = |dev: bool, packages: Value| json!({"packages": packages, "dev": dev});
        let same = [
            entry("acme/a", "1.0.0", "other"),
            entry("acme/b", "dev-main", "x"),
        ];
        assert_eq!(
            compare(&lock, &installed(false, json!(same))),
            Installed::AsLocked(2),
            "a tag may be another archive"
        );
        assert_eq!(compare(&lock, &json!(same)), Installed::AsLocked(2));
        let Installed::Differs(missing) = compare(&lock, &installed(true, json!(same))) else {
            panic!("the tool is not installed");
        };
        assert_eq!(missing[0].package, "acme/tool");
        let moved = [
            entry("acme/a", "0.9.0", "x"),
            entry("acme/b", "dev-main", "y"),
            entry("acme/c", "1.0.0", "x"),
        ];
        let Installed::Differs(moved) = compare(&lock, &installed(false, json!(moved))) else {
            panic!("nothing is as locked");
        };
        let moved: Vec<_> = moved
            .iter()
            .map(|one| {
                (
                    one.package.as_str(),
                    one.installed.is_some(),
                    one.locked.is_some(),
                )
            })
            .collect();
        assert_eq!(
            moved,
            [
                ("acme/a", true, true),
                ("acme/b", true, true),
                ("acme/c", true, false)
            ]
        );
    }
}
