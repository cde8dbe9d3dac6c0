//! Constraints as intervals: subset, intersection, and the shortest equal constraint (`Composer\Semver\Intervals`).
//!
//! The resolver's pool order depends on the exact constraints this gives, so it repeats Composer's steps and their results,
//! not only their meaning.

mod memory;

use super::branches::Branches;
use super::prepared::Range;
use super::{Constraint, Operator};
use crate::format::version::{Version, compare};
use std::sync::LazyLock;

/// One end of an interval, as the constraint that describes it: `>=` or `>` for a start, `<` or `<=` for an end.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bound {
    operator: Operator,
    version: Version,
}

/// Where every numeric version is behind.
static ZERO: LazyLock<Bound> =
    LazyLock::new(|| Bound::new(Operator::Ge, &Version::from_normalized("0.0.0.0-dev")));

/// Where every numeric version is before: PHP's largest integer.
static INFINITY: LazyLock<Bound> = LazyLock::new(|| {
    Bound::new(
        Operator::Lt,
        &Version::from_normalized("9223372036854775807.0.0.0"),
    )
});

impl Bound {
    fn new(operator: Operator, version: &Version) -> Self {
        Bound {
            operator,
            version: version.clone(),
        }
    }

    fn to_constraint(&self) -> Constraint {
        Constraint::Single {
            operator: self.operator,
            version: self.version.clone(),
        }
    }

