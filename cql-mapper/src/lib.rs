//! Maps Rust structs to Cassandra tables, on top of [`cql_driver`].
//!
//! ```no_run
//! use cql_mapper::prelude::*;
//!
//! #[derive(Model, Debug, Clone)]
//! #[cql(keyspace = "iot", table = "readings")]
//! pub struct Reading {
//!     #[cql(partition_key)]
//!     pub sensor: String,
//!     #[cql(clustering_key(desc))]
//!     pub at: CqlTimestamp,
//!     pub temperature: f64,
//!     pub note: Option<String>,
//! }
//!
//! # async fn example(session: cql_driver::Session) -> Result<(), cql_mapper::Error> {
//! let db = Mapper::new(session);
//! let row = Reading { sensor: "s1".into(), at: CqlTimestamp(1_000), temperature: 21.5, note: None };
//! row.insert().ttl(3600).exec(&db).await?;
//!
//! let latest = Reading::objects()
//!     .filter(Reading.sensor.eq("s1"))
//!     .filter(Reading.at.gt(CqlTimestamp(0)))
//!     .limit(10)
//!     .all(&db)
//!     .await?;
//! Reading::update(("s1", row.at)).set(Reading.note.to("warm")).exec(&db).await?;
//! # Ok(())
//! # }
//! ```
//!
//! `Reading` is the struct; `Reading.at` is a column: the derive makes a constant of the struct's name whose fields are
//! the columns, and `use models::Reading` imports both.
//!
//! What is no legal CQL does not compile: a partition key that is not restricted, a gap in the clustering key, a value of
//! another type, a column of another model, an assignment to a key, a counter with a time to live. Where conditions
//! depend on what the program finds at run time, [`Select::dynamic`] checks the same rules before anything is sent.
//!
//! # Attributes of a model
//! | attribute | what it says | in the schema |
//! |---|---|---|
//! | `keyspace = ".."`, `table = ".."` | where the rows are; the table is the struct's name in snake case unless said | `keyspace.table` |
//! | `rename_all = ".."` | how fields are named in CQL: `snake_case`, `camelCase` … | names |
//! | `options(name = value, ..)` | options of the table; maps as `compaction = { class = ".." }` | `WITH name = value` |
//! | `primary_key((a, b), c desc)` | the key in one place, instead of on the fields | `PRIMARY KEY`, `CLUSTERING ORDER BY` |
//! | `validate = function` | a function that gets the row and gives `Result<(), impl Display>`: asked before it is inserted or saved | |
//! | `mirror(Other, ..)` | models of other tables that get the same rows, by `From<&Self>`: [`ModelExt::insert_all`] | |
//! | `variant_of = Enum` | one of several models in a table: see [`Polymorphic`] | table, keyspace and options are the enum's |
//! | `crate = ::path` | where `cql_mapper` is, if it is re-exported | |
//!
//! `#[derive(View)]` is a model that is read: `base = Model` and `view = ".."` stand for `table`, and it is checked against
//! its table when it is compiled. `#[derive(Columns)]` makes a struct that models [share](Columns), `#[derive(Projection)]`
//! one of [some columns](Projection), `#[derive(PolymorphicModel)]` an enum of [models in one table](Polymorphic),
//! `#[derive(CqlType)]` and `#[derive(UserType)]` what stands in a [column](CqlType).
//!
//! # Attributes of a field
//! | attribute | what it says | in the schema |
//! |---|---|---|
//! | `partition_key` | part of the partition key, in the order of the fields | `PRIMARY KEY ((..))` |
//! | `clustering_key`, `clustering_key(desc)` | part of the clustering key, in the order of the fields | `CLUSTERING ORDER BY` |
//! | `static` | one value for the whole partition | `static` |
//! | `index`, `index(name = "..", custom = "..", keys, external)` | a secondary index; `external` is filterable and not created | `CREATE INDEX` |
//! | `sai`, `sai(similarity = "cosine")` | a storage-attached index; for vectors, of nearest neighbours | `USING 'sai'` |
//! | `rename = ".."` | the name in CQL; quoted where it has to be | name |
//! | `type = "ascii"` | another CQL type of the same form | type |
//! | `frozen`, `unfrozen` | whether a collection or a user-defined type is one cell; without it the first is not, the other is | `frozen<..>` |
//! | `default`, `default = value` | what null is read as, and what [`ModelExt::create`] gives a column that is not set | |
//! | `on_update = value` | what every change of the row sets the column to, unless it is set itself | |
//! | `version` | counted on by each save of a [`Tracked`] row, which fails if somebody else was faster | |
//! | `validate = function` | a function that gets the value and gives `Result<(), impl Display>`: asked before it is written | |
//! | `with = module` | a module whose `TYPE`, `to_cql`, `natural_type`, `from_cql` and `type_check` stand for the type's: `json`, behind the feature of that name | `TYPE` |
//! | `flatten` | the columns of a struct with `#[derive(Columns)]` | its columns |
//! | `writetime(field)`, `ttl(field)` | when a field was written, how long it lives; an `Option`, not stored | |
//! | `skip` | no column; `Default` when read | |
//!
//! # What is written
//! A whole row by [`ModelExt::insert`], which leaves out what is `None` or an empty collection, or by
//! [`ModelExt::replace`], which writes null for it. Single columns by [`ModelExt::update`]: `.to(value)`, `.clear()`,
//! and what the type allows besides: `.add(..)`, `.append(..)`, `.put(..)`, `.incr(..)`. Rows that are read, changed and
//! saved, by [`Tracked`], which finds out what was changed. Null for a collection is read as an empty one.
//!
//! # Tests without a server
//! Behind the feature `mock`, `MockDb` answers as a test says and shows what was bound. `schema::generate` writes models for
//! tables that are there.

