//! Which PHP a plan is made for.

pub(crate) mod demands;
pub(crate) mod refusal;

use crate::distribution::{Release, Target};
use crate::plan::{Code, Finding};
use crate::planner::lock::platform::{counted, of_named_php};
use crate::planner::wish::{IgnorePlatform, PlatformWish};
use crate::project::services::{Engine, Service};
use composer_engine::format::root::RootPackage;
use composer_engine::format::version::{Version, compare};
use composer_engine::repository::platform::Platform;
use composer_engine::resolve::platform::PlatformFilter;
use demands::{Demands, Origin};
use indexmap::IndexMap;
use serde_json::Value;

/// A platform to plan for, which requirements of it count, and what to say about it.
#[derive(Debug)]
pub(crate) struct PlannedPlatform {
    /// The packages that stand for PHP and its extensions.
    pub platform: Platform,
    /// Which requirements of them count.
    pub filter: PlatformFilter,
    /// How the PHP was chosen, where a person should know.
    pub finding: Option<Finding>,
    /// Whether nothing of the store names the PHP: it is the oldest of the release or that of this machine, which need not be
    /// the server's.
    pub is_guess: bool,
    /// That the release, the root and the PHP to plan for do not go together: nothing that is done to packages helps then.
    pub mismatch: Option<Finding>,
}

/// Asks the machine that plans about its PHP, with the versions that stand in for real ones; none where it has none.
pub(crate) type Here<'a> = dyn Fn(&IndexMap<String, Value>) -> Option<Platform> + 'a;

/// Chooses the platform: `--php`, else `config.platform.php`, else the oldest PHP that the release and the root allow of those
/// among `services`, which are what the store's configuration names, else the PHP of this machine when both allow it, else the
/// oldest PHP that both allow, so that nothing is locked that needs a newer one. Extensions count only when a real PHP was
/// asked for them.
pub(crate) fn choose(
    wish: &PlatformWish,
    root: &RootPackage,
    target: Target,
    release: &Release,
    services: &[Service],
    here: &Here<'_>,
) -> PlannedPlatform {
    if wish.ignored == IgnorePlatform::Everything {
        return PlannedPlatform {
            platform: Platform::unknown(),
            filter: PlatformFilter::All,
            finding: None,
            is_guess: false,
            mismatch: None,
        };
    }
    let demands = Demands::new(root, release);
    let Chosen {
        php,
        origin,
        finding,
        is_guess,
    } = match (wish.php.as_deref(), configured_platform(root)) {
        (Some(asked), Some(old)) if demands.stays(asked, old) => {
            Chosen::said(old.to_string(), Origin::Platform(old.to_string()))
        }
        (Some(asked), _) => Chosen::said(demands.patch_of(asked), Origin::Asked(asked.to_string())),
        (None, Some(php)) => Chosen::said(php.to_string(), Origin::Platform(php.to_string())),
        (None, None) => assumed(root, release, &demands, services, here),
    };
    let (platform, filter) = counted(&wish.ignored, || match (&php, &wish.php) {
        (None, _) => Platform::unknown(),
        (Some(php), Some(_)) => of_named_php(php, root),
        (Some(php), None) => Platform::of_php(php).with_overrides(&root.platform),
    });
    let mismatch = demands.mismatch(&platform, &filter, &origin, target, release);
    PlannedPlatform {
        platform,
        filter,
        finding: finding.filter(|_| mismatch.is_none()),
        is_guess,
        mismatch,
    }
}

/// What `config.platform.php` of the root becomes when another PHP is planned for with `--php`: what it is, and what it is to
/// be. Composer plans for the value in the file, so that a lock for another PHP would not be what Composer makes of the root.
pub(crate) fn follow(
    wish: &PlatformWish,
    root: &RootPackage,
    release: &Release,
) -> Option<(String, String)> {
    let php = wish.php.as_deref()?;
    let old = configured_platform(root)?;
    let demands = Demands::new(root, release);
    let new = demands.patch_of(php);
    (!demands.stays(php, old) && new != old).then(|| (old.to_string(), new))
}

/// That `config.platform.php` goes along with `--php`.
pub(crate) fn follows(old: &str, new: &str) -> Finding {
    Finding::new(
        Code::PlatformPhpFollows,
        format!("config.platform.php goes from {old} to {new}, as --php asks"),
        "Composer plans for the PHP that composer.json names there, whatever PHP it runs on. The server has to have it before the new packages are installed.".to_string(),
    )
    .of_package("php")
    .in_file("composer.json")
}

