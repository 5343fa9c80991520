//! A bound on what a session does at a time, with a bounded queue before it.

use crate::sync::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Bounds what a session does at a time, for applications that would rather refuse work than queue it without end.
///
/// What is over the bound waits in a queue, which counts as the call's time. What is over the queue is refused with
/// [`ErrorKind::Throttled`](crate::error::ErrorKind::Throttled), and nothing of it is sent. Without one, requests wait
/// for their connections without bound.
///
/// Requests of [`execute_concurrent`](crate::Session::execute_concurrent), which has a bound of its own, do not count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Throttle {
    limit: Limit,
    queue: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Limit {
    Concurrency(usize),
    PerSecond(u32),
}

impl Throttle {
    /// At most so many calls at a time; 0 counts as 1.
    #[must_use]
    pub fn concurrency(calls: usize, queue: usize) -> Self {
        Throttle { limit: Limit::Concurrency(calls.clamp(1, Semaphore::MAX_PERMITS)), queue }
    }

    /// At most so many calls begun per second, evenly spread; 0 counts as 1.
    #[must_use]
    pub fn per_second(calls: u32, queue: usize) -> Self {
        Throttle { limit: Limit::PerSecond(calls.max(1)), queue }
    }
}

/// The throttle of one session.
#[derive(Debug)]
pub(crate) struct Gatekeeper {
    gate: Gate,
    queue: usize,
    queued: AtomicUsize,
}

#[derive(Debug)]
enum Gate {
    Concurrency(Semaphore),
    /// When the next call may begin.
    Rate {
        gap: Duration,
        next: Mutex<Option<Instant>>,
    },
}

/// Held while a call goes on.
#[derive(Debug)]
pub(crate) struct Admission<'a>(
    #[expect(dead_code, reason = "dropping it lets the next one in")] Option<SemaphorePermit<'a>>,
);

impl Gatekeeper {
    pub(crate) fn new(throttle: Throttle) -> Arc<Self> {
        let gate = match throttle.limit {
            Limit::Concurrency(calls) => Gate::Concurrency(Semaphore::new(calls)),
            Limit::PerSecond(calls) => {
                Gate::Rate { gap: Duration::from_secs(1) / calls, next: Mutex::default() }
            }
        };
        Arc::new(Gatekeeper { gate, queue: throttle.queue, queued: AtomicUsize::new(0) })
    }

    /// Waits for a turn; an error is how many wait already, which is as many as may.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the queue.
    pub(crate) async fn admit(&self) -> Result<Admission<'_>, usize> {
        match &self.gate {
            Gate::Concurrency(semaphore) => {
                if let Ok(permit) = semaphore.try_acquire() {
                    return Ok(Admission(Some(permit)));
                }
                let _place = self.queue_up()?;
                // It is never closed.
                Ok(Admission(semaphore.acquire().await.ok()))
            }
            Gate::Rate { gap, next } => {
                let turn = {
                    let mut next = crate::sync::lock(next);
                    let now = Instant::now();
                    let turn = next.map_or(now, |next| next.max(now));
                    if turn > now && self.queued.load(Relaxed) >= self.queue {
                        return Err(self.queue);
                    }
                    *next = Some(turn + *gap);
                    turn
                };
                if turn > Instant::now() {
                    let _place = self.queue_up()?;
                    tokio::time::sleep_until(turn).await;
                }
                Ok(Admission(None))
            }
        }
    }

    fn queue_up(&self) -> Result<Place<'_>, usize> {
        let place = Place(&self.queued);
        if self.queued.fetch_add(1, Relaxed) >= self.queue {
            return Err(self.queue);
        }
        Ok(place)
    }
}

/// One of those who wait.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
