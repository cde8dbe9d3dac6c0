//! Stores in git: clones of them, and plans as commits on branches of their own. Nothing is forced, no file of a checkout is
//! touched, and the main branch is never written to.

mod checkout;
mod commit;
mod forge;
mod program;

pub(crate) use checkout::{Checkout, clear_unfinished};
pub(crate) use forge::{Forge, ForgeError};
pub(crate) use program::GitError;
