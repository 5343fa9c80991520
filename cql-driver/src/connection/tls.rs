//! The TLS handshake, with rustls.

use super::Stream;
use crate::config::TlsConfig;
use crate::error::{ConnectCause, TlsError};
use std::net::SocketAddr;
use tokio_rustls::TlsConnector;

/// Encrypts a byte stream and verifies the node behind it.
pub(super) async fn wrap(
    tls: &TlsConfig,
    stream: Box<dyn Stream>,
    node: SocketAddr,
) -> Result<Box<dyn Stream>, ConnectCause> {
    let connector = TlsConnector::from(tls.client_config());
    let name = tls.server_name(node).map_err(TlsError::other)?;
    match connector.connect(name, stream).await {
        Ok(stream) => Ok(Box::new(stream)),
        Err(error) => Err(error.into()),
    }
}
