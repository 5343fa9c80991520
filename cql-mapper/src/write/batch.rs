//! Several statements in one request.

use super::delete::Delete;
use super::insert::{Create, Insert, InsertIfNotExists, has_unset};
use super::update::{Conditional, Plain, Update, UpdatePartition};
use crate::error::Error;
use crate::mapper::{Mapper, failed, failed_with};
use crate::model::{Insertable, Model, kind};
use crate::options::{Options, option_methods};
use crate::query::Shape;
use crate::statements::{Form, Statement};
use crate::value::{Cell, split};
use cql_driver::types::ColumnSpec;
use cql_driver::value::{BindError, BindRow, CqlRow, ValuesWriter};
use cql_driver::{BatchType, Lwt};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// Kinds of batches.
pub mod batch_kind {
    macro_rules! kinds {
        ($($(#[$doc:meta])* $name:ident;)*) => {
            $($(#[$doc])* #[derive(Debug)] #[non_exhaustive] pub struct $name;)*
        };
    }
    kinds! {
        /// All or nothing, by way of the batch log.
        Logged;
        /// No guarantee over several partitions.
        Unlogged;
        /// Counters only.
        Counter;
        /// With conditions, all about one partition.
        Conditional;
    }
}
use batch_kind::{Counter, Logged, Unlogged};

/// A kind of batch.
#[doc(hidden)]
pub trait BatchKind {
    const TYPE: BatchType;
}
impl BatchKind for Logged {
    const TYPE: BatchType = BatchType::Logged;
}
impl BatchKind for Unlogged {
    const TYPE: BatchType = BatchType::Unlogged;
}
impl BatchKind for Counter {
    const TYPE: BatchType = BatchType::Counter;
}
impl BatchKind for batch_kind::Conditional {
    const TYPE: BatchType = BatchType::Logged;
}

/// What can be added to a batch of kind `K`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be added to a `{K}` batch",
    label = "not for this kind of batch",
    note = "counter updates need `Batch::counter()`, conditional statements `Batch::conditional()`, everything else `Batch::logged()` or `Batch::unlogged()`"
)]
pub trait BatchItem<'a, K>: Into<BatchEntry<'a>> {}

/// Kinds of tables and of the batches their changes go into.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a statement on a `{Self}` table cannot go into a `{K}` batch",
    label = "counter updates need `Batch::counter()`, everything else `Batch::logged()`/`Batch::unlogged()`"
)]
pub trait GoesInto<K> {}
impl GoesInto<Logged> for kind::Table {}
impl GoesInto<Unlogged> for kind::Table {}
impl GoesInto<Counter> for kind::Counter {}
impl GoesInto<batch_kind::Conditional> for kind::Table {}

impl<'a, M: Insertable, K> BatchItem<'a, K> for Insert<'a, M> where kind::Table: GoesInto<K> {}
impl<'a, M: Insertable, K> BatchItem<'a, K> for Create<M> where kind::Table: GoesInto<K> {}
impl<'a, M: Model, K> BatchItem<'a, K> for Update<M, Plain> where M::Kind: GoesInto<K> {}
impl<'a, M: Model, K> BatchItem<'a, K> for UpdatePartition<M> where M::Kind: GoesInto<K> {}
impl<'a, M: Model, K> BatchItem<'a, K> for Delete<M, Plain> where M::Kind: GoesInto<K> {}
impl<'a, M: Insertable> BatchItem<'a, batch_kind::Conditional> for InsertIfNotExists<'a, M> {}
impl<'a, M: Model, T: 'static> BatchItem<'a, batch_kind::Conditional> for Update<M, Conditional<T>> {}
impl<'a, M: Model, T: 'static> BatchItem<'a, batch_kind::Conditional> for Delete<M, Conditional<T>> {}

/// A statement that can be part of a batch.
pub(super) trait Source: Send + Sync {
    fn validate(&self) -> Result<(), Error>;
    fn shape(&self, has_unset: bool) -> Result<Shape, Error>;
    fn bind(
        &self,
        shape: &Shape,
        columns: &[ColumnSpec],
        values: &mut ValuesWriter<'_>,
    ) -> Result<(), BindError>;
}

/// A statement of a batch.
pub struct BatchEntry<'a>(Option<Box<dyn Source + 'a>>);

