//! Where a page ended.

use crate::error::Error;
use bytes::Bytes;
use std::fmt;

/// Where the next page of a result begins. It is bound to its statement and values and to the protocol version, and
/// stays valid in other sessions and after a restart.
///
/// Its bytes hold the last row's primary key in the clear: encrypt or sign them before showing them to anyone.
#[derive(Clone, PartialEq, Eq)]
pub struct PagingState {
    server: Bytes,
    /// What it belongs to, by [`fingerprint`], if that is known.
    of: Option<u64>,
}

/// The first byte of what is kept: the layout, and whether a fingerprint follows.
const UNBOUND: u8 = 0x10;
const BOUND: u8 = 0x11;

impl PagingState {
    pub(crate) fn of_server(server: Bytes) -> Self {
        PagingState { server, of: None }
    }

    pub(crate) fn bind(&mut self, fingerprint: u64) {
        self.of = Some(fingerprint);
    }

    /// From bytes got by [`PagingState::to_bytes`].
    ///
    /// # Errors
    /// When they are no such bytes.
    pub fn from_bytes(bytes: impl AsRef<[u8]>) -> Result<Self, Error> {
        let damaged = || Error::invalid("these bytes are no paging state");
        let (of, server) = match bytes.as_ref() {
            [UNBOUND, server @ ..] => (None, server),
            [BOUND, rest @ ..] => {
                let (of, server) = rest.split_first_chunk().ok_or_else(damaged)?;
                (Some(u64::from_be_bytes(*of)), server)
            }
            _ => return Err(damaged()),
        };
        Ok(PagingState { server: Bytes::copy_from_slice(server), of })
    }

    /// Bytes to be kept or sent elsewhere.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.server.len() + 9);
        match self.of {
            None => bytes.push(UNBOUND),
            Some(of) => {
                bytes.push(BOUND);
                bytes.extend_from_slice(&of.to_be_bytes());
            }
        }
        bytes.extend_from_slice(&self.server);
        bytes
    }

    /// What the server wants to see again.
    ///
    /// # Errors
    /// When it belongs to something else.
    pub(crate) fn for_request(self, fingerprint: u64) -> Result<Bytes, Error> {
        match self.of {
            Some(of) if of != fingerprint => {
                Err(Error::invalid("the paging state is of another statement, or of other values"))
            }
            _ => Ok(self.server),
        }
    }
}

/// Tells statements with their values apart; the same for ever, since it is kept.
pub(crate) fn fingerprint(text: &str, values: &[u8]) -> u64 {
    let mut context = md5::Context::new();
    context.consume(text);
    context.consume([0]);
    context.consume(values);
    let digest = context.finalize();
    digest.0.first_chunk().map_or(0, |half| u64::from_be_bytes(*half))
}

impl fmt::Debug for PagingState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PagingState({} bytes)", self.server.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_back_and_others_are_not() {
        let unbound = PagingState::of_server(Bytes::from_static(b"xyz"));
        let mut bound = unbound.clone();
        bound.bind(fingerprint("SELECT", b"1"));
        for state in [unbound, bound.clone()] {
            assert_eq!(PagingState::from_bytes(state.to_bytes()).unwrap(), state);
        }
        assert!(bound.clone().for_request(fingerprint("SELECT", b"2")).is_err());
        assert_eq!(bound.for_request(fingerprint("SELECT", b"1")).unwrap(), "xyz");
        for bytes in [&b""[..], b"\x12", b"\x11short", b"xyz"] {
            assert!(PagingState::from_bytes(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn fingerprints_stay_what_they_are() {
        assert_eq!(fingerprint("SELECT v FROM ks.t WHERE id = ?", &[0, 1]), FIXED);
    }

    /// Of a state that somebody keeps.
    const FIXED: u64 = 10_521_904_874_453_043_040;
}
