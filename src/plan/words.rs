//! Lists as part of a sentence.

/// Longer lists are cut.
const SHOWN: usize = 6;

/// Names for people: a few in full, the rest counted (`a, b, c, d, e, f and 12 more`).
pub(super) fn list(names: &[impl AsRef<str>]) -> String {
    let shown: Vec<&str> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    let shown = shown.join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// All of them: `a`, `a and b`, `a, b and c`.
pub(super) fn and(items: &[impl AsRef<str>]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.as_slice() {
        [] => String::new(),
        [one] => (*one).to_string(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        let names: Vec<String> = (1..=8).map(|number| number.to_string()).collect();
        assert_eq!(list(&names[..6]), "1, 2, 3, 4, 5, 6");
        assert_eq!(list(&names), "1, 2, 3, 4, 5, 6 and 2 more");
        assert_eq!(and(&names[..3]), "1, 2 and 3");
        assert_eq!(and(&names[..0]), "");
    }
}
