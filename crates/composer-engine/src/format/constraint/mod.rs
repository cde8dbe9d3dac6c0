//! Version constraints and what they match.

mod branches;
pub mod intervals;
mod parser;
pub(crate) mod prepared;
mod split;

use super::version::{InvalidVersion, Version, compare};
use std::cmp::Ordering;
use std::fmt;

/// How a version relates to the one it is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `==`
    Eq,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `!=`
    Ne,
}

impl Operator {
    /// As Composer writes it: `==`, `<`, `<=`, `>`, `>=`, `!=`.
    pub fn as_str(self) -> &'static str {
        match self {
            Operator::Eq => "==",
            Operator::Lt => "<",
            Operator::Le => "<=",
            Operator::Gt => ">",
            Operator::Ge => ">=",
            Operator::Ne => "!=",
        }
    }

    /// Whether `a operator b` holds when named branches may be compared with numbers (`Comparator::compare`):
    /// a branch is below every number, two branches are either equal or not comparable.
    /// This is how Composer orders candidates; a constraint never matches across that border.
    pub fn holds(self, a: &Version, b: &Version) -> bool {
        match (a.is_branch(), b.is_branch()) {
            (true, true) => self.accepts_branches(a, b),
            (true, false) | (false, true) if self == Operator::Ne => true,
            _ => self.accepts(compare(a, b)),
        }
    }

    /// As [`holds`](Self::holds), but between a branch and a number nothing holds, save that they differ.
    fn holds_apart(self, a: &Version, b: &Version) -> bool {
        match (a.is_branch(), b.is_branch()) {
            (false, false) => self.accepts(compare(a, b)),
            (true, true) => self.accepts_branches(a, b),
            _ => self == Operator::Ne,
        }
    }

    fn accepts_branches(self, a: &Version, b: &Version) -> bool {
        match self {
            Operator::Eq => a == b,
            Operator::Ne => a != b,
            _ => false,
        }
    }

    fn accepts(self, ordering: Ordering) -> bool {
        match self {
            Operator::Eq => ordering.is_eq(),
            Operator::Lt => ordering.is_lt(),
            Operator::Le => ordering.is_le(),
            Operator::Gt => ordering.is_gt(),
            Operator::Ge => ordering.is_ge(),
            Operator::Ne => ordering.is_ne(),
        }
    }

    /// Whether both look the same way: `<` and `<=`, `>` and `>=`.
    fn same_direction(self, other: Operator) -> bool {
        use Operator::{Ge, Gt, Le, Lt};
        matches!((self, other), (Lt | Le, Lt | Le) | (Gt | Ge, Gt | Ge))
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A set of versions. Displays as composer/semver's `__toString` does: `*`, `[]`, `>= 1.0.0.0-dev`, `[a b]`, `[a || b]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Constraint {
    /// Everything, named branches included (`MatchAllConstraint`).
    Any,
    /// Nothing (`MatchNoneConstraint`).
    None,
    /// Every version that relates so to the given one.
    Single {
        /// How a version compares to the bound.
        operator: Operator,
        /// The bound.
        version: Version,
    },
    /// What all (conjunctive) or any (disjunctive) of at least two constraints match.
    Multi {
        /// The parts.
        constraints: Vec<Constraint>,
        /// Whether all parts must hold, or one of them.
        conjunctive: bool,
    },
}

/// A text that is no constraint. The message is Composer's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidConstraint {
    /// One of its parts holds something that is no version.
    #[error("Could not parse version constraint {part}: {reason}")]
    Unreadable {
        /// The part of the text that is none.
        part: String,
        /// What is wrong with its version.
        reason: InvalidVersion,
    },
    /// Ruby's `~>`.
    /// `~>`, which other package managers know.
    #[error(
        "Could not parse version constraint {part}: Invalid operator \"~>\", you probably meant to use the \"~\" operator"
    )]
    TildeGreater {
        /// The part of the text that has it.
        part: String,
    },
    /// An end of a range looks like a version but is none.
    #[error(transparent)]
    Bound(#[from] InvalidVersion),
}

impl Constraint {
    /// Only this version.
    pub fn exactly(version: Version) -> Self {
        Constraint::Single {
            operator: Operator::Eq,
            version,
        }
    }

    /// All or any of some constraints (`MultiConstraint::create`): one constraint stays itself, none are [`Any`](Self::Any),
    /// and neighbouring alternatives that touch become one (`>=1 <2 || >=2 <3` is `>=1 <3`).
    pub fn multi(constraints: Vec<Constraint>, conjunctive: bool) -> Self {
        let merged = if conjunctive {
            constraints
        } else {
            merge_neighbours(constraints)
        };
        match <[Constraint; 1]>::try_from(merged) {
            Ok([only]) => only,
            Err(none) if none.is_empty() => Constraint::Any,
            Err(constraints) => Constraint::Multi {
                constraints,
                conjunctive,
            },
        }
    }

