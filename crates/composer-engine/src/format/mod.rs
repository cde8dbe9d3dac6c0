//! Composer's own formats, exactly. Nothing here knows Magento, and nothing here reads or writes files.
//!
//! What knows nothing else stands first: [`json`] and [`mod@php`], how PHP reads, writes and orders; [`version`], and
//! [`constraint`] on versions; [`package`], one version of a package with its links. Then the files made of these:
//! [`root`] (composer.json), [`lock`] (composer.lock), [`auth`] (auth.json).

pub mod auth;
pub mod constraint;
pub mod json;
pub mod lock;
pub mod package;
pub mod php;
pub mod root;
pub mod version;
