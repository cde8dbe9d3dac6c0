//! How documents are got: over the network, with credentials and a cache, or from a folder.

mod answer;
pub(crate) mod backend;
pub(crate) mod cache;
pub(crate) mod folder;
pub(crate) mod network;
mod patience;
pub(crate) mod peer;
pub(crate) mod remote;
