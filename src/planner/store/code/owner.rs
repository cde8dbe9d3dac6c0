//! Whose code a file is.

/// Where the store's own code lies.
pub(super) const OWN: [&str; 2] = ["app/code/", "app/design/"];

/// The extension that an installed file belongs to.
pub(super) fn extension_of(path: &str) -> Option<String> {
    let mut parts = path.strip_prefix("vendor/")?.splitn(3, '/');
    Some(format!("{}/{}", parts.next()?, parts.next()?))
}
