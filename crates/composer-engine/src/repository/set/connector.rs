//! What the repositories of a composer.json are read through: a folder where there is one, else one network for all.

use super::options::Options;
use crate::files;
use crate::format::auth::Target;
use crate::repository::address;
use crate::repository::config::Entry;
use crate::repository::error::{ErrorKind, RepositoryError};
use crate::repository::metadata::digest::Digests;
use crate::repository::transport::backend::Backend;
use crate::repository::transport::cache::{Cache, digest};
use crate::repository::transport::folder::Folder;
use crate::repository::transport::network::{Background, Network, Settings, login};
use crate::repository::transport::peer::{Identity, Peer};
use crate::repository::transport::remote::Remote;
use crate::repository::vcs::code_host::{Protocol, Sites};
use crate::repository::vcs::git::Remote as GitRemote;
use crate::repository::vcs::host_api::Connect;
use crate::repository::vcs::{Surroundings, VcsRepository};
use reqwest::Url;
use serde_json::Value;
use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// A `composer` repository that can be read.
pub(crate) struct Connected {
    pub url: String,
    /// What it is read through.
    pub backend: Backend,
    /// Where what was found in its documents is kept from run to run.
    pub digests: Option<Digests>,
}

/// Makes the backends of a set of repositories, which share one network.
pub(crate) struct Connector<'a> {
    root: &'a Value,
    options: &'a Options,
    /// Set up when the first repository needs it: most runs over a mirror folder never do.
    network: OnceCell<Result<(Arc<Network>, Background), RepositoryError>>,
    /// The way to the APIs of sites that keep code.
    apis: Arc<Connect>,
    secure_http: bool,
    certificates: Option<PathBuf>,
}

