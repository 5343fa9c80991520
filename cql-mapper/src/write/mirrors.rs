//! One row in several tables.

use super::batch::{Batch, BatchEntry, Source, batch_kind};
use super::insert::Insert;
use crate::error::Error;
use crate::mapper::Mapper;
use crate::model::{Insertable, Nulls};
use crate::query::Shape;
use cql_driver::types::ColumnSpec;
use cql_driver::value::{BindError, ValuesWriter};
use std::fmt;

/// A model whose rows other tables have as well. Derived: `#[cql(mirror(VideoByUser, VideoByTag))]`, where each of those
/// models is made by `From<&Video>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no mirrors",
    note = "name the models that get the same rows: `#[cql(mirror(VideoByUser))]`"
)]
pub trait Mirrored: Insertable {
    /// Gives the rows of the other tables.
    fn mirrors(&self, out: &mut Mirrors<'_>);
}

/// Takes the rows of the other tables.
pub struct Mirrors<'a> {
    batch: &'a mut dyn FnMut(Box<dyn Source>),
}

impl fmt::Debug for Mirrors<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mirrors").finish_non_exhaustive()
    }
}

impl Mirrors<'_> {
    /// Adds a row.
    pub fn row<M: Insertable>(&mut self, row: M) {
        (self.batch)(Box::new(Owned(row)));
    }
}

/// Inserts a row and its mirrors: from [`ModelExt::insert_all`](crate::ModelExt::insert_all).
#[must_use = "nothing is written before `exec` is awaited"]
#[derive(Debug)]
pub struct InsertAll<'a> {
    batch: Batch<'a, batch_kind::Logged>,
}

impl<'a> InsertAll<'a> {
    pub(crate) fn new<M: Mirrored>(row: &'a M) -> Self {
        let mut batch = Batch::logged();
        batch.push_entry(Insert::new(row, Nulls::Keep).into());
        row.mirrors(&mut Mirrors { batch: &mut |source| batch.push_entry(BatchEntry::boxed(source)) });
        InsertAll { batch }
    }

    /// Sets the consistency level.
    pub fn consistency(mut self, level: cql_driver::Consistency) -> Self {
        self.batch = self.batch.consistency(level);
        self
    }

    /// Sets the write timestamp, in microseconds since the epoch.
    pub fn timestamp(mut self, micros: i64) -> Self {
        self.batch = self.batch.timestamp(micros);
        self
    }

    /// Writes all of them, or none: one logged batch.
    ///
    /// # Errors
    /// As [`Batch::exec`].
    ///
    /// # Cancel safety
    /// As [`Batch::exec`].
    pub async fn exec(self, db: &Mapper) -> Result<(), Error> {
        self.batch.exec(db).await
    }
}

/// A row that the statement owns.
struct Owned<M>(M);

impl<M: Insertable> Source for Owned<M> {
    fn validate(&self) -> Result<(), Error> {
        self.0.validate()
    }

    fn shape(&self, has_unset: bool) -> Result<Shape, Error> {
        Source::shape(&Insert::new(&self.0, Nulls::Keep), has_unset)
    }

    fn bind(
        &self,
        shape: &Shape,
        columns: &[ColumnSpec],
        values: &mut ValuesWriter<'_>,
    ) -> Result<(), BindError> {
        Source::bind(&Insert::new(&self.0, Nulls::Keep), shape, columns, values)
    }
}
