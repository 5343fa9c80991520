//! What can go wrong with models. Errors hold names and texts, never values.

use crate::limits::MAX_TTL;
use cql_driver::value::ValueError;

/// Any failure of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such row.
    #[error("there is no such row in {table}")]
    NotFound {
        /// The table.
        table: &'static str,
    },
    /// More than one row where one was asked for.
    #[error("more than one row of {table} meets the conditions")]
    TooManyRows {
        /// The table.
        table: &'static str,
    },
    /// A value was refused by its field's `validate`. Nothing was sent.
    #[error("`{field}` is not valid: {message}")]
    Validation {
        /// The field, by its name in Rust.
        field: &'static str,
        /// Why.
        message: String,
    },
    /// The conditions are no legal CQL. Nothing was sent.
    #[error("{table}: {error}")]
    Query {
        /// The table.
        table: &'static str,
        /// What is wrong with them.
        #[source]
        error: QueryError,
    },
    /// A value cannot be written. Nothing was sent.
    #[error("cannot write a value to {table}")]
    Value {
        /// The table.
        table: &'static str,
        /// Why.
        #[source]
        error: ValueError,
    },
    /// A time to live is longer than 20 years. Nothing was sent.
    #[error("a time to live has at most {} seconds, not {seconds}", MAX_TTL)]
    Ttl {
        /// What was asked for.
        seconds: u32,
    },
    /// Neither the model, nor the mapper, nor the session says which keyspace. Nothing was sent.
    #[error("no keyspace for table {table}: say `#[cql(keyspace = \"..\")]` or `db.keyspace(\"..\")`")]
    NoKeyspace {
        /// The table.
        table: &'static str,
    },
    /// A primary key's column of a loaded row was changed. Nothing was sent.
    #[error(
        "`{column}` is part of the primary key and was changed: delete the row and insert it under the new key"
    )]
    KeyChanged {
        /// The column.
        column: &'static str,
    },
    /// The table has another type for a column than the model. Nothing was written.
    #[error("column {column} of {table} is {found} in the cluster, and {expected} in the model")]
    SchemaMismatch {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The type in the model.
        expected: String,
        /// The type in the cluster.
        found: String,
    },
    /// Models and the schema contradict one another. Nothing was changed.
    #[error("the schema is not what models say: {}", conflicts.join("; "))]
    SchemaConflict {
        /// What is found, each with its keyspace.
        conflicts: Vec<String>,
    },
    /// Not all nodes have a change of the schema.
    #[error("not all nodes have the change in time: {cql}")]
    SchemaDisagreement {
        /// The change.
        cql: String,
    },
    /// What destroys data was asked for by another name than that of the model's table. Nothing was sent.
    #[error("the table of the model is {table}, not {given}")]
    OtherTable {
        /// The table of the model.
        table: &'static str,
        /// What was given.
        given: String,
    },
    /// A row of several models' table is of none of them, or of another than was asked for.
    #[error("a row of {table} is of no model that is known here: its discriminator is {value}")]
    UnknownDiscriminator {
        /// The table.
        table: &'static str,
        /// What its discriminator holds.
        value: String,
    },
    /// The row was changed by somebody else since it was read: its version is another. Nothing was written.
    #[error("the row of {table} was changed since it was read: read it again")]
    Outdated {
        /// The table.
        table: &'static str,
    },
    /// The page state is of another query, or of other values. Nothing was sent.
    #[error("the page state is of another query, or of other values")]
    PageStateMismatch,
    /// Conditional statements of a batch are about more than one partition. Nothing was sent.
    #[error("a conditional batch is about one partition, and `{table}` is about another")]
    BatchSpansPartitions {
        /// The table of the first that differs.
        table: &'static str,
    },
    /// Whether a conditional statement was applied is not known: read the row to find out.
    #[error("whether the conditional statement was applied is not known: {cql}")]
    LwtUnknown {
        /// The statement.
        cql: String,
        /// What happened.
        #[source]
        error: cql_driver::Error,
    },
    /// A mock could not be started.
    #[error("the mock could not be started: {message}")]
    Mock {
        /// Why.
        message: String,
    },
    /// A failure of the driver.
    #[error("{cql}")]
    Driver {
        /// The statement.
        cql: String,
        /// What happened.
        #[source]
        error: cql_driver::Error,
    },
}

impl Error {
    /// Whether bytes of a request may have reached a node, so that it may have taken effect.
    #[must_use]
    pub fn was_sent(&self) -> bool {
        match self {
            Error::NotFound { .. }
            | Error::TooManyRows { .. }
            | Error::LwtUnknown { .. }
            | Error::UnknownDiscriminator { .. }
            | Error::Outdated { .. }
            | Error::SchemaDisagreement { .. } => true,
            Error::Driver { error, .. } => error.was_sent(),
            _ => false,
        }
    }

    /// The driver's error, if it was one.
    #[must_use]
    pub fn driver(&self) -> Option<&cql_driver::Error> {
        match self {
            Error::Driver { error, .. } | Error::LwtUnknown { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// Conditions that are no legal CQL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// Not all columns of the partition key are restricted: the whole cluster would be read.
    #[error(
        "restrict every column of the partition key with `eq` or `is_in`, {} too, or opt in to reading all: `scan()`, \
         `allow_filtering()`",
        missing.join(" and ")
    )]
    PartitionKey {
        /// Those that are not.
        missing: Vec<&'static str>,
    },
    /// A clustering column is restricted though one before it is not, or not by equality.
    #[error(
        "{column} cannot be restricted: restrict {after}, which is before it in the key, with `eq` first"
    )]
    ClusteringGap {
        /// The column.
        column: &'static str,
        /// The one before it.
        after: &'static str,
    },
    /// Two conditions on one column that do not go together.
    #[error("{column} is restricted twice")]
    Twice {
        /// The column.
        column: &'static str,
    },
    /// A condition on a column that is neither of the key nor indexed.
    #[error(
        "{column} is neither of the primary key nor indexed: index it, or opt in with `allow_filtering()`"
    )]
    NotIndexed {
        /// The column.
        column: &'static str,
    },
    /// Rows cannot come in that order.
    #[error(
        "rows cannot be ordered by {column}: restrict the partition key, and each clustering column before it by `eq`"
    )]
    Order {
        /// The column.
        column: &'static str,
    },
}
