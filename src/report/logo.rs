//! The agency's logo: a small picture that becomes a part of the document.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

/// As large as a logo may be, in bytes.
pub(crate) const LARGEST: u64 = 256 * 1024;

/// A picture of a kind that every browser shows and prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Logo {
    kind: &'static str,
    bytes: Vec<u8>,
}

/// Why a file is no logo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum LogoError {
    /// The file has no bytes.
    #[error("it is empty")]
    Empty,
    /// The file has more than [`LARGEST`] bytes.
    #[error("it is larger than {} KiB", LARGEST / 1024)]
    TooLarge,
    /// The file begins as none of the kinds does, whatever its name says.
    #[error("it is neither PNG, JPEG, GIF, WebP nor SVG")]
    UnknownKind,
}

impl Logo {
    /// Takes the bytes of a file, whatever it is called. In an `img` element a browser runs and loads nothing of an SVG.
    pub(crate) fn new(bytes: Vec<u8>) -> Result<Self, LogoError> {
        if bytes.is_empty() {
            return Err(LogoError::Empty);
        }
        if u64::try_from(bytes.len()).is_ok_and(|length| length > LARGEST) {
            return Err(LogoError::TooLarge);
        }
        let kind = kind(&bytes).ok_or(LogoError::UnknownKind)?;
        Ok(Self { kind, bytes })
    }

    /// The picture as an address.
    pub(super) fn data_uri(&self) -> String {
        format!("data:{};base64,{}", self.kind, STANDARD.encode(&self.bytes))
    }
}

/// The media type, by what the file begins with.
fn kind(bytes: &[u8]) -> Option<&'static str> {
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    match bytes {
        bytes if bytes.starts_with(b"\x89PNG\r\n\x1a\n") => Some("image/png"),
        bytes if bytes.starts_with(b"\xff\xd8\xff") => Some("image/jpeg"),
        bytes if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") => Some("image/gif"),
        _ if is_webp => Some("image/webp"),
        bytes => is_svg(bytes).then_some("image/svg+xml"),
    }
}

/// Whether the first element of a document is `svg`.
fn is_svg(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    // What may stand before the first element.
    for (opens, closes) in [
        ("<?", "?>"),
        ("<!--", "-->"),
        ("<!DOCTYPE", ">"),
        ("<!--", "-->"),
    ] {
        while let Some(after) = rest.strip_prefix(opens) {
            let Some((_, after)) = after.split_once(closes) else {
                return false;
            };
            rest = after.trim_start();
        }
    }
    let after = rest.strip_prefix("<svg");
    after.is_some_and(|after| after.starts_with([' ', '\t', '\r', '\n', '>', '/']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_told_by_their_bytes() {
        for (bytes, kind) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], "image/png"),
            (b"\xff\xd8\xff\xe0", "image/jpeg"),
            (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
            (
                b"<svg xmlns='http://www.w3.org/2000/svg'/>",
                "image/svg+xml",
            ),
            (
                b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- made by hand -->\n<!DOCTYPE svg>\n<svg>",
                "image/svg+xml",
            ),
        ] {
            assert_eq!(Logo::new(bytes.to_vec()).unwrap().kind, kind);
        }
        for (bytes, error) in [
            (&b""[..], LogoError::Empty),
            (b"<html><svg></html>", LogoError::UnknownKind),
            (b"<svgx>", LogoError::UnknownKind),
            (b"%PDF-1.7", LogoError::UnknownKind),
        ] {
            assert_eq!(Logo::new(bytes.to_vec()), Err(error));
        }
        let large = [b"GIF89a".to_vec(), vec![0; 256 * 1024]].concat();
        assert_eq!(Logo::new(large), Err(LogoError::TooLarge));
    }
}
