//! Where a constraint falls into alternatives, and these into parts that hold together.

use crate::format::version::scan::is_space;

/// Splits at `|` and `||` and the white space around them.
pub(crate) fn alternatives(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let current = rest?;
        let Some((before, after)) = current.split_once('|') else {
            return rest.take();
        };
        rest = Some(
            after
                .strip_prefix('|')
                .unwrap_or(after)
                .trim_start_matches(is_space),
        );
        Some(before.trim_end_matches(is_space))
    })
}

/// Splits at commas and spaces that join constraints: not those after an operator, of an inline alias or a hyphen range.
pub(crate) fn conjuncts(text: &str) -> impl Iterator<Item = &str> {
    let mut start = Some(0);
    std::iter::from_fn(move || {
        let begin = start?;
        let bytes = text.as_bytes();
        let found = (begin..bytes.len()).find_map(|at| Some((at, conjunction_end(bytes, at)?)));
        match found {
            Some((at, end)) => {
                start = Some(end);
                text.get(begin..at)
            }
            None => {
                start = None;
                text.get(begin..)
            }
        }
    })
}

/// Where the conjunction that starts at `at` ends, if one does: composer/semver's
/// `(?<!^|as|[=>< ,]) *(?<!-)[, ](?!-) *(?!,|as|$)`, with its backtracking over spaces.
fn conjunction_end(text: &[u8], at: usize) -> Option<usize> {
    let (before, rest) = text.split_at_checked(at)?;
    if !matches!(rest.first(), Some(b' ' | b',')) || before.ends_with(b"as") {
        return None;
    }
    if matches!(before.last(), None | Some(b'=' | b'>' | b'<' | b' ' | b',')) {
        return None;
    }
    let count_spaces = |text: &[u8]| text.iter().take_while(|&&byte| byte == b' ').count();
    (0..=count_spaces(rest)).rev().find_map(|skipped| {
        let after = match rest.get(skipped..)? {
            [b',' | b' ', after @ ..] if !after.starts_with(b"-") => after,
            _ => return None,
        };
        if skipped == 0 && before.ends_with(b"-") {
            return None;
        }
        let end = (0..=count_spaces(after)).rev().find(|&more| {
            let next = after.get(more..).unwrap_or_default();
            !(next.is_empty() || next == b"\n" || next.starts_with(b",") || next.starts_with(b"as"))
        })?;
        Some(at + skipped + 1 + end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_alternatives() {
        for (text, parts) in [
            ("^1", vec!["^1"]),
            ("^1 || ^2|^3", vec!["^1", "^2", "^3"]),
            ("^1 |||^2 ||", vec!["^1", "", "^2", ""]),
        ] {
            assert_eq!(alternatives(text).collect::<Vec<_>>(), parts, "{text}");
        }
    }

    #[test]
    fn splits_conjunctions() {
        for (text, parts) in [
            (">=1 <2", vec![">=1", "<2"]),
            (">= 1 , < 2,3", vec![">= 1", "< 2", "3"]),
            ("1.0 - 2.0", vec!["1.0 - 2.0"]),
            ("1.0 as 2.0", vec!["1.0 as 2.0"]),
            ("1.0  as 2.0", vec!["1.0", " as 2.0"]),
            ("1.0 -2.0", vec!["1.0 -2.0"]),
            ("1.0 ", vec!["1.0 "]),
            ("", vec![""]),
        ] {
            assert_eq!(conjuncts(text).collect::<Vec<_>>(), parts, "{text}");
        }
    }
}
