//! An asynchronous driver for Apache Cassandra.
//!
//! ```no_run
//! use cql_driver::{Cluster, Error};
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Error> {
//!     let session = Cluster::builder().contact_points(["127.0.0.1:9042"]).build()?.connect().await?;
//!     let select = session.prepare("SELECT cluster_name FROM system.local WHERE key = ?").await?;
//!     let result = session.execute(&select, ("local",)).await?;
//!     println!("connected to {}", result.single_row::<(&str,)>()?.0);
//!     session.close().await;
//!     Ok(())
//! }
//! ```
//!
//! [`Cluster`] holds the settings, [`Session`] executes. A [`PreparedStatement`] goes straight to a node that owns its
//! partition. Rows come as tuples, borrowed from the network buffer or owned; results of many pages as a
//! [`Stream`](Session::stream) or page by page; loads of many rows by [`Session::execute_concurrent`].
//!
//! The default consistency level is LOCAL_ONE, the default request timeout 10 s for the whole call: see
//! [`ExecutionProfile`].
//!
//! # Features
//! | feature | what it adds |
//! |---|---|
//! | `rustls` (default) | TLS |
//! | `derive` | derives of [`FromRow`](value::FromRow), [`BindRow`](value::BindRow), [`FromCql`](value::FromCql) and [`ToCql`](value::ToCql) |
//! | `lz4`, `snappy` | compression |
//! | `chrono-04`, `time-03`, `num-bigint-04`, `bigdecimal-04` | values of those crates |
//! | `metrics-024` | figures for the `metrics` crate |

pub mod auth;
pub mod bulk;
mod cluster;
mod config;
mod connection;
mod cql;
pub mod error;
mod execution;
#[doc = include_str!("../docs/from_python.md")]
pub mod from_python {}
mod ids;
mod latest;
pub mod metrics;
pub mod observer;
pub mod policy;
mod pool;
mod result;
pub mod routing;
pub mod schema;
mod session;
mod statement;
mod sync;
mod time_uuid;
pub mod topology;

pub use cluster::{Cluster, ClusterBuilder};
pub use config::{ExecutionProfile, ExecutionProfileBuilder, SchemaMetadata};
#[cfg(feature = "rustls")]
pub use config::{TlsConfig, TlsConfigBuilder};
pub use cql_protocol::compression::Compression;
pub use cql_protocol::{Consistency, ProtocolVersion, SerialConsistency, types};
pub use error::Error;
pub use execution::{Concurrent, ConcurrentResults, Pages, RowStream};
pub use pool::{NodeEvent, NodeEvents};
pub use result::{Lwt, PagingState, QueryResult};
pub use session::{ClusterDescription, ConnectionStatus, NodeStatus, Session, TokenRange, Trace, TraceEvent};
pub use statement::{Batch, BatchType, Executable, PreparedStatement, Statement};
pub use value::Unset;

/// Values and rows, to and from Rust types; with the feature `derive` also the derives of these traits.
///
/// ```
/// # #[cfg(feature = "derive")] {
/// use cql_driver::value::{BindRow, FromCql, FromRow, ToCql};
///
/// #[derive(Debug, PartialEq, FromRow, BindRow)]
/// struct Reading<'a> {
///     sensor: &'a str,
///     #[cql(rename = "batteryPct")]
///     battery: Option<i32>,
///     status: Status,
/// }
///
/// #[derive(Debug, PartialEq, FromCql, ToCql)]
/// #[cql(rename_all = "snake_case")]
/// enum Status {
///     Ok,
///     LowBattery,
/// }
/// # }
/// ```
pub mod value {
    #[cfg(feature = "derive")]
    pub use cql_derive::{BindRow, FromCql, FromRow, ToCql};
    #[doc(inline)]
    pub use cql_protocol::value::*;

    /// Time-based UUIDs, the values of `timeuuid`: made of a time, of now, and read.
    pub mod time_uuid {
        pub use crate::time_uuid::now;
        #[doc(inline)]
        pub use cql_protocol::value::time_uuid::*;
    }
}

/// What a server says, as far as results and errors show it.
pub mod response {
    pub use cql_protocol::response::{
        ErrorCode, ErrorDetails, Failures, SchemaChange, SchemaChangeKind, SchemaTarget, ServerError,
        WriteType,
    };
}
