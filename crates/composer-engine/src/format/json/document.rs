//! A JSON file edited in place: whatever an edit does not touch keeps its bytes.
//!
//! The edits give the same text as Composer's `JsonManipulator` (`addMainKey`, `addSubNode`, `addLink`, `addRepository`,
//! `removeMainKey`, `removeSubNode`), with these differences, all in favour of the file as it is: the file's ends are not
//! trimmed, the text of a key never changes with its value, new text escapes slashes where the file does, an object or
//! list that stands on one line stays on one, an empty one is spread in one way only, and edits deeper than the second
//! level do not rewrite what is around them.
//!
//! A key that occurs twice in an object is one entry to PHP, the last: so `set` changes the last occurrence, `remove` and
//! `rename_key` work on all of them, and a path leads through the last one.

use super::error::{JsonError, line_number};
use super::path::{Path, Step};
use super::style::{JsonStyle, Layout};
use super::syntax;
use super::syntax::{Member, Node};
use serde_json::{Map, Value};
use std::ops::Range;
use thiserror::Error;

/// A JSON text, what it means, and where everything stands in it.
#[derive(Debug, Clone)]
pub struct JsonDocument {
    text: String,
    root: Node,
    value: Value,
}

/// Where a new entry of an object goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position<'a> {
    /// As the first member.
    Start,
    /// As the last member.
    End,
    /// Before the member of this key.
    Before(&'a str),
    /// Behind the member of this key.
    After(&'a str),
}

/// Why an edit cannot be made. The document is then as it was.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EditError {
    /// What is at this path is no object.
    #[error("`{0}` is not an object")]
    NotAnObject(String),
    /// What is at this path is no list.
    #[error("`{0}` is not a list")]
    NotAList(String),
    /// Nothing is at this path.
    #[error("there is no `{0}`")]
    Missing(String),
    /// Something is at this path already.
    #[error("`{0}` exists already")]
    Exists(String),
    /// The new text would not be JSON that PHP reads: it would be nested too deeply.
    #[error("the edited text is not valid: {0}")]
    Invalid(#[from] JsonError),
}

impl JsonDocument {
    /// Parses a text, which is kept as it is. Fails where it is no JSON.
    pub fn parse(text: String) -> Result<Self, JsonError> {
        let root = syntax::parse(&text)?;
        let value = syntax::parse(&text)?;
        Ok(JsonDocument { text, root, value })
    }

    /// The text with all edits.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the text means to PHP; objects and lists stay apart.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The value at a path.
    pub fn get<'a>(&self, path: impl Into<Path<'a>>) -> Option<&Value> {
        path.into()
            .steps()
            .iter()
            .try_fold(&self.value, |value, step| match step {
                Step::Key(key) => value.as_object()?.get(*key),
                Step::Index(index) => value.as_array()?.get(*index),
            })
    }

    /// The 1-based line on which the entry at a path starts.
    pub fn line_of<'a>(&self, path: impl Into<Path<'a>>) -> Option<usize> {
        let path = path.into();
        let mut start = self.root.span.start;
        let mut node = &self.root;
        for step in path.steps() {
            (start, node) = entry(node, *step)?;
        }
        Some(line_number(&self.text, start))
    }

    /// Gives the entry at a path a value. An entry that exists keeps its place and the text of its key; a new one goes
    /// to the end of its object. Objects that are missing on the way are made; null and `[]` count as missing there, as
    /// they do for PHP. Lists on the way have to have the item.
    pub fn set<'a>(&mut self, path: impl Into<Path<'a>>, value: &Value) -> Result<(), EditError> {
        let path = path.into();
        let (found, rest) = self.descend(&path);
        match rest {
            [] => {
                let layout = match found.parent {
                    Some(parent) if self.on_one_line(parent) => Layout::OneLine,
                    _ => Layout::Lines(found.depth),
                };
                let text = self.style().value(value, layout);
                self.replace(found.node.span.clone(), &text)
            }
            [Step::Key(key), deeper @ ..] => {
                let mut value = value.clone();
                for step in deeper.iter().rev() {
                    let Step::Key(key) = step else {
                        return Err(EditError::Missing(path.to_string()));
                    };
                    value = Value::Object(Map::from_iter([((*key).to_owned(), value)]));
                }
                let reached = path.steps().get(..found.depth).unwrap_or_default().into();
                let (range, text) = self.insertion(&found, Position::End, key, &value, &reached)?;
                self.replace(range, &text)
            }
            [Step::Index(_), ..] => Err(EditError::Missing(path.to_string())),
        }
    }

    /// Adds an entry to the object at a path; the object is made when it is missing.
    pub fn insert<'a>(
        &mut self,
        path: impl Into<Path<'a>>,
        position: Position<'_>,
        key: &str,
        value: &Value,
    ) -> Result<(), EditError> {
        let path = path.into();
        let (found, rest) = self.descend(&path);
        if !rest.is_empty() {
            if let Position::Before(other) | Position::After(other) = position {
                return Err(EditError::Missing(path.join(other).to_string()));
            }
            return self.set(path.join(key), value);
        }
        let (range, text) = self.insertion(&found, position, key, value, &path)?;
        self.replace(range, &text)
    }

    /// Renames an entry of the object at a path; it keeps its place and its value. False when there is no such entry.
    pub fn rename_key<'a>(
        &mut self,
        path: impl Into<Path<'a>>,
        old: &str,
        new: &str,
    ) -> Result<bool, EditError> {
        let path = path.into();
        let (found, rest) = self.descend(&path);
        let members = match found.node.members() {
            Some(members) if rest.is_empty() => members,
            _ => return Ok(false),
        };
        let spans: Vec<_> = members
            .iter()
            .filter(|m| m.key == old)
            .map(|m| m.key_span.clone())
            .collect();
        if old != new && !spans.is_empty() && last_member(members, new).is_some() {
            return Err(EditError::Exists(path.join(new).to_string()));
        }
        let renamed = !spans.is_empty();
        let key = self.style().string(new);
        self.replace_all(spans.into_iter().map(|span| (span, key.clone())).collect())?;
        Ok(renamed)
    }

    /// Removes the entry at a path, with its comma and its line. An object or list that loses its last entry stays, empty.
    /// False when there is no such entry.
    pub fn remove<'a>(&mut self, path: impl Into<Path<'a>>) -> Result<bool, EditError> {
        let path = path.into();
        let Some((last, parents)) = path.steps().split_last() else {
            return Err(EditError::Missing(path.to_string()));
        };
        let parents = Path::from(parents);
        let mut removed = false;
        loop {
            let (found, rest) = self.descend(&parents);
            let index = match *last {
                _ if !rest.is_empty() => None,
                Step::Key(key) => found
                    .node
                    .members()
                    .and_then(|members| members.iter().rposition(|m| m.key == key)),
                Step::Index(index) => found
                    .node
                    .items()
                    .and_then(|items| (index < items.len()).then_some(index)),
            };
            let Some(index) = index else {
                return Ok(removed);
            };
            let (range, text) = self.removal(&found, index);
            self.replace(range, &text)?;
            removed = true;
            if let Step::Index(_) = last {
                return Ok(removed);
            }
        }
    }

    /// Adds an item to the list at a path, before the item that has this index now; an index beyond the end appends.
    /// The list is made when it is missing. Beside objects that stand on one line each, a new one does too.
    pub fn list_insert<'a>(
        &mut self,
        path: impl Into<Path<'a>>,
        index: usize,
        value: &Value,
    ) -> Result<(), EditError> {
        let path = path.into();
        let (found, rest) = self.descend(&path);
        if !rest.is_empty() {
            return self.set(path, &Value::Array(vec![value.clone()]));
        }
        let items = match found.node.items() {
            Some(items) => items,
            None if found.node.is_vacant() => &[],
            None => return Err(EditError::NotAList(path.to_string())),
        };
        let layout = self.layout(&found);
        let mut objects = items
            .iter()
            .filter(|item| item.members().is_some_and(|members| !members.is_empty()))
            .peekable();
        let item_layout =
            match objects.peek().is_some() && objects.all(|item| self.on_one_line(item)) {
                true => Layout::OneLine,
                false => layout.deeper(),
            };
        let item = self.style().value(value, item_layout);
        let (range, text) = self.addition(&found, index, item, layout, ('[', ']'));
        self.replace(range, &text)
    }

    /// Removes an item of the list at a path. False when there is no such item.
    pub fn list_remove<'a>(
        &mut self,
        path: impl Into<Path<'a>>,
        index: usize,
    ) -> Result<bool, EditError> {
        self.remove(path.into().join(index))
    }

    fn style(&self) -> JsonStyle {
        JsonStyle::detect(&self.text)
    }

    /// Walks down as far as the document goes; also gives the steps that lead nowhere yet.
    fn descend<'p, 'a>(&self, path: &'p Path<'a>) -> (Found<'_>, &'p [Step<'a>]) {
        let mut found = Found {
            node: &self.root,
            parent: None,
            depth: 0,
        };
        let mut rest = path.steps();
        while let [step, deeper @ ..] = rest {
            let Some((_, child)) = entry(found.node, *step) else {
                break;
            };
            found = Found {
                node: child,
                parent: Some(found.node),
                depth: found.depth + 1,
            };
            rest = deeper;
        }
        (found, rest)
    }

    /// The edit that adds an entry to an object.
    fn insertion(
        &self,
        found: &Found<'_>,
        position: Position<'_>,
        key: &str,
        value: &Value,
        path: &Path<'_>,
    ) -> Result<(Range<usize>, String), EditError> {
        let members = match found.node.members() {
            Some(members) => members,
            None if found.node.is_vacant() => &[],
            None => return Err(EditError::NotAnObject(path.to_string())),
        };
        if last_member(members, key).is_some() {
            return Err(EditError::Exists(path.join(key).to_string()));
        }
        let missing = |other| EditError::Missing(path.join(other).to_string());
        let index = match position {
            Position::Start => 0,
            Position::End => members.len(),
            Position::Before(other) => members
                .iter()
                .position(|member| member.key == other)
                .ok_or_else(|| missing(other))?,
            Position::After(other) => {
                members
                    .iter()
                    .rposition(|member| member.key == other)
                    .ok_or_else(|| missing(other))?
                    + 1
            }
        };
        let layout = self.layout(found);
        let entry = self.style().entry(key, value, layout.deeper());
        Ok(self.addition(found, index, entry, layout, ('{', '}')))
    }

    /// The edit that puts an entry, written already, at an index of an object or a list.
    fn addition(
        &self,
        found: &Found<'_>,
        index: usize,
        entry: String,
        layout: Layout,
        (open, close): (char, char),
    ) -> (Range<usize>, String) {
        let style = self.style();
        let spans = found.node.entry_spans();
        let (Some(first), Some(last)) = (spans.first(), spans.last()) else {
            return (
                found.node.span.clone(),
                style.wrap(open, vec![entry], close, layout),
            );
        };
        let separator = match layout {
            Layout::Lines(depth) => format!(",{}", style.line_start(depth + 1)),
            Layout::OneLine => ", ".to_owned(),
        };
        match index
            .checked_sub(1)
            .map(|previous| spans.get(previous).unwrap_or(last).end)
        {
            None => (first.start..first.start, entry + &separator),
            // Composer puts the closing brace of the document on a line of its own.
            Some(end) if end == last.end && layout == Layout::Lines(0) => (
                end..found.node.span.end - 1,
                separator + &entry + style.newline,
            ),
            Some(end) => (end..end, separator + &entry),
        }
    }

    /// The edit that removes the entry at an index of an object or a list.
    fn removal(&self, found: &Found<'_>, index: usize) -> (Range<usize>, String) {
        let spans = found.node.entry_spans();
        let next = spans.get(index + 1);
        match (
            index
                .checked_sub(1)
                .and_then(|previous| spans.get(previous)),
            spans.get(index),
        ) {
            (Some(previous), Some(entry)) if found.depth > 0 || next.is_none() => {
                let gap = self.text.get(previous.end..entry.start).unwrap_or_default();
                let comma = previous.end + gap.find(',').unwrap_or(0);
                (comma..entry.end, String::new())
            }
            (_, Some(entry)) if let Some(next) = next => (entry.start..next.start, String::new()),
            _ => {
                let empty = match (found.node.members(), self.layout(found)) {
                    (None, _) => "[]".to_owned(),
                    (Some(_), Layout::OneLine) => "{}".to_owned(),
                    (Some(_), Layout::Lines(depth)) => {
                        format!("{{{}}}", self.style().line_start(depth))
                    }
                };
                (found.node.span.clone(), empty)
            }
        }
    }

    /// How an object or a list is laid out: as it is, or, while it is empty, as the one it is in.
    fn layout(&self, found: &Found<'_>) -> Layout {
        match if found.node.is_vacant() {
            found.parent
        } else {
            Some(found.node)
        } {
            Some(node) if self.on_one_line(node) => Layout::OneLine,
            _ => Layout::Lines(found.depth),
        }
    }

    fn on_one_line(&self, node: &Node) -> bool {
        !self
            .text
            .get(node.span.clone())
            .unwrap_or_default()
            .contains('\n')
    }

    fn replace(&mut self, range: Range<usize>, with: &str) -> Result<(), EditError> {
        self.replace_all(vec![(range, with.to_owned())])
    }

    /// Replaces ranges that are in order and do not overlap.
    fn replace_all(&mut self, edits: Vec<(Range<usize>, String)>) -> Result<(), EditError> {
        let mut text = self.text.clone();
        for (range, with) in edits.into_iter().rev() {
            text.replace_range(range, &with);
        }
        *self = JsonDocument::parse(text)?;
        Ok(())
    }
}

/// A place in the document: how far a path led.
struct Found<'d> {
    node: &'d Node,
    /// The object or list that holds it; none for the document itself.
    parent: Option<&'d Node>,
    /// The number of steps that lead here.
    depth: usize,
}

/// Where the entry begins that a step leads to, and its value.
fn entry<'n>(node: &'n Node, step: Step<'_>) -> Option<(usize, &'n Node)> {
    match step {
        Step::Key(key) => {
            let member = last_member(node.members()?, key)?;
            Some((member.key_span.start, &member.value))
        }
        Step::Index(index) => {
            let item = node.items()?.get(index)?;
            Some((item.span.start, item))
        }
    }
}

fn last_member<'n>(members: &'n [Member], key: &str) -> Option<&'n Member> {
    members.iter().rfind(|member| member.key == key)
}

#[cfg(test)]
mod tests;
