//! Releases of Cassandra and what they can do, as far as a test depends on it.

use cql_driver::ProtocolVersion;
use std::fmt;

/// A release, major and minor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    major: u32,
    minor: u32,
    /// Whether it is cql-testkit's engine that says it is that release.
    is_engine: bool,
}

/// What the engine does not do.
const NOT_BY_ENGINE: &[Capability] =
    &[Capability::ClientOptions, Capability::Functions, Capability::Masks, Capability::Views];

impl Release {
    const fn new(major: u32, minor: u32) -> Self {
        Release { major, minor, is_engine: false }
    }

    /// The same release, as cql-testkit's engine has it.
    #[must_use]
    pub const fn of_engine(self) -> Self {
        Release { is_engine: true, ..self }
    }

    /// From `5.0.9`, `5.0`, `6.0-alpha2`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(['.', '-']);
        Some(Release::new(parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    }

    /// Whether it can do something.
    #[must_use]
    pub fn can(self, capability: Capability) -> bool {
        let (since, _) = capability.since();
        (self.major, self.minor) >= (since.major, since.minor)
            && !(self.is_engine && NOT_BY_ENGINE.contains(&capability))
    }

    /// The protocol versions it speaks, newest first.
    #[must_use]
    pub fn versions(self) -> Vec<ProtocolVersion> {
        let speaks = |version: &ProtocolVersion| match version {
            ProtocolVersion::V5 => self.can(Capability::ProtocolV5),
            ProtocolVersion::V4 => self.can(Capability::ProtocolV4),
            _ => true,
        };
        ProtocolVersion::ALL.iter().copied().filter(speaks).collect()
    }

    /// The newest version it speaks and the one before that: one that tells of changed columns, and one that does not.
    #[must_use]
    pub fn newest_versions(self) -> Vec<ProtocolVersion> {
        self.versions().into_iter().take(2).collect()
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.is_engine { "the engine of" } else { "Cassandra" };
        write!(f, "{name} {}.{}", self.major, self.minor)
    }
}

macro_rules! capabilities {
    ($($(#[$doc:meta])* $name:ident since $major:literal $minor:literal, $text:literal;)*) => {
        /// What a test may need that not every release has.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Capability {
            $($(#[$doc])* $name,)*
        }

        impl Capability {
            fn since(self) -> (Release, &'static str) {
                match self {
                    $(Capability::$name => (Release::new($major, $minor), $text),)*
                }
            }
        }
    };
}

capabilities! {
    /// Protocol version 4: UNSET, warnings, custom payloads.
    ProtocolV4 since 2 2, "protocol v4";
    /// Protocol version 5: segments, metadata ids.
    ProtocolV5 since 4 0, "protocol v5";
    /// `tinyint`, `smallint`, `date` and `time`.
    SmallTypes since 2 2, "types tinyint, smallint, date, time";
    /// `SELECT JSON`.
    Json since 2 2, "SELECT JSON";
    /// `duration`.
    Durations since 3 11, "type duration";
    /// User-defined types that are not frozen.
    FieldUpdates since 3 11, "user-defined types that are not frozen";
    /// `ALLOW FILTERING` on columns without an index.
    Filtering since 3 11, "filtering without an index";
    /// The options of clients in `system_views.clients`.
    ClientOptions since 5 0, "list of clients' options";
    /// Functions and aggregates written in Java. Those of 2.2 do not run on newer Javas.
    Functions since 3 11, "functions and aggregates";
    /// Materialized views and SASI indexes.
    Views since 3 11, "materialized views and SASI";
    /// Keyspaces whose tables nodes make up.
    VirtualTables since 4 0, "virtual tables";
    /// Columns that hide their values.
    Masks since 5 0, "masked columns";
    /// `vector`, and its search by storage-attached indexes.
    Vectors since 5 0, "type vector";
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (release, text) = self.since();
        write!(f, "{text}, which came with {release}")
    }
}
