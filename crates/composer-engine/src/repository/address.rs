//! Addresses of repositories: what Composer makes of them, and what may be shown of them.

use crate::format::auth::{Login, Secret};
use percent_encoding::percent_decode_str;
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

/// Whether an address that the repository at `repository` gives, [resolved](resolve), can be asked. One that lies in a folder
/// gives names of files.
pub(super) fn leads_somewhere(repository: &str, address: &str) -> bool {
    !repository.contains("://") || Url::parse(address).is_ok()
}

/// The host of an address, when it has one.
pub(super) fn host(url: &str) -> Option<String> {
    Url::parse(url).ok()?.host_str().map(str::to_owned)
}

/// An address in parts: what comes before its login, the login itself, and what comes behind it.
fn split(url: &str) -> (&str, Option<&str>, &str) {
    let (scheme, rest) = url.split_at(url.find("://").map_or(0, |at| at + "://".len()));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..end];
    // A port that is no number is the beginning of a password with a `/`, `?` or `#` in it. No server would understand
    // such an address, but it may be shown.
    let has_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let is_broken = !authority.contains('@')
        && authority
            .split_once(':')
            .is_some_and(|(_, port)| !has_port(port));
    let login = if is_broken { rest } else { authority };
    match login.rfind('@') {
        Some(at) => (scheme, Some(&rest[..at]), &rest[at + 1..]),
        None => (scheme, None, rest),
    }
}

/// Whether a login is one: that of an SSH address is merely the name of an account (`git@github.com:acme/module.git`).
fn is_secret(scheme: &str, login: &str) -> bool {
    login.contains(':') || scheme.to_ascii_lowercase().starts_with("http")
}

/// What git would call, of an address in any of its spellings: what stands before the port or the path.
pub(super) fn called(url: &str) -> &str {
    let (_, _, rest) = split(url);
    rest.split(['/', ':']).next().unwrap_or_default()
}

