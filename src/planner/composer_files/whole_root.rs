//! What composer-merge-plugin makes of composer.json while Composer runs.
//!
//! The root itself is never written with it. Of two constraints on one name both hold, unless `replace` lets the later or
//! `ignore-duplicates` the earlier one win; what stands in `require-dev` of a file comes after `require` of all files. The
//! plugin reads stability flags and aliases in its own way, which is not quite Composer's.

use crate::planner::composer_files::merge_plugin::{
    Addition, IncludedFile, Settings, entries, is_configured, links, prepended,
};
use crate::profile::FileLinks;
use composer_engine::format::constraint::Constraint;
use composer_engine::format::constraint::intervals::is_subset_of;
use composer_engine::format::package::Package;
use composer_engine::format::package::links::{Link, Links};
use composer_engine::format::package::loader::unique_links;
use composer_engine::format::root::{RootError, RootPackage};
use composer_engine::format::version::stability::Stability;
use indexmap::IndexMap;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The constraint that means the version of the package it stands in.
const SELF_VERSION: &str = "self.version";

/// The links of a section, by what they point at.
type Section = IndexMap<Arc<str>, Link>;

/// composer.json with the repositories of the files before its own, and with every name that they link to. A constraint there is
/// that of the first who links to it: what holds together is said by [`package`].
pub(crate) fn document(root: &Value, included: &[Addition]) -> Value {
    let mut whole = root.clone();
    if !is_configured(root) {
        return whole;
    }
    let sections = sections(Settings::of(root));
    for addition in included {
        let file = match addition {
            Addition::Own => {
                add_repositories(&mut whole, prepended(root));
                continue;
            }
            Addition::File(file) => file,
        };
        add_repositories(&mut whole, entries(file));
        for &section in &sections {
            let known = whole.get(section).and_then(Value::as_object);
            let mut all = known.cloned().unwrap_or_default();
            for (name, constraint) in links(file, section) {
                all.entry(name.to_ascii_lowercase())
                    .or_insert_with(|| constraint.clone());
            }
            if let Some(fields) = whole.as_object_mut().filter(|_| !all.is_empty()) {
                fields.insert(section.to_owned(), Value::Object(all));
            }
        }
    }
    whole
}

/// The sections of a file that the plugin takes.
fn sections(settings: Settings) -> Vec<&'static str> {
    let mut sections = vec!["require", "conflict", "provide"];
    sections.extend(settings.merge_dev.then_some("require-dev"));
    sections.extend(settings.merge_replace.then_some("replace"));
    sections
}

/// The root as the solver sees it.
pub(crate) fn package(root: &Value, included: &[Addition]) -> Result<RootPackage, RootError> {
    let mut whole = RootPackage::load(root)?;
    if !is_configured(root) || included.is_empty() {
        return Ok(whole);
    }
    let own = &*whole.package;
    let mut by_section: BTreeMap<&str, Section> = BTreeMap::new();
    let known = [
        ("require", whole.requires.as_slice()),
        ("require-dev", &whole.dev_requires),
        ("conflict", &own.conflicts),
        ("replace", &own.replaces),
        ("provide", &own.provides),
    ];
    for (section, links) in known {
        let links = links.iter().map(|link| (link.target.clone(), link.clone()));
        by_section.insert(section, links.collect());
    }
    let mut flags = whole.stability_flags.clone();
    let settings = Settings::of(root);
    for section in sections(settings) {
        let Some(known) = by_section.get_mut(section) else {
            continue;
        };
        let files = included.iter().filter_map(|addition| match addition {
            Addition::Own => None,
            Addition::File(file) => Some(file),
        });
        for file in files {
            let written = loaded(section, file)?;
            let meant = |link: &Link| meant(link, known, file, own);
            let new: Vec<Link> = written.iter().map(meant).collect();
            if section.starts_with("require") {
                add_flags(&written, whole.minimum_stability, &mut flags);
                new.into_iter()
                    .for_each(|link| require(known, link, settings));
            } else {
                known.extend(new.into_iter().map(|link| (link.target.clone(), link)));
            }
        }
    }
    let mut taken = |section: &str| -> Vec<Link> {
        let links = by_section.remove(section).unwrap_or_default();
        links.into_values().collect()
    };
    whole.package = Arc::new(Package {
        conflicts: Links::from(taken("conflict")),
        replaces: Links::from(taken("replace")),
        provides: Links::from(taken("provide")),
        ..own.clone()
    });
    let (requires, dev_requires) = (taken("require"), taken("require-dev"));
    for link in requires.iter().chain(&dev_requires) {
        let text = &*link.pretty_constraint;
        // The plugin takes an alias only where it is the whole constraint.
        if text.contains(" as ") && text.contains([',', '|']) {
            return Err(RootError::InvalidAlias {
                package: link.target.to_string(),
                constraint: text.to_owned(),
            });
        }
    }
    whole.stability_flags = flags;
    whole.set_requirements(requires, dev_requires)?;
    Ok(whole)
}

