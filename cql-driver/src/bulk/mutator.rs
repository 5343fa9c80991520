//! Writes in batches, each of one partition, several at a time.

use crate::error::Error;
use crate::execution::{Execution, OtherIds, OwnedStatement, Request, Settings};
use crate::session::Session;
use crate::statement::{Batch, PreparedStatement};
use cql_protocol::request::Values;
use cql_protocol::value::BindRow;
use cql_protocol::wire::BoundValue;
use futures::StreamExt;
use futures::stream;
use std::collections::HashMap;
use std::fmt;

impl Session {
    /// Writes in batches: see [`Mutator`].
    pub fn mutator(&self) -> MutatorBuilder {
        MutatorBuilder {
            session: self.clone(),
            template: Batch::unlogged(),
            queue_size: 1000,
            batch_rows: 100,
            batch_bytes: 5000,
            concurrency: 32,
        }
    }
}

/// How a [`Mutator`] writes.
#[derive(Debug, Clone)]
#[must_use]
pub struct MutatorBuilder {
    session: Session,
    template: Batch,
    queue_size: usize,
    batch_rows: usize,
    batch_bytes: usize,
    concurrency: usize,
}

impl MutatorBuilder {
    /// How many mutations are gathered before they are sent; 0 counts as 1. Default: 1000. Memory is bounded by twice as
    /// many.
    pub fn queue_size(mut self, mutations: usize) -> Self {
        self.queue_size = mutations.max(1);
        self
    }

    /// At most so many mutations in a batch, and so many bytes of values, of which one mutation alone may have more.
    /// Default: 100, and 5000 bytes, of which servers begin to complain.
    pub fn batch_limits(mut self, mutations: usize, bytes: usize) -> Self {
        (self.batch_rows, self.batch_bytes) = (mutations.max(1), bytes.max(1));
        self
    }

    /// How many batches are in flight at a time; 0 counts as 1. Default: 32.
    pub fn concurrency(mut self, batches: usize) -> Self {
        self.concurrency = batches.max(1);
        self
    }

    /// Has all batches be of this one's kind, with its options: consistency, timeout, profile. What is in it is not sent.
    /// Default: unlogged.
    pub fn like(mut self, batch: Batch) -> Self {
        self.template = batch;
        self
    }

    /// The mutator.
    #[must_use]
    pub fn build(self) -> Mutator {
        Mutator { settings: self, queue: Vec::new(), sending: Vec::new(), failed: Vec::new() }
    }
}

/// A write that waits to be sent: a prepared statement with its values.
#[derive(Clone)]
pub struct Mutation {
    statement: PreparedStatement,
    values: Vec<u8>,
}

impl Mutation {
    /// The statement.
    #[must_use]
    pub fn statement(&self) -> &PreparedStatement {
        &self.statement
    }
}

/// Without the values.
impl fmt::Debug for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutation").field("statement", &self.statement.text()).finish_non_exhaustive()
    }
}

/// A write that could not be done.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Failed {
    /// The write; [`Mutator::push_again`] takes it.
    pub mutation: Mutation,
    /// Why.
    pub error: Error,
}

/// Gathers writes and sends them in batches, each of one partition, when enough are there, when told, and when closed.
///
/// Writes are done in any order, but of two to one row the later one wins: what is in one batch has one timestamp, so
/// that a row is written once in each. Mutations that failed are kept for [`Mutator::take_failed`], and nothing more is
/// taken while as many wait there as the queue may have: nothing is lost silently. A mutator that is dropped without
/// being closed says in the log what it takes with it.
///
/// ```no_run
/// # async fn example(session: cql_driver::Session) -> Result<(), cql_driver::Error> {
/// let insert = session.prepare("INSERT INTO ks.readings (sensor, at, value) VALUES (?, ?, ?)").await?;
/// let mut mutator = session.mutator().queue_size(500).build();
/// for n in 0..100_000_i64 {
///     mutator.push(&insert, (n % 100, n, 0.5)).await?;
/// }
/// if let Err(failed) = mutator.close().await {
///     println!("{} were not written: {}", failed.len(), failed[0].error);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Mutator {
    settings: MutatorBuilder,
    queue: Vec<Mutation>,
    /// Batches that a flush is sending, or was when it was given up.
    sending: Vec<Group>,
    failed: Vec<Failed>,
}

