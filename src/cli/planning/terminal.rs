//! What the planner asks, answered by the person at the terminal.

use super::choices::{ask_profile, ask_sets};
use super::cost;
use super::cost::{Estimate, Told};
use crate::cli::outcome::error::CliError;
use crate::cli::screen::choice;
use crate::cli::screen::list::Costs;
use crate::cli::screen::progress::Progress;
use crate::cli::screen::prompt;
use crate::cli::screen::ui::Ui;
use crate::distribution::{Family, LATEST, Release, Target, TargetSpec};
use crate::plan::{Finding, Plan};
use crate::planner::error::PlanError;
use crate::planner::error::Question;
use crate::planner::root::{Choice, Conflict};
use crate::planner::survey::Survey;
use crate::planner::wish::ask::Ask;
use crate::planner::wish::{NewModules, Packages};
use crate::preview::side_name;
use crate::profile::{Library, State};
use std::cell::{Cell, RefCell};

/// Whoever sits there, if anybody does.
pub(crate) struct Terminal<'a> {
    ui: &'a Ui,
    /// Whether to take the recommended answer wherever there is one.
    is_agreed: bool,
    has_asked: Cell<bool>,
    progress: RefCell<Option<Progress>>,
    estimate: RefCell<Option<Estimate>>,
}

impl<'a> Terminal<'a> {
    /// `is_agreed` says that a yes was given beforehand: where there is a recommended answer, it is not asked for.
    pub(crate) fn new(ui: &'a Ui, is_agreed: bool) -> Self {
        Self {
            ui,
            is_agreed,
            has_asked: Cell::new(false),
            progress: RefCell::new(None),
            estimate: RefCell::new(None),
        }
    }

    /// From now on, it is known what a target would cost the store.
    pub(crate) fn can_estimate(&self, estimate: Estimate) {
        self.estimate.replace(Some(estimate));
    }

    /// Whether anything was asked.
    pub(crate) fn has_asked(&self) -> bool {
        self.has_asked.get()
    }

    /// Whether somebody sits there.
    pub(crate) fn may_ask(&self) -> bool {
        self.ui.can_prompt()
    }

    /// Nothing is being done any more.
    pub(crate) fn rest(&self) {
        self.progress.take();
    }

    /// What each of the targets costs, as it becomes known.
    fn costs(&self, specs: Vec<TargetSpec>, told: Told) -> Option<Costs> {
        let estimate = self.estimate.borrow().clone()?;
        Some(cost::look_for(estimate, specs, told))
    }

    /// The terminal for a question; an error where there is nobody.
    fn ask(&self, question: Question) -> Result<&'a Ui, CliError> {
        if !self.ui.can_prompt() {
            return Err(PlanError::Unasked(question).into());
        }
        self.rest();
        self.has_asked.set(true);
        Ok(self.ui)
    }
}

