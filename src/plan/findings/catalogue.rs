//! What each finding means, for people: `mageshift explain` and docs/findings.md are views of it.

use super::code::{Code, Severity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What there is to say about a code, whatever plan it is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What the finding says, in one sentence.
    pub meaning: String,
    /// Where it comes from.
    pub cause: String,
    /// What to do.
    pub advice: String,
}

static ENTRIES: LazyLock<BTreeMap<Code, Entry>> = LazyLock::new(|| {
    toml::from_str(include_str!("codes.toml")).expect("the bundled codes.toml is valid")
});

/// What there is to say about a code.
pub fn entry(code: Code) -> &'static Entry {
    ENTRIES
        .get(&code)
        .expect("codes.toml has every code; a test holds it")
}

/// The code that somebody most likely means by a word that is none.
pub fn closest(word: &str) -> Option<Code> {
    /// As alike as a typing mistake leaves two words.
    const ALIKE: f64 = 0.85;
    let alike = |code: &Code| strsim::jaro_winkler(code.as_str(), word);
    let best = Code::ALL
        .iter()
        .max_by(|a, b| alike(a).total_cmp(&alike(b)))?;
    (alike(best) >= ALIKE).then_some(*best)
}

impl Severity {
    /// All of them, the gravest first.
    pub const ALL: [Self; 3] = [Self::Blocker, Self::Warning, Self::Note];

    /// The severity in the JSON: `blocker`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blocker => "blocker",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }

    /// What it means for a plan.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Blocker => "The plan cannot be applied while it stands.",
            Self::Warning => "The plan can be applied; look at it before.",
            Self::Note => "Good to know.",
        }
    }
}

impl Code {
    /// Its severities in words: `warning`, `blocker or warning`.
    pub fn severity_words(self) -> String {
        let words: Vec<&str> = self.severities().iter().map(|one| one.as_str()).collect();
        crate::plan::sentence::or(&words)
    }
}

/// The whole catalogue as Markdown.
pub fn document() -> String {
    let mut text = String::from(
        "# Findings\n\n\
         What a plan has to say is a list of findings, each with a code that never changes its meaning. The terminal shows\n\
         the code in brackets, the JSON has it as `code`. `mageshift explain CODE` prints what is written here.\n\n\
         This file is made from `src/plan/findings/code.rs` and `src/plan/findings/codes.toml`; a test says how to renew it.\n",
    );
    for severity in Severity::ALL {
        let codes = Code::ALL.iter().filter(|code| code.severity() == severity);
        let links: Vec<String> = codes.map(|code| format!("[{code}](#{code})")).collect();
        text.push_str(&format!(
            "\n**{}s.** {} {}\n",
            capitalised(severity.as_str()),
            severity.meaning(),
            links.join(", ")
        ));
    }
    for code in Code::ALL {
        let Entry {
            meaning,
            cause,
            advice,
        } = entry(*code);
        text.push_str(&format!(
            "\n## {code}\n\n*{}.* {meaning}\n\n- **Cause:** {cause}\n- **What to do:** {advice}\n",
            capitalised(&code.severity_words())
        ));
    }
    text
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_sentences_and_no_other_has_any() {
        let written: Vec<Code> = ENTRIES.keys().copied().collect();
        assert_eq!(written, Code::ALL);
        for (code, entry) in ENTRIES.iter() {
            for text in [&entry.meaning, &entry.cause, &entry.advice] {
                let is_sentence = text.ends_with('.') && text.starts_with(char::is_uppercase);
                let is_name =
                    text.starts_with(['`', 'a', 'c', 'm', 'y', 'p']) && text.ends_with('.');
                assert!(is_sentence || is_name, "{code}: {text}");
            }
            let sentences = entry.meaning.matches(". ").count();
            assert_eq!(sentences, 0, "{code}: {}", entry.meaning);
        }
    }

    #[test]
    fn a_typing_mistake_leads_to_the_code() {
        assert_eq!(closest("data-los"), Some(Code::DataLoss));
        assert_eq!(closest("pacakge-blocks"), Some(Code::PackageBlocks));
        assert_eq!(closest("weather"), None);
    }
}
