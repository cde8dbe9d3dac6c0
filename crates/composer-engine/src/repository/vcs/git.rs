//! The `git` program, as far as packages are read with it: what a repository refers to, and what lies there.
//!
//! A repository is a stranger's. Its address is never taken for an option, only the protocols that Composer allows are
//! spoken, nobody is asked for anything, and neither hooks nor a configuration that comes from there are followed. What git
//! says is shown without credentials.

use super::git_program::Failure;
use super::git_program::{NOT_THERE, REFUSED, can_leave_out, finish, git, is_any};
use super::objects::{self, Found};
use crate::format::auth::{Header, Secret};
use crate::format::version::normalize;
use crate::repository::address;
use crate::repository::error::{ErrorKind, RepositoryError};
use rustc_hash::FxHashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How many objects are named on one command line.
const OBJECTS_AT_ONCE: usize = 500;

/// A repository on this machine: somebody's folder, or a mirror of one elsewhere.
#[derive(Debug)]
pub(crate) struct Local {
    folder: PathBuf,
}

/// A name that a repository gives to a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Without `refs/heads/` or `refs/tags/`.
    pub name: String,
    /// The commit, also where a tag has a message of its own.
    pub commit: String,
}

/// What a repository refers to, each list in the order of its names, or of its site.
#[derive(Debug, Default, Clone)]
pub(crate) struct References {
    pub tags: Vec<Reference>,
    pub branches: Vec<Reference>,
    /// The name of the main branch, whether or not there is such a branch.
    pub main: String,
}

impl References {
    /// The commits that have a name.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let all = self.tags.iter().chain(&self.branches);
        all.map(|reference| &*reference.commit)
    }

    /// Whether two tags stand for one commit or for one version, so that the first of them counts.
    pub(crate) fn has_rivals(&self) -> bool {
        let versions = self.tags.iter();
        let versions = versions.filter_map(|tag| normalize(&tag.name.replace("release-", "")).ok());
        let mut versions: Vec<String> = versions.collect();
        let mut commits: Vec<&str> = self.tags.iter().map(|tag| &*tag.commit).collect();
        versions.sort_unstable();
        commits.sort_unstable();
        versions.windows(2).any(|two| two[0] == two[1])
            || commits.windows(2).any(|two| two[0] == two[1])
    }

    /// Puts the tags in the order of a list; what is not there comes last.
    pub(crate) fn put_in_order(&mut self, tags: &[Reference]) {
        let place: FxHashMap<&str, usize> = tags
            .iter()
            .enumerate()
            .map(|(place, tag)| (&*tag.name, place))
            .collect();
        self.tags
            .sort_by_key(|tag| place.get(&*tag.name).copied().unwrap_or(usize::MAX));
    }
}

/// How a repository elsewhere is asked.
#[derive(Debug, Clone)]
pub(crate) struct Remote {
    /// As composer.json has it.
    pub url: String,
    /// With which it is asked when it does not answer without.
    pub header: Option<Header>,
    /// Whether addresses that do not encrypt may be asked (`secure-http`).
    pub allows_plain: bool,
    /// How long it may take to say what there is. A history is larger, and may take ten times as long.
    pub deadline: Duration,
    /// What must not be shown.
    pub secrets: Vec<Secret>,
}

impl Local {
    pub(crate) fn new(folder: PathBuf) -> Local {
        Local { folder }
    }

    /// Whether there is a repository.
    pub(crate) fn is_there(&self) -> bool {
        self.run(&["rev-parse", "--git-dir"]).is_ok()
    }

    /// What the repository refers to.
    pub(crate) fn references(&self) -> Result<References, Failure> {
        let format = "--format=%(refname)%00%(objectname)%00%(*objectname)%00%(symref)";
        let listed = self.run(&["for-each-ref", format, "refs/heads", "refs/tags"])?;
        let mut references = References::default();
        for line in String::from_utf8_lossy(&listed).lines() {
            let mut fields = line.split('\0');
            let mut field = || fields.next().unwrap_or_default();
            let (name, object, peeled, target) = (field(), field(), field(), field());
            let commit = if peeled.is_empty() { object } else { peeled };
            // Composer reads the lists of git by words.
            if name.contains(char::is_whitespace) {
                continue;
            }
            let reference = |name: &str| Reference {
                name: name.to_owned(),
                commit: commit.to_owned(),
            };
            if let Some(name) = name.strip_prefix("refs/tags/") {
                references.tags.push(reference(name));
            } else if let Some(name) = name.strip_prefix("refs/heads/")
                && target.is_empty()
                && !name.starts_with('-')
            {
                references.branches.push(reference(name));
            }
        }
        let head = self.run(&["symbolic-ref", "-q", "HEAD"]).ok();
        let head = head.and_then(|head| String::from_utf8(head).ok());
        let head = head.as_deref().map(str::trim);
        let head = head.and_then(|head| head.strip_prefix("refs/heads/"));
        let is_there = |name: &&str| {
            references
                .branches
                .iter()
                .any(|branch| branch.name == *name)
        };
        references.main = head.filter(is_there).unwrap_or("master").to_owned();
        Ok(references)
    }

