//! `mageshift auth`

mod args;
mod known;
mod place;
mod store;
mod test;

pub(crate) use args::AuthArgs;
pub(crate) use known::known;
pub(crate) use test::authority;

use crate::cli::options::args::{GlobalArgs, existing_directory};
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::screen::table;
use crate::cli::screen::ui::Ui;
use crate::plan::SCHEMA;
use place::{Place, edit_error};
use serde_json::{Value, json};
use std::path::Path;

/// Lists what is stored where no host is named; else stores, tests or removes the credentials of the host.
pub(crate) fn run(args: &AuthArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let project = &global.working_dir;
    existing_directory(project)?;
    let Some(host) = args.host.as_deref() else {
        return list(project, ui);
    };
    let host = origin(host)?;
    if args.test {
        test::run(&host, project, ui)
    } else if args.remove {
        remove(&host, &Place::of(args, project)?, project, ui)
    } else {
        store::run(&host, args, project, ui)
    }
}

/// The name under which Composer keeps the credentials of a host: no scheme, no path (but that of a GitLab below one).
fn origin(host: &str) -> Result<String, CliError> {
    let wrong = |message: &str| CliError::message(Exit::Usage, message);
    if host.contains('@') {
        return Err(wrong("credentials are never given as an argument")
            .hint("name the host alone; the credentials are asked for, or read with --stdin"));
    }
    let host = host.split_once("://").map_or(host, |(_, rest)| rest);
    let host = host.trim_end_matches('/').to_ascii_lowercase();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_:/[]".contains(c);
    if host.is_empty() || !host.chars().all(is_plain) {
        return Err(wrong("that is no host").hint("name it as in repo.magento.com"));
    }
    Ok(host)
}

fn remove(host: &str, place: &Place, project: &Path, ui: &Ui) -> Result<Exit, CliError> {
    let mut file = place.read()?;
    let removed = file.remove(host).map_err(edit_error)?;
    if removed.is_empty() {
        ui.tell(&format!("{} has nothing for {host}.", place.shown))?;
    } else {
        place.write(project, &file)?;
        ui.tell(&format!(
            "{} {} for {host} from {}.",
            ui.stderr.green("Removed"),
            removed.join(" and "),
            place.shown
        ))?;
    }
    if ui.json {
        let document = json!({"schema": SCHEMA, "removed": removed, "host": host});
        ui.document(document)?;
    }
    Ok(Exit::Done)
}

fn list(project: &Path, ui: &Ui) -> Result<Exit, CliError> {
    let known = known(project)?;
    if ui.json {
        let entries: Vec<Value> = known
            .iter()
            .map(|(host, kind, place)| json!({"host": host, "kind": kind, "place": place}))
            .collect();
        let document = json!({"schema": SCHEMA, "credentials": entries});
        ui.document(document)?;
    } else if known.is_empty() {
        ui.show("No credentials are stored.\n")?;
    } else {
        let mut rows = vec![["host", "kind", "place"].map(str::to_owned).to_vec()];
        rows.extend(
            known
                .into_iter()
                .map(|(host, kind, place)| vec![host, kind.to_owned(), place]),
        );
        ui.show(&table::render(&rows, "", ui.width))?;
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_in_their_spellings() {
        for (written, expected) in [
            ("Repo.Magento.com", "repo.magento.com"),
            ("https://repo.magento.com/", "repo.magento.com"),
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("git.example.org/gitlab", "git.example.org/gitlab"),
        ] {
            assert_eq!(origin(written).unwrap(), expected);
        }
        for wrong in ["", "https://", "a b", "https://user:secret@a.org"] {
            let error = origin(wrong).unwrap_err();
            assert_eq!(error.exit, Exit::Usage);
            assert!(!error.error.to_string().contains("secret"));
        }
    }
}
