//! A session's pools, one for each node the topology has.

use crate::cluster::NodeUp;
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::execution::Context;
use crate::ids::NodeIndex;
use crate::pool::{Keyspace, NodePool, Routes, Selection};
use crate::topology::Topology;
use cql_protocol::ProtocolVersion;
use futures::future::join_all;
use futures::stream::{FuturesUnordered, StreamExt};
use std::hash::RandomState;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, watch};

/// How long a new session waits for further nodes when one is connected.
const GRACE: Duration = Duration::from_millis(500);

/// What new pools are made with.
#[derive(Debug)]
pub(super) struct Pools {
    config: Arc<Config>,
    version: ProtocolVersion,
    keyspace: Keyspace,
    /// Which nodes of a large remote data centre this session uses.
    order: RandomState,
}

impl Pools {
    pub(super) fn new(config: Arc<Config>, version: ProtocolVersion, keyspace: Keyspace) -> Self {
        Pools { config, version, keyspace, order: RandomState::new() }
    }

    /// Routes for a topology: the pools of nodes that stayed where they were are kept.
    pub(super) fn follow(&self, topology: &Arc<Topology>, before: Option<&Routes>) -> Routes {
        let kept = |node: &crate::topology::Node| {
            let before = before?;
            let index = before.topology().node_by_host_id(node.host_id())?;
            before.pool(index).filter(|pool| pool.address() == node.address()).cloned()
        };
        let start = |node: &crate::topology::Node| {
            NodePool::start(Arc::clone(&self.config), node.address(), self.version, self.keyspace.clone())
        };
        let selection = Selection::new(topology, &self.config, &self.order);
        let used = |(index, node): (usize, &Arc<crate::topology::Node>)| {
            let is_used = NodeIndex::new(index).is_some_and(|index| selection.is_used(index));
            is_used.then(|| kept(node).unwrap_or_else(|| start(node)))
        };
        let pools = topology.nodes().iter().enumerate().map(used).collect();
        Routes::new(Arc::clone(topology), selection, pools)
    }

    /// Follows the topology until the session is closed or dropped, then closes all pools.
    pub(super) async fn run(
        self,
        context: Arc<Context>,
        mut topology: watch::Receiver<Arc<Topology>>,
        mut ups: broadcast::Receiver<NodeUp>,
        mut closing: watch::Receiver<bool>,
    ) {
        // Pools of nodes that are gone finish what they have in flight.
        let mut leaving = FuturesUnordered::new();
        loop {
            tokio::select! {
                biased;
                // An error means that the session was dropped.
                _ = closing.wait_for(|closing| *closing) => break,
                changed = topology.changed() => {
                    if changed.is_err() {
                        break;
                    }
                    let before = context.routes.load_full();
                    let current = Arc::clone(&topology.borrow_and_update());
                    let routes = Arc::new(self.follow(&current, Some(&before)));
                    context.routes.store(Arc::clone(&routes));
                    context.followed.send_replace(current);
                    for pool in before.pools() {
                        if !routes.pools().any(|kept| Arc::ptr_eq(kept, pool)) {
                            let pool = Arc::clone(pool);
                            leaving.push(async move { pool.close().await });
                        }
                    }
                }
                up = ups.recv() => {
                    if let Ok(address) = up {
                        let routes = context.routes.load_full();
                        routes.pools().filter(|pool| pool.address() == address).for_each(|pool| pool.hurry());
                    }
                }
                Some(()) = leaving.next() => {}
            }
        }
        context.closed.store(true, std::sync::atomic::Ordering::Relaxed);
        let routes = context.routes.load_full();
        join_all(routes.pools().map(|pool| pool.close())).await;
        while leaving.next().await.is_some() {}
    }
}

/// Waits until a node is connected, and a little for the others.
pub(super) async fn wait_for_first(routes: &Routes, timeout: Duration) -> Result<(), Error> {
    let mut tries: FuturesUnordered<_> = routes.pools().map(|pool| pool.tried()).collect();
    let mut end = tokio::time::Instant::now() + timeout + GRACE;
    while let Ok(Some(())) = tokio::time::timeout_at(end, tries.next()).await {
        if routes.pools().any(|pool| pool.connection().is_some()) {
            end = end.min(tokio::time::Instant::now() + GRACE);
        }
    }
    if routes.pools().any(|pool| pool.connection().is_some()) {
        return Ok(());
    }
    let errors = routes.pools().filter_map(|pool| pool.failure()).map(|error| (*error).clone()).collect();
    Err(Error::new(ErrorKind::Connect(errors)))
}
