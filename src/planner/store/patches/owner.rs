//! Who declares patches, and what it says about all of them: the root, or an installed package.

use crate::planner::store::patches::base::{self, Parts};
use regex::Regex;
use rustc_hash::FxHashMap;
use serde_json::Value;

/// Where the settings of vaimo/composer-patches may stand: each beside the patches, or all below one key, which may be for one
/// system only (`patcher-linux`).
fn settings<'a>(manifest: &'a Value, long: &str, short: &str) -> Vec<&'a Value> {
    let sections = ["extra", "config"]
        .into_iter()
        .filter_map(|section| manifest.get(section)?.as_object());
    let mut found = Vec::new();
    for section in sections {
        found.extend(section.get(long));
        found.extend(
            section
                .iter()
                .filter(|(key, _)| *key == "patcher" || key.starts_with("patcher-"))
                .filter_map(|(_, patcher)| patcher.get(short)),
        );
    }
    found
}

/// The texts of a setting that is one, or a list of them.
pub(super) fn texts(manifest: &Value, long: &str, short: &str) -> Vec<String> {
    settings(manifest, long, short)
        .into_iter()
        .flat_map(|value| match value {
            Value::Array(list) => list.iter().collect(),
            other => vec![other],
        })
        .filter_map(|text| Some(text.as_str()?.trim_start_matches("./").to_owned()))
        .collect()
}

/// Who declares patches.
pub(super) struct Owner {
    /// What people are told: a file of the store, or a package.
    pub name: String,
    /// Which package versions are of that do not say so.
    pub depends: Depends,
    /// Whether paths are made with a template or lie below a folder.
    pub has_base: bool,
    base: Base,
    levels: Levels,
}

/// How many leading folders are left out where a patch does not say so.
#[derive(Default)]
struct Levels {
    by_package: FxHashMap<String, usize>,
    default: Option<usize>,
}

impl Levels {
    /// `patchLevel` of cweagans/composer-patches 1, which is an option of `patch` (`-p2`), and `package-depths` and
    /// `default-patch-depth` of its second version.
    fn of_root(root: &Value) -> Self {
        let number = |value: &Value| {
            let text = value.as_str().map(|text| text.trim_start_matches("-p"));
            let number = value.as_u64().or_else(|| text?.parse().ok())?;
            usize::try_from(number).ok()
        };
        let extra = root.get("extra");
        let second = extra.and_then(|extra| extra.get("composer-patches"));
        let maps = [
            extra.and_then(|extra| extra.get("patchLevel")),
            second.and_then(|second| second.get("package-depths")),
        ];
        let levels = maps.into_iter().flatten().filter_map(Value::as_object);
        let levels = levels
            .flatten()
            .filter_map(|(name, level)| Some((name.to_ascii_lowercase(), number(level)?)));
        Self {
            by_package: levels.collect(),
            default: second
                .and_then(|second| second.get("default-patch-depth"))
                .and_then(number),
        }
    }
}

/// How paths are made from sources.
enum Base {
    /// They begin from this folder of the store, which ends with `/` unless it is the store itself.
    Folder(String),
    /// By a template, or by one for each package or vendor.
    Templates(Value),
    /// They cannot be told.
    Unknown,
}

impl Owner {
    /// The root; `file` is the one that the patches stand in.
    pub(super) fn root(root: &Value, file: &str) -> Self {
        let bases = settings(root, "patches-base", "paths");
        let base = match bases.as_slice() {
            [] => Base::Folder(String::new()),
            [Value::String(folder)] if !folder.contains("{{") => {
                Base::Folder(format!("{}/", folder.trim_matches('/')))
            }
            [templates] => Base::Templates((*templates).clone()),
            _ => Base::Unknown,
        };
        Self {
            name: file.to_owned(),
            depends: Depends::of_manifest(root),
            has_base: !bases.is_empty(),
            base,
            levels: Levels::of_root(root),
        }
    }

    /// An installed package, as its entry in a lock describes it. Its patches lie in its own folder and are not looked at.
    pub(super) fn package(name: &str, entry: &Value) -> Self {
        Self {
            name: name.to_owned(),
            depends: Depends::of_manifest(entry),
            has_base: !settings(entry, "patches-base", "paths").is_empty(),
            base: Base::Unknown,
            levels: Levels::default(),
        }
    }

