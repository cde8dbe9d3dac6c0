//! The options that choose packages: of `new`, `slim` and `switch`.

use super::command_line::CommandLine;
use super::error::CliError;
use super::exit::Exit;
use crate::distribution::Target;
use crate::profile::{BaseEdition, Choices, Library, LibraryError, Profile, SelectionError, Wish};
use clap::Args;

/// Which packages a store has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Packages")]
pub struct SelectionArgs {
    /// A profile, or a file of your own; `mageshift profiles` lists them
    #[arg(long, value_name = "NAME|FILE")]
    pub profile: Option<String>,

    /// Add a feature set, whatever the profile says; repeatable
    #[arg(long, value_name = "SET", value_delimiter = ',')]
    pub with: Vec<String>,

    /// Take out a feature set, whatever the profile says; repeatable
    #[arg(long, value_name = "SET", value_delimiter = ',')]
    pub without: Vec<String>,

    /// The storefront: luma, hyva or headless
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,

    /// The checkout: luma or hyva
    #[arg(long, value_name = "NAME")]
    pub checkout: Option<String>,

    /// Which language packs stay besides English (`de_DE`); repeatable
    #[arg(long, value_name = "LOCALE", value_delimiter = ',')]
    pub language: Vec<String>,

    /// Fill the shop with Magento's sample products
    #[arg(long)]
    pub sample_data: bool,
}

impl SelectionArgs {
    /// Whether nothing is chosen, so that packages stay as they are.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The same options on a command line.
    pub(super) fn add_to(&self, line: CommandLine) -> CommandLine {
        line.options("--profile", &self.profile)
            .options("--with", &self.with)
            .options("--without", &self.without)
            .options("--theme", &self.theme)
            .options("--checkout", &self.checkout)
            .options("--language", &self.language)
            .flag("--sample-data", self.sample_data)
    }

    /// What was answered about the storefront and its contents.
    fn choices(&self) -> Choices<'_> {
        Choices {
            theme: self.theme.as_deref(),
            checkout: self.checkout.as_deref(),
            languages: &self.language,
            sample_data: self.sample_data,
        }
    }

    /// A profile with the answers worked into it.
    pub(super) fn worked_into(
        &self,
        profile: Profile,
        library: &Library,
    ) -> Result<Profile, CliError> {
        profile
            .with_choices(library, self.choices())
            .map_err(|error| unselectable(&error))
    }

    /// What is wanted of a release, given the profile with the answers worked into it.
    pub(super) fn wish<'a>(&'a self, profile: &'a Profile) -> Wish<'a> {
        Wish {
            profile,
            with: &self.with,
            without: &self.without,
            sample_data: self.sample_data,
        }
    }
}

/// A selection that cannot be made is wrong usage.
pub(super) fn unselectable(error: &SelectionError) -> CliError {
    CliError::message(Exit::Usage, error.to_string())
        .hint("`mageshift profiles` lists the profiles and the feature sets")
}

/// Finds or reads a profile.
pub(super) fn profile(library: &mut Library, name: &str) -> Result<Profile, CliError> {
    let known: Vec<String> = library
        .profiles
        .iter()
        .map(|profile| profile.name.clone())
        .collect();
    library.profile(name).map_err(|error| {
        let exit = if matches!(error, LibraryError::Unreadable(_)) {
            Exit::Failed
        } else {
            Exit::Usage
        };
        CliError::new(exit, error).hint(format!(
            "the profiles are {}, or a TOML file of your own",
            known.join(", ")
        ))
    })
}

/// The target among those of a distribution that a profile starts from.
pub(super) fn target(of: Target, profile: &Profile) -> Result<Target, CliError> {
    match (profile.edition, of) {
        (BaseEdition::Full, Target::MageOsMinimal) => Ok(Target::MageOs),
        (BaseEdition::Full, other) => Ok(other),
        (BaseEdition::Minimal, Target::MageOs | Target::MageOsMinimal) => Ok(Target::MageOsMinimal),
        (BaseEdition::Minimal, _) => {
            let message = format!(
                "{} has no minimal edition, which the profile {} starts from",
                of.name(),
                profile.name
            );
            Err(CliError::message(Exit::Usage, message)
                .hint("--profile lite takes out of the full edition what few shops need"))
        }
    }
}
