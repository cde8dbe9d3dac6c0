//! How repositories are to be read, and what the surroundings of a store say about it.

use super::foresight::Foresight;
use super::session::Session;
use crate::files;
use crate::format::auth::Credentials;
use crate::repository::WantsDev;
use crate::repository::error::{ErrorKind, RepositoryError};
use crate::repository::transport::network::{DEADLINE, OnProgress};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How repositories are to be read.
#[derive(Clone)]
pub struct Options {
    /// A folder with one static repository for each host. A repository whose host has a folder there is never contacted.
    pub mirror_dir: Option<PathBuf>,
    /// Whether the network is off.
    pub offline: bool,
    /// How long a repository that was asked may send nothing, without a pause or in all (the first second of each pause aside),
    /// before it counts as down for the rest of the run. A living one may take as long as its documents need.
    pub deadline: Duration,
    /// Where documents are kept from run to run. None keeps nothing.
    pub cache_dir: Option<PathBuf>,
    /// Composer's own config.json, decoded: its `repositories` come after the store's, its `config` before.
    pub user_config: Option<Value>,
    /// Who we are, for each host.
    pub credentials: Credentials,
    /// Which names may be installed from a branch. All, unless the caller knows better.
    pub wants_dev: Arc<WantsDev>,
    /// Who asks, as servers see it in the name of the client: `Composer/2.9.0 (AGENT)`.
    pub agent: String,
    /// Told about every request.
    pub on_progress: Option<Arc<OnProgress>>,
    /// What was opened already, by whoever has a clone of these options.
    pub session: Arc<Session>,
    /// What is likely to be asked: it is asked for as soon as a repository is open.
    pub foresight: Option<Arc<Foresight>>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            mirror_dir: None,
            offline: false,
            deadline: DEADLINE,
            cache_dir: None,
            user_config: None,
            credentials: Credentials::default(),
            wants_dev: Arc::new(|_| true),
            agent: concat!("composer-engine ", env!("CARGO_PKG_VERSION")).to_owned(),
            on_progress: None,
            session: Arc::default(),
            foresight: None,
        }
    }
}

