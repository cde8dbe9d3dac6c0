//! What is seen of a secret: a mask in its place, put there without copying a text that has none.

use std::borrow::Cow;

/// What stands in the place of a secret.
pub(crate) const MASK: &str = "***";

/// Whether a value switches something on or off, as in the list of modules (`'Acme_Token' => 1`): no secret.
pub(crate) fn is_switch(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    matches!(
        value.to_ascii_lowercase().as_str(),
        "0" | "1" | "true" | "false" | "null"
    )
}

/// Applies a replacement without copying a text in which there is nothing to replace.
pub(crate) fn replace(text: &mut Cow<str>, replacement: impl Fn(&str) -> Cow<str>) {
    if let Cow::Owned(replaced) = replacement(text) {
        *text = Cow::Owned(replaced);
    }
}
