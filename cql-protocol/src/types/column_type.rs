//! The type of a column, a field or an element.

use std::sync::Arc;

/// A CQL type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ColumnType {
    /// 7-bit text.
    Ascii,
    /// 64-bit signed integer.
    BigInt,
    /// Bytes.
    Blob,
    /// True or false.
    Boolean,
    /// 64-bit counter.
    Counter,
    /// Decimal number of any precision.
    Decimal,
    /// 64-bit IEEE 754.
    Double,
    /// 32-bit IEEE 754.
    Float,
    /// 32-bit signed integer.
    Int,
    /// UTF-8 text (`varchar` on the wire).
    Text,
    /// Milliseconds since the epoch.
    Timestamp,
    /// Any UUID.
    Uuid,
    /// Integer of any size.
    Varint,
    /// Version 1 UUID.
    TimeUuid,
    /// IPv4 or IPv6 address.
    Inet,
    /// Day.
    Date,
    /// Nanoseconds since midnight.
    Time,
    /// 16-bit signed integer.
    SmallInt,
    /// 8-bit signed integer.
    TinyInt,
    /// Months, days and nanoseconds.
    Duration,
    /// Ordered elements.
    List(Box<ColumnType>),
    /// Distinct elements.
    Set(Box<ColumnType>),
    /// Keys and values.
    Map(Box<(ColumnType, ColumnType)>),
    /// A fixed sequence of types.
    Tuple(Box<[ColumnType]>),
    /// A user-defined type.
    Udt(Arc<UdtType>),
    /// `vector<element, dimensions>`.
    Vector(Box<ColumnType>, u32),
    /// A marshal class this crate does not know: its values are bytes.
    Custom(Box<str>),
    /// An option id this crate does not know and that is taken to have no parameters.
    Unknown(u16),
}

/// A user-defined type: a name and its fields in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UdtType {
    /// The keyspace it belongs to.
    pub keyspace: Box<str>,
    /// Its name.
    pub name: Box<str>,
    /// Field names and types, in declared order.
    pub fields: Box<[(Box<str>, ColumnType)]>,
}
