//! Patches in the unified format: which files they name, and whether they fit the code on disk.

use crate::project::store_files::{StoreFiles, below};
use composer_engine::files;

/// As many lines of context at either end of a hunk as may differ, as with `patch`.
const FUZZ: usize = 2;

/// A patch for one or more files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchFile<'t> {
    /// One for each file that it changes, in order; none when the text is no patch.
    pub sections: Vec<Section<'t>>,
    /// Every path in a header line, in order.
    pub paths: Vec<HeaderPath<'t>>,
}

/// A path as a header line has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderPath<'t> {
    /// Where it begins in the patch, in bytes.
    pub start: usize,
    /// As written, with the prefix `a/` or `b/` where there is one.
    pub path: &'t str,
}

/// What a patch does to one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section<'t> {
    /// As written after `---`; none for a new file.
    pub old: Option<&'t str>,
    /// As written after `+++`; none for a file that is removed.
    pub new: Option<&'t str>,
    hunks: Vec<Hunk<'t>>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Hunk<'t> {
    /// The line of the old file that it begins with, counted from 1.
    old_start: usize,
    lines: Vec<(Side, &'t str)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Both,
    Old,
    New,
}

/// How a patch relates to the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It goes on as it is, or with what `patch` tolerates.
    Applies,
    /// It has been applied already.
    Applied,
    /// Neither.
    Fails,
    /// None of its files are there.
    NotInstalled,
}

impl<'t> Section<'t> {
    /// The path that is changed, as written.
    pub fn path(&self) -> Option<&'t str> {
        self.new.or(self.old)
    }
}

impl<'t> PatchFile<'t> {
    /// Reads a patch. Lines that belong to no hunk and are no header are passed over, as `patch` does; a text that is no
    /// patch has no sections.
    pub fn parse(text: &'t str) -> Self {
        let mut patch = Self {
            sections: Vec::new(),
            paths: Vec::new(),
        };
        let mut old: Option<&str> = None;
        let mut left = (0usize, 0usize);
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let (place, line) = (start, line.strip_suffix('\n').unwrap_or(line));
            start +=
                line.len() + usize::from(text.as_bytes().get(place + line.len()) == Some(&b'\n'));
            if left != (0, 0) {
                left = patch.body_line(line, left);
                continue;
            }
            if let Some(counts) = patch.hunk_header(line) {
                left = counts;
            } else if let Some(path) = header(line, "--- ") {
                patch.add_path(place + 4, path);
                old = Some(path);
            } else if let (Some(path), Some(before)) = (header(line, "+++ "), old) {
                patch.add_path(place + 4, path);
                let real = |path: &'t str| (path != "/dev/null").then_some(path);
                patch.sections.push(Section {
                    old: real(before),
                    new: real(path),
                    hunks: Vec::new(),
                });
                old = None;
            } else {
                patch.git_header(line, place);
            }
        }
        patch
    }

    fn add_path(&mut self, start: usize, path: &'t str) {
        if path != "/dev/null" {
            self.paths.push(HeaderPath { start, path });
        }
    }

    /// The lines of git and Subversion that name files besides `---` and `+++`.
    fn git_header(&mut self, line: &'t str, place: usize) {
        for prefix in [
            "rename from ",
            "rename to ",
            "copy from ",
            "copy to ",
            "Index: ",
        ] {
            if let Some(path) = header(line, prefix) {
                self.add_path(place + prefix.len(), path);
            }
        }
        const GIT: &str = "diff --git ";
        if let Some((before, after)) = line
            .strip_prefix(GIT)
            .and_then(|paths| paths.trim_end().split_once(' '))
        {
            self.add_path(place + GIT.len(), before);
            self.add_path(place + GIT.len() + before.len() + 1, after);
        }
    }

    /// `@@ -12,7 +12,8 @@`: how many old and new lines follow.
    fn hunk_header(&mut self, line: &str) -> Option<(usize, usize)> {
        let (ranges, _) = line.strip_prefix("@@ -")?.split_once(" @@")?;
        let (old, new) = ranges.split_once(" +")?;
        let range = |text: &str| -> Option<(usize, usize)> {
            match text.split_once(',') {
                Some((start, count)) => Some((start.parse().ok()?, count.parse().ok()?)),
                None => Some((text.parse().ok()?, 1)),
            }
        };
        let ((old_start, old_count), (_, new_count)) = (range(old)?, range(new)?);
        self.sections.last_mut()?.hunks.push(Hunk {
            old_start,
            lines: Vec::new(),
        });
        Some((old_count, new_count))
    }

    /// A line of the hunk that is open, of which so many old and new lines are left.
    fn body_line(&mut self, line: &'t str, (old, new): (usize, usize)) -> (usize, usize) {
        let Some(hunk) = self
            .sections
            .last_mut()
            .and_then(|section| section.hunks.last_mut())
        else {
            return (0, 0);
        };
        let rest = line.get(1..).unwrap_or_default();
        match line.as_bytes().first() {
            Some(b'-') => {
                hunk.lines.push((Side::Old, rest));
                (old.saturating_sub(1), new)
            }
            Some(b'+') => {
                hunk.lines.push((Side::New, rest));
                (old, new.saturating_sub(1))
            }
            // Editors strip the blank of an empty line of context.
            Some(b' ') | None => {
                hunk.lines.push((Side::Both, rest));
                (old.saturating_sub(1), new.saturating_sub(1))
            }
            Some(b'\\') => (old, new),
            Some(_) => (0, 0),
        }
    }

    /// Tries the patch on the files below `base`, without as many leading folders of its paths as one of `levels` says
    /// (`-p`). Nothing is written.
    pub fn fit(&self, store: &dyn StoreFiles, base: &str, levels: &[usize]) -> Fit {
        let mut best = Fit::NotInstalled;
        for &level in levels {
            match self.fit_at(store, base, level) {
                fit @ (Fit::Applies | Fit::Applied) => return fit,
                Fit::Fails => best = Fit::Fails,
                Fit::NotInstalled => {}
            }
        }
        best
    }

    fn fit_at(&self, store: &dyn StoreFiles, base: &str, level: usize) -> Fit {
        let (mut there, mut forward, mut backward) = (false, true, true);
        for section in &self.sections {
            let Some(path) = section.path().and_then(|path| stripped(path, level)) else {
                return Fit::NotInstalled;
            };
            let current = store.read(&below(base, path), files::DATA).ok();
            let current = current.and_then(|bytes| String::from_utf8(bytes).ok());
            there |= current.is_some();
            forward &= section.applies(current.as_deref(), Side::Old);
            backward &= section.applies(current.as_deref(), Side::New);
        }
        match (there, forward, backward) {
            (_, true, _) if there || self.sections.iter().all(|section| section.old.is_none()) => {
                Fit::Applies
            }
            (true, _, true) => Fit::Applied,
            (true, ..) => Fit::Fails,
            (false, ..) => Fit::NotInstalled,
        }
    }
}

