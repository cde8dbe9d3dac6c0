//! The three-way merge of a store's composer.json.
//!
//! Base is the root template of the store's own release, ours is the store's file, theirs is the template of the release it
//! goes to. What the owner never touched follows the target; what the owner changed stays, unless it names a core package,
//! which is then renamed or pinned to the target's numbering; where both changed, a [`Conflict`] asks, with a default.
//! Every edit is made in place in the text.

mod conflict;
mod findings;
mod included;
mod input;
mod lock_facts;
mod merger;
mod names;
mod own_builds;
pub(crate) mod repositories;
mod requirements;
mod settings;
mod tally;

pub(crate) use conflict::{Answers, Choice, Conflict};
pub(crate) use input::{RootMerge, RootMergeInput};
pub(crate) use names::names_to_ask;

use composer_engine::format::json::document::EditError;
use merger::Merger;

/// Merges. Fails only when a section of composer.json has a shape that Composer refuses, too (`require` as a list).
pub(crate) fn merge_root(input: &RootMergeInput<'_>) -> Result<RootMerge, EditError> {
    let mut merger = Merger::new(input);
    merger.report_included();
    if merger.is_there_already() {
        return Ok(merger.finish());
    }
    merger.merge_identity()?;
    merger.merge_own_builds()?;
    merger.merge_product()?;
    merger.merge_requirements("require")?;
    merger.merge_requirements("require-dev")?;
    merger.merge_replace()?;
    merger.merge_conflict()?;
    merger.merge_allow_plugins()?;
    merger.merge_sections()?;
    merger.merge_extra()?;
    merger.merge_scripts()?;
    merger.merge_core_paths()?;
    merger.merge_included()?;
    merger.merge_repositories()?;
    merger.serve_kept_builds()?;
    merger.check_platform();
    Ok(merger.finish())
}

#[cfg(test)]
mod tests;
