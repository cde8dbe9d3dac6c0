//! Many things that wait for hosts, done at once, and for each host not too many.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How many are under way at once. What they do most of the time is to wait.
const IN_ALL: usize = 64;
/// How many of them for one host: a server of ssh turns further ones away.
const PER_HOST: usize = 8;

/// What is left to do, and how many are under way for a host.
struct State<'a, T> {
    left: Vec<(&'a str, &'a T)>,
    busy: HashMap<&'a str, usize>,
}

impl<'a, T> State<'a, T> {
    /// The next that may begin.
    fn next(&mut self) -> Option<(&'a str, &'a T)> {
        let is_free = |(host, _): &(&str, &T)| {
            let busy = self.busy.get(host).copied().unwrap_or_default();
            busy < PER_HOST
        };
        let at = self.left.iter().position(is_free)?;
        let (host, job) = self.left.remove(at);
        *self.busy.entry(host).or_default() += 1;
        Some((host, job))
    }
}

/// Does `work` for each of the jobs, which are named with their host, and returns when all is done.
pub(super) fn for_each<T: Sync>(jobs: &[(String, T)], work: impl Fn(&T) + Sync) {
    let state = Mutex::new(State {
        left: jobs.iter().map(|(host, job)| (&**host, job)).collect(),
        busy: HashMap::new(),
    });
    let has_room = Condvar::new();
    let locked =
        || -> MutexGuard<'_, State<'_, T>> { state.lock().unwrap_or_else(PoisonError::into_inner) };
    std::thread::scope(|scope| {
        for _ in 0..jobs.len().min(IN_ALL) {
            scope.spawn(|| {
                let mut now = locked();
                while !now.left.is_empty() {
                    let Some((host, job)) = now.next() else {
                        now = has_room.wait(now).unwrap_or_else(PoisonError::into_inner);
                        continue;
                    };
                    drop(now);
                    let done = Done {
                        state: &state,
                        has_room: &has_room,
                        host,
                    };
                    work(job);
                    drop(done);
                    now = locked();
                }
            });
        }
    });
}

/// Gives a host's room back, even when the work has panicked: the others would wait for ever.
struct Done<'s, 'a, T> {
    state: &'s Mutex<State<'a, T>>,
    has_room: &'s Condvar,
    host: &'a str,
}

impl<T> Drop for Done<'_, '_, T> {
    fn drop(&mut self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(busy) = state.busy.get_mut(self.host) {
            *busy -= 1;
        }
        self.has_room.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::time::Duration;

    #[test]
    fn hosts_do_not_wait_for_each_other_and_none_gets_too_many() {
        let busy = [AtomicUsize::new(0), AtomicUsize::new(0)];
        let (most, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let jobs: Vec<(String, usize)> = (0..60)
            .map(|number| usize::from(number % 6 == 0))
            .map(|host| (host.to_string(), host))
            .collect();
        for_each(&jobs, |&host| {
            let now = busy[host].fetch_add(1, SeqCst) + 1;
            assert!(now <= PER_HOST);
            let both = busy.iter().map(|busy| busy.load(SeqCst)).sum();
            most.fetch_max(both, SeqCst);
            std::thread::sleep(Duration::from_millis(5));
            busy[host].fetch_sub(1, SeqCst);
            done.fetch_add(1, SeqCst);
        });
        assert_eq!(done.load(SeqCst), 60);
        assert!(most.load(SeqCst) > PER_HOST, "both hosts at once");
    }
}
