//! What cannot be taken back has to be agreed to in words of its own.

use crate::cli::options::args::AgreedArgs;
use crate::plan::{Code, Plan};

/// A word to type in place of a flag.
pub(crate) struct Agreement {
    /// The finding of a plan that needs it.
    pub(crate) code: Code,
    /// The flag that agrees to it beforehand.
    pub(crate) flag: &'static str,
    /// Whether the flag was given.
    pub(crate) is_given: bool,
    /// What has to be typed.
    pub(crate) word: &'static str,
    /// What happens, as the beginning of a sentence.
    pub(crate) what: &'static str,
    /// What is said before the word is asked for, as a sentence.
    pub(crate) warning: &'static str,
}

/// The flags that agree to what a plan cannot take back.
pub(crate) fn agreed_flags(plan: &Plan) -> Vec<&'static str> {
    agreements(AgreedArgs::default())
        .iter()
        .filter(|agreement| plan.has_finding(agreement.code))
        .map(|agreement| agreement.flag)
        .collect()
}

/// What cannot be taken back has to be agreed to by a flag of its own.
pub(crate) fn agreements(agreed: AgreedArgs) -> [Agreement; 2] {
    [
        Agreement {
            code: Code::DataLoss,
            flag: "--accept-data-loss",
            is_given: agreed.accept_data_loss,
            word: "lose data",
            what: "data of the shop are lost",
            warning: "This destroys data of the shop, see above.",
        },
        Agreement {
            code: Code::Downgrade,
            flag: "--allow-downgrade",
            is_given: agreed.allow_downgrade,
            word: "downgrade",
            what: "it goes back to an older Magento",
            warning: "This goes back to an older Magento, see above.",
        },
    ]
}
