//! The releases of each distribution: what is known of them, which are on offer, and which one is meant.

mod catalog;
mod choice;
mod numbers;
mod release;
mod spec;

pub use catalog::ReleaseCatalog;
pub use choice::{ReleaseError, Standing};
pub use numbers::{compare_versions, exact_version, line, next_line};
pub use release::{LiveRelease, Release, known_as_of};
pub use spec::{LATEST, SpecError, TargetSpec};
