//! `mageshift data copy --in-place`: converts the database itself, once there is a dump.

use super::copy::{CopyArgs, agreed_unasked, check_closed, keep_versions, watched, written};
use super::plan::conversion;
use super::show;
use super::show::{grouped_digits, number_of};
use crate::cli::options::args::GlobalArgs;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::outcome::signal;
use crate::cli::screen::prompt;
use crate::cli::screen::ui::Ui;
use crate::database::conversion::Conversion;
use crate::database::conversion::request::Request;
use crate::database::copying::Outcome;
use crate::database::copying::in_place::{self, Standing};
use crate::database::server::Session;
use composer_engine::files;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

/// What came in since an older dump would be lost by going back to it.
const FRESH: Duration = Duration::from_secs(24 * 60 * 60);

/// Converts the database itself, or goes on with it; nothing where it is converted already. A fresh dump has to be named,
/// or said to be there.
pub(super) fn run(
    args: &CopyArgs,
    global: &GlobalArgs,
    ui: &Ui,
    session: &mut Session,
    request: &Request,
) -> Result<Exit, CliError> {
    let database = request.source.as_str();
    let standing = in_place::standing(session, request)?;
    if standing == Standing::Done {
        ui.tell(&format!(
            "{database} is converted already; `mageshift data verify --in-place` checks it."
        ))?;
        return Ok(Exit::Done);
    }
    let conversion = match standing {
        Standing::Begun => in_place::begun(session, request)?,
        _ => conversion(session, request, ui)?,
    };
    if standing == Standing::NotBegun {
        if !ui.json {
            ui.show(&show::plan(&conversion, ui))?;
        }
        if conversion.is_blocked() {
            return Ok(Exit::Blocked);
        }
        if conversion.changes_nothing() {
            ui.tell(&format!("{database} is left as it is."))?;
            return Ok(Exit::Done);
        }
    }
    check_closed(args, &global.working_dir, ui)?;
    if standing == Standing::NotBegun {
        check_dump(args, database, &global.working_dir, ui)?;
    }
    if !is_agreed(args, database, standing, ui)? {
        return Ok(Exit::Pending);
    }
    signal::tell_when_interrupted(
        "interrupted: the database is half converted, and the same command goes on where this one stopped; else load the dump",
    );
    if let Some(file) = args
        .keep_versions
        .as_ref()
        .filter(|_| standing == Standing::NotBegun)
    {
        let written = keep_versions(session, request, &conversion, &global.working_dir, file)?;
        ui.tell(&format!(
            "{} are in {}.",
            number_of(written as usize, "version"),
            file.display()
        ))?;
    }
    let begun = Instant::now();
    let Outcome::Done(rows) = watched(session, &conversion, ui)? else {
        return Ok(Exit::Interrupted);
    };
    finish(&conversion, rows, begun.elapsed(), ui)?;
    Ok(Exit::Done)
}

/// That there is a way back. The dump is looked at where it lies here; of another one somebody has to say so.
fn check_dump(args: &CopyArgs, database: &str, store: &Path, ui: &Ui) -> Result<(), CliError> {
    if let Some(named) = &args.dump {
        let path = store.join(named);
        let unfit = |why: String| {
            CliError::message(Exit::Usage, format!("{} {why}", named.display()))
                .hint("make a dump of the closed shop's database, and name it with --dump; nothing was written")
        };
        let file = files::open(&path).map_err(|error| CliError::new(Exit::Usage, error))?;
        let about = file.metadata().map_err(|error| unfit(error.to_string()))?;
        if about.len() == 0 {
            return Err(unfit("is empty".to_string()));
        }
        let age = about
            .modified()
            .ok()
            .and_then(|written| SystemTime::now().duration_since(written).ok())
            .unwrap_or_default();
        if age > FRESH {
            return Err(unfit(format!(
                "is {} hours old: what has come in since would be lost with it",
                age.as_secs() / 3_600
            )));
        }
        ui.tell(&format!(
            "The way back is {}: {} bytes. Whether it can be loaded, only loading it tells.",
            named.display(),
            grouped_digits(about.len())
        ))?;
        return Ok(());
    }
    let question = format!(
        "Is there a dump of {database}, made since the shop was closed, that was loaded somewhere to see that it is whole?"
    );
    if args.dump_exists || (ui.can_prompt() && prompt::confirm(ui, &question)?) {
        return Ok(());
    }
    Err(CliError::message(
        Exit::Usage,
        format!("{database} itself would be converted, and a dump is the only way back from that"),
    )
    .hint("make one (`mysqldump --single-transaction --routines --triggers`), load it somewhere, and name it with --dump FILE, or say --dump-exists where it lies elsewhere"))
}

fn is_agreed(
    args: &CopyArgs,
    database: &str,
    standing: Standing,
    ui: &Ui,
) -> Result<bool, CliError> {
    if let Some(agreed) = agreed_unasked(args, ui)? {
        return Ok(agreed);
    }
    if standing == Standing::Begun {
        return prompt::confirm(ui, &format!("Go on with converting {database}?"));
    }
    let agreed = prompt::type_word(
        ui,
        &format!("Type {database} to convert that database itself"),
        database,
    )?;
    if !agreed {
        ui.warn("Nothing was written.")?;
    }
    Ok(agreed)
}

fn finish(conversion: &Conversion, rows: u64, spent: Duration, ui: &Ui) -> Result<(), CliError> {
    let database = conversion.source.plain();
    if ui.json {
        return written(conversion, rows, spent, ui);
    }
    ui.show(&format!(
        "\n{} written anew within {database} in {} seconds; each table was compared before the\nold one went.\n\nNext steps:\n  \
         1. mageshift data verify --in-place, with the same options\n  \
         2. bin/magento setup:upgrade, once the target's code is installed\n\
         The way back is to load the dump, with the old code.\n",
        number_of(rows as usize, "row"),
        spent.as_secs()
    ))
}
