//! Gathers what must not be shown, before anything is.

use crate::plan::Plan;
use crate::planner::pipeline::new::steps::{ADMIN_PASSWORD, variable};
use crate::preview::{Masker, Secrets};
use crate::project::env_php::DatabaseLogin;
use crate::project::root_files::RootFiles;
use crate::project::store_files::DiskFiles;
use composer_engine::files;
use composer_engine::repository;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The variable with the password of the shop's database.
pub(super) const DATABASE_PASSWORD: &str = "MAGESHIFT_DB_PASSWORD";

/// A masker that knows the credentials in `COMPOSER_AUTH`, in the `auth.json` and `config.json` of the user, in the
/// store's `auth.json`, and what its composer.json and composer.lock hold: addresses and options of repositories; and the
/// password of the shop's database. Files that cannot be read are left to whoever needs them.
pub(super) fn masker(store: &Path) -> Masker {
    Masker::new(&of_store(store))
}

/// What [`masker`] hides.
pub(super) fn of_store(store: &Path) -> Secrets {
    let mut secrets = Secrets::default();
    if let Ok(auth) = std::env::var("COMPOSER_AUTH") {
        add_auth(&mut secrets, auth.as_bytes());
    }
    let homes = composer_homes();
    // Whatever the variable says, what the usual files hold is as secret.
    let named = RootFiles::of(store).unwrap_or_default();
    let usual = RootFiles::default();
    let folders = [store.to_path_buf(), named.folder(store)];
    for folder in homes.iter().chain(&folders) {
        if let Ok(auth) = files::read(&folder.join("auth.json"), files::CONFIGURATION) {
            add_auth(&mut secrets, &auth);
        }
    }
    let configs = homes.iter().map(|home| home.join("config.json"));
    let roots = [&usual, &named].map(|files| store.join(&files.root));
    for file in configs.chain(roots) {
        if let Ok(text) = files::read(&file, files::CONFIGURATION) {
            add_root(&mut secrets, &text);
        }
    }
    for lock in [&usual, &named].map(|files| store.join(&files.lock)) {
        if let Ok(lock) = files::read(&lock, files::DATA) {
            add_lock(&mut secrets, &lock);
        }
    }
    for password in [DATABASE_PASSWORD.to_owned(), variable(ADMIN_PASSWORD)] {
        if let Ok(password) = std::env::var(password) {
            secrets.add(&password);
        }
    }
    if let Ok(Some(login)) = DatabaseLogin::read(&DiskFiles::below(store))
        && let Some(password) = login.password
    {
        secrets.add(password.expose());
    }
    secrets
}

/// What a saved plan holds that a store would: the files as they become, and as they were.
pub(super) fn add_plan(secrets: &mut Secrets, plan: &Plan) {
    for edit in &plan.edits {
        let Some(after) = &edit.after else { continue };
        let before = edit.text_before();
        for text in [Some(after), before.as_ref()].into_iter().flatten() {
            match edit.path.ends_with(".lock") {
                true => add_lock(secrets, text.as_bytes()),
                false => add_root(secrets, text.as_bytes()),
            }
        }
    }
}

fn add_root(secrets: &mut Secrets, text: &[u8]) {
    secrets.add_urls(&String::from_utf8_lossy(text));
    let Some(root) = parse(text) else { return };
    if let Some(config) = root.get("config") {
        secrets.add_auth(config);
    }
    for secret in repository::secrets(&root) {
        secrets.add(secret.expose());
    }
}

/// A lock repeats the options of a repository with each package that comes from there.
fn add_lock(secrets: &mut Secrets, text: &[u8]) {
    if memchr::memmem::find(text, b"transport-options").is_none() {
        return;
    }
    let Some(lock) = parse(text) else { return };
    let sections = ["packages", "packages-dev"].into_iter();
    let packages = sections.filter_map(|section| lock.get(section)?.as_array());
    let options = packages
        .flatten()
        .filter_map(|package| package.get("transport-options"));
    for secret in options.flat_map(repository::option_secrets) {
        secrets.add(secret.expose());
    }
}

fn add_auth(secrets: &mut Secrets, text: &[u8]) {
    if let Some(auth) = parse(text) {
        secrets.add_auth(&auth);
    }
}

fn parse(text: &[u8]) -> Option<Value> {
    serde_json::from_slice(text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text)).ok()
}

/// Where Composer may keep the user's `auth.json` (`Factory::getHomeDir` picks one of these).
fn composer_homes() -> Vec<PathBuf> {
    let variable = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(home) = variable("COMPOSER_HOME") {
        return vec![home];
    }
    let mut homes = Vec::new();
    homes.extend(variable("XDG_CONFIG_HOME").map(|config| config.join("composer")));
    if let Some(home) = variable("HOME") {
        homes.extend([home.join(".config/composer"), home.join(".composer")]);
    }
    homes.extend(variable("APPDATA").map(|data| data.join("Composer")));
    homes
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_store_sends_to_its_repositories_is_hidden() {
        let store = tempfile::tempdir().unwrap();
        let header = |value: &str| json!({"http": {"header": [format!("X-Key: {value}")]}});
        let root = json!({"repositories": [{"type": "composer", "url": "https://acme.test/", "options": header("sandpiper")}]});
        let lock = json!({"packages": [{"name": "a/b", "transport-options": header("dotterel")}]});
        std::fs::write(store.path().join("composer.json"), root.to_string()).unwrap();
        std::fs::write(store.path().join("composer.lock"), lock.to_string()).unwrap();
        let masker = masker(store.path());
        assert_eq!(
            masker.mask("sandpiper, dotterel and wheatear"),
            "***, *** and wheatear"
        );
    }
}
