//! What somebody wants, as plain data: arguments, an answers file and the answers to questions all end here, and a command to
//! copy is a view of it.

pub(crate) mod ask;
pub(crate) mod environment;

use crate::distribution::{Distribution, Target, TargetSpec};
use crate::plan::Plan;
use crate::planner::error::PlanError;
use crate::profile::{BaseEdition, Choices, Library, Profile, Wanted};
use environment::Environment;

/// Platform packages (`php`, `ext-*`, `lib-*`) whose requirements are not enforced.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum IgnorePlatform {
    /// None: all are enforced.
    #[default]
    Nothing,
    /// Names as Composer takes them: `ext-foo`, `ext-*`, and `php+`, which ignores upper bounds only.
    These(Vec<String>),
    /// All of them.
    Everything,
}

impl IgnorePlatform {
    /// Everything, or what is named.
    pub(crate) fn of(everything: bool, names: &[String]) -> Self {
        match (everything, names) {
            (true, _) => Self::Everything,
            (false, []) => Self::Nothing,
            (false, names) => Self::These(names.to_vec()),
        }
    }
}

/// What is said of the machine that runs the shop.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlatformWish {
    /// The version of PHP to plan for, in place of `config.platform.php` and the target's own.
    pub php: Option<String>,
    /// Which requirements of the platform do not count.
    pub ignored: IgnorePlatform,
}

impl PlatformWish {
    /// The same with this PHP.
    pub(crate) fn with_php(&self, php: &str) -> Self {
        Self {
            php: Some(php.to_owned()),
            ignored: self.ignored.clone(),
        }
    }
}

/// What becomes of modules that the target brings along, in app/etc/config.php.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NewModules {
    /// They are listed and enabled, as `setup:upgrade` would do.
    #[default]
    Enable,
    /// They are listed and disabled, which `setup:upgrade` leaves as it is.
    Disable,
    /// Somebody is asked once it is known which they are; until then as [`Enable`](Self::Enable).
    Ask,
}

/// What a wish is after in a store that exists. One that does not yet is a [`NewStore`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aim {
    /// The store becomes something, perhaps what it is at another release; none leaves the target to be asked.
    Switch(Option<TargetSpec>),
    /// The store stays what it is, at its newest release or the one that is named.
    Upgrade(Option<TargetSpec>),
    /// The store stays at its release, with other packages.
    Slim,
}

impl Aim {
    /// Names what the store becomes in place of what was named.
    pub fn name(&mut self, spec: TargetSpec) {
        *self = match self {
            Self::Upgrade(_) => Self::Upgrade(Some(spec)),
            _ => Self::Switch(Some(spec)),
        };
    }
}

impl Default for Aim {
    fn default() -> Self {
        Self::Switch(None)
    }
}

/// What is wanted where there is no store yet. The defaults want nothing in particular.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewStore {
    /// None stands for Mage-OS.
    pub distribution: Option<Distribution>,
    /// A version or a constraint; none stands for the newest.
    pub release: Option<String>,
    /// The name in composer.json, in place of the template's.
    pub name: Option<String>,
    /// The development environment to configure, which may be no one; left out where that is open.
    pub environment: Option<Option<Environment>>,
    /// Addresses of further Composer repositories.
    pub repositories: Vec<String>,
    /// Which packages it is to have; none chosen stands for all of the full edition.
    pub packages: Packages,
    /// The machine that runs the shop.
    pub platform: PlatformWish,
}

/// Which packages a store has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Packages {
    /// The name of a profile, or the path of one.
    pub profile: Option<String>,
    /// Feature sets that are wanted, whatever the profile says.
    pub with: Vec<String>,
    /// Feature sets that are not wanted, whatever the profile says.
    pub without: Vec<String>,
    /// The answer to which theme; none leaves it to the profile.
    pub theme: Option<String>,
    /// The answer to which checkout; none leaves it to the profile.
    pub checkout: Option<String>,
    /// Locales of the language packs that stay besides English.
    pub language: Vec<String>,
    /// Whether the sample data that packages suggest are required.
    pub sample_data: bool,
}

impl Packages {
    /// Whether nothing is chosen, so that packages stay as they are.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Finds or reads the profile, the full one where none is named, and works the answers into it. Both come back: as it is
    /// and as it is wanted.
    pub fn profile(&self, library: &mut Library) -> Result<(Profile, Profile), PlanError> {
        let name = self.profile.as_deref().unwrap_or("full");
        let plain = library.profile(name).map_err(|error| PlanError::Profile {
            known: library
                .profiles
                .iter()
                .map(|profile| profile.name.clone())
                .collect(),
            error,
        })?;
        let wanted = self.worked_into(plain.clone(), library)?;
        Ok((plain, wanted))
    }

    /// A profile with the answers worked into it.
    pub fn worked_into(&self, profile: Profile, library: &Library) -> Result<Profile, PlanError> {
        let choices = Choices {
            theme: self.theme.as_deref(),
            checkout: self.checkout.as_deref(),
            languages: &self.language,
            sample_data: self.sample_data,
        };
        Ok(profile.with_choices(library, choices)?)
    }

    /// What is wanted of a release, given the profile with the answers worked into it.
    pub fn of<'a>(&'a self, profile: &'a Profile) -> Wanted<'a> {
        Wanted {
            profile,
            with: &self.with,
            without: &self.without,
            sample_data: self.sample_data,
        }
    }
}

/// The target among those of a distribution that a profile starts from.
pub(crate) fn target_of(wanted: Target, profile: &Profile) -> Result<Target, PlanError> {
    match profile.edition {
        BaseEdition::Full => Ok(wanted.full_edition()),
        BaseEdition::Minimal => {
            wanted
                .minimal_edition()
                .ok_or_else(|| PlanError::NoMinimalEdition {
                    target: wanted,
                    profile: profile.name.clone(),
                })
        }
    }
}

/// What is wanted of a store that exists. The defaults want nothing in particular.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wish {
    /// What is to become of the store.
    pub aim: Aim,
    /// Which packages it is to have; nothing is chosen by default.
    pub packages: Packages,
    /// The machine that runs the shop.
    pub platform: PlatformWish,
    /// Leave the lock as Composer would write it, without putting back what moved without need.
    pub like_composer: bool,
    /// Look neither for another release when the way is blocked nor through what blocks nothing: for those who only want to
    /// know whether the way is free, and if not, why.
    pub without_advice: bool,
    /// Entries of the root that both sides changed, as findings name them, that stay as the store has them; `all` for
    /// every one.
    pub keep: Vec<String>,
    /// Likewise, entries that become what the target has.
    pub take: Vec<String>,
    /// What becomes of modules that the target brings along.
    pub new_modules: NewModules,
}

/// A plan, and what it was made of: the wish, completed by the answers and by what was chosen for it.
#[derive(Debug)]
pub struct Planned<W = Wish> {
    /// May be blocked.
    pub plan: Plan,
    /// Made again from it, the plan asks nothing.
    pub wish: W,
}
