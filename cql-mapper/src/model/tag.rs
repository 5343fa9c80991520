//! Several models in one table: the column that tells them apart.

use super::Model;
use super::meta::ColumnMeta;
use crate::value::TypeDef;
use cql_driver::types::{ColumnSpec, ColumnType};
use cql_driver::value::derived::{Field, RowPlan};
use cql_driver::value::{
    DecodeError, Encoded, FromCql, Problem, RowError, RowMismatch, RowReader, ToCql, TypeMismatch,
    ValueError, write_value,
};

/// An enum of models whose rows are in one table. Derived: `#[derive(PolymorphicModel)]`.
///
/// Each variant holds a model that says `#[cql(variant_of = ..)]`, and all have the same primary key. A column tells them
/// apart: it is written with each row, and what is read is the variant that it names.
///
/// ```
/// use cql_mapper::prelude::*;
///
/// #[derive(Model, Debug)]
/// #[cql(variant_of = Pet)]
/// struct Cat {
///     #[cql(partition_key)]
///     owner: i64,
///     #[cql(clustering_key)]
///     name: String,
///     lives: i32,
/// }
///
/// #[derive(Model, Debug)]
/// #[cql(variant_of = Pet)]
/// struct Dog {
///     #[cql(partition_key)]
///     owner: i64,
///     #[cql(clustering_key)]
///     name: String,
///     tricks: Vec<String>,
/// }
///
/// #[derive(PolymorphicModel, Debug)]
/// #[cql(keyspace = "app", table = "pets", discriminator(column = "kind", index))]
/// enum Pet {
///     Cat(Cat),
///     #[cql(value = "hound")]
///     Dog(Dog),
/// }
///
/// assert_eq!(
///     Pet::objects().filter(Pet.owner.eq(7)).cql(),
///     "SELECT owner, name, lives, kind, tricks FROM app.pets WHERE owner = ?"
/// );
/// // With an index on the column, one model can be asked for.
/// assert_eq!(Dog::objects().cql(), "SELECT owner, name, tricks, kind FROM app.pets WHERE kind = ?");
/// ```
///
/// | attribute of the enum | what it says |
/// |---|---|
/// | `keyspace`, `table`, `options(..)`, `crate` | as for a model |
/// | `discriminator(column = "..", repr = "..", index)` | the column; `repr` is `text` (default), `tinyint`, `smallint`, `int` or `bigint`; `index` and `sai` as for a field |
///
/// | attribute of a variant | what it says |
/// |---|---|
/// | `value = ..` | what the column holds for it; the variant's name in snake case unless said |
/// | `other` | what rows of no other variant are read as, for example a [`CqlRow`](cql_driver::value::CqlRow); without it they are [`Error::UnknownDiscriminator`](crate::Error::UnknownDiscriminator) |
///
/// A row is inserted as the model that it is; it is changed and deleted by its key, through that model or through the enum.
pub trait Polymorphic: Model {
    /// `WithIndex` if the column has an index, otherwise `NoIndex`.
    #[doc(hidden)]
    type Index;
    /// The keyspace, where the enum names one.
    const KEYSPACE: Option<&'static str>;
    /// The table.
    const TABLE: &'static str;
    /// The column that tells the models apart.
    const COLUMN: ColumnMeta;
}

/// A model that is one of those of the enum `P`. Derived with the enum.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a variant of `{P}`",
    label = "no variant of the enum holds this model",
    note = "add it to the enum, or remove `variant_of`"
)]
pub trait VariantOf<P> {
    /// What the column holds.
    const TAG: Tag;
}

/// A model whose columns are columns of `M`: itself, and each that is a variant of `M`.
#[diagnostic::on_unimplemented(
    message = "a column of `{Self}` is not one of `{M}`",
    label = "a column of another model",
    note = "columns are named by their model: `Model.column`"
)]
pub trait PartOf<M> {}
impl<M: Model> PartOf<M> for M {}

/// What tells a model from others of the same table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tag {
    /// A text.
    Text(&'static str),
    /// A number.
    Integer(i64),
}

impl Tag {
    /// Whether two are the same; `==` for constants.
    pub(super) const fn same(&self, other: &Tag) -> bool {
        match (self, other) {
            (Tag::Text(one), Tag::Text(two)) => crate::value::same_text(one, two),
            (Tag::Integer(one), Tag::Integer(two)) => *one == *two,
            _ => false,
        }
    }

    /// As a value of a column of that type, with its length.
    pub(crate) fn encode(&self, type_def: &TypeDef) -> Result<Vec<u8>, ValueError> {
        let mut bytes = Vec::new();
        write_value(self, &type_def.column_type(""), &mut bytes).map(|_| bytes)
    }

