//! The platform that a lock is made for, and which requirements of it count.

use crate::planner::wish::IgnorePlatform;
use composer_engine::format::root::RootPackage;
use composer_engine::repository::platform::Platform;
use composer_engine::resolve::platform::PlatformFilter;

/// The platform that `known` finds, and which of its requirements count: those that nobody wants ignored, of what is known of
/// it. Where all are ignored, nothing is looked for.
pub(crate) fn counted(
    ignored: &IgnorePlatform,
    known: impl FnOnce() -> Platform,
) -> (Platform, PlatformFilter) {
    let ignored: &[String] = match ignored {
        IgnorePlatform::Everything => return (Platform::unknown(), PlatformFilter::All),
        IgnorePlatform::These(names) => names,
        IgnorePlatform::Nothing => &[],
    };
    let platform = known();
    let extensions: &[&str] = match platform.extensions_known {
        true => &[],
        false => &["ext-*", "lib-*"],
    };
    let php: &[&str] = match platform.php_known {
        true => &[],
        false => &["php", "php-*"],
    };
    let ignored = ignored.iter().map(String::as_str);
    let unknown = extensions.iter().chain(php).copied();
    let filter = PlatformFilter::listed(ignored.chain(unknown));
    (platform, filter)
}

/// The platform of a PHP that was named, whatever `config.platform` of the root says of it.
pub(crate) fn of_named_php(php: &str, root: &RootPackage) -> Platform {
    let mut overrides = root.platform.clone();
    overrides.shift_remove("php");
    Platform::of_php(php).with_overrides(&overrides)
}
