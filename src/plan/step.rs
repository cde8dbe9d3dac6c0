//! What is done by hand around a plan, as data. The terminal, the runbook and the documents are views of it.

use serde::{Deserialize, Serialize};

/// The parts of a switch, in the order in which they are carried out; the last one only when something went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// While the shop is open.
    Prepare,
    /// The shop is closed and its data are at rest.
    Close,
    /// composer.json, composer.lock and the other files are written.
    Apply,
    /// The packages in the new lock are installed.
    Install,
    /// Magento brings its tables up to date, compiles, and writes its static files.
    Database,
    /// The shop is looked at while it is still closed, and opened.
    Check,
    /// Files and data are put back as they were.
    RollBack,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::Prepare,
        Self::Close,
        Self::Apply,
        Self::Install,
        Self::Database,
        Self::Check,
        Self::RollBack,
    ];

    /// The heading of its steps.
    pub fn title(self) -> &'static str {
        match self {
            Self::Prepare => "Before",
            Self::Close => "Close the shop",
            Self::Apply => "Apply the plan",
            Self::Install => "Install the code",
            Self::Database => "Bring the database and the build up to date",
            Self::Check => "Check, and open the shop",
            Self::RollBack => "If something goes wrong: the way back",
        }
    }

    /// Whether its steps are for who applies a plan, in contrast to applying it, and to the way back.
    pub fn is_ahead(self) -> bool {
        !matches!(self, Self::Apply | Self::RollBack)
    }
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When in the switch it is done.
    pub phase: Phase,
    /// What to type in the store's folder, if it is a command.
    pub command: Option<String>,
    /// What to do, or what to know about the command; may be empty for a command.
    pub text: String,
}

impl Step {
    /// A command, and what to know about it, which may be nothing.
    pub fn run(phase: Phase, command: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            phase,
            command: Some(command.into()),
            text: text.into(),
        }
    }

    /// What no command does.
    pub fn say(phase: Phase, text: impl Into<String>) -> Self {
        Self {
            phase,
            command: None,
            text: text.into(),
        }
    }

    /// The step as one line. A line that is a command starts with it.
    pub fn line(&self) -> String {
        match &self.command {
            Some(command) if self.text.is_empty() => command.clone(),
            Some(command) => format!("{command}: {}", self.text),
            None => self.text.clone(),
        }
    }

    /// The same with its command and its text changed.
    pub fn map(&self, command: impl Fn(&str) -> String, text: impl Fn(&str) -> String) -> Self {
        Self {
            phase: self.phase,
            command: self.command.as_deref().map(command),
            text: text(&self.text),
        }
    }
}
