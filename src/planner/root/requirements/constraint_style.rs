//! A constraint in the same style for another version.

use super::admission::admits;

/// Writes a constraint on `version` the way `old` is written: exact, `^`, `~`, `>=` or a wildcard with as many numbers. Any
/// other shape, and one that would not admit the version, becomes the exact version: nobody asked for anything wider. A
/// stability flag stays. `*` and a flag alone stay as they are.
pub(crate) fn restyle(old: &str, version: &str) -> String {
    let (bare, flag) = match old.trim().rsplit_once('@') {
        Some((bare, flag)) => (bare.trim(), format!("@{flag}")),
        None => (old.trim(), String::new()),
    };
    if matches!(bare, "" | "*") {
        return old.to_owned();
    }
    let first_numbers = |count: usize| {
        let number = version.split(['-', '+']).next().unwrap_or(version);
        number
            .split('.')
            .take(count.max(1))
            .collect::<Vec<_>>()
            .join(".")
    };
    let numbers_of = |text: &str| text.split('-').next().unwrap_or(text).split('.').count();
    let is_simple = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'*'))
    };
    let prefix = bare.find(|c: char| c.is_ascii_alphanumeric()).unwrap_or(0);
    let (operator, number) = bare.split_at(prefix);
    let restyled = match operator.trim() {
        _ if !is_simple(number) => version.to_owned(),
        "^" | "~" => format!("{}{}", operator.trim(), first_numbers(numbers_of(number))),
        ">=" => format!(">={version}"),
        "" | "=" if number.ends_with(".*") => {
            format!("{}.*", first_numbers(numbers_of(number) - 1))
        }
        "" | "=" if number.starts_with(|c: char| c.is_ascii_digit() || c == 'v') => {
            version.to_owned()
        }
        _ => version.to_owned(),
    };
    match admits(&restyled, version) {
        true => restyled + &flag,
        false => version.to_owned() + &flag,
    }
}

#[cfg(test)]
mod tests {
    use super::restyle;

    #[test]
    fn the_style_stays() {
        for (old, new) in [
            ("100.4.5", "104.0.8-p4"),
            ("100.*", "104.*"),
            ("100.4.*", "104.0.*"),
            ("^100.4", "^104.0"),
            ("~100.4.2", "~104.0.8"),
            (">=100.4", ">=104.0.8-p4"),
            ("^100.3 || ^100.4", "104.0.8-p4"),
            (">=100 <101", "104.0.8-p4"),
            ("100.3 - 100.4", "104.0.8-p4"),
            ("!=100.3", "104.0.8-p4"),
            (">100.3", "104.0.8-p4"),
            ("100.4.*@beta", "104.0.*@beta"),
            ("*", "*"),
            ("@stable", "@stable"),
            ("dev-main", "104.0.8-p4"),
            ("", ""),
        ] {
            assert_eq!(restyle(old, "104.0.8-p4"), new, "{old}");
        }
    }
}
