//! Functions that hide values.

use super::Scalar;
use super::factory::{Maker, Parameter};
use super::sha256::sha256;
use crate::engine::problem::{self, Result};
use crate::engine::values::parts;
use bytes::Bytes;
use cql_protocol::response::ServerError;
use cql_protocol::types::ColumnType;

const TEXTS: &[ColumnType] = &[ColumnType::Text, ColumnType::Ascii];
/// The bytes that what hides a value may have: vectors say how large they are in a word.
const MAX_MASK: usize = 1 << 16;
const INT: &[ColumnType] = &[ColumnType::Int];

pub(super) fn maker(name: &str) -> Option<Maker> {
    Some(match name {
        "mask_null" => Maker { parameters: &[Parameter::Any], make: null },
        "mask_default" => Maker { parameters: &[Parameter::Any], make: default },
        "mask_replace" => {
            Maker { parameters: &[Parameter::AnyOrReceived, Parameter::LikeFirst], make: replace }
        }
        "mask_inner" | "mask_outer" => {
            const PARAMETERS: &[Parameter] = &[
                Parameter::Fixed(TEXTS),
                Parameter::Fixed(INT),
                Parameter::Fixed(INT),
                Parameter::Optional(TEXTS),
            ];
            Maker { parameters: PARAMETERS, make: partial }
        }
        "mask_hash" => {
            const PARAMETERS: &[Parameter] = &[Parameter::Any, Parameter::Optional(TEXTS)];
            Maker { parameters: PARAMETERS, make: hash }
        }
        _ => return None,
    })
}

fn first(types: &[ColumnType]) -> ColumnType {
    types.first().cloned().unwrap_or(ColumnType::Blob)
}

fn null(name: &str, types: &[ColumnType], _: Option<&ColumnType>) -> Result<Scalar> {
    Ok(Scalar::new(name, types, first(types), |_, _| Ok(None)))
}

fn default(name: &str, types: &[ColumnType], _: Option<&ColumnType>) -> Result<Scalar> {
    let value = masked(&first(types))?;
    Ok(Scalar::new(name, types, first(types), move |_, _| Ok(Some(value.clone()))))
}

fn replace(name: &str, types: &[ColumnType], _: Option<&ColumnType>) -> Result<Scalar> {
    Ok(Scalar::new(name, types, first(types), |arguments, _| Ok(arguments.get(1).cloned().flatten())))
}

/// What hides a value of a type.
fn masked(of: &ColumnType) -> Result<Bytes> {
    Ok(match of {
        ColumnType::Text | ColumnType::Ascii => Bytes::from_static(b"****"),
        ColumnType::Blob => Bytes::new(),
        ColumnType::Boolean | ColumnType::TinyInt | ColumnType::Varint => Bytes::from_static(&[0]),
        ColumnType::SmallInt => Bytes::from_static(&[0; 2]),
        ColumnType::Int | ColumnType::Float | ColumnType::Inet => Bytes::from_static(&[0; 4]),
        ColumnType::Decimal => Bytes::from_static(&[0; 5]),
        ColumnType::Duration => Bytes::from_static(&[0; 3]),
        ColumnType::Date => Bytes::from_static(&[0x80, 0, 0, 0]),
        ColumnType::BigInt
        | ColumnType::Counter
        | ColumnType::Double
        | ColumnType::Timestamp
        | ColumnType::Time => Bytes::from_static(&[0; 8]),
        ColumnType::Uuid => Bytes::from_static(&[0; 16]),
        // The smallest of 1970-01-01.
        ColumnType::TimeUuid => Bytes::from_static(&[
            0x13, 0x81, 0x40, 0x00, 0x1d, 0xd2, 0x11, 0xb2, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
        ]),
        ColumnType::List(_) | ColumnType::Set(_) | ColumnType::Map(_) => Bytes::from_static(&[0; 4]),
        ColumnType::Tuple(types) => masked_fields(types)?,
        ColumnType::Udt(udt) => masked_fields(udt.fields().iter().map(|(_, of)| of))?,
        ColumnType::Vector(vector) => {
            let element = masked(vector.element())?;
            if element.len().saturating_mul(vector.dimensions() as usize) > MAX_MASK {
                return Err(too_large());
            }
            parts::join_vector(vector, std::iter::repeat_n(&element, vector.dimensions() as usize))
        }
        other => {
            return Err(problem::invalid(format!("There isn't a defined masked value for type {other}")));
        }
    })
}

