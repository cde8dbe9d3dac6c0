//! Reading constraints, as `VersionParser::parseConstraints` does.

use super::split::{alternatives, conjuncts};
use super::{Constraint, InvalidConstraint, Operator};
use crate::format::version::scan::{
    Modifier, Numbered, alias_source, at_end, digits, dot_wildcard, is_space, spaces, split_flag,
    strip_prefix_any_case, strip_suffix_any_case, suffixes, trim,
};
use crate::format::version::stability::Stability;
use crate::format::version::{InvalidVersion, Version, normalize};
use rustc_hash::FxHashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

/// What one part of a constraint stands for: a set with one or two ends.
enum Part {
    One(Constraint),
    Range(Constraint, Constraint),
}

impl Part {
    fn range(lower: String, upper: String) -> Self {
        Part::Range(single(Operator::Ge, lower), single(Operator::Lt, upper))
    }
}

fn single(operator: Operator, version: String) -> Constraint {
    Constraint::Single {
        operator,
        version: Version::new(version),
    }
}

impl Constraint {
    /// Reads a constraint (`VersionParser::parseConstraints`). A bare `3.0` means exactly `3.0.0.0`; `^8.0` means
    /// `>=8.0.0.0-dev <9.0.0.0-dev`. Stability flags, references and inline aliases are cut off each alternative.
    pub fn parse(text: &str) -> Result<Self, InvalidConstraint> {
        let text = trim(text);
        if !text.contains('|') {
            return parse_conjunction(text);
        }
        let alternatives = alternatives(text)
            .map(parse_conjunction)
            .collect::<Result<_, _>>()?;
        Ok(Self::multi(alternatives, false))
    }

    /// As [`parse`](Self::parse), remembering every readable text for the rest of the process.
    pub fn parse_cached(text: &str) -> Result<Arc<Self>, InvalidConstraint> {
        static PARSED: LazyLock<RwLock<FxHashMap<Box<str>, Arc<Constraint>>>> =
            LazyLock::new(RwLock::default);
        if let Some(known) = PARSED
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(text)
        {
            return Ok(known.clone());
        }
        let parsed = Arc::new(Self::parse(text)?);
        PARSED
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(text.into(), parsed.clone());
        Ok(parsed)
    }
}

fn parse_conjunction(text: &str) -> Result<Constraint, InvalidConstraint> {
    let mut constraints = Vec::new();
    for part in conjuncts(text) {
        match parse_part(part)? {
            Part::One(constraint) => constraints.push(constraint),
            Part::Range(lower, upper) => constraints.extend([lower, upper]),
        }
    }
    Ok(Constraint::multi(constraints, true))
}

/// `VersionParser::parseConstraint`: one part without `|` and conjunctions.
fn parse_part(text: &str) -> Result<Part, InvalidConstraint> {
    let mut text = alias_source(text).unwrap_or(text);
    let mut flag = None;
    if let Some((constraint, found)) = split_flag(text.strip_suffix('\n').unwrap_or(text))
        && !constraint.contains(|c| c == ',' || is_space(c))
    {
        text = if constraint.is_empty() {
            "*"
        } else {
            constraint
        };
        flag = Some(found).filter(|&found| found != "stable");
    }
    text = without_reference(text).unwrap_or(text);

    if let Some(part) = wildcard(text) {
        return Ok(part);
    }
    let numbered = |prefix: &str| {
        let (version, rest) = Numbered::scan(text.strip_prefix(prefix)?)?;
        at_end(rest).then_some(version)
    };
    if numbered("~>").is_some() {
        return Err(InvalidConstraint::TildeGreater {
            part: text.to_owned(),
        });
    }
    if let Some(version) = numbered("~") {
        return Ok(tilde(&version, text)?);
    }
    if let Some(version) = numbered("^") {
        return Ok(caret(&version, text)?);
    }
    if let Some(part) = x_range(text) {
        return Ok(part);
    }
    if let Some((from, to)) = hyphen_ends(text) {
        return Ok(hyphen_range(&from, &to)?);
    }
    comparison(text, flag).map(Part::One)
}

