//! A request whose node has gone silent: what may be repeated is tried elsewhere as well, and the first answer counts.

use super::attempt::Call;
use super::policies::Siblings;
use crate::connection::{Failure, Response, Tick};
use crate::result::{Answer, Executions};
use cql_protocol::frame::Frame;
use futures::future::{BoxFuture, Either, select};

/// Who has answered.
pub(super) enum Hedged {
    /// The node that was silent, or nobody any more.
    Received(Result<Frame, Failure>),
    Elsewhere(Answer),
}

/// Waits for the response and, if the request may be repeated, for that of another node, to which it is sent as well. A
/// failure of the other one is none of the request: its own end decides. When that is the end of its connection, a third
/// node is asked.
pub(super) fn wait<'c>(call: &'c Call<'_>, response: &'c mut Response) -> BoxFuture<'c, Hedged> {
    Box::pin(async move {
        let settings = call.settings;
        // Where a policy speculates, it has done so by now.
        if !settings.idempotent || settings.node().is_some() || settings.speculation().is_some() {
            return Hedged::Received(response.await);
        }
        let own = Siblings::default();
        let siblings = call.siblings.unwrap_or(&own);
        call.attempts.iter().for_each(|attempt| siblings.take(attempt.node));
        siblings.take(response.connection().address());
        let begin = |left: Tick| {
            let beside = (call.context, call.request.again(), settings);
            Box::pin(Call::beside(beside, siblings, left).run())
        };
        let second = begin(response.deadline().saturating_sub(response.connection().current_tick()));
        let (failure, second) = match select(&mut *response, second).await {
            Either::Left((Err(failure), second)) if failure.remaining > 0 => (failure, second),
            Either::Left((received, _)) => return Hedged::Received(received),
            Either::Right((Ok(answer), _)) => return Hedged::Elsewhere(won(call, answer)),
            Either::Right((Err(_), response)) => return Hedged::Received(response.await),
        };
        // The silent node is gone. The other one may be waiting for it, too, as a coordinator does for a replica: a
        // third that is asked now knows better.
        let answered = match select(second, begin(failure.remaining)).await {
            Either::Left((Ok(answer), _)) | Either::Right((Ok(answer), _)) => Ok(answer),
            Either::Left((Err(_), third)) => third.await,
            Either::Right((Err(_), second)) => second.await,
        };
        match answered {
            Ok(answer) => Hedged::Elsewhere(won(call, answer)),
            Err(_) => Hedged::Received(Err(failure)),
        }
    })
}

fn won(call: &Call<'_>, mut answer: Answer) -> Answer {
    call.context.counters.speculative_executions.add(1);
    if let Answer::Result(result) = &mut answer {
        result.set_executions(Executions { begun: 2, winner: 1 });
        if !call.attempts.is_empty() {
            let attempts = call.attempts.iter().chain(result.attempts()).cloned().collect();
            result.set_history(attempts, result.downgraded_to());
        }
    }
    answer
}
