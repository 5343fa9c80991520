//! The `[option]` that describes a type (v5 §4.2.5.2), read and written.

use super::{ColumnType, UdtType};
use crate::error::{DecodeError, EncodeError, Problem};
use crate::version::ProtocolVersion;
use crate::wire::{Reader, Write};
use std::sync::Arc;

const CUSTOM: u16 = 0x0000;
const DATE: u16 = 0x0011;
const TIME: u16 = 0x0012;
const SMALL_INT: u16 = 0x0013;
const TINY_INT: u16 = 0x0014;
const DURATION: u16 = 0x0015;
const LIST: u16 = 0x0020;
const MAP: u16 = 0x0021;
const SET: u16 = 0x0022;
const UDT: u16 = 0x0030;
const TUPLE: u16 = 0x0031;

impl ColumnType {
    /// Reads an `[option]`. Custom classes that stand for a CQL type become that type; others are kept as text.
    ///
    /// # Errors
    /// When it is cut short, holds what is not UTF-8 or is nested deeper than [`ColumnType::MAX_DEPTH`].
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        decode(reader, 0)
    }

    /// Appends an `[option]`. Types newer than `version`, and vectors in every version, are written as custom classes.
    ///
    /// # Errors
    /// When a name or a list of components does not fit its length prefix.
    pub fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            ColumnType::List(element) => {
                out.write_short(LIST);
                element.encode(version, out)
            }
            ColumnType::Set(element) => {
                out.write_short(SET);
                element.encode(version, out)
            }
            ColumnType::Map(pair) => {
                out.write_short(MAP);
                pair.0.encode(version, out)?;
                pair.1.encode(version, out)
            }
            ColumnType::Tuple(components) => {
                out.write_short(TUPLE);
                out.write_short_count(components.len(), "tuple components")?;
                components.iter().try_for_each(|component| component.encode(version, out))
            }
            ColumnType::Udt(udt) => {
                out.write_short(UDT);
                out.write_string(udt.keyspace(), "keyspace of a user type")?;
                out.write_string(udt.name(), "name of a user type")?;
                out.write_short_count(udt.fields().len(), "fields of a user type")?;
                udt.fields().iter().try_for_each(|(name, field_type)| {
                    out.write_string(name, "field of a user type")?;
                    field_type.encode(version, out)
                })
            }
            simple => match simple.option_id(version) {
                Some(id) => {
                    out.write_short(id);
                    Ok(())
                }
                None => {
                    out.write_short(CUSTOM);
                    out.write_string(&simple.class(), "custom type")
                }
            },
        }
    }

    /// The id of a type without parameters, if `version` has one.
    fn option_id(&self, version: ProtocolVersion) -> Option<u16> {
        let since = |first: ProtocolVersion, id: u16| (version >= first).then_some(id);
        match self {
            ColumnType::Date => since(ProtocolVersion::V4, DATE),
            ColumnType::Time => since(ProtocolVersion::V4, TIME),
            ColumnType::SmallInt => since(ProtocolVersion::V4, SMALL_INT),
            ColumnType::TinyInt => since(ProtocolVersion::V4, TINY_INT),
            ColumnType::Duration => since(ProtocolVersion::V5, DURATION),
            ColumnType::Unknown(id) => Some(*id),
            other => SIMPLE.iter().find(|(_, simple)| simple == other).map(|(id, _)| *id),
        }
    }
}

/// Ids that every version has.
const SIMPLE: [(u16, ColumnType); 15] = [
    (0x0001, ColumnType::Ascii),
    (0x0002, ColumnType::BigInt),
    (0x0003, ColumnType::Blob),
    (0x0004, ColumnType::Boolean),
    (0x0005, ColumnType::Counter),
    (0x0006, ColumnType::Decimal),
    (0x0007, ColumnType::Double),
    (0x0008, ColumnType::Float),
    (0x0009, ColumnType::Int),
    (0x000B, ColumnType::Timestamp),
    (0x000C, ColumnType::Uuid),
    (0x000D, ColumnType::Text),
    (0x000E, ColumnType::Varint),
    (0x000F, ColumnType::TimeUuid),
    (0x0010, ColumnType::Inet),
];

