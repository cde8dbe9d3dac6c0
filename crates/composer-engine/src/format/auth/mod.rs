//! Credentials as Composer knows them: which there are, and which a request carries.

pub mod file;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;

/// A text that is never shown. `Debug` and `Display` print `***`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret(Box<str>);

impl Secret {
    /// Takes a text out of what can be shown.
    pub fn new(text: impl Into<Box<str>>) -> Secret {
        Secret(text.into())
    }

    /// The text itself, for a request header or the place that masks output, and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where a request goes, as far as credentials are concerned. A borrowed view of an address that was parsed already.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The host, in lower case.
    pub host: &'a str,
    /// The port, when it is not the scheme's own.
    pub port: Option<u16>,
    /// The path, with its leading slash.
    pub path: &'a str,
}

/// User and password, as Composer keeps them for a host. What they really are is told by a fixed word in one of them:
/// a password `bearer`, `x-oauth-basic`, `oauth2`, `private-token`, or a user `x-token-auth`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The name of the account; of a token the word that stands in its place.
    pub user: Secret,
    /// The password or token.
    pub password: Secret,
}

/// One header of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The name of the header.
    pub name: String,
    /// What the header says.
    pub value: Secret,
}

/// The sections of auth.json, or of `config`, that hold credentials, weakest first: for a host in two of them the later one
/// counts, whichever file it is in (`BaseIO::loadConfiguration`; `custom-headers` from Composer 2.9).
const SECTIONS: [&str; 8] = [
    "bitbucket-oauth",
    "github-oauth",
    "gitlab-oauth",
    "gitlab-token",
    "forgejo-token",
    "http-basic",
    "bearer",
    "custom-headers",
];

/// All credentials of a run.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// By host (with the port, when it is an unusual one) and section.
    known: BTreeMap<String, [Option<Known>; SECTIONS.len()]>,
    /// `gitlab-domains` beyond gitlab.com. An entry may have a path (`example.org/gitlab`).
    gitlab_domains: Vec<String>,
}

#[derive(Debug, Clone)]
enum Known {
    Login(Login),
    Headers(Vec<Header>),
}

impl Credentials {
    /// Puts the credentials of one more file over those known. `config` is a decoded auth.json or COMPOSER_AUTH, or the
    /// `config` section of a composer.json. Composer's order is: its own config.json, its own auth.json, the store's
    /// composer.json, the store's auth.json, COMPOSER_AUTH.
    pub fn add(&mut self, config: &Value) {
        for (index, section) in SECTIONS.iter().enumerate() {
            for (host, entry) in config
                .get(section)
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
            {
                let host = host.to_ascii_lowercase();
                if let Some(known) = Known::read(section, entry) {
                    self.known.entry(host.clone()).or_default()[index] = Some(known);
                }
                // Having a token for a host makes it a GitLab.
                if section.starts_with("gitlab-") {
                    self.gitlab_domains.push(host);
                }
            }
        }
        let domains = config
            .get("gitlab-domains")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        self.gitlab_domains.extend(
            domains
                .filter_map(Value::as_str)
                .map(str::to_ascii_lowercase),
        );
    }

    /// Whether there is anything with which to authorise a request to a host.
    pub fn knows(&self, host: &str) -> bool {
        self.known.contains_key(&host.to_ascii_lowercase())
    }

    /// The hosts for which there is something in one of these sections of auth.json.
    pub(crate) fn hosts_of(&self, sections: &[&str]) -> Vec<String> {
        let is_one = |section: &str| sections.contains(&section);
        let known = self.known.iter().filter(|(_, known)| {
            let mut kinds = SECTIONS.iter().zip(known.iter());
            kinds.any(|(section, known)| is_one(section) && known.is_some())
        });
        known.map(|(host, _)| host.clone()).collect()
    }

    /// The headers that authorise a request to `target`. `login` are user and password of the repository's own address, which
    /// go before any file's. Nothing that is known for another host is among them.
    pub fn headers(&self, target: Target<'_>, login: Option<&Login>) -> Vec<Header> {
        let origin = self.origin(target);
        if let Some(login) = login {
            return self.header(&origin, target, login).into_iter().collect();
        }
        // The APIs of these two share the credentials of the site.
        let site = match origin.as_str() {
            "api.github.com" => Some("github.com"),
            "api.bitbucket.org" => Some("bitbucket.org"),
            _ => None,
        };
        let known = |origin: &str| self.known.get(origin)?.iter().rev().flatten().next();
        let (origin, known) = match (known(&origin), site) {
            (None, Some(site)) => (site, known(site)),
            (known, _) => (origin.as_str(), known),
        };
        match known {
            Some(Known::Login(login)) => self.header(origin, target, login).into_iter().collect(),
            Some(Known::Headers(headers)) => headers.clone(),
            None => Vec::new(),
        }
    }

