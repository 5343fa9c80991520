//! Gates: answers that wait until the test says so, in place of delays that are too short or too long.

use std::fmt;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Keeps answers back until it is opened. Clones are the same gate.
///
/// ```
/// # use cql_testkit::{Gate, Prime, Reply};
/// let gate = Gate::new();
/// let prime = Prime::query("SELECT v FROM ks.t").reply(Reply::void().when(&gate));
/// // … whatever must happen while the request is in flight …
/// gate.open();
/// ```
#[derive(Clone)]
pub struct Gate(Arc<Semaphore>);

impl Gate {
    /// A closed gate.
    #[must_use]
    pub fn new() -> Self {
        Gate(Arc::new(Semaphore::new(0)))
    }

    /// Lets everything through, from now on.
    pub fn open(&self) {
        self.0.close();
    }

    /// Lets `answers` of those that wait, or will, through.
    pub fn admit(&self, answers: usize) {
        self.0.add_permits(answers);
    }

    pub(crate) async fn pass(&self) {
        // An error means that the gate is open.
        if let Ok(permit) = self.0.acquire().await {
            permit.forget();
        }
    }
}

impl Default for Gate {
    fn default() -> Self {
        Gate::new()
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_closed() { "Gate(open)" } else { "Gate(closed)" })
    }
}
