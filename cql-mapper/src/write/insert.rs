//! INSERT: of a whole row, or of the columns that are given.

use super::batch::{BatchEntry, Source};
use super::settle::{assign, fill, validate};
use crate::column::Assignment;
use crate::error::Error;
use crate::mapper::{Bound, ByRef, Mapper, failed, ready};
use crate::model::{Fill, Insertable, KeyFor, Model, Nulls, PartOf, RowWriter};
use crate::options::{Options, option_methods, ttl};
use crate::query::{Clause, Op, Query, Shape, Term, Verb};
use crate::select::keyed;
use crate::statements::{Fixed, Form, Of, Statement};
use cql_driver::types::ColumnSpec;
use cql_driver::value::{BindError, BindRow, ValuesWriter};
use cql_driver::{Lwt, QueryResult};
use std::sync::Arc;

/// Inserts a row: from [`ModelExt::insert`](crate::ModelExt::insert) and [`ModelExt::replace`](crate::ModelExt::replace).
#[derive(Debug)]
#[must_use = "nothing is written before `exec` is awaited"]
pub struct Insert<'a, M> {
    row: &'a M,
    nulls: Nulls,
    ttl: Option<u32>,
    if_not_exists: bool,
    pub(crate) options: Options,
}

impl<'a, M: Insertable> Insert<'a, M> {
    pub(crate) fn new(row: &'a M, nulls: Nulls) -> Self {
        Insert { row, nulls, ttl: None, if_not_exists: false, options: Options::default() }
    }

    /// The row is gone after so many seconds. At most [`MAX_TTL`](crate::MAX_TTL).
    pub fn ttl(mut self, seconds: u32) -> Self {
        self.ttl = Some(seconds);
        self
    }

    /// What becomes of `None` and of empty collections.
    pub fn nulls(mut self, nulls: Nulls) -> Self {
        self.nulls = nulls;
        self
    }

    /// Sets the write timestamp, in microseconds since the epoch, instead of the session's clock.
    pub fn timestamp(mut self, micros: i64) -> Self {
        self.options.timestamp = Some(micros);
        self
    }

    /// Inserts the row only if there is none with its key. It has no timestamp of the caller's, which the server would
    /// refuse.
    pub fn if_not_exists(mut self) -> InsertIfNotExists<'a, M> {
        self.if_not_exists = true;
        self.options = self.options.without_timestamp();
        InsertIfNotExists(self)
    }

    /// Writes the row.
    ///
    /// # Errors
    /// [`Error::Validation`] before anything is sent, otherwise see [`Error`].
    ///
    /// # Cancel safety
    /// Dropping the future gives the request up; it may have been executed.
    pub async fn exec(self, db: &Mapper) -> Result<(), Error> {
        self.send(db).await
    }

    /// The statement, as it is prepared in the keyspace that the model names: for tests and logs. It holds no values.
    #[must_use]
    pub fn cql(&self) -> String {
        self.shape(true, false).map(|shape| shape.cql()).unwrap_or_default()
    }

    async fn send(self, db: &Mapper) -> Result<(), Error> {
        self.row.validate()?;
        let is_plain = self.ttl.is_none() && !self.if_not_exists && db.is_plain(&self.options);
        if !is_plain || !(has_unset(db) || self.nulls == Nulls::Write) {
            return Box::pin(self.send_shaped(db)).await.map(drop);
        }
        let (of, fixed) = (Of::model::<M>(), Fixed::insert(self.nulls));
        let prepared;
        let statement = match db.fixed(of, fixed) {
            Some(known) => known,
            None => {
                prepared = Box::pin(db.statement(Form::Fixed(of, fixed))).await?;
                &*prepared
            }
        };
        let values = self.values(false);
        let executed = db.session().execute(&statement.prepared, ByRef(&values)).await;
        executed.map(drop).map_err(|error| failed(M::META, statement, error))
    }

    /// Where it is more than the columns of a row.
    async fn send_shaped(self, db: &Mapper) -> Result<(QueryResult, Arc<Statement>), Error> {
        // The protocol has no place for a timestamp before the epoch: it stands in the text.
        let in_text = self.options.timestamp.filter(|micros| micros.is_negative());
        let shape = self.shape(has_unset(db), in_text.is_some())?;
        let statement = db.statement(Form::Shape(&shape)).await?;
        let values = RowValues { timestamp: in_text, ..self.values(shape.left_out != 0) };
        let options =
            if in_text.is_some() { &self.options.clone().without_timestamp() } else { &self.options };
        let result = db.run(M::META, &statement, options, &values).await?;
        Ok((result, statement))
    }

    fn values(&self, skips_nulls: bool) -> RowValues<'_, M> {
        let ttl = self.ttl.map(|seconds| i32::try_from(seconds).unwrap_or(i32::MAX));
        RowValues { row: self.row, nulls: self.nulls, skips_nulls, timestamp: None, ttl }
    }

    fn shape(&self, has_unset: bool, has_timestamp: bool) -> Result<Shape, Error> {
        let mut shape = Shape::new(M::META, Verb::Insert(self.nulls));
        shape.if_exists = self.if_not_exists;
        let mut mark = |clause| shape.terms.push(Term { clause, column: 0, op: Op::Marker });
        if let Some(seconds) = self.ttl {
            ttl(seconds)?;
            mark(Clause::Ttl);
        }
        if has_timestamp {
            mark(Clause::Timestamp);
        }
        if !has_unset && self.nulls == Nulls::Keep {
            let nulls = M::META.stored().filter(|(at, _)| self.row.is_null(*at));
            shape.left_out = nulls.fold(0, |bits, (at, _)| bits | 1 << (at % 128));
        }
        Ok(shape)
    }

    option_methods!();
}

