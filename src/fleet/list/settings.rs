//! What may be wanted of one store apart from the others, as a list writes it.

use crate::distribution::TargetSpec;
use serde::{Deserialize, Deserializer, Serialize};

/// What is wanted of a store, as far as its list says it. The names are those of the options of `mageshift switch`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct Settings {
    /// What it is to become; several are compared.
    #[serde(deserialize_with = "targets", serialize_with = "words")]
    pub to: Vec<TargetSpec>,
    /// A version of PHP, as `--php` takes it.
    pub php: Option<String>,
    /// Names of platform packages that are not looked at.
    #[serde(deserialize_with = "one_or_many")]
    pub ignore_platform_req: Vec<String>,
    /// Whether no platform package is looked at; none leaves it to the run.
    pub ignore_platform_reqs: Option<bool>,
    /// The name of a profile, or the path of its file.
    pub profile: Option<String>,
    /// Names of feature sets to add.
    #[serde(deserialize_with = "one_or_many")]
    pub with: Vec<String>,
    /// Names of feature sets to take out.
    #[serde(deserialize_with = "one_or_many")]
    pub without: Vec<String>,
    /// Locales of language packs.
    #[serde(deserialize_with = "one_or_many")]
    pub language: Vec<String>,
    /// The answer to which theme.
    pub theme: Option<String>,
    /// The answer to which checkout.
    pub checkout: Option<String>,
    /// Places in the root that stay as the owner has them.
    #[serde(deserialize_with = "one_or_many")]
    pub keep: Vec<String>,
    /// Places in the root that become as the target's template has them.
    #[serde(deserialize_with = "one_or_many")]
    pub take: Vec<String>,
    /// Whether data may be lost; none leaves it to the run.
    pub accept_data_loss: Option<bool>,
    /// Whether the store may become an older Magento version; none leaves it to the run.
    pub allow_downgrade: Option<bool>,
}

impl Settings {
    /// These, and `others` for what these leave open.
    pub(crate) fn or(self, others: &Self) -> Self {
        let list = |own: Vec<String>, others: &Vec<String>| match own.is_empty() {
            true => others.clone(),
            false => own,
        };
        Self {
            to: match self.to.is_empty() {
                true => others.to.clone(),
                false => self.to,
            },
            php: self.php.or_else(|| others.php.clone()),
            ignore_platform_req: list(self.ignore_platform_req, &others.ignore_platform_req),
            ignore_platform_reqs: self.ignore_platform_reqs.or(others.ignore_platform_reqs),
            profile: self.profile.or_else(|| others.profile.clone()),
            with: list(self.with, &others.with),
            without: list(self.without, &others.without),
            language: list(self.language, &others.language),
            theme: self.theme.or_else(|| others.theme.clone()),
            checkout: self.checkout.or_else(|| others.checkout.clone()),
            keep: list(self.keep, &others.keep),
            take: list(self.take, &others.take),
            accept_data_loss: self.accept_data_loss.or(others.accept_data_loss),
            allow_downgrade: self.allow_downgrade.or(others.allow_downgrade),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// Reads a word, or a list of words.
pub(super) fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    Ok(match OneOrMany::deserialize(from)? {
        OneOrMany::One(word) => vec![word],
        OneOrMany::Many(words) => words,
    })
}

fn targets<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<TargetSpec>, D::Error> {
    let words = one_or_many(from)?.into_iter();
    let specs = words.map(|word| word.parse().map_err(serde::de::Error::custom));
    specs.collect()
}

fn words<S: serde::Serializer>(specs: &[TargetSpec], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(specs.iter().map(ToString::to_string))
}
