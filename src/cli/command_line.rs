//! Command lines to copy.

use crate::project::root_files::{RootFiles, quoted};

/// Words of a command, written so that a shell takes them apart again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandLine {
    /// What is set for the command alone, as a shell takes it.
    assignment: Option<String>,
    words: Vec<String>,
}

impl CommandLine {
    /// `mageshift` with a command.
    pub fn new(command: &str) -> Self {
        Self::of(["mageshift"]).word(command)
    }

    /// Another program's command.
    pub fn of(words: impl IntoIterator<Item = &'static str>) -> Self {
        Self {
            assignment: None,
            words: words.into_iter().map(str::to_owned).collect(),
        }
    }

    /// The command for a store whose root has another name.
    pub fn with_files(self, files: &RootFiles) -> Self {
        Self {
            assignment: files.assignment(quoted),
            ..self
        }
    }

    /// Adds a word as it is.
    pub fn word(mut self, word: impl Into<String>) -> Self {
        self.words.push(word.into());
        self
    }

    /// Adds a flag when it is set.
    pub fn flag(self, name: &str, is_set: bool) -> Self {
        if is_set { self.word(name) } else { self }
    }

    /// Adds an option for each value.
    pub fn options(self, name: &str, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        values
            .into_iter()
            .fold(self, |line, value| line.word(name).word(value))
    }
}

impl std::fmt::Display for CommandLine {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let words = self.words.iter().map(|word| quoted(word));
        let all: Vec<String> = self.assignment.iter().cloned().chain(words).collect();
        f.write_str(&all.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_read_more_into_them() {
        let line = CommandLine::new("switch")
            .options("--to", Some("mage-os@3.*"))
            .flag("--yes", true)
            .flag("--offline", false)
            .options("-d", Some("it's here"));
        assert_eq!(
            line.to_string(),
            r"mageshift switch --to 'mage-os@3.*' --yes -d 'it'\''s here'"
        );
        let named = line.with_files(&RootFiles {
            root: "b2b.json".to_owned(),
            lock: "b2b.lock".to_owned(),
        });
        assert!(
            named
                .to_string()
                .starts_with("COMPOSER=b2b.json mageshift switch ")
        );
    }
}
