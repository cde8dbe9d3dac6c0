//! What is asked of the planner, apart from the store itself.

use crate::distribution::TargetSpec;

/// Platform packages (`php`, `ext-*`, `lib-*`) whose requirements are not enforced.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum IgnorePlatform {
    #[default]
    Nothing,
    /// Names as Composer takes them: `ext-foo`, `ext-*`, and `php+`, which ignores upper bounds only.
    These(Vec<String>),
    Everything,
}

/// What is asked for. The defaults ask for nothing in particular.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// None asks for the newest release of what the store is.
    pub to: Option<TargetSpec>,
    /// The version of PHP to plan for, in place of `config.platform.php` and the target's own.
    pub php: Option<String>,
    pub ignore_platform: IgnorePlatform,
    /// Leave the lock as Composer would write it, without putting back what moved without need.
    pub like_composer: bool,
    /// Do not look for ways out of a block: for those who only want to know whether there is one.
    pub without_advice: bool,
    /// Entries of the root that both sides changed, as findings name them, that stay as the store has them; `all` for
    /// every one.
    pub keep: Vec<String>,
    /// Likewise, entries that become what the target has.
    pub take: Vec<String>,
}