    /// Whether some version may be in both (`ConstraintInterface::matches`). Exact for two single constraints;
    /// for conjunctions it asks part by part, as Composer does.
    pub fn matches(&self, provider: &Constraint) -> bool {
        match self {
            Constraint::Any => true,
            Constraint::None => false,
            Constraint::Single { operator, version } => match provider {
                Constraint::Single {
                    operator: provider_operator,
                    version: provider_version,
                } => singles_match((*operator, version), (*provider_operator, provider_version)),
                _ => provider.matches(self),
            },
            Constraint::Multi {
                constraints,
                conjunctive: false,
            } => constraints.iter().any(|c| provider.matches(c)),
            Constraint::Multi {
                constraints,
                conjunctive: true,
            } => match provider {
                // Otherwise different alternatives could satisfy different parts.
                Constraint::Multi {
                    conjunctive: false, ..
                } => provider.matches(self),
                _ => constraints.iter().all(|c| provider.matches(c)),
            },
        }
    }

    /// Whether this version is in the set: [`matches`](Self::matches) of [`exactly`](Self::exactly) that version.
    pub fn matches_version(&self, candidate: &Version) -> bool {
        match self {
            Constraint::Any => true,
            Constraint::None => false,
            Constraint::Single { operator, version } => operator.holds_apart(candidate, version),
            Constraint::Multi {
                constraints,
                conjunctive: true,
            } => constraints.iter().all(|c| c.matches_version(candidate)),
            Constraint::Multi {
                constraints,
                conjunctive: false,
            } => constraints.iter().any(|c| c.matches_version(candidate)),
        }
    }
}

/// `Constraint::matchSpecific`.
fn singles_match(
    (operator, version): (Operator, &Version),
    provider: (Operator, &Version),
) -> bool {
    use Operator::{Eq, Ne};
    let (provider_operator, provider_version) = provider;
    let any_branch = version.is_branch() || provider_version.is_branch();
    match (operator, provider_operator) {
        (Ne, Ne) => true,
        (Ne, Eq) | (Eq, Ne) => Ne.holds_apart(provider_version, version),
        (Ne, _) => !provider_version.is_branch(),
        (_, Ne) => !version.is_branch(),
        (Eq, _) => provider_operator.holds_apart(version, provider_version),
        (_, Eq) => operator.holds_apart(provider_version, version),
        _ if operator.same_direction(provider_operator) => !any_branch,
        // Opposite directions: the sets meet when the provider's end is inside, and so is ours if they are the same.
        _ => {
            operator.holds_apart(provider_version, version)
                && !(matches!(provider_operator, Operator::Lt | Operator::Gt)
                    && matches!(operator, Operator::Le | Operator::Ge)
                    && compare(provider_version, version).is_eq())
        }
    }
}

/// Joins each alternative to the one before it where that ends with `<` just where this begins with `>=`.
fn merge_neighbours(constraints: Vec<Constraint>) -> Vec<Constraint> {
    let mut merged: Vec<Constraint> = Vec::with_capacity(constraints.len());
    for right in constraints {
        match merged.last().and_then(|left| join(left, &right)) {
            Some(joined) => {
                merged.pop();
                merged.push(joined);
            }
            None => merged.push(right),
        }
    }
    merged
}

fn join(left: &Constraint, right: &Constraint) -> Option<Constraint> {
    let (
        [
            start,
            Constraint::Single {
                operator: Operator::Lt,
                version: end,
            },
        ],
        [lower, upper],
    ) = (as_range(left)?, as_range(right)?)
    else {
        return None;
    };
    let touches = matches!(lower, Constraint::Single { version, .. } if version == end);
    touches.then(|| Constraint::Multi {
        constraints: vec![start.clone(), upper.clone()],
        conjunctive: true,
    })
}