    /// The order of bounds at the same version: first those that lie before it.
    fn rank(&self) -> u8 {
        match self.operator {
            Operator::Ge => 0,
            Operator::Lt => 1,
            Operator::Gt => 2,
            _ => 3,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Interval {
    start: Bound,
    end: Bound,
}

impl Interval {
    fn everything() -> Self {
        Interval {
            start: ZERO.clone(),
            end: INFINITY.clone(),
        }
    }
}

/// All versions a constraint matches.
#[derive(Clone)]
struct Coverage {
    /// In ascending order.
    numeric: Vec<Interval>,
    branches: Branches,
}

impl Coverage {
    fn of(constraint: &Constraint) -> Self {
        match constraint {
            Constraint::Any => Coverage {
                numeric: vec![Interval::everything()],
                branches: Branches::all(),
            },
            Constraint::None => Coverage {
                numeric: Vec::new(),
                branches: Branches::none(),
            },
            Constraint::Single { operator, version } => Self::of_single(*operator, version),
            Constraint::Multi {
                constraints,
                conjunctive,
            } => Self::combine(constraints.iter().map(Self::of), *conjunctive),
        }
    }

    fn of_single(operator: Operator, version: &Version) -> Self {
        if version.is_branch() {
            return match operator {
                Operator::Ne => Coverage {
                    numeric: vec![Interval::everything()],
                    branches: Branches::all_but(version),
                },
                Operator::Eq => Coverage {
                    numeric: Vec::new(),
                    branches: Branches::only(version),
                },
                _ => Coverage {
                    numeric: Vec::new(),
                    branches: Branches::none(),
                },
            };
        }
        let from = |operator| Interval {
            start: Bound::new(operator, version),
            end: INFINITY.clone(),
        };
        let until = |operator| Interval {
            start: ZERO.clone(),
            end: Bound::new(operator, version),
        };
        let numeric = match operator {
            Operator::Gt | Operator::Ge => vec![from(operator)],
            Operator::Lt | Operator::Le => vec![until(operator)],
            Operator::Ne => vec![until(Operator::Lt), from(Operator::Gt)],
            Operator::Eq => {
                vec![Interval {
                    start: Bound::new(Operator::Ge, version),
                    end: Bound::new(Operator::Le, version),
                }]
            }
        };
        let branches = if operator == Operator::Ne {
            Branches::all()
        } else {
            Branches::none()
        };
        Coverage { numeric, branches }
    }

    fn combine(parts: impl IntoIterator<Item = Coverage>, conjunctive: bool) -> Self {
        let mut branches = if conjunctive {
            Branches::all()
        } else {
            Branches::none()
        };
        let mut groups = Vec::new();
        for part in parts {
            branches = if conjunctive {
                branches.intersection(&part.branches)
            } else {
                branches.union(&part.branches)
            };
            groups.push(part.numeric);
        }
        let needed = if conjunctive {
            groups.len().cast_signed()
        } else {
            1
        };
        Coverage {
            numeric: sweep(groups, needed),
            branches: branches.without_duplicates(),
        }
    }

    fn is_empty(&self) -> bool {
        self.numeric.is_empty() && self.branches.is_empty()
    }
}

/// The intervals in which at least `needed` of the groups are.
fn sweep(mut groups: Vec<Vec<Interval>>, needed: isize) -> Vec<Interval> {
    if groups.len() == 1 {
        return groups.pop().unwrap_or_default();
    }
    let mut borders: Vec<(Bound, bool)> = groups
        .into_iter()
        .flatten()
        .flat_map(|Interval { start, end }| [(start, true), (end, false)])
        .collect();
    borders.sort_by(|(a, _), (b, _)| {
        compare(&a.version, &b.version).then_with(|| a.rank().cmp(&b.rank()))
    });

    let mut intervals = Vec::new();
    // A bound outside of zero and infinity ends before it starts, which takes the count below zero.
    let mut active = 0isize;
    let mut open: Option<Bound> = None;
    for (bound, is_start) in borders {
        active = if is_start { active + 1 } else { active - 1 };
        match open.take() {
            None if active >= needed => open = Some(bound),
            Some(start) if active < needed => {
                let is_empty = compare(&start.version, &bound.version).is_eq()
                    && matches!(
                        (start.operator, bound.operator),
                        (Operator::Gt, Operator::Le) | (Operator::Ge, Operator::Lt)
                    );
                if !is_empty {
                    intervals.push(Interval { start, end: bound });
                }
            }
            unchanged => open = unchanged,
        }
    }
    intervals
}

/// Whether every version that `candidate` matches, `constraint` matches too (`Intervals::isSubsetOf`).
/// As in Composer, [`Constraint::None`] is a subset of [`Constraint::Any`] only.
pub fn is_subset_of(candidate: &Constraint, constraint: &Constraint) -> bool {
    if *constraint == Constraint::Any {
        return true;
    }
    if *candidate == Constraint::None || *constraint == Constraint::None {
        return false;
    }
    if let (Some(inner), Some(outer)) = (Range::of(candidate), Range::of(constraint))
        && let Some(is_within) = inner.is_clearly_within(outer)
    {
        return is_within;
    }
    memory::recalled(candidate, constraint, || {
        is_subset_by_intervals(candidate, constraint)
    })
}

/// Likewise, of constraints that match something and not everything.
pub(crate) fn is_subset_by_intervals(candidate: &Constraint, constraint: &Constraint) -> bool {
    let own = Coverage::of(candidate);
    let both = Coverage::combine([own.clone(), Coverage::of(constraint)], true);
    own.numeric == both.numeric && own.branches == both.branches
}

/// Whether some version is in both (`Intervals::haveIntersections`).
pub fn have_intersections(a: &Constraint, b: &Constraint) -> bool {
    if *a == Constraint::Any || *b == Constraint::Any {
        return true;
    }
    if *a == Constraint::None || *b == Constraint::None {
        return false;
    }
    !Coverage::combine([Coverage::of(a), Coverage::of(b)], true).is_empty()
}

/// Where the last numeric interval of a constraint ends; none when it is open, or when no numeric version matches.
/// `--ignore-platform-req=php+` allows what lies behind it (`IgnoreListPlatformRequirementFilter::filterConstraint`).
pub fn upper_bound(constraint: &Constraint) -> Option<Version> {
    let end = Coverage::of(constraint).numeric.pop()?.end;
    (end != *INFINITY).then_some(end.version)
}

/// The shortest constraint that matches the same versions (`Intervals::compactConstraint`).
/// Only a [`Constraint::Multi`] is rewritten.
///
/// As in Composer, this is exact for numbers only: `<1.0 || >1.0` becomes `!= 1.0.0.0`, which named branches match too.
pub fn compact(constraint: &Constraint) -> Constraint {
    match constraint {
        Constraint::Multi { .. } => memory::compacted(constraint, || compact_anew(constraint)),
        plain => plain.clone(),
    }
}

fn compact_anew(constraint: &Constraint) -> Constraint {
    let Coverage { numeric, branches } = Coverage::of(constraint);
    let covers_all_numbers =
        matches!(numeric.as_slice(), [only] if *only == Interval::everything());
    if covers_all_numbers && branches == Branches::all() {
        return Constraint::Any;
    }
    let mut alternatives = if covers_all_numbers {
        vec![ZERO.to_constraint()]
    } else {
        numeric_alternatives(&numeric)
    };

    let operator = if branches.exclude {
        Operator::Ne
    } else {
        Operator::Eq
    };
    let mut named: Vec<Constraint> = branches
        .names
        .into_iter()
        .map(|(_, version)| Constraint::Single { operator, version })
        .collect();
    if branches.exclude && !named.is_empty() {
        // Excluded branches hold together with the numbers: `>2.0` and `!=dev-main`.
        match alternatives.len() {
            _ if covers_all_numbers => return all(named),
            0 | 1 => alternatives.append(&mut named),
            _ => {
                named.insert(
                    0,
                    Constraint::Multi {
                        constraints: alternatives,
                        conjunctive: false,
                    },
                );
                alternatives = named;
            }
        }
        return all(alternatives);
    }
    alternatives.append(&mut named);
    match <[Constraint; 1]>::try_from(alternatives) {
        Ok([only]) => only,
        Err(none) if none.is_empty() => Constraint::None,
        Err(constraints) => Constraint::Multi {
            constraints,
            conjunctive: false,
        },
    }
}

/// The conjunction of one or more constraints.
fn all(constraints: Vec<Constraint>) -> Constraint {
    match <[Constraint; 1]>::try_from(constraints) {
        Ok([only]) => only,
        Err(constraints) => Constraint::Multi {
            constraints,
            conjunctive: true,
        },
    }
}

/// One constraint for every interval, save that intervals with a single version between them become one with `!=`.
fn numeric_alternatives(intervals: &[Interval]) -> Vec<Constraint> {
    let mut alternatives = Vec::new();
    let mut with_holes = Vec::new();
    for (index, Interval { start, end }) in intervals.iter().enumerate() {
        let next = intervals.get(index + 1);
        if end.operator == Operator::Lt
            && next.is_some_and(|next| {
                next.start.operator == Operator::Gt && next.start.version == end.version
            })
        {
            if with_holes.is_empty() && *start != *ZERO {
                with_holes.push(start.to_constraint());
            }
            with_holes.push(Constraint::Single {
                operator: Operator::Ne,
                version: end.version.clone(),
            });
        } else if !with_holes.is_empty() {
            if *end != *INFINITY {
                with_holes.push(end.to_constraint());
            }
            alternatives.push(all(std::mem::take(&mut with_holes)));
        } else if start.version == end.version
            && start.operator == Operator::Ge
            && end.operator == Operator::Le
        {
            alternatives.push(Constraint::exactly(start.version.clone()));
        } else if *start == *ZERO {
            alternatives.push(end.to_constraint());
        } else if *end == *INFINITY {
            alternatives.push(start.to_constraint());
        } else {
            alternatives.push(all(vec![start.to_constraint(), end.to_constraint()]));
        }
    }
    alternatives
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Constraint {
        Constraint::parse(text).unwrap()
    }

    #[test]
    fn compacts() {
        let cases = [
            ("^1 || ^2 || ^3", "[>= 1.0.0.0-dev < 4.0.0.0-dev]"),
            (
                "^1 || ^3",
                "[[>= 1.0.0.0-dev < 2.0.0.0-dev] || [>= 3.0.0.0-dev < 4.0.0.0-dev]]",
            ),
            (">=1 >=2 <5 <4", "[>= 2.0.0.0-dev < 4.0.0.0-dev]"),
            ("<2 || >=2", ">= 0.0.0.0-dev"),
            ("* || 1.0", "*"),
            (">2 <1", "[]"),
            (">=1 <=1.0.0.0-dev", "== 1.0.0.0-dev"),
            (">1 <=1.0.0.0", "[]"),
            ("!=1.5 || !=1.6", "*"),
            (
                ">=1 !=1.5 !=1.6 <2",
                "[>= 1.0.0.0-dev != 1.5.0.0 != 1.6.0.0 < 2.0.0.0-dev]",
            ),
            ("dev-a || dev-b || dev-a", "[== dev-a || == dev-b]"),
            ("!=dev-a !=dev-b", "[!= dev-a != dev-b]"),
            ("!=1 !=dev-a", "[!= 1.0.0.0 != dev-a]"),
            ("1 || dev-a", "[== 1.0.0.0 || == dev-a]"),
            (">1", "> 1.0.0.0"),
        ];
        for (text, compacted) in cases {
            assert_eq!(compact(&parse(text)).to_string(), compacted, "{text}");
        }
    }

    #[test]
    fn subsets() {
        let cases = [
            ("^1.2", "^1", true),
            ("^1", "^1.2", false),
            ("1.5", "^1.2", true),
            ("dev-a", "^1 || dev-a", true),
            ("dev-a", "^1", false),
            ("^1 || dev-a", "^1", false),
            ("!=1.5", "*", true),
            ("*", "!=1.5", false),
            ("*", ">=0", false),
            (">=1", "!=dev-a", true),
        ];
        for (candidate, constraint, expected) in cases {
            assert_eq!(
                is_subset_of(&parse(candidate), &parse(constraint)),
                expected,
                "{candidate} in {constraint}"
            );
        }
        // Beyond PHP's largest number an interval ends before it begins, as in composer/semver 3.4.
        let beyond = parse(">=299999999999999999999p1");
        assert!(!is_subset_of(&beyond, &beyond));
        assert!(is_subset_of(&Constraint::None, &Constraint::Any));
        assert!(!is_subset_of(&Constraint::None, &parse("1")));
    }

    #[test]
    fn intersections() {
        for (a, b, expected) in [
            ("^9.5.8", "10.0.0", false),
            ("^1", "^1.5 || ^3", true),
            ("<1.0@stable", ">=1.0@stable", false),
            ("dev-a", "!=dev-a", false),
            ("dev-a", "!=1.0", true),
        ] {
            assert_eq!(
                have_intersections(&parse(a), &parse(b)),
                expected,
                "{a} and {b}"
            );
        }
        assert!(have_intersections(&Constraint::None, &Constraint::Any));
        assert!(!have_intersections(&Constraint::None, &parse("1")));
    }

    /// As composer/semver has it: a range from nothing to nothing is one by itself, and none in company.
    #[test]
    fn what_is_below_zero_is_no_part_of_itself_when_it_is_alone() {
        for (text, expected) in [
            ("<0", false),
            ("<0.0", false),
            ("<0@dev", false),
            ("<0.0.0.0-Stable", false),
            ("<00", false),
            ("<0-alpha", true),
            ("<=0", true),
            ("<dev-x", true),
            ("<0 || <0", true),
            ("<0,<0", true),
            ("<0 >=0", true),
            ("<0 || dev-x", true),
            ("<0 || 5", true),
            ("<0 !=dev-master", true),
        ] {
            let constraint = parse(text);
            assert_eq!(is_subset_of(&constraint, &constraint), expected, "{text}");
        }
    }

    #[test]
    fn an_interval_may_end_before_zero() {
        assert_eq!(compact(&parse("<0.0.0.0-Stable <1")), Constraint::None);
    }
}
