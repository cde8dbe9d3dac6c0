//! A repository of code: a package in the versions that its tags and branches are.

pub(crate) mod code_host;
pub(crate) mod git;
pub mod git_program;
mod history;
pub(crate) mod host_api;
pub(crate) mod host_facts;
pub(crate) mod host_funding;
pub(crate) mod objects;

use super::address;
use super::config::Entry;
use super::error::{ErrorKind, RepositoryError};
use super::local::array::Packages;
use super::local::path::expand;
use super::transport::cache;
use code_host::{CodeHost, Sites};
use git::{Local, References, Remote};
use git_program::Failure;
use history::History;
use host_api::{Connect, Hidden, HostApi, Standing};
use host_facts::{Facts, Labels};
use objects::Commit;
use regex::Regex;
use rustc_hash::FxHashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, OnceLock};

/// The types of repositories that are read here, or are known and are not.
pub(super) const TYPES: [&str; 11] = [
    "vcs",
    "git",
    "github",
    "gitlab",
    "bitbucket",
    "git-bitbucket",
    "forgejo",
    "svn",
    "hg",
    "fossil",
    "perforce",
];

/// A repository that is asked when somebody first wants to know of its packages, and then once.
pub(crate) struct VcsRepository {
    place: Place,
    /// As the lock names it.
    url: String,
    host: Option<CodeHost>,
    connect: Arc<Connect>,
    has_consumer: bool,
    read: OnceLock<Result<Read, Arc<RepositoryError>>>,
}

/// Where the history is.
enum Place {
    /// In a folder of this machine.
    Here(PathBuf),
    There {
        remote: Remote,
        /// Where its mirror is kept, if any is.
        mirror: Option<PathBuf>,
        offline: bool,
    },
}

struct Read {
    packages: Packages,
    /// Why the packages are those of an old mirror.
    outage: Option<RepositoryError>,
    /// Why the site told nothing of a repository that git could read.
    silence: Option<RepositoryError>,
}

impl Read {
    fn of(packages: Packages) -> Read {
        Read {
            packages,
            outage: None,
            silence: None,
        }
    }
}

/// What the surroundings say about how repositories of code are read.
pub(super) struct Surroundings<'a> {
    pub store_dir: &'a Path,
    pub offline: bool,
    /// The folder for the mirrors.
    pub mirrors: Option<PathBuf>,
    pub secure_http: bool,
    /// Decides how an address is asked for, and what must not be shown of it.
    pub remote: &'a dyn Fn(&str) -> Remote,
    pub sites: Sites,
    /// The way to the APIs of those sites.
    pub connect: Arc<Connect>,
    /// Whether a consumer of Bitbucket is known, who is given tokens.
    pub has_consumer: bool,
}

