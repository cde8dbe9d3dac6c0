//! Hiding what is secret in the lines of a configuration file by the name that it is given to.

use super::hidden::{MASK, is_switch, replace};
use aho_corasick::AhoCorasick;
use regex::{Captures, Regex};
use std::borrow::Cow;
use std::sync::LazyLock;

/// A name that says that its value is secret, what assigns it (`=`, `:`, `=>`), and the value: in quotes, or up to a blank.
/// Package names (`magento/module-jwt-user-token`) are told by their slash. `_KEY` counts in capitals only, as the name of
/// a variable: in a cache's settings a key is no secret.
static ASSIGNMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?im)((?:^|\\n|[\s'"{,(\[:$>])[+-]{0,2}[a-z0-9_.-]*"#,
        r#"(?:(?:passw|pwd|passphrase|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|sign(?:ing|ature)[_-]?key"#,
        r#"|crypt|licen[cs]e[_-]?key|credential|webhook|htpasswd|basic[_-]?auth)[a-z0-9_.-]*"#,
        r#"|pass|[_-]pat|[_-]pw|_auth|\.license|salt|(?-i:_KEY|\bLOGIN)|frontname)"#,
        r#"["']?\]?\s*(?:=>|[:=])\s*)("[^"\n]*"|'[^'\n]*'|`[^`\n]*`|[^\s"',;{\[][^\s"',;]*)"#
    ))
    .expect("a valid pattern")
});

/// What is given to a function, or to Docker's `ENV`, under such a name: `set('deploy_password', 'x')`, `ENV NPM_TOKEN x`.
static GIVEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?im)(\(\s*["'][a-z0-9_.-]*(?:pass|pwd|secret|token|key|crypt|credential|webhook|salt)[a-z0-9_.-]*["']\s*,\s*)"#,
        r#"(?:"[^"\n]*"|'[^'\n]*')"#,
        r#"|(^[ +-]?\s*(?:env|arg|setenv|set|fastcgi_param|uwsgi_param)\s+\$?[a-z0-9_]*(?:pass|pwd|secret|token|key|auth|crypt|credential)[a-z0-9_]*\s+)[^\s=].*$"#,
    ))
    .expect("a valid pattern")
});

/// All of Composer's credentials in one variable.
static COMPOSER_AUTH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?m)(COMPOSER_AUTH["']?\s*(?:=>|[:=])\s*)(.+)$"#).expect("a valid pattern")
});

/// What `composer config` is given as a credential: all that stands behind the kind and the host.
static COMPOSER_CONFIG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?i)((?-u:\b)(?:http-basic|bearer|github-oauth|gitlab-oauth|gitlab-token|bitbucket-oauth|forgejo-token|custom-headers)"#,
        r#"\.[a-z0-9][a-z0-9.:-]*["']?[ \t]+)([^\n|;&]+)"#,
    ))
    .expect("a valid pattern")
});

/// In XML: the value that goes with a name, before it or after it, and the text of an element.
static XML: LazyLock<[Regex; 3]> = LazyLock::new(|| {
    const NAME: &str = r"[\w.:-]*(?:pass|pwd|secret|token|key|auth|crypt|credential|salt)[\w.:-]*";
    [
        format!(r#"(?i)(\bname=["']{NAME}["'][^<>\n]*?\bvalue=["'])[^"'\n]+()"#),
        format!(r#"(?i)(\bvalue=["'])[^"'\n]+(["'][^<>\n]*?\bname=["']{NAME}["'])"#),
        format!(r"(?i)(<{NAME}(?:\s[^<>\n]*)?>)[^<>\n]+(</)"),
    ]
    .map(|pattern| Regex::new(&pattern).expect("a valid pattern"))
});

/// The kinds of an auth.json that hold one string for each host.
static AUTH_JSON: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?i)(\\?["'](?:bearer|github-oauth|gitlab-oauth|gitlab-token|forgejo-token|custom-headers)\\?["']\s*:\s*"#,
        r#"\{[^{}\n]*?:\s*\\?["'])([^"'\\\n]+)"#,
    ))
    .expect("a valid pattern")
});

/// A line of a key or certificate.
static KEY_LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^([ +-]?\s*)[A-Za-z0-9+/]{32,}={0,2}$").expect("a valid pattern")
});

/// An entry of a PHP array whose name ends in `key`, and its text. Elsewhere a key is as often what a cache or a column is
/// called by; in env.php and config.php it opens something.
static PHP_KEY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)(["'][a-z0-9_./-]*key["']\s*=>\s*)(?:"[^"\n]*"|'[^'\n]*')"#)
        .expect("a valid pattern")
});

/// The keys of Adobe's marketplace, and hashes that nobody needs to read.
static KEY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?-u:\b)[0-9a-f]{32}(?-u:\b)").expect("a valid pattern"));

/// The text without the values of secret-sounding names, and without words that look like keys.
pub(crate) fn mask_assignments(text: &str) -> Cow<'_, str> {
    if !may_hold_secret(text) {
        return Cow::Borrowed(text);
    }
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
    replace(&mut masked, |text| {
        GIVEN.replace_all(text, format!("${{1}}${{2}}'{MASK}'"))
    });
    replace(&mut masked, |text| {
        COMPOSER_CONFIG.replace_all(text, format!("${{1}}{MASK}"))
    });
    if may_be_xml(&masked) {
        for pattern in XML.iter() {
            replace(&mut masked, |text| {
                pattern.replace_all(text, format!("${{1}}{MASK}${{2}}"))
            });
        }
    }
    replace(&mut masked, |text| {
        AUTH_JSON.replace_all(text, format!("${{1}}{MASK}"))
    });
    replace(&mut masked, |text| {
        COMPOSER_AUTH.replace_all(text, format!("${{1}}{MASK}"))
    });
    replace(&mut masked, |text| {
        KEY_LINE.replace_all(text, format!("${{1}}{MASK}"))
    });
    replace(&mut masked, |text| KEY.replace_all(text, MASK));
    masked
}

