//! The few ways in which files are changed, each durable when it returns, in directories that are open, so that no link leads
//! elsewhere.

mod descend;
#[cfg(unix)]
mod dir;
#[cfg(not(unix))]
#[path = "dir_elsewhere.rs"]
mod dir;
pub(super) mod extended;
mod kind;

pub(crate) use dir::Dir;
pub(super) use kind::Kind;

use crate::apply::error::{ApplyError, failed};
use composer_engine::files;
use extended::Extended;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};

/// The bits of a mode that give a program its owner's rights, or its group's, and the sticky bit.
const SPECIAL_BITS: u32 = 0o7000;

/// A file's mode and owner. Empty on systems that have none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Attributes {
    /// Permission bits; none leaves them to the umask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<u32>,
    /// User and group id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<(u32, u32)>,
}

impl Attributes {
    /// Those that the system tells of a file: permission bits with the special ones, and the ids of its owner.
    #[cfg(unix)]
    pub(super) fn of(metadata: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            mode: Some(metadata.mode() & 0o7777),
            owner: Some((metadata.uid(), metadata.gid())),
        }
    }

    /// None of them: only Unix has them.
    #[cfg(not(unix))]
    pub(super) fn of(_metadata: &fs::Metadata) -> Self {
        Self::default()
    }

    /// The same owner, readable and writable by nobody else.
    pub(super) fn private(self) -> Self {
        Self {
            mode: Some(0o600),
            ..self
        }
    }

    /// The same, but private when everybody may read or write it.
    pub(super) fn for_some(self) -> Self {
        match self.mode {
            Some(mode) if mode & 0o007 != 0 => self.private(),
            _ => self,
        }
    }

    /// The same owner, the mode left to the umask.
    pub(super) fn default_mode(self) -> Self {
        Self { mode: None, ..self }
    }

    /// The user that it belongs to.
    pub(super) fn user(self) -> Option<u32> {
        self.owner.map(|(user, _)| user)
    }

    /// Whether the group or everybody can write to it.
    pub(super) fn is_writable_for_others(self) -> bool {
        self.mode.is_some_and(|mode| mode & 0o022 != 0)
    }

    /// Attributes for a test.
    #[cfg(test)]
    pub(super) fn new(mode: u32, owner: (u32, u32)) -> Self {
        Self {
            mode: Some(mode),
            owner: Some(owner),
        }
    }

    /// What of these attributes, which a journal names, may be given to a file: who can write a journal must not get a
    /// program with another's rights out of it. `now` are those of the file in its place, `store` those of the store.
    pub(super) fn restorable(self, now: Option<Self>, store: Self) -> Self {
        let own = now.unwrap_or_default();
        let allowed = !SPECIAL_BITS | own.mode.unwrap_or_default();
        Self {
            mode: self.mode.map(|mode| mode & allowed & 0o7777),
            owner: self
                .owner
                .filter(|_| self.owner == own.owner || self.owner == store.owner)
                .or(own.owner)
                .or(store.owner),
        }
    }

    /// Gives the attributes to an open file or directory, and these extended ones; whether it has all of those then. An
    /// owner that may not be set is left as it is.
    #[cfg(unix)]
    pub(super) fn set(self, file: &File, like: &Extended) -> io::Result<bool> {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
        if let Some((user, group)) = self.owner {
            let now = file.metadata()?;
            if (now.uid(), now.gid()) != (user, group) {
                // Only root may give a file away; a member of the group may at least keep that.
                let refused = |error: io::Error| match error.kind() {
                    io::ErrorKind::PermissionDenied => Ok(()),
                    _ => Err(error),
                };
                fchown(file, Some(user), Some(group))
                    .or_else(|_| fchown(file, None, Some(group)))
                    .or_else(refused)?;
            }
        }
        // Before the mode, whose bits for the group are the most that an access list gives anybody.
        let has_all = like.set(file)?;
        // After the owner: changing it may clear bits of the mode.
        if let Some(mode) = self.mode {
            file.set_permissions(fs::Permissions::from_mode(mode))?;
        }
        Ok(has_all)
    }

    /// Gives the extended attributes alone: there is no mode and no owner to set.
    #[cfg(not(unix))]
    pub(super) fn set(self, file: &File, like: &Extended) -> io::Result<bool> {
        like.set(file)
    }

    /// Gives a directory that was just made its owner.
    fn set_owner(self, parent: &Dir, name: &OsStr) -> io::Result<()> {
        #[cfg(unix)]
        self.default_mode()
            .set(parent.child(name)?.as_file(), &Extended::default())?;
        #[cfg(not(unix))]
        let _ = (parent, name);
        Ok(())
    }
}

