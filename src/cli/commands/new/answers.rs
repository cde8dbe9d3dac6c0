//! The answers file of `mageshift new`: a run to be repeated.

use super::args::{ENVIRONMENTS, environment, project_name};
use super::install_args::InstallArgs;
use super::run::Run;
use crate::apply::Readers;
use crate::cli::options::args::php_version;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::output_file::Output;
use crate::distribution::Distribution;
use crate::planner::wish::NewStore;
use crate::planner::wish::environment::Environment;
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
pub(crate) fn read(run: &mut Run, path: &Path) -> Result<(), CliError> {
    let text = files::text(path, files::CONFIGURATION)?;
    let answers: Answers = toml::from_str(&text)
        .with_context(|| format!("{} holds no answers", path.display()))
        .map_err(|error| CliError::new(Exit::Usage, error))?;
    let wrong =
        |message: String| CliError::message(Exit::Usage, format!("{}: {message}", path.display()));
    let name = answers.name.as_deref().map(project_name).transpose();
    let name = name.map_err(wrong)?;
    let php = answers.php.as_deref().map(php_version).transpose();
    let php = php.map_err(wrong)?;
    let distribution = answers
        .distribution
        .map(|id| {
            let known = Distribution::of_id(&id);
            known.ok_or_else(|| wrong(format!("there is no distribution `{id}`")))
        })
        .transpose()?;
    let environment = answers
        .env
        .map(|id| match ENVIRONMENTS.contains(&id.as_str()) {
            true => Ok(environment(&id)),
            false => Err(wrong(format!("there is no environment `{id}`"))
                .hint(format!("it is one of {}", ENVIRONMENTS.join(", ")))),
        })
        .transpose()?;
    let or = |given: &mut Option<String>, answer: Option<String>| {
        *given = given.take().or(answer);
    };
    let or_all = |given: &mut Vec<String>, answer: Vec<String>| {
        if given.is_empty() {
            *given = answer;
        }
    };
    let wish = &mut run.wish;
    wish.distribution = wish.distribution.or(distribution);
    wish.environment = wish.environment.or(environment);
    or(&mut wish.release, answers.release);
    or(&mut wish.name, name);
    or_all(&mut wish.repositories, answers.repository);
    or(&mut wish.platform.php, php);
    let packages = &mut wish.packages;
    or(&mut packages.profile, answers.profile);
    or(&mut packages.theme, answers.theme);
    or(&mut packages.checkout, answers.checkout);
    packages.sample_data |= answers.sample_data.unwrap_or_default();
    or_all(&mut packages.language, answers.language);
    or_all(&mut packages.with, answers.with);
    or_all(&mut packages.without, answers.without);
    let installing = std::mem::take(&mut run.installing);
    run.installing = installing.or(answers.installing.unwrap_or_default());
    Ok(())
}

/// The file that answers are saved in. A repository's address may have a password in it.
fn file(path: &Path) -> Output<'_> {
    Output {
        path,
        what: "a file of answers",
        readers: Readers::AsBefore,
        is_own: &is_own,
    }
}

fn is_own(bytes: &[u8]) -> bool {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    toml::from_str::<Answers>(text).is_ok() && toml::from_str(text) != Ok(toml::Table::new())
}

/// Fails when answers may not be saved in this file. `dir` is the project's.
pub(crate) fn check(dir: &Path, path: &Path) -> Result<(), CliError> {
    file(path).check(dir, None)
}

/// Writes down what was given, asked and chosen.
pub(crate) fn save(
    wish: &NewStore,
    installing: &InstallArgs,
    dir: &Path,
    path: &Path,
) -> Result<(), CliError> {
    let wish = wish.clone();
    let packages = wish.packages;
    let answers = Answers {
        distribution: wish
            .distribution
            .map(|distribution| distribution.id().to_owned()),
        release: wish.release,
        profile: packages.profile,
        name: wish.name,
        php: wish.platform.php,
        theme: packages.theme,
        checkout: packages.checkout,
        env: wish
            .environment
            .map(|environment| environment.map_or("none", Environment::id).to_owned()),
        sample_data: packages.sample_data.then_some(true),
        language: packages.language,
        with: packages.with,
        without: packages.without,
        repository: wish.repositories,
        installing: Some(installing.clone())
            .filter(|installing| *installing != InstallArgs::default()),
    };
    let text = toml::to_string(&answers).map_err(|error| CliError::new(Exit::Failed, error))?;
    file(path).write(dir, text.as_bytes())
}
