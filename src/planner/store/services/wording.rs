//! How a finding names the files that configure a service.

use crate::plan::sentence::and;

/// That some files name something: `a and b name`.
pub(super) fn names_it(files: &[&str]) -> String {
    let verb = if files.len() == 1 { "names" } else { "name" };
    format!("{} {verb}", and(files))
}
