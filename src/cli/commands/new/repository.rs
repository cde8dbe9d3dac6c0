//! The repository of the buyer's own that some feature sets come from, and its key.

use super::run::{Run, login};
use crate::cli::commands::auth::authority;
use crate::cli::outcome::error::CliError;
use crate::cli::screen::prompt;
use crate::cli::screen::ui::Ui;
use crate::profile::{Library, Profile};
use composer_engine::format::auth::Secret;
use composer_engine::repository::ErrorKind;
use composer_engine::repository::probe;
use serde_json::json;
use std::path::Path;

/// Asks for the repository of the buyer's own that a wanted set comes from, when nobody has named it, and for its key, when no
/// auth.json has it; again, when the repository does not take it. Says whether anything was asked.
pub(crate) fn ask_repository(
    run: &mut Run,
    library: &Library,
    profile: &Profile,
    dir: &Path,
    ui: &Ui,
) -> Result<bool, CliError> {
    let profile = run.wish.packages.worked_into(profile.clone(), library)?;
    let is_wanted = |name: &&String| !run.wish.packages.without.contains(name);
    let wanted = profile.with.iter().chain(&run.wish.packages.with);
    let mut hosts = wanted
        .filter(is_wanted)
        .filter_map(|name| library.set(name))
        .map(|set| &set.repositories);
    let Some(hosts) = hosts.find(|hosts| !hosts.is_empty()) else {
        return Ok(false);
    };
    let is_own = |url: &&String| hosts.iter().any(|host| url.contains(host.as_str()));
    let known = run.wish.repositories.iter().find(is_own).cloned();
    let is_asked = known.is_none();
    let url = match known {
        Some(url) => url,
        None => {
            let question = format!("Address of your repository at {}", hosts.join(" or "));
            let url = prompt::required(ui, &question)?;
            run.wish.repositories.push(url.clone());
            url
        }
    };
    let host = authority(&url);
    let options = run.metadata.options(&json!({}), dir)?;
    let is_mirrored = options
        .mirror_dir
        .as_ref()
        .is_some_and(|mirror| mirror.join(host).is_dir());
    if options.offline || is_mirrored || options.credentials.knows(host) {
        return Ok(is_asked);
    }
    loop {
        let key = prompt::secret(ui, &format!("Key of {host} (for this run only)"))?;
        if key.is_empty() {
            return Ok(true);
        }
        let key = Secret::new(key);
        let mut tried = options.clone();
        tried.credentials.add(&login(host, &key));
        let refused = probe(&url, &json!({}), &tried, &[]).err();
        let is_wrong =
            |kind: ErrorKind| matches!(kind, ErrorKind::Unauthorized | ErrorKind::Forbidden);
        if refused.is_none_or(|error| !is_wrong(error.kind)) {
            run.metadata.key = Some((host.to_owned(), key));
            return Ok(true);
        }
        ui.warn(&format!("{host} does not take this key."))?;
    }
}
