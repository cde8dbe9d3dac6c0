//! Between a lock's text and what the resolver knows of it.

use crate::format::json::error::JsonError;
use crate::format::lock::content_hash::content_hash;
use crate::format::lock::contents::{LockContents, lock_text};
use crate::format::lock::entry;
use crate::format::lock::{Lock, LockStyle, LockedAlias, same_data};
use crate::format::package::links::Link;
use crate::format::package::loader::LoadError;
use crate::format::package::platform::is_platform_package;
use crate::format::root::{RootAlias, RootPackage};
use crate::format::version::Version;
use crate::repository::PackageSource;
use crate::resolve::candidate::Origin;
use crate::resolve::update::{Chosen, LockedPackages, Update};
use indexmap::IndexMap;
use regex::Regex;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};
use std::sync::{Arc, LazyLock};

/// The packages of a lock, as the resolver takes them.
pub fn locked_packages(lock: &Lock) -> Result<LockedPackages, LoadError> {
    let aliases = lock.aliases().into_iter().map(|alias| RootAlias {
        package: alias.package.to_lowercase().into(),
        version: Version::from_normalized(&alias.version),
        alias: alias.alias.into(),
        alias_normalized: Version::from_normalized(&alias.alias_normalized),
    });
    Ok(LockedPackages {
        packages: lock.load_packages()?,
        packages_dev: lock.load_packages_dev()?,
        aliases: aliases.collect(),
    })
}

/// How a lock is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entries {
    /// Every entry anew from the repositories, as Composer does.
    Fresh,
    /// What stays at its version and commit, and asks for the same, keeps its entry, byte for byte: then the lock's diff shows what moves and nothing else.
    Kept,
    /// What stays at its version keeps its entry but for the addresses of source and dist (`composer update --lock`).
    Readdressed,
}

/// The text of a new lock and its data.
#[derive(Debug, Clone)]
pub struct NewLock {
    /// The lock as a value.
    pub value: Arc<Value>,
    /// The old text when it says the same already: Composer leaves such a file alone, however it is formatted.
    pub text: String,
}

/// Why a lock cannot be written down.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// The text of the root does not decode.
    #[error(transparent)]
    Root(#[from] JsonError),
    /// The metadata of a package cannot be written into a lock.
    #[error(transparent)]
    Metadata(#[from] BadMetadata),
}

/// A version in a repository's metadata that no lock can hold: Composer would refuse it, now or when it reads the lock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{repository} has metadata of {package} {version} that nobody can install: {problem}")]
pub struct BadMetadata {
    /// The repository's address, fit to be shown; what stands for it when its packages are inline.
    pub repository: String,
    /// The package.
    pub package: String,
    /// Its version.
    pub version: String,
    /// What is wrong with its metadata.
    pub problem: String,
}

/// Writes down an update. Fails for an entry that would make the lock one that is refused when it is read.
pub fn new_lock(
    root_text: &str,
    root: &RootPackage,
    update: &Update,
    source: &dyn PackageSource,
    old: Option<(&Lock, &str)>,
    prefer: Preferences,
    entries: Entries,
) -> Result<NewLock, LockError> {
    let style = old.map_or_else(LockStyle::default, |(lock, _)| lock.style());
    let known: FxHashMap<String, &Value> = match old {
        Some((lock, _)) if entries != Entries::Fresh => {
            let all = lock.packages().chain(lock.packages_dev());
            all.filter_map(|entry| Some((entry.get("name")?.as_str()?.to_lowercase(), entry)))
                .collect()
        }
        _ => FxHashMap::default(),
    };
    let dump = |chosen: &Chosen| -> Result<Value, BadMetadata> {
        let old_entry = known.get(&*chosen.package.name).copied();
        match (entries, old_entry) {
            (Entries::Kept, Some(entry))
                if is_same_commit(entry, chosen) && has_same_links(entry, chosen) =>
            {
                Ok(entry.clone())
            }
            (Entries::Readdressed, Some(entry)) if is_same_version(entry, chosen) => {
                Ok(readdressed(entry, new_entry(chosen, source)?))
            }
            _ => new_entry(chosen, source),
        }
    };
    let flags = root.all_requires();
    let required = flags
        .keys()
        .filter_map(|name| root.stability_flags.get_key_value(name));
    // Those that `--with` adds come last.
    let stability_flags: IndexMap<String, u8> = required
        .chain(&root.stability_flags)
        .map(|(name, stability)| (name.to_string(), stability.value()))
        .collect();
    let contents = LockContents {
        content_hash: content_hash(root_text)?,
        packages: update.packages.iter().map(dump).collect::<Result<_, _>>()?,
        packages_dev: Some(
            update
                .packages_dev
                .iter()
                .map(dump)
                .collect::<Result<_, _>>()?,
        ),
        aliases: update.aliases.iter().map(locked_alias).collect(),
        minimum_stability: root.minimum_stability.name().to_string(),
        stability_flags,
        prefer_stable: prefer.stable || root.prefer_stable,
        prefer_lowest: prefer.lowest,
        platform: platform(&root.requires),
        platform_dev: platform(&root.dev_requires),
        platform_overrides: root
            .platform
            .clone()
            .into_iter()
            .collect::<Map<String, Value>>(),
    };
    let value = contents.into_value(&style);
    let text = match old {
        Some((lock, text)) if same_data(lock.value(), &value) => text.to_string(),
        _ => lock_text(&value, &style),
    };
    Ok(NewLock {
        value: Arc::new(value),
        text,
    })
}

/// The preferences that a lock notes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Preferences {
    /// `--prefer-stable`; the root's `prefer-stable` counts anyway.
    pub stable: bool,
    /// `--prefer-lowest`
    pub lowest: bool,
}

