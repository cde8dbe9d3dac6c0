//! Names of packages with `*` in them, as `only`, `exclude` and `allow-plugins` have them.

/// A package name in which `*` stands for any text, compared without regard to case (`BasePackage::packageNameToRegexp`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePattern(Box<str>);

impl NamePattern {
    /// Any text is a pattern.
    pub fn new(pattern: &str) -> NamePattern {
        NamePattern(pattern.to_ascii_lowercase().into())
    }

    /// Whether the pattern covers the whole of `name`.
    pub fn matches(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let Some((start, rest)) = self.0.split_once('*') else {
            return name == *self.0;
        };
        let Some(mut name) = name.strip_prefix(start) else {
            return false;
        };
        let mut parts = rest.split('*');
        let end = parts.next_back().unwrap_or_default();
        for part in parts {
            // The first place is as good as any later one, as only what follows it must still match.
            let Some(at) = name.find(part) else {
                return false;
            };
            name = &name[at + part.len()..];
        }
        name.ends_with(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_composer_does() {
        for (pattern, name, expected) in [
            ("magento/*", "magento/framework", true),
            ("magento/*", "mage-os/framework", false),
            ("Magento/Framework", "magento/framework", true),
            ("*", "a/b", true),
            ("a/b", "a/bc", false),
            ("a/*-b-*-c", "a/x-b-y-c", true),
            ("a/*-b-*-c", "a/x-b-c", false),
            ("a/*b", "a/bb", true),
            ("a.b/c", "axb/c", false),
            ("*/module-*", "acme/module-", true),
            ("ab*b", "ab", false),
        ] {
            assert_eq!(
                NamePattern::new(pattern).matches(name),
                expected,
                "{pattern} {name}"
            );
        }
    }
}
