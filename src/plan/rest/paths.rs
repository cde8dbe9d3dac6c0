//! Paths into `vendor/` and package names in the store's own files: configuration, pipelines, build files, documentation.
//!
//! A path is rewritten where its meaning is certain: it names a package that gets another name, in full, in a file that
//! tools read. Only its vendor changes, so the rest of the line stays as it is. Everything else is named with file and
//! line: whole vendor folders and patterns (after the switch there may be packages of both vendors), packages that go,
//! names outside of paths (most stand in commands), source code, documentation.

use super::Contribution;
use super::packages::{Fate, Packages};
use super::report::{count, finding, names, with_places};
use crate::distribution::Target;
use crate::plan::{Edit, Severity};
use crate::project::scan::{Found, Hit};
use std::collections::BTreeSet;

/// The words that paths and names begin with, for the scan of the store.
#[derive(Debug)]
pub struct Words {
    all: Vec<Word>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    /// `vendor/magento`, in one of the ways to write a separator.
    Folder {
        text: String,
        separator: &'static str,
    },
    /// `magento/`, the begin of a name.
    Vendor {
        text: String,
        separator: &'static str,
    },
    /// The whole name of a package of somebody else's that goes.
    Name(String),
}

impl Word {
    fn text(&self) -> &str {
        match self {
            Word::Folder { text, .. } | Word::Vendor { text, .. } | Word::Name(text) => text,
        }
    }
}

impl Words {
    pub fn of(packages: &Packages<'_>) -> Self {
        let (vendor, _) = packages.vendors();
        let mut all = Vec::new();
        for separator in ["/", "\\/", "\\\\", "\\"] {
            all.push(Word::Folder {
                text: format!("vendor{separator}{vendor}"),
                separator,
            });
        }
        for separator in ["/", "\\/"] {
            all.push(Word::Vendor {
                text: format!("{vendor}{separator}"),
                separator,
            });
        }
        let prefix = format!("{vendor}/");
        all.extend(
            packages
                .gone()
                .into_iter()
                .filter(|name| !name.starts_with(&prefix))
                .map(|name| Word::Name(name.to_owned())),
        );
        Self { all }
    }

    /// The words as texts, in the order that [`Hit::word`] counts.
    pub fn texts(&self) -> impl Iterator<Item = String> + '_ {
        self.all.iter().map(|word| word.text().to_owned())
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Reads what stands at a place where one of the words was found.
    fn reference(&self, text: &[u8], hit: Hit) -> Option<Reference> {
        let word = self.all.get(hit.word)?;
        let end = hit.start + word.text().len();
        let before = text.get(..hit.start)?;
        match word {
            Word::Folder {
                text: folder,
                separator,
            } => {
                if before.last().is_some_and(|&byte| is_word(byte)) {
                    return None;
                }
                let vendor = &folder[6 + separator.len()..];
                let vendor_start = end - vendor.len();
                let Some(rest) = text.get(end..)?.strip_prefix(separator.as_bytes()) else {
                    let goes_on = text.get(end).is_some_and(|&byte| is_word(byte));
                    return (!goes_on).then(|| Reference::folder(vendor, vendor_start, folder));
                };
                let short = short_name(rest);
                if short.is_empty() {
                    return Some(Reference::folder(vendor, vendor_start, folder));
                }
                let next = rest.get(short.len());
                Some(Reference {
                    vendor_start,
                    vendor_len: vendor.len(),
                    name: format!("{vendor}/{short}"),
                    kind: if next.is_none_or(|&byte| ends_a_name(byte)) {
                        Kind::Path
                    } else {
                        Kind::Pattern
                    },
                })
            }
            Word::Vendor {
                text: prefix,
                separator,
            } => {
                if before.last().is_some_and(|&byte| continues_a_name(byte)) {
                    return None;
                }
                let vendor = &prefix[..prefix.len() - separator.len()];
                let short = short_name(text.get(end..)?);
                (!short.is_empty()).then(|| Reference {
                    vendor_start: hit.start,
                    vendor_len: vendor.len(),
                    name: format!("{vendor}/{short}"),
                    kind: Kind::Name,
                })
            }
            Word::Name(name) => {
                let is_path = before.ends_with(b"vendor/");
                let goes_on = text.get(end).is_some_and(|&byte| is_word(byte))
                    || !is_path && before.last().is_some_and(|&byte| continues_a_name(byte));
                (!goes_on).then(|| Reference {
                    vendor_start: hit.start,
                    vendor_len: name.find('/').unwrap_or_default(),
                    name: name.clone(),
                    kind: if is_path { Kind::Path } else { Kind::Name },
                })
            }
        }
    }
}

/// A package, or a vendor's folder, that a text names.
#[derive(Debug, PartialEq, Eq)]
struct Reference {
    /// Where the vendor's name begins, in bytes.
    vendor_start: usize,
    vendor_len: usize,
    /// `magento/module-sales`; of a folder `vendor/magento`.
    name: String,
    kind: Kind,
}

