//! The questions of `mageshift new` about what is in the shop: theme, checkout, languages, sample data, feature sets.

use super::run::Run;
use crate::cli::outcome::error::CliError;
use crate::cli::planning::choices::ask_sets;
use crate::cli::screen::choice::Choice;
use crate::cli::screen::prompt;
use crate::cli::screen::ui::Ui;
use crate::distribution::Target;
use crate::planner::error::PlanError;
use crate::planner::pipeline::new::Draft;
use crate::profile::{self, Base, Library, Profile, State, states};
use crate::project::site::Site;
use composer_engine::repository::PackageSource;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// Asks for what the run leaves open, and notes in it what differs from the profile.
pub(crate) fn ask_contents(
    run: &mut Run,
    library: &Library,
    profile: &Profile,
    draft: &Draft,
    dir: &Path,
    ui: &Ui,
) -> Result<(), CliError> {
    let worked_in = |run: &Run| -> Result<Profile, PlanError> {
        run.wish.packages.worked_into(profile.clone(), library)
    };
    if run.wish.packages.theme.is_none() {
        let now = theme_of(&worked_in(run)?);
        run.wish.packages.theme = ask_choice(ui, "Which theme?", &library.themes, now)?;
    }
    let hyva = |profile: &Profile| theme_of(profile) == "hyva";
    if run.wish.packages.checkout.is_none() && hyva(&worked_in(run)?) {
        run.wish.packages.checkout = ask_choice(ui, "Which checkout?", &library.checkouts, "luma")?;
    }
    let options = run
        .metadata
        .options(&Value::Object(draft.root.clone()), dir)?;
    let progress = ui.progress("Looking at the release");
    let source = draft.open(&Site::at(dir), &options)?;
    let in_release = |profile: &Profile| in_release(library, profile, draft, &source);
    let sets = in_release(&worked_in(run)?);
    drop(progress);
    if run.wish.packages.language.is_empty() {
        ask_languages(run, library, &sets, ui)?;
    }
    if !run.wish.packages.sample_data {
        run.wish.packages.sample_data = prompt::confirm(ui, "Sample products in the shop?")?;
    }
    let sets = in_release(&worked_in(run)?);
    if run.wish.packages.with.is_empty() && run.wish.packages.without.is_empty() {
        ask_sets(&mut run.wish.packages, &sets, ui)?;
    }
    Ok(())
}

/// The theme that a profile has, by its name among the answers.
fn theme_of(profile: &Profile) -> &'static str {
    let is_in = |list: &[String], set: &str| list.iter().any(|name| name == set);
    if is_in(&profile.with, "hyva") {
        "hyva"
    } else if is_in(&profile.with, "graphql") && is_in(&profile.without, "theme-optimization") {
        "headless"
    } else {
        "luma"
    }
}

/// Asks for one of the answers; none when it is the one that the profile has anyway.
fn ask_choice(
    ui: &Ui,
    question: &str,
    answers: &[profile::Choice],
    now: &str,
) -> Result<Option<String>, CliError> {
    let (first, others): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.name == now);
    let answers: Vec<&profile::Choice> = first.into_iter().chain(others).collect();
    let choices: Vec<Choice> = answers
        .iter()
        .map(|answer| Choice {
            label: answer.name.clone(),
            cost: answer.summary.clone(),
        })
        .collect();
    let name = &answers[prompt::select(ui, question, &choices, 0)?].name;
    Ok((name != now).then(|| name.clone()))
}

fn in_release<'l>(
    library: &'l Library,
    profile: &Profile,
    draft: &Draft,
    source: &dyn PackageSource,
) -> Vec<State<'l>> {
    let distribution = draft.target.distribution();
    let full = Target::full(distribution).facts();
    let base = Base {
        distribution,
        source,
        locked: &[],
        requires: &draft.requires(),
        full: (full.product.as_str(), draft.release.version.as_str()),
        replaced: &BTreeSet::new(),
        files: &[],
    };
    states(library, profile, base)
}

/// Asks which language packs there shall be besides English, where there are any.
fn ask_languages(
    run: &mut Run,
    library: &Library,
    sets: &[State<'_>],
    ui: &Ui,
) -> Result<(), CliError> {
    let languages: Vec<(&str, &State<'_>)> = library
        .languages()
        .filter(|(locale, _)| *locale != "en_us")
        .filter_map(|(locale, set)| {
            let state = sets.iter().find(|state| state.set.name == set.name)?;
            Some((locale, state))
        })
        .collect();
    if languages.is_empty() {
        return Ok(());
    }
    let choices: Vec<Choice> = languages
        .iter()
        .map(|(locale, state)| Choice {
            label: (*locale).to_owned(),
            cost: state.set.summary.clone(),
        })
        .collect();
    let before: Vec<bool> = languages.iter().map(|(_, state)| state.is_on).collect();
    let wanted = prompt::choose_many(ui, "Languages besides English", &choices, &before)?;
    let is_wanted = |index: usize| wanted.contains(&index);
    if (0..before.len()).any(|index| before[index] != is_wanted(index)) {
        run.wish.packages.language = vec!["en_us".to_owned()];
        run.wish
            .packages
            .language
            .extend(wanted.iter().map(|index| languages[*index].0.to_owned()));
    }
    Ok(())
}
