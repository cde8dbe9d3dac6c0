//! What one package says of another, and the links of one section of a package, shared.

use crate::format::constraint::Constraint;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

/// A requirement, conflict, provided or replaced package: one entry of `require` and its like.
#[derive(Debug, Clone)]
pub struct Link {
    /// The name the link points at, lower-cased.
    pub target: Arc<str>,
    /// The parsed constraint. `self.version` has become the exact version of the package that holds the link.
    pub constraint: Arc<Constraint>,
    /// The constraint as written (`self.version` stays as it is).
    pub pretty_constraint: Arc<str>,
}

/// The links of one section, in the order of the metadata. Versions in a row mostly have the same, and then share them.
#[derive(Debug, Clone)]
pub struct Links(Arc<[Link]>);

impl Links {
    /// About how many bytes they take, each who shares them bearing a part.
    pub(crate) fn weight(&self) -> usize {
        size_of_val(&*self.0) / Arc::strong_count(&self.0)
    }

    /// Keeps those for which `is_kept` holds.
    pub(crate) fn retain(&mut self, is_kept: impl Fn(&Link) -> bool) {
        if !self.iter().all(&is_kept) {
            *self = self.iter().filter(|link| is_kept(link)).cloned().collect();
        }
    }

    /// In the order of the packages they point at.
    pub(crate) fn sorted(&self) -> Links {
        if self.is_sorted_by(|a, b| a.target <= b.target) {
            return self.clone();
        }
        let mut links = self.to_vec();
        links.sort_by(|a, b| a.target.cmp(&b.target));
        links.into()
    }
}

impl Default for Links {
    fn default() -> Self {
        // Most packages conflict with nothing, and so on: no memory for that.
        static NONE: LazyLock<Arc<[Link]>> = LazyLock::new(|| Arc::from([]));
        Links(NONE.clone())
    }
}

impl Deref for Links {
    type Target = [Link];

    fn deref(&self) -> &[Link] {
        &self.0
    }
}

impl From<Vec<Link>> for Links {
    fn from(links: Vec<Link>) -> Self {
        match links.is_empty() {
            true => Links::default(),
            false => Links(links.into()),
        }
    }
}

impl FromIterator<Link> for Links {
    fn from_iter<I: IntoIterator<Item = Link>>(links: I) -> Self {
        links.into_iter().collect::<Vec<Link>>().into()
    }
}

impl<'a> IntoIterator for &'a Links {
    type Item = &'a Link;
    type IntoIter = std::slice::Iter<'a, Link>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
