//! What the client wants of a connection.

use crate::compression::Compression;
use crate::request::Startup;
use crate::version::ProtocolVersion;
use std::fmt;

/// What the client wants of a connection.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct HandshakeConfig {
    /// The versions that will do. Default: any.
    pub versions: Versions,
    /// The compression; a server that does not offer it is refused. Default: none.
    pub compression: Option<Compression>,
    /// The options of STARTUP. A compression in here is not sent: only the one above is. Default: the CQL version.
    pub startup: Startup,
    /// Whether the client can authenticate; if it cannot, a server that asks for it is refused. Default: no.
    pub authenticates: bool,
}

/// The versions of the protocol that will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Versions {
    /// The newest that the server speaks, but none newer than this.
    UpTo(ProtocolVersion),
    /// This one or none.
    Exactly(ProtocolVersion),
}

impl Versions {
    pub(super) fn first(self) -> ProtocolVersion {
        match self {
            Versions::UpTo(version) | Versions::Exactly(version) => version,
        }
    }

    pub(super) fn allow(self, version: ProtocolVersion) -> bool {
        match self {
            Versions::UpTo(newest) => version <= newest,
            Versions::Exactly(only) => version == only,
        }
    }
}

impl Default for Versions {
    fn default() -> Self {
        Versions::UpTo(ProtocolVersion::V5)
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Versions::UpTo(version) => write!(f, "{version} and older"),
            Versions::Exactly(version) => write!(f, "{version} only"),
        }
    }
}
