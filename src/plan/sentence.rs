//! Numbers and lists as part of a sentence.

/// Longer lists are cut.
const SHOWN: usize = 6;

/// `1 file`, `3 files`, `3 patches`, `3 repositories`: a number of things, by the English noun for one of them.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let before_y = noun
        .strip_suffix('y')
        .filter(|stem| !stem.ends_with(['a', 'e', 'o']));
    match before_y {
        _ if number == 1 => format!("1 {noun}"),
        Some(stem) => format!("{number} {stem}ies"),
        None if noun.ends_with("ch") => format!("{number} {noun}es"),
        None => format!("{number} {noun}s"),
    }
}

/// Names for people: a few in full, the rest counted (`a, b, c, d, e, f and 12 more`).
pub(crate) fn list(names: &[impl AsRef<str>]) -> String {
    let shown: Vec<&str> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    let shown = shown.join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// All of them: `a`, `a and b`, `a, b and c`.
pub(crate) fn and(items: &[impl AsRef<str>]) -> String {
    joined(items, "and")
}

/// One of them: `a`, `a or b`, `a, b or c`.
pub(crate) fn or(items: &[impl AsRef<str>]) -> String {
    joined(items, "or")
}

fn joined(items: &[impl AsRef<str>], word: &str) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.as_slice() {
        [] => String::new(),
        [one] => (*one).to_string(),
        [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(
            [
                count(1, "patch"),
                count(2, "patch"),
                count(0, "path"),
                count(1, "query"),
                count(2, "query"),
                count(3, "key"),
            ],
            [
                "1 patch",
                "2 patches",
                "0 paths",
                "1 query",
                "2 queries",
                "3 keys"
            ]
        );
    }

    #[test]
    fn lists() {
        let names: Vec<String> = (1..=8).map(|number| number.to_string()).collect();
        assert_eq!(list(&names[..6]), "1, 2, 3, 4, 5, 6");
        assert_eq!(list(&names), "1, 2, 3, 4, 5, 6 and 2 more");
        assert_eq!(and(&names[..3]), "1, 2 and 3");
        assert_eq!(and(&names[..0]), "");
    }
}
