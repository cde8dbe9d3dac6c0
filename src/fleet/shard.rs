//! Which part of a fleet a worker takes: `K/N`, given, or told by the engine that started the worker.
//!
//! A store belongs to a shard by its name alone. So every worker cuts the same list in the same way without speaking to the
//! others, and a store that joins or leaves the list moves no other.

use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// More workers than any engine starts.
const MOST: u32 = 100_000;

/// A part of a fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Shard {
    /// From 1.
    index: u32,
    of: u32,
}

/// Why something is no shard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShardError {
    /// What was given has not the form K/N.
    #[error("`{0}` is no shard; write K/N, as 3/8 for the third of eight")]
    Shape(String),
    /// K is 0 or above N, or N is 0 or more than any engine starts.
    #[error("there is no shard {index} of {of}; they are counted from 1 to {of}")]
    Range {
        /// K, as given.
        index: u32,
        /// N, as given.
        of: u32,
    },
    /// A variable of the engine holds what cannot be read.
    #[error("{variable} is `{value}`, which is no number of a shard")]
    Variable {
        /// Its name.
        variable: &'static str,
        /// What it holds.
        value: String,
    },
    /// The engine says which worker this is, and not how many there are.
    #[error(
        "{variable} says that this is one of many workers of {engine}, and nothing says how many there are"
    )]
    Uncounted {
        /// What the engine is called.
        engine: &'static str,
        /// The variable that says which worker this is.
        variable: &'static str,
    },
}

impl ShardError {
    /// What a person can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Shape(_) | Self::Range { .. } => "name the worker with --shard K/N",
            Self::Variable { .. } => {
                "name the worker with --shard K/N, which goes before variables"
            }
            Self::Uncounted { .. } => {
                "set MAGESHIFT_SHARDS to their number, or name the worker with --shard K/N; --shard 1/1 takes the whole fleet"
            }
        }
    }
}

/// How an engine tells a worker its number.
struct Engine {
    name: &'static str,
    index: &'static str,
    /// What its first worker is numbered.
    first: First,
    count: Option<&'static str>,
}

/// The number of an engine's first worker.
enum First {
    Is(u32),
    /// It is in a variable.
    In(&'static str),
}

/// The variable with the number of shards, for engines that do not tell it.
const COUNT: &str = "MAGESHIFT_SHARDS";

/// In the order in which they are asked. The first one is our own, for engines that have nothing of the kind.
const ENGINES: [Engine; 5] = [
    Engine {
        name: "a matrix",
        index: "MAGESHIFT_SHARD",
        first: First::Is(1),
        count: None,
    },
    // https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode
    Engine {
        name: "a Kubernetes Indexed Job",
        index: "JOB_COMPLETION_INDEX",
        first: First::Is(0),
        count: None,
    },
    // https://slurm.schedmd.com/job_array.html#env_vars
    Engine {
        name: "a Slurm array",
        index: "SLURM_ARRAY_TASK_ID",
        first: First::In("SLURM_ARRAY_TASK_MIN"),
        count: Some("SLURM_ARRAY_TASK_COUNT"),
    },
    // https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html
    Engine {
        name: "an AWS Batch array",
        index: "AWS_BATCH_JOB_ARRAY_INDEX",
        first: First::Is(0),
        count: Some("AWS_BATCH_JOB_ARRAY_SIZE"),
    },
    // https://docs.gitlab.com/ci/yaml/#parallel
    Engine {
        name: "GitLab's parallel",
        index: "CI_NODE_INDEX",
        first: First::Is(1),
        count: Some("CI_NODE_TOTAL"),
    },
];

impl Shard {
    /// The whole of a fleet.
    pub(crate) const WHOLE: Self = Self { index: 1, of: 1 };

    /// The shard `index`, counted from 1, `of` so many.
    pub(crate) fn new(index: u32, of: u32) -> Result<Self, ShardError> {
        match of {
            1..=MOST if (1..=of).contains(&index) => Ok(Self { index, of }),
            _ => Err(ShardError::Range { index, of }),
        }
    }

    /// The shard that the engine wants of this worker, and the variable that says so; none where no engine says anything.
    /// `environment` looks up a variable.
    pub(crate) fn told(
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<(Self, &'static str)>, ShardError> {
        let number = |variable: &'static str| match environment(variable) {
            None => Ok(None),
            Some(value) if value.is_empty() => Ok(None),
            Some(value) => match value.parse::<u32>() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(ShardError::Variable { variable, value }),
            },
        };
        for engine in &ENGINES {
            let Some(index) = number(engine.index)? else {
                continue;
            };
            let first = match engine.first {
                First::Is(first) => first,
                First::In(variable) => number(variable)?.unwrap_or(0),
            };
            let count = match engine.count.map(number).transpose()?.flatten() {
                Some(count) => Some(count),
                None => number(COUNT)?,
            };
            let Some(of) = count else {
                return Err(ShardError::Uncounted {
                    engine: engine.name,
                    variable: engine.index,
                });
            };
            let index = index
                .checked_sub(first)
                .map_or(0, |index| index.saturating_add(1));
            return Ok(Some((Self::new(index, of)?, engine.index)));
        }
        Ok(None)
    }

