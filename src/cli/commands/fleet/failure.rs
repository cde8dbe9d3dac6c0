//! Errors of one store, which are results of the fleet.

use crate::cli::outcome::error::CliError;
use crate::fleet::result::Failure;
use crate::fleet::storage::StorageError;
use crate::preview::{Masker, clean};
use crate::project::root_files::RootFiles;

/// What is said of an error, fit to be shown.
pub(super) fn failure(error: &CliError, files: &RootFiles, masker: &Masker) -> Failure {
    let error = error.named(files);
    let clean = |text: &str| clean(text, masker);
    Failure {
        message: clean(&error.error.to_string()),
        causes: error
            .error
            .chain()
            .skip(1)
            .map(|cause| clean(&cause.to_string()))
            .collect(),
        hint: error.hint.as_deref().map(clean),
    }
}

/// What is said of a fault of the program itself.
pub(super) fn fault(words: &str) -> Failure {
    Failure {
        message: format!("mageshift broke off: {}", clean(words, &Masker::default())),
        causes: Vec::new(),
        hint: Some(
            "this is a fault of mageshift; nothing of this store was changed. Please report it with the store's composer.json"
                .to_owned(),
        ),
    }
}

impl From<StorageError> for CliError {
    fn from(error: StorageError) -> Self {
        Self::new(crate::cli::outcome::exit::Exit::Failed, error)
            .hint("results are kept where --out says; see that it can be read and written")
    }
}
