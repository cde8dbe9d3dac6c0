//! The options that decide between a store and its target: of `switch` and `fleet`.

use clap::Args;

/// What is kept and what is taken where both sides have something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(crate) struct DecisionArgs {
    /// Keep the store's value of an entry that both sides changed, an own build, or `all`
    #[arg(
        long,
        value_name = "ENTRY",
        long_help = "Where the store's owners and the target both changed an entry of composer.json: keep what the store has. ENTRY is as the finding names it, or `all`. A core package that the store builds itself is named by its package, is not meant by `all`, and `own-builds` means all such packages. Repeatable"
    )]
    pub keep: Vec<String>,

    /// Take the target's value of an entry that both sides changed, its package for an own build, or `all`
    #[arg(
        long,
        value_name = "ENTRY",
        long_help = "Likewise: take what the target has. Repeatable"
    )]
    pub take: Vec<String>,
}