/// An address without user and password.
pub(super) fn without_login(url: &str) -> String {
    let (scheme, _, rest) = split(url);
    format!("{scheme}{rest}")
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
/// keys.
pub fn masked(url: &str) -> String {
    let (scheme, login, rest) = split(url);
    let login = match login {
        Some(login) if is_secret(scheme, login) => "***@".to_owned(),
        Some(login) => format!("{login}@"),
        None => String::new(),
    };
    let (path, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    let path: Vec<_> = path
        .split('/')
        .map(|segment| if is_key(segment) { "***" } else { segment })
        .collect();
    let query: Vec<_> = query
        .split('&')
        .map(|pair| {
            pair.split_once('=')
                .map_or_else(|| pair.to_owned(), |(name, _)| format!("{name}=***"))
        })
        .collect();
    format!("{scheme}{login}{}{}", path.join("/"), query.join("&"))
}

/// The parts of an address that must not be shown anywhere, as they are written and as they are meant.
pub(super) fn secrets(url: &str) -> Vec<Secret> {
    let (scheme, login, rest) = split(url);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let login = login.filter(|login| is_secret(scheme, login));
    let login = login.map(|login| login.split_once(':').unwrap_or((login, "")));
    let login = login
        .into_iter()
        .flat_map(|(user, password)| match password {
            "" => vec![Secret::new(user)],
            password => Login::new(user, password).secrets(),
        });
    let keys = path
        .split('/')
        .filter(|segment| is_key(segment))
        .map(Secret::new);
    let values = query
        .split(['&', '#'])
        .filter_map(|pair| pair.split_once('='))
        .map(|(_, value)| Secret::new(value));
    let written: Vec<Secret> = login.chain(keys).chain(values).collect();
    let meant = written
        .iter()
        .map(|secret| Secret::new(percent_decode_str(secret.expose()).decode_utf8_lossy()));
    let mut secrets: Vec<Secret> = Vec::new();
    for secret in meant.chain(written.iter().cloned()) {
        if !secret.expose().is_empty() && !secrets.contains(&secret) {
            secrets.push(secret);
        }
    }
    secrets
}

/// Whether a path segment of a repository's address looks like a key rather than a name: long, letters and digits mixed;
/// or one word in which letters and digits (`k3f9x2`) or small and capital letters take turns as in no name, or in which
/// more consonants follow each other than can be spoken.
fn is_key(segment: &str) -> bool {
    let bytes = segment.as_bytes();
    if !bytes
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        || !bytes.iter().any(u8::is_ascii_alphabetic)
    {
        return false;
    }
    let is_long =
        bytes.len() >= 20 && bytes.iter().filter(|byte| byte.is_ascii_digit()).count() >= 4;
    if bytes.contains(&b'-') || bytes.contains(&b'_') {
        return is_long;
    }
    let turns = |differ: fn(u8, u8) -> bool| {
        bytes
            .windows(2)
            .filter(|pair| pair.iter().all(u8::is_ascii_alphanumeric) && differ(pair[0], pair[1]))
            .count()
    };
    let digits = turns(|a, b| a.is_ascii_digit() != b.is_ascii_digit());
    // `AcmeShopModules` turns from small to capital at each word, and no word is that short throughout.
    let capitals = turns(|a, b| a.is_ascii_lowercase() && b.is_ascii_uppercase());
    let is_vowel = |byte: &u8| {
        matches!(
            byte.to_ascii_lowercase(),
            b'a' | b'e' | b'i' | b'o' | b'u' | b'y'
        )
    };
    let consonants = bytes
        .split(|byte| !byte.is_ascii_alphabetic() || is_vowel(byte))
        .map(<[u8]>::len)
        .max();
    is_long
        || bytes.len() >= 6 && digits >= 3
        || bytes.len() >= 10 && capitals * 4 >= bytes.len()
        || bytes.len() >= 10 && consonants.is_some_and(|run| run >= 6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_in_a_path_are_told_from_names() {
        for key in [
            "0a1b2c3d4e5f60718293",
            "k3f9x2",
            "AbCdEfGhIjKlMnOpQrStUvWx",
            "qwrtzpsdfghk",
            "xkcdvbnmplqq",
        ] {
            assert!(is_key(key), "{key}");
        }
        for name in [
            "shop",
            "AcmeShopModules",
            "magento2",
            "php81",
            "m2shop",
            "composer",
            "p2",
            "2.4.7",
            "community-edition",
            "packages",
            "enterprise",
            "strengths",
            "20240101",
            "acme_b2b_store",
        ] {
            assert!(!is_key(name), "{name}");
        }
    }

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
                "git@github.com:acme/module.git",
            ),
        ] {
            assert_eq!(masked(url), shown);
        }
        let hidden = |url| {
            secrets(url)
                .iter()
                .map(|secret| secret.expose().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            hidden("https://user:pass@a.org/b?token=abc"),
            ["pass", "abc"]
        );
        assert!(hidden("ssh://git@a.org/b").is_empty() && hidden("git@a.org:b").is_empty());
        assert_eq!(hidden("https://t%20ken@a.org"), ["t ken", "t%20ken"]);
        assert_eq!(hidden("https://user:pa/ss#x@a.org/b"), ["pa/ss#x"]);
        assert_eq!(
            masked("https://user:pa/ss#x@a.org/b"),
            "https://***@a.org/b"
        );
        assert_eq!(
            masked("https://a.org:8080/@scope/b"),
            "https://a.org:8080/@scope/b"
        );
    }

    proptest! {
        #[test]
        fn survives_any_text(text in ".{0,40}", prefix in "(https://|http:|//)?") {
            let url = format!("{prefix}{text}");
            let address = of_repository(&url);
            let _ = (base(&address), of_root_document(&address), resolve(&address, &url), host(&url), path(&url), file_path(&url));
            let _ = (masked(&url), secrets(&url), without_login(&url));
        }

        #[test]
        fn masks_whatever_is_a_login(user in "[a-z0-9%]{1,12}", password in "[a-zA-Z0-9!$%:.]{8,20}") {
            let shown = masked(&format!("https://{user}:{password}@a.org/b"));
            prop_assert_eq!(shown, "https://***@a.org/b");
        }
    }
}
