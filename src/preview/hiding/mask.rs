//! The one place where secrets are hidden. Every text that is shown or reported goes through a [`Masker`]. Exceptions are what
//! holds whole files, a saved plan and the backups of a journal, and the output of programs that `new --install` runs.

use super::discreet::{Discretion, Places};
use super::hidden::{MASK, is_switch, replace};
use super::hints::{Hint, Hints};
use super::url;
use base64::Engine;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use regex::{Captures, Regex};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

// Words begin and end by ASCII here: then what stands before may be a letter of any language, which hides more, and the fast
// way to search is not given up at the first such letter of a text.

/// A header with a credential: its name, what stands between, the credential.
static HEADER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?i)([a-z0-9_./-]*(?:authorization|private-token|job-token|x-api-key))"#,
        r#"(["']?\s*(?:=>|[:=])\s*["']?(?:(?:basic|bearer|token)\s+)?)([^\s"',]+)"#,
    ))
    .expect("a valid pattern")
});

/// A header with cookies: all of them up to the end of the line or string.
static COOKIE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)((?-u:\b)cookie:\s*)([^\s"'=;]+=[^\n"']+)"#).expect("a valid pattern")
});

/// What is given to a program as a credential: `-u user:password`, `--token=…`, `--password …`, `mysql -p…`.
static ARGUMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?i)((?:^|[\s"'])(?:-u|--user|--proxy-user)[\s=]*["']?[^\s"':/@]+:)([^\s"'\\]+)"#,
        r#"|((?:^|[\s"'])--?[a-z0-9-]*(?:token|pass|passw(?:or)?d|passphrase|secret|key|credentials?)"#,
        r#"(?:=|\s+)["']?)([^\s"'\\-][^\s"'\\]*)"#,
        r#"|((?:(?-u:\b)(?:mysql|mariadb)[a-z_-]*(?:\s[^\n|;&]*?)?\s-p|(?-u:\b)sshpass\s+-p\s*|(?-u:\b)docker\s+login(?-u:\b)[^\n|;&]*?\s-p\s*"#,
        r#"|(?-u:\b)redis-cli(?-u:\b)[^\n|;&]*?\s-a\s*|(?-u:\b)user(?:add|mod)(?-u:\b)[^\n|;&]*?\s-p\s*|(?-u:\b)lftp(?-u:\b)[^\n|;&]*?\s-u\s*[^\s,]+,"#,
        r#"|(?-u:\b)openssl(?-u:\b)[^\n|;&]*?(?:\s-k\s+|\spass:)|:_authtoken\s+|(?-u:\b)_auth\s*=\s*"#,
        r#"|(?-u:\b)machine\s+\S+\s+login\s+\S+\s+password\s+"#,
        r#"|(?-u:\b)config:set(?-u:\b)[^\n|;&]*?[/_](?:password|token|secret|key)\s+|(?-u:\b)aws\s+configure\s+set\s+\S*(?:key|token)\S*\s+)["']?)"#,
        r#"([^\s|;&"'\\]+)"#,
    ))
    .expect("a valid pattern")
});

/// Tokens that can be told by their shape.
static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        concat!(
            r"(?i)(?-u:\b)(?:gh[pousr]_[a-z0-9]{20,}|github_pat_[a-z0-9_]{20,}|glpat-[a-z0-9_-]{20,}|packagist_[a-z]+_[0-9a-f]{20,}",
            r"|npm_[a-z0-9]{30,}|xox[abeprs]-[a-z0-9-]{10,}|(?:sk|rk)_(?:live|test)_[a-z0-9]{8,}|akia[0-9a-z]{16}|aiza[0-9a-z_-]{30,}",
            r"|sg\.[a-z0-9_-]{16,}\.[a-z0-9_-]{16,}|eyj[a-z0-9_-]{8,}\.[a-z0-9_-]{8,}(?:\.[a-z0-9_-]+)?)",
        ),
    )
    .expect("a valid pattern")
});

/// Values that are used as credentials and are ordinary words, too. Hiding them everywhere would hide nothing and
/// damage everything; in URLs and headers they are hidden by their place.
const ORDINARY_WORDS: &[&str] = &[
    "admin",
    "bearer",
    "commerce",
    "composer",
    "demo",
    "enterprise",
    "false",
    "git",
    "guest",
    "https",
    "json",
    "license",
    "mage-os",
    "magento",
    "none",
    "null",
    "oauth2",
    "packagist",
    "password",
    "private",
    "public",
    "shop",
    "store",
    "test",
    "token",
    "true",
    "user",
    "username",
    "x-oauth-basic",
    "x-token-auth",
];

