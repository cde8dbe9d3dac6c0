//! The one place where errors become text and an exit code.

use super::exit::Exit;
use crate::apply::ApplyError;
use crate::planner::error::PlanError;
use crate::planner::error::Question;
use crate::preview::Masker;
use crate::preview::layout::wrap_lines;
use crate::profile::LibraryError;
use crate::project::root_files::RootFiles;
use composer_engine::files::FileError;
use composer_engine::repository::ErrorKind;
use composer_engine::resolve::update::UpdateError;
use std::io;

/// A step back in a conversation.
#[derive(Debug, thiserror::Error)]
#[error("interrupted, nothing was written")]
struct Back;

/// An error with its exit code and, where there is one, the way out.
#[derive(Debug)]
pub struct CliError {
    /// What the program ends with.
    pub exit: Exit,
    /// What went wrong, with its causes.
    pub error: anyhow::Error,
    /// What a person can do about it, a clause without a full stop.
    pub hint: Option<String>,
}

impl CliError {
    /// An error that ends the run with this code.
    pub fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit,
            error: error.into(),
            hint: None,
        }
    }

    /// An error that is only a sentence.
    pub fn message(exit: Exit, message: impl Into<String>) -> Self {
        Self::new(exit, anyhow::Error::msg(message.into()))
    }

    /// The user gave up at a question, or interrupted the run.
    pub fn interrupted() -> Self {
        Self::message(Exit::Interrupted, "interrupted, nothing was written")
    }

    /// The user goes back a step. Where nobody holds a conversation, this is the same as giving up.
    pub(crate) fn back() -> Self {
        Self::new(Exit::Interrupted, Back)
    }

    /// Whether the user goes back a step.
    pub(crate) fn is_back(&self) -> bool {
        self.error.is::<Back>()
    }

    /// What stopped the writing of a plan, from which a disk that fails leaves the old files behind.
    pub fn not_applied(error: ApplyError) -> Self {
        let is_of_disk = matches!(error, ApplyError::Io { .. });
        let error = Self::from(error);
        if is_of_disk {
            error.hint("the files are as they were before; remove the cause, then try again")
        } else {
            error
        }
    }

    /// The same error with a hint on what to do.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// The same error with the names that root and lock have in this store.
    pub fn named(&self, files: &RootFiles) -> Self {
        let words = |text: &str| files.words(text).into_owned();
        let mut chain: Vec<String> = self
            .error
            .chain()
            .map(|cause| words(&cause.to_string()))
            .collect();
        let innermost = chain.pop().unwrap_or_default();
        let causes = chain.into_iter().rev();
        Self {
            exit: self.exit,
            error: causes.fold(anyhow::Error::msg(innermost), anyhow::Error::context),
            hint: self.hint.as_deref().map(words),
        }
    }

    /// Whether the reader of the output is gone, so that nobody is left to be told.
    pub fn is_broken_pipe(&self) -> bool {
        self.error
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The message, its causes one below the other, and the hint; masked, and in lines of so many columns where a terminal has
    /// them.
    pub fn render(
        &self,
        masker: &Masker,
        paint: crate::preview::Paint,
        width: Option<usize>,
    ) -> String {
        let clean = |text: String| masker.mask(&crate::preview::plain(&text)).into_owned();
        let put = |out: &mut String, label: &str, painted: String, text: String| {
            let lines = match width {
                Some(width) => wrap_lines(&text, width.saturating_sub(label.len() + 1)),
                None => text,
            };
            let further = format!("\n{}", " ".repeat(label.len() + 1));
            let lines = match width {
                Some(_) => lines.replace('\n', &further),
                None => lines,
            };
            out.push_str(&format!("{painted} {lines}\n"));
        };
        let mut out = String::new();
        let message = clean(self.error.to_string());
        put(&mut out, "error:", paint.red("error:"), message);
        for cause in self.error.chain().skip(1) {
            let label = format!("  {}", paint.dim("because:"));
            put(&mut out, "  because:", label, clean(cause.to_string()));
        }
        if let Some(hint) = &self.hint {
            put(
                &mut out,
                "hint:",
                paint.cyan("hint:"),
                clean(uncapitalised(hint)),
            );
        }
        out
    }

    /// The same as the one document of `--json`.
    pub fn json(&self, masker: &Masker) -> String {
        let mut document = self.document();
        masker.mask_json(&mut document);
        crate::preview::escaped(&format!("{document:#}\n")).into_owned()
    }

    /// The document of `--json` in place of the one that was asked for, not yet without secrets.
    pub(crate) fn document(&self) -> serde_json::Value {
        let causes: Vec<String> = self
            .error
            .chain()
            .skip(1)
            .map(|cause| cause.to_string())
            .collect();
        serde_json::json!({
            "schema": crate::plan::SCHEMA,
            "error": {
                "message": self.error.to_string(),
                "causes": causes,
                "hint": self.hint.as_deref().map(uncapitalised),
                "exit": self.exit as u8,
            },
        })
    }
}

