//! UPDATE: of one row, or of the static columns of a partition.

use super::batch::{BatchEntry, Source};
use super::conditions::{AndTested, Append, Tested};
use super::settle::{assign, fill, place_timestamp, validate};
use crate::column::{Assignment, Column, ColumnOf, Condition, TestColumn, ValueOf, number_in};
use crate::error::Error;
use crate::mapper::{Bound, Mapper, failed, ready};
use crate::model::{ColumnRole, Fill, KeyFor, Model, PartOf, ValueTable, Writable};
use crate::options::{Options, option_methods};
use crate::query::{Clause, Query, Shape, Term, Verb};
use crate::role::StaticScope;
use crate::select::{add, keyed};
use cql_driver::Lwt;
use cql_driver::types::ColumnSpec;
use cql_driver::value::{BindError, BindRow, RawRow, ValuesWriter};
use std::marker::PhantomData;

/// Without an IF clause.
#[derive(Debug)]
#[non_exhaustive]
pub struct Plain;
/// With an IF clause; `T` is a tuple of what the tested columns hold.
#[derive(Debug)]
#[non_exhaustive]
pub struct Conditional<T>(PhantomData<T>);

/// Changes columns of a row: from [`ModelExt::update`](crate::ModelExt::update).
///
/// It is one statement whatever is changed. Without any change nothing is sent.
#[derive(Debug)]
#[must_use = "nothing is written before `exec` is awaited"]
pub struct Update<M, W = Plain> {
    query: Query,
    options: Options,
    of: PhantomData<fn() -> (M, W)>,
}

impl<M, W> Clone for Update<M, W> {
    fn clone(&self) -> Self {
        Update { query: self.query.clone(), options: self.options.clone(), of: PhantomData }
    }
}

impl<M: Writable> Update<M, Plain> {
    pub(crate) fn new(key: &impl KeyFor<M::PrimaryKey>) -> Self {
        let query = keyed(M::META, Verb::Update, M::META.primary_key(), key);
        Update { query, options: Options::default(), of: PhantomData }
    }

    /// Sets the write timestamp, in microseconds since the epoch, instead of the session's clock.
    pub fn timestamp(mut self, micros: i64) -> Self
    where
        M: ValueTable,
    {
        self.options.timestamp = Some(micros);
        self
    }

    /// Changes the row only if there is one.
    pub fn if_exists(mut self) -> Update<M, Conditional<()>>
    where
        M: ValueTable,
    {
        self.query.shape.if_exists = true;
        self.conditional()
    }

    /// Changes the row only if that holds, and further conditions likewise.
    pub fn iff<C, O>(mut self, condition: Condition<C, O>) -> Update<M, Conditional<(Option<ValueOf<C>>,)>>
    where
        M: ValueTable,
        C: Column + ColumnOf<M> + TestColumn,
    {
        test::<M, C, O>(&mut self.query, condition);
        self.conditional()
    }

    fn conditional<T>(self) -> Update<M, Conditional<T>> {
        // The server refuses a timestamp of the caller's there.
        Update { query: self.query, options: self.options.without_timestamp(), of: PhantomData }
    }

    /// Changes the row.
    ///
    /// # Errors
    /// See [`Error`].
    ///
    /// # Cancel safety
    /// Dropping the future gives the request up; it may have been executed.
    pub async fn exec(mut self, db: &Mapper) -> Result<(), Error> {
        if !self.settle() {
            return Ok(());
        }
        validate::<M>(&self.query)?;
        place_timestamp(&mut self.query, &mut self.options);
        db.execute(&self.query, &self.options).await.map(drop)
    }
}

impl<M: ValueTable, T> Update<M, Conditional<T>> {
    /// Changes the row only if that holds as well.
    pub fn iff<C, O>(mut self, condition: Condition<C, O>) -> Update<M, AndTested<T, C>>
    where
        C: Column + ColumnOf<M> + TestColumn,
        T: Append<Option<ValueOf<C>>>,
    {
        test::<M, C, O>(&mut self.query, condition);
        Update { query: self.query, options: self.options, of: PhantomData }
    }

    /// Changes the row, or gives what the tested columns hold: `None` if there is no such row.
    ///
    /// # Errors
    /// [`Error::LwtUnknown`] when it is not known whether it was changed, otherwise see [`Error`].
    ///
    /// # Cancel safety
    /// As [`Update::exec`].
    pub async fn exec(mut self, db: &Mapper) -> Result<Lwt<T>, Error>
    where
        T: Tested,
    {
        if !self.settle() {
            return Ok(Lwt::Applied);
        }
        validate::<M>(&self.query)?;
        conditional(&self.query, &self.options, db).await
    }
}

