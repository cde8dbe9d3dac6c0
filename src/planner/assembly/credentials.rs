//! Repositories of the new root that ask for keys when none are there.

use crate::distribution::{Target, host_and_path, needs_keys, repository_host};
use crate::plan::{Code, Finding};
use crate::planner::survey::Survey;
use composer_engine::format::auth::Target as Address;
use composer_engine::repository::Options;
use serde_json::Value;
use std::collections::BTreeMap;

/// A finding for each host that is known to ask for credentials and for which neither an auth.json nor `COMPOSER_AUTH` nor
/// the root itself has any. Nobody is asked.
pub(crate) fn findings(survey: &Survey<'_>, root: &Value, target: Target) -> Vec<Finding> {
    let mut missing: BTreeMap<&str, &str> = BTreeMap::new();
    for entry in entries(root) {
        let Some(url) = entry.get("url").and_then(Value::as_str) else {
            continue;
        };
        if let Some((host, _)) = host_and_path(url)
            && needs_keys(url)
            && !has_login(entry, url)
            && !is_known(host, survey.options)
        {
            missing.insert(host, url);
        }
    }
    let distribution = target.distribution();
    let public = match &distribution.facts().mirror {
        Some(mirror) => format!(
            " Without keys, the mirror {mirror} serves the same packages of {distribution}."
        ),
        None => String::new(),
    };
    missing
        .into_iter()
        .map(|(host, url)| {
            let is_marketplace = repository_host(url).is_some_and(|known| known.is_marketplace());
            let instead = if is_marketplace { &*public } else { "" };
            Finding::new(
                Code::CredentialsMissing,
                format!("There are no keys for {host}"),
                format!(
                    "Without them, `composer install` cannot download from {host}. Neither the auth.json of the project nor that of Composer nor COMPOSER_AUTH has any for it here; `mageshift auth {host}` stores and tests them.{instead}"
                ),
            )
            .in_file("auth.json")
        })
        .collect()
}

/// The `composer` repositories of a root, in either shape of the section.
fn entries(root: &Value) -> Vec<&Value> {
    let all: Vec<&Value> = match root.get("repositories") {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(Value::Object(object)) => object.values().collect(),
        _ => Vec::new(),
    };
    all.into_iter()
        .filter(|entry| entry.get("type").and_then(Value::as_str) == Some("composer"))
        .collect()
}

/// Whether the root itself says who is asking: in the address, by a header or by a certificate.
fn has_login(entry: &Value, url: &str) -> bool {
    let options = entry.get("options");
    let option =
        |section: &str, key: &str| options.and_then(|o| o.get(section)?.get(key)).is_some();
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = authority.split('/').next().unwrap_or_default();
    authority.contains('@') || option("http", "header") || option("ssl", "local_cert")
}

fn is_known(host: &str, options: &Options) -> bool {
    let address = Address {
        host: &host.to_ascii_lowercase(),
        port: None,
        path: "/packages.json",
    };
    !options.credentials.headers(address, None).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Project;
    use serde_json::json;

    /// The hosts that a Magento store with these repositories lacks keys for, given an auth.json.
    fn missing(repositories: Value, auth: Value) -> Vec<String> {
        let root = json!({
            "require": {"magento/product-community-edition": "2.4.8"},
            "repositories": repositories,
        });
        let store = tempfile::tempdir().unwrap();
        std::fs::write(store.path().join("composer.json"), root.to_string()).unwrap();
        let project = Project::read(store.path()).unwrap();
        let mut options = Options::default();
        options.credentials.add(&auth);
        let survey = Survey::new(&project, &options).unwrap();
        findings(&survey, &root, Target::Magento)
            .into_iter()
            .map(|finding| finding.title.replace("There are no keys for ", ""))
            .collect()
    }

    #[test]
    fn keys_are_missed_only_where_they_are_needed_and_nowhere() {
        let composer = |url: &str| json!({"type": "composer", "url": url});
        let repositories = json!({
            "a": composer("https://repo.magento.com/"),
            "b": composer("https://repo.magento.com"),
            "c": composer("https://acme.repo.packagist.com/shop/"),
            "d": composer("https://repo.mage-os.org/"),
            "e": composer("https://user:key@other.repo.packagist.com/"),
            "f": {"type": "composer", "url": "https://third.repo.packagist.com/", "options": {"http": {"header": ["X-Key: k"]}}},
            "g": {"type": "vcs", "url": "https://fourth.repo.packagist.com/x.git"},
            "h": false,
        });
        assert_eq!(
            missing(repositories.clone(), json!({})),
            ["acme.repo.packagist.com", "repo.magento.com"]
        );
        let auth = json!({
            "http-basic": {"repo.magento.com": {"username": "a", "password": "b"}},
            "bearer": {"acme.repo.packagist.com": "c"},
        });
        assert!(missing(repositories, auth).is_empty());
    }
}
