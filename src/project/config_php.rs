//! `app/etc/config.php`, as far as its list of modules: read and changed as text, without PHP.
//!
//! Magento writes the file with `var_export` or with short arrays, one entry a line; that shape is understood, whatever its
//! indentation, line ends and commas. Anything else is no list that could be changed safely.

use super::php_array::{Value, returned};
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Where the file lies in a store.
pub const CONFIG_PHP: &str = "app/etc/config.php";

/// `'modules' => [` or `'modules' =>` with the array in the next line.
static OPENING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^\s*['"]modules['"]\s*=>\s*(?:(\[|array\s*\()\s*)?$"#)
        .expect("the pattern is valid")
});

static ARRAY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*(?:\[|array\s*\()\s*$").expect("the pattern is valid"));

static CLOSING: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*[\])]\s*,?\s*$").expect("the pattern is valid"));

/// Indentation, quote, name, value, comma, and what is left of the line.
static ENTRY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^(\s*)(['"])(\w+)['"]\s*=>\s*'?([01])'?\s*(,?)(\s*(?://.*)?)$"#)
        .expect("the pattern is valid")
});

/// Blank lines and comments between entries.
static BETWEEN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*(?:(?://|#|/\*|\*).*)?$").expect("the pattern is valid"));

/// The list of modules in the text of a config.php.
#[derive(Debug, Clone)]
pub struct ModuleList<'t> {
    before: &'t str,
    lines: Vec<Line<'t>>,
    after: &'t str,
}

#[derive(Debug, Clone)]
enum Line<'t> {
    Entry {
        /// Without its line end.
        text: &'t str,
        end: &'t str,
        name: &'t str,
        enabled: bool,
    },
    /// A comment or a blank line, with its line end.
    Other(&'t str),
}

impl<'t> ModuleList<'t> {
    /// Finds the list; none when there is not exactly one, or when it has another shape.
    pub fn find(text: &'t str) -> Option<Self> {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let mut openings = lines.iter().enumerate().filter_map(|(index, line)| {
            let opening = OPENING.captures(line.trim_end())?;
            match opening.get(1) {
                Some(_) => Some(index + 1),
                None => ARRAY
                    .is_match(lines.get(index + 1)?.trim_end())
                    .then_some(index + 2),
            }
        });
        let (Some(begin), None) = (openings.next(), openings.next()) else {
            return None;
        };
        let body = lines.get(begin..)?;
        let length = body.iter().position(|line| CLOSING.is_match(line))?;
        let read: Option<Vec<Line>> = body.get(..length)?.iter().map(|line| read(line)).collect();
        let read = read?;
        // Without a comma between two entries it is no PHP, and no list that could be changed.
        let entries = read.iter().filter_map(|line| match line {
            Line::Entry { text, .. } => Some(*text),
            Line::Other(_) => None,
        });
        let commas: Vec<bool> = entries.map(comma).collect();
        if let [all_but_last @ .., _] = commas.as_slice()
            && all_but_last.contains(&false)
        {
            return None;
        }
        let start: usize = lines.get(..begin)?.iter().map(|line| line.len()).sum();
        let size: usize = body.get(..length)?.iter().map(|line| line.len()).sum();
        Some(Self {
            before: text.get(..start)?,
            lines: read,
            after: text.get(start + size..)?,
        })
    }

    /// The modules with their state, in order.
    pub fn modules(&self) -> impl Iterator<Item = (&'t str, bool)> + '_ {
        self.lines.iter().filter_map(|line| match line {
            Line::Entry { name, enabled, .. } => Some((*name, *enabled)),
            Line::Other(_) => None,
        })
    }

    /// The whole text without some modules, and with others at the end of the list. Their order hardly matters:
    /// `setup:upgrade` sorts the list by the sequence in each module.xml.
    pub fn changed(&self, without: &[String], with: &[String], enabled: bool) -> String {
        let mut last = None;
        let mut template = None;
        for line in &self.lines {
            if let Line::Entry { text, end, .. } = line {
                last = Some(*text);
                template.get_or_insert((*text, *end));
            }
        }
        let trailing_comma = last.is_none_or(comma);
        let (indent, quote, end) = template
            .and_then(|(text, end)| {
                let entry = ENTRY.captures(text)?;
                Some((entry.get(1)?.as_str(), entry.get(2)?.as_str(), end))
            })
            .unwrap_or(("        ", "'", "\n"));
        let value = u8::from(enabled);
        let new: Vec<String> = with
            .iter()
            .map(|name| format!("{indent}{quote}{name}{quote} => {value},{end}"))
            .collect();
        let mut out: Vec<String> = Vec::with_capacity(self.lines.len() + new.len());
        for line in &self.lines {
            match line {
                Line::Entry { name, .. } if without.iter().any(|gone| gone == name) => {}
                Line::Entry { text, end, .. } => out.push(with_comma(text, true) + end),
                Line::Other(text) => out.push((*text).to_owned()),
            }
        }
        out.extend(new);
        let is_entry = |line: &String| ENTRY.is_match(line.trim_end_matches(['\r', '\n']));
        if let Some(last) = out.iter_mut().rev().find(|line| is_entry(line))
            && !trailing_comma
        {
            let text = last.trim_end_matches(['\r', '\n']).to_owned();
            let end = last.split_off(text.len());
            *last = with_comma(&text, false) + &end;
        }
        [self.before, &out.concat(), self.after].concat()
    }
}

