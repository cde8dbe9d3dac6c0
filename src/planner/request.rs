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

/// What becomes of modules that the target brings along, in app/etc/config.php.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NewModules {
    /// They are listed and enabled, as `setup:upgrade` would do.
    #[default]
    Enable,
    /// They are listed and disabled, which `setup:upgrade` leaves as it is.
    Disable,
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
    /// Look neither for ways out of a block nor through what blocks nothing: for those who only want to know whether the way
    /// is free.
    pub without_advice: bool,
    /// Entries of the root that both sides changed, as findings name them, that stay as the store has them; `all` for
    /// every one.
    pub keep: Vec<String>,
    /// Likewise, entries that become what the target has.
    pub take: Vec<String>,
    pub new_modules: NewModules,
}
