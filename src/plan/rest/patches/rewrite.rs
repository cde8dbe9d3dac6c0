//! The packages that a patch names, and the same patch with the names that they get.

use crate::plan::rest::packages::{Fate, Packages};
use crate::project::patch_file::PatchFile;
use std::collections::BTreeSet;

/// What a patch says about packages.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Packages that stay or get another name, by the name that the patch has.
    pub known: BTreeSet<String>,
    /// Packages that the target does not have.
    pub gone: BTreeSet<String>,
    /// The text with the new names; none when nothing changes.
    pub rewritten: Option<String>,
}

/// Reads the paths below `vendor` in the headers of a patch, and the tags of vaimo/composer-patches above the first
/// header (`@package`, `@target`, `@depends`). The lines of the code itself are never touched.
pub fn named(text: &str, patch: &PatchFile<'_>, packages: &Packages<'_>) -> Named {
    let mut named = Named::default();
    let mut places: Vec<(usize, &str)> = patch
        .paths
        .iter()
        .filter_map(|header| {
            let (offset, name) = package_in(header.path)?;
            Some((header.start + offset, name))
        })
        .collect();
    let first = patch.paths.iter().map(|path| path.start).min();
    places.extend(tags(
        text.get(..first.unwrap_or_default()).unwrap_or_default(),
    ));
    places.sort_unstable();
    let (from, to) = packages.vendors();
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (start, name) in places {
        match packages.fate(name) {
            Fate::Goes => {
                named.gone.insert(name.to_owned());
            }
            Fate::Renamed(_) => {
                named.known.insert(name.to_owned());
                out.push_str(text.get(done..start).unwrap_or_default());
                out.push_str(to);
                done = start + from.len();
            }
            Fate::Stays => {
                named.known.insert(name.to_owned());
            }
            Fate::Unknown => {}
        }
    }
    if done > 0 {
        out.push_str(text.get(done..).unwrap_or_default());
        named.rewritten = Some(out);
    }
    named
}

/// The package whose folder a path leads through, and where its name begins.
fn package_in(path: &str) -> Option<(usize, &str)> {
    const VENDOR: &str = "vendor/";
    let start = if path.starts_with(VENDOR) {
        0
    } else {
        path.find("/vendor/")? + 1
    } + VENDOR.len();
    let rest = path.get(start..)?;
    let (vendor, inner) = rest.split_once('/')?;
    let (short, _) = inner.split_once('/')?;
    rest.get(..vendor.len() + 1 + short.len())
        .map(|name| (start, name))
}

/// The packages that the tags above a patch name.
fn tags(preamble: &str) -> impl Iterator<Item = (usize, &str)> {
    preamble
        .split_inclusive('\n')
        .scan(0, |start, line| {
            let place = *start;
            *start += line.len();
            Some((place, line))
        })
        .filter_map(|(place, line)| {
            let tag = ["@package", "@target", "@depends"]
                .into_iter()
                .find_map(|tag| Some(line.find(tag)? + tag.len()))?;
            let rest = line.get(tag..)?;
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', ':']).len();
            let name = rest.get(blank..)?.split_whitespace().next()?;
            (blank > 0 && name.contains('/')).then_some((place + tag + blank, name))
        })
}

#[cfg(test)]
mod tests {
    use super::super::super::packages::tests::{locks, packages};
    use super::*;

    const PATCH: &str = "@package magento/framework\nMentions vendor/magento/framework\n--- a/vendor/magento/framework/A.php\n+++ b/vendor/magento/framework/A.php\n@@ -1 +1 @@\n-// vendor/magento/framework/A.php\n+// b\n";

    #[test]
    fn only_headers_and_tags_change_and_back_is_the_identity() {
        let (old, new) = locks();
        let there = packages(&old, &new, false);
        let named_there = named(PATCH, &PatchFile::parse(PATCH), &there);
        let text = named_there.rewritten.unwrap();
        assert_eq!(
            text,
            PATCH
                .replace("@package magento", "@package mage-os")
                .replace("a/vendor/magento", "a/vendor/mage-os")
                .replace("b/vendor/magento", "b/vendor/mage-os")
        );
        let back = packages(&old, &new, true);
        let named_back = named(&text, &PatchFile::parse(&text), &back);
        assert_eq!(named_back.rewritten.as_deref(), Some(PATCH));
    }

    #[test]
    fn packages_that_go_are_told() {
        let (old, new) = locks();
        let text = "--- vendor/magento/module-marketplace/A.php\n+++ vendor/magento/module-marketplace/A.php\n";
        let named = named(text, &PatchFile::parse(text), &packages(&old, &new, false));
        assert_eq!(named.gone.len(), 1);
        assert_eq!(named.rewritten, None);
    }
}
