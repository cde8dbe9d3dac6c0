//! Whether this program was put where it is by install.sh, which alone may replace it.

use composer_engine::files;
use std::path::{Path, PathBuf};

/// What install.sh laid below a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Installation {
    /// The folder with `bin` and `share`.
    pub(crate) prefix: PathBuf,
    /// The script that installed it, and installs the next release.
    pub(crate) script: PathBuf,
}

/// The installation that this very program belongs to; none for one that came another way.
pub(crate) fn own() -> Option<Installation> {
    of(&std::env::current_exe().ok()?.canonicalize().ok()?)
}

/// The installation of the program at `program`: the receipt below the same prefix must list it.
fn of(program: &Path) -> Option<Installation> {
    let prefix = program.parent()?.parent()?;
    let below = program.strip_prefix(prefix).ok()?.to_str()?;
    let own = prefix.join("share/mageshift");
    let receipt = files::text(&own.join("receipt"), files::CONFIGURATION).ok()?;
    let lists = |file: &str| {
        let line = format!("file={file}");
        receipt.lines().any(|listed| listed == line)
    };
    (lists(below) && lists("share/mageshift/install.sh")).then(|| Installation {
        prefix: prefix.to_owned(),
        script: own.join("install.sh"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_receipt_must_list_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("bin/mageshift");
        let own = folder.path().join("share/mageshift");
        fs::create_dir_all(&own).unwrap();
        assert_eq!(of(&program), None);
        fs::write(own.join("receipt"), "version=1.2.3\nfile=bin/other\n").unwrap();
        assert_eq!(of(&program), None);
        let receipt = "version=1.2.3\nfile=bin/mageshift\nfile=share/mageshift/install.sh\n";
        fs::write(own.join("receipt"), receipt).unwrap();
        let found = of(&program).unwrap();
        assert_eq!(found.prefix, folder.path());
        assert_eq!(found.script, own.join("install.sh"));
    }
}