impl VcsRepository {
    /// The repository that an entry names. Fails for systems that are not read and for addresses that Composer refuses;
    /// nothing is asked yet.
    pub(super) fn new(
        entry: &Entry,
        surroundings: &Surroundings,
    ) -> Result<VcsRepository, RepositoryError> {
        let url = expand(&entry.url, |name| std::env::var(name).ok());
        let shown = address::masked(&url);
        let failed = |kind, message: String| Err(RepositoryError::new(kind, &shown, message));
        let made = |place, url, host| VcsRepository {
            place,
            url,
            host,
            connect: surroundings.connect.clone(),
            has_consumer: surroundings.has_consumer,
            read: OnceLock::new(),
        };
        let type_ = entry.type_.as_str();
        let system = match type_ {
            "svn" | "hg" | "fossil" | "perforce" => Some(type_),
            "vcs" => foreign(&url),
            _ => None,
        };
        if let Some(system) = system {
            return failed(
                ErrorKind::Unsupported,
                format!("its history is kept by `{system}`, which only Composer itself can read"),
            );
        }
        if url.is_empty() || url.starts_with('-') || url.contains(char::is_control) {
            return failed(
                ErrorKind::Configuration,
                "is no address of a repository".to_owned(),
            );
        }
        let host = CodeHost::of(entry, &url, &surroundings.sites);
        if host.is_none() && !matches!(type_, "vcs" | "git") {
            return failed(
                ErrorKind::Configuration,
                format!("is no address of a repository at a {type_} site that Composer knows"),
            );
        }
        if let Some(path) = local_path(&url) {
            // Composer names the folder without what only git knows of it.
            let path = path
                .trim_end_matches('/')
                .strip_suffix("/.git")
                .unwrap_or(path);
            let folder = surroundings.store_dir.join(path);
            return Ok(made(Place::Here(folder), path.to_owned(), None));
        }
        let scheme = url
            .split_once("://")
            .map(|(scheme, _)| scheme.to_ascii_lowercase());
        match scheme.as_deref() {
            None | Some("https" | "ssh") => {}
            Some(plain @ ("http" | "git")) if surroundings.secure_http => {
                return failed(
                    ErrorKind::Configuration,
                    format!(
                        "is asked over `{plain}`, which Composer refuses unless `config.secure-http` is false"
                    ),
                );
            }
            Some("http" | "git") => {}
            Some(other) => {
                return failed(
                    ErrorKind::Configuration,
                    format!("`{other}` is no way to a repository of git"),
                );
            }
        }
        let remote = (surroundings.remote)(&url);
        let place = Place::There {
            remote,
            mirror: surroundings
                .mirrors
                .as_ref()
                .map(|mirrors| mirrors.join(mirror_name(&url))),
            offline: surroundings.offline,
        };
        Ok(made(place, url, host))
    }

