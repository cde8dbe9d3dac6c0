//! Making an [`Edit`] from a file's bytes before and after.

use super::checksum::Checksum;
use super::lock_diff;
use crate::plan::{Edit, Lines};
use similar::{Algorithm, ChangeTag, TextDiff};
use std::borrow::Cow;

/// Unchanged lines around a change in a diff.
const CONTEXT: usize = 3;

impl Edit {
    /// The edit that turns `before` into `after` at `path` (relative to the store, with `/`). `before` is none for a
    /// file that does not exist yet, `after` is none for one that is to be removed. Equal sides make an edit that
    /// changes nothing but still has `apply` check that the file is the one the plan was made from.
    ///
    /// The diff is left empty: that of a lock takes longer than the rest of the plan and is seldom asked for. Whoever
    /// shows or saves the plan fills it in with [`Edit::add_diff`].
    pub fn new(path: &str, before: Option<&[u8]>, after: Option<&str>) -> Self {
        Self {
            path: path.to_owned(),
            before_sha256: before.map(Checksum::of),
            after_sha256: after.map(|text| Checksum::of(text.as_bytes())),
            diff: String::new(),
            lines: None,
            after: after.map(str::to_owned),
        }
    }

    /// Whether the file is to become something else than it was when the plan was made.
    pub fn changes_file(&self) -> bool {
        self.before_sha256 != self.after_sha256
    }

    /// Fills in the diff when it is missing and both sides are known; `before` are the bytes the plan was made from.
    /// Bytes that are not UTF-8 show as U+FFFD.
    pub fn add_diff(&mut self, before: Option<&[u8]>) {
        if let Some(before) = self.known_before(before) {
            self.diff = unified_diff(&self.path, before.as_deref(), self.after.as_deref());
        }
    }

    /// Counts the lines that change, as [`Edit::add_diff`] would write them, and leaves the diff empty.
    pub fn add_lines(&mut self, before: Option<&[u8]>) {
        if let Some(before) = self.known_before(before) {
            self.lines = Some(count_lines(
                &self.path,
                before.as_deref(),
                self.after.as_deref(),
            ));
        }
    }

    /// The text before, as far as there is a diff to make of it.
    fn known_before<'b>(&self, before: Option<&'b [u8]>) -> Option<Option<Cow<'b, str>>> {
        let is_same = match (before, &self.before_sha256) {
            (Some(bytes), Some(checksum)) => checksum.is_of(bytes),
            (before, checksum) => before.is_none() && checksum.is_none(),
        };
        let is_whole = self.after.is_some() == self.after_sha256.is_some();
        (is_same && is_whole && self.diff.is_empty() && self.changes_file())
            .then(|| before.map(lossy))
    }

    /// How many lines the diff has of each kind; none where nobody has looked.
    pub fn lines(&self) -> Option<Lines> {
        if self.lines.is_some() || self.diff.is_empty() {
            return self.lines;
        }
        // The first two lines name the file.
        let mut lines = Lines::default();
        for line in self.diff.split('\n').skip(2) {
            match line.as_bytes().first() {
                Some(b'+') => lines.come += 1,
                Some(b'-') => lines.go += 1,
                _ => {}
            }
        }
        Some(lines)
    }

    /// The text before, as far as the new text and the diff tell it; none where they do not go together.
    pub fn text_before(&self) -> Option<String> {
        let after = self.after.as_deref()?;
        let mut rest = after.split_inclusive('\n').peekable();
        let mut before = String::new();
        let mut line_number = 1;
        let mut lines = self.diff.split_inclusive('\n').skip(2).peekable();
        while let Some(line) = lines.next() {
            if let Some(head) = line.strip_prefix("@@ ") {
                let (_, after) = head.split_once('+')?;
                let start = after.split([',', ' ']).next()?.parse::<usize>().ok()?;
                // A hunk without lines of its own names the line before it.
                let is_before = after.split(' ').next()?.ends_with(",0");
                let start = start.checked_add(usize::from(is_before))?;
                while line_number < start {
                    before.push_str(rest.next()?);
                    line_number += 1;
                }
                continue;
            }
            // A line without its end is followed by a word about that.
            let is_open = lines.peek().is_some_and(|next| next.starts_with('\\'));
            let text = line.get(1..).unwrap_or_default();
            let text = if is_open {
                text.trim_end_matches('\n')
            } else {
                text
            };
            match line.chars().next() {
                Some('-') => before.push_str(text),
                Some('+' | ' ') => {
                    let own = rest.next().filter(|own| *own == text)?;
                    line_number += 1;
                    if line.starts_with(' ') {
                        before.push_str(own);
                    }
                }
                _ => {}
            }
        }
        before.extend(rest);
        let checksum = self.before_sha256.as_ref()?;
        checksum.is_of(before.as_bytes()).then_some(before)
    }
}

