//! Many rows, each by a request of its own, a bounded number of them at a time.

use super::insert::{RowValues, has_unset};
use crate::error::Error;
use crate::mapper::{Mapper, failed};
use crate::model::{Insertable, Model, Nulls, WriteRow as _};
use crate::options::{Options, option_methods, ttl};
use crate::query::{Clause, Op, Shape, Term, Verb};
use crate::statements::Form;
use cql_driver::types::ColumnSpec;
use cql_driver::value::{BindError, BindRow, ValuesWriter};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Inserts many rows: from [`Mapper::insert_many`]. It is not a batch: each row goes to its replica by itself.
#[must_use = "nothing is written before `exec` is awaited"]
pub struct InsertMany<'d, I> {
    db: &'d Mapper,
    rows: I,
    concurrency: usize,
    nulls: Nulls,
    ttl: Option<u32>,
    progress: Option<Box<dyn FnMut(u64) + Send>>,
    options: Options,
}

impl<I> fmt::Debug for InsertMany<'_, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InsertMany").field("concurrency", &self.concurrency).finish_non_exhaustive()
    }
}

impl Mapper {
    /// Inserts many rows, a bounded number of them at a time. Rows are taken as they are needed.
    ///
    /// ```no_run
    /// # use cql_mapper::prelude::*;
    /// # #[derive(Model)]
    /// # #[cql(keyspace = "app", table = "users")]
    /// # struct User { #[cql(partition_key)] id: i64, name: String }
    /// # async fn example(db: Mapper) -> Result<(), cql_mapper::Error> {
    /// let rows = (0..1_000_000).map(|id| User { id, name: format!("user {id}") });
    /// let inserted = db.insert_many(rows).concurrency(256).exec().await?;
    /// assert_eq!(inserted, 1_000_000);
    /// # Ok(())
    /// # }
    /// ```
    pub fn insert_many<I>(&self, rows: I) -> InsertMany<'_, I>
    where
        I: IntoIterator,
        I::Item: Insertable,
    {
        InsertMany {
            db: self,
            rows,
            concurrency: 128,
            nulls: Nulls::Keep,
            ttl: None,
            progress: None,
            options: Options::default(),
        }
    }
}

impl<I> InsertMany<'_, I>
where
    I: IntoIterator,
    I::IntoIter: Send,
    I::Item: Insertable,
{
    /// How many rows are in flight at most. Default: 128.
    pub fn concurrency(mut self, rows: usize) -> Self {
        self.concurrency = rows;
        self
    }

    /// The rows are gone after so many seconds.
    pub fn ttl(mut self, seconds: u32) -> Self {
        self.ttl = Some(seconds);
        self
    }

    /// What becomes of `None` and of empty collections. Protocol version 3 has no unset values, and they are written as
    /// null there.
    pub fn nulls(mut self, nulls: Nulls) -> Self {
        self.nulls = nulls;
        self
    }

    /// Calls `hook` with the number of rows written, whenever some are.
    pub fn on_progress(mut self, hook: impl FnMut(u64) + Send + 'static) -> Self {
        self.progress = Some(Box::new(hook));
        self
    }

    /// Writes the rows and gives their number.
    ///
    /// # Errors
    /// The first failure; rows not taken by then are not written. Of a row that is not valid the error is told when
    /// those before it are written.
    ///
    /// # Cancel safety
    /// Dropping the future stops the load; rows in flight may be written.
    pub async fn exec(self) -> Result<u64, Error> {
        let nulls = if has_unset(self.db) { self.nulls } else { Nulls::Write };
        let mut shape = Shape::new(<I::Item as Model>::META, Verb::Insert(nulls));
        let ttl = self.ttl.map(ttl).transpose()?;
        if ttl.is_some() {
            shape.terms.push(Term { clause: Clause::Ttl, column: 0, op: Op::Marker });
        }
        let statement = self.db.statement(Form::Shape(&shape)).await?;
        let prepared = self.options.apply(statement.prepared.clone(), self.db.profile_name());
        let invalid: Arc<Mutex<Option<Error>>> = Arc::default();
        let found = Arc::clone(&invalid);
        // Stops at the first row that is not valid.
        let valid = self.rows.into_iter().map_while(move |row| match row.validate() {
            Ok(()) => Some(Row { row, nulls, ttl }),
            Err(error) => {
                *found.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                None
            }
        });
        let mut load = self.db.session().execute_concurrent(&prepared, valid).concurrency(self.concurrency);
        if let Some(hook) = self.progress {
            load = load.on_progress(hook);
        }
        let written = load.count().await.map_err(|error| failed(shape.meta, &statement, error))?;
        match invalid.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(error),
            None => Ok(written),
        }
    }

    option_methods!();
}

/// A row of its own.
struct Row<M> {
    row: M,
    nulls: Nulls,
    ttl: Option<i32>,
}

impl<M: Insertable> BindRow for Row<M> {
    fn bind(&self, columns: &[ColumnSpec], values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        let Row { row, nulls, ttl } = self;
        RowValues { row, nulls: *nulls, skips_nulls: false, timestamp: None, ttl: *ttl }.bind(columns, values)
    }

    fn bind_untyped(&self, _: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        Ok(())
    }
}
