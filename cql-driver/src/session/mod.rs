//! The public calls.

mod nodes;
mod pools;
mod schema;
mod trace;

pub use nodes::{ConnectionStatus, NodeStatus};
pub use schema::{ClusterDescription, TokenRange};
pub use trace::{Trace, TraceEvent};

use crate::cluster::{Cluster, Control};
use crate::config::{ExecutionProfile, PoolSizes, Profiles};
use crate::error::Error;
use crate::execution::{
    Concurrent, Context, Execution, Input, OtherIds, OwnedStatement, Pages, Request, RowStream, Settings,
    prepare,
};
use crate::latest::Latest;
use crate::policy::{Gatekeeper, MonotonicTimestamps};
use crate::pool::NodeEventSender;
use crate::result::QueryResult;
use crate::statement::{Batch, Executable, PreparedStatement, Source};
use crate::topology::Topology;
use arc_swap::ArcSwap;
use cql_protocol::ProtocolVersion;
use cql_protocol::value::{BindRow, FromRow};
use futures::Stream;
use pools::Pools;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

/// Executes statements on a cluster. Cheap to clone, to be shared by all tasks of an application.
///
/// ```no_run
/// # async fn example() -> Result<(), cql_driver::Error> {
/// use cql_driver::Cluster;
///
/// let session = Cluster::builder().contact_points(["127.0.0.1"]).build()?.connect().await?;
/// let result = session.execute("SELECT release_version FROM system.local", ()).await?;
/// let (version,): (&str,) = result.single_row()?;
/// println!("Cassandra {version}");
/// session.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Session {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    context: Arc<Context>,
    closing: watch::Sender<bool>,
    /// `None` once it is closed.
    running: Mutex<Option<Running>>,
    sizes: watch::Sender<PoolSizes>,
    events: NodeEventSender,
}

/// What ends with a session.
#[derive(Debug)]
struct Running {
    /// Shared with the other sessions of the cluster; the last to be closed ends it.
    control: Arc<Control>,
    /// Follows the topology with pools.
    follower: JoinHandle<()>,
}

impl Cluster {
    /// Connects a new session. Sessions of one cluster share the control connection and the topology; each has
    /// connections of its own, and a keyspace of its own.
    ///
    /// # Errors
    /// When no contact point can be connected to, or the local data centre has no node; the error lists what happened
    /// at each.
    pub async fn connect(&self) -> Result<Session, Error> {
        self.connect_to(None).await
    }

    /// Connects a new session that starts in a keyspace, as if `USE` had been executed.
    ///
    /// # Errors
    /// As [`Cluster::connect`], and when there is no such keyspace.
    pub async fn connect_keyspace(&self, keyspace: &str) -> Result<Session, Error> {
        self.connect_to(Some(keyspace.into())).await
    }

    async fn connect_to(&self, keyspace: Option<Arc<str>>) -> Result<Session, Error> {
        let control = self.control().await?;
        let config = Arc::clone(self.config());
        let keyspace = watch::Sender::new(keyspace);
        let topology = control.topology();
        let (sizes, events) = (watch::Sender::new(config.pool_sizes), NodeEventSender::new());
        let wiring = (control.version(), keyspace.subscribe());
        let pools = Pools::new(Arc::clone(&config), wiring, sizes.subscribe(), events.clone());
        let current = Arc::clone(&topology.borrow());
        let routes = pools.follow(&current, None);
        let followed = watch::Sender::new(current);
        pools::wait_for_first(&routes, config.connect_timeout).await?;
        let profiles = config.profiles.clone();
        let context = Arc::new(Context {
            routes: ArcSwap::from_pointee(routes),
            version: control.version(),
            profiles: Latest::new(profiles),
            clock: MonotonicTimestamps::default(),
            gatekeeper: config.throttle.map(Gatekeeper::new),
            statements: Default::default(),
            keyspace,
            changing_keyspace: tokio::sync::Mutex::default(),
            closed: AtomicBool::new(false),
            refresher: control.refresher(),
            schema: control.schema().clone(),
            counters: Default::default(),
            departed: Default::default(),
            followed,
            config,
        });
        let (closing, closed) = watch::channel(false);
        let follower = tokio::spawn(pools.run(Arc::clone(&context), topology, control.ups(), closed));
        let running = Mutex::new(Some(Running { control, follower }));
        Ok(Session { shared: Arc::new(Shared { context, closing, running, sizes, events }) })
    }
}

impl Session {
    /// Executes a statement with its values: text, a [`crate::Statement`] or a [`PreparedStatement`].
    ///
    /// Values are a tuple, a slice, a map by name, or anything else that is [`BindRow`]; `()` for none. With a prepared
    /// statement they are checked against its types before anything is sent. With text each is sent as the CQL type its
    /// Rust type stands for (`i32` as `int`, `String` as `text` …), which must be the column's.
    ///
    /// A change of the schema returns when all nodes have it.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::error::ErrorKind).
    ///
    /// # Cancel safety
    /// Dropping the future gives the request up; it may have been executed.
    pub async fn execute<S: Executable, V: BindRow + Sync>(
        &self,
        statement: S,
        values: V,
    ) -> Result<QueryResult, Error> {
        let context = &*self.shared.context;
        let statement = statement.as_executable();
        let settings = Settings::of(statement, context)?;
        let request = Request::of(statement, Input::Row(&values), None);
        Execution::new(context, &request, &settings).await
    }

    pub(crate) fn context(&self) -> &Arc<Context> {
        &self.shared.context
    }

