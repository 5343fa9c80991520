//! The same work by models of `cql-mapper`: what they cost over calls that are written by hand.

use crate::failure::Failure;
use crate::statements::{A, B, C, GET};
use crate::workload::Work;
use cql_driver::value::FromRow;
use cql_driver::{Error, PreparedStatement, Session};
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

/// The same row for the driver alone.
#[derive(FromRow, Debug)]
struct Plain {
    id: i64,
    a: String,
    b: Vec<u8>,
    c: f64,
}

/// Reads a row into a struct, by its key, as one writes it by hand: what [`ModelGet`] is compared with.
#[derive(Debug, Clone)]
pub struct StructGet {
    session: Session,
    statement: PreparedStatement,
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

impl StructGet {
    /// Prepares it.
    ///
    /// # Errors
    /// When that fails.
    pub async fn new(session: &Session) -> Result<Self, Error> {
        Ok(StructGet { session: session.clone(), statement: session.prepare(GET).await? })
    }
}

impl Work for StructGet {
    type Error = Failure;

    async fn once(&self, id: i64) -> Result<u64, Failure> {
        let result = self.session.execute(&self.statement, (id,)).await?;
        let Some(row) = result.first_row::<Plain>()? else { return Err("no such row".into()) };
        black_box((row.id, row.a, row.b, row.c));
        Ok(1)
    }
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

/// A row that owns nothing.
#[derive(Projection, Debug)]
#[cql(model = Kv)]
struct Borrowed<'a> {
    id: i64,
    a: &'a str,
    b: &'a [u8],
    c: f64,
}

/// Reads all rows page by page, as a projection without owned fields.
#[derive(Debug, Clone)]
pub struct ModelScan(Mapper);

impl ModelScan {
    /// For a session.
    #[must_use]
    pub fn new(session: &Session) -> Self {
        ModelScan(Mapper::new(session.clone()))
    }
}

impl Work for ModelScan {
    type Error = Failure;

    async fn once(&self, _: i64) -> Result<u64, Failure> {
        let mut pages = Kv::objects().scan().project::<Borrowed<'_>>().pages(&self.0).await?;
        let mut count = 0;
        while let Some(page) = pages.next().await? {
            for row in page.rows::<Borrowed<'_>>()? {
                let Borrowed { id, a, b, c } = row?;
                black_box((id, a, b, c));
                count += 1;
            }
        }
        Ok(count)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Put;

    fn size<'a, W: 'a, F>(_: impl Fn(&'a W, i64) -> F) -> usize {
        std::mem::size_of::<F>()
    }

    /// Callers hold many calls at a time: their futures have to stay in the processor's caches.
    #[test]
    fn calls_of_models_are_little_larger_than_the_drivers() {
        let (by_hand, of_model) = (size(StructGet::once), size(ModelGet::once));
        assert!(of_model <= by_hand + 300, "{of_model} bytes instead of {by_hand}");
        let (by_hand, of_model) = (size(Put::once), size(ModelPut::once));
        assert!(of_model <= by_hand + 200, "{of_model} bytes instead of {by_hand}");
    }
}
