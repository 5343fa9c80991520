//! Opcodes: which message a body holds (v5 §2.2.4).

use std::fmt;

/// The kind of a message. Kinds this crate has no name for survive as their number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Opcode(u8);

macro_rules! opcodes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $kind:ident;)*) => {
        impl Opcode {
            $($(#[$doc])* pub const $name: Opcode = Opcode($code);)*

            /// The specification's name, if there is one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Opcode::$name => Some(stringify!($name)),)*
                    _ => None,
                }
            }

            /// Whether it is a message that clients send.
            #[must_use]
            pub const fn is_request(self) -> bool {
                matches!(opcodes!(@kind self $($name $kind)*), Some(Kind::Request))
            }

            /// Whether it is a message that servers send, EVENT included.
            #[must_use]
            pub const fn is_response(self) -> bool {
                matches!(opcodes!(@kind self $($name $kind)*), Some(Kind::Response))
            }
        }
    };
    (@kind $self:ident $($name:ident $kind:ident)*) => {
        match $self {
            $(Opcode::$name => Some(Kind::$kind),)*
            _ => None,
        }
    };
}

enum Kind {
    Request,
    Response,
}

opcodes! {
    /// Something went wrong.
    ERROR = 0x00, Response;
    /// Starts a connection.
    STARTUP = 0x01, Request;
    /// The connection is ready for queries.
    READY = 0x02, Response;
    /// The server wants credentials.
    AUTHENTICATE = 0x03, Response;
    /// Asks what the server supports; also the heartbeat.
    OPTIONS = 0x05, Request;
    /// What the server supports.
    SUPPORTED = 0x06, Response;
    /// Executes CQL text.
    QUERY = 0x07, Request;
    /// The result of QUERY, PREPARE, EXECUTE or BATCH.
    RESULT = 0x08, Response;
    /// Prepares CQL text.
    PREPARE = 0x09, Request;
    /// Executes a prepared statement.
    EXECUTE = 0x0A, Request;
    /// Asks for events.
    REGISTER = 0x0B, Request;
    /// Something happened in the cluster.
    EVENT = 0x0C, Response;
    /// Executes several statements.
    BATCH = 0x0D, Request;
    /// The server's turn in an authentication.
    AUTH_CHALLENGE = 0x0E, Response;
    /// The client's turn in an authentication.
    AUTH_RESPONSE = 0x0F, Request;
    /// The authentication is over.
    AUTH_SUCCESS = 0x10, Response;
}

impl Opcode {
    /// The number on the wire.
    #[must_use]
    #[inline]
    pub const fn code(self) -> u8 {
        self.0
    }

    /// The opcode of that number, known or not.
    #[must_use]
    #[inline]
    pub const fn from_code(code: u8) -> Self {
        Opcode(code)
    }
}

impl fmt::Display for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "opcode {:#04x}", self.0),
        }
    }
}

impl fmt::Debug for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_opcode_has_one_direction_and_unknown_ones_none() {
        let requests = [0x01, 0x05, 0x07, 0x09, 0x0A, 0x0B, 0x0D, 0x0F];
        let responses = [0x00, 0x02, 0x03, 0x06, 0x08, 0x0C, 0x0E, 0x10];
        for code in 0..=u8::MAX {
            let opcode = Opcode::from_code(code);
            assert_eq!(opcode.code(), code);
            assert_eq!(opcode.is_request(), requests.contains(&code), "{opcode}");
            assert_eq!(opcode.is_response(), responses.contains(&code), "{opcode}");
            assert_eq!(opcode.name().is_some(), opcode.is_request() || opcode.is_response(), "{opcode}");
        }
        assert_eq!(Opcode::AUTH_SUCCESS.to_string(), "AUTH_SUCCESS");
        assert_eq!(Opcode::from_code(4).to_string(), "opcode 0x04");
    }
}
