//! A request as a node received it.

use bytes::Bytes;
use cql_protocol::frame::{Flags, Opcode};
use cql_protocol::request::{Request, Values};
use cql_protocol::types::{ColumnSpec, ColumnType};
use cql_protocol::value::FromCql;
use cql_protocol::wire::BoundValue;
use cql_protocol::{Consistency, DecodeError, ProtocolVersion, SerialConsistency};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A request, from where and when it came. Cheap to clone.
#[derive(Clone)]
pub struct Received(Arc<Parts>);

/// What a request is made of.
pub(crate) struct Parts {
    pub(crate) node: usize,
    pub(crate) connection: u64,
    pub(crate) at: Duration,
    pub(crate) version: ProtocolVersion,
    pub(crate) stream: i16,
    pub(crate) flags: Flags,
    pub(crate) opcode: Opcode,
    pub(crate) body: Bytes,
    pub(crate) payload: Option<BTreeMap<String, Option<Bytes>>>,
    pub(crate) keyspace: Option<String>,
    /// The statements, those known by id among them; empty when one id is not known.
    pub(crate) texts: Vec<Arc<str>>,
    pub(crate) markers: Option<Arc<[ColumnSpec]>>,
}

impl Received {
    pub(crate) fn new(parts: Parts) -> Self {
        Received(Arc::new(parts))
    }

    /// The number of the node that received it, from 0.
    #[must_use]
    pub fn node(&self) -> usize {
        self.0.node
    }

    /// The number of the connection it came by: connections of a cluster are counted from 0.
    #[must_use]
    pub fn connection(&self) -> u64 {
        self.0.connection
    }

    /// When it came, since the cluster started, by tokio's clock.
    #[must_use]
    pub fn at(&self) -> Duration {
        self.0.at
    }

    /// The protocol version.
    #[must_use]
    pub fn version(&self) -> ProtocolVersion {
        self.0.version
    }

    /// The stream id.
    #[must_use]
    pub fn stream(&self) -> i16 {
        self.0.stream
    }

    /// The flags of the frame.
    #[must_use]
    pub fn flags(&self) -> Flags {
        self.0.flags
    }

    /// The kind of request.
    #[must_use]
    pub fn opcode(&self) -> Opcode {
        self.0.opcode
    }

    /// The keyspace it is for: its own (protocol v5), else that of the connection, set by `USE`.
    #[must_use]
    pub fn keyspace(&self) -> Option<&str> {
        let own = match self.message() {
            Ok(Request::Query(query)) => query.parameters.keyspace,
            Ok(Request::Prepare(prepare)) => prepare.keyspace,
            Ok(Request::Execute(execute)) => execute.parameters.keyspace,
            Ok(Request::Batch(batch)) => batch.parameters.keyspace,
            _ => None,
        };
        own.or(self.0.keyspace.as_deref())
    }

    /// The custom payload, if there is one.
    #[must_use]
    pub fn payload(&self) -> Option<&BTreeMap<String, Option<Bytes>>> {
        self.0.payload.as_ref()
    }

