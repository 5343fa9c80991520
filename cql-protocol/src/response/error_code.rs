//! The codes of ERROR (v5 §8).

use std::fmt;

/// Why the server refused. Codes this crate has no name for survive as their number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ErrorCode(i32);

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        impl ErrorCode {
            $($(#[$doc])* pub const $name: ErrorCode = ErrorCode($code);)*

            /// What the code means, in a few words, if it is known.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some($text),)*
                    _ => None,
                }
            }
        }
    };
}

codes! {
    /// Something unexpected happened: a bug of the server.
    SERVER_ERROR = 0x0000, "server error";
    /// The client broke the rules of the protocol.
    PROTOCOL_ERROR = 0x000A, "protocol error";
    /// Who the client says it is could not be proved.
    AUTHENTICATION_ERROR = 0x0100, "authentication failed";
    /// Too few replicas are alive; nothing was tried.
    UNAVAILABLE = 0x1000, "unavailable";
    /// The coordinator has too much to do. No proof that nothing was done.
    OVERLOADED = 0x1001, "overloaded";
    /// The coordinator is still bootstrapping.
    IS_BOOTSTRAPPING = 0x1002, "bootstrapping";
    /// A TRUNCATE failed.
    TRUNCATE_ERROR = 0x1003, "truncate error";
    /// Too few replicas acknowledged a write in time.
    WRITE_TIMEOUT = 0x1100, "write timeout";
    /// Too few replicas answered a read in time.
    READ_TIMEOUT = 0x1200, "read timeout";
    /// A replica failed to read (v4).
    READ_FAILURE = 0x1300, "read failure";
    /// A user-defined function failed (v4).
    FUNCTION_FAILURE = 0x1400, "function failure";
    /// A replica failed to write (v4).
    WRITE_FAILURE = 0x1500, "write failure";
    /// The space for change data capture is full (v4).
    CDC_WRITE_FAILURE = 0x1600, "change data capture write failure";
    /// A conditional write met another one and may yet be applied (v5).
    CAS_WRITE_UNKNOWN = 0x1700, "conditional write of unknown outcome";
    /// The statement is not CQL.
    SYNTAX_ERROR = 0x2000, "syntax error";
    /// The user may not do this.
    UNAUTHORIZED = 0x2100, "unauthorized";
    /// The statement is CQL but makes no sense here.
    INVALID = 0x2200, "invalid";
    /// The server's configuration does not allow it.
    CONFIG_ERROR = 0x2300, "configuration error";
    /// The keyspace or table to be created exists.
    ALREADY_EXISTS = 0x2400, "already exists";
    /// The node does not know the prepared statement.
    UNPREPARED = 0x2500, "unprepared";
}

impl ErrorCode {
    /// The number on the wire.
    #[must_use]
    pub const fn code(self) -> i32 {
        self.0
    }

    /// The code of that number, known or not.
    #[must_use]
    pub const fn from_code(code: i32) -> Self {
        ErrorCode(code)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "error {:#06x}", self.0),
        }
    }
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{:#06x} {name}", self.0),
            None => write!(f, "{:#06x}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_codes_keep_their_number() {
        assert_eq!(ErrorCode::from_code(0x9999).code(), 0x9999);
        assert_eq!(ErrorCode::from_code(0x9999).to_string(), "error 0x9999");
        assert_eq!(ErrorCode::from_code(0x2500), ErrorCode::UNPREPARED);
        assert_eq!(format!("{:?}", ErrorCode::UNPREPARED), "0x2500 unprepared");
    }
}
