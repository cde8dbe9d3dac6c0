//! The words of a report, in one place for each language: `texts.LANGUAGE.toml`. Findings and steps come from the plan, in its
//! language.

use serde::Deserialize;
use std::fmt::Display;
use std::sync::LazyLock;

/// One and many of something: `{n} extension moves`, `{n} extensions move`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plural {
    one: String,
    other: String,
}

impl Plural {
    /// The text for a number.
    pub(crate) fn of(&self, number: usize) -> String {
        self.filled(number, &[])
    }

    /// The text for a number, with further places filled.
    pub(super) fn filled(&self, number: usize, values: &[(&str, &dyn Display)]) -> String {
        let text = if number == 1 { &self.one } else { &self.other };
        let mut all: Vec<(&str, &dyn Display)> = vec![("n", &number)];
        all.extend(values);
        fill(text, &all)
    }
}

/// Makes a struct of texts with a field for each, called as its key in the file. None may be missing there, and no other may
/// be there.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $kind:ty),+ $(,)? })+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Deserialize)]
            #[serde(rename_all = "kebab-case", deny_unknown_fields)]
            pub(crate) struct $name { $(pub(super) $field: $kind),+ }
        )+
    };
}

texts! {
    /// All of them.
    Texts {
        language: String,
        list: List,
        days: Days,
        cover: CoverTexts,
        verdict: VerdictTexts,
        numbers: Numbers,
        support: SupportTexts,
        changes: ChangesTexts,
        blockers: Section,
        extensions: ExtensionsTexts,
        data: DataTexts,
        services: ServicesTexts,
        hands: HandsTexts,
        findings: FindingsTexts,
        files: FilesTexts,
        steps: StepsTexts,
        matrix: MatrixTexts,
        overview: OverviewTexts,
    }
    /// Names joined in a sentence.
    List { comma: String, and: String }
    /// How days are written.
    Days { months: [String; 12], written: String }
    /// What stands above the pages and below them.
    CoverTexts {
        title: String,
        title_of_one_side: String,
        title_of_choice: String,
        title_of_many: String,
        made: String,
        made_by: String,
        discreet: String,
        foot: String,
        logo: String,
        skip: String,
    }
    /// The verdict in a sentence.
    VerdictTexts {
        ready: String,
        with_care: String,
        blocked: String,
        unanswered: String,
        nothing: String,
        applied: String,
        reachable: String,
        no_plan: String,
        can: String,
        can_stay: String,
        found: String,
        kept_all: String,
        mostly_kept: String,
        moved: Plural,
        added: Plural,
        kept: Plural,
        attention: Plural,
        loses_data: String,
        converts_data: String,
        services: Plural,
        unsupported: String,
        older: String,
        cannot: Plural,
        nearest: String,
        asks: String,
        is_there: String,
        was_applied: String,
        failed: String,
        no_target: String,
        as_it_is: String,
        looked: String,
    }
    /// What many stores come to.
    OverviewTexts {
        heading: String,
        sum: Plural,
        go: Plural,
        blocked: Plural,
        failed: Plural,
        of_targets: String,
        of_target: String,
        for_example: String,
        missing: String,
        caption: String,
        stores: String,
        what: String,
    }
    /// A section that has nothing but a heading and an introduction.
    Section { heading: String, intro: String }
    /// The effort by numbers.
    Numbers {
        heading: String,
        kept: Plural,
        moved: Plural,
        gone: Plural,
        come: Plural,
        in_the_way: Plural,
        core: Plural,
        libraries: Plural,
        files: Plural,
        places: Plural,
        warnings: Plural,
        steps: Plural,
    }
    /// How long releases get fixes.
    SupportTexts {
        heading: String,
        caption: String,
        release: String,
        published: String,
        regular: String,
        extended: String,
        unknown: String,
        none: String,
        until_next: String,
        ended: String,
        ends: String,
        now: String,
        then: String,
        picture: String,
        today: String,
    }
    /// The bars of what changes.
    ChangesTexts {
        heading: String,
        caption: String,
        kind: String,
        core: String,
        extensions: String,
        libraries: String,
        kept: String,
        renamed: String,
        updated: String,
        downgraded: String,
        added: String,
        removed: String,
        picture: String,
        blocked: String,
    }
    /// Extension by extension.
    ExtensionsTexts {
        heading: String,
        caption: String,
        name: String,
        fate: String,
        licence: String,
        keys: String,
        stays: String,
        moves: String,
        goes_back: String,
        renamed: String,
        comes: String,
        goes: String,
        in_the_way: String,
        undecided: String,
        no_licence: String,
        keys_of: String,
        keys_of_host: String,
        no_keys: String,
        none: String,
        unknown: String,
        more: String,
    }
    /// What becomes of the data.
    DataTexts { heading: String, intro: String, queries: String, queries_intro: String }
    /// The services.
    ServicesTexts {
        heading: String,
        caption: String,
        service: String,
        wanted: String,
        found: String,
        verdict: String,
        not_told: String,
        not_known: String,
        fits: String,
        close: String,
        unsupported: String,
        unknown: String,
        to_compare: String,
        in_file: String,
        php: String,
        composer: String,
        database: String,
        search: String,
        cache: String,
        queue: String,
        http_cache: String,
        web_server: String,
    }
    /// What people have to change.
    HandsTexts {
        heading: String,
        intro: String,
        nothing: String,
        caption: String,
        file: String,
        line: String,
        what: String,
        more: String,
    }
    /// What else there is to know.
    FindingsTexts {
        warnings: String,
        notes: String,
        blocker: String,
        warning: String,
        note: String,
        about: String,
    }
    /// The files that are written.
    FilesTexts {
        heading: String,
        intro: String,
        caption: String,
        file: String,
        lines: String,
        new: String,
        removed: String,
        changed: String,
    }
    /// The night.
    StepsTexts {
        heading: String,
        intro: String,
        apply: String,
        applied: String,
        count: String,
        blocked: String,
        back_heading: String,
        back_intro: String,
    }
    /// The table of all pages.
    MatrixTexts {
        heading: String,
        caption: String,
        caption_of_stores: String,
        store: String,
        target: String,
        verdict: String,
        extensions: String,
        data: String,
        support: String,
        services: String,
        short: String,
        moved: Plural,
        gone: Plural,
        in_the_way: Plural,
        all_stay: String,
        lost: String,
        converted: String,
        stay: String,
        fit: String,
        unfit: Plural,
        not_compared: String,
        unknown: String,
    }
}

