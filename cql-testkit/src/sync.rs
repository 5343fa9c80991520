//! Small things about threads: locks that survive a panicking test, tasks that end with their owner.

use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::task::JoinHandle;

/// Takes a lock, also after a panic elsewhere: what it guards is only ever replaced as a whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A task that ends with whoever holds this.
#[derive(Debug)]
pub(crate) struct OwnedTask(Option<JoinHandle<()>>);

impl OwnedTask {
    pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) -> Self {
        OwnedTask(Some(tokio::spawn(task)))
    }

    /// Ends it, and waits until everything it held is dropped.
    pub(crate) async fn end(mut self) {
        if let Some(task) = self.0.take() {
            task.abort();
            let _ = task.await;
        }
    }
}

impl Drop for OwnedTask {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}
