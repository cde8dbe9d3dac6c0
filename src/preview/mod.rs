//! A plan as terminal text, JSON and Markdown. Secrets are masked here, in one place, and text from metadata loses its
//! control characters. Nothing here decides.

mod assignment;
mod changes;
mod context;
mod diff;
mod discreet;
mod feature_sets;
mod hidden;
pub mod layout;
pub mod markdown;
pub(crate) mod mask;
mod name;
mod paint;
pub mod runbook;
mod shown;
pub(crate) mod steps;
pub mod text;
mod url;
mod verdict;

pub use discreet::Places;
pub use mask::{Masker, Secrets};
pub use name::side_name;
pub use paint::Paint;
pub use shown::{Shown, plain, shown_finding, shown_side, shown_step};
pub(crate) use shown::{escaped, harmless};