impl Options {
    /// What applies to the store in `store_dir` with the decoded composer.json `root`: credentials from where Composer looks
    /// for them (its own config.json and auth.json, the store's composer.json and auth.json, `COMPOSER_AUTH`), and its own
    /// config.json. `environment` looks up a variable.
    /// Fails when one of the files is there and cannot be used.
    pub fn for_store(
        root: &Value,
        store_dir: &Path,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Options, RepositoryError> {
        let home = composer_home(&environment);
        let in_home = |file: &str| {
            home.as_ref()
                .map_or(Ok(None), |home| read(&home.join(file)))
        };
        let user_config = in_home("config.json")?;
        let environment_auth = environment("COMPOSER_AUTH").filter(|auth| !auth.is_empty());
        let environment_auth = environment_auth
            .map(|auth| decode(auth.as_bytes(), "COMPOSER_AUTH"))
            .transpose()?;
        let mut credentials = Credentials::default();
        let sections = [
            user_config
                .as_ref()
                .and_then(|config| config.get("config"))
                .cloned(),
            in_home("auth.json")?,
            root.get("config").cloned(),
            read(&store_dir.join("auth.json"))?,
            environment_auth,
        ];
        sections
            .iter()
            .flatten()
            .for_each(|section| credentials.add(section));
        Ok(Options {
            user_config,
            credentials,
            ..Options::default()
        })
    }
}

/// The folder of Composer's own files (`Factory::getHomeDir`): `COMPOSER_HOME`, else the first that exists of the XDG one and
/// `~/.composer`, else the one that Composer would make. `environment` looks up a variable.
pub fn composer_home(environment: &impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let variable = |name: &str| environment(name).filter(|value| !value.is_empty());
    if let Some(home) = variable("COMPOSER_HOME") {
        return Some(PathBuf::from(home));
    }
    if cfg!(windows) {
        return variable("APPDATA").map(|folder| PathBuf::from(folder).join("Composer"));
    }
    let user = PathBuf::from(variable("HOME")?);
    let xdg = variable("XDG_CONFIG_HOME");
    let uses_xdg = xdg.is_some() || Path::new("/etc/xdg").is_dir();
    let config = xdg.map_or_else(|| user.join(".config"), PathBuf::from);
    let (modern, classic) = (config.join("composer"), user.join(".composer"));
    let made = if uses_xdg { &modern } else { &classic }.clone();
    [modern, classic]
        .into_iter()
        .find(|folder| folder.is_dir())
        .or(Some(made))
}

/// The decoded file; none when there is no such file.
fn read(path: &Path) -> Result<Option<Value>, RepositoryError> {
    match files::read_if_there(path, files::CONFIGURATION) {
        Ok(Some(text)) => decode(&text, &path.display().to_string()).map(Some),
        Ok(None) => Ok(None),
        Err(error) => Err(RepositoryError::new(
            ErrorKind::Configuration,
            path.display().to_string(),
            error.what.to_string(),
        )),
    }
}

fn decode(text: &[u8], shown: &str) -> Result<Value, RepositoryError> {
    let wrong = |message: String| RepositoryError::new(ErrorKind::Malformed, shown, message);
    // What is wrong with the syntax can be said without quoting the text.
    let value: Value =
        serde_json::from_slice(text).map_err(|error| wrong(format!("is not JSON: {error}")))?;
    if value.is_object() {
        Ok(value)
    } else {
        Err(wrong("is not a JSON object".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::auth::Target;
    use serde_json::json;
    use std::fs;

    /// Composer's folder with a config.json and an auth.json, and a store with an auth.json.
    fn surroundings() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let basic = |host: &str, user: &str| json!({"http-basic": {host: {"username": user, "password": "p"}}});
        let write = |path: &str, content: Value| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content.to_string()).unwrap();
        };
        write(
            ".composer/config.json",
            json!({"config": basic("a.org", "config"), "repositories": {"packagist.org": false}}),
        );
        write(".composer/auth.json", basic("b.org", "home"));
        write("store/auth.json", basic("c.org", "store"));
        folder
    }

    fn user(options: &Options, host: &str) -> String {
        let headers = options.credentials.headers(
            Target {
                host,
                port: None,
                path: "/",
            },
            None,
        );
        headers
            .iter()
            .map(|header| header.value.expose().to_owned())
            .collect()
    }

    #[test]
    fn gathers_what_composer_would() {
        let folder = surroundings();
        let auth = json!({"http-basic": {"c.org": {"username": "environment", "password": "p"}}})
            .to_string();
        let home = folder.path().display().to_string();
        let environment = |name: &str| match name {
            "HOME" => Some(home.clone()),
            "COMPOSER_AUTH" => Some(auth.clone()),
            _ => None,
        };
        let root =
            json!({"config": {"http-basic": {"b.org": {"username": "root", "password": "p"}}}});
        let options = Options::for_store(&root, &folder.path().join("store"), environment).unwrap();
        assert_eq!(user(&options, "a.org"), "Basic Y29uZmlnOnA=");
        assert_eq!(user(&options, "b.org"), "Basic cm9vdDpw");
        assert_eq!(user(&options, "c.org"), "Basic ZW52aXJvbm1lbnQ6cA==");
        assert_eq!(
            options.user_config.unwrap()["repositories"],
            json!({"packagist.org": false})
        );
        let bare = Options::for_store(&json!({}), folder.path(), |_| None).unwrap();
        assert_eq!(
            (user(&bare, "a.org"), bare.user_config),
            (String::new(), None)
        );
    }

    #[test]
    fn says_which_file_is_broken_without_quoting_it() {
        let folder = surroundings();
        let file = folder.path().join("store/auth.json");
        fs::write(&file, "{\n\"bearer\": {\"a.org\": hunter2}}").unwrap();
        let error = Options::for_store(&json!({}), &folder.path().join("store"), |_| None)
            .err()
            .unwrap();
        assert_eq!(error.url, file.display().to_string());
        assert!(
            error.message.contains("line 2") && !error.message.contains("hunter2"),
            "{error}"
        );
        let environment = |name: &str| (name == "COMPOSER_AUTH").then(|| "hunter2".to_owned());
        let error = Options::for_store(&json!({}), folder.path(), environment)
            .err()
            .unwrap();
        assert!(
            error.url == "COMPOSER_AUTH" && !error.message.contains("hunter2"),
            "{error}"
        );
    }
}
