//! QUERY: a statement as text.

use super::{EncodeRequest, Parameters};
use crate::error::{DecodeError, EncodeError};
use crate::frame::Opcode;
use crate::version::ProtocolVersion;
use crate::wire::{Reader, Write};

/// A statement as text (v5 §4.1.4); answered with a RESULT.
///
/// ```
/// use cql_protocol::request::{EncodeRequest, Parameters, Query};
/// use cql_protocol::{Consistency, ProtocolVersion};
///
/// let query = Query::new("SELECT key FROM system.local", Parameters::new(Consistency::One));
/// let mut body = Vec::new();
/// query.encode(ProtocolVersion::V4, &mut body)?;
/// assert_eq!(body, b"\0\0\0\x1cSELECT key FROM system.local\0\x01\0");
///
/// let decoded = Query::decode(ProtocolVersion::V4, &body).unwrap();
/// assert_eq!(decoded.text, query.text);
/// # Ok::<(), cql_protocol::EncodeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query<'a> {
    /// The statement.
    pub text: &'a str,
    /// Consistency, values and options.
    pub parameters: Parameters<'a>,
}

impl<'a> Query<'a> {
    /// A statement with its parameters.
    #[must_use]
    pub const fn new(text: &'a str, parameters: Parameters<'a>) -> Self {
        Query { text, parameters }
    }

    /// Reads the body.
    ///
    /// # Errors
    /// When it is cut short, has a flag that is not known, or says what the server refuses.
    pub fn decode(version: ProtocolVersion, body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let text = reader.long_string("query")?;
        Ok(Query { text, parameters: Parameters::decode(&mut reader, version)? })
    }
}