/// The two ends of `>=a <b` or `>=a <=b`.
fn as_range(constraint: &Constraint) -> Option<&[Constraint; 2]> {
    use Operator::{Ge, Le, Lt};
    let Constraint::Multi {
        constraints,
        conjunctive: true,
    } = constraint
    else {
        return None;
    };
    let ends: &[Constraint; 2] = constraints.as_slice().try_into().ok()?;
    let [
        Constraint::Single { operator: Ge, .. },
        Constraint::Single {
            operator: Lt | Le, ..
        },
    ] = ends
    else {
        return None;
    };
    Some(ends)
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Constraint::Any => f.write_str("*"),
            Constraint::None => f.write_str("[]"),
            Constraint::Single { operator, version } => write!(f, "{operator} {version}"),
            Constraint::Multi {
                constraints,
                conjunctive,
            } => {
                let separator = if *conjunctive { " " } else { " || " };
                f.write_str("[")?;
                for (index, constraint) in constraints.iter().enumerate() {
                    if index > 0 {
                        f.write_str(separator)?;
                    }
                    write!(f, "{constraint}")?;
                }
                f.write_str("]")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Constraint {
        Constraint::parse(text).unwrap()
    }

    #[test]
    fn matches_versions() {
        let cases = [
            ("3", "3.0", true),
            ("3", "3.240.5", false),
            ("^8.0", "8.0.0-alpha", true),
            ("^8.0", "9.0.0-dev", false),
            ("~4", "4.0-BETA", true),
            ("v3.*", "v3.69.2", true),
            ("2.4.8", "2.4.8-p4", false),
            (">2.4.8 <2.4.9", "2.4.8-p4", true),
            ("==1.0", "1.0-dev", false),
            ("<>1.0", "1.0-dev", true),
            (">=dev-foo", "2.5", false),
            ("dev-foo", "dev-foo", true),
            ("!=dev-foo", "2.5", true),
            ("!=1.0", "dev-foo", true),
            (">=1", "dev-foo", false),
            ("*", "dev-foo", true),
            ("v*", "dev-foo", false),
            ("2.1.*@dev", "2.1.x-dev", true),
            ("^8 || 9.2.*@dev", "9.2.1", true),
            ("1.0.0-RC1", "1.0.0-rc1", true),
        ];
        for (constraint, version, expected) in cases {
            let (constraint, version) = (parse(constraint), Version::parse(version).unwrap());
            assert_eq!(
                constraint.matches_version(&version),
                expected,
                "{constraint} {version:?}"
            );
            assert_eq!(
                constraint.matches(&Constraint::exactly(version)),
                expected,
                "{constraint}"
            );
        }
    }

    #[test]
    fn matches_constraints() {
        let cases = [
            ("10.0.0", "^9.5.8", false),
            (">=1.0@stable", "<1.0@stable", false),
            (">=1.0", "<=1.0", true),
            ("<1", "<2", true),
            (">1 <2", "<1 || >2", false),
            ("^1 || ^3", "^3.1", true),
            ("!=1", "!=1", true),
            ("!=1", "<dev-a", false),
            ("dev-a", "dev-a || 1", true),
            ("<dev-a", "<dev-b", false),
        ];
        for (a, b, expected) in cases {
            assert_eq!(parse(a).matches(&parse(b)), expected, "{a} and {b}");
            assert_eq!(parse(b).matches(&parse(a)), expected, "{b} and {a}");
        }
        assert!(Constraint::Any.matches(&Constraint::None));
        assert!(!Constraint::None.matches(&Constraint::Any));
    }

    #[test]
    fn candidates_compare_across_the_border_of_branches() {
        let version = Version::from_normalized;
        assert!(Operator::Lt.holds(&version("dev-a"), &version("0.0.0.0-dev")));
        assert!(Operator::Gt.holds(&version("9999999-dev"), &version("dev-a")));
        assert!(!Operator::Le.holds(&version("dev-a"), &version("dev-a")));
        assert!(Operator::Eq.holds(&version("dev-a"), &version("dev-a")));
    }

    #[test]
    fn joins_alternatives_that_touch() {
        let joined = |texts: &[&str]| {
            Constraint::multi(texts.iter().map(|text| parse(text)).collect(), false)
        };
        assert_eq!(
            joined(&["^1", "^2", "^3"]).to_string(),
            "[>= 1.0.0.0-dev < 4.0.0.0-dev]"
        );
        assert_eq!(
            joined(&["^2", "^1"]),
            Constraint::Multi {
                constraints: vec![parse("^2"), parse("^1")],
                conjunctive: false
            }
        );
        assert_eq!(joined(&["^1"]), parse("^1"));
        assert_eq!(joined(&[]), Constraint::Any);
    }

    #[test]
    fn remembers_what_it_has_read() {
        let first = Constraint::parse_cached("^1.2 || ^2").unwrap();
        assert!(std::sync::Arc::ptr_eq(
            &first,
            &Constraint::parse_cached("^1.2 || ^2").unwrap()
        ));
        assert!(Constraint::parse_cached("no constraint").is_err());
    }
}
