//! The CQL binary protocol, versions 3, 4 and 5: bytes in, bytes out.
//!
//! This crate encodes and decodes everything a client and a server say to each other, in **both** directions, so that
//! a driver, a test server, a proxy and a fuzzer can share it. It knows no socket, runtime or clock; state machines
//! ([`handshake`], `frame::Decoder`) take bytes as arguments and return what follows from them.
//!
//! What is read is hostile until checked: no decoder panics, indexes or allocates by a length that was not compared
//! with the bytes at hand.
//!
//! # Layout
//! | module | what it holds | specification (v5) |
//! |---|---|---|
//! | [`wire`] | the notations: `[int]`, `[string]`, `[bytes]`, vints | §3 |
//! | [`frame`], [`segment`], [`compression`] | envelopes, the checksummed outer framing of v5, body compression | §2 |
//! | [`request`], [`response`] | the messages | §4.1, §4.2 |
//! | [`types`] | CQL types and column specifications | §4.2.5.2 |
//! | [`value`] | values and rows to and from Rust types | §6 |
//! | [`handshake`] | OPTIONS → STARTUP → authentication → READY | §4.1.1–4.1.3 |
//!
//! # Features
//! | feature | what it adds |
//! |---|---|
//! | `lz4`, `snappy` | compression |
//! | `chrono-04`, `time-03` | dates and times of those crates |
//! | `num-bigint-04`, `bigdecimal-04` | `varint` and `decimal` as numbers of those crates |

pub mod compression;
pub mod consistency;
pub mod error;
mod event_type;
pub mod frame;
pub mod handshake;
pub mod murmur3;
pub mod request;
pub mod response;
pub mod segment;
pub mod types;
pub mod value;
pub mod version;
pub mod wire;
mod words;

pub use consistency::{Consistency, SerialConsistency};
pub use error::{DecodeError, EncodeError};
pub use event_type::EventType;
pub use version::ProtocolVersion;
