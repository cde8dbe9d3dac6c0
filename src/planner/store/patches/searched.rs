//! Patches that say themselves what they are for, in tags above the first file (`patches-search` of
//! vaimo/composer-patches).

use crate::planner::store::packages::{Fate, Packages};
use crate::planner::store::patches::declared::Declared;
use crate::planner::store::patches::local::is_patch;
use crate::project::store_files::{Kind, StoreFiles, below};
use composer_engine::files;
use std::collections::BTreeMap;

/// The patches in a folder of the store, as they will be when their tags have the new names: those of the package that a patch
/// is for always follow, those of conditions only where any version will do.
pub(super) fn patches(
    folder: &str,
    packages: &Packages<'_>,
    store: &dyn StoreFiles,
) -> Vec<Declared> {
    let mut paths = Vec::new();
    collect(store, folder.trim_matches('/'), &mut paths);
    paths
        .into_iter()
        .filter(|path| is_patch(path))
        .filter_map(|path| {
            // The text is judged where all patches are.
            let bytes = store.read(&path, files::DATA).ok()?;
            declared(&String::from_utf8_lossy(&bytes), &path, packages)
        })
        .collect()
}

/// The files below a folder, by path; links are not followed.
fn collect(store: &dyn StoreFiles, folder: &str, paths: &mut Vec<String>) {
    for entry in store.entries(folder) {
        let path = below(folder, &entry.name);
        match entry.kind {
            Kind::File => paths.push(path),
            Kind::Folder => collect(store, &path, paths),
            Kind::Other => {}
        }
    }
}

fn declared(text: &str, path: &str, packages: &Packages<'_>) -> Option<Declared> {
    let tags = Tags::read(text);
    if tags.get("skip").is_some() {
        return None;
    }
    let new_name = |name: &str| match packages.fate(name) {
        Fate::Renamed(renamed) => renamed,
        _ => name.to_owned(),
    };
    let (version_of, mut version) = split(tags.get("version").unwrap_or("*"));
    let mut package = tags.get("package").map(str::to_owned);
    if let Some((name, own)) = package.as_deref().map(split_name)
        && !own.is_empty()
    {
        (version, package) = (own.to_owned(), Some(name.to_owned()));
    }
    let depends: Vec<(String, String)> = tags
        .all("depends")
        .map(|depends| {
            let (name, constraint) = split_name(depends);
            (name.to_ascii_lowercase(), constraint.to_owned())
        })
        .collect();
    let target = package
        .clone()
        .or_else(|| version_of.clone())
        .or_else(|| depends.first().map(|(name, _)| name.clone()))?
        .to_ascii_lowercase();
    // A version without a package is of the first that the patch depends on, else of the one that it is for.
    let mut conditions: Vec<(String, String)> = Vec::new();
    let (subject, is_target) = match (&version_of, depends.first()) {
        (Some(name), _) => (name.to_ascii_lowercase(), package.is_none()),
        (None, Some((name, _))) => (name.clone(), package.is_none()),
        (None, None) => (target.clone(), true),
    };
    let mut add = |name: &str, constraint: &str, follows: bool| {
        if !is_any(constraint) {
            let name = if follows {
                new_name(name)
            } else {
                name.to_owned()
            };
            conditions.push((name, constraint.to_owned()));
        }
    };
    add(&subject, &version, is_target);
    for (name, constraint) in &depends {
        let is_target = package.is_none() && version_of.is_none() && *name == target;
        add(name, constraint, is_target);
    }
    Some(Declared {
        package: new_name(&target),
        source: path.to_owned(),
        path: Some(path.to_owned()),
        level: tags.get("level").and_then(|level| level.parse().ok()),
        has_checksum: false,
        conditions,
        file: "its own tags".to_owned(),
    })
}

/// Whether a constraint, or none, admits every version.
pub(crate) fn is_any(constraint: &str) -> bool {
    matches!(constraint.trim(), "" | "*" | ">=0.0.0")
}

