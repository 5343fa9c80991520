//! `timeuuid` as a type of its own, told from `uuid`.

use super::cql_type::CqlType;
use super::type_def::{Native, TypeDef};
use cql_driver::types::ColumnType;
use cql_driver::value::{
    CqlTimestamp, DecodeError, Encoded, FromCql, ToCql, TypeMismatch, ValueError, time_uuid,
};
use std::fmt;
use uuid::Uuid;

/// A time-based UUID: the value of a `timeuuid` column.
///
/// ```
/// use cql_driver::value::CqlTimestamp;
/// use cql_mapper::TimeUuid;
///
/// let at = CqlTimestamp(1_700_000_000_000);
/// assert!(TimeUuid::min_at(at) < TimeUuid::max_at(at));
/// assert_eq!(TimeUuid::max_at(at).unwrap().time(), Some(at));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(clippy::exhaustive_structs, reason = "a name for one thing")]
pub struct TimeUuid(pub Uuid);

impl TimeUuid {
    /// A new one, of this moment, larger than all that this process made before.
    #[must_use]
    pub fn now() -> Self {
        TimeUuid(time_uuid::now())
    }

    /// The smallest of that millisecond: a bound for conditions, not an identity. `None` when a `timeuuid` cannot have
    /// that time.
    #[must_use]
    pub fn min_at(at: CqlTimestamp) -> Option<Self> {
        time_uuid::min_for(at).map(TimeUuid)
    }

    /// The largest of that millisecond; `None` as above.
    #[must_use]
    pub fn max_at(at: CqlTimestamp) -> Option<Self> {
        time_uuid::max_for(at).map(TimeUuid)
    }

    /// When it was made; `None` if the UUID is of another kind.
    #[must_use]
    pub fn time(self) -> Option<CqlTimestamp> {
        time_uuid::timestamp_of(&self.0)
    }
}

impl From<TimeUuid> for Uuid {
    fn from(value: TimeUuid) -> Self {
        value.0
    }
}

impl fmt::Display for TimeUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ToCql for TimeUuid {
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        match column_type {
            ColumnType::TimeUuid => self.0.to_cql(column_type, out),
            other => Err(ValueError::mismatch::<Self>(other)),
        }
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(ColumnType::TimeUuid)
    }
}

impl<'a> FromCql<'a> for TimeUuid {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        match column_type {
            ColumnType::TimeUuid => Ok(()),
            other => Err(TypeMismatch::new::<Self>(other)),
        }
    }

    fn from_cql(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        Uuid::from_cql(column_type, bytes).map(TimeUuid)
    }
}

impl CqlType for TimeUuid {
    type NonNull = Self;
    type Content = super::cql_type::content::Value;
    const TYPE: TypeDef = TypeDef::Native(Native::TimeUuid);
}