    /// Prepares a statement: the server parses it once, and its values are checked and sent to a replica directly.
    ///
    /// The session remembers it while a clone of it is held anywhere: preparing the same text again costs nothing, and
    /// many tasks at once cause one request.
    ///
    /// # Errors
    /// When the server refuses the statement, or no node answers.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn prepare(&self, text: impl AsRef<str>) -> Result<PreparedStatement, Error> {
        prepare(&self.shared.context, Source { text: text.as_ref(), keyspace: None }).await
    }

    /// As [`Session::prepare`], with names that have no keyspace taken from `keyspace` instead of the session's
    /// (protocol v5 only).
    ///
    /// # Errors
    /// As [`Session::prepare`], and before v5.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn prepare_in(
        &self,
        keyspace: &str,
        text: impl AsRef<str>,
    ) -> Result<PreparedStatement, Error> {
        prepare(&self.shared.context, Source { text: text.as_ref(), keyspace: Some(keyspace) }).await
    }

    /// Executes the statements of a batch.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::error::ErrorKind). An empty batch is refused.
    ///
    /// # Cancel safety
    /// As [`Session::execute`].
    pub async fn batch(&self, batch: &Batch) -> Result<QueryResult, Error> {
        let context = &*self.shared.context;
        if batch.is_empty() {
            return Err(Error::invalid("the batch is empty"));
        }
        let settings = Settings::of_batch(batch, context)?;
        let request = Request::Batch(batch.contents(), OtherIds::default());
        Execution::new(context, &request, &settings).await
    }

    /// The pages of a result, one by one, for results of any size whose rows are to be borrowed.
    ///
    /// # Errors
    /// When the values do not fit the statement.
    pub fn pages<S: Executable, V: BindRow>(&self, statement: S, values: V) -> Result<Pages, Error> {
        Pages::new(Arc::clone(&self.shared.context), statement.as_executable(), &values)
    }

    /// The rows of a result of any size as a stream, pages being fetched ahead.
    ///
    /// ```no_run
    /// # async fn example(session: cql_driver::Session) -> Result<(), cql_driver::Error> {
    /// use futures::TryStreamExt;
    ///
    /// let mut rows = session.stream::<(i32, String)>("SELECT id, name FROM ks.t", ())?;
    /// while let Some((id, name)) = rows.try_next().await? {
    ///     println!("{id}: {name}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the values do not fit the statement. What fails later is an item of the stream, its last.
    pub fn stream<R: for<'r> FromRow<'r>>(
        &self,
        statement: impl Executable,
        values: impl BindRow,
    ) -> Result<RowStream<R>, Error> {
        self.pages(statement, values).map(RowStream::new)
    }

    /// Executes one statement with many values, a bounded number of them at a time.
    ///
    /// See [`Concurrent`] for what can be done with it. The values are taken as they are needed.
    pub fn execute_concurrent<S, I>(
        &self,
        statement: S,
        values: I,
    ) -> Concurrent<futures::stream::Iter<I::IntoIter>>
    where
        S: Executable,
        I: IntoIterator,
        I::IntoIter: Send,
        I::Item: BindRow + Send,
    {
        self.execute_concurrent_stream(statement, futures::stream::iter(values))
    }

    /// As [`Session::execute_concurrent`], with values that come from a stream.
    pub fn execute_concurrent_stream<S, V>(&self, statement: S, values: V) -> Concurrent<V>
    where
        S: Executable,
        V: Stream + Send,
        V::Item: BindRow + Send,
    {
        let statement = OwnedStatement::from(statement.as_executable());
        Concurrent::new(Arc::clone(&self.shared.context), statement, values)
    }

    /// The profile of that name, of those the session executes with now.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<ExecutionProfile> {
        self.shared.context.profiles.get().named.get(name).cloned()
    }

    /// The profile of statements that name none.
    #[must_use]
    pub fn default_profile(&self) -> ExecutionProfile {
        self.shared.context.profiles.get().default.clone()
    }

    /// Replaces the profile of that name, or adds it, for all clones of the session. Requests that have begun go on as
    /// they were.
    pub fn set_profile(&self, name: impl Into<Arc<str>>, profile: ExecutionProfile) {
        let name = name.into();
        self.shared.context.profiles.change(|profiles| {
            let mut profiles = Profiles::clone(profiles);
            profiles.named.insert(Arc::clone(&name), profile.clone());
            profiles
        });
    }

    /// Replaces the profile of statements that name none, for all clones of the session.
    pub fn set_default_profile(&self, profile: ExecutionProfile) {
        self.shared
            .context
            .profiles
            .change(|profiles| Profiles { default: profile.clone(), named: profiles.named.clone() });
    }

    /// The nodes and the ring, as known now.
    #[must_use]
    pub fn topology(&self) -> Arc<Topology> {
        Arc::clone(self.shared.context.routes.load().topology())
    }

    /// The protocol version that its connections speak.
    #[must_use]
    pub fn protocol_version(&self) -> ProtocolVersion {
        self.shared.context.version
    }

    /// The keyspace it is in, if it is in one.
    #[must_use]
    pub fn keyspace(&self) -> Option<Arc<str>> {
        self.shared.context.keyspace.borrow().clone()
    }

    /// Closes the session, for all of its clones: requests in flight are completed, new ones are refused. When it
    /// returns, no task and no socket of the session is left; after the last session of a cluster, none at all.
    ///
    /// # Cancel safety
    /// Pools go on closing when the future is dropped; the control connection then ends with the last clone.
    pub async fn close(&self) {
        self.shared.context.closed.store(true, Relaxed);
        self.shared.closing.send_replace(true);
        // Held until the end, for which whoever closes a clone at the same time waits as well.
        let mut running = self.shared.running.lock().await;
        let Some(open) = &mut *running else { return };
        let _ = (&mut open.follower).await;
        if let Some(Running { control, .. }) = running.take()
            && let Some(last) = Arc::into_inner(control)
        {
            last.close().await;
        }
    }
}
