//! How long a repository may keep silent.
//!
//! One document says little about a server: it may have hundreds to give and give them one after the other. So what counts is
//! the time in which nothing at all arrives while something is asked for, of all documents together.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How much of each pause is a server's good right.
const FREE: Duration = Duration::from_secs(1);
/// How many bytes count as a sign of life. Whoever sends them one by one has nothing to say.
const SIGN: usize = 4096;

/// The silence of one repository, added up for a whole run.
pub(crate) struct Patience {
    deadline: Duration,
    clock: Mutex<Clock>,
}

struct Clock {
    /// How many answers are waited for.
    waiting: usize,
    /// Since when nothing has arrived, if an answer is waited for.
    since: Instant,
    /// What earlier pauses have cost.
    spent: Duration,
}

/// That an answer is waited for. It ends with this.
pub(crate) struct Waiting<'a> {
    patience: &'a Patience,
    /// Bytes that have arrived since they last were a sign of life.
    bytes: usize,
}

impl Patience {
    /// For a repository that may keep silent for so long: without a pause, or added up what its pauses have beyond a second.
    pub(crate) fn new(deadline: Duration) -> Patience {
        Patience {
            deadline,
            clock: Mutex::new(Clock {
                waiting: 0,
                since: Instant::now(),
                spent: Duration::ZERO,
            }),
        }
    }

    /// Begins to wait for an answer.
    pub(crate) fn wait(&self) -> Waiting<'_> {
        let mut clock = self.clock();
        if clock.waiting == 0 {
            clock.since = Instant::now();
        }
        clock.waiting += 1;
        Waiting {
            patience: self,
            bytes: 0,
        }
    }

    /// Ends when the repository has been silent for too long, and says so.
    pub(crate) async fn end(&self) -> String {
        loop {
            let (left, is_one_pause) = self.left();
            if left.is_zero() {
                let seconds = self.deadline.as_secs();
                break if is_one_pause {
                    format!("did not answer within {seconds} seconds (--timeout)")
                } else {
                    format!("has kept silent for {seconds} seconds in all (--timeout)")
                };
            }
            tokio::time::sleep(left).await;
        }
    }

    /// How much longer nothing may arrive, and whether it is this pause alone that is too long then.
    fn left(&self) -> (Duration, bool) {
        let clock = self.clock();
        let pause = if clock.waiting == 0 {
            Duration::ZERO
        } else {
            clock.since.elapsed()
        };
        let alone = self.deadline.saturating_sub(pause);
        let in_all = self
            .deadline
            .saturating_add(FREE)
            .saturating_sub(clock.spent + pause);
        (alone.min(in_all), alone <= in_all)
    }

    fn clock(&self) -> MutexGuard<'_, Clock> {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting<'_> {
    /// Something has arrived.
    pub(crate) fn heard(&mut self, bytes: usize) {
        self.bytes += bytes;
        if self.bytes >= SIGN {
            self.bytes = 0;
            self.patience.clock().settle();
        }
    }

    /// The server has answered, or a whole document has arrived.
    pub(crate) fn answered(&mut self) {
        self.heard(SIGN);
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut clock = self.patience.clock();
        clock.waiting -= 1;
        if clock.waiting == 0 {
            clock.settle();
        }
    }
}

impl Clock {
    fn settle(&mut self) {
        self.spent += self.since.elapsed().saturating_sub(FREE);
        self.since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As if the last sign of life were older.
    fn pass(patience: &Patience, seconds: u64) {
        patience.clock().since -= Duration::from_secs(seconds);
    }

    /// Whole seconds left, rounded up.
    fn left(patience: &Patience) -> u64 {
        patience.left().0.as_secs_f64().ceil() as u64
    }

    #[test]
    fn a_pause_of_the_whole_deadline_is_the_end() {
        let patience = Patience::new(Duration::from_secs(30));
        let _waiting = patience.wait();
        pass(&patience, 29);
        assert_eq!(left(&patience), 1);
        pass(&patience, 1);
        assert_eq!(patience.left(), (Duration::ZERO, true));
    }

    #[test]
    fn pauses_add_up_but_for_their_first_second() {
        let patience = Patience::new(Duration::from_secs(30));
        let mut waiting = patience.wait();
        // A slow server that lives: a thousand documents one after the other.
        for _ in 0..1000 {
            pass(&patience, 0);
            waiting.answered();
        }
        for _ in 0..14 {
            pass(&patience, 3);
            waiting.answered();
        }
        pass(&patience, 1);
        assert_eq!(left(&patience), 2);
        pass(&patience, 2);
        assert_eq!(patience.left(), (Duration::ZERO, false));
    }

    #[test]
    fn nobody_is_silent_who_is_not_asked() {
        let patience = Patience::new(Duration::from_secs(30));
        drop(patience.wait());
        pass(&patience, 100);
        assert_eq!(left(&patience), 30);
        let (first, second) = (patience.wait(), patience.wait());
        pass(&patience, 10);
        drop(first);
        // The other one is still waited for.
        assert_eq!(left(&patience), 20);
        drop(second);
        assert_eq!(left(&patience), 22);
    }

    #[test]
    fn single_bytes_are_no_sign_of_life() {
        let patience = Patience::new(Duration::from_secs(30));
        let mut waiting = patience.wait();
        pass(&patience, 20);
        for _ in 0..100 {
            waiting.heard(1);
        }
        assert_eq!(left(&patience), 10);
        waiting.heard(SIGN);
        assert_eq!(left(&patience), 12);
    }
}
