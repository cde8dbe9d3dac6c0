//! `git` in a repository that may be a stranger's: nothing that it names is run.

use composer_engine::repository::masked;
use composer_engine::repository::vcs::git_program::{Failure, finish, git};
use regex::Regex;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

/// How long a command on this machine may take.
const LOCAL: Duration = Duration::from_secs(120);
/// How long one that speaks to another may take.
pub(super) const REMOTE: Duration = Duration::from_secs(900);

/// What may be spoken: what a list of stores may name.
const PROTOCOLS: &str = "https:http:ssh:git:file";

/// Who writes a commit may be said by these, as everywhere with git.
const WRITERS: [&str; 6] = [
    "GIT_AUTHOR_NAME",
    "GIT_AUTHOR_EMAIL",
    "GIT_AUTHOR_DATE",
    "GIT_COMMITTER_NAME",
    "GIT_COMMITTER_EMAIL",
    "GIT_COMMITTER_DATE",
];

/// Settings of a repository that name programs which git would run for what is done here, or by which keys would go by way of
/// somebody else: a proxy, another address of the host, a certificate that is not looked at.
static PROGRAMS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:http\.(.*\.)?(proxy|sslverify|proxysslverify|curloptresolve|cookiefile)|remote\..*\.proxy|filter\..*\.(clean|smudge|process)|core\.(sshcommand|gitproxy|fsmonitor|alternaterefscommand)|credential\.(.*\.)?helper|remote\..*\.(uploadpack|receivepack|vcs)|diff\..*\.(command|textconv)|diff\.external)$")
        .expect("a valid pattern")
});

/// Why something was not done in git.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// git itself failed, in words that are fit to be shown.
    #[error("{what}: {why}")]
    Git {
        /// What was to be done, in words.
        what: &'static str,
        /// In git's own words, fit to be shown.
        why: String,
    },
    /// The folder of a repository in which something is changed and not committed. Nothing is done over it.
    #[error(
        "there are changes in {0} that are not committed; if a run of mageshift was cut off there, `mageshift undo` in the store's folder puts them back"
    )]
    Dirty(PathBuf),
    /// The settings that must not be a stranger's.
    #[error("the repository in {} has settings by which git would run programs or send keys by way of somebody else: {}", .folder.display(), .settings.join(", "))]
    Programs {
        /// Of the repository or the clone.
        folder: PathBuf,
        /// Their names; the values may hold secrets.
        settings: Vec<String>,
    },
    /// The folder lies in no repository, or git has none of the files that the plan writes.
    #[error("{0} is in no repository of git")]
    NoRepository(PathBuf),
    /// There is nothing that a branch could begin at.
    #[error("the repository has no commit yet")]
    NoCommit,
    /// git knows neither name nor address to write into a commit.
    #[error("git does not know who makes the commit")]
    NoWriter,
    /// A file that git has otherwise than it lies there.
    #[error("{path} is not as git has it at {commit}")]
    Converted {
        /// Relative to the repository, with `/`.
        path: String,
        /// The first digits of the commit that the plan was made at.
        commit: String,
    },
    /// The branch is there, with something else.
    #[error("the branch {branch} is there already, with another commit than this switch makes")]
    BranchTaken {
        /// Its short name.
        branch: String,
    },
    /// The branch to write to would be the one that the repository is checked out at or clones begin with.
    #[error("the branch {branch} is the main one of the repository, which is never written to")]
    MainBranch {
        /// Its short name.
        branch: String,
    },
    /// Clones cannot be kept where they should be.
    #[error("{} cannot be used for clones: {why}", .folder.display())]
    Clones {
        /// As it was named.
        folder: PathBuf,
        /// In the system's words.
        why: String,
    },
    /// The folder that a list names within a repository, which the repository does not have.
    #[error("{} is no store: the repository has no such folder", .0)]
    NoFolder(String),
}

