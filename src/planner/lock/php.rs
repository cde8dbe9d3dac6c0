//! Which PHP a plan is made for.

use crate::distribution::{Release, Target};
use crate::plan::sentence;
use crate::plan::{Code, Finding};
use crate::planner::wish::{IgnorePlatform, Wish};
use crate::project::services::{Engine, Service};
use composer_engine::format::constraint::Constraint;
use composer_engine::format::root::RootPackage;
use composer_engine::format::version::{Version, compare};
use composer_engine::repository::platform::Platform;
use composer_engine::resolve::explain::problem::{Explanation, Relation};
use composer_engine::resolve::platform::PlatformFilter;
use indexmap::IndexMap;
use serde_json::Value;

/// A patch level that no PHP reaches.
const NEWEST_PATCH: u32 = 99;

/// A platform to plan for, which requirements of it count, and what to say about it.
#[derive(Debug)]
pub(crate) struct PlannedPlatform {
    pub platform: Platform,
    pub filter: PlatformFilter,
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
    wish: &Wish,
    root: &RootPackage,
    target: Target,
    release: &Release,
    services: &[Service],
    here: &Here<'_>,
) -> PlannedPlatform {
    let ignored: Vec<&str> = match &wish.ignore_platform {
        IgnorePlatform::Everything => {
            return PlannedPlatform {
                platform: Platform::unknown(),
                filter: PlatformFilter::All,
                finding: None,
                is_guess: false,
                mismatch: None,
            };
        }
        IgnorePlatform::These(names) => names.iter().map(String::as_str).collect(),
        IgnorePlatform::Nothing => Vec::new(),
    };
    let demands = Demands::new(root, release);
    let mut is_guess = false;
    let (platform, finding, origin) = match (&wish.php, configured_platform(root)) {
        (Some(php), configured) => {
            let origin = match configured {
                Some(old) if demands.stays(php, old) => Origin::Platform(old.to_string()),
                _ => Origin::Asked(php.clone()),
            };
            let php = match &origin {
                Origin::Platform(old) => old.clone(),
                _ => demands.patch_of(php),
            };
            let mut overrides = root.platform.clone();
            overrides.shift_remove("php");
            let platform = Platform::of_php(&php).with_overrides(&overrides);
            (platform, None, origin)
        }
        (None, Some(php)) => (
            Platform::of_php(php).with_overrides(&root.platform),
            None,
            Origin::Platform(php.to_string()),
        ),
        (None, None) => {
            let assumed = assumed(root, release, &demands, services, here);
            is_guess = assumed.is_guess;
            (assumed.platform, assumed.finding, Origin::Assumed)
        }
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
    wish: &Wish,
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

/// Where the PHP to plan for comes from.
enum Origin {
    /// `--php`, as typed.
    Asked(String),
    /// `config.platform.php`.
    Platform(String),
    Assumed,
}

/// What a plan's PHP has to fit before any package is looked at.
struct Demands {
    /// The range of the release, as written.
    release: Option<(String, Constraint)>,
    /// What the root requires itself.
    root: Option<(String, Constraint)>,
}

impl Demands {
    fn new(root: &RootPackage, release: &Release) -> Self {
        let of_release = release
            .php
            .as_ref()
            .and_then(|range| Some((range.clone(), Constraint::parse(range).ok()?)));
        let of_root = root
            .requires
            .iter()
            .find(|link| &*link.target == "php")
            .map(|link| {
                (
                    link.pretty_constraint.to_string(),
                    Constraint::clone(&link.constraint),
                )
            });
        Demands {
            release: of_release,
            root: of_root,
        }
    }

    fn allow(&self, php: &Version) -> bool {
        let mut all = self.release.iter().chain(&self.root);
        all.all(|(_, constraint)| constraint.matches_version(php))
    }

    fn allow_text(&self, php: &str) -> bool {
        Version::parse(php).is_ok_and(|php| self.allow(&php))
    }

    /// A version of PHP in full. One without a patch level stands for all of them: the newest that the demands allow.
    fn patch_of(&self, php: &str) -> String {
        if php.split('.').count() != 2 {
            return php.to_string();
        }
        (0..=NEWEST_PATCH)
            .rev()
            .map(|patch| format!("{php}.{patch}"))
            .find(|full| self.allow_text(full))
            .unwrap_or_else(|| newest_patch(php))
    }

    /// Whether `config.platform.php` is of the PHP that is asked for already, and fits.
    fn stays(&self, asked: &str, configured: &str) -> bool {
        let is_series = asked.split('.').count() == 2;
        let same = match is_series {
            true => configured
                .strip_prefix(asked)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
            false => configured == asked,
        };
        same && self.allow_text(configured)
    }

    /// The minor versions of PHP that go with everything, oldest first.
    fn fitting(&self, release: &Release) -> Vec<String> {
        let mut series = release.php_series();
        series.retain(|php| self.allow_text(&self.patch_of(php)));
        series
    }

    /// The one blocker that says all there is to say, when the release, the root and the PHP do not go together.
    fn mismatch(
        &self,
        platform: &Platform,
        filter: &PlatformFilter,
        origin: &Origin,
        target: Target,
        release: &Release,
    ) -> Option<Finding> {
        if filter.ignores("php") {
            return None;
        }
        let shown = platform.php()?;
        let php = Version::parse(shown).ok()?;
        let refuses = |demand: &Option<(String, Constraint)>| {
            demand.as_ref().is_some_and(|(_, constraint)| {
                let relaxed = filter.relaxed("php", constraint);
                !relaxed.as_ref().unwrap_or(constraint).matches_version(&php)
            })
        };
        let (by_release, by_root) = (refuses(&self.release), refuses(&self.root));
        if !by_release && !by_root {
            return None;
        }
        let name = format!("{} {}", target.name(), release.version);
        // As it was named: 8.2 and not a patch level that stands for all of them.
        let (shown, source) = match origin {
            Origin::Asked(asked) => (asked.as_str(), "--php asks for"),
            Origin::Platform(configured) => (
                configured.as_str(),
                "config.platform.php of composer.json is",
            ),
            Origin::Assumed => (shown, "the plan is for"),
        };
        let fitting = self.fitting(release);
        let title = match (by_release, &self.root, &self.release) {
            (false, Some((root, _)), _) => {
                format!("composer.json requires php {root}, not PHP {shown}")
            }
            (true, Some((root, _)), Some((range, _))) if fitting.is_empty() => {
                format!("{name} runs on PHP {range}, composer.json requires php {root}")
            }
            _ => format!("{name} does not run on PHP {shown}"),
        };
        let mut values: Vec<String> = Vec::new();
        if let Some((range, _)) = &self.release {
            values.push(format!("{name} runs on PHP {range}"));
        }
        values.push(match origin {
            Origin::Assumed => format!("{source} PHP {shown}"),
            _ => format!("{source} {shown}"),
        });
        if let Some((root, _)) = &self.root {
            values.push(format!("composer.json requires php {root}"));
        }
        let mut ways = Vec::new();
        let range = self.release.as_ref().map(|(range, _)| range.as_str());
        match (fitting.first(), range) {
            (Some(first), _) => {
                let has_platform = matches!(origin, Origin::Platform(_));
                let along = match has_platform {
                    true => ", which changes config.platform.php as well",
                    false => "",
                };
                let fitting: Vec<&str> = fitting.iter().map(String::as_str).collect();
                ways.push(format!(
                    "What goes together is PHP {}: give the server one of them and plan with --php {first}{along}.",
                    sentence::or(&fitting)
                ));
                if by_root && !by_release {
                    ways.push(format!("Or allow PHP {shown} in composer.json."));
                }
            }
            (None, Some(range)) if self.root.is_some() => ways.push(format!(
                "Let composer.json require php {range}, and plan with --php and the PHP that the server is going to have."
            )),
            (None, _) => ways.push("Plan with --php and a PHP that is allowed.".to_string()),
        }
        if by_release {
            ways.push(format!(
                "`mageshift releases` shows which releases run on PHP {shown}."
            ));
        }
        Some(
            Finding::new(
                Code::PhpMismatch,
                title,
                format!("{}. {}", values.join("; "), ways.join(" ")),
            )
            .of_package("php")
            .in_file("composer.json"),
        )
    }
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

/// A package that does not run on the PHP that a plan is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// With its version.
    package: String,
    /// What it requires.
    range: String,
    /// The PHP that the plan is for.
    php: String,
}

impl Refused {
    /// Whether the PHP that was refused is of a minor version (`8.2`).
    pub(crate) fn is_of(&self, series: &str) -> bool {
        let rest = self.php.strip_prefix(series);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

/// The first package that does not run on the PHP to plan for, among what explains why there is no solution. The root itself is
/// no package: what it requires is compared before.
pub(crate) fn refused<'e>(
    explanations: impl IntoIterator<Item = &'e Explanation>,
    platform: &Platform,
) -> Option<Refused> {
    let php = platform.php()?;
    // A patch level that stands for all of them is no PHP that anybody has.
    let all = format!(".{NEWEST_PATCH}");
    let php = php.strip_suffix(&all).unwrap_or(php);
    let mut involved = explanations
        .into_iter()
        .flat_map(|explanation| &explanation.requirements);
    involved.find_map(|involved| {
        let (name, version) = involved.package.as_ref()?;
        let is_refusal = involved.relation == Relation::Requires
            && &*involved.target == "php"
            && !involved.satisfiable;
        is_refusal.then(|| Refused {
            package: format!("{name} {version}"),
            range: involved.constraint.to_string(),
            php: php.to_string(),
        })
    })
}

/// That the packages of a target need another PHP than the plan is for, and that there is a solution with `other`.
pub(crate) fn needs_another(refused: &Refused, other: &str) -> Finding {
    let Refused {
        package,
        range,
        php,
    } = refused;
    Finding::new(
        Code::PhpMismatch,
        format!("{package} does not run on PHP {php}"),
        format!(
            "It requires php {range}, and what is planned needs it. With PHP {other} there is a solution: give the server that, and plan with --php {other}."
        ),
    )
    .of_package("php")
    .in_file("composer.json")
}

/// The platform where nobody says which it is.
struct Assumed {
    platform: Platform,
    finding: Option<Finding>,
    is_guess: bool,
}

fn assumed(
    root: &RootPackage,
    release: &Release,
    demands: &Demands,
    services: &[Service],
    here: &Here<'_>,
) -> Assumed {
    let note = |title: String, detail: &str| Finding::new(Code::PhpAssumed, title, detail);
    if release.php.is_none() {
        return Assumed {
            platform: Platform::unknown(),
            finding: Some(note(
                "The PHP version was not checked".to_string(),
                "The release does not say which PHP it needs. Name the PHP of the server with --php.",
            )),
            is_guess: false,
        };
    }
    if let Some((php, file)) = configured(services, demands) {
        let finding = note(
            format!("Planned for PHP {php}, which {file} names"),
            "Packages that need a newer one are left out. If the server has another, name it with --php. Extensions were not checked.",
        );
        let platform = Platform::of_php(&demands.patch_of(php)).with_overrides(&root.platform);
        return Assumed {
            platform,
            finding: Some(finding),
            is_guess: false,
        };
    }
    let here = here(&root.platform).filter(|platform| {
        let mut packages = platform.packages.iter();
        packages.any(|package| &*package.name == "php" && demands.allow(&package.version))
    });
    // This machine need not have the extensions that the server has, so only its version counts.
    if let Some(php) = here.as_ref().and_then(Platform::php) {
        let finding = note(
            format!("Planned for PHP {php}, as on this machine"),
            "Packages that need a newer one are left out. If the server has another, name it with --php. Extensions were not checked.",
        );
        return Assumed {
            platform: Platform::of_php(php).with_overrides(&root.platform),
            finding: Some(finding),
            is_guess: true,
        };
    }
    let fitting = demands.fitting(release);
    match fitting.first().or(release.php_series().first()) {
        Some(oldest) => {
            let finding = note(
                format!("Planned for PHP {oldest}, the oldest that the release runs on"),
                &format!(
                    "{GUESS}. Packages that need a newer one are left out; name the server's with --php to allow them. Extensions were not checked."
                ),
            );
            let platform =
                Platform::of_php(&demands.patch_of(oldest)).with_overrides(&root.platform);
            Assumed {
                platform,
                finding: Some(finding),
                is_guess: true,
            }
        }
        None => Assumed {
            platform: Platform::unknown(),
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

/// A version of PHP in full: where there are only two numbers, a patch level that no PHP reaches stands for the newest one.
pub(crate) fn newest_patch(php: &str) -> String {
    match php.split('.').count() {
        2 => format!("{php}.{NEWEST_PATCH}"),
        _ => php.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use composer_engine::resolve::explain::problem::Involved;
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
        let wish = Wish {
            php: asked.map(str::to_string),
            ..Wish::default()
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
    fn the_package_that_refuses_a_php_is_found_in_the_explanation() {
        let involved = |package: Option<&str>, target: &str, satisfiable| Involved {
            package: package.map(|name| (name.into(), "2.0.1".into())),
            relation: Relation::Requires,
            target: target.into(),
            constraint: ">=8.3".into(),
            satisfiable,
        };
        let explained = |requirements: Vec<Involved>| Explanation {
            requirements,
            ..Explanation::default()
        };
        let none = explained(vec![
            involved(None, "php", false),
            involved(Some("acme/other"), "ext-intl", false),
            involved(Some("acme/other"), "php", true),
        ]);
        let one = explained(vec![involved(Some("acme/slider"), "php", false)]);
        let of = |php: &str, explanations: &[&Explanation]| {
            refused(explanations.iter().copied(), &Platform::of_php(php))
        };
        let named = of("8.2.9", &[&none, &one]).unwrap();
        assert_eq!(
            needs_another(&named, "8.3").title,
            "acme/slider 2.0.1 does not run on PHP 8.2.9"
        );
        assert!(named.is_of("8.2") && !named.is_of("8.3"));
        let any_patch = of(&newest_patch("8.2"), &[&one]).unwrap();
        assert_eq!(
            needs_another(&any_patch, "8.3").title,
            "acme/slider 2.0.1 does not run on PHP 8.2"
        );
        assert_eq!(of("8.2.9", &[&none]), None);
        assert_eq!(refused([&one], &Platform::unknown()), None);
    }

    #[test]
    fn what_is_ignored_does_not_mismatch() {
        let wish = |names: &[&str]| Wish {
            php: Some("8.5".to_string()),
            ignore_platform: IgnorePlatform::These(
                names.iter().map(|name| name.to_string()).collect(),
            ),
            ..Wish::default()
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
            let wish = Wish {
                php: Some(asked.to_string()),
                ..Wish::default()
            };
            follow(&wish, &root, &release("~8.2.0||~8.3.0")).map(|(_, new)| new)
        };
        assert_eq!(follow("8.1.27", "8.3").as_deref(), Some("8.3.99"));
        assert_eq!(follow("8.1.27", "8.3.6").as_deref(), Some("8.3.6"));
        assert_eq!(follow("8.3.4", "8.3"), None);
        assert_eq!(follow("8.3.6", "8.3.6"), None);
        let none = root(&json!({"config": {}}));
        let wish = Wish {
            php: Some("8.3".to_string()),
            ..Wish::default()
        };
        assert_eq!(super::follow(&wish, &none, &release("~8.3.0")), None);
    }
}
