//! Keyspaces and what is in them as immutable data: read from the system tables, kept current by events, and written as
//! the CQL that creates them again.

mod cql;
mod export;
mod feed;
mod keyspace;
mod keyspace_of_2x;
mod parse;
mod reader;
mod table;
mod type_of_2x;

pub use feed::SchemaChanges;
pub(crate) use feed::SchemaFeed;
pub use keyspace::{Aggregate, Function, Keyspace, UserType};
pub(crate) use keyspace_of_2x::texts;
pub(crate) use reader::Scope as SchemaScope;
pub use table::{Column, ColumnKind, Index, Mask, OptionValue, Table, Trigger, View};

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The keyspaces of a cluster, as they were at one moment. Names are compared as they are: what was created without
/// quotes has lower case.
///
/// ```no_run
/// # fn example(session: cql_driver::Session) -> Option<()> {
/// let schema = session.schema();
/// let table = schema.keyspace("shop")?.table("orders")?;
/// for column in table.columns() {
///     println!("{}: {}", column.name, column.column_type);
/// }
/// println!("{}", table.to_cql());
/// # Some(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Schema {
    keyspaces: BTreeMap<String, Arc<Keyspace>>,
}

impl Schema {
    /// The keyspace of that name.
    #[must_use]
    pub fn keyspace(&self, name: &str) -> Option<&Keyspace> {
        self.keyspaces.get(name).map(|keyspace| &**keyspace)
    }

    /// Every keyspace by name, those of the server and virtual ones among them.
    pub fn keyspaces(&self) -> impl Iterator<Item = &Keyspace> {
        self.keyspaces.values().map(|keyspace| &**keyspace)
    }

    /// Whether nothing is known: schema metadata is off, or could not be read yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keyspaces.is_empty()
    }

    pub(crate) fn insert(&mut self, keyspace: Keyspace) {
        self.keyspaces.insert(keyspace.name.clone(), Arc::new(keyspace));
    }

    pub(crate) fn remove(&mut self, keyspace: &str) {
        self.keyspaces.remove(keyspace);
    }

    /// The keyspace to be changed; other snapshots keep theirs.
    pub(crate) fn keyspace_mut(&mut self, name: &str) -> Option<&mut Keyspace> {
        self.keyspaces.get_mut(name).map(Arc::make_mut)
    }
}

/// The CQL of every keyspace that is not the server's own.
impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for keyspace in self.keyspaces().filter(|keyspace| !keyspace.is_of_server()) {
            writeln!(f, "{keyspace}")?;
        }
        Ok(())
    }
}
