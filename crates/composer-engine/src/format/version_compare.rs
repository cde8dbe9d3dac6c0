//! PHP's `version_compare`, prepared: a version's text becomes a list of numbers once, and comparing two versions
//! compares two lists.

/// A version's place in the order of `version_compare`.
///
/// One number for every part of the text, then one for its end. PHP ranks
/// unknown word < `dev` < `alpha` < `beta` < `RC` < the end < a number < `pl` and `patch`; two unknown words are equal.
///
/// PHP contradicts itself where a text ends in a separator or begins with `#` (`1.` is below `1.`); no version that
/// Composer compares does, and here the odd part counts as an unknown word, so that the order is total.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(Box<[u64]>);

const UNKNOWN: u64 = 0;
const DEV: u64 = 1;
const ALPHA: u64 = 2;
const BETA: u64 = 3;
const RC: u64 = 4;
const END: u64 = 5;
const ZERO: u64 = 6;
const PATCH: u64 = u64::MAX;

/// PHP reads numbers with `strtol`, which stops there.
const LARGEST_NUMBER: u64 = i64::MAX as u64;

impl Key {
    /// The key of any text.
    pub(super) fn new(version: &str) -> Self {
        // To PHP's C function a zero byte is the end of the text.
        let text = version.split('\0').next().unwrap_or_default();
        if text.is_empty() {
            return Key(Box::default());
        }
        let canonical = canonicalize(text.as_bytes());
        let mut parts = Vec::with_capacity(8);
        parts.extend(canonical.split(|&byte| byte == b'.').map(rank));
        parts.push(END);
        Key(parts.into_boxed_slice())
    }
}

/// Puts a dot between digits and letters, and one in the place of other characters, as `php_canonicalize_version`
/// does. The first character stays whatever it is.
fn canonicalize(text: &[u8]) -> Vec<u8> {
    let mut canonical = Vec::with_capacity(text.len() + 4);
    let mut previous = None;
    for &byte in text {
        let Some(last) = previous.replace(byte) else {
            canonical.push(byte);
            continue;
        };
        let is_separator = |byte| matches!(byte, b'-' | b'_' | b'+');
        let is_letter = |byte: u8| !byte.is_ascii_digit() && byte != b'.';
        let new_part = !is_separator(byte)
            && (is_letter(last) && !is_separator(last) && byte.is_ascii_digit()
                || last.is_ascii_digit() && is_letter(byte));
        let kept = new_part || byte.is_ascii_alphanumeric();
        if (new_part || !kept) && canonical.last() != Some(&b'.') {
            canonical.push(b'.');
        }
        if kept {
            canonical.push(byte);
        }
    }
    canonical
}

/// The rank of one part. A word counts by how it begins: `abc` is an alpha, `pre` a patch.
fn rank(part: &[u8]) -> u64 {
    match part {
        [b'0'..=b'9', ..] => {
            let digits = part.iter().take_while(|byte| byte.is_ascii_digit());
            let number = digits.fold(0u64, |number, digit| {
                number
                    .saturating_mul(10)
                    .saturating_add(u64::from(digit - b'0'))
            });
            ZERO + number.min(LARGEST_NUMBER)
        }
        [b'd', b'e', b'v', ..] => DEV,
        [b'a', ..] => ALPHA,
        [b'b', ..] => BETA,
        [b'R', b'C', ..] | [b'r', b'c', ..] => RC,
        [b'p', ..] => PATCH,
        _ => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_as_version_compare_does() {
        let ascending = [
            "",
            "foo",
            "dev-main",
            "1.0.0.0-foo",
            "1.0.0.0-dev",
            "1.0.0.0-alpha1",
            "1.0.0.0-beta",
            "1.0.0.0-beta2",
            "1.0.0.0-RC1-dev",
            "1.0.0.0-RC1",
            "1.0.0.0",
            "1.0.0.0-patch1",
            "1.0.0.0-patch10",
            "1.0.0.1",
            "1.9999999.9999999.9999999-dev",
            "2.0.0.0-dev",
            "9999999-dev",
            "9223372036854775807.0.0.0",
        ];
        let keys = ascending.map(Key::new);
        assert!(keys.is_sorted_by(|a, b| a < b), "{keys:?}");
    }

    #[test]
    fn equal_texts_and_equal_meanings() {
        for (a, b) in [
            ("1.0-RC1", "1.0.rc.1"),
            ("1.01", "1.1"),
            ("1.0-foo", "1.0-bax+foo"),
            ("1-p1", "1pl1"),
        ] {
            assert_eq!(Key::new(a) == Key::new(b), a != "1.0-foo", "{a} {b}");
        }
    }
}
