//! One statement with many values, a bounded number of them in flight, from one task.
//!
//! The task hands requests in and takes their answers from one queue with one waker, so that the cost of a task, a
//! wake and a timer per request is saved. What does not succeed at the first attempt goes on as a call of its own.

use super::Context;
use super::attempt::{Call, execute_now};
use super::request::{Input, OwnedStatement, Settings};
use super::send::Sending;
use crate::connection::{
    Completion, Completions, Connection, Failure, FailureCause, Handed, Outgoing, Place, ticks,
};
use crate::error::{Attempt, Error};
use crate::pool::{Routes, Tried};
use crate::result::{Answer, QueryResult, ResultColumns};
use cql_protocol::frame::Frame;
use cql_protocol::value::BindRow;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, Stream, StreamExt};
use std::collections::VecDeque;
use std::fmt;
use std::future::{IntoFuture, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

/// Requests in flight unless [`Concurrent::concurrency`] says otherwise.
const DEFAULT_CONCURRENCY: usize = 128;

/// One statement to be executed with many values, from [`crate::Session::execute_concurrent`].
///
/// Awaiting it gives all results in the order of the values, or the first error. For loads too large for a `Vec` of
/// results there are [`Concurrent::results`] and [`Concurrent::count`].
///
/// ```no_run
/// # async fn example(session: cql_driver::Session) -> Result<(), cql_driver::Error> {
/// let insert = session.prepare("INSERT INTO ks.t (id, v) VALUES (?, ?)").await?;
/// let rows = (0..1_000_000).map(|id| (id, "some text"));
/// let inserted = session.execute_concurrent(&insert, rows).concurrency(256).count().await?;
/// assert_eq!(inserted, 1_000_000);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is executed before it is awaited"]
pub struct Concurrent<S> {
    context: Arc<Context>,
    statement: OwnedStatement,
    source: S,
    concurrency: usize,
    progress: Option<Box<dyn FnMut(u64) + Send>>,
}

impl<S> fmt::Debug for Concurrent<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Concurrent").field("concurrency", &self.concurrency).finish_non_exhaustive()
    }
}

impl<S> Concurrent<S>
where
    S: Stream + Send,
    S::Item: BindRow + Send,
{
    pub(crate) fn new(context: Arc<Context>, statement: OwnedStatement, source: S) -> Self {
        Concurrent { context, statement, source, concurrency: DEFAULT_CONCURRENCY, progress: None }
    }

    /// How many requests are in flight at most; 0 counts as 1. Default: 128.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests.max(1);
        self
    }

    /// Calls `hook` with the number of requests done, whenever some are: often, and not at every one.
    pub fn on_progress(mut self, hook: impl FnMut(u64) + Send + 'static) -> Self {
        self.progress = Some(Box::new(hook));
        self
    }

    /// All results in the order of the values, failed ones among them.
    pub async fn collect(self) -> Vec<Result<QueryResult, Error>> {
        self.results().collect().await
    }

    /// Executes all and keeps no result: memory stays the same however many there are. Gives their number, or the
    /// first error; values not handed in by then are not executed.
    ///
    /// # Errors
    /// The first failure of any request.
    pub async fn count(self) -> Result<u64, Error> {
        let mut engine = std::pin::pin!(Engine::new(self, Order::Arrival));
        let mut done = 0;
        while let Some(result) = poll_fn(|cx| engine.as_mut().poll_result(cx)).await {
            result?;
            done += 1;
        }
        Ok(done)
    }

    /// The results as a stream, in the order of the values. Values are taken only as results are: never more than
    /// twice the concurrency ahead of the consumer.
    pub fn results(self) -> ConcurrentResults<S> {
        ConcurrentResults { engine: Box::pin(Engine::new(self, Order::Values)) }
    }
}

