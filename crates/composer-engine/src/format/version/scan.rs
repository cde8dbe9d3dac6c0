//! The pieces that versions and constraints are made of, read from the front of a text.
//!
//! composer/semver describes them by regular expressions. Where such an expression ends in `$` it also accepts one
//! final line feed, which shows for constraints that span lines; [`at_end`] stands for that.

/// The words that may follow a version number and the stability they stand for, longest first.
const WORDS: [(&str, &str); 9] = [
    ("stable", "stable"),
    ("beta", "beta"),
    ("b", "beta"),
    ("rc", "RC"),
    ("alpha", "alpha"),
    ("a", "alpha"),
    ("patch", "patch"),
    ("pl", "patch"),
    ("p", "patch"),
];

const FLAGS: [&str; 5] = ["stable", "rc", "beta", "alpha", "dev"];

/// Whether `\s` of a regular expression takes this character.
pub(crate) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r')
}

/// PHP's `trim`.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r', '\0', '\x0b'])
}

/// Whether `$` matches before this rest.
pub(crate) fn at_end(rest: &str) -> bool {
    rest.is_empty() || rest == "\n"
}

/// Splits before the first character that is not an ASCII digit; none when there is no digit.
pub(crate) fn digits(text: &str) -> Option<(&str, &str)> {
    let end = text
        .bytes()
        .position(|b| !b.is_ascii_digit())
        .unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// Strips `.x`, `.X` or `.*`.
pub(crate) fn dot_wildcard(text: &str) -> Option<&str> {
    text.strip_prefix('.')?.strip_prefix(['x', 'X', '*'])
}

/// `strip_prefix` in any ASCII case.
pub(crate) fn strip_prefix_any_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// `strip_suffix` in any ASCII case.
pub(crate) fn strip_suffix_any_case<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let (rest, tail) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
    tail.eq_ignore_ascii_case(suffix).then_some(rest)
}

/// One or more spaces (no other white space).
pub(crate) fn spaces(text: &str) -> Option<&str> {
    text.strip_prefix(' ')
        .map(|rest| rest.trim_start_matches(' '))
}

/// Every end of the text, the whole first and the empty one last.
pub(crate) fn suffixes(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices()
        .map(|(at, _)| &text[at..])
        .chain(std::iter::once(""))
}

/// The version in front of an inline alias: `dev-main` of `dev-main as 1.0`. None when there is no alias.
pub(crate) fn alias_source(text: &str) -> Option<&str> {
    let (source, rest) = word(text)?;
    let (_, rest) = word(spaces(spaces(rest)?.strip_prefix("as")?)?)?;
    at_end(rest).then_some(source)
}

/// One or more characters that are neither white space nor a comma.
fn word(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c| c == ',' || is_space(c)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// Splits `1.0@beta` into `1.0` and `beta`, as written. None when the text does not end in a stability flag.
pub(crate) fn split_flag(text: &str) -> Option<(&str, &str)> {
    let (version, flag) = text.rsplit_once('@')?;
    FLAGS
        .iter()
        .any(|name| name.eq_ignore_ascii_case(flag))
        .then_some((version, flag))
}

/// What may follow the numbers of a version: `-beta.2`, `RC1-dev`, `.x-dev`'s `-dev`, `-p4`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Modifier<'a> {
    /// The word as written; empty when there is none.
    pub written: &'a str,
    /// The word written out: `stable`, `beta`, `RC`, `alpha`, `patch`; empty when there is none.
    pub stability: &'static str,
    /// The numbers after the word with their separators: `1`, `.1-2`.
    pub number: &'a str,
    /// Whether it ends in `dev`.
    pub dev: bool,
}

impl<'a> Modifier<'a> {
    /// Reads as much of a modifier as there is, which may be nothing, and gives the rest of the text.
    pub(crate) fn scan(text: &'a str) -> (Self, &'a str) {
        let mut modifier = Modifier {
            written: "",
            stability: "",
            number: "",
            dev: false,
        };
        let mut rest = text.strip_prefix(['.', '_', '-']).unwrap_or(text);
        let found = WORDS
            .iter()
            .find_map(|(name, stability)| Some((*stability, strip_prefix_any_case(rest, name)?)));
        if let Some((stability, after)) = found {
            modifier.written = &rest[..rest.len() - after.len()];
            modifier.stability = stability;
            rest = after;
            while let Some((_, next)) = digits(rest.strip_prefix(['.', '-']).unwrap_or(rest)) {
                rest = next;
            }
            modifier.number = &after[..after.len() - rest.len()];
        }
        if let Some(after) = strip_dev(rest) {
            modifier.dev = true;
            rest = after;
        }
        (modifier, rest)
    }

    /// Whether there is no modifier at all (a lone separator does not count).
    pub(crate) fn is_empty(&self) -> bool {
        self.written.is_empty() && !self.dev
    }
}

/// Strips `dev`, `.dev` or `-dev`.
fn strip_dev(text: &str) -> Option<&str> {
    strip_prefix_any_case(text.strip_prefix(['.', '-']).unwrap_or(text), "dev")
}

/// A version as it may stand in a range: one to four numbers, a modifier or `.x-dev`, build metadata.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbered<'a> {
    /// The whole text of it.
    pub text: &'a str,
    /// The numbers; empty where absent.
    pub numbers: [&'a str; 4],
    pub modifier: Modifier<'a>,
    /// Whether it ends in `.x-dev` or `.*-dev` in place of a modifier.
    pub branch: bool,
}

impl<'a> Numbered<'a> {
    /// Reads such a version and gives the rest of the text.
    pub(crate) fn scan(text: &'a str) -> Option<(Self, &'a str)> {
        let (major, mut rest) = digits(text.strip_prefix(['v', 'V']).unwrap_or(text))?;
        let mut numbers = [major, "", "", ""];
        for number in &mut numbers[1..] {
            let Some((found, after)) = rest.strip_prefix('.').and_then(digits) else {
                break;
            };
            (*number, rest) = (found, after);
        }
        let branch_end = dot_wildcard(rest).and_then(strip_dev);
        let (modifier, after) = match branch_end {
            Some(after) => (Modifier::scan("").0, after),
            None => Modifier::scan(rest),
        };
        rest = after;
        if let Some(build) = rest
            .strip_prefix('+')
            .filter(|build| !build.is_empty() && !build.starts_with(is_space))
        {
            rest = build.trim_start_matches(|c| !is_space(c));
        }
        let text = &text[..text.len() - rest.len()];
        Some((
            Numbered {
                text,
                numbers,
                modifier,
                branch: branch_end.is_some(),
            },
            rest,
        ))
    }

    /// Whether it names a stability, so that `-dev` must not be added to it.
    pub(crate) fn has_stability(&self) -> bool {
        self.branch || !self.modifier.is_empty()
    }
}
