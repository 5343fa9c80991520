//! Executions that policies have a say in: those that wait for a turn, and those that are begun more than once.

use super::Context;
use super::attempt::Call;
use super::request::{Request, Settings};
use super::watch::Watch;
use crate::connection::{Tick, ticks};
use crate::error::{Error, ErrorKind};
use crate::policy::SpeculativeExecutionPolicy;
use crate::pool::Plan;
use crate::result::{Executions, QueryResult};
use crate::sync::{Mutex, lock};
use futures::stream::{FuturesUnordered, StreamExt};
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio::time::Instant;
use tracing::Instrument;

/// Waits for a turn where the session has a throttle, and executes; whoever watches is told.
pub(super) async fn execute(
    context: &Context,
    request: Request<'_>,
    settings: &Settings<'_>,
) -> Result<QueryResult, Error> {
    let Some(watch) = Watch::begin(context, &request, settings) else {
        return in_turn(context, request, settings).await;
    };
    let outcome = in_turn(context, request, settings).instrument(watch.span()).await;
    watch.end((context, settings), &outcome);
    outcome
}

/// Executes at once; whoever watches is told.
pub(super) async fn execute_now(
    context: &Context,
    request: Request<'_>,
    settings: &Settings<'_>,
) -> Result<QueryResult, Error> {
    let timeout = ticks(settings.timeout);
    let Some(watch) = Watch::begin(context, &request, settings) else {
        return execute_within(context, request, settings, timeout).await;
    };
    let outcome = execute_within(context, request, settings, timeout).instrument(watch.span()).await;
    watch.end((context, settings), &outcome);
    outcome
}

async fn in_turn(
    context: &Context,
    request: Request<'_>,
    settings: &Settings<'_>,
) -> Result<QueryResult, Error> {
    let began = Instant::now();
    let _admission = match &context.gatekeeper {
        None => None,
        Some(gatekeeper) => match tokio::time::timeout(settings.timeout, gatekeeper.admit()).await {
            Ok(Ok(admission)) => Some(admission),
            Ok(Err(queue)) => {
                context.counters.throttled.add(1);
                return Err(Error::new(ErrorKind::Throttled { queue }));
            }
            Err(_) => return Err(Error::new(ErrorKind::Timeout { timeout: settings.timeout })),
        },
    };
    let remaining = ticks(settings.timeout.saturating_sub(began.elapsed()));
    execute_within(context, request, settings, remaining).await
}

/// Executes within `remaining`, more than once where a policy says so.
async fn execute_within(
    context: &Context,
    request: Request<'_>,
    settings: &Settings<'_>,
    remaining: Tick,
) -> Result<QueryResult, Error> {
    let siblings = Siblings::default();
    match settings.speculation() {
        None => {
            let call = Call::beside((context, request, settings), &siblings, remaining);
            call.run().await?.into_result()
        }
        Some(policy) => speculate((context, &request, settings), &**policy, &siblings, remaining).await,
    }
}

/// What the executions of one request share.
#[derive(Debug, Default)]
pub(super) struct Siblings {
    /// The nodes that any of them has gone to.
    pub(super) taken: Mutex<Vec<SocketAddr>>,
    /// The order of nodes that a policy wants.
    pub(super) plan: OnceLock<Box<Plan>>,
    /// One of them has found no node any more.
    exhausted: AtomicBool,
}

impl Siblings {
    pub(super) fn take(&self, node: SocketAddr) {
        let mut taken = lock(&self.taken);
        if !taken.contains(&node) {
            taken.push(node);
        }
    }

    /// A node was not tried after all.
    pub(super) fn leave(&self, node: SocketAddr) {
        lock(&self.taken).retain(|taken| *taken != node);
    }

    pub(super) fn note_exhausted(&self) {
        self.exhausted.store(true, Relaxed);
    }
}

/// Begins further executions when the policy says so. The first that decides wins; one that only found no node left
/// leaves the decision to those that go on.
async fn speculate(
    (context, request, settings): (&Context, &Request<'_>, &Settings<'_>),
    policy: &dyn SpeculativeExecutionPolicy,
    siblings: &Siblings,
    remaining: Tick,
) -> Result<QueryResult, Error> {
    let began = Instant::now();
    let begin = |number: u32| {
        let since = Instant::now();
        let left = remaining.saturating_sub(ticks(since - began)).saturating_add(1);
        let call = Call::beside((context, request.again(), settings), siblings, left);
        async move {
            // What is dropped unanswered has taken at least so long.
            let _latency = Latency { policy, since };
            (number, call.run().await)
        }
    };
    let mut running = FuturesUnordered::new();
    running.push(begin(0));
    let mut begun = 1;
    let mut exhausted = None;
    let next = |begun| policy.delay(begun).map(|delay| Instant::now() + delay);
    let mut next_at = next(begun);
    loop {
        let at = next_at.unwrap_or(began);
        tokio::select! {
            biased;
            Some((number, ended)) = running.next() => match ended {
                Ok(answer) => {
                    let mut result = answer.into_result()?;
                    result.set_executions(Executions { begun, winner: number });
                    return Ok(result);
                }
                Err(error) => {
                    if !siblings.exhausted.swap(false, Relaxed) {
                        return Err(error);
                    }
                    if running.is_empty() {
                        return Err(merged(exhausted, error));
                    }
                    exhausted = Some(merged(exhausted, error));
                }
            },
            () = tokio::time::sleep_until(at), if next_at.is_some() => {
                running.push(begin(begun));
                context.counters.speculative_executions.add(1);
                begun += 1;
                next_at = next(begun);
            }
        }
    }
}

/// The later error with what was tried before it by others.
fn merged(earlier: Option<Error>, later: Error) -> Error {
    let Some(earlier) = earlier else { return later };
    let attempts = earlier.attempts().iter().chain(later.attempts()).cloned().collect();
    later.after(attempts)
}

/// Tells the policy how long an execution took.
struct Latency<'a> {
    policy: &'a dyn SpeculativeExecutionPolicy,
    since: Instant,
}

impl Drop for Latency<'_> {
    fn drop(&mut self) {
        self.policy.record(self.since.elapsed());
    }
}
