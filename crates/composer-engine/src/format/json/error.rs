//! What is wrong with a JSON text, and where.

use thiserror::Error;

/// Why a text is not JSON as PHP's `json_decode` reads it, with the place of the first mistake.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{kind} (line {line}, column {column})")]
pub struct JsonError {
    /// What is wrong there.
    pub kind: JsonErrorKind,
    /// 1-based.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
}

/// The kinds of mistakes, each worded for the person who has to correct the file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum JsonErrorKind {
    /// There is nothing but space.
    #[error("the text is empty")]
    Empty,
    /// The text begins with a byte order mark, which JSON does not know.
    #[error(
        "the text starts with a byte order mark, which Composer refuses: save it as UTF-8 without BOM"
    )]
    ByteOrderMark,
    /// A line of `<<<<<<<`, `|||||||`, `=======` or `>>>>>>>` that a version control merge left behind.
    #[error("there is an unresolved merge conflict")]
    ConflictMarker,
    /// A comma with nothing behind it.
    #[error("there is a comma after the last entry")]
    TrailingComma,
    /// Two values without a comma between them.
    #[error("a comma is missing before this entry")]
    MissingComma,
    /// A character that cannot stand there.
    #[error("unexpected {0:?}")]
    Unexpected(char),
    /// The text ends too early.
    #[error("the text ends too early")]
    UnexpectedEnd,
    /// A control character in a string, which has to be escaped.
    #[error("there is a line break or another control character inside a string")]
    ControlCharacter,
    /// A backslash with something that is no escape.
    #[error("a backslash sequence is not one that JSON knows")]
    InvalidEscape,
    /// Half of an escaped pair.
    #[error("a \\u sequence is half of a surrogate pair")]
    UnpairedSurrogate,
    /// Beyond the range of a double. PHP reads it as infinity and can then not write it.
    #[error("a number is too large")]
    NumberOutOfRange,
    /// More nesting than is read.
    #[error("objects and lists are nested too deeply")]
    TooDeep,
    /// Valid JSON, where the file has to hold an object.
    #[error("the text is not a JSON object")]
    NotAnObject,
}

impl JsonError {
    /// An error at a byte offset of `text`. When the text has conflict markers, the first of them is the mistake
    /// a person wants to hear about, whatever the parser stumbled over.
    pub(crate) fn at(text: &str, offset: usize, kind: JsonErrorKind) -> Self {
        let (offset, kind) = match conflict_marker(text) {
            Some(marker) if kind != JsonErrorKind::NotAnObject => {
                (marker, JsonErrorKind::ConflictMarker)
            }
            _ => (offset, kind),
        };
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        JsonError {
            kind,
            line: line_number(text, offset),
            column: before
                .get(line_start..)
                .map_or(0, |line| line.chars().count())
                + 1,
        }
    }
}

/// The 1-based line that a byte offset lies on.
pub(crate) fn line_number(text: &str, offset: usize) -> usize {
    text.as_bytes()
        .iter()
        .take(offset)
        .filter(|&&byte| byte == b'\n')
        .count()
        + 1
}

/// The offset of the first line that a merge left behind.
fn conflict_marker(text: &str) -> Option<usize> {
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        if ["<<<<<<<", "|||||||", "=======", ">>>>>>>"]
            .iter()
            .any(|marker| line.starts_with(marker))
        {
            return Some(offset);
        }
        offset += line.len();
    }
    None
}
