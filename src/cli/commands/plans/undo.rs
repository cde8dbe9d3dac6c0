//! `mageshift undo`

use crate::apply::{Fate, Journals, Record, Undoable};
use crate::cli::options::args::{GlobalArgs, existing_directory};
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::outcome::signal::uninterrupted;
use crate::cli::screen::prompt;
use crate::cli::screen::ui::Ui;
use crate::plan::{Phase, SCHEMA, Step};
use crate::preview::layout::wrap;
use crate::preview::{side_name, steps};
use crate::project::env_php::ENV_PHP;
use crate::project::standing::{Installed, Standing};
use clap::Args;
use indicatif::HumanDuration;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Take the newest apply back
///
/// Shows what would be written, and asks. The files become what they were, byte for byte; files that did not exist are removed. Several applies are taken back
/// one by one, the newest first. After a run that was cut off, this puts the old files back.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  Take the newest apply back:
    mageshift undo

  See what can be taken back:
    mageshift undo --list

  See what that would write:
    mageshift undo --dry-run

  Take it back although files were edited since; the edited files are kept:
    mageshift undo --force")]
pub(crate) struct UndoArgs {
    /// Show what can be undone, the newest first
    #[arg(long, conflicts_with = "force")]
    pub list: bool,

    /// Show what would be taken back, and write nothing
    #[arg(long, conflicts_with = "list")]
    pub dry_run: bool,

    /// Undo although files were changed since, and keep a copy of those
    #[arg(long)]
    pub force: bool,

    /// Take it back without asking, as is done where there is nobody to ask
    #[arg(short, long)]
    pub yes: bool,
}

/// Takes the newest applied plan back, or lists what could be.
pub(crate) fn run(args: &UndoArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let store = &global.working_dir;
    existing_directory(store)?;
    let journals = Journals::open(store)?;
    if args.list {
        list(&journals, ui)
    } else if args.dry_run {
        look(&journals, ui)
    } else {
        undo(&journals, args, store, ui)
    }
}

fn undo(journals: &Journals, args: &UndoArgs, store: &Path, ui: &Ui) -> Result<Exit, CliError> {
    let undoable = journals.undoable()?;
    let is_refused = |undoable: &Undoable| {
        let mut files = undoable.files.iter();
        !args.force && files.any(|(_, fate)| *fate == Fate::Changed)
    };
    // What is refused anyway is not asked about.
    if let Some(undoable) = undoable.filter(|undoable| !is_refused(undoable))
        && ui.can_prompt()
        && !args.yes
    {
        ui.tell(&foreseen(&undoable, ui))?;
        if !prompt::confirm(ui, "Take it back?")? {
            ui.warn("Nothing was written.")?;
            return Ok(Exit::Pending);
        }
    }
    if ui.is_redirected() && !args.yes {
        ui.warn("Nothing was written, since the output goes elsewhere. To take it back:\n  mageshift undo --yes")?;
        return Ok(Exit::Pending);
    }
    let undone = uninterrupted("interrupted after the files were put back", || {
        journals.undo(args.force)
    })?;
    let record = &undone.record;
    let paths: Vec<&str> = record.paths().collect();
    let what = if undone.was_cut_off {
        "Took back a run that was cut off"
    } else {
        "Took back"
    };
    let took = format!("{}: {}.", ui.stderr.green(what), title(record));
    ui.tell(&told(&took, ui))?;
    ui.tell(&told(&format!("As before: {}.", paths.join(", ")), ui))?;
    for copy in &undone.kept {
        ui.warn(&format!(
            "Kept a copy of what was changed since: {}",
            copy.display()
        ))?;
    }
    let left = left_to_do(record, store, ui);
    if !left.is_empty() {
        let steps = steps::render(left.iter(), &ui.layout());
        ui.tell(&format!(
            "\nTo bring the shop back, too:\n{}",
            steps.trim_end()
        ))?;
    }
    if ui.json {
        let kept: Vec<String> = undone
            .kept
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        let document =
            json!({"schema": SCHEMA, "undone": entry(record), "kept": kept, "steps": left});
        ui.document(document)?;
    }
    Ok(Exit::Done)
}

/// What is left once the files are back: nothing where the code was not installed from the other lock since; else the rest of
/// the way back.
fn left_to_do(record: &Record, store: &Path, ui: &Ui) -> Vec<Step> {
    let has_lock = record.paths().any(|path| path == ui.files.lock);
    // Without a lock, all there was is gone.
    if !has_lock || !store.join(&ui.files.lock).is_file() {
        return Vec::new();
    }
    match Standing::of(store, &ui.files).installed {
        Installed::Missing | Installed::AsLocked(_) => return Vec::new(),
        Installed::NoLock | Installed::Unknown | Installed::Differs(_) => {}
    }
    let is_undo = |step: &Step| {
        let command = step.command.as_deref();
        command.is_some_and(|command| command.ends_with("mageshift undo"))
    };
    let back: Vec<&Step> = record
        .steps
        .iter()
        .filter(|step| step.phase == Phase::RollBack)
        .collect();
    let rest = back.iter().position(|step| is_undo(step));
    match rest {
        Some(at) => back[at + 1..].iter().map(|step| (*step).clone()).collect(),
        None => {
            let install = ui.files.command("composer install");
            let why = "vendor is not what composer.lock says";
            vec![Step::run(Phase::RollBack, install, why)]
        }
    }
}