impl<'a> BatchEntry<'a> {
    pub(super) fn new(source: impl Source + 'a) -> Self {
        BatchEntry(Some(Box::new(source)))
    }

    pub(super) fn boxed(source: Box<dyn Source + 'a>) -> Self {
        BatchEntry(Some(source))
    }

    /// A statement that would change nothing.
    pub(super) fn nothing() -> Self {
        BatchEntry(None)
    }
}

impl fmt::Debug for BatchEntry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchEntry").finish_non_exhaustive()
    }
}

/// Several statements that are executed by one request.
///
/// Executing takes it: the same batch is not executed twice by mistake. An empty one sends nothing. All statements
/// without a timestamp of their own share one, so that of two that write the same cell the larger value stays, whichever
/// was added last.
#[must_use = "nothing is written before `exec` is awaited"]
pub struct Batch<'a, K> {
    entries: Vec<Box<dyn Source + 'a>>,
    options: Options,
    of: PhantomData<K>,
}

impl<K> fmt::Debug for Batch<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("statements", &self.entries.len()).finish_non_exhaustive()
    }
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident => $kind:ty;)*) => {
        $(
            impl Batch<'_, $kind> {
                $(#[$doc])*
                pub fn $name() -> Self {
                    Batch { entries: Vec::new(), options: Options::default(), of: PhantomData }
                }
            }
        )*
    };
}
constructors! {
    /// A batch that is applied as a whole or not at all.
    logged => Logged;
    /// A batch without the batch log: for statements about one partition.
    unlogged => Unlogged;
    /// A batch of counter updates.
    counter => Counter;
    /// A batch of which some statements are conditional; all must be about one partition.
    conditional => batch_kind::Conditional;
}

impl<'a, K: BatchKind> Batch<'a, K> {
    /// Adds a statement.
    #[allow(clippy::should_implement_trait, reason = "a batch is no number")]
    pub fn add(mut self, item: impl BatchItem<'a, K>) -> Self {
        self.push(item);
        self
    }

    /// Adds a statement to a batch that stays where it is.
    pub fn push(&mut self, item: impl BatchItem<'a, K>) {
        self.push_entry(item.into());
    }

    pub(super) fn push_entry(&mut self, entry: BatchEntry<'a>) {
        self.entries.extend(entry.0);
    }

    /// How many statements it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Sets the write timestamp of the statements that have none, in microseconds since the epoch.
    pub fn timestamp(mut self, micros: i64) -> Self {
        self.options.timestamp = Some(micros);
        self
    }

    option_methods!();

    async fn prepare(&self, db: &Mapper) -> Result<Vec<(Shape, Arc<Statement>)>, Error> {
        let mut prepared = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            entry.validate()?;
            let shape = entry.shape(has_unset(db))?;
            let statement = db.statement(Form::Shape(&shape)).await?;
            prepared.push((shape, statement));
        }
        Ok(prepared)
    }

    /// The driver's batch, and the text for errors.
    async fn build(&self, db: &Mapper) -> Result<(cql_driver::Batch, Vec<(Shape, Arc<Statement>)>), Error> {
        let prepared = self.prepare(db).await?;
        let mut batch = cql_driver::Batch::new(K::TYPE);
        let mut is_idempotent = true;
        for (entry, (shape, statement)) in self.entries.iter().zip(&prepared) {
            batch
                .add(&statement.prepared, Bind { entry: &**entry, shape })
                .map_err(|error| failed(shape.meta, statement, error))?;
            is_idempotent &= shape.is_idempotent();
        }
        let options = &self.options;
        batch =
            batch.with_idempotent(options.idempotent.unwrap_or(is_idempotent)).with_tracing(options.tracing);
        if let Some(level) = options.consistency {
            batch = batch.with_consistency(level);
        }
        if let Some(level) = options.serial_consistency {
            batch = batch.with_serial_consistency(level);
        }
        if let Some(timeout) = options.timeout {
            batch = batch.with_timeout(timeout);
        }
        if let Some(micros) = options.timestamp {
            batch = batch.with_timestamp(micros);
        }
        if let Some(name) = options.profile.as_ref().or(db.profile_name()) {
            batch = batch.with_profile(Arc::clone(name));
        }
        Ok((batch, prepared))
    }
}

struct Bind<'b, 'a> {
    entry: &'b (dyn Source + 'a),
    shape: &'b Shape,
}

