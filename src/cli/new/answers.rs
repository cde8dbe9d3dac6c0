//! The answers file of `mageshift new`: a run to be repeated.

use crate::cli::args::php_version;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::new::install::InstallArgs;
use crate::cli::new::{ENVIRONMENTS, NewArgs};
use anyhow::Context;
use composer_engine::files;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What can be answered, by the names of the options.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
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
    #[serde(skip_serializing_if = "Option::is_none")]
    theme: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checkout: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    env: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample_data: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    language: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    with: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    without: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    repository: Vec<String>,
    /// What only the user knows about the shop; no passwords.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    installing: Option<InstallArgs>,
}

/// Fills in from the file what the command line leaves open.
pub(in crate::cli) fn read(args: &NewArgs, path: &Path) -> Result<NewArgs, CliError> {
    let text = files::text(path, files::CONFIGURATION)?;
    let answers: Answers = toml::from_str(&text)
        .with_context(|| format!("{} holds no answers", path.display()))
        .map_err(|error| CliError::new(Exit::Usage, error))?;
    let name = answers
        .name
        .map(|name| crate::cli::new::project_name(&name))
        .transpose();
    let name = name.map_err(|message| {
        CliError::message(Exit::Usage, format!("{}: {message}", path.display()))
    })?;
    let php = answers.php.map(|php| php_version(&php)).transpose();
    let php = php.map_err(|message| {
        CliError::message(Exit::Usage, format!("{}: {message}", path.display()))
    })?;
    if let Some(env) = answers
        .env
        .as_deref()
        .filter(|env| !ENVIRONMENTS.contains(env))
    {
        let message = format!("{}: there is no environment `{env}`", path.display());
        return Err(CliError::message(Exit::Usage, message)
            .hint(format!("it is one of {}", ENVIRONMENTS.join(", "))));
    }
    let mut args = args.clone();
    let mut packages = std::mem::take(&mut args.packages);
    let or = |given: Option<String>, answer: Option<String>| given.or(answer);
    args.distribution = or(args.distribution, answers.distribution);
    args.release = or(args.release, answers.release);
    packages.profile = or(packages.profile, answers.profile);
    args.name = or(args.name, name);
    args.platform.php = or(args.platform.php, php);
    packages.theme = or(packages.theme, answers.theme);
    packages.checkout = or(packages.checkout, answers.checkout);
    args.env = or(args.env, answers.env);
    packages.sample_data |= answers.sample_data.unwrap_or_default();
    let or =
        |given: Vec<String>, answer: Vec<String>| if given.is_empty() { answer } else { given };
    packages.language = or(packages.language, answers.language);
    packages.with = or(packages.with, answers.with);
    packages.without = or(packages.without, answers.without);
    args.repository = or(args.repository, answers.repository);
    args.packages = packages;
    args.installing = args.installing.or(answers.installing.unwrap_or_default());
    Ok(args)
}

/// Writes down what was given, asked and chosen.
pub(in crate::cli) fn save(args: &NewArgs, path: &Path) -> Result<(), CliError> {
    let NewArgs {
        distribution,
        release,
        name,
        env,
        repository,
        packages,
        installing,
        platform,
        ..
    } = args.clone();
    let answers = Answers {
        distribution,
        release,
        profile: packages.profile,
        name,
        php: platform.php,
        theme: packages.theme,
        checkout: packages.checkout,
        env,
        sample_data: packages.sample_data.then_some(true),
        language: packages.language,
        with: packages.with,
        without: packages.without,
        repository,
        installing: Some(installing).filter(|installing| *installing != InstallArgs::default()),
    };
    let write = || -> anyhow::Result<()> { Ok(std::fs::write(path, toml::to_string(&answers)?)?) };
    let written = write().with_context(|| format!("cannot save the answers in {}", path.display()));
    written.map_err(|error| CliError::new(Exit::Failed, error))
}
