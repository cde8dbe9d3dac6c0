//! The APIs of the sites that keep code: what each says of a repository, and, where git has no way in, its history.
//!
//! What they answer is a stranger's: only addresses that are made here are asked for, lists end after so many pages, and what
//! does not look like the name of a commit is none.

use super::code_host::{CodeHost, Site};
use super::git::{Reference, References};
use super::host_facts;
use super::host_facts::Facts;
use super::host_funding;
use super::objects::Commit;
use crate::format::auth::{Header, Secret};
use crate::format::json::php_json;
use crate::repository::address;
use crate::repository::error::{ErrorKind, RepositoryError};
use crate::repository::transport::remote::Remote;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rustc_hash::FxHashMap;
use serde_json::Value;
use std::sync::Arc;

/// How many entries a page of a list has.
const PER_PAGE: usize = 100;
/// The same where the server has its own idea, and more is not given.
const FEW_PER_PAGE: usize = 50;
/// How many pages of a list are read: as many tags as no package has.
const PAGES: usize = 100;
/// Where a consumer of Bitbucket is given a token.
const BITBUCKET_TOKEN: &str = "https://bitbucket.org/site/oauth2/access_token";

/// Makes the way to an API, with a header for its own server.
pub(crate) type Connect =
    dyn Fn(&str, Vec<Header>) -> Result<Arc<Remote>, RepositoryError> + Send + Sync;

/// How a site answered.
pub(crate) enum Standing {
    Told(Box<HostApi>, Box<Facts>),
    /// There is nothing for who asks with what is known of them.
    Hidden(Hidden),
    /// It cannot be asked now.
    Silent(RepositoryError),
}

/// What a site says of a repository that it does not show.
pub(crate) struct Hidden {
    pub error: RepositoryError,
    /// Whether anybody may have the code all the same.
    pub is_public: bool,
}

/// The API of a site that has told of a repository.
pub(crate) struct HostApi {
    host: CodeHost,
    remote: Arc<Remote>,
}

/// Asks a site what a repository is. `is_consumer` is whether what is known for Bitbucket is no token yet.
pub(crate) fn ask(host: &CodeHost, connect: &Connect, is_consumer: bool) -> Standing {
    let api = match connect(&host.api(), Vec::new()) {
        Ok(remote) => HostApi {
            host: host.clone(),
            remote,
        },
        Err(error) => return Standing::Silent(error),
    };
    match api.project() {
        Standing::Hidden(error) if is_consumer && host.site == Site::Bitbucket => {
            let remote = api
                .token(connect)
                .and_then(|token| connect(&host.api(), vec![token]));
            match remote {
                Ok(remote) => HostApi {
                    host: host.clone(),
                    remote,
                }
                .project(),
                Err(_) => Standing::Hidden(error),
            }
        }
        standing => standing,
    }
}

impl HostApi {
    fn project(&self) -> Standing {
        let url = match self.host.site {
            Site::Bitbucket => format!("{}?fields=-project,-owner", self.host.api()),
            _ => self.host.api(),
        };
        let hidden = |message: &str, is_public: bool| {
            let shown = address::masked(&url);
            Standing::Hidden(Hidden {
                error: RepositoryError::new(ErrorKind::Unauthorized, shown, message),
                is_public,
            })
        };
        let project = match self.json(&url) {
            Ok(Some(project)) => project,
            Ok(None) => return hidden("shows no such repository to who asks (HTTP 404)", false),
            Err(error) => {
                return match error.kind {
                    ErrorKind::Unauthorized | ErrorKind::Forbidden => Standing::Hidden(Hidden {
                        error,
                        is_public: false,
                    }),
                    _ => Standing::Silent(error),
                };
            }
        };
        match Facts::told(&self.host, &project) {
            Ok(Some(mut facts)) => {
                let api = HostApi {
                    host: facts.host.clone(),
                    remote: self.remote.clone(),
                };
                facts.funding = api.funding();
                Standing::Told(Box::new(api), Box::new(facts))
            }
            Ok(None) => {
                let message = "tells nothing of its code to who asks";
                hidden(message, host_facts::is_public(&project))
            }
            Err(message) => Standing::Silent(RepositoryError::new(
                ErrorKind::Malformed,
                address::masked(&url),
                message,
            )),
        }
    }

    /// The header for who a consumer of Bitbucket is.
    fn token(&self, connect: &Connect) -> Result<Header, RepositoryError> {
        let grant = "grant_type=client_credentials".to_owned();
        let answer = connect(BITBUCKET_TOKEN, Vec::new())?.post(BITBUCKET_TOKEN, grant)?;
        let answer: Option<Value> = answer.and_then(|answer| serde_json::from_str(&answer).ok());
        let token = answer
            .as_ref()
            .and_then(|answer| answer["access_token"].as_str());
        let token = token.ok_or_else(|| {
            RepositoryError::new(ErrorKind::Unauthorized, BITBUCKET_TOKEN, "gives no token")
        })?;
        Ok(Header {
            name: "Authorization".to_owned(),
            value: Secret::new(format!("Bearer {token}")),
        })
    }

