//! Many stores: which they are, who works on which, what came of each, and how it gets into git. What is to be done with one
//! store is nothing this room knows: whoever runs a fleet brings it along.
//!
//! ```text
//!  folders, globs, list files ──▶ list ──▶ shard ──▶ run ──▶ results ──▶ merge ──▶ table · JSON · Markdown
//!                                                     │ ▲       │ ▲
//!                                               one store's   storage: a folder, or an object store
//!                                               business ─▶ git
//! ```
//!
//! A result is a function of what it was made from. It lies under the name of its store, with a key that stands for all that it
//! was made from, so a run that was cut off goes on where it was, and a store that did not change is not looked at twice.

pub(crate) mod git;
pub(crate) mod inputs;
pub(crate) mod list;
mod lock_file;
pub(crate) mod markdown;
pub(crate) mod merge;
pub(crate) mod nobody;
pub(crate) mod result;
pub(crate) mod results;
pub(crate) mod run;
pub(crate) mod shard;
pub(crate) mod storage;
pub(crate) mod sum;