fn decode(reader: &mut Reader<'_>, depth: usize) -> Result<ColumnType, DecodeError> {
    const FIELD: &str = "type";
    if depth >= ColumnType::MAX_DEPTH {
        return Err(reader.error(FIELD, Problem::TooDeep(ColumnType::MAX_DEPTH)));
    }
    let depth = depth.saturating_add(1);
    Ok(match reader.u16(FIELD)? {
        CUSTOM => ColumnType::from_class(reader.string("custom type")?),
        // The id of `text` in the CQL specification; servers send `varchar`.
        0x000A => ColumnType::Text,
        DATE => ColumnType::Date,
        TIME => ColumnType::Time,
        SMALL_INT => ColumnType::SmallInt,
        TINY_INT => ColumnType::TinyInt,
        DURATION => ColumnType::Duration,
        LIST => ColumnType::list(decode(reader, depth)?),
        SET => ColumnType::set(decode(reader, depth)?),
        MAP => {
            let key = decode(reader, depth)?;
            ColumnType::map(key, decode(reader, depth)?)
        }
        UDT => {
            let keyspace = reader.string("keyspace of a user type")?;
            let name = reader.string("name of a user type")?;
            // A field takes at least the lengths of its name and the id of its type.
            let count = reader.short_count(4, "fields of a user type")?;
            let fields = (0..count)
                .map(|_| Ok((reader.string("field of a user type")?, decode(reader, depth)?)))
                .collect::<Result<Vec<_>, DecodeError>>()?;
            ColumnType::Udt(Arc::new(UdtType::new(keyspace, name, fields)))
        }
        TUPLE => {
            let count = reader.short_count(2, "tuple components")?;
            let components = (0..count).map(|_| decode(reader, depth)).collect::<Result<Vec<_>, _>>()?;
            ColumnType::tuple(components)
        }
        id => match SIMPLE.iter().find(|(known, _)| *known == id) {
            Some((_, simple)) => simple.clone(),
            None => ColumnType::Unknown(id),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> Result<ColumnType, DecodeError> {
        let mut reader = Reader::new(bytes);
        let column_type = ColumnType::decode(&mut reader)?;
        assert!(reader.is_empty());
        Ok(column_type)
    }

    fn encoded(column_type: &ColumnType, version: ProtocolVersion) -> Vec<u8> {
        let mut out = Vec::new();
        column_type.encode(version, &mut out).unwrap();
        out
    }

    fn custom(class: &str) -> Vec<u8> {
        let mut out = vec![0, 0];
        out.write_string(class, "class").unwrap();
        out
    }

    #[test]
    fn types_have_their_bytes_in_both_directions() {
        let udt = UdtType::new("k", "u", [("f", ColumnType::Int)]);
        for (column_type, bytes) in [
            (ColumnType::Ascii, &[0, 1][..]),
            (ColumnType::Text, &[0, 0x0D]),
            (ColumnType::Duration, &[0, 0x15]),
            (ColumnType::list(ColumnType::Int), &[0, 0x20, 0, 9]),
            (ColumnType::set(ColumnType::Date), &[0, 0x22, 0, 0x11]),
            (ColumnType::map(ColumnType::Text, ColumnType::TinyInt), &[0, 0x21, 0, 0x0D, 0, 0x14]),
            (ColumnType::tuple([ColumnType::Int, ColumnType::Blob]), &[0, 0x31, 0, 2, 0, 9, 0, 3]),
            (ColumnType::Udt(udt.into()), b"\0\x30\0\x01k\0\x01u\0\x01\0\x01f\0\x09"),
            (ColumnType::Unknown(0x77), &[0, 0x77]),
        ] {
            assert_eq!(decoded(bytes).as_ref(), Ok(&column_type));
            assert_eq!(encoded(&column_type, ProtocolVersion::V5), bytes, "{column_type}");
        }
        assert_eq!(decoded(&[0, 0x0A]), Ok(ColumnType::Text));
    }

    #[test]
    fn every_simple_id_is_its_own() {
        for id in (1..=9).chain(0x0B..=0x15) {
            let column_type = decoded(&[0, id]).unwrap();
            assert!(!matches!(column_type, ColumnType::Unknown(_)));
            assert_eq!(encoded(&column_type, ProtocolVersion::V5), [0, id]);
        }
    }

    #[test]
    fn types_newer_than_the_version_are_written_as_classes() {
        for (column_type, class, since) in [
            (ColumnType::TinyInt, "ByteType", ProtocolVersion::V4),
            (ColumnType::SmallInt, "ShortType", ProtocolVersion::V4),
            (ColumnType::Date, "SimpleDateType", ProtocolVersion::V4),
            (ColumnType::Time, "TimeType", ProtocolVersion::V4),
            (ColumnType::Duration, "DurationType", ProtocolVersion::V5),
        ] {
            let bytes = custom(&format!("org.apache.cassandra.db.marshal.{class}"));
            assert_eq!(decoded(&bytes).as_ref(), Ok(&column_type));
            assert_eq!(encoded(&column_type, ProtocolVersion::V3), bytes);
            assert_eq!(encoded(&column_type, since).len(), 2);
        }
        let vector = ColumnType::vector(ColumnType::Float, 3);
        let bytes = custom(
            "org.apache.cassandra.db.marshal.VectorType(org.apache.cassandra.db.marshal.FloatType , 3)",
        );
        for &version in ProtocolVersion::ALL {
            assert_eq!(encoded(&vector, version), bytes);
        }
        assert_eq!(decoded(&bytes), Ok(vector));
    }

    #[test]
    fn classes_are_written_as_they_were_read() {
        for class in [
            "org.apache.cassandra.db.marshal.VectorType(org.apache.cassandra.db.marshal.FloatType,3)",
            "VectorType(FrozenType(ListType(Int32Type)) , 2)",
            "org.apache.cassandra.db.marshal.CompositeType(org.apache.cassandra.db.marshal.UTF8Type)",
            "org.apache.cassandra.db.marshal.DynamicCompositeType(a=>UTF8Type)",
            "com.example.Money",
            "",
            "ListType(",
        ] {
            let bytes = custom(class);
            assert_eq!(encoded(&decoded(&bytes).unwrap(), ProtocolVersion::V4), bytes, "{class}");
        }
    }

    #[test]
    fn depth_and_counts_are_limited() {
        let nested = |depth: usize| [[0_u8, 0x20].repeat(depth), vec![0, 9]].concat();
        assert!(decoded(&nested(ColumnType::MAX_DEPTH - 1)).is_ok());
        let error = decoded(&nested(ColumnType::MAX_DEPTH)).unwrap_err();
        assert_eq!(error.problem(), &Problem::TooDeep(ColumnType::MAX_DEPTH));
        assert!(decoded(&nested(1_000_000)).is_err(), "no stack overflow");
        assert!(decoded(&[0, 0x31, 0xFF, 0xFF, 0, 9]).is_err());
        assert!(decoded(b"\0\x30\0\x01k\0\x01u\xFF\xFF").is_err());
        assert!(decoded(&[0]).is_err());
    }
}
