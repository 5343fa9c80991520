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
