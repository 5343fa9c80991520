//! Where a page ended.

use bytes::Bytes;
use std::fmt;

/// Where the next page of a result begins. It is bound to its statement and values and to the protocol version, and
/// stays valid in other sessions and after a restart.
///
/// Its bytes hold the last row's primary key in the clear: encrypt or sign them before showing them to anyone.
#[derive(Clone, PartialEq, Eq)]
pub struct PagingState(Bytes);

impl PagingState {
    /// From bytes got by [`PagingState::as_bytes`].
    #[must_use]
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        PagingState(bytes.into())
    }

    /// The bytes, to be kept or sent elsewhere.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl fmt::Debug for PagingState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PagingState({} bytes)", self.0.len())
    }
}