pub(crate) fn has_unset(db: &Mapper) -> bool {
    db.session().protocol_version().has_unset()
}

/// The values of an INSERT of a whole row, encoded straight from it: its columns, then what stands in `USING`.
pub(super) struct RowValues<'r, M> {
    pub(super) row: &'r M,
    pub(super) nulls: Nulls,
    /// Where columns that are null have no marker.
    pub(super) skips_nulls: bool,
    pub(super) timestamp: Option<i64>,
    pub(super) ttl: Option<i32>,
}

impl<M: Insertable> BindRow for RowValues<'_, M> {
    fn bind(&self, columns: &[ColumnSpec], values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        let further = usize::from(self.timestamp.is_some()) + usize::from(self.ttl.is_some());
        let (of_row, others) =
            columns.split_at_checked(columns.len().saturating_sub(further)).unwrap_or((columns, &[]));
        self.row.write_row(&mut RowWriter::new(values, of_row, self.nulls, self.skips_nulls))?;
        let mut others = others.iter();
        if let (Some(micros), Some(marker)) = (self.timestamp, others.as_slice().first()) {
            values.value(&micros, marker)?;
            others.next();
        }
        match (self.ttl, others.next()) {
            (Some(seconds), Some(marker)) => values.value(&seconds, marker),
            _ => Ok(()),
        }
    }

    fn bind_untyped(&self, _: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        Ok(())
    }
}

/// Inserts a row unless there is one with its key.
#[derive(Debug)]
#[must_use = "nothing is written before `exec` is awaited"]
pub struct InsertIfNotExists<'a, M>(Insert<'a, M>);

impl<M: Insertable> InsertIfNotExists<'_, M> {
    /// The row is gone after so many seconds.
    pub fn ttl(self, seconds: u32) -> Self {
        InsertIfNotExists(self.0.ttl(seconds))
    }

    /// Sets the consistency level of the condition's check.
    pub fn serial_consistency(self, level: cql_driver::SerialConsistency) -> Self {
        InsertIfNotExists(self.0.serial_consistency(level))
    }

    /// Sets how long the whole call may take.
    pub fn timeout(self, timeout: std::time::Duration) -> Self {
        InsertIfNotExists(self.0.timeout(timeout))
    }

    /// The statement, as it is prepared in the keyspace that the model names: for tests and logs. It holds no values.
    #[must_use]
    pub fn cql(&self) -> String {
        self.0.cql()
    }

    /// Writes the row, or gives the one that is there.
    ///
    /// # Errors
    /// [`Error::LwtUnknown`] when it is not known whether it was written, otherwise see [`Error`].
    ///
    /// # Cancel safety
    /// As [`Insert::exec`].
    pub async fn exec(self, db: &Mapper) -> Result<Lwt<M>, Error> {
        self.0.row.validate()?;
        let (result, statement) = self.0.send_shaped(db).await?;
        result.lwt::<M>().map_err(|error| failed(M::META, &statement, error))
    }
}

