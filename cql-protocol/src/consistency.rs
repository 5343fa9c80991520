//! Consistency levels (v5 §3 `[consistency]`).

use std::fmt;

/// How many replicas must answer. Levels this crate has no name for survive as their number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Consistency(u16);

/// The consistency of the Paxos phase of conditional statements, and of serial reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum SerialConsistency {
    /// Linearisable over all data centres.
    #[default]
    Serial,
    /// Linearisable within the local data centre.
    LocalSerial,
}

macro_rules! levels {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        #[allow(non_upper_case_globals, reason = "reads as the enumeration it stands for")]
        impl Consistency {
            $($(#[$doc])* pub const $name: Consistency = Consistency($code);)*

            /// The protocol's name, if the level has one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some($text),)*
                    _ => None,
                }
            }

            /// The level of that name, in any case.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                $(if name.eq_ignore_ascii_case($text) { return Some(Self::$name); })*
                None
            }
        }
    };
}

levels! {
    /// A write is stored anywhere, even as a hint.
    Any = 0x0, "ANY";
    /// One replica.
    One = 0x1, "ONE";
    /// Two replicas.
    Two = 0x2, "TWO";
    /// Three replicas.
    Three = 0x3, "THREE";
    /// A majority of all replicas.
    Quorum = 0x4, "QUORUM";
    /// All replicas.
    All = 0x5, "ALL";
    /// A majority of the local data centre's replicas.
    LocalQuorum = 0x6, "LOCAL_QUORUM";
    /// A majority in every data centre.
    EachQuorum = 0x7, "EACH_QUORUM";
    /// A linearisable read.
    Serial = 0x8, "SERIAL";
    /// A linearisable read within the local data centre.
    LocalSerial = 0x9, "LOCAL_SERIAL";
    /// One replica of the local data centre.
    LocalOne = 0xA, "LOCAL_ONE";
    /// The coordinator itself (5.0's server knows it, the specification does not).
    NodeLocal = 0xB, "NODE_LOCAL";
}

impl Consistency {
    /// The number on the wire.
    #[must_use]
    pub const fn code(self) -> u16 {
        self.0
    }

    /// The level of that number, known or not.
    #[must_use]
    pub const fn from_code(code: u16) -> Self {
        Consistency(code)
    }

    /// Whether it is about the replicas of the coordinator's data centre only, so that it means something else when
    /// another data centre's node coordinates.
    #[must_use]
    pub const fn is_local(self) -> bool {
        matches!(
            self,
            Consistency::LocalQuorum
                | Consistency::LocalOne
                | Consistency::LocalSerial
                | Consistency::NodeLocal
        )
    }

    /// Whether it is one of the two serial levels.
    #[must_use]
    pub const fn is_serial(self) -> bool {
        matches!(self, Consistency::Serial | Consistency::LocalSerial)
    }
}

impl From<SerialConsistency> for Consistency {
    fn from(serial: SerialConsistency) -> Self {
        match serial {
            SerialConsistency::Serial => Consistency::Serial,
            SerialConsistency::LocalSerial => Consistency::LocalSerial,
        }
    }
}

impl TryFrom<Consistency> for SerialConsistency {
    type Error = Consistency;

    /// Gives the level back when it is not a serial one.
    fn try_from(level: Consistency) -> Result<Self, Consistency> {
        match level {
            Consistency::Serial => Ok(SerialConsistency::Serial),
            Consistency::LocalSerial => Ok(SerialConsistency::LocalSerial),
            other => Err(other),
        }
    }
}

impl fmt::Display for Consistency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "consistency {:#x}", self.0),
        }
    }
}

impl fmt::Debug for Consistency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_levels_keep_their_number() {
        assert_eq!(Consistency::from_code(0x77).code(), 0x77);
        assert_eq!(Consistency::from_code(0x77).to_string(), "consistency 0x77");
        assert_eq!(Consistency::from_name("local_quorum"), Some(Consistency::LocalQuorum));
        assert_eq!(SerialConsistency::try_from(Consistency::One), Err(Consistency::One));
    }
}
