//! Whether bytes are a value of a type.

use super::parts::{Fields, vector_elements};
use cql_protocol::types::ColumnType;
use cql_protocol::wire::{Reader, read_unsigned_vint, unzigzag};

/// The bytes of numbers without a size of their own: the time to write their digits grows with the square of these.
const MAX_NUMBER: usize = 8 << 10;

/// What a check returns: why bytes are no value, in the server's words.
type Checked = Result<(), String>;

/// Checks bytes that were bound: whether they are a value of the type, and if not, why, in the server's words.
#[inline]
pub(crate) fn validate(column_type: &ColumnType, bytes: &[u8]) -> Checked {
    match column_type {
        ColumnType::Int if bytes.len() == 4 => Ok(()),
        ColumnType::BigInt | ColumnType::Timestamp | ColumnType::Double if bytes.len() == 8 => Ok(()),
        ColumnType::Uuid if bytes.len() == 16 => Ok(()),
        ColumnType::Blob => Ok(()),
        ColumnType::Text if std::str::from_utf8(bytes).is_ok() || is_text(bytes) => Ok(()),
        ColumnType::Text => Err("String didn't validate.".to_owned()),
        other => validate_rarer(other, bytes),
    }
}

/// What a server takes for UTF-8, which is more than that: surrogates, characters behind the last one, a zero in two bytes, and
/// some bytes that it does not look at closely (`UTF8Serializer.UTF8Validator`).
fn is_text(bytes: &[u8]) -> bool {
    let mut bytes = bytes.iter();
    while let Some(first) = bytes.next() {
        let mut next = |is: fn(u8) -> bool| bytes.next().is_some_and(|byte| is(*byte));
        let follows = |byte: u8| byte & 0xc0 == 0x80;
        let is_character = match first {
            0..=0x7f => true,
            0xc0 => next(|byte| byte == 0x80),
            0xc2..=0xdf => next(follows),
            0xe0 => next(|byte| byte & 0xe0 != 0x80) && next(follows),
            0xe1..=0xef => next(follows) && next(follows),
            0xf0 => next(|byte| byte & 0x30 != 0) && next(follows) && next(follows),
            0xf1..=0xf7 => next(follows) && next(follows) && next(follows),
            _ => false,
        };
        if !is_character {
            return false;
        }
    }
    true
}

fn validate_rarer(column_type: &ColumnType, bytes: &[u8]) -> Checked {
    let length = bytes.len();
    let sized = |allowed: &[usize], message: &dyn Fn() -> String| {
        if allowed.contains(&length) { Ok(()) } else { Err(message()) }
    };
    match column_type {
        ColumnType::Ascii => match bytes.iter().find(|byte| !byte.is_ascii()) {
            Some(byte) => Err(format!("Invalid byte for ascii: {}", byte.cast_signed())),
            None => Ok(()),
        },
        ColumnType::Boolean => sized(&[0, 1], &|| format!("Expected 1 or 0 byte value ({length})")),
        ColumnType::TinyInt => sized(&[1], &|| format!("Expected 1 byte for a tinyint ({length})")),
        ColumnType::SmallInt => sized(&[2], &|| format!("Expected 2 bytes for a smallint ({length})")),
        ColumnType::Int => sized(&[0, 4], &|| format!("Expected 4 or 0 byte int ({length})")),
        ColumnType::BigInt | ColumnType::Counter => {
            sized(&[0, 8], &|| format!("Expected 8 or 0 byte long ({length})"))
        }
        ColumnType::Timestamp => sized(&[0, 8], &|| format!("Expected 8 or 0 byte long for date ({length})")),
        ColumnType::Float => sized(&[0, 4], &|| format!("Expected 4 or 0 byte value for a float ({length})")),
        ColumnType::Double => {
            sized(&[0, 8], &|| format!("Expected 8 or 0 byte value for a double ({length})"))
        }
        ColumnType::Date => sized(&[4], &|| format!("Expected 4 byte long for date ({length})")),
        ColumnType::Time => sized(&[8], &|| format!("Expected 8 byte long for time ({length})")),
        ColumnType::Varint | ColumnType::Decimal if length > MAX_NUMBER => {
            Err(format!("cql-testkit does not support numbers of more than {MAX_NUMBER} bytes"))
        }
        ColumnType::Decimal if (1..4).contains(&length) => {
            Err(format!("Expected 0 or at least 4 bytes ({length})"))
        }
        ColumnType::Inet => sized(&[0, 4, 16], &|| {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("Expected 4 or 16 byte inetaddress; got {hex}")
        }),
        ColumnType::Uuid => sized(&[0, 16], &|| format!("UUID should be 16 or 0 bytes ({length})")),
        ColumnType::TimeUuid => {
            sized(&[0, 16], &|| format!("UUID should be 16 or 0 bytes ({length})"))?;
            match bytes.get(6) {
                Some(byte) if byte & 0xF0 != 0x10 => {
                    // The half of the byte that is not the version: so servers say it.
                    Err(format!("Invalid version for TimeUUID type: 0x{:x}", byte & 0xF))
                }
                _ => Ok(()),
            }
        }
        ColumnType::Duration => validate_duration(bytes),
        ColumnType::List(element) => validate_collection(bytes, "list", 1, |_| element),
        ColumnType::Set(element) => validate_collection(bytes, "set", 1, |_| element),
        ColumnType::Map(entry) => {
            validate_collection(bytes, "map", 2, |at| if at % 2 == 0 { &entry.0 } else { &entry.1 })
        }
        ColumnType::Tuple(types) => validate_tuple(types, bytes),
        ColumnType::Udt(udt) => validate_user_type(udt.fields(), bytes),
        ColumnType::Vector(vector) => {
            let elements = vector_elements(vector, bytes)?;
            elements.into_iter().try_for_each(|element| validate(vector.element(), element))
        }
        _ => Ok(()),
    }
}

