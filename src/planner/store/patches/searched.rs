//! Patches that say themselves what they are for, in tags above the first file (`patches-search` of
//! vaimo/composer-patches).

use crate::planner::store::packages::{Fate, Packages};
use crate::planner::store::patches::declared::{Condition, Declared};
use crate::planner::store::patches::local::is_patch;
use crate::project::store_files::{Kind, StoreFiles, below};
use composer_engine::files;
use std::collections::BTreeMap;

/// The patches in a folder of the store, as they will be when their tags have the new names: those of the package that a patch
/// is for always follow, those of conditions only where any version will do. Stars and question marks in `pattern` stand for
/// parts of names: `app/code/Acme/*/patches`.
pub(super) fn patches(
    pattern: &str,
    packages: &Packages<'_>,
    store: &dyn StoreFiles,
) -> Vec<Declared> {
    let mut paths = Vec::new();
    let pattern = pattern.trim_matches('/');
    match pattern.contains(['*', '?']) {
        true => {
            let steps: Vec<&str> = pattern.split('/').collect();
            follow(store, "", &steps, &mut paths);
        }
        false => collect(store, pattern, &mut paths),
    }
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

/// The files that a pattern leads to, and those below the folders that it leads to.
fn follow(store: &dyn StoreFiles, folder: &str, steps: &[&str], paths: &mut Vec<String>) {
    let Some((step, rest)) = steps.split_first() else {
        return;
    };
    for entry in store.entries(folder) {
        if !is_like(step.as_bytes(), entry.name.as_bytes()) {
            continue;
        }
        let path = below(folder, &entry.name);
        match (entry.kind, rest) {
            (Kind::Folder, []) => collect(store, &path, paths),
            (Kind::Folder, rest) => follow(store, &path, rest, paths),
            (Kind::File, []) => paths.push(path),
            (Kind::File | Kind::Other, _) => {}
        }
    }
}

/// Whether a name is what a pattern with `*` and `?` says; a star does not stand for a dot at the beginning.
fn is_like(pattern: &[u8], name: &[u8]) -> bool {
    let is_hidden = name.starts_with(b".") && !pattern.starts_with(b".");
    // The last star, and what of the name it may have to take in.
    let (mut at, mut place, mut star) = (0, 0, None);
    while let Some(byte) = name.get(place) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, place));
                at += 1;
            }
            Some(wanted) if *wanted == b'?' || wanted == byte => {
                at += 1;
                place += 1;
            }
            _ => match &mut star {
                Some((star, taken)) => {
                    *taken += 1;
                    (at, place) = (*star + 1, *taken);
                }
                None => return false,
            },
        }
    }
    let rest = pattern.get(at..).unwrap_or_default();
    !is_hidden && rest.iter().all(|byte| *byte == b'*')
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
    let is_bundle = tags.get("type").is_some_and(|kinds| {
        kinds
            .split('+')
            .any(|kind| BUNDLED.contains(&kind.trim().to_ascii_lowercase().as_str()))
    });
    let target = match is_bundle {
        true => BUNDLE.to_owned(),
        false => package
            .clone()
            .or_else(|| version_of.clone())
            .or_else(|| depends.first().map(|(name, _)| name.clone()))?
            .to_ascii_lowercase(),
    };
    // A version without a package is of the first that the patch depends on, else of the one that it is for.
    let mut conditions: Vec<Condition> = Vec::new();
    let (subject, is_target) = match (&version_of, depends.first()) {
        (Some(name), _) => (name.to_ascii_lowercase(), package.is_none()),
        (None, Some((name, _))) => (name.clone(), package.is_none()),
        (None, None) => (target.clone(), true),
    };
    let mut add = |name: &str, constraint: &str, follows: bool| {
        let condition = match name.strip_prefix('!') {
            // Who has the package must not have it under its new name either, where the tag follows.
            Some(bare) if is_any(constraint) => {
                let bare = if is_any(&version) {
                    new_name(bare)
                } else {
                    bare.to_owned()
                };
                Condition::of(&format!("!{bare}"), "*")
            }
            None if is_any(constraint) => return,
            _ if follows => Condition::of(&new_name(name), constraint),
            _ => Condition::of(name, constraint),
        };
        if !conditions.contains(&condition) {
            conditions.push(condition);
        }
    };
    if subject != BUNDLE && !is_any(&version) {
        add(&subject, &version, is_target);
    }
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
const TAGS: [(&str, &[&str]); 6] = [
    ("package", &["target", "module", "targets"]),
    ("version", &["constraint"]),
    ("depends", &[]),
    ("skip", &[]),
    ("level", &[]),
    ("type", &["mode"]),
];

/// The values of the tag for the type that mean a patch for several packages.
const BUNDLED: [&str; 6] = ["bundle", "bundled", "merged", "multiple", "multi", "group"];

/// The name that such patches are declared for.
const BUNDLE: &str = "*";

impl<'t> Tags<'t> {
    /// Reads the lines before the first file that begin with `@`, behind what comments begin with.
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

    /// The first value of a tag; empty for one without.
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
    use crate::project::store_files::MapFiles;

    fn read(tags: &str) -> Option<(String, Vec<(String, String)>)> {
        let (old, new) = locks();
        let packages = packages(&old, &new, false);
        let text = format!("Why\n\n{tags}\n\n--- a/A.php\n+++ b/A.php\n@package no/no\n");
        let patch = declared(&text, "p/a.patch", &packages)?;
        let conditions = patch.conditions.into_iter().map(|condition| {
            let not = if condition.is_negated { "!" } else { "" };
            (format!("{not}{}", condition.package), condition.constraint)
        });
        Some((patch.package, conditions.collect()))
    }

    #[test]
    fn folders_are_found_by_patterns() {
        let files = [
            "app/code/Acme/One/patches/a.patch",
            "app/code/Acme/Two/patches/deep/b.PATCH",
            "app/code/Acme/Two/patches/notes.txt",
            "app/code/Acme/Two/other/c.patch",
            "app/code/Acme/.old/patches/d.patch",
        ];
        let text = b"@package acme/blog\n--- a/A.php\n+++ b/A.php\n".to_vec();
        let store = MapFiles::of(files.map(|path| (path, text.clone())));
        let (old, new) = locks();
        let packages = packages(&old, &new, false);
        let found = |pattern: &str| -> Vec<String> {
            let all = patches(pattern, &packages, &store).into_iter();
            all.map(|patch| patch.source).collect()
        };
        let [one, two, ..] = files;
        assert_eq!(found("app/code/Acme/*/patches"), [one, two]);
        assert_eq!(found("app/code/*/?wo/p*s/"), [two]);
        assert_eq!(found("app/code/Acme/One/patches/*.patch"), [one]);
        assert_eq!(found("app/code/Acme/*/none"), [""; 0]);
        assert_eq!(found("app/code/Acme/One"), [one]);
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
            (
                "@package acme/blog\n@depends !magento/framework",
                found("acme/blog", &[("!mage-os/framework", "*")]),
            ),
            (
                "@package acme/blog\n@depends !magento/framework:<103",
                found("acme/blog", &[("!magento/framework", "<103")]),
            ),
            ("@type dev+bundle\n@label x", found("*", &[])),
            ("@package magento/framework\n@skip", None),
            ("@label nothing", None),
        ] {
            assert_eq!(read(tags), expected, "{tags}");
        }
    }
}
