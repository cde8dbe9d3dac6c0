//! What tests of a shop's database share.
#![allow(dead_code, reason = "each test file uses its own part")]

pub mod server;
pub mod shop;
pub mod storefront;
