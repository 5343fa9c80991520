//! BATCH: several statements at once.

use super::batch_writer::{PREPARED, QUERY};
use super::parameters::{Tail, flag, read_flags, write_flags};
use super::{BatchWriter, EncodeRequest, Parameters, Values, ValuesShape};
use crate::consistency::{Consistency, SerialConsistency};
use crate::error::{DecodeError, EncodeError, Problem};
use crate::frame::Opcode;
use crate::version::ProtocolVersion;
use crate::wire::{Reader, Write};
use std::fmt;

/// How a batch is executed (v5 §4.1.7).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct BatchKind(u8);

impl BatchKind {
    /// All or nothing: written to the batch log first.
    pub const LOGGED: BatchKind = BatchKind(0);
    /// Without the batch log: parts may fail.
    pub const UNLOGGED: BatchKind = BatchKind(1);
    /// Counter updates only.
    pub const COUNTER: BatchKind = BatchKind(2);

    /// The number on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        self.0
    }

    /// The kind of that number, known or not. The server refuses one that is not, and so does [`Batch::decode`].
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        BatchKind(code)
    }
}

impl fmt::Debug for BatchKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            BatchKind::LOGGED => f.write_str("LOGGED"),
            BatchKind::UNLOGGED => f.write_str("UNLOGGED"),
            BatchKind::COUNTER => f.write_str("COUNTER"),
            BatchKind(code) => write!(f, "batch kind {code}"),
        }
    }
}

/// Several statements at once (v5 §4.1.7). To send many, [`BatchWriter`] writes them without collecting them first.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Batch<'a> {
    /// How it is executed.
    pub kind: BatchKind,
    /// The statements, at most 65,535.
    pub statements: Vec<BatchStatement<'a>>,
    /// Consistency and options.
    pub parameters: BatchParameters<'a>,
}

/// A statement of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchStatement<'a> {
    /// Its text or its id.
    pub text: BatchText<'a>,
    /// Its values, without names.
    pub values: Values<'a>,
}

/// What a statement of a batch is told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BatchText<'a> {
    /// Its text.
    Query(&'a str),
    /// The id from PREPARE.
    Prepared(&'a [u8]),
}

/// Consistency and options of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchParameters<'a> {
    /// How many replicas must answer.
    pub consistency: Consistency,
    /// Consistency of the Paxos phase; `None` is the server's default, SERIAL.
    pub serial_consistency: Option<SerialConsistency>,
    /// Timestamp of what is written, microseconds since the epoch; `None` has the server choose.
    pub timestamp: Option<i64>,
    /// Keyspace of unqualified names (v5).
    pub keyspace: Option<&'a str>,
    /// What the server takes for the current time, seconds since the epoch (v5); for tests.
    pub now_in_seconds: Option<i32>,
}

impl<'a> Batch<'a> {
    /// A batch of those statements.
    #[must_use]
    pub fn new(
        kind: BatchKind,
        statements: impl Into<Vec<BatchStatement<'a>>>,
        parameters: BatchParameters<'a>,
    ) -> Self {
        Batch { kind, statements: statements.into(), parameters }
    }

    /// Reads the body.
    ///
    /// # Errors
    /// When it is cut short, has a kind or a flag that is not known, or says what the server refuses: names among them.
    pub fn decode(version: ProtocolVersion, body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let kind = BatchKind(reader.u8("batch kind")?);
        if kind > BatchKind::COUNTER {
            return Err(reader.error("batch kind", Problem::Unknown(kind.0.into())));
        }
        // A statement has at least its kind, an empty id and the count of its values.
        let count = reader.short_count(5, "batch statements")?;
        let statements = (0..count)
            .map(|_| BatchStatement::decode(&mut reader, version))
            .collect::<Result<_, DecodeError>>()?;
        Ok(Batch { kind, statements, parameters: BatchParameters::decode(&mut reader, version)? })
    }
}

impl EncodeRequest for Batch<'_> {
    fn opcode(&self) -> Opcode {
        Opcode::BATCH
    }

    fn append(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let mut batch = BatchWriter::begin(self.kind, version, out);
        for statement in &self.statements {
            let values = |out: &mut Vec<u8>| statement.values.encode_in_batch(version, out);
            match statement.text {
                BatchText::Query(text) => batch.add_query_with(text, values)?,
                BatchText::Prepared(id) => batch.add_prepared_with(id, values)?,
            }
        }
        batch.finish(self.parameters)
    }
}

impl<'a> BatchStatement<'a> {
    /// A statement as text.
    #[must_use]
    pub const fn query(text: &'a str, values: Values<'a>) -> Self {
        BatchStatement { text: BatchText::Query(text), values }
    }

    /// A prepared statement.
    #[must_use]
    pub const fn prepared(id: &'a [u8], values: Values<'a>) -> Self {
        BatchStatement { text: BatchText::Prepared(id), values }
    }

    fn decode(reader: &mut Reader<'a>, version: ProtocolVersion) -> Result<Self, DecodeError> {
        let text = match reader.u8("kind of a batch statement")? {
            QUERY => BatchText::Query(reader.long_string("query")?),
            PREPARED => BatchText::Prepared(reader.short_bytes("prepared statement id")?),
            // "<kind> value must be either 0 or 1."
            other => {
                return Err(reader.error("kind of a batch statement", Problem::Unknown(other.into())));
            }
        };
        Ok(BatchStatement { text, values: Values::decode(reader, ValuesShape::Positional, version)? })
    }
}

impl<'a> BatchParameters<'a> {
    /// Parameters with that consistency and nothing else.
    #[must_use]
    pub const fn new(consistency: Consistency) -> Self {
        BatchParameters {
            consistency,
            serial_consistency: None,
            timestamp: None,
            keyspace: None,
            now_in_seconds: None,
        }
    }

