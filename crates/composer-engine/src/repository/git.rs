//! The `git` program, as far as packages are read with it: what a repository refers to, and what lies there.
//!
//! A repository is a stranger's. Its address is never taken for an option, only the protocols that Composer allows are
//! spoken, nobody is asked for anything, and neither hooks nor a configuration that comes from there are followed. What git
//! says is shown without credentials.

use super::address;
use super::error::{ErrorKind, RepositoryError};
use crate::files;
use crate::format::auth::{Header, Secret};
use rustc_hash::FxHashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What is read of the answers of one command.
const OUTPUT: u64 = files::DATA;
/// What the mirror of one repository may take up.
const MIRROR: u64 = 8 * 1024 * 1024 * 1024;

/// A repository on this machine: somebody's folder, or a mirror of one elsewhere.
#[derive(Debug)]
pub(super) struct Local {
    folder: PathBuf,
}

/// A name that a repository gives to a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    /// Without `refs/heads/` or `refs/tags/`.
    pub name: String,
    /// The commit, also where a tag has a message of its own.
    pub commit: String,
}

/// What a repository refers to, each list in the order of its names.
#[derive(Debug, Default)]
pub(super) struct References {
    pub tags: Vec<Reference>,
    pub branches: Vec<Reference>,
    /// The name of the main branch, whether or not there is such a branch.
    pub main: String,
}

/// What lies at a commit.
#[derive(Debug, Default, Clone)]
pub(super) struct Commit {
    /// Its composer.json; none where there is none, or one larger than any real one.
    pub root: Option<Vec<u8>>,
    /// When it was written and when it was committed, in Unix seconds.
    pub authored: Option<i64>,
    pub committed: Option<i64>,
}

/// How a repository elsewhere is asked.
#[derive(Debug, Clone)]
pub(super) struct Remote {
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
    pub(super) fn new(folder: PathBuf) -> Local {
        Local { folder }
    }

    /// Whether there is a repository.
    pub(super) fn is_there(&self) -> bool {
        self.run(&["rev-parse", "--git-dir"]).is_ok()
    }

    /// What the repository refers to.
    pub(super) fn references(&self) -> Result<References, Failure> {
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
    pub(super) fn commits<'a>(
        &self,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<FxHashMap<String, Commit>, Failure> {
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        names.dedup();
        let questions: String = names
            .iter()
            .map(|name| format!("{name}:composer.json\n{name}^{{commit}}\n"))
            .collect();
        let mut command = self.command(&["cat-file", "--batch"]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| Failure::start(&error))?;
        let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failure::Broken("git has no pipes".to_owned()));
        };
        let answers = std::thread::scope(|scope| {
            scope.spawn(move || stdin.write_all(questions.as_bytes()));
            let mut answers = BufReader::new(stdout);
            let mut next = || object(&mut answers);
            let read = names.iter().map(|name| {
                let root = next()?;
                let commit = next()?.unwrap_or_default();
                let time = |who: &str| time(&commit, who);
                let commit = Commit {
                    root,
                    authored: time("author "),
                    committed: time("committer "),
                };
                Ok(((*name).to_owned(), commit))
            });
            read.collect::<io::Result<_>>()
        });
        let _ = child.kill();
        let _ = child.wait();
        answers.map_err(|error| Failure::Broken(format!("its objects cannot be read: {error}")))
    }

    /// The output of a command that only reads.
    fn run(&self, arguments: &[&str]) -> Result<Vec<u8>, Failure> {
        finish(&mut self.command(arguments), Duration::from_secs(60), None)
    }

    /// A command that only reads: nothing is fetched for it, whatever the configuration says.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = git(Some(&self.folder));
        command
            .env("GIT_ALLOW_PROTOCOL", "none")
            .env("GIT_NO_LAZY_FETCH", "1");
        command.args(arguments);
        command
    }
}

