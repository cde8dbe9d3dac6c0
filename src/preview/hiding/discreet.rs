//! What a document that leaves the house does not say: folders of a machine, and hosts that only who works there can reach.

use super::hidden::replace;
use crate::distribution::repository_host;
use regex::{Captures, Regex};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// What stands for a folder.
const FOLDER: &str = "…";

/// An address with its host, or what git and ssh take for one.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)(\b[a-z][a-z0-9+.-]*://(?:[^\s/@"'`]*@)?|\b[a-z0-9_-]+@)(\[[0-9a-f:]+\]|[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?)"#)
        .expect("a valid pattern")
});

/// An absolute path below a folder that systems have, and one of Windows.
static PATH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?P<before>^|[\s"'`=(\[,:])"#,
        r#"(?P<path>/(?:Users|Volumes|app|builds|data|home|mnt|opt|private|root|srv|tmp|usr|var|workspace|www)/[^\s"'`)\],;:]*|[A-Za-z]:\\[^\s"'`)\],;:]*)"#,
    ))
    .expect("a valid pattern")
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    public: BTreeSet<String>,
    private_domains: BTreeSet<String>,
}

static DATA: LazyLock<Data> = LazyLock::new(|| {
    toml::from_str(include_str!("hosts.toml")).expect("the bundled hosts.toml is valid")
});

/// Hosts and folders to be left out, besides those that are told by what they look like.
#[derive(Debug, Default, Clone)]
pub struct Places {
    hosts: BTreeSet<String>,
    folders: BTreeSet<String>,
}

impl Places {
    /// Adds a host that a store names, unless everybody knows it. A port may follow.
    pub fn add_host(&mut self, host: &str) {
        let host = host.trim().to_ascii_lowercase();
        let host = host.rsplit_once(':').map_or(host.as_str(), |(name, port)| {
            let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
            if is_port { name } else { host.as_str() }
        });
        let is_everywhere = matches!(host, "" | "localhost" | "127.0.0.1" | "::1");
        let is_public =
            DATA.public.contains(host) || repository_host(&format!("https://{host}/")).is_some();
        if !is_everywhere && !is_public {
            self.hosts.insert(host.to_owned());
        }
    }

    /// Adds a folder; one that is no more than the root or the current one is none.
    pub fn add_folder(&mut self, folder: &str) {
        let folder = folder.trim_end_matches(['/', '\\']);
        let is_absolute = folder.starts_with('/') || folder.chars().nth(1) == Some(':');
        if is_absolute && folder.len() > 3 {
            self.folders.insert(folder.to_owned());
        }
    }
}

/// Leaves hosts and folders out of texts.
#[derive(Debug, Clone)]
pub(crate) struct Discretion {
    hosts: Option<Regex>,
    folders: Option<Regex>,
}

impl Discretion {
    /// Leaves out all hosts and folders of these places, as far as they stand by themselves and not within a longer name.
    pub(crate) fn new(places: &Places) -> Self {
        let one_of = |texts: &BTreeSet<String>, before: &str, after: &str| {
            let mut texts: Vec<&String> = texts.iter().collect();
            // The longest first: one may begin with another.
            texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
            let patterns: Vec<String> = texts.iter().map(|text| regex::escape(text)).collect();
            let pattern = format!("{before}({}){after}", patterns.join("|"));
            (!patterns.is_empty())
                .then(|| Regex::new(&pattern).ok())
                .flatten()
        };
        Self {
            // A name in the middle of a longer one is another host, or none.
            hosts: one_of(
                &places.hosts,
                r"(?i)(^|[^a-z0-9_./-]|//)",
                r"($|[^a-z0-9_-])",
            ),
            folders: one_of(&places.folders, "()", r"($|[^A-Za-z0-9_.-])"),
        }
    }

    /// Leaves them out of a text.
    pub(crate) fn hide<'t>(&self, text: &mut Cow<'t, str>) {
        if let Some(folders) = &self.folders {
            replace(text, |text| {
                folders.replace_all(text, format!("{FOLDER}${{3}}"))
            });
        }
        replace(text, |text| {
            PATH.replace_all(text, |found: &Captures| {
                let name = found["path"].rsplit(['/', '\\']).next().unwrap_or_default();
                format!("{}{FOLDER}/{name}", &found["before"])
            })
        });
        if let Some(hosts) = &self.hosts {
            // What parts two names belongs to both.
            for _ in 0..2 {
                replace(text, |text| {
                    hosts.replace_all(text, format!("${{1}}{HOST}${{3}}"))
                });
            }
        }
        replace(text, |text| {
            ADDRESS.replace_all(text, |found: &Captures| match is_private(&found[2]) {
                true => format!("{}{HOST}", &found[1]),
                false => found[0].to_owned(),
            })
        });
    }
}

/// What stands for a host.
const HOST: &str = "[host]";

/// Whether a host has no name that everybody could look up.
fn is_private(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    if matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1") {
        return false;
    }
    if host.parse::<std::net::IpAddr>().is_ok() {
        return true;
    }
    match host.rsplit_once('.') {
        None => true,
        Some((_, domain)) => DATA.private_domains.contains(domain) || host.ends_with(".home.arpa"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &str) -> String {
        let mut places = Places::default();
        for host in [
            "db-3.acme-internal.net:3306",
            "cache",
            "github.com",
            "gitlab.acme.com",
            "localhost",
        ] {
            places.add_host(host);
        }
        for folder in ["/projects/clients/acme/", "/", "", "relative/x", "C:"] {
            places.add_folder(folder);
        }
        let mut text = Cow::Borrowed(text);
        Discretion::new(&places).hide(&mut text);
        text.into_owned()
    }

    #[test]
    fn hosts_and_folders_of_ones_own_are_left_out() {
        for (text, expected) in [
            (
                "a database at db-3.acme-internal.net and Redis",
                "a database at [host] and Redis",
            ),
            ("cache, cache and Varnish", "[host], [host] and Varnish"),
            (
                "var/cache/ and cache-warmer stay",
                "var/cache/ and cache-warmer stay",
            ),
            ("https://gitlab.acme.com/x/y.git", "https://[host]/x/y.git"),
            ("git@GitLab.acme.com:x/y.git", "git@[host]:x/y.git"),
            (
                "https://github.com/x and https://repo.vendor.com/",
                "https://github.com/x and https://repo.vendor.com/",
            ),
            (
                "https://satis.corp/ http://10.1.2.3:80/ http://satis/ ssh://git@[fd00::1]/x",
                "https://[host]/ http://[host]:80/ http://[host]/ ssh://git@[host]/x",
            ),
            ("http://localhost:9200/", "http://localhost:9200/"),
            ("version 10.1.2.3 stays", "version 10.1.2.3 stays"),
            (
                "/projects/clients/acme/composer.json, /projects/clients/acme",
                "…/composer.json, …",
            ),
            ("/projects/clients/acme2/x", "/projects/clients/acme2/x"),
            (
                "in `/home/me/.composer/auth.json`: bad",
                "in `…/auth.json`: bad",
            ),
            ("C:\\Users\\me\\shop\\composer.json", "…/composer.json"),
            (
                "var/www/x /dev/null vendor/bin",
                "var/www/x /dev/null vendor/bin",
            ),
        ] {
            assert_eq!(hidden(text), expected);
        }
    }
}
