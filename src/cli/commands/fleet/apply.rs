//! Carrying out the plan of one store: as a commit on a branch of its own, or in place.

use super::args::ApplyingArgs;
use super::look::{Look, no_target};
use super::place::Opened;
use crate::apply::{ApplyError, Journals, Outcome as Applied};
use crate::cli::options::args::AgreedArgs;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::outcome::signal::held;
use crate::cli::planning::finish::agreements;
use crate::fleet::git::{Checkout, Forge, ForgeError};
use crate::fleet::list::Settings;
use crate::fleet::result::{Committed, Done, Outcome, StoreResult};
use crate::fleet::results::id;
use crate::fleet::storage::{Expected, Storage};
use crate::plan::sentence::count;
use crate::plan::{Plan, Severity, Side};
use crate::preview::{Shown, clean, markdown, shown_side, side_name};
use std::io::Write;

/// How the plan of one store is carried out.
pub(super) struct Apply<'a> {
    /// The store with what is wanted of it.
    pub look: &'a Look<'a>,
    /// Its folder, and where it is in git.
    pub opened: &'a Opened,
    /// What is agreed to, and how it gets into git.
    pub args: &'a ApplyingArgs,
    /// Where the texts of pull requests are kept.
    pub storage: &'a dyn Storage,
    /// What came of the store before, when something was.
    pub before: Option<&'a Done>,
}

impl Apply<'_> {
    /// Plans and applies; what goes wrong after a commit was made is told along with the commit.
    pub(super) fn run(&self, mut result: StoreResult) -> StoreResult {
        match self.carry_out(&mut result) {
            Ok(()) => result.judged(),
            Err(error) => self.look.failed(result, &error),
        }
    }

    fn carry_out(&self, result: &mut StoreResult) -> Result<(), CliError> {
        let folder = &self.opened.folder;
        let checkout = self.opened.checkout.as_ref();
        // Before git is asked, which would only see that files have changed.
        let journals = Journals::open(folder)?;
        match journals.check_finished() {
            // A run of the fleet that was cut off while it wrote here; its files go back, and then it is as it was.
            Err(ApplyError::Unfinished { .. }) if checkout.is_none() || self.args.in_place => {
                held(|| journals.undo(false))?;
            }
            finished => finished?,
        }
        if let Some(checkout) = checkout {
            checkout.check_clean()?;
        }
        let (project, options) = self.look.read()?;
        let [spec] = self.look.settings.to.as_slice() else {
            return Err(match self.look.settings.to.len() {
                0 => no_target(),
                _ => CliError::message(
                    Exit::Usage,
                    "a store can become one thing only, and several targets are named",
                )
                .hint("compare targets with `mageshift fleet check`, then name one"),
            });
        };
        let plan = match self.look.planned(&project, &options, spec) {
            Ok(plan) => plan,
            Err(error) => {
                result
                    .targets
                    .push(self.look.unplanned(&project, spec, &error));
                return Ok(());
            }
        };
        result.store = Some(shown_side(&plan.source, self.look.masker));
        let mut reach = self.look.reach(spec, &plan);
        if reach.outcome == Outcome::Go
            && let Some((finding, flag)) = not_agreed(&plan, self.look.settings, self.args)
        {
            reach.outcome = Outcome::Blocked;
            // The option first: a table may have no room for more.
            reach.summary = format!("needs {flag}: {finding}");
        }
        let goes = reach.outcome == Outcome::Go;
        result.targets.push(reach);
        if !goes {
            return Ok(());
        }
        if !plan.changes_files() {
            // What an earlier run did is still what was done.
            let before = self
                .before
                .filter(|done| matches!(done, Done::Files { .. }));
            result.done = Some(before.cloned().unwrap_or(Done::Nothing));
            return Ok(());
        }
        match checkout.filter(|_| !self.args.in_place) {
            Some(checkout) => self.commit(checkout, &plan, result),
            None => {
                let journals = Journals::open(folder)?.masked(self.look.masker.clone());
                let applied = held(|| journals.apply(&plan)).map_err(CliError::not_applied)?;
                result.done = Some(match applied {
                    Applied::Applied(record) => Done::Files {
                        paths: record.paths().map(str::to_owned).collect(),
                    },
                    Applied::Nothing => Done::Nothing,
                });
                Ok(())
            }
        }
    }

    fn commit(
        &self,
        checkout: &Checkout,
        plan: &Plan,
        result: &mut StoreResult,
    ) -> Result<(), CliError> {
        let shown = Shown::new(plan, self.look.masker);
        let title = title(shown.plan());
        let mut committed = checkout.commit(plan, &message(&title, shown.plan()))?;
        let text = pull_request(&shown, &committed);
        let path = format!("apply/pull-requests/{}.md", id(&result.name));
        self.storage
            .put(&path, text.as_bytes(), &Expected::Anything)?;
        let ended = self.publish(checkout, &mut committed, &title, &text);
        result.done = Some(Done::Branch(committed));
        ended
    }

    fn publish(
        &self,
        checkout: &Checkout,
        committed: &mut Committed,
        title: &str,
        text: &str,
    ) -> Result<(), CliError> {
        if !self.args.push {
            return Ok(());
        }
        checkout.push(committed)?;
        if !self.args.open_pr {
            return Ok(());
        }
        let url = checkout.origin.as_ref().map_or("", |(_, url)| url);
        let named = self.args.forge.map(Forge::from);
        let forge = named
            .or_else(|| Forge::of_url(url))
            .ok_or_else(|| ForgeError::Unknown(composer_engine::repository::masked(url)))?;
        let mut file = tempfile::Builder::new().suffix(".md").tempfile()?;
        file.write_all(text.as_bytes())?;
        let address = forge.open(checkout, committed, title, file.path())?;
        committed.pull_request = Some(clean(&address, self.look.masker));
        Ok(())
    }
}

