//! Paths into `vendor/` and package names in the store's own files: configuration, pipelines, build files, documentation.
//!
//! A path is rewritten where its meaning is certain: it names a package that gets another name, in full, in a file that
//! tools read. Only its vendor changes, so the rest of the line stays as it is. Everything else is named with file and
//! line: whole vendor folders and patterns (after the switch there may be packages of both vendors), packages that go,
//! names outside of paths (most stand in commands), source code, documentation.

mod class;
mod mentions;

use crate::distribution::{Direction, Target};
use crate::plan::{Code, Edit, Finding};
use crate::planner::store::Contribution;
use crate::planner::store::packages::{Fate, Packages};
use crate::planner::store::places::{count, names, with_places};
use crate::project::scan::Found;
use class::Class;
pub(crate) use mentions::Words;
use mentions::{Kind, Reference};
use std::collections::BTreeSet;

/// Places by what is said about them, each as `file:line: …`.
#[derive(Default)]
struct Places {
    rewritten: Vec<String>,
    references: usize,
    without_package: Vec<String>,
    to_check: Vec<String>,
    prose: Vec<String>,
}

/// Judges what the scan found.
pub(crate) fn contribution(
    packages: &Packages<'_>,
    words: &Words,
    found: &[Found],
) -> Contribution {
    let mut places = Places::default();
    let mut contribution = Contribution::default();
    for file in found {
        contribution
            .edits
            .extend(judge(packages, words, file, &mut places));
    }
    report(packages, &places, &mut contribution);
    contribution
}

fn judge(
    packages: &Packages<'_>,
    words: &Words,
    file: &Found,
    places: &mut Places,
) -> Option<Edit> {
    let class = Class::of(&file.path);
    let (from, to) = packages.vendors();
    let references = file
        .hits
        .iter()
        .filter_map(|&hit| words.reference(&file.bytes, hit));
    let mut rewrites = Vec::new();
    let mut said = BTreeSet::new();
    for reference in references {
        let fate = packages.fate(&reference.name);
        let is_project = Target::from_project(&reference.name).is_some_and(|project| {
            !Direction::new(project, packages.direction().target).stays_in_distribution()
        });
        let is_known = is_project || packages.counterpart(&reference.name).is_some();
        let certain = match (class, reference.kind) {
            (Class::Configuration | Class::Bot, Kind::Path) | (Class::Bot, Kind::Name) => {
                file.text().is_some() && !is_in_url(&file.bytes, reference.vendor_start)
            }
            _ => false,
        };
        if certain && matches!(fate, Fate::Renamed(_)) {
            rewrites.push(reference);
            continue;
        }
        let line = file.line(reference.vendor_start);
        let place = |what: &str| format!("{}:{line}: {what}", file.path);
        let name = &reference.name;
        let (list, what) = match (reference.kind, fate) {
            (Kind::Path | Kind::Folder | Kind::Pattern | Kind::Name, Fate::Stays) => continue,
            (
                Kind::Path | Kind::Folder | Kind::Pattern | Kind::Name,
                Fate::Renamed(_) | Fate::Unknown,
            ) if from == to && !is_project => continue,
            (Kind::Name, Fate::Unknown) if !is_known => continue,
            _ if class == Class::Prose => (&mut places.prose, place(name)),
            (Kind::Program, _) => (
                &mut places.without_package,
                place(&format!("a program of {name}")),
            ),
            (_, Fate::Goes) => (&mut places.without_package, place(name)),
            (Kind::Folder, _) => (&mut places.to_check, place(&format!("the folder {name}"))),
            (Kind::Pattern, _) => (&mut places.to_check, place(&format!("a pattern, {name}…"))),
            (Kind::Path, Fate::Unknown) => (
                &mut places.to_check,
                place(&format!("{name}, which is not in composer.lock")),
            ),
            (_, Fate::Renamed(_) | Fate::Unknown) => (&mut places.to_check, place(name)),
        };
        if said.insert(what.clone()) {
            list.push(what);
        }
    }
    if rewrites.is_empty() {
        return None;
    }
    places.references += rewrites.len();
    places.rewritten.push(file.path.clone());
    Some(Edit::new(
        &file.path,
        Some(&file.bytes),
        Some(&rewritten(file.text()?, &rewrites, to)),
    ))
}