impl Connector<'_> {
    /// For the repositories of a decoded composer.json, whose `config` has a say in how servers are asked.
    pub(crate) fn new<'a>(root: &'a Value, options: &'a Options) -> Connector<'a> {
        let setting = |name: &str| {
            let files = [Some(root), options.user_config.as_ref()];
            files
                .into_iter()
                .flatten()
                .find_map(|file| file.get("config")?.get(name))
        };
        let is = |name: &str, default: bool| match setting(name) {
            Some(Value::Bool(value)) => *value,
            Some(Value::String(value)) => value != "false" && !value.is_empty(),
            _ => default,
        };
        let secure_http = is("secure-http", true) && !is("disable-tls", false);
        let certificates = setting("cafile").and_then(Value::as_str).map(PathBuf::from);
        Connector {
            root,
            options,
            network: OnceCell::new(),
            apis: apis(options.clone(), secure_http, certificates.clone()),
            secure_http,
            certificates,
        }
    }

    /// What tells apart repositories that answer differently. Who we are for the repository's host is part of it: one store
    /// must not see what another one's key opens.
    pub(crate) fn key(&self, entry: &Entry) -> String {
        let filter = entry.definition.get("filter");
        let Options {
            mirror_dir,
            offline,
            deadline,
            cache_dir,
            agent,
            credentials,
            ..
        } = self.options;
        let address = address::of_repository(&entry.url);
        let url = Url::parse(&address).ok();
        let target = url.as_ref().and_then(|url| {
            Some(Target {
                host: url.host_str()?,
                port: url.port(),
                path: url.path(),
            })
        });
        let headers = target.map(|target| {
            let login = url.as_ref().and_then(login);
            credentials.headers(target, login.as_ref())
        });
        let headers = headers.unwrap_or_default();
        let sent = headers
            .iter()
            .flat_map(|header| [header.name.as_str(), header.value.expose()]);
        let sent: Vec<&str> = sent.collect();
        format!(
            "{:?}",
            (
                (&address, entry.options(), filter),
                (mirror_dir, offline, deadline, cache_dir, agent),
                (self.secure_http, &self.certificates),
                digest(&format!("{sent:?}"))
            )
        )
    }

    /// What tells apart those who have any credentials that differ.
    pub(crate) fn all_credentials(&self) -> String {
        self.options.credentials.digest()
    }

    /// The repository of code that an entry names, of a store in `store_dir`.
    pub(crate) fn vcs(
        &self,
        entry: &Entry,
        store_dir: &Path,
    ) -> Result<Arc<VcsRepository>, RepositoryError> {
        let Options {
            credentials,
            offline,
            deadline,
            cache_dir,
            session,
            ..
        } = self.options;
        let remote = |url: &str| {
            let parsed = Url::parse(url).ok().filter(Url::has_host);
            let header = parsed.as_ref().and_then(|url| {
                let target = Target {
                    host: url.host_str()?,
                    port: url.port(),
                    path: url.path(),
                };
                credentials.git_header(target, login(url).as_ref())
            });
            let mut secrets = credentials.secrets();
            secrets.extend(address::secrets(url));
            GitRemote {
                url: url.to_owned(),
                header,
                allows_plain: !self.secure_http,
                deadline: *deadline,
                secrets,
            }
        };
        let domains = |settings: Vec<&Value>, tokens: &[&str]| -> Vec<String> {
            let listed = settings.into_iter().filter_map(Value::as_array).flatten();
            let listed = listed.filter_map(Value::as_str).map(str::to_lowercase);
            // Whoever has a token for a host says what it is.
            listed.chain(credentials.hosts_of(tokens)).collect()
        };
        // Those of GitHub and GitLab are put together, those of Forgejo take the place of what was known before.
        let all = |key: &str, usual: &str, tokens: &[&str]| {
            let mut all = domains(self.settings(key).collect(), tokens);
            all.push(usual.to_owned());
            all
        };
        let forgejo = Value::from(vec!["codeberg.org"]);
        let forgejo = self.setting("forgejo-domains").unwrap_or(&forgejo);
        let surroundings = Surroundings {
            store_dir,
            offline: *offline,
            mirrors: cache_dir.as_ref().map(|cache| cache.join("git")),
            secure_http: self.secure_http,
            remote: &remote,
            sites: Sites {
                github: all("github-domains", "github.com", &["github-oauth"]),
                gitlab: all(
                    "gitlab-domains",
                    "gitlab.com",
                    &["gitlab-oauth", "gitlab-token"],
                ),
                forgejo: domains(vec![forgejo], &["forgejo-token"]),
                use_github_api: self.setting("use-github-api") != Some(&Value::Bool(false)),
                gitlab_protocol: match self.setting("gitlab-protocol").and_then(Value::as_str) {
                    Some("git") => Some(Protocol::Ssh),
                    Some("http" | "https") => Some(Protocol::Http),
                    _ => None,
                },
            },
            connect: self.apis.clone(),
            has_consumer: !credentials.hosts_of(&["bitbucket-oauth"]).is_empty(),
        };
        // A site may be asked with what is known for another name of it.
        let key = format!(
            "{store_dir:?} {} {:?} {}",
            self.key(entry),
            entry.definition,
            self.all_credentials()
        );
        session.vcs(key, || VcsRepository::new(entry, &surroundings))
    }

    /// What the store's `config` says, else that of Composer's own config.json.
    fn setting(&self, name: &str) -> Option<&Value> {
        self.settings(name).next()
    }

    /// What both say, the store first.
    fn settings<'s>(&'s self, name: &str) -> impl Iterator<Item = &'s Value> {
        let files = [Some(self.root), self.options.user_config.as_ref()];
        let said = files.map(|file| file?.get("config")?.get(name));
        said.into_iter().flatten()
    }

    /// The address of a `composer` repository and what it is read through. The request for its root document is on its way
    /// when this returns.
    pub(crate) fn backend(&self, entry: &Entry) -> Result<Connected, RepositoryError> {
        if entry.url.is_empty() {
            return Err(RepositoryError::new(
                ErrorKind::Configuration,
                "composer repository",
                "has no `url`",
            ));
        }
        let url = address::of_repository(&entry.url);
        let mirror_dir = self.options.mirror_dir.as_ref();
        let mirrored = mirror_dir.and_then(|mirror_dir| Folder::mirror(mirror_dir, &url));
        if let Some(folder) = mirrored.or_else(|| Folder::local(&url)) {
            let cache_dir = self.options.cache_dir.as_ref();
            let digests = cache_dir.map(|cache| Digests::of_repository(cache, &folder.place()));
            return Ok(Connected {
                url,
                backend: Backend::Folder(folder),
                digests,
            });
        }
        let parsed = Url::parse(&url).ok().filter(Url::has_host);
        let parsed = parsed.ok_or_else(|| {
            RepositoryError::new(
                ErrorKind::Configuration,
                address::masked(&url),
                "is not an address",
            )
        })?;
        let host = parsed.host_str().unwrap_or_default();
        let identity = Identity {
            origin: Some((parsed.scheme().to_owned(), host.to_owned(), parsed.port())),
            login: login(&parsed),
            headers: entry.headers(),
            ..Identity::default()
        };
        let peer = Peer::new(identity, self.options.deadline);
        let network = if self.options.offline {
            None
        } else {
            Some(self.network()?)
        };
        let cache_dir = self.options.cache_dir.as_ref();
        let place = address::without_login(&url);
        let cache = cache_dir.map(|cache_dir| Cache::of_repository(cache_dir, host, &place));
        let digests = cache_dir.map(|cache_dir| Digests::of_repository(cache_dir, &place));
        let remote = Arc::new(Remote::new(network, cache, peer));
        remote.begin(address::of_root_document(&url));
        Ok(Connected {
            url,
            backend: Backend::Remote(remote),
            digests,
        })
    }

    /// The threads on which requests run, if there are any. To be kept as long as the backends are used.
    pub(crate) fn into_background(self) -> Option<Background> {
        self.network
            .into_inner()?
            .ok()
            .map(|(_, background)| background)
    }

    fn network(&self) -> Result<Arc<Network>, RepositoryError> {
        let set_up = || {
            let certificates = self.certificates.as_deref();
            start(self.options, self.secure_http, certificates)
        };
        self.network
            .get_or_init(set_up)
            .as_ref()
            .map(|(network, _)| network.clone())
            .map_err(Clone::clone)
    }
}

