//! The words that give away a path or a package name, and what stands around them.

use crate::planner::store::packages::Packages;
use crate::planner::store::programs;
use crate::project::scan::Hit;

/// The words that paths and names begin with, for the scan of the store.
#[derive(Debug)]
pub(crate) struct Words {
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
    /// A program in Composer's `bin`, and the package that brings it and goes.
    Program { text: String, package: String },
}

impl Word {
    fn text(&self) -> &str {
        match self {
            Word::Folder { text, .. }
            | Word::Vendor { text, .. }
            | Word::Name(text)
            | Word::Program { text, .. } => text,
        }
    }
}

impl Words {
    /// The words for the vendor of the source, and for packages of others that go.
    pub(crate) fn of(packages: &Packages<'_>) -> Self {
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
        let programs = programs::gone(packages).into_iter();
        all.extend(programs.map(|(program, package)| Word::Program {
            text: format!("vendor/bin/{program}"),
            package: package.to_owned(),
        }));
        Self { all }
    }

    /// The words as texts, in the order that [`Hit::word`] counts.
    pub(crate) fn texts(&self) -> impl Iterator<Item = String> + '_ {
        self.all.iter().map(|word| word.text().to_owned())
    }

    /// Reads what stands at a place where one of the words was found.
    pub(crate) fn reference(&self, text: &[u8], hit: Hit) -> Option<Reference> {
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
            Word::Program { package, .. } => {
                let goes_on = text
                    .get(end)
                    .is_some_and(|&byte| is_word(byte) || byte == b'.');
                (!goes_on).then(|| Reference {
                    vendor_start: hit.start,
                    vendor_len: 0,
                    name: package.clone(),
                    kind: Kind::Program,
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
pub(crate) struct Reference {
    /// Where the vendor's name begins, in bytes.
    pub vendor_start: usize,
    /// The length of that name, in bytes.
    pub vendor_len: usize,
    /// `magento/module-sales`; of a folder `vendor/magento`.
    pub name: String,
    /// In which way it is named.
    pub kind: Kind,
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

/// How a package is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The folder of a package, or something in it.
    Path,
    /// The folder of a vendor, or something in it that is no package's full name.
    Folder,
    /// A path that goes on as a pattern or with a variable.
    Pattern,
    /// The name of a package, not in a path.
    Name,
    /// A program of a package that goes.
    Program,
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