    /// Who may be paid for the package. It is not worth a word when nobody says.
    fn funding(&self) -> Option<Value> {
        if self.host.site != Site::GitHub || self.host.origin != "github.com" {
            return None;
        }
        let ours = format!("{}/contents/.github/FUNDING.yml", self.host.api());
        let all = CodeHost {
            repository: ".github".to_owned(),
            ..self.host.clone()
        };
        let all = format!("{}/contents/FUNDING.yml", all.api());
        let file = [ours, all].into_iter().find_map(|url| {
            let content = content(&self.json(&url).ok()??)?;
            String::from_utf8(content)
                .ok()
                .filter(|file| !file.is_empty())
        })?;
        host_funding::read(&file)
    }

    /// The tags in the order of the site, which decides where two are of one commit or of one version.
    pub(crate) fn tags(&self) -> Result<Vec<Reference>, RepositoryError> {
        match self.host.site {
            Site::GitHub => self.list("tags?per_page=100", "/name", "/commit/sha"),
            Site::GitLab => self.list("repository/tags?per_page=100", "/name", "/commit/id"),
            Site::Bitbucket => self.list(
                "refs/tags?pagelen=100&fields=values.name,values.target.hash,next&sort=-target.date",
                "/name",
                "/target/hash",
            ),
            Site::Forgejo => self.list("tags?limit=50", "/name", "/commit/sha"),
        }
    }

    /// All that the repository names.
    pub(crate) fn references(&self, main: Option<&str>) -> Result<References, RepositoryError> {
        let branches = match self.host.site {
            Site::GitHub => self.list("git/refs/heads?per_page=100", "/ref", "/object/sha"),
            Site::GitLab => self.list("repository/branches?per_page=100", "/name", "/commit/id"),
            Site::Bitbucket => self.list(
                "refs/branches?pagelen=100&fields=values.name,values.target.hash,values.heads,next&sort=-target.date",
                "/name",
                "/target/hash",
            ),
            Site::Forgejo => self.list("branches?limit=50", "/name", "/commit/id"),
        }?;
        let branches = branches.into_iter().filter_map(|branch| {
            let name = match self.host.site {
                Site::GitHub => branch.name.strip_prefix("refs/heads/")?.to_owned(),
                _ => branch.name,
            };
            let is_code = self.host.site != Site::GitHub || name != "gh-pages";
            (is_code && !name.starts_with('-')).then_some(Reference { name, ..branch })
        });
        Ok(References {
            branches: branches.collect(),
            tags: self.tags()?,
            main: main.unwrap_or("master").to_owned(),
        })
    }

    /// A list, page by page: of each entry what it is called and the commit that it names.
    fn list(
        &self,
        path: &str,
        name: &str,
        commit: &str,
    ) -> Result<Vec<Reference>, RepositoryError> {
        let first = format!("{}/{path}", self.host.api());
        let mut all: Vec<Reference> = Vec::new();
        for page in 1..=PAGES {
            let url = match page {
                1 => first.clone(),
                page => format!("{first}&page={page}"),
            };
            let answer = self.json(&url)?.unwrap_or_default();
            let (entries, goes_on) = match (self.host.site, answer) {
                (Site::Bitbucket, Value::Object(mut answer)) => {
                    let goes_on = answer.get("next").is_some_and(Value::is_string);
                    (answer.remove("values").unwrap_or_default(), goes_on)
                }
                (site, answer) => {
                    let full = match site {
                        // It gives fewer where its owner says so.
                        Site::Forgejo => 1,
                        _ => PER_PAGE,
                    };
                    let count = answer.as_array().map_or(0, Vec::len);
                    (answer, count >= full)
                }
            };
            let entries = match entries {
                Value::Array(entries) => entries,
                Value::Null => Vec::new(),
                _ => {
                    let (kind, shown) = (ErrorKind::Malformed, address::masked(&url));
                    return Err(RepositoryError::new(kind, shown, "is no list"));
                }
            };
            for entry in entries {
                let text = |path: &str| entry.pointer(path).and_then(Value::as_str);
                if let (Some(name), Some(commit)) = (text(name), text(commit))
                    && !name.contains(|c: char| c.is_whitespace() || c.is_control())
                    && is_commit(commit)
                {
                    all.push(Reference {
                        name: name.to_owned(),
                        commit: commit.to_ascii_lowercase(),
                    });
                }
            }
            if !goes_on {
                return Ok(all);
            }
        }
        let most = PAGES
            * if self.host.site == Site::Forgejo {
                FEW_PER_PAGE
            } else {
                PER_PAGE
            };
        Err(RepositoryError::new(
            ErrorKind::Malformed,
            address::masked(&first),
            format!("has more than {most} entries, which no repository of a package has"),
        ))
    }

