//! Sites that keep code: which of them an address is at, and where the API of each is.

use crate::format::php::truth::is_truthy;
use crate::repository::config::Entry;
use regex::Regex;
use serde_json::Value;
use std::fmt::Write;
use std::sync::LazyLock;

/// Which hosts are such sites, as `config` says.
pub(crate) struct Sites {
    pub github: Vec<String>,
    pub gitlab: Vec<String>,
    pub forgejo: Vec<String>,
    pub use_github_api: bool,
    /// Which address of a project goes into the lock (`gitlab-protocol`); by who may see it where nobody says.
    pub gitlab_protocol: Option<Protocol>,
}

/// How the code of a project is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http,
    Ssh,
}

/// A repository at one of the sites that Composer knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodeHost {
    pub site: Site,
    /// How its API is asked: `https`, or what the address of a GitLab says.
    pub scheme: &'static str,
    /// The host with its port, at GitLab with its path.
    pub origin: String,
    /// The account, at GitLab with all groups.
    pub owner: String,
    pub repository: String,
    pub protocol: Option<Protocol>,
    /// Whether Composer was told to read it through git: then it only says where archives are.
    pub only_git: bool,
    /// Whether git may step in where the site hides it (`allow-git-fallback`).
    pub may_use_git: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Site {
    GitHub,
    GitLab,
    Bitbucket,
    Forgejo,
}

impl CodeHost {
    /// The repository at an address, for an entry of `repositories`; the type `vcs` goes by the address alone. None where
    /// Composer would read it through git, or, where the type names a site, would refuse it.
    pub(in crate::repository) fn of(entry: &Entry, url: &str, sites: &Sites) -> Option<CodeHost> {
        let type_ = entry.type_.as_str();
        let setting = |name: &str| entry.definition.get(name);
        let is_off = |name: &str| setting(name) == Some(&Value::Bool(false));
        let mut host = CodeHost::at(type_, url, sites)?;
        match host.site {
            Site::GitHub => {
                host.only_git |= setting("no-api").is_some_and(is_truthy);
                host.may_use_git = !is_off("allow-git-fallback");
            }
            // An address as SSH has it does not say how the API is asked.
            Site::GitLab if url.starts_with("git@") && is_off("secure-http") => {
                host.scheme = "http";
            }
            _ => {}
        }
        Some(host)
    }

    fn at(type_: &str, url: &str, sites: &Sites) -> Option<CodeHost> {
        let is_any = type_ == "vcs";
        let is_known = |host: &CodeHost| {
            // Composer looks for a domain without `www.` and asks it as it is written.
            let domain = host.origin.strip_prefix("www.").unwrap_or(&host.origin);
            sites.github.iter().any(|known| known == domain)
        };
        let github = || github(url, sites).filter(|host| !is_any || is_known(host));
        let forgejo =
            || forgejo(url).filter(|host| !is_any || sites.forgejo.contains(&host.origin));
        match type_ {
            "github" => github(),
            "gitlab" => gitlab(url, sites),
            "bitbucket" | "git-bitbucket" => bitbucket(url),
            "forgejo" => forgejo(),
            "git" => None,
            _ => github()
                .or_else(|| gitlab(url, sites))
                .or_else(|| bitbucket(url))
                .or_else(forgejo),
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
            Site::Forgejo => "forgejo",
        }
    }

    /// The address at which the API says what the repository is; what else it says lies below.
    pub(crate) fn api(&self) -> String {
        let CodeHost {
            scheme,
            origin,
            owner,
            repository,
            ..
        } = self;
        match self.site {
            Site::GitHub if origin == "github.com" => {
                format!("https://api.github.com/repos/{owner}/{repository}")
            }
            Site::GitHub => format!("https://{origin}/api/v3/repos/{owner}/{repository}"),
            Site::GitLab => format!(
                "{scheme}://{origin}/api/v4/projects/{}%2F{}",
                encoded(owner),
                encoded(repository)
            ),
            Site::Bitbucket => {
                format!("https://api.bitbucket.org/2.0/repositories/{owner}/{repository}")
            }
            Site::Forgejo => format!("https://{origin}/api/v1/repos/{owner}/{repository}"),
        }
    }

