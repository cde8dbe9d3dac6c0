//! What is wrong with a list of stores, and where.

use composer_engine::files::FileError;
use std::fmt;

/// Where a store was named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// On the command line, by this word.
    Argument(String),
    /// In a list.
    Line {
        /// As the list is called.
        list: String,
        /// From 1.
        line: usize,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(word) => write!(f, "`{word}`"),
            Self::Line { list, line } => write!(f, "{list}:{line}"),
        }
    }
}

/// Why there is no list of stores.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// A list cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The list was to come from standard input, which cannot be read.
    #[error("standard input cannot be read: {0}")]
    Input(std::io::Error),
    /// A line of a list, or what is around it, says what no list can.
    #[error("{at}: {what}")]
    Written {
        /// The line.
        at: Origin,
        /// What is wrong with it, a clause without a full stop.
        what: String,
    },
    /// Two entries have the same name or lead to the same folder.
    #[error("{what} is there twice: {first} and {second}")]
    Twice {
        /// The name or the folder, in words.
        what: String,
        /// Where it was named first.
        first: Origin,
        /// Where it was named again.
        second: Origin,
    },
    /// A word or a path of a list leads to no store.
    #[error("{at}: there is no store in {path}")]
    NoStore {
        /// The word or line that names it.
        at: Origin,
        /// As it is written there.
        path: String,
    },
    /// A pattern cannot be followed.
    #[error("{at}: {path}: {why}")]
    Pattern {
        /// The word or line that holds it.
        at: Origin,
        /// The pattern, as it is written there.
        path: String,
        /// Why not: it meets too much.
        why: String,
    },
}

impl ListError {
    /// What a person can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::File(error) => error.hint(),
            Self::Input(_) => "give JSON Lines, TOML, or a path on each line",
            Self::Written { .. } => "correct that line",
            Self::Twice { .. } => "give each store a name of its own, and name it once",
            Self::NoStore { .. } => {
                "a store is a folder with a composer.json; a list is a file that ends with .toml, .jsonl or .ndjson"
            }
            Self::Pattern { .. } => "name fewer folders, or list them in a file",
        }
    }
}
