//! `mageshift undo`

use super::args::{GlobalArgs, existing_directory};
use super::error::CliError;
use super::exit::Exit;
use super::signal::uninterrupted;
use super::ui::Ui;
use crate::apply::{Journals, Record};
use crate::plan::SCHEMA;
use crate::preview::side_name;
use clap::Args;
use indicatif::HumanDuration;
use serde_json::json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Take the newest apply back
///
/// The files become what they were, byte for byte; files that did not exist are removed. Several applies are taken back
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
pub struct UndoArgs {
    /// Show what can be undone, the newest first
    #[arg(long, conflicts_with = "force")]
    pub list: bool,

    /// Show what would be taken back, and write nothing
    #[arg(long, conflicts_with = "list")]
    pub dry_run: bool,

    /// Undo although files were changed since, and keep a copy of those
    #[arg(long)]
    pub force: bool,

    /// Do not ask; undo never does, so that a script may say so
    #[arg(short, long, hide_short_help = true)]
    pub yes: bool,
}

pub(super) fn run(args: &UndoArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    existing_directory(&global.working_dir)?;
    let journals = Journals::open(&global.working_dir)?;
    if args.list {
        list(&journals, ui)
    } else if args.dry_run {
        look(&journals, ui)
    } else {
        undo(&journals, args.force, ui)
    }
}

fn undo(journals: &Journals, force: bool, ui: &Ui) -> Result<Exit, CliError> {
    let undone = uninterrupted("interrupted after the files were put back", || {
        journals.undo(force)
    })?;
    let paths: Vec<&str> = undone.record.paths().collect();
    let what = if undone.was_cut_off {
        "Took back a run that was cut off"
    } else {
        "Took back"
    };
    ui.tell(&format!(
        "{}: {}.",
        ui.stderr.green(what),
        switch(&undone.record)
    ))?;
    ui.tell(&format!("As before: {}.", paths.join(", ")))?;
    if paths.contains(&ui.files.lock.as_str()) {
        let install = ui.files.command("composer install");
        ui.tell(&format!(
            "If Composer has installed from the other lock since, this brings vendor back:\n  {install}"
        ))?;
    }
    for copy in &undone.kept {
        ui.warn(&format!(
            "Kept a copy of what was changed since: {}",
            copy.display()
        ))?;
    }
    if ui.json {
        let kept: Vec<String> = undone
            .kept
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        let document = json!({"schema": SCHEMA, "undone": entry(&undone.record), "kept": kept});
        ui.document(&format!("{document:#}\n"))?;
    }
    Ok(Exit::Done)
}

/// Says what an undo would put back.
fn look(journals: &Journals, ui: &Ui) -> Result<Exit, CliError> {
    let records = journals.list()?;
    // A run that was cut off is in no list, and goes first.
    if let Err(error) = journals.check_finished() {
        ui.warn(&format!(
            "{error}. `mageshift undo` puts the files back as they were before that run."
        ))?;
    } else if let Some(newest) = records.last() {
        let paths: Vec<&str> = newest.paths().collect();
        ui.tell(&format!(
            "Would take back: {}.\nWould be as before: {}.\nNothing was written.",
            switch(newest),
            paths.join(", ")
        ))?;
    } else {
        ui.tell("There is nothing to undo.")?;
    }
    if ui.json {
        let newest = records.last().map(entry);
        let document = json!({"schema": SCHEMA, "would_undo": newest});
        ui.document(&format!("{document:#}\n"))?;
    }
    Ok(Exit::Done)
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
        ui.document(&format!("{document:#}\n"))?;
        return Ok(Exit::Done);
    }
    if records.is_empty() {
        ui.tell("There is nothing to undo.")?;
    }
    for record in &records {
        let age =
            SystemTime::now().duration_since(UNIX_EPOCH + Duration::from_secs(record.applied_at));
        let age = HumanDuration(age.unwrap_or_default()).to_string();
        let paths: Vec<&str> = record.paths().collect();
        ui.show(&format!(
            "{:>4}  {}\n      {age} ago: {}\n",
            record.id,
            switch(record),
            paths.join(", ")
        ))?;
    }
    Ok(Exit::Done)
}

fn switch(record: &Record) -> String {
    format!(
        "{} → {}",
        side_name(&record.source),
        side_name(&record.target)
    )
}

fn entry(record: &Record) -> serde_json::Value {
    json!({
        "id": record.id,
        "applied_at": record.applied_at,
        "source": record.source,
        "target": record.target,
        "paths": record.paths().collect::<Vec<_>>(),
    })
}