/// What the databases and queues of development environments are given as a password.
const PUBLIC_PASSWORDS: [&str; 3] = ["db", "guest", "magento"];

/// Shorter values are hidden only where their place tells that they are secret.
const SHORTEST: usize = 4;

/// Shorter values are hidden only where they stand alone, not inside a longer word.
const SHORTEST_INSIDE_WORDS: usize = 8;

/// Shorter user names are taken for names, longer ones for public keys, which are half of a credential.
const SHORTEST_KEY: usize = 16;

/// The secrets that are known by value.
#[derive(Debug, Default, Clone)]
pub struct Secrets(BTreeSet<String>);

impl Secrets {
    /// Adds all of another store's.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Adds one value.
    pub fn add(&mut self, value: &str) {
        let value = value.trim();
        if value.len() >= SHORTEST && !ORDINARY_WORDS.contains(&value.to_ascii_lowercase().as_str())
        {
            self.0.insert(value.to_owned());
        }
    }

    /// Adds what is secret in the document of an `auth.json` or of `COMPOSER_AUTH`: every string but the hosts, plain
    /// user names and paths of certificates. It may also stand below `config`, as in a `composer.json`.
    pub fn add_auth(&mut self, auth: &Value) {
        const KINDS: [&str; 9] = [
            "bearer",
            "bitbucket-oauth",
            "client-certificate",
            "custom-headers",
            "forgejo-token",
            "github-oauth",
            "gitlab-oauth",
            "gitlab-token",
            "http-basic",
        ];
        for kind in KINDS {
            if let Some(hosts) = auth.get(kind).and_then(Value::as_object) {
                hosts
                    .values()
                    .for_each(|credential| self.add_credential(kind, credential));
            }
        }
    }

    fn add_credential(&mut self, kind: &str, credential: &Value) {
        match credential {
            Value::String(header) if kind == "custom-headers" => {
                self.add(
                    header
                        .split_once(':')
                        .map_or(header.as_str(), |(_, value)| value),
                );
            }
            Value::String(value) => self.add(value),
            Value::Array(values) => values
                .iter()
                .for_each(|value| self.add_credential(kind, value)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    match (name.as_str(), value.as_str()) {
                        ("username", Some(user)) => self.add_user(user),
                        ("local_cert" | "local_pk", _) => {}
                        (_, Some(value)) => self.add(value),
                        _ => {}
                    }
                }
                let field = |name| fields.get(name).and_then(Value::as_str);
                if let (Some(user), Some(password)) = (field("username"), field("password")) {
                    self.add(
                        &base64::engine::general_purpose::STANDARD
                            .encode(format!("{user}:{password}")),
                    );
                }
            }
            _ => {}
        }
    }

    /// Adds the credentials that stand in the URLs of a text, for example of a whole `composer.json`.
    pub fn add_urls(&mut self, text: &str) {
        for (user, password) in url::credentials(text) {
            let decoded = |part| percent_decode_str(part).decode_utf8_lossy().into_owned();
            match password {
                Some(password) => {
                    self.add_user(user);
                    self.add_user(&decoded(user));
                    self.add(password);
                    self.add(&decoded(password));
                }
                None => self.add(user),
            }
        }
    }

    fn add_user(&mut self, user: &str) {
        if user.len() >= SHORTEST_KEY {
            self.add(user);
        }
    }
}

/// Hides secrets in text.
#[derive(Debug, Default, Clone)]
pub struct Masker {
    /// The secrets that are known by value, the longest first.
    known: Vec<Known>,
    /// What is left out besides, of what is no secret.
    discretion: Option<Discretion>,
}

/// Secrets that are known by value, in one of the forms in which they may be written.
#[derive(Debug, Clone)]
enum Known {
    /// As many as go into one pattern.
    Some(Regex),
    /// One that is too long for a pattern.
    Long(String),
}

/// How many bytes of secrets go into one pattern. It must be compiled, whatever a store holds: a secret that is not hidden
/// because there are so many of them is shown.
const PATTERN_BYTES: usize = 64 * 1024;

