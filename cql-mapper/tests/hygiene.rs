//! Scenario M40: models where every name that derived code might use means something else, under strict lints.
#![no_implicit_prelude]
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, clippy::pedantic)]
#![allow(dead_code, clippy::exhaustive_structs, clippy::exhaustive_enums, reason = "all of it is a test")]

/// The mapper under another name.
pub extern crate cql_mapper as renamed;

/// What the application calls its models.
pub mod models {
    use ::core::clone::Clone;
    use ::core::cmp::PartialEq;
    use ::core::fmt::Debug;
    use ::renamed::{Columns, CqlType, Model, PolymorphicModel, Projection, UserType, View};

    /// Names of the standard library with another meaning.
    #[derive(Debug)]
    pub(crate) struct Option;
    /// Another.
    #[derive(Debug)]
    pub(crate) struct Result;
    /// Another.
    #[derive(Debug)]
    pub(crate) struct Vec;

    /// A [`User`], which is a link to the struct.
    #[derive(Model, Debug, Clone, PartialEq)]
    #[cql(crate = ::renamed, keyspace = "app", table = "users")]
    pub struct User {
        /// A key.
        #[cql(partition_key)]
        pub id: i32,
        /// A keyword.
        #[cql(clustering_key)]
        pub r#type: ::std::string::String,
        /// A name of a method of columns.
        pub eq: i32,
        /// A name of a method of queries.
        pub filter: ::core::option::Option<i32>,
        /// The name of a type.
        pub i64: i64,
        /// Another one.
        pub bool: bool,
        /// A place.
        pub address: ::core::option::Option<Address>,
        /// A number.
        kind: Kind,
    }

    impl User {
        /// A getter of a field's name.
        #[must_use]
        pub fn id(&self) -> i32 {
            self.id
        }

        /// A method of a name that models have.
        #[must_use]
        pub fn insert(&self) -> i64 {
            self.i64
        }

        /// Another.
        #[must_use]
        pub fn objects() -> i32 {
            7
        }
    }

    /// A place.
    #[derive(UserType, Debug, Clone, PartialEq)]
    #[cql(crate = ::renamed)]
    pub struct Address {
        /// A street.
        pub street: ::std::string::String,
        /// A keyword.
        pub r#move: bool,
    }

    /// A number by name.
    #[derive(CqlType, Debug, Clone, Copy, PartialEq)]
    #[cql(crate = ::renamed, repr = "int")]
    pub enum Kind {
        /// One.
        One = 1,
        /// Two.
        Two = 2,
    }

    /// Some of it.
    #[derive(Projection, Debug)]
    #[cql(crate = ::renamed, model = User)]
    pub struct Part {
        /// A keyword.
        pub r#type: ::std::string::String,
        /// A name.
        pub eq: i32,
    }

    /// What several models have.
    #[derive(Columns, Debug, Clone, PartialEq)]
    #[cql(crate = ::renamed)]
    pub struct Audit {
        /// A name of a method of columns.
        #[cql(on_update = 5)]
        pub set: i64,
        /// A keyword.
        #[cql(default, validate = fine)]
        pub r#in: i32,
    }

