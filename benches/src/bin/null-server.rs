//! The null server by itself, for other machines, other drivers, or a core of its own: until it is interrupted.

use cql_benches::Failure;
use cql_benches::arguments::Arguments;
use cql_benches::child::serve_until;
use cql_benches::null_server::Options;
use tokio::signal::unix::{SignalKind, signal};

fn main() -> Result<(), Failure> {
    let mut arguments = Arguments::of_process();
    let options = Options::take(&mut arguments)?;
    arguments.finish()?;
    serve_until(options, async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminated) => tokio::select! {
                _ = terminated.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            },
            Err(_) => {
                let _ = tokio::signal::ctrl_c().await;
            }
        }
    })
}