/// A hint as it follows its label: without a capital letter, unless its first word is a name.
fn uncapitalised(hint: &str) -> String {
    let mut letters = hint.chars();
    let first = letters.next();
    let is_word = hint.split(' ').next().is_some_and(|word| {
        word.chars()
            .skip(1)
            .all(|c| c.is_lowercase() || ",;:".contains(c))
    });
    match first {
        Some(first) if is_word => first.to_lowercase().chain(letters).collect(),
        _ => hint.to_owned(),
    }
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        Self::new(Exit::Failed, error)
    }
}

impl From<FileError> for CliError {
    fn from(error: FileError) -> Self {
        let hint = error.hint();
        Self::new(Exit::Failed, error).hint(hint)
    }
}

impl From<PlanError> for CliError {
    fn from(error: PlanError) -> Self {
        use crate::distribution::{DetectError, ReleaseError};
        let (exit, hint) = match &error {
            PlanError::Disagreement(cause) => {
                let hint = cause.hint();
                return Self::new(Exit::Unusable, error).hint(hint);
            }
            PlanError::Project(cause) => (Exit::Unusable, Some(cause.hint())),
            PlanError::Root(_) | PlanError::Merge(_) => (
                Exit::Unusable,
                Some("correct composer.json; `composer validate` names what else is wrong"),
            ),
            PlanError::Lock(_) => (
                Exit::Unusable,
                Some(
                    "restore composer.lock from version control, or delete it, and the lock is made from nothing",
                ),
            ),
            PlanError::Included(..) => (
                Exit::Unusable,
                Some("mend the file, or take it out of extra.merge-plugin"),
            ),
            PlanError::Detect(DetectError::TwoProducts { .. }) => (Exit::Unusable, None),
            PlanError::Detect(DetectError::DevelopmentRoot { .. }) => (
                Exit::Unusable,
                Some("make a store with `mageshift new`, and move what is your own there"),
            ),
            PlanError::Detect(DetectError::NotAStore) => (
                Exit::Unusable,
                Some(
                    "name a store with `-d DIR`, or make one with `mageshift new DIR`; of other projects, `mageshift lock` and `mageshift why` know the lock",
                ),
            ),
            PlanError::Release(ReleaseError::BadConstraint { .. }) => {
                (Exit::Usage, Some("`mageshift releases` lists the releases"))
            }
            PlanError::Release(ReleaseError::NoMatch {
                target,
                newest,
                on_line,
                ..
            }) => {
                let release = on_line.first().map_or(newest, |(release, _)| release);
                let hint = format!(
                    "plan that one with --to {}@{release}; `mageshift releases` lists all",
                    target.word()
                );
                return Self::new(Exit::Blocked, error).hint(hint);
            }
            PlanError::Release(_) => (
                Exit::Blocked,
                Some("`mageshift releases` lists the releases"),
            ),
            PlanError::Unasked(question) => (
                Exit::Usage,
                Some(match question {
                    Question::Target => {
                        "name it with --to: mage-os, mage-os-minimal, magento, commerce or commerce-cloud"
                    }
                    Question::Packages => {
                        "say it with --profile, --without or --with; `mageshift profiles` lists what there is"
                    }
                    Question::NewModules => {
                        "decide with --new-modules enable or --new-modules disable"
                    }
                }),
            ),
            PlanError::NoUpgrade { to, .. } => {
                let hint = format!("to make it {}: `mageshift switch --to {to}`", to.target);
                return Self::new(Exit::Usage, error).hint(hint);
            }
            PlanError::ReleaseUnknown => (
                Exit::Unusable,
                Some("`mageshift switch --to TARGET@RELEASE --profile NAME` names it"),
            ),
            PlanError::Profile {
                error: cause,
                known,
            } => {
                let exit = match cause {
                    LibraryError::Unreadable(_) => Exit::Failed,
                    LibraryError::Unknown(_) | LibraryError::Invalid { .. } => Exit::Usage,
                };
                let hint = format!(
                    "the profiles are {}, or a TOML file of your own",
                    known.join(", ")
                );
                return Self::new(exit, error).hint(hint);
            }
            PlanError::NoMinimalEdition { .. } => (
                Exit::Usage,
                Some("--profile lite takes out of the full edition what few shops need"),
            ),
            PlanError::Selection(_) => (
                Exit::Usage,
                Some("`mageshift profiles` lists the profiles and the feature sets"),
            ),
            PlanError::OwnRepository { is_new: true, .. } => (
                Exit::Usage,
                Some("name its whole address with --repository, and put its key into auth.json"),
            ),
            PlanError::OwnRepository { is_new: false, .. } => (
                Exit::Usage,
                Some("add it to the store first: composer config repositories.NAME composer URL"),
            ),
            PlanError::Metadata(_) => (
                Exit::Failed,
                Some(
                    "nothing of yours is wrong: tell whoever runs that repository, or plan with a release that needs another version",
                ),
            ),
            PlanError::LockRequest(_) => (Exit::Usage, None),
            PlanError::Policy(_) | PlanError::Update(UpdateError::NoLock { .. }) => {
                (Exit::Unusable, None)
            }
            PlanError::Repository(cause) if cause.kind == ErrorKind::Entry => (
                Exit::Unusable,
                Some("correct the entry; `composer validate` names what else is wrong"),
            ),
            PlanError::Repository(_)
            | PlanError::Json(_)
            | PlanError::NewLock(_)
            | PlanError::Update(_) => (Exit::Failed, None),
        };
        let converted = Self::new(exit, error);
        match hint {
            Some(hint) => converted.hint(hint),
            None => converted,
        }
    }
}

