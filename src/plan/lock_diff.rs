//! The diff of two locks, package by package.
//!
//! A lock has tens of thousands of lines, of which a switch changes most. Looking for what they have in common line by
//! line takes longer than finding the packages. But a lock is a list: what comes before one package in both files, and what
//! comes behind it, can be compared on its own, and there most are either the same or on one side only.

use super::Lines;
use rustc_hash::{FxHashMap, FxHashSet};
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::fmt::Write;
use std::ops::Range;

/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// How many pairs of lines are few.
const FEW: usize = 1 << 14;

/// Lines of the one file, and those of the other that they become.
type Change = (Range<usize>, Range<usize>);

/// How many lines [`unified`] has of each kind.
pub(super) fn lines(before: &str, after: &str) -> Lines {
    let [old, new] = [before, after].map(split);
    let mut lines = Lines::default();
    for (gone, come) in changes(&old, &new) {
        lines.go += gone.len();
        lines.come += come.len();
    }
    lines
}

fn split(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The unified diff of two locks, below two lines that name them.
pub(super) fn unified(before: &str, after: &str, names: [&str; 2]) -> String {
    let [old, new] = [before, after].map(split);
    let changes = changes(&old, &new);
    let mut out = String::with_capacity(before.len().min(after.len()));
    let mut left = changes.as_slice();
    if !left.is_empty() {
        // Writing into a string cannot fail.
        let _ = write!(out, "--- {}\n+++ {}\n", names[0], names[1]);
    }
    while !left.is_empty() {
        let is_near = |pair: &[Change]| pair[1].0.start - pair[0].0.end <= 2 * CONTEXT;
        let apart = left.windows(2).position(|pair| !is_near(pair));
        let (hunk, rest) = left.split_at(apart.map_or(left.len(), |place| place + 1));
        write_hunk(&mut out, &old, &new, hunk);
        left = rest;
    }
    out
}

fn write_hunk(out: &mut String, old: &[&str], new: &[&str], hunk: &[Change]) {
    let (Some((first, first_new)), Some((last, last_new))) = (hunk.first(), hunk.last()) else {
        return;
    };
    let lead = CONTEXT.min(first.start);
    let end = (last.end + CONTEXT).min(old.len());
    let header = |lines: Range<usize>| match lines.len() {
        0 => format!("{},0", lines.start),
        1 => (lines.start + 1).to_string(),
        count => format!("{},{count}", lines.start + 1),
    };
    let of_old = header(first.start - lead..end);
    let of_new = header(first_new.start - lead..last_new.end + (end - last.end));
    let _ = writeln!(out, "@@ -{of_old} +{of_new} @@");
    let mut put = |sign: char, lines: &[&str]| {
        for line in lines {
            out.push(sign);
            out.push_str(line);
            if !line.ends_with('\n') {
                out.push_str("\n\\ No newline at end of file\n");
            }
        }
    };
    let mut place = first.start - lead;
    for (gone, come) in hunk {
        put(' ', &old[place..gone.start]);
        put('-', &old[gone.clone()]);
        put('+', &new[come.clone()]);
        place = gone.end;
    }
    put(' ', &old[place..end]);
}

/// What differs, in order; between two changes there is at least one line that is the same.
fn changes(old: &[&str], new: &[&str]) -> Vec<Change> {
    // Most lines come again and again. A number is compared at once.
    let mut known: FxHashMap<&str, u32> = FxHashMap::default();
    let mut number = |line| {
        let next = known.len() as u32;
        *known.entry(line).or_insert(next)
    };
    let mut comparison = Comparison {
        lines: [old, new],
        numbers: [old, new].map(|lines| lines.iter().map(|line| number(line)).collect()),
        changes: Vec::new(),
    };
    comparison.by_key((0..old.len(), 0..new.len()), whole_name, &[own_name]);
    comparison.changes
}

/// What packages in both files are known again by.
type Key = fn(&str) -> &str;

fn whole_name(line: &str) -> &str {
    line
}

/// Without the vendor, which a switch changes.
fn own_name(line: &str) -> &str {
    line.split_once('/').map_or(line, |(_, name)| name)
}

/// Two files, and what was found of their differences.
struct Comparison<'l> {
    lines: [&'l [&'l str]; 2],
    /// A number for each line, the same for the same text.
    numbers: [Vec<u32>; 2],
    changes: Vec<Change>,
}

