//! Stores in git.
