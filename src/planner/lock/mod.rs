//! The new lock: the question put to the resolver, the platform and the PHP it is for, what it promises, and how it differs from the old one.

pub(crate) mod advisories;
pub(crate) mod changes;
pub(crate) mod offered;
pub(crate) mod only_locked;
pub(crate) mod php;
pub(crate) mod platform;
pub(crate) mod promise;
pub(crate) mod question;
pub(crate) mod soundness;
pub(crate) mod unreachable;
pub(crate) mod verification;
