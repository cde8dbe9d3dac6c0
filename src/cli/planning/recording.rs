//! Metadata that ship with the program, for a look at a new store where no network is.

use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::plan::{Code, Finding, Phase, Plan, Step};
use anyhow::Context;
use composer_engine::repository::{ErrorKind, RepositoryError};
use flate2::read::GzDecoder;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// What the tests use, too: a mirror folder, packed by build.rs. Its packages name versions and constraints, not what to
/// load from them.
static RECORDING: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/recording.tar.gz"));

/// The recording in a temporary folder, and why it is used.
#[derive(Debug)]
pub(crate) struct Recording {
    /// Goes with the recording.
    folder: TempDir,
    reason: Arc<RepositoryError>,
}

/// The recording, unpacked, where the failure of a repository is that it is out of reach.
pub(crate) fn stand_in(reason: Arc<RepositoryError>) -> Result<Option<Recording>, CliError> {
    if !matches!(reason.kind, ErrorKind::Network | ErrorKind::Offline) {
        return Ok(None);
    }
    let folder = unpack()
        .context("cannot unpack the bundled metadata into a temporary folder")
        .map_err(|error| CliError::new(Exit::Failed, error))?;
    Ok(Some(Recording { folder, reason }))
}

fn unpack() -> anyhow::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    let mut archive = tar::Archive::new(GzDecoder::new(RECORDING));
    archive.set_preserve_mtime(false);
    archive.unpack(folder.path())?;
    Ok(folder)
}

impl Recording {
    /// The mirror folder, which goes with the recording.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The failure to choose a release, in the words of somebody who has no network.
    pub(crate) fn lacks(&self, error: impl std::fmt::Display) -> CliError {
        let message = format!(
            "{}; of the metadata that ship with mageshift, {error}",
            self.reason
        );
        CliError::message(Exit::Failed, message)
            .hint("try again with a network, or name a folder of metadata with --mirror-dir")
    }

    /// What to say before questions are asked about what the recording has.
    pub(crate) fn notice(&self) -> String {
        format!(
            "{}; the metadata that ship with mageshift stand in.",
            self.reason
        )
    }

    /// Says in the plan that it is one to look at, and what makes it one to install from.
    pub(crate) fn mark(&self, plan: &mut Plan) {
        plan.findings.insert(0, Finding::new(
            Code::BundledMetadata,
            "Planned from the metadata that ship with mageshift",
            format!(
                "{} They may be older than what the repositories have, and do not say what PHP loads from a package: do not install from this composer.lock, but run `mageshift lock` first, once the repositories can be reached.",
                sentence(&self.reason.to_string())
            ),
        ));
        let is_install = |step: &Step| {
            let command = step.command.as_deref();
            command.is_some_and(|command| command.ends_with("composer install"))
        };
        let place = plan.steps.iter().position(is_install).unwrap_or(0);
        let lock = Step::run(
            Phase::Install,
            "mageshift lock",
            "once the repositories can be reached: this lock is made from metadata that are older",
        );
        plan.steps.insert(place, lock);
    }
}

/// A message as a sentence.
fn sentence(message: &str) -> String {
    format!("{}.", message.trim_end_matches('.'))
}
