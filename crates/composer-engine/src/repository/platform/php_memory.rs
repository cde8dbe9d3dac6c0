//! What a PHP said of itself, remembered from run to run, so that it need not be started again: that takes longer than most of
//! what a command does.
//!
//! It is believed only while nothing has changed that the answer came from: the program, every library and extension that it
//! had loaded, its ini files, the folders that it looks for them in, and the variables that name others. All that PHP says
//! itself, where the system tells a process what it has loaded; where it does not, and where `php` is a script that starts
//! another one, nothing is remembered. So a memory that is wrong, damaged or somebody else's costs time, never an answer.

use crate::files;
use crate::files::create_private;
use crate::repository::transport::cache::checksum;
use serde::{Deserialize, Serialize};
use std::fs::Metadata;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Raised when a file is no longer read as it was written before.
const FORMAT: u32 = 1;

/// The variables that tell PHP where its ini files are.
const VARIABLES: [&str; 2] = ["PHPRC", "PHP_INI_SCAN_DIR"];

/// How a program begins that is no script.
const PROGRAMS: [[u8; 4]; 1] = [*b"\x7fELF"];

/// The memory in a cache folder.
pub(crate) struct Memory {
    file: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Remembered {
    format: u32,
    /// Of all that follows.
    checksum: u64,
    program: PathBuf,
    variables: Vec<Option<String>>,
    files: Vec<(PathBuf, Option<State>)>,
    said: String,
}

/// What changes when somebody changes a file or folder.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    length: u64,
    /// Nanoseconds.
    modified: u128,
    inode: u64,
}

impl State {
    fn of(path: &Path) -> Option<State> {
        let metadata = std::fs::metadata(path).ok()?;
        let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(State {
            length: metadata.len(),
            modified: modified.as_nanos(),
            inode: inode(&metadata),
        })
    }
}

impl Remembered {
    fn sum(&self) -> u64 {
        let all = (&self.program, &self.variables, &self.files, &self.said);
        checksum(serde_json::to_string(&all).unwrap_or_default().as_bytes())
    }
}

impl Memory {
    /// That in a cache folder.
    pub(crate) fn in_folder(cache_dir: &Path) -> Memory {
        Memory {
            file: cache_dir.join("php.json"),
        }
    }

    /// What the `php` on the PATH said, when it would say the same now.
    pub(crate) fn recall(&self) -> Option<String> {
        let metadata = std::fs::symlink_metadata(&self.file).ok()?;
        if !is_own(&metadata) {
            return None;
        }
        let text = files::text(&self.file, files::CONFIGURATION).ok()?;
        let known: Remembered = serde_json::from_str(&text).ok()?;
        let is_same = known.format == FORMAT
            && known.checksum == known.sum()
            && known.program == program()?
            && known.variables == variables()
            && known
                .files
                .iter()
                .all(|(path, state)| State::of(path) == *state);
        is_same.then_some(known.said)
    }

    /// Remembers what it said. `loaded` are the files that it has loaded, `looked_in` the files and folders that it has read
    /// or would have.
    pub(crate) fn note(&self, said: &str, loaded: &[&str], looked_in: &[&str]) {
        let Some(program) = program() else { return };
        // Another program may have been started in its place.
        if !loaded.iter().any(|file| Path::new(file) == program) {
            return;
        }
        let files = loaded.iter().chain(looked_in).map(PathBuf::from);
        let mut remembered = Remembered {
            format: FORMAT,
            checksum: 0,
            program,
            variables: variables(),
            files: files.map(|path| (path.clone(), State::of(&path))).collect(),
            said: said.to_owned(),
        };
        remembered.checksum = remembered.sum();
        // What was loaded and is gone by now is not what a new start would load.
        let is_whole = remembered.files[..loaded.len()]
            .iter()
            .all(|(_, state)| state.is_some());
        if is_whole {
            // What cannot be written is not remembered, which is no reason to stop.
            let _ = self.write(&remembered);
        }
    }

    fn write(&self, remembered: &Remembered) -> std::io::Result<()> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        create_private(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&serde_json::to_vec(remembered)?)?;
        file.persist(&self.file)?;
        Ok(())
    }
}

fn variables() -> Vec<Option<String>> {
    VARIABLES.map(|name| std::env::var(name).ok()).into()
}

/// The program that `php` starts; none when it is a script, or when nothing is found.
fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).map(|folder| folder.join("php"));
    let program = found
        .filter(|program| std::fs::metadata(program).is_ok_and(|found| is_executable(&found)))
        .find_map(|program| program.canonicalize().ok())?;
    let mut begin = [0; 4];
    files::open(&program).ok()?.read_exact(&mut begin).ok()?;
    PROGRAMS.contains(&begin).then_some(program)
}

#[cfg(unix)]
fn is_executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(metadata: &Metadata) -> bool {
    metadata.is_file()
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_metadata: &Metadata) -> u64 {
    0
}

/// Whether a file was written by who runs this, and nobody else can have.
#[cfg(unix)]
fn is_own(metadata: &Metadata) -> bool {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    metadata.is_file()
        && metadata.uid() == rustix::process::geteuid().as_raw()
        && metadata.permissions().mode() & 0o022 == 0
}

/// Nothing tells whose a file is.
#[cfg(not(unix))]
fn is_own(_metadata: &Metadata) -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::fs;

    /// A memory of a `php` that is there, with a file that it depends on; none without a PHP.
    fn noted(folder: &Path) -> Option<(Memory, PathBuf)> {
        let Some(program) = program() else {
            eprintln!("skipped: no php here that is a program");
            return None;
        };
        let ini = folder.join("php.ini");
        fs::write(&ini, "a=1").unwrap();
        let memory = Memory::in_folder(&folder.join("cache"));
        memory.note(
            "php 8.2.7\n",
            &[program.to_str()?],
            &[ini.to_str()?, "/nowhere/at/all.ini"],
        );
        Some((memory, ini))
    }

    #[test]
    fn is_believed_until_something_changes() {
        let folder = tempfile::tempdir().unwrap();
        let Some((memory, ini)) = noted(folder.path()) else {
            return;
        };
        assert_eq!(memory.recall().as_deref(), Some("php 8.2.7\n"));
        fs::write(&ini, "a=12").unwrap();
        assert_eq!(memory.recall(), None);
    }

    #[test]
    fn another_program_is_not_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::in_folder(folder.path());
        memory.note("php 8.2.7\n", &["/bin/sh"], &[]);
        assert_eq!(memory.recall(), None);
    }

    #[test]
    fn what_is_damaged_or_open_to_others_is_not_believed() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let Some((memory, _)) = noted(folder.path()) else {
            return;
        };
        let whole = fs::read(&memory.file).unwrap();
        for cut in (0..whole.len()).step_by(7) {
            fs::write(&memory.file, &whole[..cut]).unwrap();
            assert_eq!(memory.recall(), None);
        }
        let text = String::from_utf8(whole.clone()).unwrap();
        fs::write(&memory.file, text.replace("8.2.7", "8.2.8")).unwrap();
        assert_eq!(memory.recall(), None);
        fs::write(&memory.file, &whole).unwrap();
        assert!(memory.recall().is_some());
        fs::set_permissions(&memory.file, fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(memory.recall(), None);
    }
}
