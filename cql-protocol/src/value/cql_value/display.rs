//! [`CqlValue`] as a CQL literal.

use super::{CqlTuple, CqlUdt, CqlValue};
use crate::types::Identifier;
use std::fmt::{self, Display, Formatter, Write};

impl Display for CqlValue {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            CqlValue::Null => f.write_str("NULL"),
            CqlValue::Empty => f.write_str("''"),
            CqlValue::Ascii(text) | CqlValue::Text(text) => quoted(f, text),
            CqlValue::BigInt(number) | CqlValue::Counter(number) => number.fmt(f),
            CqlValue::Blob(bytes) => {
                f.write_str("0x")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            CqlValue::Boolean(flag) => flag.fmt(f),
            CqlValue::Decimal(decimal) => decimal.fmt(f),
            CqlValue::Double(number) if number.is_finite() => write!(f, "{number:?}"),
            CqlValue::Double(number) => not_finite(f, number.is_nan(), number.is_sign_negative()),
            CqlValue::Float(number) if number.is_finite() => write!(f, "{number:?}"),
            CqlValue::Float(number) => not_finite(f, number.is_nan(), number.is_sign_negative()),
            CqlValue::Int(number) => number.fmt(f),
            CqlValue::Timestamp(timestamp) => write!(f, "'{timestamp}'"),
            CqlValue::Uuid(uuid) | CqlValue::TimeUuid(uuid) => uuid.fmt(f),
            CqlValue::Varint(varint) => varint.fmt(f),
            CqlValue::Inet(address) => write!(f, "'{address}'"),
            CqlValue::Date(date) => write!(f, "'{date}'"),
            CqlValue::Time(time) => write!(f, "'{time}'"),
            CqlValue::SmallInt(number) => number.fmt(f),
            CqlValue::TinyInt(number) => number.fmt(f),
            CqlValue::Duration(duration) => duration.fmt(f),
            CqlValue::List(elements) | CqlValue::Vector(elements) => listed(f, '[', elements, ']'),
            CqlValue::Set(elements) => listed(f, '{', elements, '}'),
            CqlValue::Map(entries) => {
                listed(f, '{', entries.iter().map(|(key, value)| Entry(key, value)), '}')
            }
            CqlValue::Tuple(tuple) => tuple.fmt(f),
            CqlValue::Udt(udt) => udt.fmt(f),
        }
    }
}

impl Display for CqlTuple {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        listed(f, '(', self.iter(), ')')
    }
}

impl Display for CqlUdt {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        listed(f, '{', self.iter().map(|(name, value)| Entry(Identifier(name), value)), '}')
    }
}

struct Entry<K, V>(K, V);

impl<K: Display, V: Display> Display for Entry<K, V> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0, self.1)
    }
}

fn listed<T: Display>(
    f: &mut Formatter<'_>,
    open: char,
    items: impl IntoIterator<Item = T>,
    close: char,
) -> fmt::Result {
    f.write_char(open)?;
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{item}")?;
    }
    f.write_char(close)
}

fn quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "'{}'", text.replace('\'', "''"))
}

fn not_finite(f: &mut Formatter<'_>, is_nan: bool, is_negative: bool) -> fmt::Result {
    f.write_str(match (is_nan, is_negative) {
        (true, _) => "NaN",
        (false, false) => "Infinity",
        (false, true) => "-Infinity",
    })
}
