//! One connection to one node: requests in, responses out. It does not know the topology.
//!
//! A caller encodes its request straight into the write buffer, under one short lock that also takes a stream id. One
//! task owns the socket: it reads, completes requests, yields so that those it woke can hand in their next ones, and
//! writes what has gathered. That yield makes many requests share a `write`, and is worth more than every other choice
//! here together.

mod completions;
mod connect;
mod in_flight;
#[cfg(all(test, cql_model))]
mod model;
mod query;
mod task;
#[cfg(feature = "rustls")]
mod tls;

pub(crate) use completions::{Completion, Completions};
pub(crate) use connect::{ConnectRequest, Connected, connect};
pub(crate) use in_flight::{Failure, FailureCause, Outgoing, Tick};
pub(crate) use query::query;

use crate::config::Stream;
use crate::error::ConnectionError;
use crate::metrics::Traffic;
use crate::result::Origin;
use crate::sync::{Mutex, MutexGuard, lock};
use cql_protocol::frame::Frame;
use in_flight::{Phase, State, Submitted, Ticket, Waiter};
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// The resolution of request timeouts. A runtime timer per request costs 29 % of the throughput; one sweep over the
/// slots every 10 ms costs nothing measurable.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Ticks in a second.
const PER_SECOND: u64 = 100;

/// In [`Connection::load`]: it owes responses and has said nothing for a while. More than any number of requests.
pub(crate) const SUSPECT: u32 = 1 << 31;

/// Ticks that are at least `duration` long; the tick under way does not count.
pub(crate) fn ticks(duration: Duration) -> Tick {
    let whole = duration.as_secs().saturating_mul(PER_SECOND);
    let rest = duration.subsec_nanos().div_ceil(TICK.subsec_nanos());
    whole.saturating_add(u64::from(rest) + 1).min(Tick::MAX / 2)
}

/// How long so many ticks are.
pub(crate) fn duration(ticks: Tick) -> Duration {
    TICK.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX))
}

/// An open connection. Whoever opened it ends it, by [`Connection::drain`] or [`Connection::abort`].
#[derive(Debug)]
pub(crate) struct Connection {
    state: Mutex<State>,
    /// When tick 0 was.
    opened: Instant,
    origin: Origin,
    /// Requests in flight, for choosing the least loaded without taking the lock.
    load: AtomicU32,
    /// Whether it still takes requests; `status` for those who cannot wait.
    accepts: AtomicBool,
    /// It has been silent for so long that what may be repeated had better be tried elsewhere as well.
    stalled: AtomicBool,
    /// More events came than were taken.
    lost_events: AtomicBool,
    status: watch::Sender<Status>,
}

/// Below so many requests in flight each is timed by itself; above, reads are frequent enough to time by.
const FEW: usize = 16;

fn tick_at(elapsed: Duration) -> Tick {
    elapsed.as_secs() * PER_SECOND + u64::from(elapsed.subsec_nanos() / TICK.subsec_nanos())
}

/// Differences of it are right up to 71 minutes.
#[allow(clippy::cast_possible_truncation, reason = "it wraps")]
fn wrapping_micros(elapsed: Duration) -> u32 {
    (elapsed.as_secs() as u32).wrapping_mul(1_000_000).wrapping_add(elapsed.subsec_micros())
}

/// How far a connection is towards its end, for those who replace it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    Open,
    /// So many requests were given up unanswered that it should be replaced; it still takes new ones until then.
    Worn,
    Draining,
    Closed,
}

/// Ends a connection that is not put to use after all.
pub(crate) struct AbortOnDrop(Option<Arc<Connection>>);

impl AbortOnDrop {
    pub(crate) fn new(connection: Arc<Connection>) -> Self {
        AbortOnDrop(Some(connection))
    }

    /// It is put to use.
    pub(crate) fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(connection) = &self.0 {
            connection.abort();
        }
    }
}

/// What a caller that hands in a request gets.
#[derive(Debug)]
pub(crate) enum Handed {
    /// The request has a stream id: await this for its response.
    InFlight(Response),
    /// The connection is full; the caller's task is woken when there is room, and then hands in again from this place.
    Full(Place),
    /// Nothing was sent over this connection.
    Failed(Arc<Connection>, Failure),
}

/// What is left of a request's time, of which waiting for its turn is a part; `None` when nothing is.
#[inline]
fn time_left(state: &State, place: Option<&Place>, timeout: Tick) -> Option<Tick> {
    let left = match place {
        Some(place) => place.deadline.saturating_sub(state.now),
        None => timeout,
    };
    Some(left).filter(|left| *left > 0)
}

impl Connection {
    pub(crate) fn address(&self) -> SocketAddr {
        self.origin.address
    }

