//! Everything after planning: show the plan, save it, ask, apply it, say what comes next.

use super::args::ConsentArgs;
use super::command_line::CommandLine;
use super::error::CliError;
use super::exit::Exit;
use super::output_file::{Output, is_plan, is_runbook};
use super::prompt;
use super::report::{html_file, of_plan};
use super::signal::uninterrupted;
use super::ui::{Ui, terminal_width};
use crate::apply::{Journals, Outcome, Readers, foreseen};
use crate::plan::census::Census;
use crate::plan::{Code, Edit, Finding, Plan};
use crate::planner::new::GITIGNORE;
use crate::preview::Shown;
use crate::preview::layout::{Detail, Layout};
use crate::preview::markdown;
use crate::preview::runbook::{self, Surroundings};
use crate::preview::side_name;
use crate::preview::steps;
use crate::preview::text;
use crate::project::LOCK;
use crate::project::env_php::EnvPhp;
use crate::project::root_files::RootFiles;
use crate::project::store_files::DiskFiles;
use anyhow::Context;
use composer_engine::files;
use std::fs;
use std::path::Path;

/// What a command knows about its plan.
pub(super) struct Finish<'a> {
    pub store: &'a Path,
    pub consent: &'a ConsentArgs,
    /// Where to save the plan, blocked or not.
    pub out: Option<&'a Path>,
    /// Where to write the runbook.
    pub runbook: Option<&'a Path>,
    /// Where to write the plan as Markdown.
    pub markdown: Option<&'a Path>,
    /// Where to write the document for who decides.
    pub report: Option<&'a Path>,
    /// Whether to apply without `--yes` when there is nobody to ask: the command itself was the yes.
    pub applies_unasked: bool,
    /// The command that would make the same plan again and apply it.
    pub again: CommandLine,
    /// Whether questions led to this plan, so that the command is worth telling at the end.
    pub guided: bool,
}

impl Finish<'_> {
    /// The command that applies the plan without questions: the saved one when there is one, else the one that makes it
    /// again.
    fn apply_command(&self, plan: &Plan) -> CommandLine {
        let line = match self.out {
            // The saved plan has the paths of its files.
            Some(out) => in_store(
                CommandLine::new("apply").word(out.display().to_string()),
                self.store,
            ),
            None => self.again.clone(),
        };
        let agreements = agreements(self.consent);
        // What makes the plan again has the flags that were given.
        agreements
            .iter()
            .filter(|agreement| plan.has_finding(agreement.code))
            .filter(|agreement| self.out.is_some() || !agreement.is_given)
            .fold(line, |line, agreement| line.word(agreement.flag))
            .word("--yes")
    }
}

/// A word to type in place of a flag.
struct Agreement {
    code: Code,
    flag: &'static str,
    is_given: bool,
    word: &'static str,
    warning: &'static str,
}

/// Carries the plan as far as the arguments and the user want it.
pub(super) fn finish(mut plan: Plan, ui: &Ui, how: &Finish) -> Result<Exit, CliError> {
    let consent = how.consent;
    let how = &Finish {
        again: how.again.clone().with_files(&ui.files),
        ..*how
    };
    if let Some(out) = how.out {
        plan_file(out).check(how.store, Some(&plan))?;
    }
    if let Some(path) = how.runbook {
        runbook_file(path).check(how.store, Some(&plan))?;
    }
    if let Some(path) = how.markdown {
        markdown_file(path).check(how.store, Some(&plan))?;
    }
    if let Some(path) = how.report {
        html_file(path).check(how.store, Some(&plan))?;
    }
    foresee(&mut plan, how.store, &ui.files);
    let census = census(&plan, how.store);
    let shows_all =
        ui.json || how.out.is_some() || consent.lock_diff || ui.detail == Detail::Normal;
    add_diffs(&mut plan, how.store, |edit| {
        // A new one is the same for every store.
        let is_plain = edit.before_sha256.is_none() && edit.path == GITIGNORE;
        let is_lock = edit.path.ends_with(".lock");
        (shows_all || !is_lock)
            && (!is_plain || ui.json || how.out.is_some() || ui.detail == Detail::Full)
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

/// Adds what writing the plan is going to meet, and says everything with the names that root and lock have in this store.
pub(super) fn foresee(plan: &mut Plan, store: &Path, files: &RootFiles) {
    let known: Vec<Code> = plan.findings.iter().map(|finding| finding.code()).collect();
    // A saved plan may have them already.
    plan.findings.extend(
        foreseen(store, plan)
            .into_iter()
            .filter(|finding| !known.contains(&finding.code())),
    );
    plan.findings.sort_by_key(Finding::severity);
    name_files(plan, files);
}

/// Fills in the diffs that are wanted. A file that is no longer the one the plan was made from gets none.
pub(super) fn add_diffs(plan: &mut Plan, store: &Path, is_wanted: impl Fn(&Edit) -> bool) {
    for edit in plan.edits.iter_mut().filter(|edit| is_wanted(edit)) {
        let now = files::read(&store.join(&edit.path), files::DATA).ok();
        edit.add_diff(now.as_deref());
    }
}

/// What the changes do not tell: which packages are extensions, and what stays.
fn census(plan: &Plan, store: &Path) -> Census {
    let edit = Census::lock_edit(plan);
    let path = edit.map_or(LOCK, |edit| &edit.path);
    let before = files::read(&store.join(path), files::DATA).unwrap_or_default();
    Census::of(&before, edit.and_then(|edit| edit.after.as_deref()))
}

fn show(plan: &Shown, census: &Census, ui: &Ui, consent: &ConsentArgs) -> Result<(), CliError> {
    if ui.json && ui.detail == Detail::Brief {
        return Ok(());
    }
    let layout = layout(ui, consent);
    let text = text::render(plan, census, &layout);
    if layout.diff || layout.packages || layout.lock_diff || ui.detail == Detail::Full {
        ui.page(&text)
    } else {
        ui.show(&text)
    }
}

/// How things are laid out on this terminal.
fn layout<'a>(ui: &'a Ui, consent: &ConsentArgs) -> Layout<'a> {
    Layout {
        diff: consent.diff,
        packages: consent.packages,
        lock_diff: consent.lock_diff,
        ..ui.layout()
    }
}

/// The file for the whole plan, which only its owner can read.
fn plan_file(path: &Path) -> Output<'_> {
    Output {
        path,
        what: "a saved plan",
        readers: Readers::Owner,
        is_own: &is_plan,
    }
}

