//! What the server sets bounds to.

/// The longest time to live, in seconds: 20 years (`Attributes.MAX_TTL` of the server).
pub const MAX_TTL: u32 = 630_720_000;
