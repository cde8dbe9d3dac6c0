//! The platform a store will run on: PHP, its extensions, and Composer's own APIs, as packages.

mod php_memory;

use crate::format::package::links::Links;
use crate::format::package::{Metadata, Package};
use crate::format::version::Version;
use indexmap::IndexMap;
use php_memory::Memory;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

/// What Composer 2.10 provides itself; plugins and libraries require these.
const COMPOSER_PACKAGES: [(&str, &str); 3] = [
    ("composer", "2.10.2"),
    ("composer-plugin-api", "2.9.0"),
    ("composer-runtime-api", "2.2.2"),
];

/// Prints, one a line, what `PlatformRepository` reads of a PHP: its version and build, every extension's version, and the
/// libraries that each extension says it was built with. Its ini files follow, and on what else its answers depend.
const PROBE: &str = include_str!("probe.php");

/// The packages of a platform, and which of them nothing is known about.
#[derive(Debug, Clone, Default)]
pub struct Platform {
    /// `php`, the extensions, the libraries and Composer itself.
    pub packages: Vec<Arc<Package>>,
    /// Whether the extensions are known; else no requirement of one can be checked.
    pub extensions_known: bool,
    /// Whether a PHP version is known.
    pub php_known: bool,
    /// The ini files of the PHP that was asked, in the order it reads them.
    pub ini_files: Vec<String>,
    /// Packages that this PHP has and `config.platform` hides.
    pub hidden: Vec<String>,
}

impl Platform {
    /// A platform of a known PHP version and nothing known of its extensions.
    pub fn of_php(version: &str) -> Self {
        let entries = [("php", version), ("php-64bit", version)];
        Platform {
            packages: packages(entries, &IndexMap::new()),
            php_known: true,
            ..Platform::default()
        }
    }

    /// A platform of which nothing is known but Composer itself.
    pub fn unknown() -> Self {
        Platform {
            packages: packages([], &IndexMap::new()),
            ..Platform::default()
        }
    }

    /// The platform of the PHP on the PATH, as Composer would see it; none when there is none.
    /// `overrides` is `config.platform`: versions that stand in for the real ones, `false` for a package that is to be absent.
    ///
    /// What PHP says is asked for once in a process, and remembered in `cache_dir` for as long as nothing changes that it
    /// depends on.
    pub fn of_this_machine(
        overrides: &IndexMap<String, Value>,
        cache_dir: Option<&Path>,
    ) -> Option<Self> {
        static SAID: OnceLock<Option<String>> = OnceLock::new();
        let text = SAID.get_or_init(|| said(cache_dir)).as_deref()?;
        let found: Vec<(&str, &str)> = lines(text)
            .filter(|(name, _)| !["ini", "dir", "map"].contains(name))
            .collect();
        let php = found.iter().find(|(name, _)| *name == "php")?.1;
        let entries = found
            .iter()
            .map(|&(name, version)| match name.strip_prefix("php-") {
                Some(_) => (name, php),
                None => (name, version),
            });
        let is_hidden = |name: &&str| overrides.get(*name) == Some(&Value::Bool(false));
        let hidden = found
            .iter()
            .map(|&(name, _)| name)
            .filter(is_hidden)
            .map(str::to_string)
            .collect();
        let ini_files = named(text, "ini").into_iter().map(str::to_string).collect();
        Some(Platform {
            packages: packages(entries, overrides),
            extensions_known: true,
            php_known: true,
            ini_files,
            hidden,
        })
    }

    /// The platform with `config.platform` laid over it.
    pub fn with_overrides(mut self, overrides: &IndexMap<String, Value>) -> Self {
        let known: Vec<(String, String)> = self
            .packages
            .iter()
            .filter(|package| !package.name.starts_with("composer"))
            .map(|package| (package.name.to_string(), package.pretty_version.to_string()))
            .collect();
        self.packages = packages(
            known
                .iter()
                .map(|(name, version)| (name.as_str(), version.as_str())),
            overrides,
        );
        self.php_known |= overrides.get("php").is_some_and(Value::is_string);
        self
    }

    /// The PHP version, as shown; none when it is not known.
    pub fn php(&self) -> Option<&str> {
        self.packages
            .iter()
            .find(|package| &*package.name == "php")
            .map(|package| &*package.pretty_version)
    }
}

/// What the PHP on the PATH says of itself, or said when it was asked before.
fn said(cache_dir: Option<&Path>) -> Option<String> {
    let memory = cache_dir.map(Memory::in_folder);
    if let Some(said) = memory.as_ref().and_then(Memory::recall) {
        return Some(said);
    }
    let output = Command::new("php")
        .args(["-r", PROBE])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let said = String::from_utf8(output.stdout)
        .ok()
        .filter(|_| output.status.success())?;
    let mut loaded = named(&said, "map");
    loaded.sort_unstable();
    loaded.dedup();
    if let Some(memory) = memory {
        memory.note(
            &said,
            &loaded,
            &[named(&said, "ini"), named(&said, "dir")].concat(),
        );
    }
    Some(said)
}

fn lines(said: &str) -> impl Iterator<Item = (&str, &str)> {
    said.lines().filter_map(|line| line.split_once(' '))
}

