//! The places that a finding names in its list: file, line, and words about them.

use regex::Regex;
use std::sync::LazyLock;

/// An item of a finding's list that names a file, with a line and words about it if it has them.
static PLACE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?<file>[^\s:`]+)(?::(?<line>\d+))?(?:: (?<what>.+))?$").expect("a valid pattern")
});

/// An item that stands for further ones.
static MORE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^and (?<count>\d+) more$").expect("a valid pattern"));

/// Where something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place<'t> {
    /// Relative to the store, as the finding has it.
    pub(crate) file: &'t str,
    /// From 1, as written; none when the finding names the file alone.
    pub(crate) line: Option<&'t str>,
    /// What is there, in the finding's words; empty without any.
    pub(crate) what: &'t str,
}

/// What a finding says, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parts<'t> {
    /// What is no list of places.
    pub(super) text: String,
    /// In the order of the list.
    pub(super) places: Vec<Place<'t>>,
    /// How many places are not named.
    pub(super) more: usize,
}

/// Takes the text of a finding apart.
pub(super) fn parts(detail: &str) -> Parts<'_> {
    let mut parts = Parts::default();
    for line in detail.lines() {
        let item = line.strip_prefix("- ");
        let more = item.and_then(|item| MORE.captures(item));
        let place = item.and_then(|item| PLACE.captures(item));
        if let Some(more) = more {
            parts.more += more["count"].parse::<usize>().unwrap_or_default();
        } else if let Some(place) = place.filter(is_file) {
            let group = |name| place.name(name).map(|found| found.as_str());
            parts.places.push(Place {
                file: group("file").unwrap_or_default(),
                line: group("line"),
                what: group("what").unwrap_or_default(),
            });
        } else {
            parts.text.push_str(line);
            parts.text.push('\n');
        }
    }
    parts
}

/// Whether a place has a line, or is called as files are.
fn is_file(place: &regex::Captures<'_>) -> bool {
    place.name("line").is_some() || place["file"].contains(['.', '/'])
}

/// How many places a finding is about; one without a list is about one.
pub(crate) fn count(detail: &str) -> usize {
    let parts = parts(detail);
    (parts.places.len() + parts.more).max(1)
}

/// The places that a finding names.
pub(crate) fn places(detail: &str) -> Vec<Place<'_>> {
    parts(detail).places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_from_other_items() {
        let detail = "Look at these.\n- app/code/A/B.php:12: names A\\B\n- patches/x.diff\n- Makefile:3: x\n- acme and others, see below\n- and 3 more";
        let parts = parts(detail);
        let all: Vec<(&str, Option<&str>, &str)> = parts
            .places
            .iter()
            .map(|place| (place.file, place.line, place.what))
            .collect();
        assert_eq!(
            all,
            [
                ("app/code/A/B.php", Some("12"), "names A\\B"),
                ("patches/x.diff", None, ""),
                ("Makefile", Some("3"), "x"),
            ]
        );
        assert_eq!((parts.more, count(detail)), (3, 6));
        assert_eq!(parts.text, "Look at these.\n- acme and others, see below\n");
        assert_eq!(count("One sentence."), 1);
    }
}
