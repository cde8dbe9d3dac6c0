//! How the document looks: on a wide screen, on a phone, in the dark and on paper.

/// The style sheet. Colours are named once for each scheme, below `:root`.
pub(crate) const CSS: &str = include_str!("style.css");

#[cfg(test)]
mod tests {
    use super::CSS;
    use regex::Regex;
    use std::collections::BTreeMap;

    type Colours = BTreeMap<String, String>;

    /// The colours of each `:root`: light, dark, print.
    fn schemes() -> Vec<Colours> {
        let block = Regex::new(r"(?s):root \{(.*?)\}").unwrap();
        let token = Regex::new(r"--([a-z-]+): (#[0-9a-f]{6});").unwrap();
        let colours = |text: &str| {
            let tokens = token.captures_iter(text);
            tokens
                .map(|found| (found[1].to_owned(), found[2].to_owned()))
                .collect()
        };
        block
            .captures_iter(CSS)
            .map(|found| colours(&found[1]))
            .collect()
    }

    /// <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>
    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_and_pictures_have_contrast_in_every_scheme() {
        let schemes = schemes();
        assert_eq!(schemes.len(), 3, "light, dark and print");
        assert_eq!(schemes[0], schemes[2], "paper is light");
        assert!((contrast("#ffffff", "#000000") - 21.0).abs() < 0.01);
        for colours in &schemes {
            let paper = &colours["paper"];
            for (text, on) in [
                (
                    "ink",
                    vec!["paper", "soft", "good-soft", "warn-soft", "bad-soft"],
                ),
                ("muted", vec!["paper", "soft"]),
                ("link", vec!["paper", "soft"]),
                ("good", vec!["paper", "good-soft"]),
                ("warn", vec!["paper", "warn-soft"]),
                ("bad", vec!["paper", "bad-soft"]),
            ] {
                for on in on {
                    let found = contrast(&colours[text], &colours[on]);
                    assert!(found >= 4.5, "{text} on {on}: {found:.2}");
                }
            }
            for shape in ["renamed", "updated", "added", "removed"] {
                let found = contrast(&colours[shape], paper);
                assert!(found >= 3.0, "{shape} on paper: {found:.2}");
            }
        }
    }

    #[test]
    fn no_colour_is_named_outside_the_schemes_and_nothing_is_loaded() {
        let outside = Regex::new(r"(?s):root \{.*?\}")
            .unwrap()
            .replace_all(CSS, "");
        assert!(!Regex::new(r"#[0-9a-f]{3,8}\b").unwrap().is_match(&outside));
        for word in ["url(", "@import", "@font-face", "</"] {
            assert!(!CSS.contains(word), "{word}");
        }
        let used = Regex::new(r"var\(--([a-z-]+)\)").unwrap();
        for name in used.captures_iter(CSS) {
            assert!(
                schemes().iter().all(|scheme| scheme.contains_key(&name[1])),
                "{}",
                &name[1]
            );
        }
    }
}
