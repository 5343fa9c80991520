//! A request whose node has gone silent: what may be repeated is tried elsewhere as well, and the first answer counts.

use super::attempt::Call;
use super::policies::Siblings;
use crate::connection::{Failure, Response};
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
/// failure of the other one is none of the request: its own end decides.
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
        let left = response.deadline().saturating_sub(response.connection().current_tick());
        let beside = (call.context, call.request.again(), settings);
        let elsewhere = Box::pin(Call::beside(beside, siblings, left).run());
        let (received, elsewhere) = match select(&mut *response, elsewhere).await {
            Either::Left((received, elsewhere)) => (received, Some(elsewhere)),
            Either::Right((Ok(answer), _)) => return Hedged::Elsewhere(won(call, answer)),
            Either::Right((Err(_), response)) => (response.await, None),
        };
        match (received, elsewhere) {
            // The silent node is gone: the other one is under way already.
            (Err(failure), Some(elsewhere)) => match elsewhere.await {
                Ok(answer) => Hedged::Elsewhere(won(call, answer)),
                Err(_) => Hedged::Received(Err(failure)),
            },
            (received, _) => Hedged::Received(received),
        }
    })
}

fn won(call: &Call<'_>, mut answer: Answer) -> Answer {
    call.context.counters.speculative_executions.add(1);
    if let Answer::Result(result) = &mut answer {
        result.set_executions(Executions { begun: 2, winner: 1 });
    }
    answer
}
