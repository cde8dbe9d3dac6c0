//! The values that options take, for the shells that complete them.

use crate::distribution::{Distribution, ReleaseCatalog, Target, TargetSpec};
use crate::plan::Code;
use crate::plan::sentence::or;
use crate::profile::Library;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use std::ffi::OsStr;
use std::str::FromStr;

/// Reads a value from a word, and knows words to offer. Others may be as good.
#[derive(Clone)]
pub(crate) struct Offered<T> {
    offer: fn() -> Vec<String>,
    read: fn(&str) -> Result<T, Failure>,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn read<T: FromStr>(word: &str) -> Result<T, Failure>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    word.parse().map_err(|error: T::Err| Failure::from(error))
}

/// `TARGET[@RELEASE]`
pub(crate) fn target_spec() -> Offered<TargetSpec> {
    let offer = || {
        let words = Target::ALL.map(|target| target.word().to_owned());
        let latest = words.clone().map(|word| format!("{word}@latest"));
        let releases = Target::ALL.into_iter().flat_map(|target| {
            let releases = versions(target).into_iter();
            releases.map(move |version| format!("{}@{version}", target.word()))
        });
        words.into_iter().chain(latest).chain(releases).collect()
    };
    Offered { offer, read }
}

/// A release of any distribution, or a constraint.
pub(crate) fn release() -> Offered<String> {
    let offer = || {
        let full = Distribution::ALL.map(Target::full);
        let mut all: Vec<String> = full.into_iter().flat_map(versions).collect();
        let mut seen = std::collections::HashSet::new();
        all.retain(|version| seen.insert(version.clone()));
        all
    };
    Offered { offer, read }
}

/// The releases of a target that the program knows, the newest first.
fn versions(target: Target) -> Vec<String> {
    let catalog = ReleaseCatalog::bundled();
    let releases = catalog.releases(target).iter().rev();
    releases.map(|release| release.version.clone()).collect()
}

/// A profile, or a file of one.
pub(crate) fn profile() -> Offered<String> {
    let offer = || {
        names(
            Library::bundled()
                .profiles
                .iter()
                .map(|profile| &profile.name),
        )
    };
    Offered { offer, read }
}

/// A feature set.
pub(crate) fn set() -> Offered<String> {
    let offer = || names(Library::bundled().sets.iter().map(|set| &set.name));
    Offered { offer, read }
}

/// A profile or a feature set.
pub(crate) fn profile_or_set() -> Offered<String> {
    let offer = || {
        let library = Library::bundled();
        let profiles = library.profiles.iter().map(|profile| &profile.name);
        names(profiles.chain(library.sets.iter().map(|set| &set.name)))
    };
    Offered { offer, read }
}

/// The answer to which theme.
pub(crate) fn theme() -> Offered<String> {
    let offer = || names(Library::bundled().themes.iter().map(|theme| &theme.name));
    Offered { offer, read }
}

/// The answer to which checkout.
pub(crate) fn checkout() -> Offered<String> {
    let offer = || names(Library::bundled().checkouts.iter().map(|theme| &theme.name));
    Offered { offer, read }
}

/// A locale as Magento writes it: `de_DE`, `zh_Hans_CN`.
pub(crate) fn locale() -> Offered<String> {
    let offer = || {
        let library = Library::bundled();
        library
            .languages()
            .map(|(locale, _)| written(locale))
            .collect()
    };
    Offered { offer, read }
}

/// A locale in lower case as it is written: the language small, the script with a capital, the country in capitals.
fn written(locale: &str) -> String {
    let part = |(at, part): (usize, &str)| match (at, part.len()) {
        (0, _) => part.to_owned(),
        (_, 4) => {
            let (first, rest) = part.split_at(1);
            format!("{}{rest}", first.to_uppercase())
        }
        _ => part.to_uppercase(),
    };
    let parts: Vec<String> = locale.split('_').enumerate().map(part).collect();
    parts.join("_")
}

/// The code of a finding.
pub(crate) fn code() -> Offered<String> {
    let offer = || names(Code::ALL.iter().map(|code| code.as_str()));
    Offered { offer, read }
}

/// A distribution, by its word or by another one for its full edition.
pub(crate) fn distribution() -> Offered<String> {
    let offer = || names(Distribution::ALL.map(Distribution::id).into_iter());
    let read = |word: &str| {
        let meant = Target::from_word(word).filter(|target| target.is_full());
        let known = || or(&Distribution::ALL.map(Distribution::id));
        meant
            .map(|full| full.distribution().id().to_owned())
            .ok_or_else(|| Failure::from(format!("a distribution is {}", known())))
    };
    Offered { offer, read }
}

fn names<N: ToString>(names: impl Iterator<Item = N>) -> Vec<String> {
    names.map(|name| name.to_string()).collect()
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Offered<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        let read = self.read;
        let words = StringValueParser::new().try_map(move |word| read(&word));
        words.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.offer)().into_iter().map(PossibleValue::new)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_are_written_as_magento_does() {
        for (locale, wanted) in [("de_de", "de_DE"), ("zh_hans_cn", "zh_Hans_CN")] {
            assert_eq!(written(locale), wanted);
        }
        assert!((locale().offer)().contains(&"de_DE".to_owned()));
    }

    #[test]
    fn what_is_offered_is_read() {
        for word in (target_spec().offer)() {
            assert!((target_spec().read)(&word).is_ok(), "{word}");
        }
        for word in (distribution().offer)() {
            assert_eq!((distribution().read)(&word).ok(), Some(word));
        }
        assert_eq!(
            (distribution().read)("Adobe-Commerce").ok().as_deref(),
            Some("commerce")
        );
        assert!((distribution().read)("mage-os-minimal").is_err());
    }
}