impl Section<'_> {
    /// Whether every hunk finds its lines: those of the old side to apply it, those of the new one to take it back.
    fn applies(&self, current: Option<&str>, from: Side) -> bool {
        let is_new = match from {
            Side::New => self.new.is_none(),
            _ => self.old.is_none(),
        };
        let Some(current) = current else {
            return is_new;
        };
        if is_new {
            return false;
        }
        let mut lines: Vec<&str> = current.split('\n').collect();
        let mut shift = 0isize;
        self.hunks.iter().all(|hunk| {
            let to = if from == Side::New {
                Side::Old
            } else {
                Side::New
            };
            let side = |wanted: Side| -> Vec<&str> {
                hunk.lines
                    .iter()
                    .filter(|(side, _)| *side == Side::Both || *side == wanted)
                    .map(|(_, line)| *line)
                    .collect()
            };
            let context = |lines: &mut dyn Iterator<Item = &(Side, &str)>| {
                lines.take_while(|(side, _)| *side == Side::Both).count()
            };
            let (head, tail) = (
                context(&mut hunk.lines.iter()),
                context(&mut hunk.lines.iter().rev()),
            );
            let (before, after) = (side(from), side(to));
            let expected = hunk
                .old_start
                .saturating_sub(1)
                .saturating_add_signed(shift);
            (0..=FUZZ).any(|fuzz| {
                let (cut, end) = (head.min(fuzz), tail.min(fuzz));
                let block = |lines: &[&str]| cut..lines.len().saturating_sub(end).max(cut);
                let Some(wanted) = before.get(block(&before)) else {
                    return false;
                };
                let Some(place) = nearest(&lines, wanted, expected + cut) else {
                    return false;
                };
                let put: Vec<&str> = after.get(block(&after)).unwrap_or_default().to_vec();
                shift += put.len() as isize - wanted.len() as isize;
                let range = place..place + wanted.len();
                lines.splice(range, put);
                true
            })
        })
    }
}

/// Where a block of lines stands, as near as possible to the place where it is expected.
fn nearest(lines: &[&str], block: &[&str], expected: usize) -> Option<usize> {
    if block.is_empty() {
        return Some(expected.min(lines.len()));
    }
    (0..=lines.len().checked_sub(block.len())?)
        .filter(|&place| lines.get(place..place + block.len()) == Some(block))
        .min_by_key(|place| place.abs_diff(expected))
}

