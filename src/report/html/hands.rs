//! What people have to change themselves: findings about code, patches and scripts, with file and line.

use super::findings::{Told, finding_head};
use super::prose::{inline, prose};
use crate::plan::{Finding, Plan};
use crate::report::texts::{Texts, fill};
use crate::report::topic::Topic;
use maud::{Markup, html};
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
    pub(crate) file: &'t str,
    pub(crate) line: Option<&'t str>,
    pub(crate) what: &'t str,
}

/// What a finding says, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parts<'t> {
    /// What is no list of places.
    text: String,
    places: Vec<Place<'t>>,
    /// How many places are not named.
    more: usize,
}

fn parts(detail: &str) -> Parts<'_> {
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

/// The section.
pub(crate) fn section(plan: &Plan, id: &str, texts: &Texts) -> Markup {
    let words = &texts.hands;
    let told: Vec<Told> = Told::all(plan, |finding| {
        Topic::of(finding.code()) == Topic::Hands && !finding.is_blocker()
    });
    html! {
        section aria-labelledby={ (id) "-hands" } {
            h3 id={ (id) "-hands" } { (words.heading) }
            @if told.is_empty() {
                p { (words.nothing) }
            } @else {
                p { (words.intro) }
                @for told in told { (one(&told, id, texts)) }
            }
        }
    }
}

/// A finding with its places in a table.
fn one(told: &Told, id: &str, texts: &Texts) -> Markup {
    let parts = parts(&told.finding.detail);
    html! {
        article.finding.(told.tone()) id={ (id) "-f" (told.number) } {
            (finding_head(told.finding, texts))
            (prose(&parts.text))
            @if !parts.places.is_empty() { (table(told.finding, &parts, texts)) }
        }
    }
}

fn table(finding: &Finding, parts: &Parts, texts: &Texts) -> Markup {
    let words = &texts.hands;
    let has_words = parts.places.iter().any(|place| !place.what.is_empty());
    html! {
        div.scroll tabindex="0" role="region" aria-label={ (words.caption) ": " (finding.title) } {
            table {
                caption.quiet { (words.caption) }
                thead { tr {
                    th scope="col" { (words.file) }
                    th.number scope="col" { (words.line) }
                    @if has_words { th scope="col" { (words.what) } }
                } }
                tbody {
                    @for place in &parts.places {
                        tr {
                            th.path scope="row" { (place.file) }
                            td.number { (place.line.unwrap_or("–")) }
                            @if has_words { td { (inline(place.what)) } }
                        }
                    }
                }
            }
        }
        @if parts.more > 0 { p { (fill(&words.more, &[("n", &parts.more)])) } }
    }
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
