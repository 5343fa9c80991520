//! Byte streams within the process, with what tests need of TCP: bounded buffers, half-close and reset.

use crate::sync::lock;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// One end of a byte stream within the process.
///
/// A write waits while the other end has left a whole buffer unread. Dropping it closes both directions.
#[derive(Debug)]
pub struct MemoryStream {
    read: MemoryReader,
    write: MemoryWriter,
}

#[derive(Debug)]
pub(crate) struct MemoryReader(Arc<Mutex<Pipe>>);

#[derive(Debug)]
pub(crate) struct MemoryWriter(Arc<Mutex<Pipe>>);

/// One direction.
#[derive(Debug)]
struct Pipe {
    bytes: VecDeque<u8>,
    capacity: usize,
    end: End,
    reader_gone: bool,
    reader: Option<Waker>,
    /// Who waits for room, and who waits until all was read.
    writers: Vec<Waker>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Open,
    Finished,
    Reset,
}

impl MemoryStream {
    /// Both ends of a stream that holds `capacity` bytes in each direction.
    pub(crate) fn pair(capacity: usize) -> (Self, Self) {
        let (one, other) = (Pipe::new(capacity), Pipe::new(capacity));
        let end = |read: &Arc<Mutex<Pipe>>, write: &Arc<Mutex<Pipe>>| MemoryStream {
            read: MemoryReader(Arc::clone(read)),
            write: MemoryWriter(Arc::clone(write)),
        };
        (end(&one, &other), end(&other, &one))
    }

    pub(crate) fn split(self) -> (MemoryReader, MemoryWriter) {
        (self.read, self.write)
    }
}

impl Pipe {
    fn new(capacity: usize) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Pipe {
            bytes: VecDeque::new(),
            capacity: capacity.max(1),
            end: End::Open,
            reader_gone: false,
            reader: None,
            writers: Vec::new(),
        }))
    }

    fn wake_all(&mut self) {
        self.reader.take().into_iter().chain(self.writers.drain(..)).for_each(Waker::wake);
    }

    fn read(&mut self, cx: &Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.end == End::Reset {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        if self.bytes.is_empty() {
            if self.end == End::Finished {
                return Poll::Ready(Ok(()));
            }
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let (front, _) = self.bytes.as_slices();
        let count = front.len().min(into.remaining());
        into.put_slice(front.get(..count).unwrap_or_default());
        self.bytes.drain(..count);
        self.writers.drain(..).for_each(Waker::wake);
        Poll::Ready(Ok(()))
    }

    fn write(&mut self, cx: &Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.reader_gone || self.end != End::Open {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let count = self.capacity.saturating_sub(self.bytes.len()).min(bytes.len());
        if count == 0 && !bytes.is_empty() {
            self.writers.push(cx.waker().clone());
            return Poll::Pending;
        }
        self.bytes.extend(bytes.iter().take(count));
        self.reader.take().into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(count))
    }

    fn finish(&mut self, end: End) {
        if self.end == End::Open {
            self.end = end;
        }
        if end == End::Reset {
            self.end = end;
            self.bytes.clear();
        }
        self.wake_all();
    }
}

impl MemoryWriter {
    /// Ends the stream as a reset does: what was not read is lost.
    pub(crate) fn reset(&self) {
        lock(&self.0).finish(End::Reset);
    }

    /// Waits until the other end has read everything, or is gone.
    pub(crate) async fn drained(&self) {
        poll_fn(|cx| {
            let mut pipe = lock(&self.0);
            if pipe.bytes.is_empty() || pipe.reader_gone {
                return Poll::Ready(());
            }
            pipe.writers.push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

impl Drop for MemoryReader {
    fn drop(&mut self) {
        let mut pipe = lock(&self.0);
        pipe.reader_gone = true;
        pipe.bytes.clear();
        pipe.wake_all();
    }
}

impl Drop for MemoryWriter {
    fn drop(&mut self) {
        lock(&self.0).finish(End::Finished);
    }
}

impl AsyncRead for MemoryReader {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        lock(&self.0).read(cx, into)
    }
}

impl AsyncWrite for MemoryWriter {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        lock(&self.0).write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        lock(&self.0).finish(End::Finished);
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for MemoryStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.read).poll_read(cx, into)
    }
}

impl AsyncWrite for MemoryStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.write).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.write).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.write).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn bytes_arrive_and_the_end_after_them() {
        let (mut client, mut server) = MemoryStream::pair(4);
        let writer = tokio::spawn(async move {
            client.write_all(b"hello world").await.unwrap();
        });
        let mut read = Vec::new();
        server.read_to_end(&mut read).await.unwrap();
        writer.await.unwrap();
        assert_eq!(read, b"hello world");
        assert!(server.write_all(b"x").await.is_err(), "the other end is gone");
    }

    #[tokio::test]
    async fn a_reset_loses_what_was_not_read() {
        let (mut client, server) = MemoryStream::pair(4);
        let (_reader, mut writer) = server.split();
        writer.write_all(b"ab").await.unwrap();
        writer.reset();
        let error = client.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }

    #[tokio::test]
    async fn one_direction_can_end_alone() {
        let (mut client, mut server) = MemoryStream::pair(4);
        server.shutdown().await.unwrap();
        assert_eq!(client.read(&mut [0; 1]).await.unwrap(), 0);
        client.write_all(b"z").await.unwrap();
        assert_eq!(server.read_u8().await.unwrap(), b'z');
    }
}
