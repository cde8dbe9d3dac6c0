//! PHP's `version_compare`, prepared: a version's text becomes a list of numbers once, and comparing two versions
//! compares two lists.

use std::cmp::Ordering;

/// A version's place in the order of `version_compare`.
///
/// One number for every part of the text, then one for its end. PHP ranks
/// unknown word < `dev` < `alpha` < `beta` < `RC` < the end < a number < `pl` and `patch`; two unknown words are equal.
///
/// PHP contradicts itself where a text ends in a separator or begins with `#` (`1.` is below `1.`); no version that
/// Composer compares does, and here the odd part counts as an unknown word, so that the order is total.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    /// Tells two keys apart nearly always.
    place: Place,
    parts: Box<[u64]>,
}

/// The beginning of a key as one number: two keys are never in another order than their places are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(u128);

impl Place {
    /// The bits of the parts in turn: four numbers, which may be dates, a word and its number, another word, and the end.
    const WIDTHS: [u32; 8] = [25, 25, 25, 25, 4, 13, 4, 3];

    fn new(parts: &[u64]) -> Self {
        let mut place = 0_u128;
        let mut is_whole = parts.len() <= Self::WIDTHS.len();
        let mut goes_on = true;
        for (at, width) in Self::WIDTHS.into_iter().enumerate() {
            let patch = (1 << width) - 1;
            // Stands for every number that has no room, and nothing is said of what follows it.
            let large = patch - 1;
            let code = match parts.get(at).copied().filter(|_| goes_on) {
                None => 0,
                Some(PATCH) => patch,
                Some(part) => {
                    goes_on = part < large;
                    is_whole &= goes_on;
                    part.min(large)
                }
            };
            place = place << width | u128::from(code);
        }
        Place(place << 1 | u128::from(!is_whole))
    }

    /// The place as a number, where it says all that the key does.
    pub(crate) fn whole(self) -> Option<u128> {
        (self.0 & 1 == 0).then_some(self.0)
    }
}

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
    pub(crate) fn new(version: &str) -> Self {
        // To PHP's C function a zero byte is the end of the text.
        let text = version.split('\0').next().unwrap_or_default();
        if text.is_empty() {
            return Key::of(Vec::new());
        }
        let canonical = canonicalize(text.as_bytes());
        let mut parts = Vec::with_capacity(8);
        parts.extend(canonical.split(|&byte| byte == b'.').map(rank));
        parts.push(END);
        Key::of(parts)
    }

    fn of(parts: Vec<u64>) -> Self {
        Key {
            place: Place::new(&parts),
            parts: parts.into(),
        }
    }

    /// Where the key is in the order of all.
    pub(crate) fn place(&self) -> Place {
        self.place
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place
            .cmp(&other.place)
            .then_with(|| match self.place.whole() {
                Some(_) => Ordering::Equal,
                None => self.parts.cmp(&other.parts),
            })
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

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
    use proptest::prelude::*;

    fn part() -> impl Strategy<Value = u64> {
        prop_oneof![
            4 => 0..16_u64,
            1 => 6..9000_u64,
            1 => (0..30_u32, 0..4_u64).prop_map(|(power, less)| (1 << power) + 2 - less.min(2)),
            1 => any::<u64>(),
            1 => Just(PATCH),
        ]
    }

    fn parts() -> impl Strategy<Value = Vec<u64>> {
        let parts =
            prop::collection::vec(part().prop_filter("the end", |&part| part != END), 0..10);
        parts.prop_map(|mut parts| {
            if !parts.is_empty() {
                parts.push(END);
            }
            parts
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn places_are_in_the_order_of_the_parts(a in parts(), b in parts(), alike in 0..10_usize) {
            let alike = alike.min(a.len().saturating_sub(1));
            let b = if b.is_empty() { b } else { [&a[..alike], &b].concat() };
            prop_assert_eq!(Key::of(a.clone()).cmp(&Key::of(b.clone())), a.cmp(&b));
        }
    }

    #[test]
    fn usual_versions_have_a_whole_place() {
        for version in [
            "2.4.8.0-patch4",
            "1.9999999.9999999.9999999-dev",
            "20240115",
            "1.0.0.0-RC1-dev",
            "9999999-dev",
            "103.0.8.0-beta1",
            "",
        ] {
            assert!(Key::new(version).place().whole().is_some(), "{version}");
        }
        assert!(
            Key::new("9223372036854775807.0.0.0")
                .place()
                .whole()
                .is_none()
        );
    }

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
