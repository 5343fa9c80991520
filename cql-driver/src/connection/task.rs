//! The task that owns a connection's socket: reads, completes requests, writes what callers left, keeps time.

use super::{Connection, Status, Stream, TICK, Tick, duration, tick_at, ticks, wrapping_micros};
use crate::error::ConnectionError;
use crate::sync::lock;
use cql_protocol::frame::{self, Frame, StreamId};
use cql_protocol::segment;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep};

/// When a silent connection is asked for a sign of life, and how long that may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heartbeat {
    pub(crate) interval: Duration,
    /// The interval while responses are owed.
    pub(crate) probe_after: Duration,
    pub(crate) timeout: Duration,
}

/// How long an ending connection may take to say goodbye (a TLS close, a last write).
const SHUTDOWN: Duration = Duration::from_secs(1);

/// Ends a connection whose task does not come to its end: its runtime was shut down, or code of the application that
/// runs in it panicked. Whoever waits would wait for ever.
struct End(Arc<Connection>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.abort();
        self.0.advance(Status::Closed);
    }
}

pub(super) struct Task {
    /// Dropped with the task, also when it never ran.
    _end: End,
    connection: Arc<Connection>,
    stream: Box<dyn Stream>,
    decoder: frame::Decoder,
    frames: Vec<Frame>,
    wakes: Vec<Waker>,
    /// Sealed bytes on their way to the socket, and how many of them are written.
    out: Vec<u8>,
    written: usize,
    /// The stream keeps written bytes back (TLS does), and has not let go of all of them.
    flushing: bool,
    encoder: segment::Encoder,
    timer: Pin<Box<Sleep>>,
    /// The timer rings within a tick: nothing has to be asked of the clock.
    rings_soon: bool,
    heartbeat: Heartbeat,
    last_read: Tick,
    heartbeat_sent: Tick,
    /// When requests that have waited too long were last looked for.
    swept: Tick,
    /// Bytes read that are not counted yet.
    read: u64,
    events: Option<mpsc::Sender<Frame>>,
}

enum Next {
    /// Bytes were read.
    Read,
    /// A caller left something to write; whether others may be about to.
    Output { gather: bool },
    /// The rest of an earlier write may go on.
    Writable,
    /// The timer rang.
    Time,
    /// Told to end, and nothing is left to do.
    Drained,
}

impl Task {
    pub(super) fn new(
        connection: Arc<Connection>,
        stream: Box<dyn Stream>,
        decoder: frame::Decoder,
        encoder: segment::Encoder,
        heartbeat: Heartbeat,
        events: Option<mpsc::Sender<Frame>>,
    ) -> Self {
        Task {
            _end: End(Arc::clone(&connection)),
            connection,
            stream,
            decoder,
            frames: Vec::new(),
            wakes: Vec::new(),
            out: Vec::new(),
            written: 0,
            flushing: false,
            encoder,
            timer: Box::pin(tokio::time::sleep(heartbeat.interval)),
            rings_soon: false,
            heartbeat,
            last_read: 0,
            heartbeat_sent: 0,
            swept: 0,
            read: 0,
            events,
        }
    }

    pub(super) async fn run(mut self) {
        let reason = match self.serve().await {
            Ok(()) => ConnectionError::Closed,
            Err(reason) => reason,
        };
        let reason = Arc::new(reason);
        tracing::debug!(node = %self.connection.origin.address, %reason, "connection ends");
        let mut wakes = Vec::new();
        lock(&self.connection.state).close(Arc::clone(&reason), &mut wakes);
        // Replacing it can begin before the goodbye.
        self.connection.advance(Status::Draining);
        wakes.into_iter().for_each(Waker::wake);
        let _ = tokio::time::timeout(SHUTDOWN, self.stream.shutdown()).await;
        drop(self.stream);
        self.connection.advance(Status::Closed);
    }

    async fn serve(&mut self) -> Result<(), ConnectionError> {
        loop {
            let gather = match poll_fn(|cx| self.poll_next(cx)).await? {
                Next::Read => {
                    let (count, now) = self.dispatch()?;
                    // A socket that never runs dry must not stop the clock.
                    if now > self.swept {
                        self.keep_time()?;
                    }
                    count > 1
                }
                Next::Output { gather } => gather,
                Next::Writable => false,
                Next::Time => {
                    self.keep_time()?;
                    false
                }
                Next::Drained => return Ok(()),
            };
            if gather {
                self.gather().await;
            }
            poll_fn(|cx| self.poll_output(cx)).await?;
        }
    }

