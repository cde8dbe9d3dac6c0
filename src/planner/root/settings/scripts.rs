//! `scripts`: the cloud tools go with the cloud; the rest is the owner's.

use super::sections::{History, member};
use crate::distribution::{Direction, Distribution, Family};
use crate::planner::root::Merger;
use composer_engine::format::json::document::{EditError, JsonDocument};
use composer_engine::format::json::path::{Path, Step};
use regex::{Captures, Regex};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The way into a package below `vendor`: what is before its name, its vendor, and the rest of its name.
static CORE_PATH: LazyLock<Regex> = LazyLock::new(|| {
    let vendors = Distribution::vendors().join("|");
    let name = "[a-z0-9]+(?:[_.-]?[a-z0-9]+)*";
    Regex::new(&format!(r"((?:^|[^\w-])vendor/)({vendors})/({name})"))
        .expect("the pattern is valid")
});

impl Merger<'_> {
    /// Merges `scripts`: commands of the cloud tools go where the cloud is left, and paths into renamed packages follow.
    pub(crate) fn merge_scripts(&mut self) -> Result<(), EditError> {
        self.merge_members(&["scripts"], History::Counts)?;
        if Direction::new(self.input.source.target, self.input.target).leaves(Family::Cloud) {
            self.drop_cloud_commands()?;
        }
        if self.names.vendor_changes() {
            self.rename_script_paths()?;
        }
        Ok(())
    }

    /// Follows the core below `vendor`, where a command names a package that gets another name in full; what names it in
    /// another way is the owner's to judge.
    fn rename_script_paths(&mut self) -> Result<(), EditError> {
        let all: Vec<(String, Value)> = events(&self.doc)
            .map(|(event, commands)| (event.clone(), commands.clone()))
            .collect();
        let mut renamed = BTreeSet::new();
        let mut left = BTreeSet::new();
        for (event, commands) in &all {
            let path = Path::from(["scripts", event]);
            let lines: Vec<(Path<'_>, &str)> = match commands {
                Value::String(command) => vec![(path, command)],
                Value::Array(list) => list
                    .iter()
                    .enumerate()
                    .filter_map(|(index, command)| Some((path.join(index), command.as_str()?)))
                    .collect(),
                _ => Vec::new(),
            };
            for (path, command) in lines {
                let after = self.with_new_paths(command);
                if after != command {
                    self.doc.set(path, &after.as_str().into())?;
                    renamed.insert(event.clone());
                }
                if names_folder(&after, self.names.vendors().0) {
                    left.insert(event.clone());
                }
            }
        }
        self.tally.scripts_renamed = renamed.into_iter().collect();
        self.tally.scripts_with_paths = left.into_iter().collect();
        Ok(())
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

    /// Takes the commands of ece-tools out of scripts that the owner changed; whole scripts of the template are gone already.
    fn drop_cloud_commands(&mut self) -> Result<(), EditError> {
        let gone: Vec<String> = member(&self.base, &["scripts"])
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Map::keys)
            .filter(|event| self.doc.get(["scripts", event.as_str()]).is_none())
            .map(|event| format!("@{event}"))
            .collect();
        let is_cloud = |command: &Value| {
            command.as_str().is_some_and(|command| {
                gone.iter().any(|event| event == command)
                    || ["bin/ece-tools", "bin/ece-patches", "bin/ece-docker"]
                        .iter()
                        .any(|tool| command.contains(tool))
            })
        };
        let all: Vec<(String, Value)> = events(&self.doc)
            .map(|(event, commands)| (event.clone(), commands.clone()))
            .collect();
        for (event, commands) in all {
            let Value::Array(commands) = commands else {
                if is_cloud(&commands) {
                    self.take_out(&["scripts", &event])?;
                }
                continue;
            };
            for index in (0..commands.len())
                .rev()
                .filter(|&index| commands.get(index).is_some_and(is_cloud))
            {
                self.doc
                    .list_remove([Step::Key("scripts"), Step::Key(&event)], index)?;
            }
            if commands.iter().all(is_cloud) {
                self.take_out(&["scripts", &event])?;
            }
        }
        Ok(())
    }
}

fn events(doc: &JsonDocument) -> impl Iterator<Item = (&String, &Value)> {
    doc.get("scripts")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}

/// Whether a command names the folder of a vendor, or something below it.
fn names_folder(command: &str, vendor: &str) -> bool {
    command
        .split(&format!("vendor/{vendor}"))
        .skip(1)
        .any(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || "-_".contains(next)))
}
