//! The planner: from a store and a wish to a plan. It reads and asks; it prints nothing and writes nothing.
//!
//! [`pipeline`] is the way in: it follows a [`wish`] through the questions that the others answer. [`composer_files`] reads what
//! the root and the lock say by themselves, [`survey`] finds out what the store is, [`destination`] chooses the release and what
//! was decided about the root there, [`root`] merges composer.json, [`selection`] works a choice of packages into it, [`lock`]
//! puts the question to the resolver, [`blocked`] says why there is no answer, [`store`] looks through the rest of the files, and
//! [`assembly`] makes the plan of it all. What takes long says so by the names in [`phase`].

pub(crate) mod assembly;
pub(crate) mod blocked;
pub(crate) mod composer_files;
pub(crate) mod destination;
pub(crate) mod error;
pub(crate) mod lock;
pub(crate) mod phase;
pub mod pipeline;
pub(crate) mod root;
pub(crate) mod selection;
pub(crate) mod store;
pub mod survey;
pub(crate) mod wish;

pub use assembly::steps;
