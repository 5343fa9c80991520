//! What a field of a model may be.

use super::type_def::{Native, TypeDef, UserTypeDef};
use bytes::Bytes;
use cql_driver::types::ColumnType;
use cql_driver::value::{
    Counter, CqlDate, CqlDecimal, CqlDuration, CqlTime, CqlTimestamp, CqlVarint, FromCql, ToCql,
};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hash};
use std::net::IpAddr;
use uuid::Uuid;

/// A Rust type that stands for one CQL type.
///
/// | Rust | CQL |
/// |---|---|
/// | `i8`, `i16`, `i32`, `i64`, `bool`, `f32`, `f64` | `tinyint`, `smallint`, `int`, `bigint`, `boolean`, `float`, `double` |
/// | `String`, `Vec<u8>`, `[u8; N]`, `Bytes` | `text`, `blob` |
/// | `Uuid`, [`TimeUuid`](crate::TimeUuid) | `uuid`, `timeuuid` |
/// | `CqlDate`, `CqlTime`, `CqlTimestamp`, `CqlDuration` | `date`, `time`, `timestamp`, `duration` |
/// | `CqlVarint`, `CqlDecimal`, `IpAddr`, `Counter` | `varint`, `decimal`, `inet`, `counter` |
/// | `Vec<T>`, `BTreeSet<T>` and `HashSet<T>`, `BTreeMap<K, V>` and `HashMap<K, V>` | `list`, `set`, `map`; null is empty |
/// | `[T; N]`, tuples up to 8 | `vector<T, N>`, `tuple` |
/// | `Option<T>` | as `T`, and may be null |
/// | a struct or enum with `#[derive(CqlType)]` or `#[derive(UserType)]` | what the derive says |
///
/// Aliases and newtypes work as what they stand for: the type is known by this trait, not by how it is spelled.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a column of a model",
    label = "no CQL type is known for this",
    note = "derive `CqlType` (newtypes, enums) or `UserType` (user-defined types), or say `#[cql(with = module)]`",
    note = "unsigned integers have no CQL type: use the signed one that has the column's size"
)]
pub trait CqlType: ToCql + for<'a> FromCql<'a> + Send + Sync + 'static {
    /// What a condition compares with and an assignment assigns: `T` for `Option<T>`, otherwise the type itself.
    type NonNull: CqlType;

    /// What kind of value it is, as far as columns differ by it: [`content`](crate::content).
    type Content;

    /// The CQL type.
    const TYPE: TypeDef;

    /// The type on the wire, for values that are encoded before there is a prepared statement.
    #[must_use]
    fn column_type() -> Cow<'static, ColumnType> {
        match Self::TYPE.thawed() {
            TypeDef::Native(native) => Cow::Borrowed(native.column_type()),
            other => Cow::Owned(other.column_type("")),
        }
    }

    /// Whether it is stored as null: `None`, and an empty collection.
    #[inline]
    fn is_null(&self) -> bool {
        false
    }
}

/// Kinds of values, as far as columns differ by them.
pub mod content {
    macro_rules! kinds {
        ($($(#[$doc:meta])* $name:ident;)*) => {
            $($(#[$doc])* #[derive(Debug)] #[non_exhaustive] pub struct $name;)*
        };
    }
    kinds! {
        /// A value.
        Value;
        /// A vector.
        Vector;
        /// A counter.
        Counter;
    }
}

/// A field that may be set to null by `clear()`: an `Option` or a collection.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` is never null",
    label = "`clear()` writes NULL, but the field is not an `Option` or a collection",
    note = "make the field an `Option`, or assign a value with `.to(..)`"
)]
pub trait Nullable: CqlType {}

macro_rules! natives {
    (@ Counter) => { content::Counter };
    (@ $native:ident) => { content::Value };
    ($($rust:ty => $native:ident),* $(,)?) => {
        $(
            impl CqlType for $rust {
                type NonNull = $rust;
                type Content = natives!(@ $native);
                const TYPE: TypeDef = TypeDef::Native(Native::$native);

                #[inline]
                fn column_type() -> Cow<'static, ColumnType> {
                    Cow::Borrowed(&ColumnType::$native)
                }
            }
        )*
    };
}

natives! {
    i8 => TinyInt, i16 => SmallInt, i32 => Int, i64 => BigInt, bool => Boolean, f32 => Float, f64 => Double,
    String => Text, Box<str> => Text, Vec<u8> => Blob, Bytes => Blob, Uuid => Uuid, IpAddr => Inet,
    CqlDate => Date, CqlTime => Time, CqlTimestamp => Timestamp, CqlDuration => Duration,
    CqlVarint => Varint, CqlDecimal => Decimal, Counter => Counter,
}

impl<const N: usize> CqlType for [u8; N] {
    type NonNull = Self;
    type Content = content::Value;
    const TYPE: TypeDef = TypeDef::Native(Native::Blob);
}

impl<T: CqlType> CqlType for Option<T> {
    type NonNull = T;
    type Content = T::Content;
    const TYPE: TypeDef = T::TYPE;

