//! The data of a shop: the schema of its database read live, and how it becomes one that Open Source understands.
//!
//! A [`Conversion`](conversion::Conversion) is planned from what the database says of itself ([`reading`], [`staging`]) and
//! from facts that ship ([`facts`]). It is data: a list of statements with what they read and write, shown before any runs.
//! What neither the database nor a fact tells is named and stops it; nothing here guesses a schema.

pub mod conversion;
pub mod copying;
pub mod declared;
pub(crate) mod error;
pub(crate) mod facts;
pub mod reading;
pub mod schema;
pub mod server;
pub(crate) mod sql;
pub mod staging;
