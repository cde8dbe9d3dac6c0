//! The codes of all findings, each with how grave it is.
//!
//! A code is what a script and a search go by, so it never changes its meaning, and none is given twice.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The plan cannot be applied while this stands.
    Blocker,
    /// The plan can be applied, and who applies it should do or decide something about this.
    Warning,
    /// Worth knowing; nothing has to be done about it.
    Note,
}

/// Makes the enum from one row for each code: its variant, its spelling, and its severities, the usual one first.
macro_rules! codes {
    ($($variant:ident = $text:literal: $($severity:ident)|+,)+) => {
        /// The code of a finding. It is written in kebab-case wherever people or programs read it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = concat!("`", $text, "`")] $variant,)+
        }

        impl Code {
            /// All codes, in the order of their spelling.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The code as it is written: `data-loss`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// The severities that its findings can have, the usual one first.
            pub const fn severities(self) -> &'static [Severity] {
                match self {
                    $(Self::$variant => &[$(Severity::$severity),+],)+
                }
            }
        }
    };
}

codes! {
    AbandonedPackage = "abandoned-package": Note,
    AccessListNotKept = "access-list-not-kept": Warning,
    AttributesNotKept = "attributes-not-kept": Note,
    AutoloadNamesCorePaths = "autoload-names-core-paths": Warning,
    AutoloadRenamed = "autoload-renamed": Note,
    B2bRemoved = "b2b-removed": Warning,
    BundledMetadata = "bundled-metadata": Warning,
    CloudToolsKept = "cloud-tools-kept": Note,
    CloudToolsRemoved = "cloud-tools-removed": Note,
    CodeComparesVersion = "code-compares-version": Warning,
    CodeJoinsEntityId = "code-joins-entity-id": Warning,
    CodeNamesMissingModule = "code-names-missing-module": Warning,
    CodeNeedsMissingModule = "code-needs-missing-module": Blocker,
    CommerceOnlyRemoved = "commerce-only-removed": Warning,
    ComposerAgrees = "composer-agrees": Note,
    ComposerDisagrees = "composer-disagrees": Blocker,
    ComposerVersion = "composer-version": Warning | Note,
    ConfigPhpUnreadable = "config-php-unreadable": Blocker,
    ConflictBlocks = "conflict-blocks": Blocker,
    CoreIncomplete = "core-incomplete": Blocker,
    CorePackageGone = "core-package-gone": Warning,
    CoreRequirementsRepinned = "core-requirements-repinned": Note,
    CredentialsMissing = "credentials-missing": Warning,
    DataContent = "data-content": Warning,
    DataConverted = "data-converted": Warning,
    DataEnds = "data-ends": Warning,
    DataFactsOnly = "data-facts-only": Note,
    DataInPlace = "data-in-place": Warning,
    DataIndexerTriggers = "data-indexer-triggers": Note,
    DataKept = "data-kept": Note,
    DataKeysIntoWhatGoes = "data-keys-into-what-goes": Warning,
    DataLoss = "data-loss": Warning,
    DataMerged = "data-merged": Warning,
    DataNoLiveVersion = "data-no-live-version": Warning,
    DataNoShop = "data-no-shop": Blocker,
    DataOrphans = "data-orphans": Warning,
    DataOwnAttributes = "data-own-attributes": Warning,
    DataOwnObjects = "data-own-objects": Warning,
    DataOwnRowColumns = "data-own-row-columns": Warning,
    DataPaymentMethods = "data-payment-methods": Warning,
    DataRulesSwitchedOff = "data-rules-switched-off": Warning,
    DataScheduled = "data-scheduled": Warning,
    DataUndeclared = "data-undeclared": Blocker,
    DataUnknown = "data-unknown": Blocker,
    DataUpdateNotApplied = "data-update-not-applied": Warning,
    DataVersionsOverlap = "data-versions-overlap": Blocker,
    DecisionUnused = "decision-unused": Note,
    DevToolRemoved = "dev-tool-removed": Warning,
    DevToolRepinned = "dev-tool-repinned": Warning,
    DocumentationNamesCore = "documentation-names-core": Note,
    Downgrade = "downgrade": Warning,
    EditionRepository = "edition-repository": Warning,
    EnvironmentDatabase = "environment-database": Note,
    EnvironmentKept = "environment-kept": Note,
    ExtensionNamesMissingModule = "extension-names-missing-module": Note,
    ExtensionNeedsMissingModule = "extension-needs-missing-module": Warning,
    FileNotWritable = "file-not-writable": Blocker,
    FolderReadOnly = "folder-read-only": Warning,
    HardLinkNotKept = "hard-link-not-kept": Note,
    HotfixesNeverApplied = "hotfixes-never-applied": Warning,
    LockMissesRequirements = "lock-misses-requirements": Blocker,
    LockNotInstallable = "lock-not-installable": Blocker,
    LockedVersionDoesNotFit = "locked-version-does-not-fit": Blocker,
    MergePluginExtra = "merge-plugin-extra": Warning,
    MergePluginFiles = "merge-plugin-files": Note,
    MergePluginProduct = "merge-plugin-product": Blocker,
    MergePluginUnread = "merge-plugin-unread": Blocker,
    MinimumStabilityKept = "minimum-stability-kept": Note,
    ModuleAdded = "module-added": Note,
    ModulesCome = "modules-come": Note,
    ModulesGo = "modules-go": Note,
    ModulesListUnreadable = "modules-list-unreadable": Warning,
    ModulesUnknown = "modules-unknown": Note,
    NearestRelease = "nearest-release": Note,
    NewerRelease = "newer-release": Note,
    NewerReleaseNotServed = "newer-release-not-served": Note,
    NoLock = "no-lock": Warning,
    NoProduct = "no-product": Blocker,
    NoSampleData = "no-sample-data": Warning,
    NoSolution = "no-solution": Blocker,
    OddLock = "odd-lock": Warning,
    OldCoreLeft = "old-core-left": Blocker,
    OldPluginsAllowed = "old-plugins-allowed": Note,
    OnlyLocked = "only-locked": Note,
    OwnBuild = "own-build": Blocker,
    OwnBuildKept = "own-build-kept": Note | Warning,
    OwnBuildReplaced = "own-build-replaced": Warning,
    OwnBuildTaken = "own-build-taken": Blocker,
    OwnerNotKept = "owner-not-kept": Warning,
    PackageBlocks = "package-blocks": Blocker,
    PackageCount = "package-count": Note,
    PackageNotFound = "package-not-found": Blocker,
    PackagistIsOff = "packagist-is-off": Warning,
    PartialUpdate = "partial-update": Warning,
    PatchesBegin = "patches-begin": Warning,
    PatchesCondition = "patches-condition": Warning,
    PatchesDoNotFit = "patches-do-not-fit": Warning,
    PatchesIdle = "patches-idle": Note,
    PatchesLockStale = "patches-lock-stale": Warning,
    PatchesMissing = "patches-missing": Warning,
    PatchesNeverApplied = "patches-never-applied": Warning,
    PatchesNotRewritten = "patches-not-rewritten": Warning,
    PatchesOtherVersion = "patches-other-version": Note,
    PatchesRemote = "patches-remote": Note,
    PatchesRenamed = "patches-renamed": Note,
    PatchesRewritten = "patches-rewritten": Note,
    PatchesWithoutPackage = "patches-without-package": Warning,
    PathsRenamed = "paths-renamed": Note,
    PathsToCheck = "paths-to-check": Warning,
    PathsWithoutPackage = "paths-without-package": Warning,
    PhpAssumed = "php-assumed": Note,
    PhpExtensions = "php-extensions": Note,
    PhpMismatch = "php-mismatch": Blocker,
    PlatformBlocks = "platform-blocks": Blocker,
    PlatformPhp = "platform-php": Warning,
    PlatformPhpFollows = "platform-php-follows": Note,
    PluginsNotAllowed = "plugins-not-allowed": Warning,
    ProductPinned = "product-pinned": Note,
    QualityPatchesCheck = "quality-patches-check": Note,
    QualityPatchesNeverApplied = "quality-patches-never-applied": Warning,
    QualityPatchesRemoved = "quality-patches-removed": Warning,
    RedundantProductRemoved = "redundant-product-removed": Note,
    ReleaseByUpstream = "release-by-upstream": Note,
    ReleaseDefect = "release-defect": Warning,
    ReleaseExtendedSupport = "release-extended-support": Note,
    ReleaseMissed = "release-missed": Blocker,
    ReleaseOlderFixes = "release-older-fixes": Warning,
    ReleaseOutOfSupport = "release-out-of-support": Warning,
    Removal = "removal": Warning,
    RemovalLeavesData = "removal-leaves-data": Warning,
    RemovalLeavesReferences = "removal-leaves-references": Warning,
    RemovalNotClosed = "removal-not-closed": Blocker,
    ReplaceBlocks = "replace-blocks": Blocker,
    ReplaceExtended = "replace-extended": Note,
    ReplaceIsGenerated = "replace-is-generated": Warning,
    RepositoryAdded = "repository-added": Note,
    RepositoryFiltered = "repository-filtered": Note,
    RepositoryMustBeAsked = "repository-must-be-asked": Blocker,
    RepositoryNotRead = "repository-not-read": Blocker,
    RepositoryOrder = "repository-order": Warning,
    RepositoryOutdated = "repository-outdated": Warning,
    RepositoryRemoved = "repository-removed": Note,
    RepositoryReplaced = "repository-replaced": Note,
    RepositorySiteSilent = "repository-site-silent": Warning,
    RepositoryUnfiltered = "repository-unfiltered": Note,
    RepositoryUnreachable = "repository-unreachable": Warning | Blocker,
    RequirementBlocks = "requirement-blocks": Blocker,
    RootAssumed = "root-assumed": Note,
    RootConflict = "root-conflict": Note,
    RootNamesGonePackage = "root-names-gone-package": Warning,
    ScriptsNameCorePaths = "scripts-name-core-paths": Warning,
    ScriptsRenamed = "scripts-renamed": Note,
    SearchEngineGone = "search-engine-gone": Warning,
    SecondProduct = "second-product": Blocker,
    SecurityAdvisory = "security-advisory": Warning,
    ServiceOlder = "service-older": Note,
    ServiceReplaced = "service-replaced": Note,
    ServiceUnsupported = "service-unsupported": Warning,
    ServicesUnknown = "services-unknown": Note,
    ServicesUnreadable = "services-unreadable": Note,
    SetKept = "set-kept": Note,
    SetKeptOut = "set-kept-out": Warning | Blocker,
    SetNeeded = "set-needed": Blocker,
    UnsafeRemoval = "unsafe-removal": Blocker,
    UntestedRemoval = "untested-removal": Warning,
}