    fn column_type() -> Cow<'static, ColumnType> {
        T::column_type()
    }

    #[inline]
    fn is_null(&self) -> bool {
        self.as_ref().is_none_or(T::is_null)
    }
}

impl<T: CqlType> CqlType for Vec<T> {
    type NonNull = Self;
    type Content = content::Value;
    const TYPE: TypeDef = TypeDef::List(&T::TYPE);

    #[inline]
    fn is_null(&self) -> bool {
        self.is_empty()
    }
}

impl<T: CqlType, const N: usize> CqlType for [T; N] {
    type NonNull = Self;
    type Content = content::Vector;
    const TYPE: TypeDef = TypeDef::Vector(&T::TYPE, dimensions(N));
}

/// The number of a vector's elements.
const fn dimensions(count: usize) -> u32 {
    assert!(count >= 1 && count <= 8192, "a vector has 1 to 8192 elements");
    #[allow(clippy::cast_possible_truncation, reason = "checked above")]
    let dimensions = count as u32;
    dimensions
}

impl<T: CqlType + Ord> CqlType for BTreeSet<T> {
    type NonNull = Self;
    type Content = content::Value;
    const TYPE: TypeDef = TypeDef::Set(&T::TYPE);

    #[inline]
    fn is_null(&self) -> bool {
        self.is_empty()
    }
}

impl<T, S> CqlType for HashSet<T, S>
where
    T: CqlType + Eq + Hash,
    S: BuildHasher + Default + Send + Sync + 'static,
{
    type NonNull = Self;
    type Content = content::Value;
    const TYPE: TypeDef = TypeDef::Set(&T::TYPE);

    #[inline]
    fn is_null(&self) -> bool {
        self.is_empty()
    }
}

impl<K: CqlType + Ord, V: CqlType> CqlType for BTreeMap<K, V> {
    type NonNull = Self;
    type Content = content::Value;
    const TYPE: TypeDef = TypeDef::Map(&K::TYPE, &V::TYPE);

    #[inline]
    fn is_null(&self) -> bool {
        self.is_empty()
    }
}

impl<K, V, S> CqlType for HashMap<K, V, S>
where
    K: CqlType + Eq + Hash,
    V: CqlType,
    S: BuildHasher + Default + Send + Sync + 'static,
{
    type NonNull = Self;
    type Content = content::Value;
    const TYPE: TypeDef = TypeDef::Map(&K::TYPE, &V::TYPE);

    #[inline]
    fn is_null(&self) -> bool {
        self.is_empty()
    }
}

impl<T: CqlType> Nullable for Option<T> {}
impl<T: CqlType> Nullable for Vec<T> {}
impl<T: CqlType + Ord> Nullable for BTreeSet<T> {}
impl<T, S> Nullable for HashSet<T, S> where HashSet<T, S>: CqlType {}
impl<K: CqlType + Ord, V: CqlType> Nullable for BTreeMap<K, V> {}
impl<K, V, S> Nullable for HashMap<K, V, S> where HashMap<K, V, S>: CqlType {}

macro_rules! tuples {
    ($($($part:ident)+;)*) => {
        $(
            impl<$($part: CqlType),+> CqlType for ($($part,)+) {
                type NonNull = Self;
                type Content = content::Value;
                const TYPE: TypeDef = TypeDef::Tuple(&[$($part::TYPE),+]);
            }
        )*
    };
}

tuples! {
    A; A B; A B C; A B C D; A B C D E; A B C D E F; A B C D E F G; A B C D E F G H;
}

/// A struct that stands for a user-defined type. Derived.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a user-defined type",
    note = "derive `UserType` for the struct"
)]
pub trait UserType: CqlType {
    /// The type's name and fields.
    const DEF: &'static UserTypeDef;
    /// A field's marker for each field.
    #[doc(hidden)]
    type Fields;
    #[doc(hidden)]
    const FIELDS: Self::Fields;
}
