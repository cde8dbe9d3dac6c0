//! The stores of a run, and where their results are.

use super::args::StoresArgs;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::screen::ui::Ui;
use crate::fleet::git::clear_unfinished;
use crate::fleet::list::{Entry, Place};
use crate::fleet::results::{Results, Stage};
use crate::fleet::shard::Shard;
use crate::fleet::storage::{self, Storage};
use crate::plan::sentence::count;
use std::path::PathBuf;

/// The part of a fleet that this run works on.
pub(super) struct Stores {
    /// Those of this shard alone.
    pub entries: Vec<Entry>,
    /// Which part of the fleet that is.
    pub shard: Shard,
    /// Where results are kept.
    pub storage: Box<dyn Storage>,
    /// Where stores are cloned.
    pub clones: PathBuf,
}

impl Stores {
    /// Reads the lists, tells which shard this is, and opens the place of results.
    pub(super) fn of(args: &StoresArgs, ui: &Ui) -> Result<Self, CliError> {
        let (entries, shard, variable) = args.entries()?;
        if shard != Shard::WHOLE {
            let told = variable.map_or(String::new(), |variable| format!(", by {variable}"));
            ui.tell(&format!(
                "Shard {shard}{told}: {}.",
                count(entries.len(), "store")
            ))?;
        }
        let storage: Box<dyn Storage> = storage::open(&args.out, true)?;
        let own = storage.folder().map(|folder| folder.join("clones"));
        let has_git = entries
            .iter()
            .any(|entry| matches!(entry.place, Place::Git { .. }));
        let clones = match args.clones.clone().or(own) {
            Some(clones) => clones,
            None if has_git => {
                return Err(
                    CliError::message(Exit::Usage, "nothing says where stores are cloned")
                        .hint("name a folder of this machine with --clones"),
                );
            }
            None => PathBuf::new(),
        };
        // git runs in folders of its own, from which a relative path would lead elsewhere.
        let clones = std::path::absolute(clones).unwrap_or_default();
        clear_unfinished(&clones);
        Ok(Self {
            entries,
            shard,
            storage,
            clones,
        })
    }

    /// The results of a stage.
    pub(super) fn results(&self, stage: Stage) -> Results<'_> {
        Results {
            storage: &*self.storage,
            stage,
        }
    }
}
