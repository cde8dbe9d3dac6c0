//! Files that a person names to write to: `--out`, `--runbook`, `--save-answers`. None takes the place of a file that
//! the same option did not write.

use super::outcome::error::CliError;
use super::outcome::exit::Exit;
use crate::apply::{ApplyError, Readers, write_file};
use crate::plan::{Edit, Plan, Side};
use composer_engine::files;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::HashMap;
use std::path::Path;

/// What a file holds.
pub(super) struct Output<'a> {
    /// As it was named.
    pub(super) path: &'a Path,
    /// As in "a plan".
    pub(super) what: &'static str,
    /// Who may read the file.
    pub(super) readers: Readers,
    /// Whether a file that is there holds the same kind of thing.
    pub(super) is_own: &'a dyn Fn(&[u8]) -> bool,
}

impl Output<'_> {
    /// Fails when the file may not be written. `plan` names files of the store that may not be there yet.
    pub(super) fn check(&self, store: &Path, plan: Option<&Plan>) -> Result<(), CliError> {
        let Self { path, what, .. } = self;
        let shown = path.display();
        let refused = |message: String| {
            CliError::message(Exit::Usage, message).hint("name another file; nothing was written")
        };
        let folder = self.folder();
        if let (Ok(store), Ok(folder), Some(name)) = (
            store.canonicalize(),
            folder.canonicalize(),
            path.file_name(),
        ) {
            let place = folder.join(name);
            let is_edited = plan.is_some_and(|plan| {
                let mut edits = plan.edits.iter();
                edits.any(|edit| store.join(&edit.path) == place)
            });
            let is_reserved = place.strip_prefix(&store).is_ok_and(|inside| {
                inside.components().any(|part| {
                    [".git", crate::apply::FOLDER]
                        .iter()
                        .any(|own| part.as_os_str() == *own)
                })
            });
            if is_edited || is_reserved {
                return Err(refused(format!(
                    "{shown} is a file of the store, {what} is not written there"
                )));
            }
        }
        match std::fs::symlink_metadata(path) {
            Err(_) => Ok(()),
            Ok(metadata) if metadata.is_symlink() => Err(refused(format!(
                "{shown} is a link, {what} is not written through one"
            ))),
            Ok(metadata) if metadata.is_file() && metadata.len() == 0 => Ok(()),
            Ok(_) => {
                let bytes = files::read(path, files::PLAN)?;
                if (self.is_own)(&bytes) {
                    Ok(())
                } else {
                    Err(refused(format!(
                        "{shown} is there and is not {what}, so it is not replaced"
                    )))
                }
            }
        }
    }

    fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }

    /// Fails when one of several files may not be written, or two have one name. `plan` is as in [`Output::check`].
    pub(super) fn check_all(
        outputs: &[Self],
        store: &Path,
        plan: Option<&Plan>,
    ) -> Result<(), CliError> {
        let mut places = HashMap::new();
        for output in outputs {
            output.check(store, plan)?;
            let folder = output.folder();
            let folder = folder.canonicalize().unwrap_or(folder.to_path_buf());
            let place = folder.join(output.path.file_name().unwrap_or_default());
            if let Some(other) = places.insert(place, output.what) {
                let message = format!(
                    "{} cannot be {other} and {} at once",
                    output.path.display(),
                    output.what
                );
                return Err(CliError::message(Exit::Usage, message)
                    .hint("name a file for each; nothing was written"));
            }
        }
        Ok(())
    }

    /// Writes the file as one unit.
    pub(super) fn write(&self, store: &Path, bytes: &[u8]) -> Result<(), CliError> {
        write_file(store, self.path, bytes, self.readers).map_err(|error| match error {
            ApplyError::Io { .. } => {
                let what = format!("cannot write {} to {}", self.what, self.path.display());
                CliError::new(Exit::Failed, anyhow::Error::new(error).context(what))
            }
            error => error.into(),
        })
    }
}

/// Whether these bytes are a saved plan, of this version or of another one.
pub(super) fn is_plan(bytes: &[u8]) -> bool {
    /// What every plan has.
    #[derive(Deserialize)]
    struct AnyPlan {
        #[serde(rename = "schema")]
        _schema: u32,
        #[serde(rename = "source")]
        _source: Side,
        #[serde(rename = "target")]
        _target: Side,
        #[serde(rename = "edits")]
        _edits: Vec<Edit>,
        #[serde(rename = "findings")]
        _findings: Vec<IgnoredAny>,
    }
    serde_json::from_slice::<AnyPlan>(bytes).is_ok()
}

/// Whether these bytes are a runbook.
pub(super) fn is_runbook(bytes: &[u8]) -> bool {
    bytes.starts_with(b"# Runbook: ")
}
