//! Waiting until all nodes have a change of the schema.

use super::Context;
use crate::connection::{Connection, query};
use crate::error::Error;
use crate::schema::SchemaScope;
use cql_protocol::response::SchemaChange;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;
use uuid::Uuid;

/// Asks the node that made a change which schema versions it sees, until there is one. `false` after the time for it.
pub(super) async fn wait(context: &Context, connection: &Arc<Connection>) -> bool {
    let config = &context.config;
    let end = Instant::now() + config.schema_agreement_timeout;
    loop {
        match versions(context, connection, end.saturating_duration_since(Instant::now())).await {
            Ok(versions) if versions.len() <= 1 => return true,
            Ok(versions) => tracing::debug!(versions = versions.len(), "schema versions differ"),
            Err(error) => tracing::debug!(%error, "cannot read schema versions"),
        }
        if Instant::now() + config.schema_agreement_interval >= end {
            tracing::warn!(
                node = %connection.address(),
                timeout = ?config.schema_agreement_timeout,
                "schema versions still differ, going on",
            );
            return false;
        }
        tokio::time::sleep(config.schema_agreement_interval).await;
    }
}

/// How long a change waits at least until this session knows it, and no longer where no agreement is waited for.
const LEARN: Duration = Duration::from_secs(2);

/// How long a change waits until this session knows it: a node that is slow to agree is slow to tell, too. Not an error
/// when it takes longer: until then requests are routed by what was, and the schema shows it.
fn patience(context: &Context) -> Duration {
    context.config.schema_agreement_timeout.max(LEARN)
}

/// Has the replication of keyspaces read again, and waits until this session routes by it.
pub(super) async fn learn_replication(context: &Context) {
    let learn = async {
        let (reply, topology) = oneshot::channel();
        context.refresher.send(reply).await.ok()?;
        let topology = topology.await.ok()?;
        let mut followed = context.followed.subscribe();
        followed.wait_for(|current| Arc::ptr_eq(current, &topology)).await.ok()?;
        Some(())
    };
    if !matches!(tokio::time::timeout(patience(context), learn).await, Ok(Some(()))) {
        tracing::debug!("the new replication is not known yet");
    }
}

/// Has what was changed read again, so that the schema shows it when the change returns.
pub(super) async fn learn_schema(context: &Context, change: &SchemaChange) {
    let learned = context.schema.read_now(SchemaScope::of(&change.target));
    if !matches!(tokio::time::timeout(patience(context), learned).await, Ok(Ok(()))) {
        tracing::debug!("the new schema is not known yet");
    }
}

/// The schema versions of the nodes that are alive, as far as this session can tell: those it has a connection to.
async fn versions(
    context: &Context,
    connection: &Arc<Connection>,
    timeout: Duration,
) -> Result<BTreeSet<Uuid>, Error> {
    let local =
        query(connection, "SELECT schema_version FROM system.local WHERE key = 'local'", timeout).await?;
    let peers = query(connection, "SELECT host_id, schema_version FROM system.peers", timeout).await?;
    let mut versions = BTreeSet::new();
    for row in local.rows::<(Option<Uuid>,)>()? {
        versions.extend(row?.0);
    }
    let routes = context.routes.load_full();
    for row in peers.rows::<(Option<Uuid>, Option<Uuid>)>()? {
        if let (Some(host_id), Some(version)) = row?
            && routes.is_connected(host_id)
        {
            versions.insert(version);
        }
    }
    Ok(versions)
}
