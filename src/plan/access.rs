//! Repositories of the new root that ask for keys when none are there.

use super::survey::Survey;
use super::{Finding, Severity};
use crate::composer::auth::Target as Address;
use crate::distribution::{Distribution, Target, host_and_path, needs_keys};
use crate::repository::Options;
use serde_json::Value;
use std::collections::BTreeMap;

/// A finding for each host that is known to ask for credentials and for which neither an auth.json nor `COMPOSER_AUTH` nor
/// the root itself has any. Nobody is asked.
pub fn findings(survey: &Survey<'_>, root: &Value, target: Target) -> Vec<Finding> {
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
    let public = match target.distribution() {
        Distribution::Magento => {
            " Without keys, the mirror https://mirror.mage-os.org/ serves the same packages of Magento Open Source."
        }
        _ => "",
    };
    missing
        .into_iter()
        .map(|(host, url)| {
            let instead = if host_and_path(&Target::Magento.facts().repository)
                == host_and_path(url)
            {
                public
            } else {
                ""
            };
            Finding {
                severity: Severity::Warning,
                code: "credentials-missing".to_string(),
                title: format!("There are no keys for {host}"),
                detail: format!(
                    "`composer install` cannot download from {host} without. Neither the auth.json of the project nor that of Composer nor COMPOSER_AUTH has any here; `mageshift auth {host}` stores and tests them.{instead}"
                ),
                package: None,
                path: Some("auth.json".to_string()),
            }
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
