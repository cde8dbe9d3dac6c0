//! What is known around a plan, put down for who judges or reports.

use crate::distribution::{Family, ReleaseCatalog, Target, host_and_path, needs_keys};
use crate::plan::background::{Background, Extension, Kept, Support};
use crate::plan::census::is_extension_type;
use crate::plan::{Change, Plan};
use crate::planner::destination::Destination;
use crate::planner::store;
use crate::planner::survey::Survey;
use crate::project::env_php::EnvPhp;
use composer_engine::format::auth::Target as Address;
use composer_engine::format::lock::Lock;
use rustc_hash::FxHashSet;
use serde_json::Value;
use std::collections::BTreeMap;

/// Where it is gathered from.
pub(crate) struct Around<'a> {
    /// The store.
    pub survey: &'a Survey<'a>,
    /// Where it goes.
    pub destination: &'a Destination,
    /// The new root.
    pub root: &'a Value,
    /// The new lock, where there is one.
    pub lock: Option<&'a Value>,
}

impl Around<'_> {
    /// Of a plan whose changes are known.
    pub(crate) fn background(&self, plan: &Plan) -> Background {
        let Self { survey, lock, .. } = *self;
        let Destination {
            target, release, ..
        } = self.destination;
        let own = plan.source.target().zip(plan.source.release.as_deref());
        let env = survey.project.services.env.as_ref();
        let hosts = env.map(EnvPhp::hosts).unwrap_or_default();
        Background {
            hosts,
            source_support: own
                .and_then(|(target, version)| support(&survey.catalog, target, version)),
            target_support: support(&survey.catalog, *target, &release.version),
            kept: lock.map_or_else(Kept::default, |lock| kept(lock, &plan.changes)),
            services: store::services_table(survey, *target, release, lock.unwrap_or(&Value::Null)),
            ..self.extensions()
        }
    }

    /// The extensions alone.
    pub(crate) fn extensions(&self) -> Background {
        let old = self.survey.project.lock().map(Lock::value);
        let keys = KeyedHosts::of(self.survey, self.root);
        Background {
            extensions: extensions(old, self.lock, &keys),
            ..Background::default()
        }
    }
}

/// How long a release gets fixes; none when nothing is known of it.
pub(crate) fn support(catalog: &ReleaseCatalog, target: Target, version: &str) -> Option<Support> {
    const NEVER: &str = "9999-12-31";
    let release = catalog.facts(target, version)?;
    // Only what has ended by the day that is asked has a day: ask for one that never comes.
    let regular = release
        .support_end
        .clone()
        .or_else(|| catalog.out_of_support(target, release, NEVER));
    let extended = release.extended_support_end.clone();
    Some(Support {
        released: release.released.clone(),
        until_next: regular.is_none() && target.distribution().facts().only_newest_supported,
        // That of a release whose successor has no date ended on a day that is not known.
        regular: regular.filter(|day| day != NEVER),
        extended: extended.filter(|_| target.is_in(Family::Commerce)),
    })
}

/// Hosts of the root's repositories that ask for keys, as far as it is known or keys for them are stored.
struct KeyedHosts(FxHashSet<String>);

impl KeyedHosts {
    fn of(survey: &Survey<'_>, root: &Value) -> Self {
        let entries: Vec<&Value> = match root.get("repositories") {
            Some(Value::Array(list)) => list.iter().collect(),
            Some(Value::Object(object)) => object.values().collect(),
            _ => Vec::new(),
        };
        let is_composer =
            |entry: &&&Value| entry.get("type").and_then(Value::as_str) == Some("composer");
        let urls = entries
            .iter()
            .filter(is_composer)
            .filter_map(|entry| entry.get("url").and_then(Value::as_str));
        let has_keys = |host: &str| {
            let address = Address {
                host,
                port: None,
                path: "/packages.json",
            };
            let credentials = &survey.options.credentials;
            !credentials.headers(address, None).is_empty()
        };
        let hosts = urls.filter_map(|url| {
            let host = host_and_path(url)?.0.to_ascii_lowercase();
            let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
            let has_login = authority
                .split('/')
                .next()
                .unwrap_or_default()
                .contains('@');
            (has_login || needs_keys(url) || has_keys(&host)).then_some(host)
        });
        Self(hosts.collect())
    }