fn masked_fields<'t>(types: impl IntoIterator<Item = &'t ColumnType>) -> Result<Bytes> {
    let (mut fields, mut length) = (Vec::new(), 0);
    for of in types {
        let field = masked(of)?;
        length += field.len();
        if length > MAX_MASK {
            return Err(too_large());
        }
        fields.push(field);
    }
    Ok(parts::join_fields(fields.iter().map(Some)))
}

fn too_large() -> ServerError {
    problem::unsupported("masks of values as large as this")
}

/// `mask_inner` and `mask_outer`.
fn partial(name: &str, types: &[ColumnType], _: Option<&ColumnType>) -> Result<Scalar> {
    let (is_inner, shown) = (name == "mask_inner", name.to_owned());
    Ok(Scalar::new(name, types, first(types), move |arguments, _| {
        let Some(Some(text)) = arguments.first() else { return Ok(None) };
        let text: Vec<u16> = String::from_utf8_lossy(text).encode_utf16().collect();
        let number = |at: usize| {
            let bytes = arguments.get(at).and_then(Option::as_deref);
            bytes
                .and_then(|bytes| bytes.try_into().ok())
                .map_or(0, |bytes| i64::from(i32::from_be_bytes(bytes)))
        };
        let padding = padding(&shown, arguments.get(3).and_then(Option::as_deref))?;
        let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
        let (begin, end) = (number(1), length - 1 - number(2));
        let masked = text.into_iter().zip(0_i64..).map(|(unit, at)| {
            let is_within = at >= begin && at <= end;
            if is_within == is_inner { padding } else { unit }
        });
        // Half of a character, which masks may leave, is told as this.
        let text: String = char::decode_utf16(masked).map(|char| char.unwrap_or('?')).collect();
        Ok(Some(Bytes::from(text)))
    }))
}

fn padding(name: &str, bytes: Option<&[u8]>) -> Result<u16> {
    let Some(bytes) = bytes else { return Ok(u16::from(b'*')) };
    let text = String::from_utf8_lossy(bytes);
    let units: Vec<u16> = text.encode_utf16().collect();
    match *units {
        [unit] => Ok(unit),
        _ => {
            let count = units.len();
            Err(problem::invalid(format!(
                "The padding argument for function system.{name} should be single-character, but '{text}' has {count} characters."
            )))
        }
    }
}

fn hash(name: &str, types: &[ColumnType], _: Option<&ColumnType>) -> Result<Scalar> {
    Ok(Scalar::new(name, types, ColumnType::Blob, |arguments, _| {
        let algorithm = arguments.get(1).and_then(Option::as_deref).unwrap_or(b"SHA-256");
        let algorithm = String::from_utf8_lossy(algorithm);
        match algorithm.to_ascii_uppercase().as_str() {
            "SHA-256" | "SHA256" => {}
            "MD2" | "MD5" | "SHA" | "SHA1" | "SHA-1" | "SHA-224" | "SHA-384" | "SHA-512" => {
                return Err(problem::unsupported(&format!("mask_hash with {algorithm}")));
            }
            _ => return Err(problem::invalid(format!("Hash algorithm not found: {algorithm}"))),
        }
        let Some(Some(bytes)) = arguments.first() else { return Ok(None) };
        Ok(Some(Bytes::copy_from_slice(&sha256(bytes))))
    }))
}
