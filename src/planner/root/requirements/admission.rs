//! Which versions a constraint admits.

use composer_engine::format::constraint::Constraint;
use composer_engine::format::version::Version;

/// Whether a constraint admits a version; false for what is no constraint or no version.
pub(crate) fn admits(constraint: &str, version: &str) -> bool {
    match (Constraint::parse(constraint), Version::parse(version)) {
        (Ok(constraint), Ok(version)) => constraint.matches_version(&version),
        _ => false,
    }
}
