//! A keyspace, its types, functions and aggregates.

use super::table::{Table, View};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A keyspace and everything in it.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Keyspace {
    /// Its name, without quotes.
    pub name: String,
    /// Its replication: `class` and the strategy's options. Empty for virtual keyspaces.
    pub replication: BTreeMap<String, String>,
    /// Whether writes go through the commit log.
    pub durable_writes: bool,
    /// Whether it holds tables that each node makes up from its own state (4.0 and newer).
    pub is_virtual: bool,
    pub(super) tables: BTreeMap<String, Arc<Table>>,
    pub(super) views: BTreeMap<String, Arc<View>>,
    pub(super) user_types: BTreeMap<String, Arc<UserType>>,
    pub(super) functions: BTreeMap<(String, Vec<String>), Arc<Function>>,
    pub(super) aggregates: BTreeMap<(String, Vec<String>), Arc<Aggregate>>,
}

impl Keyspace {
    /// The table of that name.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(name).map(|table| &**table)
    }

    /// Its tables by name.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.values().map(|table| &**table)
    }

    /// The materialized view of that name.
    #[must_use]
    pub fn view(&self, name: &str) -> Option<&View> {
        self.views.get(name).map(|view| &**view)
    }

    /// Its materialized views by name.
    pub fn views(&self) -> impl Iterator<Item = &View> {
        self.views.values().map(|view| &**view)
    }

    /// The user-defined type of that name.
    #[must_use]
    pub fn user_type(&self, name: &str) -> Option<&UserType> {
        self.user_types.get(name).map(|user_type| &**user_type)
    }

    /// Its user-defined types by name.
    pub fn user_types(&self) -> impl Iterator<Item = &UserType> {
        self.user_types.values().map(|user_type| &**user_type)
    }

    /// The functions of that name, which differ in their arguments.
    pub fn function(&self, name: &str) -> impl Iterator<Item = &Function> {
        self.functions().filter(move |function| function.name == name)
    }

    /// Its functions by name and types of arguments.
    pub fn functions(&self) -> impl Iterator<Item = &Function> {
        self.functions.values().map(|function| &**function)
    }

    /// The aggregates of that name, which differ in their arguments.
    pub fn aggregate(&self, name: &str) -> impl Iterator<Item = &Aggregate> {
        self.aggregates().filter(move |aggregate| aggregate.name == name)
    }

    /// Its aggregates by name and types of arguments.
    pub fn aggregates(&self) -> impl Iterator<Item = &Aggregate> {
        self.aggregates.values().map(|aggregate| &**aggregate)
    }

    /// Whether it is the server's own.
    #[must_use]
    pub fn is_of_server(&self) -> bool {
        const NAMES: [&str; 8] = [
            "system",
            "system_auth",
            "system_schema",
            "system_distributed",
            "system_traces",
            "system_views",
            "system_virtual_schema",
            "system_cluster_metadata",
        ];
        self.is_virtual || NAMES.contains(&self.name.as_str())
    }
}

/// A user-defined type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserType {
    /// Its keyspace.
    pub keyspace: String,
    /// Its name, without quotes.
    pub name: String,
    /// Names of its fields with their CQL types, in order.
    pub fields: Vec<(String, String)>,
}

/// A user-defined function (2.2 and newer).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Function {
    /// Its keyspace.
    pub keyspace: String,
    /// Its name, without quotes.
    pub name: String,
    /// Names of its arguments with their CQL types, in order.
    pub arguments: Vec<(String, String)>,
    /// The CQL type of what it returns.
    pub return_type: String,
    /// The language of the body: `java`, `javascript`.
    pub language: String,
    /// Its code.
    pub body: String,
    /// Whether it is called when an argument is null.
    pub called_on_null_input: bool,
}

/// A user-defined aggregate (2.2 and newer).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Aggregate {
    /// Its keyspace.
    pub keyspace: String,
    /// Its name, without quotes.
    pub name: String,
    /// The CQL types of its arguments, in order.
    pub argument_types: Vec<String>,
    /// The function that takes the state and a row's values, and returns the next state.
    pub state_function: String,
    /// The CQL type of the state.
    pub state_type: String,
    /// The function that makes the result of the last state, if there is one.
    pub final_function: Option<String>,
    /// The first state as a CQL literal; null if there is none. 2.2 does not tell it as text.
    pub initial_condition: Option<String>,
    /// The CQL type of what it returns.
    pub return_type: String,
}