mod column;
pub mod danger;
#[doc = include_str!("../docs/from_cqlengine.md")]
pub mod from_cqlengine {}
mod error;
#[cfg(feature = "json")]
pub mod json;
pub mod key_state;
mod limits;
mod many;
mod mapper;
#[cfg(feature = "mock")]
pub mod mock;
mod model;
mod model_ext;
mod options;
mod projection;
mod query;
mod raw;
pub mod role;
pub mod schema;
mod select;
mod statements;
mod value;
mod write;

pub use column::{
    AnnColumn, Assignment, Column, ColumnExt, ColumnOf, Condition, ContainsType, CountingColumn, Field,
    FieldOf, ListType, MapType, Order, RangeColumn, SetType, Settable, Slice, SliceExt, SortColumn,
    TestColumn, TextType, Unfrozen, ValueOf,
};
pub use cql_derive::{Columns, CqlType, Model, PolymorphicModel, Projection, UserType, View};
pub use cql_driver::Lwt;
pub use error::{Error, QueryError};
pub use limits::MAX_TTL;
pub use many::{MultiGet, ParallelScan};
pub use mapper::Mapper;
pub use model::{
    ColumnMeta, ColumnRole, Columns, ColumnsIn, Flattens, IndexDef, Insertable, KeyFor, KeyWriter, Model,
    ModelMeta, Nulls, OptionDef, PartOf, Polymorphic, Queryable, RowWriter, Tag, ValueTable, VariantOf,
    Version, Writable, WriteRow, kind,
};
pub use model_ext::ModelExt;

pub use projection::{ColumnTuple, Projection, ReadAs};
pub use raw::Raw;
pub use select::{Dynamic, DynamicSelect, Page, PageState, Rows, Select};
pub use value::content;
pub use value::{
    Bind, Codec, Coded, CqlType, Elements, Native, Nullable, TimeUuid, TypeDef, UserType, UserTypeDef,
};
pub use write::{
    AndTested, Append, Batch, BatchItem, BatchLwt, Conditional, Create, Delete, Insert, InsertAll,
    InsertIfNotExists, InsertMany, Mirrored, Mirrors, Plain, Save, Tested, Tracked, Update, UpdatePartition,
    batch_kind,
};

