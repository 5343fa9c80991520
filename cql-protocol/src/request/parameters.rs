//! What QUERY and EXECUTE have in common: consistency, flags, values and options.

use super::{Values, ValuesShape};
use crate::consistency::{Consistency, SerialConsistency};
use crate::error::{DecodeError, EncodeError, Problem};
use crate::version::ProtocolVersion;
use crate::wire::{Reader, Write};
use std::fmt;

/// The `<query_parameters>` of v5 §4.1.4.
///
/// A driver that sends the same statement again and again prebuilds what [`Parameters::encode_before_values`] and
/// [`Parameters::encode_after_values`] write, and encodes the values in between.
///
/// ```
/// use cql_protocol::Consistency;
/// use cql_protocol::request::{Parameters, Values};
///
/// let mut parameters = Parameters::new(Consistency::LocalQuorum);
/// parameters.values = Values::positional(&[0, 1, 0, 0, 0, 4, 0, 0, 0, 42]);
/// parameters.page_size = Some(5000);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parameters<'a> {
    /// How many replicas must answer.
    pub consistency: Consistency,
    /// Bound values.
    pub values: Values<'a>,
    /// Whether the server may leave out the metadata of the result.
    pub skip_metadata: bool,
    /// Rows a page; `None` or a negative number for all rows in one, 0 is refused.
    pub page_size: Option<i32>,
    /// Where the previous page ended.
    pub paging_state: Option<&'a [u8]>,
    /// Consistency of the Paxos phase; `None` is the server's default, SERIAL.
    pub serial_consistency: Option<SerialConsistency>,
    /// Timestamp of what is written, microseconds since the epoch; `None` has the server choose.
    pub timestamp: Option<i64>,
    /// Keyspace of unqualified names (v5).
    pub keyspace: Option<&'a str>,
    /// What the server takes for the current time, seconds since the epoch (v5); for tests.
    pub now_in_seconds: Option<i32>,
}

/// The masks of v5 §4.1.4, shared with BATCH (§4.1.7).
pub(super) mod flag {
    pub(crate) const VALUES: i32 = 0x01;
    pub(crate) const SKIP_METADATA: i32 = 0x02;
    pub(crate) const PAGE_SIZE: i32 = 0x04;
    pub(crate) const PAGING_STATE: i32 = 0x08;
    pub(crate) const SERIAL_CONSISTENCY: i32 = 0x10;
    pub(crate) const TIMESTAMP: i32 = 0x20;
    pub(crate) const NAMES: i32 = 0x40;
    pub(crate) const KEYSPACE: i32 = 0x80;
    pub(crate) const NOW_IN_SECONDS: i32 = 0x100;
}

impl<'a> Parameters<'a> {
    /// Parameters with that consistency and nothing else.
    #[must_use]
    pub const fn new(consistency: Consistency) -> Self {
        Parameters {
            consistency,
            values: Values::NONE,
            skip_metadata: false,
            page_size: None,
            paging_state: None,
            serial_consistency: None,
            timestamp: None,
            keyspace: None,
            now_in_seconds: None,
        }
    }

