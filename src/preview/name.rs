//! What people call the sides of a switch.

use crate::plan::Side;

/// `Mage-OS 3.4.0 (based on Magento 2.4.9)`: distribution and edition, the release when it is known, and the upstream
/// version where that is not the release itself.
pub fn side_name(side: &Side) -> String {
    let mut name = match (side.distribution.as_str(), side.edition.as_str()) {
        ("mage-os", "minimal") => "Mage-OS Minimal".to_owned(),
        ("mage-os", _) => "Mage-OS".to_owned(),
        ("magento", _) => "Magento Open Source".to_owned(),
        ("commerce", "cloud") => "Adobe Commerce Cloud".to_owned(),
        ("commerce", _) => "Adobe Commerce".to_owned(),
        (other, edition) => [other, edition].join(" ").trim().to_owned(),
    };
    if let Some(release) = &side.release {
        name.push(' ');
        name.push_str(release);
    }
    if let Some(upstream) = side
        .upstream
        .as_ref()
        .filter(|&upstream| side.release.as_ref() != Some(upstream))
    {
        name.push_str(&format!(" (based on Magento {upstream})"));
    }
    name
}
