//! Code of the store and of its extensions that refers to modules which the target does not have.
//!
//! The modules are found from the packages that go, not from a list. A class that the target lacks stops `setup:di:compile`
//! where enabled code of `app/code` extends, implements or constructs it: that is a blocker. Any other reference may be
//! optional (Magento passes over a missing module in `<sequence>`), so it is a warning.

mod behaviour;
mod footprint;
mod needles;
mod owner;

use crate::plan::{Code, Finding};
use crate::planner::store::code::owner::{OWN, extension_of};
use crate::planner::store::packages::Packages;
use crate::planner::store::places::{count, names, with_places};
use crate::planner::store::{Contribution, Switch};
use crate::profile::Library;
use crate::project::config_php::{CONFIG_PHP, ModuleList};
use crate::project::modules::{own_modules, theme_folders};
use crate::project::php_classes::needed;
use crate::project::scan::{Found, Hit};
use crate::project::store_files::StoreFiles;
pub(crate) use needles::Words;
use needles::{Gone, What};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// Whether a file of an installed extension is code that the shop may run.
pub(crate) fn is_run(path: &str) -> bool {
    ENDINGS.iter().any(|ending| path.ends_with(ending))
        && !["/Test/", "/Tests/", "/tests/", "/dev/"]
            .iter()
            .any(|folder| path.contains(folder))
}

/// Files in which a reference means something.
const ENDINGS: [&str; 8] = [
    ".php",
    ".phtml",
    ".xml",
    ".less",
    ".js",
    ".html",
    ".graphqls",
    ".json",
];

/// Where something refers to modules that go.
#[derive(Debug, Default)]
struct References {
    modules: BTreeSet<usize>,
    places: Vec<String>,
    /// The places that stop the compilation.
    breaking: Vec<String>,
}

impl References {
    fn add(&mut self, module: usize, place: String) {
        self.modules.insert(module);
        self.places.push(place);
    }
}

/// Judges what the scan found in the store's own code and in the extensions.
pub(crate) fn contribution(
    switch: &Switch<'_>,
    packages: &Packages<'_>,
    words: &Words<'_>,
    found: &[Found],
) -> Contribution {
    let enabled = Enabled::read(switch.survey.project.store.as_ref());
    let mut own: BTreeMap<usize, References> = BTreeMap::new();
    let mut extensions: BTreeMap<String, References> = BTreeMap::new();
    for folder in theme_folders(switch.survey.project.store.as_ref()) {
        let of = |module: &Gone| folder.rsplit('/').next() == Some(&module.name);
        if let Some(module) = words.gone.iter().position(of) {
            let place = format!("{folder}: a theme's files for it");
            own.entry(module).or_default().places.push(place);
        }
    }
    for file in found {
        if !ENDINGS.iter().any(|ending| file.path.ends_with(ending)) {
            continue;
        }
        let extension = extension_of(&file.path);
        if extension.is_none() && !OWN.iter().any(|folder| file.path.starts_with(folder)) {
            continue;
        }
        let breaking = if extension.is_some() || enabled.compiles(&file.path) {
            breaking(file, words)
        } else {
            FxHashMap::default()
        };
        let mut said = BTreeSet::new();
        for &hit in &file.hits {
            for (module, what) in words.references(&file.bytes, hit) {
                let line = file.line(hit.start);
                if !said.insert((module, line)) {
                    continue;
                }
                let place = format!("{}:{line}: {}", file.path, describe(file, hit, what));
                match &extension {
                    Some(name) => extensions
                        .entry(name.clone())
                        .or_default()
                        .add(module, place),
                    None => own.entry(module).or_default().places.push(place),
                }
            }
        }
        for (module, places) in breaking {
            let references = match &extension {
                Some(name) => extensions.entry(name.clone()).or_default(),
                None => own.entry(module).or_default(),
            };
            references.modules.insert(module);
            references.breaking.extend(places);
        }
    }
    let library = Library::bundled();
    let mut findings = Vec::new();
    for (module, references) in &own {
        if let Some(module) = words.gone.get(*module) {
            findings.push(own_code(switch, packages, &library, module, references));
        }
    }
    for (extension, references) in &extensions {
        findings.push(of_extension(words, extension, references));
    }
    findings.extend(behaviour::findings(packages, found));
    Contribution {
        edits: Vec::new(),
        findings,
    }
}

/// What an extension's references mean. It may well do without the modules.
fn of_extension(words: &Words<'_>, extension: &str, references: &References) -> Finding {
    let modules: Vec<&str> = references
        .modules
        .iter()
        .filter_map(|module| Some(words.gone.get(*module)?.name.as_str()))
        .collect();
    let modules = names(&modules);
    let mut finding = if references.breaking.is_empty() {
        Finding::new(
            Code::ExtensionNamesMissingModule,
            format!("{extension} refers to modules that the target does not have"),
            with_places(
                &format!("{modules}. Extensions often support modules that need not be there."),
                &references.places,
            ),
        )
    } else {
        Finding::new(
            Code::ExtensionNeedsMissingModule,
            format!("{extension} has classes that need modules which the target does not have"),
            with_places(
                &format!(
                    "{modules}. These classes extend, implement or construct classes that go, so `setup:di:compile` fails unless the extension's own modules for them are disabled. Ask its vendor."
                ),
                &references.breaking,
            ),
        )
    };
    finding.package = Some(extension.to_owned());
    finding
}

