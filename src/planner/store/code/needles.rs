//! The words that give away a reference to a module that goes.

use crate::planner::store::Switch;
use crate::planner::store::code::behaviour;
use crate::planner::store::code::footprint::{self, Traces};
use crate::planner::store::modules::Modules;
use crate::planner::store::packages::Packages;
use crate::project::modules::own_modules;
use crate::project::scan::Hit;
use rustc_hash::FxHashSet;

/// A module that goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gone<'a> {
    /// As code and config.php name it: `Magento_Analytics`.
    pub name: String,
    /// `Magento\Analytics\`
    pub namespace: String,
    /// The package that brings it, and goes.
    pub package: &'a str,
}

/// What a word stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// The namespace of the module's classes.
    Namespace,
    /// The module's own name.
    Name,
    /// What the module leaves in other code besides.
    Trace(footprint::Kind),
}

/// The words that give away a reference to a module that goes, for the scan.
pub(crate) struct Words<'a> {
    /// The modules that go, which [`What`] is about by their places.
    pub(crate) gone: Vec<Gone<'a>>,
    /// The word, the module it belongs to, and what it stands for.
    all: Vec<(String, usize, What)>,
    habits: Vec<String>,
}

impl<'a> Words<'a> {
    /// The words for the modules of the packages that go, unless the store has a module of that name in `app/code`.
    pub(crate) fn of(switch: &'a Switch<'a>, packages: &Packages<'a>) -> Self {
        let mut words = Self::of_classes(switch, packages);
        let traces = Traces::read(packages, switch.survey.project.store.as_ref());
        for (index, module) in words.gone.iter().enumerate() {
            for (word, kind) in traces.of(module.package) {
                words.all.push((word, index, What::Trace(kind)));
            }
        }
        words.habits = behaviour::words(packages);
        words
    }

    /// Only the names of the modules and of their classes, which tell what cannot be compiled without them.
    pub(crate) fn of_classes(switch: &'a Switch<'a>, packages: &Packages<'a>) -> Self {
        let store = switch.survey.project.store.as_ref();
        let own = own_modules(store);
        let provided = namespaces(packages);
        let gone: Vec<Gone> = Modules::of(packages, store)
            .gone()
            .filter(|(name, _)| !own.contains_key(*name))
            .map(|(name, package)| Gone {
                name: name.to_owned(),
                namespace: format!("{}\\", name.replacen('_', "\\", 1)),
                package,
            })
            .filter(|module| !provided.contains(module.namespace.as_str()))
            .collect();
        let mut all = Vec::new();
        for (index, module) in gone.iter().enumerate() {
            all.push((module.name.clone(), index, What::Name));
            all.push((module.namespace.clone(), index, What::Namespace));
            all.push((
                module.namespace.replace('\\', "\\\\"),
                index,
                What::Namespace,
            ));
        }
        Self {
            gone,
            all,
            habits: Vec::new(),
        }
    }

    /// The words as texts, in the order that [`Hit::word`] counts.
    pub(crate) fn texts(&self) -> impl Iterator<Item = String> + '_ {
        let habits = self.habits.iter().cloned();
        self.all.iter().map(|(word, ..)| word.clone()).chain(habits)
    }

    /// The module that a hit refers to, and how.
    pub(crate) fn reference(&self, text: &[u8], hit: Hit) -> Option<(usize, What)> {
        let (word, module, what) = self.all.get(hit.word)?;
        let before = text.get(..hit.start)?.last();
        let after = text.get(hit.start + word.len());
        let is_word = |byte: Option<&u8>| {
            byte.is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let fits = match what {
            What::Name => !is_word(before) && !is_word(after),
            // `Acme\Magento\Rma\` is another namespace; `\Magento\Rma\` is not.
            What::Namespace => {
                let lead = text.get(..hit.start)?;
                let lead = lead.strip_suffix(b"\\").unwrap_or(lead);
                let lead = lead.strip_suffix(b"\\").unwrap_or(lead);
                !is_word(lead.last())
            }
            What::Trace(_) => true,
        };
        fits.then_some((*module, *what))
    }
}

/// The namespaces in which packages of the target have classes. They may be those of modules that go.
fn namespaces<'a>(packages: &Packages<'a>) -> FxHashSet<&'a str> {
    let namespaces = packages
        .all_new()
        .filter_map(|(_, entry)| entry.get("autoload")?.get("psr-4")?.as_object());
    namespaces
        .flat_map(|namespaces| namespaces.keys().map(String::as_str))
        .collect()
}