    /// What is needed to understand its answers.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Requests in flight and in line for it, a moment ago, and [`SUSPECT`] if it says nothing.
    pub(crate) fn load(&self) -> u32 {
        self.load.load(Relaxed)
    }

    /// Requests in flight, those of them that were given up, and whether it is suspect.
    pub(crate) fn counts(&self) -> (usize, usize, bool) {
        let state = lock(&self.state);
        (state.in_flight(), state.orphans(), state.suspect)
    }

    pub(crate) fn is_open(&self) -> bool {
        self.accepts.load(Relaxed)
    }

    /// Whether its socket is closed.
    pub(crate) fn is_closed(&self) -> bool {
        *self.status.borrow() == Status::Closed
    }

    /// Whether events were dropped since it was last asked.
    pub(crate) fn take_lost_events(&self) -> bool {
        self.lost_events.swap(false, Relaxed)
    }

    /// Changes of the connection's status.
    pub(crate) fn watch(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    fn note_load(&self, state: &State) {
        let load = u32::try_from(state.load()).unwrap_or(u32::MAX).min(SUSPECT - 1);
        self.load.store(load | if state.suspect { SUSPECT } else { 0 }, Relaxed);
    }

    /// The connection's clock.
    pub(crate) fn current_tick(&self) -> Tick {
        tick_at(self.opened.elapsed())
    }

    /// What went over it so far.
    pub(crate) fn traffic(&self) -> Traffic {
        lock(&self.state).traffic.clone()
    }

    /// Sends one request and waits for its response, at most `timeout`.
    ///
    /// # Cancel safety
    /// Dropping the future gives the request up; its stream id stays taken until the response comes.
    pub(crate) async fn request(
        self: &Arc<Self>,
        out: Outgoing<'_>,
        timeout: Tick,
    ) -> Result<Frame, Failure> {
        let mut place = None;
        let response =
            std::future::poll_fn(|cx| match Arc::clone(self).hand_in(out, cx, timeout, place.take()) {
                Handed::InFlight(response) => Poll::Ready(Ok(response)),
                Handed::Full(kept) => {
                    place = Some(kept);
                    Poll::Pending
                }
                Handed::Failed(_, failure) => Poll::Ready(Err(failure)),
            })
            .await?;
        response.await
    }

    /// Hands a request in without waiting for its response. A caller that came before brings its `place`.
    ///
    /// The response must be awaited by the task of `cx`, first in the very poll that handed the request in.
    #[inline]
    pub(crate) fn hand_in(
        self: Arc<Self>,
        out: Outgoing<'_>,
        cx: &Context<'_>,
        timeout: Tick,
        place: Option<Place>,
    ) -> Handed {
        let mut state = self.lock_on_time();
        let Some(timeout) = time_left(&state, place.as_ref(), timeout) else {
            drop(state);
            return self.never_sent();
        };
        let mut ticket = place.and_then(Place::into_ticket);
        let waker = cx.waker();
        let submitted = state.submit(out, (Waiter::Task(waker.clone()), waker), timeout, &mut ticket);
        let deadline = self.note_submitted(state, timeout);
        self.handed(submitted, timeout, deadline)
    }

    /// Hands in one request of many; its completion goes to `completions` as number `index`.
    pub(crate) fn hand_in_bulk(
        self: &Arc<Self>,
        out: Outgoing<'_>,
        (completions, index): (&Arc<Completions>, u32),
        cx: &Context<'_>,
        timeout: Tick,
        place: Option<Place>,
    ) -> Result<(), Handed> {
        let mut state = self.lock_on_time();
        let Some(timeout) = time_left(&state, place.as_ref(), timeout) else {
            drop(state);
            return Err(Arc::clone(self).never_sent());
        };
        let mut ticket = place.and_then(Place::into_ticket);
        let waiter = Waiter::Bulk { completions: Arc::clone(completions), index };
        let submitted = state.submit(out, (waiter, cx.waker()), timeout, &mut ticket);
        let deadline = self.note_submitted(state, timeout);
        if let Submitted::Accepted(_, waker) = submitted {
            // Its completion comes by the queue.
            waker.into_iter().for_each(Waker::wake);
            return Ok(());
        }
        Err(Arc::clone(self).handed(submitted, timeout, deadline))
    }

    #[inline]
    fn lock_on_time(&self) -> MutexGuard<'_, State> {
        let mut state = lock(&self.state);
        // What was given up is in flight without making anybody wait.
        if state.in_flight() < FEW || !state.is_busy() {
            let elapsed = self.opened.elapsed();
            state.micros = wrapping_micros(elapsed);
            if !state.is_busy() {
                // Nothing sweeps an idle connection, so that its clock stands still.
                state.now = tick_at(elapsed);
                if state.in_flight() == 0 {
                    state.owed_since = state.now;
                }
            }
        }
        state
    }

