//! An auth.json edited in place: which credentials it has, for which hosts, and how one is stored or removed.

use super::Secret;
use crate::format::json::document::{EditError, JsonDocument};
use crate::format::json::error::JsonError;
use serde_json::{Value, json};
use std::fmt;

/// What a new file is made from: Composer indents by four spaces.
const EMPTY: &str = "{\n}\n";

/// The kinds of credentials that can be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuthKind {
    /// `http-basic`: a name and a password.
    HttpBasic,
    /// `bearer`: a token that is sent as it is.
    Bearer,
    /// `github-oauth`: a token of GitHub.
    GithubOauth,
    /// `gitlab-oauth`: an OAuth token of GitLab.
    GitlabOauth,
    /// `gitlab-token`: a personal or deploy token of GitLab.
    GitlabToken,
    /// `bitbucket-oauth`: key and secret of a consumer of Bitbucket.
    BitbucketOauth,
}

impl AuthKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::HttpBasic,
        Self::Bearer,
        Self::GithubOauth,
        Self::GitlabOauth,
        Self::GitlabToken,
        Self::BitbucketOauth,
    ];

    /// The section of auth.json.
    pub fn section(self) -> &'static str {
        match self {
            Self::HttpBasic => "http-basic",
            Self::Bearer => "bearer",
            Self::GithubOauth => "github-oauth",
            Self::GitlabOauth => "gitlab-oauth",
            Self::GitlabToken => "gitlab-token",
            Self::BitbucketOauth => "bitbucket-oauth",
        }
    }

    /// The kind that a host asks for as far as one can tell from its name.
    pub fn usual(host: &str) -> Self {
        match host {
            "github.com" => Self::GithubOauth,
            "gitlab.com" => Self::GitlabToken,
            "bitbucket.org" => Self::BitbucketOauth,
            _ => Self::HttpBasic,
        }
    }

    /// What it consists of: the name of the first part, where there is one besides the secret, and that of the secret.
    pub fn parts(self) -> (Option<&'static str>, &'static str) {
        match self {
            Self::HttpBasic => (Some("username"), "password"),
            Self::BitbucketOauth => (Some("consumer-key"), "consumer-secret"),
            Self::Bearer | Self::GithubOauth | Self::GitlabOauth | Self::GitlabToken => {
                (None, "token")
            }
        }
    }
}

impl fmt::Display for AuthKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.section())
    }
}

/// The sections that hold credentials, those included that only listing and removing know.
const SECTIONS: [&str; 9] = [
    "http-basic",
    "bearer",
    "github-oauth",
    "gitlab-oauth",
    "gitlab-token",
    "bitbucket-oauth",
    "forgejo-token",
    "custom-headers",
    "client-certificate",
];

/// The hosts and kinds of the credentials in a decoded auth.json, COMPOSER_AUTH or `config` section.
pub fn hosts(auth: &Value) -> Vec<(String, &'static str)> {
    SECTIONS
        .into_iter()
        .filter_map(|section| Some((section, auth.get(section)?.as_object()?)))
        .flat_map(|(section, hosts)| hosts.keys().map(move |host| (host.clone(), section)))
        .collect()
}

/// An auth.json. Neither `Debug` nor any error shows what is in it.
pub struct AuthFile(JsonDocument);

impl AuthFile {
    /// Reads the text of a file; none for one that is not there yet.
    pub fn parse(text: Option<String>) -> Result<Self, JsonError> {
        let text = text.filter(|text| !text.trim().is_empty());
        JsonDocument::parse(text.unwrap_or_else(|| EMPTY.to_string())).map(Self)
    }

    /// The text with all edits; it holds the secrets.
    pub fn text(&self) -> &str {
        self.0.text()
    }

    /// The hosts it has credentials for, with their kinds.
    pub fn hosts(&self) -> Vec<(String, &'static str)> {
        hosts(self.0.value())
    }

    /// Stores credentials for a host in place of all others that it has: Composer takes those of one kind only, and not
    /// always the newest. `parts` are as many as [`AuthKind::parts`] names, the secret last.
    pub fn store(
        &mut self,
        host: &str,
        kind: AuthKind,
        first: Option<&str>,
        secret: &Secret,
    ) -> Result<(), EditError> {
        let entry = match kind.parts() {
            (Some(name), secret_name) => json!({
                name: first.unwrap_or_default(),
                secret_name: secret.expose(),
            }),
            (None, _) => Value::from(secret.expose()),
        };
        for (other, section) in self.hosts() {
            if other.eq_ignore_ascii_case(host) && (section != kind.section() || other != host) {
                self.0.remove([section, other.as_str()])?;
            }
        }
        self.0.set([kind.section(), host], &entry)
    }

    /// Removes all credentials of a host; the kinds that were there.
    pub fn remove(&mut self, host: &str) -> Result<Vec<&'static str>, EditError> {
        let mut removed = Vec::new();
        for (known, section) in self.hosts() {
            if known.eq_ignore_ascii_case(host) {
                self.0.remove([section, known.as_str()])?;
                removed.push(section);
            }
        }
        Ok(removed)
    }
}

impl fmt::Debug for AuthFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AuthFile").field(&self.hosts()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(text: Option<&str>, host: &str, kind: AuthKind, first: Option<&str>) -> String {
        let mut file = AuthFile::parse(text.map(str::to_owned)).unwrap();
        file.store(host, kind, first, &Secret::new("s3cret/1"))
            .unwrap();
        assert!(!format!("{file:?}").contains("s3cret"));
        file.text().to_owned()
    }

    #[test]
    fn a_new_file() {
        assert_eq!(
            stored(None, "a.org", AuthKind::HttpBasic, Some("u")),
            "{\n    \"http-basic\": {\n        \"a.org\": {\n            \"username\": \"u\",\n            \"password\": \"s3cret/1\"\n        }\n    }\n}\n"
        );
        assert_eq!(
            stored(Some(" \n"), "a.org", AuthKind::Bearer, None),
            "{\n    \"bearer\": {\n        \"a.org\": \"s3cret/1\"\n    }\n}\n"
        );
    }

    #[test]
    fn what_is_there_keeps_its_bytes() {
        let text = "{\r\n  \"http-basic\": {\r\n    \"b.org\": {\"username\": \"x\",   \"password\": \"y\"},\r\n    \"A.org\": {\"username\": \"old\", \"password\": \"old\"}\r\n  }\r\n}";
        assert_eq!(
            stored(Some(text), "a.org", AuthKind::Bearer, None),
            "{\r\n  \"http-basic\": {\r\n    \"b.org\": {\"username\": \"x\",   \"password\": \"y\"}\r\n  },\r\n  \"bearer\": {\r\n    \"a.org\": \"s3cret/1\"\r\n  }\r\n}"
        );
        let mut file = AuthFile::parse(Some(text.to_owned())).unwrap();
        assert_eq!(file.remove("a.org").unwrap(), ["http-basic"]);
        assert_eq!(file.remove("a.org").unwrap(), [""; 0]);
        assert_eq!(file.hosts(), [("b.org".to_owned(), "http-basic")]);
    }
}
