//! The network within the process: addresses and who listens there. And sockets of either kind.

use crate::memory::{MemoryReader, MemoryStream, MemoryWriter};
use crate::sync::lock;
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// A network within the process, for clusters that were built [`in_memory`](crate::ClusterBuilder::in_memory): no
/// sockets, no ports, and tokio's paused clock works. Clones are the same network.
///
/// A driver that lets its user open byte streams is connected in one line:
/// `builder.dialer(move |address| network.dial(address))`.
#[derive(Debug, Clone, Default)]
pub struct Network(Arc<Mutex<Addresses>>);

#[derive(Debug, Default)]
struct Addresses {
    listeners: HashMap<SocketAddr, Entrance>,
    aliases: HashMap<SocketAddr, SocketAddr>,
    dialed: Vec<SocketAddr>,
}

#[derive(Debug)]
enum Entrance {
    Open {
        queue: mpsc::UnboundedSender<MemoryStream>,
        capacity: usize,
    },
    /// Whoever knocks waits for ever, as at a host that drops packets.
    BlackHole,
}

impl Network {
    /// Opens a stream to whoever listens at `address`.
    ///
    /// # Errors
    /// [`io::ErrorKind::ConnectionRefused`] when nobody does.
    pub fn dial(&self, address: SocketAddr) -> impl Future<Output = io::Result<MemoryStream>> + Send + use<> {
        let dialed = self.knock(address);
        async move {
            match dialed {
                Some(dialed) => dialed,
                None => std::future::pending().await,
            }
        }
    }

    /// Has whoever dials `from` reach `to`, as a name does that is given another address.
    pub fn alias(&self, from: SocketAddr, to: SocketAddr) {
        lock(&self.0).aliases.insert(from, to);
    }

    /// Every address that was dialed, in order, reached or not.
    #[must_use]
    pub fn dialed(&self) -> Vec<SocketAddr> {
        lock(&self.0).dialed.clone()
    }

    fn knock(&self, address: SocketAddr) -> Option<io::Result<MemoryStream>> {
        let mut addresses = lock(&self.0);
        addresses.dialed.push(address);
        let address = addresses.aliases.get(&address).copied().unwrap_or(address);
        match addresses.listeners.get(&address) {
            Some(Entrance::BlackHole) => None,
            Some(Entrance::Open { queue, capacity }) => {
                let (ours, theirs) = MemoryStream::pair(*capacity);
                Some(queue.send(theirs).map(|()| ours).map_err(|_| io::ErrorKind::ConnectionRefused.into()))
            }
            None => Some(Err(io::ErrorKind::ConnectionRefused.into())),
        }
    }

    fn listen(&self, address: SocketAddr, capacity: usize) -> io::Result<Listener> {
        let mut addresses = lock(&self.0);
        if matches!(addresses.listeners.get(&address), Some(Entrance::Open { queue, .. }) if !queue.is_closed())
        {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        let (queue, accepted) = mpsc::unbounded_channel();
        addresses.listeners.insert(address, Entrance::Open { queue, capacity });
        Ok(Listener::Memory(accepted))
    }

    pub(crate) fn close(&self, address: SocketAddr) {
        lock(&self.0).listeners.remove(&address);
    }

    pub(crate) fn black_hole(&self, address: SocketAddr) {
        lock(&self.0).listeners.insert(address, Entrance::BlackHole);
    }
}

/// Where a node takes connections.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(TcpListener),
    Memory(mpsc::UnboundedReceiver<MemoryStream>),
}

impl Listener {
    /// Listens at an address of that network, or of this machine if there is none.
    pub(crate) async fn bind(
        network: Option<&Network>,
        address: SocketAddr,
        capacity: usize,
    ) -> io::Result<Self> {
        match network {
            Some(network) => network.listen(address, capacity),
            None => Ok(Listener::Tcp(TcpListener::bind(address).await?)),
        }
    }

    pub(crate) fn local_address(&self) -> Option<SocketAddr> {
        match self {
            Listener::Tcp(listener) => listener.local_addr().ok(),
            Listener::Memory(_) => None,
        }
    }

    pub(crate) async fn accept(&mut self) -> io::Result<Accepted> {
        match self {
            Listener::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Accepted::Tcp(stream))
            }
            Listener::Memory(queue) => {
                Ok(Accepted::Memory(queue.recv().await.ok_or(io::ErrorKind::NotConnected)?))
            }
        }
    }
}

/// A connection that was just accepted.
#[derive(Debug)]
pub(crate) enum Accepted {
    Tcp(TcpStream),
    Memory(MemoryStream),
}

impl Accepted {
    pub(crate) fn split(self) -> (ReadSide, WriteSide) {
        match self {
            Accepted::Tcp(stream) => {
                let (read, write) = stream.into_split();
                (ReadSide::Tcp(read), WriteSide::Tcp(write))
            }
            Accepted::Memory(stream) => {
                let (read, write) = stream.split();
                (ReadSide::Memory(read), WriteSide::Memory(write))
            }
        }
    }
}

/// The half of a connection that requests come by.
#[derive(Debug)]
pub(crate) enum ReadSide {
    Tcp(OwnedReadHalf),
    Memory(MemoryReader),
}

/// The half of a connection that responses go by.
#[derive(Debug)]
pub(crate) enum WriteSide {
    Tcp(OwnedWriteHalf),
    Memory(MemoryWriter),
}

impl WriteSide {
    /// Has the end of the connection be a reset. The other half must be dropped behind it.
    pub(crate) fn reset(self) {
        match self {
            WriteSide::Tcp(half) => {
                #[allow(deprecated, reason = "its successor, for zero alone, needs a newer tokio than ours")]
                let _ = half.as_ref().set_linger(Some(Duration::ZERO));
                // Dropped, it would say goodbye first.
                half.forget();
            }
            WriteSide::Memory(half) => half.reset(),
        }
    }

    /// Waits until the other end has read everything, where that can be known.
    pub(crate) async fn drained(&self) {
        match self {
            WriteSide::Tcp(_) => tokio::task::yield_now().await,
            WriteSide::Memory(half) => half.drained().await,
        }
    }
}

impl AsyncRead for ReadSide {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            ReadSide::Tcp(half) => Pin::new(half).poll_read(cx, into),
            ReadSide::Memory(half) => Pin::new(half).poll_read(cx, into),
        }
    }
}

impl AsyncWrite for WriteSide {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            WriteSide::Tcp(half) => Pin::new(half).poll_write(cx, bytes),
            WriteSide::Memory(half) => Pin::new(half).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            WriteSide::Tcp(half) => Pin::new(half).poll_flush(cx),
            WriteSide::Memory(half) => Pin::new(half).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            WriteSide::Tcp(half) => Pin::new(half).poll_shutdown(cx),
            WriteSide::Memory(half) => Pin::new(half).poll_shutdown(cx),
        }
    }
}
