//! Making an [`Edit`] from a file's bytes before and after.

use super::Edit;
use sha2::{Digest, Sha256};

impl Edit {
    /// The edit that turns `before` into `after` at `path` (relative to the store, with `/`). `before` is none for a
    /// file that does not exist yet, `after` is none for one that is to be removed. Equal sides make an edit that
    /// changes nothing but still has `apply` check that the file is the one the plan was made from.
    ///
    /// The diff is left empty; see [`Edit::with_diff`].
    pub fn new(path: &str, before: Option<&[u8]>, after: Option<&str>) -> Self {
        Self {
            path: path.to_owned(),
            before_sha256: before.map(sha256_hex),
            after_sha256: after.map(|text| sha256_hex(text.as_bytes())),
            diff: String::new(),
            after: after.map(str::to_owned),
        }
    }

    /// Whether the file is to become something else than it was when the plan was made.
    pub fn changes_file(&self) -> bool {
        self.before_sha256 != self.after_sha256
    }
}

/// SHA-256 in lower-case hex, as plans and journals write it.
pub fn sha256_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        for nibble in [byte >> 4, byte & 0xf] {
            hex.push(char::from(DIGITS[usize::from(nibble)]));
        }
    }
    hex
}
