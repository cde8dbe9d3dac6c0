//! `mageshift fleet undo`

use super::args::StoresArgs;
use super::failure::{failure, fault};
use super::stores::Stores;
use crate::apply::Journals;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::outcome::signal::{held, tell_when_interrupted};
use crate::cli::screen::ui::Ui;
use crate::fleet::git::Checkout;
use crate::fleet::list::{Entry, Place};
use crate::fleet::result::{Done, Failure, StoreResult};
use crate::fleet::results::{Results, Stage};
use crate::fleet::run::each;
use crate::plan::sentence::count;
use crate::preview::Masker;
use crate::project::root_files::RootFiles;
use clap::Args;
use serde_json::json;
use std::path::Path;

/// Take back what `mageshift fleet apply` did
///
/// Files that were written in place become what they were. Branches that were made here are removed, where they are still as they
/// were made; what was pushed stays where it was pushed to, and is named.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  mageshift fleet undo stores.toml
  mageshift fleet undo stores.toml --tag eu")]
pub(super) struct UndoArgs {
    #[command(flatten)]
    stores: StoresArgs,
}

/// What was taken back of a store.
enum Undone {
    Nothing,
    Files(Vec<String>),
    Branch {
        name: String,
        /// Where it still is.
        pushed: bool,
    },
}

/// Takes back what `fleet apply` has done, as its results tell it: files become what they were, and branches go here;
/// where one was pushed to is only told.
pub(super) fn run(args: &UndoArgs, ui: &Ui) -> Result<Exit, CliError> {
    let stores = Stores::of(&args.stores, ui)?;
    let results = stores.results(Stage::Apply);
    tell_when_interrupted("interrupted; the same command goes on there");
    std::panic::set_hook(Box::new(|_| {}));
    let (mut files, mut branches, mut failed) = (0, 0, 0);
    let ended = each(
        &stores.entries,
        args.stores.jobs(),
        &|entry| {
            undo(entry, &stores.clones, &results)
                .map_err(|error| failure(&error, &RootFiles::default(), &Masker::default()))
        },
        &|_, words| Err(fault(words)),
        |index, undone: Result<Undone, Failure>| {
            let name = &stores.entries[index].name;
            let document = match undone {
                Ok(Undone::Nothing) => json!({"name": name, "undone": null}),
                Ok(Undone::Files(paths)) => {
                    files += 1;
                    ui.tell(&format!("{name}: as before: {}.", paths.join(", ")))?;
                    json!({"name": name, "undone": {"as": "files", "paths": paths}})
                }
                Ok(Undone::Branch {
                    name: branch,
                    pushed,
                }) => {
                    branches += 1;
                    let still = match pushed {
                        true => "; it is still where it was pushed to",
                        false => "",
                    };
                    ui.tell(&format!("{name}: the branch {branch} is gone{still}."))?;
                    json!({"name": name, "undone": {"as": "branch", "branch": branch, "pushed": pushed}})
                }
                Err(failure) => {
                    failed += 1;
                    let hint = failure
                        .hint
                        .as_ref()
                        .map_or(String::new(), |hint| format!("\n  {hint}"));
                    ui.warn(&format!("{name}: {}{hint}", failure.message))?;
                    json!({"name": name, "failure": failure})
                }
            };
            if ui.json {
                ui.document_line(document)?;
            }
            Ok::<_, CliError>(())
        },
    );
    let _ = std::panic::take_hook();
    ended?;
    ui.tell(&format!(
        "Took back the files of {} and {}; {failed} failed.",
        count(files, "store"),
        if branches == 1 {
            "1 branch".to_owned()
        } else {
            format!("{branches} branches")
        }
    ))?;
    Ok(if failed == 0 {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// Takes back what the fleet's own result says was done with a store; nothing else.
fn undo(entry: &Entry, clones: &Path, results: &Results<'_>) -> Result<Undone, CliError> {
    let Some(kept) = results.get(&entry.name)? else {
        return Ok(Undone::Nothing);
    };
    let Some(result) = &kept.result else {
        return Ok(Undone::Nothing);
    };
    let undone = match (&result.done, &entry.place) {
        (None | Some(Done::Nothing), _) => return Ok(Undone::Nothing),
        (Some(Done::Files { .. }), Place::Folder(folder)) => {
            let journals = Journals::open(folder)?;
            let target = result.targets.first().map(|reach| &reach.target);
            // Somebody may have applied something else since, or taken it back.
            let newest = journals.list()?.pop();
            match newest.filter(|newest| Some(&newest.target) == target) {
                Some(_) => {
                    let undone = held(|| journals.undo(false))?;
                    Undone::Files(undone.record.paths().map(str::to_owned).collect())
                }
                None => Undone::Nothing,
            }
        }
        (Some(Done::Branch(committed)), place) => {
            let checkout = match place {
                Place::Folder(folder) => Checkout::of_folder(folder)?,
                Place::Git { url, .. } => Checkout::known_clone(clones, &entry.name, url)?,
            };
            match checkout {
                Some(checkout) if checkout.take_back(committed)? => Undone::Branch {
                    name: committed.branch.clone(),
                    pushed: committed.pushed,
                },
                _ => Undone::Nothing,
            }
        }
        (Some(Done::Files { .. }), Place::Git { .. }) => Undone::Nothing,
    };
    // With no key it is no longer the result of anything, and the next run begins anew.
    let mut blank = StoreResult::new(&result.name, &result.tags, String::new());
    blank.store.clone_from(&result.store);
    results.keep(&blank, Some(&kept))?;
    Ok(undone)
}
