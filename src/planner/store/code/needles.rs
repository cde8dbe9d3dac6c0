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
    /// The namespace itself, which code imports to name classes below it.
    Import,
    /// A list of imports from the vendor's namespace, in which the module's may be.
    Group,
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
            let import = module.namespace.trim_end_matches('\\');
            all.push((import.to_owned(), index, What::Import));
            if let Some((vendor, _)) = import.split_once('\\') {
                all.push((format!("{vendor}\\{{"), index, What::Group));
            }
        }
        // A scan finds the first of equal words, which then stands for all modules of the vendor.
        let mut seen = FxHashSet::default();
        all.retain(|(word, _, what)| *what != What::Group || seen.insert(word.clone()));
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

    /// The modules that a hit refers to, and how: one, unless it is a list of imports.
    pub(crate) fn references(&self, text: &[u8], hit: Hit) -> Vec<(usize, What)> {
        match self.all.get(hit.word) {
            Some((word, _, What::Group)) if is_imported(text, hit.start) => {
                let names = group(text, hit.start + word.len());
                let vendor = word.trim_end_matches('{');
                let is_in_list = |gone: &Gone<'_>| {
                    let module = gone.namespace.strip_prefix(vendor);
                    module.is_some_and(|module| names.contains(&module.trim_end_matches('\\')))
                };
                let all = self.gone.iter().enumerate();
                all.filter(|(_, gone)| is_in_list(gone))
                    .map(|(module, _)| (module, What::Group))
                    .collect()
            }
            _ => self.reference(text, hit).into_iter().collect(),
        }
    }

    fn reference(&self, text: &[u8], hit: Hit) -> Option<(usize, What)> {
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
            What::Import => {
                let mut rest = text
                    .get(hit.start + word.len()..)?
                    .trim_ascii_start()
                    .iter();
                let ends = matches!(rest.next(), Some(b';' | b',' | b'a' | b'A'));
                !is_word(after) && ends && is_imported(text, hit.start)
            }
            What::Group => false,
            What::Trace(_) => true,
        };
        fits.then_some((*module, *what))
    }
}

/// How many bytes a `use` of PHP may have. Of what is longer nothing is known, so that no file takes for ever.
const LONGEST_USE: usize = 4096;

/// Whether a name stands in a `use` of PHP.
fn is_imported(text: &[u8], start: usize) -> bool {
    let near = start.saturating_sub(LONGEST_USE);
    let before = text.get(near..start).unwrap_or_default();
    let begin = before.iter().rposition(|byte| b";{}>".contains(byte));
    let statement = before
        .get(begin.map_or(0, |at| at + 1)..)
        .unwrap_or_default();
    let mut words = statement
        .split(|byte| byte.is_ascii_whitespace() || b"\\,".contains(byte))
        .filter(|word| !word.is_empty());
    // What stands before may be the end of a comment.
    words.any(|word| word.eq_ignore_ascii_case(b"use"))
}

/// The modules in a list of imports that begins here: the first part of each name.
fn group(text: &[u8], start: usize) -> Vec<&str> {
    let rest = text.get(start..).unwrap_or_default();
    let rest = rest.get(..LONGEST_USE).unwrap_or(rest);
    let end = memchr::memchr(b'}', rest).unwrap_or(0);
    let list = rest
        .get(..end)
        .and_then(|list| std::str::from_utf8(list).ok());
    let names = list.unwrap_or_default().split(',');
    names
        .filter_map(|name| name.trim().split(['\\', ' ', '\n', '\t', '\r']).next())
        .filter(|name| !name.is_empty())
        .collect()
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