    /// The header with which git asks a host over HTTPS (`Util\\Git::runCommands`): tokens are a password there. `login` are
    /// user and password of the address itself, which go before any file's.
    pub fn git_header(&self, target: Target<'_>, login: Option<&Login>) -> Option<Header> {
        let origin = self.origin(target);
        let known = || self.known.get(&origin)?.iter().rev().flatten().next();
        let login = match (login, known()) {
            (Some(login), _) | (None, Some(Known::Login(login))) => login,
            (None, Some(Known::Headers(headers))) => return headers.first().cloned(),
            (None, None) => return None,
        };
        let (user, password) = match (&*login.user.0, &*login.password.0) {
            (token, "bearer") => {
                return Some(Header {
                    name: "Authorization".to_owned(),
                    value: Secret::new(format!("Bearer {token}")),
                });
            }
            // GitLab wants them the other way round.
            (token, kind @ ("oauth2" | "private-token" | "gitlab-ci-token")) => (kind, token),
            login => login,
        };
        let encoded = BASE64_STANDARD.encode(format!("{user}:{password}"));
        Some(Header {
            name: "Authorization".to_owned(),
            value: Secret::new(format!("Basic {encoded}")),
        })
    }

    /// A checksum of all there is, which is the same only for the same credentials. It tells nothing of them.
    pub(crate) fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        // Every text with its length, so that no two lists of them look alike.
        let mut text = |text: &str| {
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text);
        };
        for (host, sections) in &self.known {
            text(host);
            for known in sections {
                match known {
                    None => text("none"),
                    Some(Known::Login(login)) => {
                        text("login");
                        text(login.user.expose());
                        text(login.password.expose());
                    }
                    Some(Known::Headers(headers)) => {
                        text(&headers.len().to_string());
                        for header in headers {
                            text(&header.name);
                            text(header.value.expose());
                        }
                    }
                }
            }
        }
        self.gitlab_domains.iter().for_each(|domain| text(domain));
        BASE64_STANDARD.encode(hasher.finalize())
    }

    /// All secrets: what must not appear in any output. A user name is among them only when it looks like a key.
    pub fn secrets(&self) -> Vec<Secret> {
        let mut secrets = Vec::new();
        for known in self.known.values().flatten().flatten() {
            match known {
                Known::Login(login) => secrets.extend(login.secrets()),
                Known::Headers(headers) => {
                    secrets.extend(headers.iter().map(|header| header.value.clone()))
                }
            }
        }
        secrets.retain(|secret| !secret.0.is_empty());
        secrets
    }

    /// Under which name the credentials for a request are kept (`Url::getOrigin`).
    fn origin(&self, target: Target<'_>) -> String {
        let origin = match target.port {
            Some(port) => format!("{}:{port}", target.host),
            None => target.host.to_owned(),
        };
        if origin.ends_with(".github.com") && origin != "api.github.com" {
            return "github.com".to_owned();
        }
        if origin == "repo.packagist.org" {
            return "packagist.org".to_owned();
        }
        // A GitLab below a path is configured with that path.
        let is_below = |domain: &&String| {
            domain
                .strip_prefix(&origin)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        match self.gitlab_domains.iter().find(is_below) {
            Some(domain) if !self.gitlab_domains.contains(&origin) => domain.clone(),
            _ => origin,
        }
    }

    /// The header that says who is asking (`AuthHelper::addAuthenticationHeader`).
    fn header(&self, origin: &str, target: Target<'_>, login: &Login) -> Option<Header> {
        let Login {
            user: Secret(user),
            password: Secret(password),
        } = login;
        let is_gitlab =
            origin == "gitlab.com" || self.gitlab_domains.iter().any(|domain| domain == origin);
        let header = |name: &str, value: String| {
            Some(Header {
                name: name.to_owned(),
                value: Secret::new(value),
            })
        };
        match (&**user, &**password) {
            (token, "bearer") => header("Authorization", format!("Bearer {token}")),
            (token, "x-oauth-basic") if origin == "github.com" => {
                // The token opens the API only; archives and raw files need none.
                if target.host == "api.github.com" {
                    header("Authorization", format!("token {token}"))
                } else {
                    None
                }
            }
            (token, "oauth2") if is_gitlab => header("Authorization", format!("Bearer {token}")),
            (token, "private-token" | "gitlab-ci-token") if is_gitlab => {
                header("PRIVATE-TOKEN", token.to_owned())
            }
            ("x-token-auth", token) if origin == "bitbucket.org" => {
                if is_public_download(target) {
                    None
                } else {
                    header("Authorization", format!("Bearer {token}"))
                }
            }
            (user, password) => header(
                "Authorization",
                format!(
                    "Basic {}",
                    BASE64_STANDARD.encode(format!("{user}:{password}"))
                ),
            ),
        }
    }
}