    #[allow(clippy::trivially_copy_pass_by_ref, clippy::unnecessary_wraps, reason = "as `validate` wants it")]
    fn fine(_: &i32) -> ::core::result::Result<(), &'static str> {
        ::core::result::Result::Ok(())
    }

    /// One of two in a table.
    #[derive(Model, Debug)]
    #[cql(crate = ::renamed, variant_of = Any, primary_key(id, part desc))]
    pub struct One {
        /// A key.
        pub id: i32,
        /// Another.
        pub part: i32,
        /// Shared.
        #[cql(flatten)]
        pub audit: Audit,
        /// Counted.
        #[cql(version)]
        pub version: i32,
    }

    /// The other.
    #[derive(Model, Debug)]
    #[cql(crate = ::renamed, variant_of = Any)]
    pub struct Two {
        #[cql(partition_key)]
        id: i32,
        #[cql(clustering_key(desc))]
        part: i32,
        #[cql(with = lengths)]
        first: ::std::string::String,
    }

    /// A text by its length.
    #[allow(clippy::ptr_arg, reason = "as `with` wants it")]
    mod lengths {
        use ::core::option::Option;
        use ::core::result::Result;
        use ::cql_driver::types::ColumnType;
        use ::cql_driver::value::{DecodeError, Encoded, FromCql, ToCql, TypeMismatch, ValueError};
        use ::renamed::{Native, TypeDef};
        use ::std::string::String;
        use ::std::vec::Vec;

        pub(super) const TYPE: TypeDef = TypeDef::Native(Native::BigInt);

        pub(super) fn to_cql(
            text: &String,
            of: &ColumnType,
            out: &mut Vec<u8>,
        ) -> Result<Encoded, ValueError> {
            ToCql::to_cql(&i64::try_from(text.len()).unwrap_or(0), of, out)
        }

        pub(super) fn natural_type(_: &String) -> Option<ColumnType> {
            Option::None
        }

        pub(super) fn from_cql(of: &ColumnType, bytes: Option<&[u8]>) -> Result<String, DecodeError> {
            i64::from_cql(of, bytes).map(|length| " ".repeat(usize::try_from(length).unwrap_or(0)))
        }

        pub(super) fn type_check(of: &ColumnType) -> Result<(), TypeMismatch> {
            i64::type_check(of)
        }

        use ::core::convert::TryFrom as _;
    }

    /// Both.
    #[derive(PolymorphicModel, Debug)]
    #[cql(crate = ::renamed, keyspace = "app", table = "any", discriminator(column = "type"))]
    pub enum Any {
        /// The first.
        One(One),
        /// The second.
        Two(Two),
    }

    /// A view.
    #[derive(View, Debug)]
    #[cql(crate = ::renamed, base = User)]
    pub struct Seen {
        #[cql(partition_key)]
        i64: i64,
        #[cql(clustering_key)]
        id: i32,
        #[cql(clustering_key)]
        r#type: ::std::string::String,
    }

    /// Seen here alone.
    pub(crate) mod inner {
        use ::renamed::Model;

        #[derive(Model)]
        #[cql(crate = ::renamed)]
        struct Private {
            #[cql(partition_key)]
            id: i32,
        }

        #[derive(Model)]
        #[cql(crate = ::renamed)]
        pub(in crate::models) struct Restricted {
            #[cql(partition_key)]
            id: i32,
        }
    }
}

use ::core::assert_eq;
use ::renamed::{ColumnExt as _, ModelExt};
use models::{Any, One, Part, User as Person};

/// Both namespaces are renamed by one `use`, and methods of the model stand before those of the traits.
#[test]
fn generated_code_uses_no_name_of_its_surroundings() {
    let found = <Person as ModelExt>::objects()
        .filter(Person.id.eq(1))
        .filter(Person.r#type.eq("a"))
        .allow_filtering()
        .filter(Person.eq.eq(2))
        .filter(Person.filter.eq(3))
        .project::<Part>();
    assert_eq!(
        found.cql(),
        "SELECT type, eq FROM app.users WHERE id = ? AND type = ? AND eq = ? AND filter = ? ALLOW FILTERING"
    );
    assert_eq!(Person::objects(), 7);
    let any = <Any as ModelExt>::update((1, 2)).set(One.audit.r#in.to(3));
    assert_eq!(any.cql(), "UPDATE app.any SET \"in\" = ? WHERE id = ? AND part = ?");
    let one = <One as ModelExt>::update((1, 2)).set(One.audit.r#in.to(3));
    assert_eq!(one.cql(), "UPDATE app.any SET \"in\" = ?, \"set\" = ? WHERE id = ? AND part = ?");
    let column = &<Person as ::renamed::Model>::META.columns[1];
    assert_eq!((column.name, column.field), ("type", "type"));
}
