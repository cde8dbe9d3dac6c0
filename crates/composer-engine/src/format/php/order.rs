//! How PHP orders strings and array keys by default (`sort`, `ksort`, PHP 8.2): numeric strings by their number, all others by
//! their bytes. That is no order in the mathematical sense (`"9" < "1e1" < "1f" < "9"`), so no standard sort may be used with it.

use std::cmp::Ordering;

/// Sorts as PHP does, equal items in the order they come.
pub(crate) fn sort_by_key<T>(
    items: impl IntoIterator<Item = T>,
    key: impl Fn(&T) -> &str,
) -> Vec<T> {
    let mut sorted: Vec<T> = Vec::new();
    for item in items {
        let at =
            sorted.partition_point(|other| compare(key(other), key(&item)) != Ordering::Greater);
        sorted.insert(at, item);
    }
    sorted
}

fn compare(a: &str, b: &str) -> Ordering {
    match (numeric(a), numeric(b)) {
        (Some(Numeric::Integer(a)), Some(Numeric::Integer(b))) => a.cmp(&b),
        (Some(a), Some(b)) => a.to_double().total_cmp(&b.to_double()),
        _ => a.cmp(b),
    }
}

#[derive(Clone, Copy)]
enum Numeric {
    Integer(i64),
    Double(f64),
}

impl Numeric {
    fn to_double(self) -> f64 {
        match self {
            Numeric::Integer(integer) => integer as f64,
            Numeric::Double(double) => double,
        }
    }
}

/// The number of a numeric string: digits, perhaps with a sign, a fraction, an exponent, and space around.
fn numeric(string: &str) -> Option<Numeric> {
    let string = string.trim_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
    let unsigned = string.strip_prefix(['+', '-']).unwrap_or(string);
    // Rust reads the same numbers as PHP, but also words ("inf").
    let digit_first = unsigned
        .strip_prefix('.')
        .unwrap_or(unsigned)
        .starts_with(|c: char| c.is_ascii_digit());
    if !digit_first {
        return None;
    }
    let integer = string.parse().ok().map(Numeric::Integer);
    integer.or_else(|| string.parse().ok().map(Numeric::Double))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_by_value_and_words_by_bytes() {
        let sorted = sort_by_key(
            ["b", "10", "B", "é", "9", "1.5", "a", "9a", "ext-x"],
            |word| word,
        );
        assert_eq!(
            sorted,
            ["1.5", "9", "10", "9a", "B", "a", "b", "ext-x", "é"]
        );
        assert_eq!(
            sort_by_key(["1.0", "1", "inf", "-2"], |word| word),
            ["-2", "1.0", "1", "inf"]
        );
    }

    #[test]
    fn a_cycle_is_no_trouble() {
        assert_eq!(
            sort_by_key(["9", "1e1", "1f", "9", "1e1", "1f"], |word| word).len(),
            6
        );
    }
}
