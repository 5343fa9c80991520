//! What one connection's lock guards: the bytes to write, and for every stream id who waits for its response.
//!
//! Two rules keep responses apart. An id becomes free only when its response has come and nobody can want it any more:
//! a caller that gives up leaves an orphan behind. And whoever was promised a free id (a `Ticket`) gets one, or hands
//! the promise on when it is dropped.

use super::completions::Completions;
use crate::config::Limits;
use crate::error::ConnectionError;
use crate::metrics::Traffic;
use cql_protocol::frame::{Direction, Flags, Frame, Header, Opcode, StreamId};
use cql_protocol::{ProtocolVersion, segment};
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// A point in time of one connection, in units of [`super::TICK`] since it was opened.
pub(crate) type Tick = u64;

/// A request's opcode, flags and body, ready to be sent under any stream id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outgoing<'a> {
    pub(crate) opcode: Opcode,
    pub(crate) flags: Flags,
    pub(crate) body: &'a [u8],
}

/// The promise of a stream id, for a caller that found none free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

/// Why an attempt got no response.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) cause: FailureCause,
    /// Whether bytes of the request may have left this process.
    pub(crate) sent: bool,
    /// What is left of the request's time.
    pub(crate) remaining: Tick,
}

#[derive(Debug, Clone)]
pub(crate) enum FailureCause {
    TimedOut,
    Connection(Arc<ConnectionError>),
}

/// So many are worth a write, however few are in flight.
const FEWEST: usize = 8;

/// Who gets the response.
#[derive(Debug)]
pub(super) enum Waiter {
    Task(Waker),
    Bulk { completions: Arc<Completions>, index: u32 },
}

#[derive(Debug, Default)]
enum Slot {
    #[default]
    Free,
    /// `batch` numbers the write buffer that holds the request.
    Waiting {
        waiter: Waiter,
        deadline: Tick,
        batch: u32,
        /// By `State::micros`.
        since: u32,
    },
    Done(Frame),
    /// The deadline passed before the response came; the caller has not looked yet.
    Expired,
    /// The connection died; the caller has not looked yet.
    Failed {
        sent: bool,
        remaining: Tick,
    },
    /// The caller is gone, the id waits for its late response.
    Orphan,
}

#[derive(Debug)]
struct Queued {
    ticket: Ticket,
    waker: Waker,
    deadline: Tick,
}

/// How far a connection is towards its end.
#[derive(Debug, Clone)]
pub(super) enum Phase {
    Open,
    /// Takes no new request; closes when what is in flight has been answered.
    Draining(Arc<ConnectionError>),
    Closed(Arc<ConnectionError>),
}

/// What became of a request that was handed in.
pub(super) enum Submitted {
    /// It is in the write buffer under this id; wake the connection's task if there is a waker.
    Accepted(u16, Option<Waker>),
    /// No id is free: the waker is called when one is.
    Queued(Ticket),
    /// The connection is closing; nothing was taken.
    Refused(Arc<ConnectionError>),
}

#[derive(Debug)]
pub(super) struct State {
    version: ProtocolVersion,
    limits: Limits,
    pub(super) phase: Phase,
    pending: Vec<u8>,
    encoder: segment::Encoder,
    batch: u32,
    slots: Vec<Slot>,
    free: Vec<u16>,
    /// Ids promised to callers that were woken and have not come yet.
    promised: usize,
    queue: VecDeque<Queued>,
    next_ticket: u64,
    /// Ids that are not free, the heartbeat's left out.
    in_flight: usize,
    orphans: usize,
    /// Ids whose callers wait for a response that has not come.
    waiting: usize,
    /// Ids whose callers have been woken for their response and have not taken it.
    untaken: usize,
    heartbeat: bool,
    /// Since when there are responses that have not come.
    pub(super) owed_since: Tick,
    /// It owes responses and says nothing.
    pub(super) suspect: bool,
    pub(super) now: Tick,
    /// As `now`, finer, and wrapping every 71 minutes: current where few are in flight, else from the last read.
    pub(super) micros: u32,
    pub(super) traffic: Traffic,
    /// The task will look at `pending` by itself: no need to wake it, unless there are `enough` requests in it.
    flush_scheduled: bool,
    /// Requests in `pending`.
    gathered: usize,
    enough: usize,
    task: Option<Waker>,
}

