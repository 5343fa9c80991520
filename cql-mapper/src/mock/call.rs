//! A statement that was executed, and its values.

use cql_driver::types::ColumnType;
use cql_driver::value::FromCql;
use cql_testkit::{Bound, Consistency};
use std::fmt;
use std::sync::Arc;

/// A statement that was executed, and its values by the names of their columns.
#[derive(Clone)]
pub struct Call {
    pub(super) cql: Arc<str>,
    /// Names, types and values.
    pub(super) values: Vec<(Box<str>, ColumnType, Bound)>,
    pub(super) consistency: Option<Consistency>,
    pub(super) timestamp: Option<i64>,
    pub(super) is_in_batch: bool,
}

/// Shows the statement, not its values.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Call").field(&self.cql).finish()
    }
}

impl Call {
    /// The statement.
    #[must_use]
    pub fn cql(&self) -> &str {
        &self.cql
    }

    /// The value that was bound for a column, or for what CQL calls `[limit]`, `[ttl]` and `[timestamp]`; the first, should
    /// there be several.
    ///
    /// # Panics
    /// When there is none of that name, it is unset, or it is no `T`.
    #[must_use]
    #[track_caller]
    #[allow(clippy::panic, reason = "an assertion about a call")]
    pub fn value<T: for<'a> FromCql<'a>>(&self, name: &str) -> T {
        let (column_type, bound) = self.bound(name);
        let bytes = match bound {
            Bound::Value(bytes) => Some(&bytes[..]),
            Bound::Null => None,
            Bound::Unset => panic!("`{name}` was left unset: {}", self.cql),
        };
        if let Err(mismatch) = T::type_check(column_type) {
            panic!("`{name}` of {}: {mismatch}", self.cql);
        }
        match T::from_cql(column_type, bytes) {
            Ok(value) => value,
            Err(error) => panic!("`{name}` of {}: {error}", self.cql),
        }
    }

    /// Whether a column was left as it is.
    ///
    /// # Panics
    /// When nothing of that name is in the statement.
    #[must_use]
    #[track_caller]
    pub fn is_unset(&self, name: &str) -> bool {
        *self.bound(name).1 == Bound::Unset
    }

    /// Whether null was bound for a column.
    ///
    /// # Panics
    /// When nothing of that name is in the statement.
    #[must_use]
    #[track_caller]
    pub fn is_null(&self, name: &str) -> bool {
        *self.bound(name).1 == Bound::Null
    }

    /// The consistency level.
    #[must_use]
    pub fn consistency(&self) -> Option<Consistency> {
        self.consistency
    }

    /// The write timestamp of the request, in microseconds since the epoch.
    #[must_use]
    pub fn timestamp(&self) -> Option<i64> {
        self.timestamp
    }

    /// Whether it was part of a batch.
    #[must_use]
    pub fn is_in_batch(&self) -> bool {
        self.is_in_batch
    }

    #[track_caller]
    #[allow(clippy::panic, reason = "an assertion about a call")]
    fn bound(&self, name: &str) -> (&ColumnType, &Bound) {
        match self.values.iter().find(|(known, ..)| &**known == name) {
            Some((_, column_type, bound)) => (column_type, bound),
            None => panic!("nothing is bound to `{name}` in {}", self.cql),
        }
    }
}
