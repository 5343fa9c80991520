//! Connections that are encrypted.

use crate::memory::MemoryStream;
use crate::network::Accepted;
use std::fmt;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// The server's side of TLS.
#[derive(Clone)]
pub(crate) struct Acceptor(TlsAcceptor);

impl Acceptor {
    pub(crate) fn new(config: Arc<ServerConfig>) -> Self {
        Acceptor(TlsAcceptor::from(config))
    }

    /// The plain side of a connection, and what carries bytes between both sides until either ends.
    pub(crate) fn decrypt(
        &self,
        accepted: Accepted,
        capacity: usize,
    ) -> (Accepted, impl Future<Output = ()> + Send + use<>) {
        let (ours, theirs) = MemoryStream::pair(capacity);
        let acceptor = self.0.clone();
        let carry = async move {
            match accepted {
                Accepted::Tcp(stream) => carry(acceptor, stream, theirs).await,
                Accepted::Memory(stream) => carry(acceptor, stream, theirs).await,
            }
        };
        (Accepted::Memory(ours), carry)
    }
}

/// A handshake that fails ends both sides, as a server does.
async fn carry(acceptor: TlsAcceptor, stream: impl AsyncRead + AsyncWrite + Unpin, mut plain: MemoryStream) {
    if let Ok(mut encrypted) = acceptor.accept(stream).await {
        let _ = copy_bidirectional(&mut encrypted, &mut plain).await;
        let _ = encrypted.shutdown().await;
    }
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Acceptor")
    }
}