/// The text with another vendor at each of the places, which are in order.
fn rewritten(text: &str, references: &[Reference], vendor: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut done = 0;
    for reference in references {
        out.push_str(text.get(done..reference.vendor_start).unwrap_or_default());
        out.push_str(vendor);
        done = reference.vendor_start + reference.vendor_len;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

/// Whether a place is in a URL: the word around it has `://`.
fn is_in_url(text: &[u8], place: usize) -> bool {
    let before = text.get(..place).unwrap_or_default();
    let begin = before
        .iter()
        .rposition(|byte| byte.is_ascii_whitespace() || b"\"'`<>(".contains(byte))
        .map_or(0, |place| place + 1);
    memchr::memmem::find(before.get(begin..).unwrap_or_default(), b"://").is_some()
}

fn report(packages: &Packages<'_>, places: &Places, contribution: &mut Contribution) {
    let (from, to) = packages.vendors();
    let mut find = |code, title, detail| {
        contribution
            .findings
            .push(Finding::new(code, title, detail));
    };
    if places.references > 0 {
        find(
            Code::PathsRenamed,
            format!(
                "New package names for {} in {}",
                count(places.references, "path"),
                count(places.rewritten.len(), "file")
            ),
            format!(
                "vendor/{from}/… becomes vendor/{to}/… where the package gets that name: {}.",
                names(&places.rewritten)
            ),
        );
    }
    if !places.without_package.is_empty() {
        find(
            Code::PathsWithoutPackage,
            format!(
                "The store's files name packages that go ({})",
                count(places.without_package.len(), "line")
            ),
            with_places(
                "The target does not have these packages, so the paths lead nowhere and the programs are not there. Remove the lines, or point them at what replaces the package.",
                &places.without_package,
            ),
        );
    }
    if !places.to_check.is_empty() {
        find(
            Code::PathsToCheck,
            format!(
                "The store's files name core packages in ways that only you can judge ({})",
                count(places.to_check.len(), "line")
            ),
            with_places(
                &format!(
                    "Core is installed below vendor/{to} after the switch, and Composer knows it by these names. Nothing was changed where a whole folder, a pattern, source code or a command is meant."
                ),
                &places.to_check,
            ),
        );
    }
    if !places.prose.is_empty() {
        find(
            Code::DocumentationNamesCore,
            format!(
                "Documentation names core packages ({})",
                count(places.prose.len(), "line")
            ),
            with_places("Documentation is left as it is.", &places.prose),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::store::packages::tests::{locks, packages};
    use crate::project::scan::Where;
    use crate::project::store_files::{MapFiles, StoreFiles};
    use proptest::prelude::*;

    /// The text of a file after a switch, there or back.
    fn switched(path: &str, text: &str, back: bool) -> String {
        let (old, new) = locks();
        let packages = packages(&old, &new, back);
        let words = Words::of(&packages);
        let store = MapFiles::of([(path, text)]);
        let texts: Vec<String> = words.texts().collect();
        let found = store.scan(Where::Store, &texts, &|_| false);
        let edits = contribution(&packages, &words, &found).edits;
        let after = edits.first().and_then(|edit| edit.after.clone());
        after.unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn programs_of_packages_that_go_are_named() {
        let (mut old, new) = locks();
        old["packages-dev"][0]["bin"] = serde_json::json!(["bin/mcs"]);
        let packages = packages(&old, &new, false);
        let words = Words::of(&packages);
        let text = "lint:\n\t./vendor/bin/mcs app\n\tvendor/bin/mcs-2\n";
        let store = MapFiles::of([("Makefile", text)]);
        let texts: Vec<String> = words.texts().collect();
        let found = store.scan(Where::Store, &texts, &|_| false);
        let findings = contribution(&packages, &words, &found).findings;
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0].code(), Code::PathsWithoutPackage);
        let place = "\n- Makefile:2: a program of magento/magento-coding-standard";
        assert!(findings[0].detail.ends_with(place), "{findings:?}");
    }

    #[test]
    fn only_full_names_in_paths_change() {
        for (before, after) in [
            ("vendor/magento/framework", "vendor/mage-os/framework"),
            (
                "../vendor/magento/module-sales/etc",
                "../vendor/mage-os/module-sales/etc",
            ),
            (
                "'%root%/vendor/magento/framework:'",
                "'%root%/vendor/mage-os/framework:'",
            ),
            (
                "vendor\\magento\\framework\\x",
                "vendor\\mage-os\\framework\\x",
            ),
            (
                "see vendor/magento/framework.",
                "see vendor/mage-os/framework.",
            ),
        ] {
            assert_eq!(switched("a.yml", before, false), after);
            assert_eq!(switched("a.yml", after, true), before);
        }
        for text in [
            "vendor/magento/module-*/x",
            "vendor/magento/module-{sales,x}",
            "vendor/magento/framework$SUFFIX",
            "vendor/magento/module-sales-rule/x",
            "vendor/magento/framework_x",
            "vendor/magentoese/framework",
            "my-vendor/magento/framework",
            "https://github.com/acme/x/blob/vendor/magento/framework/a",
            "vendor/magento",
            "magento/framework",
            "vendor/magento/module-marketplace/x",
        ] {
            assert_eq!(switched("a.yml", text, false), text);
        }
        let path = "vendor/magento/framework/x";
        assert_eq!(switched("docs/a.md", path, false), path);
        assert_eq!(switched("app/code/A/B/c.php", path, false), path);
        assert_ne!(switched("dev/rector.php", path, false), path);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn there_and_back_is_the_identity(
            pieces in prop::collection::vec(prop_oneof![
                Just("vendor/magento/framework".to_owned()),
                Just("vendor/magento/module-sales/etc/di.xml".to_owned()),
                Just("vendor\\/magento\\/module-tomorrow\\/x".to_owned()),
                Just("vendor/magento/module-*".to_owned()),
                Just("magento/framework".to_owned()),
                Just("\r\n".to_owned()),
                "[ -~\u{e9}\n]{0,6}",
            ], 0..20),
        ) {
            let text = pieces.concat();
            for path in ["a.yml", "renovate.json"] {
                prop_assert_eq!(switched(path, &switched(path, &text, false), true), text.as_str());
            }
        }
    }
}
