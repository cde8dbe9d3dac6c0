//! What a list offers.

/// One answer to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    /// `Mage-OS 3.4.0`.
    pub label: String,
    /// What it costs, in a few words: `Magento 2.4.9, PHP 8.4, 12 extensions move`. May be empty.
    pub cost: String,
}
