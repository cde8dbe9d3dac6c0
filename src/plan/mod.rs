//! A plan: everything a switch would change, as plain data. Nothing here prints or writes.

pub mod background;
pub mod census;
pub mod checksum;
mod document;
pub mod edit;
pub mod findings;
mod lock_diff;
pub(crate) mod queries;
pub(crate) mod report;
pub(crate) mod sentence;
mod step;

pub use findings::{Code, Finding, Severity};
pub use step::{Phase, Step};

use crate::distribution::{Direction, Target};
use background::Background;
use checksum::Checksum;
use serde::{Deserialize, Serialize};

/// The version of the JSON document. Raised when a field changes its meaning or goes away.
pub const SCHEMA: u32 = 1;

/// One side of a switch: what the store is, or what it becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// `mage-os`, `magento` or `commerce`.
    pub distribution: String,
    /// `community`, `minimal`, `enterprise` or `cloud`.
    pub edition: String,
    /// The release in the distribution's own numbering (`3.4.0`, `2.4.8-p4`); none when it cannot be told.
    pub release: Option<String>,
    /// The Magento version the release equals (`2.4.9`); none when it cannot be told.
    pub upstream: Option<String>,
}

impl Side {
    /// The target that this side is, if it is one.
    pub fn target(&self) -> Option<Target> {
        Target::of(&self.distribution, &self.edition)
    }

    /// Whether another side is the same target, at this release or another one. What is no target is not the same as anything.
    pub fn is_same_target(&self, other: &Self) -> bool {
        let both = self.target().zip(other.target());
        both.is_some_and(|(source, target)| Direction::new(source, target).stays_in_target())
    }
}

/// How many lines of a file change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lines {
    /// How many come.
    pub come: usize,
    /// How many go.
    pub go: usize,
}

/// One file's before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// Relative to the store, with `/`.
    pub path: String,
    /// SHA-256 of the bytes read; none when the file does not exist yet.
    pub before_sha256: Option<Checksum>,
    /// SHA-256 of the bytes to write; none when the file is to be removed.
    pub after_sha256: Option<Checksum>,
    /// Unified diff, for people; masked when it is shown.
    pub diff: String,
    /// What the diff has or would have, where that was counted.
    #[serde(skip)]
    pub lines: Option<Lines>,
    /// The whole new text. Only a saved plan carries it; a preview never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// What becomes of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// It is in the new lock only.
    Add,
    /// It is in the old lock only, and no package of another name follows it.
    Remove,
    /// To another version that is not an older one: a newer one, another commit, or from or to a branch.
    Update,
    /// To an older version.
    Downgrade,
    /// Another package takes over from it: the same code under another vendor's name. The version may change, too.
    Rename,
}

/// One package's before and after in the lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The package's name after the change (before it, for a removal). A rename has the new name here and the old one,
    /// and nothing else, in `reason`.
    pub package: String,
    /// The version before, as locked; none when added.
    pub from: Option<String>,
    /// The version after; none when removed.
    pub to: Option<String>,
    /// What becomes of it. [`Change::from`] and [`Change::to`] are set accordingly.
    pub kind: ChangeKind,
    /// Whether a distribution builds this package.
    pub core: bool,
    /// Why, in one sentence; may be empty.
    pub reason: String,
}

/// What a switch would do. Serialises to the documented JSON (`schema` 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// [`SCHEMA`] in a plan that is made here; in one that was read, what its document states.
    pub schema: u32,
    /// What the store is now.
    pub source: Side,
    /// What it becomes; the same as [`Plan::source`] where only the lock is made anew.
    pub target: Side,
    /// Root and lock first, then the store's other files. One that keeps its text is there to be compared when the plan
    /// is applied.
    pub edits: Vec<Edit>,
    /// The packages that the new lock has otherwise than the old one; empty when there is no new lock.
    pub changes: Vec<Change>,
    /// Everything said about the plan, in the order in which it is shown. A blocker forbids applying it.
    pub findings: Vec<Finding>,
    /// What is to be done by hand, ordered by phase. What applies the plan is not among it.
    pub steps: Vec<Step>,
    /// Whether the edits have been written.
    pub applied: bool,
    /// What is known around it, for who judges or reports.
    pub background: Background,
}

impl Plan {
    /// The plan that changes nothing on the way from one side to another.
    pub fn between(source: Side, target: Side) -> Self {
        Self {
            schema: SCHEMA,
            source,
            target,
            edits: Vec::new(),
            changes: Vec::new(),
            findings: Vec::new(),
            steps: Vec::new(),
            applied: false,
            background: Background::default(),
        }
    }

    /// Whether a repository that decides about the plan could not be asked.
    pub fn is_unanswered(&self) -> bool {
        self.findings.iter().any(Finding::is_outage)
    }

    /// Whether a blocker stands against applying the plan.
    pub fn is_blocked(&self) -> bool {
        self.findings.iter().any(Finding::is_blocker)
    }

    /// Whether applying the plan would change a file.
    pub fn changes_files(&self) -> bool {
        self.edits.iter().any(Edit::changes_file)
    }

    /// The steps that lead to the target, without those of the way back.
    pub fn steps_ahead(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.phase.is_ahead())
    }

    /// Whether there is a finding with this code.
    pub fn has_finding(&self, code: Code) -> bool {
        self.findings.iter().any(|finding| finding.code() == code)
    }
}
