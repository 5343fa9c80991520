//! The derives where names are hostile: no prelude, another name of the crate, fields and types that are named like what
//! the generated code uses; and without a warning.
#![no_implicit_prelude]
#![deny(warnings, missing_docs, clippy::all, clippy::pedantic, unused_qualifications)]
#![allow(clippy::exhaustive_structs, clippy::exhaustive_enums, clippy::panic, reason = "all of it is tests")]

/// The driver under another name.
pub extern crate cql_protocol as renamed;

/// A crate that re-exports the driver.
pub mod facade {
    pub use ::renamed as driver;
}

/// Types that shadow those of the standard library.
pub mod hostile {
    /// Shadows.
    #[derive(::std::fmt::Debug)]
    pub struct Option;
    /// Shadows.
    #[derive(::std::fmt::Debug)]
    pub struct Result;
    /// Shadows.
    #[derive(::std::fmt::Debug)]
    pub struct Vec;
    /// Shadows.
    #[derive(::std::fmt::Debug)]
    pub struct Some;
    /// Shadows.
    #[derive(::std::fmt::Debug)]
    pub struct Ok;
    /// Shadows.
    pub mod core {}
    /// Shadows.
    pub mod std {}
    /// Shadows.
    pub mod value {}

    /// Named like the variables of functions that read and bind.
    #[derive(
        ::cql_derive::FromRow,
        ::cql_derive::BindRow,
        ::cql_derive::FromCql,
        ::cql_derive::ToCql,
        ::std::fmt::Debug,
        ::std::cmp::PartialEq,
    )]
    #[cql(crate = "crate::facade::driver")]
    pub struct Fields<'r, T> {
        /// A keyword.
        pub r#type: i32,
        /// Another.
        pub r#match: i64,
        /// A variable.
        pub result: ::std::option::Option<&'r str>,
        /// A variable.
        pub row: ::std::string::String,
        /// A variable.
        pub plan: T,
        /// A variable.
        pub columns: bool,
        /// A variable.
        pub values: i8,
        /// A variable.
        pub out: i16,
        /// A variable.
        pub self_: f32,
        /// A variable.
        pub this: f64,
        /// With a default.
        #[cql(default)]
        pub column: ::std::vec::Vec<u8>,
        /// No column.
        #[cql(skip)]
        pub ok: (),
    }

    /// Around a value.
    #[derive(::std::fmt::Debug, ::cql_derive::FromCql, ::cql_derive::ToCql)]
    #[cql(crate = crate::renamed)]
    pub struct Newtype(pub i32);

    /// Text.
    #[derive(
        ::std::fmt::Debug,
        ::cql_derive::FromCql,
        ::cql_derive::ToCql,
        ::std::clone::Clone,
        ::std::marker::Copy,
    )]
    #[cql(crate = ::renamed)]
    pub enum Text {
        /// Named like a variant of a prelude.
        Some,
        /// Likewise.
        None,
        /// A keyword.
        r#Type,
    }

    /// Numbers.
    #[derive(
        ::std::fmt::Debug,
        ::cql_derive::FromCql,
        ::cql_derive::ToCql,
        ::std::clone::Clone,
        ::std::marker::Copy,
    )]
    #[cql(crate = ::renamed, repr = "bigint")]
    pub enum Number {
        /// One.
        Ok = 1,
        /// Two.
        Err = 2,
    }
}

use ::std::{assert_eq, vec};
use facade::driver::types::{ColumnSpec, ColumnType, TableSpec};
use facade::driver::value::{BindRow as _, RowIter, ValuesWriter};

#[test]
fn generated_code_uses_no_name_of_its_surroundings() {
    use ::std::convert::{From as _, Into as _};
    use ::std::iter::Iterator as _;
    use ::std::result::Result::Ok;
    let table = ::std::sync::Arc::new(TableSpec::new("ks", "t"));
    let named = [
        ("type", ColumnType::Int),
        ("match", ColumnType::BigInt),
        ("result", ColumnType::Text),
        ("row", ColumnType::Text),
        ("plan", ColumnType::Text),
        ("columns", ColumnType::Boolean),
        ("values", ColumnType::TinyInt),
        ("out", ColumnType::SmallInt),
        ("self_", ColumnType::Float),
        ("this", ColumnType::Double),
        ("column", ColumnType::Blob),
    ];
    let columns = named.map(|(name, of_type)| ColumnSpec::new(table.clone_from_outside(), name, of_type));
    let fields = || hostile::Fields {
        r#type: 1,
        r#match: 2,
        result: ::std::option::Option::Some("r"),
        row: ::std::string::String::from("row"),
        plan: ::std::string::String::from("plan"),
        columns: true,
        values: 3,
        out: 4,
        self_: 5.0,
        this: 6.0,
        column: vec![7],
        ok: (),
    };
    let mut out = vec![];
    fields()
        .bind(&columns, &mut ValuesWriter::new(&mut out, facade::driver::ProtocolVersion::V4))
        .unwrap_outside();
    let _: &[u8] = out[2..].into();
    let mut rows =
        RowIter::<hostile::Fields<'_, ::std::string::String>>::new(&columns, &out[2..], 1).unwrap_outside();
    let ::std::option::Option::Some(Ok(row)) = rows.next() else { ::std::panic!("no row") };
    assert_eq!(row, fields());
}

/// What the prelude would bring, under names of our own.
trait Outside: ::std::clone::Clone {
    fn clone_from_outside(&self) -> Self {
        ::std::clone::Clone::clone(self)
    }
}

impl<T> Outside for ::std::sync::Arc<T> {}

trait Unwrap<T> {
    fn unwrap_outside(self) -> T;
}

impl<T, E: ::std::fmt::Debug> Unwrap<T> for ::std::result::Result<T, E> {
    fn unwrap_outside(self) -> T {
        match self {
            ::std::result::Result::Ok(value) => value,
            ::std::result::Result::Err(error) => ::std::panic!("{error:?}"),
        }
    }
}
