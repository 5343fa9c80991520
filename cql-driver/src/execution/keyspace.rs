//! `USE`: a session has one keyspace, on all of its connections.

use super::Context;
use crate::connection::{Connection, query};
use crate::cql::use_statement;
use crate::error::Error;
use std::sync::Arc;

/// Brings every connection of the session to the keyspace that `USE` set on one of them; new ones follow by themselves.
pub(super) async fn spread(
    context: &Context,
    keyspace: &Arc<str>,
    done: &Arc<Connection>,
) -> Result<(), Error> {
    context.keyspace.send_replace(Some(Arc::clone(keyspace)));
    let text = use_statement(keyspace);
    for pool in context.routes.load_full().pools() {
        let Some(connection) = pool.connection() else { continue };
        if Arc::ptr_eq(&connection, done) {
            continue;
        }
        if let Err(error) = query(&connection, &text, context.config.profile.request_timeout).await {
            // A connection in another keyspace than its session must not be used.
            tracing::warn!(node = %connection.address(), %error, "cannot set the keyspace, connection replaced");
            connection.abort();
        }
    }
    Ok(())
}
