//! Sites that keep code: what Composer writes of a package when it asks their APIs rather than git.

use regex::Regex;
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::sync::LazyLock;

/// Which hosts are such sites, as `config` says.
pub(crate) struct Sites {
    pub github: Vec<String>,
    pub gitlab: Vec<String>,
    pub use_github_api: bool,
}

/// A repository at one of the sites that Composer knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodeHost {
    site: Site,
    /// The host, at GitLab with port and path.
    origin: String,
    /// The account, at GitLab with all groups.
    owner: String,
    repository: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Site {
    GitHub,
    GitLab,
    Bitbucket,
}

impl CodeHost {
    /// The repository at an address, for a repository of this type; `vcs` goes by the address alone. None where Composer
    /// would read it through git, too.
    pub(crate) fn of(type_: &str, url: &str, sites: &Sites) -> Option<CodeHost> {
        let is_any = type_ == "vcs";
        let github = || github(url).filter(|host| !is_any || sites.github.contains(&host.origin));
        let gitlab = || gitlab(url).filter(|host| sites.gitlab.contains(&host.origin));
        match type_ {
            "github" => github().filter(|_| sites.use_github_api),
            "gitlab" => gitlab(),
            "bitbucket" | "git-bitbucket" => bitbucket(url),
            _ => match github() {
                Some(host) => Some(host).filter(|_| sites.use_github_api),
                None => gitlab().or_else(|| bitbucket(url)),
            },
        }
    }

    pub(crate) fn is_github(&self) -> bool {
        self.site == Site::GitHub
    }

    /// As Composer names it.
    pub(crate) fn driver(&self) -> &'static str {
        match self.site {
            Site::GitHub => "github",
            Site::GitLab => "gitlab",
            Site::Bitbucket => "bitbucket",
        }
    }

    /// `dist` of a commit.
    pub(crate) fn dist(&self, commit: &str) -> Value {
        let CodeHost {
            origin,
            owner,
            repository,
            ..
        } = self;
        let url = match self.site {
            Site::GitHub if origin == "github.com" => {
                format!("https://api.github.com/repos/{owner}/{repository}/zipball/{commit}")
            }
            Site::GitHub => {
                format!("https://{origin}/api/v3/repos/{owner}/{repository}/zipball/{commit}")
            }
            Site::GitLab => format!(
                "https://{origin}/api/v4/projects/{}%2F{}/repository/archive.zip?sha={commit}",
                encoded(owner),
                encoded(repository)
            ),
            Site::Bitbucket => {
                format!("https://bitbucket.org/{owner}/{repository}/get/{commit}.zip")
            }
        };
        json!({"type": "zip", "url": url, "reference": commit, "shasum": ""})
    }

    /// The address of `source`, for a repository at `url`: that of private ones, which are named by SSH, stays.
    pub(crate) fn source(&self, url: &str) -> String {
        let CodeHost {
            origin,
            owner,
            repository,
            ..
        } = self;
        if url.starts_with("git@") {
            format!("git@{origin}:{owner}/{repository}.git")
        } else {
            format!("https://{origin}/{owner}/{repository}.git")
        }
    }

    /// Where to look and to complain, unless the package says it itself.
    pub(crate) fn add_support(&self, root: &mut Map<String, Value>, label: &str, commit: &str) {
        let CodeHost {
            origin,
            owner,
            repository,
            ..
        } = self;
        let page = format!("https://{origin}/{owner}/{repository}");
        let (source, issues) = match self.site {
            Site::GitHub => (
                format!("{page}/tree/{label}"),
                Some(format!("{page}/issues")),
            ),
            Site::GitLab => (
                format!("{page}/-/tree/{label}"),
                Some(format!("{page}/-/issues")),
            ),
            // A tracker is off there unless somebody switched it on.
            Site::Bitbucket => (format!("{page}/src/{commit}/?at={label}"), None),
        };
        let support = root.entry("support").or_insert_with(|| json!({}));
        if !support.is_object() {
            *support = json!({});
        }
        if let Value::Object(support) = support {
            let mut add = |key: &str, value: String| {
                if support.get(key).is_none_or(Value::is_null) {
                    support.insert(key.to_owned(), value.into());
                }
            };
            add("source", source);
            if let Some(issues) = issues {
                add("issues", issues);
            }
        }
    }
}

fn github(url: &str) -> Option<CodeHost> {
    static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?:(?:https?|git)://([^/]+)/|git@([^:]+):/?)([^/]+)/([^/]+?)(?:\.git|/)?$")
            .expect("the pattern is valid")
    });
    let parts = ADDRESS.captures(url)?;
    let origin = parts.get(1).or(parts.get(2))?.as_str().to_lowercase();
    Some(CodeHost {
        site: Site::GitHub,
        origin: origin
            .strip_prefix("www.")
            .map_or(origin.clone(), str::to_owned),
        owner: parts[3].to_owned(),
        repository: parts[4].to_owned(),
    })
}

fn gitlab(url: &str) -> Option<CodeHost> {
    static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?:https?://([^/]+?)/|git@([^:]+):/?)(.+)/([^/]+?)(?:\.git|/)?$")
            .expect("the pattern is valid")
    });
    let parts = ADDRESS.captures(url)?;
    Some(CodeHost {
        site: Site::GitLab,
        origin: parts.get(1).or(parts.get(2))?.as_str().to_lowercase(),
        owner: parts[3].to_owned(),
        repository: parts[4].to_owned(),
    })
}

fn bitbucket(url: &str) -> Option<CodeHost> {
    static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)^https?://bitbucket\.org/([^/]+)/([^/]+?)(?:\.git|/)?$")
            .expect("the pattern is valid")
    });
    let parts = ADDRESS.captures(url)?;
    Some(CodeHost {
        site: Site::Bitbucket,
        origin: "bitbucket.org".to_owned(),
        owner: parts[1].to_owned(),
        repository: parts[2].to_owned(),
    })
}

/// The name of a project in an address: everything but letters, digits, `-` and `_` as numbers.
fn encoded(name: &str) -> String {
    let mut encoded = String::new();
    for byte in name.bytes() {
        match byte {
            b'-' | b'_' => encoded.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
            byte => {
                // A text takes what it is given.
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}