fn validate_duration(bytes: &[u8]) -> Checked {
    if bytes.len() < 3 {
        return Err(format!("Expected at least 3 bytes for a duration ({})", bytes.len()));
    }
    let mut reader = Reader::new(bytes);
    let mut part =
        || read_unsigned_vint(&mut reader, "duration").map(unzigzag).map_err(|_| "Unexpected error");
    let (months, days, nanoseconds) = (part()?, part()?, part()?);
    if i32::try_from(months).is_err() {
        return Err(format!("The duration months must be a 32 bits integer but was: {months}"));
    }
    if i32::try_from(days).is_err() {
        return Err(format!("The duration days must be a 32 bits integer but was: {days}"));
    }
    let parts = [months, days, nanoseconds];
    if parts.iter().any(|part| *part < 0) && parts.iter().any(|part| *part > 0) {
        let all = format!("({months}, {days}, {nanoseconds})");
        return Err(format!("The duration months, days and nanoseconds must be all of the same sign {all}"));
    }
    Ok(())
}

/// Checks a list, set or map that was bound by itself. Lists may have nulls there: some are values for IN.
pub(crate) fn validate_bound_collection(column_type: &ColumnType, bytes: &[u8]) -> Checked {
    match column_type {
        ColumnType::List(of) => validate_parts(bytes, "list", 1, (true, &|_| &**of)),
        other => validate(other, bytes),
    }
}

/// Checks a value that a server does not read, for which a collection with a count below 0 is an empty one.
pub(crate) fn validate_unread(column_type: &ColumnType, bytes: &[u8]) -> Checked {
    let kind = match column_type {
        ColumnType::List(_) => "list",
        ColumnType::Set(_) => "set",
        ColumnType::Map(_) => "map",
        other => return validate(other, bytes),
    };
    match bytes.split_first_chunk() {
        Some((count, rest)) if i32::from_be_bytes(*count) < 0 => match rest.is_empty() {
            true => Ok(()),
            false => Err(format!("Unexpected extraneous bytes after {kind} value")),
        },
        _ => validate(column_type, bytes),
    }
}

fn validate_collection<'t>(
    bytes: &[u8],
    kind: &str,
    parts: u64,
    type_at: impl Fn(u64) -> &'t ColumnType,
) -> Checked {
    validate_parts(bytes, kind, parts, (false, &type_at))
}

fn validate_parts<'t>(
    bytes: &[u8],
    kind: &str,
    parts: u64,
    (may_be_null, type_at): (bool, &dyn Fn(u64) -> &'t ColumnType),
) -> Checked {
    let too_short = || format!("Not enough bytes to read a {kind}");
    let count = bytes.first_chunk().map(|count| i32::from_be_bytes(*count)).ok_or_else(too_short)?;
    if count < 0 {
        return Err(format!("The data cannot be deserialized as a {kind}"));
    }
    let mut fields = Fields::of_collection(bytes);
    for at in 0..u64::try_from(count).unwrap_or(0) * parts {
        match fields.next() {
            Some(Some(part)) => validate(type_at(at), part)?,
            Some(None) if may_be_null => {}
            Some(None) => return Err("Null value read when not allowed".to_owned()),
            None => return Err(too_short()),
        }
    }
    if fields.rest().is_empty() {
        Ok(())
    } else {
        Err(format!("Unexpected extraneous bytes after {kind} value"))
    }
}

fn validate_tuple(types: &[ColumnType], bytes: &[u8]) -> Checked {
    let mut fields = Fields::new(bytes);
    for (at, of) in types.iter().enumerate() {
        let rest = fields.rest();
        // Fields that were never written are null.
        if rest.is_empty() {
            return Ok(());
        }
        match fields.next() {
            Some(Some(field)) => validate(of, field)?,
            Some(None) => {}
            None if rest.len() < 4 => {
                return Err(format!("Not enough bytes to read size of {at}th component"));
            }
            None => return Err(format!("Not enough bytes to read {at}th component")),
        }
    }
    if fields.rest().is_empty() {
        Ok(())
    } else {
        Err("Invalid remaining data after end of tuple value".to_owned())
    }
}

fn validate_user_type(of: &[(Box<str>, ColumnType)], bytes: &[u8]) -> Checked {
    let mut fields = Fields::new(bytes);
    for (at, (name, of)) in of.iter().enumerate() {
        let rest = fields.rest();
        if rest.is_empty() {
            return Ok(());
        }
        match fields.next() {
            Some(Some(field)) => validate(of, field)
                .map_err(|error| format!("Failure validating the {at}th field {name}; {error}"))?,
            Some(None) => {}
            None if rest.len() < 4 => {
                return Err(format!("Not enough bytes to read size of {at}th field {name}"));
            }
            None => return Err(format!("Not enough bytes to read {at}th field {name}")),
        }
    }
    if fields.rest().is_empty() {
        Ok(())
    } else {
        Err("Invalid remaining data after end of UDT value".to_owned())
    }
}