impl EncodeRequest for Query<'_> {
    fn opcode(&self) -> Opcode {
        Opcode::QUERY
    }

    fn append(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        // "<query><query_parameters> where <query> is a [long string]"
        out.write_long_string(self.text, "query")?;
        self.parameters.encode(version, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consistency::{Consistency, SerialConsistency};
    use crate::request::{Values, ValuesShape};

    fn both_ways(query: Query<'_>, version: ProtocolVersion, bytes: &[u8]) {
        let mut out = Vec::new();
        query.encode(version, &mut out).unwrap();
        assert_eq!(out, bytes, "{version}");
        assert_eq!(Query::decode(version, bytes), Ok(query), "{version}");
        for cut in 0..bytes.len() {
            assert!(Query::decode(version, &bytes[..cut]).is_err(), "{version} cut at {cut}");
        }
    }

    #[test]
    fn flags_are_a_byte_before_v5_and_an_int_in_it() {
        let query = Query::new("Q", Parameters::new(Consistency::Quorum));
        both_ways(query, ProtocolVersion::V3, &[0, 0, 0, 1, b'Q', 0, 4, 0]);
        both_ways(query, ProtocolVersion::V4, &[0, 0, 0, 1, b'Q', 0, 4, 0]);
        both_ways(query, ProtocolVersion::V5, &[0, 0, 0, 1, b'Q', 0, 4, 0, 0, 0, 0]);
    }

    #[test]
    fn every_option_has_its_place() {
        let mut parameters = Parameters::new(Consistency::LocalOne);
        parameters.values = Values::positional(&[0, 1, 0, 0, 0, 1, 9]);
        parameters.skip_metadata = true;
        parameters.page_size = Some(100);
        parameters.paging_state = Some(&[0xAA]);
        parameters.serial_consistency = Some(SerialConsistency::LocalSerial);
        parameters.timestamp = Some(5);
        let values_to_timestamp = [
            0, 1, 0, 0, 0, 1, 9, // values
            0, 0, 0, 100, // page size
            0, 0, 0, 1, 0xAA, // paging state
            0, 9, // LOCAL_SERIAL
            0, 0, 0, 0, 0, 0, 0, 5, // timestamp
        ];
        let v4 = [&[0, 0, 0, 1, b'Q', 0, 10, 0x3F][..], &values_to_timestamp].concat();
        both_ways(Query::new("Q", parameters), ProtocolVersion::V3, &v4);
        both_ways(Query::new("Q", parameters), ProtocolVersion::V4, &v4);
        parameters.keyspace = Some("ks");
        parameters.now_in_seconds = Some(7);
        let tail = [0, 2, b'k', b's', 0, 0, 0, 7];
        let v5 = [&[0, 0, 0, 1, b'Q', 0, 10, 0, 0, 1, 0xBF][..], &values_to_timestamp, &tail].concat();
        both_ways(Query::new("Q", parameters), ProtocolVersion::V5, &v5);
    }

    #[test]
    fn names_come_before_their_values() {
        let mut parameters = Parameters::new(Consistency::One);
        parameters.values = Values::named(&[0, 1, 0, 1, b'n', 0xFF, 0xFF, 0xFF, 0xFE]);
        let bytes = [0, 0, 0, 1, b'Q', 0, 1, 0x41, 0, 1, 0, 1, b'n', 0xFF, 0xFF, 0xFF, 0xFE];
        both_ways(Query::new("Q", parameters), ProtocolVersion::V4, &bytes);
    }

    #[test]
    fn what_a_version_lacks_is_refused_when_encoding() {
        for version in [ProtocolVersion::V3, ProtocolVersion::V4] {
            let mut parameters = Parameters::new(Consistency::LocalOne);
            parameters.keyspace = Some("ks");
            let encode = |parameters| Query::new("Q", parameters).encode(version, &mut Vec::new());
            assert!(matches!(encode(parameters), Err(EncodeError::Unsupported { .. })));
            parameters.keyspace = None;
            parameters.now_in_seconds = Some(1);
            assert!(matches!(encode(parameters), Err(EncodeError::Unsupported { .. })));
            assert!(parameters.encode_after_values(version, &mut Vec::new()).is_err());
        }
    }

    #[test]
    fn what_the_server_refuses_is_refused_both_ways() {
        let mut parameters = Parameters::new(Consistency::LocalOne);
        parameters.page_size = Some(0);
        let encode = |parameters| Query::new("Q", parameters).encode(ProtocolVersion::V4, &mut Vec::new());
        assert!(matches!(encode(parameters), Err(EncodeError::Invalid(_))));
        parameters.page_size = Some(-1);
        assert_eq!(encode(parameters), Ok(()), "negative is unpaged");
        parameters.timestamp = Some(i64::MIN);
        assert!(matches!(encode(parameters), Err(EncodeError::Invalid(_))));

        let decode = |tail: &[u8]| {
            Query::decode(ProtocolVersion::V4, &[&[0, 0, 0, 1, b'Q', 0, 1][..], tail].concat()).is_err()
        };
        assert!(decode(&[0x04, 0, 0, 0, 0]), "page size 0");
        assert!(decode(&[0x10, 0, 1]), "serial consistency ONE");
        assert!(decode(&[0x20, 0x80, 0, 0, 0, 0, 0, 0, 0]), "the smallest timestamp");
        assert!(decode(&[0x80, 0, 0]), "a flag that v4 does not have");
        assert!(!decode(&[0x40]), "names without values are ignored");
        assert!(!decode(&[0x00, 1, 2, 3]), "trailing bytes are ignored");
    }

    #[test]
    fn the_parts_around_the_values_make_the_whole() {
        let mut parameters = Parameters::new(Consistency::All);
        parameters.values = Values::positional(&[0, 1, 0, 0, 0, 1, 9]);
        parameters.page_size = Some(2);
        let (mut whole, mut parts) = (Vec::new(), Vec::new());
        parameters.encode(ProtocolVersion::V5, &mut whole).unwrap();
        parameters.encode_before_values(ProtocolVersion::V5, ValuesShape::Positional, &mut parts).unwrap();
        parts.extend_from_slice(parameters.values.encoded());
        parameters.encode_after_values(ProtocolVersion::V5, &mut parts).unwrap();
        assert_eq!(parts, whole);
    }

    #[test]
    fn debug_shows_neither_values_nor_paging_state() {
        let mut parameters = Parameters::new(Consistency::LocalOne);
        parameters.values = Values::positional(&[0, 1, 0, 0, 0, 1, 213]);
        parameters.paging_state = Some(&[211]);
        let text = format!("{:?}", Query::new("Q", parameters));
        assert!(!text.contains("213") && !text.contains("211"), "{text}");
    }
}
