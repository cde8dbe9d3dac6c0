//! What is asked of the planner, apart from the store itself.

use std::fmt;
use std::str::FromStr;

/// A distribution with its edition, as `--to` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    MageOs,
    MageOsMinimal,
    Magento,
    Commerce,
    CommerceCloud,
}

impl Target {
    pub const ALL: [Self; 5] = [
        Self::MageOs,
        Self::MageOsMinimal,
        Self::Magento,
        Self::Commerce,
        Self::CommerceCloud,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::MageOs => "mage-os",
            Self::MageOsMinimal => "mage-os-minimal",
            Self::Magento => "magento",
            Self::Commerce => "commerce",
            Self::CommerceCloud => "commerce-cloud",
        }
    }

    /// Distribution and edition, as a plan's [`Side`](super::Side) has them.
    pub fn distribution_and_edition(self) -> (&'static str, &'static str) {
        match self {
            Self::MageOs => ("mage-os", "community"),
            Self::MageOsMinimal => ("mage-os", "minimal"),
            Self::Magento => ("magento", "community"),
            Self::Commerce => ("commerce", "enterprise"),
            Self::CommerceCloud => ("commerce", "cloud"),
        }
    }

    /// The target that a side of a plan is.
    pub fn of(side: &super::Side) -> Option<Self> {
        let wanted = (side.distribution.as_str(), side.edition.as_str());
        Self::ALL
            .into_iter()
            .find(|target| target.distribution_and_edition() == wanted)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `TARGET` or `TARGET@RELEASE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub target: Target,
    /// A release or a constraint on releases, as written; none leaves the choice to the planner.
    pub release: Option<String>,
}

/// A text that is not `TARGET[@RELEASE]`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WantedError {
    #[error("`{0}` is no target; there are {targets}", targets = target_names())]
    UnknownTarget(String),
    #[error("the release after `@` is missing")]
    EmptyRelease,
}

fn target_names() -> String {
    Target::ALL.map(Target::name).join(", ")
}

impl FromStr for Wanted {
    type Err = WantedError;

    fn from_str(text: &str) -> Result<Self, WantedError> {
        let (name, release) = match text.split_once('@') {
            Some((_, release)) if release.trim().is_empty() => {
                return Err(WantedError::EmptyRelease);
            }
            Some((name, release)) => (name, Some(release.trim().to_owned())),
            None => (text, None),
        };
        let target = Target::ALL
            .into_iter()
            .find(|target| target.name().eq_ignore_ascii_case(name.trim()));
        Ok(Self {
            target: target.ok_or_else(|| WantedError::UnknownTarget(name.to_owned()))?,
            release,
        })
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.release {
            Some(release) => write!(f, "{}@{release}", self.target),
            None => self.target.fmt(f),
        }
    }
}

/// Platform packages (`php`, `ext-*`, `lib-*`) whose requirements are not enforced.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum IgnorePlatform {
    #[default]
    Nothing,
    /// Names as Composer takes them: `ext-foo`, `ext-*`, and `php+`, which ignores upper bounds only.
    These(Vec<String>),
    Everything,
}

/// What is asked for. The defaults ask for nothing in particular.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// None asks for the newest release of what the store is.
    pub to: Option<Wanted>,
    /// The version of PHP to plan for, in place of `config.platform.php` and the target's own.
    pub php: Option<String>,
    pub ignore_platform: IgnorePlatform,
    /// Leave the lock as Composer would write it, without putting back what moved without need.
    pub like_composer: bool,
    /// Entries of the root that both sides changed, as findings name them, that stay as the store has them; `all` for
    /// every one.
    pub keep: Vec<String>,
    /// Likewise, entries that become what the target has.
    pub take: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_and_written() {
        for text in [
            "mage-os",
            "mage-os-minimal@3.*",
            "magento@2.4.8-p4",
            "commerce@>=2.4.7 <2.4.9",
            "commerce-cloud",
        ] {
            assert_eq!(text.parse::<Wanted>().unwrap().to_string(), text);
        }
        assert_eq!(
            "magneto@2".parse::<Wanted>(),
            Err(WantedError::UnknownTarget("magneto".into()))
        );
        assert_eq!("magento@".parse::<Wanted>(), Err(WantedError::EmptyRelease));
    }

    #[test]
    fn sides_are_targets() {
        for target in Target::ALL {
            let (distribution, edition) = target.distribution_and_edition();
            let side = super::super::Side {
                distribution: distribution.into(),
                edition: edition.into(),
                release: None,
                upstream: None,
            };
            assert_eq!(Target::of(&side), Some(target));
        }
    }
}
