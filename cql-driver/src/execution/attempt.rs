//! Executes a request to its end: attempt after attempt, what the answers mean, and what follows from a failure.

use super::hedge::{self, Hedged};
use super::policies::{self, Siblings};
use super::prepare::{self, PrepareError};
use super::request::{Request, Settings};
use super::send::{Sending, Sent};
use super::{Context, keyspace, schema_agreement};
use crate::connection::{Connection, Failure, FailureCause, Place, Response, Tick, duration, ticks};
use crate::error::{Attempt, AttemptCause, ConnectionError, Error, ErrorKind};
use crate::policy::{self, FailedAttempt, RetryDecision};
use crate::pool::{Plan, Tried};
use crate::result::{Answer, QueryResult, ResultColumns};
use crate::statement::Source;
use bytes::Bytes;
use cql_protocol::Consistency;
use cql_protocol::frame::Frame;
use cql_protocol::response::{ErrorDetails, Prepared, SchemaTarget, ServerError};
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

/// How often a request follows a node to a new connection before it goes to another node.
const MAX_REPLACEMENTS: u8 = 3;

/// How long a statement that was forgotten as soon as it was prepared is left alone.
const BEFORE_PREPARING_AGAIN: Duration = Duration::from_millis(100);

/// As [`super::Execution`], without waiting for a turn: for those who have a bound of their own.
pub(super) async fn execute_now(
    context: &Context,
    request: Request<'_>,
    settings: &Settings<'_>,
) -> Result<QueryResult, Error> {
    if settings.policies.is_some() || context.is_watched() {
        return Box::pin(policies::execute_now(context, request, settings)).await;
    }
    Call::new(context, request, settings).run().await?.into_result()
}

/// Executes a PREPARE in the same way.
pub(super) async fn prepare_anywhere(
    context: &Context,
    source: Source<'_>,
    settings: &Settings<'_>,
) -> Result<Box<Prepared>, Error> {
    match Call::new(context, Request::Prepare(source), settings).run().await? {
        Answer::Prepared(prepared) => Ok(prepared),
        _ => Err(Error::new(ErrorKind::UnexpectedResponse("no PREPARED to a PREPARE"))),
    }
}

/// One execution of a request: attempts, until one of them decides.
pub(super) struct Call<'a> {
    pub(super) context: &'a Context,
    pub(super) request: Request<'a>,
    pub(super) settings: &'a Settings<'a>,
    /// The settings with the consistency level that a retry policy chose.
    lowered: Option<Box<Settings<'a>>>,
    pub(super) attempts: Vec<Attempt>,
    /// What is left of the time of the whole call.
    remaining: Tick,
    /// The connection the next attempt must use.
    on: Option<Arc<Connection>>,
    /// How often a statement was prepared again.
    preparations: usize,
    /// How often a connection had been replaced when the request was to be handed to it.
    replacements: u8,
    /// What other executions of the request have gone to.
    pub(super) siblings: Option<&'a Siblings>,
    /// The order of nodes that a policy wants, for an execution without siblings.
    plan: OnceLock<Box<Plan>>,
}

impl<'a> Call<'a> {
    pub(super) fn new(context: &'a Context, request: Request<'a>, settings: &'a Settings<'a>) -> Self {
        Call {
            context,
            request,
            settings,
            lowered: None,
            attempts: Vec::new(),
            remaining: ticks(settings.timeout),
            on: None,
            preparations: 0,
            replacements: 0,
            siblings: None,
            plan: OnceLock::new(),
        }
    }

    /// One of several executions of a request, which has so much time left.
    pub(super) fn beside(
        (context, request, settings): (&'a Context, Request<'a>, &'a Settings<'a>),
        siblings: &'a Siblings,
        remaining: Tick,
    ) -> Self {
        Call { remaining, siblings: Some(siblings), ..Call::new(context, request, settings) }
    }

