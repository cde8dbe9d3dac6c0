//! Options that several commands share, the values they take, and how they are written as a command line.

pub(crate) mod args;
pub(crate) mod command_line;
pub(crate) mod decisions;
pub(crate) mod selection;
pub(crate) mod values;