static ENGLISH: LazyLock<Texts> = LazyLock::new(|| {
    toml::from_str(include_str!("texts.en.toml")).expect("the bundled texts.en.toml is valid")
});

impl Texts {
    /// The words in English.
    pub(crate) fn english() -> &'static Self {
        &ENGLISH
    }

    /// `a`, `a and b`, `a, b and c`.
    pub(super) fn join(&self, items: &[String]) -> String {
        match items {
            [] => String::new(),
            [one] => one.clone(),
            [first @ .., last] => {
                format!("{}{}{last}", first.join(&self.list.comma), self.list.and)
            }
        }
    }
}

/// A text with its `{places}` filled. What is put in is not looked at again.
pub(super) fn fill(text: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            rest = after;
            break;
        };
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            filled.push_str(&value.to_string());
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_once() {
        assert_eq!(fill("{a} → {b}.", &[("a", &"{b}"), ("b", &2)]), "{b} → 2.");
        assert_eq!(fill("plain", &[]), "plain");
    }

    #[test]
    fn the_bundled_words_are_whole() {
        let texts = Texts::english();
        assert_eq!(texts.language, "en");
        assert!(texts.days.months.iter().all(|month| !month.is_empty()));
        let names = ["a".to_owned(), "b".to_owned(), "c".to_owned()];
        assert_eq!(texts.join(&names), "a, b and c");
        assert_eq!(texts.numbers.files.of(1), "file that the plan writes");
    }
}