/// What stands in every name that says that its value is secret.
static NAMES: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let names = [
        "pass",
        "pwd",
        "secret",
        "token",
        "key",
        "crypt",
        "credential",
        "webhook",
        "auth",
        "_pat",
        "-pat",
        "_pw",
        "-pw",
        "license",
        "licence",
        "salt",
        "login",
        "frontname",
        "basic",
        "bearer",
        "headers",
    ];
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(names)
        .expect("a few words")
});

/// Whether a text has anything that one of the patterns could match. Making these takes longer than using them.
fn may_hold_secret(text: &str) -> bool {
    /// Shorter than any line of a key.
    const RUN: usize = 32;
    let is_of_key = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut runs = text.as_bytes().split(|byte| !is_of_key(byte));
    // These count as an s and a k to patterns that do not tell large letters from small ones.
    let is_odd = |c: char| matches!(c, '\u{17f}' | '\u{212a}');
    runs.any(|run| run.len() >= RUN) || NAMES.is_match(text) || text.contains(is_odd)
}

/// Whether a text has the end of an element or an attribute, without which no pattern of XML matches. Making these patterns takes
/// longer than using them.
fn may_be_xml(text: &str) -> bool {
    ["</", "=\"", "='"].iter().any(|mark| text.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What one of the patterns matches.
    fn assignment() -> impl Strategy<Value = String> {
        let patterns = [
            &ASSIGNMENT,
            &GIVEN,
            &COMPOSER_AUTH,
            &COMPOSER_CONFIG,
            &AUTH_JSON,
            &KEY_LINE,
            &PHP_KEY,
            &KEY,
        ];
        let matching = patterns.map(|pattern| {
            let plain = pattern.as_str().replace(r"(?-u:\b)", "").replace(r"\b", "");
            let plain = plain
                .replace("(?:^|", "(?:")
                .replace("(^[ +-]", "([ +-]")
                .replace("(?m)^", "(?m)");
            proptest::string::string_regex(
                &plain
                    .replace(".*$", ".*")
                    .replace(".+)$", ".+)")
                    .replace("={0,2}$", "={0,2}"),
            )
            .unwrap()
            .boxed()
        });
        prop_oneof![xml(), proptest::strategy::Union::new(matching)]
    }

    /// What one of the patterns of XML matches.
    fn xml() -> impl Strategy<Value = String> {
        let matching = |pattern: &Regex| {
            let plain = pattern.as_str().replace(r"\b", "");
            proptest::string::string_regex(&plain).unwrap()
        };
        let [before, behind, element] = XML.each_ref().map(matching);
        prop_oneof![before, behind, element]
    }

    proptest! {
        #[test]
        fn what_a_pattern_matches_may_hold_a_secret(text in assignment()) {
            prop_assert!(may_hold_secret(&text), "{text}");
        }

        #[test]
        fn what_a_pattern_of_xml_matches_may_be_xml(xml in xml()) {
            prop_assert!(may_be_xml(&xml), "{xml}");
        }
    }

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
            ("-RABBIT_PW=heron x", "-RABBIT_PW=*** x"),
            ("-$c['password'] = 'heron';", "-$c['password'] = '***';"),
            ("-$this->apiKey = 'heron';", "-$this->apiKey = '***';"),
            (
                "-printf '[client]\\npassword=heron'",
                "-printf '[client]\\npassword=***'",
            ),
            (
                "-<env name=\"DB_PASSWORD\" value=\"heron\"/>",
                "-<env name=\"DB_PASSWORD\" value=\"***\"/>",
            ),
            (
                "-<server value='heron' name='API_TOKEN'/>",
                "-<server value='***' name='API_TOKEN'/>",
            ),
            (
                "-<api_key a=\"b\">heron</api_key>",
                "-<api_key a=\"b\">***</api_key>",
            ),
            (
                "-  fastcgi_param DB_PASSWORD heron;",
                "-  fastcgi_param DB_PASSWORD '***'",
            ),
            (
                "-echo '{\"bearer\": {\"a.test\": \"heron\"}}'",
                "-echo '{\"bearer\": {\"a.test\": \"***\"}}'",
            ),
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
            (
                " set('deploy_password', 'ibis');",
                " set('deploy_password', '***');",
            ),
            ("+ENV NPM_TOKEN heron", "+ENV NPM_TOKEN '***'"),
            (
                " SMTP_PASS=a\n DEPLOY_KEY: b",
                " SMTP_PASS=***\n DEPLOY_KEY: ***",
            ),
            (" $password = \"stork\";", " $password = \"***\";"),
            (
                " \"keywords\": [\"token\", \"magento\"],",
                " \"keywords\": [\"token\", \"magento\"],",
            ),
            (" compass rose: north", " compass rose: north"),
            (" cache_key: x", " cache_key: x"),
            (" no secrets here", " no secrets here"),
        ] {
            assert_eq!(mask_assignments(text), masked);
        }
    }
}
