//! The SHA-256 of a file's content, made when somebody asks for it.
//!
//! A plan that is only looked at needs none, and those of two locks take as long as looking for the packages' metadata.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// The SHA-256 of some bytes, in lower-case hex where it is written.
#[derive(Clone)]
pub struct Checksum {
    hex: OnceLock<Box<str>>,
    /// What it is of; none when it was read.
    content: Option<Arc<[u8]>>,
}

impl Checksum {
    /// The checksum of these bytes.
    pub fn of(content: &[u8]) -> Self {
        Self {
            hex: OnceLock::new(),
            content: Some(content.into()),
        }
    }

    /// As plans and journals write it.
    pub fn hex(&self) -> &str {
        self.hex
            .get_or_init(|| sha256_hex(self.content.as_deref().unwrap_or_default()).into())
    }

    /// Whether it is that of these bytes.
    pub fn is_of(&self, bytes: &[u8]) -> bool {
        match &self.content {
            Some(content) => **content == *bytes,
            None => self.hex() == sha256_hex(bytes),
        }
    }
}

impl From<String> for Checksum {
    fn from(hex: String) -> Self {
        Self {
            hex: OnceLock::from(hex.into_boxed_str()),
            content: None,
        }
    }
}

impl PartialEq for Checksum {
    fn eq(&self, other: &Self) -> bool {
        match (&self.content, &other.content) {
            (Some(one), Some(other)) => one == other,
            _ => self.hex() == other.hex(),
        }
    }
}

impl Eq for Checksum {}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.hex())
    }
}

impl Serialize for Checksum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.hex())
    }
}

impl<'de> Deserialize<'de> for Checksum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(String::deserialize(deserializer)?.into())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_hex() {
        assert_eq!(
            sha256_hex(b""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn what_was_read_equals_what_was_made() {
        let made = Checksum::of(b"one");
        let read: Checksum = serde_json::from_value(serde_json::to_value(&made).unwrap()).unwrap();
        assert_eq!(made, read);
        assert!(read.is_of(b"one") && made.is_of(b"one"));
        assert!(!read.is_of(b"two") && !made.is_of(b"two"));
        assert_ne!(Checksum::of(b"two"), made);
        assert_ne!(Checksum::of(b"two"), read);
    }
}
