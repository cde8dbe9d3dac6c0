//! Patterns of package names.

use regex::Regex;

/// A pattern of package names, `*` standing for anything (`BasePackage::packageNameToRegexp`).
pub fn name_pattern(pattern: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!(
        "(?i)^{}$",
        regex::escape(pattern).replace("\\*", ".*")
    ))
}
