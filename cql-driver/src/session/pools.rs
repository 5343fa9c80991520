//! A session's pools, one for each node the topology has.

use crate::cluster::NodeUp;
use crate::config::{Config, PoolSizes};
use crate::error::{Error, ErrorKind};
use crate::execution::{Context, teach};
use crate::ids::NodeIndex;
use crate::pool::{Keyspace, NodeEvent, NodeEventSender, NodePool, Routes, Selection, Wiring};
use crate::sync::lock;
use crate::topology::{Node, Topology};
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
    sizes: watch::Receiver<PoolSizes>,
    events: NodeEventSender,
}

impl Pools {
    pub(super) fn new(
        config: Arc<Config>,
        (version, keyspace): (ProtocolVersion, Keyspace),
        sizes: watch::Receiver<PoolSizes>,
        events: NodeEventSender,
    ) -> Self {
        Pools { config, version, keyspace, order: RandomState::new(), sizes, events }
    }

    /// Routes for a topology: the connections to nodes that stayed where they were are kept.
    pub(super) fn follow(&self, topology: &Arc<Topology>, before: Option<&Routes>) -> Routes {
        let wiring = Wiring {
            config: Arc::clone(&self.config),
            version: self.version,
            keyspace: self.keyspace.clone(),
            cluster: topology.cluster_name().cloned(),
        };
        let sizes = *self.sizes.borrow();
        let kept = |node: &Node, size: usize| {
            let before = before?;
            let index = before.topology().node_by_host_id(node.host_id())?;
            let pool = before.pool(index).filter(|pool| pool.address() == node.address())?;
            Some(if pool.size() == size { Arc::clone(pool) } else { pool.resized(size, &wiring) })
        };
        let selection = Selection::new(topology, &self.config, &self.order);
        let used = |(index, node): (usize, &Arc<Node>)| {
            let index = NodeIndex::new(index).filter(|index| selection.is_used(*index))?;
            let size = if topology.is_local(index) { sizes.local } else { sizes.remote };
            Some(kept(node, size).unwrap_or_else(|| NodePool::start(&wiring, node, size, &self.events)))
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
        let mut sizes = self.sizes.clone();
        let mut events = self.events.subscribe();
        let mut learning = FuturesUnordered::new();
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
                    let current = Arc::clone(&topology.borrow_and_update());
                    self.tell(context.routes.load().topology(), &current);
                    leaving.extend(self.exchange(&context, &current));
                    context.followed.send_replace(current);
                }
                Ok(()) = sizes.changed() => {
                    let current = Arc::clone(context.routes.load().topology());
                    leaving.extend(self.exchange(&context, &current));
                }
                up = ups.recv() => {
                    if let Ok(address) = up {
                        let routes = context.routes.load_full();
                        routes.pools().filter(|pool| pool.is_at(address)).for_each(|pool| pool.hurry());
                    }
                }
                Some(()) = leaving.next() => {}
                Some(()) = learning.next() => {}
                Some(event) = events.next() => {
                    if let NodeEvent::Up(node) = event
                        && self.config.reprepares_at_once > 0
                    {
                        let context = Arc::clone(&context);
                        learning.push(async move { teach(&context, node.address()).await });
                    }
                }
            }
        }
        context.closed.store(true, std::sync::atomic::Ordering::Relaxed);
        let routes = context.routes.load_full();
        join_all(routes.pools().map(|pool| pool.close_all_but(None))).await;
        while leaving.next().await.is_some() {}
    }

    /// Puts new routes in place of the old ones; what has yet to be waited for.
    fn exchange(
        &self,
        context: &Arc<Context>,
        topology: &Arc<Topology>,
    ) -> Vec<impl Future<Output = ()> + Send + use<>> {
        let before = context.routes.load_full();
        let routes = Arc::new(self.follow(topology, Some(&before)));
        context.routes.store(Arc::clone(&routes));
        let kept_by = |pool: &Arc<NodePool>| routes.pools().find(|kept| kept.continues(pool)).cloned();
        let changed = before.pools().filter(|pool| !routes.pools().any(|kept| Arc::ptr_eq(kept, pool)));
        changed
            .map(|pool| (Arc::clone(pool), kept_by(pool)))
            .map(|(pool, kept)| {
                let context = Arc::clone(context);
                async move {
                    pool.close_all_but(kept.as_deref()).await;
                    if kept.is_none() {
                        lock(&context.departed).add(&pool.traffic());
                    }
                }
            })
            .collect()
    }

    /// Tells what became of the nodes.
    fn tell(&self, before: &Topology, now: &Topology) {
        let changes = now.changes_since(before);
        let node = |topology: &Topology, index: NodeIndex| topology.node(index).cloned();
        for added in changes.added() {
            node(now, *added).into_iter().for_each(|node| self.events.send(NodeEvent::Added(node)));
        }
        for removed in changes.removed() {
            node(before, *removed).into_iter().for_each(|node| self.events.send(NodeEvent::Removed(node)));
        }
        for (from, to) in changes.moved() {
            if let (Some(before), Some(now)) = (node(before, *from), node(now, *to)) {
                self.events.send(NodeEvent::Moved { before, now });
            }
        }
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
