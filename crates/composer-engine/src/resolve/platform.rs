//! What the machine that will run the store offers, and which of it is not to be asked about.

use super::name_pattern::name_pattern;
use crate::format::constraint::intervals;
use crate::format::constraint::{Constraint, Operator};
use crate::format::package::platform::is_platform_package;
use regex::Regex;

/// `--ignore-platform-reqs` and `--ignore-platform-req` (`PlatformRequirementFilter`).
#[derive(Debug, Clone, Default)]
pub enum PlatformFilter {
    /// Every platform requirement counts.
    #[default]
    Nothing,
    /// None counts.
    All,
    /// Those named do not count, or their upper bounds do not.
    Listed {
        /// The names whose requirements are left out.
        names: Vec<Regex>,
        /// The names whose upper bounds are left out.
        upper_bounds: Vec<Regex>,
    },
}

impl PlatformFilter {
    /// From the values of `--ignore-platform-req`: `php`, `ext-*`, `php+` (the upper bound only).
    pub fn listed<'a>(requirements: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut names, mut upper_bounds) = (Vec::new(), Vec::new());
        for requirement in requirements {
            match requirement.strip_suffix('+') {
                Some(name) => upper_bounds.extend(name_pattern(name).ok()),
                None => names.extend(name_pattern(requirement).ok()),
            }
        }
        match names.is_empty() && upper_bounds.is_empty() {
            true => PlatformFilter::Nothing,
            false => PlatformFilter::Listed {
                names,
                upper_bounds,
            },
        }
    }

    /// Whether requirements of this name do not count at all.
    pub fn ignores(&self, name: &str) -> bool {
        match self {
            PlatformFilter::Nothing => false,
            PlatformFilter::All => is_platform_package(name),
            PlatformFilter::Listed { names, .. } => {
                is_platform_package(name) && any_matches(names, name)
            }
        }
    }

    /// The constraint without its upper bound, where that is ignored; none where it stays as it is.
    pub fn relaxed(&self, name: &str, constraint: &Constraint) -> Option<Constraint> {
        let PlatformFilter::Listed { upper_bounds, .. } = self else {
            return None;
        };
        if !is_platform_package(name) || !any_matches(upper_bounds, name) {
            return None;
        }
        let upper = intervals::upper_bound(constraint)?;
        Some(Constraint::Multi {
            constraints: vec![
                constraint.clone(),
                Constraint::Single {
                    operator: Operator::Ge,
                    version: upper,
                },
            ],
            conjunctive: false,
        })
    }
}

fn any_matches(patterns: &[Regex], name: &str) -> bool {
    patterns.iter().any(|pattern| pattern.is_match(name))
}
