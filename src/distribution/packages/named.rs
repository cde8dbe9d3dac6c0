//! Packages that a store is asked about by name.

/// The package with the B2B features of Commerce.
pub const B2B: &str = "magento/extension-b2b";

/// Adobe's patches for single faults, with the tool that applies them. It knows a release by Magento's package names.
pub const QUALITY_PATCHES: &str = "magento/quality-patches";

/// What applies the patches in `m2-hotfixes` while Adobe's cloud builds a store.
pub const HOTFIX_TOOLS: [&str; 2] = ["magento/magento-cloud-patches", "magento/ece-tools"];

/// Payment methods of Magento, each with the package that is the heart of it.
pub const PAYMENT_METHODS: [(&str, &str); 2] = [
    ("paypal/module-braintree-core", "Braintree"),
    (
        "magento/module-payment-services-paypal",
        "Adobe Payment Services",
    ),
];