    fn ask(&self, url: &str, host: &str) -> bool {
        needs_keys(url) || self.0.contains(host)
    }
}

/// The extensions of both locks; of one that is in both, what the new one says.
fn extensions(old: Option<&Value>, new: Option<&Value>, keys: &KeyedHosts) -> Vec<Extension> {
    let mut all: BTreeMap<&str, Extension> = BTreeMap::new();
    for package in packages(old).chain(packages(new)) {
        let text = |pointer: &str| package.pointer(pointer).and_then(Value::as_str);
        let Some(name) = text("/name").filter(|name| !crate::distribution::is_core(name)) else {
            continue;
        };
        if !is_extension_type(text("/type").unwrap_or_default()) {
            continue;
        }
        let url = text("/dist/url").or_else(|| text("/source/url"));
        let host = url.and_then(|url| Some(host_and_path(url)?.0.to_ascii_lowercase()));
        let licences = match package.get("license") {
            Some(Value::Array(list)) => list
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            Some(Value::String(one)) => vec![one.clone()],
            _ => Vec::new(),
        };
        let needs_keys = url
            .zip(host.as_deref())
            .is_some_and(|(url, host)| keys.ask(url, host));
        let extension = Extension {
            name: name.to_owned(),
            version: text("/version").unwrap_or_default().to_owned(),
            licences,
            host,
            needs_keys,
        };
        all.insert(name, extension);
    }
    all.into_values().collect()
}

/// How many packages of a lock no change is about.
fn kept(lock: &Value, changes: &[Change]) -> Kept {
    let changed: FxHashSet<&str> = changes
        .iter()
        .map(|change| change.package.as_str())
        .collect();
    let mut kept = Kept::default();
    for package in packages(Some(lock)) {
        let text = |key: &str| package.get(key).and_then(Value::as_str).unwrap_or_default();
        let name = text("name");
        if changed.contains(name) {
            continue;
        }
        if crate::distribution::is_core(name) {
            kept.core += 1;
        } else if is_extension_type(text("type")) {
            kept.extensions += 1;
        } else {
            kept.libraries += 1;
        }
    }
    kept
}

fn packages(lock: Option<&Value>) -> impl Iterator<Item = &Value> {
    let lists = ["packages", "packages-dev"].into_iter();
    lists
        .filter_map(move |list| lock?.get(list)?.as_array())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn support_of_a_release_ends_with_the_next_where_only_the_newest_has_any() {
        let catalog = ReleaseCatalog::bundled();
        let of = |word: &str, version: &str| {
            let target = Target::from_word(word).unwrap();
            support(&catalog, target, version).unwrap()
        };
        let newest = catalog
            .newest(Target::from_word("mage-os").unwrap())
            .unwrap();
        let last = of("mage-os", &newest.version);
        assert!(last.until_next && last.regular.is_none(), "{last:?}");
        let first = of("mage-os", "1.0.1");
        assert!(!first.until_next && first.regular.is_some(), "{first:?}");
        assert_eq!(of("magento", "2.4.6").extended, None);
        assert!(of("commerce", "2.4.6").extended.is_some());
    }

    #[test]
    fn extensions_have_their_licence_and_whether_keys_are_asked_for() {
        let lock = json!({"packages": [
            {"name": "acme/slider", "version": "1.0.0", "type": "magento2-module", "license": ["proprietary"],
             "dist": {"url": "https://repo.acme.test/slider.zip"}},
            {"name": "acme/tools", "version": "1.0.0", "type": "library"},
            {"name": "magento/module-cms", "version": "1.0.0", "type": "magento2-module"},
        ]});
        let keys = KeyedHosts(["repo.acme.test".to_owned()].into_iter().collect());
        let found = extensions(Some(&lock), None, &keys);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].needs_keys && found[0].licences == ["proprietary"]);
        assert_eq!(found[0].host.as_deref(), Some("repo.acme.test"));
        let counts = kept(&lock, &[]);
        assert_eq!(
            (counts.core, counts.extensions, counts.libraries),
            (1, 1, 1)
        );
    }
}
