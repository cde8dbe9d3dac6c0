//! What will stop the writing, or be lost by it, told while there is still only a plan.

use super::disk::extended::{self, Fate};
use super::error::ApplyError;
use super::own::FOLDER;
use super::place;
use crate::plan::sentence::{and, count};
use crate::plan::{Code, Edit, Finding, Plan};
use composer_engine::files;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What about the store's files and folders speaks against writing a plan, or is not kept when its files are replaced. Nothing
/// when there is no such folder yet.
pub fn findings(store: &Path, plan: &Plan) -> Vec<Finding> {
    let Ok(store) = store.canonicalize() else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let mut seen = Seen::default();
    for edit in plan.edits.iter().filter(|edit| edit.changes_file()) {
        match place::resolve(&store, &edit.path) {
            Ok(place) => seen.look(&store, edit, &place),
            Err(ApplyError::UnsafePath { path, reason }) => findings.push(Finding::new(
                Code::FileNotWritable,
                format!("{path} cannot be written"),
                format!(
                    "The plan would change it, but {reason}. Put the file itself in its place, or let the command work in the folder where the file is."
                ),
            )
            .in_file(path.clone())),
            // What cannot even be looked at is told by whoever reads it.
            Err(_) => {}
        }
    }
    if plan.changes_files() {
        let own = store.join(FOLDER);
        seen.look_at_folder(&store, if own.is_dir() { &own } else { &store });
    }
    findings.extend(seen.findings());
    findings
}

/// Files and folders, by what is the matter with them.
#[derive(Default)]
struct Seen {
    closed: BTreeSet<String>,
    linked: Vec<String>,
    attributes: Vec<String>,
    access_lists: Vec<String>,
    owned: Vec<String>,
}

impl Seen {
    fn look(&mut self, store: &Path, edit: &Edit, place: &Path) {
        let folder = place.ancestors().skip(1).find(|folder| folder.is_dir());
        if let Some(folder) = folder {
            self.look_at_folder(store, folder);
        }
        #[cfg(unix)]
        self.look_at_owner_and_links(edit, place);
        self.look_at_attributes(edit, place);
    }

    fn look_at_folder(&mut self, store: &Path, folder: &Path) {
        if !is_open(folder) {
            let relative = folder.strip_prefix(store).unwrap_or(folder);
            let shown = match relative == Path::new("") {
                true => store.to_path_buf(),
                false => PathBuf::from(relative),
            };
            self.closed.insert(shown.display().to_string());
        }
    }

    #[cfg(unix)]
    fn look_at_owner_and_links(&mut self, edit: &Edit, place: &Path) {
        use std::os::unix::fs::MetadataExt;
        let Ok(metadata) = std::fs::symlink_metadata(place) else {
            return;
        };
        if metadata.nlink() > 1 {
            self.linked.push(edit.path.clone());
        }
        let user = rustix::process::geteuid();
        if !user.is_root() && metadata.uid() != user.as_raw() {
            self.owned.push(edit.path.clone());
        }
    }

    /// What is not there has none.
    fn look_at_attributes(&mut self, edit: &Edit, place: &Path) {
        let file = files::open(place).ok();
        for name in file.iter().flat_map(extended::names) {
            match extended::fate(&name) {
                Fate::AccessListLost => self.access_lists.push(edit.path.clone()),
                Fate::Lost => self.attributes.push(edit.path.clone()),
                Fate::Kept | Fate::OfTheBytes => {}
            }
        }
        self.attributes.dedup();
        self.access_lists.dedup();
    }

    fn findings(self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let closed: Vec<String> = self.closed.into_iter().collect();
        if !closed.is_empty() {
            findings.push(Finding::new(
                Code::FolderReadOnly,
                format!("{} cannot be written to", count(closed.len(), "folder")),
                format!(
                    "{}: you may not create files there, so applying this plan would stop before anything is changed. Run the command as the owner of the store, or let the folder be written to.",
                    and(&closed)
                ),
            ));
        }
        for (code, files, title, detail) in [
            (
                Code::OwnerNotKept,
                self.owned,
                "would get another owner",
                "A file that is replaced belongs to who replaces it, unless that is root. Run the command as the owner of the store, or set the owner again afterwards.",
            ),
            (
                Code::AccessListNotKept,
                self.access_lists,
                "would lose their access control list",
                "It is of a kind that cannot be copied. Set the list again afterwards (`nfs4_getfacl` shows it).",
            ),
            (
                Code::HardLinkNotKept,
                self.linked,
                "would no longer be the file that other names lead to",
                "There is a hard link. The new file takes the place of this name only; the others keep the old content.",
            ),
            (
                Code::AttributesNotKept,
                self.attributes,
                "would lose extended attributes",
                "Those that the system or root keeps for itself are not copied. Set them again afterwards (`getfattr -d -m -` shows them).",
            ),
        ] {
            if !files.is_empty() {
                let verb_object = title;
                findings.push(Finding::new(
                    code,
                    format!("{} {verb_object}", count(files.len(), "file")),
                    format!("{}: {detail}", and(&files)),
                ));
            }
        }
        findings
    }
}