/// What a config.php says, whatever its layout, its comments and the order of its modules: two files that say the same have
/// the same text here. `setup:upgrade` writes the file anew, with the modules in another order. None for a file with
/// anything but literals, about which nobody can tell without PHP.
pub fn meaning(text: &str) -> Option<String> {
    let Value::Array(entries) = returned(text) else {
        return None;
    };
    let mut out = String::new();
    for (key, value) in &entries {
        match (key.as_deref(), value) {
            (Some("modules"), Value::Array(modules)) => {
                let states: Option<BTreeMap<&str, bool>> = modules
                    .iter()
                    .map(|(name, state)| Some((name.as_deref()?, is_enabled(state)?)))
                    .collect();
                out.push_str(&format!("modules {:?}\n", states?));
            }
            _ if is_known(value) => out.push_str(&format!("{key:?} {value:?}\n")),
            _ => return None,
        }
    }
    Some(out)
}

fn is_enabled(state: &Value) -> Option<bool> {
    let (Value::Text(state, _) | Value::Word(state)) = state else {
        return None;
    };
    match state.as_str() {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

/// Whether a value is made of literals alone.
fn is_known(value: &Value) -> bool {
    match value {
        Value::Text(..) | Value::Word(_) => true,
        Value::Array(entries) => entries.iter().all(|(_, value)| is_known(value)),
        Value::Other => false,
    }
}

fn read(line: &str) -> Option<Line<'_>> {
    let text = line.trim_end_matches(['\r', '\n']);
    let Some(entry) = ENTRY.captures(text) else {
        return BETWEEN.is_match(text).then_some(Line::Other(line));
    };
    Some(Line::Entry {
        text,
        end: line.get(text.len()..)?,
        name: entry.get(3)?.as_str(),
        enabled: entry.get(4)?.as_str() == "1",
    })
}

fn comma(text: &str) -> bool {
    ENTRY
        .captures(text)
        .is_some_and(|entry| entry.get(5).is_some_and(|comma| !comma.is_empty()))
}

/// The text of an entry with or without its comma.
fn with_comma(text: &str, wanted: bool) -> String {
    let Some(place) = ENTRY.captures(text).and_then(|entry| entry.get(5)) else {
        return text.to_owned();
    };
    let (before, after) = (&text[..place.start()], &text[place.end()..]);
    [before, if wanted { "," } else { "" }, after].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: &str = "<?php\nreturn [\n    'modules' => [\n        'Magento_Store' => 1,\n        'Acme_Blog' => 0,\n        'Magento_Sales' => 1\n    ],\n    'system' => [\n        'default' => ['a' => 'secret']\n    ]\n];\n";

    fn change(text: &str, without: &[&str], with: &[&str]) -> String {
        let owned = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        ModuleList::find(text)
            .unwrap()
            .changed(&owned(without), &owned(with), true)
    }

    #[test]
    fn modules_come_and_go_in_every_shape() {
        let long = SHORT
            .replace("=> [\n", "=> \n  array (\n")
            .replace("=> 1\n", "=> 1,\n");
        for text in [SHORT.to_owned(), SHORT.replace('\n', "\r\n"), long] {
            assert_eq!(change(&text, &[], &[]), text);
            let there = change(&text, &[], &["MageOS_Rma"]);
            assert_eq!(
                ModuleList::find(&there).unwrap().modules().last(),
                Some(("MageOS_Rma", true))
            );
            assert_eq!(change(&there, &["MageOS_Rma"], &[]), text, "{there}");
            let less = change(&text, &["Acme_Blog"], &[]);
            assert_eq!(less.lines().count() + 1, text.lines().count());
            let last = change(&text, &["Magento_Sales"], &[]);
            assert_eq!(change(&last, &[], &["Magento_Sales"]), text);
        }
        assert!(change(SHORT, &["Magento_Sales"], &[]).contains("'Acme_Blog' => 0\n    ],"));
    }

    #[test]
    fn layout_and_order_mean_nothing_and_all_else_does() {
        let known = meaning(SHORT).unwrap();
        let sorted = "<?php\n// Made anew.\nreturn array (\n  'modules' => \n  array (\n    'Magento_Sales' => 1,\n    'Magento_Store' => 1,\n    'Acme_Blog' => 0,\n  ),\n  'system' => \n  array (\n    'default' => \n    array (\n      'a' => 'secret',\n    ),\n  ),\n);\n";
        assert_eq!(meaning(sorted).as_ref(), Some(&known));
        for (from, to) in [
            ("'Acme_Blog' => 0", "'Acme_Blog' => 1"),
            ("        'Acme_Blog' => 0,\n", ""),
            ("'Acme_Blog' => 0,", "'Acme_Blog' => 0, 'Acme_New' => 0,"),
            ("'secret'", "'other'"),
            ("'a'", "'b'"),
            ("'system'", "'scopes'"),
        ] {
            let changed = SHORT.replace(from, to);
            assert_ne!(changed, SHORT);
            let meaning = meaning(&changed);
            assert!(
                meaning.is_some() && meaning.as_ref() != Some(&known),
                "{changed}"
            );
        }
        for unknown in ["getenv('X')", "A . 'b'", "-1", "[A::B => 'x']", "$x"] {
            assert_eq!(
                meaning(&SHORT.replace("'secret'", unknown)),
                None,
                "{unknown}"
            );
        }
        assert_eq!(meaning(&SHORT.replace("=> 0", "=> $state")), None);
        assert_eq!(meaning("<?php return 1;"), None);
        assert_eq!(meaning(""), None);
    }

    #[test]
    fn another_shape_is_left_alone() {
        for text in [
            "<?php return ['modules' => ['Magento_Store' => 1]];",
            "<?php\nreturn [\n    'modules' => [\n        'Magento_Store' => true,\n    ],\n];",
            "<?php\nreturn [\n    'modules' => [\n        'Magento_Store' => 1,",
            "<?php\nreturn array_merge($a, [\n    'modules' => $modules,\n]);",
            "<?php\nreturn [\n 'modules' => [\n 'A_B' => 1,\n ],\n 'x' => [\n 'modules' => [\n 'A_B' => 1,\n ]]];",
            "",
        ] {
            assert!(ModuleList::find(text).is_none(), "{text}");
        }
    }
}
