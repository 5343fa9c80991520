//! Entry points for fuzzing `cql-protocol` and the engine of `cql-testkit`: whatever the bytes, nothing panics, and what
//! was read is written the same.
//!
//! `cargo test -p cql-fuzz` runs them on the recorded conversations and mutations of these, on any toolchain; `dev/fuzz`
//! looks for more with libFuzzer, guided by coverage. A target's input is what a peer sends, behind a few bytes that
//! choose a version, a type or how the bytes arrive; or statements, one a line.
#![allow(clippy::expect_used, clippy::panic, reason = "a finding is told by a panic")]

pub mod corpus;
mod frame_stream;
pub mod mutate;
mod request_body;
mod response_body;
mod segment_stream;
mod statements;
mod type_names;
mod value_by_type;

use cql_protocol::ProtocolVersion;
pub use frame_stream::frame_stream;
pub use request_body::request_body;
pub use response_body::response_body;
pub use segment_stream::segment_stream;
pub use statements::statements;
pub use type_names::type_names;
pub use value_by_type::value_by_type;

/// Something to be fuzzed.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Target {
    /// As `dev/fuzz --target` and folders call it.
    pub name: &'static str,
    /// Runs it on one input.
    pub run: fn(&[u8]),
    /// Bytes it may allocate at a time for each byte of input.
    pub memory_per_byte: u64,
    /// And besides.
    pub memory_besides: u64,
    /// Whether mutations of its inputs are made of words and symbols too, not of bytes alone.
    pub is_text: bool,
    /// Inputs of a short run.
    pub iterations: u64,
}

/// What decompression may come to: a cap of the targets, not of the protocol.
pub(crate) const DECOMPRESSED: usize = 256 << 10;

const fn target(name: &'static str, run: fn(&[u8]), memory_besides: u64) -> Target {
    // The worst is an element of one byte that becomes a value of 32, in a vector that grows; and it is read twice.
    Target { name, run, memory_per_byte: 200, memory_besides, is_text: false, iterations: 100_000 }
}

/// All of them.
pub const TARGETS: [Target; 7] = [
    // Read buffers of 64 KiB, and bodies that decompress.
    target("frame_stream", frame_stream, 256 * DECOMPRESSED as u64),
    target("segment_stream", segment_stream, 256 * DECOMPRESSED as u64),
    target("response_body", response_body, 16 << 10),
    target("request_body", request_body, 16 << 10),
    target("type_names", type_names, 16 << 10),
    target("value_by_type", value_by_type, 16 << 10),
    // Tables and what is in them; of a token there are many types that it could be.
    Target {
        memory_per_byte: 4 << 10,
        is_text: true,
        iterations: 300,
        ..target("statements", statements, 16 << 20)
    },
];

/// The version that a byte stands for.
fn version_of(byte: u8) -> ProtocolVersion {
    match byte % 3 {
        0 => ProtocolVersion::V3,
        1 => ProtocolVersion::V4,
        _ => ProtocolVersion::V5,
    }
}