/// `dev-main` of `dev-main#1a2b3c`, `1.x-dev` of `1.x-dev#1a2b3c`.
fn without_reference(text: &str) -> Option<&str> {
    let is_named = strip_prefix_any_case(text, "dev-").is_some();
    let is_branch = |name: &str| {
        let numeric = strip_suffix_any_case(name, ".x-dev");
        let has_name = is_named && name.len() > "dev-".len()
            || numeric.is_some_and(|numbers| !numbers.is_empty());
        has_name && !name.contains(|c| matches!(c, ',' | '@') || is_space(c))
    };
    let is_reference = |hash: &str| {
        let hash = hash.strip_suffix('\n').unwrap_or(hash);
        hash.len() > 1 && !hash.contains('\n')
    };
    let mut splits = text.match_indices('#').map(|(at, _)| text.split_at(at));
    splits
        .find(|(name, hash)| is_branch(name) && is_reference(hash))
        .map(|(name, _)| name)
}

/// `*` is everything; `v*` and `*.*` are every version that is not a named branch.
fn wildcard(text: &str) -> Option<Part> {
    let unprefixed = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let mut rest = unprefixed.strip_prefix(['x', 'X', '*'])?;
    let is_any = unprefixed.len() == text.len() && at_end(rest);
    while let Some(after) = dot_wildcard(rest) {
        rest = after;
    }
    static LOWEST: LazyLock<Version> = LazyLock::new(|| Version::from_normalized("0.0.0.0-dev"));
    at_end(rest).then(|| {
        Part::One(if is_any {
            Constraint::Any
        } else {
            Constraint::Single {
                operator: Operator::Ge,
                version: LOWEST.clone(),
            }
        })
    })
}

/// The version below `text` that a range starts at: with `-dev`, unless a stability is given.
fn range_start(version: &Numbered<'_>, text: &str) -> Result<String, InvalidVersion> {
    let written = text.get(1..).unwrap_or_default();
    if version.has_stability() {
        normalize(written)
    } else {
        normalize(&format!("{written}-dev"))
    }
}

/// How many numbers are given.
fn count(numbers: &[&str; 4]) -> usize {
    numbers
        .iter()
        .take_while(|number| !number.is_empty())
        .count()
}

/// `~1.2.3` is `>=1.2.3 <1.3`, `~1.2` is `>=1.2 <2`.
fn tilde(version: &Numbered<'_>, text: &str) -> Result<Part, InvalidVersion> {
    let position = count(&version.numbers) + usize::from(version.branch);
    Ok(Part::range(
        range_start(version, text)?,
        bound(&version.numbers, (position - 1).max(1), 1),
    ))
}

/// `^1.2.3` is `>=1.2.3 <2`, `^0.3.1` is `>=0.3.1 <0.4`: up to the next change of the first number that is not zero.
fn caret(version: &Numbered<'_>, text: &str) -> Result<Part, InvalidVersion> {
    let [major, minor, patch, _] = version.numbers;
    let position = if major != "0" || minor.is_empty() {
        1
    } else if minor != "0" || patch.is_empty() {
        2
    } else {
        3
    };
    Ok(Part::range(
        range_start(version, text)?,
        bound(&version.numbers, position, 1),
    ))
}

/// `1.2.*` is `>=1.2 <1.3`.
fn x_range(text: &str) -> Option<Part> {
    let (major, mut rest) = digits(text.strip_prefix('v').unwrap_or(text))?;
    let mut numbers = [major, "", "", ""];
    for number in &mut numbers[1..3] {
        let Some((found, after)) = rest.strip_prefix('.').and_then(digits) else {
            break;
        };
        (*number, rest) = (found, after);
    }
    rest = dot_wildcard(rest)?;
    while let Some(after) = dot_wildcard(rest) {
        rest = after;
    }
    if !at_end(rest) {
        return None;
    }
    let position = count(&numbers);
    let (lower, upper) = (bound(&numbers, position, 0), bound(&numbers, position, 1));
    Some(if lower == "0.0.0.0-dev" {
        Part::One(single(Operator::Lt, upper))
    } else {
        Part::range(lower, upper)
    })
}

/// The two versions of `1.0 - 2.0`.
fn hyphen_ends(text: &str) -> Option<(Numbered<'_>, Numbered<'_>)> {
    let (from, rest) = Numbered::scan(text)?;
    let (to, rest) = Numbered::scan(spaces(spaces(rest)?.strip_prefix('-')?)?)?;
    at_end(rest).then_some((from, to))
}

