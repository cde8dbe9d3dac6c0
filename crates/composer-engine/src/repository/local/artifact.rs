//! An `artifact` repository: packages in the archives of a folder.

use super::array::Packages;
use super::path::expand;
use crate::files::{self, FileError};
use crate::format::json::php_json;
use crate::format::package::Package;
use crate::format::package::loader;
use crate::repository::error::{ErrorKind, RepositoryError};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

const ROOT: &str = "composer.json";
const GIB: u64 = 1024 * 1024 * 1024;
/// What an archive may unpack to while its composer.json is looked for.
const UNPACKED: u64 = 4 * GIB;
/// How many files and folders are looked at. A folder of archives has some hundreds.
const ENTRIES: usize = 100_000;
/// How deep folders may lie in each other; links in a circle have no end.
const DEPTH: usize = 32;

/// Loads the packages of all archives below the folder `url` (`ArtifactRepository`), in the order in which the system lists
/// them. A relative `url` starts at the store; `environment` looks up variables for `~` and `$NAME` in it.
///
/// An archive without a composer.json at its top or in its only folder is passed over. One whose composer.json names no
/// package makes the whole repository unusable, as in Composer.
pub(crate) fn load(
    url: &str,
    store_dir: &Path,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Packages, RepositoryError> {
    let url = expand(url, environment);
    // As PHP names the files of a folder: one slash at its end counts for nothing.
    let folder = match url.strip_suffix('/') {
        Some(folder) if !folder.is_empty() => folder,
        _ => &url,
    };
    let mut archives = Vec::new();
    let mut left = ENTRIES;
    list(store_dir, folder, DEPTH, &mut left, &mut archives)?;
    let packages = archives
        .into_iter()
        .filter_map(|(kind, name)| {
            let path = store_dir.join(&name);
            let package = package(kind, &name, &path).map_err(|message| {
                RepositoryError::new(ErrorKind::Malformed, path.display().to_string(), message)
            });
            package.map(|package| package.map(Arc::new)).transpose()
        })
        .collect::<Result<_, _>>()?;
    Ok(Packages::new(packages))
}

/// The kinds of archives, as a lock calls them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Archive {
    Zip,
    Tar,
}

impl Archive {
    /// By the end of a name. Composer finds `.ZIP` and then refuses it, which is the error.
    fn of(name: &str) -> Result<Option<Archive>, String> {
        let Some((stem, extension)) = name.rsplit_once('.') else {
            return Ok(None);
        };
        match extension {
            _ if stem.is_empty() => Ok(None),
            "zip" => Ok(Some(Archive::Zip)),
            "tar" | "gz" | "tgz" => Ok(Some(Archive::Tar)),
            other => match other.to_ascii_lowercase().as_str() {
                "zip" | "tar" | "gz" | "tgz" => Err(format!(
                    "Composer refuses archives with capital letters in their extension (`.{other}`)"
                )),
                _ => Ok(None),
            },
        }
    }

    fn name(self) -> &'static str {
        match self {
            Archive::Zip => "zip",
            Archive::Tar => "tar",
        }
    }
}

/// Adds the archives below a folder, each with its name from the store on.
fn list(
    store_dir: &Path,
    folder: &str,
    depth: usize,
    left: &mut usize,
    archives: &mut Vec<(Archive, String)>,
) -> Result<(), RepositoryError> {
    let path = store_dir.join(folder);
    let failed =
        |kind, message: String| RepositoryError::new(kind, path.display().to_string(), message);
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => failed(ErrorKind::NotFound, "does not exist".to_owned()),
        io::ErrorKind::NotADirectory => failed(ErrorKind::NotFound, "is not a folder".to_owned()),
        _ => failed(ErrorKind::Network, format!("cannot be listed: {error}")),
    };
    if depth == 0 {
        return Err(failed(
            ErrorKind::Configuration,
            format!("lies more than {DEPTH} folders deep"),
        ));
    }
    for entry in std::fs::read_dir(&path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        *left = left.checked_sub(1).ok_or_else(|| {
            failed(
                ErrorKind::Configuration,
                format!("has more than {ENTRIES} files and folders"),
            )
        })?;
        // A lock could not name it.
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let below = format!("{folder}/{name}");
        // Links are followed; one that leads nowhere is nothing.
        let Ok(metadata) = std::fs::metadata(entry.path()) else {
            continue;
        };
        if metadata.is_dir() {
            list(store_dir, &below, depth - 1, left, archives)?;
        } else if metadata.is_file() {
            let kind = Archive::of(&name).map_err(|message| {
                RepositoryError::new(
                    ErrorKind::Malformed,
                    entry.path().display().to_string(),
                    message,
                )
            })?;
            archives.extend(kind.map(|kind| (kind, below)));
        }
    }
    Ok(())
}