    /// Whether a column can hold tags.
    ///
    /// # Errors
    /// When its type is neither text nor an integer.
    pub fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        match column_type {
            ColumnType::Text
            | ColumnType::Ascii
            | ColumnType::TinyInt
            | ColumnType::SmallInt
            | ColumnType::Int
            | ColumnType::BigInt => Ok(()),
            other => Err(TypeMismatch::new::<Tag>(other)),
        }
    }

    /// Checks that a row has this tag.
    ///
    /// # Errors
    /// When it has another.
    pub fn check(&self, column_type: &ColumnType, bytes: Option<&[u8]>) -> Result<(), DecodeError> {
        let found = Found::read(column_type, bytes)?;
        if found.is(self) { Ok(()) } else { Err(found.error()) }
    }
}

impl ToCql for Tag {
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        let mut number = |value: i64| -> Result<Encoded, ValueError> {
            let too_large = |_| {
                ValueError::invalid::<Tag>("the discriminator's column is too small for the variant's number")
            };
            match column_type {
                ColumnType::TinyInt => i8::try_from(value).map_err(too_large)?.to_cql(column_type, out),
                ColumnType::SmallInt => i16::try_from(value).map_err(too_large)?.to_cql(column_type, out),
                ColumnType::Int => i32::try_from(value).map_err(too_large)?.to_cql(column_type, out),
                _ => value.to_cql(column_type, out),
            }
        };
        match self {
            Tag::Text(text) => text.to_cql(column_type, out),
            Tag::Integer(value) => number(*value),
        }
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(match self {
            Tag::Text(_) => ColumnType::Text,
            Tag::Integer(_) => ColumnType::BigInt,
        })
    }
}

/// Where the column is in a result.
pub type TagPlan = RowPlan<1>;

/// Finds the column in a result of rows of `P`.
///
/// # Errors
/// When it is not there.
pub fn tag_plan<P: Polymorphic>(columns: &[ColumnSpec]) -> Result<TagPlan, RowMismatch> {
    RowPlan::new::<P>(columns, [Field::required(P::COLUMN.name, P::COLUMN.field, Tag::type_check)])
}

/// Reads what a row's column holds, and leaves the row where it stands.
///
/// # Errors
/// When the bytes end within it.
pub fn read_tag<'r>(plan: &TagPlan, row: &RowReader<'r>) -> Result<ReadTag<'r>, RowError> {
    let [cell] = plan.cells(&mut row.clone())?;
    let found = cell.read(Found::read)?;
    Ok(ReadTag { cell, found })
}

/// The tag of a row.
#[derive(Debug)]
pub struct ReadTag<'r> {
    cell: cql_driver::value::derived::Cell<'r>,
    found: Found<'r>,
}

impl ReadTag<'_> {
    /// Whether it is that one.
    #[must_use]
    pub fn is(&self, tag: &Tag) -> bool {
        self.found.is(tag)
    }

    /// That no variant has it.
    #[must_use]
    #[cold]
    pub fn unknown(self) -> RowError {
        match self.cell.read(|_, _| Err::<(), _>(self.found.error())) {
            Err(error) => error,
            Ok(()) => unreachable!("it is an error"),
        }
    }
}

#[derive(Debug)]
enum Found<'r> {
    Null,
    Text(&'r str),
    Integer(i64),
}

impl<'r> Found<'r> {
    fn read(column_type: &'r ColumnType, bytes: Option<&'r [u8]>) -> Result<Self, DecodeError> {
        if bytes.is_none() {
            return Ok(Found::Null);
        }
        Ok(match column_type {
            ColumnType::TinyInt => Found::Integer(i8::from_cql(column_type, bytes)?.into()),
            ColumnType::SmallInt => Found::Integer(i16::from_cql(column_type, bytes)?.into()),
            ColumnType::Int => Found::Integer(i32::from_cql(column_type, bytes)?.into()),
            ColumnType::BigInt => Found::Integer(i64::from_cql(column_type, bytes)?),
            _ => Found::Text(<&str>::from_cql(column_type, bytes)?),
        })
    }

    fn is(&self, tag: &Tag) -> bool {
        match (self, tag) {
            (Found::Text(one), Tag::Text(two)) => one == two,
            (Found::Integer(one), Tag::Integer(two)) => one == two,
            _ => false,
        }
    }

    fn error(&self) -> DecodeError {
        let value = match self {
            Found::Null => "null".to_owned(),
            // Enough to tell which it is.
            Found::Text(text) => format!("'{}'", text.chars().take(40).collect::<String>()),
            Found::Integer(number) => number.to_string(),
        };
        DecodeError::new("discriminator", 0, Problem::UnknownTag(value.into()))
    }
}