/// What has to be agreed to before a plan is applied, and the option that does.
fn not_agreed(
    plan: &Plan,
    settings: &Settings,
    args: &ApplyingArgs,
) -> Option<(&'static str, &'static str)> {
    let agreed = AgreedArgs {
        accept_data_loss: args.agreed.accept_data_loss || settings.accept_data_loss == Some(true),
        allow_downgrade: args.agreed.allow_downgrade || settings.allow_downgrade == Some(true),
    };
    let open = agreements(agreed)
        .into_iter()
        .find(|agreement| plan.has_finding(agreement.code) && !agreement.is_given)?;
    Some((open.what, open.flag))
}

/// What a plan does, as the first line of a commit.
fn title(plan: &Plan) -> String {
    let short = |side: &Side| {
        side_name(&Side {
            upstream: None,
            ..side.clone()
        })
    };
    let (from, to) = (short(&plan.source), short(&plan.target));
    let is_same = (&plan.source.distribution, &plan.source.edition)
        == (&plan.target.distribution, &plan.target.edition);
    match (is_same, &plan.target.release) {
        (true, Some(release)) => format!("Upgrade {from} to {release}"),
        _ => format!("Switch from {from} to {to}"),
    }
}

/// The message of the commit: what changes, what has to be known, and who made it.
fn message(title: &str, plan: &Plan) -> String {
    let core = plan.changes.iter().filter(|change| change.core).count();
    let others = plan.changes.len() - core;
    let mut text = format!(
        "{title}\n\n{} and {} change.\n",
        count(core, "core package"),
        count(others, "other")
    );
    let warnings = plan
        .findings
        .iter()
        .filter(|finding| finding.severity() == Severity::Warning);
    let warnings: Vec<String> = warnings
        .map(|finding| format!("- {}\n", finding.title))
        .collect();
    if !warnings.is_empty() {
        text.push_str(&format!("\nTo be known:\n{}", warnings.concat()));
    }
    text.push_str(concat!(
        "\nMade by mageshift ",
        env!("CARGO_PKG_VERSION"),
        ".\n"
    ));
    text
}

/// The text of a pull request: the plan, and what no commit has.
fn pull_request(shown: &Shown, committed: &Committed) -> String {
    let mut text = markdown::render(shown);
    if !committed.left.is_empty() {
        let paths: Vec<String> = committed
            .left
            .iter()
            .map(|path| format!("- `{path}`\n"))
            .collect();
        text.push_str(&format!(
            "\n### Not in this branch\n\nThe plan changes these files as well, which are not in git:\n\n{}",
            paths.concat()
        ));
    }
    text
}
