//! What a person should know or decide about a plan.

use super::code::{Code, Severity};
use serde::{Deserialize, Serialize};

/// Something a person should know or decide. Every one is made by [`Finding::new`], so that its severity is one that its
/// code has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    severity: Severity,
    code: Code,
    /// One line, no full stop.
    pub title: String,
    /// Whole sentences: what, why, and what to do.
    pub detail: String,
    /// The package that it is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// The file that it is about, relative to the store with `/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

impl Finding {
    /// A finding about no single package or file, as grave as its code usually is.
    pub fn new(code: Code, title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            severity: code.severity(),
            code,
            title: title.into(),
            detail: detail.into(),
            package: None,
            path: None,
        }
    }

    /// The same with another of the severities that its code has.
    pub fn as_severity(self, severity: Severity) -> Self {
        debug_assert!(
            self.code.severities().contains(&severity),
            "{} is no {severity:?}",
            self.code
        );
        Self { severity, ..self }
    }

    /// The same about a package.
    pub fn of_package(self, name: impl Into<String>) -> Self {
        Self {
            package: Some(name.into()),
            ..self
        }
    }

    /// The same about a file of the store.
    pub fn in_file(self, path: impl Into<String>) -> Self {
        Self {
            path: Some(path.into()),
            ..self
        }
    }

    /// The same with each of its texts changed.
    pub fn map_texts(&self, change: impl Fn(&str) -> String) -> Self {
        Self {
            severity: self.severity,
            code: self.code,
            title: change(&self.title),
            detail: change(&self.detail),
            package: self.package.as_deref().map(&change),
            path: self.path.as_deref().map(&change),
        }
    }

    /// How grave it is.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// What kind of finding it is.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Whether the plan cannot be applied while it stands.
    pub fn is_blocker(&self) -> bool {
        self.severity == Severity::Blocker
    }

    /// Whether it says no more than that a package may be where nobody could look.
    pub fn leaves_it_open(&self) -> bool {
        matches!(
            self.code,
            Code::RepositoryMustBeAsked | Code::RepositoryNotRead
        )
    }

    /// Whether it says that the answer depends on a repository that could not be asked. The run has failed then, the store
    /// is not at fault.
    pub fn is_outage(&self) -> bool {
        self.is_blocker() && self.code == Code::RepositoryUnreachable
    }
}
