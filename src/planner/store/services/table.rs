//! Service by service: what the target's release is made for, and what the store's configuration names.

use super::facts::Facts;
use super::{by_version, php};
use crate::distribution::{Release, Target};
use crate::plan::background::{Fit, Found, Role, Service};
use crate::plan::{Code, Severity};
use crate::planner::survey::Survey;
use crate::project::services::Engine;
use serde_json::Value;

/// Every kind of service of which something is known. `lock` is the new one; null where there is none.
pub(crate) fn table(
    survey: &Survey<'_>,
    target: Target,
    release: &Release,
    lock: &Value,
) -> Vec<Service> {
    let facts = Facts::of(survey, target, release);
    let named = by_version(&survey.project.services);
    let all = [
        Role::Php,
        Role::Database,
        Role::Search,
        Role::Cache,
        Role::Queue,
        Role::HttpCache,
        Role::WebServer,
        Role::Composer,
    ];
    let services = all.into_iter().map(|role| {
        let engines = || {
            Engine::ALL
                .into_iter()
                .filter(|engine| engine.role() == role)
        };
        let wanted: Vec<String> = engines()
            .filter_map(|engine| wanted(&facts, release, engine))
            .collect();
        let found = named
            .iter()
            .filter(|((engine, _), _)| engine.role() == role)
            .map(|((engine, version), files)| Found {
                name: format!("{} {version}", engine.name()),
                file: files.first().copied().unwrap_or_default().to_owned(),
                fit: fit(&facts, lock, *engine, version, !wanted.is_empty()),
            })
            .collect();
        Service {
            role,
            found,
            wanted,
        }
    });
    services
        .filter(|service| !service.wanted.is_empty() || !service.found.is_empty())
        .collect()
}

/// The versions of an engine that the release is made for: `MariaDB 10.6 or 11.4`.
fn wanted(facts: &Facts, release: &Release, engine: Engine) -> Option<String> {
    let mut versions: Vec<String> = match engine {
        Engine::Php => release.php_series(),
        _ => facts.fine(engine).into_iter().map(str::to_owned).collect(),
    };
    let mut seen = std::collections::BTreeSet::new();
    versions.retain(|version| seen.insert(version.clone()));
    let accepted = release.accepts.get(engine.word());
    match (versions.join(" or "), accepted) {
        (versions, None) if versions.is_empty() => None,
        (versions, None) => Some(format!("{} {versions}", engine.name())),
        (versions, Some(range)) if versions.is_empty() => {
            Some(format!("{} {range}", engine.name()))
        }
        (versions, Some(range)) => Some(format!("{} {versions} ({range} will do)", engine.name())),
    }
}

fn fit(facts: &Facts, lock: &Value, engine: Engine, version: &str, is_known: bool) -> Fit {
    let finding = match engine {
        Engine::Php => php::php(facts, lock, version, &[""]),
        Engine::Composer => php::composer(facts, version, &[""]),
        _ => facts.judge(engine, version, &[""]),
    };
    match finding {
        None if is_known => Fit::Fits,
        None => Fit::Unknown,
        Some(finding) if finding.severity() == Severity::Note => Fit::Close,
        Some(finding) if finding.code() == Code::ServiceReplaced => Fit::Close,
        Some(_) => Fit::Unsupported,
    }
}