fn runbook_file(path: &Path) -> Output<'_> {
    Output {
        path,
        what: "a runbook",
        readers: Readers::Umask,
        is_own: &is_runbook,
    }
}

pub(super) fn markdown_file(path: &Path) -> Output<'_> {
    Output {
        path,
        what: "a plan as Markdown",
        readers: Readers::Umask,
        is_own: &markdown::is_rendered,
    }
}

/// Writes the whole plan.
fn save(plan: &Plan, store: &Path, out: &Path) -> Result<(), CliError> {
    let mut text =
        serde_json::to_vec_pretty(plan).map_err(|error| CliError::new(Exit::Failed, error))?;
    text.push(b'\n');
    plan_file(out).write(store, &text)
}

/// Writes the steps of a switch, masked as all that is shown.
fn write_runbook(
    plan: &Plan,
    shown: &Shown,
    ui: &Ui,
    how: &Finish,
    path: &Path,
) -> Result<(), CliError> {
    let apply = how.apply_command(plan).to_string();
    let apply = ui.masker.mask(&apply).into_owned();
    let surroundings = Surroundings {
        apply: &apply,
        table_prefix: &EnvPhp::read(&DiskFiles::below(how.store))
            .ok()
            .flatten()
            .unwrap_or_default()
            .table_prefix,
    };
    let text = runbook::render(shown, &surroundings);
    runbook_file(path).write(how.store, text.as_bytes())?;
    ui.tell(&format!("The runbook is in {}.", path.display()))
}

/// Writes the document for who decides.
fn write_report(plan: &Plan, ui: &Ui, how: &Finish, path: &Path) -> Result<(), CliError> {
    let mut plan = plan.clone();
    add_diffs(&mut plan, how.store, |_| true);
    let env = EnvPhp::read(&DiskFiles::below(how.store)).ok().flatten();
    let prefix = env.unwrap_or_default().table_prefix;
    let apply = how.apply_command(&plan).to_string();
    let text = of_plan(&plan, how.store, &apply, &prefix);
    html_file(path).write(how.store, text.as_bytes())?;
    ui.tell(&format!("The report is in {}.", path.display()))
}

/// The flags that agree to what a plan cannot take back.
pub(super) fn agreed_flags(plan: &Plan) -> Vec<&'static str> {
    agreements(&ConsentArgs::default())
        .iter()
        .filter(|agreement| plan.has_finding(agreement.code))
        .map(|agreement| agreement.flag)
        .collect()
}

/// What cannot be taken back has to be agreed to by a flag of its own.
fn agreements(consent: &ConsentArgs) -> [Agreement; 2] {
    [
        Agreement {
            code: Code::DataLoss,
            flag: "--accept-data-loss",
            is_given: consent.accept_data_loss,
            word: "lose data",
            warning: "This destroys data of the shop, see above.",
        },
        Agreement {
            code: Code::Downgrade,
            flag: "--allow-downgrade",
            is_given: consent.allow_downgrade,
            word: "downgrade",
            warning: "This goes back to an older Magento, see above.",
        },
    ]
}

