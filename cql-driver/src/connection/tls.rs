//! The TLS handshake, with rustls.

use super::Stream;
use crate::config::TlsConfig;
use crate::error::ConnectCause;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio_rustls::TlsConnector;

/// Encrypts a byte stream and verifies the node behind it.
pub(super) async fn wrap(
    tls: &TlsConfig,
    stream: Box<dyn Stream>,
    node: SocketAddr,
) -> Result<Box<dyn Stream>, ConnectCause> {
    let connector = TlsConnector::from(Arc::clone(tls.client_config()));
    match connector.connect(tls.server_name(node), stream).await {
        Ok(stream) => Ok(Box::new(stream)),
        Err(error) => Err(ConnectCause::Tls(error.to_string().into())),
    }
}
