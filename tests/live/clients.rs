//! What the servers know of a session, by their list of clients.

use cql_driver::Session;
use cql_tests::Database;
use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};

/// A session that the servers know by name.
pub(crate) struct Client {
    pub(crate) session: Session,
    pub(crate) name: String,
}

/// One connection, as a server sees it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) requests: i64,
    pub(crate) options: BTreeMap<String, String>,
    pub(crate) driver_name: Option<String>,
}

impl Client {
    pub(crate) async fn connect(db: &Database, name: &str) -> Self {
        let name = format!("{name} {}", db.keyspace());
        let session = db.builder().application(&*name, "1.2.3").build().unwrap().connect().await.unwrap();
        Client { session, name }
    }

    /// The requests that its connections have brought to the servers, those of the control connection included.
    pub(crate) async fn requests(&self, db: &Database) -> u64 {
        let seen = connections(db, &self.name).await;
        seen.iter().map(|connection| u64::try_from(connection.requests).unwrap()).sum()
    }
}

/// The connections of a name on all nodes. Each node tells its own alone.
pub(crate) async fn connections(db: &Database, name: &str) -> Vec<Seen> {
    type Row = (IpAddr, i32, i64, Option<String>, BTreeMap<String, String>);
    let select = "SELECT address, port, request_count, driver_name, client_options FROM system_views.clients";
    let mut by_node: HashMap<SocketAddr, Vec<Seen>> = HashMap::new();
    for _ in 0..100 * db.nodes() {
        let result = db.session().execute(select, ()).await.unwrap();
        let seen = result
            .rows::<Row>()
            .unwrap()
            .map(Result::unwrap)
            .map(|(_, _, requests, driver_name, options)| Seen { requests, options, driver_name });
        let named =
            seen.filter(|seen| seen.options.get("APPLICATION_NAME").is_some_and(|found| found == name));
        by_node.insert(result.coordinator(), named.collect());
        if by_node.len() == db.nodes() {
            break;
        }
    }
    assert_eq!(by_node.len(), db.nodes(), "unprepared statements go to all nodes in turn");
    by_node.into_values().flatten().collect()
}
