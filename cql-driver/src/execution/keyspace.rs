//! `USE`: a session has one keyspace, on all of its connections.

use super::Context;
use crate::connection::{Connection, query};
use crate::cql::use_statement;
use crate::error::Error;
use std::sync::Arc;

/// Connections that may not be in their session's keyspace yet. Whoever drops them before they are has them replaced:
/// an unqualified name must not mean another table than the session says.
struct Unsettled(Vec<Arc<Connection>>);

impl Drop for Unsettled {
    fn drop(&mut self) {
        self.0.iter().for_each(|connection| connection.abort());
    }
}

/// Brings every connection of the session to the keyspace that `USE` set on one of them; new ones follow by themselves.
///
/// # Cancel safety
/// Connections that were not reached are replaced.
pub(super) async fn spread(context: &Context, keyspace: &Arc<str>) -> Result<(), Error> {
    // One at a time, and on every connection: of two at once the later one decides, everywhere.
    let _alone = context.changing_keyspace.lock().await;
    context.keyspace.send_replace(Some(Arc::clone(keyspace)));
    let text = use_statement(keyspace);
    let pools = context.routes.load_full();
    let mut unsettled = Unsettled(pools.pools().flat_map(|pool| pool.connections()).collect());
    while let Some(connection) = unsettled.0.last() {
        let set = query(connection, &text, context.config.connect_timeout).await;
        let settled = unsettled.0.pop();
        if let (Err(error), Some(connection)) = (set, settled) {
            tracing::warn!(node = %connection.address(), %error, "cannot set the keyspace, connection replaced");
            connection.abort();
        }
    }
    Ok(())
}
