//! What every model can do.

use crate::key_state::Scanning;
use crate::many::MultiGet;
use crate::model::{Insertable, KeyFor, Model, Nulls, Queryable, Writable};
use crate::raw::Raw;
use crate::select::Select;
use crate::write::{Create, Insert, InsertAll, Mirrored, Update, UpdatePartition};
use cql_driver::value::BindRow;

/// What can be done with models. A method of a model's own of the same name stands before these.
pub trait ModelExt: Model {
    /// A query for rows, without conditions yet.
    fn objects() -> Select<Self, Self, Self::Keys>
    where
        Self: Queryable,
    {
        Select::all_rows()
    }

    /// A query for the row with that primary key.
    fn find(key: impl KeyFor<Self::PrimaryKey>) -> Select<Self, Self, Self::FullKey> {
        Select::by_key(&key)
    }

    /// A query whose conditions are CQL: `Reading::raw("WHERE sensor = ?", ("s1",))`. The text is a constant of the program.
    fn raw<V: BindRow>(text: &'static str, values: V) -> Raw<Self, Self, V> {
        Raw::new(text, values)
    }

    /// Reads rows by their primary keys, each by a request of its own to a node that has it; not by IN, which has one node
    /// read them all.
    fn multi_get<K: KeyFor<Self::PrimaryKey>>(keys: impl IntoIterator<Item = K>) -> MultiGet<Self> {
        MultiGet::new(keys)
    }

    /// The partition keys that there are: the whole table is read for it.
    fn partitions() -> Select<Self, Self::PartitionKey, Scanning> {
        Select::partitions()
    }

    /// Inserts the row. Columns that are `None` or an empty collection are not written: they keep what they have.
    fn insert(&self) -> Insert<'_, Self>
    where
        Self: Insertable,
    {
        Insert::new(self, Nulls::Keep)
    }

    /// Inserts the row, and those that `#[cql(mirror(..))]` makes of it into their tables: all of them or none.
    fn insert_all(&self) -> InsertAll<'_>
    where
        Self: Mirrored,
    {
        InsertAll::new(self)
    }

    /// Inserts the row over another. Columns that are `None` or an empty collection are set to null, which writes a
    /// tombstone for each.
    fn replace(&self) -> Insert<'_, Self>
    where
        Self: Insertable,
    {
        Insert::new(self, Nulls::Write)
    }

    /// Inserts a row with that primary key and the columns that are then `set`.
    fn create(key: impl KeyFor<Self::PrimaryKey>) -> Create<Self>
    where
        Self: Insertable,
    {
        Create::new(&key)
    }

    /// Changes columns of the row with that primary key, without reading it.
    fn update(key: impl KeyFor<Self::PrimaryKey>) -> Update<Self>
    where
        Self: Writable,
    {
        Update::new(&key)
    }

    /// Changes static columns of the partition with that key.
    fn update_partition(key: impl KeyFor<Self::PartitionKey>) -> UpdatePartition<Self>
    where
        Self: Writable,
    {
        UpdatePartition::new(&key)
    }
}

impl<M: Model> ModelExt for M {}
