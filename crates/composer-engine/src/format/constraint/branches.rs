//! Sets of named branches, as `Composer\Semver\Intervals` combines them.

use crate::format::version::Version;

/// The named branches in a constraint: these, or all but these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Branches {
    pub names: Names,
    pub exclude: bool,
}

/// Branch names with the keys that PHP's arrays have after its set operations. Composer compares lists key by key, so a
/// gap makes two equal lists differ.
pub(crate) type Names = Vec<(usize, Version)>;

impl Branches {
    pub(crate) fn none() -> Self {
        Branches {
            names: Names::new(),
            exclude: false,
        }
    }

    pub(crate) fn all() -> Self {
        Branches {
            names: Names::new(),
            exclude: true,
        }
    }

    /// Only this branch.
    pub(crate) fn only(name: &Version) -> Self {
        Branches {
            names: vec![(0, name.clone())],
            exclude: false,
        }
    }

    /// All branches but this one.
    pub(crate) fn all_but(name: &Version) -> Self {
        Branches {
            names: vec![(0, name.clone())],
            exclude: true,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.exclude && self.names.is_empty()
    }

    pub(crate) fn union(self, other: &Branches) -> Self {
        let names = match (self.exclude, other.exclude) {
            (true, true) => common(&self.names, &other.names),
            (true, false) => without(&self.names, &other.names),
            (false, true) => without(&other.names, &self.names),
            (false, false) => concatenation(&self.names, &other.names),
        };
        Branches {
            names,
            exclude: self.exclude || other.exclude,
        }
    }

    pub(crate) fn intersection(self, other: &Branches) -> Self {
        let names = match (self.exclude, other.exclude) {
            (true, true) => concatenation(&self.names, &other.names),
            (true, false) => without(&other.names, &self.names),
            (false, true) => without(&self.names, &other.names),
            (false, false) => common(&self.names, &other.names),
        };
        Branches {
            names,
            exclude: self.exclude && other.exclude,
        }
    }

    /// `array_unique`: keeps the first of each name with its key.
    pub(crate) fn without_duplicates(self) -> Self {
        let mut names = Names::with_capacity(self.names.len());
        for (key, name) in self.names {
            if !contains(&names, &name) {
                names.push((key, name));
            }
        }
        Branches { names, ..self }
    }
}

fn contains(names: &Names, name: &Version) -> bool {
    names.iter().any(|(_, known)| known == name)
}

/// `array_intersect`: keeps the keys of the first.
fn common(names: &Names, others: &Names) -> Names {
    names
        .iter()
        .filter(|(_, name)| contains(others, name))
        .cloned()
        .collect()
}

/// `array_diff`: keeps the keys of the first.
fn without(names: &Names, others: &Names) -> Names {
    names
        .iter()
        .filter(|(_, name)| !contains(others, name))
        .cloned()
        .collect()
}

/// `array_merge`: counts the keys anew.
fn concatenation(names: &Names, others: &Names) -> Names {
    names
        .iter()
        .chain(others)
        .map(|(_, name)| name.clone())
        .enumerate()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_keys_of_php_arrays() {
        let [a, b] = ["dev-a", "dev-b"].map(Version::from_normalized);
        let both = Branches::only(&a).union(&Branches::only(&b));
        assert_eq!(both.names, [(0, a.clone()), (1, b.clone())]);
        assert_eq!(
            both.clone().intersection(&Branches::all_but(&a)).names,
            [(1, b.clone())]
        );
        assert_eq!(
            Branches::all_but(&a).intersection(&Branches::all_but(&b)),
            Branches {
                names: both.names.clone(),
                exclude: true
            }
        );
        assert_eq!(both.clone().union(&Branches::all_but(&a)), Branches::all());
        assert_eq!(both.clone().union(&both).without_duplicates(), both);
        assert!(
            Branches::only(&a)
                .intersection(&Branches::only(&b))
                .is_empty()
        );
    }
}
