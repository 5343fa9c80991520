//! A byte stream to a node, plain or encrypted.

use tokio::io::{AsyncRead, AsyncWrite};

/// What a connection reads from and writes to. One virtual call per read or write is nothing beside its system call,
/// and keeps every type above free of a parameter.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}
