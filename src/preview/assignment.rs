//! Hiding what is secret in the lines of a configuration file by the name that it is given to.

use super::mask::{MASK, is_switch, replace};
use regex::{Captures, Regex};
use std::borrow::Cow;
use std::sync::LazyLock;

/// A name that says that its value is secret, what assigns it (`=`, `:`, `=>`), and the value: in quotes, or up to a blank.
/// Package names (`magento/module-jwt-user-token`) are told by their slash.
static ASSIGNMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?im)((?:^|[\s'"{,(\[])[+-]{0,2}[a-z0-9_.-]*(?:passw|pwd|passphrase|secret|token|api[_-]?key|private[_-]?key|access[_-]?key"#,
        r#"|crypt|licen[cs]e[_-]?key|credential)[a-z0-9_.-]*["']?\s*(?:=>|[:=])\s*)("[^"\n]*"|'[^'\n]*'|[^\s"',;]+)"#
    ))
    .expect("a valid pattern")
});

/// An entry of a PHP array whose name ends in `key`, and its text. Elsewhere a key is as often what a cache or a column is
/// called by; in env.php and config.php it opens something.
static PHP_KEY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)(["'][a-z0-9_./-]*key["']\s*=>\s*)(?:"[^"\n]*"|'[^'\n]*')"#)
        .expect("a valid pattern")
});

/// The keys of Adobe's marketplace, and hashes that nobody needs to read.
static KEY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b[0-9a-f]{32}\b").expect("a valid pattern"));

/// The text without the values of secret-sounding names, and without words that look like keys.
pub(super) fn mask_assignments(text: &str) -> Cow<'_, str> {
    let mut masked = ASSIGNMENT.replace_all(text, |found: &Captures| {
        let value = found.get(2).map_or("", |value| value.as_str());
        if is_switch(value) {
            return found[0].to_owned();
        }
        let quote = value.get(..1).filter(|quote| ["\"", "'"].contains(quote));
        let quote = quote.unwrap_or_default();
        format!("{}{quote}{MASK}{quote}", &found[1])
    });
    replace(&mut masked, |text| {
        PHP_KEY.replace_all(text, format!("${{1}}'{MASK}'"))
    });
    replace(&mut masked, |text| KEY.replace_all(text, MASK));
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_hidden_by_their_names() {
        for (text, masked) in [
            (" 'password' => 'pa ss',", " 'password' => '***',"),
            (
                "+MAGENTO_CLOUD_CLI_TOKEN=abc",
                "+MAGENTO_CLOUD_CLI_TOKEN=***",
            ),
            (" DB_PASSWORD: hunter2 # x", " DB_PASSWORD: *** # x"),
            (
                "-{\"password\": \"a\", \"b\": 1}",
                "-{\"password\": \"***\", \"b\": 1}",
            ),
            (" 'crypt/key' => 1", " 'crypt/key' => 1"),
            (
                " 'pay' => ['key' => 'ibis', 'merchant_key' => \"stork\"],",
                " 'pay' => ['key' => '***', 'merchant_key' => '***'],",
            ),
            (" key: composer-cache", " key: composer-cache"),
            (
                " \"magento/module-jwt-user-token\": \"100.4.2\"",
                " \"magento/module-jwt-user-token\": \"100.4.2\"",
            ),
            (" user: 0123456789abcdef0123456789abcdef", " user: ***"),
            (
                "+  - deploy --db-password=x y",
                "+  - deploy --db-password=*** y",
            ),
            (" 'Acme_ApiToken' => 1,", " 'Acme_ApiToken' => 1,"),
            (" no secrets here", " no secrets here"),
        ] {
            assert_eq!(mask_assignments(text), masked);
        }
    }
}
