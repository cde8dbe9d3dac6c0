//! What was found in a document, kept on disk, so that its text need not be walked again.
//!
//! A digest is believed only when it fits the very text that it was made from, so one that is missing, old, damaged or of
//! another document costs time and never changes an answer. One that another user has written is not read: its owner could
//! make us choose other versions than the repository offers.

use super::differences::{Change, Differences};
use super::document::{Content, Identity};
use super::intern;
use crate::files;
use crate::files::create_private;
use crate::format::package::BranchAlias;
use crate::format::version::Version;
use crate::repository::transport::cache::{checksum, digest, document_name};
use rustc_hash::FxHashMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use twox_hash::XxHash3_128;

/// What a file begins with.
const MAGIC: &[u8; 8] = b"composer";

/// Raised when a file is no longer read as it was written before.
const FORMAT: u64 = 1;

/// A number that changes with the rules by which documents are read, so that no digest outlives the ones it was made by.
const RULES: u64 = rules(&[
    include_bytes!("differences.rs"),
    include_bytes!("document.rs"),
    include_bytes!("intern.rs"),
    include_bytes!("scan.rs"),
    include_bytes!("../../format/package/loader.rs"),
    include_bytes!("../../format/version/stability.rs"),
    include_bytes!("../../format/version/mod.rs"),
    include_bytes!("../../format/version/scan.rs"),
]);

/// Texts that are shorter are walked as fast as a file is opened.
const WORTHWHILE: usize = 4 * 1024;

/// Stands for nothing where a number is expected.
const NONE: u32 = u32::MAX;

#[allow(
    long_running_const_eval,
    reason = "it is as long as the files and ends with them"
)]
const fn rules(files: &[&[u8]]) -> u64 {
    // FNV-1a.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut file = 0;
    while file < files.len() {
        let mut at = 0;
        while at < files[file].len() {
            hash = (hash ^ files[file][at] as u64).wrapping_mul(0x100_0000_01b3);
            at += 1;
        }
        file += 1;
    }
    hash
}

/// The digests of one repository.
#[derive(Debug)]
pub(crate) struct Digests {
    folder: PathBuf,
}

impl Digests {
    /// Those of the repository at `place`, an address without credentials or a folder, in the folder for all caches.
    pub(crate) fn of_repository(cache_dir: &Path, place: &str) -> Digests {
        Digests {
            folder: cache_dir.join("digests").join(digest(place)),
        }
    }

    /// What is in the document at `url`, whose text is at hand, about `name`: from its digest, else by `read`, of which a
    /// digest is kept.
    pub(crate) fn content<E>(
        &self,
        url: &str,
        text: &str,
        name: &str,
        read: impl FnOnce() -> Result<Option<Content>, E>,
    ) -> Result<Option<Content>, E> {
        if text.len() < WORTHWHILE {
            return read();
        }
        let file = self.folder.join(document_name(url));
        let head = head(text, name);
        if let Some(content) = known(&file, &head) {
            return Ok(Some(content));
        }
        let content = read()?;
        if let Some(content) = &content {
            // What cannot be kept is found again the next time.
            let _ = self.write(&file, &head, content);
        }
        Ok(content)
    }