fn platform(links: &[Link]) -> IndexMap<String, String> {
    let platform = links
        .iter()
        .filter(|link| is_platform_package(&link.target));
    platform
        .map(|link| (link.target.to_string(), link.pretty_constraint.to_string()))
        .collect()
}

fn locked_alias(alias: &RootAlias) -> LockedAlias {
    LockedAlias {
        package: alias.package.to_string(),
        version: alias.version.as_str().to_string(),
        alias: alias.alias.to_string(),
        alias_normalized: alias.alias_normalized.as_str().to_string(),
    }
}

/// Whether a locked entry is of the version that was chosen, however it is written.
fn is_same_version(entry: &Value, chosen: &Chosen) -> bool {
    let locked = entry.get("version").and_then(Value::as_str);
    locked
        .and_then(|version| Version::parse(version).ok())
        .as_ref()
        == Some(&chosen.package.version)
}

/// Whether a locked entry is of the version, as written, and the commit that were chosen. A release keeps its entry
/// whatever its commit: tags do not move.
fn is_same_commit(entry: &Value, chosen: &Chosen) -> bool {
    if entry.get("version").and_then(Value::as_str) != Some(&chosen.package.pretty_version) {
        return false;
    }
    let locked = entry
        .pointer("/source/reference")
        .or_else(|| entry.pointer("/dist/reference"))
        .and_then(Value::as_str);
    let wanted = chosen
        .reference
        .clone()
        .or_else(|| chosen.package.source_reference())
        .or_else(|| chosen.package.dist_reference());
    let is_branch =
        chosen.package.version.stability() == crate::format::version::stability::Stability::Dev;
    !is_branch || wanted.is_none_or(|wanted| locked == Some(&*wanted))
}

/// Whether a locked entry asks for what the chosen package does. A repository may say otherwise about a version than it did
/// when it was locked, and what was found goes with what it says now.
fn has_same_links(entry: &Value, chosen: &Chosen) -> bool {
    fn links(section: Option<&Value>) -> Option<&Map<String, Value>> {
        let links = section.and_then(Value::as_object);
        links.filter(|links| !links.is_empty())
    }
    ["require", "conflict", "provide", "replace"]
        .into_iter()
        .all(|section| {
            let found = chosen.package.metadata.get(section);
            links(entry.get(section)) == links(found.as_ref())
        })
}

