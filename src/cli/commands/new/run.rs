//! One run of `mageshift new`: what is wanted, and what only this run knows.

use super::args::{NewArgs, environment};
use super::install_args::InstallArgs;
use crate::cli::options::args::{GlobalArgs, SourceArgs};
use crate::cli::outcome::error::CliError;
use crate::cli::planning::recording;
use crate::cli::planning::recording::Recording;
use crate::cli::planning::repositories;
use crate::distribution::{Distribution, ReleaseCatalog, Target};
use crate::planner::error::PlanError;
use crate::planner::pipeline::new::{self, Aimed};
use crate::planner::wish::{NewStore, Planned};
use crate::project::site::Site;
use composer_engine::format::auth::Secret;
use composer_engine::repository::Options;
use serde_json::{Value, json};
use std::cell::OnceCell;
use std::path::{Path, PathBuf};

/// Where the metadata of a run come from.
#[derive(Debug, Default)]
pub(crate) struct Metadata {
    /// The arguments that say which repositories, mirrors and keys are used.
    pub source: SourceArgs,
    /// The key of the buyer's own repository, typed at a prompt; used for this run and written nowhere: host and key.
    pub key: Option<(String, Secret)>,
    /// The bundled metadata, while they stand in for repositories that are out of reach.
    pub recording: Option<Recording>,
}

impl Metadata {
    /// How the repositories of a root are read.
    pub(crate) fn options(&self, root: &Value, dir: &Path) -> Result<Options, CliError> {
        let source = match &self.recording {
            Some(recording) => &SourceArgs {
                mirror_dir: Some(recording.folder().to_owned()),
                ..self.source.clone()
            },
            None => &self.source,
        };
        let mut options = repositories::of_store(root, dir, source)?;
        if let Some((host, key)) = &self.key {
            options.credentials.add(&login(host, key));
        }
        Ok(options)
    }

    /// The releases of a target: from its repository; from the recording, which then stands in for every repository, when the
    /// network does not reach that far and nobody has named a mirror.
    pub(crate) fn releases(
        &mut self,
        target: Target,
        dir: &Path,
    ) -> Result<ReleaseCatalog, CliError> {
        let (catalog, failure) = repositories::releases(target, dir, &self.source)?;
        let Some(reason) = failure.filter(|_| self.source.mirror_dir.is_none()) else {
            return Ok(catalog);
        };
        let Some(recording) = recording::stand_in(reason)? else {
            return Ok(catalog);
        };
        let recorded = SourceArgs {
            mirror_dir: Some(recording.folder().to_owned()),
            ..self.source.clone()
        };
        self.recording = Some(recording);
        Ok(repositories::releases(target, dir, &recorded)?.0)
    }

    /// A failure to choose a release in the words of whoever has the recording alone.
    pub(crate) fn unchosen(&self, error: PlanError) -> CliError {
        match (&self.recording, error) {
            (Some(recording), PlanError::Release(error)) => recording.lacks(&error),
            (_, error) => error.into(),
        }
    }
}

/// A key, as Private Packagist takes it, where such repositories are: the password of a user of this name.
pub(crate) fn login(host: &str, key: &Secret) -> Value {
    json!({"http-basic": {host: {"username": "token", "password": key.expose()}}})
}

/// One run. Arguments, the answers file and the answers to questions fill it; nothing changes it afterwards.
#[derive(Debug)]
pub(crate) struct Run {
    /// The folder of the project; none where it is to be asked.
    pub dir: Option<PathBuf>,
    /// What is wanted.
    pub wish: NewStore,
    /// Where metadata come from.
    pub metadata: Metadata,
    /// Whether it is installed right away, and how.
    pub installing: InstallArgs,
}

impl Run {
    /// What the arguments say.
    pub(crate) fn of(args: &NewArgs, global: &GlobalArgs) -> Self {
        Self {
            dir: args.dir.as_ref().map(|dir| below(&global.working_dir, dir)),
            wish: NewStore {
                distribution: args.distribution.as_deref().and_then(Distribution::of_id),
                release: args.release.clone(),
                name: args.name.clone(),
                environment: args.env.as_deref().map(environment),
                repositories: args.repository.clone(),
                packages: args.packages.packages(),
                platform: args.platform.wish(),
            },
            metadata: Metadata {
                source: args.source.clone(),
                ..Metadata::default()
            },
            installing: args.installing.clone(),
        }
    }

    /// The distribution, which is Mage-OS unless another is named.
    pub(crate) fn distribution(&self) -> Distribution {
        self.wish.distribution.unwrap_or(Distribution::RECOMMENDED)
    }

    /// Plans the project in its folder.
    pub(crate) fn plan(&mut self, dir: &Path) -> Result<Planned<NewStore>, CliError> {
        let aimed = Aimed::at(self.distribution(), &self.wish.packages)?;
        let catalog = self.metadata.releases(aimed.target, dir)?;
        let release = aimed
            .release(&catalog, self.wish.release.as_deref())
            .map_err(|error| self.metadata.unchosen(error))?;
        let question = format!("{:?}", (&self.wish.packages, &self.wish.repositories));
        let question = ["new", aimed.target.name(), &release.version, &question];
        let asked = OnceCell::new();
        let options = |root: &Value| {
            let options = self.metadata.options(root, dir)?;
            let options = repositories::foreseeing(options, &question);
            let _ = asked.set(options.clone());
            Ok::<_, CliError>(options)
        };
        let made = new::plan(
            aimed,
            release,
            self.wish.clone(),
            &catalog,
            &Site::at(dir),
            options,
        );
        asked.get().into_iter().for_each(repositories::remember);
        let mut made = made?;
        if let Some(recording) = &self.metadata.recording {
            recording.mark(&mut made.plan);
            made.plan.findings.sort_by_key(|finding| finding.severity());
        }
        Ok(made)
    }
}

/// A folder as it is named from another one.
pub(crate) fn below(here: &Path, dir: &Path) -> PathBuf {
    match here == Path::new(".") {
        true => dir.to_owned(),
        false => here.join(dir),
    }
}
