//! Keeps the schema current: what events and sessions say was changed is read again, and nothing else.
//!
//! The task of the control connection runs it beside reading events and nodes, neither of which waits for it.

use super::Schema;
use super::reader::{Reader, Scope};
use crate::config::Config;
use crate::connection::{Connection, query};
use crate::error::Error;
use crate::result::QueryResult;
use crate::sync::{Mutex, MutexGuard, lock, next_told};
use cql_protocol::response::SchemaChange;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, broadcast, oneshot, watch};
use tokio::time::Instant;

/// How long after an event what it is about is read, so that a burst of events has each object read once.
const DEBOUNCE: Duration = Duration::from_millis(200);

/// From one read of everything to the next that events ask for, at least. A server that has so much to say is busy.
const BETWEEN_FULL: Duration = Duration::from_secs(1);

/// Objects that wait to be read at most; with more of them everything is.
const MOST_SCOPES: usize = 64;

/// Changes that wait for who follows them; the oldest are forgotten with more.
const MOST_CHANGES: usize = 1024;

/// What the control connection and the sessions of a cluster share of the schema.
#[derive(Debug, Clone)]
pub(crate) struct SchemaFeed(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    config: Arc<Config>,
    schema: watch::Sender<Arc<Schema>>,
    /// `None` once the control connection has ended.
    changes: Mutex<Option<broadcast::Sender<SchemaChange>>>,
    pending: Mutex<Pending>,
    wake: Notify,
}

/// What is to be read, and when.
#[derive(Debug, Default)]
struct Pending {
    connection: Option<Arc<Connection>>,
    scopes: BTreeSet<Scope>,
    changes: Vec<SchemaChange>,
    waiters: Vec<oneshot::Sender<()>>,
    due: Option<Instant>,
    /// Everything is not read before, but for those who wait for it.
    full_after: Option<Instant>,
}

impl Pending {
    fn add(&mut self, scope: Scope) {
        if self.scopes.iter().any(|known| scope.is_within(known)) {
            return;
        }
        self.scopes.retain(|known| !known.is_within(&scope));
        self.scopes.insert(scope);
        if self.scopes.len() > MOST_SCOPES {
            self.scopes = BTreeSet::from([Scope::All]);
        }
    }

    /// Has it read at that time, or before if it is to be read before.
    fn schedule(&mut self, at: Instant) {
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }

    fn is_full(&self) -> bool {
        self.scopes.contains(&Scope::All)
    }
}

impl SchemaFeed {
    pub(crate) fn new(config: Arc<Config>) -> Self {
        SchemaFeed(Arc::new(Shared {
            config,
            schema: watch::Sender::default(),
            changes: Mutex::new(Some(broadcast::Sender::new(MOST_CHANGES))),
            pending: Mutex::default(),
            wake: Notify::new(),
        }))
    }

    pub(crate) fn schema(&self) -> Arc<Schema> {
        Arc::clone(&self.0.schema.borrow())
    }

    pub(crate) fn changes(&self) -> SchemaChanges {
        let open = lock(&self.0.changes).as_ref().map(broadcast::Sender::subscribe);
        // Of a sender that is gone: it ends at once.
        SchemaChanges(open.unwrap_or_else(|| broadcast::Sender::new(1).subscribe()))
    }

    fn tell(&self, change: SchemaChange) {
        if let Some(changes) = &*lock(&self.0.changes) {
            // Nobody listens when nobody asked for it.
            let _ = changes.send(change);
        }
    }

    /// Ends it: whoever follows changes has seen the last.
    pub(crate) fn close(&self) {
        *lock(&self.0.changes) = None;
        let mut pending = lock(&self.0.pending);
        pending.connection = None;
        pending.waiters.clear();
    }

    /// Runs a statement of the driver's own by the control connection.
    pub(crate) async fn query(&self, text: &str) -> Result<QueryResult, Error> {
        let connection = lock(&self.0.pending).connection.clone();
        let connection = connection.ok_or_else(|| Error::invalid("the session is not connected"))?;
        query(&connection, text, self.0.config.connect_timeout).await
    }

    pub(crate) fn is_off(&self) -> bool {
        self.0.config.schema.is_off()
    }

    /// Reads by this connection from now on, and everything at once: what changed in between is not known.
    pub(crate) fn connected(&self, connection: &Arc<Connection>) {
        let mut pending = lock(&self.0.pending);
        pending.connection = Some(Arc::clone(connection));
        pending.add(Scope::All);
        pending.schedule(Instant::now());
        drop(pending);
        self.0.wake.notify_one();
    }

    /// Takes what an event says.
    pub(crate) fn changed(&self, change: SchemaChange) {
        if self.is_off() {
            self.tell(change);
            return;
        }
        let mut pending = lock(&self.0.pending);
        pending.add(Scope::of(&change.target));
        if pending.changes.len() < MOST_CHANGES {
            pending.changes.push(change);
        }
        self.schedule_by_event(pending);
    }