    /// What lies at the commits that have a name.
    pub(crate) fn commits(
        &self,
        references: &References,
    ) -> Result<FxHashMap<String, Commit>, RepositoryError> {
        let all = references.tags.iter().chain(&references.branches);
        let mut names: Vec<&str> = all.map(|reference| &*reference.commit).collect();
        names.sort_unstable();
        names.dedup();
        let roots = self.fixed(names.iter().map(|name| self.root_address(name)).collect())?;
        let mut commits: FxHashMap<String, Commit> = FxHashMap::default();
        let mut undated: Vec<&str> = Vec::new();
        for (name, root) in names.into_iter().zip(roots) {
            let root = root.and_then(|root| match self.host.site {
                Site::GitHub | Site::Forgejo => content(&serde_json::from_str(&root).ok()?),
                Site::GitLab | Site::Bitbucket => Some(root.as_bytes().to_vec()),
            });
            if root.as_deref().is_some_and(|root| !has_time(root)) {
                undated.push(name);
            }
            let commit = Commit {
                root,
                ..Commit::default()
            };
            commits.insert(name.to_owned(), commit);
        }
        let dates = self.fixed(undated.iter().map(|name| self.date_address(name)).collect())?;
        for (name, answer) in undated.into_iter().zip(dates) {
            let answer: Option<Value> =
                answer.and_then(|answer| serde_json::from_str(&answer).ok());
            let path = match self.host.site {
                Site::GitHub | Site::Forgejo => "/commit/committer/date",
                Site::GitLab => "/committed_date",
                Site::Bitbucket => "/date",
            };
            let date = answer
                .as_ref()
                .and_then(|answer| answer.pointer(path)?.as_str());
            if let Some(commit) = commits.get_mut(name) {
                commit.committed = date.map(str::to_owned);
                commit.committed_there = date.map(str::to_owned);
            }
        }
        Ok(commits)
    }

    fn root_address(&self, commit: &str) -> String {
        let api = self.host.api();
        match self.host.site {
            Site::GitHub | Site::Forgejo => format!("{api}/contents/composer.json?ref={commit}"),
            Site::GitLab => format!("{api}/repository/files/composer%2Ejson/raw?ref={commit}"),
            Site::Bitbucket => format!("{api}/src/{commit}/composer.json"),
        }
    }

    fn date_address(&self, commit: &str) -> String {
        let api = self.host.api();
        match self.host.site {
            Site::GitHub => format!("{api}/commits/{commit}"),
            Site::GitLab => format!("{api}/repository/commits/{commit}"),
            Site::Bitbucket => format!("{api}/commit/{commit}?fields=date"),
            Site::Forgejo => format!("{api}/git/commits/{commit}?verification=false&files=false"),
        }
    }

    /// Documents that never change, asked for all at once, and none that is here already.
    fn fixed(&self, urls: Vec<String>) -> Result<Vec<Option<Arc<str>>>, RepositoryError> {
        let known: Vec<Option<Arc<str>>> = urls.iter().map(|url| self.remote.kept(url)).collect();
        let asked = || urls.iter().zip(&known).filter(|(_, known)| known.is_none());
        self.remote.prepare(asked().map(|(url, _)| url.clone()));
        let all = urls.iter().zip(&known).map(|(url, known)| match known {
            Some(known) => Ok(Some(known.clone())),
            None => self.remote.take(url),
        });
        all.collect()
    }

    fn json(&self, url: &str) -> Result<Option<Value>, RepositoryError> {
        let Some(text) = self.remote.take(url)? else {
            return Ok(None);
        };
        let read = serde_json::from_str(&text).map_err(|_| {
            RepositoryError::new(ErrorKind::Malformed, address::masked(url), "is not JSON")
        });
        read.map(Some)
    }
}

/// The file in an answer that carries it.
fn content(answer: &Value) -> Option<Vec<u8>> {
    if answer["encoding"] != "base64" {
        return None;
    }
    let written: String = answer["content"].as_str()?.split_whitespace().collect();
    BASE64_STANDARD.decode(written).ok()
}

/// Whether a text is the name of a commit: it goes into addresses, and to git.
fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a composer.json says itself when it was made.
fn has_time(root: &[u8]) -> bool {
    let text = std::str::from_utf8(root).ok();
    let root = text.and_then(|text| php_json::decode(text).ok());
    root.is_some_and(|root| root["time"].as_str().is_some_and(|time| !time.is_empty()))
}
