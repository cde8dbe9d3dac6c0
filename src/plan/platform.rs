//! Which PHP a plan is made for.

use super::request::{IgnorePlatform, Request};
use super::{Finding, Severity};
use crate::composer::constraint::Constraint;
use crate::composer::root_package::RootPackage;
use crate::composer::version::{Version, compare};
use crate::distribution::Release;
use crate::project::platform::Platform;
use crate::project::services::{Engine, Service};
use crate::resolve::platform::PlatformFilter;

/// A platform to plan for, which requirements of it count, and what to say about it.
#[derive(Debug)]
pub struct PlannedPlatform {
    pub platform: Platform,
    pub filter: PlatformFilter,
    pub finding: Option<Finding>,
}

/// Chooses the platform: `--php`, else `config.platform.php`, else the oldest PHP that the release runs on of those among
/// `services`, which are what the store's configuration names, else the PHP of this machine when the release runs on it,
/// else the oldest PHP that the release runs on, so that nothing is locked that needs a newer one. Extensions count only when
/// a real PHP was asked for them.
pub fn choose(
    request: &Request,
    root: &RootPackage,
    release: &Release,
    services: &[Service],
) -> PlannedPlatform {
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
            None => assumed(root, release, services),
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

fn assumed(
    root: &RootPackage,
    release: &Release,
    services: &[Service],
) -> (Platform, Option<Finding>) {
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
    if let Some((php, file)) = allowed
        .as_ref()
        .and_then(|allowed| configured(services, allowed))
    {
        let finding = note(
            format!("Planned for PHP {php}, which {file} names"),
            "Packages that need a newer one are left out. If the server has another, name it with --php. Extensions were not checked.",
        );
        let platform = Platform::of_php(&newest_patch(php)).with_overrides(&root.platform);
        return (platform, Some(finding));
    }
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
    match release.php_series().first() {
        Some(oldest) => {
            let finding = note(
                format!("Planned for PHP {oldest}, the oldest that the release runs on"),
                "Nothing says which PHP the server has. Packages that need a newer one are left out; name the server's with --php to allow them. Extensions were not checked.",
            );
            let platform = Platform::of_php(&newest_patch(oldest)).with_overrides(&root.platform);
            (platform, Some(finding))
        }
        None => (Platform::unknown(), None),
    }
}

/// The oldest PHP that a configuration file names and a constraint allows, and the file.
fn configured<'s>(services: &'s [Service], allowed: &Constraint) -> Option<(&'s str, &'s str)> {
    services
        .iter()
        .filter(|service| service.engine == Engine::Php)
        .filter_map(|service| {
            let version = service.version.as_deref()?;
            let parsed = Version::parse(&newest_patch(version)).ok()?;
            allowed
                .matches_version(&parsed)
                .then_some((parsed, version, service.file.as_str()))
        })
        .min_by(|(a, ..), (b, ..)| compare(a, b))
        .map(|(_, version, file)| (version, file))
}

/// A version of PHP in full: where there are only two numbers, a patch level that no PHP reaches stands for the newest one.
pub(super) fn newest_patch(php: &str) -> String {
    match php.split('.').count() {
        2 => format!("{php}.99"),
        _ => php.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_php_of_the_configuration_that_fits() {
        let php = |version: &str, file: &str| Service {
            engine: Engine::Php,
            version: Some(version.into()),
            file: file.into(),
        };
        let services = [php("8.4", "a"), php("8.3", "b"), php("8.1", "c")];
        let allowed = Constraint::parse("~8.3.0||~8.4.0").unwrap();
        assert_eq!(configured(&services, &allowed), Some(("8.3", "b")));
        assert_eq!(configured(&services[2..], &allowed), None);
    }
}
