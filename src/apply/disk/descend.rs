//! The way down from an open directory, the same whatever the system names files by.

use super::dir::Dir;
use std::io;
use std::path::{Component, Path};

impl Dir {
    /// Opens a directory below this one, none on the way being a link; this one for an empty path.
    pub(crate) fn descend(&self, relative: &Path) -> io::Result<Self> {
        let mut dir = self.again()?;
        for part in relative.components() {
            match part {
                Component::Normal(name) => dir = dir.child(name)?,
                _ => return Err(io::ErrorKind::InvalidInput.into()),
            }
        }
        Ok(dir)
    }
}
