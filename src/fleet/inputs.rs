//! What a result is made from, as one hash: the same inputs give the same result, so who has the hash need not look again.

use crate::project::root_files::RootFiles;
use crate::project::scan::own_files;
use composer_engine::files;
use sha2::{Digest, Sha256};
use std::path::Path;

/// Files that count although no walk through the store's own files finds them: they may be ignored by git, or lie in vendor.
const OFTEN_IGNORED: [&str; 6] = [
    "auth.json",
    "app/etc/config.php",
    "app/etc/env.php",
    ".env",
    "vendor/composer/installed.json",
    "vendor/composer/installed.php",
];

/// Larger files are data; that one was changed is told by its length and time.
const LARGEST: u64 = 2 * 1024 * 1024;

/// A hash of things that follow each other, in which no two lists of things are alike.
#[derive(Clone, Default)]
pub(crate) struct Fingerprint(Sha256);

impl Fingerprint {
    /// Adds a thing.
    pub(crate) fn add(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let bytes = bytes.as_ref();
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// The hash, in hex.
    pub(crate) fn hex(self) -> String {
        let digest = self.0.finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A hash of all files of the store in a folder that a plan may depend on: root and lock, everything that is the store's own,
/// and what tells which packages are installed. What Composer unpacked is told by that.
pub(crate) fn of_store(folder: &Path) -> String {
    let mut print = Fingerprint::default();
    let named = RootFiles::of(folder).unwrap_or_default();
    let always = OFTEN_IGNORED
        .iter()
        .copied()
        .chain([named.root.as_str(), named.lock.as_str()]);
    for path in always {
        if let Ok(bytes) = files::read(&folder.join(path), files::DATA) {
            print.add(path).add(Sha256::digest(bytes));
        }
    }
    let mut buffer = Vec::new();
    for (path, place) in own_files(folder) {
        if named.contain(&path) {
            continue;
        }
        print.add(&path);
        match files::read_into(&place, LARGEST, &mut buffer) {
            Ok(()) => print.add(Sha256::digest(&buffer)),
            Err(_) => print.add(outside(&place)),
        };
    }
    print.hex()
}

/// What tells that a file was changed which is not read.
fn outside(place: &Path) -> String {
    let metadata = std::fs::metadata(place).ok();
    let changed = metadata
        .as_ref()
        .and_then(|metadata| metadata.modified().ok());
    format!("{:?} {changed:?}", metadata.map(|metadata| metadata.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn it_changes_with_what_a_plan_depends_on_and_with_nothing_else() {
        let store = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = store.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("composer.json", "{}");
        write(".gitignore", "/app/etc/env.php\n/ignored\n");
        let mut last = of_store(store.path());
        for (path, counts) in [
            ("composer.json", true),
            ("composer.lock", true),
            ("auth.json", true),
            ("app/etc/env.php", true),
            ("app/code/Acme/Slider/Block.php", true),
            ("patches/a.patch", true),
            ("vendor/composer/installed.json", true),
            ("ignored", false),
            ("var/log/system.log", false),
            (".mageshift/journal/1", false),
            ("vendor/acme/slider/Block.php", false),
        ] {
            write(path, "something");
            let now = of_store(store.path());
            assert_eq!(now != last, counts, "{path}");
            assert_eq!(now, of_store(store.path()));
            last = now;
        }
    }

    #[test]
    fn where_one_thing_ends_and_another_begins_counts() {
        let hex = |things: &[&str]| {
            let mut print = Fingerprint::default();
            for thing in things {
                print.add(thing);
            }
            print.hex()
        };
        assert_ne!(hex(&["ab", "c"]), hex(&["a", "bc"]));
        assert_ne!(hex(&["ab"]), hex(&["ab", ""]));
    }
}