    /// Which one it is, from 1.
    pub(crate) fn index(self) -> u32 {
        self.index
    }

    /// How many there are.
    pub(crate) fn of(self) -> u32 {
        self.of
    }

    /// Whether a store belongs to it.
    pub(crate) fn has(self, name: &str) -> bool {
        let digest = Sha256::digest(name.as_bytes());
        let number = digest
            .iter()
            .take(8)
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        number % u64::from(self.of) == u64::from(self.index - 1)
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let shape = || ShardError::Shape(text.to_owned());
        let (index, of) = text.split_once('/').ok_or_else(shape)?;
        let number = |text: &str| text.parse::<u32>().map_err(|_| shape());
        Self::new(number(index)?, number(of)?)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_a_fraction() {
        assert_eq!("3/8".parse::<Shard>().unwrap().to_string(), "3/8");
        for wrong in ["", "3", "3/", "/8", "a/8", "3/8/1", "-1/8", "3 / 8"] {
            assert!(
                matches!(wrong.parse::<Shard>(), Err(ShardError::Shape(_))),
                "{wrong}"
            );
        }
        for outside in ["0/8", "9/8", "0/0", "1/0"] {
            assert!(
                matches!(outside.parse::<Shard>(), Err(ShardError::Range { .. })),
                "{outside}"
            );
        }
    }

    #[test]
    fn every_store_is_in_one_shard_and_they_are_about_as_large() {
        let names: Vec<String> = (0..1000).map(|number| format!("shop-{number}")).collect();
        let shards: Vec<Shard> = (1..=7).map(|index| Shard::new(index, 7).unwrap()).collect();
        for name in &names {
            assert_eq!(
                shards.iter().filter(|shard| shard.has(name)).count(),
                1,
                "{name}"
            );
            assert!(Shard::WHOLE.has(name));
        }
        for shard in shards {
            let size = names.iter().filter(|name| shard.has(name)).count();
            assert!((100..200).contains(&size), "{shard}: {size}");
        }
    }

    fn told(set: &[(&str, &str)]) -> Result<Option<(String, &'static str)>, ShardError> {
        let find = |name: &str| {
            let mut set = set.iter();
            Some(set.find(|(key, _)| *key == name)?.1.to_owned())
        };
        Ok(Shard::told(find)?.map(|(shard, variable)| (shard.to_string(), variable)))
    }

    #[test]
    fn engines_tell_it_in_their_own_numbers() {
        for (set, shard) in [
            (&[("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "4")][..], "2/4"),
            (
                &[
                    ("AWS_BATCH_JOB_ARRAY_INDEX", "0"),
                    ("AWS_BATCH_JOB_ARRAY_SIZE", "4"),
                ],
                "1/4",
            ),
            (
                &[("JOB_COMPLETION_INDEX", "3"), ("MAGESHIFT_SHARDS", "4")],
                "4/4",
            ),
            (
                &[("MAGESHIFT_SHARD", "1"), ("MAGESHIFT_SHARDS", "4")],
                "1/4",
            ),
            (
                &[
                    ("SLURM_ARRAY_TASK_ID", "7"),
                    ("SLURM_ARRAY_TASK_MIN", "5"),
                    ("SLURM_ARRAY_TASK_COUNT", "4"),
                ],
                "3/4",
            ),
        ] {
            assert_eq!(told(set).unwrap().unwrap().0, shard, "{set:?}");
        }
        assert_eq!(told(&[]), Ok(None));
        assert_eq!(told(&[("CI_NODE_INDEX", "")]), Ok(None));
    }

    #[test]
    fn half_an_answer_is_none() {
        assert!(matches!(
            told(&[("JOB_COMPLETION_INDEX", "3")]),
            Err(ShardError::Uncounted { .. })
        ));
        assert!(matches!(
            told(&[("CI_NODE_INDEX", "x"), ("CI_NODE_TOTAL", "4")]),
            Err(ShardError::Variable { .. })
        ));
        assert!(matches!(
            told(&[("JOB_COMPLETION_INDEX", "4"), ("MAGESHIFT_SHARDS", "4")]),
            Err(ShardError::Range { .. })
        ));
        // An array with steps has gaps between its numbers.
        assert!(
            told(&[
                ("SLURM_ARRAY_TASK_ID", "4"),
                ("SLURM_ARRAY_TASK_COUNT", "3")
            ])
            .is_err()
        );
    }
}
