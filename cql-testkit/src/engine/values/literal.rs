//! Values from texts, as literals and JSON have them.

use super::number::Decimal;
use super::{parts, times};
use bytes::Bytes;
use cql_protocol::types::ColumnType;
use cql_protocol::value::{CqlDuration, ToCql};
use num_bigint_04::BigInt;
use std::net::IpAddr;
use uuid::Uuid;

/// Longer numbers take too long to read.
const MAX_DIGITS: usize = 10_000;

/// The value that a text is of a native type; the error is the server's.
pub(crate) fn from_text(column_type: &ColumnType, text: &str) -> Result<Bytes, String> {
    // An empty text is an empty value, where that is one.
    let is_emptied = !matches!(
        column_type,
        ColumnType::Boolean | ColumnType::Date | ColumnType::Time | ColumnType::Duration
    );
    if text.is_empty() && is_emptied {
        return Ok(Bytes::new());
    }
    let bytes = match column_type {
        ColumnType::Text => Bytes::copy_from_slice(text.as_bytes()),
        ColumnType::Ascii => ascii(text)?,
        ColumnType::Blob | ColumnType::Custom(_) | ColumnType::Unknown(_) => {
            unhex(text).ok_or_else(|| format!("cannot parse '{text}' as hex bytes"))?
        }
        ColumnType::Boolean => boolean(text)?,
        ColumnType::Timestamp => copied(&times::timestamp(text)?.to_be_bytes()),
        ColumnType::Date => copied(&times::date(text)?.to_be_bytes()),
        ColumnType::Time => copied(&times::time(text)?.to_be_bytes()),
        ColumnType::Duration => duration(text)?,
        ColumnType::Uuid => match parse_uuid(text) {
            Some(uuid) => copied(uuid.as_bytes()),
            None => return Err(format!("Unable to make UUID from '{text}'")),
        },
        ColumnType::TimeUuid => time_uuid(text)?,
        ColumnType::Inet => inet(text)?,
        ColumnType::Tuple(types) => tuple(types, text)?,
        _ => number(column_type, text)?,
    };
    Ok(bytes)
}

/// Components with colons between; `@` is null, and a backslash before either takes that meaning away.
fn tuple(types: &[ColumnType], text: &str) -> Result<Bytes, String> {
    let (mut components, mut start, mut before) = (Vec::new(), 0, ' ');
    for (at, letter) in text.char_indices() {
        if letter == ':' && before != '\\' {
            components.extend(text.get(start..at));
            start = at + 1;
        }
        before = letter;
    }
    components.extend(text.get(start..));
    if components.len() > types.len() {
        let of = super::type_name(&ColumnType::Tuple(types.into()), false);
        let (expected, found) = (types.len(), components.len());
        return Err(format!(
            "Invalid tuple literal: too many elements. Type {of} expects {expected} but got {found}"
        ));
    }
    let component = |(text, of): (&&str, &ColumnType)| match *text {
        "@" => Ok(None),
        text => from_text(of, &text.replace("\\:", ":").replace("\\@", "@")).map(Some),
    };
    let components = components.iter().zip(types).map(component).collect::<Result<Vec<_>, String>>()?;
    Ok(parts::join_fields(components.iter().map(Option::as_ref)))
}

fn copied(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(bytes)
}

fn number(column_type: &ColumnType, text: &str) -> Result<Bytes, String> {
    macro_rules! parsed {
        ($of:ty, $called:literal) => {
            text.parse::<$of>()
                .map(|number| copied(&number.to_be_bytes()))
                .map_err(|_| format!("Unable to make {} from '{text}'", $called))
        };
    }
    match column_type {
        ColumnType::TinyInt => parsed!(i8, "byte"),
        ColumnType::SmallInt => parsed!(i16, "short"),
        ColumnType::Int => parsed!(i32, "int"),
        ColumnType::BigInt | ColumnType::Counter => parsed!(i64, "long"),
        ColumnType::Float => float_text(text)
            .and_then(|text| text.parse::<f32>().ok())
            .map(|number| copied(&number.to_be_bytes()))
            .ok_or_else(|| format!("Unable to make float from '{text}'")),
        ColumnType::Double => float_text(text)
            .and_then(|text| text.parse::<f64>().ok())
            .map(|number| copied(&number.to_be_bytes()))
            .ok_or_else(|| format!("Unable to make double from '{text}'")),
        ColumnType::Varint => {
            limit(text)?;
            match text.parse::<BigInt>() {
                Ok(number) => Ok(number.to_signed_bytes_be().into()),
                Err(_) => Err(format!("unable to make int from '{text}'")),
            }
        }
        ColumnType::Decimal => {
            limit(text)?;
            match Decimal::parse(text) {
                Some(number) => Ok(number.to_bytes().into()),
                None => Err(format!("unable to make BigDecimal from '{text}'")),
            }
        }
        other => Err(format!("cannot parse '{text}' as {other}")),
    }
}