    /// Appends all of them.
    ///
    /// # Errors
    /// As [`Parameters::encode_before_values`], [`Values::encode`] and [`Parameters::encode_after_values`].
    pub fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.encode_before_values(version, self.values.shape(), out)?;
        self.values.encode(version, out)?;
        self.encode_after_values(version, out)
    }

    /// Appends what comes before the values, `<consistency><flags>`, for values of that shape; those of `self` do not
    /// count.
    ///
    /// # Errors
    /// When the version cannot say what the parameters ask for, or the server is known to refuse it. `out` is then as it
    /// was.
    #[inline]
    pub fn encode_before_values(
        &self,
        version: ProtocolVersion,
        shape: ValuesShape,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let flags = self.flags(version)? | shape_flags(shape);
        out.write_consistency(self.consistency);
        write_flags(flags, version, out)
    }

    /// Appends what comes after the values: page size, paging state and so on.
    ///
    /// # Errors
    /// As [`Parameters::encode_before_values`], and when the keyspace is longer than 65,535 bytes.
    #[inline]
    pub fn encode_after_values(
        &self,
        version: ProtocolVersion,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        self.flags(version)?;
        if let Some(size) = self.page_size {
            out.write_int(size);
        }
        if let Some(state) = self.paging_state {
            out.write_bytes(state, "paging state")?;
        }
        self.tail().encode(out)
    }

    #[inline]
    fn flags(&self, version: ProtocolVersion) -> Result<i32, EncodeError> {
        // Cassandra answers "The page size cannot be 0" with PROTOCOL_ERROR.
        if self.page_size == Some(0) {
            return Err(EncodeError::Invalid("the page size cannot be 0"));
        }
        let mut flags = self.tail().flags(version)?;
        if self.skip_metadata {
            flags |= flag::SKIP_METADATA;
        }
        if self.page_size.is_some() {
            flags |= flag::PAGE_SIZE;
        }
        if self.paging_state.is_some() {
            flags |= flag::PAGING_STATE;
        }
        Ok(flags)
    }

    #[inline]
    fn tail(&self) -> Tail<'a> {
        Tail {
            serial_consistency: self.serial_consistency,
            timestamp: self.timestamp,
            keyspace: self.keyspace,
            now_in_seconds: self.now_in_seconds,
        }
    }

    pub(super) fn decode(reader: &mut Reader<'a>, version: ProtocolVersion) -> Result<Self, DecodeError> {
        let mut parameters = Parameters::new(reader.consistency("consistency")?);
        let flags = read_flags(reader, version)?;
        // "Names … only makes sense if the 0x01 flag is set and is ignored otherwise."
        let shape = match (flags & flag::VALUES != 0, flags & flag::NAMES != 0) {
            (false, _) => ValuesShape::None,
            (true, false) => ValuesShape::Positional,
            (true, true) => ValuesShape::Named,
        };
        parameters.values = Values::decode(reader, shape, version)?;
        parameters.skip_metadata = flags & flag::SKIP_METADATA != 0;
        if flags & flag::PAGE_SIZE != 0 {
            let size = reader.i32("page size")?;
            if size == 0 {
                return Err(reader.error("page size", Problem::OutOfRange(0)));
            }
            parameters.page_size = Some(size);
        }
        if flags & flag::PAGING_STATE != 0 {
            parameters.paging_state = reader.opt_bytes("paging state")?;
        }
        let tail = Tail::decode(reader, flags)?;
        parameters.serial_consistency = tail.serial_consistency;
        parameters.timestamp = tail.timestamp;
        parameters.keyspace = tail.keyspace;
        parameters.now_in_seconds = tail.now_in_seconds;
        Ok(parameters)
    }
}

impl Default for Parameters<'_> {
    /// LOCAL_ONE and nothing else.
    fn default() -> Self {
        Parameters::new(Consistency::LocalOne)
    }
}

impl fmt::Debug for Parameters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parameters")
            .field("consistency", &self.consistency)
            .field("values", &self.values)
            .field("skip_metadata", &self.skip_metadata)
            .field("page_size", &self.page_size)
            // The state holds the partition key.
            .field("paging_state_bytes", &self.paging_state.map(<[u8]>::len))
            .field("serial_consistency", &self.serial_consistency)
            .field("timestamp", &self.timestamp)
            .field("keyspace", &self.keyspace)
            .field("now_in_seconds", &self.now_in_seconds)
            .finish()
    }
}

const fn shape_flags(shape: ValuesShape) -> i32 {
    match shape {
        ValuesShape::None => 0,
        ValuesShape::Positional => flag::VALUES,
        ValuesShape::Named => flag::VALUES | flag::NAMES,
    }
}

