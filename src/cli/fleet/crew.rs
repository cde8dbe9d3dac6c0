//! What all stores of a run have in common, and the way from a store of the list to its result.

use super::super::args::SourceArgs;
use super::super::error::CliError;
use super::super::repositories;
use super::super::secrets;
use super::args::RunArgs;
use super::failure::fault;
use super::look::Look;
use crate::distribution::Target;
use crate::fleet::inputs::{self, Fingerprint};
use crate::fleet::list::{Entry, Place, Settings};
use crate::fleet::result::StoreResult;
use crate::fleet::results::{Results, Stage};
use composer_engine::files;
use composer_engine::repository::composer_home;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

/// Those who work on the stores of a fleet, and what they share.
pub(super) struct Crew<'a> {
    stage: Stage,
    results: Results<'a>,
    source: &'a SourceArgs,
    /// Whether stores are looked at again that did not change.
    again: bool,
    /// What is wanted of every store.
    settings: Settings,
    /// What counts for every store: the program, its surroundings, and which releases there are.
    common: Fingerprint,
}

/// What came of one store in this run.
pub(super) struct Told {
    pub result: StoreResult,
    /// Whether it was known already.
    pub is_unchanged: bool,
    pub took: Duration,
    /// That the result could not be kept ends the run.
    pub kept: Result<(), CliError>,
}

impl<'a> Crew<'a> {
    /// Looks up which releases there are of the targets that these stores may become.
    pub fn new(
        stage: Stage,
        results: Results<'a>,
        args: &'a RunArgs,
        entries: &[Entry],
        folder: &Path,
    ) -> Result<Self, CliError> {
        let settings = args.settings();
        let mut targets: BTreeSet<&'static str> = BTreeSet::new();
        for entry in entries {
            let own = &entry.settings.to;
            let to = if own.is_empty() { &settings.to } else { own };
            targets.extend(to.iter().map(|spec| spec.target.word()));
            if to.is_empty() {
                targets.extend(Target::ALL.map(Target::word));
            }
        }
        let mut common = Fingerprint::default();
        common.add(env!("CARGO_PKG_VERSION")).add(stage.word());
        add_surroundings(&mut common, &args.source);
        for target in Target::ALL {
            if targets.contains(target.word()) {
                common.add(target.word());
                // Where its repository does not answer, each store will say so.
                if let Ok((catalog, _)) = repositories::releases(target, folder, &args.source) {
                    common.add(format!("{:?}", catalog.releases(target)));
                }
            }
        }
        Ok(Self {
            stage,
            results,
            source: &args.source,
            again: args.again,
            settings,
            common,
        })
    }

    /// What comes of a store: its kept result where nothing changed, else a new one, which is kept.
    pub fn work(&self, entry: &Entry) -> Told {
        let began = Instant::now();
        let mut is_unchanged = false;
        let before = self.results.get(&entry.name);
        let (result, kept) = match before {
            Ok(before) => {
                let (folder, key) = match &entry.place {
                    Place::Folder(folder) => (folder.as_path(), self.key(entry, folder)),
                    Place::Git { .. } => (Path::new(""), String::new()),
                };
                let known = before.as_ref().and_then(|kept| kept.result.as_ref());
                let known = known.filter(|known| !self.again && known.is_for(&key, &entry.tags));
                match known {
                    Some(known) => {
                        is_unchanged = true;
                        (known.clone(), Ok(()))
                    }
                    None => {
                        let result = self.look(entry, folder, key);
                        let kept = self.results.keep(&result, before.as_ref());
                        (result, kept.map_err(CliError::from))
                    }
                }
            }
            Err(error) => (self.blank(entry, String::new()), Err(error.into())),
        };
        Told {
            result,
            is_unchanged,
            took: began.elapsed(),
            kept,
        }
    }

    /// What comes of a store over which the program broke off.
    pub fn broken(&self, entry: &Entry, words: &str) -> Told {
        let result = self.blank(entry, String::new()).failed(fault(words));
        let before = self.results.get(&entry.name);
        let kept = before.and_then(|before| self.results.keep(&result, before.as_ref()));
        Told {
            result,
            is_unchanged: false,
            took: Duration::ZERO,
            kept: kept.map_err(CliError::from),
        }
    }

    fn look(&self, entry: &Entry, folder: &Path, key: String) -> StoreResult {
        let settings = entry.settings.clone().or(&self.settings);
        let masker = secrets::masker(folder);
        let look = Look {
            folder,
            settings: &settings,
            source: self.source,
            masker: &masker,
        };
        let blank = self.blank(entry, key);
        match self.stage {
            Stage::Check => look.check(blank),
            Stage::Plan | Stage::Apply => look.plan(blank),
        }
    }

    fn blank(&self, entry: &Entry, key: String) -> StoreResult {
        StoreResult::new(&entry.name, &entry.tags, key)
    }

    /// What stands for everything that a result of a store is made from.
    fn key(&self, entry: &Entry, folder: &Path) -> String {
        let mut print = self.common.clone();
        let settings = entry.settings.clone().or(&self.settings);
        // Strings, lists and flags always serialise.
        print.add(serde_json::to_vec(&settings).unwrap_or_default());
        print.add(inputs::of_store(folder));
        print.hex()
    }
}

/// Adds what a plan may depend on that is no store's own: where metadata come from, who asks, and how the user's Composer is set.
fn add_surroundings(print: &mut Fingerprint, source: &SourceArgs) {
    print.add(format!("{:?} {}", source.mirror_dir, source.offline));
    for variable in ["COMPOSER", "COMPOSER_AUTH"] {
        print.add(
            std::env::var_os(variable)
                .unwrap_or_default()
                .as_encoded_bytes(),
        );
    }
    let home = composer_home(&|name: &str| std::env::var(name).ok());
    for file in ["auth.json", "config.json"] {
        let path = home.as_ref().map(|home| home.join(file));
        let bytes = path.and_then(|path| files::read(&path, files::CONFIGURATION).ok());
        print.add(bytes.unwrap_or_default());
    }
}
