//! `mageshift auth`

mod store;
mod test;

pub(super) use test::authority;

use super::args::{GlobalArgs, existing_directory};
use super::error::CliError;
use super::exit::Exit;
use super::table;
use super::ui::Ui;
use crate::apply::{Readers, write_file};
use crate::plan::SCHEMA;
use crate::project::root_files::RootFiles;
use anyhow::Context;
use clap::Args;
use composer_engine::files;
use composer_engine::format::auth_file::{AuthFile, AuthKind, hosts};
use composer_engine::repository::composer_home;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// Store, test, list or remove the credentials of a repository
///
/// The secret is asked for, or read from standard input, and goes into an auth.json that only its owner can read: the
/// project's own, or with --global Composer's. A project's auth.json that git would commit is refused. Then the host, and
/// no other, is asked whether it takes them.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  Store the keys of the Adobe Commerce Marketplace, and test them:
    mageshift auth repo.magento.com

  The same in a pipeline, public key and private key on a line each:
    printf '%s\\n' \"$PUBLIC\" \"$PRIVATE\" | mageshift auth repo.magento.com --stdin

  Test what is stored:
    mageshift auth repo.magento.com --test

  See what is stored, without secrets:
    mageshift auth --list

Exit codes:
  0 done, or nothing to do   2 wrong usage   130 interrupted
  1 failed                   3 refused by the host, or git would commit it")]
pub struct AuthArgs {
    /// The host, with its port if that is not the usual one
    #[arg(value_name = "HOST", required_unless_present = "list")]
    pub host: Option<String>,

    /// The kind of credentials
    #[arg(
        long,
        value_name = "KIND",
        value_parser = kind,
        long_help = "The kind of credentials: http-basic, bearer, github-oauth, gitlab-oauth, gitlab-token or bitbucket-oauth. Left out, it is what the host asks for as a rule: http-basic but for github.com, gitlab.com and bitbucket.org"
    )]
    pub kind: Option<AuthKind>,

    /// The user name, public key or consumer key
    #[arg(long, value_name = "NAME")]
    pub username: Option<String>,

    /// Use Composer's own auth.json, for all projects of this user
    #[arg(long)]
    pub global: bool,

    /// Read the credentials from standard input, one part a line
    #[arg(long)]
    pub stdin: bool,

    /// Add the project's auth.json to .gitignore when git would commit it
    #[arg(long)]
    pub add_to_gitignore: bool,

    /// Store without testing
    #[arg(long, conflicts_with = "test")]
    pub offline: bool,

    /// Only test what is stored
    #[arg(long, conflicts_with_all = ["list", "remove", "stdin"])]
    pub test: bool,

    /// List hosts and kinds, without secrets
    #[arg(long, conflicts_with_all = ["host", "remove"])]
    pub list: bool,

    /// Remove the credentials of the host
    #[arg(long, conflicts_with = "stdin")]
    pub remove: bool,
}

fn kind(word: &str) -> Result<AuthKind, String> {
    AuthKind::ALL
        .into_iter()
        .find(|kind| kind.section() == word)
        .ok_or_else(|| {
            let words = AuthKind::ALL.map(AuthKind::section);
            format!("the kinds are {}", words.join(", "))
        })
}

