//! `mageshift` alone: what this folder is, and what can be done here.

use super::plans::undo::title;
use crate::apply::Journals;
use crate::cli::options::args::GlobalArgs;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::screen::table;
use crate::cli::screen::ui::Ui;
use crate::distribution::{ReleaseCatalog, detect};
use crate::plan::Side;
use crate::preview::side_name;
use crate::project::{Project, ProjectError};
use composer_engine::format::lock::Lock;
use serde_json::Value;
use std::path::Path;

/// A command, and what it is for.
type Row = (&'static str, String);

/// Nothing was asked for, so that a script that meant something has failed; a person reads what can be done.
pub(crate) fn run(global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let store = &global.working_dir;
    let (what, rows) = look(store);
    if ui.json {
        return Err(CliError::message(Exit::Usage, "no command is named")
            .hint("`mageshift help` lists all commands"));
    }
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .map(|(command, text)| vec![ui.stderr.bold(command), text])
        .collect();
    let rows = table::render(&rows, "  ", ui.width);
    ui.warn(&format!(
        "{}\n\n{rows}\nAll commands: mageshift help",
        ui.stderr.bold(what)
    ))?;
    Ok(Exit::Usage)
}

/// What is in the folder, and the commands that fit.
fn look(store: &Path) -> (String, Vec<Row>) {
    let project = match Project::read(store) {
        Ok(project) => project,
        Err(error) => return no_project(store, &error),
    };
    let lock = project.lock().map(Lock::value);
    let name = project.root.value().get("name").and_then(Value::as_str);
    match detect(lock, project.root.value(), &ReleaseCatalog::bundled()) {
        Ok(detected) => {
            let side = Side {
                distribution: detected.distribution().id().to_owned(),
                edition: detected.edition().id().to_owned(),
                release: detected.release,
                upstream: detected.upstream,
            };
            let target = detected.target.name();
            let mut rows: Vec<Row> = vec![
                (
                    "mageshift check",
                    "what it can become, and what blocks".to_owned(),
                ),
                (
                    "mageshift upgrade",
                    format!("to the newest release of {target}"),
                ),
                (
                    "mageshift switch",
                    "to another distribution, edition or release".to_owned(),
                ),
                (
                    "mageshift slim",
                    "without what the shop does not need".to_owned(),
                ),
            ];
            let last = Journals::open(store).and_then(|journals| journals.list());
            if let Some(last) = last.unwrap_or_default().last() {
                rows.push(("mageshift next", "what is still to do".to_owned()));
                rows.push(("mageshift undo", format!("takes back: {}", title(last))));
            }
            (side_name(&side), rows)
        }
        Err(_) => (
            format!(
                "{} requires no product of Magento or Mage-OS: it is no store.",
                name.unwrap_or("This project")
            ),
            vec![
                (
                    "mageshift lock",
                    "updates composer.lock of any project, as Composer does".to_owned(),
                ),
                (
                    "mageshift why PACKAGE",
                    "says why a package is there".to_owned(),
                ),
                (
                    "mageshift new shop",
                    "makes a store in a folder shop".to_owned(),
                ),
            ],
        ),
    }
}

fn no_project(store: &Path, error: &ProjectError) -> (String, Vec<Row>) {
    if !matches!(error, ProjectError::NoRoot(_)) {
        let rows = vec![("mageshift doctor", "looks at everything".to_owned())];
        return (format!("{error}."), rows);
    }
    let is_empty = std::fs::read_dir(store).is_ok_and(|mut entries| entries.next().is_none());
    let new: Row = match is_empty {
        true => ("mageshift new", "makes a store here".to_owned()),
        false => (
            "mageshift new shop",
            "makes a store in a folder shop".to_owned(),
        ),
    };
    let what = match is_empty {
        true => "This folder is empty.",
        false => "There is no store here: neither this folder nor one above has a composer.json.",
    };
    let rows = vec![
        new,
        (
            "mageshift check -d DIR",
            "looks at a store that is elsewhere".to_owned(),
        ),
        (
            "mageshift releases",
            "what there is to choose from".to_owned(),
        ),
    ];
    (what.to_owned(), rows)
}
