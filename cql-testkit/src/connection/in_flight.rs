//! How many bytes of requests a connection has taken and not answered.

use crate::sync::lock;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// Bytes of requests that wait for their answers.
#[derive(Debug, Default)]
pub(super) struct InFlight(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    bytes: Mutex<usize>,
    less: Notify,
}

/// The bytes of one request, until it is dropped.
#[derive(Debug)]
pub(super) struct Taken {
    inner: Arc<Inner>,
    bytes: usize,
}

impl InFlight {
    /// Takes a request, if it is the only one or fits the limit with the others.
    pub(super) fn take(&self, bytes: usize, limit: usize) -> Option<Taken> {
        let mut taken = lock(&self.0.bytes);
        if *taken > 0 && taken.saturating_add(bytes) > limit {
            return None;
        }
        *taken += bytes;
        Some(Taken { inner: Arc::clone(&self.0), bytes })
    }

    /// As [`InFlight::take`], when there is room.
    pub(super) async fn wait(&self, bytes: usize, limit: usize) -> Taken {
        loop {
            let less = self.0.less.notified();
            match self.take(bytes, limit) {
                Some(taken) => return taken,
                None => less.await,
            }
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        *lock(&self.inner.bytes) -= self.bytes;
        // A connection reads in one task.
        self.inner.less.notify_one();
    }
}
