//! Many stores at once, each for itself: one that fails, even by a fault of the program, fails alone.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// Plans recurse deeper than a thread's usual stack is sure to bear.
const STACK: usize = 16 * 1024 * 1024;

/// Does `work` for each item, on so many threads, and hands what comes of it to `done` as it comes, on the calling thread.
/// Where the work breaks off with a panic, `broken` says what comes of that item, given the words of the panic. When `done`
/// fails nothing new is begun, and its error comes back.
///
/// No more results wait for `done` than there are threads, so memory stays what the work itself takes.
pub(crate) fn each<I: Sync, T: Send, E>(
    items: &[I],
    threads: usize,
    work: &(dyn Fn(&I) -> T + Sync),
    broken: &(dyn Fn(&I, &str) -> T + Sync),
    mut done: impl FnMut(usize, T) -> Result<(), E>,
) -> Result<(), E> {
    let threads = threads.clamp(1, items.len().max(1));
    let next = AtomicUsize::new(0);
    let take = || {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let item = items.get(index)?;
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| work(item)))
            .unwrap_or_else(|payload| broken(item, words(&*payload)));
        Some((index, outcome))
    };
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel(threads);
        let mut started = 0;
        for _ in 0..threads {
            let (sender, take) = (sender.clone(), &take);
            let worker = move || {
                while let Some(outcome) = take() {
                    if sender.send(outcome).is_err() {
                        return;
                    }
                }
            };
            let builder = std::thread::Builder::new().stack_size(STACK);
            started += usize::from(builder.spawn_scoped(scope, worker).is_ok());
        }
        drop(sender);
        for (index, outcome) in receiver {
            done(index, outcome)?;
        }
        // Where the system had no thread to give, this one does it.
        while started == 0
            && let Some((index, outcome)) = take()
        {
            done(index, outcome)?;
        }
        Ok(())
    })
}

/// What a panic said.
fn words(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no words")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    #[test]
    fn what_breaks_off_breaks_off_alone() {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(|_| {}));
        let items: Vec<u32> = (0..40).collect();
        let work = |item: &u32| match item {
            13 => panic!("thirteen"),
            item => item.to_string(),
        };
        let mut got = vec![String::new(); items.len()];
        let ended = each(
            &items,
            4,
            &work,
            &|item, words| format!("{item}: {words}"),
            |index, text| {
                got[index] = text;
                Ok::<_, Infallible>(())
            },
        );
        panic::set_hook(hook);
        assert!(ended.is_ok());
        for (index, text) in got.iter().enumerate() {
            let expected = match index {
                13 => "13: thirteen".to_owned(),
                index => index.to_string(),
            };
            assert_eq!(*text, expected);
        }
    }

    #[test]
    fn nothing_is_begun_when_nobody_takes_results() {
        let items = vec![(); 1000];
        let begun = AtomicUsize::new(0);
        let work = |_: &()| begun.fetch_add(1, Ordering::SeqCst);
        let ended = each(&items, 2, &work, &|_, _| 0, |_, _| Err("full"));
        assert_eq!(ended, Err("full"));
        assert!(begun.load(Ordering::SeqCst) < 10);
    }
}
