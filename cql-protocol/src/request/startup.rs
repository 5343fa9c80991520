//! STARTUP: the first message of a conversation, with the options of the connection.

use super::EncodeRequest;
use crate::error::{DecodeError, EncodeError};
use crate::frame::Opcode;
use crate::version::ProtocolVersion;
use crate::wire::{Reader, Write};

/// Begins a conversation (v5 §4.1.1). Answered with READY or AUTHENTICATE; never compressed, never in a segment, and
/// nothing may be sent behind it before the answer.
///
/// Options keep the order in which they were set or read. Cassandra compares keys without regard to case and shows those
/// it does not know in `system_views.clients`.
///
/// ```
/// use cql_protocol::ProtocolVersion;
/// use cql_protocol::request::{EncodeRequest, Startup};
///
/// let startup = Startup::new().with(Startup::COMPRESSION, "lz4");
/// let mut body = Vec::new();
/// startup.encode(ProtocolVersion::V4, &mut body)?;
/// assert_eq!(Startup::decode(&body).unwrap().compression(), Some("lz4"));
/// # Ok::<(), cql_protocol::EncodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Startup {
    options: Vec<(Box<str>, Box<str>)>,
}

impl Startup {
    /// Key of the CQL version, the one mandatory option.
    pub const CQL_VERSION: &str = "CQL_VERSION";
    /// Key of the compression: `lz4` or `snappy`.
    pub const COMPRESSION: &str = "COMPRESSION";
    /// Key of the driver's name.
    pub const DRIVER_NAME: &str = "DRIVER_NAME";
    /// Key of the driver's version.
    pub const DRIVER_VERSION: &str = "DRIVER_VERSION";
    /// Key of the application's name, shown in `system_views.clients`.
    pub const APPLICATION_NAME: &str = "APPLICATION_NAME";
    /// Key of the application's version, shown in `system_views.clients`.
    pub const APPLICATION_VERSION: &str = "APPLICATION_VERSION";
    /// Key of an id of this client, shown in `system_views.clients`.
    pub const CLIENT_ID: &str = "CLIENT_ID";
    /// Key that, with the value `1`, has an overloaded server answer OVERLOADED rather than stop reading.
    pub const THROW_ON_OVERLOAD: &str = "THROW_ON_OVERLOAD";

    /// A STARTUP with CQL version 3.0.0, which every server accepts.
    #[must_use]
    pub fn new() -> Self {
        Startup { options: vec![(Self::CQL_VERSION.into(), "3.0.0".into())] }
    }

    /// With that option, in place of an earlier one of the same key.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.set(key, value);
        self
    }

    /// Sets an option, in place of an earlier one of the same key.
    pub fn set(&mut self, key: &str, value: &str) {
        match self.options.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(key)) {
            Some((_, old)) => *old = value.into(),
            None => self.options.push((key.into(), value.into())),
        }
    }

    /// Without any option of that key.
    pub(crate) fn without(mut self, key: &str) -> Self {
        self.options.retain(|(name, _)| !name.eq_ignore_ascii_case(key));
        self
    }

    /// The value of an option; of several with the same key, the last, as the server takes it.
    #[must_use]
    pub fn option(&self, key: &str) -> Option<&str> {
        self.options.iter().rfind(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| &**value)
    }

    /// The options in their order.
    pub fn options(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.options.iter().map(|(key, value)| (&**key, &**value))
    }

    /// The CQL version asked for.
    #[must_use]
    pub fn cql_version(&self) -> Option<&str> {
        self.option(Self::CQL_VERSION)
    }

    /// The compression asked for.
    #[must_use]
    pub fn compression(&self) -> Option<&str> {
        self.option(Self::COMPRESSION)
    }

    /// The name of the driver.
    #[must_use]
    pub fn driver_name(&self) -> Option<&str> {
        self.option(Self::DRIVER_NAME)
    }

    /// The version of the driver.
    #[must_use]
    pub fn driver_version(&self) -> Option<&str> {
        self.option(Self::DRIVER_VERSION)
    }

    /// Whether the server shall answer OVERLOADED rather than stop reading.
    #[must_use]
    pub fn throw_on_overload(&self) -> bool {
        self.option(Self::THROW_ON_OVERLOAD) == Some("1")
    }

    /// Reads the body, which is the same in every version.
    ///
    /// # Errors
    /// When it is cut short or not text.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let count = reader.short_count(4, "STARTUP options")?;
        let options = (0..count)
            .map(|_| Ok((reader.string("STARTUP option")?.into(), reader.string("STARTUP option")?.into())))
            .collect::<Result<_, DecodeError>>()?;
        Ok(Startup { options })
    }
}

impl Default for Startup {
    fn default() -> Self {
        Startup::new()
    }
}

impl EncodeRequest for Startup {
    fn opcode(&self) -> Opcode {
        Opcode::STARTUP
    }

    fn append(&self, _version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        // "The body is a [string map] of options."
        out.write_short_count(self.options.len(), "STARTUP options")?;
        self.options.iter().try_for_each(|(key, value)| {
            out.write_string(key, "STARTUP option")?;
            out.write_string(value, "STARTUP option")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_a_string_map_in_the_order_given() {
        let startup = Startup::new().with("COMPRESSION", "lz4");
        let bytes = b"\x00\x02\x00\x0bCQL_VERSION\x00\x053.0.0\x00\x0bCOMPRESSION\x00\x03lz4";
        let mut out = Vec::new();
        startup.encode(ProtocolVersion::V3, &mut out).unwrap();
        assert_eq!(out, bytes);
        assert_eq!(Startup::decode(bytes), Ok(startup));
    }

    #[test]
    fn keys_are_compared_without_regard_to_case() {
        let startup = Startup::new().with("cql_version", "3.4.7").with("throw_on_overload", "1");
        assert_eq!(startup.options().len(), 2);
        assert_eq!(startup.cql_version(), Some("3.4.7"));
        assert!(startup.throw_on_overload());
        assert_eq!(startup.compression(), None);
    }

    #[test]
    fn of_two_values_for_a_key_the_last_counts() {
        let startup = Startup::decode(b"\x00\x02\x00\x01a\x00\x011\x00\x01A\x00\x012").unwrap();
        assert_eq!(startup.option("a"), Some("2"));
    }

    #[test]
    fn a_failed_encode_leaves_the_vector_as_it_was() {
        let startup = Startup::new().with("x", &"y".repeat(70_000));
        let mut out = vec![1];
        assert!(startup.encode(ProtocolVersion::V4, &mut out).is_err());
        assert_eq!(out, [1]);
    }
}
