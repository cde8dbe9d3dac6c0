//! What happened in a merge, counted for the findings at its end.

use std::collections::BTreeSet;

/// Members of a section that name paths into the core.
#[derive(Debug, Default)]
pub(super) struct Paths {
    /// In which core got its new place.
    pub(super) renamed: BTreeSet<String>,
    /// Which name the old core in a way that is not changed.
    pub(super) left: BTreeSet<String>,
}

/// Why a requirement went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Removal {
    /// The source's template had it, the target's has not.
    Template,
    /// It is part of Adobe Commerce.
    Commerce,
    /// It is part of the B2B extension.
    B2b,
    /// It serves Adobe's cloud platform.
    Cloud,
    /// It is the tool of Adobe's quality patches, which are for Magento's own packages.
    QualityPatches,
    /// The target has no such package.
    NoCounterpart,
}

/// What happened, for the findings at the end.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Requirements that went, each with why.
    pub(super) removed: Vec<(Removal, String)>,
    /// Cloud tools that stay required after the cloud is left.
    pub(super) kept_cloud_tools: Vec<String>,
    /// Constraints that changed, as `NAME OLD → NEW`.
    pub(super) repinned: Vec<String>,
    /// Names that `replace` got besides those of Magento's.
    pub(super) replaced: Vec<String>,
    /// Patches' packages that got another name, as `OLD → NEW`.
    pub(super) patched: Vec<String>,
    /// Packages with patches that the target does not have.
    pub(super) unpatched: Vec<String>,
    /// Whether `replace` looks like a tool's work, which has to be run again for the new names.
    pub(super) generated_replace: bool,
    /// Entries of `allow-plugins` for the plugins of the vendor folder as it is before the switch.
    pub(super) old_plugins: Vec<String>,
    /// Scripts that name paths into the core.
    pub(super) scripts: Paths,
    /// Entries of `autoload` and `autoload-dev` that do, as `SECTION.MEMBER`.
    pub(super) autoload: Paths,
    /// Host, and the packages the store needs from it; none when nobody can tell for lack of a lock.
    pub(super) filtered: Vec<(String, Option<Vec<String>>)>,
    /// Hosts whose repository may serve core again.
    pub(super) unfiltered: Vec<String>,
    /// The host that went, and the address that came in its place.
    pub(super) replaced_repository: Option<(String, String)>,
    /// The address of a repository that is new.
    pub(super) added_repository: Option<String>,
    /// Hosts whose repository went.
    pub(super) removed_repositories: Vec<String>,
    /// Whether the root turns Packagist off, which then lacks for what the target gets from there.
    pub(super) packagist_is_off: bool,
    /// Repositories of vendors that differ by edition, as host and path.
    pub(super) edition_repositories: Vec<String>,
}

impl Tally {
    /// Notes that a requirement went.
    pub(super) fn removed(&mut self, removal: Removal, name: &str) {
        self.removed.push((removal, name.to_owned()));
    }

    /// The requirements that went for a reason.
    pub(super) fn names(&self, removal: Removal) -> Vec<String> {
        self.removed
            .iter()
            .filter(|(why, _)| *why == removal)
            .map(|(_, name)| name.clone())
            .collect()
    }
}
