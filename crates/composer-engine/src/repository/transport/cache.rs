//! Documents that were fetched before, on disk, with what is needed to ask whether they are still good.

use crate::files::{self, create_private};
use rustc_hash::FxHasher;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::hash::Hasher;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use twox_hash::XxHash3_128;

/// Raised when a file is no longer read as it was written before.
const FORMAT: u32 = 1;

/// The cached documents of one repository. A document and its validators are one file, replaced as a whole, so that they
/// never disagree. What cannot be read or does not fit its checksum counts as not there; what cannot be written is not kept.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
}

/// What is known of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cached {
    /// The document; none when the server said that there is none.
    pub body: Option<Arc<str>>,
    pub validators: Validators,
}

/// What a server gave to ask for changes with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Validators {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
}

/// The first line of a file; the document follows.
#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    found: bool,
    length: usize,
    checksum: u64,
    #[serde(flatten)]
    validators: Validators,
}

impl Cache {
    /// The cache of the repository at `url`, which must be without credentials, in the folder for all of them.
    pub(crate) fn of_repository(cache_dir: &Path, host: &str, url: &str) -> Cache {
        Cache {
            folder: cache_dir.join("repositories").join(folder_name(host, url)),
        }
    }

    /// What was kept for `url`.
    pub(crate) fn get(&self, url: &str) -> Option<Cached> {
        let file = files::read(&self.file(url), files::DATA).ok()?;
        let (header, body) = file.split_at(memchr::memchr(b'\n', &file)?);
        let (header, body): (Header, _) = (serde_json::from_slice(header).ok()?, &body[1..]);
        if header.format != FORMAT
            || header.length != body.len()
            || header.checksum != checksum(body)
        {
            return None;
        }
        let body = if header.found {
            Some(Arc::from(std::str::from_utf8(body).ok()?))
        } else {
            None
        };
        Some(Cached {
            body,
            validators: header.validators,
        })
    }

    /// Keeps the answer for `url`.
    pub(crate) fn put(&self, url: &str, cached: &Cached) {
        // A cache that cannot be written is one that does not help, and no reason to stop.
        let _ = self.write(url, cached);
    }

    fn write(&self, url: &str, cached: &Cached) -> io::Result<()> {
        let body = cached.body.as_deref().unwrap_or_default().as_bytes();
        let header = Header {
            format: FORMAT,
            found: cached.body.is_some(),
            length: body.len(),
            checksum: checksum(body),
            validators: cached.validators.clone(),
        };
        create_private(&self.folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        serde_json::to_writer(&mut file, &header)?;
        file.write_all(b"\n")?;
        file.write_all(body)?;
        file.persist(self.file(url))?;
        Ok(())
    }

    fn file(&self, url: &str) -> PathBuf {
        self.folder.join(document_name(url))
    }
}

/// The name of the file for the document at `url`, in a folder for its repository alone. What addresses a repository gives its
/// documents is its own affair, so names that it could make equal on purpose would harm nobody else.
pub(crate) fn document_name(url: &str) -> String {
    format!("{:032x}", XxHash3_128::oneshot(url.as_bytes()))
}

/// A name for the folder of what is kept of a repository: its host, for people who look there, and a digest of the address,
/// which must be without credentials.
pub(crate) fn folder_name(host: &str, url: &str) -> String {
    let plain = |letter: char| match letter.is_ascii_alphanumeric() {
        true => letter,
        false => '-',
    };
    let host: String = host.chars().map(plain).collect();
    format!("{host}-{}", digest(url))
}

/// What stands for a text in the name of a folder, where one text must not be taken for another even on purpose: what one
/// repository says would count as said by another one.
pub(crate) fn digest(text: &str) -> String {
    Sha256::digest(text)
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

pub(crate) fn checksum(body: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(body);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn document(text: &str) -> Cached {
        let etag = Some("\"1\"".to_owned());
        Cached {
            body: Some(text.into()),
            validators: Validators {
                etag,
                last_modified: None,
            },
        }
    }

    #[test]
    fn returns_what_was_kept() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::of_repository(folder.path(), "a.org", "https://a.org");
        assert_eq!(cache.get("u"), None);
        cache.put("u", &document("{\n}"));
        let absent = Cached {
            body: None,
            validators: Validators::default(),
        };
        cache.put("v", &absent);
        assert_eq!(
            (cache.get("u"), cache.get("v")),
            (Some(document("{\n}")), Some(absent))
        );
        let other = Cache::of_repository(folder.path(), "a.org", "https://a.org/b");
        assert_eq!(other.get("u"), None);
    }

    #[test]
    fn takes_damage_for_absence() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::of_repository(folder.path(), "a.org", "https://a.org");
        cache.put("u", &document("{\"packages\": {}}"));
        let whole = fs::read(cache.file("u")).unwrap();
        for cut in 0..whole.len() {
            fs::write(cache.file("u"), &whole[..cut]).unwrap();
            assert_eq!(cache.get("u"), None);
        }
        for at in whole.len() - 5..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(cache.file("u"), &damaged).unwrap();
            assert_eq!(cache.get("u"), None);
        }
    }

    #[test]
    fn does_without_a_folder() {
        let cache = Cache::of_repository(Path::new("/dev/null"), "a.org", "https://a.org");
        cache.put("u", &document("{}"));
        assert_eq!(cache.get("u"), None);
    }
}