    /// The time was over while the request waited for its turn.
    #[cold]
    fn never_sent(self: Arc<Self>) -> Handed {
        Handed::Failed(self, Failure { cause: FailureCause::TimedOut, sent: false, remaining: 0 })
    }

    /// Lets go of the lock; when the time of the request is over.
    #[inline]
    fn note_submitted(&self, state: MutexGuard<'_, State>, timeout: Tick) -> Tick {
        self.note_load(&state);
        state.now.saturating_add(timeout)
    }

    #[inline]
    fn handed(self: Arc<Self>, submitted: Submitted, timeout: Tick, deadline: Tick) -> Handed {
        match submitted {
            Submitted::Accepted(id, waker) => {
                if let Some(waker) = waker {
                    waker.wake();
                }
                Handed::InFlight(Response { connection: self, id: Some(id), fresh: true, deadline })
            }
            Submitted::Queued(ticket) => {
                Handed::Full(Place { connection: self, ticket: Some(ticket), deadline })
            }
            Submitted::Refused(reason) => Handed::Failed(
                self,
                Failure { cause: FailureCause::Connection(reason), sent: false, remaining: timeout },
            ),
        }
    }

    /// Takes no new requests and ends when those in flight have been answered.
    pub(crate) fn drain(&self) {
        self.end(ConnectionError::Closed, false);
    }

    /// Ends now: what is in flight fails.
    pub(crate) fn abort(&self) {
        self.end(ConnectionError::Closed, true);
    }

    fn end(&self, reason: ConnectionError, now: bool) {
        let mut wakes = Vec::new();
        let mut state = lock(&self.state);
        match now {
            true => state.close(Arc::new(reason), &mut wakes),
            false => state.drain(Arc::new(reason), &mut wakes),
        }
        wakes.extend(state.wake_task());
        drop(state);
        self.advance(Status::Draining);
        wakes.into_iter().for_each(Waker::wake);
    }

    fn advance(&self, to: Status) {
        if to >= Status::Draining {
            self.accepts.store(false, Relaxed);
        }
        self.status.send_if_modified(|status| {
            let changed = *status < to;
            *status = (*status).max(to);
            changed
        });
    }

    /// Waits until the connection's task has ended and its socket is closed.
    pub(crate) async fn closed(&self) {
        // The sender lives in `self`, so that the channel cannot be closed.
        let _ = self.watch().wait_for(|status| *status == Status::Closed).await;
    }
}

/// A caller's place in the queue of a full connection; dropping it passes on what it was promised.
#[derive(Debug)]
pub(crate) struct Place {
    connection: Arc<Connection>,
    ticket: Option<Ticket>,
    /// When the time of the request that waits is over.
    deadline: Tick,
}

impl Place {
    pub(crate) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    fn into_ticket(mut self) -> Option<Ticket> {
        self.ticket.take()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.ticket.is_none() {
            return;
        }
        let next = lock(&self.connection.state).give_up(&mut self.ticket);
        if let Some(waker) = next {
            waker.wake();
        }
    }
}

/// Waits for one response. Dropping it leaves an orphan, whose id is free again when the late response comes.
#[derive(Debug)]
#[must_use]
pub(crate) struct Response {
    connection: Arc<Connection>,
    id: Option<u16>,
    /// Its waker is in the slot already.
    fresh: bool,
    deadline: Tick,
}

impl Response {
    /// As polling it; `None` while the connection is stalled. It goes on waiting all the same.
    #[inline]
    pub(crate) fn poll_or_stalled(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame, Failure>>> {
        if let Poll::Ready(received) = Pin::new(&mut *self).poll(cx) {
            return Poll::Ready(Some(received));
        }
        if self.connection.stalled.load(Relaxed) { Poll::Ready(None) } else { Poll::Pending }
    }

    /// Ends the poll that handed the request in, instead of polling it there.
    #[inline]
    pub(crate) fn begin_waiting(&mut self) {
        self.fresh = false;
    }

    pub(crate) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// When the request's time is over, by the connection's clock.
    pub(crate) fn deadline(&self) -> Tick {
        self.deadline
    }
}

impl Future for Response {
    type Output = Result<Frame, Failure>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if std::mem::take(&mut self.fresh) {
            return Poll::Pending;
        }
        let Some(id) = self.id else { return Poll::Pending };
        let connection = &self.connection;
        let (polled, waker) = {
            let mut state = lock(&connection.state);
            let polled = state.poll(id, cx);
            connection.note_load(&state);
            polled
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        if polled.is_ready() {
            self.id = None;
        }
        polled
    }
}

impl Drop for Response {
    fn drop(&mut self) {
        let Some(id) = self.id else { return };
        let waker = lock(&self.connection.state).abandon(id);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
