//! What must hold for every version and constraint.

use composer_engine::format::constraint::Constraint;
use composer_engine::format::constraint::intervals::{compact, have_intersections, is_subset_of};
use composer_engine::format::version::stability::Stability;
use composer_engine::format::version::{
    Version, compare, normalize, normalize_branch, normalize_default_branch, numeric_alias_prefix,
};
use proptest::prelude::*;
use std::cmp::Ordering;

/// Versions out of so few that they often meet the ends of constraints.
fn version() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[0-3](\\.[0-2]){0,2}(-(dev|alpha|beta1|RC1|p1))?",
        1 => "dev-[abc]",
    ]
}

fn constraint() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        5 => ("(\\^|~|<|<=|>|>=|!=|)", "[0-3](\\.[0-2]){0,2}(-(dev|beta1))?").prop_map(|(operator, version)| operator + &version),
        1 => "(!=|)dev-[abc]",
        1 => Just("*".to_owned()),
    ];
    (
        part.clone(),
        prop::collection::vec(("( | \\|\\| )", part), 0..5),
    )
        .prop_map(|(first, others)| {
            others
                .into_iter()
                .fold(first, |text, (separator, part)| text + &separator + &part)
        })
}

fn parse(text: &str) -> Constraint {
    Constraint::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn parse_version(text: &str) -> Version {
    Version::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

proptest! {
    #[test]
    fn no_text_makes_anything_panic(a in "\\PC{0,24}|[ -~\\n\\t]{0,24}|[0-9.xX*~^<>=!|, @#+va-]{0,24}", b in ".{0,16}") {
        let (version, other) = (Version::from_normalized(&a), Version::from_normalized(&b));
        let _ = (normalize(&a), normalize_branch(&a), normalize_default_branch(&a), numeric_alias_prefix(&a));
        let _ = (Stability::of(&a), compare(&version, &other));
        if let Ok(constraint) = Constraint::parse(&a) {
            let exact = Constraint::exactly(other.clone());
            let _ = (constraint.matches_version(&other), constraint.matches(&exact), constraint.to_string());
            let _ = (compact(&constraint), is_subset_of(&constraint, &exact), have_intersections(&constraint, &exact));
        }
    }

    #[test]
    fn normalized_stays_normalized(text in version()) {
        let normalized = normalize(&text).unwrap();
        prop_assert_eq!(normalize(&normalized), Ok(normalized));
    }

    #[test]
    fn comparing_is_a_total_order(
        texts in prop::array::uniform3(prop_oneof![version(), "[0-9a-zA-Z.+-]{0,12}".prop_map(String::from), ".{0,8}"])
    ) {
        let [a, b, c] = texts.map(|text| Version::from_normalized(&text));
        prop_assert_eq!(compare(&a, &a), Ordering::Equal);
        prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
        if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
            prop_assert!(compare(&a, &c).is_le());
        }
    }

    #[test]
    fn compacting_keeps_every_version(text in constraint(), versions in prop::collection::vec(version(), 20)) {
        let constraint = parse(&text);
        let compacted = compact(&constraint);
        for version in versions {
            let version = parse_version(&version);
            let (before, after) = (constraint.matches_version(&version), compacted.matches_version(&version));
            // Composer may write `!=` for a hole between two intervals, which lets named branches in, and leave out
            // a `!=` below all numbers, which had let them in.
            let inexact = version.is_branch() && (after || text.contains("!="));
            prop_assert!(before == after || inexact, "{} became {}: {}", constraint, compacted, version);
        }
    }

    #[test]
    fn a_subset_matches_no_more(a in constraint(), b in constraint(), versions in prop::collection::vec(version(), 20)) {
        let (a, b) = (parse(&a), parse(&b));
        let (subset, meets) = (is_subset_of(&a, &b), have_intersections(&a, &b));
        for version in versions.iter().map(|version| parse_version(version)) {
            let (in_a, in_b) = (a.matches_version(&version), b.matches_version(&version));
            prop_assert!(!subset || !in_a || in_b, "{} in {}: {}", a, b, version);
            prop_assert!(meets || !in_a || !in_b, "{} and {}: {}", a, b, version);
        }
    }

    #[test]
    fn the_fast_path_matches_as_the_slow_one(constraint in constraint(), version in version()) {
        let (constraint, version) = (parse(&constraint), parse_version(&version));
        let exactly = Constraint::exactly(version.clone());
        prop_assert_eq!(constraint.matches_version(&version), constraint.matches(&exactly));
        prop_assert_eq!(constraint.matches(&exactly), exactly.matches(&constraint));
    }
}
