//! The planner: from a store and a wish to a plan. It reads and asks; it prints nothing and writes nothing.
//!
//! [`composer_files`] reads what the root and the lock say by themselves, [`survey`] finds out what the store is, [`switch`]
//! follows the wish through its questions, [`destination`] chooses the release and what was decided about the root there,
//! [`root`] merges composer.json, [`lock`] puts the question to the resolver, [`blocked`] says why there is no answer, [`store`]
//! looks through the rest of the files, and [`assembly`] makes the plan of it all. [`new`] begins without a store,
//! [`composer_update`] with the root as it is, and [`check`] ends before there is a plan. What takes long says so by the names in
//! [`phase`].

pub(crate) mod assembly;
pub(crate) mod blocked;
pub(crate) mod check;
pub(crate) mod composer_files;
pub(crate) mod composer_update;
pub(crate) mod destination;
pub(crate) mod error;
pub(crate) mod lock;
pub mod new;
pub(crate) mod phase;
pub(crate) mod root;
pub(crate) mod selection;
pub(crate) mod store;
pub mod survey;
pub(crate) mod switch;
pub(crate) mod wish;

pub use assembly::steps;
