//! Nodes: how they are, what happens to them, and settings of the connections to them.

use cql_driver::policy::ExponentialReconnection;
use cql_driver::{Error, NodeEvent};
use std::time::Duration;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let session = cql_examples::cluster()
        .await
        // A service that starts together with its database waits for it.
        .wait_for_cluster()
        .reconnection(ExponentialReconnection::new(Duration::from_millis(500), Duration::from_secs(30)))
        // One connection carries 1024 requests at a time; more are for traffic that keeps a core busy.
        .connections_per_node(2)
        // Where nodes announce addresses that are not reached from here.
        .address_translator(|node| node.announced_address())
        .build()?
        .connect()
        .await?;

    // Whoever wants to know follows what happens, from now on.
    let mut events = session.node_events();
    let watching = tokio::spawn(async move {
        while let Some(event) = events.next().await {
            match event {
                NodeEvent::Up(node) => println!("{} is up", node.address()),
                NodeEvent::Down(node) => println!("{} is down", node.address()),
                NodeEvent::ConnectFailed(node, error) => println!("{}: {}", node.address(), error.cause),
                other => println!("{other:?}"),
            }
        }
    });

    // More connections while there is more to do; the surplus goes when what it carries is done.
    session.resize_pools(3, 1);
    tokio::time::sleep(Duration::from_millis(300)).await;

    for status in session.node_statuses() {
        let in_flight: usize = status.connections.iter().map(|connection| connection.in_flight).sum();
        println!(
            "{} in {}/{}: {} of {} connections, {in_flight} requests in flight",
            status.node.address(),
            status.node.datacenter(),
            status.node.rack(),
            status.connections.len(),
            status.wanted,
        );
    }
    session.close().await;
    drop(session);
    let _ = watching.await;
    Ok(())
}
