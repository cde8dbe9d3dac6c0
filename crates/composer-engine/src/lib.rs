//! What Composer itself would write, without PHP: its formats, its repositories, and its resolver.
//!
//! Three rooms, each of which knows only those before it:
//!
//! - [`format`](mod@format): composer.json, composer.lock, versions and constraints, PHP's JSON, credentials. Texts in, texts out.
//! - [`repository`]: where metadata come from (over HTTP, from folders, inline, from the lock), with cache and credentials.
//! - [`resolve`]: the pool, the rules, the solver and its preferences; why there is no solution; the text of the new lock.
//!
//! Files are read in one way only, that of [`files`]; what takes long says so by the names in [`phase`].
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

pub mod files;
pub mod format;
pub mod phase;
pub mod repository;
pub mod resolve;
