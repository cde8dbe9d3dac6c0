//! How stable a version is, as Composer ranks it.

/// Composer's five stabilities. The order is Composer's: the larger the value, the less stable
/// (`BasePackage::$stabilities`: stable 0, RC 5, beta 10, alpha 15, dev 20).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stability {
    Stable,
    Rc,
    Beta,
    Alpha,
    Dev,
}
