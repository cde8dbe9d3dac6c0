//! Normalised versions, how Composer writes them and compares them.

mod comparison;
pub(crate) mod scan;
pub mod stability;

use comparison::Key;
use scan::{
    Modifier, alias_source, at_end, digits, is_space, spaces, split_flag, strip_prefix_any_case,
    strip_suffix_any_case, trim,
};
use stability::Stability;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// What Composer puts in the place of `x` in a numeric branch.
const WILDCARD: &str = "9999999";

/// A normalised version: `2.4.8.0-patch4`, `dev-main`, `1.9999999.9999999.9999999-dev`.
///
/// Cheap to clone. Two versions are equal when their texts are; [`compare`] may call different texts equal
/// (`1.0.0.0-RC1` and `1.0.0.0-rc1`), which is why there is no `Ord`.
#[derive(Clone)]
pub struct Version(Arc<Inner>);

struct Inner {
    text: Box<str>,
    key: Key,
    is_branch: bool,
    stability: Stability,
}

impl Version {
    /// Normalises a version as somebody wrote it (see [`normalize`]).
    pub fn parse(pretty: &str) -> Result<Self, InvalidVersion> {
        normalize(pretty).map(Self::new)
    }

    /// Takes a text that is normalised already. Any text is accepted.
    pub fn from_normalized(text: &str) -> Self {
        Self::new(text)
    }

    pub(super) fn new(text: impl Into<Box<str>>) -> Self {
        let text = text.into();
        Version(Arc::new(Inner {
            key: Key::new(&text),
            is_branch: text.starts_with("dev-"),
            stability: Stability::of(&text),
            text,
        }))
    }

    /// The normalised text.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Whether it is a named branch (`dev-main`), which has no place among the numbers.
    pub fn is_branch(&self) -> bool {
        self.0.is_branch
    }

    /// A number that is in the order of [`compare`] among those of all versions that have one; a named branch has none, and some
    /// odd versions have none.
    pub(crate) fn place(&self) -> Option<u128> {
        match self.0.is_branch {
            true => None,
            false => self.0.key.place().whole(),
        }
    }

    /// How stable it is.
    pub fn stability(&self) -> Stability {
        self.0.stability
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || (self.0.key.place() == other.0.key.place() && self.0.text == other.0.text)
    }
}

impl Eq for Version {}

impl Hash for Version {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Versions that compare equal mostly have the same text; branches all have much the same place.
        match self.place() {
            Some(place) => place.hash(state),
            None => self.0.text.hash(state),
        }
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Version({:?})", self.as_str())
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whether going from one version to the other is an upgrade, as Composer tells it (`VersionParser::isUpgrade`): the same
/// version and whatever cannot be compared, a branch without a number, count as one.
pub fn is_upgrade(from: &Version, to: &Version) -> bool {
    let numbered = |version: &Version| match version.as_str() {
        "dev-master" | "dev-trunk" | "dev-default" => Version::from_normalized("9999999-dev"),
        _ => version.clone(),
    };
    let (from, to) = (numbered(from), numbered(to));
    from == to || from.is_branch() || to.is_branch() || compare(&from, &to) == Ordering::Less
}

/// Whether a version as a lock writes it stands for a branch (`dev-main`, `3.x-dev`): with the same version another commit
/// may be locked. What is no version is none.
pub fn moves_with_its_branch(version: &str) -> bool {
    Version::parse(version).is_ok_and(|version| version.stability() == Stability::Dev)
}

/// PHP's `version_compare` of the normalised texts. It also orders named branches (below all numbers), as
/// `version_compare` does; constraints treat them apart, see [`Operator::holds`](super::constraint::Operator::holds).
pub fn compare(a: &Version, b: &Version) -> Ordering {
    a.0.key.cmp(&b.0.key)
}

/// A text that is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid version string \"{version}\"{}", .alias.map_or(String::new(), |part| format!(" in \"{version}\", {part}")))]
pub struct InvalidVersion {
    /// The text, trimmed.
    pub version: String,
    /// Which side of an inline alias is at fault.
    alias: Option<AliasPart>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AliasPart {
    Source,
    Alias,
}

impl fmt::Display for AliasPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AliasPart::Source => {
                "the alias source must be an exact version, if it is a branch name you should prefix it with dev-"
            }
            AliasPart::Alias => "the alias must be an exact version",
        })
    }
}