pub(super) fn run(args: &AuthArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
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

/// An auth.json, there or not.
struct Place {
    path: PathBuf,
    /// What messages call it.
    shown: String,
    is_global: bool,
}

impl Place {
    fn of(args: &AuthArgs, project: &Path) -> Result<Self, CliError> {
        if !args.global {
            return Ok(Self::project(project));
        }
        let home = composer_home(&|name| std::env::var(name).ok()).ok_or_else(|| {
            CliError::message(Exit::Failed, "Composer's own folder is not known")
                .hint("set COMPOSER_HOME, or HOME")
        })?;
        let path = home.join("auth.json");
        Ok(Self {
            shown: path.display().to_string(),
            path,
            is_global: true,
        })
    }

    fn project(project: &Path) -> Self {
        let path = project.join("auth.json");
        Self {
            shown: path
                .strip_prefix(".")
                .unwrap_or(&path)
                .display()
                .to_string(),
            path,
            is_global: false,
        }
    }

    /// The file; an empty one when there is none. What it says is never quoted.
    fn read(&self) -> Result<AuthFile, CliError> {
        let failed = |error: anyhow::Error| CliError::new(Exit::Failed, error);
        let text = files::text_if_there(&self.path, files::CONFIGURATION)?;
        let file = AuthFile::parse(text).map_err(|error| {
            anyhow::anyhow!("{} is not JSON, see line {}", self.shown, error.line)
        });
        file.map_err(failed)
    }

    /// Writes the file as one unit, with mode 0600 from the start; one that is there keeps its owner and mode.
    fn write(&self, project: &Path, file: &AuthFile) -> Result<(), CliError> {
        let write = || -> anyhow::Result<()> {
            // Behind a link is the file that is meant.
            let path = self.path.canonicalize().unwrap_or(self.path.clone());
            if let Some(folder) = path.parent().filter(|_| self.is_global) {
                fs::create_dir_all(folder)?;
            }
            Ok(write_file(
                project,
                &path,
                file.text().as_bytes(),
                Readers::AsBefore,
            )?)
        };
        let written = write().with_context(|| format!("cannot write {}", self.shown));
        written.map_err(|error| CliError::new(Exit::Failed, error))
    }
}

fn edit_error(error: composer_engine::format::json_document::EditError) -> CliError {
    CliError::new(Exit::Failed, error)
        .hint("auth.json does not have the form that Composer gives it; correct it by hand")
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
        ui.document(&format!("{document:#}\n"))?;
    }
    Ok(Exit::Done)
}

/// What is stored where, in the order in which Composer reads it: a later one counts.
pub(super) fn known(project: &Path) -> Vec<(String, &'static str, String)> {
    let decoded = |text: &[u8]| serde_json::from_slice::<Value>(text).ok();
    let file = |path: &Path| {
        files::read(path, files::CONFIGURATION)
            .ok()
            .and_then(|text| decoded(&text))
    };
    let config = |root: Option<Value>| root.and_then(|root| root.get("config").cloned());
    let shown = |path: &Path| {
        let path = path.strip_prefix(".").unwrap_or(path);
        path.display().to_string()
    };
    let mut sources = Vec::new();
    if let Some(home) = composer_home(&|name| std::env::var(name).ok()) {
        let path = home.join("config.json");
        sources.push((config(file(&path)), shown(&path)));
        let path = home.join("auth.json");
        sources.push((file(&path), shown(&path)));
    }
    let files = RootFiles::of(project).unwrap_or_default();
    let root = project.join(&files.root);
    sources.push((config(file(&root)), shown(&root)));
    let auth = project.join("auth.json");
    sources.push((file(&auth), shown(&auth)));
    let environment = std::env::var("COMPOSER_AUTH").ok();
    sources.push((
        environment.and_then(|text| decoded(text.as_bytes())),
        "COMPOSER_AUTH".to_owned(),
    ));
    sources
        .into_iter()
        .flat_map(|(auth, place)| {
            let found = auth.as_ref().map(hosts).unwrap_or_default();
            found
                .into_iter()
                .map(move |(host, kind)| (host, kind, place.clone()))
        })
        .collect()
}

fn list(project: &Path, ui: &Ui) -> Result<Exit, CliError> {
    let known = known(project);
    if ui.json {
        let entries: Vec<Value> = known
            .iter()
            .map(|(host, kind, place)| json!({"host": host, "kind": kind, "place": place}))
            .collect();
        let document = json!({"schema": SCHEMA, "credentials": entries});
        ui.document(&format!("{document:#}\n"))?;
    } else if known.is_empty() {
        ui.show("No credentials are stored.\n")?;
    } else {
        let mut rows = vec![["host", "kind", "place"].map(str::to_owned).to_vec()];
        rows.extend(
            known
                .into_iter()
                .map(|(host, kind, place)| vec![host, kind.to_owned(), place]),
        );
        ui.show(&table::render(&rows, ""))?;
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
