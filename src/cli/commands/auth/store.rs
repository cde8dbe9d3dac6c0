//! Storing credentials.

use super::args::AuthArgs;
use super::known::known;
use super::place::{Place, edit_error, folder};
use super::test;
use crate::apply::{Readers, write_file};
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::screen::prompt;
use crate::cli::screen::ui::Ui;
use crate::distribution::Target;
use crate::plan::SCHEMA;
use crate::plan::edit::unified_diff;
use crate::project::git::{self, GitState};
use anyhow::Context;
use composer_engine::files;
use composer_engine::format::auth::Secret;
use composer_engine::format::auth::file::AuthKind;
use serde_json::json;
use std::io::Read;
use std::path::Path;

/// Longer input is no credential.
const LONGEST_INPUT: u64 = 64 * 1024;

const GITIGNORE: &str = ".gitignore";
const AUTH: &str = "auth.json";

/// Stores credentials, asked for where they are not given, in place of others for the same host; git is told to leave the
/// file out where the user agrees.
pub(super) fn run(host: &str, args: &AuthArgs, project: &Path, ui: &Ui) -> Result<Exit, CliError> {
    let place = Place::of(args, project)?;
    let folder = folder(project)?;
    // What cannot be edited is told before anything is asked.
    place.read()?;
    let is_to_be_ignored = !place.is_global && agree_to_ignore(args, &place.shown, &folder, ui)?;
    let kind = args.kind.unwrap_or_else(|| AuthKind::usual(host));
    let (first, secret) = credentials(host, kind, args, ui)?;
    // A person may have taken their time, and others may have written meanwhile.
    let mut file = place.read()?;
    let replaced: Vec<&str> = file
        .hosts()
        .into_iter()
        .filter(|(known, _)| known.eq_ignore_ascii_case(host))
        .map(|(_, kind)| kind)
        .collect();
    file.store(host, kind, first.as_deref(), &secret)
        .map_err(edit_error)?;
    if is_to_be_ignored && git::state(&folder, AUTH) != GitState::Ignored {
        let path = folder.join(GITIGNORE);
        let (_, after) = ignoring(&path)?;
        write_file(project, &path, after.as_bytes(), Readers::Umask)?;
    }
    place.write(project, &file)?;
    let instead = if replaced.is_empty() {
        String::new()
    } else {
        format!(", in place of {}", replaced.join(" and "))
    };
    ui.tell(&format!(
        "{} {kind} for {host} in {}{instead}.",
        ui.stderr.green("Stored"),
        place.shown
    ))?;
    hidden(host, &place, project, ui)?;
    if args.offline {
        if ui.json {
            let document = json!({"schema": SCHEMA, "host": host, "kind": kind.section(), "place": place.shown});
            ui.document(document)?;
        }
        return Ok(Exit::Done);
    }
    test::run(host, project, ui)
}

/// Warns when Composer would take other credentials than those just stored.
fn hidden(host: &str, place: &Place, project: &Path, ui: &Ui) -> Result<(), CliError> {
    // That one cannot be read, `auth --list` says; this one is stored.
    let later = known(project)
        .unwrap_or_default()
        .into_iter()
        .skip_while(|(_, _, other)| *other != place.shown)
        .find(|(known, _, other)| known.eq_ignore_ascii_case(host) && *other != place.shown);
    match later {
        Some((_, kind, other)) => ui.warn(&format!(
            "{} {other} has {kind} for {host}, too, which Composer takes before these.",
            ui.stderr.yellow("Note:")
        )),
        None => Ok(()),
    }
}

/// A .gitignore as it is, and as it has to become before the project's auth.json may be written.
fn ignoring(path: &Path) -> Result<(Option<String>, String), CliError> {
    let before = files::text_if_there(path, files::CONFIGURATION)?;
    let text = before.as_deref().unwrap_or_default();
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        newline
    };
    let after = format!("{text}{gap}/{AUTH}{newline}");
    Ok((before, after))
}

