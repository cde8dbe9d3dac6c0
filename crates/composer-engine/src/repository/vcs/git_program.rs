//! The program `git`, run so that it does what it is told and nothing else.
//!
//! A repository is a stranger's: neither hooks nor helpers that it names are run, nobody is asked for anything, and a run that
//! takes too long is ended with all that it started. Whoever adds arguments keeps addresses and names from being taken for
//! options, and says which protocols may be spoken.

use crate::files;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// What is read of the answers of one command.
const OUTPUT: u64 = files::DATA;
/// What the mirror of one repository may take up.
const MIRROR: u64 = 8 * 1024 * 1024 * 1024;

/// What git says when it was not let in, and when there is nothing.
pub(crate) const REFUSED: [&str; 5] = [
    "Authentication failed",
    "could not read Username",
    "could not read Password",
    "Permission denied",
    "The requested URL returned error: 40",
];
pub(crate) const NOT_THERE: [&str; 3] = [
    "not found",
    "does not appear to be a git repository",
    "does not exist",
];

pub(crate) fn is_any(message: &str, parts: &[&str]) -> bool {
    parts.iter().any(|part| message.contains(part))
}

/// Why git gave no answer.
#[derive(Debug)]
pub enum Failure {
    /// There is no such program.
    NotInstalled,
    /// With what it said.
    Git(String),
    /// With how long it may take.
    TooLong(Duration),
    /// What is fetched outgrows any real repository.
    TooLarge,
    /// With why it could not be run or read.
    Broken(String),
}

impl Failure {
    pub(crate) fn start(program: &str, error: &io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::NotFound => Failure::NotInstalled,
            _ => Failure::Broken(format!("{program} cannot be run: {error}")),
        }
    }

    /// As half a sentence, not yet without secrets.
    pub fn message(&self) -> String {
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
pub fn git(folder: Option<&Path>) -> Command {
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
        .env("GIT_OPTIONAL_LOCKS", "0")
        // What was left out of a mirror is asked for by name, and never by the way.
        .env("GIT_NO_LAZY_FETCH", "1");
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

/// Whether this git can be kept from fetching by the way what a mirror leaves out: since 2.45.
pub(crate) fn can_leave_out() -> bool {
    static VERSION: LazyLock<bool> = LazyLock::new(|| {
        let output = git(None).arg("--version").output();
        let said = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        said.is_ok_and(|said| version(&said).is_some_and(|version| version >= (2, 45)))
    });
    *VERSION
}

/// The version in what `git --version` says.
fn version(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.strip_prefix("git version ")?.split('.');
    let mut number = || numbers.next()?.trim().parse().ok();
    Some((number()?, number()?))
}

/// Waits for a command of git or of one of its kind, as long as it may take and as large as the mirror in `grows` may become,
/// and takes its output.
pub fn finish(
    command: &mut Command,
    deadline: Duration,
    grows: Option<&Path>,
) -> Result<Vec<u8>, Failure> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    // Helpers for the network are programs of their own, which end with the group.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let program = command.get_program().to_string_lossy().into_owned();
    let started = command.spawn();
    let mut child = started.map_err(|error| Failure::start(&program, &error))?;
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
                Err(error) => break Err(Failure::start(&program, &error)),
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
            Err(Failure::Git(reason(
                &program,
                &String::from_utf8_lossy(&said),
            )))
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

/// The one line of what a program said that tells the most.
fn reason(program: &str, said: &str) -> String {
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let fatal = lines()
        .find(|line| line.starts_with("fatal: ") && !line.contains("Could not read from remote"));
    let denied = lines().find(|line| is_any(line, &REFUSED) || is_any(line, &NOT_THERE));
    let Some(line) = denied.or(fatal).or_else(|| lines().next()) else {
        return format!("{program} failed without a word");
    };
    let line = line.strip_prefix("fatal: ").unwrap_or(line);
    format!("{program} says: {}", line.trim_end_matches('.'))
}

/// How much the files in a folder take up.
fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| Some(entry.metadata().ok()?.len()))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_apart() {
        assert_eq!(version("git version 2.47.3\n"), Some((2, 47)));
        assert_eq!(version("git version 2.39.5 (Apple Git-154)"), Some((2, 39)));
        assert_eq!(version("git version 3.0\n"), Some((3, 0)));
        assert_eq!(version("something else"), None);
    }
}
