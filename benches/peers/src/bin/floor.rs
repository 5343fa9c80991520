//! What one connection can do at all: a bare socket that keeps CONCURRENCY requests in flight, encoded by hand, and looks
//! at no more of an answer than its length and its stream. No routing, no policies, no values; v4 alone.

use cql_benches::Failure;
use cql_benches::run::run;
use cql_benches::statements::{A, B, C, GET, PUT};
use cql_benches::workload::Done;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const HEADER: usize = 9;
const STARTUP: u8 = 0x01;
const PREPARE: u8 = 0x09;
const EXECUTE: u8 = 0x0A;
/// Values follow; no metadata is wanted back.
const FLAGS: u8 = 0x03;
const ONE: u16 = 1;

fn main() -> Result<(), Failure> {
    run(async |run, address| {
        let text = match run.work.as_str() {
            "get" => GET,
            "put" => PUT,
            other => return Err(format!("the floor has no {other}").into()),
        };
        let mut socket = TcpStream::connect(&address).await?;
        socket.set_nodelay(true)?;
        let id = prepare(&mut socket, text).await?;
        let values = match run.work.as_str() {
            "put" => after_key(),
            _ => Vec::new(),
        };
        let socket = tokio::sync::Mutex::new(socket);
        let figures = run
            .warmed_up(async |count| {
                let requests = Requests { id: &id, values: &values };
                lock_step(&mut *socket.lock().await, requests, count, run.concurrency).await
            })
            .await?;
        Ok(("floor-v4".to_owned(), figures))
    })
}

/// Says hello and prepares; the statement's id.
async fn prepare(socket: &mut TcpStream, text: &str) -> Result<Vec<u8>, Failure> {
    let mut startup = 1_u16.to_be_bytes().to_vec();
    for word in ["CQL_VERSION", "3.0.0"] {
        startup.extend(u16::try_from(word.len())?.to_be_bytes());
        startup.extend(word.as_bytes());
    }
    call(socket, STARTUP, &startup).await?;
    let mut body = Vec::new();
    put_value(&mut body, text.as_bytes());
    let answer = call(socket, PREPARE, &body).await?;
    // [int kind][short length][id]
    let length = usize::from(u16::from_be_bytes([answer[4], answer[5]]));
    Ok(answer[6..6 + length].to_vec())
}

async fn call(socket: &mut TcpStream, opcode: u8, body: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut frame = Vec::new();
    put_header(&mut frame, 0, opcode, body.len());
    frame.extend(body);
    socket.write_all(&frame).await?;
    let mut header = [0; HEADER];
    socket.read_exact(&mut header).await?;
    let mut answer = vec![0; body_length(&header)];
    socket.read_exact(&mut answer).await?;
    Ok(answer)
}

/// What each EXECUTE is made of but for its stream and its key.
struct Requests<'a> {
    id: &'a [u8],
    /// Those behind the key.
    values: &'a [u8],
}

impl Requests<'_> {
    fn put(&self, out: &mut Vec<u8>, stream: u16, key: u64) {
        let count: u16 = if self.values.is_empty() { 1 } else { 4 };
        let before = 2 + self.id.len() + 2 + 1 + 2;
        put_header(out, stream, EXECUTE, before + 4 + 8 + self.values.len());
        out.extend((self.id.len() as u16).to_be_bytes());
        out.extend(self.id);
        out.extend(ONE.to_be_bytes());
        out.push(FLAGS);
        out.extend(count.to_be_bytes());
        put_value(out, &key.to_be_bytes());
        out.extend(self.values);
    }
}

/// Sends what the answers that have come make room for, reads on, and so forth.
async fn lock_step(
    socket: &mut TcpStream,
    requests: Requests<'_>,
    count: u64,
    concurrency: usize,
) -> Result<Done, Failure> {
    let (mut out, mut input) = (Vec::new(), Vec::with_capacity(1 << 16));
    let mut began = vec![Instant::now(); concurrency];
    let mut done = Done::default();
    let mut sent = 0;
    for stream in 0..u16::try_from(concurrency)? {
        requests.put(&mut out, stream, sent);
        sent += 1;
    }
    let most = sent.max(count);
    done.latencies.reserve(usize::try_from(most)?);
    while done.operations < most {
        if !out.is_empty() {
            socket.write_all(&out).await?;
            out.clear();
        }
        if socket.read_buf(&mut input).await? == 0 {
            return Err("the server has closed the connection".into());
        }
        let mut at = 0;
        while let Some(header) = input[at..].first_chunk::<HEADER>() {
            let end = at + HEADER + body_length(header);
            if end > input.len() {
                break;
            }
            let stream = u16::from_be_bytes([header[2], header[3]]);
            let since = &mut began[usize::from(stream)];
            done.latencies.push(u32::try_from(since.elapsed().as_nanos()).unwrap_or(u32::MAX));
            done.operations += 1;
            if sent < most {
                requests.put(&mut out, stream, sent);
                *since = Instant::now();
                sent += 1;
            }
            at = end;
        }
        input.drain(..at);
    }
    Ok(done)
}

fn put_header(out: &mut Vec<u8>, stream: u16, opcode: u8, length: usize) {
    out.extend([4, 0]);
    out.extend(stream.to_be_bytes());
    out.push(opcode);
    out.extend((length as u32).to_be_bytes());
}

fn body_length(header: &[u8; HEADER]) -> usize {
    u32::from_be_bytes([header[5], header[6], header[7], header[8]]) as usize
}

fn put_value(out: &mut Vec<u8>, value: &[u8]) {
    out.extend((value.len() as u32).to_be_bytes());
    out.extend(value);
}

fn after_key() -> Vec<u8> {
    let mut values = Vec::new();
    put_value(&mut values, A.as_bytes());
    put_value(&mut values, B);
    put_value(&mut values, &C.to_be_bytes());
    values
}
