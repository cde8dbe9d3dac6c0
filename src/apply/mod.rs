//! Writes a plan's edits as one unit, and takes them back.
//!
//! A store has a folder `.mageshift`, which only its owner can read and git does not see. It holds the lock file and one
//! journal for each apply that was not undone. An apply goes so:
//!
//! 1. Every file is compared with the checksum in the plan; one difference, and nothing is written.
//! 2. The old bytes and a journal with the state `applying` are written.
//! 3. Every new file is written, in the journal's folder where that can be ([`staging`]), with the mode, the owner and the
//!    extended attributes of the old one.
//! 4. Every new file is renamed into its place.
//! 5. The journal's state becomes `applied`.
//!
//! Each step is on disk before the next one begins, so a run that is cut off anywhere leaves either the old files, or
//! the new files, or, between two renames, some of each together with a journal that says so. In that last case
//! everything that reads the store is told ([`Journals::check_finished`]), and [`Journals::undo`] puts the old files back.
//! Undo works the same way, with the state `undoing`, and can be cut off and repeated likewise.
//!
//! Two runs at a time are kept apart by a lock on the file, which ends with the process that holds it.
//! Hard links of a replaced file are not carried over, which [`foreseen`] tells while there is only a plan.
//!
//! A program that knows nothing of the lock may write a file in the moment before it is replaced. So the new file and
//! the old one change places, where the system can do that, and the old one is looked at before it goes.
//!
//! A store may be a stranger's: see [`own`] for whose journal counts, [`place`] for where nothing is written, and
//! [`disk::Dir`] for how links are kept out of it.

mod disk;
mod error;
mod foresee;
mod journal;
mod journals;
mod locked;
mod own;
mod place;
mod single;
mod staging;
mod undo;
mod write;

pub(crate) use disk::Disk;
pub use error::ApplyError;
pub use foresee::findings as foreseen;
pub use journal::Record;
pub use journals::Journals;
pub use own::FOLDER;
pub(crate) use single::write_by_way_of;
pub use single::{Readers, write_file};
pub use undo::{Fate, Undoable, Undone};
pub use write::Outcome;
