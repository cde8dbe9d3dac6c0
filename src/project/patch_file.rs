//! Patches in the unified format: which files they name, and whether they fit the code on disk.

use crate::project::store_files::{StoreFiles, below};
use composer_engine::files;
use std::collections::HashMap;

/// As many lines of context at either end of a hunk as may differ, as with `patch`.
const FUZZ: usize = 2;

/// How many bytes of files and lines of hunks may be looked at to try one patch. A real one needs some million; one that is made to
/// take for ever does not fit.
const PATIENCE: usize = 1 << 29;

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
        let mut patience = PATIENCE;
        for &level in levels {
            match self.fit_at(store, base, level, &mut patience) {
                fit @ (Fit::Applies | Fit::Applied) => return fit,
                Fit::Fails => best = Fit::Fails,
                Fit::NotInstalled => {}
            }
        }
        best
    }

    fn fit_at(
        &self,
        store: &dyn StoreFiles,
        base: &str,
        level: usize,
        patience: &mut usize,
    ) -> Fit {
        let (mut there, mut forward, mut backward) = (false, true, true);
        for section in &self.sections {
            let Some(path) = section.path().and_then(|path| stripped(path, level)) else {
                return Fit::NotInstalled;
            };
            let current = store.read(&below(base, path), files::DATA).ok();
            let current = current.and_then(|bytes| String::from_utf8(bytes).ok());
            there |= current.is_some();
            forward = forward && section.applies(current.as_deref(), Side::Old, patience);
            backward = backward && section.applies(current.as_deref(), Side::New, patience);
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
    fn applies(&self, current: Option<&str>, from: Side, patience: &mut usize) -> bool {
        let is_new = match from {
            Side::New => self.new.is_none(),
            _ => self.old.is_none(),
        };
        let Some(current) = current else {
            return is_new;
        };
        if is_new || !spend(patience, current.len()) {
            return false;
        }
        let mut numbers = HashMap::new();
        let mut number = |line| {
            let next = numbers.len();
            *numbers.entry(line).or_insert(next)
        };
        // A line is compared as often as a block may begin before it.
        let mut lines: Vec<usize> = current.split('\n').map(&mut number).collect();
        let mut shift = 0isize;
        self.hunks.iter().all(|hunk| {
            let to = if from == Side::New {
                Side::Old
            } else {
                Side::New
            };
            let mut side = |wanted: Side| -> Vec<usize> {
                hunk.lines
                    .iter()
                    .filter(|(side, _)| *side == Side::Both || *side == wanted)
                    .map(|(_, line)| number(line))
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
                let block = |lines: &[usize]| cut..lines.len().saturating_sub(end).max(cut);
                let Some(wanted) = before.get(block(&before)) else {
                    return false;
                };
                let expected = expected.saturating_add(cut);
                let Some(place) = nearest(&lines, wanted, expected, patience) else {
                    return false;
                };
                let put: Vec<usize> = after.get(block(&after)).unwrap_or_default().to_vec();
                shift += put.len() as isize - wanted.len() as isize;
                let range = place..place + wanted.len();
                lines.splice(range, put);
                true
            })
        })
    }
}

/// Where a block of lines stands, as near as possible to the place where it is expected; none, too, when the patience ends.
fn nearest(
    lines: &[usize],
    block: &[usize],
    expected: usize,
    patience: &mut usize,
) -> Option<usize> {
    if !spend(patience, lines.len().saturating_add(block.len())) {
        return None;
    }
    if block.is_empty() {
        return Some(expected.min(lines.len()));
    }
    let is_there = |place: usize| {
        let from = lines.get(place..);
        from.is_some_and(|from| from.starts_with(block))
    };
    if is_there(expected) {
        return Some(expected);
    }
    occurrences(lines, block).min_by_key(|place| place.abs_diff(expected))
}

/// Takes so much from the patience; whether there was so much.
fn spend(patience: &mut usize, much: usize) -> bool {
    let left = patience.checked_sub(much);
    *patience = left.unwrap_or(0);
    left.is_some()
}

/// All places of a block, also those that overlap, each line of the text looked at once (Knuth, Morris and Pratt).
fn occurrences(lines: &[usize], block: &[usize]) -> impl Iterator<Item = usize> {
    // For each line of the block, how long a beginning of it ends there.
    let mut borders: Vec<usize> = Vec::with_capacity(block.len());
    for (index, line) in block.iter().enumerate() {
        let known = match index {
            0 => None,
            _ => Some(grown(block, &borders, borders.last().copied(), line)),
        };
        borders.push(known.unwrap_or(0));
    }
    let mut matched = 0;
    lines.iter().enumerate().filter_map(move |(index, line)| {
        matched = grown(block, &borders, Some(matched), line);
        if matched < block.len() {
            return None;
        }
        matched = borders.last().copied().unwrap_or(0);
        Some(index + 1 - block.len())
    })
}

/// How much of a block's beginning is matched after one more line, when so much of it was before.
fn grown(block: &[usize], borders: &[usize], matched: Option<usize>, line: &usize) -> usize {
    let mut matched = matched.unwrap_or(0);
    loop {
        if block.get(matched) == Some(line) {
            return matched + 1;
        }
        match matched.checked_sub(1).and_then(|last| borders.get(last)) {
            Some(&shorter) => matched = shorter,
            None => return 0,
        }
    }
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
        fn a_block_is_found_where_it_stands_nearest(
            lines in prop::collection::vec(0usize..3, 0..24),
            block in prop::collection::vec(0usize..3, 1..6),
            expected in 0usize..30,
        ) {
            let all: Vec<usize> = (0..lines.len()).filter(|&place| lines[place..].starts_with(&block)).collect();
            prop_assert_eq!(occurrences(&lines, &block).collect::<Vec<_>>(), all.clone());
            let place = nearest(&lines, &block, expected, &mut PATIENCE.clone());
            prop_assert_eq!(place, all.into_iter().min_by_key(|place| place.abs_diff(expected)));
            prop_assert_eq!(nearest(&lines, &block, expected, &mut lines.len()), None);
        }

        #[test]
        fn any_text_is_survived(pieces in prop::collection::vec(prop_oneof![
            Just("--- a/x\n"), Just("+++ b/x\n"), Just("+++ /dev/null\n"), Just("@@ -1,2 +1,2 @@\n"), Just("@@ -0,0 +9999999 @@ x\n"), Just("@@ -18446744073709551615,2 +1,2 @@\n"),
            Just(" a\n"), Just("-b\n"), Just("+\u{e9}\n"), Just("\r\n"), Just("\\ No newline\n"), Just("diff --git a/x b/x\n"), Just("c"),
        ], 0..24)) {
            let text = pieces.concat();
            let patch = PatchFile::parse(&text);
            for path in &patch.paths {
                prop_assert!(text.get(path.start..).is_some_and(|rest| rest.starts_with(path.path)));
            }
            for section in &patch.sections {
                section.applies(Some("a\nb\nc\n"), Side::Old, &mut PATIENCE.clone());
                section.applies(Some(""), Side::New, &mut PATIENCE.clone());
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
