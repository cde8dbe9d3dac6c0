//! Lightweight package selections: profiles, the feature sets they are made of, and what a selection means for a root.
//!
//! The data are in `profiles/`; its README has the fields. A selection is checked twice: by the evidence in the data, and,
//! once the packages are resolved, by the metadata of the very release ([`open_ends`]).

mod choice;
mod closure;
mod definition;
mod in_release;
mod library;
mod offer;
mod select;
mod selection;
mod states;

pub use choice::Choices;
pub use closure::{OpenEnd, open_ends};
pub use definition::{BaseEdition, Choice, FeatureSet, Profile, Safety};
pub use library::{Library, LibraryError};
pub use offer::Offer;
pub use select::select;
pub use selection::{Base, FileLinks, Selection, SelectionError, Wanted};
pub use states::{CORE, State, states};
