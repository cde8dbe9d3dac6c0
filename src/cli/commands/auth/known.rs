//! Which credentials Composer would find, without their secrets.

use crate::project::root_files::RootFiles;
use composer_engine::files;
use composer_engine::format::auth::file::hosts;
use composer_engine::repository::composer_home;
use serde_json::Value;
use std::path::Path;

/// What is stored where, in the order in which Composer reads it: a later one counts.
pub(crate) fn known(project: &Path) -> Vec<(String, &'static str, String)> {
    let decoded = |text: &[u8]| serde_json::from_slice::<Value>(text).ok();
    let file = |path: &Path| {
        files::read(path, files::CONFIGURATION)
            .ok()
            .and_then(|text| decoded(&text))
    };
    let config = |root: Option<Value>| root.and_then(|root| root.get("config").cloned());
    let shown = |path: &Path| {
        let path = path.strip_prefix(".").unwrap_or(path);
        path.display().to_string()
    };
    let mut sources = Vec::new();
    if let Some(home) = composer_home(&|name| std::env::var(name).ok()) {
        let path = home.join("config.json");
        sources.push((config(file(&path)), shown(&path)));
        let path = home.join("auth.json");
        sources.push((file(&path), shown(&path)));
    }
    let files = RootFiles::of(project).unwrap_or_default();
    let root = project.join(&files.root);
    sources.push((config(file(&root)), shown(&root)));
    let auth = files.folder(project).join("auth.json");
    sources.push((file(&auth), shown(&auth)));
    let environment = std::env::var("COMPOSER_AUTH").ok();
    sources.push((
        environment.and_then(|text| decoded(text.as_bytes())),
        "COMPOSER_AUTH".to_owned(),
    ));
    sources
        .into_iter()
        .flat_map(|(auth, place)| {
            let found = auth.as_ref().map(hosts).unwrap_or_default();
            found
                .into_iter()
                .map(move |(host, kind)| (host, kind, place.clone()))
        })
        .collect()
}
