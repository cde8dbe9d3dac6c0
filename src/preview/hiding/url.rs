//! Hiding what is secret in a URL by its place alone: user and password, keys in the path, keys in the query.

use super::hidden::MASK;
use regex::{Captures, Regex};
use std::borrow::Cow;
use std::sync::LazyLock;

/// A URL in running text or in JSON, where `/` may be written `\/`: scheme, authority, the rest. A password may hold a slash that
/// somebody forgot to encode; what is a port is none.
static URL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"([A-Za-z][A-Za-z0-9+.-]*:\\?/\\?/)"#,
        r#"((?:[^\s/"'<>:@\\]+:[0-9]*[^\s/"'<>@0-9\\][^\s"'<>@]*@)?[^\s/"'<>]*)"#,
        r#"((?:/[^\s"'<>]*)?)"#
    ))
    .expect("a valid pattern")
});

/// A query parameter whose name says that it holds a credential. `&` may be written `&` in JSON.
static PARAMETER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)((?:[?&;]|\\u0026)[a-z0-9_.-]*(?:token|key|secret|passw|pwd|auth|signature|credential|licen[cs]e)",
        r"[a-z0-9_.-]*=|(?:[?&;]|\\u0026)sig=)([^&#\s\\]+)"
    ))
    .expect("a valid pattern")
});

/// Users that stand in URLs without being secret.
const PLAIN_USERS: &[&str] = &["git", "hg", "svn"];

/// Hosts of whole domains whose first path segment names one customer's repository, as if it were a key.
const CUSTOMER_DOMAINS: &[&str] = &[".repo.packagist.com"];

/// Hosts whose paths hold commits and archive names, never keys.
const PUBLIC_DOMAINS: &[&str] = &[
    "github.com",
    "gitlab.com",
    "bitbucket.org",
    "packagist.org",
    "mage-os.org",
    "magento.com",
    "adobe.com",
];

/// Path segments that are followed by a commit.
const BEFORE_COMMIT: &[&str] = &[
    "archive",
    "blob",
    "commit",
    "commits",
    "get",
    "legacy.zip",
    "raw",
    "src",
    "tarball",
    "tree",
    "zip",
    "zipball",
];

/// Masks the secret parts of all URLs in a text.
pub(crate) fn mask_urls(text: &str) -> Cow<'_, str> {
    if !text.contains(":/") && !text.contains(":\\/") {
        return Cow::Borrowed(text);
    }
    URL.replace_all(text, |url: &Captures| {
        let (scheme, authority, rest) = (&url[1], &url[2], &url[3]);
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) if PLAIN_USERS.contains(&user) => (format!("{user}@"), host),
            Some((_, host)) => (format!("{MASK}@"), host),
            None => (String::new(), authority),
        };
        let (path, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
        let query = match query {
            "" => Cow::Borrowed(query),
            query => PARAMETER.replace_all(query, format!("${{1}}{MASK}")),
        };
        format!("{scheme}{user}{host}{}{query}", mask_path(host, path))
    })
}

/// The user and password of every URL in a text that has them, as written. What stands there alone is a token.
pub(crate) fn credentials(text: &str) -> Vec<(&str, Option<&str>)> {
    URL.captures_iter(text)
        .filter_map(|url| url.get(2)?.as_str().rsplit_once('@'))
        .filter(|(user, _)| !PLAIN_USERS.contains(user))
        .map(|(user, _)| {
            user.split_once(':')
                .map_or((user, None), |(user, password)| (user, Some(password)))
        })
        .collect()
}