    fn settings(&self) -> &Settings<'a> {
        self.lowered.as_deref().unwrap_or(self.settings)
    }

    /// Adds to a result what was tried before.
    fn finish(self, mut answer: Answer) -> Answer {
        if self.preparations > 0 {
            self.request.keep_ids();
        }
        if (!self.attempts.is_empty() || self.lowered.is_some())
            && let Answer::Result(result) = &mut answer
        {
            result.set_history(self.attempts, self.lowered.map(|settings| settings.consistency));
        }
        answer
    }

    pub(super) async fn run(self) -> Result<Answer, Error> {
        self.run_from(None).await
    }

    /// Goes on with a first attempt that was made on `connection` and ended in `received`.
    pub(super) async fn resume(
        mut self,
        connection: Arc<Connection>,
        received: Result<Answer, Failure>,
        deadline: Option<Tick>,
    ) -> Result<QueryResult, Error> {
        let answer = match self.conclude(&connection, received, deadline).await? {
            Some(answer) => self.finish(answer),
            None => self.run().await?,
        };
        answer.into_result()
    }

    /// Goes on with a first attempt that is in flight, if there is one.
    pub(super) async fn run_from(mut self, mut first: Option<Response>) -> Result<Answer, Error> {
        loop {
            let mut place = None;
            let sent = match first.take() {
                Some(response) => Some(response),
                None => poll_fn(|cx| self.poll_send(cx, &mut place)).await?,
            };
            let Some(mut response) = sent else { continue };
            let received = match poll_fn(|cx| response.poll_or_stalled(cx)).await {
                Some(received) => received,
                None => match hedge::wait(&self, &mut response).await {
                    Hedged::Received(received) => received,
                    Hedged::Elsewhere(answer) => return Ok(answer),
                },
            };
            let received = match received {
                Ok(frame) => Ok(self.understand(frame, response.connection())?),
                Err(failure) => Err(failure),
            };
            let deadline = Some(response.deadline());
            if let Some(answer) = self.conclude(response.connection(), received, deadline).await? {
                return Ok(self.finish(answer));
            }
        }
    }

    /// Hands the request to a connection. `None`: that connection was closing, try another node.
    fn poll_send(
        &mut self,
        cx: &TaskContext<'_>,
        place: &mut Option<Place>,
    ) -> Poll<Result<Option<Response>, Error>> {
        let sending = Sending {
            context: self.context,
            request: &self.request,
            settings: self.settings(),
            routes: None,
            fixed: self.on.as_ref(),
            tried: Tried { attempts: &self.attempts, taken: self.siblings.map(|siblings| &siblings.taken) },
            plan: Some(self.siblings.map_or(&self.plan, |siblings| &siblings.plan)),
        };
        let sent = sending.send(cx, self.remaining, place.take())?;
        let taker = match &sent {
            Sent::InFlight(response) => Some(response.connection()),
            Sent::Full(place) => Some(place.connection()),
            Sent::Failed(connection, _) => Some(connection),
            Sent::NoNode => None,
        };
        if let (Some(siblings), Some(connection)) = (self.siblings, taker) {
            siblings.take(connection.address());
        }
        match sent {
            Sent::InFlight(response) => Poll::Ready(Ok(Some(response))),
            Sent::Full(kept) => {
                *place = Some(kept);
                Poll::Pending
            }
            Sent::NoNode => Poll::Ready(Err(self.no_node())),
            Sent::Failed(connection, failure) => {
                self.on = None;
                Poll::Ready(self.failed(&connection, failure).map(|()| None))
            }
        }
    }

    #[cold]
    fn no_node(&self) -> Error {
        if let Some(siblings) = self.siblings {
            siblings.note_exhausted();
        }
        let mut attempts = self.attempts.clone();
        if self.context.is_closed() {
            return Error::new(ErrorKind::Closed)
                .with_consistency(self.settings().consistency)
                .after(attempts);
        }
        // What the last node said is more to the point than that no other is there.
        if let Some(Attempt { node, cause: AttemptCause::Server(error), .. }) = attempts.last() {
            let (node, error) = (*node, error.clone());
            return self.error(ErrorKind::Server(error), node, attempts);
        }
        self.context.routes.load().not_connected(&mut attempts);
        Error::new(ErrorKind::NoNodeAvailable).with_consistency(self.settings().consistency).after(attempts)
    }

    fn error(&self, kind: ErrorKind, node: SocketAddr, attempts: Vec<Attempt>) -> Error {
        Error::new(kind).at(node).with_consistency(self.settings().consistency).after(attempts)
    }

    fn understand(&self, frame: Frame, connection: &Connection) -> Result<Answer, Error> {
        self.request.understand(frame, connection.origin()).map_err(|error| {
            let attempts = self.attempts.iter().chain(error.attempts()).cloned().collect();
            error.with_consistency(self.settings().consistency).after(attempts)
        })
    }

    /// The end of the call, with the history of its attempts.
    fn fail(&mut self, kind: ErrorKind, node: SocketAddr) -> Error {
        let attempts = std::mem::take(&mut self.attempts);
        self.error(kind, node, attempts)
    }

    /// Takes an attempt's end: a result, an error for good, or `None` for another attempt.
    pub(super) async fn conclude(
        &mut self,
        connection: &Arc<Connection>,
        received: Result<Answer, Failure>,
        deadline: Option<Tick>,
    ) -> Result<Option<Answer>, Error> {
        match received {
            Err(failure) => self.failed(connection, failure).map(|()| None),
            Ok(Answer::Result(mut result)) => {
                self.note(connection, &mut result).await?;
                Ok(Some(Answer::Result(result)))
            }
            Ok(Answer::Error(error)) => {
                if let Some(deadline) = deadline {
                    self.remaining = deadline.saturating_sub(connection.current_tick());
                }
                self.refused(connection, *error).await.map(|()| None)
            }
            Ok(prepared @ Answer::Prepared(_)) => Ok(Some(prepared)),
        }
    }

    /// What a result changes beyond itself.
    async fn note(&self, connection: &Arc<Connection>, result: &mut QueryResult) -> Result<(), Error> {
        if let Some(changed) = result.take_changed_columns()
            && let Request::Execute { prepared, .. } = &self.request
        {
            prepared.result.replace(changed);
        }
        if result.changes_session() {
            self.note_session_change(connection, result).await?;
        }
        Ok(())
    }

    async fn note_session_change(
        &self,
        connection: &Arc<Connection>,
        result: &mut QueryResult,
    ) -> Result<(), Error> {
        if let Some(keyspace) = result.keyspace_set() {
            return keyspace::spread(self.context, keyspace).await;
        }
        if !self.context.config.schema_agreement_timeout.is_zero() {
            let agreed = schema_agreement::wait(self.context, connection).await;
            result.set_schema_agreed(agreed);
        }
        if result.schema_change().is_some_and(|change| matches!(change.target, SchemaTarget::Keyspace { .. }))
        {
            schema_agreement::learn_replication(self.context).await;
        }
        if let Some(change) = result.schema_change() {
            schema_agreement::learn_schema(self.context, change).await;
        }
        Ok(())
    }

    /// No answer came.
    #[cold]
    fn failed(&mut self, connection: &Arc<Connection>, failure: Failure) -> Result<(), Error> {
        self.remaining = failure.remaining;
        if !failure.sent
            && let FailureCause::Connection(reason) = &failure.cause
            && matches!(**reason, ConnectionError::Closed)
        {
            // The connection was about to be replaced: its node has not been tried, and may have another by now.
            self.on = self.replacement(connection);
            if self.on.is_none()
                && let Some(siblings) = self.siblings
            {
                siblings.leave(connection.address());
            }
            return Ok(());
        }
        let node = connection.address();
        let (cause, kind) = match failure.cause {
            FailureCause::TimedOut => {
                (AttemptCause::TimedOut, ErrorKind::Timeout { timeout: self.settings.timeout })
            }
            FailureCause::Connection(reason) => {
                (AttemptCause::Connection(Arc::clone(&reason)), ErrorKind::Connection(reason))
            }
        };
        let timed_out = matches!(cause, AttemptCause::TimedOut);
        let counters = &self.context.counters;
        if timed_out {
            counters.timeouts.add(1)
        } else {
            counters.connection_errors.add(1)
        }
        self.on = None;
        if self.request.changes_keyspace() && failure.sent {
            // Whether it is in the new keyspace is not known: nothing else may be sent by it.
            connection.abort();
        }
        if !timed_out && !failure.sent {
            // A connection that is being replaced is no reason to leave its node.
            self.on = self.replacement(connection);
            if self.on.is_some() {
                return Ok(());
            }
        }
        let decision = if timed_out { RetryDecision::Fail } else { self.decide(&cause, failure.sent) };
        self.attempts.push(Attempt { node, cause, sent: failure.sent });
        self.on = match self.apply(decision) {
            Next::Fail => return Err(self.fail(kind, node)),
            Next::Same => self.context.routes.load().replacement(connection),
            Next::Other => None,
        };
        Ok(())
    }

    /// What has taken the place of a connection, a few times.
    fn replacement(&mut self, connection: &Arc<Connection>) -> Option<Arc<Connection>> {
        if self.replacements >= MAX_REPLACEMENTS {
            return None;
        }
        let replacement = self.context.routes.load().replacement(connection)?;
        self.replacements += 1;
        Some(replacement)
    }

    /// What the retry policy says to an attempt that failed.
    fn decide(&self, cause: &AttemptCause, sent: bool) -> RetryDecision {
        let settings = self.settings();
        let failed = FailedAttempt {
            cause,
            sent,
            is_idempotent: settings.idempotent,
            is_conditional: self.request.is_conditional(),
            consistency: settings.consistency,
            before: &self.attempts,
        };
        let decision = match settings.policies.as_ref().and_then(|policies| policies.retry.as_ref()) {
            Some(policy) => policy.decide(&failed),
            None => policy::retry(&failed),
        };
        // Whoever decides: what may have taken effect, and must not twice, is not sent again.
        if failed.may_repeat() { decision } else { RetryDecision::Fail }
    }

    fn apply(&mut self, decision: RetryDecision) -> Next {
        if decision != RetryDecision::Fail {
            self.context.counters.retries.add(1);
        }
        match decision {
            RetryDecision::Fail => Next::Fail,
            RetryDecision::SameNode => Next::Same,
            RetryDecision::NextNode => Next::Other,
            RetryDecision::SameNodeAt(level) => {
                self.lower(level);
                Next::Same
            }
            RetryDecision::NextNodeAt(level) => {
                self.lower(level);
                Next::Other
            }
        }
    }

    fn lower(&mut self, level: Consistency) {
        let settings = Settings { consistency: level, ..self.settings().clone() };
        self.lowered = Some(Box::new(settings));
    }

    /// The node answered with an error.
    #[cold]
    async fn refused(&mut self, connection: &Arc<Connection>, error: ServerError) -> Result<(), Error> {
        let node = connection.address();
        if let ErrorDetails::Unprepared { id } = &error.details {
            if self.request.other_ids().is_some_and(|ids| ids.turn_to_other(id)) {
                self.on = Some(Arc::clone(connection));
                return Ok(());
            }
            let (id, source) = (id.clone(), self.request.source_of(id));
            self.preparations += 1;
            return match source {
                // Twice each: a node that forgets faster than that will never execute it.
                Some(source) if self.preparations <= 2 * self.request.statements() => {
                    self.prepare_again(connection, source, &id).await
                }
                _ => {
                    let (id, again) = self.request.ids_of(&id);
                    Err(self.fail(ErrorKind::Unprepared { id, again }, node))
                }
            };
        }
        self.context.counters.server_errors.add(1);
        let cause = AttemptCause::Server(error.clone());
        let decision = self.decide(&cause, true);
        self.attempts.push(Attempt { node, cause, sent: true });
        self.on = match self.apply(decision) {
            Next::Fail => return Err(self.fail(ErrorKind::Server(error), node)),
            Next::Same => Some(Arc::clone(connection)),
            Next::Other => None,
        };
        Ok(())
    }

    /// The node has forgotten a statement: teaches it again, and has the request sent to it once more.
    async fn prepare_again(
        &mut self,
        connection: &Arc<Connection>,
        source: Source<'_>,
        id: &Bytes,
    ) -> Result<(), Error> {
        // Without the text, which may hold values.
        tracing::debug!(node = %connection.address(), "node forgot a prepared statement");
        self.context.counters.statements_reprepared.add(1);
        let deadline = connection.current_tick().saturating_add(self.remaining);
        if self.preparations > self.request.statements() {
            // Forgotten again at once: the schema is changing, which takes a moment.
            tokio::time::sleep(BEFORE_PREPARING_AGAIN.min(duration(self.remaining))).await;
            self.remaining = deadline.saturating_sub(connection.current_tick());
        }
        let payload = self.settings().payload();
        match prepare::on_connection(connection, source, payload, self.remaining).await {
            Ok(prepared) => {
                self.remaining = deadline.saturating_sub(connection.current_tick());
                if prepared.id != *id && !self.request.has_markers(id, &prepared.bind.columns) {
                    return Err(self.fail(ErrorKind::Reprepared, connection.address()));
                }
                if prepared.id != *id
                    && let Some(ids) = self.request.other_ids()
                {
                    ids.learn(id, &prepared.id);
                }
                self.request.learn_columns(ResultColumns::of(&prepared));
                self.on = Some(Arc::clone(connection));
                Ok(())
            }
            // The request itself was refused, so that it may go anywhere.
            Err(PrepareError::Failed(failure)) => self.failed(connection, Failure { sent: false, ..failure }),
            Err(PrepareError::Refused(error)) => {
                let attempt = Attempt {
                    node: connection.address(),
                    cause: AttemptCause::Server(error.clone()),
                    sent: false,
                };
                self.attempts.push(attempt);
                Err(self.fail(ErrorKind::Server(error), connection.address()))
            }
            Err(PrepareError::Other(error)) => Err(error),
        }
    }
}

/// Where the next attempt goes.
enum Next {
    Fail,
    Same,
    Other,
}