    /// How many leading folders of paths are left out in patches for a package that do not say so.
    pub(super) fn level_of(&self, package: &str) -> Option<usize> {
        let Levels {
            by_package,
            default,
        } = &self.levels;
        by_package.get(package).copied().or(*default)
    }

    /// Where a source lies in the store; none when it is no file there, or cannot be told.
    pub(super) fn path(&self, parts: Parts<'_>) -> Option<String> {
        if parts.file.contains("://") {
            return None;
        }
        match &self.base {
            Base::Folder(folder) => {
                Some(format!("{folder}{}", parts.file.trim_start_matches("./")))
            }
            Base::Templates(templates) => {
                base::path(base::template(templates, parts.package)?, parts)
            }
            Base::Unknown => None,
        }
    }
}

/// `patches-depend`: which package the version of a patch is of, by the package that the patch is for.
#[derive(Default)]
pub(super) struct Depends {
    patterns: Vec<(Regex, String)>,
    default: Option<String>,
}

impl Depends {
    fn of_manifest(manifest: &Value) -> Self {
        let mut depends = Self::default();
        for setting in settings(manifest, "patches-depend", "depends") {
            match setting {
                Value::String(package) => depends.default = Some(package.to_ascii_lowercase()),
                Value::Object(patterns) => {
                    for (pattern, package) in patterns {
                        depends.add(pattern, package.as_str().unwrap_or_default());
                    }
                }
                _ => {}
            }
        }
        depends
    }

    /// The plugin looks for the pattern anywhere in the name; one of stars alone is the star of bundled patches.
    fn add(&mut self, pattern: &str, package: &str) {
        if package.is_empty() {
            return;
        }
        let package = package.to_ascii_lowercase();
        if pattern == "default" {
            self.default = Some(package);
            return;
        }
        let escaped = regex::escape(pattern);
        let is_literal = pattern.trim_matches('*').is_empty();
        let expression = match is_literal {
            true => escaped,
            false => escaped.replace(r"\*", ".*"),
        };
        // A pattern that is too large for an expression matches nothing.
        if let Ok(expression) = Regex::new(&expression) {
            self.patterns.push((expression, package));
        }
    }

    /// The package that versions of patches for `target` are of.
    pub(super) fn of(&self, target: &str) -> String {
        self.patterns
            .iter()
            .find(|(pattern, _)| pattern.is_match(target))
            .map(|(_, package)| package)
            .or(self.default.as_ref())
            .cloned()
            .unwrap_or_else(|| target.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_begin_from_the_base() {
        let path = |extra: Value, file: &str| {
            Owner::root(&json!({"extra": extra}), "f").path(Parts {
                file,
                package: "acme/cart",
                label: "",
                version: None,
            })
        };
        assert_eq!(path(json!({}), "./a.patch").as_deref(), Some("a.patch"));
        assert_eq!(path(json!({}), "https://x/a.patch"), None);
        let base = json!({"patches-base": "etc/patches/"});
        assert_eq!(
            path(base, "a.patch").as_deref(),
            Some("etc/patches/a.patch")
        );
        let template = json!({"patches-base": "p/{{VendorName}}/{{file}}"});
        assert_eq!(path(template, "a").as_deref(), Some("p/Acme/a"));
        let templates = json!({"patcher": {"paths": {"*": "x", "acme": "y/{{file}}"}}});
        assert_eq!(path(templates, "a").as_deref(), Some("y/a"));
        assert_eq!(path(json!({"patches-base": "{{odd}}"}), "a"), None);
        let two = json!({"patches-base": "x", "patcher": {"paths": "y"}});
        assert_eq!(path(two, "a"), None);
    }

    #[test]
    fn settings_stand_in_two_places() {
        let root = json!({"extra": {
            "patches-search": ["./one"], "patcher": {"search": "two"}, "patcher-linux": {"search": ["three"]}, "patchers": {"search": "no"},
        }});
        assert_eq!(
            texts(&root, "patches-search", "search"),
            ["one", "two", "three"]
        );
    }
}