impl From<ApplyError> for CliError {
    fn from(error: ApplyError) -> Self {
        let (exit, hint) = match &error {
            ApplyError::Blocked(_) => (Exit::Blocked, None),
            ApplyError::Schema { .. } => (
                Exit::Failed,
                Some("make the plan again with this version of mageshift"),
            ),
            ApplyError::NotSaved { .. } => (
                Exit::Failed,
                Some("this is a preview; save a plan with `mageshift switch --out FILE`"),
            ),
            ApplyError::Corrupt { .. } => (
                Exit::Failed,
                Some("the plan was edited or damaged; make it again"),
            ),
            ApplyError::UnsafePath { .. } | ApplyError::Io { .. } => (Exit::Failed, None),
            ApplyError::Stale(_) => (
                Exit::Failed,
                Some("nothing was written; make the plan again"),
            ),
            ApplyError::Busy { .. } => (Exit::Failed, Some("wait until it is done")),
            ApplyError::Unfinished { .. } => (
                Exit::Unusable,
                Some("`mageshift undo` puts the files back as they were before that run"),
            ),
            ApplyError::NotOwn { .. } => (
                Exit::Failed,
                Some(
                    "look into it: it may come with the store from somebody else. Remove it, or run mageshift as the user it belongs to",
                ),
            ),
            ApplyError::NothingToUndo { .. } => (Exit::Failed, None),
            ApplyError::Changed(_) => (
                Exit::Failed,
                Some(
                    "nothing was written; `mageshift undo --force` keeps a copy of them and goes on",
                ),
            ),
            ApplyError::BackupDamaged { .. } | ApplyError::Journal { .. } => (
                Exit::Failed,
                Some("restore the files from your version control"),
            ),
            ApplyError::HalfUndone { .. } => (
                Exit::Failed,
                Some("remove the cause, then run `mageshift undo` again"),
            ),
            ApplyError::HalfWritten { .. } => (
                Exit::Failed,
                Some("remove the cause, then let `mageshift undo` put the files back as they were"),
            ),
        };
        let error = Self::new(exit, error);
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}
