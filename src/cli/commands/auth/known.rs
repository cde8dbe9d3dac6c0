//! Which credentials Composer would find, without their secrets.

use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::project::root_files::RootFiles;
use composer_engine::files;
use composer_engine::format::auth::file::hosts;
use composer_engine::repository::composer_home;
use serde_json::Value;
use std::path::Path;

/// What is stored where, in the order in which Composer reads it: a later one counts. Fails at a source that is there and cannot be
/// read, of which nothing is quoted.
pub(crate) fn known(project: &Path) -> Result<Vec<(String, &'static str, String)>, CliError> {
    let decoded = |text: &[u8], place: &str| {
        let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        serde_json::from_slice::<Value>(text).map_err(|error| {
            let message = format!("{place} is not JSON, see line {}", error.line());
            CliError::message(Exit::Failed, message)
                .hint("correct it; Composer does not read it, either")
        })
    };
    let shown = |path: &Path| {
        let path = path.strip_prefix(".").unwrap_or(path);
        path.display().to_string()
    };
    let file = |path: &Path| -> Result<Option<Value>, CliError> {
        let text = files::text_if_there(path, files::CONFIGURATION)?;
        text.map(|text| decoded(text.as_bytes(), &shown(path)))
            .transpose()
    };
    let config = |root: Option<Value>| root.and_then(|root| root.get("config").cloned());
    let mut sources = Vec::new();
    if let Some(home) = composer_home(&|name| std::env::var(name).ok()) {
        let path = home.join("config.json");
        sources.push((config(file(&path)?), shown(&path)));
        let path = home.join("auth.json");
        sources.push((file(&path)?, shown(&path)));
    }
    let files = RootFiles::of(project).unwrap_or_default();
    let root = project.join(&files.root);
    sources.push((config(file(&root)?), shown(&root)));
    let auth = files.folder(project).join("auth.json");
    sources.push((file(&auth)?, shown(&auth)));
    let environment = std::env::var("COMPOSER_AUTH").ok();
    let environment = environment.filter(|text| !text.is_empty());
    let environment = environment.map(|text| decoded(text.as_bytes(), "COMPOSER_AUTH"));
    sources.push((environment.transpose()?, "COMPOSER_AUTH".to_owned()));
    Ok(sources
        .into_iter()
        .flat_map(|(auth, place)| {
            let found = auth.as_ref().map(hosts).unwrap_or_default();
            found
                .into_iter()
                .map(move |(host, kind)| (host, kind, place.clone()))
        })
        .collect())
}