/// A unified diff with git's file names, `/dev/null` for a side that does not exist.
pub fn unified_diff(path: &str, before: Option<&str>, after: Option<&str>) -> String {
    let name = |side: Option<&str>, prefix| match side {
        Some(_) => format!("{prefix}/{path}"),
        None => "/dev/null".to_owned(),
    };
    let names = [name(before, "a"), name(after, "b")];
    if let (Some(before), Some(after), true) = (before, after, path.ends_with(".lock")) {
        return lock_diff::unified(before, after, [&names[0], &names[1]]);
    }
    // Patience keeps together what belongs together, such as the entries of a list.
    TextDiff::configure()
        .algorithm(Algorithm::Patience)
        .diff_lines(before.unwrap_or_default(), after.unwrap_or_default())
        .unified_diff()
        .context_radius(CONTEXT)
        .header(&names[0], &names[1])
        .to_string()
}

/// As text; nearly always it is.
fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// The lines of each kind in the diff of a file.
fn count_lines(path: &str, before: Option<&str>, after: Option<&str>) -> Lines {
    if let (Some(before), Some(after), true) = (before, after, path.ends_with(".lock")) {
        return lock_diff::lines(before, after);
    }
    let diff = TextDiff::configure()
        .algorithm(Algorithm::Patience)
        .diff_lines(before.unwrap_or_default(), after.unwrap_or_default());
    let count = |tag: ChangeTag| {
        let changes = diff.iter_all_changes();
        changes.filter(|change| change.tag() == tag).count()
    };
    Lines {
        come: count(ChangeTag::Insert),
        go: count(ChangeTag::Delete),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_knows_both_sides() {
        let mut edit = Edit::new("composer.json", Some(b"{\n}\n"), Some("{\n    \"a\": 1\n}"));
        assert_eq!(edit.before_sha256, Some(Checksum::of(b"{\n}\n")));
        assert!(edit.changes_file());
        edit.add_diff(Some(b"something else"));
        assert_eq!(edit.diff, "", "a diff to other bytes would be a lie");
        edit.add_diff(Some(b"{\n}\n"));
        assert_eq!(
            edit.diff,
            "--- a/composer.json\n+++ b/composer.json\n@@ -1,2 +1,3 @@\n {\n-}\n+    \"a\": 1\n+}\n\\ No newline at end of file\n"
        );
        assert!(unified_diff("new", None, Some("x\n")).starts_with("--- /dev/null\n+++ b/new\n"));
    }

    #[test]
    fn the_text_before_follows_from_the_diff() {
        let long: String = (0..40).map(|number| format!("line {number}\n")).collect();
        let changed = long.replace("line 5\n", "").replace("line 30\n", "a\nb\n") + "end";
        for (before, after) in [
            ("{\n}\n", "{\n    \"a\": 1\n}"),
            ("{\n}", "{\n}\n"),
            (&*long, &*changed),
            (&*changed, &*long),
            ("", "x\n"),
            ("x\n", ""),
            ("a\r\nb\r\n", "a\r\nc\r\n"),
        ] {
            let mut edit = Edit::new("x", Some(before.as_bytes()), Some(after));
            edit.add_lines(Some(before.as_bytes()));
            let counted = edit.lines();
            edit.add_diff(Some(before.as_bytes()));
            assert_eq!(counted, edit.lines(), "{}", edit.diff);
            assert_eq!(edit.text_before().as_deref(), Some(before), "{}", edit.diff);
            edit.diff = edit.diff.replace("@@ -", "@@ -9");
            edit.before_sha256 = Some(Checksum::of(b"other"));
            assert_eq!(edit.text_before(), None);
        }
    }
}