/// `config.platform.php`, where it names a version.
fn configured_platform(root: &RootPackage) -> Option<&str> {
    root.platform.get("php").and_then(|php| php.as_str())
}

/// How a guess at the PHP begins.
const GUESS: &str = "Nothing says which PHP the server has";

/// That a plan is made for the oldest PHP of the release for which there is a solution.
pub(crate) fn guessed(php: &str) -> Finding {
    Finding::new(
        Code::PhpAssumed,
        format!("Planned for PHP {php}, the oldest for which there is a solution"),
        format!("{GUESS}; name it with --php. Extensions were not checked."),
    )
}

/// The PHP to plan for, and where it comes from.
struct Chosen {
    /// In full; none where it is not known.
    php: Option<String>,
    origin: Origin,
    finding: Option<Finding>,
    is_guess: bool,
}

impl Chosen {
    /// By somebody, so that there is nothing to say about it.
    fn said(php: String, origin: Origin) -> Self {
        Self {
            php: Some(php),
            origin,
            finding: None,
            is_guess: false,
        }
    }
}

/// The PHP where nobody says which it is.
fn assumed(
    root: &RootPackage,
    release: &Release,
    demands: &Demands,
    services: &[Service],
    here: &Here<'_>,
) -> Chosen {
    let chosen = |php: Option<String>, is_guess: bool, title: String, detail: &str| Chosen {
        php,
        origin: Origin::Assumed,
        finding: Some(Finding::new(Code::PhpAssumed, title, detail)),
        is_guess,
    };
    if release.php.is_none() {
        return chosen(
            None,
            false,
            "The PHP version was not checked".to_string(),
            "The release does not say which PHP it needs. Name the PHP of the server with --php.",
        );
    }
    let newer_are_left_out = "Packages that need a newer one are left out. If the server has another, name it with --php. Extensions were not checked.";
    if let Some((php, file)) = configured(services, demands) {
        return chosen(
            Some(demands.patch_of(php)),
            false,
            format!("Planned for PHP {php}, which {file} names"),
            newer_are_left_out,
        );
    }
    let here = here(&root.platform).filter(|platform| {
        let mut packages = platform.packages.iter();
        packages.any(|package| &*package.name == "php" && demands.allow(&package.version))
    });
    // This machine need not have the extensions that the server has, so only its version counts.
    if let Some(php) = here.as_ref().and_then(Platform::php) {
        return chosen(
            Some(php.to_string()),
            true,
            format!("Planned for PHP {php}, as on this machine"),
            newer_are_left_out,
        );
    }
    let fitting = demands.fitting(release);
    match fitting.first().or(release.php_series().first()) {
        Some(oldest) => chosen(
            Some(demands.patch_of(oldest)),
            true,
            format!("Planned for PHP {oldest}, the oldest that the release runs on"),
            &format!(
                "{GUESS}. Packages that need a newer one are left out; name the server's with --php to allow them. Extensions were not checked."
            ),
        ),
        None => Chosen {
            php: None,
            origin: Origin::Assumed,
            finding: None,
            is_guess: false,
        },
    }
}