fn mask_path(host: &str, path: &str) -> String {
    let host = host
        .trim_end_matches('\\')
        .split(':')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let is_customer = CUSTOMER_DOMAINS.iter().any(|domain| host.ends_with(domain));
    let is_public = PUBLIC_DOMAINS.iter().any(|domain| {
        host.strip_suffix(domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    });
    // What comes after is known to nobody but who may call it.
    let mut is_hook = host.starts_with("hooks.") || host.split('.').any(|part| part == "webhook");
    let mut masked = String::with_capacity(path.len());
    let mut previous = "";
    for (index, part) in path.split('/').enumerate() {
        // `\/` in JSON leaves the backslash on the segment before the slash; other signs belong to the sentence around.
        let segment = part.trim_end_matches(['\\', ')', ']', ',', '.', ':', ';']);
        let is_key = (is_customer && index == 1 && !segment.is_empty())
            || (!is_public && looks_random(segment) && !BEFORE_COMMIT.contains(&previous))
            || (is_hook && index > 1 && !segment.is_empty())
            || (segment.starts_with("bot") && segment.contains(':'));
        is_hook |= segment == "webhooks";
        if index > 0 {
            masked.push('/');
        }
        masked.push_str(if is_key { MASK } else { segment });
        masked.push_str(&part[segment.len()..]);
        previous = segment;
    }
    masked
}

/// Whether a path segment is more likely a key than a name: long, and letters and digits take turns.
fn looks_random(segment: &str) -> bool {
    let is_key_character = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if segment.len() < 16 || !segment.bytes().all(is_key_character) {
        return false;
    }
    let bytes = segment.as_bytes();
    let turns = bytes
        .windows(2)
        .filter(|pair| {
            pair.iter().all(u8::is_ascii_alphanumeric)
                && pair[0].is_ascii_digit() != pair[1].is_ascii_digit()
        })
        .count();
    turns >= 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_parts_of_urls_are_masked_and_the_rest_is_not() {
        for (text, masked) in [
            (
                "https://user:p@ss@repo.acme.test/p2",
                "https://***@repo.acme.test/p2",
            ),
            (
                "https://user:pa/ss#x@repo.acme.test/p2",
                "https://***@repo.acme.test/p2",
            ),
            (
                r"https:\/\/user:1a\/ss@repo.acme.test\/p2",
                r"https:\/\/***@repo.acme.test\/p2",
            ),
            (
                r"https:\/\/user:pass@repo.acme.test\/p2",
                r"https:\/\/***@repo.acme.test\/p2",
            ),
            (
                "see https://0123456789abcdef@acme.test, ok",
                "see https://***@acme.test, ok",
            ),
            (
                "https://acme.test/x?a=1&api_key=s3cr3t&b=2",
                "https://acme.test/x?a=1&api_key=***&b=2",
            ),
            (
                "https://acme.test/x?TOKEN=s3cr3t#top",
                "https://acme.test/x?TOKEN=***#top",
            ),
            (
                r"https:\/\/acme.test\/x?a=1\u0026sig=s3cr3t",
                r"https:\/\/acme.test\/x?a=1\u0026sig=***",
            ),
            (
                "https://hyva-themes.repo.packagist.com/my-shop/",
                "https://hyva-themes.repo.packagist.com/***/",
            ),
            (
                "(https://x.repo.packagist.com/my-shop), https://a.test/k3f9x2k3f9x2k3f9x2.",
                "(https://x.repo.packagist.com/***), https://a.test/***.",
            ),
            (
                r"https:\/\/x.repo.packagist.com\/my-shop\/p2",
                r"https:\/\/x.repo.packagist.com\/***\/p2",
            ),
            (
                "https://acme.test/user/8f3ka92kd81lq0x7/packages.json",
                "https://acme.test/user/***/packages.json",
            ),
        ] {
            assert_eq!(mask_urls(text), masked);
            assert_eq!(mask_urls(masked), masked, "masking twice changes nothing");
        }
        for plain in [
            "ssh://git@github.com/acme/module.git",
            "git@github.com:acme/module.git",
            "https://api.github.com/repos/acme/x/zipball/d91100dfc9e2fc6790f8b86fc295b80ccd267124",
            "https://git.acme.test/x/archive/d91100dfc9e2fc6790f8b86fc295b80ccd267124",
            "https://repo.mage-os.org/dist/mage-os/module-catalog/mage-os-module-catalog-3.4.0.zip",
            "https://composer.amasty.com/enterprise/packages/amasty/module-advanced-reports/",
            "https://cdn.acme.test/npm/@scope/package@1.0",
            "https://cdn.acme.test:8443/npm/@scope/package@1.0",
            "no URL: user:password@host",
        ] {
            assert_eq!(mask_urls(plain), plain);
        }
    }
}
