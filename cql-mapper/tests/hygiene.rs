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
    use ::renamed::{CqlType, Model, Projection, UserType};

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
use models::{Part, User as Person};

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
    let column = &<Person as ::renamed::Model>::META.columns[1];
    assert_eq!((column.name, column.field), ("type", "type"));
}
