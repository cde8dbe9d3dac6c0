//! Questions about packages, of a store and of a new project alike: which profile, which feature sets.

use crate::cli::outcome::error::CliError;
use crate::cli::screen::choice::Choice;
use crate::cli::screen::prompt;
use crate::cli::screen::ui::Ui;
use crate::distribution::Target;
use crate::planner::wish::{Packages, target_of};
use crate::profile::{CORE, Library, Profile, State};

/// Asks for a profile among those that the target can have; with `none` as the first answer, which stands for no profile.
pub(crate) fn ask_profile(
    library: &Library,
    target: Target,
    none: Option<&str>,
    ui: &Ui,
) -> Result<Option<String>, CliError> {
    let profiles: Vec<&Profile> = library
        .profiles
        .iter()
        .filter(|profile| target_of(target, profile).is_ok())
        .collect();
    let none = none.map(|label| Choice {
        label: label.to_owned(),
        cost: String::new(),
    });
    let first = usize::from(none.is_some());
    let named = profiles.iter().map(|profile| Choice {
        label: profile.name.clone(),
        cost: profile.summary.clone(),
    });
    let choices: Vec<Choice> = none.into_iter().chain(named).collect();
    let chosen = prompt::select(ui, "Which profile?", &choices, 0)?.checked_sub(first);
    Ok(chosen
        .and_then(|index| profiles.get(index))
        .map(|profile| profile.name.clone()))
}

/// Asks which feature sets are wanted.
pub(crate) fn ask_sets(
    packages: &mut Packages,
    sets: &[State<'_>],
    ui: &Ui,
) -> Result<(), CliError> {
    let as_they_are = Choice {
        label: "as they are".to_owned(),
        cost: String::new(),
    };
    let choosing = Choice {
        label: "choose".to_owned(),
        cost: "from a list".to_owned(),
    };
    if prompt::select(ui, "Which feature sets?", &[as_they_are, choosing], 0)? == 0 {
        return Ok(());
    }
    let choices: Vec<Choice> = sets.iter().map(set_choice).collect();
    let before: Vec<bool> = sets.iter().map(|state| state.is_on).collect();
    let wanted = prompt::choose_many(ui, "Feature sets", &choices, &before)?;
    for (index, state) in sets.iter().enumerate() {
        match (state.is_on, wanted.contains(&index)) {
            (false, true) => packages.with.push(state.set.name.clone()),
            (true, false) => packages.without.push(state.set.name.clone()),
            _ => {}
        }
    }
    Ok(())
}

/// What a set brings, how many packages that is, what it needs and what needs it.
fn set_choice(state: &State<'_>) -> Choice {
    let set = state.set;
    let mut cost = match state.packages {
        1 => "1 package".to_owned(),
        more => format!("{more} packages"),
    };
    let (core, sets): (Vec<&str>, Vec<&str>) = state
        .needed_by
        .iter()
        .map(String::as_str)
        .partition(|name| *name == CORE);
    if !core.is_empty() {
        cost.push_str(", needed by the core");
    }
    cost.push_str(&format!(": {}", set.summary));
    if !set.needs.is_empty() {
        cost.push_str(&format!("; needs {}", set.needs.join(", ")));
    }
    if !sets.is_empty() {
        cost.push_str(&format!("; needed by {}", sets.join(", ")));
    }
    Choice {
        label: set.name.clone(),
        cost,
    }
}
