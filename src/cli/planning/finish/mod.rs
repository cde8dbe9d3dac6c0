//! Everything after planning: show the plan, save it, ask, apply it, say what comes next.

mod agreement;
mod consent;
mod how;
mod menu;
mod outputs;
mod prepare;
mod show;

pub(crate) use agreement::{agreed_flags, agreements};
pub(crate) use how::Finish;
pub(crate) use outputs::markdown_file;
pub(crate) use prepare::{Wanted, add_diffs, but_for_locks, foresee, name_files, named};

use crate::apply::{Journals, Outcome};
use crate::cli::options::command_line::CommandLine;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::outcome::signal::uninterrupted;
use crate::cli::output_file::Output;
use crate::cli::planning::report::html_file;
use crate::cli::screen::ui::Ui;
use crate::plan::Plan;
use crate::preview::Shown;
use crate::preview::layout::Detail;
use crate::preview::markdown;
use crate::preview::steps;
use crate::project::site::GITIGNORE;
use anyhow::Context;
use consent::is_agreed;
use how::tell_again;
use menu::next;
use outputs::{plan_file, runbook_file, save, write_report, write_runbook};
use prepare::census;
use show::{layout, show};
use std::fs;

/// Carries the plan as far as the arguments and the user want it.
pub(crate) fn finish(mut plan: Plan, ui: &Ui, how: &Finish) -> Result<Exit, CliError> {
    let consent = how.consent;
    let how = &Finish {
        again: how.again.clone().with_files(&ui.files),
        ..*how
    };
    let outputs = [
        how.out.map(plan_file),
        how.runbook.map(runbook_file),
        how.markdown.map(markdown_file),
        how.report.map(html_file),
    ];
    let outputs: Vec<Output> = outputs.into_iter().flatten().collect();
    Output::check_all(&outputs, how.store, Some(&plan))?;
    foresee(&mut plan, how.store, &ui.files);
    let census = census(&plan, how.store);
    let is_whole = ui.json || how.out.is_some();
    add_diffs(&mut plan, how.store, |edit| {
        // A new one is the same for every store.
        let is_plain = edit.before_sha256.is_none() && edit.path == GITIGNORE;
        match (edit.path.ends_with(".lock"), ui.detail) {
            _ if is_whole => Wanted::Diff,
            (true, _) if consent.lock_diff => Wanted::Diff,
            (true, Detail::Normal) => Wanted::Lines,
            (true, _) => Wanted::Nothing,
            (false, Detail::Brief | Detail::Normal) if is_plain => Wanted::Nothing,
            (false, _) => Wanted::Diff,
        }
    });
    if let Some(out) = how.out {
        save(&plan, how.store, out)?;
    }
    let mut shown = Shown::new(&plan, &ui.masker);
    show(&shown, &census, ui, consent)?;
    if let Some(out) = how.out {
        ui.tell(&format!(
            "The plan is saved in {}; it holds whole files, so keep it to yourself.",
            out.display()
        ))?;
    }
    if let Some(path) = how.runbook {
        write_runbook(&plan, &shown, ui, how, path)?;
    }
    if let Some(path) = how.markdown {
        let text = markdown::render(&Shown::new(&plan, &ui.masker));
        markdown_file(path).write(how.store, text.as_bytes())?;
        ui.tell(&format!("The plan is in {} as Markdown.", path.display()))?;
    }
    if let Some(path) = how.report {
        write_report(&plan, ui, how, path)?;
    }
    let is_decided = consent.yes || consent.dry_run || consent.check;
    let asks_what_next = how.guided && ui.can_prompt() && !is_decided;
    let exit = if plan.is_unanswered() || plan.is_blocked() {
        if asks_what_next {
            next(&plan, &shown, &census, ui, how)?;
        }
        match plan.is_unanswered() {
            true => Exit::Failed,
            false => Exit::Blocked,
        }
    } else if !plan.changes_files() {
        tell_again(ui, how)?;
        Exit::Done
    } else if consent.dry_run && !consent.check {
        let command = how.apply_command(&plan);
        ui.tell(&format!("To apply it:\n  {command}"))?;
        Exit::Done
    } else if consent.check
        || (asks_what_next && !next(&plan, &shown, &census, ui, how)?)
        || !is_agreed(&plan, ui, how, asks_what_next)?
    {
        Exit::Pending
    } else {
        apply(&plan, &mut shown, ui, how)?;
        Exit::Done
    };
    if ui.json {
        ui.plan(&shown)?;
    }
    Ok(exit)
}

