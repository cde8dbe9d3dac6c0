//! What `--to` takes: a target and a release of it, read as people write it.

use super::release::bundled;
use crate::distribution::targets::Target;
use crate::distribution::targets::target::listed;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// What `--to` asks for: a target, and which release of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetSpec {
    /// What is to be made of the store.
    pub target: Target,
    /// A version or a Composer constraint (`3.4.0`, `3.*`), or [`LATEST`]; none for the default release.
    pub release: Option<String>,
}

/// A `--to` that cannot be read; the message has what to type in its place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SpecError {
    /// The word before the release is no target's, and no other name for one.
    #[error(
        "unknown target `{word}`; the targets are {}{}",
        Target::listed("and"),
        did_you_mean(.like.as_slice())
    )]
    UnknownTarget {
        /// As typed.
        word: String,
        /// What was most likely meant, the likeliest first, in full as it is to be typed.
        like: Vec<String>,
    },
    /// A number stands where a target should.
    #[error("`{release}` is a release and no target{}", did_you_mean(.like))]
    OnlyRelease {
        /// As typed.
        release: String,
        /// The targets that have such a release, each with it.
        like: Vec<String>,
    },
    /// There is nothing behind the `@`.
    #[error("`{spec}` names no release after the `@`; leave the `@` out for the default release")]
    EmptyRelease {
        /// As typed.
        spec: String,
    },
}

impl SpecError {
    /// What is wrong, without a guess at what was meant.
    pub fn problem(&self) -> String {
        let whole = self.to_string();
        match whole.split_once(". Did you mean ") {
            Some((problem, _)) => problem.to_owned(),
            None => whole,
        }
    }

    /// What was most likely meant, the likeliest first.
    pub fn likely(&self) -> &[String] {
        match self {
            Self::UnknownTarget { like, .. } | Self::OnlyRelease { like, .. } => like,
            Self::EmptyRelease { .. } => &[],
        }
    }
}

/// `. Did you mean a, b or c?`; nothing without a guess.
fn did_you_mean(words: &[String]) -> String {
    match words {
        [] => String::new(),
        words => format!(". Did you mean {}?", listed(words, "or")),
    }
}

/// The word after the `@` that stands for the newest release, as with npm and Docker.
pub const LATEST: &str = "latest";

impl TargetSpec {
    /// Reads `TARGET` or `TARGET@RELEASE` (`mage-os@3.*`, `mage-os@latest`), and what people write in its place:
    /// `Mage-OS`, `mageos:2.2.2`, `magento 2.4.9`, `mage-os@v3.4.0`.
    pub fn parse(spec: &str) -> Result<Self, SpecError> {
        let spec = spec.trim();
        let (word, release) = split_release(spec);
        let Some(target) = Target::from_word(word) else {
            return Err(unknown(word, release));
        };
        match release {
            Some("") => Err(SpecError::EmptyRelease {
                spec: spec.to_owned(),
            }),
            release => Ok(Self {
                target,
                release: release.map(plain_release),
            }),
        }
    }
}

/// The two parts of a spec: at the first `@`, else at a colon, else where a word is followed by a number.
fn split_release(spec: &str) -> (&str, Option<&str>) {
    let is_number = |text: &str| {
        let text = text.trim_start().trim_start_matches(['v', 'V']);
        text.starts_with(|first: char| first.is_ascii_digit())
    };
    let parts = spec.split_once('@').or_else(|| spec.split_once(':'));
    let parts = parts.or_else(|| spec.rsplit_once(' ').filter(|(_, last)| is_number(last)));
    match parts {
        Some((word, release)) => (word.trim_end(), Some(release.trim())),
        None => (spec, None),
    }
}

/// A release as the metadata have it: `v3.4.0` is 3.4.0, and `LATEST` is `latest`.
fn plain_release(release: &str) -> String {
    if release.eq_ignore_ascii_case(LATEST) {
        return LATEST.to_owned();
    }
    let number = release.strip_prefix(['v', 'V']).unwrap_or(release);
    match number.starts_with(|first: char| first.is_ascii_digit()) {
        true => number.to_owned(),
        false => release.to_owned(),
    }
}

/// What is wrong with a word that is no target.
fn unknown(word: &str, release: Option<&str>) -> SpecError {
    let number = plain_release(word);
    if release.is_none() && number.starts_with(|first: char| first.is_ascii_digit()) {
        let has_it = |target: &Target| {
            bundled(target.distribution())
                .iter()
                .any(|known| known.version == number)
        };
        let like = Target::ALL.into_iter().filter(has_it);
        return SpecError::OnlyRelease {
            like: like
                .map(|target| format!("{target_word}@{number}", target_word = target.word()))
                .collect(),
            release: word.to_owned(),
        };
    }
    let like = Target::like(word).map(|target| TargetSpec {
        target,
        release: release
            .filter(|release| !release.is_empty())
            .map(plain_release),
    });
    SpecError::UnknownTarget {
        word: word.to_owned(),
        like: like.iter().map(ToString::to_string).collect(),
    }
}

impl FromStr for TargetSpec {
    type Err = SpecError;

    fn from_str(spec: &str) -> Result<Self, SpecError> {
        Self::parse(spec)
    }
}

impl fmt::Display for TargetSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.target.word())?;
        match &self.release {
            Some(release) => write!(f, "@{release}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_reads_and_prints() {
        for spec in ["mage-os", "mage-os@3.*", "commerce-cloud@>=2.4.8 <2.4.9"] {
            assert_eq!(TargetSpec::parse(spec).unwrap().to_string(), spec);
        }
    }

    #[test]
    fn what_people_write_is_read() {
        for (written, read) in [
            ("mageos", "mage-os"),
            ("Mage-OS", "mage-os"),
            ("mage_os:v2.2.2", "mage-os@2.2.2"),
            ("Adobe Commerce 2.4.9", "commerce@2.4.9"),
            ("cloud", "commerce-cloud"),
            ("Magento Open Source", "magento"),
            ("MAGE-OS@Latest", "mage-os@latest"),
            ("mage-os@>=2 <3", "mage-os@>=2 <3"),
        ] {
            assert_eq!(TargetSpec::parse(written).unwrap().to_string(), read);
        }
    }

    #[test]
    fn what_cannot_be_read_has_the_word_to_type() {
        let said = |spec: &str| TargetSpec::parse(spec).unwrap_err().to_string();
        assert!(said("mageso@3.*").ends_with("Did you mean mage-os@3.*?"));
        assert!(said("comerce").ends_with("Did you mean commerce?"));
        assert!(said("2.4.8-p4").ends_with(
            "Did you mean magento@2.4.8-p4, commerce@2.4.8-p4 or commerce-cloud@2.4.8-p4?"
        ));
        assert!(said("3.4.0").ends_with("Did you mean mage-os@3.4.0 or mage-os-minimal@3.4.0?"));
        let last = Target::ALL.last().unwrap().word();
        assert!(said("shopware").ends_with(last));
        assert!(matches!(
            TargetSpec::parse("magento@ "),
            Err(SpecError::EmptyRelease { .. })
        ));
    }
}