/// Mutations of one partition that go in one batch.
struct Group {
    mutations: Vec<Mutation>,
    bytes: usize,
    rows: Vec<Row>,
    /// The same however often it is sent.
    timestamp: Option<i64>,
}

/// What a mutation writes to: its table, and the values of the primary key as far as they are bound. `None` for more
/// rows than one.
#[derive(PartialEq)]
struct Row {
    table: String,
    key: Option<Vec<u8>>,
}

impl Row {
    /// Whether both may write to one row.
    fn meets(&self, other: &Row) -> bool {
        self.table == other.table && (self.key.is_none() || other.key.is_none() || self.key == other.key)
    }
}

impl Mutator {
    /// Adds a write, and sends what has gathered if that is enough.
    ///
    /// # Errors
    /// When the values do not fit the statement or it has an `IF`: the write was not taken. When any write failed, with
    /// the first failure: see [`Mutator::take_failed`]. While as many failed ones are there as the queue may have, the
    /// write is not taken either.
    ///
    /// # Cancel safety
    /// The write was taken. What was being sent is sent again by the next flush, with its timestamp.
    pub async fn push(&mut self, statement: &PreparedStatement, values: impl BindRow) -> Result<(), Error> {
        if statement.shared().conditional {
            return Err(Error::invalid(
                "a mutator takes no conditional statements: what became of them would be lost",
            ));
        }
        let mut encoded = Vec::new();
        let owned = OwnedStatement::Prepared(statement.clone());
        owned.encode_values(&values, self.settings.session.context().version, &mut encoded)?;
        self.push_again(Mutation { statement: statement.clone(), values: encoded }).await
    }

    /// Adds a write that has failed before.
    ///
    /// # Errors
    /// As [`Mutator::push`].
    ///
    /// # Cancel safety
    /// As [`Mutator::push`].
    pub async fn push_again(&mut self, mutation: Mutation) -> Result<(), Error> {
        if let Some(first) = self.failed.first()
            && self.failed.len() >= self.settings.queue_size
        {
            return Err(first.error.clone());
        }
        self.queue.push(mutation);
        if self.queue.len() >= self.settings.queue_size { self.flush().await } else { Ok(()) }
    }