    fn write(&self, path: &Path, head: &[u8], content: &Content) -> io::Result<()> {
        let body = encode(content);
        create_private(&self.folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(head)?;
        file.write_all(&checksum(&body).to_le_bytes())?;
        file.write_all(&(body.len() as u64).to_le_bytes())?;
        file.write_all(&body)?;
        file.persist(path)?;
        Ok(())
    }
}

/// What a digest of this text begins with: by what rules it was made, and from what.
fn head(text: &str, name: &str) -> Vec<u8> {
    let mut head = MAGIC.to_vec();
    head.extend(FORMAT.to_le_bytes());
    head.extend(RULES.to_le_bytes());
    head.extend((text.len() as u64).to_le_bytes());
    head.extend(XxHash3_128::oneshot(text.as_bytes()).to_le_bytes());
    head.extend(XxHash3_128::oneshot(name.as_bytes()).to_le_bytes());
    head
}

/// What a file holds that was made for this head.
fn known(path: &Path, head: &[u8]) -> Option<Content> {
    let file = files::open(path).ok().filter(is_ours)?;
    let mut bytes = Vec::new();
    files::read_open(file, path, files::DATA, &mut bytes).ok()?;
    let mut input = Input(bytes.strip_prefix(head)?);
    let (sum, length) = (input.u64()?, input.u64()?);
    if length != input.0.len() as u64 || sum != checksum(input.0) {
        return None;
    }
    decode(input)
}

/// Whether a file is of the user who asks.
#[cfg(unix)]
fn is_ours(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    let ours = rustix::process::geteuid().as_raw();
    file.metadata().is_ok_and(|file| file.uid() == ours)
}

/// Elsewhere the folder for caches is the user's alone.
#[cfg(not(unix))]
fn is_ours(_file: &File) -> bool {
    true
}

fn encode(content: &Content) -> Vec<u8> {
    let (text, keys, changes, ends) = content.versions.parts();
    let mut out = Output(Vec::with_capacity(text.len() + 12 * changes.len() + 64));
    out.text(text);
    out.list(keys, |out, key| out.text(key));
    out.list(changes, |out, change| {
        let (key, value) = change.parts();
        let (start, end) = value.unwrap_or((NONE, NONE));
        [u32::from(key), start, end]
            .into_iter()
            .for_each(|number| out.u32(number));
    });
    out.list(ends, |out, &end| out.u32(end));
    let mut texts: Vec<&str> = Vec::new();
    let mut places: FxHashMap<&str, u32> = FxHashMap::default();
    let mut place = |text| {
        *places.entry(text).or_insert_with(|| {
            texts.push(text);
            texts.len() as u32 - 1
        })
    };
    let records: Vec<[u32; 4]> = content
        .records
        .iter()
        .map(|record| {
            let alias = record.branch_alias.as_ref().map(|alias| {
                let version = place(alias.version.as_str());
                (version, place(&*alias.pretty_version))
            });
            let (version, shown) = alias.unwrap_or((NONE, NONE));
            [
                record.index as u32,
                place(record.version.as_str()),
                version,
                shown,
            ]
        })
        .collect();
    out.list(&texts, |out, text| out.text(text));
    out.list(&records, |out, record| {
        record.iter().for_each(|&number| out.u32(number))
    });
    for notice in [&content.advisories, &content.filter] {
        out.list(notice.as_slice(), |out, text| out.text(text));
    }
    out.0
}

fn decode(mut input: Input<'_>) -> Option<Content> {
    let text = input.text()?;
    let keys: Vec<Arc<str>> = input.list(|input| Some(intern::text(input.text()?)))?;
    let changes: Option<Vec<Change>> = input
        .numbers()?
        .map(|[key, start, end]| {
            let value = (start != NONE).then_some((start, end));
            Some(Change::new(u16::try_from(key).ok()?, value))
        })
        .collect();
    let changes = changes?;
    let ends: Vec<u32> = input.numbers()?.map(|[end]| end).collect();
    let texts = input.list(Input::text)?;
    let text_at = |place: u32| texts.get(place as usize).copied();
    let records = input.list(|input| {
        let [index, version, alias, shown] =
            [input.u32()?, input.u32()?, input.u32()?, input.u32()?];
        let branch_alias = match alias {
            NONE => None,
            alias => Some(BranchAlias {
                version: normalized(text_at(alias)?),
                pretty_version: intern::text(text_at(shown)?),
            }),
        };
        let is_there = (index as usize) < ends.len();
        is_there.then_some(Identity {
            index: index as usize,
            version: normalized(text_at(version)?),
            branch_alias,
        })
    })?;
    let mut notice = || -> Option<Option<String>> {
        let texts = input.list(Input::text)?;
        Some(texts.first().map(|&text| text.to_owned()))
    };
    let (advisories, filter) = (notice()?, notice()?);
    Some(Content {
        versions: Differences::from_parts(text, keys, changes, ends)?,
        records,
        advisories,
        filter,
    })
}

fn normalized(text: &str) -> Version {
    intern::normalized(text)
}

/// Numbers, little end first, and texts and lists with their lengths before them.
struct Output(Vec<u8>);

impl Output {
    /// No list is longer than its document, which is smaller than 4 GiB.
    fn u32(&mut self, number: u32) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.u32(text.len() as u32);
        self.0.extend_from_slice(text.as_bytes());
    }