    /// The system behind the address, as Composer names it in messages.
    pub(super) fn driver(&self) -> &'static str {
        self.host.as_ref().map_or("git", CodeHost::driver)
    }

    /// The host that is asked, also of an address as ssh has it; none for a folder.
    pub(super) fn server(&self) -> String {
        let of_ssh = || {
            let (host, _) = self.url.split_once(':')?;
            Some(host.rsplit('@').next().unwrap_or(host).to_owned())
        };
        match self.place {
            Place::Here(_) => String::new(),
            Place::There { .. } => address::host(&self.url).or_else(of_ssh).unwrap_or_default(),
        }
    }

    /// Whether it was asked already.
    pub(super) fn is_read(&self) -> bool {
        self.read.get().is_some()
    }

    /// The packages; the first to ask waits for the repository.
    pub(super) fn packages(&self) -> Result<&Packages, Arc<RepositoryError>> {
        let read = self.read.get_or_init(|| self.read().map_err(Arc::new));
        read.as_ref()
            .map(|read| &read.packages)
            .map_err(Clone::clone)
    }

    /// Why it failed, if it was asked and did.
    pub(super) fn failure(&self) -> Option<&Arc<RepositoryError>> {
        self.read.get()?.as_ref().err()
    }

    /// Why the packages come from an old mirror, if they do.
    pub(super) fn outage(&self) -> Option<&RepositoryError> {
        self.read.get()?.as_ref().ok()?.outage.as_ref()
    }

    /// Why its site told nothing of it while git could read it, if so: what only the site knows is then taken as usual.
    pub(super) fn silence(&self) -> Option<&RepositoryError> {
        self.read.get()?.as_ref().ok()?.silence.as_ref()
    }

    fn read(&self) -> Result<Read, RepositoryError> {
        match &self.place {
            Place::Here(folder) => {
                let shown = address::masked(&self.url);
                if !folder.is_dir() {
                    return Err(RepositoryError::new(
                        ErrorKind::NotFound,
                        shown,
                        "does not exist",
                    ));
                }
                let local = Local::new(folder.clone());
                let read = local.references().and_then(|references| {
                    let commits = local.find(references.names())?.commits;
                    Ok(self.packages_of(&references, &commits, None))
                });
                let packages = read.map_err(|failure| {
                    let kind = match failure {
                        Failure::NotInstalled => ErrorKind::Unsupported,
                        _ => ErrorKind::Malformed,
                    };
                    RepositoryError::new(kind, &shown, failure.message())
                })?;
                self.some(packages)
            }
            Place::There {
                remote,
                mirror,
                offline,
            } => {
                let kept;
                let folder = match mirror {
                    Some(mirror) => mirror.clone(),
                    None => {
                        kept = tempfile::tempdir().map_err(|error| {
                            remote.error(&Failure::Broken(format!(
                                "has no place for its mirror: {error}"
                            )))
                        })?;
                        kept.path().join("mirror")
                    }
                };
                self.read_there(remote, &folder, *offline)
            }
        }
    }

    /// Reads a repository elsewhere. What its site says of it is asked beside git, and says all where git has no way in.
    fn read_there(
        &self,
        remote: &Remote,
        folder: &Path,
        offline: bool,
    ) -> Result<Read, RepositoryError> {
        let local = Local::new(folder.to_owned());
        let is_kept = || folder.is_dir() && local.is_there();
        let host = self.host.as_ref();
        let (synchronized, standing) = std::thread::scope(|scope| {
            let asking = host
                .filter(|host| !host.only_git)
                .map(|host| scope.spawn(|| host_api::ask(host, &*self.connect, self.has_consumer)));
            let synchronized = if offline {
                if is_kept() { Ok(()) } else { Err(None) }
            } else {
                remote.synchronize(folder).map_err(Some)
            };
            (synchronized, asking.and_then(|asking| asking.join().ok()))
        });
        // Composer asks over SSH for what the site hides, or as everybody for what it says anybody may see.
        let hidden = match (&standing, host) {
            (
                Some(Standing::Hidden(Hidden { error, .. }) | Standing::Silent(error)),
                Some(host),
            ) if !host.may_use_git && error.kind != ErrorKind::Offline => {
                return Err(error.clone());
            }
            (Some(Standing::Hidden(hidden)), Some(host)) => {
                Some(Facts::hidden(host, hidden.is_public))
            }
            _ => None,
        };
        let synchronized = match (synchronized, &hidden) {
            (Err(Some(failure)), Some(facts)) if facts.source != remote.url => {
                let others = remote.at(facts.source.clone()).synchronize(folder);
                others.map_err(|_| Some(failure))
            }
            (synchronized, _) => synchronized,
        };
        let outage = match synchronized {
            Ok(()) => None,
            Err(failure) => {
                let error = match &failure {
                    Some(failure) => remote.error(failure),
                    None => {
                        let message = "was not read before, and the network is off";
                        let shown = address::masked(&self.url);
                        RepositoryError::new(ErrorKind::Offline, shown, message)
                    }
                };
                match &standing {
                    Some(Standing::Told(api, facts)) => return self.read_told(api, facts),
                    _ if failure.is_some() && is_kept() => Some(error),
                    Some(Standing::Hidden(Hidden { error: said, .. }) | Standing::Silent(said))
                        if failure.is_some() =>
                    {
                        return Err(RepositoryError {
                            message: format!(
                                "{}; and {} {}",
                                error.message, said.url, said.message
                            ),
                            ..error
                        });
                    }
                    _ => return Err(error),
                }
            }
        };
        let read = local.references().and_then(|references| {
            let found = local.find(references.names())?;
            if found.missing.is_empty() {
                Ok((references, found.commits))
            } else {
                Err(Failure::Broken("was not read completely before".to_owned()))
            }
        });
        let (mut references, commits) = match (read, &standing) {
            (Ok(read), _) => read,
            (Err(_), Some(Standing::Told(api, facts))) => return self.read_told(api, facts),
            (Err(failure), _) => return Err(remote.error(&failure)),
        };
        let facts = match (&standing, host) {
            (Some(Standing::Told(api, facts)), _) => {
                references.main = facts.main.clone().unwrap_or(references.main);
                if references.has_rivals()
                    && let Ok(tags) = api.tags()
                {
                    references.put_in_order(&tags);
                }
                Some((**facts).clone())
            }
            (Some(Standing::Hidden(_)), _) => hidden,
            (_, Some(host)) if host.only_git => Some(Facts::by_git(host, &self.url)),
            (_, Some(host)) => Some(Facts::usual(host, &self.url)),
            (_, None) => None,
        };
        // That nobody is asked is what whoever is offline wants.
        let silence = match standing {
            Some(Standing::Silent(error)) if error.kind != ErrorKind::Offline => Some(error),
            _ => None,
        };
        Ok(Read {
            outage,
            silence,
            ..self.some(self.packages_of(&references, &commits, facts.as_ref()))?
        })
    }

    /// Reads a repository through the API of its site alone.
    fn read_told(&self, api: &HostApi, facts: &Facts) -> Result<Read, RepositoryError> {
        let references = api.references(facts.main.as_deref())?;
        let commits = api.commits(&references)?;
        self.some(self.packages_of(&references, &commits, Some(facts)))
    }

    fn some(&self, packages: Packages) -> Result<Read, RepositoryError> {
        if packages.all().is_empty() {
            return Err(RepositoryError::new(
                ErrorKind::Malformed,
                address::masked(&self.url),
                "has no valid composer.json in any branch or tag",
            ));
        }
        Ok(Read::of(packages))
    }

    fn packages_of(
        &self,
        references: &References,
        commits: &FxHashMap<String, Commit>,
        facts: Option<&Facts>,
    ) -> Packages {
        let mut references = references.clone();
        if facts.is_some_and(|facts| facts.is_told() && facts.host.is_github()) {
            references
                .branches
                .retain(|branch| branch.name != "gh-pages");
        }
        let history = History {
            url: &self.url,
            facts,
            references: &references,
            labels: Labels::of(&references),
            commits,
        };
        Packages::new(history.packages())
    }
}