/// Starts a network.
fn start(
    options: &Options,
    secure_http: bool,
    certificates: Option<&Path>,
) -> Result<(Arc<Network>, Background), RepositoryError> {
    let certificates = certificates.map(|file| {
        files::read(file, files::CONFIGURATION).map_err(|error| {
            RepositoryError::new(ErrorKind::Configuration, "config.cafile", error.to_string())
        })
    });
    let settings = Settings {
        credentials: options.credentials.clone(),
        secure_http,
        certificates: certificates.transpose()?,
        deadline: options.deadline,
        agent: options.agent.clone(),
        on_progress: options.on_progress.clone(),
    };
    Network::start(settings)
}

/// The way to the APIs of sites that keep code. It is kept by the repositories there, which may outlive their store, and its
/// network is set up when the first of them asks.
fn apis(mut options: Options, secure_http: bool, certificates: Option<PathBuf>) -> Arc<Connect> {
    // Those who keep the way are themselves kept there.
    options.session = Arc::default();
    let network: OnceLock<Result<(Arc<Network>, Background), RepositoryError>> = OnceLock::new();
    Arc::new(move |url, headers| {
        let parsed = Url::parse(url).ok().filter(Url::has_host);
        let parsed = parsed.ok_or_else(|| {
            let shown = address::masked(url);
            RepositoryError::new(ErrorKind::Configuration, shown, "is not an address")
        })?;
        let host = parsed.host_str().unwrap_or_default();
        let identity = Identity {
            origin: Some((parsed.scheme().to_owned(), host.to_owned(), parsed.port())),
            headers,
            ..Identity::default()
        };
        let network = if options.offline {
            None
        } else {
            let started =
                network.get_or_init(|| start(&options, secure_http, certificates.as_deref()));
            let (network, _) = started.as_ref().map_err(Clone::clone)?;
            Some(network.clone())
        };
        let cache = options.cache_dir.as_ref();
        let cache = cache.map(|cache_dir| Cache::of_repository(cache_dir, host, url));
        let peer = Peer::new(identity, options.deadline);
        Ok(Arc::new(Remote::new(network, cache, peer)))
    })
}
