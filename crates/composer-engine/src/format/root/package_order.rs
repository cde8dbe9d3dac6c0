//! The order that `config.sort-packages` keeps requirements in.

use regex::Regex;
use std::cmp::Ordering;
use std::sync::LazyLock;

/// The names that Composer takes for the platform's: PHP, extensions, libraries, Composer's own interfaces.
static PLATFORM: LazyLock<Regex> = LazyLock::new(|| {
    let names = r"(?i)^(?:php(?:-64bit|-ipv6|-zts|-debug)?|hhvm|(?:ext|lib)-[a-z0-9](?:[_.-]?[a-z0-9]+)*|composer(?:-(?:plugin|runtime)-api)?)$";
    Regex::new(names).expect("the pattern is valid")
});

/// How Composer sorts two names when `sort-packages` is on: `php`, `hhvm`, extensions, libraries, other platform packages,
/// then all packages; within each group in natural order, `a2` before `a10` (`JsonManipulator::sortPackages`).
pub fn compare(a: &str, b: &str) -> Ordering {
    group(a)
        .cmp(&group(b))
        .then_with(|| natural(a.as_bytes(), b.as_bytes()))
}

fn group(name: &str) -> usize {
    if !PLATFORM.is_match(name) {
        return 5;
    }
    ["php", "hhvm", "ext", "lib"]
        .iter()
        .position(|prefix| name.starts_with(prefix))
        .unwrap_or(4)
}

/// PHP's `strnatcmp` for texts without white space that do not start with a zero: byte by byte, but runs of digits as
/// numbers, those with a leading zero as fractions.
fn natural(mut a: &[u8], mut b: &[u8]) -> Ordering {
    loop {
        let (number_a, rest_a) = split_digits(a);
        let (number_b, rest_b) = split_digits(b);
        if !number_a.is_empty() && !number_b.is_empty() {
            let order = match number_a.starts_with(b"0") || number_b.starts_with(b"0") {
                true => number_a.cmp(number_b),
                false => (number_a.len(), number_a).cmp(&(number_b.len(), number_b)),
            };
            if order != Ordering::Equal {
                return order;
            }
            (a, b) = (rest_a, rest_b);
        }
        match (a, b) {
            ([byte_a, rest_a @ ..], [byte_b, rest_b @ ..]) if byte_a == byte_b => {
                (a, b) = (rest_a, rest_b)
            }
            _ => return a.first().cmp(&b.first()),
        }
    }
}

fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().take_while(|byte| byte.is_ascii_digit()).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platform_first_then_names_in_natural_order() {
        let mut names = vec![
            "b/b",
            "ext-xml",
            "a/m10",
            "a/m2",
            "php",
            "lib-icu",
            "composer-plugin-api",
            "ext-bcmath",
            "a/m-b",
            "composer/composer",
        ];
        names.sort_by(|a, b| compare(a, b));
        let expected = "php ext-bcmath ext-xml lib-icu composer-plugin-api a/m-b a/m2 a/m10 b/b composer/composer";
        assert_eq!(names.join(" "), expected);
    }
}