impl<S> IntoFuture for Concurrent<S>
where
    S: Stream + Send + 'static,
    S::Item: BindRow + Send,
{
    type Output = Result<Vec<QueryResult>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let mut results = self.results();
            let mut all = Vec::new();
            while let Some(result) = results.next().await {
                all.push(result?);
            }
            Ok(all)
        })
    }
}

/// The results of [`Concurrent::results`].
#[must_use = "streams do nothing unless polled"]
pub struct ConcurrentResults<S: Stream> {
    engine: Pin<Box<Engine<S>>>,
}

impl<S: Stream> fmt::Debug for ConcurrentResults<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConcurrentResults").finish_non_exhaustive()
    }
}

impl<S> Stream for ConcurrentResults<S>
where
    S: Stream + Send,
    S::Item: BindRow + Send,
{
    type Item = Result<QueryResult, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        self.engine.as_mut().poll_result(cx)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Values,
    Arrival,
}

/// A request from when its values are taken until its result is there. Its buffer is used again by the next.
#[derive(Debug, Default)]
struct Op {
    /// Its place among the values.
    number: u64,
    values: Vec<u8>,
    named: bool,
    /// What the first attempt was sent with; further ones must not differ.
    timestamp: Option<i64>,
    /// What the server was told is known, unless that is what the statement had at first.
    columns: Option<Arc<ResultColumns>>,
    connection: Option<Arc<Connection>>,
}

/// What is the same for all operations that go out together.
struct Round<'a> {
    /// But for the timestamp.
    settings: Result<Settings<'a>, Error>,
    routes: Arc<Routes>,
}

type SlowResult = (u32, Result<QueryResult, Error>);

struct Engine<S> {
    context: Arc<Context>,
    statement: Arc<OwnedStatement>,
    source: Option<Pin<Box<S>>>,
    concurrency: usize,
    progress: Option<Box<dyn FnMut(u64) + Send>>,
    order: Order,
    completions: Arc<Completions>,
    arrived: Vec<Completion>,
    ops: Vec<Op>,
    free: Vec<u32>,
    /// An operation waiting for room on its connection.
    blocked: Option<(u32, Place)>,
    /// Operations that needed more than one attempt.
    slow: FuturesUnordered<BoxFuture<'static, SlowResult>>,
    body: Vec<u8>,
    taken: u64,
    done: u64,
    /// How many of them the progress hook knows of.
    told: u64,
    /// Results not given out yet; the first is of number `given`.
    ready: VecDeque<Option<Result<QueryResult, Error>>>,
    given: u64,
}

impl<S> Drop for Engine<S> {
    fn drop(&mut self) {
        self.completions.close();
    }
}

