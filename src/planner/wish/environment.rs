//! Which environments there are, and the versions of services that each offers.

use serde::Deserialize;
use std::sync::LazyLock;

/// What runs a store on a developer's machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// DDEV.
    Ddev,
    /// Warden.
    Warden,
}

/// What an environment offers: versions, oldest first.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Images {
    /// Minor versions: `8.4`.
    pub(crate) php: Vec<String>,
    /// Minor versions: `11.4`.
    pub(crate) mariadb: Vec<String>,
    /// Minor versions: `8.0`.
    pub(crate) mysql: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    ddev: Images,
    warden: Images,
}

static DATA: LazyLock<Data> = LazyLock::new(|| {
    toml::from_str(include_str!("images.toml")).expect("the bundled images.toml is valid")
});

impl Environment {
    /// Every environment.
    pub const ALL: [Self; 2] = [Self::Ddev, Self::Warden];

    /// As `--env` takes it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Ddev => "ddev",
            Self::Warden => "warden",
        }
    }

    /// As its makers write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ddev => "DDEV",
            Self::Warden => "Warden",
        }
    }

    /// What it offers.
    pub(crate) fn images(self) -> &'static Images {
        match self {
            Self::Ddev => &DATA.ddev,
            Self::Warden => &DATA.warden,
        }
    }
}
