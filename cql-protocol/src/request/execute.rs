//! EXECUTE: a prepared statement with its values.

use super::{EncodeRequest, Parameters, ValuesShape};
use crate::error::{DecodeError, EncodeError};
use crate::frame::Opcode;
use crate::version::ProtocolVersion;
use crate::wire::{Reader, Write};

/// Executes a prepared statement (v5 §4.1.6); answered with a RESULT, or with UNPREPARED by a node that does not know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Execute<'a> {
    /// The id from PREPARE.
    pub id: &'a [u8],
    /// The id of the metadata that the client has for the result: must be there in v5, cannot be before.
    pub result_metadata_id: Option<&'a [u8]>,
    /// Consistency, values and options.
    pub parameters: Parameters<'a>,
}

impl<'a> Execute<'a> {
    /// Executes the statement of that id.
    #[must_use]
    pub const fn new(id: &'a [u8], parameters: Parameters<'a>) -> Self {
        Execute { id, result_metadata_id: None, parameters }
    }

    /// With the id of the result metadata, as v5 needs it.
    #[must_use]
    pub const fn with_result_metadata_id(self, id: &'a [u8]) -> Self {
        Execute { result_metadata_id: Some(id), ..self }
    }

    /// Appends what comes before the values: ids, consistency and flags, for values of that shape. It is the same for
    /// every execution with the same options; the values and [`Parameters::encode_after_values`] follow.
    ///
    /// # Errors
    /// When the version cannot say what is asked for, lacks or has too much a metadata id, or an id is longer than 65,535
    /// bytes. `out` may then hold a part.
    pub fn encode_before_values(
        &self,
        version: ProtocolVersion,
        shape: ValuesShape,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        out.write_short_bytes(self.id, "prepared statement id")?;
        match (version.has_result_metadata_id(), self.result_metadata_id) {
            (true, Some(id)) => out.write_short_bytes(id, "result metadata id")?,
            (false, None) => {}
            (true, None) => {
                return Err(EncodeError::Invalid("from v5 on an EXECUTE needs a result metadata id"));
            }
            (false, Some(_)) => {
                return Err(EncodeError::Unsupported { feature: "a result metadata id", version });
            }
        }
        self.parameters.encode_before_values(version, shape, out)
    }

    /// Reads the body.
    ///
    /// # Errors
    /// When it is cut short, has a flag that is not known, or says what the server refuses.
    pub fn decode(version: ProtocolVersion, body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let id = reader.short_bytes("prepared statement id")?;
        let result_metadata_id = match version.has_result_metadata_id() {
            true => Some(reader.short_bytes("result metadata id")?),
            false => None,
        };
        Ok(Execute { id, result_metadata_id, parameters: Parameters::decode(&mut reader, version)? })
    }
}

impl EncodeRequest for Execute<'_> {
    fn opcode(&self) -> Opcode {
        Opcode::EXECUTE
    }

    fn append(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        // "<id><result_metadata_id><query_parameters>"
        self.encode_before_values(version, self.parameters.values.shape(), out)?;
        self.parameters.values.encode(version, out)?;
        self.parameters.encode_after_values(version, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consistency::Consistency;
    use crate::request::Values;

    #[test]
    fn the_result_metadata_id_comes_with_v5() {
        let mut parameters = Parameters::new(Consistency::One);
        parameters.values = Values::positional(&[0, 1, 0, 0, 0, 0]);
        let old = Execute::new(&[0xA, 0xB], parameters);
        let new = old.with_result_metadata_id(&[0xC]);
        let v4 = &[0, 2, 0xA, 0xB, 0, 1, 1, 0, 1, 0, 0, 0, 0][..];
        let v5 = &[0, 2, 0xA, 0xB, 0, 1, 0xC, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0];
        for (version, execute, bytes) in
            [(ProtocolVersion::V3, old, v4), (ProtocolVersion::V4, old, v4), (ProtocolVersion::V5, new, v5)]
        {
            let mut out = Vec::new();
            execute.encode(version, &mut out).unwrap();
            assert_eq!(out, bytes);
            assert_eq!(Execute::decode(version, bytes), Ok(execute));
            for cut in 0..bytes.len() {
                assert!(Execute::decode(version, &bytes[..cut]).is_err());
            }
        }
        assert!(matches!(new.encode(ProtocolVersion::V4, &mut vec![]), Err(EncodeError::Unsupported { .. })));
        assert!(matches!(old.encode(ProtocolVersion::V5, &mut vec![]), Err(EncodeError::Invalid(_))));
    }

    #[test]
    fn a_prebuilt_prefix_begins_the_whole() {
        let mut parameters = Parameters::new(Consistency::One);
        let execute = Execute::new(&[1, 2, 3], parameters);
        let mut prefix = Vec::new();
        execute.encode_before_values(ProtocolVersion::V4, ValuesShape::Positional, &mut prefix).unwrap();
        parameters.values = Values::positional(&[0, 1, 0, 0, 0, 0]);
        let mut whole = Vec::new();
        Execute::new(&[1, 2, 3], parameters).encode(ProtocolVersion::V4, &mut whole).unwrap();
        assert!(whole.starts_with(&prefix));
        assert_eq!(&whole[prefix.len()..], [0, 1, 0, 0, 0, 0]);
    }
}
