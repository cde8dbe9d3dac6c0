//! mageshift turns *this store, that target* into a plan, shows it, and carries it out.
//!
//! ```text
//!  arguments, answers file, answers ──▶ Wish ──┐
//!  files on disk ──────────────────▶ Project ──┼──▶ planner ──▶ Plan ──▶ preview   terminal · JSON · runbook
//!  catalog, repositories ──────────────────────┘     ▲ │         └────▶ apply ──▶ journal ──▶ undo
//!                                              Ask ──┘
//! ```
//!
//! Everything up to the plan only reads; nothing is written until somebody says yes; everything written can be taken back.
//!
//! # The rooms, in order
//!
//! A room knows those above it and no others; a test reads that from the sources, and the order from this table.
//!
//! | room | what lives there |
//! |---|---|
//! | `composer_engine` (a crate) | Composer, exactly: its formats, its repositories, its resolver. Knows no Magento |
//! | [`distribution`] | the Magento family as facts: releases, core names, renames, root templates |
//! | [`profile`] | lightweight package selections, and whether what stays can do without what goes |
//! | [`project`] | a store on disk, as it is read |
//! | [`plan`] | the plan as data, and what is told about it in order: steps, queries |
//! | [`planner`] | makes the plan: what the store is, where it goes, its new root, its new lock, why not, the rest of its files |
//! | [`database`] | the data of a shop: its schema as it is, the conversion as SQL, its checks |
//! | [`preview`] | a plan as text, JSON and Markdown; secrets are hidden here, in one place |
//! | [`report`] | a plan as a document for who decides: HTML and JSON |
//! | [`apply`] | writes a plan as one unit, keeps a journal, takes it back |
//! | [`fleet`] | many stores: which they are, who works on which, what came of each, and how it gets into git |
//! | [`cli`] | a file or folder for each command: arguments, questions, calls, exit code |
//!
//! # The words
//!
//! *Distribution*: Mage-OS, Magento Open Source, Adobe Commerce. *Edition*: community, minimal, enterprise, cloud. *Target*: a
//! distribution in an edition, which a store can become. *Release*: one version of a distribution, with the upstream Magento
//! version that it equals. *Line*: the releases on one upstream minor version. *Product*: the metapackage that is the
//! distribution. *Core*: a package that a distribution builds. *Own build*: a core package that the owner builds. *Extension*:
//! any other Magento package. *Root*: composer.json. *Lock*: composer.lock. *Edit*: one file's before and after. *Change*: one
//! package's before and after. *Finding*: a blocker, a warning or a note. *Step*: one thing to do after the plan is applied.
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

pub mod apply;
pub mod cli;
pub mod database;
pub mod distribution;
pub(crate) mod fleet;
pub mod plan;
pub mod planner;
pub mod preview;
pub mod profile;
pub mod project;
pub(crate) mod report;

#[cfg(test)]
mod source_rules;