impl Reference {
    fn folder(vendor: &str, vendor_start: usize, folder: &str) -> Self {
        Self {
            vendor_start,
            vendor_len: vendor.len(),
            name: folder.to_owned(),
            kind: Kind::Folder,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The folder of a package, or something in it.
    Path,
    /// The folder of a vendor, or something in it that is no package's full name.
    Folder,
    /// A path that goes on as a pattern or with a variable.
    Pattern,
    /// The name of a package, not in a path.
    Name,
}

/// The begin of a text that can be the part of a package's name after the vendor, without punctuation behind it.
fn short_name(text: &[u8]) -> &str {
    let length = text
        .iter()
        .take_while(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(byte)
        })
        .count();
    let name = std::str::from_utf8(text.get(..length).unwrap_or_default()).unwrap_or_default();
    let next = text.get(length);
    // `module-*` and `module-{a,b}` keep their hyphen, so that they are no package.
    if next.is_some_and(|byte| b"*{?[$(".contains(byte)) {
        name
    } else {
        name.trim_end_matches(['.', '-', '_'])
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Whether what follows is the end of something longer: part of a URL, of another path, of an npm scope.
fn continues_a_name(byte: u8) -> bool {
    is_word(byte) || b"./\\@$".contains(&byte)
}

fn ends_a_name(byte: u8) -> bool {
    !is_word(byte) && !b"*{?[$(%+".contains(&byte) && byte.is_ascii()
}

/// What a file is to its readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Read by a tool that takes paths from it.
    Configuration,
    /// Read by a bot that takes package names from it.
    Bot,
    /// Run, so that a path in it may be anything.
    Code,
    /// Read by people.
    Prose,
}

/// Endings of configuration, also below the folders with code.
const CONFIGURATION: [&str; 18] = [
    "cfg", "conf", "css", "dist", "ini", "json", "json5", "less", "mk", "neon", "sample", "sass",
    "scss", "sh", "toml", "vcl", "yaml", "yml",
];

const PROSE: [&str; 10] = [
    "adoc", "csv", "htm", "html", "log", "markdown", "md", "po", "rst", "txt",
];

/// Folders with the shop's code.
const CODE: [&str; 5] = ["app/", "lib/", "pub/", "setup/", "src/"];

impl Class {
    fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let lower = name.to_ascii_lowercase();
        let bots = ["dependabot.", "renovate.", ".renovaterc"];
        if bots.iter().any(|bot| lower.starts_with(bot)) {
            return Self::Bot;
        }
        if PROSE.contains(&ending) || ["license", "changelog", "readme"].contains(&lower.as_str()) {
            return Self::Prose;
        }
        let is_tool = CONFIGURATION.contains(&ending)
            || [
                "phpunit", "phpcs", "phpmd", "rector", "tailwind", "grunt", "gulp", "webpack",
            ]
            .iter()
            .any(|tool| lower.starts_with(tool))
            || lower.contains(".config.");
        if !is_tool && CODE.iter().any(|folder| path.starts_with(folder)) {
            return Self::Code;
        }
        Self::Configuration
    }
}

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
pub fn contribution(packages: &Packages<'_>, words: &Words, found: &[Found]) -> Contribution {
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
        let is_project = Target::from_project(&reference.name)
            .is_some_and(|target| target.distribution() != packages.target());
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
            (_, Fate::Stays) => continue,
            (_, Fate::Renamed(_) | Fate::Unknown) if from == to && !is_project => continue,
            (Kind::Name, Fate::Unknown) if !is_known => continue,
            _ if class == Class::Prose => (&mut places.prose, place(name)),
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
    let mut find = |severity, code, title, detail| {
        contribution
            .findings
            .push(finding(severity, code, title, detail));
    };
    if places.references > 0 {
        find(
            Severity::Note,
            "paths-renamed",
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
            Severity::Warning,
            "paths-without-package",
            format!(
                "The store's files name packages that go ({})",
                count(places.without_package.len(), "line")
            ),
            with_places(
                "The target does not have these packages, so the paths lead nowhere. Remove the lines, or point them at what replaces the package.",
                &places.without_package,
            ),
        );
    }
    if !places.to_check.is_empty() {
        find(
            Severity::Warning,
            "paths-to-check",
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
            Severity::Note,
            "documentation-names-core",
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
    use super::super::packages::tests::{locks, packages};
    use super::*;
    use crate::project::scan::{Where, scan};
    use proptest::prelude::*;

    /// The text of a file after a switch, there or back.
    fn switched(path: &str, text: &str, back: bool) -> String {
        let (old, new) = locks();
        let packages = packages(&old, &new, back);
        let words = Words::of(&packages);
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, text).unwrap();
        let texts: Vec<String> = words.texts().collect();
        let found = scan(folder.path(), Where::Store, &texts, &|_| false);
        let edits = contribution(&packages, &words, &found).edits;
        let after = edits.first().and_then(|edit| edit.after.clone());
        after.unwrap_or_else(|| text.to_owned())
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
