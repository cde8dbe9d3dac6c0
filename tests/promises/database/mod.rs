//! What tests of a shop's database share.
#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod server;
pub(crate) mod shop;
pub(crate) mod storefront;
