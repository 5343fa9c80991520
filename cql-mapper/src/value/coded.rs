//! Values that a module of the application's reads and writes: `#[cql(with = module)]`.

use super::bind::{Bind, write_as};
use super::cql_type::{CqlType, content};
use super::type_def::TypeDef;
use cql_driver::types::ColumnType;
use cql_driver::value::{DecodeError, Encoded, FromCql, ToCql, TypeMismatch, ValueError};
use std::fmt;
use std::marker::PhantomData;

/// How a `T` is stored. Derived from the module that `with` names.
pub trait Codec<T>: 'static {
    /// The CQL type.
    const TYPE: TypeDef;

    /// Writes a value.
    ///
    /// # Errors
    /// When it cannot be written.
    fn to_cql(value: &T, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError>;

    /// Reads a value.
    ///
    /// # Errors
    /// When the bytes are none.
    fn from_cql<'a>(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<T, DecodeError>;

    /// Checks that a column can hold it.
    ///
    /// # Errors
    /// When it cannot.
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch>;
}

/// A `T` that `C` reads and writes: what a column with `#[cql(with = module)]` holds.
pub struct Coded<T, C> {
    value: T,
    of: PhantomData<fn() -> C>,
}

impl<T, C> Coded<T, C> {
    /// With that value.
    pub fn new(value: T) -> Self {
        Coded { value, of: PhantomData }
    }

    /// The value.
    pub fn get(&self) -> &T {
        &self.value
    }

    /// The value.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T: fmt::Debug, C> fmt::Debug for Coded<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<T, C: Codec<T>> ToCql for Coded<T, C> {
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        C::to_cql(&self.value, column_type, out)
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(C::TYPE.column_type(""))
    }
}

impl<'a, T, C: Codec<T>> FromCql<'a> for Coded<T, C> {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        C::type_check(column_type)
    }

    fn from_cql(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        C::from_cql(column_type, bytes).map(Coded::new)
    }
}

impl<T: Send + Sync + 'static, C: Codec<T>> CqlType for Coded<T, C> {
    type NonNull = Self;
    type Content = content::Value;
    const TYPE: TypeDef = C::TYPE;
}

/// Writes a value without taking it.
struct Borrowed<'a, T, C>(&'a T, PhantomData<fn() -> C>);

impl<T, C: Codec<T>> ToCql for Borrowed<'_, T, C> {
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        C::to_cql(self.0, column_type, out)
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(C::TYPE.column_type(""))
    }
}

impl<T: Send + Sync + 'static, C: Codec<T>> Bind<Coded<T, C>> for T {
    fn bind(&self, out: &mut Vec<u8>) -> Result<(), ValueError> {
        write_as::<Coded<T, C>, _>(&Borrowed::<T, C>(self, PhantomData), out)
    }
}

impl<T: Send + Sync + 'static, C: Codec<T>> Bind<Coded<T, C>> for &T {
    fn bind(&self, out: &mut Vec<u8>) -> Result<(), ValueError> {
        write_as::<Coded<T, C>, _>(&Borrowed::<T, C>(*self, PhantomData), out)
    }
}