impl Code {
    /// The severity that its findings have, unless one is made otherwise.
    pub const fn severity(self) -> Severity {
        self.severities()[0]
    }

    /// Whether it says what becomes of the shop's data. All such codes begin alike, and their findings are shown together.
    pub fn is_about_data(self) -> bool {
        self.as_str().starts_with("data-")
    }
}

/// A word that is no code of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this version of mageshift has no finding `{0}`")]
pub struct UnknownCode(pub String);

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        let known = Self::ALL.iter().find(|code| code.as_str() == text);
        known.copied().ok_or_else(|| UnknownCode(text.to_owned()))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_read_back() {
        let written: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert!(written.is_sorted_by(|a, b| a < b), "{written:?}");
        for code in Code::ALL {
            let json = serde_json::to_string(code).unwrap();
            assert_eq!(json, format!("\"{code}\""));
            assert_eq!(serde_json::from_str::<Code>(&json).unwrap(), *code);
            let is_kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(code.as_str().chars().all(is_kebab), "{code}");
            // The variant is the code in the other spelling, so that a search for either finds both.
            let words = code.as_str().split('-').map(|word| {
                let (first, rest) = word.split_at(1);
                first.to_uppercase() + rest
            });
            assert_eq!(format!("{code:?}"), words.collect::<String>());
        }
    }

    #[test]
    fn a_code_of_another_version_is_refused_by_name() {
        let refused = serde_json::from_str::<Code>("\"from-the-future\"").unwrap_err();
        assert!(
            refused.to_string().contains("`from-the-future`"),
            "{refused}"
        );
    }
}
