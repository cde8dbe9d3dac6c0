//! What a release runs on, and whether a version of a service fits.

use crate::distribution::{Family, Release, Target};
use crate::plan::sentence::and;
use crate::plan::{Code, Finding, Severity};
use crate::planner::store::services::wording::names_it;
use crate::planner::survey::Survey;
use crate::project::services::{Engine, Role};
use composer_engine::format::constraint::Constraint;
use composer_engine::format::version::Version;
use serde_json::Value;
use std::collections::BTreeMap;

/// What a release runs on.
pub(crate) struct Facts {
    /// `Mage-OS 3.4.0`.
    pub(crate) name: String,
    /// Its requirement on PHP, as a Composer constraint.
    pub(crate) php: Option<String>,
    /// The release's own services, and how they are known: `is tested with`.
    own: (BTreeMap<Engine, Vec<String>>, &'static str),
    /// Wider ranges that it accepts.
    accepts: BTreeMap<Engine, Constraint>,
    /// The services of the Magento release it is based on, when it is another distribution's.
    upstream: Option<(String, BTreeMap<Engine, Vec<String>>)>,
}

impl Facts {
    /// Of the release that a switch leads to.
    pub(crate) fn of(survey: &Survey<'_>, target: Target, release: &Release) -> Self {
        let rebuilds = target.distribution().rebuilds().map(Target::full);
        let upstream = rebuilds
            .zip(release.upstream.as_deref())
            .and_then(|(of, upstream)| survey.catalog.facts(of, upstream))
            .map(|upstream| (upstream.version.clone(), listed(&upstream.services)))
            .filter(|(_, services)| !services.is_empty());
        let accepts = release.accepts.iter().filter_map(|(word, range)| {
            Some((Engine::from_word(word)?, Constraint::parse(range).ok()?))
        });
        let verb = if rebuilds.is_some() {
            "is tested with"
        } else {
            "is supported with"
        };
        let mut own = listed(&release.services);
        if target.is_in(Family::Cloud) {
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

    /// Facts made up for a test.
    #[cfg(test)]
    pub(crate) fn with(services: &[(Engine, &str)], php: Option<&str>) -> Self {
        let services = services
            .iter()
            .map(|(engine, version)| (*engine, vec![(*version).to_string()]));
        Self {
            name: "Mage-OS 9".to_string(),
            php: php.map(str::to_string),
            own: (services.collect(), "is tested with"),
            accepts: BTreeMap::new(),
            upstream: None,
        }
    }

    /// Every version that is known to be fine.
    pub(crate) fn fine(&self, engine: Engine) -> Vec<&str> {
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
    pub(crate) fn sentence(&self, roles: &[Role]) -> Option<String> {
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
    pub(crate) fn judge(&self, engine: Engine, version: &str, files: &[&str]) -> Option<Finding> {
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
        let whose = format!("{} it.", names_it(files));
        let (code, title) = match fit(version, &fine, series(engine)) {
            Fit::Fine => return None,
            Fit::OlderMinor => (
                Code::ServiceOlder,
                format!("{named} is older than what {} was tried with", self.name),
            ),
            Fit::Other => (
                Code::ServiceUnsupported,
                format!("{named} is not among the versions for {}", self.name),
            ),
            // It is spoken to in the same way as its successor.
            Fit::Unlisted if engine == Engine::Redis => (
                Code::ServiceReplaced,
                format!("Redis is not listed for {}, Valkey is", self.name),
            ),
            Fit::Unlisted => (
                Code::ServiceUnsupported,
                format!("{} is not listed for {}", engine.name(), self.name),
            ),
        };
        let advice = match code.severity() {
            Severity::Note => "Try the switch on a copy of the shop with it, or upgrade it.",
            _ => "Upgrade it with the switch, and try both on a copy of the shop first.",
        };
        let finding = Finding::new(code, title, format!("{whose} {known} {advice}"));
        Some(finding.in_file(files.first().copied().unwrap_or_default()))
    }
}

/// The services of a release by kind. Several versions are separated by `,` or `/`.
fn listed(services: &BTreeMap<String, String>) -> BTreeMap<Engine, Vec<String>> {
    let services = services.iter().filter_map(|(word, versions)| {
        let versions = versions
            .split([',', '/'])
            .map(|version| version.trim().to_string());
        Some((Engine::from_word(word)?, versions.collect()))
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

/// How a version stands to those that a release is fine with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// One of them, or of a series in which they are exchangeable.
    Fine,
    /// Of a series that is fine, but below its members that were tried.
    OlderMinor,
    /// Another series.
    Other,
    /// No version of this kind is known to be fine.
    Unlisted,
}

/// How a version relates to those that are fine. A less precise version counts as any that it may stand for.
pub(crate) fn fit(version: &str, fine: &[&str], series: usize) -> Fit {
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

/// The packages of a lock, those for development included.
pub(super) fn packages(lock: &Value) -> impl Iterator<Item = &Value> {
    ["packages", "packages-dev"]
        .into_iter()
        .filter_map(|section| lock.get(section)?.as_array())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::ReleaseCatalog;

    #[test]
    fn the_bundled_data_can_be_read() {
        let catalog = ReleaseCatalog::bundled();
        for target in [Target::MageOs, Target::Commerce] {
            for release in catalog.releases(target) {
                let services = release.services.iter().chain(&release.cloud);
                for (word, versions) in services {
                    let engine = Engine::from_word(word).unwrap_or_else(|| panic!("{word}"));
                    for version in
                        &listed(&BTreeMap::from([(word.clone(), versions.clone())]))[&engine]
                    {
                        assert_eq!(fit(version, &[version], series(engine)), Fit::Fine);
                        assert!(
                            version.starts_with(|c: char| c.is_ascii_digit()),
                            "{version}"
                        );
                    }
                }
                for (word, range) in &release.accepts {
                    assert!(Engine::from_word(word).is_some() && Constraint::parse(range).is_ok());
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_told_by_how_far_it_is_off() {
        let facts = Facts::with(&[(Engine::OpenSearch, "2.19"), (Engine::Valkey, "8")], None);
        let code = |engine, version| {
            let found = facts.judge(engine, version, &["x"]);
            found.map(|finding| finding.code())
        };
        assert_eq!(code(Engine::OpenSearch, "2.5"), Some(Code::ServiceOlder));
        assert_eq!(
            code(Engine::OpenSearch, "1.3"),
            Some(Code::ServiceUnsupported)
        );
        assert_eq!(code(Engine::Redis, "7.2"), Some(Code::ServiceReplaced));
        assert_eq!(code(Engine::OpenSearch, "2.19"), None);
    }

    #[test]
    fn a_range_that_is_announced_counts() {
        let mut facts = Facts::with(&[(Engine::MySql, "8.4")], None);
        assert!(facts.judge(Engine::MySql, "8.0", &["x"]).is_some());
        assert!(facts.judge(Engine::MariaDb, "10.6", &["x"]).is_some());
        let range = Constraint::parse(">=5.7 <8.5").unwrap();
        facts.accepts.insert(Engine::MySql, range);
        assert_eq!(facts.judge(Engine::MySql, "8.0", &["x"]), None);
        // Nothing is known of queues, so nothing is said about them.
        assert_eq!(facts.judge(Engine::RabbitMq, "3", &["x"]), None);
    }

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
