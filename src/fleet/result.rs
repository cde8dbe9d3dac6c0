//! What came of one store, as data: fit to be shown, the same for the same inputs.

use crate::plan::report::{LockState, TargetReport};
use crate::plan::{Finding, Plan, Side};
use serde::{Deserialize, Serialize};

/// The version of the JSON document. Raised when a field changes its meaning or goes away.
pub(crate) const SCHEMA: u32 = 1;

/// How it stands with a store, or with a store and a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// There is a way, or nothing to do.
    Go,
    /// Something stands in the way, or has to be agreed to.
    Blocked,
    /// It could not be found out, or not be done.
    Failed,
}

/// What came of one store. Everything in it may be shown: it holds no secrets, and of files only what changes in them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoreResult {
    /// [`SCHEMA`] in a result that is made here.
    pub schema: u32,
    /// The version of the program that found it out.
    pub program: String,
    /// Stands for everything that it was made from.
    pub key: String,
    /// The store's name in the fleet.
    pub name: String,
    /// As the list has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The worst there is to say.
    pub outcome: Outcome,
    /// What it is; none when that could not be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<Side>,
    /// How its lock stands to its root; none when the store could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<LockState>,
    /// About the store as it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// One for each target that was asked for, in that order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Reach>,
    /// Why it could not be found out, or not be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// What was done with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Done>,
}

/// A target, and how it stands with the way there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reach {
    /// As it was asked for: `mage-os@2.*`.
    pub wanted: String,
    /// Whether there is a way, what kind of obstacle there is, or that nobody knows.
    pub outcome: Outcome,
    /// With the release that was found; without one where none was.
    pub target: Side,
    /// What it costs, or what stands against it, in one line.
    pub summary: String,
    /// How many packages of the core change.
    pub core_changes: usize,
    /// How many others do.
    pub other_changes: usize,
    /// Whether data of the shop are lost.
    pub data_loss: bool,
    /// What stands against it; empty where there is a way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blockers: Vec<Finding>,
    /// The plan, as `switch --json` shows it, where one was wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
}

impl Reach {
    /// From what a store's own report says of a target, which must be fit to be shown.
    pub(crate) fn of(wanted: String, report: TargetReport) -> Self {
        Self {
            wanted,
            outcome: match report.reachable {
                true => Outcome::Go,
                false if report.is_unanswered => Outcome::Failed,
                false => Outcome::Blocked,
            },
            target: report.target,
            summary: report.summary,
            core_changes: report.core_changes,
            other_changes: report.other_changes,
            data_loss: report.data_loss,
            blockers: report.blockers,
            plan: None,
        }
    }
}

/// Why something could not be found out or done, in words for people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// What failed, in one sentence, fit to be shown.
    pub message: String,
    /// What led to it, the nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// What a person can do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// What was done with a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "as", rename_all = "lowercase")]
pub(crate) enum Done {
    /// Nothing: the store is what it is to become.
    Nothing,
    /// Its files were written, which `mageshift undo` takes back.
    Files {
        /// Relative to the store, with `/`; those that changed.
        paths: Vec<String>,
    },
    /// It was committed on a branch.
    Branch(Committed),
}

/// A commit on a branch of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Committed {
    /// Its short name.
    pub branch: String,
    /// The commit on it, in full.
    pub commit: String,
    /// The commit that it follows.
    pub base: String,
    /// The files that it changes, relative to the store, with `/`.
    pub paths: Vec<String>,
    /// Files that the plan changes and git does not have, so that they are in no commit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<String>,
    /// Whether the branch is where the repository came from, too.
    pub pushed: bool,
    /// Its address; none when none was asked for or opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<String>,
}

impl StoreResult {
    /// A result that knows nothing yet.
    pub(crate) fn new(name: &str, tags: &[String], key: String) -> Self {
        Self {
            schema: SCHEMA,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            key,
            name: name.to_owned(),
            tags: tags.to_vec(),
            outcome: Outcome::Go,
            store: None,
            lock: None,
            findings: Vec::new(),
            targets: Vec::new(),
            failure: None,
            done: None,
        }
    }

    /// The same of a store that failed.
    pub(crate) fn failed(self, failure: Failure) -> Self {
        Self {
            outcome: Outcome::Failed,
            failure: Some(failure),
            ..self
        }
    }

    /// The same with the worst that its parts have to say.
    pub(crate) fn judged(self) -> Self {
        let is_failed = self.failure.is_some() || self.findings.iter().any(Finding::is_outage);
        let own = match self.findings.iter().any(Finding::is_blocker) {
            _ if is_failed => Outcome::Failed,
            true => Outcome::Blocked,
            false => Outcome::Go,
        };
        let worst = self.targets.iter().map(|reach| reach.outcome).max();
        Self {
            outcome: own.max(worst.unwrap_or(Outcome::Go)),
            ..self
        }
    }

    /// What is said of it in one line.
    pub(crate) fn summary(&self) -> &str {
        if let Some(failure) = &self.failure {
            return &failure.message;
        }
        let blocker = self.findings.iter().find(|finding| finding.is_blocker());
        match (blocker, self.targets.as_slice()) {
            (Some(blocker), _) => &blocker.title,
            (None, [one]) => &one.summary,
            (None, _) => "",
        }
    }

    /// Whether it was made from the same as a result with this key would be, and came to an answer.
    pub(crate) fn is_for(&self, key: &str, tags: &[String]) -> bool {
        self.schema == SCHEMA
            && self.key == key
            && self.tags == tags
            && self.outcome != Outcome::Failed
    }

    /// One line of JSON, with a line feed.
    pub(crate) fn line(&self) -> String {
        // Strings, lists and flags always serialise.
        let mut line = serde_json::to_string(self).unwrap_or_default();
        line.push('\n');
        line
    }
}