    /// What lies at some commits, by their names.
    pub(crate) fn find<'a>(&self, names: impl Iterator<Item = &'a str>) -> Result<Found, Failure> {
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        names.dedup();
        objects::find(&mut self.command(&["cat-file", "--batch"]), &names)
    }

    /// The output of a command that only reads.
    fn run(&self, arguments: &[&str]) -> Result<Vec<u8>, Failure> {
        finish(&mut self.command(arguments), Duration::from_secs(60), None)
    }

    /// A command that only reads: nothing is fetched for it, whatever the configuration says.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = git(Some(&self.folder));
        command.env("GIT_ALLOW_PROTOCOL", "none").args(arguments);
        command
    }
}

/// How much of a history is fetched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// What has a name, with its uppermost folder, where the server can leave out the rest.
    Tops,
    /// What has a name, with all its files.
    Tips,
    /// Everything, which a server that only hands out files has no way around.
    History,
}

impl Remote {
    /// The same at another address, to which what is known for the first one is not shown.
    pub(crate) fn at(&self, url: String) -> Remote {
        Remote {
            url,
            header: None,
            ..self.clone()
        }
    }

    /// Brings the mirror in `folder` up to date, or makes it.
    pub(crate) fn synchronize(&self, folder: &Path) -> Result<(), Failure> {
        let listed = self.ask(None, &["ls-remote", "--symref"], &[])?;
        let listed = String::from_utf8_lossy(&listed);
        let mut theirs: Vec<&str> = Vec::new();
        let mut main = None;
        for line in listed.lines() {
            if let Some(reference) = line.strip_prefix("ref: ") {
                main = reference.strip_suffix("\tHEAD").or(main);
            } else if let Some((_, name)) = line.split_once('\t')
                && (name.starts_with("refs/heads/") || name.starts_with("refs/tags/"))
                && !name.ends_with("^{}")
            {
                theirs.push(line);
            }
        }
        theirs.sort_unstable();
        let mirror = Local::new(folder.to_owned());
        if folder.is_dir() && mirror.is_there() {
            let format = "--format=%(objectname)%09%(refname)";
            let ours = mirror.run(&["for-each-ref", format, "refs/heads", "refs/tags"])?;
            let ours = String::from_utf8_lossy(&ours);
            let mut ours: Vec<&str> = ours.lines().collect();
            ours.sort_unstable();
            let is_complete = if ours == theirs {
                self.complete(&mirror)
            } else {
                self.fetch(&mirror, Depth::Tops)
            };
            match is_complete {
                // One that cannot be mended is made anew.
                Ok(false) => {}
                Ok(true) => return mirror.set_main(main),
                Err(failure) => return Err(failure),
            }
        }
        self.mirror(folder, theirs.is_empty(), main)
    }

    /// Makes the mirror in `folder`.
    fn mirror(&self, folder: &Path, is_empty: bool, main: Option<&str>) -> Result<(), Failure> {
        let parent = folder.parent().unwrap_or(folder);
        for depth in [Depth::Tops, Depth::Tips, Depth::History] {
            let made = crate::files::create_private(parent)
                .and_then(|()| tempfile::Builder::new().prefix("new-").tempdir_in(parent));
            let made = made.map_err(|error| {
                Failure::Broken(format!(
                    "its mirror cannot be made in {}: {error}",
                    parent.display()
                ))
            })?;
            let new = Local::new(made.path().to_owned());
            new.run(&["init", "--quiet", "--bare", "--template="])?;
            if !is_empty && !self.fetch(&new, depth)? {
                continue;
            }
            new.set_main(main)?;
            // Damaged ones make room; a good one that somebody else made meanwhile serves as well.
            let _ = std::fs::remove_dir_all(folder);
            return match std::fs::rename(made.path(), folder) {
                Ok(()) => {
                    // It is no longer where it would be removed from.
                    let _ = made.keep();
                    Ok(())
                }
                Err(_) if Local::new(folder.to_owned()).is_there() => Ok(()),
                Err(error) => Err(Failure::Broken(format!(
                    "its mirror cannot be kept in {}: {error}",
                    folder.display()
                ))),
            };
        }
        Err(Failure::Broken(
            "does not give all that its tags and branches name".to_owned(),
        ))
    }

