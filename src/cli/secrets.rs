//! Gathers what must not be shown, before anything is.

use crate::files;
use crate::preview::{Masker, Secrets};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A masker that knows the credentials in `COMPOSER_AUTH`, in the `auth.json` of the user and of the store, and in the
/// store's composer.json. Files that cannot be read are left to whoever needs them.
pub(super) fn masker(store: &Path) -> Masker {
    let mut secrets = Secrets::default();
    if let Ok(auth) = std::env::var("COMPOSER_AUTH") {
        add_auth(&mut secrets, auth.as_bytes());
    }
    for folder in composer_homes().into_iter().chain([store.to_owned()]) {
        if let Ok(auth) = files::read(&folder.join("auth.json"), files::CONFIGURATION) {
            add_auth(&mut secrets, &auth);
        }
    }
    if let Ok(root) = files::read(&store.join("composer.json"), files::CONFIGURATION) {
        secrets.add_urls(&String::from_utf8_lossy(&root));
        if let Some(config) = parse(&root).as_ref().and_then(|root| root.get("config")) {
            secrets.add_auth(config);
        }
    }
    Masker::new(&secrets)
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
