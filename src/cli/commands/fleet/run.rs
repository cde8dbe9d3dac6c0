//! `mageshift fleet check`, `mageshift fleet plan` and `mageshift fleet apply`

use super::args::{ApplyingArgs, RunArgs};
use super::crew::{Crew, Told};
use super::show::{Row, line, table, told_failures, told_sum};
use super::stores::Stores;
use crate::cli::options::args::GlobalArgs;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::outcome::signal::tell_when_interrupted;
use crate::cli::screen::prompt;
use crate::cli::screen::ui::Ui;
use crate::fleet::result::{Done, Outcome, StoreResult};
use crate::fleet::results::Stage;
use crate::fleet::run::each;
use crate::fleet::sum::{Adder, Sum};
use crate::plan::sentence::count;
use serde_json::json;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Checks or plans the stores, or, with `applying`, carries the plans out.
pub(super) fn run(
    stage: Stage,
    args: &RunArgs,
    applying: Option<&ApplyingArgs>,
    global: &GlobalArgs,
    ui: &Ui,
) -> Result<Exit, CliError> {
    let stores = Stores::of(&args.stores, ui)?;
    let entries = &stores.entries;
    if let Some(applying) = applying
        && !is_agreed(entries.len(), applying, ui)?
    {
        return Ok(Exit::Pending);
    }
    let decided = entries.iter().filter(|entry| !entry.settings.to.is_empty());
    let decided = decided.count();
    if decided > 0 && !args.to.is_empty() {
        let what = count(decided, "store");
        ui.warn(&format!(
            "The list says itself what becomes of {what}; --to counts for the others only."
        ))?;
    }
    let results = stores.results(stage);
    let began = SystemTime::now().duration_since(UNIX_EPOCH);
    let began = began.map_or(0, |began| began.as_secs());
    results.note_shard(stores.shard, entries, began, false)?;
    tell_when_interrupted(
        "interrupted; what was found out is kept, and the same command goes on there",
    );
    // Of a fault of the program that store tells, in words that hold no secrets.
    std::panic::set_hook(Box::new(|_| {}));
    let progress = ui.progress("Looking for releases");
    let crew = Crew::new(stage, results, &stores, args, applying, &global.working_dir)?;
    let mut rows: Vec<Option<Row>> = entries.iter().map(|_| None).collect();
    let mut adder = Adder::default();
    let mut seen = Seen::default();
    let clock = Instant::now();
    let ended = each(
        entries,
        args.stores.jobs(),
        &|entry| crew.work(entry),
        &|entry, words| crew.broken(entry, words),
        |index, told: Told| {
            told.kept?;
            seen.add(&told.result, told.is_unchanged);
            progress.set(&seen.line(entries.len(), clock.elapsed().as_secs_f64()));
            if ui.json {
                ui.document_line(line(&told.result, told.is_unchanged, told.took))?;
            }
            adder.add(&told.result);
            rows[index] = Some(Row::of(&told.result));
            Ok::<_, CliError>(())
        },
    );
    drop(progress);
    let _ = std::panic::take_hook();
    ended?;
    results.note_shard(stores.shard, entries, began, true)?;
    let sum = adder.sum();
    if ui.json {
        let document =
            json!({"sum": &sum, "shard": stores.shard.to_string(), "unchanged": seen.unchanged});
        ui.document_line(document)?;
    } else {
        let rows: Vec<Row> = rows.into_iter().flatten().collect();
        ui.page(&table(&rows, ui))?;
        ui.show(&told_failures(&rows, ui))?;
        ui.show(&told_sum(&sum, ui))?;
    }
    let took = clock.elapsed().as_secs_f64();
    let unchanged = match seen.unchanged {
        0 => String::new(),
        unchanged => format!(", {unchanged} of them unchanged"),
    };
    ui.tell(&format!(
        "{} in {took:.1} s{unchanged}. The results are in {}.",
        count(sum.stores, "store"),
        stores.storage.shown()
    ))?;
    if let Some(done) = seen.done() {
        ui.tell(&done)?;
    }
    Ok(exit(&sum))
}

/// Whether the plans may be carried out, by a flag or by what the user says.
fn is_agreed(stores: usize, applying: &ApplyingArgs, ui: &Ui) -> Result<bool, CliError> {
    if applying.yes {
        return Ok(true);
    }
    if !ui.can_prompt() {
        ui.warn(
            "Nothing was written. `mageshift fleet plan` shows what would be; --yes applies it.",
        )?;
        return Ok(false);
    }
    let question = format!("Apply the plans of {}?", count(stores, "store"));
    let is_yes = prompt::confirm(ui, &question)?;
    if !is_yes {
        ui.warn("Nothing was written.")?;
    }
    Ok(is_yes)
}

/// The exit code that sums a fleet up.
pub(super) fn exit(sum: &Sum) -> Exit {
    match sum.outcome() {
        Outcome::Go => Exit::Done,
        Outcome::Blocked => Exit::Blocked,
        Outcome::Failed => Exit::Failed,
    }
}

/// How far a run is.
#[derive(Default)]
struct Seen {
    stores: usize,
    blocked: usize,
    failed: usize,
    unchanged: usize,
    /// Stores that have a branch, those whose branch was pushed, and those whose files were written.
    branches: usize,
    pushed: usize,
    in_place: usize,
}

impl Seen {
    fn add(&mut self, result: &StoreResult, is_unchanged: bool) {
        self.stores += 1;
        self.blocked += usize::from(result.outcome == Outcome::Blocked);
        self.failed += usize::from(result.outcome == Outcome::Failed);
        self.unchanged += usize::from(is_unchanged);
        match &result.done {
            Some(Done::Branch(committed)) => {
                self.branches += 1;
                self.pushed += usize::from(committed.pushed);
            }
            Some(Done::Files { .. }) => self.in_place += 1,
            Some(Done::Nothing) | None => {}
        }
    }

    /// What was done to stores, and where it can be looked at; none where nothing was.
    fn done(&self) -> Option<String> {
        let mut parts = Vec::new();
        if self.branches > 0 {
            let has = if self.branches == 1 { "has" } else { "have" };
            parts.push(format!(
                "{} {has} a branch, {} pushed; the texts of the pull requests are in apply/pull-requests there.",
                count(self.branches, "store"),
                self.pushed,
            ));
        }
        if self.in_place > 0 {
            let what = count(self.in_place, "store");
            parts.push(format!("The files of {what} were written in place."));
        }
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    fn line(&self, of: usize, seconds: f64) -> String {
        let Self {
            stores,
            blocked,
            failed,
            ..
        } = self;
        let rate = *stores as f64 * 60.0 / seconds.max(0.1);
        format!("{stores} of {of} stores, {blocked} blocked, {failed} failed, {rate:.0} a minute")
    }
}
