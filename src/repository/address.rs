//! Addresses of repositories: what Composer makes of them, and what may be shown of them.

use reqwest::Url;
use std::path::PathBuf;

/// The address that a `composer` repository is asked at, as `ComposerRepository` makes it of the `url` in composer.json:
/// no slash at the end, `http` when there is no scheme, packagist.org under the name of its metadata host.
pub(super) fn of_repository(url: &str) -> String {
    let scheme = url
        .split_once("://")
        .map(|(scheme, _)| scheme.strip_suffix('?').unwrap_or(scheme));
    let has_scheme = scheme.is_some_and(|scheme| {
        !scheme.is_empty()
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
    });
    let url = if has_scheme {
        url.to_owned()
    } else {
        format!("http://{url}")
    };
    let url = url.trim_end_matches('/');
    match url.to_ascii_lowercase().as_str() {
        "https://packagist.org" | "https?://packagist.org" => {
            "https://repo.packagist.org".to_owned()
        }
        "http://packagist.org" => "http://repo.packagist.org".to_owned(),
        _ => url
            .strip_prefix("https?")
            .map_or_else(|| url.to_owned(), |rest| format!("https{rest}")),
    }
}

/// Where the files of a repository are: its address without the name of a JSON file, query and fragment.
pub(super) fn base(url: &str) -> &str {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let url = match url.rsplit_once('/') {
        Some((folder, file)) if file.len() > ".json".len() && file.ends_with(".json") => folder,
        _ => url,
    };
    url.trim_end_matches('/')
}

/// Where a repository's root document is. An address may name the document itself.
pub(super) fn of_root_document(url: &str) -> String {
    let path = Url::parse(url)
        .map(|url| url.path().to_owned())
        .unwrap_or_default();
    if path.contains(".json") {
        url.to_owned()
    } else {
        format!("{url}/packages.json")
    }
}

/// An address that a repository gives, as seen from the repository: a leading slash starts at the root of its host.
pub(super) fn resolve(repository: &str, url: &str) -> String {
    if !url.starts_with('/') {
        return url.to_owned();
    }
    let authority = repository.find("://").map_or(0, |at| at + "://".len());
    let end = repository[authority..]
        .find('/')
        .map_or(repository.len(), |slash| authority + slash);
    format!("{}{url}", &repository[..end])
}

/// The host of an address, when it has one.
pub(super) fn host(url: &str) -> Option<String> {
    Url::parse(url).ok()?.host_str().map(str::to_owned)
}

/// An address without user and password.
pub(super) fn without_login(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

/// The path of an address, as it stands there.
pub(super) fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').map_or("", |slash| &rest[slash..]);
    path.split(['?', '#']).next().unwrap_or_default()
}

/// The file that a `file://` address names.
pub(super) fn file_path(url: &str) -> Option<PathBuf> {
    Url::parse(url)
        .ok()
        .filter(|url| url.scheme() == "file")?
        .to_file_path()
        .ok()
}

/// An address as it may be shown: without user and password, the values of its query, and path segments that look like
/// keys. What is not an address is returned as it is, up to an `@`.
pub fn masked(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, _)| {
        url.split_at(scheme.len() + "://".len())
    });
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let authority = authority
        .rsplit_once('@')
        .map_or_else(|| authority.to_owned(), |(_, host)| format!("***@{host}"));
    let (path, rest) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    let path: Vec<_> = path
        .split('/')
        .map(|segment| if is_key(segment) { "***" } else { segment })
        .collect();
    let query: Vec<_> = rest
        .split('&')
        .map(|pair| {
            pair.split_once('=')
                .map_or_else(|| pair.to_owned(), |(name, _)| format!("{name}=***"))
        })
        .collect();
    format!("{scheme}{authority}{}{}", path.join("/"), query.join("&"))
}

/// The parts of an address that [`masked`] hides.
pub(super) fn secrets(url: &str) -> Vec<String> {
    let Ok(parsed) = Url::parse(url) else {
        return Vec::new();
    };
    let user = [parsed.username(), parsed.password().unwrap_or_default()];
    let keys = parsed
        .path_segments()
        .into_iter()
        .flatten()
        .filter(|segment| is_key(segment));
    let mut secrets: Vec<String> = user.into_iter().chain(keys).map(str::to_owned).collect();
    secrets.extend(parsed.query_pairs().map(|(_, value)| value.into_owned()));
    secrets.retain(|secret| !secret.is_empty());
    secrets
}

/// Whether a path segment looks like a key rather than a name: long, letters and digits mixed.
fn is_key(segment: &str) -> bool {
    segment.len() >= 20
        && segment
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        && segment.bytes().filter(u8::is_ascii_digit).count() >= 4
        && segment.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_composer() {
        for (written, address) in [
            ("https://repo.magento.com/", "https://repo.magento.com"),
            ("https://packagist.org", "https://repo.packagist.org"),
            ("HTTPS://Packagist.org/", "https://repo.packagist.org"),
            ("https?://repo.example.org", "https://repo.example.org"),
            ("repo.example.org/satis//", "http://repo.example.org/satis"),
            ("file:///srv/satis", "file:///srv/satis"),
        ] {
            assert_eq!(of_repository(written), address);
        }
        assert_eq!(
            of_root_document("https://a.org/b"),
            "https://a.org/b/packages.json"
        );
        assert_eq!(
            of_root_document("https://a.org/b/all.json?x=1"),
            "https://a.org/b/all.json?x=1"
        );
        assert_eq!(base("https://a.org/b/packages.json?x=1"), "https://a.org/b");
        assert_eq!(base("https://a.org/b/"), "https://a.org/b");
        assert_eq!(
            resolve("https://a.org/b", "/p2/%package%.json"),
            "https://a.org/p2/%package%.json"
        );
        assert_eq!(resolve("https://a.org", "/p2/x"), "https://a.org/p2/x");
        assert_eq!(resolve("file:///srv/satis", "/p2/x"), "file:///p2/x");
        assert_eq!(
            resolve("https://a.org/b", "https://c.org/x"),
            "https://c.org/x"
        );
        assert_eq!(path("https://a.org/b/c?d"), "/b/c");
    }

    #[test]
    fn hides_credentials() {
        for (url, shown) in [
            ("https://user:pass@a.org/b", "https://***@a.org/b"),
            ("https://token@a.org", "https://***@a.org"),
            (
                "https://a.org/x/packages.json?token=abc&v=1#f",
                "https://a.org/x/packages.json?token=***&v=***",
            ),
            (
                "https://a.org/0a1b2c3d4e5f60718293a4b5c6d7e8f9/packages.json",
                "https://a.org/***/packages.json",
            ),
            (
                "https://hyva-themes.repo.packagist.com/hk-shop-de-t6mctirb5/",
                "https://hyva-themes.repo.packagist.com/hk-shop-de-t6mctirb5/",
            ),
            (
                "git@github.com:acme/module.git",
                "***@github.com:acme/module.git",
            ),
        ] {
            assert_eq!(masked(url), shown);
        }
        assert_eq!(
            secrets("https://user:pass@a.org/b?token=abc"),
            ["user", "pass", "abc"]
        );
    }
}