    /// Events were lost: everything may be different.
    pub(crate) fn lost_events(&self) {
        let mut pending = lock(&self.0.pending);
        pending.add(Scope::All);
        self.schedule_by_event(pending);
    }

    fn schedule_by_event(&self, mut pending: MutexGuard<'_, Pending>) {
        pending.schedule(Instant::now() + DEBOUNCE);
        // A burst that has become everything waits for its turn, unless somebody waits for it.
        if pending.is_full() && pending.waiters.is_empty() {
            pending.due = pending.due.max(pending.full_after);
        }
        drop(pending);
        self.0.wake.notify_one();
    }

    /// Has a part of the schema read at once; the receiver learns when it was, or fails when it could not be.
    pub(crate) fn read_now(&self, scope: Scope) -> oneshot::Receiver<()> {
        let (waiter, done) = oneshot::channel();
        if self.is_off() {
            let _ = waiter.send(());
            return done;
        }
        if lock(&self.0.changes).is_none() {
            // Nobody reads any more.
            return done;
        }
        let mut pending = lock(&self.0.pending);
        pending.add(scope);
        pending.waiters.push(waiter);
        pending.schedule(Instant::now());
        drop(pending);
        self.0.wake.notify_one();
        done
    }

    /// Reads what is to be read when it is due, for ever.
    pub(crate) async fn run(&self) {
        if self.is_off() {
            return std::future::pending().await;
        }
        let mut failures = 0;
        loop {
            let Some((connection, batch)) = self.due().await else { continue };
            match self.read(&connection, &batch.scopes).await {
                Ok(schema) => {
                    failures = 0;
                    if batch.is_full() {
                        lock(&self.0.pending).full_after = Some(Instant::now() + BETWEEN_FULL);
                    }
                    self.0.schema.send_replace(Arc::new(schema));
                    for change in batch.changes {
                        self.tell(change);
                    }
                    for waiter in batch.waiters {
                        // Whoever asked may have given up.
                        let _ = waiter.send(());
                    }
                }
                Err(error) => {
                    failures += 1;
                    tracing::warn!(%error, failures, "cannot read the schema, trying again");
                    self.put_back(batch, failures);
                }
            }
        }
    }

    /// Waits until something is due, and takes all of it.
    async fn due(&self) -> Option<(Arc<Connection>, Pending)> {
        let due = lock(&self.0.pending).due;
        let woken = self.0.wake.notified();
        match due {
            None => woken.await,
            Some(due) if due > Instant::now() => {
                tokio::select! {
                    biased;
                    () = woken => {}
                    () = tokio::time::sleep_until(due) => {}
                }
            }
            Some(_) => {
                let mut pending = lock(&self.0.pending);
                let Some(connection) = pending.connection.clone() else {
                    // The next connection has it read.
                    pending.due = None;
                    return None;
                };
                let next = Pending {
                    connection: Some(Arc::clone(&connection)),
                    full_after: pending.full_after,
                    ..Pending::default()
                };
                return Some((connection, std::mem::replace(&mut *pending, next)));
            }
        }
        None
    }

    async fn read(&self, connection: &Arc<Connection>, scopes: &BTreeSet<Scope>) -> Result<Schema, Error> {
        let config = &self.0.config;
        let reader = Reader::new(connection, config.connect_timeout, &config.schema).await?;
        let mut schema = Schema::clone(&self.schema());
        for scope in scopes {
            schema = reader.read(scope, &schema).await?;
        }
        Ok(schema)
    }

    /// What could not be read is due again later, or when there is another connection. Who waits for it is not kept
    /// waiting.
    fn put_back(&self, batch: Pending, failures: u32) {
        let mut pending = lock(&self.0.pending);
        for scope in batch.scopes {
            pending.add(scope);
        }
        let newer = std::mem::replace(&mut pending.changes, batch.changes);
        pending.changes.extend(newer);
        pending.changes.truncate(MOST_CHANGES);
        if pending.due.is_none() {
            pending.due = Some(Instant::now() + self.0.config.reconnection.delay(failures));
        }
    }
}

/// Changes of the schema, as [`Session::schema_changes`](crate::Session::schema_changes) tells them.
///
/// A change is told when [`Session::schema`](crate::Session::schema) shows it. Events can come twice.
#[derive(Debug)]
pub struct SchemaChanges(broadcast::Receiver<SchemaChange>);

impl SchemaChanges {
    /// The next change; `None` when the last session of the cluster is closed. Of more than 1,024 that nobody took, the
    /// oldest are forgotten.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn next(&mut self) -> Option<SchemaChange> {
        next_told(&mut self.0, "changes of the schema").await
    }
}
