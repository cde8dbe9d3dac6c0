//! The options that choose packages: of `new`, `slim` and `switch`.

use super::values;
use crate::planner::wish::Packages;
use clap::Args;

/// Which packages a store has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Packages")]
pub(crate) struct SelectionArgs {
    /// A profile, or a file of your own; `mageshift profiles` lists them
    #[arg(long, value_name = "NAME|FILE", value_parser = values::profile(), hide_possible_values = true)]
    pub profile: Option<String>,

    /// Add a feature set, whatever the profile says; repeatable
    #[arg(long, value_name = "SET", value_parser = values::set(), hide_possible_values = true, value_delimiter = ',')]
    pub with: Vec<String>,

    /// Take out a feature set, whatever the profile says; repeatable
    #[arg(long, value_name = "SET", value_parser = values::set(), hide_possible_values = true, value_delimiter = ',')]
    pub without: Vec<String>,

    /// The storefront: luma, hyva or headless
    #[arg(long, value_name = "NAME", value_parser = values::theme(), hide_possible_values = true)]
    pub theme: Option<String>,

    /// The checkout: luma or hyva
    #[arg(long, value_name = "NAME", value_parser = values::checkout(), hide_possible_values = true)]
    pub checkout: Option<String>,

    /// Which language packs stay besides English (`de_DE`); repeatable
    #[arg(long, value_name = "LOCALE", value_parser = values::locale(), hide_possible_values = true, value_delimiter = ',')]
    pub language: Vec<String>,

    /// Fill the shop with Magento's sample products
    #[arg(long)]
    pub sample_data: bool,
}

impl SelectionArgs {
    /// The same as a wish.
    pub(crate) fn packages(&self) -> Packages {
        Packages {
            profile: self.profile.clone(),
            with: self.with.clone(),
            without: self.without.clone(),
            theme: self.theme.clone(),
            checkout: self.checkout.clone(),
            language: self.language.clone(),
            sample_data: self.sample_data,
        }
    }
}