    /// How many writes wait to be sent.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.queue.len() + self.sending.iter().map(|group| group.mutations.len()).sum::<usize>()
    }

    /// Sends all that has gathered.
    ///
    /// # Errors
    /// When any write failed, with the first failure: see [`Mutator::take_failed`].
    ///
    /// # Cancel safety
    /// What was being sent is sent again by the next flush, with its timestamp.
    pub async fn flush(&mut self) -> Result<(), Error> {
        self.gather();
        let session = &self.settings.session;
        let template = &self.settings.template;
        let sent = stream::iter(&self.sending).map(|group| group.send(session, template));
        let outcomes: Vec<Result<(), Error>> = sent.buffered(self.settings.concurrency).collect().await;
        for (group, outcome) in self.sending.drain(..).zip(outcomes) {
            if let Err(error) = outcome {
                let failed = |mutation| Failed { mutation, error: error.clone() };
                self.failed.extend(group.mutations.into_iter().map(failed));
            }
        }
        self.failed.first().map_or(Ok(()), |first| Err(first.error.clone()))
    }

    /// The writes that failed since this was last called.
    pub fn take_failed(&mut self) -> Vec<Failed> {
        std::mem::take(&mut self.failed)
    }

    /// Sends all that has gathered; what failed is given back.
    ///
    /// # Errors
    /// All writes that failed and were not taken yet.
    ///
    /// # Cancel safety
    /// What was not sent is lost, with a line in the log.
    pub async fn close(mut self) -> Result<(), Vec<Failed>> {
        match self.flush().await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.take_failed()),
        }
    }

    /// Sorts the queue into batches: by partition, each row once, within the limits.
    fn gather(&mut self) {
        let settings = &self.settings;
        let mut open: HashMap<_, usize> = HashMap::new();
        for mutation in self.queue.drain(..) {
            let token =
                settings.session.token_of_encoded(&mutation.statement, &mutation.values).ok().flatten();
            let place = (mutation.statement.routing_keyspace().map(str::to_owned), token);
            let (row, bytes) = (mutation.row(&settings.session), mutation.values.len());
            let fits = |group: &Group| {
                group.mutations.len() < settings.batch_rows
                    && group.bytes + bytes <= settings.batch_bytes
                    && !group.rows.iter().any(|other| other.meets(&row))
            };
            let at = open.get(&place).copied().filter(|at| self.sending.get(*at).is_some_and(fits));
            // Where it belongs is not known: nothing goes with it.
            let at = at.filter(|_| place.1.is_some()).unwrap_or_else(|| {
                let timestamp = settings.session.context().next_timestamp();
                self.sending.push(Group { mutations: Vec::new(), bytes: 0, rows: Vec::new(), timestamp });
                self.sending.len() - 1
            });
            open.insert(place, at);
            if let Some(group) = self.sending.get_mut(at) {
                group.bytes += bytes;
                group.rows.push(row);
                group.mutations.push(mutation);
            }
        }
    }
}

impl Mutation {
    /// What it writes to, as far as the schema tells.
    fn row(&self, session: &Session) -> Row {
        let columns = self.statement.bind_columns();
        let Some(first) = columns.first() else { return Row { table: String::new(), key: None } };
        let table = format!("{}.{}", first.keyspace(), first.table());
        let schema = session.schema();
        let Some(known) =
            schema.keyspace(first.keyspace()).and_then(|keyspace| keyspace.table(first.table()))
        else {
            return Row { table, key: None };
        };
        let mut wanted = known.partition_key().chain(known.clustering_key()).count();
        let is_key = |name: &str| {
            let mut key = known.partition_key().chain(known.clustering_key());
            key.any(|column| column.name == name)
        };
        let mut key = Vec::new();
        for (column, value) in columns.iter().zip(Values::positional(&self.values).iter()) {
            if let Ok((_, BoundValue::Set(value))) = value
                && is_key(column.name())
            {
                key.extend_from_slice(column.name().as_bytes());
                key.extend_from_slice(&value.len().to_be_bytes());
                key.extend_from_slice(value);
                wanted = wanted.saturating_sub(1);
            }
        }
        Row { table, key: (wanted == 0).then_some(key) }
    }
}

impl Group {
    async fn send(&self, session: &Session, template: &Batch) -> Result<(), Error> {
        let mut batch = template.emptied();
        for mutation in &self.mutations {
            batch.add_encoded(mutation.statement.shared(), &mutation.values);
        }
        let context = session.context();
        let mut settings = Settings::of_batch(&batch, context)?;
        settings.timestamp = batch.options().timestamp.or(self.timestamp);
        settings.idempotent |= self.mutations.iter().all(|mutation| mutation.statement.options().idempotent);
        let request = Request::Batch(batch.contents(), OtherIds::default());
        Execution::new(context, &request, &settings).await?;
        Ok(())
    }
}

impl fmt::Debug for Mutator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (queued, failed) = (self.queued(), self.failed.len());
        f.debug_struct("Mutator").field("queued", &queued).field("failed", &failed).finish_non_exhaustive()
    }
}

impl Drop for Mutator {
    fn drop(&mut self) {
        let (queued, failed) = (self.queued(), self.failed.len());
        if queued + failed > 0 {
            tracing::warn!(queued, failed, "a mutator was dropped without being closed; its writes are lost");
        }
    }
}