/// Brings a version into the one form in which versions are compared (`VersionParser::normalize`):
/// `v2.4` becomes `2.4.0.0`, `1.0b3` `1.0.0.0-beta3`, `2.4.8-p4` `2.4.8.0-patch4`, `1.x-dev`
/// `1.9999999.9999999.9999999-dev`, `master` `dev-master`. An inline alias, a stability flag and build metadata are cut off.
///
/// Follows composer/semver 3.4, which reads one more number in a version that begins with a date than 3.3 did.
pub fn normalize(pretty: &str) -> Result<String, InvalidVersion> {
    let text = trim(pretty);
    let mut version = alias_source(text).unwrap_or(text);
    if let Some((unflagged, _)) = split_flag(version) {
        version = unflagged;
    }
    if matches!(version, "master" | "trunk" | "default") {
        return Ok(format!("dev-{version}"));
    }
    if let Some(branch) = strip_prefix_any_case(version, "dev-") {
        return Ok(format!("dev-{branch}"));
    }
    version = without_build_metadata(version);
    normalize_numbers(version)
        .or_else(|| normalize_date(version))
        .or_else(|| normalize_numeric_branch_version(version))
        .ok_or_else(|| InvalidVersion {
            version: text.to_owned(),
            alias: alias_at_fault(text, version),
        })
}

fn without_build_metadata(version: &str) -> &str {
    let Some((before, build)) = version.split_once('+') else {
        return version;
    };
    let build = build.strip_suffix('\n').unwrap_or(build);
    let is_word = |text: &str| !text.is_empty() && !text.contains(is_space);
    if is_word(before) && !before.contains(',') && is_word(build) {
        before
    } else {
        version
    }
}

/// One to four numbers, the first of at most five digits, and a modifier.
fn normalize_numbers(version: &str) -> Option<String> {
    let (major, mut rest) = digits(version.strip_prefix(['v', 'V']).unwrap_or(version))?;
    if major.len() > 5 {
        return None;
    }
    let mut normalized = String::with_capacity(version.len() + 8);
    normalized.push_str(major);
    for _ in 1..4 {
        normalized.push('.');
        match rest.strip_prefix('.').and_then(digits) {
            Some((number, after)) => {
                normalized.push_str(number);
                rest = after;
            }
            None => normalized.push('0'),
        }
    }
    with_modifier(normalized, rest)
}

/// A year, one to six pairs of digits, up to two more numbers, and a modifier: `20240115`, `2024.01.15.3-beta`.
fn normalize_date(version: &str) -> Option<String> {
    let text = version.strip_prefix(['v', 'V']).unwrap_or(version);
    // A date ends in a digit and a modifier has none before its word, so the last digit of the run ends the date.
    let run = text
        .bytes()
        .take_while(|byte| byte.is_ascii_digit() || is_date_separator(*byte))
        .count();
    let date = text[..run].trim_end_matches(|c: char| !c.is_ascii_digit());
    let (year, pairs) = date.split_at_checked(4)?;
    let after_month = date_number(pairs.as_bytes(), 2)?;
    if !year.bytes().all(|byte| byte.is_ascii_digit()) || !is_rest_of_date(after_month, 5, 2) {
        return None;
    }
    with_modifier(
        date.replace(|c: char| !c.is_ascii_digit(), "."),
        &text[date.len()..],
    )
}

fn is_date_separator(byte: u8) -> bool {
    matches!(byte, b'.' | b':' | b'-')
}

/// What follows `[.:-]?` and that many digits.
fn date_number(text: &[u8], length: usize) -> Option<&[u8]> {
    let text = match text {
        [separator, rest @ ..] if is_date_separator(*separator) => rest,
        _ => text,
    };
    let (number, after) = text.split_at_checked(length)?;
    number.iter().all(u8::is_ascii_digit).then_some(after)
}

