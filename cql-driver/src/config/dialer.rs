//! How byte streams to nodes are opened: by TCP, unless the application does it itself.

use futures::future::BoxFuture;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// What a connection reads from and writes to. One virtual call per read or write is nothing beside its system call,
/// and keeps every type above free of a parameter.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Opens a byte stream to an address.
type Dial = dyn Fn(SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn Stream>>> + Send + Sync;

/// The application's way to nodes, if it has one of its own.
#[derive(Clone, Default)]
pub(crate) struct Dialer(Option<Arc<Dial>>);

impl Dialer {
    pub(crate) fn new<F, Fut, S>(dial: F) -> Self
    where
        F: Fn(SocketAddr) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        Dialer(Some(Arc::new(move |address| {
            let dialed = dial(address);
            Box::pin(async move { Ok(Box::new(dialed.await?) as Box<dyn Stream>) })
        })))
    }

    pub(crate) async fn dial(&self, address: SocketAddr) -> io::Result<Box<dyn Stream>> {
        if let Some(dial) = &self.0 {
            return dial(address).await;
        }
        let tcp = TcpStream::connect(address).await?;
        tcp.set_nodelay(true)?;
        Ok(Box::new(tcp))
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Dialer(the application's)" } else { "Dialer(TCP)" })
    }
}
