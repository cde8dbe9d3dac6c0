//! The new lock: the question put to the resolver, the PHP it is for, what it promises, and how it differs from the old one.

pub mod advisories;
pub mod changes;
pub mod php;
pub mod promise;
pub mod question;
pub mod soundness;
pub mod unreachable;
pub mod verification;
