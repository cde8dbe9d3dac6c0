//! Answers that stand for several feature sets: the theme, the checkout, the languages.

use super::{Choice, FeatureSet, Library, Profile, SelectionError};

/// What was answered; where nothing was, the profile decides.
#[derive(Debug, Clone, Copy, Default)]
pub struct Choices<'a> {
    /// The name of one of [`Library::themes`].
    pub theme: Option<&'a str>,
    /// The name of one of [`Library::checkouts`].
    pub checkout: Option<&'a str>,
    /// Locales such as `de_DE`. English, in which the code is written, comes with any; other languages are taken out.
    pub languages: &'a [String],
    /// Whether the shop is filled with Magento's sample products; see [`super::Wanted`].
    pub sample_data: bool,
}

/// The group of feature sets that are languages.
const LANGUAGES: &str = "languages";

/// What sample data are installed with.
const SAMPLE_DATA: &str = "sample-data";

/// The language that is never taken out by naming others.
const SOURCE_LANGUAGE: &str = "en_us";

impl Profile {
    /// The profile with the answers worked into it.
    pub fn with_choices(
        mut self,
        library: &Library,
        choices: Choices<'_>,
    ) -> Result<Self, SelectionError> {
        let theme = chosen(&library.themes, "theme", choices.theme)?;
        let checkout = chosen(&library.checkouts, "checkout", choices.checkout)?;
        let both = || theme.iter().chain(&checkout);
        let is_wanted = |set: &String| both().any(|choice| choice.with.contains(set));
        if let Some(set) = both()
            .flat_map(|choice| &choice.without)
            .find(|set| is_wanted(set))
        {
            return Err(SelectionError::Contradiction(set.clone()));
        }
        for choice in both() {
            choice.with.iter().for_each(|set| self.want(set));
            choice.without.iter().for_each(|set| self.refuse(set));
        }
        self.choose_languages(library, choices.languages)?;
        if choices.sample_data {
            self.want(SAMPLE_DATA);
        }
        Ok(self)
    }

    fn choose_languages(
        &mut self,
        library: &Library,
        locales: &[String],
    ) -> Result<(), SelectionError> {
        if locales.is_empty() {
            return Ok(());
        }
        let wanted: Vec<String> = locales.iter().map(|locale| locale.to_lowercase()).collect();
        let known = || library.languages().map(|(locale, _)| locale);
        if let Some(unknown) = locales
            .iter()
            .zip(&wanted)
            .find(|(_, wanted)| known().all(|locale| locale != wanted.as_str()))
        {
            return Err(SelectionError::UnknownLanguage {
                locale: unknown.0.clone(),
                known: known().collect::<Vec<_>>().join(", "),
            });
        }
        for (locale, set) in library.languages() {
            if locale == SOURCE_LANGUAGE || wanted.iter().any(|wanted| wanted == locale) {
                self.want(&set.name);
            } else {
                self.refuse(&set.name);
            }
        }
        Ok(())
    }

    fn want(&mut self, set: &str) {
        self.without.retain(|other| other != set);
        if !self.with.iter().any(|other| other == set) {
            self.with.push(set.to_owned());
        }
    }

    fn refuse(&mut self, set: &str) {
        self.with.retain(|other| other != set);
        if !self.without.iter().any(|other| other == set) {
            self.without.push(set.to_owned());
        }
    }
}

impl Library {
    /// The languages that there are feature sets for: locale in lower case (`de_de`), and the set.
    pub fn languages(&self) -> impl Iterator<Item = (&str, &FeatureSet)> {
        let sets = self.sets.iter().filter(|set| set.group == LANGUAGES);
        sets.filter_map(|set| Some((set.name.strip_prefix("language-")?, set)))
    }
}

fn chosen<'l>(
    choices: &'l [Choice],
    question: &'static str,
    name: Option<&str>,
) -> Result<Option<&'l Choice>, SelectionError> {
    let Some(name) = name else { return Ok(None) };
    let found = choices.iter().find(|choice| choice.name == name);
    found
        .map(Some)
        .ok_or_else(|| SelectionError::UnknownChoice {
            question,
            name: name.to_owned(),
            known: choices
                .iter()
                .map(|choice| choice.name.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::definition::Safety;

    fn chosen(profile: &str, choices: Choices<'_>) -> Result<Profile, SelectionError> {
        let mut library = Library::bundled();
        let profile = library.profile(profile).unwrap();
        profile.with_choices(&library, choices)
    }

    #[test]
    fn an_answer_has_the_last_word_over_the_profile() {
        let theme = |theme| Choices {
            theme: Some(theme),
            ..Choices::default()
        };
        let lite = chosen("lite", theme("headless")).unwrap();
        assert!(lite.with.contains(&"graphql".to_owned()));
        assert!(!lite.without.contains(&"graphql".to_owned()));
        let luma = chosen("hyva", theme("luma")).unwrap();
        assert!(!luma.with.contains(&"hyva".to_owned()));
        let unknown = chosen("full", theme("venia")).unwrap_err();
        assert_eq!(
            unknown.to_string(),
            "there is no theme `venia`, only headless, hyva, luma"
        );
    }

    /// Whatever is chosen of what ships, nothing goes without which a shop is known not to run: Luma, which core code names as
    /// the default theme, among it.
    #[test]
    fn no_profile_and_no_answer_takes_out_what_a_shop_does_not_run_without() {
        let library = Library::bundled();
        let names = |choices: &[Choice]| -> Vec<Option<String>> {
            let names = choices.iter().map(|choice| Some(choice.name.clone()));
            std::iter::once(None).chain(names).collect()
        };
        let mut looked_at = 0;
        for profile in &library.profiles {
            for theme in names(&library.themes) {
                for checkout in names(&library.checkouts) {
                    let choices = Choices {
                        theme: theme.as_deref(),
                        checkout: checkout.as_deref(),
                        ..Choices::default()
                    };
                    let Ok(chosen) = profile.clone().with_choices(&library, choices) else {
                        continue;
                    };
                    looked_at += 1;
                    let goes = |set: &&FeatureSet| chosen.without.contains(&set.name);
                    let mut unsafe_ones = library.sets.iter().filter(|set| set.safe == Safety::No);
                    let gone = unsafe_ones.find(goes).map(|set| &set.name);
                    assert_eq!(gone, None, "{} with {choices:?}", profile.name);
                }
            }
        }
        assert!(looked_at > 50, "{looked_at}");
        let luma = library.set("luma").unwrap();
        assert!(luma.safe == Safety::No && luma.evidence.contains("1.2.0"));
    }

    #[test]
    fn answers_that_exclude_each_other_are_refused() {
        let both = Choices {
            theme: Some("headless"),
            checkout: Some("hyva"),
            ..Choices::default()
        };
        assert_eq!(
            chosen("full", both).unwrap_err(),
            SelectionError::Contradiction("hyva".to_owned())
        );
    }

    #[test]
    fn languages_that_are_not_named_are_taken_out() {
        let locales = ["de_DE".to_owned()];
        let languages = |languages| Choices {
            languages,
            ..Choices::default()
        };
        let profile = chosen("full", languages(&locales)).unwrap();
        assert_eq!(profile.with, ["language-de_de", "language-en_us"]);
        assert!(profile.without.contains(&"language-fr_fr".to_owned()));
        assert!(chosen("full", languages(&["xx_XX".to_owned()])).is_err());
    }
}
