//! What all stores of a run have in common, and the way from a store of the list to its result.

use super::apply::Apply;
use super::args::{ApplyingArgs, RunArgs};
use super::failure::{failure, fault};
use super::look::Look;
use super::place::Opened;
use super::stores::Stores;
use crate::cli::options::args::SourceArgs;
use crate::cli::outcome::error::CliError;
use crate::cli::planning::repositories;
use crate::cli::secrets;
use crate::distribution::Target;
use crate::fleet::inputs::Fingerprint;
use crate::fleet::list::{Entry, Place, Settings};
use crate::fleet::result::{Done, StoreResult};
use crate::fleet::results::{Kept, Results, Stage};
use crate::preview::Masker;
use crate::project::root_files::RootFiles;
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
    /// How plans are carried out, where they are.
    applying: Option<&'a ApplyingArgs>,
    /// Where stores are cloned.
    clones: &'a Path,
    /// Whether stores are looked at again that did not change.
    again: bool,
    /// What is wanted of every store.
    settings: Settings,
    /// What counts for every store: the program, its surroundings, and which releases there are.
    common: Fingerprint,
}

/// What came of one store in this run.
pub(super) struct Told {
    /// As it is kept.
    pub result: StoreResult,
    /// Whether it was known already.
    pub is_unchanged: bool,
    /// How long it was worked on; next to nothing where it was known.
    pub took: Duration,
    /// That the result could not be kept ends the run.
    pub kept: Result<(), CliError>,
}

impl<'a> Crew<'a> {
    /// Looks up which releases there are of the targets that these stores may become.
    pub(super) fn new(
        stage: Stage,
        results: Results<'a>,
        stores: &'a Stores,
        args: &'a RunArgs,
        applying: Option<&'a ApplyingArgs>,
        folder: &Path,
    ) -> Result<Self, CliError> {
        let settings = args.settings();
        let mut targets: BTreeSet<&'static str> = BTreeSet::new();
        for entry in &stores.entries {
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
        if let Some(applying) = applying {
            // What was pushed need not be pushed again; what was not is.
            common.add(format!("{applying:?}"));
        }
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
            applying,
            clones: &stores.clones,
            again: args.again,
            settings,
            common,
        })
    }

    /// What comes of a store: its kept result where nothing changed, else a new one, which is kept.
    pub(super) fn work(&self, entry: &Entry) -> Told {
        let began = Instant::now();
        let (result, is_unchanged, kept) = match self.results.get(&entry.name) {
            Ok(before) => self.anew_or_known(entry, before.as_ref()),
            Err(error) => (self.blank(entry, String::new()), false, Err(error.into())),
        };
        Told {
            result,
            is_unchanged,
            took: began.elapsed(),
            kept,
        }
    }

    fn anew_or_known(
        &self,
        entry: &Entry,
        before: Option<&Kept>,
    ) -> (StoreResult, bool, Result<(), CliError>) {
        let wants_git = self.applying.is_some();
        let known = before.and_then(|kept| kept.result.as_ref());
        let result = match Opened::of(entry, self.clones, wants_git) {
            Ok(opened) => {
                let key = self.key(entry, &opened.inputs);
                if let Some(known) = known
                    && !self.again
                    && known.is_for(&key, &entry.tags)
                {
                    return (known.clone(), true, Ok(()));
                }
                let done = known.and_then(|known| known.done.as_ref());
                self.look(entry, &opened, self.blank(entry, key), done)
            }
            Err(error) => {
                let failure = failure(&error, &RootFiles::default(), &self.masker(entry, None));
                self.blank(entry, String::new()).failed(failure)
            }
        };
        let kept = self.results.keep(&result, before);
        (result, false, kept.map_err(CliError::from))
    }

    /// What comes of a store over which the program broke off.
    pub(super) fn broken(&self, entry: &Entry, words: &str) -> Told {
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

    fn look(
        &self,
        entry: &Entry,
        opened: &Opened,
        blank: StoreResult,
        before: Option<&Done>,
    ) -> StoreResult {
        let settings = entry.settings.clone().or(&self.settings);
        let look = Look {
            folder: &opened.folder,
            settings: &settings,
            source: self.source,
            masker: &self.masker(entry, Some(&opened.folder)),
        };
        match (self.stage, self.applying) {
            (Stage::Check, _) => look.check(blank),
            (Stage::Plan, _) | (Stage::Apply, None) => look.plan(blank),
            (Stage::Apply, Some(args)) => {
                let apply = Apply {
                    look: &look,
                    opened,
                    args,
                    storage: self.results.storage,
                    before,
                };
                apply.run(blank)
            }
        }
    }

    /// Knows the secrets of a store, and of the address of its repository.
    fn masker(&self, entry: &Entry, folder: Option<&Path>) -> Masker {
        // Without a folder what is left is the user's own.
        let mut secrets = secrets::of_store(folder.unwrap_or(Path::new("/")));
        if let Place::Git { url, .. } = &entry.place {
            secrets.add_urls(url);
        }
        Masker::new(&secrets)
    }

    fn blank(&self, entry: &Entry, key: String) -> StoreResult {
        StoreResult::new(&entry.name, &entry.tags, key)
    }

    /// What stands for everything that a result of a store is made from.
    fn key(&self, entry: &Entry, inputs: &str) -> String {
        let mut print = self.common.clone();
        let settings = entry.settings.clone().or(&self.settings);
        // Strings, lists and flags always serialise.
        print.add(serde_json::to_vec(&settings).unwrap_or_default());
        print.add(inputs);
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