impl<M: Insertable> Source for Insert<'_, M> {
    fn validate(&self) -> Result<(), Error> {
        self.row.validate()
    }

    fn shape(&self, has_unset: bool) -> Result<Shape, Error> {
        Insert::shape(self, has_unset, self.options.timestamp.is_some())
    }

    fn bind(
        &self,
        shape: &Shape,
        columns: &[ColumnSpec],
        values: &mut ValuesWriter<'_>,
    ) -> Result<(), BindError> {
        RowValues { timestamp: self.options.timestamp, ..self.values(shape.left_out != 0) }
            .bind(columns, values)
    }
}

impl<'a, M: Insertable> From<Insert<'a, M>> for BatchEntry<'a> {
    fn from(insert: Insert<'a, M>) -> Self {
        BatchEntry::new(insert)
    }
}

impl<'a, M: Insertable> From<InsertIfNotExists<'a, M>> for BatchEntry<'a> {
    fn from(insert: InsertIfNotExists<'a, M>) -> Self {
        BatchEntry::new(insert.0)
    }
}

/// Inserts a row of which only some columns are given: from [`ModelExt::create`](crate::ModelExt::create). Columns that are
/// not `set` get what `#[cql(default)]` says, where it says something.
#[derive(Debug)]
#[must_use = "nothing is written before `exec` is awaited"]
pub struct Create<M> {
    query: Query,
    options: Options,
    of: std::marker::PhantomData<fn() -> M>,
}

impl<M> Clone for Create<M> {
    fn clone(&self) -> Self {
        Create { query: self.query.clone(), options: self.options.clone(), of: std::marker::PhantomData }
    }
}

impl<M: Insertable> Create<M> {
    pub(crate) fn new(key: &impl KeyFor<M::PrimaryKey>) -> Self {
        let mut query = keyed(M::META, Verb::Insert(Nulls::Keep), M::META.primary_key(), key);
        query
            .shape
            .terms
            .iter_mut()
            .for_each(|term| *term = Term { clause: Clause::Assign, op: Op::Set, ..*term });
        Create { query, options: Options::default(), of: std::marker::PhantomData }
    }

    /// The statement, as it is prepared in the keyspace that the model names: for tests and logs. It holds no values.
    #[must_use]
    pub fn cql(&self) -> String {
        let mut settled = self.clone();
        settled.settle();
        settled.query.shape.cql()
    }

    /// Gives a column its value.
    pub fn set<A: Model + PartOf<M>, S>(mut self, assignment: Assignment<A, S>) -> Self {
        assign::<M, A, S>(&mut self.query, assignment);
        self
    }

    /// The row is gone after so many seconds. At most [`MAX_TTL`](crate::MAX_TTL).
    pub fn ttl(mut self, seconds: u32) -> Self {
        self.query.set_ttl(seconds);
        self
    }

    /// Writes the row.
    ///
    /// # Errors
    /// [`Error::Validation`] before anything is sent, otherwise see [`Error`].
    ///
    /// # Cancel safety
    /// As [`Insert::exec`].
    pub async fn exec(mut self, db: &Mapper) -> Result<(), Error> {
        self.settle();
        validate::<M>(&self.query)?;
        db.execute(&self.query, &self.options).await.map(drop)
    }

    /// Gives columns that were not set what their `default` says.
    fn settle(&mut self) {
        fill::<M>(&mut self.query, Fill::Create, |_| true);
    }

    option_methods!();
}

impl<M: Model> Source for Create<M> {
    fn validate(&self) -> Result<(), Error> {
        ready(&self.query)?;
        validate::<M>(&self.query)
    }

    fn shape(&self, _: bool) -> Result<Shape, Error> {
        Ok(self.query.shape.clone())
    }

    fn bind(
        &self,
        _: &Shape,
        columns: &[ColumnSpec],
        values: &mut ValuesWriter<'_>,
    ) -> Result<(), BindError> {
        Bound(&self.query).bind(columns, values)
    }
}

impl<M: Insertable> From<Create<M>> for BatchEntry<'_> {
    fn from(mut create: Create<M>) -> Self {
        create.settle();
        BatchEntry::new(create)
    }
}