impl State {
    pub(super) fn new(version: ProtocolVersion, encoder: segment::Encoder, limits: Limits) -> Self {
        State {
            version,
            limits,
            phase: Phase::Open,
            pending: Vec::new(),
            encoder,
            batch: 0,
            slots: Vec::new(),
            free: Vec::new(),
            promised: 0,
            queue: VecDeque::new(),
            next_ticket: 0,
            in_flight: 0,
            orphans: 0,
            waiting: 0,
            untaken: 0,
            heartbeat: false,
            owed_since: 0,
            suspect: false,
            now: 0,
            micros: 0,
            traffic: Traffic::default(),
            flush_scheduled: true,
            gathered: 0,
            enough: usize::MAX,
            task: None,
        }
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// What is in flight, and who waits for it to be less: of several full connections the queues grow alike.
    pub(super) fn load(&self) -> usize {
        self.in_flight + self.queue.len()
    }

    /// The task waits for more requests to write, above all for those of callers that it has woken. It is woken when half
    /// of what is expected is there: the server works on that while the other callers run.
    pub(super) fn begin_gathering(&mut self, task: &Waker) {
        self.enough = ((self.waiting + self.untaken) / 2).max(FEWEST);
        self.keep_task(task);
    }

    /// Whether there are enough, or no more are to be expected.
    pub(super) fn has_gathered(&self) -> bool {
        self.untaken == 0 || self.gathered >= self.enough
    }

    /// Whether the sweep has anything to look after.
    pub(super) fn is_busy(&self) -> bool {
        self.waiting > 0 || self.heartbeat || !self.queue.is_empty()
    }

    /// Whether nobody waits for anything any more. What is left to write is written first, unless the peer takes none.
    pub(super) fn is_drained(&self, blocked: bool) -> bool {
        self.waiting == 0 && (blocked || self.pending.is_empty())
    }

    fn room(&self) -> bool {
        let ids = usize::from(self.limits.in_flight) - self.in_flight;
        ids > self.promised && self.pending.len() < self.limits.pending
    }

    /// Puts a request into the write buffer, or its waker into the queue. `ticket` is the promise got before.
    #[inline]
    pub(super) fn submit(
        &mut self,
        out: Outgoing<'_>,
        (waiter, waker): (Waiter, &Waker),
        timeout: Tick,
        ticket: &mut Option<Ticket>,
    ) -> Submitted {
        if let Phase::Draining(reason) | Phase::Closed(reason) = &self.phase {
            let reason = Arc::clone(reason);
            self.give_up(ticket);
            return Submitted::Refused(reason);
        }
        match ticket.take() {
            Some(ticket) => match self.queue.binary_search_by_key(&ticket, |queued| queued.ticket) {
                Ok(at) => return self.requeue(at, ticket, waker),
                Err(at) => {
                    self.promised -= 1;
                    // Others with a promise may have filled the buffer meanwhile.
                    if self.pending.len() >= self.limits.pending {
                        return self.enqueue_at(at, ticket, waker, timeout);
                    }
                }
            },
            None if !self.room() => return self.enqueue(waker, timeout),
            None => {}
        }
        let deadline = self.now.saturating_add(timeout);
        let id = self.take_id();
        self.put(id, Slot::Waiting { waiter, deadline, batch: self.batch, since: self.micros });
        self.traffic.requests += 1;
        self.waiting += 1;
        self.push_frame(id, out);
        Submitted::Accepted(id, self.schedule_flush())
    }

    #[cold]
    fn enqueue(&mut self, waker: &Waker, timeout: Tick) -> Submitted {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.enqueue_at(self.queue.len(), ticket, waker, timeout)
    }

    #[cold]
    fn enqueue_at(&mut self, at: usize, ticket: Ticket, waker: &Waker, timeout: Tick) -> Submitted {
        let deadline = self.now.saturating_add(timeout);
        self.queue.insert(at, Queued { ticket, waker: waker.clone(), deadline });
        Submitted::Queued(ticket)
    }

    #[cold]
    fn requeue(&mut self, at: usize, ticket: Ticket, waker: &Waker) -> Submitted {
        if let Some(queued) = self.queue.get_mut(at) {
            queued.waker.clone_from(waker);
        }
        Submitted::Queued(ticket)
    }

    #[inline]
    fn take_id(&mut self) -> u16 {
        self.in_flight += 1;
        if let Some(id) = self.free.pop() {
            return id;
        }
        // `room` holds: there are fewer slots than the limit, which is a u16.
        let id = u16::try_from(self.slots.len()).unwrap_or(u16::MAX);
        self.slots.push(Slot::Free);
        id
    }

    #[inline(always)]
    fn put(&mut self, id: u16, slot: Slot) {
        if let Some(place) = self.slots.get_mut(usize::from(id)) {
            *place = slot;
        }
    }

    #[inline]
    fn push_frame(&mut self, id: u16, out: Outgoing<'_>) {
        let length = u32::try_from(out.body.len()).unwrap_or(u32::MAX);
        let stream = StreamId::new(id.cast_signed());
        let header = Header::new(self.version, Direction::Request, out.opcode, stream)
            .with_flags(out.flags)
            .with_length(length)
            .encode();
        self.encoder.push_frame(&mut self.pending, &[&header, out.body]);
    }

    /// Whoever must be woken so that the buffer is written.
    fn schedule_flush(&mut self) -> Option<Waker> {
        self.gathered += 1;
        if self.flush_scheduled && self.gathered != self.enough {
            return None;
        }
        self.flush_scheduled = true;
        self.task.take()
    }

    /// The task's waker, when something other than output needs its attention.
    pub(super) fn wake_task(&mut self) -> Option<Waker> {
        self.flush_scheduled = true;
        self.task.take()
    }

    /// The id's response has come and been taken, or nobody wants it: the next in the queue may have it.
    #[inline]
    fn release(&mut self, id: u16) -> Option<Waker> {
        self.put(id, Slot::Free);
        self.free.push(id);
        self.in_flight -= 1;
        self.promise_next()
    }

    #[inline]
    fn promise_next(&mut self) -> Option<Waker> {
        if self.queue.is_empty() || !self.room() {
            return None;
        }
        self.promised += 1;
        self.queue.pop_front().map(|queued| queued.waker)
    }

    /// A caller with a ticket is gone: takes it out of the queue, or passes on the promise it had.
    pub(super) fn give_up(&mut self, ticket: &mut Option<Ticket>) -> Option<Waker> {
        let ticket = ticket.take()?;
        match self.queue.binary_search_by_key(&ticket, |queued| queued.ticket) {
            Ok(at) => {
                self.queue.remove(at);
                None
            }
            Err(_) => {
                self.promised -= 1;
                self.promise_next()
            }
        }
    }

    /// The caller's look at its slot; the second part is to be woken after the lock.
    #[inline]
    pub(super) fn poll(
        &mut self,
        id: u16,
        cx: &mut Context<'_>,
    ) -> (Poll<Result<Frame, Failure>>, Option<Waker>) {
        let Some(slot) = self.slots.get_mut(usize::from(id)) else {
            return (Poll::Pending, None);
        };
        match slot {
            Slot::Waiting { waiter: Waiter::Task(waker), .. } => {
                waker.clone_from(cx.waker());
                (Poll::Pending, None)
            }
            Slot::Done(_) => {
                let done = std::mem::take(slot);
                self.untaken -= 1;
                let waker = self.release(id);
                match done {
                    Slot::Done(frame) => (Poll::Ready(Ok(frame)), waker),
                    _ => (Poll::Pending, waker),
                }
            }
            Slot::Expired => {
                *slot = Slot::Orphan;
                self.orphans += 1;
                (Poll::Ready(Err(self.expired())), None)
            }
            Slot::Failed { sent, remaining } => {
                let (sent, remaining) = (*sent, *remaining);
                *slot = Slot::Orphan;
                self.orphans += 1;
                (Poll::Ready(Err(self.failed(sent, remaining))), None)
            }
            _ => (Poll::Pending, None),
        }
    }

    #[cold]
    fn expired(&self) -> Failure {
        // Its bytes are in a buffer that will be written, if they are not on their way already.
        Failure { cause: FailureCause::TimedOut, sent: true, remaining: 0 }
    }

    #[cold]
    fn failed(&self, sent: bool, remaining: Tick) -> Failure {
        let reason = match &self.phase {
            Phase::Closed(reason) | Phase::Draining(reason) => Arc::clone(reason),
            Phase::Open => Arc::new(ConnectionError::Closed),
        };
        Failure { cause: FailureCause::Connection(reason), sent, remaining }
    }

    /// The caller of `id` is gone: the id must not be used again before its response.
    pub(super) fn abandon(&mut self, id: u16) -> Option<Waker> {
        let slot = self.slots.get_mut(usize::from(id))?;
        match slot {
            Slot::Done(_) => {
                self.untaken -= 1;
                self.release(id)
            }
            Slot::Waiting { .. } | Slot::Expired | Slot::Failed { .. } => {
                self.waiting -= usize::from(matches!(slot, Slot::Waiting { .. }));
                *slot = Slot::Orphan;
                self.orphans += 1;
                None
            }
            _ => None,
        }
    }

    pub(super) fn orphans(&self) -> usize {
        self.orphans
    }

    /// Whether too many ids wait for responses nobody wants.
    pub(super) fn has_too_many_orphans(&self) -> bool {
        self.orphans > usize::from(self.limits.orphans)
    }

    /// Gives a response to whoever waits for it. `false`: nobody asked for it.
    #[inline]
    pub(super) fn complete(&mut self, frame: Frame, wakes: &mut Vec<Waker>) -> bool {
        let id = frame.header.stream.get().cast_unsigned();
        let Some(slot) = self.slots.get_mut(usize::from(id)) else {
            return self.complete_heartbeat(id);
        };
        match std::mem::take(slot) {
            Slot::Waiting { waiter: Waiter::Task(waker), since, .. } => {
                *slot = Slot::Done(frame);
                self.waiting -= 1;
                self.untaken += 1;
                self.traffic.answered(self.micros.wrapping_sub(since));
                wakes.push(waker);
            }
            Slot::Waiting { waiter: Waiter::Bulk { completions, index }, since, .. } => {
                self.waiting -= 1;
                self.traffic.answered(self.micros.wrapping_sub(since));
                wakes.extend(completions.push(index, Ok(frame)));
                wakes.extend(self.release(id));
            }
            // The caller has not noticed yet that its time is over: let it have the answer.
            Slot::Expired => {
                *slot = Slot::Done(frame);
                self.untaken += 1;
            }
            Slot::Orphan => {
                self.orphans -= 1;
                wakes.extend(self.release(id));
            }
            other => {
                *slot = other;
                return self.complete_heartbeat(id);
            }
        }
        true
    }

    fn complete_heartbeat(&mut self, id: u16) -> bool {
        id == self.limits.in_flight && std::mem::take(&mut self.heartbeat)
    }

    /// Queues the connection's own OPTIONS under the id kept for it.
    pub(super) fn push_heartbeat(&mut self) {
        self.heartbeat = true;
        let out = Outgoing { opcode: Opcode::OPTIONS, flags: Flags::EMPTY, body: &[] };
        self.push_frame(self.limits.in_flight, out);
    }

    pub(super) fn heartbeat_in_flight(&self) -> bool {
        self.heartbeat
    }

    /// Ends what has waited too long; whoever is concerned is woken by the caller.
    pub(super) fn sweep(&mut self, now: Tick, wakes: &mut Vec<Waker>) {
        self.now = now;
        for id in 0..self.slots.len() {
            let Some(slot) = self.slots.get_mut(id) else { break };
            let Slot::Waiting { deadline, .. } = slot else { continue };
            if *deadline > now {
                continue;
            }
            if let Slot::Waiting { waiter, .. } = std::mem::take(slot) {
                self.waiting -= 1;
                self.traffic.expired += 1;
                match waiter {
                    Waiter::Task(waker) => {
                        *slot = Slot::Expired;
                        wakes.push(waker);
                    }
                    Waiter::Bulk { completions, index } => {
                        *slot = Slot::Orphan;
                        self.orphans += 1;
                        let failure = self.expired();
                        wakes.extend(completions.push(index, Err(failure)));
                    }
                }
            }
        }
        wakes.extend(
            self.queue.iter().filter(|queued| queued.deadline <= now).map(|queued| queued.waker.clone()),
        );
    }

    /// Has all callers that wait for a response look around.
    pub(super) fn wake_waiting(&self, wakes: &mut Vec<Waker>) {
        wakes.extend(self.slots.iter().filter_map(|slot| match slot {
            Slot::Waiting { waiter: Waiter::Task(waker), .. } => Some(waker.clone()),
            _ => None,
        }));
    }

    /// Hands the write buffer out and takes an empty one in its place, so that it can be sealed and written outside of
    /// the lock. `false`: there is nothing to write, and the task's waker is kept for when there is.
    pub(super) fn take_output(
        &mut self,
        out: &mut Vec<u8>,
        encoder: &mut segment::Encoder,
        wakes: &mut Vec<Waker>,
    ) -> bool {
        if self.pending.is_empty() {
            return false;
        }
        self.traffic.bytes_written += self.pending.len() as u64;
        std::mem::swap(&mut self.pending, out);
        std::mem::swap(&mut self.encoder, encoder);
        self.batch = self.batch.wrapping_add(1);
        (self.gathered, self.enough) = (0, usize::MAX);
        // The buffer's bound may have kept callers waiting.
        while let Some(waker) = self.promise_next() {
            wakes.push(waker);
        }
        true
    }

    /// Keeps the task's waker; from now on a caller wakes it. `true`: there is something to write already.
    pub(super) fn park_task(&mut self, waker: &Waker) -> bool {
        if !self.pending.is_empty() {
            self.flush_scheduled = true;
            return true;
        }
        self.flush_scheduled = false;
        self.keep_task(waker);
        false
    }

    /// Keeps the task's waker, for the connection's end; callers do not wake it as long as a flush is scheduled.
    pub(super) fn keep_task(&mut self, waker: &Waker) {
        match &mut self.task {
            Some(kept) => kept.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }

    /// Takes no more requests; queued ones are told so.
    pub(super) fn drain(&mut self, reason: Arc<ConnectionError>, wakes: &mut Vec<Waker>) {
        if matches!(self.phase, Phase::Open) {
            self.phase = Phase::Draining(reason);
        }
        wakes.extend(self.queue.iter().map(|queued| queued.waker.clone()));
        wakes.extend(self.task.take());
    }

    /// The end: everyone who waits is told, and whether their bytes may have left.
    pub(super) fn close(&mut self, reason: Arc<ConnectionError>, wakes: &mut Vec<Waker>) {
        // Of several reasons the first is the cause of the others.
        if !matches!(self.phase, Phase::Closed(_)) {
            self.phase = Phase::Closed(reason);
        }
        for id in 0..self.slots.len() {
            let Some(slot) = self.slots.get_mut(id) else { break };
            if !matches!(slot, Slot::Waiting { .. }) {
                continue;
            }
            if let Slot::Waiting { waiter, deadline, batch, .. } = std::mem::take(slot) {
                self.waiting -= 1;
                let sent = batch != self.batch;
                let remaining = deadline.saturating_sub(self.now);
                match waiter {
                    Waiter::Task(waker) => {
                        *slot = Slot::Failed { sent, remaining };
                        wakes.push(waker);
                    }
                    Waiter::Bulk { completions, index } => {
                        *slot = Slot::Orphan;
                        self.orphans += 1;
                        let failure = self.failed(sent, remaining);
                        wakes.extend(completions.push(index, Err(failure)));
                    }
                }
            }
        }
        wakes.extend(self.queue.iter().map(|queued| queued.waker.clone()));
        self.pending = Vec::new();
        self.encoder.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    use std::task::Wake;

    #[derive(Default)]
    struct Bell(AtomicUsize);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    impl Bell {
        fn rung(&self) -> usize {
            self.0.load(Relaxed)
        }
    }

    fn state(in_flight: u16) -> State {
        let limits = Limits { in_flight, orphans: 256, pending: 1 << 20, request: 1 << 20 };
        State::new(ProtocolVersion::V4, segment::Encoder::plain(), limits)
    }

    const OUT: Outgoing<'static> = Outgoing { opcode: Opcode::OPTIONS, flags: Flags::EMPTY, body: &[] };

    fn submit(state: &mut State, bell: &Arc<Bell>, ticket: &mut Option<Ticket>) -> Option<u16> {
        let waker = Waker::from(Arc::clone(bell));
        match state.submit(OUT, (Waiter::Task(waker.clone()), &waker), 100, ticket) {
            Submitted::Accepted(id, _) => Some(id),
            Submitted::Queued(queued) => {
                *ticket = Some(queued);
                None
            }
            Submitted::Refused(_) => None,
        }
    }

    fn response(id: u16, body: &'static [u8]) -> Frame {
        let stream = StreamId::new(id.cast_signed());
        let header = Header::new(ProtocolVersion::V4, Direction::Response, Opcode::RESULT, stream);
        Frame::new(header, Bytes::from_static(body))
    }

    fn respond(state: &mut State, id: u16, body: &'static [u8]) -> bool {
        let mut wakes = Vec::new();
        let asked_for = state.complete(response(id, body), &mut wakes);
        wakes.into_iter().for_each(Waker::wake);
        asked_for
    }

    fn take(state: &mut State, id: u16) -> Option<Result<Frame, Failure>> {
        let (polled, next) = state.poll(id, &mut Context::from_waker(Waker::noop()));
        next.into_iter().for_each(Waker::wake);
        match polled {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        }
    }

    #[test]
    fn the_id_of_a_dropped_request_comes_back_with_its_late_response_only() {
        let (mut state, bell) = (state(1), Arc::default());
        let id = submit(&mut state, &bell, &mut None).unwrap();
        assert!(state.abandon(id).is_none());
        let mut ticket = None;
        assert_eq!(submit(&mut state, &bell, &mut ticket), None, "the id is not free");
        assert!(respond(&mut state, id, b"late"));
        assert_eq!(bell.rung(), 1, "now it is, and the next in the queue is told");
        assert_eq!(submit(&mut state, &bell, &mut ticket), Some(id));
        assert!(take(&mut state, id).is_none(), "the late response is not given to it");
        respond(&mut state, id, b"own");
        assert_eq!(take(&mut state, id).unwrap().unwrap().body, "own");
    }

    #[test]
    fn a_promise_is_passed_on_when_its_holder_is_dropped_before_it_looks() {
        let mut state = state(1);
        let [first, second, third]: [Arc<Bell>; 3] = Default::default();
        let id = submit(&mut state, &first, &mut None).unwrap();
        let (mut ticket2, mut ticket3) = (None, None);
        submit(&mut state, &second, &mut ticket2);
        submit(&mut state, &third, &mut ticket3);
        respond(&mut state, id, b"");
        take(&mut state, id);
        assert_eq!((second.rung(), third.rung()), (1, 0));
        // Woken, and gone before it was polled.
        state.give_up(&mut ticket2).unwrap().wake();
        assert_eq!(third.rung(), 1);
        assert_eq!(submit(&mut state, &third, &mut ticket3), Some(id));
    }

    #[test]
    fn a_newcomer_does_not_take_what_was_promised() {
        let mut state = state(1);
        let bell = Arc::default();
        let id = submit(&mut state, &bell, &mut None).unwrap();
        let mut waiting = None;
        submit(&mut state, &bell, &mut waiting);
        respond(&mut state, id, b"");
        take(&mut state, id);
        let mut newcomer = None;
        assert_eq!(submit(&mut state, &bell, &mut newcomer), None);
        assert_eq!(submit(&mut state, &bell, &mut waiting), Some(id));
    }

    #[test]
    fn a_caller_that_leaves_the_queue_is_not_promised_anything() {
        let mut state = state(1);
        let bell = Arc::default();
        let id = submit(&mut state, &bell, &mut None).unwrap();
        let mut waiting = None;
        submit(&mut state, &bell, &mut waiting);
        assert!(state.give_up(&mut waiting).is_none());
        respond(&mut state, id, b"");
        take(&mut state, id);
        assert_eq!(submit(&mut state, &bell, &mut None), Some(id), "the id is free for anyone");
    }

    #[test]
    fn an_answer_between_the_deadline_and_the_callers_look_is_delivered() {
        let (mut state, bell) = (state(4), Arc::default());
        let id = submit(&mut state, &bell, &mut None).unwrap();
        let mut wakes = Vec::new();
        state.sweep(101, &mut wakes);
        assert_eq!(wakes.len(), 1);
        respond(&mut state, id, b"just in time");
        assert!(take(&mut state, id).unwrap().is_ok());
        assert_eq!(state.in_flight(), 0);
    }

    #[test]
    fn an_expired_request_is_an_orphan_until_its_response() {
        let (mut state, bell) = (state(4), Arc::default());
        let id = submit(&mut state, &bell, &mut None).unwrap();
        state.sweep(101, &mut Vec::new());
        let failure = take(&mut state, id).unwrap().unwrap_err();
        assert!(matches!(failure.cause, FailureCause::TimedOut) && failure.sent);
        assert_eq!((state.in_flight(), state.orphans), (1, 1));
        assert!(!state.is_busy(), "nobody waits for it");
        assert!(respond(&mut state, id, b""));
        assert_eq!((state.in_flight(), state.orphans), (0, 0));
    }

    #[test]
    fn closing_tells_what_may_have_been_sent() {
        let (mut state, bell) = (state(4), Arc::default());
        let sent = submit(&mut state, &bell, &mut None).unwrap();
        let (mut out, mut encoder) = (Vec::new(), segment::Encoder::plain());
        assert!(state.take_output(&mut out, &mut encoder, &mut Vec::new()));
        let unsent = submit(&mut state, &bell, &mut None).unwrap();
        state.close(Arc::new(ConnectionError::ClosedByPeer), &mut Vec::new());
        assert!(take(&mut state, sent).unwrap().unwrap_err().sent);
        assert!(!take(&mut state, unsent).unwrap().unwrap_err().sent);
        assert_eq!(submit(&mut state, &bell, &mut None), None, "a closed connection takes nothing");
    }

    #[test]
    fn the_task_is_woken_when_half_of_the_expected_requests_have_gathered() {
        let (mut state, bell) = (state(100), Arc::default());
        let out = |state: &mut State| {
            assert!(state.take_output(&mut Vec::new(), &mut segment::Encoder::plain(), &mut Vec::new()));
        };
        let ids: Vec<u16> = (0..40).map(|_| submit(&mut state, &bell, &mut None).unwrap()).collect();
        out(&mut state);
        ids.iter().for_each(|id| assert!(respond(&mut state, *id, b"")));
        let task: Arc<Bell> = Arc::default();
        state.begin_gathering(&Waker::from(Arc::clone(&task)));
        let again = |state: &mut State, id: u16| {
            take(state, id).unwrap().unwrap();
            let waker = Waker::from(Arc::clone(&bell));
            match state.submit(OUT, (Waiter::Task(waker.clone()), &waker), 100, &mut None) {
                Submitted::Accepted(_, wake) => wake.into_iter().for_each(Waker::wake),
                _ => panic!("not accepted"),
            }
        };
        ids[..19].iter().for_each(|id| again(&mut state, *id));
        assert_eq!((task.rung(), state.has_gathered()), (0, false));
        again(&mut state, ids[19]);
        assert_eq!((task.rung(), state.has_gathered()), (1, true));
        again(&mut state, ids[20]);
        assert_eq!(task.rung(), 1, "once is enough");
        out(&mut state);
        assert!(!state.has_gathered());
        // Whoever does not come again is not waited for.
        ids[21..].iter().for_each(|id| assert!(state.abandon(*id).is_none()));
        assert!(state.has_gathered());
    }

    #[test]
    fn responses_nobody_asked_for_change_nothing() {
        let (mut state, bell) = (state(4), Arc::default());
        assert!(!respond(&mut state, 3, b"unknown"));
        assert!(!respond(&mut state, 9, b"beyond the limit"));
        assert!(!respond(&mut state, 0x8005, b"negative"));
        state.push_heartbeat();
        assert!(!respond(&mut state, 3, b"unknown"));
        assert!(state.heartbeat_in_flight());
        assert!(respond(&mut state, 4, b"the heartbeat's"));
        let id = submit(&mut state, &bell, &mut None).unwrap();
        assert!(respond(&mut state, id, b"first"));
        assert!(!respond(&mut state, id, b"again"));
        assert_eq!(take(&mut state, id).unwrap().unwrap().body, "first");
    }

    /// Every id is free, waited for, or an orphan, whatever happens in whatever order; and nobody gets another's answer.
    #[test]
    fn random_histories_conserve_ids() {
        for seed in 0..200 {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut state = state(8);
            let bell: Arc<Bell> = Arc::default();
            let (mut callers, mut at_server, mut queued) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..2000 {
                match random.u8(..6) {
                    0 | 1 => {
                        let mut ticket = None;
                        match submit(&mut state, &bell, &mut ticket) {
                            Some(id) => {
                                callers.push(id);
                                at_server.push(id);
                            }
                            None => queued.push(ticket),
                        }
                    }
                    2 if !at_server.is_empty() => {
                        let id = at_server.swap_remove(random.usize(..at_server.len()));
                        assert!(respond(&mut state, id, b""), "seed {seed}");
                    }
                    3 if !callers.is_empty() => {
                        let at = random.usize(..callers.len());
                        if take(&mut state, callers[at]).is_some() {
                            callers.swap_remove(at);
                        }
                    }
                    4 if !callers.is_empty() => {
                        state.abandon(callers.swap_remove(random.usize(..callers.len())));
                    }
                    5 if !queued.is_empty() => {
                        let mut ticket = queued.swap_remove(random.usize(..queued.len()));
                        if random.bool() {
                            state.give_up(&mut ticket);
                        } else if let Some(id) = submit(&mut state, &bell, &mut ticket) {
                            callers.push(id);
                            at_server.push(id);
                        } else {
                            queued.push(ticket);
                        }
                    }
                    _ => state.sweep(state.now + random.u64(..40), &mut Vec::new()),
                }
                let mut used: Vec<u16> = callers.iter().chain(&at_server).copied().collect();
                used.sort_unstable();
                used.dedup();
                assert_eq!(state.in_flight(), used.len(), "seed {seed}");
                assert_eq!(state.slots.len() - state.free.len(), used.len(), "seed {seed}");
            }
        }
    }
}
