//! Constraints that are asked about many versions.

use super::{Constraint, Operator};
use crate::format::version::Version;
use std::sync::LazyLock;

/// A constraint, prepared: most are a range, and then two numbers are compared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PreparedConstraint<'a> {
    constraint: &'a Constraint,
    range: Option<Range>,
}

/// The places of versions (see [`Version::place`]) from one to another, both included; all versions with a place that is not in
/// it are not matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    from: u128,
    to: u128,
}

impl Range {
    const ALL: Range = Range {
        from: 0,
        to: u128::MAX,
    };

    /// The range that a constraint is; none when it is more than one, or its ends have no place.
    pub(crate) fn of(constraint: &Constraint) -> Option<Range> {
        match constraint {
            Constraint::Any | Constraint::None => None,
            Constraint::Single { operator, version } => {
                let place = version.place()?;
                let (from, to) = match operator {
                    Operator::Eq => (place, place),
                    Operator::Le => (0, place),
                    Operator::Ge => (place, u128::MAX),
                    // The places of two versions are never next to each other.
                    Operator::Lt => (0, place.checked_sub(1)?),
                    Operator::Gt => (place + 1, u128::MAX),
                    Operator::Ne => return None,
                };
                Some(Range { from, to })
            }
            Constraint::Multi {
                constraints,
                conjunctive: true,
            } => constraints
                .iter()
                .map(Range::of)
                .try_fold(Range::ALL, |all, range| {
                    let range = range?;
                    Some(Range {
                        from: all.from.max(range.from),
                        to: all.to.min(range.to),
                    })
                }),
            Constraint::Multi {
                conjunctive: false, ..
            } => None,
        }
    }

    /// Whether it lies within another one. None where both begin or end at the same version: Composer then compares how that
    /// is written, and `01.0` is not `1.0`.
    pub(crate) fn is_clearly_within(self, outer: Range) -> Option<bool> {
        // Composer's intervals begin there.
        static ZERO: LazyLock<u128> = LazyLock::new(|| {
            let zero = Version::from_normalized("0.0.0.0-dev");
            zero.place().unwrap_or(u128::MAX)
        });
        let start = |range: Range| range.from.max(*ZERO);
        let is_open = |end: fn(Range) -> u128, open: u128| end(self) == open && end(outer) == open;
        let starts_apart = start(self) != start(outer) || is_open(|range| range.from, 0);
        let ends_apart = self.to != outer.to || is_open(|range| range.to, u128::MAX);
        let is_plain = self.from <= self.to && self.to > *ZERO;
        (is_plain && starts_apart && ends_apart)
            .then_some(start(outer) <= start(self) && self.to <= outer.to)
    }

    /// Whether a version at that place is in it.
    pub(crate) fn holds(self, place: u128) -> bool {
        self.from <= place && place <= self.to
    }
}

impl<'a> PreparedConstraint<'a> {
    pub(crate) fn new(constraint: &'a Constraint) -> Self {
        PreparedConstraint {
            range: Range::of(constraint),
            constraint,
        }
    }

    /// Whether a version matches. `place` is its place.
    pub(crate) fn matches<'v>(
        self,
        place: Option<u128>,
        version: impl FnOnce() -> &'v Version,
    ) -> bool {
        match (self.range, place) {
            (Some(range), Some(place)) => range.holds(place),
            _ => self.constraint.matches_version(version()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::constraint::intervals;
    use proptest::prelude::*;

    fn version() -> impl Strategy<Value = String> {
        let rest = prop::sample::select(vec!["", "-p1", "-beta2", "-RC1", "-dev"]);
        let odd = prop::sample::select(vec![
            "dev-main",
            "1.x-dev",
            "99999.99999999.0",
            "01.0",
            "0.00",
            "2.03",
        ]);
        prop_oneof![
            5 => (0..4, 0..4, rest).prop_map(|(major, minor, rest)| format!("{major}.{minor}{rest}")),
            1 => odd.prop_map(str::to_owned),
        ]
    }

    fn single() -> impl Strategy<Value = String> {
        let operator = prop::sample::select(vec![">=", "<=", ">", "<", "=", "!=", "^", "~"]);
        (operator, version()).prop_map(|(operator, version)| format!("{operator}{version}"))
    }

    fn constraint() -> impl Strategy<Value = String> {
        prop_oneof![
            1 => Just("*".to_owned()),
            4 => single(),
            4 => (single(), single()).prop_map(|(a, b)| format!("{a} {b}")),
            2 => (single(), single()).prop_map(|(a, b)| format!("{a} || {b}")),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20000))]

        #[test]
        fn matches_as_the_constraint_does(constraint in constraint(), version in version()) {
            let version = Version::parse(&version).unwrap();
            let Ok(constraint) = Constraint::parse(&constraint) else { return Ok(()) };
            let prepared = PreparedConstraint::new(&constraint);
            prop_assert_eq!(prepared.matches(version.place(), || &version), constraint.matches_version(&version));
        }

        #[test]
        fn lies_within_as_intervals_do(inner in constraint(), outer in constraint()) {
            let (Ok(inner), Ok(outer)) = (Constraint::parse(&inner), Constraint::parse(&outer)) else { return Ok(()) };
            if let (Some(a), Some(b)) = (Range::of(&inner), Range::of(&outer))
                && let Some(is_within) = a.is_clearly_within(b)
            {
                prop_assert_eq!(is_within, intervals::is_subset_by_intervals(&inner, &outer));
            }
        }
    }
}
