//! Installer fixtures in the format of Composer's own suite: `--SECTION--` lines, with `--RUN--`, `--COMPOSER--`,
//! `--LOCK--`, `--EXPECT-LOCK--` and `--EXPECT-EXIT-CODE--` among the sections.

use super::lock::answer;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// Flags that only matter to what comes after resolving.
const IGNORED: [&str; 9] = [
    "--dry-run",
    "--no-install",
    "--dev",
    "-v",
    "-vv",
    "-vvv",
    "--no-progress",
    "--no-audit",
    "--no-plugins",
];
/// Flags that matter to resolving; a fixture with any other is about something else.
const KNOWN: [&str; 14] = [
    "--with-dependencies",
    "-w",
    "--with-all-dependencies",
    "-W",
    "--minimal-changes",
    "-m",
    "--prefer-stable",
    "--prefer-lowest",
    "--ignore-platform-reqs",
    "--root-reqs",
    "--lock",
    "--patch-only",
    "--ignore-platform-req",
    "--with",
];

/// One `update` and the lock that must come of it.
pub(crate) struct Fixture {
    pub name: String,
    pub root: String,
    pub lock: Option<String>,
    pub args: Vec<String>,
    /// None when Composer fails.
    pub expected: Option<Value>,
}

impl Fixture {
    /// Every fixture of a folder that is about resolving an update and says what comes of it.
    pub(crate) fn all(folder: &Path) -> Vec<Self> {
        let mut files: Vec<_> = fs::read_dir(folder)
            .expect("a folder of fixtures")
            .flatten()
            .map(|entry| entry.path())
            .collect();
        files.retain(|file| {
            file.extension()
                .is_some_and(|extension| extension == "test")
        });
        files.sort();
        files
            .iter()
            .filter_map(|file| {
                Self::parse(file.file_stem()?.to_str()?, &fs::read_to_string(file).ok()?)
            })
            .collect()
    }

    fn parse(name: &str, text: &str) -> Option<Self> {
        let sections = sections(text);
        let words = words(sections.get("RUN")?);
        let (command, flags) = words.split_first()?;
        let args: Vec<String> = flags
            .iter()
            .filter(|flag| !IGNORED.contains(&flag.as_str()))
            .cloned()
            .collect();
        let known = |arg: &String| {
            !arg.starts_with('-') || KNOWN.contains(&arg.split('=').next().unwrap_or_default())
        };
        let root = sections.get("COMPOSER")?;
        let needs_more = ["artifact", "\"vcs\"", "\"path\""]
            .iter()
            .any(|kind| root.contains(kind));
        if command != "update" || needs_more || !args.iter().all(known) {
            return None;
        }
        let mut root: Value = serde_json::from_str(root).ok()?;
        let off = json!({ "packagist.org": false });
        match root.get_mut("repositories") {
            Some(Value::Array(list)) => list.push(off),
            Some(Value::Object(map)) => drop(map.insert("packagist.org".into(), false.into())),
            _ => root["repositories"] = json!([off]),
        }
        let fails = sections
            .get("EXPECT-EXIT-CODE")
            .is_some_and(|code| code != "0" && !code.is_empty());
        let expected = match sections.get("EXPECT-LOCK").map(String::as_str) {
            _ if fails => None,
            None | Some("false") => return None,
            Some(lock) => Some(serde_json::from_str(lock).ok()?),
        };
        let lock = sections
            .get("LOCK")
            .filter(|lock| !lock.is_empty() && *lock != "false")
            .cloned();
        Some(Self {
            name: name.into(),
            root: root.to_string(),
            lock,
            args,
            expected,
        })
    }
}

/// The parts in which a lock differs from what a fixture expects; the order of packages does not matter.
pub(crate) fn differences(lock: &Value, expected: &Value) -> Vec<String> {
    let normal = |lock: &Value| {
        let mut answer = answer(lock);
        for part in ["platform", "platform-dev", "platform-overrides"] {
            answer[part] = Value::Null;
        }
        for list in ["packages", "packages-dev", "aliases"] {
            if let Some(entries) = answer[list].as_array_mut() {
                entries.sort_by_key(Value::to_string);
            }
        }
        answer
    };
    super::lock::differences(&normal(lock), &normal(expected))
}

fn sections(text: &str) -> HashMap<String, String> {
    let mut sections: HashMap<String, String> = HashMap::new();
    let mut current = None;
    for line in text.lines() {
        let title = line
            .strip_prefix("--")
            .and_then(|rest| rest.strip_suffix("--"));
        let title = title.filter(|title| {
            !title.is_empty() && title.chars().all(|c| c.is_ascii_uppercase() || c == '-')
        });
        if let Some(title) = title {
            current = Some(title.to_owned());
            sections.entry(title.into()).or_default();
        } else if let Some(section) = current.as_ref().and_then(|title| sections.get_mut(title)) {
            section.push_str(line);
            section.push('\n');
        }
    }
    sections
        .values_mut()
        .for_each(|section| *section = section.trim().to_owned());
    sections
}

/// Words as a shell would split them, quotes included.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in line.chars() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (c, None) if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            (c, _) => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}