/// The links of a file, as written.
fn loaded(section: &'static str, file: &Value) -> Result<Vec<Link>, RootError> {
    let link = |(name, constraint): (&String, &Value)| {
        let text = constraint.as_str().unwrap_or_default();
        // What that means is said by the root.
        let constraint = match text {
            SELF_VERSION => Ok(Arc::new(Constraint::Any)),
            _ => Constraint::parse_cached(text),
        };
        let constraint = constraint.map_err(|error| RootError::InvalidConstraint {
            section,
            package: name.clone(),
            constraint: text.to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Link {
            target: name.to_lowercase().into(),
            constraint,
            pretty_constraint: text.into(),
        })
    };
    // Two names that differ in case are one, and the later says what of it.
    let all: Result<Vec<Link>, RootError> = links(file, section).map(link).collect();
    Ok(unique_links(all?))
}

/// A link of a file with what `self.version` stands for: the version in which the root links to that file's package in the same
/// section, else the root's own.
fn meant(link: &Link, known: &Section, file: &Value, root: &Package) -> Link {
    if &*link.pretty_constraint != SELF_VERSION {
        return link.clone();
    }
    let name = file.get("name").and_then(Value::as_str).unwrap_or_default();
    let (constraint, pretty_constraint) = match known.get(name.to_lowercase().as_str()) {
        Some(linked) => (linked.constraint.clone(), linked.pretty_constraint.clone()),
        None => {
            let own = Constraint::exactly(root.version.clone());
            (Arc::new(own), root.pretty_version.clone())
        }
    };
    Link {
        target: link.target.clone(),
        constraint,
        pretty_constraint,
    }
}

/// Adds a requirement to those that are known.
fn require(known: &mut Section, link: Link, settings: Settings) {
    let Some(ours) = known.get_mut(&link.target) else {
        known.insert(link.target.clone(), link);
        return;
    };
    let Settings {
        replace,
        ignore_duplicates,
        ..
    } = settings;
    if ignore_duplicates || !replace && is_subset_of(&ours.constraint, &link.constraint) {
        return;
    }
    if replace || is_subset_of(&link.constraint, &ours.constraint) {
        *ours = link;
        return;
    }
    let both = [&ours.constraint, &link.constraint].map(|constraint| Constraint::clone(constraint));
    ours.constraint = Arc::new(Constraint::multi(both.into(), true));
    ours.pretty_constraint =
        format!("{}, {}", ours.pretty_constraint, link.pretty_constraint).into();
}

/// The stabilities that a file asks for: the least stable one that a constraint names after `@`; else that of a constraint which
/// is one branch or version, unless the root admits less stable ones anyway. They count whether the requirement does or not.
fn add_flags(links: &[Link], minimum: Stability, flags: &mut BTreeMap<Arc<str>, Stability>) {
    for link in links {
        let text = &*link.pretty_constraint;
        let named = text.split('|').filter_map(flag_of_alternative).max();
        let stability = named.or_else(|| {
            let version = match text.split_once(" as ") {
                Some((version, _)) if !version.contains([',', ' ', '@']) => version,
                _ => text,
            };
            let stability = Stability::of(version);
            (stability != Stability::Stable && minimum <= stability).then_some(stability)
        });
        if let Some(stability) = stability {
            let known = flags.entry(link.target.clone()).or_insert(stability);
            *known = stability.max(*known);
        }
    }
}

/// The least stable one that an alternative of a constraint names after `@`.
fn flag_of_alternative(alternative: &str) -> Option<Stability> {
    let alternative = alternative.trim();
    // The right side of an alias is no constraint, and the left side of a range no end of one.
    if alternative.contains(" as ") {
        return None;
    }
    let last = alternative.rsplit(" - ").next().unwrap_or(alternative);
    last.split([',', ' '])
        .filter_map(|part| part.split_once('@'))
        .filter_map(|(_, flag)| Stability::parse(flag))
        .max()
}

/// What a file adds to the root, for a selection of packages.
pub(crate) fn links_of_file(root: &Value, file: &IncludedFile) -> FileLinks {
    let value = file.document.value();
    let requires = links(value, "require").filter_map(|(name, constraint)| {
        let constraint = own_version(root, "require", value, constraint);
        Some((name.to_ascii_lowercase(), constraint.as_str()?.to_owned()))
    });
    let replaces = links(value, "replace").map(|(name, _)| name.to_ascii_lowercase());
    let are_merged = Settings::of(root).merge_replace;
    FileLinks {
        path: file.path.clone(),
        requires: requires.collect(),
        replaces: replaces.filter(|_| are_merged).collect(),
    }
}

/// What `self.version` of an included file stands for: the version in which the root links to that file's package in the same
/// section, else the root's own. Any other constraint is as it is.
fn own_version(root: &Value, section: &str, file: &Value, constraint: &Value) -> Value {
    if constraint != SELF_VERSION {
        return constraint.clone();
    }
    let name = file.get("name").and_then(Value::as_str).unwrap_or_default();
    let linked = links(root, section).find(|(other, _)| other.eq_ignore_ascii_case(name));
    let linked = linked.map(|(_, constraint)| constraint);
    let version = linked.or_else(|| root.get("version"));
    // Composer gives a project this version when it names none.
    version.cloned().unwrap_or_else(|| "1.0.0".into())
}

/// The parts of `extra` that the plugin takes from files into the root (`merge-extra`), each with its file:
/// `extra.patches of app/code/Acme/Own/composer.json`.
pub(crate) fn taken_from_extra(root: &Value, included: &[IncludedFile]) -> Vec<String> {
    if !Settings::of(root).merge_extra {
        return Vec::new();
    }
    let of_file = |file: &IncludedFile| {
        let extra = file.document.value().get("extra");
        let keys = extra.and_then(Value::as_object).into_iter().flatten();
        let keys = keys.filter(|(key, _)| *key != "merge-plugin");
        let named = keys.map(|(key, _)| format!("extra.{key} of {}", file.path));
        named.collect::<Vec<String>>()
    };
    let others = included.iter().filter(|file| !file.is_own);
    others.flat_map(of_file).collect()
}

/// Puts repositories before all others, as the plugin does with those of a file.
fn add_repositories(root: &mut Value, own: Vec<Value>) {
    if own.is_empty() {
        return;
    }
    let all: Vec<Value> = own.into_iter().chain(entries(root)).collect();
    if let Some(fields) = root.as_object_mut() {
        fields.insert("repositories".to_owned(), all.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use composer_engine::format::version::Version;
    use serde_json::json;

    /// A root that the plugin adds files to, with other fields and settings.
    fn root(fields: Value, settings: Value) -> Value {
        let mut root = fields;
        root["extra"]["merge-plugin"] = settings;
        root["extra"]["merge-plugin"]["include"] = json!(["*.json"]);
        root
    }

    fn made(root: &Value, files: &[Value]) -> RootPackage {
        let files: Vec<Addition> = files.iter().cloned().map(Addition::File).collect();
        package(root, &files).unwrap()
    }

    fn texts(links: &[Link]) -> Vec<(&str, &str)> {
        let links = links.iter();
        links
            .map(|link| (&*link.target, &*link.pretty_constraint))
            .collect()
    }

    fn allows(link: &Link, version: &str) -> bool {
        link.constraint
            .matches_version(&Version::parse(version).unwrap())
    }

    #[test]
    fn of_two_constraints_both_hold() {
        for (ours, theirs, text) in [
            ("^1", "^1", "^1"),
            ("*", "^2.1", "^2.1"),
            ("^1 || ^2", "^2.5", "^2.5"),
            ("^1 || ^2", "<2.5", "^1 || ^2, <2.5"),
            ("^1", "^2", "^1, ^2"),
            ("^1@beta", "^1.2", "^1.2"),
            ("dev-x as 1.0", "*", "dev-x as 1.0"),
        ] {
            let fields = json!({"require": {"acme/a": ours}});
            let whole = made(
                &root(fields, json!({})),
                &[json!({"require": {"Acme/A": theirs}})],
            );
            assert_eq!(texts(&whole.requires), [("acme/a", text)]);
        }
        let plain = root(json!({}), json!({}));
        let twice = json!({"require": {"acme/a": "^1", "Acme/A": "^2"}});
        assert_eq!(texts(&made(&plain, &[twice]).requires), [("acme/a", "^2")]);
        // Forty files, each with another range of PHP: all of them at once.
        let file = |n: usize| {
            let php = format!("~8.{}.0 || ~8.{}.0 || ~8.4.0", n % 3, 1 + n % 3);
            json!({"require": {"php": php}})
        };
        let files: Vec<Value> = (0..40).map(file).collect();
        let whole = made(&plain, &files);
        let php = &whole.requires[0];
        assert!(allows(php, "8.4.7") && !allows(php, "8.1.0") && !allows(php, "8.3.0"));
    }

    #[test]
    fn the_repositories_of_a_root_that_takes_itself_stand_there_twice() {
        let vcs = |url: &str| json!({"type": "vcs", "url": url});
        let fields = json!({"require": {"acme/a": "^1"},
            "repositories": [vcs("a"), {"packagist.org": false}, vcs("b")]});
        let root = root(fields, json!({}));
        let file = Addition::File(json!({"repositories": [vcs("c")], "require": {"acme/b": "*"}}));
        let included = [Addition::Own, file];
        let whole = document(&root, &included);
        let off = json!({"packagist.org": false});
        let expected = json!([vcs("c"), vcs("b"), vcs("a"), vcs("a"), off, vcs("b")]);
        assert_eq!(whole["repositories"], expected);
        let package = package(&root, &included).unwrap();
        assert_eq!(
            texts(&package.requires),
            [("acme/a", "^1"), ("acme/b", "*")]
        );
    }

    #[test]
    fn duplicates_follow_the_settings() {
        let fields = json!({"require": {"acme/a": ">=1"}});
        let file = json!({"require": {"acme/a": "^2", "acme/b": "^1"}, "require-dev": {"acme/t": "*"},
            "replace": {"acme/r": "*"}, "provide": {"acme/p": "1.0"}});
        let of =
            |settings: Value| made(&root(fields.clone(), settings), std::slice::from_ref(&file));
        let all = of(json!({}));
        assert_eq!(texts(&all.requires), [("acme/a", "^2"), ("acme/b", "^1")]);
        assert_eq!(texts(&all.dev_requires), [("acme/t", "*")]);
        assert_eq!(texts(&all.package.replaces), [("acme/r", "*")]);
        assert_eq!(texts(&all.package.provides), [("acme/p", "1.0")]);
        let later = of(json!({"replace": true, "merge-dev": false}));
        assert_eq!(texts(&later.requires)[0], ("acme/a", "^2"));
        assert_eq!(texts(&later.dev_requires), []);
        let earlier =
            of(json!({"ignore-duplicates": true, "replace": true, "merge-replace": false}));
        assert_eq!(texts(&earlier.requires)[0], ("acme/a", ">=1"));
        assert_eq!(texts(&earlier.package.replaces), []);
        let plain = package(&fields, &[Addition::File(file)]).unwrap();
        assert_eq!(
            texts(&plain.requires),
            [("acme/a", ">=1")],
            "not configured"
        );
    }

    #[test]
    fn stability_flags_count_whether_the_requirement_does_or_not() {
        use Stability::{Alpha, Beta, Dev, Stable};
        let fields = json!({"require": {"acme/a": "^1"}, "minimum-stability": "alpha"});
        for (text, flag) in [
            ("^1@beta", Some(Beta)),
            ("^1@stable", Some(Stable)),
            ("^1@stable || ^2@dev", Some(Dev)),
            ("dev-main", Some(Dev)),
            ("dev-main as 1.0", Some(Dev)),
            ("1.0-alpha1", Some(Alpha)),
            // The plugin looks at the whole text.
            (">=1 || dev-main", None),
            // Less stable ones are admitted anyway.
            ("1.0-beta1", None),
            ("^1", None),
        ] {
            let file = json!({"require": {"acme/a": text}});
            let whole = made(
                &root(fields.clone(), json!({"ignore-duplicates": true})),
                &[file],
            );
            assert_eq!(texts(&whole.requires), [("acme/a", "^1")]);
            assert_eq!(whole.stability_flags.get("acme/a").copied(), flag, "{text}");
        }
    }

    #[test]
    fn aliases_and_references_are_those_of_what_holds() {
        let fields = json!({"require": {"acme/a": "dev-main#abc as 1.0", "acme/b": "^1"}});
        let file = json!({"require": {"acme/a": "dev-fix#def"}, "require-dev": {"acme/c": "dev-main as 2.0"}});
        let whole = made(&root(fields, json!({"replace": true})), &[file]);
        let aliases: Vec<(&str, &str)> = whole
            .aliases
            .iter()
            .map(|alias| (&*alias.package, &*alias.alias))
            .collect();
        assert_eq!(aliases, [("acme/c", "2.0")]);
        assert_eq!(
            whole.references.get("acme/a").map(|sha| &**sha),
            Some("def")
        );
        // Composer's own loader would take such an alias, the plugin does not.
        let odd = root(
            json!({"require": {"acme/a": "dev-main as 1.0 || ^2"}}),
            json!({}),
        );
        let file = Addition::File(json!({"require": {"acme/b": "*"}}));
        let error = package(&odd, &[file]).unwrap_err();
        assert!(matches!(error, RootError::InvalidAlias { .. }), "{error}");
    }

    #[test]
    fn a_files_own_version_is_that_of_the_root_or_what_the_root_requires() {
        let file = json!({"name": "Acme/Own", "version": "9.9", "require": {"acme/part": "self.version"},
            "replace": {"acme/old": "self.version"}});
        let of = |fields: Value| made(&root(fields, json!({})), std::slice::from_ref(&file));
        let own = of(json!({"version": "2.4.1"}));
        assert!(allows(&own.requires[0], "2.4.1") && allows(&own.package.replaces[0], "2.4.1"));
        let linked = of(json!({"require": {"acme/own": "^3.1"}}));
        assert_eq!(texts(&linked.requires)[1], ("acme/part", "^3.1"));
        assert!(
            allows(&linked.package.replaces[0], "1.0.0"),
            "that of a project without one"
        );
        let both = of(json!({"version": "2.4.1", "require": {"acme/part": "^2"}}));
        assert!(allows(&both.requires[0], "2.4.1") && !allows(&both.requires[0], "2.5.0"));
    }
}