impl BindRow for Bind<'_, '_> {
    fn bind(&self, columns: &[ColumnSpec], values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        self.entry.bind(self.shape, columns, values)
    }

    fn bind_untyped(&self, _: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        Ok(())
    }
}

macro_rules! executes {
    ($($kind:ty),*) => {
        $(
            impl Batch<'_, $kind> {
                /// Executes the statements.
                ///
                /// # Errors
                /// See [`Error`].
                ///
                /// # Cancel safety
                /// Dropping the future gives the request up; it may have been executed.
                pub async fn exec(self, db: &Mapper) -> Result<(), Error> {
                    if self.is_empty() {
                        return Ok(());
                    }
                    let (batch, prepared) = self.build(db).await?;
                    db.session().batch(&batch).await.map_err(|error| batch_failed(&prepared, error))?;
                    Ok(())
                }
            }
        )*
    };
}
executes!(Logged, Unlogged, Counter);

fn batch_failed(prepared: &[(Shape, Arc<Statement>)], error: cql_driver::Error) -> Error {
    let text: Vec<&str> = prepared.iter().map(|(_, statement)| &*statement.cql).collect();
    let cql = format!("BATCH {}", text.join("; "));
    match prepared.iter().find(|(shape, _)| shape.is_conditional()).or(prepared.first()) {
        Some((shape, statement)) => failed_with(shape.meta, &cql, statement.is_conditional, error),
        None => Error::Driver { cql, error },
    }
}

/// The outcome of a conditional batch: where it was not applied, the rows that the conditions were about.
pub type BatchLwt = Lwt<Vec<CqlRow>>;

impl Batch<'_, batch_kind::Conditional> {
    /// Executes the statements if all conditions hold.
    ///
    /// # Errors
    /// [`Error::BatchSpansPartitions`] when the statements are about more than one partition, and nothing is sent;
    /// otherwise see [`Error`].
    ///
    /// # Cancel safety
    /// As the other batches.
    pub async fn exec(self, db: &Mapper) -> Result<BatchLwt, Error> {
        if self.is_empty() {
            return Ok(Lwt::Applied);
        }
        let (batch, prepared) = self.build(db).await?;
        self.check_partition(db, &prepared)?;
        let result = db.session().batch(&batch).await.map_err(|error| batch_failed(&prepared, error))?;
        let outcome = result.lwt::<CqlRow>().map_err(|error| batch_failed(&prepared, error))?;
        if outcome.is_applied() || result.columns().len() < 2 {
            return Ok(if outcome.is_applied() { Lwt::Applied } else { Lwt::NotApplied(None) });
        }
        let rows = result.rows::<CqlRow>().and_then(|rows| Ok(rows.collect::<Result<Vec<_>, _>>()?));
        Ok(Lwt::NotApplied(Some(rows.map_err(|error| batch_failed(&prepared, error))?)))
    }

    fn check_partition(&self, db: &Mapper, prepared: &[(Shape, Arc<Statement>)]) -> Result<(), Error> {
        let version = db.session().protocol_version();
        let mut first: Option<(&str, Vec<Vec<u8>>)> = None;
        for (entry, (shape, statement)) in self.entries.iter().zip(prepared) {
            let mut bytes = Vec::new();
            let mut values = ValuesWriter::new(&mut bytes, version);
            let bound = Bind { entry: &**entry, shape }.bind(statement.prepared.bind_columns(), &mut values);
            bound.map_err(|error| failed(shape.meta, statement, error.into()))?;
            let _ = values.finish();
            let all: Vec<Cell<'_>> = split(bytes.get(2..).unwrap_or_default()).collect();
            let key = statement.prepared.partition_key_indexes().iter();
            let key: Vec<Vec<u8>> = key.map(|at| value(all.get(usize::from(*at)))).collect();
            let place = (shape.meta.table, key);
            match &first {
                None => first = Some(place),
                Some(first) if *first == place => {}
                Some(_) => return Err(Error::BatchSpansPartitions { table: shape.meta.table }),
            }
        }
        Ok(())
    }
}

fn value(cell: Option<&Cell<'_>>) -> Vec<u8> {
    match cell {
        Some(Cell::Value(bytes)) => bytes.to_vec(),
        _ => Vec::new(),
    }
}
