//! A patch in the store's own files.

use crate::planner::store::patches::declared::Declared;

/// Where Adobe's cloud tools look for patches.
pub(super) const HOTFIXES: &str = "m2-hotfixes";

/// The lock of cweagans/composer-patches 2 beside a root of this name.
pub(crate) fn patches_lock(root: &str) -> String {
    match root.strip_suffix(".json").unwrap_or(root) {
        "composer" => "patches.lock.json".to_owned(),
        other => format!("{other}-patches.lock.json"),
    }
}

/// How many leading folders cweagans/composer-patches leaves out, in the order in which it tries.
pub(super) const LEVELS: [usize; 4] = [1, 0, 2, 4];

/// A patch in the store.
#[derive(Default)]
pub(super) struct Local {
    /// The whole file.
    pub(super) bytes: Vec<u8>,
    /// Who declares it for a package; nobody when it is applied to the whole store.
    pub(super) declared: Vec<Declared>,
}

/// Whether a file is a patch by its name.
pub(crate) fn is_patch(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    [".patch", ".diff"]
        .iter()
        .any(|ending| path.ends_with(ending))
}
