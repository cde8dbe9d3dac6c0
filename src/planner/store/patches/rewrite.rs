//! The packages that a patch names, and the same patch with the names that they get.

use crate::planner::store::packages::{Fate, Packages};
use crate::planner::store::patches::searched::{Tags, is_any, split_name};
use crate::project::patch_file::PatchFile;
use std::collections::BTreeSet;

/// What a patch says about packages.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// Packages that stay or get another name, by the name that the patch has.
    pub known: BTreeSet<String>,
    /// Packages that the target does not have.
    pub gone: BTreeSet<String>,
    /// The text with the new names; none when nothing changes.
    pub rewritten: Option<String>,
}

/// Reads the paths below `vendor` in the headers of a patch, and the tags of vaimo/composer-patches above the first
/// header: `@package` with its other spellings, and `@depends` where any version will do, as a constraint is about the
/// numbering of the package that it names. The paths of a bundle begin with the package. The lines of the code itself are
/// never touched.
pub(super) fn named(
    text: &str,
    patch: &PatchFile<'_>,
    packages: &Packages<'_>,
    is_bundle: bool,
) -> Named {
    let mut named = Named::default();
    let mut places: Vec<(usize, &str)> = patch
        .paths
        .iter()
        .filter_map(|header| {
            let (offset, name) =
                package_in(header.path).or_else(|| bundled(header.path).filter(|_| is_bundle))?;
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

/// The package that a path of a bundle begins with, and where.
fn bundled(path: &str) -> Option<(usize, &str)> {
    let start = if path.starts_with("a/") || path.starts_with("b/") {
        2
    } else {
        0
    };
    let rest = path.get(start..)?;
    let mut slashes = rest.match_indices('/').map(|(place, _)| place);
    let end = slashes.nth(1)?;
    Some((start, rest.get(..end)?))
}

/// The packages that the tags above a patch name.
fn tags(preamble: &str) -> impl Iterator<Item = (usize, &str)> {
    let known = Tags::read(preamble);
    let version = known.get("version");
    // Without a package of its own the version is that of what the patch depends on.
    let has_any_version = version.is_none_or(is_any);
    // Without a tag for the package that the patch is for, it is the first that others name.
    let stand_in = match (known.get("package"), version) {
        (Some(_), _) => None,
        (None, Some(version)) if version.contains(':') => Some(VERSIONS.as_slice()),
        (None, _) => Some(["@depends"].as_slice()),
    };
    preamble
        .split_inclusive('\n')
        .scan(0, |start, line| {
            let place = *start;
            *start += line.len();
            Some((place, line))
        })
        .filter_map(move |(place, line)| {
            let all = PACKAGES.iter().chain(&VERSIONS).chain(&["@depends"]);
            let (tag, end) = all
                .into_iter()
                .find_map(|tag| Some((*tag, line.find(tag)? + tag.len())))?;
            let rest = line.get(end..)?;
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', ':']).len();
            // `!` before a name: the patch is for who does not have the package.
            let blank = blank + usize::from(rest.get(blank..)?.starts_with('!'));
            let (name, constraint) = split_name(rest.get(blank..)?.trim_end());
            let follows = PACKAGES.contains(&tag)
                || stand_in.is_some_and(|tags| tags.contains(&tag))
                || tag == "@depends" && is_any(constraint) && has_any_version;
            let is_name = name.contains('/') && !name.contains(char::is_whitespace);
            (blank > 0 && is_name && follows).then_some((place + end + blank, name))
        })
}

/// The tags for the package that a patch is for; the longer before what begins like them.
const PACKAGES: [&str; 4] = ["@package", "@targets", "@target", "@module"];
/// The tags for versions, which may name a package before a colon.
const VERSIONS: [&str; 2] = ["@version", "@constraint"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::store::packages::tests::{locks, packages};

    const PATCH: &str = "@package magento/framework\nMentions vendor/magento/framework\n--- a/vendor/magento/framework/A.php\n+++ b/vendor/magento/framework/A.php\n@@ -1 +1 @@\n-// vendor/magento/framework/A.php\n+// b\n";

    #[test]
    fn only_headers_and_tags_change_and_back_is_the_identity() {
        let (old, new) = locks();
        let there = packages(&old, &new, false);
        let named_there = named(PATCH, &PatchFile::parse(PATCH), &there, false);
        let text = named_there.rewritten.unwrap();
        assert_eq!(
            text,
            PATCH
                .replace("@package magento", "@package mage-os")
                .replace("a/vendor/magento", "a/vendor/mage-os")
                .replace("b/vendor/magento", "b/vendor/mage-os")
        );
        let back = packages(&old, &new, true);
        let named_back = named(&text, &PatchFile::parse(&text), &back, false);
        assert_eq!(named_back.rewritten.as_deref(), Some(PATCH));
    }

    #[test]
    fn conditions_keep_the_name_that_their_version_is_of() {
        let (old, new) = locks();
        let there = packages(&old, &new, false);
        let rewritten = |text: &str, is_bundle| {
            named(text, &PatchFile::parse(text), &there, is_bundle).rewritten
        };
        let header = "--- a/A.php\n+++ b/A.php\n";
        let kept = format!("@package acme/blog\n@depends magento/framework:^103\n{header}");
        assert_eq!(rewritten(&kept, false), None);
        let kept =
            format!("@package acme/blog\n@depends magento/framework\n@version ^103\n{header}");
        assert_eq!(rewritten(&kept, false), None);
        let moved = format!(
            "@module magento/framework:^103\n@depends magento/framework\n@version *\n{header}"
        );
        assert_eq!(
            rewritten(&moved, false),
            Some(moved.replace("magento/", "mage-os/"))
        );
        let bundle =
            "--- magento/framework/A.php\n+++ magento/framework/A.php\n@@ -1 +1 @@\n-a\n+b\n";
        assert_eq!(rewritten(bundle, false), None);
        assert_eq!(
            rewritten(bundle, true),
            Some(bundle.replace("magento/", "mage-os/"))
        );
    }

    #[test]
    fn packages_that_go_are_told() {
        let (old, new) = locks();
        let text = "--- vendor/magento/module-marketplace/A.php\n+++ vendor/magento/module-marketplace/A.php\n";
        let named = named(
            text,
            &PatchFile::parse(text),
            &packages(&old, &new, false),
            false,
        );
        assert_eq!(named.gone.len(), 1);
        assert_eq!(named.rewritten, None);
    }
}
