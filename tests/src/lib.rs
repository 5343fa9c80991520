//! What the live tests share: the cluster they are given, what its release can do, a session, tables.
//!
//! ```no_run
//! use cql_tests::live;
//!
//! live(async |db| {
//!     let table = db.table("notes", "(id int PRIMARY KEY, text text)").await;
//!     db.execute(&format!("INSERT INTO {table} (id, text) VALUES (1, 'a')")).await;
//! });
//! ```
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "all of it is test code")]

mod alone;
mod cluster_tool;
mod database;
mod environment;
mod release;

pub use alone::{ChildOutput, alone};
pub use cluster_tool::ClusterTool;
pub use database::{Database, live, live_with};
pub use environment::{builder as cluster_builder, contact_points, environment, is_short, scaled};
pub use release::{Capability, Release};