/// The folder of this machine that an address names (`Filesystem::isLocalPath`); none when it names none.
fn local_path(url: &str) -> Option<&str> {
    if let Some(path) = url
        .get(..7)
        .filter(|scheme| scheme.eq_ignore_ascii_case("file://"))
        .map(|_| &url[7..])
    {
        return Some(path);
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let after = url.trim_start_matches(is_word);
    let is_relative = after.len() < url.len() && after.starts_with(['/', '\\']);
    let drive = url.strip_prefix('/').unwrap_or(url).as_bytes();
    let is_drive =
        matches!(drive, [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
    (url.starts_with('/') || is_relative || is_drive).then_some(url)
}

/// The system other than git that Composer takes a plain `vcs` address for.
fn foreign(url: &str) -> Option<&'static str> {
    static GIT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)(^git://|\.git/?$|git(?:olite)?@|//git\.|//github.com/)")
            .expect("the pattern is valid")
    });
    static SVN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)(^svn://|^svn\+ssh://|svn\.)").expect("the pattern is valid")
    });
    if GIT.is_match(url) || local_path(url).is_some() {
        None
    } else {
        SVN.is_match(url).then_some("svn")
    }
}

/// The name of the folder that mirrors a repository.
fn mirror_name(url: &str) -> String {
    cache::folder_name(address::called(url), &address::without_login(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_addresses_are_told_apart() {
        assert_eq!(local_path("file:///a/b"), Some("/a/b"));
        assert_eq!(local_path("../a"), Some("../a"));
        assert_eq!(local_path("modules/a"), Some("modules/a"));
        assert_eq!(local_path("git@a.org:b/c.git"), None);
        assert_eq!(local_path("ssh://git@a.org/b"), None);
        assert_eq!(local_path("https://a.org/b"), None);
    }

    #[test]
    fn subversion_is_named() {
        assert_eq!(foreign("https://svn.a.org/b"), Some("svn"));
        assert_eq!(foreign("https://svn.a.org/b.git"), None);
        assert_eq!(foreign("https://a.org/b"), None);
    }
}