fn limit(text: &str) -> Result<(), String> {
    if text.len() > MAX_DIGITS {
        return Err(format!("cql-testkit does not support numbers of more than {MAX_DIGITS} digits"));
    }
    Ok(())
}

/// What both Java and Rust take for a number with a point, in Rust's spelling. What is no number has no sign.
fn float_text(text: &str) -> Option<&str> {
    let text = text.trim();
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_plain = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    if unsigned == "NaN" {
        return Some(unsigned);
    }
    (is_plain || unsigned == "Infinity").then_some(text)
}

fn ascii(text: &str) -> Result<Bytes, String> {
    if text.is_ascii() {
        return Ok(copied(text.as_bytes()));
    }
    let cause = "java.nio.charset.UnmappableCharacterException: Input length = 1";
    Err(format!("Invalid ASCII character in string literal: {cause}"))
}

fn boolean(text: &str) -> Result<Bytes, String> {
    if text.is_empty() || text.eq_ignore_ascii_case("false") {
        Ok(Bytes::from_static(&[0]))
    } else if text.eq_ignore_ascii_case("true") {
        Ok(Bytes::from_static(&[1]))
    } else {
        Err(format!("Unable to make boolean from '{text}'"))
    }
}

fn duration(text: &str) -> Result<Bytes, String> {
    let duration = text.parse::<CqlDuration>().ok();
    let mut out = Vec::new();
    match duration.map(|duration| duration.to_cql(&ColumnType::Duration, &mut out)) {
        Some(Ok(_)) => Ok(out.into()),
        _ => Err(format!("Unable to convert '{text}' to a duration")),
    }
}

/// The five groups of a UUID. Other ways of writing one are none to the server.
fn parse_uuid(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| Uuid::parse_str(text).ok()).flatten()
}

fn time_uuid(text: &str) -> Result<Bytes, String> {
    match parse_uuid(text) {
        Some(uuid) if uuid.get_version_num() == 1 => Ok(copied(uuid.as_bytes())),
        Some(_) => Err("TimeUUID supports only version 1 UUIDs".to_owned()),
        None => Err(format!("Unknown timeuuid representation: {text}")),
    }
}

/// An address; the short forms of old that leave out bytes in the middle are read, names are not looked up.
fn inet(text: &str) -> Result<Bytes, String> {
    match text.parse() {
        Ok(IpAddr::V4(address)) => return Ok(copied(&address.octets())),
        Ok(IpAddr::V6(address)) => {
            return Ok(match address.to_ipv4_mapped() {
                Some(address) => copied(&address.octets()),
                None => copied(&address.octets()),
            });
        }
        Err(_) => {}
    }
    short_inet(text).ok_or_else(|| format!("Unable to make inet address from '{text}'"))
}

fn short_inet(text: &str) -> Option<Bytes> {
    let parts: Vec<&str> = text.split('.').collect();
    let (last, first) = parts.split_last()?;
    if parts.len() > 4 || !parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    let mut address: u32 = 0;
    for (at, part) in first.iter().enumerate() {
        let part = u32::from(part.parse::<u8>().ok()?);
        address |= part << (24 - 8 * u32::try_from(at).ok()?);
    }
    let last = u64::from(last.parse::<u32>().ok()?);
    let room = 8 * (4 - u32::try_from(first.len()).ok()?);
    let last = u32::try_from(last).ok().filter(|last| u64::from(*last) < 1_u64 << room)?;
    Some(copied(&(address | last).to_be_bytes()))
}

/// Bytes from pairs of hexadecimal digits.
pub(crate) fn unhex(text: &str) -> Option<Bytes> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? * 16 + digit(*low)?).ok();
    rest.is_empty().then(|| pairs.iter().map(byte).collect::<Option<Vec<u8>>>()).flatten().map(Bytes::from)
}
