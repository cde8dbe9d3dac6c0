//! What composer.json and composer.lock of a store say by themselves, before anything is planned: whether they agree, what in
//! them is the owner's own, and what they say about plugins and patches.

pub(crate) mod agreement;
pub(crate) mod merge_plugin;
pub(crate) mod odd_lock;
pub(crate) mod own_builds;
pub(crate) mod patch_names;
pub(crate) mod plugins;
pub(crate) mod whole_root;
