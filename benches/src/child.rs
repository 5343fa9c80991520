//! A null server in a process of its own, so that its time and memory are not taken for the client's.

use crate::failure::Failure;
use crate::null_server::{NullServer, Options};
use crate::usage::CpuTime;
use std::future::Future;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use tokio::sync::oneshot;

/// The first argument by which a program that calls [`ServerProcess::start`] is told to be the server.
pub const SERVE: &str = "serve";

const LISTENING: &str = "null-server listens on ";

/// A server that another process runs; dropping it ends that.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    /// The server runs until this is closed.
    stdin: Option<ChildStdin>,
    address: String,
}

impl ServerProcess {
    /// Starts this very program again, with [`SERVE`] for its first argument.
    ///
    /// # Errors
    /// When that cannot be, or the server does not come up.
    pub fn start(options: &Options) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(SERVE)
            .args(options.words())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdin = child.stdin.take();
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let address = line.trim_end().strip_prefix(LISTENING).unwrap_or_default().to_owned();
        let process = ServerProcess { child, stdin, address };
        match process.address.is_empty() {
            true => Err("the null server did not start".into()),
            false => Ok(process),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.stdin = None;
        let _ = self.child.wait();
    }
}

/// Is the server of a [`ServerProcess`]: until the other end closes its standard input.
///
/// # Errors
/// When the server fails.
pub fn serve(options: Options) -> Result<(), Failure> {
    let (end, ended) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        drop(end);
    });
    serve_until(options, async {
        let _ = ended.await;
    })
}

/// Runs a server, tells on standard output where it listens, and at the end, on standard error, what its requests cost.
///
/// # Errors
/// When the server fails.
pub fn serve_until(options: Options, end: impl Future<Output = ()>) -> Result<(), Failure> {
    let server = NullServer::bind(options)?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{LISTENING}{}", server.address())?;
    stdout.flush()?;
    let before = CpuTime::now()?;
    let served = server.run(end)?;
    let (user, system) = CpuTime::now()?.per_operation(before, served.requests);
    let per_read = served.requests as f64 / served.reads.max(1) as f64;
    eprintln!(
        "null-server requests={} requests/read={per_read:.1} user_us/request={user:.3} sys_us/request={system:.3}",
        served.requests
    );
    Ok(())
}