    /// Lets those just woken, and whoever else is ready, hand in requests that the next write then carries too.
    ///
    /// The runtime polls some sixty tasks before it comes back, so that one yield is not enough where many were woken; and
    /// the connection is woken before that when there is enough for a write.
    async fn gather(&mut self) {
        poll_fn(|cx| {
            lock(&self.connection.state).begin_gathering(cx.waker());
            Poll::Ready(())
        })
        .await;
        for _ in 0..MAX_YIELDS {
            tokio::task::yield_now().await;
            if lock(&self.connection.state).has_gathered() {
                break;
            }
        }
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Next, ConnectionError>> {
        // Reading goes on while a write is blocked: the peer may be blocked on us.
        if let Poll::Ready(read) = self.poll_read(cx) {
            return Poll::Ready(read.map(|()| Next::Read));
        }
        let blocked = self.is_blocked();
        if blocked && let Poll::Ready(written) = self.poll_write(cx) {
            return Poll::Ready(written.map(|()| Next::Writable));
        }
        let mut state = lock(&self.connection.state);
        if blocked {
            // Time passes all the same: who waits behind the write must not wait for ever.
            state.keep_task(cx.waker());
        } else if state.park_task(cx.waker()) {
            return Poll::Ready(Ok(Next::Output { gather: state.in_flight() >= GATHER_FROM }));
        }
        match &state.phase {
            super::Phase::Closed(_) => return Poll::Ready(Ok(Next::Drained)),
            super::Phase::Draining(_) if state.is_drained(blocked) => return Poll::Ready(Ok(Next::Drained)),
            _ => {}
        }
        let busy = state.is_busy();
        drop(state);
        if busy && !self.rings_soon {
            self.timer.as_mut().reset(Instant::now() + TICK);
            self.rings_soon = true;
        }
        ready!(self.timer.as_mut().poll(cx));
        Poll::Ready(Ok(Next::Time))
    }

    /// Whether an earlier write has to go on before another can begin.
    fn is_blocked(&self) -> bool {
        self.written < self.out.len() || self.flushing
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectionError>> {
        let read = pin!(self.stream.read_buf(self.decoder.buffer()));
        match ready!(read.poll(cx)) {
            Ok(0) => Poll::Ready(Err(ConnectionError::ClosedByPeer)),
            Ok(count) => {
                self.read += count as u64;
                Poll::Ready(Ok(()))
            }
            Err(error) => Poll::Ready(Err(error.into())),
        }
    }

    /// Writes what there is until the socket is full, without waiting for it.
    fn poll_output(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectionError>> {
        loop {
            if self.is_blocked() {
                match self.poll_write(cx) {
                    Poll::Ready(Ok(())) => continue,
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    // `poll_next` waits for the socket while it reads.
                    Poll::Pending => return Poll::Ready(Ok(())),
                }
            }
            self.out.clear();
            self.written = 0;
            if self.out.capacity() > KEPT_CAPACITY {
                self.out = Vec::new();
            }
            let took =
                lock(&self.connection.state).take_output(&mut self.out, &mut self.encoder, &mut self.wakes);
            self.wake();
            if !took {
                return Poll::Ready(Ok(()));
            }
            self.encoder.seal(&mut self.out);
        }
    }

    /// One write of what is left, and a flush when nothing is: TLS keeps bytes back until then.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectionError>> {
        if self.written < self.out.len() {
            let rest = self.out.get(self.written..).unwrap_or_default();
            let count = ready!(Pin::new(&mut *self.stream).poll_write(cx, rest))?;
            if count == 0 {
                return Poll::Ready(Err(ConnectionError::ClosedByPeer));
            }
            self.written += count;
            self.flushing = true;
        }
        if self.written == self.out.len() {
            ready!(Pin::new(&mut *self.stream).poll_flush(cx))?;
            self.flushing = false;
        }
        Poll::Ready(Ok(()))
    }

    fn wake(&mut self) {
        self.wakes.drain(..).for_each(Waker::wake);
    }

    /// Completes every request whose response has arrived: parse first, one lock for all, wake after it. How many there
    /// were, and when.
    fn dispatch(&mut self) -> Result<(usize, Tick), ConnectionError> {
        let end = loop {
            match self.decoder.next_frame() {
                Ok(Some(frame)) if frame.header.stream == StreamId::EVENT => self.publish(frame),
                Ok(Some(frame)) => self.frames.push(frame),
                Ok(None) => break Ok(()),
                // What came before it is sound, and is given to those who wait for it.
                Err(error) => break Err(error),
            }
        };
        let count = self.frames.len();
        let elapsed = self.connection.opened.elapsed();
        let mut state = lock(&self.connection.state);
        state.micros = wrapping_micros(elapsed);
        state.traffic.bytes_read += std::mem::take(&mut self.read);
        self.last_read = state.now;
        if std::mem::take(&mut state.suspect) {
            self.connection.stalled.store(false, Relaxed);
        }
        for frame in self.frames.drain(..) {
            if !state.complete(frame, &mut self.wakes) {
                tracing::debug!(node = %self.connection.origin.address, "response to no request, ignored");
            }
        }
        self.connection.note_load(&state);
        drop(state);
        self.wake();
        end?;
        Ok((count, tick_at(elapsed)))
    }

    fn publish(&self, frame: Frame) {
        let Some(events) = &self.events else { return };
        if events.try_send(frame).is_err() {
            // Whoever takes them reads everything anew when it has caught up.
            self.connection.lost_events.store(true, Relaxed);
            tracing::debug!(node = %self.connection.origin.address, "event queue full, event dropped");
        }
    }

    /// Ends requests that have waited too long, and asks a silent peer for a sign of life.
    fn keep_time(&mut self) -> Result<(), ConnectionError> {
        let now = self.connection.current_tick();
        self.swept = now;
        let mut state = lock(&self.connection.state);
        state.sweep(now, &mut self.wakes);
        // Those whose time is over become orphans when they look, which the next tick sees.
        let swept = !self.wakes.is_empty();
        let orphaned = state.has_too_many_orphans();
        let owes = state.in_flight() > 0;
        let silent_since = self.last_read.max(state.owed_since);
        let probe_at = silent_since + ticks(self.heartbeat.probe_after);
        let idle_at = self.last_read + ticks(self.heartbeat.interval);
        let heartbeat_at = if owes { idle_at.min(probe_at) } else { idle_at };
        // Many wait: others of them had better go elsewhere, long before anything has to be asked.
        let stalled = state.in_flight() >= STALLED_REQUESTS && now >= silent_since + ticks(STALLED_AFTER);
        if owes && (stalled || now >= probe_at) && !state.suspect {
            state.suspect = true;
            self.connection.note_load(&state);
        }
        if owes
            && now >= probe_at + ticks(self.heartbeat.probe_after)
            && !self.connection.stalled.load(Relaxed)
        {
            self.connection.stalled.store(true, Relaxed);
            state.wake_waiting(&mut self.wakes);
        }
        let mut dead = false;
        if state.heartbeat_in_flight() {
            dead =
                now.saturating_sub(self.last_read.max(self.heartbeat_sent)) >= ticks(self.heartbeat.timeout);
        } else if now >= heartbeat_at && !matches!(state.phase, super::Phase::Closed(_)) {
            state.push_heartbeat();
            self.heartbeat_sent = now;
        }
        let busy = state.is_busy();
        drop(state);
        self.wake();
        if dead {
            return Err(ConnectionError::HeartbeatTimeout { timeout: self.heartbeat.timeout });
        }
        if orphaned {
            self.connection.advance(Status::Worn);
        }
        let ticks = if busy || swept { 1 } else { heartbeat_at.saturating_sub(now).max(1) };
        self.timer.as_mut().reset(Instant::now() + duration(ticks));
        self.rings_soon = ticks == 1;
        Ok(())
    }
}

/// With fewer in flight a request is written at once: nobody else is about to hand one in that could go with it.
const GATHER_FROM: usize = 2;

/// Callers that were woken and do not come, or are long in coming, do not keep back the requests of others.
const MAX_YIELDS: u32 = 5;

/// So many requests and no answer to any of them for so long make a node suspect.
const STALLED_REQUESTS: usize = 10;
const STALLED_AFTER: Duration = Duration::from_millis(200);

/// A write buffer above this is given back after use, so that one burst does not hold memory for ever.
const KEPT_CAPACITY: usize = 1 << 20;