    /// Fetches what has a name; whether all of it has arrived. A server that only hands out files refuses what is not whole.
    fn fetch(&self, mirror: &Local, depth: Depth) -> Result<bool, Failure> {
        let mut fetch = vec![
            "fetch",
            "--quiet",
            "--prune",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
        ];
        // Where something is left out, git keeps the address in the mirror, to ask for the rest.
        let keeps_all = !can_leave_out() || !address::secrets(&self.url).is_empty();
        match depth {
            Depth::Tops if keeps_all => fetch.push("--depth=1"),
            Depth::Tops => fetch.extend(["--depth=1", "--filter=tree:1"]),
            Depth::Tips => fetch.push("--depth=1"),
            Depth::History => {}
        }
        let all = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];
        match self.ask(Some(&mirror.folder), &fetch, &all) {
            Err(Failure::Git(said)) if depth != Depth::History && said.contains("shallow") => {
                Ok(false)
            }
            Err(failure) => Err(failure),
            Ok(_) => self.complete(mirror),
        }
    }

    /// Fetches what was left out and is read; whether nothing is missing then.
    fn complete(&self, mirror: &Local) -> Result<bool, Failure> {
        let fetch = [
            "-c",
            "fetch.negotiationAlgorithm=noop",
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--filter=tree:1",
        ];
        let references = mirror.references()?;
        // Folders first, then what lies in them.
        for _ in 0..3 {
            let missing = mirror.find(references.names())?.missing;
            if missing.is_empty() {
                return Ok(true);
            }
            let missing: Vec<&str> = missing.iter().map(String::as_str).collect();
            for some in missing.chunks(OBJECTS_AT_ONCE) {
                match self.ask(Some(&mirror.folder), &fetch, some) {
                    Ok(_) => {}
                    // Servers need not give what has no name of its own.
                    Err(Failure::Git(said)) if !is_any(&said, &REFUSED) => return Ok(false),
                    Err(failure) => return Err(failure),
                }
            }
        }
        Ok(false)
    }

    /// Runs a command with the address as its first operand, first as everybody, then with what is known for the host.
    fn ask(
        &self,
        folder: Option<&Path>,
        arguments: &[&str],
        operands: &[&str],
    ) -> Result<Vec<u8>, Failure> {
        let scheme = self.url.split_once("://").map(|(scheme, _)| scheme);
        let is_http = scheme.is_some_and(|scheme| {
            scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")
        });
        // The account of an SSH address belongs to it.
        let url = if is_http {
            address::without_login(&self.url)
        } else {
            self.url.clone()
        };
        let run = |header: Option<&Header>| {
            let mut command = git(folder);
            let protocols = if self.allows_plain {
                "https:ssh:http:git"
            } else {
                "https:ssh"
            };
            command.env("GIT_ALLOW_PROTOCOL", protocols);
            if let Some(header) = header {
                // Not on the command line, which everybody on the machine can read; and to nobody whom the host names.
                command
                    .args(["-c", "http.followRedirects=false"])
                    .env("GIT_CONFIG_COUNT", "1")
                    .env("GIT_CONFIG_KEY_0", "http.extraHeader")
                    .env(
                        "GIT_CONFIG_VALUE_0",
                        format!("{}: {}", header.name, header.value.expose()),
                    );
            }
            command.args(arguments).arg("--").arg(&url).args(operands);
            let deadline = folder.map_or(self.deadline, |_| self.deadline.saturating_mul(10));
            finish(&mut command, deadline, folder)
        };
        let first = run(None);
        match (first, &self.header) {
            (Err(Failure::Git(_)), Some(header)) if is_http => run(Some(header)),
            (first, _) => first,
        }
    }

    /// What is to be said of a failure.
    pub(crate) fn error(&self, failure: &Failure) -> RepositoryError {
        let mut message = failure.message();
        let kind = match failure {
            Failure::NotInstalled => ErrorKind::Unsupported,
            Failure::Git(_) if is_any(&message, &REFUSED) => ErrorKind::Unauthorized,
            Failure::Git(_) if is_any(&message, &NOT_THERE) => ErrorKind::NotFound,
            _ => ErrorKind::Network,
        };
        let shown = address::masked(&self.url);
        message = message.replace(&self.url, &shown);
        for secret in &self.secrets {
            if !secret.expose().is_empty() {
                message = message.replace(secret.expose(), "***");
            }
        }
        RepositoryError::new(kind, shown, message)
    }
}

impl Local {
    /// Remembers the name of the main branch.
    fn set_main(&self, main: Option<&str>) -> Result<(), Failure> {
        match main.filter(|main| main.starts_with("refs/heads/")) {
            Some(main) => self.run(&["symbolic-ref", "HEAD", main]).map(drop),
            None => Ok(()),
        }
    }
}