    /// The bytes of the message.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.0.body
    }

    /// The message.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn message(&self) -> Result<Request<'_>, DecodeError> {
        Request::decode(self.0.version, self.0.opcode, &self.0.body)
    }

    /// The statement of a QUERY, PREPARE or EXECUTE; `None` for other requests, and for an id the node does not know.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self.0.opcode {
            Opcode::BATCH => None,
            _ => self.0.texts.first().map(|text| &**text),
        }
    }

    /// All statements: those of a batch, or the one.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.texts.iter().map(|text| &**text)
    }

    /// The consistency level of a QUERY, EXECUTE or BATCH.
    #[must_use]
    pub fn consistency(&self) -> Option<Consistency> {
        match self.message().ok()? {
            Request::Query(query) => Some(query.parameters.consistency),
            Request::Execute(execute) => Some(execute.parameters.consistency),
            Request::Batch(batch) => Some(batch.parameters.consistency),
            _ => None,
        }
    }

    /// The serial consistency level.
    #[must_use]
    pub fn serial_consistency(&self) -> Option<SerialConsistency> {
        match self.message().ok()? {
            Request::Query(query) => query.parameters.serial_consistency,
            Request::Execute(execute) => execute.parameters.serial_consistency,
            Request::Batch(batch) => batch.parameters.serial_consistency,
            _ => None,
        }
    }

    /// The write timestamp, in microseconds.
    #[must_use]
    pub fn timestamp(&self) -> Option<i64> {
        match self.message().ok()? {
            Request::Query(query) => query.parameters.timestamp,
            Request::Execute(execute) => execute.parameters.timestamp,
            Request::Batch(batch) => batch.parameters.timestamp,
            _ => None,
        }
    }

    /// The page size.
    #[must_use]
    pub fn page_size(&self) -> Option<i32> {
        match self.message().ok()? {
            Request::Query(query) => query.parameters.page_size,
            Request::Execute(execute) => execute.parameters.page_size,
            _ => None,
        }
    }

    /// Where the page asked for begins.
    #[must_use]
    pub fn paging_state(&self) -> Option<Bytes> {
        let state = match self.message().ok()? {
            Request::Query(query) => query.parameters.paging_state,
            Request::Execute(execute) => execute.parameters.paging_state,
            _ => None,
        }?;
        Some(self.0.body.slice_ref(state))
    }

    /// Whether the server may leave out the columns of the result.
    #[must_use]
    pub fn skips_metadata(&self) -> bool {
        match self.message() {
            Ok(Request::Query(query)) => query.parameters.skip_metadata,
            Ok(Request::Execute(execute)) => execute.parameters.skip_metadata,
            _ => false,
        }
    }

    /// How many values a QUERY or EXECUTE binds, or the first statement of a batch.
    #[must_use]
    pub fn values_count(&self) -> usize {
        self.values().map_or(0, |values| values.len())
    }

    /// The value of that number of a QUERY or EXECUTE, or of the first statement of a batch: in the type of its marker, or
    /// in that which `T` has by nature if the marker is not known.
    ///
    /// # Panics
    /// When there is no such value, it is unset, or it cannot be read as `T`.
    #[must_use]
    #[track_caller]
    pub fn value<T: for<'r> FromCql<'r> + Typed>(&self, index: usize) -> T {
        let marker = self.0.markers.as_ref().and_then(|markers| markers.get(index));
        let column_type = marker.map_or_else(T::column_type, |marker| marker.column_type().clone());
        match T::from_cql(&column_type, self.bytes_of(index)) {
            Ok(value) => value,
            Err(error) => complain(index, &error, self),
        }
    }

    /// The values of each statement: of a QUERY or EXECUTE, or of all in a batch, one after the other.
    #[must_use]
    pub fn statement_values(&self) -> Vec<Vec<Bound>> {
        let of = |values: Values<'_>| values.iter().map(|value| self.owned(value)).collect();
        match self.message() {
            Ok(Request::Query(query)) => vec![of(query.parameters.values)],
            Ok(Request::Execute(execute)) => vec![of(execute.parameters.values)],
            Ok(Request::Batch(batch)) => {
                batch.statements.iter().map(|statement| of(statement.values)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn owned(&self, value: Result<(Option<&str>, BoundValue<'_>), DecodeError>) -> Bound {
        match value {
            Ok((_, BoundValue::Set(bytes))) => Bound::Value(self.0.body.slice_ref(bytes)),
            Ok((_, BoundValue::Unset)) => Bound::Unset,
            _ => Bound::Null,
        }
    }

    /// Whether the value of that number was left unset.
    #[must_use]
    pub fn is_unset(&self, index: usize) -> bool {
        matches!(self.bound(index), Some(BoundValue::Unset))
    }

    #[track_caller]
    fn bytes_of(&self, index: usize) -> Option<&[u8]> {
        match self.bound(index) {
            Some(BoundValue::Set(bytes)) => Some(bytes),
            Some(BoundValue::Null) => None,
            Some(BoundValue::Unset) => complain(index, &"it is unset", self),
            _ => complain(index, &"there is none", self),
        }
    }

    fn bound(&self, index: usize) -> Option<BoundValue<'_>> {
        self.values()?.iter().nth(index)?.ok().map(|(_, value)| value)
    }

    fn values(&self) -> Option<Values<'_>> {
        match self.message().ok()? {
            Request::Query(query) => Some(query.parameters.values),
            Request::Execute(execute) => Some(execute.parameters.values),
            Request::Batch(batch) => batch.statements.first().map(|statement| statement.values),
            _ => None,
        }
    }
}

/// A value as it was bound.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "the protocol has these three")]
pub enum Bound {
    /// Its bytes.
    Value(Bytes),
    /// Null.
    Null,
    /// Left as it is.
    Unset,
}

#[track_caller]
#[allow(clippy::panic, reason = "an assertion about a request")]
fn complain(index: usize, problem: &dyn fmt::Display, request: &Received) -> ! {
    panic!("value {index} of {request}: {problem}")
}

/// Rust types whose CQL type is plain, for values of statements that were not prepared.
pub trait Typed {
    /// The CQL type.
    fn column_type() -> ColumnType;
}

macro_rules! typed {
    ($($rust:ty => $column_type:ident),* $(,)?) => {$(
        impl Typed for $rust {
            fn column_type() -> ColumnType {
                ColumnType::$column_type
            }
        }
    )*};
}

typed! {
    bool => Boolean, i8 => TinyInt, i16 => SmallInt, i32 => Int, i64 => BigInt, f32 => Float, f64 => Double,
    String => Text, Vec<u8> => Blob, uuid::Uuid => Uuid, std::net::IpAddr => Inet,
}

impl<T: Typed> Typed for Option<T> {
    fn column_type() -> ColumnType {
        T::column_type()
    }
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0.opcode)?;
        for text in &self.0.texts {
            write!(f, " `{text}`")?;
        }
        if let Some(level) = self.consistency() {
            write!(f, " {level}")?;
        }
        match self.values_count() {
            0 => {}
            count => write!(f, " {count} values")?,
        }
        write!(f, " (node {}, connection {}, stream {})", self.0.node, self.0.connection, self.0.stream)
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
