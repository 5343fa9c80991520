//! The same work by models of `cql-mapper`: what they cost over calls that are written by hand.

use crate::failure::Failure;
use crate::statements::{A, B, C};
use crate::workload::Work;
use cql_driver::Session;
use cql_mapper::prelude::*;
use std::hint::black_box;

/// A row of the table that is measured.
#[derive(Model, Debug, Clone)]
#[cql(keyspace = "bench", table = "kv")]
struct Kv {
    #[cql(partition_key)]
    id: i64,
    a: String,
    b: Vec<u8>,
    c: f64,
}

/// Reads a row into a model, by its key.
#[derive(Debug, Clone)]
pub struct ModelGet(Mapper);

/// Writes a row from a model.
#[derive(Debug, Clone)]
pub struct ModelPut {
    db: Mapper,
    row: Kv,
}

impl ModelGet {
    /// For a session.
    #[must_use]
    pub fn new(session: &Session) -> Self {
        ModelGet(Mapper::new(session.clone()))
    }
}

impl ModelPut {
    /// For a session.
    #[must_use]
    pub fn new(session: &Session) -> Self {
        let row = Kv { id: 0, a: A.to_owned(), b: B.to_vec(), c: C };
        ModelPut { db: Mapper::new(session.clone()), row }
    }
}

impl Work for ModelGet {
    type Error = Failure;

    async fn once(&self, id: i64) -> Result<u64, Failure> {
        black_box(Kv::find(id).one(&self.0).await?);
        Ok(1)
    }
}

impl Work for ModelPut {
    type Error = Failure;

    /// Writes the same row over and over: what an application's row costs is the application's.
    async fn once(&self, _: i64) -> Result<u64, Failure> {
        self.row.insert().exec(&self.db).await?;
        Ok(1)
    }
}