    /// The address of the code over HTTPS, as far as it can be told from the names.
    pub(crate) fn https(&self) -> String {
        let CodeHost {
            scheme,
            origin,
            owner,
            repository,
            ..
        } = self;
        format!("{scheme}://{origin}/{owner}/{repository}.git")
    }

    /// The address of the code over SSH, likewise.
    pub(crate) fn ssh(&self) -> String {
        let CodeHost {
            origin,
            owner,
            repository,
            ..
        } = self;
        let is_plain = match self.site {
            Site::GitHub => !origin.contains(':'),
            Site::GitLab => !origin.contains([':', '/']),
            Site::Bitbucket | Site::Forgejo => true,
        };
        if is_plain {
            format!("git@{origin}:{owner}/{repository}.git")
        } else {
            format!("ssh://git@{origin}/{owner}/{repository}.git")
        }
    }
}

/// Composer's form of an address at GitHub and Forgejo.
fn account(url: &str) -> Option<[String; 3]> {
    static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?:(?:https?|git)://([^/]+)/|git@([^:]+):/?)([^/]+)/([^/]+?)(?:\.git|/)?$")
            .expect("the pattern is valid")
    });
    let parts = ADDRESS.captures(url)?;
    let origin = parts.get(1).or(parts.get(2))?.as_str().to_lowercase();
    Some([origin, parts[3].to_owned(), parts[4].to_owned()])
}

fn github(url: &str, sites: &Sites) -> Option<CodeHost> {
    let [mut origin, owner, repository] = account(url)?;
    if origin == "www.github.com" {
        origin = "github.com".to_owned();
    }
    Some(CodeHost {
        site: Site::GitHub,
        scheme: "https",
        origin,
        owner,
        repository,
        protocol: None,
        only_git: !sites.use_github_api,
        may_use_git: true,
    })
}

fn forgejo(url: &str) -> Option<CodeHost> {
    let [origin, owner, repository] = account(url)?;
    Some(CodeHost {
        site: Site::Forgejo,
        scheme: "https",
        origin,
        owner,
        repository,
        protocol: None,
        only_git: false,
        may_use_git: true,
    })
}

fn gitlab(url: &str, sites: &Sites) -> Option<CodeHost> {
    static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?:(https?)://(.+?)(?::([0-9]+))?/|git@([^:]+):)(.+)/([^/]+?)(?:\.git|/)?$")
            .expect("the pattern is valid")
    });
    let parts = ADDRESS.captures(url)?;
    let domain = parts.get(2).or(parts.get(4))?.as_str().to_lowercase();
    let port = parts.get(3).map(|port| port.as_str());
    let (origin, owner) = origin(&domain, port, &parts[5], &sites.gitlab)?;
    Some(CodeHost {
        site: Site::GitLab,
        scheme: match parts.get(1).map(|scheme| scheme.as_str()) {
            Some("http") => "http",
            _ => "https",
        },
        origin,
        owner,
        repository: parts[6].to_owned(),
        protocol: sites.gitlab_protocol,
        only_git: false,
        may_use_git: true,
    })
}

