//! Protocol versions and what each of them can do.

use std::fmt;

/// A version of the native protocol that this crate speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ProtocolVersion {
    /// Cassandra 2.1 and newer.
    V3,
    /// Cassandra 2.2 and newer.
    V4,
    /// Cassandra 4.0 and newer.
    V5,
}

impl ProtocolVersion {
    /// Every version, newest first: the order of negotiation.
    pub const ALL: &'static [ProtocolVersion] =
        &[ProtocolVersion::V5, ProtocolVersion::V4, ProtocolVersion::V3];

    /// The number in the header, without the direction bit.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            ProtocolVersion::V3 => 3,
            ProtocolVersion::V4 => 4,
            ProtocolVersion::V5 => 5,
        }
    }

    /// The version of that number, if this crate speaks it.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            3 => Some(ProtocolVersion::V3),
            4 => Some(ProtocolVersion::V4),
            5 => Some(ProtocolVersion::V5),
            _ => None,
        }
    }

    /// The next older version, for a server that refused this one.
    #[must_use]
    pub const fn lower(self) -> Option<Self> {
        match self {
            ProtocolVersion::V5 => Some(ProtocolVersion::V4),
            ProtocolVersion::V4 => Some(ProtocolVersion::V3),
            ProtocolVersion::V3 => None,
        }
    }

    /// Whether envelopes travel in checksummed segments (v5 §2).
    #[must_use]
    pub const fn has_segments(self) -> bool {
        matches!(self, ProtocolVersion::V5)
    }

    /// Whether a bound value can be left unset (v4 §4.1.4).
    #[must_use]
    pub const fn has_unset(self) -> bool {
        !matches!(self, ProtocolVersion::V3)
    }

    /// Whether messages can carry warnings and a custom payload (v4 §2.2).
    #[must_use]
    pub const fn has_custom_payload(self) -> bool {
        !matches!(self, ProtocolVersion::V3)
    }

    /// Whether PREPARED tells which bound values make the partition key (v4 §4.2.5.4).
    #[must_use]
    pub const fn has_partition_key_indexes(self) -> bool {
        !matches!(self, ProtocolVersion::V3)
    }

    /// Whether prepared statements have a result metadata id (v5 §4.2.5.4).
    #[must_use]
    pub const fn has_result_metadata_id(self) -> bool {
        matches!(self, ProtocolVersion::V5)
    }

    /// Whether a request can name its keyspace (v5 §4.1.4).
    #[must_use]
    pub const fn has_keyspace_per_request(self) -> bool {
        matches!(self, ProtocolVersion::V5)
    }

    /// Whether a request can set the server's "now" (v5 §4.1.4).
    #[must_use]
    pub const fn has_now_in_seconds(self) -> bool {
        matches!(self, ProtocolVersion::V5)
    }

    /// Whether query flags are an `[int]` rather than a `[byte]` (v5 §4.1.4).
    #[must_use]
    pub const fn has_int_flags(self) -> bool {
        matches!(self, ProtocolVersion::V5)
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.number())
    }
}
