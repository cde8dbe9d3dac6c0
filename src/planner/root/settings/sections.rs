//! Three-way merge of plain entries: autoloading, stability, and the tools the other rules share.

use crate::distribution::{is_core, was_ever_in_a_template};
use crate::plan::{Code, Finding};
use crate::planner::root::{Choice, Conflict, Merger};
use composer_engine::format::json::document::{EditError, Position};
use composer_engine::format::json::path::Step;
use composer_engine::format::version::stability::Stability;
use serde_json::{Map, Value};

/// Whether a value may count as untouched because some other release's template had it. Not where a template's values are
/// so few that an owner easily chose one of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum History {
    /// Yes: what any template ever had is no owner's decision.
    Counts,
    /// No: what differs from the template of the store's release is the owner's.
    Ignored,
}

impl Merger<'_> {
    /// Merges what needs no rule of its own: autoloading, suggestions and stability.
    pub(crate) fn merge_sections(&mut self) -> Result<(), EditError> {
        for section in ["autoload", "autoload-dev"] {
            for members in ["psr-4", "psr-0"] {
                self.merge_members(&[section, members], History::Counts)?;
            }
            for list in ["files", "exclude-from-classmap"] {
                self.merge_value(&[section, list], History::Counts)?;
            }
        }
        self.merge_members(&["suggest"], History::Counts)?;
        if self.may_raise_stability() {
            self.merge_value(&["minimum-stability"], History::Ignored)?;
        }
        self.merge_value(&["prefer-stable"], History::Ignored)
    }

    /// Merges every entry of an object that either template has.
    pub(crate) fn merge_members(
        &mut self,
        path: &[&str],
        history: History,
    ) -> Result<(), EditError> {
        let keys = |template: &Map<String, Value>| -> Vec<String> {
            let found = member(template, path).and_then(Value::as_object);
            found
                .map(|members| members.keys().cloned().collect())
                .unwrap_or_default()
        };
        let mut all = keys(&self.base);
        all.extend(
            keys(&self.theirs)
                .into_iter()
                .filter(|key| member(&self.base, path).is_none_or(|base| base.get(key).is_none())),
        );
        for key in &all {
            let path: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
            self.merge_value(&path, history)?;
        }
        Ok(())
    }

    /// Merges one entry as a whole.
    pub(crate) fn merge_value(&mut self, path: &[&str], history: History) -> Result<(), EditError> {
        let base = member(&self.base, path).cloned();
        let theirs = member(&self.theirs, path).cloned();
        let ours = self.doc.get(path).cloned();
        match (ours, theirs) {
            (None, Some(theirs)) if base.is_none() && !self.owner_dropped_parent(path) => {
                self.add(path, &theirs)
            }
            (None, _) => Ok(()),
            (Some(ours), theirs) if theirs.as_ref() == Some(&ours) => Ok(()),
            (Some(ours), theirs) => {
                // What an earlier template left behind moves when the template does.
                let moves = history == History::Counts && base.is_some() && base != theirs;
                let untouched =
                    base.as_ref() == Some(&ours) || (moves && was_ever_in_a_template(path, &ours));
                match theirs {
                    None if untouched => self.take_out(path),
                    Some(theirs) if untouched => self.change(path, &theirs),
                    Some(theirs) if base.as_ref() != Some(&theirs) => {
                        let dotted = path.join(".");
                        let question = format!(
                            "`{dotted}`: keep the store's own value, or take that of the new template?"
                        );
                        let conflict = Conflict {
                            path: dotted,
                            base,
                            ours,
                            theirs: theirs.clone(),
                            default: Some(Choice::Ours),
                            is_own_build: false,
                            question,
                        };
                        match self.decide(conflict) {
                            Choice::Ours => Ok(()),
                            Choice::Theirs => self.change(path, &theirs),
                        }
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    /// Whether the object an entry would go into was in the source's template and the owner took all of it out.
    fn owner_dropped_parent(&self, path: &[&str]) -> bool {
        let Some((_, parent @ [_, ..])) = path.split_last() else {
            return false;
        };
        self.doc.get(parent).is_none() && member(&self.base, parent).is_some()
    }

    /// Adds an entry: to requirements that are sorted, in order; elsewhere where the target's template has it, that is after the
    /// nearest entry before it that the store has, too, else before the nearest one after it, else at the end.
    pub(crate) fn add(&mut self, path: &[&str], value: &Value) -> Result<(), EditError> {
        let Some((key, parent)) = path.split_last() else {
            return Ok(());
        };
        if !parent.is_empty() {
            match self.doc.get(parent) {
                Some(Value::Object(_)) => {}
                // Null and `[]` stand for an empty object; anything else is refused.
                Some(_) => return self.doc.set(path, value),
                None => {
                    let nested = Map::from_iter([((*key).to_owned(), value.clone())]);
                    return self.add(parent, &Value::Object(nested));
                }
            }
        }
        let present = match parent {
            [] => self.doc.value().as_object(),
            parent => self.doc.get(parent).and_then(Value::as_object),
        };
        let template = match parent {
            [] => Some(&self.theirs),
            parent => member(&self.theirs, parent).and_then(Value::as_object),
        };
        let order: Vec<&str> = template
            .into_iter()
            .flat_map(Map::keys)
            .map(String::as_str)
            .collect();
        let here = order
            .iter()
            .position(|other| other == key)
            .unwrap_or(order.len());
        let has = |other: &&&str| present.is_some_and(|present| present.contains_key(**other));
        let before = order.iter().take(here).rev().find(has);
        let after = order.iter().skip(here + 1).find(has);
        let position = match (before, after) {
            (Some(before), _) => Position::After(before),
            (None, Some(after)) => Position::Before(after),
            (None, None) => Position::End,
        };
        let sorted = present
            .filter(|_| matches!(parent, ["require" | "require-dev"]))
            .and_then(sorted_packages);
        let next = sorted.map(|names| {
            names
                .into_iter()
                .find(|name| *name > *key)
                .map(str::to_owned)
        });
        let position = match &next {
            Some(Some(next)) => Position::Before(next),
            Some(None) => Position::End,
            None => position,
        };
        self.doc.insert(parent, position, key, value)?;
        self.spread_lists(path, value)
    }

    /// Gives an entry that exists a new value. A list keeps its items as far as they are the same, each on its line.
    pub(crate) fn change(&mut self, path: &[&str], value: &Value) -> Result<(), EditError> {
        let (Some(Value::Array(ours)), Value::Array(theirs)) = (self.doc.get(path).cloned(), value)
        else {
            self.doc.set(path, value)?;
            return self.spread_lists(path, value);
        };
        for (index, item) in theirs.iter().enumerate() {
            match ours.get(index) {
                Some(same) if same == item => {}
                Some(_) => {
                    let steps: Vec<Step> = path
                        .iter()
                        .map(|key| Step::Key(key))
                        .chain([Step::Index(index)])
                        .collect();
                    self.doc.set(steps.as_slice(), item)?;
                }
                None => self.doc.list_insert(path, index, item)?,
            }
        }
        for index in (theirs.len()..ours.len()).rev() {
            self.doc.list_remove(path, index)?;
        }
        Ok(())
    }

    /// Writes the lists of a value one item a line, as `create-project` does and as the file does itself.
    fn spread_lists(&mut self, path: &[&str], value: &Value) -> Result<(), EditError> {
        let spreads = |text: &str| text.contains("[\n") || text.contains("[\r\n");
        match value {
            Value::Array(items) if !items.is_empty() && spreads(self.input.root.text()) => {
                self.doc.set(path, &Value::Array(Vec::new()))?;
                for (index, item) in items.iter().enumerate() {
                    self.doc.list_insert(path, index, item)?;
                }
                Ok(())
            }
            Value::Object(members) => members.iter().try_for_each(|(key, member)| {
                let path: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
                self.spread_lists(&path, member)
            }),
            _ => Ok(()),
        }
    }

    /// Removes an entry, and every object that becomes empty by that and that the target's template does not have.
    pub(crate) fn take_out(&mut self, path: &[&str]) -> Result<(), EditError> {
        self.doc.remove(path)?;
        let mut path = path;
        while let Some((_, parent @ [_, ..])) = path.split_last() {
            let empty = self
                .doc
                .get(parent)
                .and_then(Value::as_object)
                .is_some_and(Map::is_empty);
            if !empty || member(&self.theirs, parent).is_some() {
                break;
            }
            self.doc.remove(parent)?;
            path = parent;
        }
        Ok(())
    }

    /// Whether the store can do with the target's `minimum-stability`. It cannot when the lock has extensions less stable
    /// than that, as far as no flag of their own lets them in.
    fn may_raise_stability(&mut self) -> bool {
        let minimum =
            |value: Option<&Value>| value.and_then(Value::as_str).and_then(Stability::parse);
        let (Some(ours), Some(theirs)) = (
            minimum(self.doc.get("minimum-stability")),
            minimum(self.theirs.get("minimum-stability")),
        ) else {
            return true;
        };
        if theirs >= ours {
            return true;
        }
        let requirement = |name: &str| {
            ["require", "require-dev"]
                .iter()
                .find_map(|section| self.doc.get([*section, name])?.as_str())
        };
        let mut unstable: Vec<&str> = self
            .lock
            .names()
            .filter(|name| {
                !is_core(name)
                    && requirement(name).is_none_or(|constraint| !constraint.contains('@'))
            })
            .filter(|name| {
                requirement(name)
                    .is_none_or(|constraint| Stability::of(constraint) == Stability::Stable)
            })
            .filter(|name| {
                self.lock
                    .version(name)
                    .is_some_and(|version| Stability::of(version) > theirs)
            })
            .collect();
        unstable.sort_unstable();
        if unstable.is_empty() {
            return true;
        }
        self.findings.push(Finding::new(
            Code::MinimumStabilityKept,
            format!("minimum-stability stays {}", ours.name()),
            format!(
                "New projects of {} have {}. The store's lock has packages that are less stable: {}. Raise it once they are gone or have finished releases.",
                self.input.target,
                theirs.name(),
                unstable.join(", ")
            ),
        )
        .in_file("composer.json"));
        false
    }
}

/// The package names of a section, when it has several and they stand in order.
fn sorted_packages(section: &Map<String, Value>) -> Option<Vec<&str>> {
    let names: Vec<&str> = section
        .keys()
        .map(String::as_str)
        .filter(|name| name.contains('/'))
        .collect();
    (names.len() > 1 && names.is_sorted()).then_some(names)
}

/// The value at a path of a template.
pub(crate) fn member<'t>(template: &'t Map<String, Value>, path: &[&str]) -> Option<&'t Value> {
    let (first, rest) = path.split_first()?;
    rest.iter()
        .try_fold(template.get(*first)?, |value, key| value.get(*key))
}
