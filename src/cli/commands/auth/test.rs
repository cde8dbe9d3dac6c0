//! Asking a host whether it takes the credentials that Composer would send.

use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::planning::repositories;
use crate::cli::screen::ui::Ui;
use crate::distribution::{Family, Target};
use crate::plan::SCHEMA;
use crate::plan::sentence::and;
use crate::planner::error::PlanError;
use crate::preview::layout::wrap;
use crate::project::root_files::RootFiles;
use composer_engine::files;
use composer_engine::format::auth::Target as Address;
use composer_engine::repository::probe;
use composer_engine::repository::{ErrorKind, Options, RepositoryError};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// What a test came to.
struct Outcome {
    /// A word for scripts.
    result: &'static str,
    exit: Exit,
    /// What it means, in whole sentences.
    meaning: String,
}

/// Tests the credentials of a host against the Composer repository there.
pub(super) fn run(host: &str, project: &Path, ui: &Ui) -> Result<Exit, CliError> {
    let files = RootFiles::of(project).map_err(PlanError::from)?;
    let root = decoded(&project.join(&files.root)).unwrap_or_else(|| json!({}));
    let options = repositories::options(&root, project)
        .map_err(|error| PlanError::Repository(Arc::new(error)))?;
    let progress = ui.progress(&format!("Asking {host}"));
    let lock = decoded(&project.join(&files.lock));
    let outcome = ask(host, &root, lock.as_ref(), &options);
    drop(progress);
    let meaning = match outcome.exit {
        Exit::Done => outcome.meaning.clone(),
        _ => ui.stderr.red(&outcome.meaning),
    };
    for line in wrap(&meaning, ui.width) {
        ui.warn(&line)?;
    }
    if ui.json {
        let document = json!({"schema": SCHEMA, "host": host, "result": outcome.result, "meaning": outcome.meaning});
        ui.document(document)?;
    }
    Ok(outcome.exit)
}

fn decoded(path: &Path) -> Option<Value> {
    serde_json::from_slice(&files::read(path, files::CONFIGURATION).ok()?).ok()
}

fn ask(host: &str, root: &Value, lock: Option<&Value>, options: &Options) -> Outcome {
    let Some(url) = repository(host, root) else {
        return Outcome {
            result: "untested",
            exit: Exit::Done,
            meaning: format!(
                "{host} is no Composer repository, so the credentials were not tested."
            ),
        };
    };
    let sold = Target::sold_at(host);
    let is_marketplace = !sold.is_empty();
    let locked = lock.and_then(|lock| locked_from(host, lock));
    let names: Vec<&str> = if is_marketplace {
        sold.iter()
            .map(|target| target.facts().product.as_str())
            .collect()
    } else {
        locked.into_iter().collect()
    };
    let answer = probe(&url, root, options, &names).and_then(|found| {
        // A product that the account may not have is refused, or is not in the list at all.
        let is_found = |found: Result<bool, Arc<RepositoryError>>| match found {
            Err(error) if is_marketplace && error.kind == ErrorKind::Forbidden => Ok(false),
            found => found,
        };
        found
            .into_iter()
            .map(is_found)
            .collect::<Result<Vec<_>, _>>()
    });
    match answer {
        Ok(found) if is_marketplace => entitlement(host, &sold, &found),
        Ok(_) => Outcome {
            result: "accepted",
            exit: Exit::Done,
            meaning: format!("{host} takes the credentials."),
        },
        Err(error) => {
            let sends = sends_credentials(host, options);
            refused(host, sends, error.kind, &error.message)
        }
    }
}

/// The address of the host's Composer repository: as the project has it, else the host itself. None for hosts of code.
fn repository(host: &str, root: &Value) -> Option<String> {
    let own = match root.get("repositories") {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(Value::Object(object)) => object.values().collect(),
        _ => Vec::new(),
    };
    let configured = own
        .into_iter()
        .filter(|entry| entry.get("type").and_then(Value::as_str) == Some("composer"))
        .filter_map(|entry| entry.get("url")?.as_str())
        .find(|url| authority(url).eq_ignore_ascii_case(host));
    match (configured, host) {
        (Some(url), _) => Some(url.to_owned()),
        (None, "github.com" | "gitlab.com" | "bitbucket.org") => None,
        (None, host) => Some(format!("https://{host}")),
    }
}

/// Host and port of an address.
pub(crate) fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host)
}

/// A package of the lock that is downloaded from the host: a repository may show its list to everybody and no package.
fn locked_from<'l>(host: &str, lock: &'l Value) -> Option<&'l str> {
    ["packages", "packages-dev"]
        .into_iter()
        .filter_map(|section| lock.get(section)?.as_array())
        .flatten()
        .find(|package| {
            let url = package
                .get("dist")
                .and_then(|dist| dist.get("url")?.as_str());
            url.is_some_and(|url| authority(url).eq_ignore_ascii_case(host))
        })
        .and_then(|package| package.get("name")?.as_str())
}

