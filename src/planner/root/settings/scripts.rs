//! `scripts`: the cloud tools go with the cloud; the rest is the owner's.

use super::sections::{History, member};
use crate::distribution::{Direction, Family};
use crate::planner::root::Merger;
use composer_engine::format::json::document::{EditError, JsonDocument};
use composer_engine::format::json::path::Step;
use serde_json::{Map, Value};

impl Merger<'_> {
    /// Merges `scripts`: commands of the cloud tools go where the cloud is left.
    pub(crate) fn merge_scripts(&mut self) -> Result<(), EditError> {
        self.merge_members(&["scripts"], History::Counts)?;
        if Direction::new(self.input.source.target, self.input.target).leaves(Family::Cloud) {
            self.drop_cloud_commands()?;
        }
        Ok(())
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