/// The options that end the parameters of QUERY, EXECUTE and BATCH alike.
#[derive(Clone, Copy)]
pub(super) struct Tail<'a> {
    pub(super) serial_consistency: Option<SerialConsistency>,
    pub(super) timestamp: Option<i64>,
    pub(super) keyspace: Option<&'a str>,
    pub(super) now_in_seconds: Option<i32>,
}

impl<'a> Tail<'a> {
    #[inline]
    pub(super) fn flags(&self, version: ProtocolVersion) -> Result<i32, EncodeError> {
        let mut flags = 0;
        if self.serial_consistency.is_some() {
            flags |= flag::SERIAL_CONSISTENCY;
        }
        if let Some(timestamp) = self.timestamp {
            // The specification forbids every negative one; Cassandra only this, its own mark for "none".
            if timestamp == i64::MIN {
                return Err(EncodeError::Invalid("the timestamp cannot be the smallest 64-bit number"));
            }
            flags |= flag::TIMESTAMP;
        }
        if self.keyspace.is_some() {
            if !version.has_keyspace_per_request() {
                return Err(EncodeError::Unsupported { feature: "a keyspace per request", version });
            }
            flags |= flag::KEYSPACE;
        }
        if self.now_in_seconds.is_some() {
            if !version.has_now_in_seconds() {
                return Err(EncodeError::Unsupported { feature: "now in seconds", version });
            }
            flags |= flag::NOW_IN_SECONDS;
        }
        Ok(flags)
    }

    #[inline]
    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if let Some(level) = self.serial_consistency {
            out.write_consistency(level.into());
        }
        if let Some(timestamp) = self.timestamp {
            out.write_long(timestamp);
        }
        if let Some(keyspace) = self.keyspace {
            out.write_string(keyspace, "keyspace")?;
        }
        if let Some(now) = self.now_in_seconds {
            out.write_int(now);
        }
        Ok(())
    }

    pub(super) fn decode(reader: &mut Reader<'a>, flags: i32) -> Result<Self, DecodeError> {
        let mut tail =
            Tail { serial_consistency: None, timestamp: None, keyspace: None, now_in_seconds: None };
        if flags & flag::SERIAL_CONSISTENCY != 0 {
            // "That consistency can only be either SERIAL or LOCAL_SERIAL."
            let level = reader.consistency("serial consistency")?;
            let serial = SerialConsistency::try_from(level).map_err(|other| {
                reader.error("serial consistency", Problem::OutOfRange(other.code().into()))
            })?;
            tail.serial_consistency = Some(serial);
        }
        if flags & flag::TIMESTAMP != 0 {
            let timestamp = reader.i64("timestamp")?;
            if timestamp == i64::MIN {
                return Err(reader.error("timestamp", Problem::OutOfRange(timestamp)));
            }
            tail.timestamp = Some(timestamp);
        }
        if flags & flag::KEYSPACE != 0 {
            tail.keyspace = Some(reader.string("keyspace")?);
        }
        if flags & flag::NOW_IN_SECONDS != 0 {
            tail.now_in_seconds = Some(reader.i32("now in seconds")?);
        }
        Ok(tail)
    }
}

/// `<flags>` is an `[int]` in v5, a `[byte]` before.
pub(super) fn write_flags(
    flags: i32,
    version: ProtocolVersion,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    if version.has_int_flags() {
        out.write_int(flags);
    } else {
        let byte = u8::try_from(flags);
        out.write_byte(byte.map_err(|_| EncodeError::Unsupported { feature: "a flag above 0x80", version })?);
    }
    Ok(())
}

/// Reads `<flags>`. An unknown one is an error: it may bring bytes whose place only a newer version tells.
pub(super) fn read_flags(reader: &mut Reader<'_>, version: ProtocolVersion) -> Result<i32, DecodeError> {
    let (flags, known) = if version.has_int_flags() {
        (reader.i32("flags")?, 0x1FF)
    } else {
        (reader.u8("flags")?.into(), 0x7F)
    };
    match flags & !known {
        0 => Ok(flags),
        unknown => Err(reader.error("flags", Problem::Unknown(unknown.into()))),
    }
}