/// Writes the plan, and says what comes next.
fn apply(plan: &Plan, shown: &mut Shown, ui: &Ui, how: &Finish) -> Result<(), CliError> {
    let undo = CommandLine::new("undo").in_store(how.store);
    let done = "interrupted after the plan was applied; `mageshift undo` takes that back";
    let outcome = uninterrupted(done, || -> Result<Outcome, CliError> {
        // A new project's folder is made at the last moment, so that who gives up leaves nothing behind.
        let made = fs::create_dir_all(how.store)
            .with_context(|| format!("cannot create {}", how.store.display()));
        made.map_err(|error| CliError::new(Exit::Failed, error))?;
        let journals = Journals::open(how.store)?.masked(ui.masker.clone());
        journals.apply(plan).map_err(CliError::not_applied)
    })?;
    shown.note_applied();
    match outcome {
        Outcome::Applied(_) => ui.tell(&format!(
            "{} `{undo}` takes it back.",
            ui.stderr.green("Applied.")
        ))?,
        Outcome::Nothing => ui.tell("The plan is applied already.")?,
    }
    if plan.steps_ahead().next().is_some() && ui.detail > Detail::Brief {
        let steps = steps::render(shown.plan().steps_ahead(), &layout(ui, how.consent));
        ui.show(&format!("\n{}\n\n{steps}", ui.paint().bold("Next steps")))?;
    }
    tell_again(ui, how)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::options::args::{AgreedArgs, ConsentArgs};
    use crate::cli::screen::ui::recorded;
    use crate::plan::{Code, Edit, Finding};
    use crate::plan::{Phase, Side, Step};
    use std::path::PathBuf;

    const BEFORE: &str = "{}\n";
    const AFTER: &str = "{ }\n";

    struct Case {
        folder: tempfile::TempDir,
        plan: Plan,
        consent: ConsentArgs,
        agreed: AgreedArgs,
        out: Option<PathBuf>,
    }

    impl Case {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("composer.json"), BEFORE).unwrap();
            let side = |release: &str| Side {
                distribution: "mage-os".into(),
                edition: "community".into(),
                release: Some(release.into()),
                upstream: None,
            };
            let plan = Plan {
                edits: vec![Edit::new(
                    "composer.json",
                    Some(BEFORE.as_bytes()),
                    Some(AFTER),
                )],
                steps: vec![Step::run(Phase::Install, "composer install", "")],
                ..Plan::between(side("2.0.0"), side("3.0.0"))
            };
            Self {
                folder,
                plan,
                consent: ConsentArgs::default(),
                agreed: AgreedArgs::default(),
                out: None,
            }
        }

        fn with_finding(mut self, code: Code) -> Self {
            let finding = Finding::new(code, code.as_str(), "");
            self.plan.findings.push(finding);
            self
        }

        /// Why nothing was done at all.
        fn refused(&self) -> CliError {
            let (ui, _, _) = recorded::ui(Detail::Normal, false);
            finish(self.plan.clone(), &ui, &self.how()).unwrap_err()
        }

        fn how(&self) -> Finish<'_> {
            let again = CommandLine::new("switch").options("--to", Some("mage-os@3.0.0"));
            Finish {
                agreed: self.agreed,
                out: self.out.as_deref(),
                guided: true,
                ..Finish::new(self.folder.path(), &self.consent, again)
            }
        }

        /// The exit code, both streams, and whether the plan was applied.
        fn run(&self, json: bool) -> (Exit, String, String, bool) {
            let (ui, out, err) = recorded::ui(Detail::Normal, json);
            let exit = finish(self.plan.clone(), &ui, &self.how()).unwrap();
            let is_applied =
                fs::read_to_string(self.folder.path().join("composer.json")).unwrap() == AFTER;
            (exit, out.text(), err.text(), is_applied)
        }
    }

    #[test]
    fn with_nobody_to_ask_the_command_is_told() {
        let (exit, out, err, is_applied) = Case::new().run(false);
        assert!(
            out.contains("\nPlan: writes composer.json.\n")
                && out.contains("  composer.json  +1 -1\n"),
            "{out}"
        );
        assert_eq!(
            err,
            "Nothing was written. To apply it:\n  mageshift switch --to mage-os@3.0.0 --yes\n"
        );
        assert!(exit == Exit::Pending && !is_applied);
    }

    #[test]
    fn yes_applies_and_tells_what_comes_next() {
        let mut case = Case::new();
        case.consent.yes = true;
        let (exit, out, err, is_applied) = case.run(false);
        assert!(exit == Exit::Done && is_applied);
        assert!(
            out.ends_with("\nNext steps\n\n  composer install\n"),
            "{out}"
        );
        assert!(
            err.ends_with(
                "The same without questions:\n  mageshift switch --to mage-os@3.0.0 --yes\n"
            ),
            "{err}"
        );
    }

    #[test]
    fn a_dry_run_and_a_check_write_nothing_even_with_yes() {
        let mut case = Case::new();
        case.consent = ConsentArgs {
            yes: true,
            dry_run: true,
            ..ConsentArgs::default()
        };
        assert!(matches!(case.run(false), (Exit::Done, _, _, false)));
        case.consent.check = true;
        assert!(matches!(case.run(false), (Exit::Pending, _, _, false)));
        case.plan.edits.clear();
        assert!(
            matches!(case.run(false), (Exit::Done, _, _, false)),
            "nothing would change"
        );
    }

    #[test]
    fn a_plan_is_saved_whole_and_privately_even_when_it_is_blocked() {
        let mut case = Case::new().with_finding(Code::NoSolution);
        let out = case.folder.path().join("plan.json");
        case.out = Some(out.clone());
        for (path, text) in [
            ("plan.json", "somebody's own file"),
            ("composer.json", BEFORE),
        ] {
            let path = case.folder.path().join(path);
            fs::write(&path, text).unwrap();
            case.out = Some(path.clone());
            assert_eq!(case.refused().exit, Exit::Usage);
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        case.out = Some(out.clone());
        // An older plan may go.
        let mut older = serde_json::to_value(&case.plan).unwrap();
        older["applied"] = true.into();
        fs::write(&out, older.to_string()).unwrap();
        case.consent.yes = true;
        assert!(matches!(case.run(false), (Exit::Blocked, _, _, false)));
        let saved: Plan = serde_json::from_slice(&fs::read(&out).unwrap()).unwrap();
        assert_eq!(saved.edits[0].after.as_deref(), Some(AFTER));
        assert!(saved.edits[0].diff.contains("+{ }"));
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::MetadataExt::mode(&fs::metadata(out).unwrap()) & 0o777,
            0o600
        );
    }

    #[test]
    fn yes_alone_does_not_agree_to_what_cannot_be_taken_back() {
        let case = Case::new().with_finding(Code::DataLoss);
        let mut case = case.with_finding(Code::Downgrade);
        case.consent = ConsentArgs {
            yes: true,
            ..ConsentArgs::default()
        };
        case.agreed.allow_downgrade = true;
        case.out = Some(case.folder.path().join("plan.json"));
        let (exit, _, err, is_applied) = case.run(false);
        assert!(exit == Exit::Pending && !is_applied);
        let flags = "--accept-data-loss --allow-downgrade --yes\n";
        assert!(
            err.contains("  mageshift apply ") && err.ends_with(flags),
            "{err}"
        );
        case.agreed.accept_data_loss = true;
        assert!(matches!(case.run(false), (Exit::Done, _, _, true)));
    }

    #[test]
    fn json_is_the_only_thing_on_standard_output() {
        let mut case = Case::new();
        case.consent.yes = true;
        let (exit, out, err, _) = case.run(true);
        let document: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!((exit, &document["applied"]), (Exit::Done, &true.into()));
        assert!(err.contains("Next steps"));
    }
}