fn sends_credentials(host: &str, options: &Options) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !name.ends_with(':') => (name, port.parse().ok()),
        _ => (host, None),
    };
    let address = Address {
        host: name,
        port,
        path: "/packages.json",
    };
    !options.credentials.headers(address, None).is_empty()
}

/// What the products in an answer of a host that sells them say about the account: `found` is for each that is sold there,
/// of which a larger one includes those before it.
fn entitlement(host: &str, sold: &[Target], found: &[bool]) -> Outcome {
    let opened = found.iter().rposition(|found| *found);
    let (open, closed) = sold.split_at(opened.map_or(0, |last| last + 1).min(sold.len()));
    let names = |targets: &[Target]| {
        targets
            .iter()
            .map(|target| target.name())
            .collect::<Vec<_>>()
    };
    let (result, meaning) = match (open.last(), closed.first()) {
        (Some(largest), closed) => (
            match largest.is_in(Family::Commerce) {
                true => "commerce",
                false => "open-source",
            },
            match closed {
                None => format!("{host} takes the keys. They open {}.", and(&names(open))),
                Some(next) => format!(
                    "{host} takes the keys. They open {} but not {next}: the answer has no {}. To switch to {next}, use keys of the account that owns the licence, or have its owner share access with yours.",
                    and(&names(open)),
                    next.facts().product
                ),
            },
        ),
        (None, _) => (
            "no-product",
            format!(
                "{host} takes the keys, but they open neither {}: its answer has neither product. Make keys with an account that has access to one.",
                names(sold).join(" nor ")
            ),
        ),
    };
    Outcome {
        result,
        exit: if result == "no-product" {
            Exit::Blocked
        } else {
            Exit::Done
        },
        meaning,
    }
}

/// What a refusal means.
fn refused(host: &str, sends: bool, kind: ErrorKind, message: &str) -> Outcome {
    let (result, exit, meaning) = match kind {
        ErrorKind::Unauthorized if sends => (
            "unknown-credentials",
            Exit::Blocked,
            format!(
                "{host} does not know these credentials (HTTP 401). They are mistyped, of another kind than it wants, or have been revoked; with a public and a private key, check that they are not swapped."
            ),
        ),
        ErrorKind::Unauthorized => (
            "no-credentials",
            Exit::Blocked,
            format!(
                "{host} asks for credentials (HTTP 401), and none are stored for it. `mageshift auth {host}` stores them."
            ),
        ),
        ErrorKind::Forbidden if !sends => (
            "no-credentials",
            Exit::Blocked,
            format!(
                "{host} lets nobody in without credentials (HTTP 403), and none are stored for it. `mageshift auth {host}` stores them."
            ),
        ),
        ErrorKind::Forbidden => (
            "forbidden",
            Exit::Blocked,
            format!(
                "{host} knows who is asking and refuses (HTTP 403). The account has no access to this repository: the licence has ended, belongs to another account, or allows only certain addresses. Its vendor can tell."
            ),
        ),
        ErrorKind::NotFound => (
            "no-repository",
            Exit::Failed,
            format!(
                "There is no Composer repository at {host}. If it has an address with a path, add it to composer.json first."
            ),
        ),
        _ => (
            "unreachable",
            Exit::Failed,
            format!("{host} {message}. Whether it takes the credentials is not known."),
        ),
    };
    Outcome {
        result,
        exit,
        meaning,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_account_may_have() {
        let outcome = |found: &[bool]| {
            let host = "repo.magento.com";
            let outcome = entitlement(host, &Target::sold_at(host), found);
            (outcome.result, outcome.exit)
        };
        assert_eq!(outcome(&[true, true]), ("commerce", Exit::Done));
        assert_eq!(outcome(&[true, false]), ("open-source", Exit::Done));
        assert_eq!(outcome(&[false, false]), ("no-product", Exit::Blocked));
    }

    #[test]
    fn the_repository_of_a_host() {
        let root = json!({"repositories": {
            "a": {"type": "vcs", "url": "https://a.test/x"},
            "b": {"type": "composer", "url": "http://me:key@A.test:8080/satis"},
            "c": false,
        }});
        let of = |host: &str| repository(host, &root);
        assert_eq!(
            of("a.test:8080").as_deref(),
            Some("http://me:key@A.test:8080/satis")
        );
        assert_eq!(of("a.test").as_deref(), Some("https://a.test"));
        assert_eq!(of("github.com"), None);
        let lock = json!({"packages": [
            {"name": "x/y", "dist": {"url": "https://b.test/y.zip"}},
            {"name": "x/z", "dist": {"url": "http://a.test:8080/z.zip"}},
        ]});
        assert_eq!(locked_from("a.test:8080", &lock), Some("x/z"));
        assert_eq!(locked_from("c.test", &lock), None);
    }
}
