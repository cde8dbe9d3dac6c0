//! Pull requests by the programs of the forges, where they are at hand: `gh` of GitHub, `glab` of GitLab.

use super::checkout::Checkout;
use crate::fleet::result::Committed;
use composer_engine::repository::vcs::git_program::{Failure, finish};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// How long a forge may take.
const DEADLINE: Duration = Duration::from_secs(120);

/// A program that opens pull requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forge {
    /// GitHub, or GitHub Enterprise on a host that is named after it: `gh`.
    GitHub,
    /// GitLab, hosted or one's own: `glab`.
    GitLab,
}

/// Why there is no pull request.
#[derive(Debug, thiserror::Error)]
pub enum ForgeError {
    /// The address of the repository, fit to be shown, whose host tells no forge.
    #[error("{} belongs to no forge that is known", .0)]
    Unknown(String),
    /// The forge's program is not on the path.
    #[error("`{program}` is not installed")]
    NotInstalled {
        /// `gh` or `glab`.
        program: &'static str,
    },
    /// The forge's program ended with an error.
    #[error("`{program}` opens no pull request: {why}")]
    Refused {
        /// `gh` or `glab`.
        program: &'static str,
        /// In its own words, fit to be shown.
        why: String,
    },
}

impl ForgeError {
    /// What a person can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "say which it is with --forge github or --forge gitlab",
            Self::NotInstalled { .. } => {
                "install it and log in, or open it yourself: its text is kept with the results"
            }
            Self::Refused { .. } => {
                "the branch is pushed; open it yourself: its text is kept with the results"
            }
        }
    }
}

impl Forge {
    /// By the host of a repository's address.
    pub(crate) fn of_url(url: &str) -> Option<Self> {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let host = rest
            .split('/')
            .next()?
            .rsplit('@')
            .next()?
            .split(':')
            .next()?;
        let host = host.to_ascii_lowercase();
        match () {
            () if host.contains("github") => Some(Self::GitHub),
            () if host.contains("gitlab") => Some(Self::GitLab),
            () => None,
        }
    }

    fn program(self) -> &'static str {
        match self {
            Self::GitHub => "gh",
            Self::GitLab => "glab",
        }
    }

    /// Opens a pull request for a branch that was pushed, with the text in a file, and says where it is; the one that is open
    /// already when there is one.
    pub(crate) fn open(
        self,
        checkout: &Checkout,
        committed: &Committed,
        title: &str,
        text: &Path,
    ) -> Result<String, ForgeError> {
        let branch = &committed.branch;
        let known = match self {
            Self::GitHub => self.ask(
                checkout,
                &["pr", "view", branch, "--json", "url", "--jq", ".url"],
            ),
            Self::GitLab => self.ask(checkout, &["mr", "view", branch]),
        };
        if let Some(address) = known.ok().as_deref().and_then(address) {
            return Ok(address);
        }
        let base = checkout.base.as_deref();
        let text = text.display().to_string();
        let mut words = match self {
            Self::GitHub => vec![
                "pr",
                "create",
                "--head",
                branch,
                "--title",
                title,
                "--body-file",
                &text,
            ],
            // It takes a text on the command line only; its own way of reading a file is a template.
            Self::GitLab => vec![
                "mr",
                "create",
                "--yes",
                "--source-branch",
                branch,
                "--title",
                title,
            ],
        };
        let body;
        if self == Self::GitLab {
            let path = Path::new(&text);
            body = composer_engine::files::text(path, composer_engine::files::DATA).map_err(
                |error| ForgeError::Refused {
                    program: self.program(),
                    why: error.to_string(),
                },
            )?;
            words.extend(["--description", shortened(&body)]);
        }
        if let Some(base) = base {
            words.extend([
                if self == Self::GitHub {
                    "--base"
                } else {
                    "--target-branch"
                },
                base,
            ]);
        }
        let said = self.ask(checkout, &words)?;
        Ok(address(&said).unwrap_or_else(|| "opened".to_owned()))
    }

    fn ask(self, checkout: &Checkout, words: &[&str]) -> Result<String, ForgeError> {
        let program = self.program();
        let mut command = Command::new(program);
        command
            .args(words)
            .current_dir(&checkout.repository)
            .env("GH_PROMPT_DISABLED", "1")
            .env("NO_PROMPT", "1")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        let said = finish(&mut command, DEADLINE, None).map_err(|failure| match failure {
            Failure::NotInstalled => ForgeError::NotInstalled { program },
            failure => ForgeError::Refused {
                program,
                why: failure
                    .message()
                    .trim_start_matches(&format!("{program} says: "))
                    .to_owned(),
            },
        })?;
        Ok(String::from_utf8_lossy(&said).trim().to_owned())
    }
}

/// As much of a text as a program can be given in one argument, in whole lines. Linux takes 128 KiB.
fn shortened(text: &str) -> &str {
    const MOST: usize = 120_000;
    if text.len() <= MOST {
        return text;
    }
    let head = text
        .get(..text.floor_char_boundary(MOST))
        .unwrap_or_default();
    head.rfind('\n')
        .and_then(|end| head.get(..end))
        .unwrap_or(head)
}

/// The last address in what a program said.
fn address(said: &str) -> Option<String> {
    let words = said.split_whitespace().rev();
    let mut addresses =
        words.filter(|word| word.starts_with("https://") || word.starts_with("http://"));
    addresses.next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_at_the_end_of_a_line() {
        let text = "a line of a plan, \u{e9}\n".repeat(10_000);
        let short = shortened(&text);
        assert!(short.len() > 100_000 && short.len() <= 120_000);
        assert!(short.ends_with('\u{e9}') && text.starts_with(short));
        assert_eq!(shortened("short\n"), "short\n");
    }

    #[test]
    fn a_forge_is_told_by_its_host_alone() {
        for (url, forge) in [
            ("git@github.com:acme/gitlab-shop.git", Some(Forge::GitHub)),
            (
                "https://me@gitlab.acme.test/github/shop.git",
                Some(Forge::GitLab),
            ),
            ("ssh://git@git.acme.test:22/shop.git", None),
            ("/srv/github/shop.git", None),
        ] {
            assert_eq!(Forge::of_url(url), forge, "{url}");
        }
    }
}