/// Says what an undo would put back.
fn look(journals: &Journals, ui: &Ui) -> Result<Exit, CliError> {
    let undoable = journals.undoable()?;
    match &undoable {
        Some(undoable) => {
            ui.tell(&foreseen(undoable, ui))?;
            ui.tell("Nothing was written.")?;
        }
        None => ui.tell("There is nothing to undo.")?,
    }
    if ui.json {
        let files = |undoable: &Undoable| -> Vec<Value> {
            let files = undoable.files.iter();
            files
                .map(|(path, fate)| json!({"path": path, "becomes": fate_word(*fate)}))
                .collect()
        };
        let document = json!({
            "schema": SCHEMA,
            "would_undo": undoable.as_ref().map(|undoable| entry(&undoable.record)),
            "files": undoable.as_ref().map(files).unwrap_or_default(),
        });
        ui.document(document)?;
    }
    Ok(Exit::Done)
}

fn fate_word(fate: Fate) -> &'static str {
    match fate {
        Fate::Back => "restored",
        Fate::Gone => "removed",
        Fate::AsBefore => "as-before",
        Fate::Changed => "changed-since",
    }
}

/// What would be written, file by file.
fn foreseen(undoable: &Undoable, ui: &Ui) -> String {
    let record = &undoable.record;
    let when = match undoable.was_cut_off {
        true => "cut off".to_owned(),
        false => format!("{} ago", age(record)),
    };
    let mut text = told(&format!("To take back: {}, {when}", title(record)), ui);
    for (title, fate) in [
        ("Becomes what it was", Fate::Back),
        ("Goes, since it was not there before", Fate::Gone),
        ("Is what it was already", Fate::AsBefore),
        (
            "Was changed since; --force keeps a copy and goes on",
            Fate::Changed,
        ),
    ] {
        let of_fate = undoable.files.iter().filter(|(_, other)| *other == fate);
        let paths: Vec<&str> = of_fate.map(|(path, _)| path.as_str()).collect();
        if !paths.is_empty() {
            text.push_str(&format!("\n{title}:"));
        }
        for path in paths {
            text.push_str(&format!("\n  {}", ui.stderr.bold(path)));
        }
    }
    text
}

/// Text in lines that fit.
fn told(text: &str, ui: &Ui) -> String {
    wrap(text, ui.width).join("\n")
}

fn list(journals: &Journals, ui: &Ui) -> Result<Exit, CliError> {
    let mut records = journals.list()?;
    let cut_off = journals.check_finished().err();
    if let Some(error) = &cut_off {
        ui.warn(&format!(
            "{} {error}. `mageshift undo` puts the files back as they were before that run.",
            ui.stderr.yellow("Note:")
        ))?;
    }
    records.reverse();
    if ui.json {
        let document = json!({"schema": SCHEMA, "applied": records.iter().map(entry).collect::<Vec<_>>(), "cut_off": cut_off.is_some()});
        ui.document(document)?;
        return Ok(Exit::Done);
    }
    if records.is_empty() {
        ui.tell("There is nothing to undo.")?;
    }
    for record in &records {
        let paths: Vec<&str> = record.paths().collect();
        let files = format!("{} ago: {}", age(record), paths.join(", "));
        let files = wrap(&files, ui.width.saturating_sub(6)).join("\n      ");
        ui.show(&format!(
            "{:>4}  {}\n      {files}\n",
            record.id,
            title(record)
        ))?;
    }
    Ok(Exit::Done)
}

/// How long ago something was applied.
pub(crate) fn age(record: &Record) -> String {
    let age = SystemTime::now().duration_since(UNIX_EPOCH + Duration::from_secs(record.applied_at));
    HumanDuration(age.unwrap_or_default()).to_string()
}

/// What an apply did, in a line: `Magento Open Source 2.4.8 → Mage-OS 2.2.1`. What makes no switch is told by its files.
pub(crate) fn title(record: &Record) -> String {
    let (source, target) = (side_name(&record.source), side_name(&record.target));
    if record.source != record.target {
        return format!("{source} → {target}");
    }
    let paths: Vec<&str> = record.paths().collect();
    let is_lock = |path: &&str| path.ends_with(".lock");
    let is_new = |path: &&str| path.ends_with(".json") && !record.had(path);
    if paths.iter().any(is_new) {
        format!("{target}, a new project")
    } else if paths == [ENV_PHP] {
        format!("{target}, led to another database")
    } else if paths.iter().all(is_lock) {
        format!("{target}, composer.lock updated")
    } else {
        format!("{target}, other packages")
    }
}

fn entry(record: &Record) -> Value {
    json!({
        "id": record.id,
        "applied_at": record.applied_at,
        "source": record.source,
        "target": record.target,
        "paths": record.paths().collect::<Vec<_>>(),
    })
}