/// Whether the rest is up to `pairs` times two digits, then up to `longer` times one to three digits.
fn is_rest_of_date(rest: &[u8], pairs: u8, longer: u8) -> bool {
    let goes_on = |length, pairs, longer| {
        date_number(rest, length).is_some_and(|after| is_rest_of_date(after, pairs, longer))
    };
    rest.is_empty()
        || pairs > 0 && goes_on(2, pairs - 1, longer)
        || longer > 0 && (1..=3).any(|length| goes_on(length, 0, longer - 1))
}

/// Adds the modifier that the rest of the text must be.
fn with_modifier(mut normalized: String, rest: &str) -> Option<String> {
    let (modifier, rest) = Modifier::scan(rest);
    if !at_end(rest) {
        return None;
    }
    if modifier.written == "stable" {
        return Some(normalized);
    }
    if !modifier.stability.is_empty() {
        normalized.push('-');
        normalized.push_str(modifier.stability);
        normalized.push_str(modifier.number.trim_start_matches(['.', '-']));
    }
    if modifier.dev {
        normalized.push_str("-dev");
    }
    Some(normalized)
}

/// `1.x-dev` and its like; a named branch must have `dev-` in front.
fn normalize_numeric_branch_version(version: &str) -> Option<String> {
    let branch = strip_suffix_any_case(version.strip_suffix('\n').unwrap_or(version), "dev")?;
    // The expression that finds the branch starts again after a line end.
    let line = branch.rsplit('\n').next().unwrap_or(branch);
    normalize_numeric_branch(line.strip_suffix(['.', '-']).unwrap_or(line))
}

/// Which part of an inline alias the unreadable version is, for Composer's message.
fn alias_at_fault(text: &str, version: &str) -> Option<AliasPart> {
    const FLAGS: [&str; 6] = ["", "@stable", "@RC", "@beta", "@alpha", "@dev"];
    if FLAGS
        .iter()
        .filter_map(|flag| text.strip_suffix(flag)?.strip_suffix(version))
        .any(ends_in_as)
    {
        return Some(AliasPart::Alias);
    }
    let after = text.strip_prefix(version)?;
    FLAGS
        .iter()
        .filter_map(|flag| after.strip_prefix(flag))
        .any(begins_with_as)
        .then_some(AliasPart::Source)
}

fn ends_in_as(text: &str) -> bool {
    let source = text
        .strip_suffix(' ')
        .and_then(|text| text.trim_end_matches(' ').strip_suffix("as"));
    source.is_some_and(|source| source.ends_with(' '))
}

fn begins_with_as(text: &str) -> bool {
    let alias = spaces(text).and_then(|text| text.strip_prefix("as"));
    alias.is_some_and(|alias| alias.starts_with(' '))
}

/// The version of a branch of that name (`VersionParser::normalizeBranch`): `1.x` and `v1` become
/// `1.9999999.9999999.9999999-dev`, anything else gets `dev-` in front.
pub fn normalize_branch(name: &str) -> String {
    normalize_numeric_branch(name).unwrap_or_else(|| format!("dev-{}", trim(name)))
}

fn normalize_numeric_branch(name: &str) -> Option<String> {
    let name = trim(name);
    let (major, mut rest) = digits(name.strip_prefix(['v', 'V']).unwrap_or(name))?;
    let mut normalized = String::with_capacity(32);
    normalized.push_str(major);
    for _ in 1..4 {
        normalized.push('.');
        let part = rest.strip_prefix('.').unwrap_or("");
        if let Some((number, after)) = digits(part) {
            normalized.push_str(number);
            rest = after;
        } else {
            normalized.push_str(WILDCARD);
            rest = part.strip_prefix(['x', 'X', '*']).unwrap_or(rest);
        }
    }
    normalized.push_str("-dev");
    rest.is_empty().then_some(normalized)
}

/// `9999999-dev` for the default branches of old (`VersionParser::normalizeDefaultBranch`), the version itself otherwise.
pub fn normalize_default_branch(version: &str) -> String {
    match version {
        "dev-master" | "dev-default" | "dev-trunk" => format!("{WILDCARD}-dev"),
        _ => version.to_owned(),
    }
}

