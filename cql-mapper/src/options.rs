//! What a statement says of its execution.

use crate::error::Error;
use crate::limits::MAX_TTL;
use cql_driver::{Consistency, PreparedStatement, SerialConsistency};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

/// What is said; mostly nothing is, and then it is no more than a pointer to move around.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options(Option<Box<Said>>);

/// What is not set comes from the profile.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) consistency: Option<Consistency>,
    pub(crate) serial_consistency: Option<SerialConsistency>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) timestamp: Option<i64>,
    pub(crate) profile: Option<Arc<str>>,
    pub(crate) page_size: Option<u32>,
    pub(crate) idempotent: Option<bool>,
    pub(crate) tracing: bool,
}

impl Said {
    const NOTHING: Said = Said {
        consistency: None,
        serial_consistency: None,
        timeout: None,
        timestamp: None,
        profile: None,
        page_size: None,
        idempotent: None,
        tracing: false,
    };
}

impl Deref for Options {
    type Target = Said;

    fn deref(&self) -> &Said {
        static NOTHING: Said = Said::NOTHING;
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

impl DerefMut for Options {
    fn deref_mut(&mut self) -> &mut Said {
        self.0.get_or_insert_with(|| Box::new(Said::NOTHING))
    }
}

impl Options {
    #[inline]
    pub(crate) fn is_default(&self) -> bool {
        self.0.is_none()
    }

    /// The same without a timestamp.
    pub(crate) fn without_timestamp(mut self) -> Self {
        if self.timestamp.is_some() {
            self.timestamp = None;
        }
        self
    }

    pub(crate) fn apply(
        &self,
        mut prepared: PreparedStatement,
        profile: Option<&Arc<str>>,
    ) -> PreparedStatement {
        if let Some(level) = self.consistency {
            prepared = prepared.with_consistency(level);
        }
        if let Some(level) = self.serial_consistency {
            prepared = prepared.with_serial_consistency(level);
        }
        if let Some(timeout) = self.timeout {
            prepared = prepared.with_timeout(timeout);
        }
        if let Some(micros) = self.timestamp {
            prepared = prepared.with_timestamp(micros);
        }
        if let Some(name) = self.profile.as_ref().or(profile) {
            prepared = prepared.with_profile(Arc::clone(name));
        }
        if let Some(rows) = self.page_size {
            prepared = prepared.with_page_size(rows);
        }
        if let Some(idempotent) = self.idempotent {
            prepared = prepared.with_idempotent(idempotent);
        }
        if self.tracing {
            prepared = prepared.with_tracing(true);
        }
        prepared
    }
}

/// Seconds as the marker `USING TTL ?` takes them.
pub(crate) fn ttl(seconds: u32) -> Result<i32, Error> {
    i32::try_from(seconds).ok().filter(|_| seconds <= MAX_TTL).ok_or(Error::Ttl { seconds })
}

/// The methods of everything that has options.
macro_rules! option_methods {
    () => {
        /// Sets the consistency level.
        pub fn consistency(mut self, level: cql_driver::Consistency) -> Self {
            self.options.consistency = Some(level);
            self
        }

        /// Sets the consistency level of a condition's check.
        pub fn serial_consistency(mut self, level: cql_driver::SerialConsistency) -> Self {
            self.options.serial_consistency = Some(level);
            self
        }

        /// Sets how long the whole call may take, retries included.
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.options.timeout = Some(timeout);
            self
        }

        /// Executes it with that profile of the session.
        pub fn profile(mut self, name: impl Into<std::sync::Arc<str>>) -> Self {
            self.options.profile = Some(name.into());
            self
        }

        /// Says whether executing it twice has the effect of executing it once, instead of what its content tells.
        pub fn idempotent(mut self, idempotent: bool) -> Self {
            self.options.idempotent = Some(idempotent);
            self
        }

        /// Asks the server to trace it.
        pub fn tracing(mut self, tracing: bool) -> Self {
            self.options.tracing = tracing;
            self
        }
    };
}
pub(crate) use option_methods;
