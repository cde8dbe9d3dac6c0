//! The Magento family as data: distributions, releases, core package names, root templates.
//!
//! Nobody outside compares distributions, editions or targets: what follows from what a store is, and from what it becomes,
//! is a question to [`Target`] or [`Direction`], and the answer is in the data. A test holds the other rooms to it.
//!
//! Facts live in the TOML and JSON files beside the code. Live repository metadata comes first wherever it is known
//! ([`LiveFacts`], [`ReleaseCatalog::refresh`]); the files are what is left when it is not.

mod detect;
mod direction;
mod packages;
mod releases;
mod targets;
mod template;

pub use detect::{DetectError, Detected, Evidence, detect, locked_packages};
pub use direction::{DataEffect, Direction};
pub use packages::{
    B2B, Belongs, HOTFIX_TOOLS, LiveFacts, LivePackage, PAYMENT_METHODS, QUALITY_PATCHES, belongs,
    is_absent_in, is_commerce_module, is_core, is_core_elsewhere, is_core_of,
    is_numbered_by_release, name_in, rebuild_of, upstream_name,
};
pub use releases::{
    LATEST, LiveRelease, Release, ReleaseCatalog, ReleaseError, SpecError, Standing, TargetSpec,
    compare_versions, exact_version, known_as_of, line, next_line,
};
pub use targets::{
    DataFacts, Distribution, DistributionFacts, Edition, Family, RepositoryHost, Target,
    TargetFacts, host_and_path, is_published_source, needs_keys, repository_host,
};
pub use template::{Template, template, was_ever_in_a_template};