impl Masker {
    /// A masker that hides these values, as they are and as they are written in URLs and in JSON, besides all that is
    /// secret by its place or shape.
    pub fn new(secrets: &Secrets) -> Self {
        let mut forms: Vec<String> = secrets.0.iter().flat_map(|secret| forms(secret)).collect();
        // The longest first: a secret may begin with another one.
        forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        forms.dedup();
        let mut known = Vec::new();
        let mut patterns: Vec<String> = Vec::new();
        let mut bytes = 0;
        for form in &forms {
            if bytes + form.len() > PATTERN_BYTES && !patterns.is_empty() {
                known.extend(one_of(&std::mem::take(&mut patterns)));
                bytes = 0;
            }
            if form.len() > PATTERN_BYTES {
                known.push(Known::Long(form.clone()));
            } else {
                bytes += form.len();
                patterns.push(pattern(form));
            }
        }
        known.extend(one_of(&patterns));
        Self {
            known,
            discretion: None,
        }
    }

    /// The same for what leaves the house: without folders of this machine, and hosts that not everybody knows.
    pub fn discreet(&self, places: &Places) -> Self {
        Self {
            discretion: Some(Discretion::new(places)),
            ..self.clone()
        }
    }

    /// The text without secrets.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut masked = Cow::Borrowed(text);
        for known in &self.known {
            replace(&mut masked, |text| match known {
                Known::Some(pattern) => pattern.replace_all(text, MASK),
                Known::Long(secret) if text.contains(secret) => text.replace(secret, MASK).into(),
                Known::Long(_) => Cow::Borrowed(text),
            });
        }
        replace(&mut masked, url::mask_urls);
        let hints = Hints::of(&masked);
        hints.replace(Hint::Header, &mut masked, |text| {
            HEADER.replace_all(text, |found: &Captures| {
                if is_switch(&found[3]) || is_package(&found[1], &found[3]) {
                    found[0].to_owned()
                } else {
                    format!("{}{}{MASK}", &found[1], &found[2])
                }
            })
        });
        hints.replace(Hint::Cookie, &mut masked, |text| {
            COOKIE.replace_all(text, format!("${{1}}{MASK}"))
        });
        hints.replace(Hint::Argument, &mut masked, |text| {
            ARGUMENT.replace_all(text, |found: &Captures| {
                let group = |number| found.get(number).map_or("", |group| group.as_str());
                let before = format!("{}{}{}", group(1), group(3), group(5));
                let value = format!("{}{}{}", group(2), group(4), group(6));
                if is_public(&before, &value) {
                    found[0].to_owned()
                } else {
                    format!("{before}{MASK}")
                }
            })
        });
        hints.replace(Hint::Token, &mut masked, |text| {
            TOKEN.replace_all(text, MASK)
        });
        if let Some(discretion) = &self.discretion {
            discretion.hide(&mut masked);
        }
        masked
    }
}

/// Whether what stands in the place of a password is none: a variable of the shell's that holds it, or what a development
/// environment gives to everybody. A command that is printed must work as it is printed.
fn is_public(before: &str, value: &str) -> bool {
    static VARIABLE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^\$(?:[A-Z][A-Z0-9_]*|\{[A-Z][A-Z0-9_]*\})$").expect("a valid pattern")
    });
    // Between single quotes a shell takes it as it is.
    (!before.ends_with('\'') && VARIABLE.is_match(value)) || PUBLIC_PASSWORDS.contains(&value)
}

/// Whether what looks like a header is a package with its version: `magento/module-authorization": "100.4.8`. The name of a
/// header has no slash.
fn is_package(name: &str, version: &str) -> bool {
    let begins = |c: char| c.is_ascii_digit() || "v^~<>=*".contains(c);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".^~<>=*|@-".contains(c);
    name.contains('/')
        && version.starts_with(begins)
        && version.len() < 24
        && version.chars().all(is_plain)
}

/// What finds any of these escaped texts.
fn one_of(patterns: &[String]) -> Option<Known> {
    if patterns.is_empty() {
        return None;
    }
    let pattern = Regex::new(&patterns.join("|"));
    Some(Known::Some(
        pattern.expect("escaped texts make a valid pattern"),
    ))
}