impl Login {
    /// A login of a name and a password.
    pub fn new(user: &str, password: &str) -> Login {
        Login {
            user: Secret::new(user),
            password: Secret::new(password),
        }
    }

    /// What of it must not be shown.
    pub fn secrets(&self) -> Vec<Secret> {
        match &*self.password.0 {
            "bearer" | "x-oauth-basic" | "oauth2" | "private-token" | "gitlab-ci-token" => {
                vec![self.user.clone()]
            }
            _ if looks_like_key(&self.user.0) => vec![self.user.clone(), self.password.clone()],
            _ => vec![self.password.clone()],
        }
    }
}

impl Known {
    /// One entry of a section; none when it does not have the shape that Composer's schema asks for.
    fn read(section: &str, entry: &Value) -> Option<Known> {
        let field = |name: &str| entry.get(name).and_then(Value::as_str);
        let login = match (section, entry) {
            ("bitbucket-oauth", _) => match field("access-token") {
                Some(token) => Login::new("x-token-auth", token),
                None => Login::new(field("consumer-key")?, field("consumer-secret")?),
            },
            ("github-oauth", Value::String(token)) => Login::new(token, "x-oauth-basic"),
            ("gitlab-oauth", Value::String(token)) => Login::new(token, "oauth2"),
            ("gitlab-oauth", _) => Login::new(field("token")?, "oauth2"),
            ("gitlab-token", Value::String(token)) => Login::new(token, "private-token"),
            ("gitlab-token", _) => Login::new(field("username")?, field("token")?),
            ("forgejo-token", _) => Login::new(field("username")?, field("token")?),
            ("http-basic", _) => Login::new(field("username")?, field("password")?),
            ("bearer", Value::String(token)) => Login::new(token, "bearer"),
            ("custom-headers", Value::Array(headers)) => {
                return Some(Known::Headers(
                    headers
                        .iter()
                        .filter_map(Value::as_str)
                        .filter_map(Header::read)
                        .collect(),
                ));
            }
            _ => return None,
        };
        Some(Known::Login(login))
    }
}

impl Header {
    /// A header written as `Name: value`.
    pub fn read(line: &str) -> Option<Header> {
        let (name, value) = line.split_once(':')?;
        Some(Header {
            name: name.trim().to_owned(),
            value: Secret::new(value.trim()),
        })
    }
}

/// Whether a user name is a key or a token: long and without a word in it.
fn looks_like_key(user: &str) -> bool {
    let is_hex = user.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digits = user.bytes().filter(u8::is_ascii_digit).count();
    (user.len() >= 12 && is_hex) || (user.len() >= 20 && digits >= 4 && !user.contains('@'))
}

