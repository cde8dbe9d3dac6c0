//! What happened in a merge, counted for the findings at its end.

/// Why a requirement went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Removal {
    /// The source's template had it, the target's has not.
    Template,
    /// It is part of Adobe Commerce.
    Commerce,
    B2b,
    /// It serves Adobe's cloud platform.
    Cloud,
    QualityPatches,
    /// The target has no such package.
    NoCounterpart,
}

/// What happened, for the findings at the end.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) removed: Vec<(Removal, String)>,
    pub(super) kept_cloud_tools: Vec<String>,
    pub(super) repinned: Vec<String>,
    pub(super) replaced: Vec<String>,
    pub(super) patched: Vec<String>,
    pub(super) unpatched: Vec<String>,
    pub(super) generated_replace: bool,
    /// Entries of `allow-plugins` for the plugins of the vendor folder as it is before the switch.
    pub(super) old_plugins: Vec<String>,
    pub(super) scripts_with_paths: Vec<String>,
    /// Scripts in which core got its new place.
    pub(super) scripts_renamed: Vec<String>,
    /// Host, and the packages the store needs from it; none when nobody can tell for lack of a lock.
    pub(super) filtered: Vec<(String, Option<Vec<String>>)>,
    pub(super) unfiltered: Vec<String>,
    pub(super) replaced_repository: Option<(String, String)>,
    pub(super) added_repository: Option<String>,
    pub(super) removed_repositories: Vec<String>,
    pub(super) packagist_is_off: bool,
    /// Repositories of vendors that differ by edition, as host and path.
    pub(super) edition_repositories: Vec<String>,
}

impl Tally {
    pub(super) fn removed(&mut self, removal: Removal, name: &str) {
        self.removed.push((removal, name.to_owned()));
    }

    pub(super) fn names(&self, removal: Removal) -> Vec<String> {
        self.removed
            .iter()
            .filter(|(why, _)| *why == removal)
            .map(|(_, name)| name.clone())
            .collect()
    }
}
