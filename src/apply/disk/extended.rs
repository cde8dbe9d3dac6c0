//! A file's extended attributes, its access control list among them: a file that takes the place of another is to have the same.

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub(in crate::apply) use there::{Extended, hands_down, names};

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(in crate::apply) use nowhere::{Extended, hands_down, names};

/// What becomes of an extended attribute when its file is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::apply) enum Fate {
    /// The new file gets it, too.
    Kept,
    /// It says who may read and write the file, and the new file does not get it.
    AccessListLost,
    /// The new file does not get it.
    Lost,
    /// It is the system's own and belongs to the bytes: a signature, a program's rights, where they came from.
    OfTheBytes,
}

/// What becomes of the attribute of this name.
pub(in crate::apply) fn fate(name: &str) -> Fate {
    match name {
        // As Linux calls them: the access list, labels of the system, and what anybody may set.
        "system.posix_acl_access" | "security.selinux" | "security.SMACK64" => Fate::Kept,
        _ if name.starts_with("user.") => Fate::Kept,
        _ if name.starts_with("security.") || name.starts_with("com.apple.") => Fate::OfTheBytes,
        _ if name.starts_with("system.") && name.contains("acl") => Fate::AccessListLost,
        // Apple's are in no rooms, but for its own.
        _ if cfg!(target_vendor = "apple") => Fate::Kept,
        _ => Fate::Lost,
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
mod there {
    use super::{Fate, fate};
    use crate::apply::disk::Dir;
    use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fsetxattr};
    use std::fs::File;
    use std::io;

    /// As many bytes as Linux lets a value, or all names together, have.
    const LARGEST: usize = 1 << 16;

    /// What a directory hands down to the files that are made in it.
    const HANDED_DOWN: [&str; 3] = [
        "system.posix_acl_default",
        "security.selinux",
        "security.SMACK64",
    ];

    /// The names of an open file's attributes; none where the file system has none.
    pub(in crate::apply) fn names(file: &File) -> Vec<String> {
        let mut names = vec![0_u8; LARGEST];
        let length = flistxattr(file, &mut names[..]).unwrap_or(0);
        names[..length]
            .split(|byte| *byte == 0)
            .filter(|name| !name.is_empty())
            .filter_map(|name| String::from_utf8(name.to_vec()).ok())
            .collect()
    }

    /// Whether it is a label by which the system decides who may read a file.
    fn is_label(name: &str) -> bool {
        name.starts_with("security.")
    }

    fn value(file: &File, name: &str) -> Option<Vec<u8>> {
        let mut value = vec![0_u8; LARGEST];
        let length = fgetxattr(file, name, &mut value[..]).ok()?;
        value.truncate(length);
        Some(value)
    }

    /// The attributes that a file which takes the place of this one gets.
    #[derive(Debug, Default)]
    pub(in crate::apply) struct Extended(Vec<(String, Vec<u8>)>);

    impl Extended {
        /// Those of an open file.
        pub(in crate::apply) fn of(file: &File) -> Self {
            let kept = names(file).into_iter();
            let kept = kept.filter(|name| fate(name) == Fate::Kept);
            let valued = kept.filter_map(|name| Some((value(file, &name)?, name)));
            Self(valued.map(|(value, name)| (name, value)).collect())
        }

        /// Gives them to an open file; whether it has all of them then. What it has already is not set again, as a system
        /// may forbid to set a label even so.
        pub(in crate::apply) fn set(&self, file: &File) -> io::Result<bool> {
            let mut has_labels = true;
            for (name, wanted) in &self.0 {
                if value(file, name).as_ref() == Some(wanted) {
                    continue;
                }
                match fsetxattr(file, name.as_str(), wanted, XattrFlags::empty()) {
                    Ok(()) => {}
                    Err(_) if is_label(name) => has_labels = false,
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(has_labels)
        }
    }

    /// Whether a file made in `dir` gets from it what one made in `other` does not get.
    pub(in crate::apply) fn hands_down(dir: &Dir, other: &Dir) -> bool {
        HANDED_DOWN
            .iter()
            .any(|name| value(dir.as_file(), name) != value(other.as_file(), name))
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
mod nowhere {
    use crate::apply::disk::Dir;
    use std::fs::File;
    use std::io;

    /// A system whose extended attributes, if it has any, are not looked at.
    pub(in crate::apply) fn names(_file: &File) -> Vec<String> {
        Vec::new()
    }

    /// None.
    #[derive(Debug, Default)]
    pub(in crate::apply) struct Extended;

    impl Extended {
        /// None, whatever the file has.
        pub(in crate::apply) fn of(_file: &File) -> Self {
            Self
        }

        /// Gives nothing, and always counts as complete.
        pub(in crate::apply) fn set(&self, _file: &File) -> io::Result<bool> {
            Ok(true)
        }
    }

    /// Never: nothing can be seen here that one directory hands down and another does not.
    pub(in crate::apply) fn hands_down(_dir: &Dir, _other: &Dir) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_set_is_kept_and_what_vouches_for_bytes_is_not() {
        for (name, wanted) in [
            ("user.acme", Fate::Kept),
            ("trusted.acme", Fate::Lost),
            ("system.posix_acl_access", Fate::Kept),
            ("security.selinux", Fate::Kept),
            ("security.capability", Fate::OfTheBytes),
            ("security.ima", Fate::OfTheBytes),
            ("system.nfs4_acl", Fate::AccessListLost),
        ] {
            assert_eq!(fate(name), wanted, "{name}");
        }
    }
}