fn own_code(
    switch: &Switch<'_>,
    packages: &Packages<'_>,
    library: &Library,
    module: &Gone<'_>,
    References {
        places, breaking, ..
    }: &References,
) -> Finding {
    let target = switch.target.name();
    let (vendor, _) = packages.vendors();
    let set = library
        .sets_of(module.package, vendor)
        .next()
        .map(|set| {
            format!(
                " It belongs to the feature set `{}` ({}).",
                set.name, set.summary
            )
        })
        .unwrap_or_default();
    let of = if is_taken_out(switch, packages, module.package) {
        format!(
            "{} is in {}, which `replace` in composer.json takes out.",
            module.name, module.package
        )
    } else if let Some(by) = packages.replacer(module.package) {
        format!(
            "{} is in {}, which {by} replaces.",
            module.name, module.package
        )
    } else {
        format!(
            "{} is in {}, which {target} {} does not have.",
            module.name, module.package, switch.release.version
        )
    };
    let mut finding = if breaking.is_empty() {
        Finding::new(
            Code::CodeNamesMissingModule,
            format!("Own code refers to {}, which goes", module.name),
            with_places(
                &format!("{of}{set} Found in {}:", count(places.len(), "line")),
                places,
            ),
        )
    } else {
        Finding::new(
            Code::CodeNeedsMissingModule,
            format!("Own code cannot be compiled without {}", module.name),
            with_places(
                &format!(
                    "{of}{set} These classes extend, implement or construct classes of it, so `setup:di:compile` fails. Change them, or disable their modules in {CONFIG_PHP}, first:"
                ),
                breaking,
            ),
        )
    };
    finding.package = Some(module.package.to_owned());
    finding
}

/// Whether it is the root that leaves a package of the store out, under its old name or its new one.
fn is_taken_out(switch: &Switch<'_>, packages: &Packages<'_>, package: &str) -> bool {
    let replaces = |name: &str| {
        let replace = switch.root.get("replace");
        replace.is_some_and(|replace| replace.get(name).is_some())
    };
    replaces(package)
        || packages
            .counterpart(package)
            .is_some_and(|name| replaces(&name))
}

/// What a reference looks like to a reader.
fn describe(file: &Found, hit: Hit, what: What) -> String {
    let after = file.bytes.get(hit.start..).unwrap_or_default();
    let word: Vec<u8> = after
        .iter()
        .copied()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"_\\:/.-".contains(byte))
        .collect();
    let word = String::from_utf8_lossy(&word).into_owned();
    let word = word.trim_end_matches([':', '.', '\\']);
    match what {
        What::Import => format!("namespace {word}"),
        What::Group => format!("imports from {word}"),
        What::Namespace => format!("class {}", word.replace("\\\\", "\\")),
        What::Name if file.path.ends_with("module.xml") => format!("sequence {word}"),
        What::Name if file.path.ends_with("menu.xml") => format!("menu {word}"),
        What::Name if file.path.ends_with("acl.xml") => format!("ACL resource {word}"),
        What::Name => word.to_owned(),
        What::Trace(kind) => {
            let name = after.split(|byte| b"'\"=/".contains(byte));
            let name = name.map(String::from_utf8_lossy);
            let name = name
                .into_iter()
                .find(|part| !part.is_empty() && part != "handle");
            kind.describe(&name.unwrap_or_default())
        }
    }
}

/// Which modules of `app/code` run, by their folders.
struct Enabled(BTreeMap<String, bool>);

impl Enabled {
    fn read(store: &dyn StoreFiles) -> Self {
        let text = store.configuration(CONFIG_PHP).unwrap_or_default();
        let listed: BTreeMap<String, bool> = ModuleList::find(&text)
            .iter()
            .flat_map(ModuleList::modules)
            .map(|(name, enabled)| (name.to_owned(), enabled))
            .collect();
        let by_folder = own_modules(store)
            .into_iter()
            .map(|(name, folder)| (folder, listed.get(&name) == Some(&true)));
        Self(by_folder.collect())
    }

    /// Whether a file of `app/code` is compiled: its module is enabled, and it is no test.
    fn compiles(&self, path: &str) -> bool {
        let Some(rest) = path.strip_prefix("app/code/") else {
            return false;
        };
        let parts: Vec<&str> = rest.splitn(4, '/').collect();
        let [vendor, module, folder, ..] = parts.as_slice() else {
            return false;
        };
        *folder != "Test" && self.0.get(&format!("{vendor}/{module}")) == Some(&true)
    }
}

/// The places in a PHP file that need a class of a module that goes, by module. Code that asks whether classes exist is
/// taken to know what it does.
fn breaking(file: &Found, words: &Words<'_>) -> FxHashMap<usize, Vec<String>> {
    let mut places: FxHashMap<usize, Vec<String>> = FxHashMap::default();
    let asks = |text: &&str| {
        ["class_exists", "interface_exists"]
            .iter()
            .any(|word| text.contains(word))
    };
    let text = file
        .text()
        .filter(|text| file.path.ends_with(".php") && !asks(text));
    for class in text.map(needed).unwrap_or_default() {
        let of = words
            .gone
            .iter()
            .position(|module| class.class.starts_with(&module.namespace));
        if let Some(module) = of {
            let line = file.line(class.start);
            places
                .entry(module)
                .or_default()
                .push(format!("{}:{line}: {}", file.path, class.class));
        }
    }
    places
}
