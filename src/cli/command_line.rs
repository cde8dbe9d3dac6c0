//! Command lines to copy.

/// Words of a command, written so that a shell takes them apart again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandLine(Vec<String>);

impl CommandLine {
    /// `mageshift` with a command.
    pub fn new(command: &str) -> Self {
        Self(vec!["mageshift".to_owned(), command.to_owned()])
    }

    /// Another program's command.
    pub fn of(words: impl IntoIterator<Item = &'static str>) -> Self {
        Self(words.into_iter().map(str::to_owned).collect())
    }

    /// Adds a word as it is.
    pub fn word(mut self, word: impl Into<String>) -> Self {
        self.0.push(word.into());
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
        let words: Vec<String> = self.0.iter().map(|word| quoted(word)).collect();
        f.write_str(&words.join(" "))
    }
}

/// A word as a POSIX shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./_-".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
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
    }
}
