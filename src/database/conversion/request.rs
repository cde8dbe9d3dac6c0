//! What a conversion is asked for.

use crate::database::declared::AtHand;
use crate::database::staging::Decisions;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The database that is read.
    pub source: String,
    /// The database that is written; the same as `source` where that is converted in place.
    pub target: String,
    /// What the names of the shop's tables begin with; usually empty.
    pub prefix: String,
    /// The moment at which versions are alive, in seconds since 1970; now, when none is given.
    pub as_of: Option<u64>,
    /// What somebody has decided about the shop's own tables and columns.
    pub decisions: Decisions,
    /// A third database, for what goes.
    pub keep_aside: Option<String>,
    /// What the target's code declares, where it is at hand.
    pub code: AtHand,
    /// Whether the database itself is converted: `target` is `source`.
    pub in_place: bool,
}