fn new_entry(chosen: &Chosen, source: &dyn PackageSource) -> Result<Value, BadMetadata> {
    let repository = match chosen.origin {
        Origin::Repository(index) => source.repositories().get(index).map(|info| (index, info)),
        _ => None,
    };
    let mut entry = match repository {
        None => entry::dump(&chosen.package.metadata.to_value(), None),
        Some((index, info)) => {
            source
                .entry(index, &chosen.package)
                .map_err(|problem| BadMetadata {
                    repository: match info.url.as_str() {
                        "" => "a repository of composer.json".to_owned(),
                        url => url.to_owned(),
                    },
                    package: chosen.package.name.to_string(),
                    version: chosen.package.pretty_version.to_string(),
                    problem: problem.to_string(),
                })?
        }
    };
    if let Some(reference) = &chosen.reference {
        set_reference(&mut entry, reference);
    }
    Ok(entry)
}

/// A locked entry with the addresses of a fresh one of the same version; the fresh one itself when the lock notes no commit or
/// another kind of source (`LockTransaction::updateMirrorAndUrls`).
fn readdressed(locked: &Value, fresh: Value) -> Value {
    let mut entry = entry::dump(locked, None);
    let kind = |entry: &Value, section: &str| {
        entry
            .get(section)
            .and_then(|section| section.get("type"))
            .cloned()
    };
    let has_commit = entry
        .pointer("/source/reference")
        .is_some_and(|commit| !commit.is_null());
    if !has_commit || kind(&entry, "source") != kind(&fresh, "source") {
        return fresh;
    }
    let same_dist = kind(&entry, "dist") == kind(&fresh, "dist");
    if let (Some(source), Some(fresh)) = (section(&mut entry, "source"), fresh.get("source")) {
        source.extend(fresh.get("url").map(|url| ("url".to_string(), url.clone())));
        set_mirrors(source, fresh);
    }
    if same_dist && let (Some(dist), Some(fresh)) = (section(&mut entry, "dist"), fresh.get("dist"))
    {
        let url = fresh.get("url").and_then(Value::as_str);
        let commit = dist
            .get("reference")
            .and_then(Value::as_str)
            .map(str::to_string);
        if let (Some(url), Some(commit)) = (url, commit)
            && is_known_host(url)
        {
            dist.insert("url".to_string(), at_commit(url, &commit).into());
        }
        set_mirrors(dist, fresh);
    }
    entry
}

fn section<'e>(entry: &'e mut Value, name: &str) -> Option<&'e mut Map<String, Value>> {
    entry.get_mut(name).and_then(Value::as_object_mut)
}

fn set_mirrors(section: &mut Map<String, Value>, fresh: &Value) {
    section.shift_remove("mirrors");
    section.extend(
        fresh
            .get("mirrors")
            .map(|mirrors| ("mirrors".to_string(), mirrors.clone())),
    );
}

/// Whether the archive addresses of a host contain the commit.
fn is_known_host(url: &str) -> bool {
    static HOSTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?i)^https?://(?:(?:www\.)?bitbucket\.org|(?:api\.)?github\.com|(?:www\.)?gitlab\.com)/",
        )
        .ok()
    });
    HOSTS.as_ref().is_some_and(|hosts| hosts.is_match(url))
}

/// An archive address with another commit in it.
fn at_commit(url: &str, commit: &str) -> String {
    static COMMIT: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?i)(/|sha=)[a-f0-9]{40}(/|$)").ok());
    match &*COMMIT {
        Some(pattern) => pattern
            .replace_all(url, format!("${{1}}{commit}${{2}}"))
            .into_owned(),
        None => url.to_string(),
    }
}

/// Points an entry at the commit that the root demands (`Package::setSourceDistReferences`).
fn set_reference(entry: &mut Value, reference: &str) {
    if let Some(source) = section(entry, "source") {
        source.insert("reference".to_string(), reference.into());
    }
    let Some(dist) = section(entry, "dist") else {
        return;
    };
    let url = dist.get("url").and_then(Value::as_str).unwrap_or_default();
    if is_known_host(url) {
        let url = at_commit(url, reference);
        dist.insert("reference".to_string(), reference.into());
        dist.insert("url".to_string(), url.into());
    } else if dist
        .get("reference")
        .and_then(Value::as_str)
        .is_some_and(|known| !known.is_empty())
    {
        dist.insert("reference".to_string(), reference.into());
    }
}
