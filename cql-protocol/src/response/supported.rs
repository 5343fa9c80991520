//! SUPPORTED: what a server can do.

use crate::error::{DecodeError, EncodeError};
use crate::version::ProtocolVersion;
use crate::wire::{Reader, Write};

/// The answer to OPTIONS (v5 §4.2.4): for each option the values that the server supports. Order is kept.
///
/// ```
/// use cql_protocol::ProtocolVersion;
/// use cql_protocol::response::Supported;
///
/// let supported = Supported::new([("COMPRESSION", vec!["lz4"]), ("PROTOCOL_VERSIONS", vec!["4/v4", "5/v5-beta"])]);
/// assert_eq!(supported.compressions(), ["lz4"]);
/// assert_eq!(supported.supports(ProtocolVersion::V4), Some(true));
/// assert_eq!(supported.supports(ProtocolVersion::V5), Some(false), "the beta of 3.11 is another protocol");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Supported {
    options: Vec<(Box<str>, Vec<String>)>,
}

impl Supported {
    /// Key of the compressions.
    pub const COMPRESSION: &str = "COMPRESSION";
    /// Key of the CQL versions.
    pub const CQL_VERSION: &str = "CQL_VERSION";
    /// Key of the protocol versions, such as `4/v4` or `5/v5-beta` (from Cassandra 3.0 on).
    pub const PROTOCOL_VERSIONS: &str = "PROTOCOL_VERSIONS";

    /// What a server supports.
    pub fn new<K, I>(options: impl IntoIterator<Item = (K, I)>) -> Self
    where
        K: Into<Box<str>>,
        I: IntoIterator<Item: Into<String>>,
    {
        let own = |(key, values): (K, I)| (key.into(), values.into_iter().map(Into::into).collect());
        Supported { options: options.into_iter().map(own).collect() }
    }

    /// The values of an option; empty if the server does not name it.
    #[must_use]
    pub fn option(&self, key: &str) -> &[String] {
        self.options.iter().find(|(name, _)| &**name == key).map_or(&[], |(_, values)| values)
    }

    /// The options in their order.
    pub fn options(&self) -> impl ExactSizeIterator<Item = (&str, &[String])> {
        self.options.iter().map(|(key, values)| (&**key, &**values))
    }

    /// The compressions: `lz4`, `snappy`.
    #[must_use]
    pub fn compressions(&self) -> &[String] {
        self.option(Self::COMPRESSION)
    }

    /// The CQL versions.
    #[must_use]
    pub fn cql_versions(&self) -> &[String] {
        self.option(Self::CQL_VERSION)
    }

    /// The protocol versions that are no betas, as the server lists them; none if it does not.
    pub fn protocol_versions(&self) -> impl Iterator<Item = u8> {
        self.option(Self::PROTOCOL_VERSIONS).iter().filter_map(|text| match text.split_once('/') {
            // "If a version is in beta, it will have the word "beta" in its description."
            Some((_, description)) if description.contains("beta") => None,
            Some((number, _)) => number.parse().ok(),
            None => text.parse().ok(),
        })
    }

    /// Whether the server speaks `version`; `None` if it does not say (before Cassandra 3.0). A beta does not count.
    #[must_use]
    pub fn supports(&self, version: ProtocolVersion) -> Option<bool> {
        if self.option(Self::PROTOCOL_VERSIONS).is_empty() {
            return None;
        }
        Some(self.protocol_versions().any(|number| number == version.number()))
    }

    /// Reads the body, which is the same in every version.
    ///
    /// # Errors
    /// When it is cut short or not text.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        // "The body of a SUPPORTED message is a [string multimap]."
        let count = reader.short_count(4, "supported options")?;
        let options = (0..count)
            .map(|_| {
                let key = reader.string("supported option")?.into();
                Ok((key, reader.string_list("values of a supported option")?))
            })
            .collect::<Result<_, DecodeError>>()?;
        Ok(Supported { options })
    }

    /// Appends the body.
    ///
    /// # Errors
    /// When there are more than 65,535 options or values, or one is longer than that. `out` may then hold a part.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.write_short_count(self.options.len(), "supported options")?;
        self.options.iter().try_for_each(|(key, values)| {
            out.write_string(key, "supported option")?;
            out.write_string_list(values, "values of a supported option")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_a_string_multimap_in_their_order() {
        let bytes = b"\0\x02\0\x01b\0\x02\0\x01x\0\x01y\0\x01a\0\0";
        let supported = Supported::decode(bytes).unwrap();
        assert_eq!(supported, Supported::new([("b", vec!["x", "y"]), ("a", vec![])]));
        let mut out = Vec::new();
        supported.encode(&mut out).unwrap();
        assert_eq!(out, bytes);
        for cut in 0..bytes.len() {
            assert!(Supported::decode(&bytes[..cut]).is_err());
        }
    }

    #[test]
    fn betas_and_what_is_no_version_do_not_count() {
        let list = ["3/v3", "4/v4", "5/v5-beta", "65/dse-v1", "x"];
        let supported = Supported::new([("PROTOCOL_VERSIONS", list)]);
        assert_eq!(supported.protocol_versions().collect::<Vec<_>>(), [3, 4, 65]);
        assert_eq!(supported.supports(ProtocolVersion::V5), Some(false));
        assert_eq!(Supported::default().supports(ProtocolVersion::V4), None);
    }
}
