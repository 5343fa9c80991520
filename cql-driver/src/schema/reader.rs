//! Reads the schema, or the part of it that changed, from the system tables of one node.

use super::parse::{self, Objects};
use super::{Schema, cql::Literal, keyspace_of_2x};
use crate::config::SchemaMetadata;
use crate::connection::{Connection, query};
use crate::error::Error;
use crate::result::QueryResult;
use cql_protocol::response::{ErrorCode, SchemaTarget};
use cql_protocol::value::RawRow;
use futures::future::try_join_all;
use std::sync::Arc;
use std::time::Duration;

/// What is read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// Everything.
    All,
    /// A keyspace and all in it.
    Keyspace(String),
    /// A table or view.
    Table(String, String),
    /// A user-defined type.
    Type(String, String),
    /// The functions and aggregates of a name.
    Functions(String, String),
}

impl Scope {
    /// What a change touched.
    pub(crate) fn of(target: &SchemaTarget) -> Scope {
        match target.clone() {
            SchemaTarget::Keyspace { keyspace } => Scope::Keyspace(keyspace),
            SchemaTarget::Table { keyspace, name } => Scope::Table(keyspace, name),
            SchemaTarget::Type { keyspace, name } => Scope::Type(keyspace, name),
            SchemaTarget::Function { keyspace, name, .. }
            | SchemaTarget::Aggregate { keyspace, name, .. } => Scope::Functions(keyspace, name),
            _ => Scope::All,
        }
    }

    fn keyspace(&self) -> Option<&str> {
        match self {
            Scope::All => None,
            Scope::Keyspace(keyspace)
            | Scope::Table(keyspace, _)
            | Scope::Type(keyspace, _)
            | Scope::Functions(keyspace, _) => Some(keyspace),
        }
    }

    /// Whether it is a part of the keyspace that the other is.
    pub(crate) fn is_within(&self, other: &Scope) -> bool {
        matches!(other, Scope::All)
            || matches!((self.keyspace(), other), (Some(of), Scope::Keyspace(keyspace)) if of == keyspace)
    }
}

/// A system table that describes a kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Keyspaces,
    Tables,
    Columns,
    Masks,
    Indexes,
    Triggers,
    Views,
    Types,
    Functions,
    Aggregates,
    VirtualKeyspaces,
    VirtualTables,
    VirtualColumns,
}

use Source::{
    Aggregates, Columns, Functions, Indexes, Keyspaces, Masks, Tables, Triggers, Types, Views,
    VirtualColumns, VirtualKeyspaces, VirtualTables,
};

const OF_KEYSPACE: &[Source] =
    &[Keyspaces, Tables, Columns, Masks, Indexes, Triggers, Views, Types, Functions, Aggregates];
const OF_ALL: &[Source] = &[
    Keyspaces,
    Tables,
    Columns,
    Masks,
    Indexes,
    Triggers,
    Views,
    Types,
    Functions,
    Aggregates,
    VirtualKeyspaces,
    VirtualTables,
    VirtualColumns,
];

/// Where releases keep their schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// 3.0 and newer.
    SystemSchema,
    /// 2.1 and 2.2.
    Of2x,
}