impl Comparison<'_> {
    fn note(&mut self, gone: Range<usize>, come: Range<usize>) {
        match self.changes.last_mut() {
            Some(last) if last.0.end == gone.start && last.1.end == come.start => {
                last.0.end = gone.end;
                last.1.end = come.end;
            }
            _ => self.changes.push((gone, come)),
        }
    }

    /// Finds what differs: between packages that both have by the first of the keys and so on, in the end line by line.
    fn compare(&mut self, (old, new): Change, keys: &[Key]) {
        let [a, b] = [&self.numbers[0][old.clone()], &self.numbers[1][new.clone()]];
        let ahead = a.iter().zip(b).take_while(|(a, b)| a == b).count();
        let (a, b) = (&a[ahead..], &b[ahead..]);
        let pairs = a.iter().rev().zip(b.iter().rev());
        let behind = pairs.take_while(|(a, b)| a == b).count();
        let (a, b) = (&a[..a.len() - behind], &b[..b.len() - behind]);
        let old = old.start + ahead..old.end - behind;
        let new = new.start + ahead..new.end - behind;
        if a.is_empty() && b.is_empty() {
            return;
        }
        if a.is_empty() || b.is_empty() {
            return self.note(old, new);
        }
        if let Some((&key, keys)) = keys.split_first() {
            return self.by_key((old, new), key, keys);
        }
        // What one of them has alone is no part of what they have in common, and of two entries that is most.
        let [a, b] = self.shared([a, b]);
        let numbers = |lines: &[(usize, u32)]| -> Vec<u32> {
            lines.iter().map(|&(_, number)| number).collect()
        };
        let [numbers_a, numbers_b] = [numbers(&a), numbers(&b)];
        // Two entries of a package are short, and then the smallest difference is found the fastest.
        let algorithm = match a.len() * b.len() <= FEW {
            true => Algorithm::Myers,
            false => Algorithm::Patience,
        };
        let (mut from, mut from_new) = (old.start, new.start);
        for op in capture_diff_slices(algorithm, &numbers_a, &numbers_b) {
            let DiffOp::Equal {
                old_index,
                new_index,
                len,
            } = op
            else {
                continue;
            };
            let pairs = a[old_index..old_index + len].iter().zip(&b[new_index..]);
            for (&(place, _), &(place_new, _)) in pairs {
                let (to, to_new) = (old.start + place, new.start + place_new);
                if from < to || from_new < to_new {
                    self.note(from..to, from_new..to_new);
                }
                (from, from_new) = (to + 1, to_new + 1);
            }
        }
        if from < old.end || from_new < new.end {
            self.note(from..old.end, from_new..new.end);
        }
    }

    /// The lines that both have, with their places.
    fn shared(&self, sides: [&[u32]; 2]) -> [Vec<(usize, u32)>; 2] {
        let [a, b] = sides.map(|side| side.iter().copied().collect::<FxHashSet<u32>>());
        let of = |side: &[u32], other: &FxHashSet<u32>| {
            let lines = side.iter().copied().enumerate();
            lines.filter(|(_, line)| other.contains(line)).collect()
        };
        [of(sides[0], &b), of(sides[1], &a)]
    }

    /// Compares what is between packages that both have by a key, by the keys that are left.
    fn by_key(&mut self, (old, new): Change, key: Key, keys: &[Key]) {
        let mut ends = common(
            &self.lines[0][old.clone()],
            &self.lines[1][new.clone()],
            key,
        );
        ends.push((old.len(), new.len()));
        let (mut from, mut from_new) = (0, 0);
        for (to, to_new) in ends {
            let between = (
                old.start + from..old.start + to,
                new.start + from_new..new.start + to_new,
            );
            self.compare(between, keys);
            (from, from_new) = (to, to_new);
        }
    }
}

/// The lines at which packages begin that both files have, as many as can be had in the same order in both.
fn common(old: &[&str], new: &[&str], key: Key) -> Vec<(usize, usize)> {
    let places: FxHashMap<&str, usize> = entries(old, key).collect();
    let pairs: Vec<(usize, usize)> = entries(new, key)
        .filter_map(|(name, place)| Some((*places.get(name)?, place)))
        .collect();
    // The longest ascending run: for each length so far, the pair that ends it lowest, and for each pair the one before.
    let mut lowest: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (index, &(place, _)) in pairs.iter().enumerate() {
        let length = lowest.partition_point(|&other| pairs[other].0 < place);
        previous.push(length.checked_sub(1).map(|shorter| lowest[shorter]));
        match lowest.get_mut(length) {
            Some(end) => *end = index,
            None => lowest.push(index),
        }
    }
    let mut run = Vec::with_capacity(lowest.len());
    let mut next = lowest.last().copied();
    while let Some(index) = next {
        run.push(pairs[index]);
        next = previous[index];
    }
    run.reverse();
    run
}

