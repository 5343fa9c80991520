//! One queue for the responses of many requests of one task, with one waker for all of them.

use super::in_flight::Failure;
use crate::sync::{Mutex, lock};
use cql_protocol::frame::Frame;
use std::task::{Context, Poll, Waker};

/// What became of the `index`-th request.
pub(crate) type Completion = (u32, Result<Frame, Failure>);

/// Where connections put the responses of a bulk operation.
#[derive(Debug, Default)]
pub(crate) struct Completions {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    done: Vec<Completion>,
    waker: Option<Waker>,
    /// The operation is gone: late responses are dropped here.
    closed: bool,
}

impl Completions {
    /// Adds a completion; the waker returned, if any, is to be called outside of the connection's lock.
    pub(super) fn push(&self, index: u32, result: Result<Frame, Failure>) -> Option<Waker> {
        let mut inner = lock(&self.inner);
        if inner.closed {
            return None;
        }
        inner.done.push((index, result));
        inner.waker.take()
    }

    /// Moves all completions to `into`, which is empty; waits when there are none.
    pub(crate) fn poll_take(&self, cx: &Context<'_>, into: &mut Vec<Completion>) -> Poll<()> {
        let mut inner = lock(&self.inner);
        if !inner.done.is_empty() {
            std::mem::swap(&mut inner.done, into);
            return Poll::Ready(());
        }
        match &mut inner.waker {
            Some(kept) => kept.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// Drops what has come and what will.
    pub(crate) fn close(&self) {
        let mut inner = lock(&self.inner);
        inner.closed = true;
        inner.done = Vec::new();
        inner.waker = None;
    }
}
