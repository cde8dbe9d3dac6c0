//! Ctrl-C and termination: nothing half done, the terminal as it was.

use super::exit::Exit;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What is told when the run ends early. Locked while files are written, so that it does not end then.
static OUTCOME: Mutex<&str> = Mutex::new("interrupted, nothing was written");

/// Whether a signal has come that ends the program.
static IS_ENDING: AtomicBool = AtomicBool::new(false);

/// How the terminal was set when the program began.
#[cfg(unix)]
static MODE: std::sync::OnceLock<rustix::termios::Termios> = std::sync::OnceLock::new();

fn outcome() -> MutexGuard<'static, &'static str> {
    // A panic while writing is like any other failure: the journal knows.
    OUTCOME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs something that must not be interrupted; an interruption waits until it is done, and then tells `done`.
pub(crate) fn uninterrupted<T, E>(
    done: &'static str,
    work: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    let mut outcome = outcome();
    match work() {
        Ok(result) => {
            *outcome = done;
            drop(outcome);
            end_if_interrupted();
            Ok(result)
        }
        Err(error) => {
            // What went wrong is told; that the run was interrupted as well is nothing beside it.
            std::mem::forget(outcome);
            Err(error)
        }
    }
}

/// Runs something that must not be interrupted, one of many such: an interruption waits until it is done.
pub(crate) fn held<T>(work: impl FnOnce() -> T) -> T {
    let _outcome = outcome();
    work()
}

/// What is told from now on when the run ends early.
pub(crate) fn tell_when_interrupted(what: &'static str) {
    *outcome() = what;
}

/// Where a signal has come, leaves the end to it: the run was interrupted, whatever it could still do.
pub(crate) fn end_if_interrupted() {
    if IS_ENDING.load(Ordering::SeqCst) {
        await_end();
    }
}

/// Gives a signal that was just raised in this process the time to end it.
pub(crate) fn await_end() {
    std::thread::sleep(Duration::from_secs(1));
}

/// From now on, Ctrl-C ends the program with 130 and a termination signal, or a terminal that is closed, with 143 and
/// 130, but never while files are written.
/// Where signals cannot be caught they end the program at once, which the journal allows, too.
pub(crate) fn install() {
    #[cfg(unix)]
    if let Ok(mode) = rustix::termios::tcgetattr(std::io::stdin()) {
        let _ = MODE.set(mode);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else { return };
    let (ready, installed) = std::sync::mpsc::channel();
    let listen = move || {
        let code = runtime.block_on(async {
            let interrupt = tokio::signal::ctrl_c();
            tokio::pin!(interrupt);
            // The first poll is what installs the handler.
            let first = futures::poll!(&mut interrupt);
            let _ = ready.send(());
            if first.is_pending() {
                wait(interrupt).await
            } else {
                None
            }
        });
        if let Some(code) = code {
            IS_ENDING.store(true, Ordering::SeqCst);
            let outcome = outcome();
            restore_terminal();
            let _ = writeln!(std::io::stderr(), "\n{outcome}");
            std::process::exit(code);
        }
    };
    if std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(listen)
        .is_ok()
    {
        // When the thread is gone there is nothing to wait for.
        let _ = installed.recv();
    }
}

#[cfg(unix)]
async fn wait(interrupt: impl Future<Output = std::io::Result<()>>) -> Option<i32> {
    let is_hangup_ignored = is_hangup_ignored();
    use tokio::signal::unix::{SignalKind, signal};
    let hangup = async {
        if is_hangup_ignored {
            std::future::pending::<()>().await;
        }
        match signal(SignalKind::hangup()) {
            Ok(mut hangup) => {
                hangup.recv().await;
            }
            _ => std::future::pending().await,
        }
    };
    tokio::pin!(hangup);
    match signal(SignalKind::terminate()) {
        // A question that a signal breaks off raises an interrupt as well; then both are there, and the first one counts.
        Ok(mut terminate) => tokio::select! {
            biased;
            _ = terminate.recv() => Some(143),
            () = hangup => Some(Exit::Interrupted as i32),
            caught = interrupt => caught.ok().map(|()| Exit::Interrupted as i32),
        },
        Err(_) => interrupt.await.ok().map(|()| Exit::Interrupted as i32),
    }
}

/// Whether the program was started so that it outlives its terminal, as with nohup. Told where the system tells it.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    let status = composer_engine::files::text(std::path::Path::new("/proc/self/status"), 64 * 1024);
    let status = status.unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
    // Bits are counted from signal 1, which is this one.
    ignored.is_some_and(|bits| bits & 1 != 0)
}

#[cfg(not(unix))]
async fn wait(interrupt: impl Future<Output = std::io::Result<()>>) -> Option<i32> {
    interrupt.await.ok().map(|()| Exit::Interrupted as i32)
}

/// Questions hide the cursor and read single keys, spinners hide the cursor.
pub(crate) fn restore_terminal() {
    let terminal = console::Term::stderr();
    if terminal.is_term() {
        let _ = terminal.show_cursor();
    }
    #[cfg(unix)]
    if let Some(mode) = MODE.get() {
        let _ = rustix::termios::tcsetattr(
            std::io::stdin(),
            rustix::termios::OptionalActions::Now,
            mode,
        );
    }
}
