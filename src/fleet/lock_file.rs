//! Files that workers lock, so that no two of them do the same.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens such a file, which is made where it is not there.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    // A pipe in its place would be waited for.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        rustix::fs::OFlags::NONBLOCK.bits().cast_signed(),
    );
    options.open(path)
}
