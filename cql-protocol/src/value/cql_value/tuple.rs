//! The values of tuples and user-defined types, whose last components may be missing.
//!
//! What is missing is not filled up with nulls in memory: a type has up to 65,535 components, and a collection of a
//! thousand empty values of it would take gigabytes for a few kilobytes of bytes.

use super::CqlValue;
use crate::types::UdtType;
use crate::value::encode::ValueError;
use std::sync::Arc;

/// The value of a `tuple`.
#[derive(Debug, Clone)]
pub struct CqlTuple {
    values: Box<[CqlValue]>,
    length: usize,
}

impl CqlTuple {
    pub(super) fn with_length(values: Vec<CqlValue>, length: usize) -> Self {
        CqlTuple { values: values.into(), length }
    }

    /// How many components its type has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length.max(self.values.len())
    }

    /// Whether its type has no components.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The component at `index`; null where the value is shorter than its type, `None` where the type ends.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&CqlValue> {
        self.values.get(index).or((index < self.len()).then_some(CqlValue::NULL))
    }

    /// Every component, missing ones as null.
    pub fn iter(&self) -> impl Iterator<Item = &CqlValue> {
        let missing = self.len().saturating_sub(self.values.len());
        self.values.iter().chain(std::iter::repeat_n(CqlValue::NULL, missing))
    }

    /// The components the value itself has.
    pub(super) fn present(&self) -> &[CqlValue] {
        &self.values
    }
}

impl<V: Into<CqlValue>> FromIterator<V> for CqlTuple {
    fn from_iter<I: IntoIterator<Item = V>>(components: I) -> Self {
        let values: Box<[CqlValue]> = components.into_iter().map(Into::into).collect();
        CqlTuple { length: values.len(), values }
    }
}

impl From<Vec<CqlValue>> for CqlTuple {
    fn from(values: Vec<CqlValue>) -> Self {
        values.into_iter().collect()
    }
}

impl PartialEq for CqlTuple {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

/// The value of a user-defined type.
///
/// ```
/// use cql_protocol::types::{ColumnType, UdtType};
/// use cql_protocol::value::{CqlUdt, CqlValue};
/// use std::sync::Arc;
///
/// let fields = [("city", ColumnType::Text), ("zip", ColumnType::Int)];
/// let address = Arc::new(UdtType::new("ks", "address", fields));
/// let value = CqlUdt::new(address, ["Oslo".into()])?;
/// assert_eq!(value.field("city"), Some(&CqlValue::Text("Oslo".into())));
/// assert_eq!(value.field("zip"), Some(&CqlValue::Null));
/// assert_eq!(value.field("street"), None);
/// # Ok::<(), cql_protocol::value::ValueError>(())
/// ```
#[derive(Debug, Clone)]
pub struct CqlUdt {
    udt_type: Arc<UdtType>,
    values: Box<[CqlValue]>,
}

impl CqlUdt {
    /// The first fields of `udt_type` in their order; the others are null.
    ///
    /// # Errors
    /// When there are more values than fields.
    pub fn new(
        udt_type: Arc<UdtType>,
        values: impl IntoIterator<Item = CqlValue>,
    ) -> Result<Self, ValueError> {
        let values: Box<[CqlValue]> = values.into_iter().collect();
        let fields = udt_type.fields().len();
        if values.len() > fields {
            let column_type = crate::types::ColumnType::Udt(udt_type);
            return Err(ValueError::count("fields", fields, values.len(), &column_type));
        }
        Ok(CqlUdt { udt_type, values })
    }

    pub(super) fn of_present(udt_type: Arc<UdtType>, values: Vec<CqlValue>) -> Self {
        CqlUdt { udt_type, values: values.into() }
    }

    /// Its type.
    #[must_use]
    pub fn udt_type(&self) -> &Arc<UdtType> {
        &self.udt_type
    }

    /// The value of the field of that name, null where the value ends before it; `None` if the type has no such field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&CqlValue> {
        let index = self.udt_type.fields().iter().position(|(field, _)| &**field == name)?;
        Some(self.values.get(index).unwrap_or(CqlValue::NULL))
    }

    /// Every field of the type with its name, missing ones as null.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &CqlValue)> {
        let values = self.values.iter().chain(std::iter::repeat(CqlValue::NULL));
        self.udt_type.fields().iter().map(|(name, _)| &**name).zip(values)
    }

    /// The fields the value itself has.
    pub(super) fn present(&self) -> &[CqlValue] {
        &self.values
    }
}

impl PartialEq for CqlUdt {
    fn eq(&self, other: &Self) -> bool {
        (Arc::ptr_eq(&self.udt_type, &other.udt_type) || self.udt_type == other.udt_type)
            && self.iter().eq(other.iter())
    }
}
