//! The nine bytes before every body (v5 §2.2).

use super::{Flags, Opcode, StreamId};
use crate::version::ProtocolVersion;

/// Bytes of a header.
pub const HEADER_SIZE: usize = 9;

/// The longest body the protocol allows: 256 MiB (v5 §2.2.5).
pub const MAX_BODY: u32 = 256 << 20;

const DIRECTION_BIT: u8 = 0x80;

/// Who sent a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "one bit of the header: there is no third direction")]
pub enum Direction {
    /// From client to server.
    Request,
    /// From server to client.
    Response,
}

impl Direction {
    /// The direction bit of a version byte.
    #[must_use]
    #[inline]
    pub const fn of(version_byte: u8) -> Self {
        if version_byte & DIRECTION_BIT == 0 { Direction::Request } else { Direction::Response }
    }

    pub(super) const fn version_byte(self, version: ProtocolVersion) -> u8 {
        match self {
            Direction::Request => version.number(),
            Direction::Response => version.number() | DIRECTION_BIT,
        }
    }
}

/// The header of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// Version and direction as on the wire: see [`Header::version_number`] and [`Header::direction`].
    pub version_byte: u8,
    /// The flags.
    pub flags: Flags,
    /// The stream.
    pub stream: StreamId,
    /// The kind of message.
    pub opcode: Opcode,
    /// Bytes of the body as on the wire.
    pub length: u32,
}

impl Header {
    /// A header without flags, for an empty body.
    #[must_use]
    pub const fn new(
        version: ProtocolVersion,
        direction: Direction,
        opcode: Opcode,
        stream: StreamId,
    ) -> Self {
        Header {
            version_byte: direction.version_byte(version),
            flags: Flags::EMPTY,
            stream,
            opcode,
            length: 0,
        }
    }

    /// The same with these flags instead.
    #[must_use]
    pub const fn with_flags(mut self, flags: Flags) -> Self {
        self.flags = flags;
        self
    }

    /// The same for a body of `length` bytes.
    #[must_use]
    pub const fn with_length(mut self, length: u32) -> Self {
        self.length = length;
        self
    }

    /// The version's number, which can be one that this crate does not speak.
    #[must_use]
    #[inline]
    pub const fn version_number(&self) -> u8 {
        self.version_byte & !DIRECTION_BIT
    }

    /// The version, if this crate speaks it.
    #[must_use]
    pub const fn version(&self) -> Option<ProtocolVersion> {
        ProtocolVersion::from_number(self.version_number())
    }

    /// Who sent it.
    #[must_use]
    #[inline]
    pub const fn direction(&self) -> Direction {
        Direction::of(self.version_byte)
    }

    /// Reads the nine bytes. Every content is a header; what is acceptable is the [`super::Decoder`]'s to say.
    #[must_use]
    #[inline]
    pub const fn decode(bytes: &[u8; HEADER_SIZE]) -> Self {
        let [version_byte, flags, s0, s1, opcode, l0, l1, l2, l3] = *bytes;
        Header {
            version_byte,
            flags: Flags::from_bits(flags),
            stream: StreamId::new(i16::from_be_bytes([s0, s1])),
            opcode: Opcode::from_code(opcode),
            length: u32::from_be_bytes([l0, l1, l2, l3]),
        }
    }

    /// The nine bytes.
    #[must_use]
    #[inline]
    pub const fn encode(&self) -> [u8; HEADER_SIZE] {
        let [s0, s1] = self.stream.get().to_be_bytes();
        let [l0, l1, l2, l3] = self.length.to_be_bytes();
        [self.version_byte, self.flags.bits(), s0, s1, self.opcode.code(), l0, l1, l2, l3]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_v4_has_its_bytes() {
        let bytes = [0x84, 0x08, 0xFF, 0xFF, 0x0C, 0x00, 0x01, 0x02, 0x03];
        let header = Header::new(ProtocolVersion::V4, Direction::Response, Opcode::EVENT, StreamId::EVENT)
            .with_flags(Flags::WARNING)
            .with_length(0x0001_0203);
        assert_eq!(header.encode(), bytes);
        assert_eq!(Header::decode(&bytes), header);
        assert_eq!((header.version_number(), header.direction()), (4, Direction::Response));
    }

    #[test]
    fn a_request_of_an_unknown_version_survives() {
        let bytes = [0x46, 0xFF, 0x7F, 0xFE, 0x99, 0xFF, 0xFF, 0xFF, 0xFF];
        let header = Header::decode(&bytes);
        assert_eq!((header.version_number(), header.version()), (0x46, None));
        assert_eq!(header.direction(), Direction::Request);
        assert_eq!(header.stream.get(), 0x7FFE);
        assert_eq!(header.encode(), bytes);
    }
}
