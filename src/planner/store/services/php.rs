//! PHP, its extensions, and Composer.

use crate::plan::sentence::{and, list};
use crate::plan::{Code, Finding, Severity};
use crate::planner::lock::php::demands::newest_patch;
use crate::planner::store::Switch;
use crate::planner::store::services::facts::packages;
use crate::planner::store::services::facts::{Facts, Fit, fit};
use crate::planner::store::services::wording::names_it;
use crate::project::services::{Engine, Role};
use composer_engine::format::constraint::Constraint;
use composer_engine::format::version::Version;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

/// Whether the release and the packages of the new lock run on a PHP.
pub(crate) fn php(facts: &Facts, lock: &Value, version: &str, files: &[&str]) -> Option<Finding> {
    let php = Version::parse(&newest_patch(version)).ok()?;
    let whose = format!("{} PHP {version}.", names_it(files));
    let unsupported = |title: String, detail: String| {
        Finding::new(Code::ServiceUnsupported, title, detail)
            .in_file(files.first().copied().unwrap_or_default())
    };
    let refuses = |constraint: &str| {
        Constraint::parse(constraint).is_ok_and(|constraint| !constraint.matches_version(&php))
    };
    if let Some(constraint) = facts
        .php
        .as_deref()
        .filter(|constraint| refuses(constraint))
    {
        return Some(unsupported(
            format!("{} does not run on PHP {version}", facts.name),
            format!(
                "{whose} {} requires PHP {constraint}: `composer install` refuses another. Change the PHP together with the switch.",
                facts.name
            ),
        ));
    }
    let mut known: HashMap<&str, bool> = HashMap::new();
    let names: Vec<String> = packages(lock)
        .filter_map(|package| {
            let constraint = package.get("require")?.get("php")?.as_str()?;
            let refused = *known
                .entry(constraint)
                .or_insert_with(|| refuses(constraint));
            refused.then(|| {
                format!(
                    "{} ({constraint})",
                    package["name"].as_str().unwrap_or_default()
                )
            })
        })
        .collect();
    (!names.is_empty()).then(|| {
        unsupported(
            format!("Packages of the new lock do not run on PHP {version}"),
            format!(
                "{whose} These packages require another: {}. Plan with `--php {version}`, so that versions are chosen that run on it, or change the PHP.",
                list(&names)
            ),
        )
    })
}

/// What is known to go wrong with a version of Composer.
pub(crate) fn composer(facts: &Facts, version: &str, files: &[&str]) -> Option<Finding> {
    let whose = format!("{} Composer {version}.", names_it(files));
    let known = facts.sentence(&[Role::Composer]).unwrap_or_default();
    let trouble = |severity, title: String, why: &str| {
        Some(
            Finding::new(
                Code::ComposerVersion,
                title,
                format!("{whose} {why} {known}").trim_end().to_string(),
            )
            .as_severity(severity)
            .in_file(files.first().copied().unwrap_or_default()),
        )
    };
    if version == "1" || version.starts_with("1.") {
        return trouble(
            Severity::Warning,
            "Composer 1 is too old for the new lock".to_string(),
            "Repositories do not serve Composer 1 any more, and plugins of this release need Composer 2.",
        );
    }
    if version == "2.9" || version.starts_with("2.9.") {
        return trouble(
            Severity::Warning,
            format!("Composer {version} has known troubles"),
            "Since 2.9 `composer update` refuses versions with a known security advisory (components/jquery is one that stores have), and releases of 2.9 have regressions. Use 2.10.2 or, for PHP before 7.2, 2.2.29; COMPOSER_NO_SECURITY_BLOCKING=1 turns the refusal off. `composer install` of this lock is not concerned.",
        );
    }
    let fine = facts.fine(Engine::Composer);
    (fit(version, &fine, 1) == Fit::OlderMinor)
        .then(|| {
            trouble(
                Severity::Note,
                format!(
                    "Composer {version} is older than what {} was tried with",
                    facts.name
                ),
                "It may do; the newest 2.x is the safer choice.",
            )
        })
        .flatten()
}

/// Extensions that PHP 8 is never without.
const ALWAYS_THERE: [&str; 9] = [
    "ext-core",
    "ext-date",
    "ext-hash",
    "ext-json",
    "ext-pcre",
    "ext-random",
    "ext-reflection",
    "ext-spl",
    "ext-standard",
];

/// PHP extensions that the new lock requires and the old one did not.
pub(crate) fn extensions(switch: &Switch<'_>) -> Option<Finding> {
    let required = |lock: &Value| -> BTreeSet<String> {
        let packages = lock.get("packages").and_then(Value::as_array);
        packages
            .into_iter()
            .flatten()
            .filter_map(|package| package.get("require")?.as_object())
            .flat_map(|require| require.keys())
            .filter(|name| name.starts_with("ext-"))
            .map(|name| name.to_ascii_lowercase())
            .filter(|name| !ALWAYS_THERE.contains(&name.as_str()))
            .collect()
    };
    let old = required(switch.survey.project.lock()?.value());
    let new: Vec<String> = required(switch.lock)
        .difference(&old)
        .map(|name| name.trim_start_matches("ext-").to_string())
        .collect();
    (!new.is_empty()).then(|| {
        Finding::new(
            Code::PhpExtensions,
            "The new packages need further PHP extensions",
            format!(
                "No package of the old lock required {}. `php -m` lists what the server has.",
                and(&new)
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn troubles_of_composer() {
        let facts = Facts::with(&[(Engine::Composer, "2.10.2")], None);
        for (version, expected) in [
            ("1.10.26", Some(Severity::Warning)),
            ("2.9.1", Some(Severity::Warning)),
            ("2.2.25", Some(Severity::Note)),
            ("2.10.3", None),
            ("2", None),
        ] {
            let found = composer(&facts, version, &["x.yaml"]);
            let code = found.as_ref().map(Finding::code);
            assert_eq!(code, expected.map(|_| Code::ComposerVersion), "{version}");
            assert_eq!(
                found.map(|finding| finding.severity()),
                expected,
                "{version}"
            );
        }
    }

    #[test]
    fn php_of_the_release_and_of_the_packages() {
        let facts = Facts::with(&[], Some("~8.2.0||~8.3.0"));
        let lock = json!({"packages": [
            {"name": "a/old", "require": {"php": "<8.3"}},
            {"name": "a/any", "require": {"php": ">=7.4"}},
            {"name": "a/none"},
        ]});
        let title = |version: &str| php(&facts, &lock, version, &["x.yaml"]).map(|f| f.title);
        assert_eq!(title("8.2"), None);
        assert_eq!(title("8.1").unwrap(), "Mage-OS 9 does not run on PHP 8.1");
        assert_eq!(
            title("8.3.1").unwrap(),
            "Packages of the new lock do not run on PHP 8.3.1"
        );
    }
}
