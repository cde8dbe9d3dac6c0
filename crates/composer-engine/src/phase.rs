//! The parts of the work that can take long, by name. Each is a span of `tracing`, so that whoever wants to tell what is being
//! done listens to spans of these names, and needs no words of a log.

/// Every version that could matter is loaded, and what cannot matter is left out.
pub const POOL: &str = "pool";

/// What a solution must satisfy is written down.
pub const RULES: &str = "rules";

/// A solution is looked for.
pub const SOLVE: &str = "solve";

/// Of the solutions the one is looked for in which the fewest packages move.
pub const FEWEST_MOVES: &str = "fewest-moves";

/// Why there is no solution is put into words.
pub const REASONS: &str = "reasons";

/// A whole family of roots is loaded, to be asked about at once.
pub const FAMILY: &str = "family";
