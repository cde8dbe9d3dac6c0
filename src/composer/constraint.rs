//! Version constraints.
use super::version::Version;
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    Eq,
    Lt,
    Le,
    Gt,
    Ge,
    Ne,
}
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Constraint {
    Any,
    None,
    Single {
        operator: Operator,
        version: Version,
    },
    Multi {
        constraints: Vec<Constraint>,
        conjunctive: bool,
    },
}
