//! Paths into the core below `vendor`, in what composer.json runs and loads: they follow where their package gets another name.

use crate::distribution::Distribution;
use crate::planner::root::Merger;
use crate::planner::root::tally::Paths;
use composer_engine::format::json::document::EditError;
use composer_engine::format::json::path::Path;
use regex::{Captures, Regex};
use serde_json::Value;
use std::sync::LazyLock;

/// The way into a package below `vendor`: what is before its name, its vendor, and the rest of its name.
static CORE_PATH: LazyLock<Regex> = LazyLock::new(|| {
    let vendors = Distribution::vendors().join("|");
    let name = "[a-z0-9]+(?:[_.-]?[a-z0-9]+)*";
    Regex::new(&format!(r"((?:^|[^\w-])vendor/)({vendors})/({name})"))
        .expect("the pattern is valid")
});

impl Merger<'_> {
    /// Renames the paths in `scripts`, `autoload` and `autoload-dev`.
    pub(crate) fn merge_core_paths(&mut self) -> Result<(), EditError> {
        if !self.names.vendor_changes() {
            return Ok(());
        }
        self.tally.scripts = self.rename_paths("scripts")?;
        for section in ["autoload", "autoload-dev"] {
            let Paths { renamed, left } = self.rename_paths(section)?;
            let full = |member: String| format!("{section}.{member}");
            let autoload = &mut self.tally.autoload;
            autoload.renamed.extend(renamed.into_iter().map(full));
            autoload.left.extend(left.into_iter().map(full));
        }
        Ok(())
    }

    /// Follows the core below `vendor`, where a member of a section names a package that gets another name in full; what names
    /// it in another way is the owner's to judge.
    fn rename_paths(&mut self, section: &str) -> Result<Paths, EditError> {
        let members = self.doc.get(section).and_then(Value::as_object);
        let all: Vec<(String, Value)> = members
            .into_iter()
            .flatten()
            .map(|(member, value)| (member.clone(), value.clone()))
            .collect();
        let mut paths = Paths::default();
        for (member, value) in &all {
            let mut lines = Vec::new();
            texts(Path::from([section, member]), value, &mut lines);
            for (path, line) in lines {
                let after = self.with_new_paths(line);
                if after != line {
                    self.doc.set(path, &after.as_str().into())?;
                    paths.renamed.insert(member.clone());
                }
                if names_folder(&after, self.names.vendors().0) {
                    paths.left.insert(member.clone());
                }
            }
        }
        Ok(paths)
    }

    /// A command with the new vendor in each path into a core package that gets another name.
    fn with_new_paths(&self, command: &str) -> String {
        let (from, to) = self.names.vendors();
        let replaced = CORE_PATH.replace_all(command, |path: &Captures<'_>| {
            let part = |index: usize| path.get(index).map_or("", |part| part.as_str());
            let ends = path.get(0).is_some_and(|whole| {
                let rest = command.get(whole.end()..).unwrap_or_default();
                rest.chars()
                    .next()
                    .is_none_or(|next| !"*?[{$_-".contains(next))
            });
            let name = format!("{}/{}", part(2), part(3));
            match part(2) == from && ends && self.names.renamed(&name).is_some() {
                true => format!("{}{to}/{}", part(1), part(3)),
                false => part(0).to_owned(),
            }
        });
        replaced.into_owned()
    }
}

/// All texts in a value, with their paths.
fn texts<'a>(path: Path<'a>, value: &'a Value, all: &mut Vec<(Path<'a>, &'a str)>) {
    match value {
        Value::String(text) => all.push((path, text)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                texts(path.join(index), item, all);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                texts(path.join(name.as_str()), member, all);
            }
        }
        _ => {}
    }
}

/// Whether a command names the folder of a vendor, or something below it: also from a folder beside it.
fn names_folder(command: &str, vendor: &str) -> bool {
    ["vendor/", "../"].iter().any(|before| {
        command
            .split(&format!("{before}{vendor}"))
            .skip(1)
            .any(|rest| {
                !rest.starts_with(|next: char| next.is_alphanumeric() || "-_".contains(next))
            })
    })
}
