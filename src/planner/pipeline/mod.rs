//! From a wish to a plan: one pipeline, which begins in another place for each thing that can be wished.
//!
//! [`switch`] begins with a store, and goes the whole way. [`new`] begins without one, [`composer_update`] with the root as it
//! is, and [`check`] ends before there is a plan.

pub(crate) mod check;
pub(crate) mod composer_update;
pub mod new;
pub(crate) mod switch;