/// The path in a header line: what follows `prefix` up to a tab (`diff` writes the time behind it).
fn header<'t>(line: &'t str, prefix: &str) -> Option<&'t str> {
    let path = line.strip_prefix(prefix)?;
    let path = path.split('\t').next().unwrap_or(path).trim_end();
    (!path.is_empty()).then_some(path)
}

/// A path without so many leading folders, when it stays below its base.
fn stripped(path: &str, level: usize) -> Option<&str> {
    let mut rest = path;
    for _ in 0..level {
        rest = rest.split_once('/')?.1;
    }
    let is_below =
        !rest.is_empty() && !rest.starts_with('/') && rest.split('/').all(|part| part != "..");
    is_below.then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::store_files::MapFiles;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_survived(pieces in prop::collection::vec(prop_oneof![
            Just("--- a/x\n"), Just("+++ b/x\n"), Just("+++ /dev/null\n"), Just("@@ -1,2 +1,2 @@\n"), Just("@@ -0,0 +9999999 @@ x\n"),
            Just(" a\n"), Just("-b\n"), Just("+\u{e9}\n"), Just("\r\n"), Just("\\ No newline\n"), Just("diff --git a/x b/x\n"), Just("c"),
        ], 0..24)) {
            let text = pieces.concat();
            let patch = PatchFile::parse(&text);
            for path in &patch.paths {
                prop_assert!(text.get(path.start..).is_some_and(|rest| rest.starts_with(path.path)));
            }
            for section in &patch.sections {
                section.applies(Some("a\nb\nc\n"), Side::Old);
                section.applies(Some(""), Side::New);
            }
        }
    }

    const PATCH: &str = "Fixes a thing\n@package magento/module-a\n\ndiff --git a/vendor/magento/module-a/A.php b/vendor/magento/module-a/A.php\nindex 1..2 100644\n--- a/vendor/magento/module-a/A.php\t2020-01-01\n+++ b/vendor/magento/module-a/A.php\n@@ -2,5 +2,5 @@ class A\n two\n three\n--- four\n+++ FOUR\n five\n six\n--- /dev/null\n+++ b/vendor/magento/module-a/New.php\n@@ -0,0 +1 @@\n+new\n";

    const FILE: &str = "one\ntwo\nthree\n-- four\nfive\nsix\nseven\n";

    #[test]
    fn headers_are_told_from_lines() {
        let patch = PatchFile::parse(PATCH);
        let paths: Vec<&str> = patch.paths.iter().map(|path| path.path).collect();
        let (a, b) = (
            "a/vendor/magento/module-a/A.php",
            "b/vendor/magento/module-a/A.php",
        );
        assert_eq!(paths, [a, b, a, b, "b/vendor/magento/module-a/New.php"]);
        for path in &patch.paths {
            assert!(PATCH[path.start..].starts_with(path.path));
        }
        assert_eq!(patch.sections.len(), 2);
        assert!(
            PatchFile::parse("no patch\n+++ x\n@@ -1 +1 @@\n")
                .sections
                .is_empty()
        );
    }

    #[test]
    fn a_patch_is_tried_in_both_directions() {
        const PACKAGE: &str = "vendor/magento/module-a";
        let patch = PatchFile::parse(PATCH);
        let fit = |files: &[(&str, String)]| {
            let files = files.iter().cloned();
            let store = MapFiles::of(files.map(|(name, text)| (format!("{PACKAGE}/{name}"), text)));
            (
                patch.fit(&store, "", &[1]),
                patch.fit(&store, PACKAGE, &[1, 0, 2, 4]),
            )
        };
        let with = |text: String| fit(&[("A.php", text)]);
        assert_eq!(fit(&[]), (Fit::NotInstalled, Fit::NotInstalled));
        assert_eq!(with(FILE.to_owned()), (Fit::Applies, Fit::Applies));
        let moved = format!("zero\n\n{}", FILE.replace("six", "SIX"));
        assert_eq!(with(moved).0, Fit::Applies, "with an offset and fuzz");
        let new = ("New.php", "new\n".to_owned());
        assert_eq!(
            fit(&[("A.php", FILE.replace("-- four", "++ FOUR")), new.clone()]),
            (Fit::Applied, Fit::Applied)
        );
        assert_eq!(
            fit(&[("A.php", FILE.replace("-- four", "other")), new]),
            (Fit::Fails, Fit::Fails)
        );
    }

    #[test]
    fn paths_stay_below_their_base() {
        assert_eq!(stripped("../Model/A.php", 1), Some("Model/A.php"));
        assert_eq!(stripped("../Model/A.php", 0), None);
        assert_eq!(stripped("a/A.php", 2), None);
        assert_eq!(stripped("/etc/passwd", 0), None);
    }
}