    fn tail(&self) -> Tail<'a> {
        Tail {
            serial_consistency: self.serial_consistency,
            timestamp: self.timestamp,
            keyspace: self.keyspace,
            now_in_seconds: self.now_in_seconds,
        }
    }

    pub(super) fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let tail = self.tail();
        let flags = tail.flags(version)?;
        out.write_consistency(self.consistency);
        write_flags(flags, version, out)?;
        tail.encode(out)
    }

    fn decode(reader: &mut Reader<'a>, version: ProtocolVersion) -> Result<Self, DecodeError> {
        let mut parameters = BatchParameters::new(reader.consistency("consistency")?);
        let flags = read_flags(reader, version)?;
        // "The 4 rightmost bits must always be 0 as their corresponding options do not make sense for Batch"; 0x40 is
        // "specified in a way that makes it impossible for the server to implement".
        let misplaced =
            flag::VALUES | flag::SKIP_METADATA | flag::PAGE_SIZE | flag::PAGING_STATE | flag::NAMES;
        if flags & misplaced != 0 {
            return Err(reader.error("flags", Problem::Malformed("a flag that a batch cannot have")));
        }
        let tail = Tail::decode(reader, flags)?;
        parameters.serial_consistency = tail.serial_consistency;
        parameters.timestamp = tail.timestamp;
        parameters.keyspace = tail.keyspace;
        parameters.now_in_seconds = tail.now_in_seconds;
        Ok(parameters)
    }
}

impl<'a> From<&Parameters<'a>> for BatchParameters<'a> {
    /// Takes what a batch can have; values, paging and the metadata of a result are no matter of a batch.
    fn from(parameters: &Parameters<'a>) -> Self {
        BatchParameters {
            consistency: parameters.consistency,
            serial_consistency: parameters.serial_consistency,
            timestamp: parameters.timestamp,
            keyspace: parameters.keyspace,
            now_in_seconds: parameters.now_in_seconds,
        }
    }
}

impl Default for BatchParameters<'_> {
    /// LOCAL_ONE and nothing else.
    fn default() -> Self {
        BatchParameters::new(Consistency::LocalOne)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both_ways(batch: &Batch<'_>, version: ProtocolVersion, bytes: &[u8]) {
        let mut out = Vec::new();
        batch.encode(version, &mut out).unwrap();
        assert_eq!(out, bytes, "{version}");
        assert_eq!(Batch::decode(version, bytes).as_ref(), Ok(batch), "{version}");
        for cut in 0..bytes.len() {
            assert!(Batch::decode(version, &bytes[..cut]).is_err(), "{version} cut at {cut}");
        }
    }

    #[test]
    fn statements_and_options_have_their_places() {
        let mut parameters = BatchParameters::new(Consistency::Quorum);
        parameters.serial_consistency = Some(SerialConsistency::Serial);
        parameters.timestamp = Some(3);
        let statements = [
            BatchStatement::query("Q", Values::positional(&[0, 1, 0, 0, 0, 1, 9])),
            BatchStatement::prepared(&[0xAB], Values::positional(&[0, 0])),
        ];
        let mut batch = Batch::new(BatchKind::UNLOGGED, statements, parameters);
        let head = [1, 0, 2, 0, 0, 0, 0, 1, b'Q', 0, 1, 0, 0, 0, 1, 9, 1, 0, 1, 0xAB, 0, 0, 0, 4];
        let options = [0, 8, 0, 0, 0, 0, 0, 0, 0, 3];
        let old = [&head[..], &[0x30], &options].concat();
        both_ways(&batch, ProtocolVersion::V3, &old);
        both_ways(&batch, ProtocolVersion::V4, &old);
        batch.parameters.keyspace = Some("k");
        batch.parameters.now_in_seconds = Some(1);
        let new = [&head[..], &[0, 0, 1, 0xB0], &options, &[0, 1, b'k', 0, 0, 0, 1]].concat();
        both_ways(&batch, ProtocolVersion::V5, &new);
    }

    #[test]
    fn a_statement_without_values_has_a_count_of_zero() {
        let batch = Batch::new(
            BatchKind::LOGGED,
            [BatchStatement::prepared(&[], Values::NONE)],
            BatchParameters::new(Consistency::One),
        );
        let mut out = Vec::new();
        batch.encode(ProtocolVersion::V4, &mut out).unwrap();
        assert_eq!(out, [0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0]);
    }

    #[test]
    fn what_a_batch_cannot_have_is_refused() {
        let named = BatchStatement::query("Q", Values::named(&[0, 0]));
        let batch = Batch::new(BatchKind::LOGGED, [named], BatchParameters::default());
        let mut out = Vec::new();
        assert!(matches!(batch.encode(ProtocolVersion::V4, &mut out), Err(EncodeError::Invalid(_))));
        assert!(out.is_empty());
        for flags in [1, 2, 4, 8, 0x40, 0x80] {
            assert!(Batch::decode(ProtocolVersion::V4, &[0, 0, 0, 0, 1, flags]).is_err(), "{flags:#x}");
        }
        assert!(Batch::decode(ProtocolVersion::V4, &[3, 0, 0, 0, 1, 0]).is_err(), "unknown kind");
        assert!(Batch::decode(ProtocolVersion::V4, &[0, 0, 1, 2, 0, 0, 0, 0, 0, 1, 0]).is_err());
        assert!(Batch::decode(ProtocolVersion::V4, &[0, 0xFF, 0xFF, 0, 0]).is_err(), "lying count");
    }
}
