//! What a text must have for a pattern of secrets to match. Most texts have nothing of it, and then no pattern is needed: making
//! one takes longer than most commands take for all the rest.

use super::hidden::replace;
use aho_corasick::AhoCorasick;
use std::borrow::Cow;
use std::sync::LazyLock;

/// What a secret is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hint {
    Header,
    Cookie,
    Argument,
    Token,
}

/// For each kind, words of which every text that has a secret of this kind has one at least, in large or small letters.
const WORDS: [(Hint, &[&str]); 4] = [
    (
        Hint::Header,
        &["authorization", "private-token", "job-token", "x-api-key"],
    ),
    (Hint::Cookie, &["cookie:"]),
    (
        Hint::Argument,
        &[
            // Also of `--user` and `--proxy-user`.
            "-u",
            "token",
            "pass",
            "secret",
            "key",
            "credential",
            "mysql",
            "mariadb",
            "docker",
            "redis-cli",
            "useradd",
            "usermod",
            "lftp",
            "openssl",
            "_auth",
            "config:set",
        ],
    ),
    (
        Hint::Token,
        &[
            "ghp_",
            "gho_",
            "ghu_",
            "ghs_",
            "ghr_",
            "github_pat_",
            "glpat-",
            "packagist_",
            "npm_",
            "xox",
            "sk_",
            "rk_",
            "akia",
            "aiza",
            "sg.",
            "eyj",
        ],
    ),
];

/// Letters of other scripts that a pattern takes for `k` and `s` where it does not tell large letters from small ones.
const OTHER_LETTERS: [char; 2] = ['\u{212a}', '\u{17f}'];

/// Of each word its kind, by the number of the pattern.
static KINDS: LazyLock<Vec<Hint>> = LazyLock::new(|| {
    let words = WORDS.iter();
    words
        .flat_map(|(hint, words)| words.iter().map(|_| *hint))
        .collect()
});

/// None where it cannot be made, and then every text counts as one that has all.
static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = WORDS.iter().flat_map(|(_, words)| words.iter());
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(words)
        .ok()
});

/// The kinds of secrets that a text may have.
pub(super) struct Hints([bool; WORDS.len()]);

impl Hints {
    pub(super) fn of(text: &str) -> Hints {
        let mut found = Hints([false; WORDS.len()]);
        let Some(finder) = FINDER.as_ref().filter(|_| !text.contains(OTHER_LETTERS)) else {
            return Hints([true; WORDS.len()]);
        };
        for word in finder.find_overlapping_iter(text) {
            if let Some(hint) = KINDS.get(word.pattern().as_usize()) {
                found.0[*hint as usize] = true;
            }
            if found.0 == [true; WORDS.len()] {
                break;
            }
        }
        found
    }

    /// Applies the replacement of one kind, where the text may have such a secret.
    pub(super) fn replace(
        &self,
        hint: Hint,
        text: &mut Cow<str>,
        replacement: impl Fn(&str) -> Cow<str>,
    ) {
        if self.has(hint) {
            replace(text, replacement);
        }
    }

    pub(super) fn has(&self, hint: Hint) -> bool {
        self.0[hint as usize]
    }
}
