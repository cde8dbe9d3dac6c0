//! Whether a root has a solution with some of its habits given up, asked many times.

use crate::planner::blocked::remedies::relaxation::Relaxation;
use crate::planner::blocked::remedies::search::Search;
use crate::planner::error::PlanError;
use crate::planner::lock::question::Blocked;
use composer_engine::format::root::RootPackage;
use composer_engine::resolve::request::Requirement;
use composer_engine::resolve::solvability::{Requirements, RootFamily, Solvability};
use composer_engine::resolve::update::{Chosen, Update};
use rustc_hash::FxHashSet;
use std::cell::OnceCell;
use std::sync::Arc;
use tracing::debug;

/// Trials that share one pool for each order of the repositories.
pub(crate) struct Trials<'a> {
    search: &'a Search<'a>,
    /// All that any trial may give up.
    widest: Relaxation,
    /// The requirements that some trial leaves out.
    optional: FxHashSet<Arc<str>>,
    ordered: OnceCell<Solvability>,
    unordered: OnceCell<Solvability>,
}

impl<'a> Trials<'a> {
    /// For relaxations that give up no more than `widest` does, but for requirements, of which the `optional` ones may be left
    /// out, and lines, of which all have the same.
    pub(crate) fn new(
        search: &'a Search<'a>,
        widest: Relaxation,
        optional: impl Iterator<Item = &'a String>,
    ) -> Self {
        Trials {
            search,
            widest,
            optional: optional.map(|name| name.as_str().into()).collect(),
            ordered: OnceCell::new(),
            unordered: OnceCell::new(),
        }
    }

    /// Whether a relaxed root has a solution, every locked package being allowed to stay. That its packages for production
    /// hold together by themselves is left to the resolution proper.
    pub(crate) fn has_solution(&self, relaxation: &Relaxation) -> Result<bool, PlanError> {
        let requires = self.requirements(relaxation)?;
        let pool = self.pool(relaxation)?;
        let holds = pool.is_some_and(|solvability| solvability.holds(&requires));
        debug!(?relaxation, holds, "tried");
        Ok(holds)
    }

    /// The packages of a solution that a relaxed root has, its packages for production holding together by themselves, too; else
    /// why there is none.
    pub(crate) fn solution(
        &self,
        relaxation: &Relaxation,
    ) -> Result<Result<Vec<Chosen>, Blocked>, PlanError> {
        let setting = self.search.relaxed(relaxation)?;
        let pool = self.pool(relaxation)?;
        if let Some(found) = pool.and_then(|solvability| solvability.solution(&setting.root)) {
            return Ok(Ok(found));
        }
        let resolved = self.search.question.attempt(&setting)?;
        Ok(resolved.map(
            |Update {
                 mut packages,
                 packages_dev,
                 ..
             }| {
                packages.extend(packages_dev);
                packages
            },
        ))
    }

    fn pool(&self, relaxation: &Relaxation) -> Result<Option<&Solvability>, PlanError> {
        let pool = match relaxation.any_order {
            true => &self.unordered,
            false => &self.ordered,
        };
        if pool.get().is_none() {
            // Nobody else can have filled it in the meantime.
            let _ = pool.set(self.load(relaxation.any_order)?);
        }
        Ok(pool.get())
    }

    fn load(&self, any_order: bool) -> Result<Solvability, PlanError> {
        let Search { question, .. } = self.search;
        let setting = self.search.relaxed(&Relaxation {
            any_order,
            lines: self.widest.lines.clone(),
            ..Relaxation::default()
        })?;
        let own = setting.root.all_requires();
        let is_variant = |name: &str, requirement: &Requirement| {
            own.get(name)
                .is_none_or(|link| link.pretty_constraint != requirement.pretty_constraint)
        };
        let variants: Vec<_> = self
            .requirements(&self.widest)?
            .into_iter()
            .filter(|(name, requirement)| is_variant(name, requirement))
            .collect();
        let family = RootFamily {
            root: &setting.root,
            variants: &variants,
            optional: &self.optional,
        };
        Ok(Solvability::new(
            &setting.source,
            family,
            question.locked.as_ref(),
            &question.lenient(&setting),
        ))
    }

    fn requirements(&self, relaxation: &Relaxation) -> Result<Requirements, PlanError> {
        let Search { question, document } = self.search;
        let document = relaxation.document(document, question.target)?;
        let links = RootPackage::load(document.value())?.all_requires();
        let requirements = links.into_iter().map(|(name, link)| (name, link.into()));
        Ok(requirements.collect())
    }

    /// Takes back what was given up for as many names as a solution allows; the names for which none does.
    pub(crate) fn give_back(
        &self,
        names: &[String],
        relaxation: &mut Relaxation,
        take_back: &impl Fn(&mut Relaxation, &str),
    ) -> Result<Vec<String>, PlanError> {
        let take_back = |trial: &mut Relaxation, name: &String| take_back(trial, name);
        give_back(names, relaxation, &take_back, &|trial| {
            self.has_solution(trial)
        })
    }
}

/// Takes back what was given up for as many items as a solution allows; the items for which none does. Few stand in the way,
/// so halves of the list are tried at once.
pub(super) fn give_back<T: Clone>(
    items: &[T],
    relaxation: &mut Relaxation,
    take_back: &impl Fn(&mut Relaxation, &T),
    has_solution: &impl Fn(&Relaxation) -> Result<bool, PlanError>,
) -> Result<Vec<T>, PlanError> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let mut trial = relaxation.clone();
    items.iter().for_each(|item| take_back(&mut trial, item));
    if has_solution(&trial)? {
        *relaxation = trial;
        return Ok(Vec::new());
    }
    if let [only] = items {
        return Ok(vec![only.clone()]);
    }
    let (first, second) = items.split_at(items.len() / 2);
    let mut left = give_back(first, relaxation, take_back, has_solution)?;
    left.extend(give_back(second, relaxation, take_back, has_solution)?);
    Ok(left)
}
