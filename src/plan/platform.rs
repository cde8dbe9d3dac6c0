//! Which PHP a plan is made for.

use super::request::{IgnorePlatform, Request};
use super::{Finding, Severity};
use crate::composer::constraint::Constraint;
use crate::composer::root_package::RootPackage;
use crate::distribution::Release;
use crate::project::platform::Platform;
use crate::resolve::platform::PlatformFilter;

/// A platform to plan for, which requirements of it count, and what to say about it.
#[derive(Debug)]
pub struct PlannedPlatform {
    pub platform: Platform,
    pub filter: PlatformFilter,
    pub finding: Option<Finding>,
}

/// Chooses the platform: `--php`, else `config.platform.php`, else the PHP of this machine when the release runs on it, else the
/// oldest PHP that the release runs on, so that nothing is locked that needs a newer one. Extensions count only when a real
/// PHP was asked for them.
pub fn choose(request: &Request, root: &RootPackage, release: &Release) -> PlannedPlatform {
    let ignored: Vec<&str> = match &request.ignore_platform {
        IgnorePlatform::Everything => {
            return PlannedPlatform {
                platform: Platform::unknown(),
                filter: PlatformFilter::All,
                finding: None,
            };
        }
        IgnorePlatform::These(names) => names.iter().map(String::as_str).collect(),
        IgnorePlatform::Nothing => Vec::new(),
    };
    let (platform, finding) = match &request.php {
        Some(php) => {
            let mut overrides = root.platform.clone();
            overrides.shift_remove("php");
            (Platform::of_php(php).with_overrides(&overrides), None)
        }
        None => match root.platform.get("php").and_then(|php| php.as_str()) {
            Some(php) => (Platform::of_php(php).with_overrides(&root.platform), None),
            None => assumed(root, release),
        },
    };
    let unchecked: &[&str] = if platform.extensions_known {
        &[]
    } else {
        &["ext-*", "lib-*"]
    };
    let php_unchecked: &[&str] = if platform.php_known {
        &[]
    } else {
        &["php", "php-*"]
    };
    let filter = PlatformFilter::listed(
        ignored
            .into_iter()
            .chain(unchecked.iter().copied())
            .chain(php_unchecked.iter().copied()),
    );
    PlannedPlatform {
        platform,
        filter,
        finding,
    }
}

fn assumed(root: &RootPackage, release: &Release) -> (Platform, Option<Finding>) {
    let note = |title: String, detail: &str| Finding {
        severity: Severity::Note,
        code: "php-assumed".to_string(),
        title,
        detail: detail.to_string(),
        package: None,
        path: None,
    };
    let Some(php) = &release.php else {
        return (
            Platform::unknown(),
            Some(note(
                "The PHP version was not checked".to_string(),
                "The release does not say which PHP it needs. Name the PHP of the server with --php.",
            )),
        );
    };
    let allowed = Constraint::parse(php).ok();
    let here = Platform::of_this_machine(&root.platform).filter(|platform| {
        let php = platform
            .packages
            .iter()
            .find(|package| &*package.name == "php");
        allowed
            .as_ref()
            .zip(php)
            .is_some_and(|(allowed, php)| allowed.matches_version(&php.version))
    });
    // This machine need not have the extensions that the server has, so only its version counts.
    if let Some(php) = here.as_ref().and_then(Platform::php) {
        let finding = note(
            format!("Planned for PHP {php}, as on this machine"),
            "Packages that need a newer one are left out. If the server has another, name it with --php. Extensions were not checked.",
        );
        return (
            Platform::of_php(php).with_overrides(&root.platform),
            Some(finding),
        );
    }
    match oldest(php) {
        Some(oldest) => {
            let finding = note(
                format!("Planned for PHP {oldest}, the oldest that the release runs on"),
                "Nothing says which PHP the server has. Packages that need a newer one are left out; name the server's with --php to allow them. Extensions were not checked.",
            );
            // A patch level that no PHP reaches stands for the newest one of its minor version.
            (
                Platform::of_php(&format!("{oldest}.99")).with_overrides(&root.platform),
                Some(finding),
            )
        }
        None => (Platform::unknown(), None),
    }
}

/// The lowest `major.minor` named in a constraint such as `~8.3.0||~8.4.0`.
fn oldest(constraint: &str) -> Option<String> {
    let versions = constraint
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .filter_map(|text| {
            let mut parts = text.split('.');
            Some((
                parts.next()?.parse::<u32>().ok()?,
                parts.next()?.parse::<u32>().ok()?,
            ))
        });
    versions
        .min()
        .map(|(major, minor)| format!("{major}.{minor}"))
}

#[cfg(test)]
mod tests {
    use super::oldest;

    #[test]
    fn the_oldest_php() {
        assert_eq!(oldest("~8.3.0||~8.4.0||~8.5.0").as_deref(), Some("8.3"));
        assert_eq!(oldest(">=7.4 <8.2").as_deref(), Some("7.4"));
        assert_eq!(oldest("*"), None);
    }
}
