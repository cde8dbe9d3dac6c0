//! How the numbers of releases are read and compared.

use composer_engine::format::version::{Version, compare};
use std::cmp::Ordering;

/// Compares two versions by Composer's rules. What is no version sorts below every version.
pub fn compare_versions(a: &str, b: &str) -> Ordering {
    compare_parsed(parsed(a).as_ref(), parsed(b).as_ref())
}

/// A version, for those who compare it often; none when it is none.
pub(super) fn parsed(version: &str) -> Option<Version> {
    Version::parse(version).ok()
}

/// Like [`compare_versions`].
pub(super) fn compare_parsed(a: Option<&Version>, b: Option<&Version>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => compare(a, b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// The version that a constraint pins, if it is a single version; without `=` and stability flag.
pub fn exact_version(constraint: &str) -> Option<&str> {
    let version = constraint.trim().trim_start_matches('=').trim_start();
    let version = version.split('@').next().unwrap_or(version);
    (version.starts_with(|c: char| c == 'v' || c.is_ascii_digit())
        && Version::parse(version).is_ok())
    .then_some(version)
}

/// The line a version belongs to: its first three numbers (`2.4.8` of `2.4.8-p4`).
pub fn line(version: &str) -> String {
    let number = version.split('-').next().unwrap_or_default();
    number.split('.').take(3).collect::<Vec<_>>().join(".")
}

/// The line after the one a version belongs to, as Commerce on Cloud bounds its ranges (`2.4.10` after `2.4.9`).
pub fn next_line(version: &str) -> String {
    let line = line(version);
    let Some((start, last)) = line.rsplit_once('.') else {
        return line;
    };
    match last
        .parse::<u64>()
        .ok()
        .and_then(|last| last.checked_add(1))
    {
        Some(next) => format!("{start}.{next}"),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        assert_eq!(line("2.4.8-p4"), "2.4.8");
        assert_eq!(line("2.4.5.1-p120230122"), "2.4.5");
        assert_eq!(next_line("2.4.9-p1"), "2.4.10");
        assert_eq!(next_line("dev-main"), "dev");
    }
}