/// What bounds are made of: named by what the compiler says, not by programs.
#[doc(hidden)]
pub mod bounds {
    pub use crate::column::{AnnRole, CountingRole, Follows, RangeRole, SortRole, TestRole};
    pub use crate::model::{
        Accessible, Fill, Filler, MarkersOf, ReadTag, Slot, TagPlan, ValueKind, Whole, WritableKind,
    };
    pub use crate::write::{BatchEntry, BatchKind, GoesInto};
}

/// What most programs with models use.
pub mod prelude {
    pub use crate::{
        Batch, ColumnExt as _, Columns, CqlType, Lwt, Mapper, Model, ModelExt as _, PolymorphicModel,
        Projection, SliceExt as _, TimeUuid, UserType, View,
    };
    pub use cql_driver::value::{
        Counter, CqlDate, CqlDecimal, CqlDuration, CqlTime, CqlTimestamp, CqlVarint,
    };
}

/// What derived code names. Not for others, and changed together with the derives.
#[doc(hidden)]
pub mod __private {
    pub use crate::Error;
    pub use crate::column::{Column, Field, Unfrozen};
    pub use crate::content;
    pub use crate::key_state::{Eq, Here, Keys, Next, NoIndex, Unset};
    pub use crate::key_state::{WithIndex, WithoutIndex};
    pub use crate::model::{
        ColumnMeta, ColumnRole, Columns, ColumnsIn, Fill, Filler, Flattens, IndexDef, MarkersOf, Model,
        ModelMeta, OptionDef, PartOf, Polymorphic, RowWriter, Slot, Tag, TagPlan, VariantOf, Version, Whole,
        WriteRow, check_columns, check_model, check_variants, check_view, concat, distinct, is_within, kind,
        merged, position, read_tag, tag_plan, total, width,
    };
    pub use crate::projection::{Projection, ReadAs};
    pub use crate::role::{self, RoleOf, SaiRoleOf};
    pub use crate::value::{Codec, Coded, CqlType, Native, TypeDef, UserType, UserTypeDef};
    pub use crate::write::{Mirrored, Mirrors};
    pub use cql_driver::types;
    pub use cql_driver::value;
    pub use std::string::String;
    pub use std::vec::Vec;

    /// The type of a column that is not said to be unfrozen: user-defined types are frozen in any case.
    #[must_use]
    pub const fn frozen(of: &'static TypeDef, is_frozen: bool) -> TypeDef {
        match of {
            TypeDef::Udt(_) => TypeDef::Frozen(of),
            TypeDef::List(_) | TypeDef::Set(_) | TypeDef::Map(..) if is_frozen => TypeDef::Frozen(of),
            other => *other,
        }
    }

    /// The number of a column.
    #[must_use]
    pub const fn index_of<C: Column>(_: &C) -> u16 {
        C::INDEX
    }

    /// Checks that a projection's field fits the model's.
    pub const fn reads_as<C: Column, T: ReadAs<C::Field>>(_: &C) {}

    /// What `validate` gives of a value that is encoded. A null is not asked about where the field has none.
    ///
    /// # Errors
    /// The message, with the field's name.
    pub fn validated_cell<T: CqlType, E: ::std::fmt::Display>(
        field: &'static str,
        cell: Option<&[u8]>,
        check: impl FnOnce(&T) -> Result<(), E>,
    ) -> Result<(), Error> {
        match T::from_cql(&T::column_type(), cell) {
            Ok(value) => validated(field, check(&value)),
            Err(_) => Ok(()),
        }
    }

    /// What `validate` gave.
    ///
    /// # Errors
    /// The message, with the field's name.
    pub fn validated<E: ::std::fmt::Display>(
        field: &'static str,
        outcome: Result<(), E>,
    ) -> Result<(), Error> {
        outcome.map_err(|message| Error::Validation { field, message: message.to_string() })
    }
}