impl<S> Engine<S>
where
    S: Stream + Send,
    S::Item: BindRow + Send,
{
    fn new(concurrent: Concurrent<S>, order: Order) -> Self {
        Engine {
            context: concurrent.context,
            statement: Arc::new(concurrent.statement),
            source: Some(Box::pin(concurrent.source)),
            concurrency: concurrent.concurrency,
            progress: concurrent.progress,
            order,
            completions: Arc::default(),
            arrived: Vec::new(),
            ops: Vec::new(),
            free: Vec::new(),
            blocked: None,
            slow: FuturesUnordered::new(),
            body: Vec::new(),
            taken: 0,
            done: 0,
            told: 0,
            ready: VecDeque::new(),
            given: 0,
        }
    }

    fn poll_result(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<QueryResult, Error>>> {
        // Nothing in it is pinned in place: the source is boxed.
        let this = &mut *self;
        loop {
            if let Some(result) = this.next_ready() {
                return Poll::Ready(Some(result));
            }
            let progressed = this.take_arrived(cx) | this.take_slow(cx) | this.fill(cx);
            this.tell_progress();
            if this.next_is_ready() {
                continue;
            }
            if this.source.is_none() && this.in_flight() == 0 {
                return Poll::Ready(None);
            }
            if !progressed {
                return Poll::Pending;
            }
        }
    }

    fn in_flight(&self) -> usize {
        self.ops.len() - self.free.len()
    }

    fn next_is_ready(&self) -> bool {
        matches!(self.ready.front(), Some(Some(_)))
    }

    fn next_ready(&mut self) -> Option<Result<QueryResult, Error>> {
        if !self.next_is_ready() {
            return None;
        }
        self.given += 1;
        self.ready.pop_front().flatten()
    }

    /// Puts a result where its turn is.
    fn finish(&mut self, op: u32, result: Result<QueryResult, Error>) {
        let Some(place) = self.ops.get_mut(op as usize) else { return };
        let number = place.number;
        (place.connection, place.columns, place.timestamp) = (None, None, None);
        self.free.push(op);
        self.done += 1;
        if self.order == Order::Arrival {
            self.ready.push_back(Some(result));
            return;
        }
        let at = usize::try_from(number - self.given).unwrap_or(usize::MAX);
        while self.ready.len() <= at {
            self.ready.push_back(None);
        }
        if let Some(slot) = self.ready.get_mut(at) {
            *slot = Some(result);
        }
    }

    fn take_arrived(&mut self, cx: &TaskContext<'_>) -> bool {
        let mut arrived = std::mem::take(&mut self.arrived);
        let any = self.completions.poll_take(cx, &mut arrived).is_ready();
        for (op, received) in arrived.drain(..) {
            self.take_one(op, received);
        }
        self.arrived = arrived;
        any
    }

    /// Whatever way the requests were done in: at the first attempt, at a later one, or not at all.
    fn tell_progress(&mut self) {
        if self.done > self.told {
            self.told = self.done;
            if let Some(hook) = &mut self.progress {
                hook(self.done);
            }
        }
    }

    fn take_one(&mut self, op: u32, received: Result<Frame, Failure>) {
        let Some(Op { connection, columns, .. }) = self.ops.get_mut(op as usize) else { return };
        let (Some(connection), columns) = (connection.take(), columns.take()) else { return };
        let known = columns.as_ref().or_else(|| self.statement.first_columns());
        let received = match received {
            Ok(frame) => match Answer::decode(frame, connection.origin(), known) {
                Ok(Answer::Result(result)) if !result.needs_attention() => {
                    return self.finish(op, Ok(result));
                }
                Ok(answer) => Ok(answer),
                Err(error) => {
                    let attempt = Attempt::undecodable(connection.address());
                    return self.finish(op, Err(error.at(connection.address()).after(vec![attempt])));
                }
            },
            Err(failure) => Err(failure),
        };
        self.go_on_slowly(op, Some((connection, received)));
    }

    /// The operation becomes a call of its own.
    fn go_on_slowly(&mut self, op: u32, first: Option<(Arc<Connection>, Result<Answer, Failure>)>) {
        let (context, statement) = (Arc::clone(&self.context), Arc::clone(&self.statement));
        let Some(place) = self.ops.get(op as usize) else { return };
        let (values, named, timestamp) = (place.values.clone(), place.named, place.timestamp);
        self.slow.push(Box::pin(async move {
            let mut settings = match statement.settings(&context) {
                Ok(settings) => settings,
                Err(error) => return (op, Err(error)),
            };
            settings.timestamp = timestamp.or(settings.timestamp);
            let request = statement.request(Input::Encoded(&values, named), None);
            let result = match first {
                Some((connection, received)) => {
                    Call::new(&context, request, &settings).resume(connection, received, None).await
                }
                None => execute_now(&context, request, &settings).await,
            };
            (op, result)
        }));
    }

    fn take_slow(&mut self, cx: &mut TaskContext<'_>) -> bool {
        let mut any = false;
        while let Poll::Ready(Some((op, result))) = self.slow.poll_next_unpin(cx) {
            self.finish(op, result);
            any = true;
        }
        any
    }

    /// Takes values and hands requests in until enough are in flight.
    fn fill(&mut self, cx: &mut TaskContext<'_>) -> bool {
        let mut any = false;
        let statement = Arc::clone(&self.statement);
        let mut round = Round {
            settings: statement.settings_of_many(&self.context),
            routes: self.context.routes.load_full(),
        };
        if let Some((op, place)) = self.blocked.take() {
            self.hand_in(op, &mut round, Some(place), cx);
            any = self.blocked.is_none();
        }
        while self.blocked.is_none()
            && self.in_flight() < self.concurrency
            && (self.order == Order::Arrival || self.ahead() < self.concurrency.saturating_mul(2))
        {
            let Some(source) = &mut self.source else { break };
            match source.as_mut().poll_next(cx) {
                Poll::Ready(Some(row)) => self.begin(&row, &mut round, cx),
                Poll::Ready(None) => self.source = None,
                Poll::Pending => break,
            }
            any = true;
        }
        any
    }

    /// How many values have been taken whose results have not been given out.
    fn ahead(&self) -> usize {
        usize::try_from(self.taken - self.given).unwrap_or(usize::MAX)
    }

    fn begin(&mut self, row: &dyn BindRow, round: &mut Round<'_>, cx: &TaskContext<'_>) {
        let op = self.free.pop().unwrap_or_else(|| {
            self.ops.push(Op::default());
            u32::try_from(self.ops.len() - 1).unwrap_or(u32::MAX)
        });
        let number = self.taken;
        self.taken += 1;
        let (statement, version) = (&self.statement, self.context.version);
        let Some(place) = self.ops.get_mut(op as usize) else { return };
        place.number = number;
        place.values.clear();
        match statement.encode_values(row, version, &mut place.values) {
            Ok(named) => {
                place.named = named;
                self.hand_in(op, round, None, cx);
            }
            Err(error) => self.finish(op, Err(error)),
        }
    }

    /// Hands the operation to a connection, in bulk. What that cannot do is done slowly.
    fn hand_in(&mut self, op: u32, round: &mut Round<'_>, place: Option<Place>, cx: &TaskContext<'_>) {
        let Some(slot) = self.ops.get_mut(op as usize) else { return };
        let settings = match &mut round.settings {
            Ok(settings) if settings.speculation().is_none() && !self.context.is_watched() => settings,
            Ok(_) => return self.go_on_slowly(op, None),
            Err(error) => {
                let error = error.clone();
                return self.finish(op, Err(error));
            }
        };
        if slot.timestamp.is_none() {
            slot.timestamp = self.statement.timestamp(&self.context);
        }
        settings.timestamp = slot.timestamp;
        let request = self.statement.request(Input::Encoded(&slot.values, slot.named), None);
        let sending = Sending {
            context: &self.context,
            request: &request,
            settings,
            routes: Some(&round.routes),
            fixed: place.as_ref().map(Place::connection),
            tried: Tried::default(),
            plan: None,
        };
        let (connection, flags) = match sending.write(&mut self.body) {
            Ok(Some(ready)) => ready,
            // No connection at all, and whatever else goes wrong, is told by the slow way.
            Ok(None) => return self.go_on_slowly(op, None),
            Err(error) => return self.finish(op, Err(error)),
        };
        let out = Outgoing { opcode: request.opcode(), flags, body: &self.body };
        match connection.hand_in_bulk(out, (&self.completions, op), cx, ticks(settings.timeout), place) {
            Ok(()) => {
                slot.columns = request.later_columns().cloned();
                slot.connection = Some(connection);
            }
            Err(Handed::Full(place)) => self.blocked = Some((op, place)),
            Err(Handed::Failed(connection, failure)) if matches!(failure.cause, FailureCause::TimedOut) => {
                self.go_on_slowly(op, Some((connection, Err(failure))));
            }
            Err(_) => self.go_on_slowly(op, None),
        }
    }
}
