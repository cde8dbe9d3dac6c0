//! What the PHP of a plan has to fit before any package is looked at, and what is said when it does not.

use crate::distribution::{Release, Target};
use crate::plan::sentence;
use crate::plan::{Code, Finding};
use composer_engine::format::constraint::Constraint;
use composer_engine::format::root::RootPackage;
use composer_engine::format::version::Version;
use composer_engine::repository::platform::Platform;
use composer_engine::resolve::platform::PlatformFilter;

/// A patch level that no PHP reaches.
pub(super) const NEWEST_PATCH: u32 = 99;

/// Where the PHP to plan for comes from.
pub(super) enum Origin {
    /// `--php`, as typed.
    Asked(String),
    /// `config.platform.php`.
    Platform(String),
    /// Nothing names one: it is chosen.
    Assumed,
}

/// What a plan's PHP has to fit before any package is looked at.
pub(super) struct Demands {
    /// The range of the release, as written.
    release: Option<(String, Constraint)>,
    /// What the root requires itself.
    root: Option<(String, Constraint)>,
}

impl Demands {
    /// Reads both ranges; one that cannot be read demands nothing.
    pub(super) fn new(root: &RootPackage, release: &Release) -> Self {
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

    /// Whether a PHP is in all ranges.
    pub(super) fn allow(&self, php: &Version) -> bool {
        let mut all = self.release.iter().chain(&self.root);
        all.all(|(_, constraint)| constraint.matches_version(php))
    }

    fn allow_text(&self, php: &str) -> bool {
        Version::parse(php).is_ok_and(|php| self.allow(&php))
    }

    /// A version of PHP in full. One without a patch level stands for all of them: the newest that the demands allow.
    pub(super) fn patch_of(&self, php: &str) -> String {
        if !is_series(php) {
            return php.to_string();
        }
        (0..=NEWEST_PATCH)
            .rev()
            .map(|patch| format!("{php}.{patch}"))
            .find(|full| self.allow_text(full))
            .unwrap_or_else(|| newest_patch(php))
    }

    /// Whether `config.platform.php` is of the PHP that is asked for already, and fits.
    pub(super) fn stays(&self, asked: &str, configured: &str) -> bool {
        let same = match is_series(asked) {
            true => configured
                .strip_prefix(asked)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
            false => configured == asked,
        };
        same && self.allow_text(configured)
    }

    /// The minor versions of PHP that go with everything, oldest first.
    pub(super) fn fitting(&self, release: &Release) -> Vec<String> {
        let mut series = release.php_series();
        series.retain(|php| self.allow_text(&self.patch_of(php)));
        series
    }

    /// The one blocker that says all there is to say, when the release, the root and the PHP do not go together.
    pub(super) fn mismatch(
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

/// A version of PHP in full: where there are only two numbers, a patch level that no PHP reaches stands for the newest one.
pub(crate) fn newest_patch(php: &str) -> String {
    match is_series(php) {
        true => format!("{php}.{NEWEST_PATCH}"),
        false => php.to_string(),
    }
}

/// Whether a version is a minor one (`8.3`), which stands for all of its patch levels.
fn is_series(php: &str) -> bool {
    php.split_once('.')
        .is_some_and(|(_, minor)| !minor.contains('.'))
}