/// Which of the known domains a GitLab is, and what of the path are its groups (`GitLabDriver::determineOrigin`): a domain may
/// be named with its port and with a path.
fn origin(
    domain: &str,
    port: Option<&str>,
    groups: &str,
    known: &[String],
) -> Option<(String, String)> {
    let is_known = |domain: &str| known.iter().any(|known| known == domain);
    let with_port = port.map_or(domain.to_owned(), |port| format!("{domain}:{port}"));
    if is_known(domain) || is_known(&with_port) {
        return Some((with_port, groups.to_owned()));
    }
    let (mut plain, mut origin, mut rest) = (domain.to_owned(), with_port, Some(groups));
    while let Some(left) = rest {
        let (part, more) = match left.split_once('/') {
            Some((part, more)) => (part, Some(more)),
            None => (left, None),
        };
        for path in [&mut plain, &mut origin] {
            path.push('/');
            path.push_str(part);
        }
        if is_known(&origin) || (port.is_some() && is_known(&plain)) {
            return Some((origin, more.unwrap_or_default().to_owned()));
        }
        rest = more;
    }
    None
}

fn bitbucket(url: &str) -> Option<CodeHost> {
    static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)^https?://bitbucket\.org/([^/]+)/([^/]+?)(?:\.git|/)?$")
            .expect("the pattern is valid")
    });
    let parts = ADDRESS.captures(url)?;
    Some(CodeHost {
        site: Site::Bitbucket,
        scheme: "https",
        origin: "bitbucket.org".to_owned(),
        owner: parts[1].to_owned(),
        repository: parts[2].to_owned(),
        protocol: None,
        only_git: false,
        may_use_git: true,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> Option<(&'static str, String, String)> {
        let sites = Sites {
            github: vec!["github.com".to_owned(), "code.acme.test".to_owned()],
            gitlab: vec![
                "gitlab.com".to_owned(),
                "acme.test:8443".to_owned(),
                "acme.test/gitlab".to_owned(),
            ],
            forgejo: vec!["codeberg.org".to_owned()],
            use_github_api: true,
            gitlab_protocol: None,
        };
        CodeHost::at("vcs", url, &sites).map(|host| (host.driver(), host.api(), host.ssh()))
    }

    #[test]
    fn addresses_lead_to_their_api() {
        for (url, driver, api, ssh) in [
            (
                "https://github.com/a/b.git",
                "github",
                "https://api.github.com/repos/a/b",
                "git@github.com:a/b.git",
            ),
            (
                "git@github.com:a/b",
                "github",
                "https://api.github.com/repos/a/b",
                "git@github.com:a/b.git",
            ),
            (
                "https://www.github.com/a/b/",
                "github",
                "https://api.github.com/repos/a/b",
                "git@github.com:a/b.git",
            ),
            (
                "https://code.acme.test/a/b",
                "github",
                "https://code.acme.test/api/v3/repos/a/b",
                "git@code.acme.test:a/b.git",
            ),
            (
                "https://gitlab.com/a/b/c.d.git",
                "gitlab",
                "https://gitlab.com/api/v4/projects/a%2Fb%2Fc%2Ed",
                "git@gitlab.com:a/b/c.d.git",
            ),
            (
                "http://acme.test:8443/a/b",
                "gitlab",
                "http://acme.test:8443/api/v4/projects/a%2Fb",
                "ssh://git@acme.test:8443/a/b.git",
            ),
            (
                "https://acme.test/gitlab/a/b.git",
                "gitlab",
                "https://acme.test/gitlab/api/v4/projects/a%2Fb",
                "ssh://git@acme.test/gitlab/a/b.git",
            ),
            (
                "https://bitbucket.org/a/b.git",
                "bitbucket",
                "https://api.bitbucket.org/2.0/repositories/a/b",
                "git@bitbucket.org:a/b.git",
            ),
            (
                "https://codeberg.org/a/b",
                "forgejo",
                "https://codeberg.org/api/v1/repos/a/b",
                "git@codeberg.org:a/b.git",
            ),
        ] {
            let expected = Some((driver, api.to_owned(), ssh.to_owned()));
            assert_eq!(at(url), expected, "{url}");
        }
        for other in [
            "https://acme.test/a/b.git",
            "ssh://git@github.com/a/b.git",
            "git@bitbucket.org:a/b.git",
            "https://github.com/a",
        ] {
            assert_eq!(at(other), None, "{other}");
        }
    }
}