/// The entries of a lock: the line with the name, and where the one with the brace before it is.
fn entries<'l>(lines: &'l [&'l str], key: Key) -> impl Iterator<Item = (&'l str, usize)> {
    // Nearly every line can be told from a brace by its last byte alone.
    let last = |line: &str| line.bytes().rev().find(|byte| !byte.is_ascii_whitespace());
    let begins = move |line: &str| last(line) == Some(b'{') && line.trim() == "{";
    let pairs = lines.windows(2).enumerate();
    pairs
        .filter(move |(_, pair)| {
            begins(pair[0]) && pair[1].trim_start().starts_with("\"name\": \"")
        })
        .map(move |(place, pair)| (key(pair[1]), place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lock(packages: &[(u8, u8)]) -> String {
        let entries = packages.iter().map(|(name, version)| {
            format!("        {{\n            \"name\": \"acme/{name}\",\n            \"version\": \"{version}\",\n            \"type\": \"library\"\n        }}")
        });
        let entries: Vec<String> = entries.collect();
        format!(
            "{{\n    \"packages\": [\n{}\n    ]\n}}\n",
            entries.join(",\n")
        )
    }

    /// What becomes of a text when a diff is applied to it.
    fn patched(text: &str, diff: &str) -> String {
        let old: Vec<&str> = text.split_inclusive('\n').collect();
        let (mut new, mut place) = (String::new(), 0);
        for line in diff.split_inclusive('\n').skip(2) {
            match line.as_bytes()[0] {
                b'@' => {
                    let lines = line[4..].split([',', ' ']).next().unwrap();
                    let is_empty = line[4..].split(' ').next().unwrap().ends_with(",0");
                    let start = lines.parse::<usize>().unwrap() - usize::from(!is_empty);
                    old[place..start].iter().for_each(|line| new.push_str(line));
                    place = start;
                }
                b'+' => new.push_str(&line[1..]),
                sign => {
                    assert_eq!(old[place], &line[1..]);
                    place += 1;
                    if sign == b' ' {
                        new.push_str(&line[1..]);
                    }
                }
            }
        }
        old[place..].iter().for_each(|line| new.push_str(line));
        new
    }

    #[test]
    fn a_package_goes_and_comes_whole() {
        let before = lock(&[(1, 1), (2, 1), (3, 1), (4, 1), (5, 1)]);
        let after = lock(&[(1, 1), (2, 1), (4, 2), (5, 1)]);
        assert_eq!(
            unified(&before, &after, ["a", "b"]),
            "--- a\n+++ b\n@@ -10,14 +10,9 @@\n             \"version\": \"1\",\n             \"type\": \"library\"\n         },\n-        {\n-            \"name\": \"acme/3\",\n-            \"version\": \"1\",\n-            \"type\": \"library\"\n-        },\n         {\n             \"name\": \"acme/4\",\n-            \"version\": \"1\",\n+            \"version\": \"2\",\n             \"type\": \"library\"\n         },\n         {\n"
        );
        assert_eq!(unified(&before, &before, ["a", "b"]), "");
        let renamed = before.replace("acme/", "corp/");
        let diff = unified(&before, &renamed, ["a", "b"]);
        assert_eq!(diff.lines().filter(|line| line.starts_with('-')).count(), 6);
        assert_eq!(
            unified("a", "b\n", ["a", "b"]),
            "--- a\n+++ b\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n"
        );
    }

    proptest! {
        #[test]
        fn the_diff_leads_from_the_one_to_the_other(
            before in prop::collection::vec((0..12u8, 0..3u8), 0..16),
            after in prop::collection::vec((0..12u8, 0..3u8), 0..16),
            renamed in any::<bool>(),
        ) {
            let [before, mut after] = [before, after].map(|packages| lock(&packages));
            if renamed {
                after = after.replace("acme/", "corp/");
            }
            let diff = unified(&before, &after, ["a", "b"]);
            prop_assert_eq!(patched(&before, &diff), after);
        }
    }
}
