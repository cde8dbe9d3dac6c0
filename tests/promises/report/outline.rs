//! What a document is made of, told without a browser: headings, tables, links and what would be loaded.

use regex::Regex;
use std::collections::BTreeSet;
use std::fmt;

/// The headings and tables of a document, in order.
pub(super) struct Outline<'h> {
    html: &'h str,
    lines: Vec<String>,
    levels: Vec<u8>,
}

impl<'h> Outline<'h> {
    pub(super) fn of(html: &'h str) -> Self {
        let parts = Regex::new(
            r"(?s)<h(?<level>[1-4])[^>]*>(?<heading>.*?)</h[1-4]>|<caption[^>]*>(?<caption>.*?)</caption><thead>(?<head>.*?)</thead>|<svg[^>]*aria-label=.(?<picture>[^\x22]*)",
        )
        .unwrap();
        let tag = Regex::new(r"<[^>]*>").unwrap();
        let text = |html: &str| tag.replace_all(html, "").into_owned();
        let mut lines = Vec::new();
        let mut levels = Vec::new();
        for found in parts.captures_iter(html) {
            if let Some(level) = found.name("level") {
                let level: u8 = level.as_str().parse().unwrap();
                levels.push(level);
                let indent = "  ".repeat(usize::from(level - 1));
                lines.push(format!(
                    "{indent}{} {}",
                    "#".repeat(level.into()),
                    text(&found["heading"])
                ));
            } else if let Some(caption) = found.name("caption") {
                let head: Vec<String> = found["head"]
                    .split("</th>")
                    .map(text)
                    .filter(|cell| !cell.is_empty())
                    .collect();
                lines.push(format!(
                    "      [{}: {}]",
                    text(caption.as_str()),
                    head.join(" | ")
                ));
            } else {
                lines.push(format!("      ({})", &found["picture"]));
            }
        }
        Self {
            html,
            lines,
            levels,
        }
    }

    /// Fails where a heading is passed over, a link leads nowhere, a name is given twice, a table has no caption or no headers,
    /// or something would be loaded or run.
    pub(super) fn assert_whole(&self) {
        let html = self.html;
        assert_eq!(self.levels.first(), Some(&1));
        assert_eq!(self.levels.iter().filter(|level| **level == 1).count(), 1);
        for pair in self.levels.windows(2) {
            assert!(pair[1] <= pair[0] + 1, "a heading is passed over:\n{self}");
        }
        let all = |pattern: &str| -> Vec<String> {
            let pattern = Regex::new(pattern).unwrap();
            pattern
                .captures_iter(html)
                .map(|found| found[1].to_owned())
                .collect()
        };
        let ids = all(r#" id="([^"]*)""#);
        let known: BTreeSet<&String> = ids.iter().collect();
        assert_eq!(ids.len(), known.len(), "a name is given twice: {ids:?}");
        for link in all(r#"href="([^"]*)""#) {
            let id = link
                .strip_prefix('#')
                .unwrap_or_else(|| panic!("{link} leads out"));
            assert!(known.contains(&id.to_owned()), "{link} leads nowhere");
        }
        for label in all(r#"aria-labelledby="([^"]*)""#) {
            assert!(known.contains(&label), "nothing is called {label}");
        }
        let tables = html.matches("<table").count();
        assert_eq!(html.matches("<caption").count(), tables);
        assert_eq!(html.matches("<thead").count(), tables);
        assert_eq!(html.matches("<th ").count(), html.matches("scope=").count());
        for source in all(r#"\ssrc="([^"]*)""#) {
            assert!(
                source.starts_with("data:image/"),
                "{source} would be loaded"
            );
        }
        for word in [
            "<script",
            "<link",
            "<iframe",
            "<object",
            "srcset",
            "javascript:",
            " onload",
            " onclick",
        ] {
            assert!(!html.contains(word), "{word}");
        }
        assert!(html.contains("default-src 'none'"));
    }
}

impl fmt::Display for Outline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines.join("\n"))
    }
}
