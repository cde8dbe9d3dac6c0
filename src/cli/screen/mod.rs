//! What a person sees and types: output, lists, questions, progress, tables. It knows no command.

pub(crate) mod activity;
pub(crate) mod choice;
pub(crate) mod dialog;
pub(crate) mod list;
pub(crate) mod pager;
pub(crate) mod phase_listener;
mod phases;
pub(crate) mod progress;
pub(crate) mod prompt;
pub(crate) mod table;
pub(crate) mod ui;