/// Executes a conditional statement.
pub(super) async fn conditional<T: Tested>(
    query: &Query,
    options: &Options,
    db: &Mapper,
) -> Result<Lwt<T>, Error> {
    let (result, statement) = db.execute(query, options).await?;
    let names: Vec<&str> = query
        .shape
        .terms_of(Clause::If)
        .filter_map(|(_, term)| query.shape.meta.column(term.column))
        .map(|column| column.name)
        .collect();
    let understood = result.lwt::<RawRow<'_>>().and_then(|outcome| match outcome {
        Lwt::Applied => Ok(Lwt::Applied),
        Lwt::NotApplied(None) => Ok(Lwt::NotApplied(None)),
        Lwt::NotApplied(Some(row)) => Ok(Lwt::NotApplied(Some(T::read(&row, &names)?))),
    });
    understood.map_err(|error| failed(query.shape.meta, &statement, error))
}

/// Adds a condition to the IF clause.
pub(super) fn test<M: Model, C: Column, O>(query: &mut Query, condition: Condition<C, O>) {
    let term = Term { clause: Clause::If, column: number_in::<M, C>(), ..condition.term };
    add(query, term, condition.value);
    query.is_empty = false;
}

impl<M: Model, W> Update<M, W> {
    /// Changes a column.
    pub fn set<A: Model + PartOf<M>, S>(mut self, assignment: Assignment<A, S>) -> Self {
        assign::<M, A, S>(&mut self.query, assignment);
        self
    }

    /// The values that are written are gone after so many seconds. At most [`MAX_TTL`](crate::MAX_TTL).
    pub fn ttl(mut self, seconds: u32) -> Self
    where
        M: ValueTable,
    {
        self.query.set_ttl(seconds);
        self
    }

    /// The statement, as it is prepared in the keyspace that the model names, empty where nothing is sent: for tests and logs. It holds no values.
    #[must_use]
    pub fn cql(&self) -> String {
        let mut settled = self.clone();
        if settled.settle() { settled.query.shape.cql() } else { String::new() }
    }

    /// Whether there is anything to send. Where only static columns are changed the clustering key is left out: the
    /// server wants it so.
    fn settle(&mut self) -> bool {
        let meta = self.query.shape.meta;
        let has_role = |column: u16, role| meta.column(column).is_some_and(|column| column.role == role);
        let is_static = |(_, term): (usize, Term)| has_role(term.column, ColumnRole::Static);
        if self.query.shape.terms_of(Clause::Assign).next().is_none() {
            return false;
        }
        let shape = &self.query.shape;
        let is_of_partition = shape.terms_of(Clause::Assign).all(is_static)
            && shape.terms_of(Clause::If).all(is_static)
            && !shape.if_exists;
        let is_wanted = |column| !is_of_partition || has_role(column, ColumnRole::Static);
        fill::<M>(&mut self.query, Fill::Update, is_wanted);
        if is_of_partition {
            let mut kept = Query { values: Default::default(), ..self.query.clone() };
            kept.shape.terms.clear();
            for (at, term) in self.query.shape.terms.iter().enumerate() {
                if !(term.clause == Clause::Where && has_role(term.column, ColumnRole::ClusteringKey)) {
                    kept.push_encoded(*term, self.query.values.get(at));
                }
            }
            self.query = kept;
        }
        true
    }

    option_methods!();
}

/// Changes the static columns of a partition: from [`ModelExt::update_partition`](crate::ModelExt::update_partition).
#[derive(Debug)]
#[must_use = "nothing is written before `exec` is awaited"]
pub struct UpdatePartition<M>(Update<M, Plain>);

impl<M: Writable> UpdatePartition<M> {
    pub(crate) fn new(key: &impl KeyFor<M::PartitionKey>) -> Self {
        let query = keyed(M::META, Verb::Update, M::META.partition_key.iter().copied(), key);
        UpdatePartition(Update { query, options: Options::default(), of: PhantomData })
    }

    /// Changes a static column.
    pub fn set<A: Model + PartOf<M>>(self, assignment: Assignment<A, StaticScope>) -> Self {
        UpdatePartition(self.0.set(assignment))
    }

    /// The values that are written are gone after so many seconds.
    pub fn ttl(self, seconds: u32) -> Self
    where
        M: ValueTable,
    {
        UpdatePartition(self.0.ttl(seconds))
    }

    /// The statement, as it is prepared in the keyspace that the model names, empty where nothing is sent. It holds no
    /// values.
    #[must_use]
    pub fn cql(&self) -> String {
        self.0.cql()
    }

    /// Changes the partition.
    ///
    /// # Errors
    /// See [`Error`].
    ///
    /// # Cancel safety
    /// As [`Update::exec`].
    pub async fn exec(self, db: &Mapper) -> Result<(), Error> {
        self.0.exec(db).await
    }
}

impl<M: Model, W> Source for Update<M, W> {
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

impl<'a, M: Model, W: 'static> From<Update<M, W>> for BatchEntry<'a> {
    fn from(mut update: Update<M, W>) -> Self {
        if !update.settle() {
            return BatchEntry::nothing();
        }
        if let Some(micros) = update.options.timestamp {
            update.query.set_timestamp(micros);
        }
        BatchEntry::new(update)
    }
}

impl<M: Model> From<UpdatePartition<M>> for BatchEntry<'_> {
    fn from(update: UpdatePartition<M>) -> Self {
        update.0.into()
    }
}
