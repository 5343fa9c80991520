//! One node of the cluster, as data.

use super::release_version::ReleaseVersion;
use crate::routing::Token;
use std::net::SocketAddr;
use std::sync::Arc;
use uuid::Uuid;

/// A node as the system tables describe it. It holds no connection and no state: those are the pools'.
///
/// Two nodes are the same node when their host ids are; `==` compares everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    host_id: Uuid,
    address: SocketAddr,
    announced: SocketAddr,
    datacenter: Arc<str>,
    rack: Arc<str>,
    release_version: Option<ReleaseVersion>,
    schema_version: Option<Uuid>,
    tokens: Box<[Token]>,
}

impl Node {
    /// Starts to describe the node with that identity, in data center and rack `""`, without tokens.
    #[must_use]
    pub fn builder(host_id: Uuid, address: SocketAddr) -> NodeBuilder {
        let empty: Arc<str> = Arc::from("");
        NodeBuilder {
            node: Node {
                host_id,
                address,
                announced: address,
                datacenter: empty.clone(),
                rack: empty,
                release_version: None,
                schema_version: None,
                tokens: Box::default(),
            },
        }
    }

    /// The node's identity: it survives changes of address.
    #[must_use]
    pub fn host_id(&self) -> Uuid {
        self.host_id
    }

    /// Where it is connected to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it serves CQL, as the cluster announces it: before any address translation.
    #[must_use]
    pub fn announced_address(&self) -> SocketAddr {
        self.announced
    }

    pub(crate) fn with_address(self, address: SocketAddr) -> Self {
        Node { address, ..self }
    }

    pub(crate) fn announced_at(self, announced: SocketAddr) -> Self {
        Node { announced, ..self }
    }

    /// The data center it is in.
    #[must_use]
    pub fn datacenter(&self) -> &Arc<str> {
        &self.datacenter
    }

    /// The rack it is in. Racks of the same name in two data centers are two racks.
    #[must_use]
    pub fn rack(&self) -> &Arc<str> {
        &self.rack
    }

    /// The release it runs, if it names one that can be read.
    #[must_use]
    pub fn release_version(&self) -> Option<&ReleaseVersion> {
        self.release_version.as_ref()
    }

    /// The version of the schema it had when it was last asked.
    #[must_use]
    pub fn schema_version(&self) -> Option<Uuid> {
        self.schema_version
    }

    /// The tokens it owns: the ends of its primary ranges. Empty for a node that takes no part in the ring.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }
}

/// Describes a [`Node`].
#[derive(Debug, Clone)]
pub struct NodeBuilder {
    node: Node,
}

impl NodeBuilder {
    /// Sets the data center.
    #[must_use]
    pub fn datacenter(mut self, datacenter: impl Into<Arc<str>>) -> Self {
        self.node.datacenter = datacenter.into();
        self
    }

    /// Sets the address that the cluster announces, where it is another one.
    #[must_use]
    pub fn announced_address(mut self, address: SocketAddr) -> Self {
        self.node.announced = address;
        self
    }

    /// Sets the rack.
    #[must_use]
    pub fn rack(mut self, rack: impl Into<Arc<str>>) -> Self {
        self.node.rack = rack.into();
        self
    }

    /// Sets the release.
    #[must_use]
    pub fn release_version(mut self, version: impl Into<Option<ReleaseVersion>>) -> Self {
        self.node.release_version = version.into();
        self
    }

    /// Sets the version of the schema.
    #[must_use]
    pub fn schema_version(mut self, version: impl Into<Option<Uuid>>) -> Self {
        self.node.schema_version = version.into();
        self
    }

    /// Sets the tokens, in any order.
    #[must_use]
    pub fn tokens(mut self, tokens: impl IntoIterator<Item = Token>) -> Self {
        self.node.tokens = tokens.into_iter().collect();
        self
    }

    /// The node.
    #[must_use]
    pub fn build(self) -> Node {
        self.node
    }
}