impl GitError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Git { why, .. } if why.contains("dubious ownership") => Some(
                "nothing was touched. If you trust the folder, tell git so with `git config --global --add safe.directory FOLDER`; the system's own settings are not read",
            ),
            Self::Git { .. } => None,
            Self::NoWriter => Some(
                "set user.name and user.email in your own settings of git (`git config --global`), or GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL, GIT_COMMITTER_NAME and GIT_COMMITTER_EMAIL; then run the command again",
            ),
            Self::Dirty(_) => Some("commit or stash them; nothing was touched"),
            Self::Programs { .. } => Some(
                "they may be a stranger's, and are not followed. If they are yours, put them into your own settings of git, and take them out of the repository's",
            ),
            Self::NoRepository(_) => {
                Some("leave the git options out, and the files are written in place")
            }
            Self::NoCommit => Some("commit the store first"),
            Self::Converted { .. } => Some(
                "git converts it, as with core.autocrlf. Apply in place with --in-place, and commit it yourself",
            ),
            Self::BranchTaken { .. } => Some(
                "look at it; delete it or rename it, then run the command again. Nothing is forced",
            ),
            Self::MainBranch { .. } => Some("make another branch the main one"),
            Self::Clones { .. } => Some("name another folder with --clones"),
            Self::NoFolder(_) => Some("correct `folder` in the list"),
        }
    }
}

/// A command, in a folder or in none. What git is told about filters and hooks is nothing; see [`refuse_programs`].
fn command(folder: Option<&Path>, arguments: &[&str]) -> Command {
    let mut command = git(folder);
    for name in WRITERS {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.env("GIT_ALLOW_PROTOCOL", PROTOCOLS);
    command.args(["-c", "core.quotePath=false"]);
    command.args(arguments);
    command
}

fn told(what: &'static str) -> impl Fn(Failure) -> GitError {
    move |failure| GitError::Git {
        what,
        why: failure.message(),
    }
}

/// The output of a command on this machine.
pub(super) fn run(
    folder: &Path,
    what: &'static str,
    arguments: &[&str],
) -> Result<Vec<u8>, GitError> {
    finish(&mut command(Some(folder), arguments), LOCAL, None).map_err(told(what))
}

/// Likewise, without the white space at its end.
pub(super) fn text(
    folder: &Path,
    what: &'static str,
    arguments: &[&str],
) -> Result<String, GitError> {
    let output = run(folder, what, arguments)?;
    Ok(String::from_utf8_lossy(&output).trim_end().to_owned())
}

/// Likewise, with a file for the index in place of the repository's own.
pub(super) fn with_index(
    folder: &Path,
    index: &Path,
    what: &'static str,
    arguments: &[&str],
) -> Result<String, GitError> {
    let mut command = command(Some(folder), arguments);
    command.env("GIT_INDEX_FILE", index);
    let output = finish(&mut command, LOCAL, None).map_err(told(what))?;
    Ok(String::from_utf8_lossy(&output).trim_end().to_owned())
}

/// The output of a command that speaks to another machine, whose address no message shows with its secrets.
pub(super) fn remote(
    folder: Option<&Path>,
    url: &str,
    what: &'static str,
    arguments: &[&str],
) -> Result<String, GitError> {
    let output = finish(&mut command(folder, arguments), REMOTE, None);
    let output = output.map_err(|failure| GitError::Git {
        what,
        why: failure.message().replace(url, &masked(url)),
    })?;
    Ok(String::from_utf8_lossy(&output).trim_end().to_owned())
}

/// Fails when git has no name or address for who makes a commit; it would refuse that later, in other words in each version.
pub(super) fn check_writer(folder: &Path) -> Result<(), GitError> {
    for who in ["GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"] {
        text(folder, "git", &["var", who]).map_err(|_| GitError::NoWriter)?;
    }
    Ok(())
}

/// Fails when the repository's own settings name programs that git would run, and when they cannot be read.
pub(super) fn refuse_programs(folder: &Path) -> Result<(), GitError> {
    let asked = ["config", "--local", "--includes", "--name-only", "--list"];
    let named = text(folder, "its settings cannot be read", &asked)?;
    let settings = named
        .lines()
        .filter(|name| PROGRAMS.is_match(name) && !is_unset(folder, name));
    let settings: Vec<String> = settings.map(str::to_owned).collect();
    match settings.is_empty() {
        true => Ok(()),
        false => Err(GitError::Programs {
            folder: folder.to_path_buf(),
            settings,
        }),
    }
}

/// Whether a setting holds nothing or a plain no, as some write it to switch it off; of a check, a plain yes.
fn is_unset(folder: &Path, name: &str) -> bool {
    let value = text(
        folder,
        "its settings cannot be read",
        &["config", "--local", "--includes", "--get-all", name],
    );
    value.is_ok_and(|value| {
        value
            .lines()
            .all(|value| match name.to_lowercase().ends_with("sslverify") {
                true => matches!(value.trim(), "true" | "1" | "yes" | "on"),
                false => matches!(value.trim(), "" | "false"),
            })
    })
}
