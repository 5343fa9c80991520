//! Derives of `cql-driver` (feature `derive`): structs as rows and as values of statements, structs and enums as CQL types.
//!
//! Use them by way of `cql_driver`, which re-exports each beside the trait of its name:
//!
//! ```ignore
//! use cql_driver::value::{BindRow, FromCql, FromRow, ToCql};
//!
//! #[derive(FromRow, BindRow)]
//! struct Reading<'a> {
//!     sensor: &'a str,
//!     #[cql(rename = "batteryPct")]
//!     battery: Option<i32>,
//!     status: Status,
//! }
//!
//! #[derive(FromCql, ToCql)]
//! #[cql(rename_all = "snake_case")]
//! enum Status { Ok, LowBattery }
//! ```
//!
//! # Attributes
//! All stand in `#[cql(…)]`. What a derive has no use for, another one on the same type may need: it is passed over.
//!
//! | on the type | what it does |
//! |---|---|
//! | `rename_all = "camelCase"` | converts the names of fields or variants; the conventions are those of serde |
//! | `deny_unknown_fields` | `FromRow`: a column without a field is an error; `FromCql`: a field of the type without one here is |
//! | `transparent` | a struct of one named field is stored as that field, as one without a name always is |
//! | `repr = "int"` | an enum is stored by its variants' numbers, as tinyint, smallint, int or bigint; else as text |
//! | `crate = path` | where `cql_driver` (or `cql_protocol`) is, if not at `::cql_driver` |
//!
//! | on a field | what it does |
//! |---|---|
//! | `rename = "name"` | its name in CQL |
//! | `skip` | it has no place in CQL; it is `Default::default()` when read, or what `default = path` returns |
//! | `default`, `default = path` | null, and a column or field that is not there, are read as `Default::default()` or `path()` |
//! | `flatten` | its fields are fields of the struct it is in |
//! | `with = module` | `module::{to_cql, natural_type, from_cql, type_check}` take the place of its type's traits |
//!
//! A variant takes `rename`, and one variant `other`: it holds what no other variant stands for (`Other(String)`, or the
//! number), and is written as that. Paths stand with or without quotes.
//!
//! The crate's place is told by an attribute, not guessed from Cargo.toml: a guess reads files while it compiles, brings
//! a parser of TOML to every build, and is wrong where a third crate re-exports the driver.

mod attributes;
mod bind_row;
mod case;
mod cql_type;
mod errors;
mod from_cql;
mod from_row;
mod input;
mod model;
mod reading;
mod to_cql;
mod visibility;

use crate::errors::Errors;
use crate::input::Input;
use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

/// Reads rows into the fields of a struct by their names, or by position where fields have none.
///
/// Columns are found and their types checked once per result; reading a row then allocates nothing itself, and fields such
/// as `&'a str` borrow from the page. Columns without a field are passed over. A column that is not there, and null
/// for a type without null, are errors unless the field has a `default`.
#[proc_macro_derive(FromRow, attributes(cql))]
pub fn derive_from_row(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(input, from_row::expand, from_row::skeleton)
}

/// Binds the fields of a struct to a statement's markers by their names, or by position where fields have none.
///
/// Every marker must have a field and every field a marker; otherwise nothing is sent, and the error names the one at
/// fault. To leave a column as it is, use `MaybeUnset`.
#[proc_macro_derive(BindRow, attributes(cql))]
pub fn derive_bind_row(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(input, bind_row::expand, bind_row::skeleton)
}

/// Reads a CQL value: a user-defined type into a struct by the names of its fields, whatever their order; a value into a
/// struct around it; a tuple into a struct of unnamed fields; text or a number into an enum.
///
/// Fields that only the user-defined type has are passed over, and values written before a field was added have null
/// for it. A field that only the struct has is an error, unless it has a `default`.
#[proc_macro_derive(FromCql, attributes(cql))]
pub fn derive_from_cql(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(input, from_cql::expand, from_cql::skeleton)
}

/// Writes a CQL value, the other way round from `FromCql`.
///
/// Fields that only the user-defined type has are written as null. A field that only the struct has is an error: what it
/// holds would be lost.
#[proc_macro_derive(ToCql, attributes(cql))]
pub fn derive_to_cql(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(input, to_cql::expand, to_cql::skeleton)
}

/// A struct as the rows of a table: see `cql_mapper::Model`.
#[proc_macro_derive(Model, attributes(cql))]
pub fn derive_model(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    of_mapper(input, model::expand)
}

/// A struct as the rows of a materialized view: see `cql_mapper::View`.
#[proc_macro_derive(View, attributes(cql))]
pub fn derive_view(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    of_mapper(input, model::expand_view)
}

/// A struct as columns that several models share: see `cql_mapper::Columns`.
#[proc_macro_derive(Columns, attributes(cql))]
pub fn derive_columns(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    of_mapper(input, model::expand_columns)
}

/// An enum of models whose rows are in one table: see `cql_mapper::PolymorphicModel`.
#[proc_macro_derive(PolymorphicModel, attributes(cql))]
pub fn derive_polymorphic_model(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    of_mapper(input, model::expand_polymorphic)
}

/// A struct with some of a model's columns: see `cql_mapper::Projection`.
#[proc_macro_derive(Projection, attributes(cql))]
pub fn derive_projection(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    of_mapper(input, model::expand_projection)
}

/// A newtype or an enum as the value of a column: see `cql_mapper::CqlType`.
#[proc_macro_derive(CqlType, attributes(cql))]
pub fn derive_cql_type(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive_for(input, Input::of_mapper, cql_type::expand, cql_type::skeleton)
}

/// A struct as a user-defined type: see `cql_mapper::UserType`.
#[proc_macro_derive(UserType, attributes(cql))]
pub fn derive_user_type(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive_for(input, Input::of_mapper, cql_type::expand_user_type, cql_type::skeleton)
}

fn of_mapper(
    input: proc_macro::TokenStream,
    expand: fn(DeriveInput) -> TokenStream,
) -> proc_macro::TokenStream {
    match syn::parse::<DeriveInput>(input) {
        Ok(input) => expand(input).into(),
        Err(error) => error.into_compile_error().into(),
    }
}

/// Either the implementation, or all mistakes and an implementation that does nothing: who edits the type sees the
/// mistakes and not, in addition, every use of a trait that is missing.
fn derive(
    input: proc_macro::TokenStream,
    expand: fn(&Input, &mut Errors) -> TokenStream,
    skeleton: fn(&Input) -> TokenStream,
) -> proc_macro::TokenStream {
    derive_for(input, |input| input, expand, skeleton)
}

fn derive_for(
    input: proc_macro::TokenStream,
    prepare: fn(Input) -> Input,
    expand: fn(&Input, &mut Errors) -> TokenStream,
    skeleton: fn(&Input) -> TokenStream,
) -> proc_macro::TokenStream {
    let input = match syn::parse::<DeriveInput>(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error().into(),
    };
    let mut errors = Errors::default();
    let input = prepare(Input::new(input, &mut errors));
    let expanded = expand(&input, &mut errors);
    if errors.is_empty() {
        return expanded.into();
    }
    let (mistakes, skeleton) = (errors.into_tokens(), skeleton(&input));
    quote!(#mistakes #skeleton).into()
}
