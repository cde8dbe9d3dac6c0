//! The way to a value inside a JSON document.

use std::fmt;

/// One step down: into an object or into a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// The member of an object.
    Key(&'a str),
    /// 0-based.
    Index(usize),
}

impl<'a> From<&'a str> for Step<'a> {
    fn from(key: &'a str) -> Self {
        Step::Key(key)
    }
}

impl<'a> From<&'a String> for Step<'a> {
    fn from(key: &'a String) -> Self {
        Step::Key(key)
    }
}

impl From<usize> for Step<'_> {
    fn from(index: usize) -> Self {
        Step::Index(index)
    }
}

/// The steps from the root to a value. Whatever lists steps becomes one: `"require"`, `["require", name]`,
/// `[Step::Key("repositories"), Step::Index(0)]`, a slice of steps; [`Path::root`] is the document itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path<'a>(Vec<Step<'a>>);

impl<'a> Path<'a> {
    /// The document itself.
    pub fn root() -> Self {
        Path(Vec::new())
    }

    /// The path that goes one step further.
    pub fn join(&self, step: impl Into<Step<'a>>) -> Self {
        Path(self.0.iter().copied().chain([step.into()]).collect())
    }

    /// The steps from the document to the value.
    pub fn steps(&self) -> &[Step<'a>] {
        &self.0
    }
}

impl<'a> From<&'a str> for Path<'a> {
    fn from(key: &'a str) -> Self {
        Path(vec![key.into()])
    }
}

impl<'a, S: Into<Step<'a>>, const N: usize> From<[S; N]> for Path<'a> {
    fn from(steps: [S; N]) -> Self {
        Path(steps.into_iter().map(Into::into).collect())
    }
}

impl<'a, S: Into<Step<'a>> + Copy, const N: usize> From<&[S; N]> for Path<'a> {
    fn from(steps: &[S; N]) -> Self {
        steps.as_slice().into()
    }
}

impl<'a, S: Into<Step<'a>> + Copy> From<&[S]> for Path<'a> {
    fn from(steps: &[S]) -> Self {
        Path(steps.iter().map(|&step| step.into()).collect())
    }
}

/// As people write it: `require.magento/framework`, `repositories[0].url`.
impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return write!(f, "the document");
        }
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if position == 0 => write!(f, "{key}")?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
