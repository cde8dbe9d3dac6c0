//! `mageshift fleet check` and `mageshift fleet plan`

use super::super::args::GlobalArgs;
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::signal::tell_when_interrupted;
use super::super::ui::Ui;
use super::args::RunArgs;
use super::crew::{Crew, Told};
use super::show::{Row, line, table, told_sum};
use crate::fleet::result::Outcome;
use crate::fleet::results::{Results, Stage};
use crate::fleet::run::each;
use crate::fleet::shard::Shard;
use crate::fleet::storage::{Folder, Storage};
use crate::fleet::sum::{Adder, Sum};
use crate::plan::sentence::count;
use serde_json::json;
use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

pub(super) fn run(
    stage: Stage,
    args: &RunArgs,
    global: &GlobalArgs,
    ui: &Ui,
) -> Result<Exit, CliError> {
    let (entries, shard, variable) = args.entries()?;
    if shard != Shard::WHOLE {
        let told = variable.map_or(String::new(), |variable| format!(", by {variable}"));
        ui.tell(&format!(
            "Shard {shard}{told}: {}.",
            count(entries.len(), "store")
        ))?;
    }
    let storage = Folder::create(Path::new(&args.out))?;
    let results = Results {
        storage: &storage,
        stage,
    };
    let began = SystemTime::now().duration_since(UNIX_EPOCH);
    let began = began.map_or(0, |began| began.as_secs());
    results.note_shard(shard, &entries, began, false)?;
    tell_when_interrupted(
        "interrupted; what was found out is kept, and the same command goes on there",
    );
    // Of a fault of the program that store tells, in words that hold no secrets.
    std::panic::set_hook(Box::new(|_| {}));
    let progress = ui.progress("Looking for releases");
    let crew = Crew::new(stage, results, args, &entries, &global.working_dir)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut rows: Vec<Option<Row>> = entries.iter().map(|_| None).collect();
    let mut adder = Adder::default();
    let mut seen = Seen::default();
    let clock = Instant::now();
    let ended = each(
        &entries,
        args.jobs.map_or(cores, usize::from),
        &|entry| crew.work(entry),
        &|entry, words| crew.broken(entry, words),
        |index, told: Told| {
            told.kept?;
            seen.add(&told.result.outcome, told.is_unchanged);
            progress.set(&seen.line(entries.len(), clock.elapsed().as_secs_f64()));
            if ui.json {
                ui.document(&line(&told.result, told.is_unchanged, told.took))?;
            }
            adder.add(&told.result);
            rows[index] = Some(Row::of(&told.result));
            Ok::<_, CliError>(())
        },
    );
    drop(progress);
    let _ = std::panic::take_hook();
    ended?;
    results.note_shard(shard, &entries, began, true)?;
    let sum = adder.sum();
    if ui.json {
        let document =
            json!({"sum": &sum, "shard": shard.to_string(), "unchanged": seen.unchanged});
        ui.document(&format!("{document}\n"))?;
    } else {
        let rows: Vec<Row> = rows.into_iter().flatten().collect();
        ui.page(&table(&rows, ui))?;
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
        storage.shown()
    ))?;
    Ok(exit(&sum))
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
}

impl Seen {
    fn add(&mut self, outcome: &Outcome, is_unchanged: bool) {
        self.stores += 1;
        self.blocked += usize::from(*outcome == Outcome::Blocked);
        self.failed += usize::from(*outcome == Outcome::Failed);
        self.unchanged += usize::from(is_unchanged);
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