/// The ways in which a secret may be written.
fn forms(secret: &str) -> [String; 4] {
    const UNRESERVED: AsciiSet = NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'~');
    let json = Value::String(secret.to_owned()).to_string();
    // One quote of each end: a secret may end in one of its own.
    let inner = json
        .strip_prefix('"')
        .and_then(|json| json.strip_suffix('"'));
    let json = inner.unwrap_or(&json).to_owned();
    [
        secret.to_owned(),
        utf8_percent_encode(secret, &UNRESERVED).to_string(),
        json.replace('/', "\\/"),
        json,
    ]
}

fn pattern(form: &str) -> String {
    let is_word =
        |character: Option<char>| character.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    let edge = |character| {
        if form.len() < SHORTEST_INSIDE_WORDS && is_word(character) {
            "\\b"
        } else {
            ""
        }
    };
    format!(
        "{}{}{}",
        edge(form.chars().next()),
        regex::escape(form),
        edge(form.chars().next_back())
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn masker(auth: Value, text: &str) -> Masker {
        let mut secrets = Secrets::default();
        secrets.add_auth(&auth);
        secrets.add_urls(text);
        Masker::new(&secrets)
    }

    /// What a pattern can match, each letter large, small or the one of another script that counts as the same.
    fn matching(pattern: &Regex) -> impl Strategy<Value = String> {
        let plain = pattern.as_str().replace(r"(?-u:\b)", "").replace("^|", "");
        proptest::string::string_regex(&plain).unwrap()
    }

    proptest! {
        #[test]
        fn what_a_pattern_matches_has_its_hint(
            header in matching(&HEADER),
            cookie in matching(&COOKIE),
            argument in matching(&ARGUMENT),
            token in matching(&TOKEN),
            before in ".{0,4}",
        ) {
            let texts = [(header, Hint::Header), (cookie, Hint::Cookie), (argument, Hint::Argument), (token, Hint::Token)];
            for (text, hint) in texts {
                let text = format!("{before}{text}");
                prop_assert!(Hints::of(&text).has(hint), "{hint:?} in {text:?}");
            }
        }
    }

    #[test]
    fn plain_words_need_no_pattern() {
        let hints = Hints::of("Reading the repositories\n  - Locking monolog/monolog (3.10.0)");
        for hint in [Hint::Header, Hint::Cookie, Hint::Argument, Hint::Token] {
            assert!(!hints.has(hint), "{hint:?}");
        }
    }

    #[test]
    fn a_credential_may_follow_any_letter() {
        let token = format!("ghp_{}", "a1".repeat(12));
        let text = format!(
            "\u{e9}{token} \u{e9}Cookie: id=cookie-value\n\u{e9}mysql shop -pmysql-value \u{e9}"
        );
        let masked = Masker::default().mask(&text).into_owned();
        for secret in [&token, "cookie-value", "mysql-value"] {
            assert!(!masked.contains(secret), "{secret} in {masked}");
        }
    }

    #[test]
    fn every_kind_of_credential_is_hidden() {
        let auth = json!({
            "http-basic": {"repo.magento.com": {"username": "0123456789abcdef0123", "password": "pass/w\u{f6}rd+1"}},
            "bearer": {"acme.test": "bearer-value"},
            "github-oauth": {"github.com": "github-value"},
            "gitlab-token": {"gitlab.com": {"username": "somebody", "token": "gitlab-value"}},
            "bitbucket-oauth": {"bitbucket.org": {"consumer-key": "consumer-1", "consumer-secret": "consumer-2"}},
            "custom-headers": {"acme.test": ["X-Acme: header-value"]},
            "client-certificate": {"acme.test": {"local_cert": "/etc/cert.pem", "passphrase": "cert-value"}},
            "not-auth": {"acme.test": "kept-value"},
        });
        let masker = masker(auth, r"https:\/\/me:url%2Bvalue@acme.test\/");
        for secret in [
            "0123456789abcdef0123",
            "pass/w\u{f6}rd+1",
            "pass%2Fw%C3%B6rd%2B1",
            "pass\\/w\u{f6}rd+1",
            "bearer-value",
            "MDEyMzQ1Njc4OWFiY2RlZjAxMjM6cGFzcy93w7ZyZCsx",
            "github-value",
            "gitlab-value",
            "consumer-1",
            "consumer-2",
            "header-value",
            "cert-value",
            "url+value",
            "url%2Bvalue",
        ] {
            assert_eq!(masker.mask(&format!("a{secret}b")), "a***b", "{secret}");
        }
        for plain in [
            "somebody",
            "/etc/cert.pem",
            "kept-value",
            "X-Acme",
            "acme.test",
            "me",
        ] {
            assert_eq!(masker.mask(plain), plain);
        }
    }

    #[test]
    fn secrets_are_hidden_however_many_and_long_they_are() {
        let mut secrets = Secrets::default();
        let long = "lo/ng".repeat(40_000);
        secrets.add(&long);
        for number in 0..20_000 {
            secrets.add(&format!("secret-number-{number}-of-many"));
        }
        let masker = Masker::new(&secrets);
        let text = format!("a {long} b secret-number-7-of-many c secret-number-19999-of-many d");
        assert_eq!(masker.mask(&text), "a *** b *** c *** d");
    }

    #[test]
    fn ordinary_text_is_not_damaged() {
        let masker = masker(
            json!({"http-basic": {"acme.test": {"username": "u", "password": "a"}, "x": {"username": "token", "password": "magento"}}}),
            "https://token:abcd@acme.test",
        );
        let text = "magento/module-a 1.0, abcdef/abcd-e token";
        assert_eq!(
            masker.mask(text),
            "magento/module-a 1.0, abcdef/***-e token"
        );
        assert_eq!(
            masker.mask("https://u:a@acme.test/a, https://token:magento@x/"),
            "https://***@acme.test/a, https://***@x/"
        );
    }

    #[test]
    fn headers_and_tokens_are_known_by_their_shape() {
        let masker = Masker::default();
        for (text, masked) in [
            ("Authorization: Basic dTpw", "Authorization: Basic ***"),
            (
                "+    \"magento/module-authorization\": \"100.4.8\",",
                "+    \"magento/module-authorization\": \"100.4.8\",",
            ),
            (
                "docs/authorization: hunter2hunter2",
                "docs/authorization: ***",
            ),
            (
                r#"{"authorization": "Bearer x.y"}"#,
                r#"{"authorization": "Bearer ***"}"#,
            ),
            ("PRIVATE-TOKEN: abc", "PRIVATE-TOKEN: ***"),
            (
                "with ghp_0123456789abcdefABCDEF0123 inside",
                "with *** inside",
            ),
            ("basic authorization failed", "basic authorization failed"),
            (
                "'Magento_Authorization' => 1,\n-'Acme_ApiToken' => 0",
                "'Magento_Authorization' => 1,\n-'Acme_ApiToken' => 0",
            ),
            (
                "'Authorization' => 'Bearer x.y'",
                "'Authorization' => 'Bearer ***'",
            ),
            ("\"Cookie: a=dark; b=biscuit\",", "\"Cookie: ***\","),
            (
                "curl -u deploy:plover https://acme.test/",
                "curl -u deploy:*** https://acme.test/",
            ),
            ("curl --user=\"me:ibis\" x", "curl --user=\"me:***\" x"),
            (
                "php x.php --token=heron --db-password stork -v",
                "php x.php --token=*** --db-password *** -v",
            ),
            (
                "x --db-password=\"$MAGESHIFT_DB_PASSWORD\" --db-password db --amqp-password=guest",
                "x --db-password=\"$MAGESHIFT_DB_PASSWORD\" --db-password db --amqp-password=guest",
            ),
            (
                "x --db-password='$HERON' --db-password=$heron --db-password=db2",
                "x --db-password='***' --db-password=*** --db-password=***",
            ),
            (
                "mysql -pheron x | mysql -u a -p'ibis'",
                "mysql -p*** x | mysql -u a -p'***'",
            ),
            (
                "docker login -u me -p heron reg",
                "docker login -u me -p *** reg",
            ),
            ("redis-cli -a 'heron' ping", "redis-cli -a '***' ping"),
            (
                "bin/magento config:set -le payment/x/password heron",
                "bin/magento config:set -le payment/x/password ***",
            ),
            (
                "machine a.test login me password heron",
                "machine a.test login me password ***",
            ),
            ("a eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln b", "a *** b"),
            (
                "php x.php --no-password --quiet",
                "php x.php --no-password --quiet",
            ),
            (
                "\"acme/module-token\": \"^1.0\"",
                "\"acme/module-token\": \"^1.0\"",
            ),
        ] {
            assert_eq!(masker.mask(text), masked);
        }
    }
}