/// Whether the .gitignore has to name the project's auth.json before that may be written. Refuses when git would commit the file
/// and nobody agrees to ignore it, and when it cannot be told.
fn agree_to_ignore(args: &AuthArgs, shown: &str, folder: &Path, ui: &Ui) -> Result<bool, CliError> {
    match git::state(folder, AUTH) {
        GitState::NoRepository | GitState::Ignored => return Ok(false),
        GitState::Tracked => {
            return Err(CliError::message(
                Exit::Blocked,
                format!("{shown} is committed to git, so keys in it would be published"),
            )
            .hint(format!("take it out with `git rm --cached {shown}` and change the keys that were in it; or store these with --global")));
        }
        GitState::Unknown(why) => {
            return Err(CliError::message(
                Exit::Blocked,
                format!("whether {shown} is committed to git cannot be told, so keys in it might be published: {why}"),
            )
            .hint("install git, or let it read the folder with `git config --global --add safe.directory FOLDER`; or store the keys for all projects with --global"));
        }
        GitState::Exposed => {}
    }
    if !args.add_to_gitignore {
        let refused = || {
            CliError::message(Exit::Blocked, "git does not ignore auth.json, so keys in it would be committed")
                .hint("add it to .gitignore with --add-to-gitignore, or store the keys for all projects with --global")
        };
        if !ui.can_prompt() {
            return Err(refused());
        }
        ui.warn("git does not ignore auth.json, so the keys would be committed.\n")?;
        let (before, after) = ignoring(&folder.join(GITIGNORE))?;
        ui.warn(&unified_diff(GITIGNORE, before.as_deref(), Some(&after)))?;
        if !prompt::confirm(ui, "Add it to .gitignore?")? {
            return Err(refused());
        }
    }
    Ok(true)
}

/// The parts of the credentials, from standard input or asked for.
fn credentials(
    host: &str,
    kind: AuthKind,
    args: &AuthArgs,
    ui: &Ui,
) -> Result<(Option<String>, Secret), CliError> {
    let (first, _) = kind.parts();
    if args.username.is_some() && first.is_none() {
        return Err(CliError::message(
            Exit::Usage,
            format!("{kind} has no user name, only a token"),
        ));
    }
    if args.stdin {
        return from_stdin(kind, args);
    }
    if !ui.can_prompt() {
        return Err(
            CliError::message(Exit::Usage, "there is nobody to ask for the credentials")
                .hint("give them on standard input with --stdin, one part a line"),
        );
    }
    let is_marketplace = !Target::sold_at(host).is_empty();
    if is_marketplace {
        ui.tell(&format!("The keys of {host} are made in the Adobe Commerce Marketplace, under My profile, Access keys."))?;
    }
    let (name, secret) = match (kind, is_marketplace) {
        (AuthKind::HttpBasic, true) => ("Public key", "Private key"),
        (AuthKind::HttpBasic, false) => ("User name", "Password"),
        (AuthKind::BitbucketOauth, _) => ("Consumer key", "Consumer secret"),
        _ => ("", "Token"),
    };
    let first = match (first, &args.username) {
        (None, _) => None,
        (Some(_), Some(name)) => Some(name.clone()),
        (Some(_), None) => Some(prompt::required(ui, &format!("{name} for {host}"))?),
    };
    let secret = prompt::secret(ui, &format!("{secret} for {host}"))?;
    if secret.is_empty() {
        return Err(CliError::message(
            Exit::Usage,
            "nothing was typed, so nothing is stored",
        ));
    }
    Ok((first, Secret::new(secret)))
}

fn from_stdin(kind: AuthKind, args: &AuthArgs) -> Result<(Option<String>, Secret), CliError> {
    let mut text = String::new();
    std::io::stdin()
        .take(LONGEST_INPUT)
        .read_to_string(&mut text)
        .context("cannot read the credentials from standard input")
        .map_err(|error| CliError::new(Exit::Failed, error))?;
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let (first, secret_name) = kind.parts();
    match (first, &args.username, lines.as_slice()) {
        (None, _, [secret]) => Ok((None, Secret::new(*secret))),
        (Some(_), Some(name), [secret]) => Ok((Some(name.clone()), Secret::new(*secret))),
        (Some(_), None, [name, secret]) => Ok((Some((*name).to_owned()), Secret::new(*secret))),
        _ => {
            let wanted = match (first, &args.username) {
                (Some(name), None) => format!("two lines, {name} and {secret_name}"),
                _ => format!("one line, the {secret_name}"),
            };
            Err(CliError::message(
                Exit::Usage,
                format!("{kind} is {wanted}; standard input has {}", lines.len()),
            ))
        }
    }
}
