//! The parts of planning that can take long, by name, beside those of [`composer_engine::phase`]. Each is a span of `tracing`.

/// The root, the lock and the modules of the store are read.
pub(crate) const SURVEY: &str = "survey";

/// Where nothing fits, other constraints are tried.
pub(crate) const REMEDY: &str = "remedy";

/// Where nothing helps, what stands in the way is told apart from what merely follows from it.
pub(crate) const DIAGNOSIS: &str = "diagnosis";

/// The new lock is held against all that its packages require.
pub(crate) const VERIFICATION: &str = "verification";

/// The rest of the store's files is looked through.
pub(crate) const STORE: &str = "store";

/// Other releases are tried.
pub(crate) const NEAREST: &str = "nearest";
