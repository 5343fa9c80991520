//! The first attempt of a request, nearly always the only one: what every call pays for.
//!
//! What follows a failure is in [`super::attempt`], and is boxed, so that it neither makes the future of every call larger
//! nor has its results travel further.

use super::attempt::Call;
use super::request::{Request, Settings};
use super::send::{Sending, Sent};
use super::{Context, policies, watch};
use crate::connection::{Connection, Failure, Place, Response, Tick, ticks};
use crate::error::Error;
use crate::pool::Tried;
use crate::result::{Answer, QueryResult};
use futures::future::BoxFuture;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};

/// Executes a request until it succeeds, fails for good, or its time is over.
///
/// # Cancel safety
/// Dropping it gives the request up. It may have been executed.
#[must_use = "futures do nothing unless polled"]
pub(crate) struct Execution<'a> {
    what: What<'a>,
    stage: Stage<'a>,
}

/// What is executed, and how. Borrowed: moving it would cost more than any other step.
#[derive(Clone, Copy)]
struct What<'a> {
    context: &'a Context,
    request: &'a Request<'a>,
    settings: &'a Settings<'a>,
}

enum Stage<'a> {
    New,
    /// The connection of its choice is full.
    Queued(Place),
    InFlight(Response),
    /// It takes more than a first attempt.
    Rest(BoxFuture<'a, Result<QueryResult, Error>>),
    Over,
}

impl<'a> Execution<'a> {
    #[inline]
    pub(crate) fn new(context: &'a Context, request: &'a Request<'a>, settings: &'a Settings<'a>) -> Self {
        Execution { what: What { context, request, settings }, stage: Stage::New }
    }

    /// What follows a poll in which the connection was full.
    #[cold]
    fn send_again(&mut self, cx: &TaskContext<'_>) -> Result<(), Error> {
        if let Stage::Queued(place) = std::mem::replace(&mut self.stage, Stage::Over) {
            self.stage = self.what.send(Some(place), cx)?;
        }
        Ok(())
    }

    /// The first attempt has ended in a way that is not the end of the call, or its connection has stalled.
    #[cold]
    fn take_rest(&mut self, received: Option<Result<Answer, Failure>>) {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::InFlight(response) => {
                let first = match received {
                    None => First::InFlight(response),
                    Some(received) => {
                        let (connection, deadline) = (Arc::clone(response.connection()), response.deadline());
                        First::Ended(connection, received, Some(deadline))
                    }
                };
                self.what.rest(first)
            }
            other => other,
        };
    }
}

impl<'a> What<'a> {
    /// Whether more than the request itself has to be thought of: a throttle, policies, those who watch.
    #[inline]
    fn is_special(&self) -> bool {
        self.context.gatekeeper.is_some()
            || self.settings.policies.is_some()
            || self.context.is_watched()
            || watch::has_spans()
    }

    /// Sends the request, for the first time or from the `place` where it has waited.
    #[inline]
    fn send(self, place: Option<Place>, cx: &TaskContext<'_>) -> Result<Stage<'a>, Error> {
        let sending = Sending {
            context: self.context,
            request: self.request,
            settings: self.settings,
            routes: None,
            fixed: None,
            tried: Tried::default(),
            plan: None,
        };
        Ok(match sending.send(cx, ticks(self.settings.timeout), place)? {
            Sent::InFlight(mut response) => {
                response.begin_waiting();
                Stage::InFlight(response)
            }
            Sent::Full(place) => Stage::Queued(place),
            Sent::NoNode => self.rest(First::Nothing),
            Sent::Failed(connection, failure) => self.rest(First::Ended(connection, Err(failure), None)),
        })
    }

    #[cold]
    fn rest(self, first: First) -> Stage<'a> {
        let call = Call::new(self.context, self.request.again(), self.settings);
        Stage::Rest(Box::pin(async move {
            match first {
                First::Nothing => call.run().await?.into_result(),
                First::InFlight(response) => call.run_from(Some(response)).await?.into_result(),
                First::Ended(connection, received, deadline) => {
                    call.resume(connection, received, deadline).await
                }
            }
        }))
    }

    /// The place where the next page begins is of use to this statement with these values alone.
    #[cold]
    fn bind_paging(self, mut result: QueryResult) -> Result<QueryResult, Error> {
        result.bind_paging(self.request.fingerprint(self.context.version)?);
        Ok(result)
    }

    #[cold]
    fn special(self) -> Stage<'a> {
        Stage::Rest(Box::pin(policies::execute(self.context, self.request.again(), self.settings)))
    }
}

/// What has become of the first attempt.
enum First {
    Nothing,
    InFlight(Response),
    Ended(Arc<Connection>, Result<Answer, Failure>, Option<Tick>),
}

impl Future for Execution<'_> {
    type Output = Result<QueryResult, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        // Nothing in it is pinned in place: what needs to be is boxed.
        let this = &mut *self;
        loop {
            match &mut this.stage {
                Stage::InFlight(response) => match response.poll_or_stalled(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Some(Ok(frame))) => {
                        match this.what.request.understand(frame, response.connection().origin()) {
                            Ok(answer) if answer.needs_attention() => this.take_rest(Some(Ok(answer))),
                            Ok(Answer::Result(result)) if result.has_more() => {
                                return Poll::Ready(this.what.bind_paging(result));
                            }
                            Ok(answer) => return Poll::Ready(answer.into_result()),
                            Err(error) => {
                                let consistency = this.what.settings.consistency;
                                return Poll::Ready(Err(error.with_consistency(consistency)));
                            }
                        }
                    }
                    Poll::Ready(Some(Err(failure))) => this.take_rest(Some(Err(failure))),
                    Poll::Ready(None) => this.take_rest(None),
                },
                Stage::Rest(rest) => {
                    return match ready!(rest.as_mut().poll(cx)) {
                        Ok(result) if result.has_more() => Poll::Ready(this.what.bind_paging(result)),
                        outcome => Poll::Ready(outcome),
                    };
                }
                Stage::New => {
                    this.stage = if this.what.is_special() {
                        this.what.special()
                    } else {
                        this.what.send(None, cx)?
                    };
                    if !matches!(this.stage, Stage::Rest(_)) {
                        return Poll::Pending;
                    }
                }
                Stage::Queued(_) => {
                    this.send_again(cx)?;
                    if !matches!(this.stage, Stage::Rest(_)) {
                        return Poll::Pending;
                    }
                }
                Stage::Over => return Poll::Pending,
            }
        }
    }
}
