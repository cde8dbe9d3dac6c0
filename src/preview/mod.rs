//! A plan as terminal text, JSON and Markdown. Secrets are masked here, in one place, and text from metadata loses its
//! control characters. Nothing here decides.

mod changes;
mod diff;
pub(crate) mod hiding;
pub mod layout;
pub mod markdown;
mod name;
mod paint;
pub mod runbook;
mod shown;
pub(crate) mod steps;
pub mod text;
mod verdict;

pub use hiding::discreet::Places;
pub use hiding::mask::{Masker, Secrets};
pub use name::side_name;
pub use paint::Paint;
pub use shown::{Shown, plain, shown_finding, shown_side, shown_step};
pub(crate) use shown::{clean, escaped, harmless};