impl Remote {
    /// Brings the mirror in `folder` up to date, or makes it.
    pub(super) fn synchronize(&self, folder: &Path) -> Result<(), Failure> {
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
            if ours != theirs {
                self.fetch(folder)?;
            }
            return mirror.set_main(main);
        }
        let parent = folder.parent().unwrap_or(folder);
        let made = super::cache::create_private(parent)
            .and_then(|()| tempfile::Builder::new().prefix("new-").tempdir_in(parent));
        let made = made.map_err(|error| {
            Failure::Broken(format!(
                "its mirror cannot be made in {}: {error}",
                parent.display()
            ))
        })?;
        let new = Local::new(made.path().to_owned());
        new.run(&["init", "--quiet", "--bare", "--template="])?;
        if !theirs.is_empty() {
            self.fetch(made.path())?;
        }
        new.set_main(main)?;
        // Damaged ones make room; a good one that somebody else made meanwhile serves as well.
        let _ = std::fs::remove_dir_all(folder);
        match std::fs::rename(made.path(), folder) {
            Ok(()) => {
                // It is no longer where it would be removed from.
                let _ = made.keep();
                Ok(())
            }
            Err(_) if mirror.is_there() => Ok(()),
            Err(error) => Err(Failure::Broken(format!(
                "its mirror cannot be kept in {}: {error}",
                folder.display()
            ))),
        }
    }

    fn fetch(&self, folder: &Path) -> Result<(), Failure> {
        let fetch = [
            "fetch",
            "--quiet",
            "--prune",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
        ];
        let all = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];
        self.ask(Some(folder), &fetch, &all).map(drop)
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
    pub(super) fn error(&self, failure: &Failure) -> RepositoryError {
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

/// What git says when it was not let in, and when there is nothing.
const REFUSED: [&str; 5] = [
    "Authentication failed",
    "could not read Username",
    "could not read Password",
    "Permission denied",
    "The requested URL returned error: 40",
];
const NOT_THERE: [&str; 3] = [
    "not found",
    "does not appear to be a git repository",
    "does not exist",
];

fn is_any(message: &str, parts: &[&str]) -> bool {
    parts.iter().any(|part| message.contains(part))
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

/// Why git gave no answer.
#[derive(Debug)]
pub(super) enum Failure {
    NotInstalled,
    /// With what it said.
    Git(String),
    TooLong(Duration),
    TooLarge,
    Broken(String),
}

impl Failure {
    fn start(error: &io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::NotFound => Failure::NotInstalled,
            _ => Failure::Broken(format!("git cannot be run: {error}")),
        }
    }

    /// As half a sentence, not yet without secrets.
    pub(super) fn message(&self) -> String {
        match self {
            Failure::NotInstalled => {
                "is read with the program `git`, which is not installed".to_owned()
            }
            Failure::Git(said) => said.clone(),
            Failure::TooLong(deadline) => format!("did not answer within {} s", deadline.as_secs()),
            Failure::TooLarge => "is larger than any repository of a package".to_owned(),
            Failure::Broken(why) => why.clone(),
        }
    }
}

/// The program, in a folder of its own kind or in none, deaf to what the surroundings say about other repositories.
fn git(folder: Option<&Path>) -> Command {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        let is_set = name.to_str().is_some_and(|name| {
            name.starts_with("GIT_")
                && !name.starts_with("GIT_SSH")
                && !name.starts_with("GIT_SSL")
                && name != "GIT_PROXY_COMMAND"
        });
        if is_set {
            command.env_remove(&name);
        }
    }
    command
        .env("LC_ALL", "C")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_ASKPASS", "true")
        .env("SSH_ASKPASS_REQUIRE", "never")
        .env("GIT_OPTIONAL_LOCKS", "0");
    let has_ssh = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !has_ssh("GIT_SSH_COMMAND") && !has_ssh("GIT_SSH") {
        command.env(
            "GIT_SSH_COMMAND",
            "ssh -o BatchMode=yes -o ConnectTimeout=15",
        );
    }
    for setting in [
        "core.hooksPath=/dev/null",
        "core.fsmonitor=false",
        "core.askPass=true",
        "gc.auto=0",
        "maintenance.auto=false",
        "submodule.recurse=false",
        "http.lowSpeedLimit=1000",
        "http.lowSpeedTime=30",
    ] {
        command.args(["-c", setting]);
    }
    if let Some(folder) = folder {
        command.current_dir(folder);
    }
    command.stdin(Stdio::null());
    command
}

