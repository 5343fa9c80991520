//! An in-process Cassandra cluster for tests.
//!
//! [`SimCluster`] speaks the CQL binary protocol, versions 3 to 5, as Cassandra does: handshake, system tables, prepared
//! statements, events. What it answers to statements is primed; what goes wrong, when and how often, is too. Everything
//! that was asked and answered is in a [`Log`]. Nothing in it sleeps, and what is random repeats itself with its seed.
//!
//! It knows no driver: whatever speaks CQL can connect. With [`ClusterBuilder::in_memory`] there are no sockets either,
//! for drivers that let their user open byte streams, and tokio's paused clock makes minutes of timeouts pass at once.
//!
//! # A test of an application
//! ```
//! use cql_driver::{Cluster, Error, Session};
//! use cql_testkit::{ColumnType, ErrorCode, Prime, Reply, Rows, SimCluster, Table};
//!
//! /// The code under test.
//! async fn greeting(session: &Session, id: i32) -> Result<String, Error> {
//!     let select = session.prepare("SELECT name FROM app.users WHERE id = ?").await?;
//!     let (name,) = session.execute(&select.with_idempotent(true), (id,)).await?.single_row::<(String,)>()?;
//!     Ok(format!("hello {name}"))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let users = Table::new("app", "users").partition_key("id", ColumnType::Int).column("name", ColumnType::Text);
//! let sim = SimCluster::builder().dc("dc1", 3).simple_keyspace("app", 3).table(users).start().await?;
//!
//! // One node is overloaded, the next one answers.
//! let select = "SELECT name FROM app.users WHERE id = ?";
//! sim.prime(
//!     Prime::query(select)
//!         .once(Reply::error_code(ErrorCode::OVERLOADED, "busy"))
//!         .reply(Reply::rows(Rows::new([("name", ColumnType::Text)]).row(("Ada",)))),
//! );
//!
//! let session = Cluster::builder().contact_points(sim.contact_points()).build()?.connect().await?;
//! assert_eq!(greeting(&session, 7).await?, "hello Ada");
//!
//! let executed = sim.log().executes(select);
//! executed.assert_count(2);
//! assert_eq!(executed[1].value::<i32>(0), 7);
//! session.close().await;
//! sim.wait_for_connections(0).await;
//! # Ok(())
//! # }
//! ```
//!
//! # Other languages
//! The example `serve` is such a cluster as a program of its own. That the DataStax Python driver works with it, at v3, v4
//! and v5, is checked with every change (`dev/python`).
//!
//! # Layout
//! | what | where |
//! |---|---|
//! | the cluster, its nodes and their connections: start, stop, restart, refuse, hang, events | [`SimCluster`], [`Node`], [`Connection`] |
//! | which requests are answered how | [`Prime`], [`Reply`], [`Rows`], [`Gate`] |
//! | what is wrong with the bytes | [`Fault`], [`Chunking`] |
//! | what statements bind and return | [`Table`], [`Declared`] |
//! | what happened | [`Log`], [`Received`] |
//!
//! A request is answered by the newest [`Prime`] that is for it, be it of the cluster, a node or a connection; if there is
//! none, by what a server does by itself: the handshake, system tables, PREPARE, UNPREPARED, `USE`.
//!
//! # Features
//! | feature | what it adds |
//! |---|---|
//! | `lz4`, `snappy` | compression |
//! | `rustls` | nodes behind TLS |
//! | `regex` | `Prime::regex`: primes for statements that match a pattern |
//! | `engine` | `EmbeddedCluster`: nodes that execute statements on tables in memory, and a `guide` to testing applications |
//! | `serve` | the program `cql-testkit`: such a cluster as a process of its own |

mod cluster;
mod connection;
mod cql;
#[cfg(feature = "engine")]
pub mod engine;
pub mod events;
mod fault;
mod gate;
#[cfg(feature = "engine")]
#[doc = include_str!("../TESTING.md")]
pub mod guide {}
mod log;
mod memory;
mod network;
mod node;
mod prime;
mod random;
mod release;
mod reply;
mod request;
mod rows;
mod shared;
mod statements;
mod sync;
mod system;
#[cfg(feature = "rustls")]
mod tls;
mod topology;

#[cfg(feature = "engine")]
pub use cluster::EmbeddedCluster;
pub use cluster::{ClusterBuilder, SimCluster};
pub use connection::Connection;
pub use cql_protocol::frame::Opcode;
pub use cql_protocol::response::{ErrorCode, ErrorDetails, ServerError, WriteType};
pub use cql_protocol::types::ColumnType;
pub use cql_protocol::{Consistency, ProtocolVersion};
pub use fault::{Chunking, Fault};
pub use gate::Gate;
pub use log::{Entry, Log, Requests, What};
pub use memory::MemoryStream;
pub use network::Network;
pub use node::Node;
pub use prime::{Prime, Primed};
pub use random::Random;
pub use reply::Reply;
pub use request::{Bound, Received, Typed};
pub use rows::Rows;
pub use statements::Declared;
pub use topology::{NodeSpec, Table};