/// `1.0 - 2.0` is `>=1.0 <2.1`, `1.0 - 2.0.0` is `>=1.0 <=2.0.0`.
fn hyphen_range(from: &Numbered<'_>, to: &Numbered<'_>) -> Result<Part, InvalidVersion> {
    let mut lower = normalize(from.text)?;
    if !from.has_stability() {
        lower.push_str("-dev");
    }
    let upper = normalize(to.text)?;
    let given = count(&to.numbers);
    Ok(if given >= 3 || to.has_stability() {
        Part::Range(single(Operator::Ge, lower), single(Operator::Le, upper))
    } else {
        Part::range(lower, bound(&to.numbers, given, 1))
    })
}

/// The first `position` numbers, the last raised by `increment`, zeroes for the others, `-dev`
/// (`VersionParser::manipulateVersionString`).
fn bound(numbers: &[&str; 4], position: usize, increment: u8) -> String {
    let mut version = String::with_capacity(16);
    for (number, place) in numbers.iter().zip(1..) {
        if place == position && increment > 0 {
            version.push_str(&php_sum(number, increment));
        } else {
            version.push_str(if place > position { "0" } else { number });
        }
        version.push(if place < 4 { '.' } else { '-' });
    }
    version.push_str("dev");
    version
}

/// PHP's sum of a numeric text and a number: beyond 64 bits it is a float, written with 14 digits.
fn php_sum(number: &str, increment: u8) -> String {
    if let Some(sum) = number
        .parse::<i64>()
        .ok()
        .and_then(|number| number.checked_add(increment.into()))
    {
        return sum.to_string();
    }
    let float = number.parse::<f64>().unwrap_or(f64::INFINITY) + f64::from(increment);
    let scientific = format!("{float:.13e}");
    match scientific.split_once('e') {
        Some((mantissa, exponent)) => {
            let mantissa = mantissa.trim_end_matches('0');
            let zero = if mantissa.ends_with('.') { "0" } else { "" };
            format!("{mantissa}{zero}E+{exponent}")
        }
        None => "INF".to_owned(),
    }
}

/// `>=1.0`, `!=2`, a bare `1.0` and all that is no range.
fn comparison(text: &str, flag: Option<&str>) -> Result<Constraint, InvalidConstraint> {
    const OPERATORS: [(&str, Operator); 8] = [
        ("<>", Operator::Ne),
        ("!=", Operator::Ne),
        (">=", Operator::Ge),
        (">", Operator::Gt),
        ("<=", Operator::Le),
        ("<", Operator::Lt),
        ("==", Operator::Eq),
        ("=", Operator::Eq),
    ];
    let (operator, rest) = OPERATORS
        .iter()
        .find_map(|(sign, operator)| Some((*operator, text.strip_prefix(sign)?)))
        .unwrap_or((Operator::Eq, text));
    let written = rest
        .trim_start_matches(is_space)
        .split('\n')
        .next()
        .unwrap_or_default();
    let mut version = normalize(written).or_else(|reason| {
        branch_without_prefix(written).ok_or_else(|| InvalidConstraint::Unreadable {
            part: text.to_owned(),
            reason,
        })
    })?;
    match flag {
        Some(flag) if operator != Operator::Eq && Stability::of(&version) == Stability::Stable => {
            version.push('-');
            version.push_str(flag);
        }
        _ if matches!(operator, Operator::Lt | Operator::Ge)
            && !ends_in_modifier(written)
            && !written.starts_with("dev-") =>
        {
            version.push_str("-dev");
        }
        _ => {}
    }
    Ok(single(operator, version))
}

/// `foobar-dev`, which should have been written `dev-foobar`.
fn branch_without_prefix(written: &str) -> Option<String> {
    let branch = written.strip_suffix("-dev")?;
    let is_plain = branch
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'/'));
    is_plain.then(|| format!("dev-{branch}"))
}