/// What to do with a plan that questions led to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Apply,
    Look,
    Save,
    Change,
    Stop,
}

impl Next {
    /// What can be done with this plan, each with what it means.
    fn offer(plan: &Plan, ui: &Ui) -> Vec<(Self, prompt::Choice)> {
        let choice = |label: &str, cost: &str| prompt::Choice {
            label: label.to_owned(),
            cost: cost.to_owned(),
        };
        let look = match plan.is_blocked() {
            true => choice("show everything", "every finding, every reason"),
            false => choice(
                "show the diff",
                "every line that changes, then this question again",
            ),
        };
        let all = [
            (
                Self::Apply,
                choice("apply", "writes the files; `mageshift undo` takes it back"),
            ),
            (Self::Look, look),
            (
                Self::Save,
                choice("save the plan", "to be applied later, or by somebody else"),
            ),
            (
                Self::Change,
                choice("change an answer", "all others stay as they are"),
            ),
            (Self::Stop, choice("stop", "nothing is written")),
        ];
        let fits = |next: Self| match next {
            Self::Apply | Self::Save => !plan.is_blocked(),
            Self::Change => ui.dialog.has_answers(),
            Self::Look | Self::Stop => true,
        };
        all.into_iter().filter(|(next, _)| fits(*next)).collect()
    }
}

/// Asks what to do next until that is decided; whether it is to apply. The cursor stands on looking first, so that Enter
/// alone writes nothing.
fn next(
    plan: &Plan,
    shown: &Shown,
    census: &Census,
    ui: &Ui,
    how: &Finish,
) -> Result<bool, CliError> {
    let mut favourite = Next::Look;
    loop {
        let offer = Next::offer(plan, ui);
        let choices: Vec<prompt::Choice> = offer.iter().map(|(_, choice)| choice.clone()).collect();
        let place = offer.iter().position(|(next, _)| *next == favourite);
        let picked = prompt::menu(ui, "What now?", &choices, place.unwrap_or_default())?;
        let Some((next, choice)) = picked.and_then(|index| offer.get(index)) else {
            return Err(ui.dialog.back());
        };
        ui.warn(&format!("What now? {}", ui.stderr.green(&choice.label)))?;
        match next {
            Next::Apply => return Ok(true),
            Next::Look => {
                let mut layout = layout(ui, how.consent);
                match plan.is_blocked() {
                    true => layout.detail = Detail::Full,
                    false => layout.diff = true,
                }
                ui.page(&text::render(shown, census, &layout))?;
                favourite = match plan.is_blocked() {
                    true => Next::Change,
                    false => Next::Apply,
                };
            }
            Next::Save => {
                if save_for_later(plan, ui, how)? {
                    tell_again(ui, how)?;
                    return Ok(false);
                }
            }
            Next::Change => {
                if let Some(index) = which_answer(ui)? {
                    return Err(ui.dialog.change(index));
                }
            }
            Next::Stop => {
                ui.warn("Nothing was written.")?;
                tell_again(ui, how)?;
                return Ok(false);
            }
        }
    }
}

/// Asks for the file to save the plan in, and saves it there; false where somebody thought better of it.
fn save_for_later(plan: &Plan, ui: &Ui, how: &Finish) -> Result<bool, CliError> {
    loop {
        let Some(file) = prompt::line(ui, "Which file?", Some("plan.json"))? else {
            return Ok(false);
        };
        let path = Path::new(&file);
        let saved = plan_file(path)
            .check(how.store, Some(plan))
            .and_then(|()| save(plan, how.store, path));
        match saved {
            Ok(()) => {
                let saved = Finish {
                    out: Some(path),
                    again: how.again.clone(),
                    ..*how
                };
                ui.tell(&format!(
                    "The plan is saved in {file}; it holds whole files, so keep it to yourself. To apply it:\n  {}",
                    saved.apply_command(plan)
                ))?;
                return Ok(true);
            }
            Err(error) => ui.warn(
                error
                    .render(&ui.masker, ui.stderr, terminal_width())
                    .trim_end(),
            )?,
        }
    }
}

/// Asks which answer is to be changed; none where somebody thought better of it.
fn which_answer(ui: &Ui) -> Result<Option<usize>, CliError> {
    let choices: Vec<prompt::Choice> = ui
        .dialog
        .answers()
        .into_iter()
        .map(|(label, cost)| prompt::Choice { label, cost })
        .collect();
    let last = choices.len().saturating_sub(1);
    prompt::menu(ui, "Which answer?", &choices, last)
}