/// A package and what follows it after a colon.
pub(crate) fn split_name(text: &str) -> (&str, &str) {
    text.split_once(':')
        .map_or((text.trim(), ""), |(name, rest)| (name.trim(), rest.trim()))
}

fn split(version: &str) -> (Option<String>, String) {
    match version.split_once(':') {
        Some((name, rest)) => (Some(name.trim().to_owned()), rest.trim().to_owned()),
        None => (None, version.trim().to_owned()),
    }
}

/// The tags above the first file of a patch, by their names; other spellings of a name count as it.
#[derive(Debug, Default)]
pub(crate) struct Tags<'t>(BTreeMap<&'static str, Vec<&'t str>>);

/// The tags that matter here, with the other spellings of each.
const TAGS: [(&str, &[&str]); 5] = [
    ("package", &["target", "module", "targets"]),
    ("version", &["constraint"]),
    ("depends", &[]),
    ("skip", &[]),
    ("level", &[]),
];

impl<'t> Tags<'t> {
    pub(crate) fn read(text: &'t str) -> Self {
        let mut tags = Self::default();
        let preamble = text.lines().take_while(|line| {
            !["--- ", "diff ", "Index: "]
                .iter()
                .any(|head| line.starts_with(head))
        });
        for line in preamble {
            let Some(line) = line
                .trim_start_matches([' ', '\t', '*', '#'])
                .strip_prefix('@')
            else {
                continue;
            };
            let (word, value) = line.split_once([' ', '\t', ':']).unwrap_or((line, ""));
            let known = TAGS
                .iter()
                .find(|(name, others)| *name == word || others.contains(&word));
            if let Some((name, _)) = known {
                tags.0.entry(name).or_default().push(value.trim());
            }
        }
        tags
    }

    pub(crate) fn get(&self, tag: &str) -> Option<&'t str> {
        self.all(tag).next()
    }

    fn all(&self, tag: &str) -> impl Iterator<Item = &'t str> + '_ {
        self.0.get(tag).into_iter().flatten().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::store::packages::tests::{locks, packages};

    fn read(tags: &str) -> Option<(String, Vec<(String, String)>)> {
        let (old, new) = locks();
        let packages = packages(&old, &new, false);
        let text = format!("Why\n\n{tags}\n\n--- a/A.php\n+++ b/A.php\n@package no/no\n");
        let patch = declared(&text, "p/a.patch", &packages)?;
        Some((patch.package, patch.conditions))
    }

    #[test]
    fn tags_say_what_a_patch_is_for() {
        let found = |package: &str, conditions: &[(&str, &str)]| {
            let own = |text: &&str| (*text).to_owned();
            let conditions = conditions.iter().map(|(name, of)| (own(name), own(of)));
            Some((package.to_owned(), conditions.collect::<Vec<_>>()))
        };
        let framework = "mage-os/framework";
        for (tags, expected) in [
            ("@package magento/framework", found(framework, &[])),
            ("@module magento/framework\n@level 1", found(framework, &[])),
            (
                "@package magento/framework\n@version ^103",
                found(framework, &[(framework, "^103")]),
            ),
            (
                "@package magento/framework:^103",
                found(framework, &[(framework, "^103")]),
            ),
            (
                "@version magento/framework:>=103 <104",
                found(framework, &[(framework, ">=103 <104")]),
            ),
            (
                "@package acme/blog\n@depends magento/framework\n@version ^103",
                found("acme/blog", &[("magento/framework", "^103")]),
            ),
            (
                "@package acme/blog\n@depends magento/framework:^103\n@depends magento/module-sales",
                found("acme/blog", &[("magento/framework", "^103")]),
            ),
            (
                "@package acme/blog\n@constraint magento/framework:^103",
                found("acme/blog", &[("magento/framework", "^103")]),
            ),
            ("@package magento/framework\n@skip", None),
            ("@label nothing", None),
        ] {
            assert_eq!(read(tags), expected, "{tags}");
        }
    }
}
