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

pub mod git;
pub mod inputs;
pub mod list;
pub mod markdown;
pub mod merge;
pub mod nobody;
pub mod result;
pub mod results;
pub mod run;
pub mod shard;
pub mod storage;
pub mod sum;
