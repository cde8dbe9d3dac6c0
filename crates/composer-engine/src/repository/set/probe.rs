//! Asking one repository whether it lets somebody in.

use super::RepositorySet;
use super::options::Options;
use crate::repository::metadata::versions::Loaded;
use crate::repository::{PackageSource, RepositoryError};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Asks the Composer repository at `url`, and no other server, for its root document and for some packages: which of them
/// it has. `root` is the decoded composer.json whose `config` says how servers are asked. Neither a cache nor a mirror
/// answers in its place. Fails when the root document cannot be had; each package is found, not found, or refused.
pub fn probe(
    url: &str,
    root: &Value,
    options: &Options,
    names: &[&str],
) -> Result<Vec<Result<bool, Arc<RepositoryError>>>, Arc<RepositoryError>> {
    let mut only = Map::new();
    only.insert(
        "repositories".to_owned(),
        json!([{"type": "composer", "url": url}, {"packagist.org": false}]),
    );
    only.extend(
        root.get("config")
            .map(|config| ("config".to_owned(), config.clone())),
    );
    let user_config = options
        .user_config
        .as_ref()
        .and_then(|user| user.get("config"))
        .map(|config| json!({"config": config}));
    let options = Options {
        mirror_dir: None,
        cache_dir: None,
        user_config,
        // What another run of questions has met is nothing to go by.
        session: Arc::default(),
        ..options.clone()
    };
    let set = RepositorySet::open(&Value::Object(only), std::path::Path::new("."), &options)?;
    if let Some(error) = set.failure(0) {
        return Err(error.clone());
    }
    let names: Vec<Arc<str>> = names.iter().map(|&name| name.into()).collect();
    let found = set.load(0, &names).into_iter().map(|loaded| match loaded {
        Loaded::Versions(versions) => Ok(!versions.records.is_empty()),
        Loaded::Absent => Ok(false),
        Loaded::Unavailable(error) => Err(error),
    });
    Ok(found.collect())
}