#[cfg(unix)]
fn is_open(folder: &Path) -> bool {
    use rustix::fs::{Access, access};
    access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
fn is_open(folder: &Path) -> bool {
    std::fs::metadata(folder).is_ok_and(|folder| !folder.permissions().readonly())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::plan::{Severity, Side};
    use std::fs;

    fn plan(paths: &[&str]) -> Plan {
        let side = Side {
            distribution: "magento".to_owned(),
            edition: "community".to_owned(),
            release: None,
            upstream: None,
        };
        Plan {
            edits: paths
                .iter()
                .map(|path| Edit::new(path, Some(b"old"), Some("new")))
                .collect(),
            ..Plan::between(side.clone(), side)
        }
    }

    #[test]
    fn what_would_stop_or_be_lost_is_told() {
        let outer = tempfile::tempdir().unwrap();
        let store = outer.path().join("store");
        fs::create_dir(&store).unwrap();
        for name in ["plain.json", "linked.json"] {
            fs::write(store.join(name), "old").unwrap();
        }
        fs::write(outer.path().join("away.json"), "old").unwrap();
        fs::hard_link(store.join("linked.json"), outer.path().join("other.json")).unwrap();
        std::os::unix::fs::symlink("../away.json", store.join("away.json")).unwrap();
        let said = |paths: &[&str]| -> Vec<(Code, Severity)> {
            findings(&store, &plan(paths))
                .into_iter()
                .map(|finding| (finding.code(), finding.severity()))
                .collect()
        };
        assert_eq!(said(&["plain.json", "new/new.json"]), []);
        assert_eq!(
            said(&["plain.json", "linked.json", "away.json"]),
            [
                (Code::FileNotWritable, Severity::Blocker),
                (Code::HardLinkNotKept, Severity::Note)
            ]
        );
        assert!(findings(&outer.path().join("none"), &plan(&["a"])).is_empty());
    }

    /// The codes of what is said of a plan that changes these files.
    fn codes(store: &Path, paths: &[&str]) -> Vec<String> {
        let findings = findings(store, &plan(paths)).into_iter();
        findings.map(|finding| finding.code().to_string()).collect()
    }

    /// A store in a temporary folder with one file, and that it keeps extended attributes.
    #[cfg(target_os = "linux")]
    fn with_attribute(name: &str, value: &[u8]) -> Option<tempfile::TempDir> {
        let store = tempfile::tempdir().unwrap();
        let file = store.path().join("composer.json");
        fs::write(&file, "old").unwrap();
        let flags = rustix::fs::XattrFlags::empty();
        rustix::fs::setxattr(&file, name, value, flags).ok()?;
        Some(store)
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn attributes_that_go_are_told_and_those_that_stay_are_not() {
        for (name, codes_of_it) in [
            ("user.acme", &[][..]),
            ("trusted.acme", &["attributes-not-kept"]),
        ] {
            let Some(store) = with_attribute(name, b"1") else {
                eprintln!("skipped: {name} cannot be set here");
                continue;
            };
            assert_eq!(codes(store.path(), &["composer.json"]), codes_of_it);
        }
    }

    /// Runs this file's test of that name as another user; false where this one is not root.
    fn as_nobody(test: &str, store: &Path) -> bool {
        use std::os::unix::process::CommandExt;
        if !rustix::process::geteuid().is_root() {
            return false;
        }
        // The test program may lie where only root may go.
        let program = store.join("test-program");
        fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        let mut child = std::process::Command::new(program);
        child.args(["--exact", test]).env("FORESEE_STORE", store);
        child.current_dir("/").uid(65534).gid(65534);
        let ended = child.output().unwrap();
        assert!(
            ended.status.success(),
            "{}",
            String::from_utf8_lossy(&ended.stdout)
        );
        true
    }

    #[test]
    fn a_folder_that_is_closed_and_an_owner_that_goes_are_told() {
        use std::os::unix::fs::PermissionsExt;
        const NAME: &str =
            "apply::foresee::tests::a_folder_that_is_closed_and_an_owner_that_goes_are_told";
        if let Some(store) = std::env::var_os("FORESEE_STORE") {
            // The folder of the store is closed for this user, who does not own the file, either.
            let said = codes(Path::new(&store), &["composer.json"]);
            assert_eq!(said, ["folder-read-only", "owner-not-kept"]);
            return;
        }
        let store = tempfile::tempdir().unwrap();
        let path = store.path();
        fs::write(path.join("composer.json"), "old").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        if !as_nobody(NAME, path) {
            // The owner may close it for himself.
            fs::set_permissions(path, fs::Permissions::from_mode(0o555)).unwrap();
            assert_eq!(codes(path, &["composer.json"]), ["folder-read-only"]);
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        assert_eq!(codes(path, &["composer.json"]), Vec::<String>::new());
    }
}
