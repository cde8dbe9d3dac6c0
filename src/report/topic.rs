//! Where in a report a finding belongs.

use crate::plan::Code;

/// A part of the report that tells findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    /// What becomes of the shop's data.
    Data,
    /// Services, PHP and Composer.
    Services,
    /// Code, patches, scripts and paths of the store's own that people have to look at. What the plan changes itself is none.
    Hands,
    /// Everything else.
    Other,
}

impl Topic {
    /// The part for a code.
    pub(super) fn of(code: Code) -> Self {
        use Code::*;
        match code {
            code if code.is_about_data() => Self::Data,
            Downgrade | RemovalLeavesData => Self::Data,
            ComposerVersion | EnvironmentDatabase | PhpAssumed | PhpExtensions | PhpMismatch
            | PlatformBlocks | PlatformPhp | PlatformPhpFollows | SearchEngineGone
            | ServiceOlder | ServiceReplaced | ServiceUnsupported | ServicesUnknown
            | ServicesUnreadable => Self::Services,
            AutoloadNamesCorePaths
            | CodeComparesVersion
            | CodeJoinsEntityId
            | CodeNamesMissingModule
            | CodeNeedsMissingModule
            | ExtensionNamesMissingModule
            | ExtensionNeedsMissingModule
            | HotfixesNeverApplied
            | PatchesBegin
            | PatchesCondition
            | PatchesDoNotFit
            | PatchesLockStale
            | PatchesMissing
            | PatchesNeverApplied
            | PatchesNotRewritten
            | PatchesOtherVersion
            | PatchesRemote
            | PatchesWithoutPackage
            | PathsToCheck
            | PathsWithoutPackage
            | QualityPatchesCheck
            | QualityPatchesNeverApplied
            | QualityPatchesRemoved
            | RemovalLeavesReferences
            | RootNamesGonePackage
            | ScriptsNameCorePaths => Self::Hands,
            _ => Self::Other,
        }
    }
}
