//! A cluster as configured, and what its sessions share: the control connection and the topology it keeps current.

mod builder;
mod candidates;
mod contact_points;
mod control;
mod refresh;
mod replication_2x;

pub use builder::ClusterBuilder;
pub(crate) use control::{Control, NodeUp, Refresher};

use crate::config::Config;
use crate::error::Error;
use std::sync::{Arc, Weak};

/// A cluster to connect to: settings, and the knowledge of nodes and ring that its sessions share.
///
/// Cheap to clone. Nothing is connected before a session is; see [`Cluster::connect`](crate::Cluster::connect).
///
/// ```no_run
/// # async fn example() -> Result<(), cql_driver::Error> {
/// use cql_driver::Cluster;
///
/// let cluster = Cluster::builder().contact_points(["127.0.0.1:9042"]).build()?;
/// let session = cluster.connect().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Cluster {
    config: Arc<Config>,
    /// Runs while there are sessions.
    control: Arc<tokio::sync::Mutex<Weak<Control>>>,
}

impl Cluster {
    /// Starts with the defaults and no contact point.
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::new()
    }

    fn new(config: Config) -> Self {
        Cluster { config: Arc::new(config), control: Arc::default() }
    }

    pub(crate) fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// The control connection, started by the first session.
    pub(crate) async fn control(&self) -> Result<Arc<Control>, Error> {
        let mut control = self.control.lock().await;
        if let Some(running) = control.upgrade().filter(|control| !control.is_closed()) {
            return Ok(running);
        }
        let started = Control::start(Arc::clone(&self.config)).await?;
        *control = Arc::downgrade(&started);
        Ok(started)
    }
}
