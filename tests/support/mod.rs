//! What several test programs use. Each uses a part of it.
#![allow(dead_code)]

pub mod server;
