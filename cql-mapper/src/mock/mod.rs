//! A database for tests of what uses models, without a server (feature `mock`): statements are answered as the test says,
//! and recorded.
//!
//! What is under test is all of it, from the model to the bytes: the driver talks to a node of
//! [`cql_testkit`] in the same process, without sockets, which knows the types of columns from the models.
//!
//! ```
//! use cql_mapper::mock::{MockDb, Operation};
//! use cql_mapper::prelude::*;
//!
//! #[derive(Model, Debug, Clone, PartialEq)]
//! #[cql(keyspace = "app", table = "users")]
//! struct User {
//!     #[cql(partition_key)]
//!     id: i64,
//!     name: String,
//! }
//!
//! /// What is tested.
//! async fn rename(db: &Mapper, id: i64, name: &str) -> Result<Option<String>, cql_mapper::Error> {
//!     let Some(user) = User::find(id).first(db).await? else { return Ok(None) };
//!     User::update(id).set(User.name.to(name)).exec(db).await?;
//!     Ok(Some(user.name))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), cql_mapper::Error> {
//! let mock = MockDb::start().await?;
//! mock.on("SELECT id, name FROM app.users WHERE id = ?").returns([User { id: 7, name: "Ada".to_owned() }]);
//! mock.on_any::<User>(Operation::Update).succeeds();
//!
//! assert_eq!(rename(mock.mapper(), 7, "Grace").await?, Some("Ada".to_owned()));
//! let update = &mock.calls()[1];
//! assert_eq!(update.cql(), "UPDATE app.users SET name = ? WHERE id = ?");
//! assert_eq!((update.value::<String>("name"), update.value::<i64>("id")), ("Grace".to_owned(), 7));
//! # Ok(())
//! # }
//! ```

mod answer;
mod call;
mod registry;

pub use answer::On;
pub use call::Call;
pub use cql_testkit::{ErrorCode, ErrorDetails};

use crate::error::Error;
use crate::mapper::Mapper;
use crate::model::Model;
use answer::Matches;
use cql_driver::Cluster;
use cql_testkit::{Prime, Reply, SimCluster};
use registry::Registry;
use std::fmt;
use std::sync::Arc;

/// Kinds of statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// SELECT.
    Select,
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
}

/// A database that answers as a test says. It ends when it is dropped.
pub struct MockDb {
    mapper: Mapper,
    registry: Arc<Registry>,
    _cluster: Arc<SimCluster>,
}

impl fmt::Debug for MockDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockDb").field("calls", &self.calls().len()).finish_non_exhaustive()
    }
}

impl MockDb {
    /// Starts one. Nothing is answered yet: what has no answer fails, with the statement in the error.
    ///
    /// # Errors
    /// When the session cannot be made, which means that something is wrong with this crate.
    pub async fn start() -> Result<Self, Error> {
        let registry = Arc::new(Registry::default());
        let started = SimCluster::builder().dc("dc1", 1).in_memory().start().await;
        let cluster = Arc::new(started.map_err(|error| Error::Mock { message: error.to_string() })?);
        let (known, answers) = (Arc::clone(&registry), Arc::clone(&registry));
        let prime = Prime::matching(move |request| known.knows(request));
        let _always = cluster.prime(prime.reply(Reply::computed(move |request| answers.answer(request))));
        let network = cluster.network().clone();
        let builder = Cluster::builder()
            .contact_points(cluster.contact_points())
            .dialer(move |address| network.dial(address));
        let connected = async { builder.build()?.connect().await }.await;
        let session =
            connected.map_err(|error| Error::Driver { cql: "connecting to the mock".to_owned(), error })?;
        registry.attach(&cluster);
        let mapper = Mapper::new(session).telling(Arc::clone(&registry) as _);
        Ok(MockDb { mapper, registry, _cluster: cluster })
    }

    /// The mapper to hand to what is tested.
    #[must_use]
    pub fn mapper(&self) -> &Mapper {
        &self.mapper
    }

    /// What to answer to a statement. The text is as `cql()` gives it, for example `&User::find(7).cql()`. Of several
    /// answers to a statement the one that was said last holds.
    pub fn on(&self, cql: impl Into<String>) -> On<'_> {
        On::new(&self.registry, Matches::Text(cql.into()))
    }

    /// What to answer to any statement of a kind about a model's table.
    pub fn on_any<M: Model>(&self, operation: Operation) -> On<'_> {
        On::new(&self.registry, Matches::Any(M::META.table, operation))
    }

    /// What was asked, in order; each statement of a batch by itself.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.registry.calls()
    }
}
