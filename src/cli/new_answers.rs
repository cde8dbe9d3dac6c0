//! The answers file of `mageshift new`: a run to be repeated.

use super::error::CliError;
use super::exit::Exit;
use super::new::NewArgs;
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What can be answered, by the names of the options.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answers {
    #[serde(skip_serializing_if = "Option::is_none")]
    distribution: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    php: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    with: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    without: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    repository: Vec<String>,
}

/// Fills in from the file what the command line leaves open.
pub(super) fn read(args: &NewArgs, path: &Path) -> Result<NewArgs, CliError> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read {}", path.display()))
        .map_err(|error| CliError::new(Exit::Failed, error))?;
    let answers: Answers = toml::from_str(&text)
        .with_context(|| format!("{} holds no answers", path.display()))
        .map_err(|error| CliError::new(Exit::Usage, error))?;
    let name = answers
        .name
        .map(|name| super::new::project_name(&name))
        .transpose();
    let name = name.map_err(|message| {
        CliError::message(Exit::Usage, format!("{}: {message}", path.display()))
    })?;
    let mut args = args.clone();
    let or = |given: Option<String>, answer: Option<String>| given.or(answer);
    args.distribution = or(args.distribution, answers.distribution);
    args.release = or(args.release, answers.release);
    args.profile = or(args.profile, answers.profile);
    args.name = or(args.name, name);
    args.platform.php = or(args.platform.php, answers.php);
    let or =
        |given: Vec<String>, answer: Vec<String>| if given.is_empty() { answer } else { given };
    args.with = or(args.with, answers.with);
    args.without = or(args.without, answers.without);
    args.repository = or(args.repository, answers.repository);
    Ok(args)
}

/// Writes down what was given, asked and chosen.
pub(super) fn save(args: &NewArgs, path: &Path) -> Result<(), CliError> {
    let NewArgs {
        distribution,
        release,
        profile,
        name,
        with,
        without,
        repository,
        platform,
        ..
    } = args.clone();
    let answers = Answers {
        distribution,
        release,
        profile,
        name,
        php: platform.php,
        with,
        without,
        repository,
    };
    let write = || -> anyhow::Result<()> { Ok(std::fs::write(path, toml::to_string(&answers)?)?) };
    let written = write().with_context(|| format!("cannot save the answers in {}", path.display()));
    written.map_err(|error| CliError::new(Exit::Failed, error))
}