/// Whether the plan may be applied, by flags or by what the user says; `is_said` that it was said already.
fn is_agreed(plan: &Plan, ui: &Ui, how: &Finish, is_said: bool) -> Result<bool, CliError> {
    let consent = how.consent;
    let agreements = agreements(consent);
    let missing: Vec<&Agreement> = agreements
        .iter()
        .filter(|agreement| plan.has_finding(agreement.code) && !agreement.is_given)
        .collect();

    if !ui.can_prompt() {
        let is_unasked = how.applies_unasked && !ui.is_redirected();
        if missing.is_empty() && (consent.yes || is_unasked) {
            return Ok(true);
        }
        for agreement in &missing {
            for finding in plan
                .findings
                .iter()
                .filter(|finding| finding.code() == agreement.code)
            {
                let detail = match finding.detail.is_empty() {
                    true => String::new(),
                    false => format!(" {}", finding.detail),
                };
                ui.warn(&format!(
                    "{}: {} → {}.{detail}\n`{}` agrees to that.",
                    finding.title,
                    side_name(&plan.source),
                    side_name(&plan.target),
                    agreement.flag
                ))?;
            }
        }
        let command = how.apply_command(plan);
        ui.warn(&format!("Nothing was written. To apply it:\n  {command}"))?;
        return Ok(false);
    }
    for agreement in &missing {
        ui.warn(&ui.stderr.red(agreement.warning))?;
        let question = format!("Type `{}` to go on", agreement.word);
        if !prompt::type_word(ui, &question, agreement.word)? {
            return declined(ui);
        }
    }
    // Who has typed a word has said yes.
    if consent.yes || is_said || !missing.is_empty() || prompt::confirm(ui, "Apply?")? {
        Ok(true)
    } else {
        declined(ui)
    }
}

fn declined(ui: &Ui) -> Result<bool, CliError> {
    ui.warn("Nothing was written.")?;
    Ok(false)
}

/// Says everything of a plan with the names that root and lock have in this store.
pub(super) fn name_files(plan: &mut Plan, files: &RootFiles) {
    for finding in &mut plan.findings {
        *finding = named(finding, files);
    }
    for step in &mut plan.steps {
        *step = step.map(
            |command| files.command(&files.words(command)),
            |text| files.words(text).into_owned(),
        );
    }
}

/// A finding with the names that root and lock have in this store.
pub(super) fn named(finding: &Finding, files: &RootFiles) -> Finding {
    let words = |text: &str| files.words(text).into_owned();
    let mut named = finding.clone();
    named.title = words(&finding.title);
    named.detail = words(&finding.detail);
    named.path = finding.path.as_deref().map(words);
    named
}

/// The command with the store's directory, when that is not the current one.
pub(super) fn in_store(command: CommandLine, store: &Path) -> CommandLine {
    if store == Path::new(".") {
        command
    } else {
        command.options("-d", Some(store.display().to_string()))
    }
}

fn apply(plan: &Plan, shown: &mut Shown, ui: &Ui, how: &Finish) -> Result<(), CliError> {
    let undo = in_store(CommandLine::new("undo"), how.store);
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

/// The command that does the same, to who was asked.
fn tell_again(ui: &Ui, how: &Finish) -> Result<(), CliError> {
    if how.guided {
        ui.tell(&format!(
            "\nThe same without questions:\n  {}",
            how.again.clone().word("--yes")
        ))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::ui::recorded;
    use crate::plan::{Phase, SCHEMA, Side, Step};
    use std::path::PathBuf;

    const BEFORE: &str = "{}\n";
    const AFTER: &str = "{ }\n";

    struct Case {
        folder: tempfile::TempDir,
        plan: Plan,
        consent: ConsentArgs,
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
                schema: SCHEMA,
                source: side("2.0.0"),
                target: side("3.0.0"),
                edits: vec![Edit::new(
                    "composer.json",
                    Some(BEFORE.as_bytes()),
                    Some(AFTER),
                )],
                changes: vec![],
                findings: vec![],
                steps: vec![Step::run(Phase::Install, "composer install", "")],
                applied: false,
                background: crate::plan::background::Background::default(),
            };
            Self {
                folder,
                plan,
                consent: ConsentArgs::default(),
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
            Finish {
                store: self.folder.path(),
                consent: &self.consent,
                out: self.out.as_deref(),
                runbook: None,
                markdown: None,
                report: None,
                applies_unasked: false,
                again: CommandLine::new("switch").options("--to", Some("mage-os@3.0.0")),
                guided: true,
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
            allow_downgrade: true,
            ..ConsentArgs::default()
        };
        case.out = Some(case.folder.path().join("plan.json"));
        let (exit, _, err, is_applied) = case.run(false);
        assert!(exit == Exit::Pending && !is_applied);
        let flags = "--accept-data-loss --allow-downgrade --yes\n";
        assert!(
            err.contains("  mageshift apply ") && err.ends_with(flags),
            "{err}"
        );
        case.consent.accept_data_loss = true;
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
