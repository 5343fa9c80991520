//! Header flags (v5 §2.2.2).

use std::fmt;
use std::ops::BitOr;

/// The flags of a header. Bits this crate has no name for survive.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags(u8);

impl Flags {
    /// No flag.
    pub const EMPTY: Flags = Flags(0);
    /// The body is compressed (v3, v4; without meaning on v5).
    pub const COMPRESSED: Flags = Flags(0x01);
    /// A request asks to be traced; a response starts with the id of its trace.
    pub const TRACING: Flags = Flags(0x02);
    /// The body starts with a custom payload (v4 and newer).
    pub const CUSTOM_PAYLOAD: Flags = Flags(0x04);
    /// The response carries warnings (v4 and newer).
    pub const WARNING: Flags = Flags(0x08);
    /// The client agrees to a protocol version that is still in the making.
    pub const USE_BETA: Flags = Flags(0x10);

    /// The byte on the wire.
    #[must_use]
    #[inline]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The flags of that byte.
    #[must_use]
    #[inline]
    pub const fn from_bits(bits: u8) -> Self {
        Flags(bits)
    }

    /// Whether no bit is set.
    #[must_use]
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all of `other` are set.
    #[must_use]
    #[inline]
    pub const fn contains(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// What is set in either.
    #[must_use]
    #[inline]
    pub const fn union(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    /// What is set here but not in `other`.
    #[must_use]
    #[inline]
    pub const fn difference(self, other: Flags) -> Flags {
        Flags(self.0 & !other.0)
    }
}

impl BitOr for Flags {
    type Output = Flags;

    fn bitor(self, other: Flags) -> Flags {
        self.union(other)
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "flags {:#04x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_bits_survive_and_do_not_hide_known_ones() {
        let flags = Flags::from_bits(0xE2);
        assert!(flags.contains(Flags::TRACING));
        assert!(!flags.contains(Flags::TRACING | Flags::WARNING));
        assert_eq!((flags | Flags::COMPRESSED).bits(), 0xE3);
        assert_eq!(flags.difference(Flags::TRACING).bits(), 0xE0);
    }
}
