//! DELETE: of a row, of rows, of columns of a row.

use super::batch::{BatchEntry, Source};
use super::conditions::{AndTested, Append, Tested};
use super::settle::place_timestamp;
use super::update::{Conditional, Plain, conditional, test};
use crate::column::{Column, ColumnOf, Condition, TestColumn, ValueOf};
use crate::error::Error;
use crate::key_state::Deletable;
use crate::mapper::{Bound, Mapper};
use crate::model::{Model, ValueTable, Writable};
use crate::options::{Options, option_methods};
use crate::query::{Clause, Query, Shape, Verb};
use crate::select::Select;
use cql_driver::Lwt;
use cql_driver::types::ColumnSpec;
use cql_driver::value::{BindError, BindRow, ValuesWriter};
use std::marker::PhantomData;

/// Deletes rows: from [`Select::delete`].
#[derive(Debug)]
#[must_use = "nothing is deleted before `exec` is awaited"]
pub struct Delete<M, W = Plain> {
    query: Query,
    options: Options,
    of: PhantomData<fn() -> (M, W)>,
}

impl<M: Model, R, K> Select<M, R, K> {
    /// Deletes the rows that meet the conditions: a row, a partition, or a range of one.
    pub fn delete(self) -> Delete<M>
    where
        M: Writable,
        K: Deletable,
    {
        let (mut query, options) = self.into_query();
        query.shape.verb = Verb::Delete;
        Delete { query, options, of: PhantomData }
    }
}

impl<M: Writable> Delete<M, Plain> {
    /// Sets the write timestamp, in microseconds since the epoch: what was written later stays.
    pub fn timestamp(mut self, micros: i64) -> Self
    where
        M: ValueTable,
    {
        self.options.timestamp = Some(micros);
        self
    }

    /// Deletes the row only if there is one.
    pub fn if_exists(mut self) -> Delete<M, Conditional<()>>
    where
        M: ValueTable,
    {
        self.query.shape.if_exists = true;
        self.conditional()
    }

    /// Deletes the row only if that holds, and further conditions likewise.
    pub fn iff<C, O>(mut self, condition: Condition<C, O>) -> Delete<M, Conditional<(Option<ValueOf<C>>,)>>
    where
        M: ValueTable,
        C: Column + ColumnOf<M> + TestColumn,
    {
        test::<M, C, O>(&mut self.query, condition);
        self.conditional()
    }

    fn conditional<T>(self) -> Delete<M, Conditional<T>> {
        Delete { query: self.query, options: self.options.without_timestamp(), of: PhantomData }
    }

    /// Deletes the rows.
    ///
    /// # Errors
    /// See [`Error`].
    ///
    /// # Cancel safety
    /// Dropping the future gives the request up; it may have been executed.
    pub async fn exec(mut self, db: &Mapper) -> Result<(), Error> {
        if self.query.is_empty {
            return Ok(());
        }
        place_timestamp(&mut self.query, &mut self.options);
        db.execute(&self.query, &self.options).await.map(drop)
    }

    option_methods!();
}

impl<M: Model, W> Delete<M, W> {
    /// The statement, as it is prepared in the keyspace that the model names: for tests and logs. It holds no values.
    #[must_use]
    pub fn cql(&self) -> String {
        self.query.shape.cql()
    }
}

impl<M: ValueTable, T> Delete<M, Conditional<T>> {
    /// Deletes the row only if that holds as well.
    pub fn iff<C, O>(mut self, condition: Condition<C, O>) -> Delete<M, AndTested<T, C>>
    where
        C: Column + ColumnOf<M> + TestColumn,
        T: Append<Option<ValueOf<C>>>,
    {
        test::<M, C, O>(&mut self.query, condition);
        Delete { query: self.query, options: self.options, of: PhantomData }
    }

    /// Deletes the row, or gives what the tested columns hold: `None` if there is no such row.
    ///
    /// # Errors
    /// [`Error::LwtUnknown`] when it is not known whether it was deleted, otherwise see [`Error`].
    ///
    /// # Cancel safety
    /// As for [`Delete`] without conditions.
    pub async fn exec(self, db: &Mapper) -> Result<Lwt<T>, Error>
    where
        T: Tested,
    {
        conditional(&self.query, &self.options, db).await
    }
}

impl<M: Model, W> Source for Delete<M, W> {
    fn validate(&self) -> Result<(), Error> {
        crate::mapper::ready(&self.query)
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

impl<'a, M: Model, W: 'static> From<Delete<M, W>> for BatchEntry<'a> {
    fn from(mut delete: Delete<M, W>) -> Self {
        if delete.query.is_empty {
            return BatchEntry::nothing();
        }
        if let Some(micros) = delete.options.timestamp {
            delete.query.set_timestamp(micros);
        }
        debug_assert!(delete.query.shape.terms_of(Clause::Ttl).next().is_none());
        BatchEntry::new(delete)
    }
}
