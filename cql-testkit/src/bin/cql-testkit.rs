//! A CQL server in a process of its own, for tests in any language.

use cql_testkit::{EmbeddedCluster, SimCluster};
use lexopt::{Arg, Parser, ValueExt};
use std::error::Error;
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use tokio::process::Command;

const USAGE: &str = "\
A CQL server in memory: speaks the protocol versions 3 to 5 and executes CQL as Cassandra 5.0 does.

  cql-testkit serve [OPTIONS]                  serves until it is interrupted
  cql-testkit run [OPTIONS] -- COMMAND ...     runs a command that finds the server through CQL_CONTACT_POINTS
                                               (host:port,host:port), and ends with it

  --port PORT        where nodes listen [serve: 9042; run: a free one]
  --nodes NODES      how many nodes: 127.0.0.1, 127.0.0.2 and so on, all at that port [1]
  --release RELEASE  what they say they are [5.0.6]
  --user USER --password PASSWORD
                     whom they let in [anybody]
";

/// What ends the program before its time.
type Failure = Box<dyn Error>;

#[derive(Debug, Default)]
struct Options {
    serves: bool,
    port: Option<u16>,
    nodes: Option<u8>,
    release: Option<String>,
    user: Option<String>,
    password: Option<String>,
    command: Vec<OsString>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match options() {
        Ok(Some(options)) => work(options).await,
        Ok(None) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("cql-testkit: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("cql-testkit: {error}");
        ExitCode::FAILURE
    })
}

/// `None` when help was asked for.
fn options() -> Result<Option<Options>, lexopt::Error> {
    let (mut options, mut parser, mut task) = (Options::default(), Parser::from_env(), None);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
            Arg::Long("port") => options.port = Some(parser.value()?.parse()?),
            Arg::Long("nodes") => options.nodes = Some(parser.value()?.parse()?),
            Arg::Long("release") => options.release = Some(parser.value()?.string()?),
            Arg::Long("user") => options.user = Some(parser.value()?.string()?),
            Arg::Long("password") => options.password = Some(parser.value()?.string()?),
            Arg::Value(value) if task.is_none() => task = Some(value.string()?),
            Arg::Value(value) => {
                options.command.push(value);
                options.command.extend(parser.raw_args()?);
            }
            other => return Err(other.unexpected()),
        }
    }
    options.serves = match task.as_deref() {
        Some("serve") if options.command.is_empty() => true,
        Some("run") if !options.command.is_empty() => false,
        Some("run") => return Err("run what? Its command stands behind --".into()),
        Some("serve") => return Err("serve takes no command".into()),
        Some(other) => return Err(format!("there is no task `{other}`").into()),
        None => return Ok(None),
    };
    if options.user.is_some() != options.password.is_some() {
        return Err("--user and --password go together".into());
    }
    Ok(Some(options))
}

async fn work(options: Options) -> Result<ExitCode, Failure> {
    let cluster = start(&options).await?;
    let points = cluster.contact_points().join(",");
    if options.serves {
        println!("serving CQL at {points}; Ctrl-C ends it");
        tokio::signal::ctrl_c().await?;
        return Ok(ExitCode::SUCCESS);
    }
    let Some((program, arguments)) = options.command.split_first() else { return Ok(ExitCode::from(2)) };
    let mut command = Command::new(program);
    command.args(arguments).env("CQL_CONTACT_POINTS", points).kill_on_drop(true);
    let nodes = options.nodes.unwrap_or(1).to_string();
    let release = options.release.unwrap_or_else(|| RELEASE.to_owned());
    command.env("CQL_LOCAL_DC", "dc1").env("CQL_NODES", nodes).env("CQL_CASSANDRA_VERSION", release);
    command.env("CQL_EMBEDDED", "1");
    if let (Some(user), Some(password)) = (options.user, options.password) {
        command.env("CQL_USERNAME", user).env("CQL_PASSWORD", password);
    }
    let status = command.status().await.map_err(|error| format!("{}: {error}", program.display()))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

const RELEASE: &str = "5.0.6";

async fn start(options: &Options) -> Result<EmbeddedCluster, Failure> {
    let nodes = options.nodes.unwrap_or(1);
    let port = options.port.unwrap_or(if options.serves { 9042 } else { 0 });
    let mut builder = SimCluster::builder().dc("dc1", usize::from(nodes)).without_log();
    builder = builder.version(options.release.as_deref().unwrap_or(RELEASE));
    if let (Some(user), Some(password)) = (&options.user, &options.password) {
        builder = builder.credentials(user, password);
    }
    if port > 0 {
        builder = builder.each_node(move |node| {
            let last = u8::try_from(node.index() + 1).unwrap_or(u8::MAX);
            node.set_address(SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), port)));
        });
    }
    let started = EmbeddedCluster::start_with(builder).await;
    Ok(started.map_err(|error| match port {
        0 => error.to_string(),
        port => format!("cannot listen at 127.0.0.1:{port} and those after it: {error}"),
    })?)
}