impl Source {
    /// Its table, and the column that has the object's name.
    fn table(self, layout: Layout) -> Option<(&'static str, &'static str)> {
        Some(match (layout, self) {
            (Layout::SystemSchema, Keyspaces) => ("system_schema.keyspaces", ""),
            (Layout::SystemSchema, Tables) => ("system_schema.tables", "table_name"),
            (Layout::SystemSchema, Columns) => ("system_schema.columns", "table_name"),
            (Layout::SystemSchema, Masks) => ("system_schema.column_masks", "table_name"),
            (Layout::SystemSchema, Indexes) => ("system_schema.indexes", "table_name"),
            (Layout::SystemSchema, Triggers) => ("system_schema.triggers", "table_name"),
            (Layout::SystemSchema, Views) => ("system_schema.views", "view_name"),
            (Layout::SystemSchema, Types) => ("system_schema.types", "type_name"),
            (Layout::SystemSchema, Functions) => ("system_schema.functions", "function_name"),
            (Layout::SystemSchema, Aggregates) => ("system_schema.aggregates", "aggregate_name"),
            (Layout::SystemSchema, VirtualKeyspaces) => ("system_virtual_schema.keyspaces", ""),
            (Layout::SystemSchema, VirtualTables) => ("system_virtual_schema.tables", ""),
            (Layout::SystemSchema, VirtualColumns) => ("system_virtual_schema.columns", ""),
            (Layout::Of2x, Keyspaces) => ("system.schema_keyspaces", ""),
            (Layout::Of2x, Tables) => ("system.schema_columnfamilies", "columnfamily_name"),
            (Layout::Of2x, Columns) => ("system.schema_columns", "columnfamily_name"),
            (Layout::Of2x, Triggers) => ("system.schema_triggers", "columnfamily_name"),
            (Layout::Of2x, Types) => ("system.schema_usertypes", "type_name"),
            (Layout::Of2x, Functions) => ("system.schema_functions", "function_name"),
            (Layout::Of2x, Aggregates) => ("system.schema_aggregates", "aggregate_name"),
            _ => return None,
        })
    }
}

/// The rows that were read.
#[derive(Debug, Default)]
pub(super) struct Results(Vec<(Source, QueryResult)>);

impl Results {
    /// The rows of a table; none if it is not there, or was not read, and up to the first that cannot be read.
    pub(super) fn rows(&self, source: Source) -> impl Iterator<Item = RawRow<'_>> {
        let result = self.0.iter().find(|(of, _)| *of == source);
        let rows = result.and_then(|(_, result)| result.rows::<RawRow<'_>>().ok());
        rows.into_iter().flatten().map_while(Result::ok)
    }
}

/// Reads from one node.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    connection: &'a Arc<Connection>,
    timeout: Duration,
    metadata: &'a SchemaMetadata,
    layout: Layout,
}

impl<'a> Reader<'a> {
    /// Finds out where the node keeps its schema.
    pub(super) async fn new(
        connection: &'a Arc<Connection>,
        timeout: Duration,
        metadata: &'a SchemaMetadata,
    ) -> Result<Self, Error> {
        let mut reader = Reader { connection, timeout, metadata, layout: Layout::SystemSchema };
        let probe = "SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = 'system'";
        if reader.query_if_there(probe).await?.is_none() {
            reader.layout = Layout::Of2x;
        }
        Ok(reader)
    }

    /// The schema as it was but for what is within the scope, which is read.
    pub(super) async fn read(&self, scope: &Scope, schema: &Schema) -> Result<Schema, Error> {
        if scope.keyspace().is_some_and(|keyspace| !self.metadata.includes(keyspace)) {
            return Ok(schema.clone());
        }
        let (sources, keyspace, name): (&[Source], Option<&str>, Option<&str>) = match scope {
            Scope::All => (OF_ALL, None, None),
            Scope::Keyspace(keyspace) => (OF_KEYSPACE, Some(keyspace), None),
            Scope::Table(keyspace, name) => {
                (&[Tables, Columns, Masks, Indexes, Triggers, Views], Some(keyspace), Some(name))
            }
            Scope::Type(keyspace, name) => (&[Types], Some(keyspace), Some(name)),
            Scope::Functions(keyspace, name) => (&[Functions, Aggregates], Some(keyspace), Some(name)),
        };
        let read = sources.iter().filter_map(|source| {
            let (table, column) = source.table(self.layout)?;
            let condition = self.condition(keyspace, name.map(|name| (column, name)));
            Some(async move {
                let result = self.query_if_there(&format!("SELECT * FROM {table}{condition}")).await?;
                Ok::<_, Error>(result.map(|result| (*source, result)))
            })
        });
        let results = Results(try_join_all(read).await?.into_iter().flatten().collect());
        let objects = match self.layout {
            Layout::SystemSchema => parse::objects(&results),
            Layout::Of2x => keyspace_of_2x::objects(&results),
        };
        if objects.skipped.0 > 0 {
            tracing::warn!(rows = objects.skipped.0, node = %self.connection.address(), "rows of the schema skipped");
        }
        Ok(merge(schema, scope, objects, self.metadata))
    }

