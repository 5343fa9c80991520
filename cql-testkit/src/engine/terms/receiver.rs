//! What terms are for.

use crate::engine::schema::{Column, Kind};
use crate::engine::values;
use cql_protocol::types::{ColumnType, UdtType};

/// What a term is for: a name that markers and messages tell, and a type.
#[derive(Debug, Clone)]
pub(crate) struct Receiver {
    /// Such as `v`, `value(l)`, `[ttl]`.
    pub(crate) name: String,
    pub(crate) column_type: ColumnType,
    /// Whether parts of it are written by themselves; messages name the type by it.
    pub(crate) is_multi_cell: bool,
    /// Which column of the partition key it is, if it is one.
    pub(crate) key_position: Option<usize>,
    /// Whether it is a column itself, whose type is either frozen or not.
    pub(crate) is_column: bool,
    /// Whether it is a clustering column in descending order: a server takes its sets and maps for plain bytes.
    pub(crate) descends: bool,
}

impl Receiver {
    pub(crate) fn new(name: impl Into<String>, column_type: ColumnType) -> Self {
        Receiver {
            name: name.into(),
            column_type,
            is_multi_cell: false,
            key_position: None,
            is_column: false,
            descends: false,
        }
    }

    /// A column.
    pub(crate) fn of(column: &Column) -> Self {
        let key_position = match column.kind {
            Kind::PartitionKey(position) => Some(position),
            _ => None,
        };
        let is_multi_cell = column.is_multi_cell;
        let descends = column.descends();
        let receiver = Receiver::new(&*column.name, column.column_type.clone());
        Receiver { is_multi_cell, key_position, is_column: true, descends, ..receiver }
    }

    /// What elements of a list, set or vector and the values of a map are for.
    pub(crate) fn value(&self, of: &ColumnType) -> Self {
        Receiver::new(format!("value({})", self.name), of.clone())
    }

    /// What the keys of a map are for.
    pub(crate) fn key(&self, of: &ColumnType) -> Self {
        Receiver::new(format!("key({})", self.name), of.clone())
    }

    /// What a component of a tuple is for.
    pub(crate) fn component(&self, at: usize, of: &ColumnType) -> Self {
        Receiver::new(format!("{}[{at}]", self.name), of.clone())
    }

    /// What a field of a user-defined type is for.
    pub(crate) fn field(&self, udt: &UdtType, at: usize) -> Self {
        let (name, of) = match udt.fields().get(at) {
            Some((name, of)) => (&**name, of.clone()),
            None => ("", ColumnType::Blob),
        };
        Receiver::new(format!("{}.{name}", self.name), of)
    }

    /// The type as messages name it.
    pub(crate) fn type_name(&self) -> String {
        values::type_name(&self.column_type, self.is_multi_cell)
    }
}