/// Whether `<` and `>=` leave the version alone. Composer looks for a lower-case modifier among which `RC` is not, so
/// `>=1.0-RC1` is `>= 1.0.0.0-RC1-dev`.
fn ends_in_modifier(written: &str) -> bool {
    suffixes(written)
        .filter_map(|end| end.strip_prefix('-'))
        .any(|end| {
            let (modifier, rest) = Modifier::scan(end);
            at_end(rest) && modifier.stability != "RC"
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_constraints() {
        let cases = [
            ("*", "*"),
            ("@stable", "*"),
            ("v*", ">= 0.0.0.0-dev"),
            ("x.X", ">= 0.0.0.0-dev"),
            ("3.0", "== 3.0.0.0"),
            ("= 3", "== 3.0.0.0"),
            ("<>3", "!= 3.0.0.0"),
            (">=1.0", ">= 1.0.0.0-dev"),
            (">1.0", "> 1.0.0.0"),
            ("<1.0", "< 1.0.0.0-dev"),
            ("<=1.0", "<= 1.0.0.0"),
            (">=1.0@stable", ">= 1.0.0.0-dev"),
            (">1.0@Beta", "> 1.0.0.0-Beta"),
            (">=1.0-beta", ">= 1.0.0.0-beta"),
            (">=1.0-RC1", ">= 1.0.0.0-RC1-dev"),
            ("^8.0", "[>= 8.0.0.0-dev < 9.0.0.0-dev]"),
            ("^1.2.3-beta", "[>= 1.2.3.0-beta < 2.0.0.0-dev]"),
            ("^0.3.1", "[>= 0.3.1.0-dev < 0.4.0.0-dev]"),
            ("^0.0.3", "[>= 0.0.3.0-dev < 0.0.4.0-dev]"),
            ("^0", "[>= 0.0.0.0-dev < 1.0.0.0-dev]"),
            ("~1", "[>= 1.0.0.0-dev < 2.0.0.0-dev]"),
            ("~1.2", "[>= 1.2.0.0-dev < 2.0.0.0-dev]"),
            ("~1.2.3", "[>= 1.2.3.0-dev < 1.3.0.0-dev]"),
            ("~1.2.x-dev", "[>= 1.2.9999999.9999999-dev < 1.3.0.0-dev]"),
            ("1.2.*", "[>= 1.2.0.0-dev < 1.3.0.0-dev]"),
            ("0.*", "< 1.0.0.0-dev"),
            ("2.1.*@dev", "[>= 2.1.0.0-dev < 2.2.0.0-dev]"),
            (
                "9223372036854775807.*",
                "[>= 9223372036854775807.0.0.0-dev < 9.2233720368548E+18.0.0.0-dev]",
            ),
            ("1.0 - 2.0", "[>= 1.0.0.0-dev < 2.1.0.0-dev]"),
            ("1.0-beta - 2", "[>= 1.0.0.0-beta < 3.0.0.0-dev]"),
            ("1.0 - 2.0.0", "[>= 1.0.0.0-dev <= 2.0.0.0]"),
            ("1.0 - 2.0-dev", "[>= 1.0.0.0-dev <= 2.0.0.0-dev]"),
            ("dev-main#1a2b", "== dev-main"),
            ("1.x-dev#1a2b", "== 1.9999999.9999999.9999999-dev"),
            ("dev-main as 1.0", "== dev-main"),
            ("foo-dev", "== dev-foo"),
            ("1.0, 2.0", "[== 1.0.0.0 == 2.0.0.0]"),
            (">= 1 ,< 2", "[>= 1.0.0.0-dev < 2.0.0.0-dev]"),
            (
                "^1|^3",
                "[[>= 1.0.0.0-dev < 2.0.0.0-dev] || [>= 3.0.0.0-dev < 4.0.0.0-dev]]",
            ),
            (
                "^8 || 9.2.*@dev",
                "[[>= 8.0.0.0-dev < 9.0.0.0-dev] || [>= 9.2.0.0-dev < 9.3.0.0-dev]]",
            ),
            (">=1 <2||>=2 <3", "[>= 1.0.0.0-dev < 3.0.0.0-dev]"),
        ];
        for (text, constraint) in cases {
            assert_eq!(
                Constraint::parse(text).map(|c| c.to_string()).as_deref(),
                Ok(constraint),
                "{text}"
            );
        }
    }

    #[test]
    fn says_what_is_wrong() {
        let cases = [
            (
                "",
                "Could not parse version constraint : Invalid version string \"\"",
            ),
            (
                "^1 ||",
                "Could not parse version constraint : Invalid version string \"\"",
            ),
            (
                "^1 foo",
                "Could not parse version constraint foo: Invalid version string \"foo\"",
            ),
            (
                ">=1.0.*",
                "Could not parse version constraint >=1.0.*: Invalid version string \"1.0.*\"",
            ),
            ("^1.2.3.4.x-dev", "Invalid version string \"1.2.3.4.x-dev\""),
            (
                "~>1.2",
                "Could not parse version constraint ~>1.2: \
                 Invalid operator \"~>\", you probably meant to use the \"~\" operator",
            ),
        ];
        for (text, message) in cases {
            assert_eq!(
                Constraint::parse(text).map_err(|error| error.to_string()),
                Err(message.to_owned()),
                "{text}"
            );
        }
    }
}