impl Ask for Terminal<'_> {
    type Error = CliError;

    fn phase(&self, what: &str) {
        let mut progress = self.progress.borrow_mut();
        match &*progress {
            Some(progress) => progress.set(what),
            None => *progress = Some(self.ui.progress(what)),
        }
    }

    fn target(&self, survey: &Survey<'_>) -> Result<Target, CliError> {
        let ui = self.ask(Question::Target)?;
        tell_what_it_is(survey, ui)?;
        let own = survey.source.target;
        let mut targets: Vec<Target> = own.others().collect();
        // Who has left Magento stays: for them the newest release comes first.
        let place = match own.is_in(Family::Rebuild) {
            true => 0,
            false => targets.len(),
        };
        targets.insert(place, own);
        let choices: Vec<choice::Choice> = targets
            .iter()
            .enumerate()
            .map(|(place, target)| {
                let mut cost = match *target {
                    same if survey.direction(same).stays_in_target() => {
                        "stays what it is, another release".to_string()
                    }
                    other if survey.direction(other).leaves(Family::Commerce) => {
                        "data of Commerce features are lost".to_string()
                    }
                    other if other.facts().credentials => {
                        format!("needs keys of {}", other.host())
                    }
                    _ => "no account needed".to_string(),
                };
                if place == 0 {
                    cost = format!("recommended: {cost}");
                }
                choice::Choice {
                    label: target.name().to_string(),
                    cost,
                }
            })
            .collect();
        let specs = targets.iter().map(|target| TargetSpec {
            target: *target,
            release: survey
                .direction(*target)
                .stays_in_target()
                .then(|| LATEST.to_owned()),
        });
        let costs = || self.costs(specs.collect(), Told::WithRelease);
        let question = "What should it become?";
        let chosen = prompt::select_costed(ui, question, &choices, 0, costs)?;
        Ok(targets[chosen])
    }

    fn release(
        &self,
        survey: &Survey<'_>,
        target: Target,
        offer: &[&Release],
        default: Option<&Release>,
    ) -> Result<usize, CliError> {
        let ui = self.ask(Question::Target)?;
        let choices: Vec<choice::Choice> = offer
            .iter()
            .map(|release| release_choice(survey, target, release, default))
            .collect();
        let specs = offer.iter().map(|release| TargetSpec {
            target,
            release: Some(release.version.clone()),
        });
        let costs = || self.costs(specs.collect(), Told::WithoutRelease);
        prompt::select_costed(ui, "Which release?", &choices, 0, costs)
    }

    fn profile(
        &self,
        survey: &Survey<'_>,
        library: &Library,
        target: Target,
    ) -> Result<Option<String>, CliError> {
        let ui = self.ask(Question::Packages)?;
        tell_what_it_is(survey, ui)?;
        ask_profile(library, target, Some("as it is"), ui)
    }

    fn sets(&self, packages: &mut Packages, states: &[State<'_>]) -> Result<(), CliError> {
        ask_sets(packages, states, self.ask(Question::Packages)?)
    }

    fn conflicts(&self, open: &[&Conflict]) -> Result<Option<Vec<Choice>>, CliError> {
        if !self.ui.can_prompt() || self.is_agreed {
            return Ok(None);
        }
        self.rest();
        self.has_asked.set(true);
        let questions: Vec<prompt::Conflict> = open
            .iter()
            .map(|conflict| prompt::Conflict {
                entry: conflict.path.clone(),
                ours: conflict.ours.to_string(),
                theirs: conflict.theirs.to_string(),
                keep_by_default: conflict.default != Some(Choice::Theirs),
            })
            .collect();
        let keep = prompt::decide(self.ui, &questions)?;
        let choice = |keep| if keep { Choice::Ours } else { Choice::Theirs };
        Ok(Some(keep.into_iter().map(choice).collect()))
    }

    /// Only who was asked for the target is asked for another one: whoever has named it wants to know why not.
    fn instead(&self, blocked: &Plan, target: Target, nearest: &Release) -> Result<bool, CliError> {
        if !self.has_asked() {
            return Ok(false);
        }
        self.rest();
        let wanted = blocked.target.release.as_deref().unwrap_or_default();
        let choice = |version: &str, cost: &str| choice::Choice {
            label: format!("{} {version}", target.name()),
            cost: cost.to_owned(),
        };
        let choices = [
            choice(
                &nearest.version,
                "the nearest release that the store can go to as it is",
            ),
            choice(wanted, "blocked; shows what stands in the way"),
        ];
        let question = format!("{} {wanted} cannot be reached", target.name());
        Ok(prompt::select(self.ui, &question, &choices, 0)? == 0)
    }

    fn new_modules(&self, come: &Finding) -> Result<NewModules, CliError> {
        let ui = self.ask(Question::NewModules)?;
        ui.tell(&format!("{}. {}\n", come.title, come.detail))?;
        let choice = |label: &str, cost: &str| choice::Choice {
            label: label.to_owned(),
            cost: cost.to_owned(),
        };
        let choices = [
            choice("Enable them", "as setup:upgrade would do"),
            choice("Disable them", "they can be enabled one by one later"),
        ];
        Ok(
            match prompt::select(ui, "What about the new modules?", &choices, 0)? {
                0 => NewModules::Enable,
                _ => NewModules::Disable,
            },
        )
    }
}

fn tell_what_it_is(survey: &Survey<'_>, ui: &Ui) -> Result<(), CliError> {
    match ui.dialog.is_repeating() {
        true => Ok(()),
        false => ui.tell(&format!("This store is {}.\n", side_name(&survey.side()))),
    }
}

fn release_choice(
    survey: &Survey<'_>,
    target: Target,
    release: &Release,
    default: Option<&Release>,
) -> choice::Choice {
    let mut cost = Vec::new();
    let is_here = survey.direction(target).stays_in_target()
        && survey.source.release.as_deref() == Some(release.version.as_str());
    if default.is_some_and(|default| default.version == release.version) {
        cost.push("recommended: no upgrade, or the smallest".to_string());
    } else if is_here {
        cost.push("where the store is".to_string());
    } else if survey.is_downgrade(release) {
        cost.push("a downgrade".to_string());
    }
    let upstream = release.upstream.as_ref();
    let upstream = upstream.filter(|_| target.is_in(Family::Rebuild));
    cost.extend(upstream.map(|upstream| format!("Magento {upstream}")));
    cost.extend(cost::facts(&survey.catalog, target, release));
    choice::Choice {
        label: format!("{} {}", target.name(), release.version),
        cost: cost.join(", "),
    }
}
