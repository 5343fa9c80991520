//! The one way in which this crate takes a lock, and that in which users follow what happens.

#[cfg(all(test, cql_model))]
pub(crate) use loom::sync::{Mutex, MutexGuard};
use std::sync::PoisonError;
#[cfg(not(all(test, cql_model)))]
pub(crate) use std::sync::{Mutex, MutexGuard};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// Locks, also after a panic elsewhere: every critical section here leaves its state whole, and a request must not
/// fail because an unrelated task of the application panicked.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The next of what is told to everyone; `None` at the end. Those that were not taken in time are passed over, with a line
/// in the log that says what they are.
///
/// # Cancel safety
/// Nothing is lost.
pub(crate) async fn next_told<T: Clone>(receiver: &mut Receiver<T>, what: &'static str) -> Option<T> {
    loop {
        match receiver.recv().await {
            Ok(told) => return Some(told),
            Err(RecvError::Lagged(forgotten)) => {
                tracing::warn!(forgotten, "{what} were not taken in time");
            }
            Err(RecvError::Closed) => return None,
        }
    }
}