/// The numbers that a numeric branch begins with, with a dot after the last (`VersionParser::parseNumericAliasPrefix`):
/// `2.1.` for `2.1.x-dev` and `2.1-dev`.
pub fn numeric_alias_prefix(branch: &str) -> Option<String> {
    let name = strip_suffix_any_case(branch.strip_suffix('\n').unwrap_or(branch), "-dev")?;
    let numbers = strip_suffix_any_case(name, ".x").unwrap_or(name);
    let is_number = |part: &str| digits(part).is_some_and(|(_, rest)| rest.is_empty());
    numbers
        .split('.')
        .all(is_number)
        .then(|| format!("{numbers}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalizes() {
        let cases = [
            ("2.4.8-p4", "2.4.8.0-patch4"),
            (" v1 ", "1.0.0.0"),
            ("1.02.003", "1.02.003.0"),
            ("1.0b3", "1.0.0.0-beta3"),
            ("1.0.0-RC.1", "1.0.0.0-RC1"),
            ("1.0-beta.1.2-dev", "1.0.0.0-beta1.2-dev"),
            ("1.0-stable", "1.0.0.0"),
            ("1.0-STABLE", "1.0.0.0-stable"),
            ("1.0-", "1.0.0.0"),
            ("1.0@dev", "1.0.0.0"),
            ("1.0+build.5", "1.0.0.0"),
            ("1.0 as 2.0", "1.0.0.0"),
            ("1.x-dev", "1.9999999.9999999.9999999-dev"),
            ("2.4-dev", "2.4.0.0-dev"),
            ("master", "dev-master"),
            ("DEV-Feature/x", "dev-Feature/x"),
            ("9999999-dev", "9999999-dev"),
            ("20240115", "20240115"),
            ("2024-01-15-p1", "2024.01.15-patch1"),
            ("2010-01-02.5", "2010.01.02.5"),
            ("20230131.0.0", "20230131.0.0"),
        ];
        for (pretty, normalized) in cases {
            assert_eq!(normalize(pretty).as_deref(), Ok(normalized), "{pretty}");
        }
        for pretty in [
            "",
            "foo",
            "1.2.3.4.5",
            "1.0 2.0",
            "foo-dev",
            "^1",
            "1.*",
            "2024.1.2.3.4.5",
        ] {
            assert!(normalize(pretty).is_err(), "{pretty}");
        }
    }

    #[test]
    fn names_the_side_of_an_alias_that_is_wrong() {
        let message = |text| normalize(text).map_err(|error| error.to_string());
        assert_eq!(
            message("a b"),
            Err("Invalid version string \"a b\"".to_owned())
        );
        assert_eq!(
            message("foo as 1.0"),
            Err("Invalid version string \"foo as 1.0\" in \"foo as 1.0\", the alias source must be an exact version, \
                 if it is a branch name you should prefix it with dev-"
                .to_owned())
        );
    }

    #[test]
    fn names_branches() {
        let cases = [
            ("1.x", "1.9999999.9999999.9999999-dev"),
            ("v2.1", "2.1.9999999.9999999-dev"),
            ("1.*.2", "1.9999999.2.9999999-dev"),
            ("main", "dev-main"),
            ("1.x.y", "dev-1.x.y"),
        ];
        for (name, version) in cases {
            assert_eq!(normalize_branch(name), version);
        }
        assert_eq!(normalize_default_branch("dev-trunk"), "9999999-dev");
        assert_eq!(normalize_default_branch("dev-main"), "dev-main");
        assert_eq!(numeric_alias_prefix("2.1.x-dev").as_deref(), Some("2.1."));
        assert_eq!(numeric_alias_prefix("2.1-dev").as_deref(), Some("2.1."));
        assert_eq!(numeric_alias_prefix("2.*-dev"), None);
        assert_eq!(numeric_alias_prefix("dev-main"), None);
    }

    #[test]
    fn equal_in_order_is_not_the_same_text() {
        let (a, b) = (
            Version::from_normalized("1.0.0.0-RC1"),
            Version::from_normalized("1.0.0.0-rc1"),
        );
        assert!(compare(&a, &b).is_eq());
        assert_ne!(a, b);
    }
}
