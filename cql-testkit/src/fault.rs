//! What can be wrong with bytes on the wire.

use std::time::Duration;

/// Something wrong with one response. What concerns segments does nothing before v5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The checksum of the segment's header does not match (v5).
    HeaderChecksum,
    /// The checksum of the segment's payload does not match (v5).
    PayloadChecksum,
    /// The frame's header tells this length.
    Length(u32),
    /// The frame's header tells this opcode.
    Opcode(u8),
    /// The first byte of the frame, version and direction, is this.
    VersionByte(u8),
    /// The frame's header has these flags.
    Flags(u8),
    /// The response goes to this stream.
    Stream(i16),
    /// The response is sent twice.
    Twice,
    /// The body ends after so many bytes, and the frame's header says so: framing is sound, the message is not.
    BodyCutTo(usize),
    /// The byte of that number of all that is sent has these bits turned over.
    Flip {
        /// Its number, from 0: of the frame, or of the segments around it (v5).
        at: usize,
        /// The bits.
        bits: u8,
    },
    /// Only so many bytes of this response are sent.
    CutTo(usize),
    /// Only so many bytes of this response are sent, and then the connection is closed.
    CloseAfter(usize),
}

/// How bytes are handed to the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Chunking {
    /// As a whole.
    #[default]
    Whole,
    /// So many bytes at a time. Within the process each chunk waits until the one before was read.
    Bytes(usize),
    /// As [`Chunking::Bytes`], with a wait before each.
    Drip {
        /// Bytes of a chunk.
        bytes: usize,
        /// The wait.
        every: Duration,
    },
    /// The first bytes, and then the rest.
    Split(usize),
    /// Chunks of 1 to `most` bytes; the cluster's seed decides.
    Random {
        /// Bytes of a chunk, at most.
        most: usize,
    },
}
