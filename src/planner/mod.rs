//! The planner: from a store and a wish to a plan. It reads and asks; it prints nothing and writes nothing.
//!
//! [`survey`] finds out what the store is, [`switch`] follows the wish through its questions, [`destination`] chooses the release,
//! [`root`] merges composer.json, [`lock`] puts the question to the resolver, [`blocked`] says why there is no answer, [`store`]
//! looks through the rest of the files, and [`assembly`] makes the plan of it all. [`new`] begins without a store,
//! [`composer_update`] with the root as it is, and [`check`] ends before there is a plan.

pub mod agreement;
pub mod ask;
pub mod assembly;
pub mod background;
pub mod blocked;
pub mod check;
pub mod composer_update;
pub mod credentials;
pub mod data_effects;
pub mod decisions;
pub mod destination;
pub mod error;
pub mod lock;
pub mod merge_plugin;
pub mod new;
pub mod next;
pub mod odd_lock;
pub mod own_builds;
pub mod patch_names;
pub mod plugins;
pub mod release;
pub mod root;
pub mod selection;
pub mod steps;
pub mod store;
pub mod survey;
pub mod switch;
pub mod unchanged;
pub mod wish;