    fn condition(&self, keyspace: Option<&str>, name: Option<(&str, &str)>) -> String {
        match (keyspace, name) {
            (None, _) => match self.metadata.names() {
                Some(keyspaces) => {
                    let names = super::cql::joined(keyspaces.iter().map(|name| Literal(name)), ", ");
                    format!(" WHERE keyspace_name IN ({names})")
                }
                None => String::new(),
            },
            (Some(keyspace), Some((column, name))) => {
                format!(" WHERE keyspace_name = {} AND {column} = {}", Literal(keyspace), Literal(name))
            }
            (Some(keyspace), None) => format!(" WHERE keyspace_name = {}", Literal(keyspace)),
        }
    }

    /// `None` when the node has no such table.
    async fn query_if_there(&self, text: &str) -> Result<Option<QueryResult>, Error> {
        match query(self.connection, text, self.timeout).await {
            Ok(result) => Ok(Some(result)),
            Err(error) if error.server_error().is_some_and(|error| error.code == ErrorCode::INVALID) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Puts what was read in the place of what was there within the scope.
fn merge(schema: &Schema, scope: &Scope, objects: Objects, metadata: &SchemaMetadata) -> Schema {
    let mut schema = schema.clone();
    match scope {
        Scope::All => schema = Schema::default(),
        Scope::Keyspace(keyspace) => schema.remove(keyspace),
        Scope::Table(keyspace, name) => {
            if let Some(keyspace) = schema.keyspace_mut(keyspace) {
                keyspace.tables.remove(name);
                keyspace.views.remove(name);
            }
        }
        Scope::Type(keyspace, name) => {
            if let Some(keyspace) = schema.keyspace_mut(keyspace) {
                keyspace.user_types.remove(name);
            }
        }
        Scope::Functions(keyspace, name) => {
            if let Some(keyspace) = schema.keyspace_mut(keyspace) {
                keyspace.functions.retain(|(of, _), _| of != name);
                keyspace.aggregates.retain(|(of, _), _| of != name);
            }
        }
    }
    for keyspace in objects.keyspaces.into_iter().filter(|keyspace| metadata.includes(&keyspace.name)) {
        schema.insert(keyspace);
    }
    // What is of a keyspace that is not known came between two reads; an event tells of it.
    for table in objects.tables {
        if let Some(keyspace) = schema.keyspace_mut(&table.keyspace) {
            keyspace.tables.insert(table.name.clone(), Arc::new(table));
        }
    }
    for view in objects.views {
        if let Some(keyspace) = schema.keyspace_mut(&view.table.keyspace) {
            keyspace.views.insert(view.table.name.clone(), Arc::new(view));
        }
    }
    for of in objects.user_types {
        if let Some(keyspace) = schema.keyspace_mut(&of.keyspace) {
            keyspace.user_types.insert(of.name.clone(), Arc::new(of));
        }
    }
    for function in objects.functions {
        if let Some(keyspace) = schema.keyspace_mut(&function.keyspace) {
            let types = function.arguments.iter().map(|(_, of)| of.clone()).collect();
            keyspace.functions.insert((function.name.clone(), types), Arc::new(function));
        }
    }
    for aggregate in objects.aggregates {
        if let Some(keyspace) = schema.keyspace_mut(&aggregate.keyspace) {
            let key = (aggregate.name.clone(), aggregate.argument_types.clone());
            keyspace.aggregates.insert(key, Arc::new(aggregate));
        }
    }
    schema
}