/// The files that PHP named as of one kind.
fn named<'s>(said: &'s str, kind: &str) -> Vec<&'s str> {
    let of_kind = lines(said).filter(|(name, _)| *name == kind);
    of_kind.map(|(_, file)| file).collect()
}

/// Composer's packages and those found, with the overrides in place of what they override, and the others added.
fn packages<'a>(
    found: impl IntoIterator<Item = (&'a str, &'a str)>,
    overrides: &IndexMap<String, Value>,
) -> Vec<Arc<Package>> {
    let mut actual: HashMap<&str, &str> = HashMap::new();
    let mut packages: IndexMap<String, Arc<Package>> = IndexMap::new();
    // Overrides come first, as in `PlatformRepository::initialize`.
    let found: Vec<(&str, &str)> = COMPOSER_PACKAGES.into_iter().chain(found).collect();
    for &(name, version) in &found {
        actual.entry(name).or_insert(version);
    }
    for (name, version) in overrides {
        let Some(version) = version.as_str() else {
            continue;
        };
        let note = match actual.get(name.as_str()) {
            Some(actual) => format!("Package overridden via config.platform, actual: {actual}"),
            None => "Package overridden via config.platform".to_string(),
        };
        packages.extend(package(name, version, Some(note)).map(|package| (name.clone(), package)));
    }
    for (name, version) in found {
        if overrides.contains_key(name) || packages.contains_key(name) {
            continue;
        }
        packages.extend(package(name, version, None).map(|package| (name.to_string(), package)));
    }
    packages.into_values().collect()
}

/// One platform package. The version of an extension that Composer cannot read is cut to its leading numbers, or 0; of a
/// library it is passed over, as `PlatformRepository::addLibrary` does.
fn package(name: &str, version: &str, note: Option<String>) -> Option<Arc<Package>> {
    let numbers: String = version
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    let readable = [version, numbers.trim_end_matches('.'), "0"];
    let tried = if name.starts_with("lib-") { 1 } else { 3 };
    let (pretty, parsed) = readable
        .iter()
        .take(tried)
        .find_map(|text| Some((*text, Version::parse(text).ok()?)))?;
    let metadata = match note {
        Some(note) => json!({"description": note, "extra": {"config.platform": true}}),
        None => Value::Null,
    };
    Some(Arc::new(Package {
        name: name.into(),
        pretty_name: name.into(),
        version: parsed,
        pretty_version: pretty.into(),
        kind: "php-ext".into(),
        requires: Links::default(),
        conflicts: Links::default(),
        provides: Links::default(),
        replaces: Links::default(),
        default_branch: false,
        branch_alias: None,
        metadata: Metadata::Value(Arc::new(metadata)),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(platform: &Platform) -> Vec<String> {
        platform
            .packages
            .iter()
            .map(|package| format!("{} {}", package.name, package.pretty_version))
            .collect()
    }

    #[test]
    fn overrides_replace_add_and_remove() {
        let overrides: IndexMap<String, Value> = [
            ("php".into(), json!("8.1.0")),
            ("ext-intl".into(), json!("3")),
            ("composer".into(), json!(false)),
        ]
        .into();
        let platform = Platform::of_php("8.3.2").with_overrides(&overrides);
        assert_eq!(platform.php(), Some("8.1.0"));
        assert_eq!(
            shown(&platform),
            [
                "php 8.1.0",
                "ext-intl 3",
                "composer-plugin-api 2.9.0",
                "composer-runtime-api 2.2.2",
                "php-64bit 8.3.2"
            ]
        );
    }

    #[test]
    fn unreadable_versions_are_cut() {
        let cut = package("ext-odd", "1.2.3 (bundled)", None).unwrap();
        assert_eq!(&*cut.pretty_version, "1.2.3");
        assert_eq!(
            &*package("ext-odder", "unknown", None)
                .unwrap()
                .pretty_version,
            "0"
        );
        assert!(package("lib-odd", "bundled (2.1.0 compatible)", None).is_none());
    }

    /// What Composer finds of the PHP on the PATH, this program finds.
    #[test]
    fn libraries_are_those_that_composer_finds() {
        let shown = Command::new("composer")
            .args(["show", "--platform", "--format=json", "--no-plugins"])
            .env("COMPOSER_ALLOW_SUPERUSER", "1")
            .current_dir(std::env::temp_dir())
            .stderr(Stdio::null())
            .output();
        let platform = Platform::of_this_machine(&IndexMap::new(), None);
        let (Ok(shown), Some(platform)) = (shown, platform) else {
            eprintln!("skipped: there is no PHP, or no Composer, on the PATH");
            return;
        };
        let Ok(shown) = serde_json::from_slice::<Value>(&shown.stdout) else {
            eprintln!("skipped: this Composer does not show its platform as JSON");
            return;
        };
        let theirs: Vec<String> = shown["platform"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let version = entry["version"].as_str()?;
                Some(format!("{} {version}", entry["name"].as_str()?))
            })
            .filter(|line| line.starts_with("lib-"))
            .collect();
        assert!(!theirs.is_empty(), "{shown}");
        let ours = self::shown(&platform);
        let missing: Vec<&String> = theirs.iter().filter(|line| !ours.contains(line)).collect();
        assert!(missing.is_empty(), "{missing:?} are not among {ours:?}");
    }
}