/// Waits for a command, as long as it may take and as large as the mirror in `grows` may become, and takes its output.
fn finish(
    command: &mut Command,
    deadline: Duration,
    grows: Option<&Path>,
) -> Result<Vec<u8>, Failure> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    // Helpers for the network are programs of their own, which end with the group.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut child = command.spawn().map_err(|error| Failure::start(&error))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        let output = scope.spawn(|| take(stdout));
        let said = scope.spawn(|| take(stderr));
        let begin = Instant::now();
        let mut pause = Duration::from_millis(1);
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break Ok(status),
                Ok(None) => {}
                Err(error) => break Err(Failure::start(&error)),
            }
            if begin.elapsed() > deadline {
                stop(&mut child);
                break Err(Failure::TooLong(deadline));
            }
            if pause >= Duration::from_millis(100)
                && grows.is_some_and(|folder| size(&folder.join("objects/pack")) > MIRROR)
            {
                stop(&mut child);
                break Err(Failure::TooLarge);
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(200));
        };
        let (output, said) = (
            output.join().unwrap_or_default(),
            said.join().unwrap_or_default(),
        );
        if status?.success() {
            Ok(output)
        } else {
            Err(Failure::Git(reason(&String::from_utf8_lossy(&said))))
        }
    })
}

fn take(pipe: Option<impl Read>) -> Vec<u8> {
    let mut output = Vec::new();
    if let Some(pipe) = pipe {
        let mut pipe = pipe.take(OUTPUT);
        let _ = pipe.read_to_end(&mut output);
    }
    output
}

fn stop(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw)
    {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// The one line of what git said that tells the most.
fn reason(said: &str) -> String {
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let fatal = lines()
        .find(|line| line.starts_with("fatal: ") && !line.contains("Could not read from remote"));
    let denied = lines().find(|line| is_any(line, &REFUSED) || is_any(line, &NOT_THERE));
    let line = denied
        .or(fatal)
        .or_else(|| lines().next())
        .unwrap_or("git failed without a word");
    let line = line.strip_prefix("fatal: ").unwrap_or(line);
    format!("git says: {}", line.trim_end_matches('.'))
}

/// The next object that `cat-file --batch` gives; none when there is no such object, or it is larger than any real one.
fn object(answers: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut header = String::new();
    if answers.read_line(&mut header)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let fields: Vec<&str> = header.split_whitespace().collect();
    let &[_, _, size] = fields.as_slice() else {
        return Ok(None);
    };
    let Ok(size) = size.parse::<u64>() else {
        return Ok(None);
    };
    let mut content = Vec::new();
    // The line end belongs to the answer.
    let mut all = answers.take(size.saturating_add(1));
    if size <= files::CONFIGURATION {
        all.read_to_end(&mut content)?;
        content.pop();
        return Ok(Some(content));
    }
    io::copy(&mut all, &mut io::sink())?;
    Ok(None)
}

/// The time in the line of a commit that begins with `who`.
fn time(commit: &[u8], who: &str) -> Option<i64> {
    let text = String::from_utf8_lossy(commit);
    let header = text.lines().take_while(|line| !line.is_empty());
    let line = header.into_iter().find(|line| line.starts_with(who))?;
    line.rsplit(' ').nth(1)?.parse().ok()
}

/// How much the files in a folder take up.
fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| Some(entry.metadata().ok()?.len()))
        .sum()
}
