//! Appends the notations of v5 §3 to a byte vector.

use crate::consistency::Consistency;
use crate::error::EncodeError;
use std::net::{IpAddr, SocketAddr};

/// The writing half of the notations, for `Vec<u8>`.
///
/// A method fails only where a length does not fit its prefix; the vector then holds no part of that field.
pub trait Write: sealed::Sealed {
    /// A `[byte]`.
    fn write_byte(&mut self, value: u8);
    /// A `[short]`.
    fn write_short(&mut self, value: u16);
    /// An `[int]`.
    fn write_int(&mut self, value: i32);
    /// A `[long]`.
    fn write_long(&mut self, value: i64);
    /// A `[consistency]`.
    fn write_consistency(&mut self, level: Consistency) {
        self.write_short(level.code());
    }
    /// A `[string]`: at most 65,535 bytes.
    ///
    /// # Errors
    /// When it is longer.
    fn write_string(&mut self, text: &str, field: &'static str) -> Result<(), EncodeError> {
        self.write_short_bytes(text.as_bytes(), field)
    }
    /// A `[long string]`.
    ///
    /// # Errors
    /// When it is longer than 2 GiB.
    fn write_long_string(&mut self, text: &str, field: &'static str) -> Result<(), EncodeError> {
        self.write_bytes(text.as_bytes(), field)
    }
    /// A `[bytes]`.
    ///
    /// # Errors
    /// When it is longer than 2 GiB.
    fn write_bytes(&mut self, bytes: &[u8], field: &'static str) -> Result<(), EncodeError>;
    /// A `[bytes]` or, for `None`, its null.
    ///
    /// # Errors
    /// When it is longer than 2 GiB.
    fn write_opt_bytes(&mut self, bytes: Option<&[u8]>, field: &'static str) -> Result<(), EncodeError> {
        match bytes {
            Some(bytes) => self.write_bytes(bytes, field),
            None => {
                self.write_int(-1);
                Ok(())
            }
        }
    }
    /// A `[short bytes]`: at most 65,535 bytes.
    ///
    /// # Errors
    /// When it is longer.
    fn write_short_bytes(&mut self, bytes: &[u8], field: &'static str) -> Result<(), EncodeError>;
    /// An `[inetaddr]`.
    fn write_inet_addr(&mut self, address: IpAddr);
    /// An `[inet]`.
    fn write_inet(&mut self, address: SocketAddr) {
        self.write_inet_addr(address.ip());
        self.write_int(address.port().into());
    }
    /// A `[short]` count of items.
    ///
    /// # Errors
    /// When there are more than 65,535.
    fn write_short_count(&mut self, count: usize, field: &'static str) -> Result<(), EncodeError>;
    /// A `[string list]`.
    ///
    /// # Errors
    /// When the list or a string is too long.
    fn write_string_list<S: AsRef<str>>(
        &mut self,
        list: &[S],
        field: &'static str,
    ) -> Result<(), EncodeError> {
        self.write_short_count(list.len(), field)?;
        list.iter().try_for_each(|text| self.write_string(text.as_ref(), field))
    }
}

mod sealed {
    #[expect(unnameable_types, reason = "a seal is a public trait that nobody outside can name")]
    pub trait Sealed {}
    impl Sealed for Vec<u8> {}
}

impl Write for Vec<u8> {
    #[inline]
    fn write_byte(&mut self, value: u8) {
        self.push(value);
    }

    #[inline]
    fn write_short(&mut self, value: u16) {
        self.extend_from_slice(&value.to_be_bytes());
    }

    #[inline]
    fn write_int(&mut self, value: i32) {
        self.extend_from_slice(&value.to_be_bytes());
    }

    #[inline]
    fn write_long(&mut self, value: i64) {
        self.extend_from_slice(&value.to_be_bytes());
    }

    #[inline]
    fn write_bytes(&mut self, bytes: &[u8], field: &'static str) -> Result<(), EncodeError> {
        let Ok(length) = i32::try_from(bytes.len()) else {
            return Err(EncodeError::TooLong { field, length: bytes.len(), limit: i32::MAX as usize });
        };
        self.write_int(length);
        self.extend_from_slice(bytes);
        Ok(())
    }

    #[inline]
    fn write_short_bytes(&mut self, bytes: &[u8], field: &'static str) -> Result<(), EncodeError> {
        self.write_short_count(bytes.len(), field)?;
        self.extend_from_slice(bytes);
        Ok(())
    }

    fn write_inet_addr(&mut self, address: IpAddr) {
        match address {
            IpAddr::V4(v4) => {
                self.push(4);
                self.extend_from_slice(&v4.octets());
            }
            IpAddr::V6(v6) => {
                self.push(16);
                self.extend_from_slice(&v6.octets());
            }
        }
    }

    #[inline]
    fn write_short_count(&mut self, count: usize, field: &'static str) -> Result<(), EncodeError> {
        let Ok(short) = u16::try_from(count) else {
            return Err(EncodeError::TooLong { field, length: count, limit: u16::MAX.into() });
        };
        self.write_short(short);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_too_long_for_its_prefix_is_refused_and_leaves_nothing() {
        let mut out = Vec::new();
        let error = out.write_string(&"x".repeat(65_536), "keyspace").unwrap_err();
        assert_eq!(error, EncodeError::TooLong { field: "keyspace", length: 65_536, limit: 65_535 });
        assert!(out.is_empty());
    }

    #[test]
    fn notations_have_their_bytes() {
        let mut out = Vec::new();
        out.write_string("ab", "s").unwrap();
        out.write_opt_bytes(None, "b").unwrap();
        out.write_bytes(&[7], "b").unwrap();
        out.write_inet(SocketAddr::from(([1, 2, 3, 4], 9042)));
        out.write_string_list(&["x"], "l").unwrap();
        assert_eq!(
            out,
            [
                0, 2, 97, 98, 255, 255, 255, 255, 0, 0, 0, 1, 7, 4, 1, 2, 3, 4, 0, 0, 0x23, 0x52, 0, 1, 0, 1,
                120
            ]
        );
    }
}
