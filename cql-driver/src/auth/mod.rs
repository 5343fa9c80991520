//! Who we are: user and password, or any other mechanism that a server's authenticator speaks (SASL, v5 §4.2.7).

mod plain;
mod provider;

pub use plain::PlainText;
pub use provider::{AuthError, AuthExchange, AuthFuture, AuthProvider, AuthRequest, AuthToken};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// What a cluster's connections authenticate with.
#[derive(Debug, Clone)]
pub(crate) struct Auth {
    pub(crate) provider: Arc<dyn AuthProvider>,
    /// Whether the log tells already that a node asked for nothing.
    told: Arc<AtomicBool>,
}

impl Auth {
    pub(crate) fn new(provider: impl AuthProvider) -> Self {
        Auth { provider: Arc::new(provider), told: Arc::default() }
    }

    /// Whether this is the first connection of which the log is to tell that it was not asked who it is.
    pub(crate) fn is_first_unasked(&self) -> bool {
        !self.told.swap(true, Relaxed)
    }
}
