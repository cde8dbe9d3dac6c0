//! The services that the target's release runs on, against those that the store's configuration names.

mod facts;
mod php;
mod table;
mod wording;

use crate::distribution::{Release, Target};
use crate::plan::sentence::and;
use crate::plan::{Code, Finding};
use crate::planner::store::Switch;
use crate::planner::store::services::facts::packages;
use crate::planner::survey::Survey;
use crate::project::env_php::{Backend, ENV_PHP, EnvPhp, Queue};
use crate::project::services::{Engine, Role, Service, Services};
use facts::Facts;
use serde_json::Value;
use std::collections::BTreeMap;
pub(crate) use table::table;

/// What is to be known about the services of a store.
pub(super) fn findings(switch: &Switch<'_>) -> Vec<Finding> {
    let services = &switch.survey.project.services;
    let facts = Facts::of(switch.survey, switch.target, switch.release);
    let mut findings = Vec::new();
    for ((engine, version), files) in by_version(services) {
        findings.extend(match engine {
            Engine::Php => php::php(&facts, switch.lock, version, &files),
            Engine::Composer => php::composer(&facts, version, &files),
            _ => facts.judge(engine, version, &files),
        });
    }
    findings.extend(search_engine(services, switch.lock));
    findings.extend(php::extensions(switch));
    // A store that stays on its release stays with the services that it has.
    if !switch.survey.is_at(switch.target, switch.release) {
        findings.extend(unknown(services, &facts));
    }
    findings.extend(services.unreadable.iter().map(unreadable));
    findings
}

/// The PHPs that the store's configuration names and a release does not run on, for a plan that has no new lock to judge by.
pub(crate) fn configured_php(
    survey: &Survey<'_>,
    target: Target,
    release: &Release,
) -> Vec<Finding> {
    let facts = Facts::of(survey, target, release);
    by_version(&survey.project.services)
        .into_iter()
        .filter(|((engine, _), _)| *engine == Engine::Php)
        .filter_map(|((_, version), files)| php::php(&facts, &Value::Null, version, &files))
        .collect()
}

/// The versions of each service, with the files that name them.
fn by_version(services: &Services) -> BTreeMap<(Engine, &str), Vec<&str>> {
    let mut versions: BTreeMap<(Engine, &str), Vec<&str>> = BTreeMap::new();
    for Service {
        engine,
        version,
        file,
    } in &services.services
    {
        if let Some(version) = version {
            versions.entry((*engine, version)).or_default().push(file);
        }
    }
    versions
}

/// A search engine in the configuration whose module the new lock does not have.
fn search_engine(services: &Services, lock: &Value) -> Option<Finding> {
    let (engine, file) = services.search_engine.as_ref()?;
    let module = match engine.as_str() {
        // The database has been no search engine since Magento 2.4.
        "mysql" => None,
        "opensearch" => Some("module-open-search"),
        "elasticsearch8" => Some("module-elasticsearch-8"),
        "elasticsearch7" => Some("module-elasticsearch-7"),
        "elasticsearch6" => Some("module-elasticsearch-6"),
        // Of an extension, which knows what it needs.
        _ => return None,
    };
    let is_module = |package: &Value| {
        let name = package["name"]
            .as_str()
            .and_then(|name| name.split_once('/'));
        name.is_some_and(|(_, name)| Some(name) == module)
    };
    if packages(lock).any(is_module) {
        return None;
    }
    let lacks = module.map_or_else(String::new, |module| {
        format!(", and the new lock has no {module}")
    });
    Some(Finding::new(
        Code::SearchEngineGone,
        format!("The search engine {engine} is not in the target"),
        format!(
            "{file} sets catalog/search/engine to {engine}{lacks}. Set up an engine that the target has (opensearch) before `setup:upgrade`, which fails otherwise."
        ),
    )
    .in_file((*file).to_string()))
}

/// That nothing tells the versions of the services that a shop cannot do without.
fn unknown(services: &Services, facts: &Facts) -> Option<Finding> {
    let is_known = |role: Role| {
        services
            .services
            .iter()
            .any(|service| service.engine.role() == role && service.version.is_some())
    };
    let missing: Vec<&str> = [
        (Role::Database, "database"),
        (Role::Search, "search engine"),
    ]
    .into_iter()
    .filter(|(role, _)| !is_known(*role))
    .map(|(_, name)| name)
    .collect();
    if missing.is_empty() {
        return None;
    }
    let roles = [
        Role::Database,
        Role::Search,
        Role::Cache,
        Role::Queue,
        Role::HttpCache,
        Role::WebServer,
    ]
    .into_iter()
    .filter(|role| !is_known(*role))
    .collect::<Vec<_>>();
    let known = facts.sentence(&roles)?;
    let used = services.env.as_ref().map(used).unwrap_or_default();
    let used = match used.as_slice() {
        [] => String::new(),
        used => format!(" {ENV_PHP} names {}.", and(used)),
    };
    Some(Finding::new(
        Code::ServicesUnknown,
        format!(
            "The version of the {} is not known",
            missing.join(" and the ")
        ),
        format!("No configuration in the project tells it, so compare by hand.{used} {known}"),
    ))
}

/// The services that an env.php names.
fn used(env: &EnvPhp) -> Vec<String> {
    let mut used = Vec::new();
    let at = |what: &str, host: &Option<String>| match host {
        Some(host) => format!("{what} at {host}"),
        None => what.to_string(),
    };
    if env.database_host.is_some() {
        used.push(at("a database", &env.database_host));
    }
    if let Some(engine) = &env.search_engine {
        used.push(at(engine, &env.search_host));
    }
    let mut backends: Vec<Backend> = env.caches.iter().copied().chain(env.sessions).collect();
    backends.sort_unstable();
    backends.dedup();
    used.extend(backends.iter().filter_map(|backend| match backend {
        Backend::Redis => Some("Redis".to_string()),
        Backend::Valkey => Some("Valkey".to_string()),
        Backend::Memcached => Some("Memcached".to_string()),
        Backend::Database | Backend::Files => None,
    }));
    match env.queue {
        Some(Queue::Amqp) => used.push(at("RabbitMQ", &env.queue_host)),
        Some(Queue::Stomp) => used.push(at("ActiveMQ", &env.queue_host)),
        None => {}
    }
    if !env.varnish_hosts.is_empty() {
        used.push(format!("Varnish at {}", and(&env.varnish_hosts)));
    }
    used
}

fn unreadable((file, what): &(String, String)) -> Finding {
    Finding::new(
        Code::ServicesUnreadable,
        format!("{file} could not be read"),
        format!("It {what}, so the services in it were not compared with what the target needs."),
    )
    .in_file(file.clone())
}