    fn list<T>(&mut self, list: &[T], mut put: impl FnMut(&mut Self, &T)) {
        self.u32(list.len() as u32);
        list.iter().for_each(|item| put(self, item));
    }
}

/// What is left to be read.
struct Input<'b>(&'b [u8]);

impl<'b> Input<'b> {
    fn bytes(&mut self, count: usize) -> Option<&'b [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.bytes(4)?.try_into().ok()?))
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.bytes(8)?.try_into().ok()?))
    }

    fn text(&mut self) -> Option<&'b str> {
        let length = self.u32()? as usize;
        std::str::from_utf8(self.bytes(length)?).ok()
    }

    /// A list of so many numbers each.
    fn numbers<const N: usize>(&mut self) -> Option<impl Iterator<Item = [u32; N]> + use<'b, N>> {
        let count = self.u32()? as usize;
        let bytes = self.bytes(count.checked_mul(4 * N)?)?;
        Some(bytes.chunks_exact(4 * N).map(|item| {
            let mut numbers = [0; N];
            for (number, bytes) in numbers.iter_mut().zip(item.chunks_exact(4)) {
                // Four bytes each: the chunk has no others.
                *number = bytes.try_into().map_or(0, u32::from_le_bytes);
            }
            numbers
        }))
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.u32()? as usize;
        // Every item takes four bytes at least.
        let mut list = Vec::with_capacity(count.min(self.0.len() / 4));
        for _ in 0..count {
            list.push(item(self)?);
        }
        Some(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::metadata::document;
    use std::cell::Cell;
    use std::fs;

    /// A document of some size: every version differs from the one before in some way.
    fn document(versions: usize, word: &str) -> String {
        let versions: Vec<_> = (0..versions)
            .map(|number| {
                serde_json::json!({
                    "name": "acme/a",
                    "version": if number == 0 { "dev-main".to_owned() } else { format!("1.{number}.0") },
                    "description": format!("{word} {}", number / 3),
                    "require": {"acme/b": format!("^1.{}", number / 2)},
                    "extra": {"branch-alias": {"dev-main": "1.x-dev"}},
                })
            })
            .collect();
        let document = serde_json::json!({
            "packages": {"acme/a": versions},
            "security-advisories": [{"advisoryId": "1", "affectedVersions": "<1.5"}],
        });
        document.to_string()
    }

    /// All that a content says.
    fn shown(content: Content) -> String {
        let versions = document::versions(&"acme/a".into(), content);
        let packages = versions.records.iter().map(|record| {
            let package = record.package();
            let links = package
                .requires
                .iter()
                .map(|link| link.constraint.to_string());
            format!(
                "{:?} {:?} {:?} {}\n",
                record.version().as_str(),
                record.branch_alias(),
                links.collect::<Vec<_>>(),
                package.metadata.to_value()
            )
        });
        packages.collect::<String>() + &format!("{:?}", versions.notices)
    }

    struct Case {
        folder: tempfile::TempDir,
        digests: Digests,
        walks: Cell<usize>,
    }

    impl Case {
        fn new() -> Case {
            let folder = tempfile::tempdir().unwrap();
            Case {
                digests: Digests::of_repository(folder.path(), "https://acme.test"),
                folder,
                walks: Cell::new(0),
            }
        }

        /// What is read of a document, and whether it was walked for that.
        fn read(&self, url: &str, text: &str) -> (String, bool) {
            let before = self.walks.get();
            let walk = || {
                self.walks.set(self.walks.get() + 1);
                document::content(text, "acme/a")
            };
            let content = self.digests.content(url, text, "acme/a", walk);
            let content = content.ok().flatten().expect("a document");
            (shown(content), self.walks.get() > before)
        }

        fn file(&self, url: &str) -> PathBuf {
            self.digests.folder.join(document_name(url))
        }
    }

    fn plain(text: &str) -> String {
        shown(document::content(text, "acme/a").ok().flatten().unwrap())
    }

    #[test]
    fn a_document_is_walked_once() {
        let (case, text) = (Case::new(), document(200, "thing"));
        assert_eq!(case.read("u", &text), (plain(&text), true));
        assert_eq!(case.read("u", &text), (plain(&text), false));
        // Another one at the same address takes the place of the first.
        let other = document(201, "thing");
        assert_eq!(case.read("u", &other), (plain(&other), true));
        assert_eq!(case.read("u", &other), (plain(&other), false));
        assert_eq!(case.read("u", &text), (plain(&text), true));
        // A short one is not worth it.
        let short = document(9, "thing");
        assert!(short.len() < WORTHWHILE);
        assert_eq!(case.read("v", &short), (plain(&short), true));
        assert!(!case.file("v").exists());
        drop(case.folder);
    }

    #[test]
    fn a_damaged_digest_costs_time_and_no_answer() {
        let (case, text) = (Case::new(), document(200, "thing"));
        let right = plain(&text);
        case.read("u", &text);
        let whole = fs::read(case.file("u")).unwrap();
        let cuts = (0..whole.len()).step_by(whole.len() / 40 + 1);
        for cut in cuts.chain([whole.len() - 1]) {
            fs::write(case.file("u"), &whole[..cut]).unwrap();
            assert_eq!(case.read("u", &text), (right.clone(), true), "{cut}");
        }
        for at in (0..whole.len()).step_by(whole.len() / 60 + 1) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            fs::write(case.file("u"), &damaged).unwrap();
            assert_eq!(case.read("u", &text), (right.clone(), true), "{at}");
        }
        for odd in [&b""[..], b"{}", &whole.repeat(2)] {
            fs::write(case.file("u"), odd).unwrap();
            assert_eq!(case.read("u", &text), (right.clone(), true));
        }
        fs::remove_file(case.file("u")).unwrap();
        fs::create_dir(case.file("u")).unwrap();
        assert_eq!(case.read("u", &text), (right.clone(), true));
        assert_eq!(case.read("u", &text), (right, true));
    }

    #[test]
    fn digests_that_change_places_are_not_believed() {
        let case = Case::new();
        // Of the same length, as a new release may leave a document.
        let texts = [document(200, "thing"), document(200, "think")];
        assert_eq!(texts[0].len(), texts[1].len());
        for (url, text) in ["u", "v"].iter().zip(&texts) {
            case.read(url, text);
        }
        let [a, b] = ["u", "v"].map(|url| fs::read(case.file(url)).unwrap());
        fs::write(case.file("u"), b).unwrap();
        fs::write(case.file("v"), a).unwrap();
        for (url, text) in ["u", "v"].iter().zip(&texts) {
            assert_eq!(case.read(url, text), (plain(text), true));
        }
    }

    #[test]
    fn what_is_written_on_purpose_is_checked_as_well() {
        // A right checksum, and places outside of the text.
        let (case, text) = (Case::new(), document(200, "thing"));
        case.read("u", &text);
        let whole = fs::read(case.file("u")).unwrap();
        let start = head(&text, "acme/a").len() + 16;
        let body = &whole[start..];
        let texts = u32::from_le_bytes(body[..4].try_into().unwrap()) as usize;
        for at in (4 + texts..body.len()).step_by(97) {
            let mut forged = body.to_vec();
            forged[at] = 0xff;
            let mut file = whole[..start - 16].to_vec();
            file.extend(checksum(&forged).to_le_bytes());
            file.extend((forged.len() as u64).to_le_bytes());
            file.extend(forged);
            fs::write(case.file("u"), file).unwrap();
            // Nothing but a panic would be wrong here.
            case.read("u", &text);
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_digest_of_another_user_is_not_read() {
        let (case, text) = (Case::new(), document(200, "thing"));
        case.read("u", &text);
        if std::os::unix::fs::chown(case.file("u"), Some(12345), None).is_err() {
            eprintln!("skipped: only root can give a file away");
            return;
        }
        assert_eq!(case.read("u", &text), (plain(&text), true));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_look_into_digests() {
        use std::os::unix::fs::PermissionsExt;
        let (case, text) = (Case::new(), document(200, "thing"));
        case.read("u", &text);
        for (place, mode) in [
            (case.digests.folder.clone(), 0o700),
            (case.file("u"), 0o600),
        ] {
            assert_eq!(
                fs::metadata(place).unwrap().permissions().mode() & 0o777,
                mode
            );
        }
    }
}
