//! A plan as terminal text, JSON and Markdown. Secrets are masked here, in one place, and text from metadata loses its
//! control characters. Nothing here decides.

pub mod mask;
mod shown;
mod url;

pub use mask::{Masker, Secrets};
pub use shown::{Shown, plain};
