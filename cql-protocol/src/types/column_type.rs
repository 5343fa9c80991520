//! The type of a column, a field or an element.

use std::hash::{Hash, Hasher};
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
    /// A fixed number of elements without nulls.
    Vector(Arc<VectorType>),
    /// A marshal class this crate does not know: its values are bytes.
    Custom(Box<str>),
    /// An option id this crate does not know and that is taken to have no parameters.
    Unknown(u16),
}

/// A user-defined type: a name and its fields in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UdtType {
    keyspace: Box<str>,
    name: Box<str>,
    fields: Box<[(Box<str>, ColumnType)]>,
}

impl UdtType {
    /// The type `name` of `keyspace` with these fields, in declared order.
    #[must_use]
    pub fn new<N: Into<Box<str>>>(
        keyspace: impl Into<Box<str>>,
        name: impl Into<Box<str>>,
        fields: impl IntoIterator<Item = (N, ColumnType)>,
    ) -> Self {
        let fields = fields.into_iter().map(|(name, field_type)| (name.into(), field_type)).collect();
        UdtType { keyspace: keyspace.into(), name: name.into(), fields }
    }

    /// The keyspace it belongs to.
    #[must_use]
    pub fn keyspace(&self) -> &str {
        &self.keyspace
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Field names and types, in declared order.
    #[must_use]
    pub fn fields(&self) -> &[(Box<str>, ColumnType)] {
        &self.fields
    }

    /// The type of the field of that name.
    #[must_use]
    pub fn field_type(&self, name: &str) -> Option<&ColumnType> {
        self.fields.iter().find(|(field, _)| &**field == name).map(|(_, field_type)| field_type)
    }
}

/// `vector<element, dimensions>`.
///
/// The protocol has no option for it: it travels as a marshal class. A class text that differs from the one this
/// crate would print is kept, so that metadata encodes to the bytes it was decoded from; equality ignores it.
#[derive(Debug, Clone)]
pub struct VectorType {
    element: ColumnType,
    dimensions: u32,
    class: Option<Box<str>>,
}

impl VectorType {
    /// A vector of `dimensions` elements.
    #[must_use]
    pub fn new(element: ColumnType, dimensions: u32) -> Self {
        VectorType { element, dimensions, class: None }
    }

    pub(super) fn with_class(self, class: &str) -> Self {
        VectorType { class: Some(class.into()), ..self }
    }

    pub(super) fn class(&self) -> Option<&str> {
        self.class.as_deref()
    }

    /// The type of its elements.
    #[must_use]
    pub fn element(&self) -> &ColumnType {
        &self.element
    }

    /// How many elements every value has.
    #[must_use]
    pub fn dimensions(&self) -> u32 {
        self.dimensions
    }
}

impl PartialEq for VectorType {
    fn eq(&self, other: &Self) -> bool {
        self.dimensions == other.dimensions && self.element == other.element
    }
}

impl Eq for VectorType {}

impl Hash for VectorType {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.dimensions.hash(state);
        self.element.hash(state);
    }
}

impl ColumnType {
    /// Types nested deeper than this are refused when read.
    pub const MAX_DEPTH: usize = 64;

    /// `list<element>`.
    #[must_use]
    pub fn list(element: ColumnType) -> Self {
        ColumnType::List(Box::new(element))
    }

    /// `set<element>`.
    #[must_use]
    pub fn set(element: ColumnType) -> Self {
        ColumnType::Set(Box::new(element))
    }

    /// `map<key, value>`.
    #[must_use]
    pub fn map(key: ColumnType, value: ColumnType) -> Self {
        ColumnType::Map(Box::new((key, value)))
    }

    /// `tuple<components…>`.
    #[must_use]
    pub fn tuple(components: impl IntoIterator<Item = ColumnType>) -> Self {
        ColumnType::Tuple(components.into_iter().collect())
    }

    /// `vector<element, dimensions>`.
    #[must_use]
    pub fn vector(element: ColumnType, dimensions: u32) -> Self {
        ColumnType::Vector(Arc::new(VectorType::new(element, dimensions)))
    }

    /// The size of every value, for those types whose elements stand in a vector without a length (the server's
    /// `valueLengthIfFixed`). Small integers, dates and times have none there, although their size never varies.
    #[must_use]
    pub fn fixed_size(&self) -> Option<usize> {
        match self {
            ColumnType::Boolean => Some(1),
            ColumnType::Int | ColumnType::Float => Some(4),
            ColumnType::BigInt | ColumnType::Double | ColumnType::Timestamp => Some(8),
            ColumnType::Uuid | ColumnType::TimeUuid => Some(16),
            ColumnType::Vector(vector) => {
                vector.element.fixed_size()?.checked_mul(usize::try_from(vector.dimensions).ok()?)
            }
            _ => None,
        }
    }

    /// Whether a value of length 0 is an ordinary one (text, bytes). For every other type it is the legacy "empty",
    /// which is neither null nor a value.
    #[must_use]
    #[inline]
    pub fn has_zero_length_values(&self) -> bool {
        use ColumnType::{Ascii, Blob, Custom, Text, Unknown};
        matches!(self, Ascii | Text | Blob | Custom(_) | Unknown(_))
    }
}
