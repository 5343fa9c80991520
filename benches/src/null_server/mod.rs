//! A CQL server that answers at once, with what it made ready before: the cheapest possible peer, so that what is
//! measured against it is the client. One node, one thread; it stores nothing.

mod answers;
mod catalog;
mod conversation;
mod select;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::statements::PAGE_ROWS;
use answers::Answers;
use conversation::Conversation;
use cql_protocol::ProtocolVersion;
use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// What a null server pretends to have.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Where it listens, on 127.0.0.1; 0 for any port that is free. Default: 19042.
    pub port: u16,
    /// Tokens of its one node, which make the ring. Default: 48.
    pub tokens: usize,
    /// Rows of each page of a scan. Default: 5000.
    pub page_rows: usize,
    /// Pages of a scan. Default: 20.
    pub pages: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options { port: 19042, tokens: 48, page_rows: PAGE_ROWS, pages: 20 }
    }
}

impl Options {
    /// Takes `--port`, `--tokens`, `--page-rows` and `--pages`.
    ///
    /// # Errors
    /// When one is not a number.
    pub fn take(arguments: &mut Arguments) -> Result<Self, Failure> {
        let default = Options::default();
        Ok(Options {
            port: arguments.option("--port")?.unwrap_or(default.port),
            tokens: arguments.option("--tokens")?.unwrap_or(default.tokens),
            page_rows: arguments.option("--page-rows")?.unwrap_or(default.page_rows),
            pages: arguments.option("--pages")?.unwrap_or(default.pages),
        })
    }

    /// As a command line.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let Options { port, tokens, page_rows, pages } = self;
        let words = format!("--port {port} --tokens {tokens} --page-rows {page_rows} --pages {pages}");
        words.split(' ').map(str::to_owned).collect()
    }
}

/// A server that listens and does not answer yet.
#[derive(Debug)]
pub struct NullServer {
    listener: std::net::TcpListener,
    shared: Arc<Shared>,
}

/// What connections share.
#[derive(Debug)]
struct Shared {
    options: Options,
    address: SocketAddr,
    /// Statements other than those that are measured, under the numbers in their ids.
    prepared: Mutex<Vec<String>>,
    answers: Mutex<HashMap<(ProtocolVersion, bool), Arc<Answers>>>,
    requests: AtomicU64,
    reads: AtomicU64,
}

/// How much a server has done.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Served {
    /// Requests answered.
    pub requests: u64,
    /// Reads of a socket it took.
    pub reads: u64,
}

impl NullServer {
    /// Opens the port.
    ///
    /// # Errors
    /// When it is taken.
    pub fn bind(options: Options) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))?;
        listener.set_nonblocking(true)?;
        let shared = Shared {
            address: listener.local_addr()?,
            options,
            prepared: Mutex::default(),
            answers: Mutex::default(),
            requests: AtomicU64::new(0),
            reads: AtomicU64::new(0),
        };
        Ok(NullServer { listener, shared: Arc::new(shared) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// Answers in this thread until `end`.
    ///
    /// # Errors
    /// When the runtime cannot be built, or the port is lost.
    pub fn run(self, end: impl Future<Output = ()>) -> io::Result<Served> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let listener = TcpListener::from_std(self.listener)?;
            tokio::select! {
                failed = accept(listener, &self.shared) => failed?,
                () = end => {}
            }
            Ok(Served {
                requests: self.shared.requests.load(Relaxed),
                reads: self.shared.reads.load(Relaxed),
            })
        })
    }

    /// Answers in a thread of its own.
    ///
    /// # Errors
    /// When there can be no further thread.
    pub fn spawn(self) -> io::Result<Running> {
        let address = self.address();
        let (end, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name("null-server".into()).spawn(move || {
            self.run(async {
                // An error means that `Running` is gone, which is the same.
                let _: Result<(), _> = ended.await;
            })
        })?;
        Ok(Running { address, end: Some(end), thread: Some(thread) })
    }
}

/// A server in a thread; dropping it ends it.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<Served>>>,
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end = None;
        // A server that panicked is noticed by those that wait for its answers.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn accept(listener: TcpListener, shared: &Arc<Shared>) -> io::Result<()> {
    loop {
        let (socket, peer) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let conversation = Conversation::new(Arc::clone(shared));
        tokio::spawn(async move {
            if let Err(error) = conversation.run(socket).await {
                eprintln!("null-server: {peer}: {error}");
            }
        });
    }
}

impl Shared {
    fn answers(&self, version: ProtocolVersion, lz4: bool) -> Result<Arc<Answers>, Failure> {
        let mut answers = lock(&self.answers);
        if let Some(ready) = answers.get(&(version, lz4)) {
            return Ok(Arc::clone(ready));
        }
        let made = Arc::new(Answers::new(version, lz4, &self.options)?);
        answers.insert((version, lz4), Arc::clone(&made));
        Ok(made)
    }
}

/// What a panicking thread held is as good as before: every change is a single step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
