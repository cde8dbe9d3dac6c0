//! Stores in git: clones of them, and plans as commits on branches of their own. Nothing is forced, no file of a checkout is
//! touched, and the main branch is never written to.

mod checkout;
mod commit;
mod forge;
mod program;

pub use checkout::Checkout;
pub use commit::branch;
pub use forge::{Forge, ForgeError};
pub use program::GitError;
