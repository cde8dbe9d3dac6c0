//! What a conversion is asked for.

use crate::database::declared::AtHand;
use crate::database::staging::Decisions;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    pub source: String,
    pub target: String,
    pub prefix: String,
    /// The moment at which versions are alive, in seconds since 1970; now, when none is given.
    pub as_of: Option<u64>,
    pub decisions: Decisions,
    /// A third database, for what goes.
    pub keep_aside: Option<String>,
    /// What the target's code declares, where it is at hand.
    pub code: AtHand,
    /// Whether the database itself is converted: `target` is `source`.
    pub in_place: bool,
}
