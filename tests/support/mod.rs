//! What several test programs use. Each uses a part of it.
#![allow(dead_code, reason = "each test program uses its own part")]

pub mod server;
