//! The exit codes, which scripts rely on.

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// Network, disk, or something unexpected.
    Failed = 1,
    /// Wrong usage.
    Usage = 2,
    /// No solution, or another blocker.
    Blocked = 3,
    /// The project on disk is not usable.
    Unusable = 4,
    /// There is something to apply, and it was not applied.
    Pending = 5,
    /// Ctrl-C, or Esc at a question.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