/// The oldest PHP that a configuration file names and the demands allow, and the file.
fn configured<'s>(services: &'s [Service], demands: &Demands) -> Option<(&'s str, &'s str)> {
    services
        .iter()
        .filter(|service| service.engine == Engine::Php)
        .filter_map(|service| {
            let version = service.version.as_deref()?;
            let parsed = Version::parse(&demands.patch_of(version)).ok()?;
            demands
                .allow(&parsed)
                .then_some((parsed, version, service.file.as_str()))
        })
        .min_by(|(a, ..), (b, ..)| compare(a, b))
        .map(|(_, version, file)| (version, file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn release(php: &str) -> Release {
        Release {
            php: Some(php.to_string()),
            ..Release::unknown("9.0.0")
        }
    }

    fn root(value: &Value) -> RootPackage {
        RootPackage::load(value).unwrap()
    }

    fn choice(root_value: &Value, php: &str, asked: Option<&str>) -> PlannedPlatform {
        let wish = PlatformWish {
            php: asked.map(str::to_string),
            ..PlatformWish::default()
        };
        choose(
            &wish,
            &root(root_value),
            Target::MageOs,
            &release(php),
            &[],
            &|_| None,
        )
    }

    #[test]
    fn the_oldest_php_of_the_configuration_that_fits() {
        let php = |version: &str, file: &str| Service {
            engine: Engine::Php,
            version: Some(version.into()),
            file: file.into(),
        };
        let services = [php("8.4", "a"), php("8.3", "b"), php("8.1", "c")];
        let demands = |value: Value| Demands::new(&root(&value), &release("~8.3.0||~8.4.0"));
        let any = demands(json!({}));
        assert_eq!(configured(&services, &any), Some(("8.3", "b")));
        assert_eq!(configured(&services[2..], &any), None);
        let newer = demands(json!({"require": {"php": "^8.4"}}));
        assert_eq!(configured(&services, &newer), Some(("8.4", "a")));
    }

    #[test]
    fn a_php_without_a_patch_level_stands_for_all_of_them() {
        for (required, planned) in [
            ("~8.2.25", "8.2.99"),
            ("8.2.7", "8.2.7"),
            ("<8.2.4", "8.2.3"),
        ] {
            let root = json!({"require": {"php": required}});
            let choice = choice(&root, "~8.1.0||~8.2.0", Some("8.2"));
            assert_eq!(choice.platform.php(), Some(planned), "{required}");
            assert!(choice.mismatch.is_none(), "{required}");
        }
    }

    #[test]
    fn a_mismatch_names_the_values_and_the_way_out() {
        let texts = |value: Value, asked: Option<&str>| {
            let finding = choice(&value, "~8.2.0||~8.3.0", asked).mismatch.unwrap();
            (finding.title, finding.detail)
        };
        let platform =
            json!({"require": {"php": ">=8.1"}, "config": {"platform": {"php": "8.1.9"}}});
        let (title, detail) = texts(platform, None);
        assert_eq!(title, "Mage-OS 9.0.0 does not run on PHP 8.1.9");
        for value in [
            "~8.2.0||~8.3.0",
            "config.platform.php of composer.json is 8.1.9",
            "php >=8.1",
        ] {
            assert!(detail.contains(value), "{detail}");
        }
        assert!(
            detail.contains("--php 8.2, which changes config.platform.php"),
            "{detail}"
        );
        let (title, detail) = texts(json!({"require": {"php": "~8.2.0"}}), Some("8.3"));
        assert_eq!(title, "composer.json requires php ~8.2.0, not PHP 8.3");
        assert!(detail.contains("--php asks for 8.3"), "{detail}");
        assert!(
            detail.contains("allow PHP 8.3 in composer.json"),
            "{detail}"
        );
        let (title, detail) = texts(json!({"require": {"php": "~7.4.0"}}), Some("8.2"));
        assert_eq!(title, "composer.json requires php ~7.4.0, not PHP 8.2");
        assert!(
            detail.contains("Let composer.json require php ~8.2.0||~8.3.0"),
            "{detail}"
        );
    }

    #[test]
    fn what_is_ignored_does_not_mismatch() {
        let wish = |names: &[&str]| PlatformWish {
            php: Some("8.5".to_string()),
            ignored: IgnorePlatform::These(names.iter().map(|name| name.to_string()).collect()),
        };
        let mismatch = |names: &[&str]| {
            choose(
                &wish(names),
                &root(&json!({})),
                Target::MageOs,
                &release("~8.2.0"),
                &[],
                &|_| None,
            )
            .mismatch
        };
        assert!(mismatch(&["php"]).is_none());
        assert!(mismatch(&["php+"]).is_none());
        assert!(mismatch(&["ext-intl"]).is_some());
    }

    #[test]
    fn the_platform_of_the_root_goes_along_when_it_has_to() {
        let follow = |configured: &str, asked: &str| {
            let root = root(&json!({"config": {"platform": {"php": configured}}}));
            let wish = PlatformWish::default().with_php(asked);
            follow(&wish, &root, &release("~8.2.0||~8.3.0")).map(|(_, new)| new)
        };
        assert_eq!(follow("8.1.27", "8.3").as_deref(), Some("8.3.99"));
        assert_eq!(follow("8.1.27", "8.3.6").as_deref(), Some("8.3.6"));
        assert_eq!(follow("8.3.4", "8.3"), None);
        assert_eq!(follow("8.3.6", "8.3.6"), None);
        let none = root(&json!({"config": {}}));
        let wish = PlatformWish::default().with_php("8.3");
        assert_eq!(super::follow(&wish, &none, &release("~8.3.0")), None);
    }
}