/// Whether an address is that of a public file at Bitbucket (`/{user}/{repository}/downloads/…`), or not at Bitbucket at all.
fn is_public_download(target: Target<'_>) -> bool {
    !target.host.contains("bitbucket.org") || target.path.split('/').nth(3) == Some("downloads")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn target(url: &str) -> Target<'_> {
        let (_, rest) = url.split_once("://").unwrap();
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = authority
            .split_once(':')
            .map_or((authority, None), |(host, port)| (host, port.parse().ok()));
        Target { host, port, path }
    }

    fn credentials(files: &[Value]) -> Credentials {
        let mut credentials = Credentials::default();
        files.iter().for_each(|file| credentials.add(file));
        credentials
    }

    fn sent(credentials: &Credentials, url: &str) -> String {
        let headers = credentials.headers(target(url), None);
        headers
            .iter()
            .map(|header| format!("{}: {}", header.name, header.value.expose()))
            .collect::<Vec<_>>()
            .join("; ")
    }

    #[test]
    fn sends_what_composer_sends() {
        let credentials = credentials(&[json!({
            "http-basic": {"repo.magento.com": {"username": "public", "password": "private"}, "packagist.org": {"username": "a", "password": "b"}, "local:8080": {"username": "c", "password": "d"}},
            "bearer": {"satis.example.org": "T0"},
            "github-oauth": {"github.com": "T1", "git.example.org": "T2"},
            "gitlab-token": {"gitlab.com": "T3", "lab.example.org": {"username": "me", "token": "T4"}},
            "gitlab-oauth": {"example.org/gitlab": {"token": "T5"}},
            "bitbucket-oauth": {"bitbucket.org": {"consumer-key": "k", "consumer-secret": "s", "access-token": "T6"}},
            "custom-headers": {"api.example.org": ["X-Key: T7", "X-Other:T8"]},
        })]);
        for (url, expected) in [
            (
                "https://repo.magento.com/packages.json",
                "Authorization: Basic cHVibGljOnByaXZhdGU=",
            ),
            (
                "https://repo.packagist.org/p2/a/b.json",
                "Authorization: Basic YTpi",
            ),
            ("http://local:8080/x", "Authorization: Basic Yzpk"),
            ("http://local:8081/x", ""),
            ("https://satis.example.org/x", "Authorization: Bearer T0"),
            (
                "https://api.github.com/repos/a/b",
                "Authorization: token T1",
            ),
            ("https://github.com/a/b", ""),
            ("https://raw.github.com/a/b", ""),
            (
                "https://git.example.org/a/b",
                "Authorization: Basic VDI6eC1vYXV0aC1iYXNpYw==",
            ),
            ("https://gitlab.com/api/v4/x", "PRIVATE-TOKEN: T3"),
            ("https://lab.example.org/x", "Authorization: Basic bWU6VDQ="),
            ("https://example.org/gitlab/x", "Authorization: Bearer T5"),
            (
                "https://api.bitbucket.org/2.0/x",
                "Authorization: Bearer T6",
            ),
            ("https://bitbucket.org/a/b/downloads/c.zip", ""),
            ("https://api.example.org/x", "X-Key: T7; X-Other: T8"),
            ("https://repo.magento.com.evil.example/x", ""),
            ("https://magento.com/x", ""),
        ] {
            assert_eq!(sent(&credentials, url), expected, "{url}");
        }
    }

    #[test]
    fn later_files_and_stronger_sections_win() {
        let basic =
            |user: &str| json!({"http-basic": {"a.org": {"username": user, "password": "p"}}});
        assert_eq!(
            sent(&credentials(&[basic("x"), basic("y")]), "https://a.org/"),
            "Authorization: Basic eTpw"
        );
        let bearer = json!({"bearer": {"a.org": "T"}});
        assert_eq!(
            sent(&credentials(&[bearer, basic("x")]), "https://a.org/"),
            "Authorization: Bearer T"
        );
        let login = Login::new("z", "p");
        let headers = credentials(&[basic("x")]).headers(target("https://a.org/"), Some(&login));
        assert_eq!(headers[0].value.expose(), "Basic ejpw");
    }

    #[test]
    fn never_shows_a_secret() {
        let credentials = credentials(&[json!({
            "http-basic": {"a.org": {"username": "john", "password": "hunter2"}, "b.org": {"username": "0123456789abcdef0123456789abcdef", "password": "pw"}},
            "bearer": {"c.org": "token"},
            "github-oauth": {"github.com": 5},
        })]);
        let shown = format!("{credentials:?} {}", Secret::new("hunter2"));
        let secrets: Vec<_> = credentials
            .secrets()
            .iter()
            .map(|secret| secret.expose().to_owned())
            .collect();
        assert_eq!(
            secrets,
            ["hunter2", "0123456789abcdef0123456789abcdef", "pw", "token"]
        );
        assert!(
            !["hunter2", "01234567", "token"]
                .iter()
                .any(|secret| shown.contains(secret)),
            "{shown}"
        );
    }
}
