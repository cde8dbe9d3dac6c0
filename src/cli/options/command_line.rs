//! Command lines to copy. Each is a view of a wish, and of where its metadata come from.

use super::args::SourceArgs;
use crate::planner::wish::{IgnorePlatform, Packages, PlatformWish};
use std::path::Path;

use crate::project::root_files::{RootFiles, quoted};

/// Words of a command, written so that a shell takes them apart again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CommandLine {
    /// What is set for the command alone, as a shell takes it.
    assignment: Option<String>,
    words: Vec<String>,
}

impl CommandLine {
    /// The command with the store's directory, when that is not the current one.
    pub(crate) fn in_store(self, store: &Path) -> Self {
        if store == Path::new(".") {
            self
        } else {
            self.options("-d", Some(store.display().to_string()))
        }
    }

    /// `mageshift` with a command.
    pub(crate) fn new(command: &str) -> Self {
        Self::of(["mageshift"]).word(command)
    }

    /// Another program's command.
    pub(crate) fn of(words: impl IntoIterator<Item = &'static str>) -> Self {
        Self {
            assignment: None,
            words: words.into_iter().map(str::to_owned).collect(),
        }
    }

    /// The command for a store whose root has another name.
    pub(crate) fn with_files(self, files: &RootFiles) -> Self {
        Self {
            assignment: files.assignment(quoted),
            ..self
        }
    }

    /// Adds a word as it is.
    pub(crate) fn word(mut self, word: impl Into<String>) -> Self {
        self.words.push(word.into());
        self
    }

    /// Adds a flag when it is set.
    pub(crate) fn flag(self, name: &str, is_set: bool) -> Self {
        if is_set { self.word(name) } else { self }
    }

    /// Adds the options that choose packages.
    pub(crate) fn packages(self, packages: &Packages) -> Self {
        self.options("--profile", &packages.profile)
            .options("--with", &packages.with)
            .options("--without", &packages.without)
            .options("--theme", &packages.theme)
            .options("--checkout", &packages.checkout)
            .options("--language", &packages.language)
            .flag("--sample-data", packages.sample_data)
    }

    /// Adds the options that say where metadata come from.
    pub(crate) fn sources(self, source: &SourceArgs) -> Self {
        let mirror_dir = source.mirror_dir.as_deref().map(Path::display);
        self.options("--mirror-dir", mirror_dir.map(|path| path.to_string()))
            .flag("--offline", source.offline)
            .options(
                "--timeout",
                source.timeout.map(|seconds| seconds.to_string()),
            )
    }

    /// Adds the options that say what the machine offers that runs the shop.
    pub(crate) fn platform(self, wish: &PlatformWish) -> Self {
        let ignored: &[String] = match &wish.ignored {
            IgnorePlatform::These(names) => names,
            IgnorePlatform::Nothing | IgnorePlatform::Everything => &[],
        };
        self.options("--php", &wish.php)
            .options("--ignore-platform-req", ignored)
            .flag(
                "--ignore-platform-reqs",
                wish.ignored == IgnorePlatform::Everything,
            )
    }

    /// Adds an option for each value.
    pub(crate) fn options(
        self,
        name: &str,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
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
