//! Stream ids: what pairs a response with its request (v5 §2.2.3).

use std::fmt;

/// The id of a stream. Requests use 0..=32767, the server's own pushes [`StreamId::EVENT`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(i16);

impl StreamId {
    /// The stream of EVENT frames; no request or response has it.
    pub const EVENT: StreamId = StreamId(-1);

    /// The stream of that number.
    #[must_use]
    #[inline]
    pub const fn new(id: i16) -> Self {
        StreamId(id)
    }

    /// The number.
    #[must_use]
    #[inline]
    pub const fn get(self) -> i16 {
        self.0
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stream {}", self.0)
    }
}
