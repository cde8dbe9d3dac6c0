//! The services that the target's release runs on, against those that the store's configuration names.

use super::Switch;
use crate::composer::constraint::Constraint;
use crate::composer::version::Version;
use crate::distribution::{Distribution, Target};
use crate::plan::{Finding, Severity, codes};
use crate::project::env_php::{ENV_PHP, EnvPhp, Queue, Store};
use crate::project::services::{Engine, Role, Service, Services};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Longer lists are cut.
const MOST_NAMES: usize = 8;

/// What is to be known about the services of a store.
pub fn findings(switch: &Switch<'_>) -> Vec<Finding> {
    let services = Services::read(&switch.survey.project.dir);
    let facts = Facts::of(switch);
    let mut findings = Vec::new();
    for ((engine, version), files) in by_version(&services) {
        findings.extend(match engine {
            Engine::Php => php(&facts, switch.lock, version, &files),
            Engine::Composer => composer(&facts, version, &files),
            _ => facts.judge(engine, version, &files),
        });
    }
    findings.extend(search_engine(&services, switch.lock));
    findings.extend(extensions(switch));
    findings.extend(unknown(&services, &facts));
    findings.extend(services.unreadable.iter().map(|file| unreadable(file)));
    findings
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

fn finding(severity: Severity, code: &str, title: String, detail: String) -> Finding {
    Finding {
        severity,
        code: code.to_string(),
        title,
        detail,
        package: None,
        path: None,
    }
}

/// `a`, `a and b`, `a, b and c`.
fn and(items: &[impl AsRef<str>]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.as_slice() {
        [] => String::new(),
        [one] => (*one).to_string(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// What a release runs on.
struct Facts {
    /// `Mage-OS 3.4.0`.
    name: String,
    php: Option<String>,
    /// The release's own services, and how they are known: `is tested with`.
    own: (BTreeMap<Engine, Vec<String>>, &'static str),
    /// Wider ranges that it accepts.
    accepts: BTreeMap<Engine, Constraint>,
    /// The services of the Magento release it is based on, when it is another distribution's.
    upstream: Option<(String, BTreeMap<Engine, Vec<String>>)>,
}

impl Facts {
    fn of(switch: &Switch<'_>) -> Self {
        let Switch {
            survey,
            target,
            release,
            ..
        } = switch;
        let is_mage_os = target.distribution() == Distribution::MageOs;
        let upstream = release
            .upstream
            .as_deref()
            .filter(|_| is_mage_os)
            .and_then(|upstream| survey.catalog.facts(Target::Magento, upstream))
            .map(|upstream| (upstream.version.clone(), listed(&upstream.services)))
            .filter(|(_, services)| !services.is_empty());
        let accepts = release
            .accepts
            .iter()
            .filter_map(|(word, range)| Some((engine(word)?, Constraint::parse(range).ok()?)));
        let verb = if is_mage_os {
            "is tested with"
        } else {
            "is supported with"
        };
        let mut own = listed(&release.services);
        if *target == Target::CommerceCloud {
            own.extend(listed(&release.cloud));
        }
        Self {
            name: format!("{} {}", target.name(), release.version),
            php: release.php.clone(),
            own: (own, verb),
            accepts: accepts.collect(),
            upstream,
        }
    }

    /// Every version that is known to be fine.
    fn fine(&self, engine: Engine) -> Vec<&str> {
        let sources = [
            Some(&self.own.0),
            self.upstream.as_ref().map(|(_, list)| list),
        ];
        sources
            .into_iter()
            .flatten()
            .filter_map(|list| list.get(&engine))
            .flatten()
            .map(String::as_str)
            .collect()
    }

    /// What is known of the services for some roles, as a sentence; none when that is nothing.
    fn sentence(&self, roles: &[Role]) -> Option<String> {
        let list = |services: &BTreeMap<Engine, Vec<String>>| {
            let named: Vec<String> = services
                .iter()
                .filter(|(engine, _)| roles.contains(&engine.role()))
                .map(|(engine, versions)| format!("{} {}", engine.name(), versions.join(" or ")))
                .collect();
            (!named.is_empty()).then(|| and(&named))
        };
        let (own, verb) = &self.own;
        let own = list(own).map(|list| format!("{} {verb} {list}", self.name));
        let upstream = self.upstream.as_ref().and_then(|(version, services)| {
            Some(format!(
                "Magento {version}, which it is based on, is supported with {}",
                list(services)?
            ))
        });
        match (own, upstream) {
            (None, None) => None,
            (own, upstream) => {
                let parts: Vec<String> = own.into_iter().chain(upstream).collect();
                Some(format!("{}.", parts.join("; ")))
            }
        }
    }

    /// Whether a version of a service fits the release.
    fn judge(&self, engine: Engine, version: &str, files: &[&str]) -> Option<Finding> {
        let accepted = self
            .accepts
            .get(&engine)
            .zip(Version::parse(version).ok())
            .is_some_and(|(range, version)| range.matches_version(&version));
        if accepted {
            return None;
        }
        let fine = self.fine(engine);
        let role = engine.role();
        let known = self.sentence(&[role])?;
        let named = format!("{} {version}", engine.name());
        let whose = format!(
            "{} {} it.",
            and(files),
            if files.len() == 1 { "names" } else { "name" }
        );
        let (severity, code, title) = match fit(version, &fine, series(engine)) {
            Fit::Fine => return None,
            Fit::OlderMinor => (
                Severity::Note,
                "service-older",
                format!("{named} is older than what {} was tried with", self.name),
            ),
            Fit::Other => (
                Severity::Warning,
                codes::SERVICE_UNSUPPORTED,
                format!("{named} is not among the versions for {}", self.name),
            ),
            // It is spoken to in the same way as its successor.
            Fit::Unlisted if engine == Engine::Redis => (
                Severity::Note,
                "service-replaced",
                format!("Redis is not listed for {} any more, Valkey is", self.name),
            ),
            Fit::Unlisted => (
                Severity::Warning,
                codes::SERVICE_UNSUPPORTED,
                format!("{} is not listed for {}", engine.name(), self.name),
            ),
        };
        let advice = match severity {
            Severity::Note => "Try the switch on a copy of the shop with it, or upgrade it.",
            _ => "Upgrade it with the switch, and try both on a copy of the shop first.",
        };
        Some(Finding {
            path: files.first().map(|file| (*file).to_string()),
            ..finding(severity, code, title, format!("{whose} {known} {advice}"))
        })
    }
}

fn engine(word: &str) -> Option<Engine> {
    Engine::ALL.into_iter().find(|engine| engine.word() == word)
}

/// The services of a release by kind. Several versions are separated by `,` or `/`.
fn listed(services: &BTreeMap<String, String>) -> BTreeMap<Engine, Vec<String>> {
    let services = services.iter().filter_map(|(word, versions)| {
        let versions = versions
            .split([',', '/'])
            .map(|version| version.trim().to_string());
        Some((engine(word)?, versions.collect()))
    });
    services.collect()
}

/// How many leading numbers of a version name a series whose members are exchangeable.
fn series(engine: Engine) -> usize {
    match engine.role() {
        Role::Database => 2,
        _ => 1,
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Fit {
    Fine,
    /// Of a series that is fine, but below its members that were tried.
    OlderMinor,
    /// Another series.
    Other,
    /// No version of this kind is known to be fine.
    Unlisted,
}

/// How a version relates to those that are fine. A less precise version counts as any that it may stand for.
fn fit(version: &str, fine: &[&str], series: usize) -> Fit {
    let numbers = |version: &str| -> Vec<u64> {
        version
            .trim_end_matches('+')
            .split('.')
            .map_while(|part| part.parse().ok())
            .collect()
    };
    let own = numbers(version);
    if fine.is_empty() {
        return Fit::Unlisted;
    }
    let mut result = Fit::Other;
    for fine in fine.iter().map(|version| numbers(version)) {
        let common = own.len().min(fine.len());
        if own[..common] == fine[..common] {
            return Fit::Fine;
        }
        if own.iter().take(series).eq(fine.iter().take(series)) {
            if own > fine {
                return Fit::Fine;
            }
            result = Fit::OlderMinor;
        }
    }
    result
}

/// Whether the release and the packages of the new lock run on a PHP.
fn php(facts: &Facts, lock: &Value, version: &str, files: &[&str]) -> Option<Finding> {
    // Two numbers stand for the newest patch of their series.
    let precise = match version.split('.').count() {
        2 => format!("{version}.99"),
        _ => version.to_string(),
    };
    let php = Version::parse(&precise).ok()?;
    let whose = format!(
        "{} {} PHP {version}.",
        and(files),
        if files.len() == 1 { "names" } else { "name" }
    );
    let unsupported = |title: String, detail: String| Finding {
        path: files.first().map(|file| (*file).to_string()),
        ..finding(Severity::Warning, codes::SERVICE_UNSUPPORTED, title, detail)
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
                cut(&names)
            ),
        )
    })
}

/// The packages of a lock, those for development included.
fn packages(lock: &Value) -> impl Iterator<Item = &Value> {
    ["packages", "packages-dev"]
        .into_iter()
        .filter_map(|section| lock.get(section)?.as_array())
        .flatten()
}

fn cut(names: &[String]) -> String {
    match names.len().checked_sub(MOST_NAMES) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names[..MOST_NAMES].join(", ")),
    }
}

/// What is known to go wrong with a version of Composer.
fn composer(facts: &Facts, version: &str, files: &[&str]) -> Option<Finding> {
    let whose = format!(
        "{} {} Composer {version}.",
        and(files),
        if files.len() == 1 { "names" } else { "name" }
    );
    let known = facts.sentence(&[Role::Composer]).unwrap_or_default();
    let trouble = |severity, title: String, why: &str| {
        Some(Finding {
            path: files.first().map(|file| (*file).to_string()),
            ..finding(
                severity,
                "composer-version",
                title,
                format!("{whose} {why} {known}").trim_end().to_string(),
            )
        })
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

/// A search engine in the configuration whose module the new lock does not have.
fn search_engine(services: &Services, lock: &Value) -> Option<Finding> {
    let engine = services.env.as_ref()?.search_engine.as_deref()?;
    let module = match engine {
        "opensearch" => "module-open-search",
        "elasticsearch8" => "module-elasticsearch-8",
        "elasticsearch7" => "module-elasticsearch-7",
        "elasticsearch6" => "module-elasticsearch-6",
        "elasticsearch5" => "module-elasticsearch-5",
        _ => return None,
    };
    let is_module = |package: &Value| {
        package["name"]
            .as_str()
            .is_some_and(|name| name.split_once('/').is_some_and(|(_, name)| name == module))
    };
    (!packages(lock).any(|package| is_module(package))).then(|| Finding {
        path: Some(ENV_PHP.to_string()),
        ..finding(
            Severity::Warning,
            "search-engine-gone",
            format!("The search engine {engine} is not in the target"),
            format!("{ENV_PHP} sets catalog/search/engine to {engine}, and the new lock has no {module}. Set up an engine that it has (opensearch) before `setup:upgrade`, which fails otherwise."),
        )
    })
}

/// PHP extensions that the new lock requires and the old one did not.
fn extensions(switch: &Switch<'_>) -> Option<Finding> {
    let required = |lock: &Value| -> BTreeSet<String> {
        let packages = lock.get("packages").and_then(Value::as_array);
        packages
            .into_iter()
            .flatten()
            .filter_map(|package| package.get("require")?.as_object())
            .flat_map(|require| require.keys())
            .filter(|name| name.starts_with("ext-"))
            .map(|name| name.to_ascii_lowercase())
            .collect()
    };
    let old = required(switch.survey.project.lock()?.value());
    let new: Vec<String> = required(switch.lock)
        .difference(&old)
        .map(|name| name.trim_start_matches("ext-").to_string())
        .collect();
    (!new.is_empty()).then(|| {
        finding(
            Severity::Note,
            "php-extensions",
            "The new packages need further PHP extensions".to_string(),
            format!(
                "No package of the old lock required {}. `php -m` on the server tells whether it is there.",
                and(&new)
            ),
        )
    })
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
    Some(finding(
        Severity::Note,
        "services-unknown",
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
    let mut stores: Vec<Store> = env.caches.iter().copied().chain(env.sessions).collect();
    stores.sort_unstable();
    stores.dedup();
    used.extend(stores.iter().filter_map(|store| match store {
        Store::Redis => Some("Redis".to_string()),
        Store::Valkey => Some("Valkey".to_string()),
        Store::Memcached => Some("Memcached".to_string()),
        Store::Database | Store::Files => None,
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

fn unreadable(file: &str) -> Finding {
    Finding {
        path: Some(file.to_string()),
        ..finding(
            Severity::Note,
            "services-unreadable",
            format!("{file} could not be read"),
            "It is no YAML that can be read, so the services in it were not compared with what the target needs.".to_string(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_fit_by_series() {
        for (version, fine, series, expected) in [
            ("10.6", &["10.6", "10.11"][..], 2, Fit::Fine),
            ("10.6.17", &["10.6"], 2, Fit::Fine),
            ("10.4", &["10.6"], 2, Fit::Other),
            ("11", &["11.4"], 2, Fit::Fine),
            ("2.5", &["2.19", "3"], 1, Fit::OlderMinor),
            ("2.20", &["2.19"], 1, Fit::Fine),
            ("1.3", &["2.19", "3"], 1, Fit::Other),
            ("3.1", &["3"], 1, Fit::Fine),
            ("2.2.29", &["2.2.26+"], 1, Fit::Fine),
            ("7.2", &[], 1, Fit::Unlisted),
        ] {
            assert_eq!(fit(version, fine, series), expected, "{version} {fine:?}");
        }
    }
}