/// The package in an archive; none when it is no archive, or has no composer.json where one is looked for.
fn package(kind: Archive, name: &str, path: &Path) -> Result<Option<Package>, String> {
    let said = |error: FileError| error.what.to_string();
    let mut file = files::open(path).map_err(said)?;
    let found = match kind {
        Archive::Zip => in_zip(&mut file),
        Archive::Tar => in_tar(&mut file),
    };
    let Some(text) = found? else {
        return Ok(None);
    };
    let text = String::from_utf8(text).map_err(|_| "composer.json in it is not UTF-8 text")?;
    let metadata = php_json::decode(&text)
        .map_err(|error| format!("composer.json in it is not JSON: {error}"))?;
    let Value::Object(mut metadata) = metadata else {
        return Err("composer.json in it is not a JSON object".to_owned());
    };
    let sum = sha1(&mut file).map_err(|error| format!("cannot be read: {error}"))?;
    let url = name.replace('\\', "/");
    let dist = json!({"type": kind.name(), "url": url, "shasum": sum});
    metadata.insert("dist".to_owned(), dist);
    let package = loader::load(Arc::new(metadata.into())).map_err(|error| error.to_string())?;
    Ok(Some(package))
}

fn sha1(file: &mut File) -> io::Result<String> {
    file.seek(SeekFrom::Start(0))?;
    let mut hash = Sha1::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            length => hash.update(&buffer[..length]),
        }
    }
    Ok(hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

/// The composer.json in a zip archive (`Zip::getComposerJson`): at the top, or in the folder that is the only thing there.
fn in_zip(file: &mut File) -> Result<Option<Vec<u8>>, String> {
    let Ok(mut archive) = zip::ZipArchive::new(BufReader::new(&mut *file)) else {
        return Ok(None);
    };
    let start = archive.central_directory_start();
    let index = match archive.index_for_name(ROOT) {
        Some(index) => index,
        None => {
            let below = only_folder(archive.file_names());
            let below = below.map(|folder| format!("{folder}{ROOT}"));
            match below.and_then(|name| archive.index_for_name(&name)) {
                Some(index) => index,
                None => return Ok(None),
            }
        }
    };
    let entry = archive
        .by_index(index)
        .map_err(|error| format!("composer.json in it cannot be read: {error}"))?;
    let name = entry.name_raw().to_owned();
    let text = whole(entry)?;
    drop(archive);
    // Of two files of one name each reader takes another one.
    match count_of(file, start, &name) {
        Ok(0 | 1) => Ok(Some(text)),
        Ok(_) => Err("has more than one composer.json of the same name".to_owned()),
        Err(error) => Err(format!("cannot be read: {error}")),
    }
}

/// How many entries of a zip archive have a name, by its directory of files, which starts at `start`.
fn count_of(file: &mut File, start: u64, name: &[u8]) -> io::Result<usize> {
    const ENTRY: [u8; 4] = *b"PK\x01\x02";
    file.seek(SeekFrom::Start(start))?;
    let mut directory = BufReader::new(file);
    let mut count = 0;
    let mut head = [0; 46];
    while directory.read_exact(&mut head).is_ok() && head.starts_with(&ENTRY) {
        let length = |at: usize| u64::from(u16::from_le_bytes([head[at], head[at + 1]]));
        let mut this = vec![0; usize::from(u16::from_le_bytes([head[28], head[29]]))];
        directory.read_exact(&mut this)?;
        count += usize::from(this == name);
        let rest = length(30) + length(32);
        io::copy(&mut directory.by_ref().take(rest), &mut io::sink())?;
    }
    Ok(count)
}

/// What a zip archive has at its top, when that is one thing. A file counts, too: nothing is found behind its name.
fn only_folder<'a>(names: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut tops = BTreeSet::new();
    for name in names.filter(|name| !name.contains("__MACOSX")) {
        match name.trim_end_matches('/').rsplit_once('/') {
            None => tops.insert(name.to_owned()),
            Some((folder, _)) if !folder.contains(['/', '\\']) => tops.insert(format!("{folder}/")),
            Some(_) => false,
        };
        if tops.len() > 1 {
            return None;
        }
    }
    tops.pop_first()
}

