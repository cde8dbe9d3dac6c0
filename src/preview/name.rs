//! What people call the sides of a switch.

use crate::distribution::{Distribution, Target};
use crate::plan::Side;

/// `Mage-OS 3.4.0 (based on Magento 2.4.9)`: distribution and edition, the release when it is known, and the upstream
/// version where that is not the release itself.
pub fn side_name(side: &Side) -> String {
    let distribution = || Distribution::of_id(&side.distribution).map(Distribution::name);
    let mut name = match side.target().map(Target::name).or_else(distribution) {
        Some(name) => name.to_owned(),
        // Of a plan that another version of this program has written.
        None => [&*side.distribution, &*side.edition]
            .join(" ")
            .trim()
            .to_owned(),
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