/// The name of the change that gives a file another name, in this directory or in another one, to which not every file can go.
fn name_of_move(dir: &Dir, there: &Dir) -> &'static str {
    match std::ptr::eq(dir, there) {
        true => "renamed",
        false => "moved",
    }
}

/// Changes files. Each change has a name (`"renamed"`); `hinder` is asked before it, and `watch` is told after it: that is
/// where tests let a change fail, or cut a run off.
pub(crate) struct Disk<'a> {
    /// Told of each change after it was made, by the change's name.
    pub(crate) watch: &'a dyn Fn(&'static str),
    /// Asked before each change, by the same name; its error is the change's, which is then not made.
    pub(crate) hinder: &'a dyn Fn(&'static str) -> io::Result<()>,
}

impl Disk<'_> {
    /// A disk on which nothing but the system itself lets a change fail.
    pub(crate) const PLAIN: Disk<'static> = Disk {
        watch: &|_| {},
        hinder: &|_| Ok(()),
    };

    /// Makes a change of this name.
    fn change<T>(
        &self,
        name: &'static str,
        change: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        (self.hinder)(name)?;
        let done = change()?;
        (self.watch)(name);
        Ok(done)
    }

    /// Creates a file with these bytes, which must not exist, and makes its content durable (its name is once the
    /// directory is [synced](Self::sync_directory)).
    pub(super) fn create(
        &self,
        dir: &Dir,
        name: &OsStr,
        bytes: &[u8],
        attributes: Attributes,
    ) -> Result<(), ApplyError> {
        self.create_like(dir, name, bytes, attributes, &Extended::default())
            .map(drop)
    }

    /// The same, with these extended attributes; whether it got all of them.
    pub(super) fn create_like(
        &self,
        dir: &Dir,
        name: &OsStr,
        bytes: &[u8],
        attributes: Attributes,
        like: &Extended,
    ) -> Result<bool, ApplyError> {
        let path = dir.path(name);
        // Nobody else may read the bytes in the moment before the mode is set.
        let mode = if attributes.mode.is_some() {
            0o600
        } else {
            0o666
        };
        let mut file = self
            .change("created", || dir.create(name, mode))
            .map_err(failed("create", &path))?;
        let (head, tail) = bytes.split_at(bytes.len() / 2);
        self.change("written in part", || file.write_all(head))
            .and_then(|()| self.change("written", || file.write_all(tail)))
            .map_err(failed("write", &path))?;
        let has_all = self
            .change("attributes set", || attributes.set(&file, like))
            .map_err(failed("set the mode of", &path))?;
        self.change("synced", || file.sync_all())
            .map_err(failed("write", &path))?;
        Ok(has_all)
    }

    /// Puts `from` in the place of `to`, in one step.
    pub(super) fn rename(&self, dir: &Dir, from: &OsStr, to: &OsStr) -> Result<(), ApplyError> {
        self.rename_into(dir, from, dir, to)
    }

    /// Puts `from` in the place of `to` in another directory, in one step.
    pub(super) fn rename_into(
        &self,
        dir: &Dir,
        from: &OsStr,
        other: &Dir,
        to: &OsStr,
    ) -> Result<(), ApplyError> {
        self.replace(dir, from, other, to)
            .map_err(failed("replace", &other.path(to)))
    }

    /// Puts a file in the place of another, whatever that is.
    pub(super) fn replace(
        &self,
        dir: &Dir,
        from: &OsStr,
        other: &Dir,
        to: &OsStr,
    ) -> io::Result<()> {
        self.change(name_of_move(dir, other), || dir.rename(from, other, to))
    }

    /// Gives two files each other's place, in one step; whether that can be done here.
    pub(super) fn exchange(
        &self,
        dir: &Dir,
        one: &OsStr,
        there: &Dir,
        other: &OsStr,
    ) -> io::Result<bool> {
        self.change_if_possible(name_of_move(dir, there), || dir.exchange(one, there, other))
    }

    /// Renames a file to a name that is free, in one step; whether that can be done here.
    pub(super) fn rename_to_free(
        &self,
        dir: &Dir,
        from: &OsStr,
        there: &Dir,
        to: &OsStr,
    ) -> io::Result<bool> {
        self.change_if_possible(name_of_move(dir, there), || {
            dir.rename_to_free(from, there, to)
        })
    }

    /// Makes a change that not every system can make; whether it was made.
    fn change_if_possible(
        &self,
        name: &'static str,
        change: impl FnOnce() -> io::Result<bool>,
    ) -> io::Result<bool> {
        (self.hinder)(name)?;
        let is_made = change()?;
        if is_made {
            (self.watch)(name);
        }
        Ok(is_made)
    }

    /// Removes a file; one that is gone already is fine.
    pub(super) fn remove(&self, dir: &Dir, name: &OsStr) -> Result<(), ApplyError> {
        self.unlink(dir, name)
            .map_err(failed("remove", &dir.path(name)))
    }

    /// The same, with the system's own error.
    pub(super) fn unlink(&self, dir: &Dir, name: &OsStr) -> io::Result<()> {
        match self.change("removed", || dir.remove(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Creates a directory that only its owner can enter; an existing one is left as it is.
    pub(super) fn create_directory(
        &self,
        dir: &Dir,
        name: &OsStr,
        owner: Attributes,
    ) -> Result<(), ApplyError> {
        self.make(dir, name, 0o700, owner)
    }

    /// Creates a directory for files of the store, its mode left to the umask; an existing one is left as it is.
    pub(super) fn create_open_directory(
        &self,
        dir: &Dir,
        name: &OsStr,
        owner: Attributes,
    ) -> Result<(), ApplyError> {
        self.make(dir, name, 0o777, owner)
    }

    fn make(
        &self,
        dir: &Dir,
        name: &OsStr,
        mode: u32,
        owner: Attributes,
    ) -> Result<(), ApplyError> {
        let path = dir.path(name);
        match self.change("directory created", || dir.make(name, mode)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
            made => made.map_err(failed("create", &path))?,
        }
        self.change("owner set", || owner.set_owner(dir, name))
            .map_err(failed("set the owner of", &path))
    }

    /// Removes a directory that is empty; one that is not, or is gone already, or is none, is fine.
    pub(super) fn remove_empty_directory(&self, dir: &Dir, name: &OsStr) -> Result<(), ApplyError> {
        match self.change("directory removed", || dir.remove_directory(name)) {
            Err(error)
                if !matches!(
                    error.kind(),
                    io::ErrorKind::NotFound
                        | io::ErrorKind::DirectoryNotEmpty
                        | io::ErrorKind::NotADirectory
                ) =>
            {
                Err(failed("remove", &dir.path(name))(error))
            }
            _ => Ok(()),
        }
    }

    /// Makes the names in a directory durable.
    pub(super) fn sync_directory(&self, dir: &Dir) -> Result<(), ApplyError> {
        self.change("directory synced", || dir.sync())
            .map_err(failed("sync", dir.own_path()))
    }
}

/// The bytes of a file with its attributes; none when there is no such file.
pub(super) fn read_with_attributes(
    dir: &Dir,
    name: &OsStr,
) -> Result<Option<(Vec<u8>, Attributes)>, ApplyError> {
    let path = dir.path(name);
    let kind = dir.kind(name).map_err(failed("read", &path))?;
    if kind.is_none() {
        return Ok(None);
    }
    let read = || -> io::Result<(Vec<u8>, Attributes)> {
        if kind == Some(Kind::Link) {
            return Err(io::Error::other("it is a link"));
        }
        let file = dir.file(name, false)?;
        let attributes = Attributes::of(&file.metadata()?);
        let mut bytes = Vec::new();
        files::read_open(file, &path, files::PLAN, &mut bytes)
            .map_err(|error| io::Error::other(error.what))?;
        Ok((bytes, attributes))
    };
    match read() {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", &path)(error)),
    }
}

/// The bytes of a file; none when there is no such file.
pub(super) fn read(dir: &Dir, name: &OsStr) -> Result<Option<Vec<u8>>, ApplyError> {
    Ok(read_with_attributes(dir, name)?.map(|(bytes, _)| bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_gives_nobody_rights_that_the_file_does_not_have() {
        let of = Attributes::new;
        let store = of(0o755, (33, 33));
        let now = of(0o644, (1000, 1000));
        let planted = of(0o6755, (0, 0));
        assert_eq!(
            planted.restorable(Some(now), store),
            of(0o755, (1000, 1000))
        );
        assert_eq!(planted.restorable(None, store), of(0o755, (33, 33)));
        // What is there already may stay.
        let own = of(0o2664, (1000, 1000));
        assert_eq!(own.restorable(Some(own), store), own);
        assert_eq!(
            of(0o640, (33, 33)).restorable(Some(now), store),
            of(0o640, (33, 33))
        );
    }
}