/// The composer.json in a tar archive, compressed or not (`Tar::getComposerJson`): at the top, or in the only folder there.
fn in_tar(file: &mut File) -> Result<Option<Vec<u8>>, String> {
    let mut magic = [0; 2];
    let is_compressed = file.read_exact(&mut magic).is_ok() && magic == [0x1f, 0x8b];
    if file.seek(SeekFrom::Start(0)).is_err() {
        return Ok(None);
    }
    let file = BufReader::new(file);
    let unpacked: Box<dyn Read> = if is_compressed {
        Box::new(GzDecoder::new(file))
    } else {
        Box::new(file)
    };
    let mut archive = tar::Archive::new(unpacked.take(UNPACKED));
    let Ok(entries) = archive.entries() else {
        return Ok(None);
    };
    let mut folders = BTreeSet::new();
    let mut below = None;
    for (entry, count) in entries.zip(0..) {
        if count == ENTRIES {
            return Err(format!("has more than {ENTRIES} files"));
        }
        // Damage, and the end of what is unpacked at most: Composer cannot read such an archive.
        let Ok(entry) = entry else {
            return Ok(None);
        };
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        // PHP finds nothing in an archive of `.`.
        if name.starts_with("./") {
            return Ok(None);
        }
        let is_file = entry.header().entry_type().is_file();
        if is_file && name == ROOT {
            return whole(entry).map(Some);
        }
        if let Some((folder, rest)) = name.split_once('/') {
            folders.insert(folder.to_owned());
            if is_file && rest == ROOT {
                below = Some(whole(entry)?);
            }
        } else if entry.header().entry_type().is_dir() {
            folders.insert(name);
        }
    }
    Ok(below.filter(|_| folders.len() == 1))
}

/// A composer.json as it comes out of an archive, up to the size of one.
fn whole(from: impl Read) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    from.take(files::CONFIGURATION + 1)
        .read_to_end(&mut text)
        .map_err(|error| format!("composer.json in it cannot be read: {error}"))?;
    if text.len() as u64 > files::CONFIGURATION {
        return Err("composer.json in it is larger than any real one".to_owned());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folder_of_a_zip() {
        let only = |names: &[&str]| only_folder(names.iter().copied());
        assert_eq!(only(&["a/", "a/x", "a/b/c"]).as_deref(), Some("a/"));
        assert_eq!(only(&["a/x", "__MACOSX/a"]).as_deref(), Some("a/"));
        assert_eq!(only(&["a/x", "b/x"]), None);
        assert_eq!(only(&["a/", "readme.md"]), None);
        assert_eq!(only(&["a/b/c"]), None);
    }

    #[test]
    fn archives_by_their_names() {
        assert_eq!(Archive::of("a-1.0.tar.gz"), Ok(Some(Archive::Tar)));
        assert_eq!(Archive::of("a.zip"), Ok(Some(Archive::Zip)));
        assert_eq!(Archive::of(".zip"), Ok(None));
        assert_eq!(Archive::of("a.phar"), Ok(None));
        assert!(Archive::of("a.Zip").is_err());
    }
}
